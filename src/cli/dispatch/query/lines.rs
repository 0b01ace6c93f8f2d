//! Owns the dot-commands of `rehome query`. Must not know: where they come from.

use clap::ValueEnum;
use serde::Serialize;

use super::{Next, Shown};
use crate::cli::args::Format;
use crate::cli::args::query::Form;
use crate::cli::render::{self, query::facts};
use crate::command::query::{ColumnShown, ReasonShown, TableShown, columns, opened, reasons, tables};
use crate::error::{Error, Result};
use crate::report::words::count;
use crate::run::stored::Stored;

/// Each with what may follow it, and what it does.
pub const COMMANDS: [(&str, &str, &str); 7] = [
    (".tables", "", "the tables, and their rows"),
    (".schema", "[TABLE]", "the columns of a table, or of all, and their types"),
    (".reasons", "[FLOW]", "why rows were rejected or skipped, and warnings, with their rows"),
    (".format", "[FORM]", "how rows are shown: table, csv, json or jsonl"),
    (".limit", "[N]", "the rows that a table shows"),
    (".help", "", "this list"),
    (".quit", "", "ends the shell, as Ctrl-C does"),
];

/// Does what a command says.
pub async fn command(line: &str, stored: &Stored, shown: &mut Shown) -> Result<Next> {
    let line = line.trim().trim_end_matches(';');
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
    let stays = match name {
        ".tables" => {
            let all = tables(stored);
            let of_flow = |one: &&TableShown| !one.table.starts_with("source.") && !one.table.starts_with("shared.");
            let (flows, others): (Vec<&TableShown>, Vec<&TableShown>) = all.iter().partition(of_flow);
            if is_json(shown) {
                render::json(&all);
                return Ok(Next::More);
            }
            let cells = |one: &&TableShown| vec![one.table.clone(), one.rows.map_or(String::new(), count)];
            let stays = others.is_empty() || facts(&["table", "rows"], &[1], others.iter().map(cells).collect())?;
            stays && (flows.is_empty() || flows_facts(&flows)?)
        }
        ".schema" => {
            let all = columns(stored, rest).await?;
            let cells = |one: &ColumnShown| vec![one.table.clone(), one.column.clone(), one.kind.clone()];
            show(shown, &all, &["table", "column", "type"], &[], cells)?
        }
        ".reasons" => {
            let all = reasons(stored, rest)?;
            let cells =
                |one: &ReasonShown| vec![one.flow.clone(), one.outcome.clone(), one.reason.clone(), count(one.rows)];
            show(shown, &all, &["flow", "outcome", "reason", "rows"], &[3], cells)?
        }
        ".format" => return format(rest, shown),
        ".limit" => return limit(rest, shown),
        ".help" => help(stored)?,
        ".quit" | ".exit" => false,
        _ => {
            return Err(Error::config(format!("there is no command '{name}'")).hint(".help lists them"));
        }
    };
    Ok(if stays { Next::More } else { Next::Quit })
}

fn show<T: Serialize>(
    shown: &Shown,
    all: &[T],
    head: &[&str],
    numbers: &[usize],
    cells: impl Fn(&T) -> Vec<String>,
) -> Result<bool> {
    if is_json(shown) {
        render::json(&all);
        return Ok(true);
    }
    facts(head, numbers, all.iter().map(cells).collect())
}

fn is_json(shown: &Shown) -> bool {
    shown.format == Format::Json || matches!(shown.form, Form::Json | Form::Jsonl)
}

/// What became of the rows of each flow: a line a flow, and a column for each schema that has the flow's rows.
fn flows_facts(tables: &[&TableShown]) -> Result<bool> {
    let mut head = vec!["flow".to_owned()];
    let mut lines: Vec<Vec<String>> = Vec::new();
    for table in tables {
        let Some((schema, flow)) = table.table.split_once('.') else { continue };
        let head_of = format!("{schema}.*");
        if !head.contains(&head_of) {
            head.push(head_of);
        }
        let rows = table.rows.map_or(String::new(), count);
        match lines.iter_mut().find(|line| line[0] == flow) {
            Some(line) => line.push(rows),
            None => lines.push(vec![flow.to_owned(), rows]),
        }
    }
    let numbers: Vec<usize> = (1..head.len()).collect();
    facts(&head.iter().map(String::as_str).collect::<Vec<_>>(), &numbers, lines)
}

fn format(asked: Option<&str>, shown: &mut Shown) -> Result<Next> {
    match asked.map(|asked| Form::from_str(asked, true)) {
        None => facts(&["format"], &[], vec![vec![name_of(shown.form)]]).map(|_| Next::More),
        Some(Ok(Form::Parquet)) => Err(Error::config("Parquet is for files, not for a shell")
            .hint("rehome query \"…\" --out FILE.parquet writes it")),
        Some(Ok(form)) => {
            shown.form = form;
            Ok(Next::More)
        }
        Some(Err(_)) => Err(Error::config("there is no such form").hint("table, csv, json or jsonl")),
    }
}

fn name_of(form: Form) -> String {
    form.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn limit(asked: Option<&str>, shown: &mut Shown) -> Result<Next> {
    match asked.map(str::parse) {
        None => facts(&["limit"], &[0], vec![vec![shown.limit.to_string()]]).map(|_| Next::More),
        Some(Ok(limit)) => {
            shown.limit = limit;
            Ok(Next::More)
        }
        Some(Err(_)) => Err(Error::config("a limit is a number of rows")),
    }
}

fn help(stored: &Stored) -> Result<bool> {
    let mut rows: Vec<Vec<String>> = COMMANDS
        .iter()
        .map(|(name, rest, what)| vec![format!("{name} {rest}").trim_end().to_owned(), (*what).to_owned()])
        .collect();
    rows.push(vec!["SQL;".to_owned(), "a query in PostgreSQL's SQL; it ends with a semicolon".to_owned()]);
    rows.push(vec![String::new(), format!("looked at: {}", opened(stored))]);
    facts(&["command", "what it does"], &[], rows)
}
