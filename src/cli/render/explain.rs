//! Owns how the story of a row is shown. Must not know: how it was found out.

use super::super::args::Format;
use super::json;
use crate::explain::{Column, Decision, Explained, Found, InTarget, Join, Row, Source, Story, TargetRow, Truth};
use crate::report::{CIRCLE, PRESENT};

/// How wide a line of columns grows.
const WIDTH: usize = 116;

/// How many characters are shown of what a join looked for.
const EXPRESSION: usize = 40;

/// Shows stories.
pub fn show(explained: &Explained, format: Format) {
    if format == Format::Json {
        return json(explained);
    }
    for (at, story) in explained.stories.iter().enumerate() {
        if at > 0 {
            anstream::println!();
        }
        one(story);
    }
}

fn one(story: &Story) {
    let told = match story.rows.as_slice() {
        [row] => row.reason.as_ref().map_or(row.outcome.clone(), |reason| format!("{}, {reason}", row.outcome)),
        rows => format!("{} rows", rows.len()),
    };
    anstream::println!("{} {}: {told}", story.flow, story.key);
    let basis = if story.tried { "rules tried" } else { "run" };
    anstream::println!("{basis} {}, snapshot {}", story.run, story.snapshot);
    source(&story.source);
    for row in &story.rows {
        self::row(story, row);
    }
    if !story.not_looked_into.is_empty() {
        anstream::println!("\nnot looked into");
        for what in &story.not_looked_into {
            anstream::println!("  {what}");
        }
    }
}

fn source(source: &Source) {
    anstream::println!("\nsource  {}", source.table);
    columns(&source.columns);
    if !source.unreadable.is_empty() {
        anstream::println!("  could not be read: {}", source.unreadable.join(", "));
    }
}

/// Columns: those with values one a line, others one after the other.
fn columns(columns: &[Column]) {
    if columns.iter().any(|column| column.value.is_some()) {
        let mut rows = lines();
        for column in columns {
            let value = if column.null { "NULL".to_owned() } else { column.value.clone().unwrap_or_default() };
            rows.add_row([format!("  {}", column.name), column.kind.clone(), value]);
        }
        print(rows);
        return;
    }
    let mut line = String::new();
    for column in columns {
        let told = format!("{} {}{}", column.name, column.kind, if column.null { " NULL" } else { "" });
        if !line.is_empty() && line.len() + told.len() + 4 > WIDTH {
            anstream::println!("  {line},");
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&told);
    }
    if !line.is_empty() {
        anstream::println!("  {line}");
    }
}

fn row(story: &Story, row: &Row) {
    let reason = row.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
    let which = if row.key == story.key { String::new() } else { format!("{}: ", row.key) };
    anstream::println!("\noutcome {which}{}{reason}", row.outcome);
    for because in &row.because {
        anstream::println!("  {because}");
    }
    if let Some(remedy) = &row.remedy {
        anstream::println!("  to recover it: {remedy}");
    }
    if let Some(decision) = &row.decision {
        decided(decision);
    }
    if !row.joins.is_empty() {
        anstream::println!("\njoins");
        let mut rows = lines();
        for join in &row.joins {
            joined(join, 1, &mut rows);
        }
        print(rows);
    }
    if !row.warnings.is_empty() {
        anstream::println!("\nwarnings");
        let mut rows = lines();
        for warning in &row.warnings {
            let (text, place) = warning.clause.as_ref().map_or(("", ""), |clause| (&clause.text, &clause.place));
            rows.add_row([format!("  {}", warning.code), text.to_owned(), place.to_owned()]);
        }
        print(rows);
    }
    if !row.causes.is_empty() {
        anstream::println!("\ncauses");
        let mut rows = lines();
        for (at, link) in row.causes.iter().enumerate() {
            let lead = match at {
                0 => "",
                _ if link.reason == CIRCLE => "and round again: ",
                _ => "because of ",
            };
            // The rule that names it wants more than that the row is there.
            let told = if link.reason == PRESENT { "migrated all the same" } else { &link.reason };
            rows.add_row([format!("  {lead}{} {}", link.flow, link.key), told.to_owned()]);
        }
        print(rows);
    }
    if !row.result.is_empty() {
        let id = row.id.as_ref().map(|id| format!("  {id}")).unwrap_or_default();
        anstream::println!("\nresult  {} ({}){id}", story.target, story.entity);
        columns(&row.result);
    }
    anstream::println!("\nstored  {}", row.stored_in);
    if let Some(place) = &row.in_target {
        in_target(place);
    }
}

fn in_target(place: &InTarget) {
    anstream::println!("\ntarget");
    let row = match place.row {
        TargetRow::NotExpected => "no row is made of it",
        TargetRow::Absent => "the row is not there",
        TargetRow::AsLeft => "the row is there, as it was left",
        TargetRow::Changed => "the row is there, and was changed since",
    };
    let differs = if place.differs.is_empty() { String::new() } else { format!(": {}", place.differs.join(", ")) };
    anstream::println!("  {row}{differs}");
    let mut rows = lines();
    let mut add = |name: &str, told: String| {
        rows.add_row([format!("  {name}"), told]);
    };
    let chunk = match (&place.run_state, &place.claimed_at) {
        (None, _) => None,
        (Some(state), Some(at)) => Some(format!("{state}; the chunk is in since {at}")),
        (Some(state), None) if place.by_difference => {
            Some(format!("{state}; it brought only what differs from the run before"))
        }
        (Some(state), None) => Some(format!("{state}; the chunk is not in")),
    };
    if let Some(told) = chunk {
        add("run", told);
    }
    if let Some(latest) = &place.latest_run {
        add("latest run", format!("{latest}, which may have changed it"));
    }
    if let Some(mapping) = &place.mapping {
        let by = mapping.run.as_ref().map_or("no run of ours".to_owned(), |run| format!("the run {run}"));
        add("mapping", format!("{} of {}, by {by}", mapping.id, mapping.entity));
    }
    if let Some(held) = &place.quarantine {
        let more = [("SQLSTATE", &held.sqlstate), ("constraint", &held.constraint), ("column", &held.column)];
        let more: String =
            more.iter().filter_map(|(name, value)| Some(format!(", {name} {}", value.as_ref()?))).collect();
        add("quarantine", format!("{}{more}, since {} by the run {}", held.reason, held.since, held.since_run));
    }
    for moved in &place.history {
        let columns = if moved.columns.is_empty() { String::new() } else { format!(" ({})", moved.columns.join(", ")) };
        let at = moved.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
        add("history", format!("{}{columns}{at} by the run {}", moved.what, moved.run));
    }
    if rows.row_count() > 0 {
        print(rows);
    }
    if place.columns.iter().any(|column| column.value.is_some()) {
        columns(&place.columns);
    }
}

fn decided(decision: &Decision) {
    anstream::println!("\nbranches");
    let mut rows = lines();
    if decision.branches.is_empty() {
        rows.add_row([format!("  {}", decision.by.text), format!("→ {}", decision.says), decision.by.place.clone()]);
    }
    for (at, branch) in decision.branches.iter().enumerate() {
        let indent = "  ".repeat(branch.depth + 1);
        let fired = branch.was == Truth::True;
        // What a CASE within it gives, its own branches tell.
        let goes_on = decision.branches.get(at + 1).is_some_and(|next| next.depth > branch.depth);
        let gives = fired && !goes_on;
        let told = if gives { format!("→ {}", branch.then.text) } else { truth(branch.was).to_owned() };
        let place = if gives { &branch.then.place } else { &branch.when.place };
        rows.add_row([format!("{indent}{}", branch.when.text), told, place.clone()]);
    }
    print(rows);
    if decision.not_reached > 0 {
        anstream::println!("  {} more not looked at", decision.not_reached);
    }
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Null => "null",
    }
}

fn joined(join: &Join, depth: usize, rows: &mut comfy_table::Table) {
    let indent = "  ".repeat(depth);
    let looked: Vec<String> = join
        .keys
        .iter()
        .filter_map(|key| match (&key.value, key.null) {
            (_, true) => Some(format!("{} is NULL", short(&key.expression))),
            (Some(value), _) => Some(format!("{} is {value}", short(&key.expression))),
            (None, false) => None,
        })
        .collect();
    let looked = if looked.is_empty() { String::new() } else { format!(": {}", looked.join(", ")) };
    let found = match join.found {
        Found::Start => "the row".to_owned(),
        Found::One => format!("found{looked}"),
        Found::None => format!("none{looked}"),
        Found::Unknown => "not looked into".to_owned(),
    };
    rows.add_row([format!("{indent}{}", join.clause.text), found, join.clause.place.clone()]);
    for condition in &join.kept_away_by {
        rows.add_row([format!("{indent}  {}", condition.text), truth(condition.was).to_owned(), String::new()]);
    }
    for lost in &join.lost {
        rows.add_row([
            format!("{indent}  {}", lost.clause.text),
            format!("{} left", lost.rows),
            lost.clause.place.clone(),
        ]);
    }
    for inner in &join.within {
        joined(inner, depth + 1, rows);
    }
}

/// An expression, cut where it grows long: it stands in full in the join's condition.
fn short(text: &str) -> String {
    if text.chars().count() <= EXPRESSION {
        return text.to_owned();
    }
    text.chars().take(EXPRESSION - 1).chain(['…']).collect()
}

/// Shows a table without the blanks around it.
fn print(mut rows: comfy_table::Table) {
    for column in rows.column_iter_mut() {
        column.set_padding((0, 2));
    }
    anstream::println!("{}", rows.trim_fmt());
}

/// A table without lines and head.
fn lines() -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    table
}
