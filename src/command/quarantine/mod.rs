//! Owns `rehome quarantine`: which rows were rejected, as a run's stored outcomes tell it, or the target's quarantine.
//! Must not know: how it was typed, or how the result is shown.

pub mod edited;
pub mod export;
pub mod manifest;
pub mod retry;

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use serde::Serialize;

use super::snapshot::open as open_snapshot;
use crate::error::{At, Error, Result};
use crate::key::KeyColumn;
use crate::ledger::{self, Quarantined};
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, KEY, Outcome, REASON, WARNINGS};
use crate::pipeline::Pipeline;
use crate::run::stored::Made;
use crate::run::{Record, Setting};
use crate::server::{Address, Connection};
use crate::snapshot::Snapshot;

/// Keys of a group of rejects that are named.
const EXAMPLES: usize = 3;

/// Which rejects are meant.
#[derive(Default)]
pub struct Asked {
    /// The run: its id, the beginning of it, or `latest`, which it is without one.
    pub run: Option<String>,
    /// The target whose quarantine is read; without it, the run's stored outcomes are.
    pub target: Option<Address>,
    pub flow: Option<String>,
    pub reason: Option<String>,
    /// Where the run's snapshot lies, if it is not where it was.
    pub snapshot: Option<String>,
}

/// Where rejects are read from.
pub(super) struct Rejects {
    pub run: String,
    /// The run as it is remembered here; of a target's run, only where this workspace has it.
    pub record: Option<Record>,
    pub made: Option<Made>,
    target: Option<(Connection, uuid::Uuid)>,
    flow: Option<String>,
    reason: Option<String>,
}

impl Rejects {
    /// Opens what is asked for.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a run or a flow that is not there; what the server says.
    pub(super) async fn open(asked: Asked, setting: &Setting) -> Result<Self> {
        let place = setting.place()?;
        let name = asked.run.as_deref().unwrap_or("latest");
        let (target, run) = match &asked.target {
            None => (None, None),
            Some(address) => {
                let connection = address.connect("quarantine").await?;
                let begins = if name == "latest" { "" } else { name };
                let mut runs = ledger::seen_runs(&connection, begins).await?.into_iter();
                let none = || Error::config(format!("the target has seen no run '{name}'"));
                let run = runs.next().ok_or_else(none)?;
                if name != "latest" && runs.next().is_some() {
                    return Err(Error::config(format!("several runs begin with '{name}'")).hint("give more of the id"));
                }
                (Some((connection, run.run_id)), Some(run.run_id.to_string()))
            }
        };
        let record = match &run {
            None => Some(Record::find(&place, name).await?),
            Some(run) => Record::find(&place, run).await.ok(),
        };
        let mut made = match &record {
            Some(record) => Some(Made::of_run(record, None, setting).await?),
            None => None,
        };
        if let (Some(made), Some(place), Some(record)) = (&mut made, &asked.snapshot, &record) {
            made.origin = Some(same(open_snapshot(place, setting).await?, record)?);
        }
        let run = run.or(record.as_ref().map(|record| record.run.to_string())).unwrap_or_default();
        let rejects = Self { run, record, made, target, flow: asked.flow, reason: asked.reason };
        rejects.check_flow()?;
        Ok(rejects)
    }

    fn check_flow(&self) -> Result<()> {
        let (Some(flow), Some(made)) = (&self.flow, &self.made) else { return Ok(()) };
        if made.flow(flow).is_some() {
            return Ok(());
        }
        let names: Vec<String> = made.outcomes.iter().map(|outcomes| outcomes.flow.clone()).collect();
        let error = Error::config(format!("the run has no flow '{flow}'"));
        Err(match crate::diagnosis::closest(flow, &names) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!("its flows are {}", names.join(", "))),
        })
    }

    /// The rules of the run, where they are there still, and are its own.
    pub(super) fn rules(&self) -> Option<Pipeline> {
        let record = self.record.as_ref()?;
        let rules = Pipeline::read(std::path::Path::new(&record.pipeline)).ok()?;
        (rules.hash == record.pipeline_hash).then_some(rules)
    }

    /// Gives each reject as it comes, flow by flow.
    pub(super) async fn each(&self, mut take: impl FnMut(Quarantined) -> Result<()>) -> Result<()> {
        if let Some((connection, run)) = &self.target {
            let (flow, reason) = (self.flow.as_deref(), self.reason.as_deref());
            return ledger::quarantined(connection, *run, flow, reason, take).await;
        }
        let (Some(made), Some(record)) = (&self.made, &self.record) else { return Ok(()) };
        let mut chosen = |reject: Quarantined| {
            let meant = self.reason.as_ref().is_none_or(|reason| *reason == reject.reason);
            if meant { take(reject) } else { Ok(()) }
        };
        for outcomes in &made.outcomes {
            if self.flow.as_ref().is_some_and(|flow| *flow != outcomes.flow) {
                continue;
            }
            for file in outcomes.files_of(Outcome::Rejected) {
                for batch in made.store.read(file).await? {
                    of_batch(&outcomes.flow, &batch, &mut chosen)?;
                }
            }
            of_target(record, &outcomes.flow, &mut chosen)?;
        }
        Ok(())
    }
}

/// The snapshot that stands for the run's own: one of the same rows.
fn same(snapshot: Snapshot, record: &Record) -> Result<Snapshot> {
    if snapshot.id() == record.snapshot_id {
        return Ok(snapshot);
    }
    Err(Error::config(format!("the snapshot is {}, the run's is {}", snapshot.id(), record.snapshot_id))
        .hint("the rows of a run are those of its own snapshot"))
}

/// The rejects in a file of outcomes.
fn of_batch(flow: &str, batch: &RecordBatch, take: &mut impl FnMut(Quarantined) -> Result<()>) -> Result<()> {
    let defect = || Error::unexpected("stored rejects are not as they were written").at(At::Flow, flow);
    let column = |name: &str| batch.column_by_name(name).ok_or_else(defect);
    let texts = |name: &str| column(name)?.as_string_opt::<i32>().ok_or_else(defect);
    let schema = batch.schema();
    let keys = KeyColumn::of(column(KEY)?.clone(), schema.field_with_name(KEY).map_err(|_| defect())?)?;
    let (reasons, flows, causes) = (texts(REASON)?, texts(CAUSE_FLOW)?, texts(CAUSE_KEY)?);
    let warnings = column(WARNINGS)?.as_list_opt::<i32>().ok_or_else(defect)?;
    for row in 0..batch.num_rows() {
        let told = if warnings.is_valid(row) {
            let told = warnings.value(row);
            told.as_string_opt::<i32>().ok_or_else(defect)?.iter().flatten().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        let cause = flows.is_valid(row) && causes.is_valid(row);
        take(Quarantined {
            flow: flow.to_owned(),
            key: keys.text(row)?,
            reason: reasons.value(row).to_owned(),
            sqlstate: None,
            constraint: None,
            warnings: told,
            cause: cause.then(|| (flows.value(row).to_owned(), causes.value(row).to_owned())),
        })?;
    }
    Ok(())
}

/// What the target has refused of a flow, as it is remembered of the run.
fn of_target(record: &Record, flow: &str, take: &mut impl FnMut(Quarantined) -> Result<()>) -> Result<()> {
    let causes = record.target.refused_for.get(flow);
    for (reason, keys) in record.target.refused.get(flow).into_iter().flatten() {
        for key in keys {
            take(Quarantined {
                flow: flow.to_owned(),
                key: key.clone(),
                reason: reason.clone(),
                // Which it was, the target's quarantine tells.
                sqlstate: Some(String::new()),
                constraint: None,
                warnings: Vec::new(),
                cause: causes.and_then(|causes| causes.get(key)).cloned(),
            })?;
        }
    }
    Ok(())
}

/// Rejects with one reason and causes in one flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Group {
    pub flow: String,
    pub reason: String,
    /// `rules` or `target`: who did not take the rows.
    pub by: &'static str,
    /// What the target said, where its quarantine is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    pub rows: u64,
    /// The legacy keys of a few of them.
    pub keys: Vec<String>,
    /// The flow of the rows whose fate is the cause.
    pub cause_flow: Option<String>,
    /// The legacy keys of a few of those.
    pub cause_keys: Vec<String>,
}

/// What is in the quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Listed {
    pub run: String,
    /// All rows that are listed.
    pub rows: u64,
    /// By flow and reason.
    pub groups: Vec<Group>,
}

/// What rejects of a group have in common: flow, reason, SQLSTATE, constraint, the flow of the cause.
type Kind = (String, String, Option<String>, Option<String>, Option<String>);

/// Lists rejects by flow, reason and the flow of their causes. Only keys are told, no values.
///
/// # Errors
/// As [`Rejects::open`]; [`crate::error::Kind::Corrupt`] for outcomes that were changed.
pub async fn list(asked: Asked, setting: &Setting) -> Result<Listed> {
    let rejects = Rejects::open(asked, setting).await?;
    let mut groups: BTreeMap<Kind, Group> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    rejects
        .each(|reject| {
            setting.cancel.check()?;
            if order.last() != Some(&reject.flow) && !order.contains(&reject.flow) {
                order.push(reject.flow.clone());
            }
            let (cause_flow, cause_key) = reject.cause.unzip();
            let by = if reject.sqlstate.is_some() { "target" } else { "rules" };
            let sqlstate = reject.sqlstate.filter(|state| !state.is_empty());
            let kind = (
                reject.flow.clone(),
                reject.reason.clone(),
                sqlstate.clone(),
                reject.constraint.clone(),
                cause_flow.clone(),
            );
            let group = groups.entry(kind).or_insert_with(|| Group {
                flow: reject.flow,
                reason: reject.reason,
                by,
                sqlstate,
                constraint: reject.constraint,
                rows: 0,
                keys: Vec::new(),
                cause_flow,
                cause_keys: Vec::new(),
            });
            group.rows += 1;
            if group.keys.len() < EXAMPLES {
                group.keys.push(reject.key);
            }
            if let Some(key) =
                cause_key.filter(|key| group.cause_keys.len() < EXAMPLES && !group.cause_keys.contains(key))
            {
                group.cause_keys.push(key);
            }
            Ok(())
        })
        .await?;
    let mut groups: Vec<Group> = groups.into_values().collect();
    let place = |flow: &String| order.iter().position(|known| known == flow);
    groups.sort_by_key(|group| (place(&group.flow), std::cmp::Reverse(group.rows)));
    Ok(Listed { run: rejects.run, rows: groups.iter().map(|group| group.rows).sum(), groups })
}
