//! Owns how it is shown what reading a target back found. Must not know: how it was found.

use anstyle::{AnsiColor, Style};

use super::super::args::Format;
use super::{json, numbers, table};
use crate::report::words::{self, count};
use crate::run::VerifiedRun;
use crate::verify::{Compared, Example, FlowVerified, What};

/// Keys that a terminal names of a kind.
const KEYS: usize = 3;
/// Things of the structure that a terminal names.
const SHOWN: usize = 20;

/// Shows what reading a target back found.
pub fn verified(verified: &VerifiedRun, format: Format) {
    if format == Format::Json {
        return json(verified);
    }
    compared(verified);
    wrong(verified);
    conflicts(verified);
    structure(verified);
    notes(verified);
    let (color, told) = if verified.clean {
        (AnsiColor::Green, "verified: the target holds just that")
    } else {
        (AnsiColor::Red, "NOT verified")
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let sample = match &verified.found.sample {
        Some(sample) => format!(", of a sample of {} (seed {})", words::share(sample.share), sample.seed),
        None => String::new(),
    };
    anstream::println!("\n{style}{told}{style:#}{sample}\nrun {} in {:.1} s", verified.run, verified.seconds);
}

fn compared(verified: &VerifiedRun) {
    let mut rows = table(&["flow", "table", "rows", "mappings", "quarantine", "wrong"]);
    for flow in &verified.found.flows {
        let same = |part: Option<&Compared>| part.map_or_else(|| "–".to_owned(), |part| count(part.same));
        let wrong = flow.parts().map(|(_, part)| part.wrong()).sum::<u64>() + flow.ledger.len() as u64;
        rows.add_row([
            flow.flow.clone(),
            flow.table.clone(),
            count(flow.rows.same),
            same(flow.mappings.as_ref()),
            same(flow.quarantine.as_ref()),
            count(wrong),
        ]);
    }
    numbers(&mut rows, 2..6);
    anstream::println!("{rows}");
}

/// What is wrong, by flow and kind.
fn wrong(verified: &VerifiedRun) {
    let mut rows = table(&["flow", "where", "what", "number", "columns", "for example"]);
    let mut any = false;
    for flow in verified.found.flows.iter().filter(|flow| !flow.clean()) {
        for (place, part) in flow.parts() {
            for (what, number) in part.by_what() {
                let (columns, keys) = (columns(part, what), keys(part, what));
                rows.add_row([
                    flow.flow.clone(),
                    place.to_owned(),
                    what.word().to_owned(),
                    count(number),
                    columns,
                    keys,
                ]);
                any = true;
            }
        }
        for found in &flow.ledger {
            let chunk = found.chunk.clone().unwrap_or_default();
            rows.add_row([
                flow.flow.clone(),
                "ledger".to_owned(),
                found.what.clone(),
                String::new(),
                String::new(),
                chunk,
            ]);
            any = true;
        }
    }
    if any {
        numbers(&mut rows, [3]);
        anstream::println!("\n{rows}");
    }
}

fn columns(part: &Compared, what: What) -> String {
    let of_examples = part.examples.iter().filter(|example| example.what == what).flat_map(|example| &example.columns);
    let mut columns: Vec<&str> = of_examples.map(String::as_str).collect();
    columns.sort_unstable();
    columns.dedup();
    columns.join(", ")
}

fn keys(part: &Compared, what: What) -> String {
    let shown = |example: &Example| example.key.clone().or_else(|| example.id.clone());
    let keys = part.examples.iter().filter(|example| example.what == what).filter_map(shown);
    keys.take(KEYS).collect::<Vec<_>>().join(", ")
}

/// Rows that a run has left to others: known, and no failure.
fn conflicts(verified: &VerifiedRun) {
    for FlowVerified { flow, conflicts, .. } in verified.found.flows.iter().filter(|flow| flow.conflicts.wrong() > 0) {
        anstream::println!(
            "{flow}: {} rows are as others have changed them, which the run found and left: {}",
            count(conflicts.wrong()),
            conflicts
                .examples
                .iter()
                .filter_map(|example| example.key.clone())
                .take(KEYS)
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
}

fn structure(verified: &VerifiedRun) {
    let found = &verified.found;
    let mut told = Vec::new();
    for one in &found.structure {
        told.push(format!("{}: {} {} is {}", one.table, one.sort, one.name, one.what));
    }
    for one in &found.orphans {
        told.push(format!("{}: {} rows point to nothing by {}", one.table, count(one.rows), one.constraint));
    }
    for one in &found.duplicates {
        told.push(format!("{}: {} keys of {} stand more than once", one.table, count(one.keys), one.index));
    }
    if found.stray_mappings > 0 {
        told.push(format!(
            "{} mappings of these runs are under an entity that no flow has",
            count(found.stray_mappings)
        ));
    }
    if !told.is_empty() {
        anstream::println!();
    }
    for line in told.iter().take(SHOWN) {
        anstream::println!("{line}");
    }
    if told.len() > SHOWN {
        anstream::println!("… and {} more", count((told.len() - SHOWN) as u64));
    }
}

fn notes(verified: &VerifiedRun) {
    let superseded: u64 = verified.found.flows.iter().map(|flow| flow.superseded).sum();
    let mut told = Vec::new();
    if let Some(last) = verified.superseded_by.last() {
        told.push(format!(
            "{} runs came after it, {last} the last: {} rows that they moved are not compared",
            count(verified.superseded_by.len() as u64),
            count(superseded)
        ));
    }
    for (flow, run) in &verified.not_verified {
        told.push(format!("not verified: {flow}, which the run {run} has loaded"));
    }
    for unknown in &verified.found.unknown {
        told.push(format!("not known: {unknown}"));
    }
    if !told.is_empty() {
        anstream::println!("\n{}", told.join("\n"));
    }
}
