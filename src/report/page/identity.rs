//! Owns what says which run this was: identifiers, hashes, times, memory. Must not know: how they were come by.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::report::Report;
use crate::report::words::{bytes, count, of, part, seconds, time};

/// Something that is known of the run.
#[derive(Debug, Serialize)]
pub struct Fact {
    /// As the JSON names it.
    pub name: &'static str,
    pub title: &'static str,
    pub text: String,
    /// As the JSON has it.
    pub value: String,
    /// Is it an identifier?
    pub code: bool,
}

/// A part of the run's time.
#[derive(Debug, Serialize)]
pub struct Part {
    pub phase: String,
    pub text: String,
    pub part: String,
    /// Of a bar of 1,000.
    pub x: f64,
    pub width: f64,
}

/// What is known, in the order of reading.
#[must_use]
pub fn facts(report: &Report) -> Vec<Fact> {
    let facts = &report.facts;
    let code = |text: &str| (!text.is_empty()).then(|| (text.to_owned(), text.to_owned()));
    let instant = |at: &DateTime<Utc>| (time(at), at.to_rfc3339());
    let read = |(rows, tables)| (format!("{} in {}", count(rows), of(tables, "table", "tables")), rows.to_string());
    let all = [
        ("run", "Run", code(&report.run), true),
        ("pipeline", "Pipeline", code(&report.pipeline), false),
        ("pipeline_hash", "Pipeline, SHA-256", code(&report.pipeline_hash), true),
        ("snapshot", "Snapshot", code(&report.snapshot), true),
        ("snapshot_checksum", "Snapshot, SHA-256", facts.snapshot_checksum.as_deref().and_then(code), true),
        ("snapshot_rows", "Rows read", facts.snapshot_rows.zip(facts.snapshot_tables).map(read), false),
        ("snapshot_taken_at", "Source as of", facts.snapshot_taken_at.as_ref().map(instant), false),
        ("tool_version", "rehome", code(&facts.tool_version), false),
        ("started_at", "Started", facts.started_at.as_ref().map(instant), false),
        (
            "seconds",
            "Duration",
            (report.seconds > 0.0).then(|| (seconds(report.seconds), report.seconds.to_string())),
            false,
        ),
        (
            "peak_memory_bytes",
            "Peak memory",
            facts.peak_memory_bytes.map(|most| (bytes(most), most.to_string())),
            false,
        ),
    ];
    let known = all.into_iter().filter_map(|(name, title, text, code)| {
        let (text, value) = text?;
        Some(Fact { name, title, text, value, code })
    });
    known.collect()
}

/// Where the time went.
#[must_use]
pub fn parts(report: &Report) -> Vec<Part> {
    let all: f64 = report.facts.phases.iter().map(|phase| phase.seconds).sum();
    let mut x = 0.0;
    let part_of = |phase: &crate::report::Phase| {
        let share = if all > 0.0 { phase.seconds / all } else { 0.0 };
        let width = share * 1000.0;
        let found = Part {
            phase: phase.phase.clone(),
            text: seconds(phase.seconds),
            part: part(share),
            x: f64::round(x),
            width: width.ceil(),
        };
        x += width;
        found
    };
    report.facts.phases.iter().map(part_of).collect()
}
