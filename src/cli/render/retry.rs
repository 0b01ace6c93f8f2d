//! Owns how it is shown what came of rows of the quarantine that were tried again. Must not know: how they were tried.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::args::Format;
use super::{again, count, json, numbers, table};
use crate::error::Error;
use crate::report::Report;
use crate::run::{Done, Outline, Plan, Retried};

/// What came of rows that were tried again.
#[derive(Serialize, JsonSchema)]
pub struct Tried {
    #[serde(flatten)]
    outline: Outline,
    /// The report of the run that it was; none where nothing was to be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Report>,
    /// What it would do, with --dry-run.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
}

/// What is shown of it, and what fails it.
pub fn tried(retried: Retried) -> (Tried, Vec<Error>) {
    let Retried { outline, done } = retried;
    match done {
        Done::Run(finished) => (Tried { outline, run: Some(finished.report), plan: None }, finished.failures),
        Done::Plan(plan) => (Tried { outline, run: None, plan: Some(*plan) }, Vec::new()),
        Done::Nothing => (Tried { outline, run: None, plan: None }, Vec::new()),
    }
}

/// Shows what came of rows that were tried again.
pub fn retried(tried: &Tried, format: Format) {
    if format == Format::Json {
        return json(tried);
    }
    for (table, rows) in &tried.outline.mended {
        anstream::println!("{table}: {} mended rows, in the snapshot {}", count(*rows), tried.outline.place);
    }
    if let Some(plan) = &tried.plan {
        return again::plan(plan, format);
    }
    let Some(run) = &tried.run else {
        anstream::println!("nothing is in quarantine");
        return;
    };
    let mut rows = table(&["flow", "in quarantine before", "now"]);
    for flow in &tried.outline.flows {
        rows.add_row([flow.flow.clone(), count(flow.before), flow.after.map(count).unwrap_or_default()]);
    }
    numbers(&mut rows, 1..3);
    anstream::println!("{rows}");
    again::changes(run);
    anstream::println!("\nrun {}; rehome report {} shows it, rehome rollback takes it back", run.run, run.run);
}
