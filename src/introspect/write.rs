//! Owns how a flow, the pipeline file and the account of what was decided look as text.
//! Must not know: how any of it was found.

use std::fmt::Write;

use super::destination::{self, Destination};
use super::draft::{Column, Flow};
use super::plan::{Identity, Planned};
use super::source::{self, Source};
use super::spelling::{ident, toml, toml_names};
use crate::server::sql::fill;

/// Where ` as name` begins in the SELECT, where the expression leaves room for it.
const NAMES_AT: usize = 62;
/// The longest line of a comment.
const WIDTH: usize = 118;

/// The file of a flow.
#[must_use]
pub fn flow(planned: &Planned, flow: &Flow, from: &source::Table, to: &destination::Table) -> String {
    let mut header: Vec<(&str, String)> = vec![("source", from.in_header()), ("key", toml_names(&from.key))];
    header.push(("entity", toml(&planned.entity)));
    if to.shown != planned.name {
        header.push(("target", toml(&target_name(to))));
    }
    match &planned.identity {
        Identity::Derived { column } if column == "id" => {}
        Identity::Derived { column } => header.push(("id_column", toml(column))),
        Identity::Given { column } => {
            header.push(("id", toml("given")));
            header.push(("id_column", toml(column)));
        }
        Identity::Server { column } => {
            header.push(("id", toml("server")));
            header.push(("id_column", toml(column)));
        }
        Identity::None { columns } => {
            header.push(("id", toml("none")));
            if !columns.is_empty() {
                header.push(("identity", toml_names(columns)));
            }
        }
    }
    if !flow.matching.is_empty() {
        header.push(("existing", toml("adopt")));
        header.push((
            "match",
            format!("[{}]", flow.matching.iter().map(|name| toml(name)).collect::<Vec<_>>().join(", ")),
        ));
    }
    let described = from.comment.as_ref().and_then(|comment| comment.lines().next()).map(str::to_owned);
    let described = described.unwrap_or_else(|| format!("The rows of {}.", from.shown()));
    header.push(("description", toml(&described.replace("*/", "* /"))));
    let wide = header.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let header: Vec<String> = header.iter().map(|(key, value)| format!("{key:wide$} = {value}")).collect();
    let mut text = fill(
        include_str!("../../sql/control/introspect/flow.sql"),
        &[
            ("header", &header.join("\n")),
            ("notes", &notes(flow)),
            ("with", &flow.with),
            ("columns", &selected(flow)),
            ("table", &from.in_sql()),
            ("alias", &flow.alias),
        ],
    );
    text.push_str(&joins(flow));
    text
}

/// The target's table in a header: in quotes where its name has dots.
fn target_name(to: &destination::Table) -> String {
    let odd = to.name.contains('.') || to.schema.contains('.');
    if odd { crate::server::sql::quote_table(&to.schema, &to.name) } else { to.shown.clone() }
}

fn notes(flow: &Flow) -> String {
    let mut text = String::new();
    for note in &flow.notes {
        text.push_str(&comment(note, "-- "));
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// A sentence as lines of a comment. No value may end it early.
fn comment(sentence: &str, before: &str) -> String {
    let mut text = String::new();
    let mut line = before.to_owned();
    for word in sentence.split_whitespace() {
        if line.len() + word.len() + 1 > WIDTH && line.trim_end() != before.trim_end() {
            text.push_str(line.trim_end());
            text.push('\n');
            before.clone_into(&mut line);
        }
        line.push_str(word);
        line.push(' ');
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text
}

fn selected(flow: &Flow) -> String {
    let mut parts: Vec<(Option<&String>, String, &str)> = vec![(None, flow.key.clone(), "_key")];
    if let Some(given) = &flow.given {
        parts.push((None, given.clone(), "_id"));
    }
    parts.push((None, outcome(flow), "_outcome"));
    if !flow.warnings.is_empty() {
        parts.push((None, warnings(flow), "_warnings"));
    }
    for Column { name, sql, note } in &flow.columns {
        parts.push((note.as_ref(), sql.clone(), name));
    }
    let mut text = String::new();
    let last = parts.len() - 1;
    for (at, (note, sql, name)) in parts.iter().enumerate() {
        if let Some(note) = note {
            text.push_str(&comment(note, "    -- "));
        }
        let comma = if at == last { "" } else { "," };
        let ending = sql.rsplit('\n').next().unwrap_or(sql);
        let indent = if sql.contains('\n') { 0 } else { 4 };
        let room = NAMES_AT.saturating_sub(ending.chars().count() + indent + 1);
        let _ = writeln!(text, "    {sql}{:room$} as {}{comma}", "", ident(name));
    }
    text.trim_end().to_owned()
}

fn outcome(flow: &Flow) -> String {
    if flow.branches.is_empty() {
        return "migrate()".to_owned();
    }
    let wide = flow.branches.iter().map(|(condition, _)| condition.chars().count()).max().unwrap_or(0).min(60);
    let mut text = String::from("case\n");
    // What holds for all rows comes last: the others have reasons of their own.
    let (all, some): (Vec<_>, Vec<_>) = flow.branches.iter().partition(|(condition, _)| condition == "true");
    for (condition, outcome) in some.into_iter().chain(all) {
        let _ = writeln!(text, "        when {condition:wide$} then {outcome}");
    }
    let _ = writeln!(text, "        else {:wide$}      migrate()", "");
    text.push_str("    end");
    text
}

fn warnings(flow: &Flow) -> String {
    let wide = flow.warnings.iter().map(|(condition, _)| condition.chars().count() + 1).max().unwrap_or(0).min(60);
    let lines: Vec<String> = flow
        .warnings
        .iter()
        .map(|(condition, code)| format!("        {:wide$} '{code}'", format!("{condition},")))
        .collect();
    format!("warnings(\n{}\n    )", lines.join(",\n"))
}

fn joins(flow: &Flow) -> String {
    let wide = |of: &dyn Fn(&super::draft::Join) -> usize| flow.joins.iter().map(of).max().unwrap_or(0);
    let relation = wide(&|join| join.relation.chars().count());
    let alias = wide(&|join| join.alias.chars().count());
    let left = wide(&|join| join.on.0.chars().count());
    let mut text = String::new();
    for join in &flow.joins {
        let (on, to) = &join.on;
        let _ = writeln!(text, "left join {:relation$} {:alias$} on {on:left$} = {to}", join.relation, join.alias);
    }
    text
}

/// What the pipeline file and the account are written from.
pub struct Whole<'a> {
    pub name: String,
    pub source: &'a Source,
    pub target: &'a Destination,
    pub zone: bool,
    /// Source tables that no flow reads, and why.
    pub left_out: Vec<(String, String)>,
}

/// The pipeline file.
#[must_use]
pub fn pipeline(whole: &Whole) -> String {
    let mut text = format!(
        "# Written by rehome init. INIT.md says what was decided, and what is left to decide.\n# All paths are relative to this file.\n\
         name      = {}\nflows     = \"flows\"\n\n\
         # Every UUID is derived from this one, the entity and the legacy key. Never change it: all ids would change with it.\n\
         namespace = \"{}\"\n\n\
         # The share of the rows in scope that each flow must migrate, for a run to succeed. TODO: what is enough?\n# accept  = 0.99\n",
        toml(&whole.name),
        crate::id::Namespace::of_pipeline(&whole.name).uuid()
    );
    if !whole.left_out.is_empty() {
        text.push_str("\n# Tables of the source that no flow reads, and why.\nunmapped = [\n");
        let wide = whole.left_out.iter().map(|(table, _)| toml(table).chars().count() + 1).max().unwrap_or(0);
        for (table, why) in &whole.left_out {
            // What is still to be decided goes on being told by `rehome check`.
            let mark = if why.contains("TODO") { "# " } else { "" };
            let _ = writeln!(text, "    {mark}{:wide$} # {why}", format!("{},", toml(table)));
        }
        text.push_str("]\n");
    }
    let schemas: Vec<String> = whole.source.schemas.iter().map(|schema| toml(schema)).collect();
    let _ = write!(text, "\n[source]\nschemas      = [{}]\n", schemas.join(", "));
    let prefixes: Vec<String> = whole.source.written_prefixes().iter().map(|prefix| toml(prefix)).collect();
    if !prefixes.is_empty() {
        let _ = writeln!(text, "strip_prefix = [{}]    # no part of what a table holds", prefixes.join(", "));
    }
    if whole.zone {
        text.push_str(
            "# Clocks of the source become instants of the target. TODO: in which zone were they? If it is not one for all tables,\n\
             # [source.time_zones] says it by table or column.\ntime_zone    = \"UTC\"\n",
        );
    }
    let _ = write!(text, "\n[target]\nschema = {}\n", toml(&whole.target.schema));
    text
}
