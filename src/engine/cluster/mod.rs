//! Owns flows over several machines: how a session becomes one that gives parts of its plans to workers, and which workers there are.
//! Must not know: flows, snapshots, or who starts a worker.

mod channels;
mod codec;
mod connections;
mod expressions;
mod fault;
mod functions;
mod keys;
mod network;
mod nodes;
mod parts;
mod scans;
mod stores;
mod tasks;
mod token;
mod trust;
mod worker;

use std::sync::Arc;

use bytes::Bytes;
use datafusion::common::Result as EngineResult;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion_distributed::{DistributedExt, RouteTasksEvent, SessionStateBuilderExt, WorkerResolver};
use futures::stream::BoxStream;
use url::{Host, Url};

use super::Engine;
use crate::error::{At, Error, Result};
use channels::Channels;
use codec::Codec;
pub use fault::shown;
pub use tasks::Tasks;
pub use token::Token;
pub use trust::{Tls, Trust};
pub use worker::{Node, serve};

/// Bytes of files that one partition of a scan reads, before a second machine is worth it.
const BYTES_PER_PARTITION: usize = 16 << 20;

/// The workers, and the way to them.
pub struct Cluster {
    workers: Vec<Url>,
    channels: Channels,
    bytes_per_partition: usize,
}

impl Cluster {
    /// `workers`: their addresses, such as `http://10.0.0.5:7400`, with certificates too. Where nothing is asked of them, only those of
    /// this machine.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for no address, and one that cannot be used.
    pub fn new(workers: Vec<Url>, trust: Trust) -> Result<Self> {
        if workers.is_empty() {
            return Err(Error::config("a cluster has at least one worker"));
        }
        for url in &workers {
            let shown = fault::shown(url);
            if url.scheme() != "http" || url.host().is_none() || url.port().is_none() {
                return Err(Error::config("not the address of a worker")
                    .at(At::Server, shown)
                    .hint("http://host:port"));
            }
            if trust.is_blind() && !is_of_this_machine(url) {
                return Err(unguarded().at(At::Server, shown));
            }
        }
        Ok(Self { workers, channels: Channels::of_coordinator(trust), bytes_per_partition: BYTES_PER_PARTITION })
    }

    /// The same with other work for one partition: less of it cuts smaller queries too.
    #[must_use]
    pub fn with_bytes_per_partition(self, bytes: usize) -> Self {
        Self { bytes_per_partition: bytes.max(1), ..self }
    }

    /// Some of these workers, over the same connections.
    #[must_use]
    pub fn of(&self, workers: Vec<Url>) -> Self {
        Self { workers, channels: self.channels.clone(), bytes_per_partition: self.bytes_per_partition }
    }

    /// Their addresses.
    #[must_use]
    pub fn workers(&self) -> &[Url] {
        &self.workers
    }

    /// Gives a worker a task; what it says about it comes as it says it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Auth`] where it refuses the token, [`crate::error::Kind::Retryable`] where it is not there or is lost on
    /// the way.
    pub async fn perform(&self, worker: &Url, task: Bytes) -> Result<BoxStream<'static, Result<Bytes>>> {
        self.channels.perform(worker, task).await
    }

    /// How many parts of plans were given to workers so far.
    #[must_use]
    pub fn parts_sent(&self) -> u64 {
        self.channels.sent()
    }
}

fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn unguarded() -> Error {
    Error::config("without a token or certificates, a worker may be on this machine only")
        .hint("give the coordinator and all workers the same token, or certificates of the same authority")
}

/// What a query needs to be computed by several machines.
#[derive(Clone)]
pub(super) struct Distribution {
    cluster: Arc<Cluster>,
    codec: Arc<Codec>,
}

impl Distribution {
    /// The state of a session, as one that plans for these workers.
    pub(super) fn over(&self, state: SessionState) -> EngineResult<SessionState> {
        let bytes = self.cluster.bytes_per_partition;
        let mut config = state.config().clone();
        let optimizer = &mut config.options_mut().optimizer;
        optimizer.repartition_file_min_size = optimizer.repartition_file_min_size.min(bytes);
        // To keep an order, a worker would hold rows of all others at once; a sort can spill.
        optimizer.prefer_existing_sort = false;
        // A filter that grows while a join runs would have to grow on other machines too.
        optimizer.enable_dynamic_filter_pushdown = false;
        let parts = parts::Parts::new();
        let channels = self.cluster.channels.of_query(parts.clone());
        let builder = SessionStateBuilder::new_from_existing(state)
            .with_config(config)
            .with_physical_optimizer_rule(Arc::new(nodes::Enclose))
            .with_physical_optimizer_rule(Arc::new(keys::ByColumns))
            .with_distributed_user_codec_arc(self.codec.clone())
            .with_distributed_worker_resolver(Workers(self.cluster.workers.clone()))
            .with_distributed_channel_resolver(channels)
            .with_distributed_route_tasks_handler(move |stage: RouteTasksEvent<'_>| parts.planned(&stage))
            .with_distributed_planner()
            .with_distributed_file_scan_config_bytes_per_partition(bytes)?
            .with_distributed_scale_up_leaf_node_handler(scans::divided)
            .with_distributed_metrics_collection(false)?;
        Ok(builder.build())
    }
}

impl Engine {
    /// The same session, whose queries are computed by these workers where there is enough to do. Workers must know the same
    /// identifiers: a plan is refused by one that does not.
    #[must_use]
    pub fn distributed(&self, cluster: Arc<Cluster>) -> Self {
        let codec = Arc::new(Codec::new(&self.identity));
        Self {
            ctx: self.ctx.clone(),
            probe: self.probe.clone(),
            identity: self.identity.clone(),
            moment: self.moment.clone(),
            distribution: Some(Distribution { cluster, codec }),
        }
    }
}

struct Workers(Vec<Url>);

impl WorkerResolver for Workers {
    fn get_urls(&self) -> EngineResult<Vec<Url>> {
        Ok(self.0.clone())
    }
}
