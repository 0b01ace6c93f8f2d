//! Owns progress on a terminal: rows, rows a second, time to go, on stderr; in a log for machines, a line now and then. Elsewhere it is silent.
//! Must not know: what the stages do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::log::Level;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::log;
use crate::progress::{Silent, Sink};

/// Bars on stderr, if that is a terminal and nobody asked for quiet.
#[must_use]
pub fn sink(quiet: bool) -> Arc<dyn Sink> {
    use std::io::IsTerminal;
    if log::is_json() {
        return Arc::<Lines>::default();
    }
    if quiet || !std::io::stderr().is_terminal() {
        return Arc::new(Silent);
    }
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    Arc::new(Bars { bars, open: Mutex::default() })
}

/// Between two lines about one item that is at work.
const EACH: Duration = Duration::from_secs(10);

/// A line for machines when an item begins and ends, and now and then in between.
#[derive(Default)]
struct Lines(Mutex<HashMap<String, Line>>);

struct Line {
    stage: String,
    expected: Option<u64>,
    rows: u64,
    begun: Instant,
    told: Instant,
}

impl Line {
    fn tell(&self, event: &str, item: &str) {
        let members = json!({
            "event": event, "stage": self.stage, "item": item, "rows": self.rows, "expected": self.expected,
            "seconds": self.begun.elapsed().as_secs_f64(),
        });
        log::event(Level::Info, members);
    }
}

impl Sink for Lines {
    fn start(&self, stage: &str, item: &str, rows: Option<u64>) {
        let now = Instant::now();
        let line = Line { stage: stage.to_owned(), expected: rows, rows: 0, begun: now, told: now };
        line.tell("start", item);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(item.to_owned(), line);
    }

    fn advance(&self, item: &str, rows: u64) {
        if let Some(line) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(item) {
            line.rows += rows;
            if line.told.elapsed() >= EACH {
                line.told = Instant::now();
                line.tell("progress", item);
            }
        }
    }

    fn finish(&self, item: &str) {
        if let Some(line) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(item) {
            line.tell("end", item);
        }
    }
}

struct Bars {
    bars: MultiProgress,
    open: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    fn with(&self, item: &str, act: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(item) {
            act(bar);
        }
    }
}

impl Sink for Bars {
    fn start(&self, stage: &str, item: &str, rows: Option<u64>) {
        let (bar, template) = match rows {
            Some(rows) => {
                (ProgressBar::new(rows), "{prefix:>10} {msg:28!} {bar:24} {human_pos}/{human_len} {per_sec} {eta}")
            }
            None => (ProgressBar::new_spinner(), "{prefix:>10} {msg:28!} {spinner} {human_pos} {per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(stage.to_owned());
        bar.set_message(item.to_owned());
        let bar = self.bars.add(bar);
        bar.enable_steady_tick(Duration::from_millis(200));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(item.to_owned(), bar);
    }

    fn advance(&self, item: &str, rows: u64) {
        self.with(item, |bar| bar.inc(rows));
    }

    fn finish(&self, item: &str) {
        if let Some(bar) = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(item) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }
}
