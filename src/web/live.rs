//! Owns what is known of runs at work in this process: which stage, how many rows, what the last ones came to.
//! Must not know: in which form it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::progress::Sink;
use crate::report::FlowReport;
use crate::run::Finished;

/// Rows a second are those of so long.
const WINDOW: Duration = Duration::from_secs(15);
/// Between two numbers that are remembered for it.
const EACH: Duration = Duration::from_millis(500);

/// Hears of progress, and passes it on. Clones share what they know.
#[derive(Clone)]
pub struct Live {
    state: Arc<Mutex<State>>,
    next: Arc<dyn Sink>,
}

/// What is known.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What has begun and not ended: item → stage.
    pub open: BTreeMap<String, String>,
    /// The stage that something was last heard of.
    pub phase: String,
    /// Since the program began, by stage and item.
    pub rows: BTreeMap<(String, String), u64>,
    /// Sums over items, now and before: by stage.
    pub(super) recent: BTreeMap<String, VecDeque<(Instant, u64)>>,
    pub retries: u64,
    /// A run is at work, since then.
    pub running: Option<DateTime<Utc>>,
    /// Runs begin so long after each other.
    pub every: Option<Duration>,
    /// Runs that have ended, by how: `ok`, `failed` (with a report), `error`.
    pub ended: BTreeMap<&'static str, u64>,
    pub last: Option<Last>,
    /// When a run last ended well, and as of when the source was read for it.
    pub success: Option<(DateTime<Utc>, Option<DateTime<Utc>>)>,
}

/// A run that has ended.
#[derive(Debug, Clone, Default)]
pub struct Last {
    pub at: DateTime<Utc>,
    pub exit_code: u8,
    /// None where it ended without a report.
    pub run: Option<String>,
    pub seconds: f64,
    pub phases: Vec<(String, f64)>,
    pub flows: Vec<FlowReport>,
    pub peak_memory: Option<u64>,
}

impl Live {
    /// Passes on what it hears to `next`.
    #[must_use]
    pub fn new(next: Arc<dyn Sink>, every: Option<Duration>) -> Self {
        Self { state: Arc::new(Mutex::new(State { every, ..State::default() })), next }
    }

    fn known(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known now.
    #[must_use]
    pub fn state(&self) -> State {
        self.known().clone()
    }

    /// A run begins.
    pub fn begun(&self) {
        let mut state = self.known();
        state.running = Some(Utc::now());
        state.open.clear();
    }

    /// A run has ended, with a report or without.
    pub fn ended(&self, done: Result<&Finished, &Error>) {
        let mut state = self.known();
        let now = Utc::now();
        state.running = None;
        state.open.clear();
        state.phase.clear();
        let (how, last) = match done {
            Err(error) => ("error", Last { at: now, exit_code: error.kind().exit_code(), ..Last::default() }),
            Ok(finished) => {
                let report = &finished.report;
                let last = Last {
                    at: now,
                    exit_code: finished.failures.first().map_or(0, |failure| failure.kind().exit_code()),
                    run: Some(report.run.clone()),
                    seconds: report.seconds,
                    phases: report.facts.phases.iter().map(|phase| (phase.phase.clone(), phase.seconds)).collect(),
                    flows: report.flows.clone(),
                    peak_memory: report.facts.peak_memory_bytes,
                };
                if finished.failures.is_empty() {
                    state.success = Some((now, report.facts.snapshot_taken_at));
                }
                (if finished.failures.is_empty() { "ok" } else { "failed" }, last)
            }
        };
        *state.ended.entry(how).or_default() += 1;
        state.last = Some(last);
    }
}

impl State {
    /// Rows a second of each stage, lately.
    #[must_use]
    pub fn speeds(&self) -> BTreeMap<String, f64> {
        let speed = |seen: &VecDeque<(Instant, u64)>| {
            let now = Instant::now();
            let (first, last) = (seen.iter().find(|(at, _)| now - *at <= WINDOW)?, seen.back()?);
            let seconds = (now - first.0).as_secs_f64().max(EACH.as_secs_f64());
            #[expect(clippy::cast_precision_loss, reason = "a speed, not a count")]
            Some((last.1 - first.1) as f64 / seconds)
        };
        self.recent.iter().map(|(stage, seen)| (stage.clone(), speed(seen).unwrap_or_default())).collect()
    }

    fn heard(&mut self, item: &str, rows: u64) {
        let Some(stage) = self.open.get(item).cloned() else { return };
        *self.rows.entry((stage.clone(), item.to_owned())).or_default() += rows;
        let seen = self.recent.entry(stage.clone()).or_default();
        let sum = seen.back().map_or(0, |(_, sum)| *sum) + rows;
        let now = Instant::now();
        match seen.iter().rev().nth(1) {
            // The last one grows until the one before is old enough.
            Some((before, _)) if now - *before < EACH => {
                if let Some(last) = seen.back_mut() {
                    *last = (now, sum);
                }
            }
            _ => seen.push_back((now, sum)),
        }
        while seen.len() > 2 && seen.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            seen.pop_front();
        }
        self.phase = stage;
    }
}

impl Sink for Live {
    fn start(&self, stage: &str, item: &str, rows: Option<u64>) {
        {
            let mut state = self.known();
            state.open.insert(item.to_owned(), stage.to_owned());
            stage.clone_into(&mut state.phase);
        }
        self.next.start(stage, item, rows);
    }

    fn advance(&self, item: &str, rows: u64) {
        self.known().heard(item, rows);
        self.next.advance(item, rows);
    }

    fn finish(&self, item: &str) {
        self.known().open.remove(item);
        self.next.finish(item);
    }

    fn retry(&self) {
        self.known().retries += 1;
        self.next.retry();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn rows_are_added_up_by_stage_and_item() {
        let live = Live::new(Arc::new(Silent), None);
        live.advance("nobody", 5);
        live.start("load", "orders", Some(10));
        for _ in 0..4 {
            live.advance("orders", 3);
        }
        live.start("verify", "orders", None);
        live.advance("orders", 2);
        live.retry();
        let state = live.state();
        let rows = |stage: &str| state.rows.get(&(stage.to_owned(), "orders".to_owned())).copied();
        assert_eq!((rows("load"), rows("verify"), state.rows.len()), (Some(12), Some(2), 2));
        assert_eq!((state.phase.as_str(), state.retries), ("verify", 1));
        assert!(state.speeds()["load"] > 0.0);
        live.finish("orders");
        live.ended(Err(&Error::config("wrong")));
        assert_eq!(live.state().last.map(|last| last.exit_code), Some(2));
    }
}
