//! Owns the one-way sequence of a migration: snapshot → outcomes → target → verification → report.
//! Must not know: how any stage works, or how the result is shown.

mod against;
mod ahead;
mod base;
mod clock;
#[cfg(feature = "cluster")]
pub mod far;
mod halfway;
mod identity;
mod load;
mod matching;
mod order;
mod plan;
mod prepared;
mod privilege;
mod record;
mod remake;
mod retry;
mod ride;
mod rollback;
mod settle;
mod spill;
pub mod stored;
mod summary;
mod taken_over;
mod unchanged;
mod verify;
mod whole;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;
use uuid::Uuid;

use crate::cancel::Cancel;
#[cfg(feature = "cluster")]
use crate::engine::cluster::{Cluster, Node};
use crate::engine::{Engine, Identity, Settings};
use crate::error::{At, Context, Error, Kind, Result};
use crate::extract;
use crate::flow::Flow;
use crate::frame;
use crate::graph::Graph;
use crate::outcomes::OutcomeStore;
use crate::pipeline::Pipeline;
use crate::progress::Sink;
use crate::report::{OfTarget, ReadBack, Report, words};
use crate::server::Address;
use crate::snapshot::Snapshot;
use crate::storage::Location;
pub use against::{Against, BetweenRuns, against, between};
use clock::Clock;
pub use identity::identity;
pub use order::ties;
pub use plan::{FlowPlan, Plan, plan};
pub use prepared::Prepared;
pub use record::{Foreign, Record, remembered};
pub use retry::{Done, FlowRetried, Given, Outline, Retried, Retry, retry};
use ride::Ride;
pub use rollback::{Back, RolledBack, RunBack, rollback};
pub use settle::settle;
pub use spill::forget as forget_spilled;
pub use summary::{Begun, FlowSums, Known, Summary, Sums, flows, summaries, summary};
pub use verify::{Asked as VerifyAsked, Rows as SampledRows, Sample, VerifiedRun, verify};

/// So many threads of queries may always be.
const FEW_THREADS: usize = 8;
/// What each needs of the memory, where there are more.
const MEMORY_OF_A_THREAD: usize = 32 << 20;

/// What every command needs to work: where, how much, and who listens.
#[derive(Clone)]
pub struct Setting {
    /// A local folder for snapshots, outcomes and what spills.
    pub workspace: PathBuf,
    /// Connections and threads.
    pub jobs: usize,
    /// The memory that queries may hold, in bytes.
    pub memory: usize,
    pub progress: Arc<dyn Sink>,
    pub cancel: Cancel,
    /// Where snapshots and outcomes lie, where that is not the workspace.
    pub store: Option<Location>,
    pub machines: Machines,
}

/// Which machines compute.
#[derive(Clone, Default)]
pub enum Machines {
    #[default]
    This,
    /// Workers run the flows; this process plans, and is told.
    #[cfg(feature = "cluster")]
    Workers(Arc<Cluster>),
    /// This one is a worker; these compute parts of its queries.
    #[cfg(feature = "cluster")]
    Head(Node, Vec<url::Url>),
}

impl Machines {
    /// Do others run the flows?
    #[must_use]
    pub fn are_others(&self) -> bool {
        match self {
            Self::This => false,
            #[cfg(feature = "cluster")]
            Self::Workers(_) => true,
            #[cfg(feature = "cluster")]
            Self::Head(..) => false,
        }
    }
}

impl Setting {
    /// This machine alone, with everything in one folder. `jobs`: connections and threads; `memory`: of queries, in bytes.
    #[must_use]
    pub fn new(workspace: PathBuf, (jobs, memory): (usize, usize), progress: Arc<dyn Sink>, cancel: Cancel) -> Self {
        Self { workspace, jobs, memory, progress, cancel, store: None, machines: Machines::This }
    }

    /// The place of snapshots and outcomes.
    ///
    /// # Errors
    /// [`Kind::Config`] for a folder that cannot be used.
    pub fn place(&self) -> Result<Location> {
        self.store.clone().map_or_else(|| Location::folder(&self.workspace), Ok)
    }

    /// The folder of this process for what spills.
    ///
    /// # Errors
    /// What making it meets.
    pub fn spill_folder(&self) -> Result<PathBuf> {
        spill::folder(&self.workspace)
    }

    /// The threads of queries: as many as there are jobs, as far as they pay. Sessions wait for servers; threads beyond the processors
    /// only take the memory that the others need.
    #[must_use]
    pub fn threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.jobs.min(FEW_THREADS.max(processors.min(self.memory / MEMORY_OF_A_THREAD)))
    }

    /// A session for these flows' identifiers.
    ///
    /// # Errors
    /// What making its folder meets.
    pub fn engine(&self, identity: Identity) -> Result<Engine> {
        #[cfg(feature = "cluster")]
        if let Machines::Head(node, workers) = &self.machines {
            return node.engine(Arc::new(identity), workers.clone());
        }
        let spill = self.spill_folder()?;
        Engine::new(&Settings { memory: self.memory, partitions: self.threads(), spill, identity: Arc::new(identity) })
    }
}

/// What is read back of the target when all is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    Nothing,
    /// What the run moved: all of it, where it is the first.
    Moved,
    Everything,
}

/// What a run is asked to do.
pub struct Request {
    pub pipeline: Pipeline,
    /// Where to extract from, unless a snapshot is given.
    pub source: Option<Address>,
    /// How it is read; which schemas and tables, the pipeline says.
    pub reading: extract::Options,
    pub target: Address,
    pub snapshot: Option<Location>,
    /// Only these flows and what they read; empty for all.
    pub only: Vec<String>,
    pub verify: Verify,
    /// Does a flow below its threshold fail the run?
    pub enforce: bool,
    /// The target must hold nothing of other runs: all rows come, and not what differs.
    pub full: bool,
    /// May the snapshot be one whose values were masked?
    pub allow_masked: bool,
    /// How long the run waits for what passes, such as a lost connection, while nothing moves.
    pub retry_for: Duration,
    /// A run of its own also where rules and snapshot are those of the run before, once that has ended: what the target refused
    /// is tried again.
    pub anew: bool,
    /// Other processes may load chunks of it.
    pub share_load: bool,
}

/// What came of a run. The report is there even when the run fails.
pub struct Finished {
    pub report: Report,
    pub snapshot: Location,
    pub outcomes: Location,
    /// What fails the run, the gravest first; none is success.
    pub failures: Vec<Error>,
}

/// Migrates. Given again with the same rules and rows, it takes up the same run; what passes in the meantime, such as a lost
/// connection, it waits for.
///
/// # Errors
/// Whatever keeps the run from its report. A run that ends with a report gives its failures in [`Finished`].
pub async fn run(request: Request, setting: &Setting) -> Result<Finished> {
    let span = frame!("command", "run");
    span.record("pipeline", request.pipeline.name.as_str());
    let done = Box::pin(migrate(request, setting)).instrument(span.clone()).await;
    let failure = match &done {
        Ok(finished) => {
            span.record("run", finished.report.run.as_str());
            span.record("snapshot", finished.report.snapshot.as_str());
            finished.failures.first()
        }
        Err(error) => Some(error),
    };
    span.record("exit_code", failure.map_or(0, |failure| u64::from(failure.kind().exit_code())));
    done
}

async fn migrate(request: Request, setting: &Setting) -> Result<Finished> {
    // Flows that are not there are told before a row is read.
    chosen(&request.pipeline, &request.only)?;
    let mut clock = Clock::start();
    request.target.refuse_pooler().await?;
    let mut ride = Ride::new(setting, request.retry_for);
    let snapshot = loop {
        match Box::pin(snapshot(&request, ride.setting())).await {
            Ok(snapshot) => break snapshot,
            Err(error) => ride.wait(error).await?,
        }
    };
    log::info!("snapshot {}", snapshot.id());
    if snapshot.manifest().source.masked.is_some() && !request.allow_masked {
        return Err(Error::config("the snapshot is masked: its values are not those of the source")
            .at(At::File, snapshot.location().to_string())
            .hint("`what-if`, `explain` and `plan` take it; to load it all the same, for a rehearsal, give --allow-masked"));
    }
    clock.lap("extract");
    loop {
        match Box::pin(attempt(&request, &snapshot, clock.clone(), ride.setting())).await {
            Ok(mut finished) => {
                // What earlier attempts wrote was not counted.
                finished.report.facts.written = finished.report.facts.written.filter(|_| !ride.has_waited());
                return Ok(finished);
            }
            Err(error) => ride.wait(privilege::explained(error, &request.target, &request.pipeline).await).await?,
        }
    }
}

/// The snapshot that is asked for: the one given, whole, or a new one.
async fn snapshot(request: &Request, setting: &Setting) -> Result<Snapshot> {
    match (&request.snapshot, &request.source) {
        (Some(location), _) => {
            let opened = async {
                let snapshot = Snapshot::open(location.clone()).await?;
                // Workers share that work.
                if !setting.machines.are_others() {
                    snapshot.check().await?;
                }
                Ok(snapshot)
            };
            opened.instrument(frame!("check snapshot")).await
        }
        (None, Some(source)) => {
            let full = Graph::new(&request.pipeline)?;
            take_snapshot(source, &request.reading, &request.pipeline, &full, setting).await
        }
        (None, None) => Err(Error::config("there is neither a source nor a snapshot")
            .hint("give --source URL (or REHOME_SOURCE_URL), or --snapshot of an earlier run")),
    }
}

async fn attempt(request: &Request, snapshot: &Snapshot, mut clock: Clock, setting: &Setting) -> Result<Finished> {
    let (mut pipeline, mut graph) = chosen(&request.pipeline, &request.only)?;
    let mut loading = load::Loading::open(&request.target, &pipeline, snapshot, request.anew, setting).await?;
    if request.share_load {
        loading.share();
    }
    loading.settle(&mut pipeline);
    graph.arrange(&pipeline, loading.ties(&pipeline), &order::work(&pipeline, snapshot)?)?;
    let run_id = loading.run;
    let store = OutcomeStore::open(&setting.place()?, &run_id.to_string());
    let foreign = matching::foreign(&loading, &pipeline, &graph, snapshot, &store, setting).await?;
    let prepared = Prepared::new((pipeline, graph), snapshot.clone(), store, foreign.clone(), setting).await?;
    let Prepared { pipeline, graph, engine, store, shapes, .. } = &prepared;
    loading.check(shapes, request.full).await.at(At::Pipeline, &pipeline.name)?;
    loading.warn(shapes);
    if let Some(parent) = loading.parent() {
        let origin = loading.origin(parent).await?;
        taken_over::take_over(&prepared, parent, &origin, &foreign, setting).await?;
    }
    let stage = prepared.stage().await?.with_made_ids(loading.made_ids(pipeline, snapshot).await?);
    let loaded = loading.run((&stage, prepared.ahead()), (pipeline, snapshot), graph, store, foreign, setting).await?;
    whole::refused_rows(&request.target, run_id, &loaded, shapes, (engine, store), &setting.cancel).await?;
    clock.lap("transform and load");
    let verification = match request.verify {
        Verify::Nothing => None,
        asked => Some(loaded.verify(&request.target, store, asked == Verify::Everything, setting).await?),
    };
    let verified = verification.as_ref().is_some_and(load::Verified::clean);
    clock.lap("verify");
    let so_far = (clock.seconds(), verified);
    let mut report = prepared.report(&run_id.to_string(), so_far, &loaded.outcomes, &loaded.target).await?;
    clock.lap("report");
    report.seconds = clock.seconds();
    report.facts = clock.facts_of_target(snapshot, verification.as_ref(), request.enforce);
    report.facts.written = Some(loaded.written);
    report.facts.base.clone_from(&loaded.base);
    record(request, snapshot, &report, &loaded).save(store).await?;
    let failures = failures(&report, verification.as_ref(), request.enforce);
    Ok(Finished { report, snapshot: snapshot.location().clone(), outcomes: store.location().clone(), failures })
}

/// What is remembered of a run that has ended.
fn record(request: &Request, snapshot: &Snapshot, report: &Report, loaded: &load::Loaded) -> Record {
    Record {
        run: loaded.run(),
        pipeline: request.pipeline.file.clone(),
        name: Some(request.pipeline.name.clone()),
        namespace: Some(request.pipeline.namespace.uuid()),
        pipeline_hash: request.pipeline.hash.clone(),
        snapshot: snapshot.location().to_string(),
        snapshot_id: snapshot.id().to_owned(),
        flows: loaded.outcomes.iter().map(|outcomes| outcomes.flow.clone()).collect(),
        seconds: report.seconds,
        target: loaded.target.clone(),
        verified: report.verified,
        facts: report.facts.clone(),
    }
}

/// The rows of a flow's sources.
fn source_rows(flow: &Flow, pipeline: &Pipeline, snapshot: &Snapshot) -> Result<u64> {
    flow.named().map(|named| Ok(snapshot.named(&named, &pipeline.schemas)?.rows)).sum()
}

/// The pipeline with the flows that were asked for, and those they read.
fn chosen(pipeline: &Pipeline, only: &[String]) -> Result<(Pipeline, Graph)> {
    let graph = Graph::new(pipeline)?;
    if only.is_empty() {
        return Ok((pipeline.clone(), graph));
    }
    let mut wanted: Vec<String> = Vec::new();
    let mut open = only.to_vec();
    while let Some(name) = open.pop() {
        let Some(needs) = graph.needs.get(&name) else {
            let names: Vec<String> = graph.needs.keys().cloned().collect();
            let error = Error::config(format!("there is no flow '{name}'")).at(At::Pipeline, &pipeline.name);
            return Err(match crate::diagnosis::closest(&name, &names) {
                Some(close) => error.hint(format!("did you mean '{close}'?")),
                None => error.hint(format!("the flows are {}", names.join(", "))),
            });
        };
        if !wanted.contains(&name) {
            open.extend(needs.iter().cloned());
            wanted.push(name);
        }
    }
    let mut pipeline = pipeline.clone();
    for name in &wanted {
        for owner in graph.mentions.get(name).into_iter().flatten().filter(|owner| !wanted.contains(owner)) {
            log::warn!(
                "the flow {name} refers to rows of the flow {owner}, which is not asked for: they must be in the \
                 target already, by an earlier --only {owner} of this run or by its mappings"
            );
        }
    }
    pipeline.flows.retain(|flow| wanted.contains(&flow.name));
    let graph = Graph::new(&pipeline)?;
    Ok((pipeline, graph))
}

/// The pipeline of one flow and of those it reads.
fn narrowed(pipeline: &Pipeline, graph: &Graph, name: &str) -> Result<(Pipeline, Graph)> {
    let (mut wanted, mut open) = (Vec::new(), vec![name.to_owned()]);
    while let Some(name) = open.pop() {
        open.extend(graph.needs.get(&name).into_iter().flatten().filter(|needed| !wanted.contains(*needed)).cloned());
        wanted.push(name);
    }
    let mut pipeline = pipeline.clone();
    pipeline.flows.retain(|flow| wanted.contains(&flow.name));
    let graph = Graph::new(&pipeline)?;
    Ok((pipeline, graph))
}

/// A run is what its rules, its rows and its target are: the hash of the whole pipeline, the id of the snapshot, and
/// the target's own (nil where there is none), and the run before it. The target belongs to it because of the UUIDs it held
/// before.
fn run_id(pipeline: &Pipeline, snapshot: &Snapshot, target: Uuid, parent: Option<Uuid>) -> Uuid {
    let after = parent.map(|parent| format!(":{parent}")).unwrap_or_default();
    let what = format!("run:{}:{}:{target}{after}", pipeline.hash, snapshot.id());
    Uuid::new_v5(&pipeline.namespace.uuid(), what.as_bytes())
}

/// Extracts the tables that the pipeline reads into a new snapshot of the workspace.
///
/// # Errors
/// As [`extract::run`].
pub async fn take_snapshot(
    source: &Address,
    reading: &extract::Options,
    pipeline: &Pipeline,
    graph: &Graph,
    setting: &Setting,
) -> Result<Snapshot> {
    let options = extract::Options {
        schemas: pipeline.schemas.clone(),
        named: graph.source_tables().into_iter().collect(),
        jobs: setting.jobs,
        ..reading.clone()
    };
    let place = new_snapshot(setting)?;
    extract::run(source, &options, place, setting.progress.clone(), setting.cancel.clone()).await
}

/// A place for a new snapshot in the workspace: named by the time, so that listings are in order.
///
/// # Errors
/// As [`Setting::place`].
pub fn new_snapshot(setting: &Setting) -> Result<Location> {
    let name = format!("{}-{:04x}", chrono::Utc::now().format("%Y%m%dT%H%M%S%3fZ"), std::process::id() & 0xFFFF);
    Ok(setting.place()?.child("snapshots").child(&name))
}

fn failures(report: &Report, verification: Option<&load::Verified>, enforce: bool) -> Vec<Error> {
    let mut failures = Vec::new();
    if !report.conserved {
        failures.push(Error::new(Kind::Verification, "stored outcomes do not add up to the source's rows"));
    }
    if let Some(verified) = verification.filter(|verified| !verified.clean()) {
        let flows: Vec<&str> =
            verified.0.flows.iter().filter(|flow| !flow.clean()).map(|flow| flow.flow.as_str()).collect();
        let is_altered = |flow: &&str| report.flows.iter().any(|told| told.flow == **flow && !told.altered.is_empty());
        let hint = match flows.iter().any(is_altered) {
            true => {
                "a trigger of the target has made something else of some columns, which the report names: is that meant, say `altered = [\"column\"]` in the flow's header"
            }
            false => "another writer may have changed it; `rehome verify` names the rows and their columns",
        };
        let error =
            Error::new(Kind::Verification, format!("the target is not what the outcomes say: {}", verified.summary()))
                .hint(hint);
        failures.push(if flows.is_empty() { error } else { error.at(At::Flow, flows.join(", ")) });
    }
    for check in report.checks.iter().filter(|check| check.fails()) {
        failures.push(match &check.error {
            Some(error) => {
                Error::new(Kind::Verification, format!("the check {} could not be run: {error}", check.check))
            }
            None => Error::new(Kind::Verification, format!("the check {} finds {} row(s)", check.check, check.rows))
                .at(At::Key, check.keys.join(", ")),
        });
    }
    for flow in report.flows.iter().filter(|flow| enforce && !flow.accepted) {
        let least = flow.accept.unwrap_or_default();
        failures.push(
            Error::new(
                Kind::Threshold,
                format!(
                    "{} of the rows in scope reached the target, {} are demanded",
                    words::share(flow.share),
                    words::exact(least)
                ),
            )
            .at(At::Flow, &flow.flow)
            .hint("see the reject reasons; `accept` in the flow's header is the threshold"),
        );
    }
    for (name, error) in &report.not_computed {
        failures.push(Error::config(format!("the report {name} could not be computed: {error}")));
    }
    failures
}

/// Computes the report of an earlier run anew, from what is stored.
///
/// # Errors
/// [`Kind::Config`] when the run is unknown or its pipeline has changed since; [`Kind::Corrupt`] for changed files.
pub async fn report(record: &Record, pipeline: &Pipeline, setting: &Setting) -> Result<Report> {
    let (prepared, outcomes) = Prepared::of_run(record, pipeline, setting).await?;
    let inputs = prepared.inputs(&outcomes, &record.target);
    let report = inputs.report(&record.run.to_string(), &record.snapshot_id, record.seconds, record.verified).await?;
    Ok(Report { facts: record.facts.clone(), ..report })
}

/// Applies a pipeline's rules to a snapshot without any database: what would become of each row?
///
/// # Errors
/// As a run's, short of loading.
pub async fn what_if(
    pipeline: &Pipeline,
    snapshot: &Snapshot,
    only: &[String],
    setting: &Setting,
) -> Result<(Report, Location)> {
    let mut clock = Clock::start();
    let prepared = Prepared::to_try(pipeline, snapshot.clone(), only, setting).await?;
    let outcomes = prepared.outcomes().await?;
    clock.lap("transform");
    let nothing = OfTarget::default();
    let mut report = prepared.report(&prepared.store.name(), (0.0, false), &outcomes, &nothing).await?;
    clock.lap("report");
    report.seconds = clock.seconds();
    report.facts = clock.facts(snapshot, ReadBack::NoTarget);
    Ok((report, prepared.store.location().clone()))
}
