//! Owns how it is shown what later runs change, and what is taken back. Must not know: how it was found.

use super::super::args::Format;
use super::{json, numbers, table};
use crate::report::words::count;
use crate::run::RolledBack;

/// Rows that a terminal names.
const SHOWN: usize = 20;

/// Shows what was taken back.
pub fn rolled_back(done: &RolledBack, format: Format) {
    if format == Format::Json {
        return json(done);
    }
    for run in &done.runs {
        let verb = if done.dry_run { "would be taken back" } else { "is taken back" };
        anstream::println!("the run {} of {} {verb} (snapshot {})", run.run, run.pipeline, run.snapshot);
        let mut rows = table(&["flow", "it had", "rows"]);
        for moved in run.moved.iter().filter(|moved| moved.rows > 0) {
            rows.add_row([moved.flow.clone(), moved.what.clone(), count(moved.rows)]);
        }
        numbers(&mut rows, [2]);
        anstream::println!("{rows}");
        for left in run.left.iter().take(SHOWN) {
            let key = left.key.as_deref().unwrap_or("?");
            anstream::println!("  left as it is: {} {key}, {}", left.flow, left.why);
        }
        if run.left.len() > SHOWN {
            anstream::println!("  … and {} more", count((run.left.len() - SHOWN) as u64));
        }
    }
    if done.runs.is_empty() {
        anstream::println!("nothing came after that run");
    }
}
