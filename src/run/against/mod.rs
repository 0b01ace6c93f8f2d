//! Owns `what-if --against`: what rules would make of a snapshot, compared row by row with what other rules, or the same over another
//! snapshot, or a finished run have made. Must not know: how rows are compared, or how it is shown.

mod rows;
mod runs;
mod sides;

use std::collections::BTreeMap;

use super::{Record, Setting};
use crate::compare::{Difference, FlowDifference, Flows, Side, Transitions};
use crate::engine::Engine;
use crate::error::{At, Context, Result};
use crate::outcomes::FlowOutcomes;
use crate::pipeline::Pipeline;
use crate::snapshot::Snapshot;
use crate::storage::Location;
use rows::Rows;
pub use runs::{BetweenRuns, between};
use sides::{Made, Sides};

/// What rules are compared with.
pub enum Against {
    /// What other rules make of a snapshot, or the same of another one.
    Rules { pipeline: Box<Pipeline>, snapshot: Box<Snapshot> },
    /// What a finished run has made.
    Run(Box<Record>),
}

/// Compares what rules make of a snapshot with what is given. Rows that differ are written to a folder, or below the
/// workspace.
///
/// # Errors
/// As [`super::what_if`], for both sides; [`crate::error::Kind::Config`] for a folder that holds other files.
pub async fn against(
    before: Against,
    (pipeline, snapshot): (&Pipeline, &Snapshot),
    only: &[String],
    folder: Option<Location>,
    setting: &Setting,
) -> Result<Difference> {
    let given = match folder {
        Some(place) => Some(Rows::in_folder(place).await?),
        None => None,
    };
    let sides = Box::pin(Sides::evaluate(before, pipeline, snapshot, only, setting)).await?;
    let mut rows = match given {
        Some(rows) => rows,
        None => Rows::in_workspace(&sides.names(), setting).await?,
    };
    let mut flows = Vec::with_capacity(sides.after.len());
    for pair in sides.pairs() {
        setting.cancel.check()?;
        let name = &pair.1.or(pair.0).map(|made| made.outcomes.flow.clone()).unwrap_or_default();
        flows.push(flow(pair, sides.engine(), Some(&mut rows), setting).await.at(At::Flow, name)?);
    }
    let differs = sides.other_namespace || flows.iter().any(|flow| flow.differs);
    Ok(Difference {
        before: sides.before_told.clone(),
        after: sides.after_told.clone(),
        differs,
        other_namespace: sides.other_namespace,
        refused_by_target: sides.refused_by_target,
        rows: flows.iter().any(|flow| !flow.files.is_empty()).then(|| rows.place()),
        flows,
        untouched: sides.untouched.clone(),
    })
}

/// Compares one flow, which one side may not have; rows that differ are written where that is asked for.
async fn flow(
    (before, after): (Option<&Made>, Option<&Made>),
    engine: &Engine,
    rows: Option<&mut Rows>,
    setting: &Setting,
) -> Result<FlowDifference> {
    let (Some(shown), Some(other)) = (after.or(before), before.or(after)) else {
        return Err(crate::error::Error::unexpected("a flow that no side has"));
    };
    // Of a flow that a side does not have, no row is there.
    let none = |of: &Made| FlowOutcomes {
        counts: BTreeMap::new(),
        reasons: BTreeMap::new(),
        warnings: BTreeMap::new(),
        files: Vec::new(),
        ..of.outcomes.clone()
    };
    let (no_old, no_new) = (none(other), none(shown));
    let old = before.map_or(&no_old, |made| &made.outcomes);
    let new = after.map_or(&no_new, |made| &made.outcomes);
    let (old_side, new_side) = (Side::new(&other.store, old), Side::new(&shown.store, new));
    let name = &shown.outcomes.flow;
    let both = old.counts.values().sum::<u64>().max(new.counts.values().sum());
    setting.progress.start("compare", name, Some(both));
    let mut found = Transitions::open(old_side, new_side, engine).await?;
    let mut writer = rows.map(|rows| rows.of_flow(name));
    while let Some(step) = found.next().await? {
        setting.cancel.check()?;
        setting.progress.advance(name, step.compared);
        if let (Some(writer), Some(rows)) = (&mut writer, step.differ) {
            writer.push(rows).await?;
        }
    }
    let mut found = found.finish(old, new)?;
    if let Some(writer) = writer {
        found.files = writer.finish().await?;
    }
    setting.progress.finish(name);
    if before.is_none() || after.is_none() {
        found.sides = if before.is_none() { Flows::After } else { Flows::Before };
        found.differs = true;
    }
    Ok(found)
}
