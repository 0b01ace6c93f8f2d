//! Owns the comparison of two finished runs, row by row, by what they have stored: no rules are applied, and nothing is written.
//! Must not know: how it is shown.

use super::sides::{self, Made};
use crate::compare::FlowDifference;
use crate::engine::Identity;
use crate::error::{At, Context, Result};
use crate::run::{Record, Setting};

/// What became of rows before, and after.
#[derive(Debug)]
pub struct BetweenRuns {
    /// In the order of running after; then flows that only the run before has.
    pub flows: Vec<FlowDifference>,
    /// Rows of either run that its target refused. They are compared as the rules had left them: migrated.
    pub refused_by_target: u64,
}

/// Compares what two finished runs have made of their rows.
///
/// # Errors
/// [`crate::error::Kind::Corrupt`] for outcomes that are missing or do not read, or of which a byte has changed; what a sort meets.
pub async fn between(before: &Record, after: &Record, setting: &Setting) -> Result<BetweenRuns> {
    let (old, of_old) = sides::of_run(before, setting).await?;
    let (new, of_new) = sides::of_run(after, setting).await?;
    for made in old.iter().chain(&new) {
        made.store.check(&made.outcomes).await.at(At::Flow, &made.outcomes.flow)?;
    }
    let engine = setting.engine(Identity::default())?.for_looking();
    let mut flows = Vec::with_capacity(new.len());
    for pair in sides::pairs(&old, &new) {
        setting.cancel.check()?;
        let name = pair.1.or(pair.0).map(|made: &Made| made.outcomes.flow.clone()).unwrap_or_default();
        flows.push(super::flow(pair, &engine, None, setting).await.at(At::Flow, name)?);
    }
    Ok(BetweenRuns { flows, refused_by_target: of_old + of_new })
}
