//! Owns the sums over all flows, and the bars beside them: what became of each flow's rows, how fast each went.
//! Must not know: how bars are coloured.

use serde::Serialize;

use crate::outcome::Outcome;
use crate::report::words::part;
use crate::report::{FlowReport, Report};

/// A bar's whole length.
const LENGTH: f64 = 1000.0;
/// What is there is seen, however small.
const SLIVER: f64 = 5.0;

/// Sums over all flows.
#[derive(Debug, Default, Serialize)]
pub struct Totals {
    pub source_rows: u64,
    pub migrated: u64,
    pub adopted: u64,
    pub rejected: u64,
    pub skipped: u64,
    pub elsewhere: u64,
    /// Migrated and adopted.
    pub in_target: u64,
    /// Of the rows in scope, 0 to 1; none without any.
    pub share: Option<f64>,
    /// Source rows a second of the whole run.
    pub rows_per_second: Option<u64>,
    pub warnings: u64,
}

/// What became of a flow's rows, as a bar of [`LENGTH`].
#[derive(Debug, Serialize)]
pub struct Stack {
    pub flow: String,
    pub rows: u64,
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Serialize)]
pub struct Piece {
    pub outcome: &'static str,
    pub rows: u64,
    pub part: String,
    pub x: f64,
    pub width: f64,
}

/// How fast a flow went.
#[derive(Debug, Serialize)]
pub struct Speed {
    pub flow: String,
    pub rows_per_second: u64,
    pub width: f64,
}

/// Sums up.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shares of fewer than 2^52 rows")]
pub fn totals(report: &Report) -> Totals {
    let sum = |of: fn(&FlowReport) -> u64| report.flows.iter().map(of).sum::<u64>();
    let (migrated, adopted, rejected) =
        (sum(|flow| flow.migrated), sum(|flow| flow.adopted), sum(|flow| flow.rejected));
    let (source_rows, in_target) = (sum(|flow| flow.source_rows), migrated + adopted);
    let in_scope = in_target + rejected;
    Totals {
        source_rows,
        migrated,
        adopted,
        rejected,
        skipped: sum(|flow| flow.skipped),
        elsewhere: sum(|flow| flow.elsewhere),
        in_target,
        share: (in_scope > 0).then(|| in_target as f64 / in_scope as f64),
        rows_per_second: (report.seconds > 0.0).then(|| whole(source_rows as f64 / report.seconds)),
        warnings: sum(|flow| flow.warnings.values().sum()),
    }
}

/// The bars of flows that had rows.
#[must_use]
pub fn stacks(report: &Report) -> Vec<Stack> {
    let had_rows = report.flows.iter().filter(|flow| flow.total() > 0);
    had_rows.map(|flow| Stack { flow: flow.flow.clone(), rows: flow.total(), pieces: pieces(flow) }).collect()
}

#[expect(clippy::cast_precision_loss, reason = "shares of fewer than 2^52 rows")]
fn pieces(flow: &FlowReport) -> Vec<Piece> {
    let rows = [flow.migrated, flow.adopted, flow.rejected, flow.skipped, flow.elsewhere];
    let share = |rows: u64| rows as f64 / flow.total() as f64;
    let width = |rows: u64| if rows == 0 { 0.0 } else { (share(rows) * LENGTH).max(SLIVER) };
    let whole: f64 = rows.iter().map(|rows| width(*rows)).sum();
    let mut x = 0.0_f64;
    let mut pieces = Vec::new();
    for (outcome, rows) in Outcome::ALL.into_iter().zip(rows).filter(|(_, rows)| *rows > 0) {
        let width = width(rows) / whole * LENGTH;
        pieces.push(Piece {
            outcome: outcome.name(),
            rows,
            part: part(share(rows)),
            x: x.round(),
            width: width.ceil(),
        });
        x += width;
    }
    pieces
}

/// The fastest flow first; flows that had rows.
#[must_use]
pub fn speeds(report: &Report) -> Vec<Speed> {
    let most = report.flows.iter().map(|flow| flow.rows_per_second).fold(0.0, f64::max);
    let had_rows = report.flows.iter().filter(|flow| flow.source_rows > 0 && flow.rows_per_second > 0.0);
    let speed = |flow: &FlowReport| Speed {
        flow: flow.flow.clone(),
        rows_per_second: whole(flow.rows_per_second),
        width: (flow.rows_per_second / most * LENGTH).max(SLIVER).round(),
    };
    let mut speeds: Vec<Speed> = had_rows.map(speed).collect();
    speeds.sort_by_key(|speed| std::cmp::Reverse(speed.rows_per_second));
    speeds
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate, rounded")]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}
