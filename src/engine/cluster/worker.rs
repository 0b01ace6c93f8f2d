//! Owns a worker: it computes parts of plans that others send, and does tasks, with the memory and the folder of one session of ours.
//! Must not know: whose parts these are, what tasks there are, or where it listens.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::common::Result as EngineResult;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion_distributed::{DistributedExt, Worker, WorkerQueryContext};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::{Request, Status};

use super::super::functions::Identity;
use super::super::{Engine, Settings, config, runtime};
use super::channels::{ANSWERS_WITHIN, ASKED_EVERY, Channels};
use super::codec::Codec;
use super::functions::Identities;
use super::network::OnProcessors;
use super::stores::Stores;
use super::tasks::{Served, Tasks};
use super::trust::Trust;
use super::{Cluster, connections, network, unguarded};
use crate::error::{Error, Kind, Result};

/// What a worker has: memory and stores that all its queries share, and the identifiers that it knows.
#[derive(Clone)]
pub struct Node(Arc<Parts>);

struct Parts {
    runtime: Arc<RuntimeEnv>,
    identities: Arc<Identities>,
    partitions: usize,
    memory: usize,
    spill: PathBuf,
    trust: Trust,
}

impl Node {
    /// Memory, threads and folder are those of the settings, whose identifiers it knows from the start. Where nothing is
    /// asked of others, only this machine is served.
    ///
    /// # Errors
    /// [`Kind::Unexpected`]: a session that cannot be made is a defect.
    pub fn new(settings: &Settings, trust: Trust) -> Result<Self> {
        let runtime = runtime(settings).with_object_store_registry(Arc::new(Stores::default())).build_arc();
        let runtime = runtime.map_err(|_| Error::unexpected("the worker's session cannot be made"))?;
        let &Settings { partitions, memory, .. } = settings;
        let (identities, spill) = (Arc::new(Identities::default()), settings.spill.clone());
        identities.know(&settings.identity);
        Ok(Self(Arc::new(Parts { runtime, identities, partitions, memory, spill, trust })))
    }

    /// A session of its own, whose queries are computed by these workers. From here on, it knows these identifiers.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn engine(&self, identity: Arc<Identity>, workers: Vec<url::Url>) -> Result<Engine> {
        self.0.identities.know(&identity);
        let Parts { partitions, memory, ref spill, .. } = *self.0;
        let settings = Settings { memory, partitions, spill: spill.clone(), identity };
        let engine = Engine::over(&settings, self.0.runtime.clone())?;
        Ok(engine.distributed(Arc::new(Cluster::new(workers, self.0.trust.clone())?)))
    }

    /// A session for one part of a plan, with the settings under which it was planned.
    fn state(
        &self,
        codec: Arc<Codec>,
        channels: Channels,
        mut asked: WorkerQueryContext,
    ) -> EngineResult<SessionState> {
        let given = asked.builder.config().take().unwrap_or_default();
        let mut config = given.clone();
        *config.options_mut() = self::config(self.0.partitions, self.0.memory).options().as_ref().clone();
        config.options_mut().extensions = given.options().extensions.clone();
        let builder: SessionStateBuilder = asked.builder.with_config(config);
        let builder = builder.with_distributed_user_codec_arc(codec).with_distributed_channel_resolver(channels);
        Ok(builder.build())
    }
}

/// Computes what others send, until told to end; with `tasks`, it does these too.
///
/// # Errors
/// [`Kind::Config`] for a listener that others can reach, where nothing is asked of them; [`Kind::Retryable`] when connections cannot be taken.
pub async fn serve(
    listener: TcpListener,
    node: &Node,
    tasks: Option<Arc<dyn Tasks>>,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let trust = node.0.trust.clone();
    if trust.is_blind() && !listener.local_addr()?.ip().is_loopback() {
        return Err(unguarded());
    }
    let (codec, channels) = (Arc::new(Codec::of_worker(node.0.identities.clone())), Channels::of_worker(trust.clone()));
    let sessions = node.clone();
    let worker = Worker::from_session_builder(move |asked: WorkerQueryContext| {
        let state = sessions.state(codec.clone(), channels.clone(), asked);
        async move { state }
    });
    let service = worker.with_runtime_env(node.0.runtime.clone()).into_worker_server();
    let token = trust.token.clone();
    let known = move |request: Request<()>| match &token {
        Some(token) if !token.is_in(request.metadata()) => Err(Status::unauthenticated("no token, or another one")),
        _ => Ok(request),
    };
    let parts = InterceptedService::new(OnProcessors::here(service), known.clone());
    let tasks = tasks.map(|tasks| InterceptedService::new(OnProcessors::here(Served(tasks)), known));
    let listener = listener.into_std()?;
    let mut serving = JoinSet::new();
    let served = async move {
        let taken = connections::taken(TcpListener::from_std(listener).ok()?, trust.tls);
        let server = Server::builder()
            .http2_keepalive_interval(Some(ASKED_EVERY))
            .http2_keepalive_timeout(Some(ANSWERS_WITHIN))
            .add_service(parts)
            .add_optional_service(tasks);
        server.serve_with_incoming_shutdown(taken, until).await.ok()
    };
    serving.spawn_on(served, &network::threads());
    let served = serving.join_next().await.and_then(|served| served.ok().flatten());
    served.ok_or_else(|| Error::new(Kind::Retryable, "a worker cannot take connections"))
}
