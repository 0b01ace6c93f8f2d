//! Owns what is put together before a target is verified: a run's stored outcomes, all of them as they were written, and what is
//! known of the run and of those before and after it. Must not know: how anything is compared.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::time::Instant;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::record::{self, Record};
use super::{Prepared, Setting, base, remake, whole};
use crate::error::{At, Context, Error, Kind, Result};
use crate::ledger::{self, PastRun};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::server::{Address, Connection};
use crate::snapshot::Snapshot;
use crate::storage::Location;
use crate::verify::{self, Depth, Said, Sampled, Subject, Verification};

/// What is to be verified.
pub struct Asked {
    /// The run: its id, the beginning of it, or `latest`.
    pub run: String,
    pub target: Address,
    /// Only these flows; empty for all.
    pub flows: Vec<String>,
    pub sample: Option<Sample>,
}

/// How many rows are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub rows: Rows,
    /// The same seed gives the same rows.
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rows {
    /// This share of each flow's rows, 0 to 1.
    Share(f64),
    /// About so many of all flows' rows together.
    Number(u64),
}

/// What was found when a target was verified.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerifiedRun {
    /// The run whose outcomes the target was compared with.
    pub run: Uuid,
    pub pipeline: String,
    /// The id of its snapshot.
    pub snapshot: String,
    /// Is everything as it shall be?
    pub clean: bool,
    /// The files of outcomes whose bytes were checked before.
    pub outcome_files: u64,
    /// The tables of the snapshot whose files were checked before; none where the snapshot is not here.
    pub snapshot_tables: Option<u64>,
    /// Runs that came after it, the oldest first: what they have moved is not compared.
    pub superseded_by: Vec<Uuid>,
    /// Flows that other runs have loaded into the target, and that were not looked at: flow → the latest of these runs.
    pub not_verified: BTreeMap<String, Uuid>,
    #[serde(flatten)]
    pub found: Verification,
    /// Wall time, in seconds.
    pub seconds: f64,
}

impl VerifiedRun {
    /// The failure that the exit tells, if there is one.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        (!self.clean).then(|| {
            Error::new(Kind::Verification, format!("the target is not what the outcomes say: {}", self.found.summary()))
                .hint("somebody else may have changed it since; `--format json` lists keys and columns")
        })
    }
}

/// Reads a target back and compares it with what a run made of each row: rows, mappings, quarantine and structure. Nothing is
/// written there, and nothing is locked.
///
/// # Errors
/// [`Kind::Corrupt`] where a stored file is not as it was written, before anything is compared; [`Kind::Config`] for a run that is
/// not here, or not in the target; [`Kind::Drift`] where a table or a column is gone.
pub async fn verify(asked: &Asked, setting: &Setting) -> Result<VerifiedRun> {
    let begun = Instant::now();
    let record = Record::find(&setting.place()?, &asked.run).await?;
    let store = base::of_run(record.run, setting)?;
    let all = stored(&record, &store, setting).await?;
    let snapshot = snapshot(&record, setting).await?;
    let connection = asked.target.connect("rehome verify").await?;
    let history = ledger::history(&connection, record.run).await.map_err(no_ledger)?;
    let at = is_in_target(&history, record.run)?;
    let pipeline = rules(&connection, &record).await.map_err(readable)?;
    drop(connection);
    let flows = chosen(&all, &asked.flows)?;
    let (said, mut unknown) = said(&record, &pipeline, &store, &all, snapshot.is_some(), setting).await?;
    let adopted = record::foreign(&store).await?.adopted;
    let adopted: HashSet<(String, String)> = adopted.into_iter().map(|(entity, key, _)| (entity, key)).collect();
    let subject = Subject {
        address: &asked.target,
        schema: &pipeline.target_schema,
        store: &store,
        flows: &flows,
        run: record.run,
        namespace: pipeline.namespace,
        mappings: &format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1),
        moved_only: &BTreeSet::new(),
        depth: Depth::Whole,
        said: said.as_ref(),
        adopted: &adopted,
        sample: asked.sample.map(|sample| sampled(sample, &flows)),
    };
    let mut found = verify::run(&subject, &setting.progress, &setting.cancel).await.map_err(readable)?;
    unknown.append(&mut found.unknown);
    found.unknown = unknown;
    Ok(VerifiedRun {
        run: record.run,
        pipeline: pipeline.name.clone(),
        snapshot: record.snapshot_id.clone(),
        clean: found.clean(),
        outcome_files: all.iter().map(|flow| flow.files.len() as u64).sum(),
        snapshot_tables: snapshot.map(|snapshot| snapshot.manifest().tables.len() as u64),
        superseded_by: history[at + 1..].iter().map(|run| run.run).collect(),
        not_verified: not_verified(&history, &all),
        found,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// The outcomes of a run, each byte as it was written.
async fn stored(record: &Record, store: &OutcomeStore, setting: &Setting) -> Result<Vec<FlowOutcomes>> {
    const ITEM: &str = "stored outcomes";
    let mut all = Vec::with_capacity(record.flows.len());
    setting.progress.start("check", ITEM, None);
    for name in &record.flows {
        setting.cancel.check()?;
        let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, name);
        let flow = store.flow(name).await?.ok_or_else(gone)?;
        store.check(&flow).await.at(At::Flow, name)?;
        setting.progress.advance(ITEM, flow.files.iter().map(|file| file.rows).sum());
        all.push(flow);
    }
    setting.progress.finish(ITEM);
    Ok(all)
}

/// The run's snapshot, each byte as it was written; none where it is not here.
async fn snapshot(record: &Record, setting: &Setting) -> Result<Option<Snapshot>> {
    const ITEM: &str = "snapshot";
    let snapshot = match Snapshot::open(Location::parse(&record.snapshot)?).await {
        Ok(snapshot) => snapshot,
        Err(error) if error.kind() == Kind::Config => return Ok(None),
        Err(error) => return Err(error),
    };
    if snapshot.id() != record.snapshot_id {
        return Ok(None);
    }
    setting.progress.start("check", ITEM, None);
    snapshot.check().await?;
    setting.progress.finish(ITEM);
    Ok(Some(snapshot))
}

/// Where a run stands among those that build on each other.
fn is_in_target(history: &[PastRun], run: Uuid) -> Result<usize> {
    let at = history.iter().position(|past| past.run == run).ok_or_else(|| {
        Error::config(format!("the target does not know the run {run}"))
            .hint("--target names the database that it loaded; `rehome.runs` there lists its runs")
    })?;
    match history[at].state.as_str() {
        "done" => Ok(at),
        "rolled_back" => Err(Error::config(format!("the run {run} was taken back"))
            .hint("name the run that the target holds: `rehome.runs` there lists them")),
        "rolling_back" => Err(Error::config(format!("the rollback of the run {run} was broken off"))
            .hint(format!("`rehome rollback {run}` takes it up"))),
        _ => Err(Error::config(format!("the run {run} is still at work, or was broken off"))
            .hint("give the same `rehome run` again, and verify when it has ended")),
    }
}

/// The rules of the run: as the ledger keeps them, else as the pipeline's file has them.
async fn rules(connection: &Connection, record: &Record) -> Result<Pipeline> {
    let origin = ledger::origin(connection, record.run).await?;
    if let Some(files) = &origin.rules
        && let Some(pipeline) = remake::read(files)?
        && pipeline.hash == record.pipeline_hash
    {
        return Ok(pipeline);
    }
    Pipeline::read(Path::new(&record.pipeline))
}

/// The flows that are asked for.
fn chosen(all: &[FlowOutcomes], asked: &[String]) -> Result<Vec<FlowOutcomes>> {
    for name in asked {
        if !all.iter().any(|flow| flow.flow == *name) {
            let names: Vec<String> = all.iter().map(|flow| flow.flow.clone()).collect();
            let error = Error::config(format!("the run has no flow '{name}'"));
            return Err(match crate::diagnosis::closest(name, &names) {
                Some(close) => error.hint(format!("did you mean '{close}'?")),
                None => error.hint(format!("its flows are {}", names.join(", "))),
            });
        }
    }
    Ok(all.iter().filter(|flow| asked.is_empty() || asked.contains(&flow.flow)).cloned().collect())
}

/// What was remembered of the run, and what could not be.
async fn said(
    record: &Record,
    pipeline: &Pipeline,
    store: &OutcomeStore,
    flows: &[FlowOutcomes],
    has_snapshot: bool,
    setting: &Setting,
) -> Result<(Option<Said>, Vec<String>)> {
    let mut unknown = Vec::new();
    let Some(refused) = record::refused(store).await? else {
        unknown.push("what the target refused: the run is of a version that did not remember it".to_owned());
        return Ok((None, unknown));
    };
    let mut of_flows: HashMap<&str, HashSet<Uuid>> = HashMap::new();
    for row in &refused {
        of_flows.entry(row.flow.as_str()).or_default().extend(row.id);
    }
    let mut sources = Some(HashMap::new());
    if !of_flows.is_empty() {
        let prepared = if has_snapshot {
            match Prepared::of_run(record, pipeline, setting).await {
                Ok((prepared, _)) => Some(prepared),
                Err(error) if error.kind() == Kind::Config => None,
                Err(error) => return Err(error),
            }
        } else {
            None
        };
        sources = match prepared {
            Some(prepared) => Some(source_rows(&prepared, flows, &of_flows, store).await?),
            None => None,
        };
        if sources.is_none() {
            unknown.push(
                "the whole source rows of what the target refused: the run's snapshot or its rules are not here"
                    .to_owned(),
            );
        }
    }
    let brought = record.target.changes.iter().map(|(flow, changes)| {
        let counts = &changes.counts;
        (flow.clone(), counts.new + counts.came_in + counts.changed)
    });
    Ok((Some(Said { brought: brought.collect(), refused, sources }), unknown))
}

async fn source_rows(
    prepared: &Prepared,
    flows: &[FlowOutcomes],
    refused: &HashMap<&str, HashSet<Uuid>>,
    store: &OutcomeStore,
) -> Result<HashMap<String, HashMap<String, String>>> {
    // The source tables are known once the stage is made.
    prepared.stage().await?;
    let mut sources = HashMap::new();
    for flow in flows {
        let Some(rows) = refused.get(flow.flow.as_str()) else { continue };
        let shape = prepared.shapes.iter().find(|shape| shape.flow == flow.flow);
        let shape = shape.ok_or_else(|| Error::unexpected("a flow without a shape"))?;
        let of_flow =
            whole::source_rows(flow, shape, rows, (&prepared.engine, store)).await.at(At::Flow, &flow.flow)?;
        sources.insert(flow.flow.clone(), of_flow);
    }
    Ok(sources)
}

fn sampled(sample: Sample, flows: &[FlowOutcomes]) -> Sampled {
    let share = match sample.rows {
        Rows::Share(share) => share,
        Rows::Number(rows) => {
            let all: u64 = flows.iter().map(|flow| flow.count(Outcome::Migrated)).sum();
            #[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
            let share = rows as f64 / all.max(1) as f64;
            share.min(1.0)
        }
    };
    Sampled { share, seed: sample.seed }
}

/// Flows that the run has not, and the latest run that loaded each.
fn not_verified(history: &[PastRun], flows: &[FlowOutcomes]) -> BTreeMap<String, Uuid> {
    let of_others = history.iter().flat_map(|run| run.flows.iter().map(move |flow| (flow.flow.clone(), run.run)));
    of_others.filter(|(name, _)| !flows.iter().any(|flow| flow.flow == *name)).collect()
}

fn no_ledger(error: Error) -> Error {
    let is_absent = error
        .places()
        .iter()
        .any(|(at, state)| *at == At::SqlState && ["42P01", "42703", "3F000"].contains(&state.as_str()));
    if is_absent {
        return Error::config("the target knows no run").hint("--target names the database that `rehome run` loaded");
    }
    readable(error)
}

/// Says what a role needs that only reads.
fn readable(error: Error) -> Error {
    if error.kind() != Kind::Privilege {
        return error;
    }
    error.better_hint(
        "verify only reads: grant usage on the schemas of the target's tables and mappings, and on rehome, and select on their \
         tables; and bypassrls where rows are hidden from the role",
    )
}
