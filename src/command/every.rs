//! Owns runs that follow each other at set times until somebody stops them: each brings what differs, and a failing one does
//! not stop the next. Must not know: what a run does, or how its result is shown.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::cancel::Cancel;
use crate::error::{Kind, Result};
use crate::outcomes::OutcomeStore;
use crate::run::{self, Finished, Request, Setting};
use crate::storage::Location;

/// Runs again and again, a run's start being `interval` after the one before, or at once where that took longer. Ends between
/// two runs when `stop` is raised. `tell` is told of each.
///
/// # Errors
/// [`Kind::Config`] of the first run.
pub async fn every(
    interval: Duration,
    stop: &Cancel,
    setting: &Setting,
    request: impl AsyncFn() -> Result<Request>,
    tell: impl AsyncFn(Result<&Finished>),
) -> Result<()> {
    let mut last: Option<Kept> = None;
    while !stop.is_cancelled() {
        let next = Instant::now() + interval;
        // A stop waits for the run: it is not the run's own.
        let own = Setting { cancel: Cancel::new(), ..setting.clone() };
        let done = match request().await {
            Ok(request) => Box::pin(run::run(request, &own)).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(finished) => {
                tell(Ok(&finished)).await;
                let kept = Kept::of(&finished);
                if let Some(before) = last.replace(kept.clone()).filter(|before| *before != kept) {
                    before.forget(&kept, setting).await;
                }
            }
            // Files may be mended while it runs; what is wrong from the beginning is a mistake of the command.
            Err(error) if error.kind() == Kind::Config && last.is_none() => return Err(error),
            Err(error) => tell(Err(error)).await,
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = stop.cancelled() => {}
        }
    }
    Ok(())
}

/// What a run has left in the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    run: String,
    snapshot: String,
    /// It brought differences: its outcomes are needed by the next run alone, and not to take it back.
    difference: bool,
}

impl Kept {
    fn of(finished: &Finished) -> Self {
        Self {
            run: finished.report.run.clone(),
            snapshot: finished.snapshot.to_string(),
            difference: finished.report.flows.iter().all(|flow| flow.changes.is_some()),
        }
    }

    /// Removes what nothing needs any more, so that a day of runs does not fill a disk.
    async fn forget(&self, next: &Self, setting: &Setting) {
        if !self.difference || self.run == next.run {
            return;
        }
        let places = setting.place().map(|place| OutcomeStore::open(&place, &self.run).location().clone());
        let snapshot = Location::parse(&self.snapshot).ok().filter(|_| self.snapshot != next.snapshot);
        for place in places.into_iter().chain(snapshot) {
            if let Err(error) = place.clear().await {
                log::warn!("what an earlier run left stays in {place}: {error}");
            }
        }
    }
}
