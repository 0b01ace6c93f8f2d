//! Owns how rows of the quarantine are tried again: values that were mended are put into a snapshot of its own, and the flows
//! that have rejects, with all that depend on them, run over it as a difference. Must not know: how a difference is brought.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Finished, Plan, Request, Setting, new_snapshot};
use crate::error::{At, Error, Result};
use crate::graph::Graph;
use crate::ledger;
use crate::pipeline::Pipeline;
use crate::server::Address;
use crate::snapshot::{Edit, Snapshot, changed, mend, present};
use crate::storage::Location;

/// What is tried again.
pub struct Retry {
    /// Its snapshot, or none: that of the target's latest run. Its flows, or none: all that have rejects.
    pub request: Request,
    /// Rows that may have other values than the snapshot that they are from.
    pub edits: Vec<Given>,
}

/// Rows as they were given back.
pub struct Given {
    pub edit: Edit,
    /// The snapshot that they were exported from: a row of it that has no other value there was not mended.
    pub from: Location,
}

/// What came of it.
pub struct Retried {
    pub outline: Outline,
    /// What a run did, or what it would do.
    pub done: Done,
}

pub enum Done {
    Run(Box<Finished>),
    Plan(Box<Plan>),
    /// Nothing is in quarantine.
    Nothing,
}

/// What was tried again, in numbers.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Outline {
    /// The snapshot that was gone by.
    pub snapshot: String,
    /// Where it lies.
    pub place: String,
    /// Rows with mended values, by `schema.table`.
    pub mended: BTreeMap<String, u64>,
    pub flows: Vec<FlowRetried>,
}

/// A flow that ran again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowRetried {
    pub flow: String,
    /// Its rows in the quarantine before.
    pub before: u64,
    /// Its rows in the quarantine now; none where it was only planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Tries rows again, or with `dry_run` tells what that would do.
///
/// # Errors
/// [`crate::error::Kind::Config`] where nothing was loaded yet, or its run has not ended; as [`mend`] and [`super::run`].
pub async fn retry(retry: Retry, dry_run: bool, setting: &Setting) -> Result<Retried> {
    let Retry { mut request, edits } = retry;
    let before = quarantined(&request.target, &request.pipeline).await?;
    let place = match &request.snapshot {
        Some(place) => place.clone(),
        None => latest_snapshot(&request.target, &request.pipeline).await?,
    };
    let mut snapshot = Snapshot::open(place).await?;
    let mut outline = Outline::default();
    let edits = mended(&snapshot, edits).await?;
    if !edits.is_empty()
        && let Some(mended) = mend(&snapshot, &edits, new_snapshot(setting)?, &setting.cancel).await?
    {
        outline.mended = mended.rows.into_iter().filter(|(_, rows)| *rows > 0).collect();
        snapshot = mended.snapshot;
    }
    (outline.snapshot, outline.place) = (snapshot.id().to_owned(), snapshot.location().to_string());
    let asked = asked(&request, &before, &edits)?;
    if asked.is_empty() {
        return Ok(Retried { outline, done: Done::Nothing });
    }
    request.only = with_dependents(&request.pipeline, asked)?;
    request.snapshot = Some(snapshot.location().clone());
    request.anew = true;
    let (pipeline, target) = (request.pipeline.clone(), request.target.clone());
    let done = if dry_run {
        Done::Plan(Box::new(Box::pin(super::plan(request, setting)).await?))
    } else {
        Done::Run(Box::new(Box::pin(super::run(request, setting)).await?))
    };
    let after = if dry_run { None } else { Some(quarantined(&target, &pipeline).await?) };
    let ran: Vec<&str> = match &done {
        Done::Run(finished) => finished.report.flows.iter().map(|flow| flow.flow.as_str()).collect(),
        Done::Plan(plan) => plan.flows.iter().map(|flow| flow.flow.as_str()).collect(),
        Done::Nothing => Vec::new(),
    };
    let count = |counts: &BTreeMap<String, u64>, flow: &str| counts.get(flow).copied().unwrap_or_default();
    let one = |flow: &str| FlowRetried {
        flow: flow.to_owned(),
        before: count(&before, flow),
        after: after.as_ref().map(|after| count(after, flow)),
    };
    outline.flows = ran.into_iter().map(one).filter(|flow| flow.before > 0 || flow.after > Some(0)).collect();
    Ok(Retried { outline, done })
}

/// The rows that were mended, an edit a table, to be put into `snapshot`.
async fn mended(snapshot: &Snapshot, given: Vec<Given>) -> Result<Vec<Edit>> {
    let mut tables: BTreeMap<(String, String), Edit> = BTreeMap::new();
    for Given { edit, from } in given {
        let from = if from.to_string() == snapshot.location().to_string() {
            snapshot.clone()
        } else {
            Snapshot::open(from).await?
        };
        let edit = changed(&from, &edit).await?;
        if from.id() != snapshot.id() {
            unmoved(&from, snapshot, &edit).await?;
        }
        let known = tables.entry((edit.schema.clone(), edit.table.clone()));
        known.or_insert_with(|| Edit { rows: Vec::new(), ..edit.clone() }).rows.extend(edit.rows);
    }
    let mut edits = Vec::with_capacity(tables.len());
    for edit in tables.into_values() {
        // Of several files, one row may be in two.
        let edit = changed(snapshot, &edit).await?;
        edits.extend((edit.count() > 0).then_some(edit));
    }
    Ok(edits)
}

/// Sees that rows which were mended are in the later snapshot as they were exported, or mended already.
async fn unmoved(from: &Snapshot, now: &Snapshot, edit: &Edit) -> Result<()> {
    let open = changed(now, edit).await?;
    let there = Edit { rows: vec![present(now, &open).await?], ..open };
    match changed(from, &there).await?.count() {
        0 => Ok(()),
        rows => {
            Err(Error::config(format!("{rows} of the rows given were mended here, and changed in the source since"))
                .at(At::Table, format!("{}.{}", edit.schema, edit.table))
                .hint("export them anew, and mend these"))
        }
    }
}

/// The rows of each flow in the quarantine.
async fn quarantined(target: &Address, pipeline: &Pipeline) -> Result<BTreeMap<String, u64>> {
    let connection = target.connect("quarantine").await?;
    if !ledger::exists(&connection).await? {
        return Err(nothing_loaded(pipeline));
    }
    ledger::in_quarantine(&connection, pipeline.namespace).await
}

fn nothing_loaded(pipeline: &Pipeline) -> Error {
    Error::config("no run of this pipeline has loaded this target")
        .at(At::Pipeline, &pipeline.name)
        .hint("`rehome run` loads it; what it rejects can be tried again then")
}

/// Where the snapshot of the latest run lies.
async fn latest_snapshot(target: &Address, pipeline: &Pipeline) -> Result<Location> {
    let connection = target.connect("quarantine").await?;
    let latest = ledger::latest(&connection, pipeline.namespace).await?.ok_or_else(|| nothing_loaded(pipeline))?;
    let place = ledger::origin(&connection, latest.run_id).await?.snapshot;
    let place = place.ok_or_else(|| {
        Error::config("it is not known where the snapshot of the latest run lies")
            .hint("name it: --snapshot PLACE (`rehome snapshot list` shows those below --dir)")
    })?;
    Location::parse(&place)
}

/// The flows that run again: those that were named, else all that have rejects and all that read a mended table.
fn asked(request: &Request, before: &BTreeMap<String, u64>, edits: &[Edit]) -> Result<BTreeSet<String>> {
    if !request.only.is_empty() {
        return Ok(request.only.iter().cloned().collect());
    }
    let graph = Graph::new(&request.pipeline)?;
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for flow in &request.pipeline.flows {
        let reads = flow.named().chain(graph.sources.get(&flow.name).into_iter().flatten().cloned());
        let mended = reads.into_iter().any(|named| edits.iter().any(|edit| named.name.fits(&edit.schema, &edit.table)));
        if mended || before.contains_key(&flow.name) {
            asked.insert(flow.name.clone());
        }
    }
    Ok(asked)
}

/// Flows with all that read what they migrate, over any number of steps: their rows may have waited for it.
fn with_dependents(pipeline: &Pipeline, mut asked: BTreeSet<String>) -> Result<Vec<String>> {
    let graph = Graph::new(pipeline)?;
    loop {
        let more: Vec<String> = graph
            .needs
            .iter()
            .filter(|(flow, needs)| !asked.contains(*flow) && needs.iter().any(|needed| asked.contains(needed)))
            .map(|(flow, _)| flow.clone())
            .collect();
        if more.is_empty() {
            return Ok(asked.into_iter().collect());
        }
        asked.extend(more);
    }
}
