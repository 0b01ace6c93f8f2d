//! Owns the order in which runs are taken back: the newest first, each to its end, until the target is as it was before the one
//! that was named. Must not know: how rows are put back.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::{Setting, base, privilege};
use crate::error::{At, Error, Kind, Result};
use crate::id::Namespace;
use crate::load::rollback::{self, InTarget, Left, Loaded, Rollback, Whole};
use crate::outcome::Outcome;
use crate::outcomes::row_ids;
use crate::progress::Sink;
use crate::server::sql::quote_table;
use crate::server::{Address, Connection};
use crate::verify::{self, Subject};

/// Which runs are taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Back {
    /// The newest alone.
    Newest,
    /// This run, by its id or the beginning of it, and all that came after it.
    Before(String),
    /// All that came after this run.
    To(String),
}

/// What became of the runs that were taken back.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RolledBack {
    /// The newest first.
    pub runs: Vec<RunBack>,
    /// Nothing was done.
    pub dry_run: bool,
}

/// One run that was taken back, or would be.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RunBack {
    pub run: Uuid,
    pub pipeline: String,
    pub snapshot: String,
    /// What it had moved, in rows: of a first load, what it had `loaded`.
    pub moved: Vec<Moved>,
    /// Rows that stay as they are, and why.
    pub left: Vec<Left>,
}

/// Rows of a flow that a run has moved.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Moved {
    pub flow: String,
    pub what: String,
    pub rows: u64,
}

impl RolledBack {
    /// What is told besides, where rows stay: the exit says so.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        let left: usize = self.runs.iter().map(|run| run.left.len()).sum();
        (left > 0).then(|| {
            Error::new(
                Kind::Verification,
                format!("{left} rows stay as they are, since others have changed them or refer to them"),
            )
            .hint("`--format json` lists them, and rehome.left_rows keeps the list; nothing else of the runs is left")
        })
    }
}

/// Takes runs back, the newest first; with `dry`, only tells what would be moved. Given again, it takes up where it was; a
/// named run that is back already is told once more.
///
/// # Errors
/// [`Kind::Config`] for a run that is not there, or whose outcomes are not; whatever is no fault of a row.
pub async fn rollback(target: &Address, back: &Back, dry: bool, setting: &Setting) -> Result<RolledBack> {
    match Box::pin(take_back(target, back, dry, setting)).await {
        Ok(done) => Ok(done),
        Err(error) => Err(privilege::explained_for_runs(error, target).await),
    }
}

async fn take_back(target: &Address, back: &Back, dry: bool, setting: &Setting) -> Result<RolledBack> {
    let connection = target.connect("rehome rollback").await?;
    let runs = rollback::runs(&connection, true).await.map_err(no_ledger)?;
    let mut done = Vec::new();
    let chosen = match (chosen(&runs, back), back) {
        (Err(error), Back::Before(name)) => match before(&connection, name).await? {
            Some(run) => {
                done.push(run);
                Vec::new()
            }
            None => return Err(error),
        },
        (chosen, _) => chosen?,
    };
    for run in chosen {
        setting.cancel.check()?;
        let moved = rollback::planned(&connection, run.run).await?;
        let moved = moved.into_iter().map(|(flow, what, rows)| Moved { flow, what, rows }).collect();
        let left = if dry { Vec::new() } else { Box::pin(one(target, run, setting)).await? };
        done.push(RunBack {
            run: run.run,
            pipeline: run.pipeline.clone(),
            snapshot: run.snapshot.clone(),
            moved,
            left,
        });
    }
    Ok(RolledBack { runs: done, dry_run: dry })
}

/// A run that was taken back before: nothing is done, and what stayed then is told again.
async fn before(connection: &Connection, name: &str) -> Result<Option<RunBack>> {
    let runs = rollback::runs(connection, false).await?;
    let mut found = runs.into_iter().filter(|run| run.run.to_string().starts_with(name));
    let (Some(run), None) = (found.next(), found.next()) else { return Ok(None) };
    let left = rollback::left(connection, run.run).await?;
    Ok(Some(RunBack { run: run.run, pipeline: run.pipeline, snapshot: run.snapshot, moved: Vec::new(), left }))
}

fn no_ledger(error: Error) -> Error {
    let is_absent =
        error.places().iter().any(|(at, state)| *at == At::SqlState && ["42P01", "42703"].contains(&state.as_str()));
    if is_absent {
        return Error::config("no run that could be taken back has been here")
            .hint("--target names the database that `rehome run` loaded");
    }
    error
}

/// The runs to take back, the newest first. Runs of another namespace stay.
fn chosen<'r>(runs: &'r [InTarget], back: &Back) -> Result<Vec<&'r InTarget>> {
    let none = || Error::config("there is no run in the target").hint("what was rolled back stays in rehome.runs");
    let find = |name: &str| {
        let found: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].run.to_string().starts_with(name)).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                Err(Error::config(format!("the target holds no run '{name}'"))
                    .hint("rehome.runs of the target lists them"))
            }
            more => Err(Error::config(format!("{} runs begin with '{name}'", more.len())).hint("give more of the id")),
        }
    };
    let (last, with_it) = match back {
        Back::Newest => return Ok(vec![runs.first().ok_or_else(none)?]),
        Back::Before(name) => (find(name)?, true),
        Back::To(name) => (find(name)?, false),
    };
    let after = runs[..last].iter().filter(|run| run.namespace == runs[last].namespace);
    Ok(after.chain(runs.get(last).filter(|_| with_it)).collect())
}

async fn one(target: &Address, run: &InTarget, setting: &Setting) -> Result<Vec<Left>> {
    let rollback = Rollback::open(target, run.clone(), setting.jobs, setting.cancel.clone()).await?;
    let flows = rollback.flows().await?;
    let mut whole = Vec::new();
    let store = base::of_run(run.run, setting)?;
    for flow in flows.iter().filter(|flow| !flow.difference) {
        let Some(outcomes) = base::stored(&store, &flow.flow).await? else {
            // A flow that had nothing to load has left nothing.
            if rollback.has_loaded(&flow.flow).await? {
                return Err(lost(run.run, &flow.flow));
            }
            continue;
        };
        let mut outcomes = rollback.loaded_of(run.run, outcomes).await?;
        let before = match flow.base {
            Some(base) => rows_of(&rollback, base, flow, setting).await?,
            None => HashSet::new(),
        };
        // Which table it was then, whatever a name without a schema means now.
        outcomes.target = quote_table(&flow.schema, &flow.table);
        whole.push(Whole { outcomes, store: store.clone(), clean: false, rows: 0, before });
    }
    let read: Vec<_> = whole.iter().map(|whole| whole.outcomes.clone()).collect();
    let nothing: BTreeSet<String> = BTreeSet::new();
    let subject = Subject {
        address: target,
        schema: "rehome",
        store: &store,
        flows: &read,
        run: run.run,
        namespace: Namespace::new(run.namespace),
        mappings: run.mappings.as_deref().unwrap_or_default(),
        moved_only: &nothing,
        depth: verify::Depth::Rows,
        said: None,
        adopted: &HashSet::new(),
        sample: None,
    };
    let sink: Arc<dyn Sink> = setting.progress.clone();
    let verified = verify::run(&subject, &sink, &setting.cancel).await?;
    for (whole, found) in whole.iter_mut().zip(verified.flows) {
        whole.clean = found.rows.wrong() == 0;
        whole.rows = found.rows.same;
    }
    rollback.run(&flows, &whole).await
}

/// The rows that an unfinished run had loaded of a flow.
async fn rows_of(rollback: &Rollback, run: Uuid, flow: &Loaded, setting: &Setting) -> Result<HashSet<u128>> {
    let store = base::of_run(run, setting)?;
    let outcomes = base::stored(&store, &flow.flow).await?.ok_or_else(|| lost(run, &flow.flow))?;
    let outcomes = rollback.loaded_of(run, outcomes).await?;
    let mut rows = HashSet::new();
    for file in outcomes.files_of(Outcome::Migrated) {
        for batch in store.read(file).await? {
            rows.extend(row_ids(&batch, &outcomes.row)?.into_iter().map(|id| id.as_u128()));
        }
    }
    Ok(rows)
}

fn lost(run: Uuid, flow: &str) -> Error {
    Error::config(format!("the outcomes of the run {run} are not here"))
        .at(At::Flow, flow)
        .hint("they tell which rows are still as they were loaded: --dir names the folder where the run worked")
}
