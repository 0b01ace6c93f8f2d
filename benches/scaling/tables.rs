//! Owns the tables of all figures, for a terminal and as Markdown. Must not know: how anything was measured.

use comfy_table::{CellAlignment, ContentArrangement, presets};
use minijinja::AutoEscape;
use rehome::report::words::{count, share};
use serde::Serialize;
use serde_json::json;

use super::figures::{Figures, Growth, OfFlows, OfScale, Phase, Run};
use super::template::fill;

const DOCUMENT: &str = include_str!("templates/scaling.md");
/// Seconds per row are told for a million of them.
const MILLION: f64 = 1e6;

/// One table: its name, the heads of its columns, its cells.
#[derive(Serialize)]
struct Table {
    name: &'static str,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// For a terminal.
pub fn text(figures: &Figures) -> String {
    let shown = |one: &Table| {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING).set_header(&one.head).add_rows(&one.rows);
        table.set_content_arrangement(ContentArrangement::Disabled);
        for column in table.column_iter_mut() {
            column.set_cell_alignment(CellAlignment::Right);
        }
        format!("{}\n{table}\n", one.name)
    };
    tables(figures).iter().map(shown).collect::<Vec<_>>().join("\n")
}

/// For the documentation; `chart` is the file that lies beside it.
pub fn markdown(figures: &Figures, chart: &str) -> String {
    let (tables, growth) = (tables(figures), sentences(&figures.growth));
    let values = json!({ "tables": tables, "chart": chart, "machine": figures.machine, "growth": growth });
    fill(DOCUMENT, AutoEscape::None, &values)
}

fn tables(figures: &Figures) -> Vec<Table> {
    let all =
        [by_rows(&figures.by_rows), by_flows(&figures.by_flows), costs(&figures.by_flows), growth(&figures.growth)];
    all.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn heads(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn phase_names(run: Option<&Run>) -> impl Iterator<Item = String> {
    run.into_iter().flat_map(|run| &run.phases).map(|phase| phase.phase.clone())
}

fn seconds(phase: &Phase) -> String {
    format!("{:.1}", phase.seconds)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate, rounded")]
fn rate(run: &Run) -> String {
    count(run.rows_per_second.round() as u64)
}

fn by_rows(all: &[OfScale]) -> Table {
    let mut head = heads(&["scale", "jobs", "source rows", "seconds"]);
    head.extend(phase_names(all.first().map(|one| &one.run)));
    head.extend(heads(&["CPU s", "peak MiB", "rows/s", "× one job"]));
    let row = |one: &OfScale| {
        let run = &one.run;
        let alone = all.iter().find(|other| other.scale.total_cmp(&one.scale).is_eq() && other.jobs == 1);
        let mut cells =
            vec![one.scale.to_string(), one.jobs.to_string(), count(run.source_rows), format!("{:.1}", run.seconds)];
        cells.extend(run.phases.iter().map(seconds));
        cells.extend([format!("{:.1}", run.cpu_seconds), format!("{:.0}", run.peak_mib), rate(run)]);
        cells.push(alone.map_or_else(String::new, |alone| format!("{:.2}", alone.run.seconds / run.seconds)));
        cells
    };
    Table { name: "By rows and threads", head, rows: all.iter().map(row).collect() }
}

#[expect(clippy::cast_precision_loss, reason = "a number of flows")]
fn by_flows(all: &[OfFlows]) -> Table {
    let mut head = heads(&["flows", "jobs", "source rows", "seconds"]);
    head.extend(phase_names(all.first().map(|one| &one.run)));
    head.extend(heads(&["CPU s", "peak MiB", "s per flow"]));
    let row = |one: &OfFlows| {
        let run = &one.run;
        let mut cells =
            vec![count(one.flows as u64), one.jobs.to_string(), count(run.source_rows), format!("{:.1}", run.seconds)];
        cells.extend(run.phases.iter().map(seconds));
        cells.extend([format!("{:.1}", run.cpu_seconds), format!("{:.0}", run.peak_mib)]);
        cells.push(format!("{:.4}", run.seconds / one.flows as f64));
        cells
    };
    Table { name: "By flows of 100 rows", head, rows: all.iter().map(row).collect() }
}

fn costs(all: &[OfFlows]) -> Table {
    let mut head = heads(&["flows"]);
    head.extend(all.first().into_iter().flat_map(|one| &one.costs).map(|cost| cost.what.to_owned()));
    let row = |one: &OfFlows| {
        let cells = one.costs.iter().map(|cost| format!("{:.2}", cost.milliseconds_per_flow));
        std::iter::once(count(one.flows as u64)).chain(cells).collect()
    };
    Table { name: "Milliseconds for each flow", head, rows: all.iter().map(row).collect() }
}

fn growth(all: &[Growth]) -> Table {
    let head =
        heads(&["by", "jobs", "points", "fixed s", "and for each", "s", "worst deviation", "at", "MiB", "most/least"]);
    let row = |one: &Growth| {
        let (unit, each) = match one.by {
            "rows" => ("million rows", one.seconds_per_unit * MILLION),
            _ => ("flow", one.seconds_per_unit),
        };
        vec![
            one.by.to_owned(),
            one.jobs.to_string(),
            one.points.to_string(),
            format!("{:.2}", one.fixed_seconds),
            unit.to_owned(),
            format!("{each:.3}"),
            share(one.worst_deviation),
            count(one.worst_at),
            format!("{:.0} to {:.0}", one.least_mib, one.most_mib),
            format!("{:.2}", one.most_mib / one.least_mib),
        ]
    };
    Table { name: "How it grows: fixed, and so much for each", head, rows: all.iter().map(row).collect() }
}

/// The verdict on each series, in a sentence.
fn sentences(all: &[Growth]) -> Vec<String> {
    let one = |one: &Growth| {
        let near = if one.points < 3 {
            "too few points to tell how straight it is".to_owned()
        } else {
            format!("no run is more than {} off that line", share(one.worst_deviation))
        };
        let memory = format!("the largest peak is {:.2} times the least", one.most_mib / one.least_mib);
        let each = match one.by {
            "rows" => format!("{:.1} s for each million rows", one.seconds_per_unit * MILLION),
            _ => format!("{:.0} ms for each flow", one.seconds_per_unit * 1e3),
        };
        format!("By {}, `--jobs {}`: {:.1} s and {each}; {near}; {memory}.", one.by, one.jobs, one.fixed_seconds)
    };
    all.iter().map(one).collect()
}
