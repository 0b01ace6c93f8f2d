//! Owns what a report comes to: a headline, a sentence, a badge for each promise, and what is wrong.
//! Must not know: how any of it is drawn.

use serde::Serialize;

use crate::report::words::{count, exact, of, share};
use crate::report::{ReadBack, Report};

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Pass,
    /// Nothing was promised, or nothing fails.
    Note,
    Warn,
    Fail,
}

/// What a report comes to.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub level: Level,
    pub headline: String,
    /// What was found, in whole sentences.
    pub sentence: String,
    pub badges: Vec<Badge>,
}

/// What became of one promise.
#[derive(Debug, Serialize)]
pub struct Badge {
    /// `conserved`, `verified`, `thresholds` or `checks`.
    pub name: &'static str,
    pub level: Level,
    pub text: String,
    /// What is wrong, a line each.
    pub lines: Vec<String>,
}

/// Judges a report.
#[must_use]
pub fn verdict(report: &Report) -> Verdict {
    let rows: u64 = report.flows.iter().map(|flow| flow.source_rows).sum();
    let badges = vec![conserved(report, rows), verified(report), thresholds(report), checks(report)];
    let level = badges.iter().map(|badge| badge.level).max().unwrap_or(Level::Note);
    let nothing = rows == 0 && level != Level::Fail;
    let headline = if nothing { "There was nothing to migrate.".to_owned() } else { headline(report, &badges, level) };
    let opening = match (rows, report.flows.len()) {
        (_, 0) => "No flow has run.".to_owned(),
        (0, flows) => format!("The source holds no row for {}.", of(flows as u64, "flow", "flows")),
        _ if report.conserved => {
            let flows = of(report.flows.len() as u64, "flow", "flows");
            format!("{flows} took {} to exactly one outcome each.", of(rows, "source row", "source rows"))
        }
        _ => "Some source rows have no outcome, or more than one.".to_owned(),
    };
    let sentence = std::iter::once(opening).chain(badges.iter().skip(1).map(said)).collect::<Vec<_>>().join(" ");
    Verdict { level: if nothing { level.max(Level::Note) } else { level }, headline, sentence, badges }
}

fn headline(report: &Report, badges: &[Badge], level: Level) -> String {
    let worst = badges.iter().find(|badge| badge.level == level && level > Level::Note);
    let tried = report.facts.read_back == ReadBack::NoTarget;
    match worst.map(|badge| badge.name) {
        Some("conserved") => "Rows are unaccounted for.",
        Some("verified") if level == Level::Fail => "The target is not what it should be.",
        Some("verified") => "Migrated, but not read back.",
        Some("thresholds") if level == Level::Fail => "Too few rows reached the target.",
        Some("checks") if level == Level::Fail => "Rows were migrated that should not be as they are.",
        _ if tried => "What these rules would do: every row is accounted for.",
        Some(_) => "Migrated and verified, with remarks.",
        None => "Migrated and verified. Every row is accounted for.",
    }
    .to_owned()
}

fn said(badge: &Badge) -> String {
    match badge.name {
        "verified" => match badge.level {
            Level::Pass => "The target was read back and holds just that.".to_owned(),
            Level::Note => "These rules were only tried: no target was touched.".to_owned(),
            Level::Warn => "The target was not read back.".to_owned(),
            Level::Fail => "The target, read back, holds something else.".to_owned(),
        },
        _ => format!("{}.", badge.text),
    }
}

fn conserved(report: &Report, rows: u64) -> Badge {
    let wrong = report.flows.iter().filter(|flow| flow.total() != flow.rows());
    let lines = wrong
        .map(|flow| format!("{}: {} outcomes for {}", flow.flow, count(flow.total()), of(flow.rows(), "row", "rows")));
    let (level, text) = match report.conserved {
        true if rows == 0 => (Level::Note, "No rows"),
        true => (Level::Pass, "Conserved"),
        false => (Level::Fail, "Not conserved"),
    };
    Badge { name: "conserved", level, text: text.to_owned(), lines: lines.collect() }
}

fn verified(report: &Report) -> Badge {
    let (level, text) = match report.facts.read_back {
        _ if report.verified => (Level::Pass, "Verified"),
        ReadBack::NoTarget => (Level::Note, "Tried only"),
        ReadBack::Differs => (Level::Fail, "The target differs"),
        ReadBack::NotAsked | ReadBack::Unknown | ReadBack::Clean => (Level::Warn, "Not verified"),
    };
    Badge { name: "verified", level, text: text.to_owned(), lines: report.facts.differences.iter().cloned().collect() }
}

fn thresholds(report: &Report) -> Badge {
    let demanded = report.flows.iter().filter(|flow| flow.accept.is_some()).count() as u64;
    let below: Vec<_> = report.flows.iter().filter(|flow| !flow.accepted).collect();
    let lines = below.iter().map(|flow| {
        format!(
            "{}: {} in the target, {} demanded",
            flow.flow,
            share(flow.share),
            exact(flow.accept.unwrap_or_default())
        )
    });
    let (level, text) = match (demanded, below.len() as u64) {
        (0, _) => (Level::Note, "No thresholds".to_owned()),
        (1, 0) => (Level::Pass, "The threshold is reached".to_owned()),
        (_, 0) => (Level::Pass, format!("All {} thresholds are reached", count(demanded))),
        (_, below) => {
            let fails = report.facts.thresholds_enforced != Some(false);
            let text = format!(
                "{} below {} threshold",
                of(below, "flow is", "flows are"),
                if below == 1 { "its" } else { "their" }
            );
            (if fails { Level::Fail } else { Level::Warn }, text)
        }
    };
    Badge { name: "thresholds", level, text, lines: lines.collect() }
}

fn checks(report: &Report) -> Badge {
    let all = report.checks.len() as u64;
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.passed).collect();
    let lines = failed.iter().map(|check| {
        let what = check.title.as_ref().unwrap_or(&check.check);
        if let Some(error) = &check.error {
            return format!("{what} ({}): could not be run: {error}", check.severity);
        }
        let keys = if check.keys.is_empty() { String::new() } else { format!(", keys {}", check.keys.join(", ")) };
        format!("{what} ({}): {}{keys}", check.severity, of(check.rows, "row", "rows"))
    });
    let level = match failed.iter().any(|check| check.fails()) {
        _ if all == 0 => Level::Note,
        true => Level::Fail,
        false if failed.is_empty() => Level::Pass,
        false => Level::Warn,
    };
    let text = match (all, failed.len() as u64) {
        (0, _) => "No checks".to_owned(),
        (1, 0) => "The check passed".to_owned(),
        (_, 0) => format!("All {} checks passed", count(all)),
        (_, failed) => format!("{} of {} checks passed", count(all - failed), count(all)),
    };
    Badge { name: "checks", level, text, lines: lines.collect() }
}
