//! Owns the threads that serve connections between machines, and nothing else: a machine whose threads all compute for many seconds still
//! answers whoever asks whether it is there, and takes the parts of queries that it is given.
//! Must not know: what is computed.

use std::convert::Infallible;
use std::future::Future;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc::channel;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

/// How many threads there are: one that encrypts does not keep the other from answering.
const THREADS: usize = 2;
/// How many items of a stream wait to be sent.
const AHEAD: usize = 16;
/// The request that gives a worker its part of a query.
const GIVES_A_PART: &str = "/CoordinatorChannel";

static NETWORK: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let threads = Builder::new_multi_thread().worker_threads(THREADS).thread_name("network").enable_all().build();
    threads.inspect_err(|error| log::warn!("connections have no threads of their own: {}", error.kind())).ok()
});

/// The threads; where none can be started, those of the caller.
pub fn threads() -> Handle {
    NETWORK.as_ref().map_or_else(Handle::current, |threads| threads.handle().clone())
}

/// Runs what a connection needs on these threads.
#[derive(Debug, Clone, Copy)]
pub struct OnNetwork;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for OnNetwork {
    fn execute(&self, work: F) {
        threads().spawn(work);
    }
}

/// A service whose requests are handled by the threads that compute. Only parts of queries are taken at once.
#[derive(Clone)]
pub struct OnProcessors<S> {
    inner: S,
    processors: Handle,
}

impl<S> OnProcessors<S> {
    /// Computes on the threads of the caller.
    pub fn here(inner: S) -> Self {
        Self { inner, processors: Handle::current() }
    }
}

impl<S: NamedService> NamedService for OnProcessors<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for OnProcessors<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let is_part = request.uri().path().ends_with(GIVES_A_PART);
        let handled = self.inner.call(request);
        if is_part {
            return Box::pin(handled);
        }
        // Is given up when nobody waits for it any more.
        let mut handling = JoinSet::new();
        handling.spawn_on(handled, &self.processors);
        Box::pin(async move {
            match handling.join_next().await {
                Some(Ok(answer)) => answer,
                _ => Ok(Status::unavailable("this worker ends").into_http()),
            }
        })
    }
}

/// A stream whose items are made by the threads of the caller, whoever takes them. It ends when it is dropped.
pub fn made_here<T: Send + 'static>(
    mut items: impl Stream<Item = T> + Send + Unpin + 'static,
) -> impl Stream<Item = T> {
    let (send, receive) = channel(AHEAD);
    let mut making = JoinSet::new();
    making.spawn(async move {
        while let Some(item) = items.next().await {
            if send.send(item).await.is_err() {
                break;
            }
        }
    });
    stream::unfold((receive, making), |(mut receive, making)| async move {
        receive.recv().await.map(|item| (item, (receive, making)))
    })
}
