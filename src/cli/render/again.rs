//! Owns how it is shown what later runs change, and what is taken back. Must not know: how it was found.

use super::super::args::Format;
use super::{json, numbers, table};
use crate::compare::Counts;
use crate::report::words::{self, count};
use crate::report::{Because, Report};
use crate::run::{Plan, RolledBack};

/// Rows that a terminal names.
const SHOWN: usize = 20;

/// Shows what a run would do.
pub fn plan(plan: &Plan, format: Format) {
    if format == Format::Json {
        return json(plan);
    }
    let mut rows = table(&[
        "flow",
        "new",
        "come in",
        "changed",
        "unchanged",
        "gone",
        "fallen out",
        "conflicts",
        "rejected",
        "because of",
    ]);
    for flow in &plan.flows {
        let counts = &flow.counts;
        let shown = [counts.new, counts.came_in, counts.changed, counts.unchanged, counts.gone, counts.fallen_out];
        let because = match flow.because {
            None => "the first load".to_owned(),
            Some(_) if counts.total() == 0 => String::new(),
            Some(because) => reason(because, flow.by_rules.as_ref()),
        };
        let cells = std::iter::once(flow.flow.clone()).chain(shown.map(count));
        let told = [count(flow.conflicts.len() as u64), count(flow.rejected), because];
        rows.add_row(cells.chain(told));
    }
    numbers(&mut rows, 1..9);
    anstream::println!("{rows}\n");
    for flow in plan.flows.iter().filter(|flow| !flow.counts.columns.is_empty()) {
        let columns: Vec<String> =
            flow.counts.columns.iter().map(|(column, rows)| format!("{column} in {}", count(*rows))).collect();
        anstream::println!("{}: {} would change", flow.flow, columns.join(", "));
    }
    for flow in &plan.flows {
        for row in flow.conflicts.iter().take(SHOWN) {
            let columns = row.columns.join(", ");
            anstream::println!("conflict: {} {}, {} by others {columns}", flow.flow, row.key, row.what);
        }
    }
    let away: usize = plan.flows.iter().map(|flow| flow.taken_away.len()).sum();
    if away > 0 {
        anstream::println!(
            "constraints and indexes that would be away while rows are loaded: {away} (--format json lists them)"
        );
    }
    for fires in &plan.triggers {
        anstream::println!("{fires}");
    }
    if plan.is_empty() {
        anstream::println!("nothing would be written: the target is what these rules make of this snapshot");
    } else {
        let size = count(plan.bytes >> 20);
        anstream::println!("{} rows would be written, some {size} MiB; rehome run does that", count(plan.rows));
    }
}

/// Shows what differed from the run before, where there was one.
pub fn changes(report: &Report) {
    let changed: Vec<_> = report.flows.iter().filter_map(|flow| Some((flow, flow.changes.as_ref()?))).collect();
    if changed.is_empty() {
        return;
    }
    let mut rows =
        table(&["flow", "new", "come in", "changed", "gone", "fallen out", "deleted", "conflicts", "because of"]);
    let mut any = false;
    for (flow, changes) in &changed {
        let counts = &changes.counts;
        if counts.total() == 0 && changes.conflicts.is_empty() {
            continue;
        }
        any = true;
        let deleted = changes.moved.get("deleted").copied().unwrap_or_default();
        let shown = [counts.new, counts.came_in, counts.changed, counts.gone, counts.fallen_out, deleted];
        let cells = std::iter::once(flow.flow.clone()).chain(shown.map(count));
        rows.add_row(
            cells.chain([count(changes.conflicts.len() as u64), reason(changes.because, changes.by_rules.as_ref())]),
        );
    }
    numbers(&mut rows, 1..8);
    if any {
        anstream::println!("\nWhat differs from the run {}", report.facts.base.as_deref().unwrap_or("before"));
        anstream::println!("{rows}");
    }
    for (flow, changes) in &changed {
        for found in changes.conflicts.iter().take(SHOWN) {
            let columns = found.columns.join(", ");
            anstream::println!("conflict: {} {}, {} {columns}: {}", flow.flow, found.key, found.what, found.decided);
        }
        if let Some(standing) = changes.moved.get("standing").filter(|rows| **rows > 0) {
            let name = &flow.flow;
            anstream::println!(
                "{name}: {} rows stay in the target though no outcome accounts for them",
                count(*standing)
            );
        }
    }
    if report.facts.written == Some(0) {
        anstream::println!("\n0 rows were written: the target is what these rules make of this snapshot");
    }
}

/// Why rows differ, and how many because of the rules alone.
fn reason(because: Because, by_rules: Option<&Counts>) -> String {
    match by_rules {
        Some(rows) => format!("{}; {} by the rules alone", words::because(because), count(rows.total())),
        None => words::because(because).to_owned(),
    }
}

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
