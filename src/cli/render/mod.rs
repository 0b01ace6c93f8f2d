//! Owns how results are shown on stdout: text for people, JSON for machines. Must not know: how they came about.

pub mod again;
pub mod bench;
pub mod check;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod doctor;
mod draw;
pub mod error;
pub mod evidence;
pub mod explain;
pub mod init;
pub mod page;
pub mod quarantine;
pub mod query;
mod report;
pub mod retry;
pub mod schema;
pub mod snapshot;
pub mod test;
pub mod timings;
pub mod verify;
pub mod what_if;

use serde::Serialize;

use super::args::Format;
use crate::command::demo::Shown;
use crate::report::Report;
use crate::report::words::count;
use crate::run::Finished;

/// A table without lines but the one below its head.
fn table(head: &[&str]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING).set_header(head);
    table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    table
}

/// Aligns these columns to the right: numbers.
fn numbers(table: &mut comfy_table::Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
}

pub fn json<T: Serialize>(value: &T) {
    if let Ok(text) = serde_json::to_string(value) {
        anstream::println!("{text}");
    }
}

/// Shows what a run did.
pub fn finished(finished: &Finished, format: Format) {
    match format {
        Format::Json => json(&finished.report),
        Format::Text => {
            report::show(&finished.report);
            again::changes(&finished.report);
            anstream::println!("\nsnapshot  {}\noutcomes  {}", finished.snapshot, finished.outcomes);
            anstream::println!("report    rehome report {}", finished.report.run);
        }
    }
}

/// Shows what a process has helped to load.
pub fn helped(helped: &crate::load::help::Helped, format: Format) {
    match format {
        Format::Json => json(helped),
        Format::Text => {
            let run = helped.run.map(|run| run.to_string()).unwrap_or_default();
            anstream::println!("{} rows in {} chunks of the run {run}", count(helped.rows), count(helped.chunks));
        }
    }
}

/// Shows the functions and operators of flows, family by family.
pub fn sql(families: &[(&'static str, Vec<String>)], format: Format) {
    match format {
        Format::Json => {
            let all: std::collections::BTreeMap<_, _> = families.iter().map(|(title, forms)| (*title, forms)).collect();
            json(&all);
        }
        Format::Text => {
            for (title, forms) in families {
                anstream::println!("{title}\n  {}\n", forms.join("\n  "));
            }
        }
    }
}

/// Shows a report by itself.
pub fn report(report: &Report, format: Format) {
    match format {
        Format::Json => json(report),
        Format::Text => report::show_all(report),
    }
}

/// Shows what the demo did, and how to look further.
pub fn demo(shown: &Shown, dir: &std::path::Path, format: Format) {
    if format == Format::Json {
        let mut object = serde_json::to_value(&shown.finished.report).unwrap_or_default();
        if let (Some(object), Some(kept)) = (object.as_object_mut(), &shown.kept) {
            object.insert("source_url".to_owned(), kept.source_url.clone().into());
            object.insert("target_url".to_owned(), kept.target_url.clone().into());
            object.insert("stop".to_owned(), kept.stop.clone().into());
        }
        json(&object);
        return;
    }
    anstream::println!("A synthetic legacy database of {} rows was migrated.\n", count(shown.source_rows));
    finished(&shown.finished, format);
    let dir = dir.display();
    let run = &shown.finished.report.run;
    let program = std::env::args().next().unwrap_or_else(|| "rehome".to_owned());
    anstream::println!("\nTo look further:");
    anstream::println!(
        "  {program} --dir {dir} report {run}   # also the pipeline's own reports; --html -o report.html for a browser"
    );
    if let Some(kept) = &shown.kept {
        anstream::println!(
            "  psql '{}' -c 'select reason, count(*) from rehome.quarantine group by 1'",
            kept.target_url
        );
        anstream::println!("source_url  {}\ntarget_url  {}", kept.source_url, kept.target_url);
        anstream::println!("The cluster stays in {}; stop it with\n  {}", kept.folder.display(), kept.stop);
    } else {
        let snapshot = &shown.finished.snapshot;
        anstream::println!("  {program} --dir {dir} what-if --pipeline dispatch-default-case --snapshot {snapshot}");
        anstream::println!("  {program} demo --keep   # leaves the server running, for psql");
    }
}
