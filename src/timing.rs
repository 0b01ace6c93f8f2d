//! Owns the sums of where time goes: each step that is measured is a span named `stage.step`, of a flow or a table, and what
//! was spent in spans of one name is added up. Around steps stand frames (a command, a phase), which are in no sum. Must not
//! know: what the steps do, or how sums are shown. Spans hold names and counts, never values.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The spans that are measured are of this target.
pub const TARGET: &str = "rehome::timing";

/// What steps are within is of this target: a command, a run, its phases.
pub const FRAME: &str = "rehome::frame";

/// A span of a task or thread of its own belongs to what went on where that was begun. It is no child of it, since it may be at work
/// at the same time.
#[must_use]
pub fn beside(span: Span, here: &Span) -> Span {
    span.follows_from(here);
    span
}

/// What was spent in all spans of a name, of one flow or table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Spent {
    /// `extract`, `transform`, `load`, `verify` or `report`.
    pub stage: String,
    /// What was done, or waited for.
    pub step: String,
    /// The flow or the table; empty for what is of none.
    pub of: String,
    pub times: u64,
    /// From their beginnings to their ends, together: spans run beside each other, so it may be more than the run took.
    pub seconds: f64,
    /// Of that, the time in which a thread was at work on it; the rest it waited for a server, a disk, or another step.
    pub busy: f64,
    pub rows: u64,
    pub bytes: u64,
}

/// All sums so far. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Timings(Arc<Mutex<BTreeMap<(&'static str, String), Sum>>>);

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    times: u64,
    whole: Duration,
    busy: Duration,
    rows: u64,
    bytes: u64,
}

impl Timings {
    /// The sums, by stage and by time, the longest first.
    #[must_use]
    pub fn spent(&self) -> Vec<Spent> {
        let Ok(sums) = self.0.lock() else { return Vec::new() };
        let one = |((name, of), sum): (&(&'static str, String), &Sum)| {
            let (stage, step) = name.split_once('.').unwrap_or((name, ""));
            Spent {
                stage: stage.to_owned(),
                step: step.replace('_', " "),
                of: of.clone(),
                times: sum.times,
                seconds: sum.whole.as_secs_f64(),
                busy: sum.busy.as_secs_f64(),
                rows: sum.rows,
                bytes: sum.bytes,
            }
        };
        let mut all: Vec<Spent> = sums.iter().map(one).collect();
        all.sort_by(|left, right| right.seconds.total_cmp(&left.seconds));
        all
    }
}

/// A span that is open.
struct Open {
    begun: Instant,
    /// Since when a thread is at work on it.
    entered: Option<Instant>,
    busy: Duration,
    told: Told,
}

/// What a span says of itself.
#[derive(Default)]
struct Told {
    of: String,
    rows: u64,
    bytes: u64,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows" => self.rows += value,
            "bytes" => self.bytes += value,
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "of" {
            value.clone_into(&mut self.of);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Timings {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| span.metadata().target() == TARGET) else { return };
        let mut told = Told::default();
        attributes.record(&mut told);
        span.extensions_mut().insert(Open { begun: Instant::now(), entered: None, busy: Duration::ZERO, told });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.told);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.entered = Some(Instant::now());
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.busy += open.entered.take().map_or(Duration::ZERO, |entered| entered.elapsed());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let Ok(mut sums) = self.0.lock() else { return };
        let sum = sums.entry((span.name(), open.told.of)).or_default();
        sum.times += 1;
        sum.whole += open.begun.elapsed();
        sum.busy += open.busy;
        sum.rows += open.told.rows;
        sum.bytes += open.told.bytes;
    }
}

/// A span of a step: its name as `stage.step`, the flow or table it is of, and what is known of its rows and bytes. A step of
/// `each` batch is one of very many.
#[macro_export]
macro_rules! timed {
    ($name:literal) => { $crate::timed!($name, "") };
    (each $name:literal, $of:expr $(, rows = $rows:expr)?) => {{
        #[allow(unused_mut, unused_assignments)]
        let mut rows = 0_u64;
        $( rows = $rows as u64; )?
        tracing::debug_span!(target: $crate::timing::TARGET, $name, of = AsRef::<str>::as_ref(&$of), rows = rows, bytes = 0_u64)
    }};
    ($name:literal, $of:expr $(, rows = $rows:expr)? $(, bytes = $bytes:expr)?) => {{
        #[allow(unused_mut, unused_assignments)]
        let (mut rows, mut bytes) = (0_u64, 0_u64);
        $( rows = $rows as u64; )?
        $( bytes = $bytes as u64; )?
        tracing::info_span!(target: $crate::timing::TARGET, $name, of = AsRef::<str>::as_ref(&$of), rows = rows, bytes = bytes)
    }};
}

/// A span that steps are within: a phase by its name, or the `"command"` of that name. What is known only later is recorded.
#[macro_export]
macro_rules! frame {
    ($name:literal) => { $crate::frame!($name, "") };
    ($name:literal, $of:expr) => {
        tracing::info_span!(
            target: $crate::timing::FRAME, $name, of = AsRef::<str>::as_ref(&$of), pipeline = tracing::field::Empty,
            run = tracing::field::Empty, snapshot = tracing::field::Empty, rows = 0_u64, bytes = 0_u64,
            exit_code = tracing::field::Empty,
        )
    };
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn steps_are_added_up() {
        let timings = Timings::default();
        let subscriber = tracing_subscriber::registry().with(timings.clone());
        tracing::subscriber::with_default(subscriber, || {
            for rows in [3_u64, 4] {
                let span = timed!("load.copy", "a_flow", rows = rows);
                std::thread::sleep(Duration::from_millis(5));
                span.in_scope(|| std::thread::sleep(Duration::from_millis(10)));
                span.record("bytes", 100_u64);
            }
            drop(timed!("load.restore_indexes"));
            drop(frame!("load"));
            timed!(each "load.copy", "b_flow", rows = 1).in_scope(|| {});
            drop(tracing::info_span!("of somebody else"));
        });
        let spent = timings.spent();
        assert_eq!(spent.len(), 3);
        let copy = &spent[0];
        assert_eq!((copy.stage.as_str(), copy.step.as_str(), copy.of.as_str()), ("load", "copy", "a_flow"));
        assert_eq!((copy.times, copy.rows, copy.bytes), (2, 7, 200));
        assert!(copy.busy >= 0.02 && copy.seconds >= copy.busy + 0.01, "{copy:?}");
        let others: Vec<_> = spent[1..].iter().map(|one| (one.step.as_str(), one.of.as_str(), one.rows)).collect();
        assert!(others.contains(&("restore indexes", "", 0)) && others.contains(&("copy", "b_flow", 1)), "{others:?}");
    }
}
