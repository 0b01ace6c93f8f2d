//! Owns a worker's side: it plans the pipeline that a driver names, runs flows of it, whose queries other workers help to compute, and
//! publishes what they give.
//! Must not know: how orders arrive, or which flow comes next.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use url::Url;
use uuid::Uuid;

use super::order::{self, Answer, Asked, Order, Said, Subject, Task};
use crate::engine::cluster::{Node, Tasks};
use crate::error::{At, Context, Error, Kind, Result};
use crate::graph::Graph;
use crate::outcomes::FlowOutcomes;
use crate::progress::Sink;
use crate::report::{self, Report};
use crate::rules;
use crate::run::prepared::Prepared;
use crate::run::{Machines, Setting, record};
use crate::snapshot::Snapshot;
use crate::storage::Location;

/// Pipelines that are planned at a time: those of the drivers that asked last.
const PLANNED_AT_MOST: usize = 4;

/// A worker, for the drivers that ask it.
pub struct Head {
    node: Node,
    setting: Setting,
    /// This process.
    process: Uuid,
    planned: Mutex<Vec<Arc<Session>>>,
}

/// One driver's pipeline, planned for the workers that it had then.
struct Session {
    id: Uuid,
    workers: Vec<Url>,
    prepared: tokio::sync::OnceCell<Prepared>,
    /// Flows make tables known to the session as they run: one after the other.
    running: tokio::sync::Mutex<()>,
}

impl Head {
    #[must_use]
    pub fn new(node: Node, setting: Setting) -> Self {
        Self { node, setting, process: Uuid::new_v4(), planned: Mutex::default() }
    }

    async fn answer(&self, task: &[u8], progress: Arc<dyn Sink>) -> Result<Answer> {
        let Order { subject, workers, task } = order::read(task)?;
        let urls = workers.iter().map(|url| Url::parse(url).ok()).collect::<Option<_>>();
        let session = self.session(&subject, urls.ok_or_else(|| Error::config("not the address of a worker"))?);
        let prepared = session.prepared.get_or_try_init(|| self.prepare(&subject, &session.workers)).await?;
        if matches!(task, Task::Ready) {
            return Ok(Answer::Ready { process: self.process });
        }
        let _alone = session.running.lock().await;
        match task {
            Task::Ready => Ok(Answer::Ready { process: self.process }),
            Task::Check { tables } => check(&prepared.snapshot, &tables, progress.as_ref()).await,
            Task::Flow { name } => Ok(Answer::Flow(Box::new(flow(prepared, &name, progress).await?))),
            Task::Report(asked) => Ok(Answer::Report(Box::new(report(prepared, &asked).await?))),
        }
    }

    /// That of a driver and its workers; another one where the latter are not those of before.
    fn session(&self, subject: &Subject, workers: Vec<Url>) -> Arc<Session> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let before = planned.iter().position(|known| known.id == subject.session).map(|at| planned.remove(at));
        let session = before.filter(|known| known.workers == workers).unwrap_or_else(|| {
            Arc::new(Session {
                id: subject.session,
                workers,
                prepared: tokio::sync::OnceCell::default(),
                running: tokio::sync::Mutex::default(),
            })
        });
        planned.push(session.clone());
        let too_many = planned.len().saturating_sub(PLANNED_AT_MOST);
        planned.drain(..too_many);
        session
    }

    async fn prepare(&self, subject: &Subject, workers: &[Url]) -> Result<Prepared> {
        let pipeline = subject.pipeline.clone();
        let same_build = subject.version == env!("CARGO_PKG_VERSION") && rules::of_pipeline(&pipeline) == subject.rules;
        if !same_build {
            return Err(Error::config("a worker has another version of this program")
                .hint("let all machines run the same build of this program"));
        }
        let reachable = |error: Error| match error.kind() {
            Kind::Config => error
                .better_hint("snapshot and outcomes must lie where all workers see them: s3://…, or a shared folder"),
            _ => error,
        };
        let snapshot = Snapshot::open(Location::parse(&subject.snapshot)?).await.map_err(reachable)?;
        if snapshot.id() != subject.snapshot_id {
            return Err(Error::config(format!("a worker sees another snapshot at {}", subject.snapshot)));
        }
        let store = crate::outcomes::OutcomeStore::at(Location::parse(&subject.outcomes)?);
        let foreign = record::foreign(&store).await?;
        let graph = Graph::new(&pipeline)?;
        let machines = Machines::Head(self.node.clone(), workers.to_vec());
        let setting = Setting { machines, ..self.setting.clone() };
        // The driver has all files checked before it asks for rows.
        Prepared::without_checks((pipeline, graph), snapshot.believed(), store, foreign, &setting).await
    }
}

impl Tasks for Head {
    fn perform(self: Arc<Self>, task: Bytes) -> BoxStream<'static, Bytes> {
        let (send, mut receive) = unbounded_channel();
        let along = stream::poll_fn(move |context| receive.poll_recv(context));
        let end = async move {
            let progress = Arc::new(Told(send));
            self.answer(&task, progress).await.map_or_else(Said::Failed, Said::Done)
        };
        let said = stream::select(along, stream::once(end));
        said.filter_map(|said| async move { order::written(&said).ok() }).boxed()
    }
}

/// Tells the driver of progress.
struct Told(UnboundedSender<Said>);

impl Told {
    fn say(&self, said: Said) {
        // If nobody listens any more, the work is given up anyway.
        let _ = self.0.send(said);
    }
}

impl Sink for Told {
    fn start(&self, stage: &str, item: &str, rows: Option<u64>) {
        self.say(Said::Started { stage: stage.to_owned(), item: item.to_owned(), rows });
    }

    fn advance(&self, item: &str, rows: u64) {
        self.say(Said::Advanced { item: item.to_owned(), rows });
    }

    fn finish(&self, item: &str) {
        self.say(Said::Finished { item: item.to_owned() });
    }
}

async fn check(snapshot: &Snapshot, tables: &[String], progress: &dyn Sink) -> Result<Answer> {
    for name in tables {
        let gone = || Error::new(Kind::Corrupt, "a table of the snapshot is gone").at(At::Table, name);
        let table = snapshot.manifest().tables.iter().find(|table| table.qualified() == *name).ok_or_else(gone)?;
        progress.start("check", name, Some(table.source_rows()));
        snapshot.check_anew(table).await.at(At::Table, name)?;
        progress.advance(name, table.source_rows());
        progress.finish(name);
    }
    Ok(Answer::Checked)
}

/// Runs one flow over what is published of those that it reads.
async fn flow(prepared: &Prepared, name: &str, progress: Arc<dyn Sink>) -> Result<FlowOutcomes> {
    let unknown = || Error::unexpected("a flow that is asked for is not there").at(At::Flow, name);
    let Prepared { pipeline, graph, store, .. } = prepared;
    let stage = prepared.stage_with(progress).await?;
    let flows = || graph.order.iter().filter_map(|index| pipeline.flows.get(*index));
    let needs = graph.needs.get(name).ok_or_else(unknown)?;
    for needed in flows().filter(|flow| needs.contains(&flow.name)) {
        let gone =
            || Error::new(Kind::Retryable, "a flow that another one reads has not run yet").at(At::Flow, &needed.name);
        // Who made them has seen them written, or has checked them.
        store.believe(&store.flow(&needed.name).await?.ok_or_else(gone)?);
        stage.run(needed, store).await?;
    }
    stage.run(flows().find(|flow| flow.name == name).ok_or_else(unknown)?, store).await
}

async fn report(prepared: &Prepared, asked: &Asked) -> Result<Report> {
    let outcomes = record::outcomes(&prepared.pipeline, &prepared.graph, &prepared.store).await?;
    for flow in &outcomes {
        prepared.store.believe(flow);
    }
    let planned = report::plan(&prepared.engine, &prepared.pipeline).await?;
    let inputs = report::Inputs { planned: &planned, ..prepared.inputs(&outcomes, &asked.target) };
    inputs.report(&asked.run, prepared.snapshot.id(), asked.seconds, asked.verified).await
}
