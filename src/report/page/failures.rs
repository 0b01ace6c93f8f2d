//! Owns the failure analysis: every reason with its rows, what it goes back to, and what it would take to recover them.
//! Must not know: how causes are traced, or how they are drawn. Names rows by key, never by what they hold.

use serde::Serialize;

use crate::report;
use crate::report::words::part;
use crate::report::{ABSENT, CIRCLE, FlowReport, PRESENT, Report, UNKNOWN};

/// What reasons begin with of rows that another row of the target kept out.
const BY_ANOTHER: [&str; 2] = ["unique:", "exclusion:"];

/// All that was rejected.
#[derive(Debug, Default, Serialize)]
pub struct Failures {
    pub rows: u64,
    /// Distinct rows that these go back to; none when nothing was traced.
    pub roots: Option<u64>,
    /// What explains most rows comes first.
    pub origins: Vec<Origin>,
    /// In the order of the flows; of each, what concerns most rows comes first.
    pub reasons: Vec<Reason>,
}

/// A sort of row with which rejects began.
#[derive(Debug, Serialize)]
pub struct Origin {
    pub flow: String,
    pub reason: String,
    /// Is the reason one of the flow's, and not words of ours?
    pub code: bool,
    /// How many distinct rows of it there are.
    pub roots: u64,
    /// Rejected rows that go back to them.
    pub rows: u64,
    /// Of all rejected rows, and together with those before.
    pub part: String,
    pub together: String,
}

/// One reason of one flow.
#[derive(Debug, Serialize)]
pub struct Reason {
    pub flow: String,
    pub reason: String,
    pub rows: u64,
    /// Of the flow's source rows.
    pub part: String,
    pub keys: Vec<String>,
    pub causes: Vec<Cause>,
    pub remedy: Option<String>,
}

/// Why some rows of a reason were rejected.
#[derive(Debug, Serialize)]
pub struct Cause {
    pub rows: u64,
    /// None: they stand on their own.
    pub parent: Option<Step>,
    pub parent_keys: Vec<String>,
    /// Where it began, if that is further up.
    pub root: Option<Step>,
}

/// Rows further up that others depend on.
#[derive(Debug, Serialize)]
pub struct Step {
    pub flow: String,
    pub rows: u64,
    /// What became of them: `are not in the source`.
    pub fate: &'static str,
    /// The reason, where the flow gives one.
    pub reason: Option<String>,
}

/// Reads the failures from a report.
#[must_use]
pub fn failures(report: &Report) -> Failures {
    let rows = report.flows.iter().map(|flow| flow.rejected).sum();
    let traced = &report.root_causes;
    let reasons = report.flows.iter().flat_map(|flow| reasons(flow, &traced.causes)).collect();
    let roots = (!traced.causes.is_empty()).then_some(traced.roots);
    Failures { rows, roots, origins: origins(&traced.origins, rows), reasons }
}

fn reasons(flow: &FlowReport, causes: &[report::Cause]) -> Vec<Reason> {
    let found = flow.reasons.iter().filter(|(_, rows)| **rows > 0);
    let mut reasons: Vec<Reason> = found
        .map(|(reason, rows)| {
            let own = causes.iter().filter(|cause| cause.flow == flow.flow && cause.reason == *reason);
            let mut causes: Vec<Cause> = own.map(cause).collect();
            causes.sort_by_key(|cause| std::cmp::Reverse(cause.rows));
            Reason {
                flow: flow.flow.clone(),
                reason: reason.clone(),
                rows: *rows,
                part: part(ratio(*rows, flow.rows())),
                keys: flow.examples.get(reason).cloned().unwrap_or_default(),
                causes,
                remedy: flow.remedies.get(reason).cloned(),
            }
        })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
    reasons
}

fn cause(cause: &report::Cause) -> Cause {
    let parent = cause.parent_flow.as_ref().zip(cause.parent_reason.as_ref());
    let kept_out = BY_ANOTHER.iter().any(|word| cause.reason.starts_with(word));
    let further = parent.is_some_and(|(flow, reason)| *flow != cause.root_flow || *reason != cause.root_reason);
    Cause {
        rows: cause.rows,
        parent: parent.map(|(flow, reason)| Step {
            fate: if reason == PRESENT && kept_out { in_the_way(cause.parents) } else { fate(reason, cause.parents) },
            ..step(flow, reason, cause.parents)
        }),
        parent_keys: cause.parent_keys.clone(),
        root: further.then(|| step(&cause.root_flow, &cause.root_reason, cause.roots)),
    }
}

fn in_the_way(rows: u64) -> &'static str {
    if rows == 1 { "is in the target, and stands in the way" } else { "are in the target, and stand in the way" }
}

fn step(flow: &str, reason: &str, rows: u64) -> Step {
    let fate = fate(reason, rows);
    Step { flow: flow.to_owned(), rows, fate, reason: is_code(reason).then(|| reason.to_owned()) }
}

fn fate(reason: &str, rows: u64) -> &'static str {
    match (reason, rows == 1) {
        (ABSENT, true) => "is not in the source",
        (ABSENT, false) => "are not in the source",
        (PRESENT, true) => "is migrated, but not as the rule needs it",
        (PRESENT, false) => "are migrated, but not as the rule needs them",
        (UNKNOWN, _) => "belong to a flow that did not run",
        (CIRCLE, _) => "depend on each other in a circle",
        _ => "did not reach the target",
    }
}

fn is_code(reason: &str) -> bool {
    ![ABSENT, PRESENT, UNKNOWN, CIRCLE].contains(&reason)
}

fn origins(origins: &[report::Origin], rejected: u64) -> Vec<Origin> {
    let mut before = 0;
    let origin = |origin: &report::Origin| {
        before += origin.rows;
        Origin {
            flow: origin.flow.clone(),
            reason: origin.reason.clone(),
            code: is_code(&origin.reason),
            roots: origin.roots,
            rows: origin.rows,
            part: part(ratio(origin.rows, rejected)),
            together: part(ratio(before, rejected)),
        }
    };
    origins.iter().map(origin).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a share of fewer than 2^52 rows")]
fn ratio(rows: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { rows as f64 / of as f64 }
}
