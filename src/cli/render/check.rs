//! Owns how it is shown what a check of a pipeline found. Must not know: how it was found.

use anstyle::{AnsiColor, Style};

use super::super::args::Output;
use super::draw;
use super::{json, table};
use crate::command::check::{
    Against, Checked, CheckedFlow, ColumnLineage, Coverage, Finding, LookedAt, Severity, State,
};

/// Shows what a check of a pipeline found.
pub fn checked(checked: &Checked, lineage: bool, format: Output) {
    match format {
        Output::Json => return json(checked),
        Output::Dot => return anstream::print!("{}", draw::dot(checked, lineage)),
        Output::Mermaid => return anstream::print!("{}", draw::mermaid(checked, lineage)),
        Output::Text => {}
    }
    flows(&checked.flows);
    if let Some(columns) = checked.lineage.as_ref().filter(|_| lineage) {
        of_columns(columns);
    }
    for fires in &checked.triggers {
        anstream::println!("{fires}");
    }
    if let Some(texts) = &checked.texts {
        anstream::println!("{texts}");
    }
    if let Some(coverage) = &checked.coverage {
        anstream::println!("{}", told(coverage));
    }
    if !checked.triggers.is_empty() || checked.texts.is_some() || checked.coverage.is_some() {
        anstream::println!();
    }
    checked.findings.iter().for_each(finding);
    anstream::println!("{}", verdict(checked));
}

fn flows(flows: &[CheckedFlow]) {
    let mut rows = table(&["", "flow", "source", "target", "reads", "better after"]);
    for (at, flow) in flows.iter().enumerate() {
        let order = match flow.state {
            State::Parsed | State::Planned => (at + 1).to_string(),
            State::Wrong => "wrong".to_owned(),
            State::NotLookedAt => "-".to_owned(),
        };
        rows.add_row([
            order,
            flow.flow.clone(),
            flow.source.clone(),
            flow.target.clone(),
            flow.reads.join(", "),
            flow.after.join(", "),
        ]);
    }
    anstream::println!("{rows}\n");
}

fn of_columns(columns: &[ColumnLineage]) {
    let mut rows = table(&["flow", "column", "made of", "decided by"]);
    for column in columns {
        let made = column.from.iter().filter(|from| from.value).map(|from| format!("{}.{}", from.table, from.column));
        let made: Vec<String> = made.chain(whole_rows(column)).collect();
        let decides = column.reads.iter().filter(|read| read.decides && !read.value);
        let decides: Vec<&str> = decides.map(|read| read.column.as_str()).collect();
        let name = format!("{}.{}", column.target, column.column);
        rows.add_row([column.flow.clone(), name, made.join("\n"), decides.join("\n")]);
    }
    anstream::println!("{rows}\n");
}

/// The tables of which all columns go along as JSON.
fn whole_rows(column: &ColumnLineage) -> impl Iterator<Item = String> {
    let mut tables: Vec<&str> =
        column.from.iter().filter(|from| from.whole_row).map(|from| from.table.as_str()).collect();
    tables.dedup();
    tables.into_iter().map(|table| format!("{table} (whole rows)"))
}

fn told(coverage: &Coverage) -> String {
    let Coverage { columns, value, decides, whole_row, unmapped, nowhere, unknown, .. } = coverage;
    let parts = [
        (*value, "go into values of the target"),
        (*decides, "decide over some"),
        (*whole_row, "go along in whole rows, as JSON"),
        (*unmapped, "may go nowhere"),
        (*nowhere, "go nowhere"),
        (*unknown, "are in tables of flows that cannot be planned"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    format!("of {columns} columns of the source, {}", parts.collect::<Vec<_>>().join(", "))
}

fn finding(finding: &Finding) {
    let colour = match finding.severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    let (style, bold) = (Style::new().bold().fg_color(Some(colour.into())), Style::new().bold());
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    anstream::println!("{style}{word}{style:#}: {}", finding.message);
    if let Some(place) = &finding.place {
        anstream::println!("  {bold}-->{bold:#} {place}");
    }
    if let Some(sql) = &finding.sql {
        anstream::println!("   {bold}sql{bold:#}: {sql}");
    }
    if let Some(hint) = &finding.hint {
        anstream::println!("   {bold}hint{bold:#}: {hint}");
    }
    anstream::println!();
}

fn verdict(checked: &Checked) -> String {
    let count = |severity: Severity, word: &str| {
        let count = checked.findings.iter().filter(|finding| finding.severity == severity).count();
        match count {
            0 => None,
            1 => Some(format!("1 {word}")),
            _ => Some(format!("{count} {word}s")),
        }
    };
    let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let is = match checked.exit_code {
        0 => "is sound",
        6 => "was written for another source or target",
        _ => "is wrong",
    };
    let found = if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    format!("{} {is}{found}: {}", checked.pipeline, depth(&checked.looked_at))
}

/// What was looked at, and what was not.
fn depth(looked: &LookedAt) -> String {
    let mut done = vec![match looked.planned {
        Against::Nothing => "its SQL was parsed and its order found".to_owned(),
        Against::Snapshot => "flows were planned against the snapshot".to_owned(),
        Against::Source => "flows were planned against the source's catalog".to_owned(),
    }];
    if let Some(moment) = looked.compared_with {
        done.push(format!("the source was compared with its snapshot of {}", moment.format("%Y-%m-%d %H:%M")));
    }
    if looked.target {
        done.push("columns were compared with the target".to_owned());
    }
    if looked.values {
        done.push("values were looked for that have no place".to_owned());
    }
    if let Some(workers) = looked.workers {
        done.push(match workers {
            1 => "1 worker is ready".to_owned(),
            _ => format!("{workers} workers are ready"),
        });
    }
    let mut open = Vec::new();
    match looked.planned {
        Against::Nothing => open.push("--snapshot or --source also plans it"),
        _ if !looked.target => open.push("--target also compares columns"),
        _ => {}
    }
    if looked.planned == Against::Source && looked.compared_with.is_none() {
        open.push("there is no earlier snapshot of the source here to compare it with");
    }
    if looked.planned != Against::Nothing && !looked.values {
        open.push("values were not looked at, which takes a snapshot");
    }
    done.extend(open.into_iter().map(str::to_owned));
    done.join("; ")
}
