//! Owns how transforming and loading go hand in hand: while one flow loads, the next is transformed.
//! Must not know: how either works.

use std::collections::{BTreeMap, HashSet};

use tokio::sync::mpsc;
use tracing::{Instrument, Span};
use uuid::Uuid;

use super::ahead::Ahead;
use super::halfway::Halfway;
use super::record::{self, Adopted, Foreign, remember_adopted, remembered};
use super::remake::{self, Past};
use super::{Setting, base, order, run_id, settle, source_rows};
use crate::error::{At, Context, Error, Result};
use crate::graph::{Graph, Ties};
use crate::id::Namespace;
use crate::ledger::{self, Latest, OriginOf, Refusal, RunIdentity};
use crate::load::{self, Base, Finished, Loader, Match};
use crate::outcome::{Id, Outcome};
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::report::{Changes, KnownBy, OfTarget, Refused, RefusedFor};
use crate::rules;
use crate::server::Address;
use crate::snapshot::Snapshot;
use crate::target::Catalog;
use crate::timing::beside;
use crate::transform::{MadeIds, Transform};
use crate::verify::{self, Subject, Verification};
use crate::{frame, timed};

/// A target that is held for this run.
pub struct Loading {
    pub run: Uuid,
    mappings: String,
    catalog: Catalog,
    loader: Loader,
    /// The run that it follows.
    parent: Option<Uuid>,
    /// The id of the snapshot.
    snapshot: String,
}

/// The run that these rules and this snapshot are: the latest one again, or one that follows it. `anew`: one that has ended is
/// followed in any case.
pub fn succession(
    latest: Option<&Latest>,
    pipeline: &Pipeline,
    snapshot: &Snapshot,
    target: Uuid,
    anew: bool,
) -> (Uuid, Option<Uuid>) {
    let same = |latest: &Latest| latest.pipeline_hash == pipeline.hash && latest.snapshot_id == snapshot.id();
    match latest {
        Some(latest) if same(latest) && !(anew && latest.done) => (latest.run_id, latest.parent),
        Some(latest) => (run_id(pipeline, snapshot, target, Some(latest.run_id)), Some(latest.run_id)),
        None => (run_id(pipeline, snapshot, target, None), None),
    }
}

impl Loading {
    /// Reads the target's catalog and takes the target for this run.
    ///
    /// # Errors
    /// [`crate::error::Kind::Locked`] when another run holds it; what connecting meets.
    pub async fn open(
        address: &Address,
        pipeline: &Pipeline,
        snapshot: &Snapshot,
        anew: bool,
        setting: &Setting,
    ) -> Result<Self> {
        let connection = address.connect("catalog").await?;
        let catalog = Catalog::read(&connection, &pipeline.target_schema).await?;
        ledger::ensure(&connection).await?;
        let latest = ledger::latest(&connection, pipeline.namespace).await?;
        let target = ledger::target_id(&connection).await?;
        drop(connection);
        let mappings = format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1);
        let (run, parent) = succession(latest.as_ref(), pipeline, snapshot, target, anew);
        let identity = RunIdentity {
            run_id: run,
            namespace: pipeline.namespace,
            parent,
            mappings: mappings.clone(),
            snapshot: snapshot.location().to_string(),
            rules: rules::files(pipeline)?,
            pipeline: pipeline.name.clone(),
            pipeline_hash: pipeline.hash.clone(),
            snapshot_id: snapshot.id().to_owned(),
            as_of: snapshot.manifest().created_at.to_rfc3339(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let loader = Loader::open(
            address,
            catalog.clone(),
            identity,
            setting.jobs,
            setting.progress.clone(),
            setting.cancel.clone(),
        )
        .await?;
        Ok(Self { run, parent, mappings, catalog, loader, snapshot: snapshot.id().to_owned() })
    }

    /// The run that it follows.
    pub fn parent(&self) -> Option<Uuid> {
        self.parent
    }

    /// What an earlier run was made of.
    ///
    /// # Errors
    /// As [`Loader::origin`].
    pub async fn origin(&self, run: Uuid) -> Result<OriginOf> {
        self.loader.origin(run).await
    }

    /// Which flows the target wants loaded before which.
    pub fn ties(&self, pipeline: &Pipeline) -> Vec<Ties> {
        order::ties(pipeline, &self.catalog)
    }

    /// Settles by the target's catalog what the flows' headers leave open.
    pub fn settle(&self, pipeline: &mut Pipeline) {
        settle(pipeline, &self.catalog);
    }

    /// What the target's mappings knew before the run.
    ///
    /// # Errors
    /// What reading the mappings meets.
    pub async fn foreign(&self, pipeline: &Pipeline, store: &OutcomeStore) -> Result<Foreign> {
        let entities: Vec<String> = pipeline.entities.keys().cloned().collect();
        let found = remembered(self.loader.adopted(&entities).await?);
        Ok(Foreign { adopted: remember_adopted(store, found).await?, ..Foreign::default() })
    }

    /// The UUIDs that rows of these entities have by earlier runs, which may have found them in the target.
    ///
    /// # Errors
    /// What reading the mappings meets.
    pub async fn found_before(&self, entities: &[&str]) -> Result<Vec<Adopted>> {
        let mut found = Vec::new();
        for entity in entities {
            found.extend(record::found(entity, self.loader.own(entity).await?));
        }
        Ok(found)
    }

    /// Which rows of the target the migrated rows of a flow stand for.
    ///
    /// # Errors
    /// As [`Loader::matches`].
    pub async fn matches(&self, flow: &FlowOutcomes, store: &OutcomeStore) -> Result<Vec<Match>> {
        self.loader.matches(flow, store).await
    }

    /// The ids that the target makes for the rows of flows, by their names.
    ///
    /// # Errors
    /// As [`Loader::made_ids`].
    pub async fn made_ids(&self, pipeline: &Pipeline, snapshot: &Snapshot) -> Result<BTreeMap<String, MadeIds>> {
        let mut made = BTreeMap::new();
        for flow in pipeline.flows.iter().filter(|flow| flow.row.id == Id::Server) {
            let fresh = self.loader.made_ids(flow, source_rows(flow, pipeline, snapshot)?).await?;
            made.insert(flow.name.clone(), remake::made(self.loader.own(&flow.entity).await?, fresh, flow.row.made)?);
        }
        Ok(made)
    }

    /// Lets other processes load chunks of its flows.
    pub fn share(&mut self) {
        self.loader.share();
    }

    /// Compares the flows' columns with the target's, and looks for rows of other runs, before anything runs.
    ///
    /// # Errors
    /// [`crate::error::Kind::Drift`] with every mismatch; [`crate::error::Kind::Config`] for another run's rows.
    pub async fn check(&mut self, shapes: &[FlowShape], alone: bool) -> Result<()> {
        load::check::columns(&self.catalog, shapes)?;
        self.loader.check_unclaimed(shapes, alone).await
    }

    /// Compares the flows' columns with the target's.
    ///
    /// # Errors
    /// [`crate::error::Kind::Drift`] with every mismatch.
    pub fn fits(&self, shapes: &[FlowShape]) -> Result<()> {
        load::check::columns(&self.catalog, shapes)
    }

    /// Says which triggers of the target will fire.
    pub fn warn(&self, shapes: &[FlowShape]) {
        for fires in load::check::triggers(&self.catalog, shapes) {
            // One that touches no table of ours is no news to who made it.
            let level = if fires.writes.is_empty() { log::Level::Info } else { log::Level::Warn };
            log::log!(level, "{fires}");
        }
    }

    /// Transforms and loads all flows in their order, then restores the target's indexes and constraints.
    ///
    /// # Errors
    /// What transforming or loading meets; what was loaded stays, and the same run takes it up.
    pub async fn run(
        mut self,
        (stage, mut ahead): (&Transform<'_>, Ahead<'_>),
        (pipeline, snapshot): (&Pipeline, &Snapshot),
        graph: &Graph,
        store: &OutcomeStore,
        foreign: Foreign,
        setting: &Setting,
    ) -> Result<Loaded> {
        self.loader.expect_mappings(if self.parent.is_none() { mapped_rows(pipeline, snapshot)? } else { 0 });
        let (send, receive) = mpsc::channel::<Next>(64);
        let adopted = foreign.adopted.iter().map(|(entity, key, _)| (entity.clone(), key.clone())).collect();
        let work = Work {
            catalog: self.catalog,
            foreign,
            store: store.clone(),
            rules: rules::of_flows(pipeline, &graph.needs),
            snapshot: self.snapshot,
            halfway: Halfway::new(pipeline, setting)?,
            setting: setting.clone(),
        };
        let frame = beside(frame!("load"), &Span::current());
        let loading = tokio::spawn(load_all(self.loader, receive, work).instrument(frame));
        let mut outcomes = Vec::with_capacity(graph.order.len());
        let transformed = async {
            for flow in graph.order.iter().filter_map(|index| pipeline.flows.get(*index)) {
                setting.cancel.check()?;
                ahead.wait_for(&flow.name).await?;
                let done = stage.run(flow, store).await?;
                ahead.has_made(&flow.name);
                log::info!("{} transformed in {:.1} s", flow.name, done.seconds);
                outcomes.push(done.clone());
                if send.send(Next::Flow(Box::new(done))).await.is_err() {
                    return Ok(()); // the loader has failed: its error is told below
                }
            }
            // If this does not arrive either, the loader tells why.
            let _ = send.send(Next::End).await;
            Ok::<_, Error>(())
        }
        .instrument(frame!("transform"))
        .await;
        drop(send);
        let (loaded, away) = loading.await.map_err(|_| Error::unexpected("loading was abandoned"))?;
        transformed.map_err(|error| unfinished(error, away))?;
        let gone = || Error::unexpected("loading ended before the flows did");
        let loaded = loaded.at(At::Pipeline, &pipeline.name).map_err(|error| unfinished(error, away))?;
        let done = loaded.ok_or_else(gone)?;
        Ok(Loaded {
            run: self.run,
            schema: pipeline.target_schema.clone(),
            namespace: pipeline.namespace,
            mappings: self.mappings,
            adopted,
            outcomes,
            written: done.finished.written,
            target: of_target(done),
            base: self.parent.map(|parent| parent.to_string()),
        })
    }
}

/// What loading says of the target, for the report.
fn of_target(Done { seconds, mut changes, finished }: Done) -> OfTarget {
    for (flow, moved) in finished.moved {
        changes.entry(flow).and_modify(|changes: &mut Changes| changes.moved = moved);
    }
    for (flow, conflicts) in finished.conflicts {
        changes.entry(flow).and_modify(|changes| changes.conflicts = conflicts);
    }
    let (refused, refused_for) = by_reason(finished.refused);
    let (existing, altered) = (finished.existing, finished.altered);
    OfTarget { refused, refused_for, existing, altered, changes, load_seconds: seconds }
}

/// What the target refused, by flow and reason, and the causes of it.
fn by_reason(refusals: Vec<Refusal>) -> (Refused, RefusedFor) {
    let (mut refused, mut causes) = (Refused::new(), RefusedFor::new());
    for Refusal { flow, key, reason, cause, .. } in refusals {
        if let Some(cause) = cause {
            causes.entry(flow.clone()).or_default().insert(key.clone(), cause);
        }
        refused.entry(flow).or_default().entry(reason).or_default().push(key);
    }
    (refused, causes)
}

/// The source rows of all flows whose rows get a mapping.
fn mapped_rows(pipeline: &Pipeline, snapshot: &Snapshot) -> Result<u64> {
    let mapped = pipeline.flows.iter().filter(|flow| flow.row.is_mapped());
    mapped.map(|flow| source_rows(flow, pipeline, snapshot)).sum()
}

/// What the loader does next. If nothing comes any more, transforming has failed.
enum Next {
    Flow(Box<FlowOutcomes>),
    End,
}

/// What the target tells of earlier runs while it is loaded.
struct Before<'a> {
    loader: &'a Loader,
    work: &'a Work,
}

impl Past for Before<'_> {
    fn catalog(&self) -> &Catalog {
        &self.work.catalog
    }

    fn foreign(&self) -> &Foreign {
        &self.work.foreign
    }

    async fn origin(&self, run: Uuid) -> Result<OriginOf> {
        self.loader.origin(run).await
    }

    async fn own(&self, entity: &str) -> Result<Vec<(String, String)>> {
        self.loader.own(entity).await
    }
}

/// What loading needs beside outcomes.
struct Work {
    catalog: Catalog,
    foreign: Foreign,
    store: OutcomeStore,
    /// The hash of each flow's rules.
    rules: BTreeMap<String, String>,
    snapshot: String,
    halfway: Halfway,
    setting: Setting,
}

/// Loads flow by flow. When transforming or loading fails, what is away of the target stays away: brought back now, a
/// foreign key would judge rows whose parents are still to come. The run that is given again goes on without it.
async fn load_all(mut loader: Loader, mut receive: mpsc::Receiver<Next>, work: Work) -> (Result<Option<Done>>, usize) {
    let done = load_flows(&mut loader, &mut receive, &work).await;
    let away = match done {
        Ok(Some(_)) => 0,
        _ => loader.away().await.unwrap_or_default(),
    };
    (done, away)
}

/// How the load ended.
struct Done {
    /// Time of loading by flow.
    seconds: BTreeMap<String, f64>,
    changes: BTreeMap<String, Changes>,
    finished: Finished,
}

async fn load_flows(loader: &mut Loader, receive: &mut mpsc::Receiver<Next>, work: &Work) -> Result<Option<Done>> {
    let (mut seconds, mut changes) = (BTreeMap::new(), BTreeMap::new());
    while let Some(next) = receive.recv().instrument(timed!("load.wait_for_transform")).await {
        let Next::Flow(outcomes) = next else {
            let finished = loader.finish(&work.store).instrument(timed!("load.finish")).await?;
            return Ok(Some(Done { seconds, changes, finished }));
        };
        let span = timed!("load.flow", outcomes.flow, rows = outcomes.count(Outcome::Migrated));
        let loading = load_flow(loader, &outcomes, work).instrument(span);
        let (loaded, of_flow) = loading.await.at(At::Flow, &outcomes.flow)?;
        log::info!("{} loaded in {:.1} s", outcomes.flow, loaded.seconds);
        changes.extend(of_flow.map(|changes| (outcomes.flow.clone(), changes)));
        seconds.insert(outcomes.flow, loaded.seconds);
    }
    Ok(None)
}

/// Brings a flow: all of it, or what differs from the run before.
async fn load_flow(
    loader: &mut Loader,
    outcomes: &FlowOutcomes,
    work: &Work,
) -> Result<(load::Loaded, Option<Changes>)> {
    let bases = loader.bases(&outcomes.flow, &outcomes.entity, &outcomes.target).await?;
    let rules = work.rules.get(&outcomes.flow).cloned().unwrap_or_default();
    let because = bases.first().map(|base| base::because(base, &rules, &work.snapshot));
    let past = Before { loader, work };
    let base = base::of_flow(bases, &outcomes.flow, &past, &work.setting).await?;
    let by_rules = work.halfway.by_rules(because, &base, &outcomes.flow, &past).await?;
    let known_by = if matches!(base, Base::Target { .. }) { KnownBy::Target } else { KnownBy::Outcomes };
    let run = base.run().map(|run| run.to_string());
    let noted = base.is_noted();
    let (loaded, counts) = loader.bring(outcomes, &work.store, base, &rules).await?;
    let changes = counts.map(|counts| Changes {
        base: run,
        known_by,
        because: because.unwrap_or_default(),
        by_rules,
        noted,
        counts,
        ..Changes::default()
    });
    Ok((loaded, changes))
}

/// Says of the error of a run what it leaves behind in the target.
fn unfinished(error: Error, away: usize) -> Error {
    if away == 0 {
        return error;
    }
    error.also(&format!(
        "{away} constraints and indexes of the target are away until this run is given again and ends; their \
         definitions are in rehome.saved_ddl"
    ))
}

/// What is in the target.
pub struct Loaded {
    run: Uuid,
    schema: String,
    namespace: Namespace,
    mappings: String,
    /// The mappings that the target held before: entity and key.
    adopted: HashSet<(String, String)>,
    pub outcomes: Vec<FlowOutcomes>,
    pub target: OfTarget,
    /// Rows that this process has written.
    pub written: u64,
    /// The run that this one follows.
    pub base: Option<String>,
}

/// What reading the target back found.
#[derive(Debug)]
pub struct Verified(pub Verification);

impl Loaded {
    /// The run that loaded it.
    pub fn run(&self) -> Uuid {
        self.run
    }

    /// Reads the target back and compares it with the outcomes: of flows that came as differences, what moved, unless the
    /// `whole` is asked for.
    ///
    /// # Errors
    /// What reading meets; a mismatch is a result, not an error.
    pub async fn verify(
        &self,
        address: &Address,
        store: &OutcomeStore,
        whole: bool,
        setting: &Setting,
    ) -> Result<Verified> {
        let of_difference = |(_, changes): &(&String, &Changes)| changes.known_by == KnownBy::Outcomes && changes.noted;
        let narrow = self.target.changes.iter().filter(|_| !whole).filter(of_difference);
        let moved_only = narrow.map(|(flow, _)| flow.clone()).collect();
        let subject = Subject {
            address,
            schema: &self.schema,
            store,
            flows: &self.outcomes,
            run: self.run,
            namespace: self.namespace,
            mappings: &self.mappings,
            moved_only: &moved_only,
            depth: verify::Depth::Run,
            said: None,
            adopted: &self.adopted,
            sample: None,
        };
        verify::run(&subject, &setting.progress, &setting.cancel).instrument(frame!("verify")).await.map(Verified)
    }
}

impl Verified {
    /// Is the target exactly what the outcomes say?
    #[must_use]
    pub fn clean(&self) -> bool {
        self.0.clean()
    }

    /// What differs, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        self.0.summary()
    }
}
