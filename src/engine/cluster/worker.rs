//! Owns a worker: it computes parts of plans that others send, with the memory and the folder of a session of ours.
//! Must not know: whose parts these are, or where it listens.

use std::future::Future;
use std::sync::Arc;

use datafusion::common::Result as EngineResult;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion_distributed::{DistributedExt, Worker, WorkerQueryContext};
use futures::stream;
use tokio::net::TcpListener;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::{Request, Status};

use super::super::{Settings, config, runtime};
use super::channels::{ANSWERS_WITHIN, ASKED_EVERY, Channels};
use super::codec::Codec;
use super::token::Token;
use crate::error::{Error, Kind, Result};
use crate::storage::Location;

/// What a worker is made of.
pub struct WorkerSettings<'a> {
    /// Its memory, threads, folder and identifiers; these are those of the session that sends.
    pub session: &'a Settings,
    /// Places whose files it reads.
    pub stores: &'a [Location],
    /// Without one, only this machine is served.
    pub token: Option<Token>,
}

/// Computes what others send, until told to end.
///
/// # Errors
/// [`Kind::Config`] for a listener that others can reach, without a token; [`Kind::Retryable`] when connections cannot be taken.
pub async fn serve(
    listener: TcpListener,
    settings: WorkerSettings<'_>,
    until: impl Future<Output = ()> + Send,
) -> Result<()> {
    if settings.token.is_none() && !listener.local_addr()?.ip().is_loopback() {
        return Err(super::no_token());
    }
    let WorkerSettings { session, stores, token } = settings;
    let runtime = runtime(session).map_err(|_| Error::unexpected("the worker's session cannot be made"))?;
    for store in stores {
        runtime.register_object_store(store.base(), store.store());
    }
    let sessions = Sessions {
        codec: Arc::new(Codec::new(&session.identity)),
        channels: Channels::of_worker(token.clone()),
        partitions: session.partitions,
        memory: session.memory,
    };
    let worker = Worker::from_session_builder(move |asked: WorkerQueryContext| {
        let state = sessions.state(asked);
        async move { state }
    });
    let service = worker.with_runtime_env(runtime).into_worker_server();
    let known = move |request: Request<()>| match &token {
        Some(token) if !token.is_in(request.metadata()) => Err(Status::unauthenticated("no token, or another one")),
        _ => Ok(request),
    };
    let taken = stream::unfold(listener, |listener| async move {
        let taken = listener.accept().await.map(|(connection, _)| connection);
        Some((taken, listener))
    });
    Server::builder()
        .http2_keepalive_interval(Some(ASKED_EVERY))
        .http2_keepalive_timeout(Some(ANSWERS_WITHIN))
        .add_service(InterceptedService::new(service, known))
        .serve_with_incoming_shutdown(taken, until)
        .await
        .map_err(|_| Error::new(Kind::Retryable, "a worker cannot take connections"))
}

/// How a worker's sessions are made.
struct Sessions {
    codec: Arc<Codec>,
    channels: Channels,
    partitions: usize,
    memory: usize,
}

impl Sessions {
    /// A session for one part of a plan, with the settings under which it was planned.
    fn state(&self, mut asked: WorkerQueryContext) -> EngineResult<SessionState> {
        let given = asked.builder.config().take().unwrap_or_default();
        let mut config = given.clone();
        *config.options_mut() = self::config(self.partitions, self.memory).options().as_ref().clone();
        config.options_mut().extensions = given.options().extensions.clone();
        let builder: SessionStateBuilder = asked.builder.with_config(config);
        let builder = builder
            .with_distributed_user_codec_arc(self.codec.clone())
            .with_distributed_channel_resolver(self.channels.clone());
        Ok(builder.build())
    }
}
