//! Owns how a report looks on a terminal. Must not know: how its figures were computed.

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::{numbers, table};
use crate::report::words::{self, count};
use crate::report::{FlowReport, Report};

/// Rows of a pipeline's report that a terminal shows.
const SHOWN: usize = 20;
/// Sorts of root causes that a terminal shows.
const ORIGINS: usize = 10;

/// The verdict, the outcomes, the reasons, the checks.
pub fn show(report: &Report) {
    outcomes(report);
    for flow in report.flows.iter().filter(|flow| flow.updated > 0) {
        anstream::println!(
            "{}: {} of the migrated rows were in the target already and were updated",
            flow.flow,
            count(flow.updated)
        );
    }
    for flow in &report.flows {
        for (column, rows) in &flow.altered {
            let rows = count(*rows);
            anstream::println!(
                "{}: a trigger of the target has made something else of {column} in {rows} rows",
                flow.flow
            );
        }
    }
    reasons(report);
    origins(report);
    checks(report);
    verdict(report);
}

/// All of it: also what the pipeline itself reports.
pub fn show_all(report: &Report) {
    show(report);
    for (name, rows) in &report.reports {
        let title = report.titles.get(name).and_then(|title| title.title.clone()).unwrap_or_else(|| name.clone());
        let bold = Style::new().bold();
        anstream::println!("\n{bold}{title}{bold:#}");
        let Some(first) = rows.first() else {
            anstream::println!("(no rows)");
            continue;
        };
        let head: Vec<&str> = first.keys().map(String::as_str).collect();
        let mut shown = table(&head);
        for row in rows.iter().take(SHOWN) {
            shown.add_row(row.values().map(cell));
        }
        let numeric = first.values().enumerate().filter(|(_, value)| words::is_number(value)).map(|(index, _)| index);
        numbers(&mut shown, numeric.collect::<Vec<_>>());
        anstream::println!("{shown}");
        if rows.len() > SHOWN {
            anstream::println!("… and {} more", count((rows.len() - SHOWN) as u64));
        }
    }
    for (name, error) in &report.not_computed {
        anstream::println!("\n{name} could not be computed: {error}");
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}

fn outcomes(report: &Report) {
    let mut rows = table(&[
        "flow",
        "source rows",
        "migrated",
        "adopted",
        "rejected",
        "skipped",
        "elsewhere",
        "warnings",
        "share",
        "rows/s",
    ]);
    for flow in &report.flows {
        rows.add_row([
            flow.flow.clone(),
            count(flow.source_rows),
            count(flow.migrated),
            count(flow.adopted),
            count(flow.rejected),
            count(flow.skipped),
            count(flow.elsewhere),
            count(flow.warnings.values().sum()),
            share(flow),
            rate(flow),
        ]);
    }
    numbers(&mut rows, 1..10);
    anstream::println!("{rows}");
    if report.flows.iter().any(|flow| !flow.accepted) {
        anstream::println!(" ! below the share that the flow demands");
    }
}

fn share(flow: &FlowReport) -> String {
    let mark = if flow.accepted { "" } else { " !" };
    format!("{}{mark}", words::share(flow.share))
}

fn rate(flow: &FlowReport) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate, rounded")]
    let rate = flow.rows_per_second as u64;
    count(rate)
}

fn reasons(report: &Report) {
    let mut rows = table(&["flow", "", "code", "rows", "for example"]);
    let mut any = false;
    for flow in &report.flows {
        let kinds = [("rejected", &flow.reasons), ("skipped", &flow.skip_reasons), ("warning", &flow.warnings)];
        for (kind, codes) in kinds {
            for (code, number) in codes.iter().filter(|(_, number)| **number > 0) {
                let keys = match kind {
                    "rejected" => flow.examples.get(code).map(|keys| keys.join(", ")).unwrap_or_default(),
                    _ => String::new(),
                };
                rows.add_row([flow.flow.clone(), kind.to_owned(), code.clone(), count(*number), keys]);
                any = true;
            }
        }
    }
    if any {
        numbers(&mut rows, [3]);
        anstream::println!("\n{rows}");
    }
}

/// What the rejects go back to.
fn origins(report: &Report) {
    let causes = &report.root_causes;
    if causes.roots == causes.rejected {
        return;
    }
    anstream::println!("\n{} source rows explain {} rejects", count(causes.roots), count(causes.rejected));
    let mut rows = table(&["where", "reason", "source rows", "rejects they explain", "for example"]);
    for origin in causes.origins.iter().take(ORIGINS) {
        rows.add_row([
            origin.flow.clone(),
            origin.reason.clone(),
            count(origin.roots),
            count(origin.rows),
            origin.keys.join(", "),
        ]);
    }
    numbers(&mut rows, [2, 3]);
    anstream::println!("{rows}");
    if causes.origins.len() > ORIGINS {
        anstream::println!("… and {} more", count((causes.origins.len() - ORIGINS) as u64));
    }
}

fn checks(report: &Report) {
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.passed).collect();
    let passed = report.checks.len() - failed.len();
    if report.checks.is_empty() {
        return;
    }
    anstream::println!("\n{passed} of {} checks passed", report.checks.len());
    for check in failed {
        if let Some(error) = &check.error {
            anstream::println!("  {} {}: could not be run: {error}", check.severity, check.check);
            continue;
        }
        anstream::println!(
            "  {} {}: {} row(s), keys {}",
            check.severity,
            check.check,
            count(check.rows),
            check.keys.join(", ")
        );
    }
}

fn verdict(report: &Report) {
    let (green, red) = (AnsiColor::Green, AnsiColor::Red);
    let said = |holds: bool, yes: &str, no: &str| {
        let style = Style::new().bold().fg_color(Some(if holds { green } else { red }.into()));
        format!("{style}{}{style:#}", if holds { yes } else { no })
    };
    let conserved = said(report.conserved, "conserved: every source row has one outcome", "NOT conserved");
    let verified = said(report.verified, "verified: the target holds just that", "not verified");
    anstream::println!("\n{conserved}\n{verified}\nrun {} in {:.1} s", report.run, report.seconds);
}
