//! Owns how it is shown what differs between two sets of outcomes. Must not know: how it was found.

use super::super::args::Format;
use super::{json, numbers, table};
use crate::compare::{Cell, Compared, Difference, Fate, FlowDifference, Flows, Way};
use crate::outcome::Outcome;
use crate::report::words::{count, of};

/// Flows without a difference that a terminal names.
const SHOWN: usize = 8;

/// Shows how two sides differ.
pub fn difference(found: &Difference, format: Format) {
    if format == Format::Json {
        return json(found);
    }
    let (before, after) = (&found.before, &found.after);
    // Two files may give themselves one name.
    let by_file = before.pipeline == after.pipeline && before.file != after.file;
    anstream::println!("before  {}\nafter   {}", side(before, by_file), side(after, by_file));
    if found.other_namespace {
        anstream::println!("all ids differ: the namespaces are others. Compared as if both had that of before");
    }
    if found.refused_by_target > 0 {
        let rows = of(found.refused_by_target, "row", "rows");
        anstream::println!(
            "not counted as rejected: {rows} that the target refused in that run. Its rules had migrated them"
        );
    }
    let (differ, same): (Vec<_>, Vec<_>) = found.flows.iter().partition(|flow| flow.differs);
    for flow in differ {
        self::flow(flow);
    }
    if !same.is_empty() {
        let verb = if same.len() == 1 { "is the same" } else { "are the same" };
        let names = named(same.iter().map(|flow| flow.flow.as_str()));
        anstream::println!("\n{} {verb}: {names}", of(same.len() as u64, "flow", "flows"));
    }
    if !found.untouched.is_empty() {
        let number = of(found.untouched.len() as u64, "flow was", "flows were");
        let (rules, read) = if found.untouched.len() == 1 { ("its", "it reads") } else { ("their", "they read") };
        let names = named(found.untouched.iter().map(String::as_str));
        anstream::println!("\n{number} not run, since neither {rules} rules nor what {read} differ: {names}");
    }
    let sum = |part: fn(&FlowDifference) -> u64| found.flows.iter().map(part).sum::<u64>();
    if sum(FlowDifference::moved) + sum(|flow| flow.changed_rows) > 0 {
        anstream::println!(
            "\n{} in outcome or reason, or on one side only: {} in the target only after, {} only before. {} migrated with other values.",
            of(sum(FlowDifference::moved), "row differs", "rows differ"),
            count(sum(|flow| flow.reached().0)),
            count(sum(|flow| flow.reached().1)),
            of(sum(|flow| flow.changed_rows), "row is", "rows are"),
        );
    }
    match &found.rows {
        Some(place) => anstream::println!("rows      {place}"),
        None if !found.differs => anstream::println!("nothing differs"),
        None => {}
    }
}

/// The first names of many.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {}", of(more as u64, "other", "others")) };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}

fn side(side: &Compared, by_file: bool) -> String {
    let snapshot = side.snapshot.get(..12).unwrap_or(&side.snapshot);
    let pipeline = if by_file { format!("{} ({})", side.pipeline, side.file) } else { side.pipeline.clone() };
    match &side.run {
        Some(run) => format!("run {run} of {pipeline}, snapshot {snapshot}"),
        None => format!("{pipeline}, snapshot {snapshot}"),
    }
}

fn flow(flow: &FlowDifference) {
    let bold = anstyle::Style::new().bold();
    let note = match (flow.sides, &flow.was) {
        (Flows::Before, _) => " (only before)".to_owned(),
        (Flows::After, _) => " (only after)".to_owned(),
        (Flows::Both, Some(was)) => format!(" (before: {was})"),
        (Flows::Both, None) => String::new(),
    };
    anstream::println!("\n{bold}{}{bold:#} → {}{note}", flow.flow, flow.target);
    matrix(flow);
    reasons(flow);
    for (columns, when) in [(&flow.columns_only_before, "before"), (&flow.columns_only_after, "after")] {
        if !columns.is_empty() {
            anstream::println!("columns only {when}: {}", columns.join(", "));
        }
    }
    if flow.other_ids > 0 {
        anstream::println!("ids differ in {}: another entity or key", of(flow.other_ids, "row", "rows"));
    }
    if flow.changed_rows > 0 {
        anstream::println!("{} migrated before and after with other values", of(flow.changed_rows, "row", "rows"));
        let mut rows = table(&["changed column", "rows", "for example"]);
        for column in &flow.columns {
            rows.add_row([column.column.clone(), count(column.rows), column.keys.join(", ")]);
        }
        numbers(&mut rows, [1]);
        anstream::println!("{rows}");
    }
    if !flow.warnings.is_empty() {
        let mut rows = table(&["warning", "before", "after", "gained", "lost"]);
        for warning in &flow.warnings {
            let numbers = [warning.before, warning.after, warning.gained, warning.lost].map(count);
            rows.add_row(std::iter::once(warning.warning.clone()).chain(numbers));
        }
        numbers(&mut rows, 1..5);
        anstream::println!("{rows}");
    }
}

/// Outcomes before down, outcomes after across; only those that there are.
fn matrix(flow: &FlowDifference) {
    let all = || Outcome::ALL.into_iter().map(Some).chain([None]);
    let before: Vec<_> = all().filter(|side| flow.matrix.iter().any(|cell| cell.before == *side)).collect();
    let after: Vec<_> = all().filter(|side| flow.matrix.iter().any(|cell| cell.after == *side)).collect();
    let name = |side: Option<Outcome>| side.map_or("(no row)", Outcome::name);
    let rows_of = |these: &dyn Fn(&Cell) -> bool| -> String {
        let rows: u64 = flow.matrix.iter().filter(|cell| these(cell)).map(|cell| cell.rows).sum();
        if rows == 0 { String::new() } else { count(rows) }
    };
    let mut head = vec!["before ↓ after →"];
    head.extend(after.iter().map(|side| name(*side)));
    head.push("all");
    let mut rows = table(&head);
    for old in before {
        let cells = after.iter().map(|new| rows_of(&|cell| cell.before == old && cell.after == *new));
        let all = rows_of(&|cell| cell.before == old);
        rows.add_row(std::iter::once(name(old).to_owned()).chain(cells).chain([all]));
    }
    let sums = after.iter().map(|new| rows_of(&|cell| cell.after == *new));
    rows.add_row(std::iter::once("all".to_owned()).chain(sums).chain([String::new()]));
    numbers(&mut rows, 1..head.len());
    anstream::println!("{rows}");
}

fn reasons(flow: &FlowDifference) {
    if flow.reasons.is_empty() {
        return;
    }
    let mut rows = table(&["", "reason", "before", "after", "rows went (→) and came (←)"]);
    for reason in &flow.reasons {
        let went = reason.went.iter().map(|way| told("→", way));
        let came = reason.came.iter().map(|way| told("←", way));
        rows.add_row([
            reason.outcome.to_string(),
            reason.reason.clone(),
            count(reason.before),
            count(reason.after),
            went.chain(came).collect::<Vec<_>>().join(", "),
        ]);
    }
    numbers(&mut rows, [2, 3]);
    anstream::println!("{rows}");
}

fn told(arrow: &str, way: &Way) -> String {
    let fate = match &way.fate {
        None => "(no row)".to_owned(),
        Some(Fate { outcome, reason: None }) => outcome.to_string(),
        Some(Fate { outcome, reason: Some(reason) }) => format!("{outcome} {reason}"),
    };
    format!("{} {arrow} {fate}", count(way.rows))
}
