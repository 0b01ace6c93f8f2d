//! Owns the connections to workers: a peer that falls silent is noticed, what is sent carries the token, and plans go packed.
//! Must not know: what plans compute.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion_distributed::grpc::{BoxCloneSyncChannel, create_worker_client};
use datafusion_distributed::{
    ChannelResolver, CoordinatorToWorkerMsg, ExecuteTaskRequest, GetWorkerInfoRequest, GetWorkerInfoResponse,
    MaybeEncoded, ProducerHead, SetPlanRequest, WorkerChannel, WorkerToCoordinatorMsg,
};
use futures::StreamExt;
use futures::stream::BoxStream;
use http::HeaderMap;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use url::Url;

use super::connections::Encrypted;
use super::network::OnNetwork;
use super::parts::Parts;
use super::trust::Trust;
use super::{fault, keys, nodes, tasks};
use crate::error as ours;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a peer is asked whether it is there, and how long it may take to say so.
pub const ASKED_EVERY: Duration = Duration::from_secs(2);
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Connections by worker. Copies share them.
#[derive(Clone)]
pub struct Channels {
    shared: Arc<Shared>,
    /// Those of the query that is planned here.
    parts: Option<Parts>,
}

struct Shared {
    trust: Trust,
    known: Mutex<HashMap<Url, Channel>>,
    sent: AtomicU64,
    /// Is this where the rows are wanted, or a machine on their way?
    is_coordinator: bool,
}

impl Channels {
    pub fn of_coordinator(trust: Trust) -> Self {
        Self::new(trust, true)
    }

    pub fn of_worker(trust: Trust) -> Self {
        Self::new(trust, false)
    }

    fn new(trust: Trust, is_coordinator: bool) -> Self {
        let shared = Shared { trust, known: Mutex::default(), sent: AtomicU64::new(0), is_coordinator };
        Self { shared: Arc::new(shared), parts: None }
    }

    /// The same connections, for one query with these parts.
    pub fn of_query(&self, parts: Parts) -> Self {
        Self { shared: self.shared.clone(), parts: Some(parts) }
    }

    /// How many parts of plans were sent.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Gives a worker a task.
    ///
    /// # Errors
    /// As [`tasks::give`].
    pub async fn perform(&self, worker: &Url, task: Bytes) -> ours::Result<BoxStream<'static, ours::Result<Bytes>>> {
        let channel = self.channel(worker).map_err(|_| fault::of(&Status::unavailable("no address"), worker))?;
        tasks::give(worker, channel, self.shared.trust.token.as_ref(), task).await
    }

    /// A connection that is made when it is first used, and made again after it was lost.
    fn channel(&self, url: &Url) -> Result<Channel> {
        let mut known = self.shared.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = known.get(url) {
            return Ok(channel.clone());
        }
        let unusable = |_| DataFusionError::Configuration("not the address of a worker".to_owned());
        let endpoint = Endpoint::from_shared(url.to_string())
            .map_err(unusable)?
            .executor(OnNetwork)
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(ASKED_EVERY)
            .keep_alive_timeout(ANSWERS_WITHIN)
            .keep_alive_while_idle(true);
        let channel = match &self.shared.trust.tls {
            None => endpoint.connect_lazy(),
            Some(tls) => endpoint.connect_with_connector_lazy(Encrypted(tls.clone())),
        };
        known.insert(url.clone(), channel.clone());
        Ok(channel)
    }
}

#[async_trait]
impl ChannelResolver for Channels {
    async fn get_worker_client_for_url(&self, url: &Url) -> Result<Box<dyn WorkerChannel>> {
        let channel = self.channel(url).map_err(|error| {
            let error = Arc::new(error);
            self.parts.iter().for_each(|parts| parts.given(Some(error.clone())));
            DataFusionError::Shared(error)
        })?;
        let inner = create_worker_client(BoxCloneSyncChannel::new(channel));
        Ok(Box::new(Packing { inner, url: url.clone(), shared: self.shared.clone(), parts: self.parts.clone() }))
    }
}

/// A channel whose plans go as ours.
struct Packing {
    inner: Box<dyn WorkerChannel>,
    url: Url,
    shared: Arc<Shared>,
    parts: Option<Parts>,
}

impl Packing {
    fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        if let Some(token) = &self.shared.trust.token {
            token.put(&mut headers);
        }
        headers
    }

    fn told(&self) -> impl Fn(DataFusionError) -> DataFusionError + Send + 'static {
        let (url, is_coordinator) = (self.url.clone(), self.shared.is_coordinator);
        move |error| {
            let error = fault::on_its_way(error, &url);
            if is_coordinator { fault::arrived(error) } else { error }
        }
    }

    fn rows<T: 'static>(&self, rows: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
        let told = self.told();
        rows.map(move |row| row.map_err(&told)).boxed()
    }
}

#[async_trait]
impl WorkerChannel for Packing {
    async fn coordinator_channel(
        &mut self,
        headers: HeaderMap,
        mut request: SetPlanRequest,
        messages: BoxStream<'static, CoordinatorToWorkerMsg>,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> Result<BoxStream<'static, Result<WorkerToCoordinatorMsg>>> {
        if let MaybeEncoded::Decoded(plan) = request.plan {
            request.plan = MaybeEncoded::Decoded(Arc::new(nodes::Packed::new(plan)));
        }
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        let headers = self.headers(headers);
        let answers = self.inner.coordinator_channel(headers, request, messages, metrics, context).await;
        let answers = answers.map_err(|error| Arc::new(self.told()(error)));
        if let Some(parts) = &self.parts {
            parts.given(answers.as_ref().err().cloned());
        }
        Ok(self.rows(answers.map_err(DataFusionError::Shared)?))
    }

    async fn execute_task(
        &mut self,
        headers: HeaderMap,
        request: ExecuteTaskRequest,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> Result<Vec<BoxStream<'static, Result<RecordBatch>>>> {
        if let ProducerHead::RepartitionExec { partitioning: MaybeEncoded::Decoded(partitioning) } =
            &request.producer_head
        {
            keys::only_columns(partitioning)?;
        }
        if let Some(parts) = &self.parts {
            parts.all_given().await?;
        }
        let rows = self.inner.execute_task(self.headers(headers), request, metrics, context).await;
        Ok(rows.map_err(self.told())?.into_iter().map(|rows| self.rows(rows)).collect())
    }

    /// Nobody asks for it, and it could not carry the token.
    async fn get_worker_info(&mut self, _: GetWorkerInfoRequest) -> Result<GetWorkerInfoResponse> {
        Err(DataFusionError::NotImplemented("workers tell nothing of themselves".to_owned()))
    }
}
