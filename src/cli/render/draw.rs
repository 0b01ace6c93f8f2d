//! Owns how the flows of a pipeline, and the way of their columns, are drawn: for Graphviz and for Mermaid.
//! Must not know: how they were found.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::command::check::{Checked, ColumnLineage, From};

/// What is drawn: boxes with lines between them, whatever draws it.
struct Drawing {
    /// Groups of boxes, each with its name; a box has an id and a text.
    groups: Vec<(String, Vec<(String, String)>)>,
    /// From, to, and is it dotted?
    lines: Vec<(String, String, bool)>,
}

/// The drawing for Graphviz.
pub fn dot(checked: &Checked, lineage: bool) -> String {
    let drawing = drawing(checked, lineage);
    let mut text = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", quoted(&checked.pipeline));
    for (at, (name, boxes)) in drawing.groups.iter().enumerate() {
        let indent = if name.is_empty() { "  " } else { "    " };
        if !name.is_empty() {
            let _ = writeln!(text, "  subgraph cluster_{at} {{\n    label={};", quoted(name));
        }
        for (id, label) in boxes {
            let _ = writeln!(text, "{indent}{} [label={}];", quoted(id), quoted(label));
        }
        if !name.is_empty() {
            text.push_str("  }\n");
        }
    }
    for (from, to, dotted) in &drawing.lines {
        let style = if *dotted { " [style=dashed]" } else { "" };
        let _ = writeln!(text, "  {} -> {}{style};", quoted(from), quoted(to));
    }
    text.push_str("}\n");
    text
}

/// The drawing for Mermaid, whose ids are numbers: it takes no others.
pub fn mermaid(checked: &Checked, lineage: bool) -> String {
    let drawing = drawing(checked, lineage);
    let mut text = "flowchart LR\n".to_owned();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, (name, boxes)) in drawing.groups.iter().enumerate() {
        let indent = if name.is_empty() { "  " } else { "    " };
        if !name.is_empty() {
            let _ = writeln!(text, "  subgraph g{at}[\"{}\"]", entities(name));
        }
        for (id, label) in boxes {
            let number = numbers.len();
            numbers.insert(id, number);
            let _ = writeln!(text, "{indent}n{number}[\"{}\"]", entities(label));
        }
        if !name.is_empty() {
            text.push_str("  end\n");
        }
    }
    for (from, to, dotted) in &drawing.lines {
        let (Some(from), Some(to)) = (numbers.get(from.as_str()), numbers.get(to.as_str())) else { continue };
        let _ = writeln!(text, "  n{from} {} n{to}", if *dotted { "-.->" } else { "-->" });
    }
    text
}

fn drawing(checked: &Checked, lineage: bool) -> Drawing {
    match &checked.lineage {
        Some(columns) if lineage => of_columns(columns),
        _ => of_flows(checked),
    }
}

/// Flows in their order; a line from each flow to those that read it, a dotted one to those that are better after it.
fn of_flows(checked: &Checked) -> Drawing {
    let label = |flow: &crate::command::check::CheckedFlow| format!("{}\n{} → {}", flow.flow, flow.source, flow.target);
    let boxes = checked.flows.iter().map(|flow| (flow.flow.clone(), label(flow))).collect();
    let line = |from: &String, to: &str, dotted| (from.clone(), to.to_owned(), dotted);
    let lines = checked.flows.iter().flat_map(|flow| {
        let reads = flow.reads.iter().map(|other| line(other, &flow.flow, false));
        reads.chain(flow.after.iter().map(|other| line(other, &flow.flow, true))).collect::<Vec<_>>()
    });
    Drawing { groups: vec![(String::new(), boxes)], lines: lines.collect() }
}

/// Tables of the source and of the target with their columns; a line from each column to those that are made of it, a
/// dotted one to those it decides over. What decides over whole rows is left out: it would be a line to every column.
fn of_columns(columns: &[ColumnLineage]) -> Drawing {
    let columns: Vec<&ColumnLineage> = columns.iter().filter(|column| !column.column.starts_with('_')).collect();
    let mut groups: BTreeMap<(bool, String), Vec<(String, String)>> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut put = |is_target: bool, table: &str, column: &str| {
        let side = if is_target { "target" } else { "source" };
        let id = format!("{side} {table}.{column}");
        let boxes = groups.entry((is_target, format!("{side} {table}"))).or_default();
        if !boxes.iter().any(|(known, _)| *known == id) {
            boxes.push((id.clone(), column.to_owned()));
        }
        id
    };
    for column in columns {
        let to = put(true, &column.target, &column.column);
        for From { table, column: name, value, whole_row, .. } in &column.from {
            let from = put(false, table, name);
            let line = (from, to.clone(), !(*value || *whole_row));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    Drawing { groups: groups.into_iter().map(|((_, name), boxes)| (name, boxes)).collect(), lines }
}

/// A text as Graphviz reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A text as Mermaid reads it, in quotes.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('#', "&num;")
        .replace('\n', "<br/>")
}
