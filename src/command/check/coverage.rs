//! Owns what becomes of each column of the source: does it go anywhere, and if not, does the pipeline say that it may?
//! Must not know: how lineage is found.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{About, Finding};
use super::lineage::{Lineage, SourceColumn};
use super::plans::Plans;
use crate::flow::Flow;
use crate::lineage::Roles;
use crate::name::{Named, quoted};
use crate::pipeline::Pipeline;
use crate::reads::reads;
use crate::snapshot::{Snapshot, Table};

/// How many columns a message names.
const NAMED: usize = 12;

/// Where a column of the source goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goes {
    /// Values of the target are made of it.
    Value,
    /// It is in no value, and decides over some, or over what becomes of rows.
    Decides,
    /// It goes along in the whole row as JSON, `row_json(t._row)`, and nowhere else.
    WholeRow,
    /// It goes nowhere, and `unmapped` of the pipeline says that it may.
    Unmapped,
    /// It goes nowhere.
    Nowhere,
    /// A flow that reads its table could not be planned, and may have used it.
    Unknown,
}

/// One column of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoveredColumn {
    pub column: String,
    pub goes: Goes,
}

/// One table of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoveredTable {
    /// `schema.name`
    pub table: String,
    /// Do the rules read it at all?
    pub read: bool,
    pub columns: Vec<CoveredColumn>,
}

/// Where the columns of the source go.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Coverage {
    /// The tables that were looked at, and their columns.
    pub tables: Vec<CoveredTable>,
    pub columns: usize,
    pub value: usize,
    pub decides: usize,
    pub whole_row: usize,
    pub unmapped: usize,
    pub nowhere: usize,
    pub unknown: usize,
    /// The share of the columns, 0 to 1, that go somewhere or may go nowhere.
    pub share: f64,
    /// The share that the pipeline demands with `coverage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demanded: Option<f64>,
}

impl Coverage {
    /// Looks at every column of a snapshot's tables.
    #[allow(clippy::cast_precision_loss)]
    pub fn of(pipeline: &Pipeline, plans: &Plans, snapshot: &Snapshot, lineage: &Lineage) -> Self {
        let used = lineage.used();
        let unplanned = unplanned(pipeline, plans);
        let patterns: Vec<Pattern> = pipeline.unmapped.iter().map(|text| Pattern::of(text)).collect();
        let mut coverage = Self {
            tables: Vec::new(),
            columns: 0,
            value: 0,
            decides: 0,
            whole_row: 0,
            unmapped: 0,
            nowhere: 0,
            unknown: 0,
            share: 1.0,
            demanded: pipeline.coverage.map(crate::pipeline::Coverage::share),
        };
        for table in &snapshot.manifest().tables {
            let open = unplanned.iter().any(|named| named.name.fits(&table.schema, &table.name));
            let goes = |column: &str| match goes(&used, &patterns, table, column) {
                Goes::Nowhere if open => Goes::Unknown,
                known => known,
            };
            // Where a row lies is the engine's own column, and nobody's data.
            let own = table.columns.iter().filter(|column| column.pg_type != "tid" || column.name != "ctid");
            let columns: Vec<CoveredColumn> =
                own.map(|column| CoveredColumn { column: column.name.clone(), goes: goes(&column.name) }).collect();
            for column in &columns {
                coverage.columns += 1;
                *match column.goes {
                    Goes::Value => &mut coverage.value,
                    Goes::Decides => &mut coverage.decides,
                    Goes::WholeRow => &mut coverage.whole_row,
                    Goes::Unmapped => &mut coverage.unmapped,
                    Goes::Nowhere => &mut coverage.nowhere,
                    Goes::Unknown => &mut coverage.unknown,
                } += 1;
            }
            let read = used.keys().any(|column| column.table == (table.schema.clone(), table.name.clone()));
            coverage.tables.push(CoveredTable { table: table.qualified(), read, columns });
        }
        if coverage.columns > 0 {
            coverage.share = (coverage.columns - coverage.nowhere - coverage.unknown) as f64 / coverage.columns as f64;
        }
        coverage
    }

    fn is_met(&self) -> bool {
        // With flows that cannot be planned, nobody knows yet.
        self.unknown > 0 || self.demanded.is_none_or(|demanded| self.share >= demanded)
    }

    /// What there is to say of it.
    pub fn findings(&self, pipeline: &Pipeline, snapshot: &Snapshot) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.tables.iter().filter_map(|table| self.of_table(table)).collect();
        if !self.is_met() {
            let demanded = self.demanded.unwrap_or_default();
            let message = format!(
                "{} of the source's columns go somewhere or may go nowhere, and the pipeline demands {}",
                percent(self.share),
                percent(demanded)
            );
            let finding =
                Finding::error(About::Coverage, message).hint("map what goes nowhere, or name it in `unmapped`");
            findings.push(Finding { place: Some(pipeline.file.clone()), ..finding });
        }
        let whole: Vec<&str> = self.with(Goes::WholeRow).map(|(table, _)| table).collect();
        if let Some(count) = Some(whole.len()).filter(|count| *count > 0) {
            let mut tables = whole;
            tables.dedup();
            let message = format!(
                "{} of {} {} only in the whole row, as JSON",
                counted(count, "column"),
                counted(tables.len(), "table"),
                if count == 1 { "goes along" } else { "go along" }
            );
            findings.push(Finding::note(About::Coverage, message).hint("`--format json` lists them: goes = whole_row"));
        }
        findings.extend(self.of_patterns(pipeline, snapshot));
        findings
    }

    fn with(&self, goes: Goes) -> impl Iterator<Item = (&str, &str)> {
        self.tables.iter().flat_map(move |table| {
            let columns = table.columns.iter().filter(move |column| column.goes == goes);
            columns.map(|column| (table.table.as_str(), column.column.as_str()))
        })
    }

    fn of_table(&self, table: &CoveredTable) -> Option<Finding> {
        let lost: Vec<&str> =
            table.columns.iter().filter(|column| column.goes == Goes::Nowhere).map(|column| &*column.column).collect();
        if lost.is_empty() {
            return None;
        }
        let message = if table.read {
            let listed = listed(&lost);
            format!(
                "{}: {} {} nowhere: {listed}",
                table.table,
                counted(lost.len(), "column"),
                if lost.len() == 1 { "goes" } else { "go" }
            )
        } else {
            format!("{}: no flow covers the table ({})", table.table, counted(table.columns.len(), "column"))
        };
        let name = table.table.split_once('.').map_or(table.table.as_str(), |(_, name)| name);
        let hint = match lost.as_slice() {
            [one] if table.read => format!("map it, or say that it may: unmapped = [\"{name}.{one}\"]"),
            _ if table.read => format!("map them, or say that they may: unmapped = [\"{name}.{}\", …]", lost[0]),
            _ => format!("write a flow for it, or say that it may: unmapped = [\"{name}\"]"),
        };
        let full = self.demanded.is_some_and(|share| share >= 1.0);
        let finding =
            if full { Finding::error(About::Coverage, message) } else { Finding::warning(About::Coverage, message) };
        let finding = finding.at_table(&table.table).hint(hint);
        Some(match lost.as_slice() {
            [one] if table.read => finding.at_column(*one),
            _ => finding,
        })
    }

    /// Entries of `unmapped` that are about nothing, or about nothing that goes nowhere.
    fn of_patterns(&self, pipeline: &Pipeline, snapshot: &Snapshot) -> Vec<Finding> {
        let tables = || snapshot.manifest().tables.iter().zip(&self.tables);
        let mut findings = Vec::new();
        for text in &pipeline.unmapped {
            let pattern = Pattern::of(text);
            let fits = |table: &Table, column: &CoveredColumn| pattern.fits(table, &column.column);
            let fitting = |goes: Option<Goes>| {
                tables().any(|(table, covered)| {
                    let of_goes = |column: &&CoveredColumn| goes.is_none_or(|goes| column.goes == goes);
                    covered.columns.iter().filter(of_goes).any(|column| fits(table, column))
                })
            };
            let finding = if !fitting(None) {
                let names: Vec<String> = tables()
                    .flat_map(|(table, covered)| {
                        let columns = covered.columns.iter().map(|column| format!("{}.{}", table.name, column.column));
                        std::iter::once(table.name.clone()).chain(columns)
                    })
                    .collect();
                let finding = Finding::warning(
                    About::Coverage,
                    format!("`unmapped` names '{text}', which the source does not have"),
                );
                match crate::diagnosis::closest(text, &names) {
                    Some(close) => finding.hint(format!("did you mean '{close}'?")),
                    None => finding.hint("leave it out: `table`, `table.column`, either with `*` for any characters"),
                }
            } else if !fitting(Some(Goes::Unmapped)) {
                let message = format!("`unmapped` names '{text}', of which everything goes somewhere");
                Finding::note(About::Coverage, message).hint("leave it out")
            } else {
                continue;
            };
            findings.push(Finding { place: Some(pipeline.file.clone()), ..finding });
        }
        findings
    }
}

fn goes(used: &BTreeMap<SourceColumn, Roles>, patterns: &[Pattern], table: &Table, column: &str) -> Goes {
    let of = SourceColumn { table: (table.schema.clone(), table.name.clone()), column: column.to_owned() };
    let roles = used.get(&of).copied().unwrap_or_default();
    match roles {
        Roles { value: true, .. } => Goes::Value,
        Roles { decides: true, .. } => Goes::Decides,
        Roles { whole: true, .. } => Goes::WholeRow,
        _ if patterns.iter().any(|pattern| pattern.fits(table, column)) => Goes::Unmapped,
        _ => Goes::Nowhere,
    }
}

/// The tables that flows read which could not be planned.
fn unplanned(pipeline: &Pipeline, plans: &Plans) -> Vec<Named> {
    let is_planned = |flow: &&Flow| plans.flows.iter().any(|plan| plan.shape.flow == flow.name);
    let tables = |flow: &Flow| {
        let read = reads(pipeline, flow.text()).map(|reads| reads.sources).unwrap_or_default();
        flow.named().chain(read).collect::<Vec<_>>()
    };
    pipeline.flows.iter().filter(|flow| !is_planned(flow)).flat_map(tables).collect()
}

/// Does `unmapped` say that a table, or a column of it, may go nowhere?
pub fn may_go_nowhere(pipeline: &Pipeline, table: &Table, column: &str) -> bool {
    pipeline.unmapped.iter().any(|text| Pattern::of(text).fits(table, column))
}

/// An entry of `unmapped`.
struct Pattern(String);

impl Pattern {
    fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Names a pattern the table, or the column, with or without the schema, and as they are or as SQL quotes them?
    fn fits(&self, table: &Table, column: &str) -> bool {
        let as_is = |name: &str| name.to_owned();
        [as_is, quoted as fn(&str) -> String].iter().any(|write| {
            let (schema, name, column) = (write(&table.schema), write(&table.name), write(column));
            let ways = [
                name.clone(),
                format!("{schema}.{name}"),
                format!("{name}.{column}"),
                format!("{schema}.{name}.{column}"),
            ];
            ways.iter().any(|way| glob(&self.0, way))
        })
    }
}

/// `*` stands for any characters but a dot.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(start) else { return false };
    let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    ends.take_while(|end| !tail[..*end].contains('.')).any(|end| glob(rest, &tail[end..]))
}

fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("one {what}") } else { format!("{count} {what}s") }
}

/// As people read it: never rounded up to what is not reached.
fn percent(share: f64) -> String {
    format!("{:.1} %", (share * 1000.0).floor() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_do_not_cross_dots() {
        assert!(glob("django_*", "django_session") && glob("*.password", "auth_user.password") && glob("*", "a"));
        assert!(glob("a.b*", "a.bc") && glob("a*c*e", "abcde"));
        assert!(!glob("a*", "a.b") && !glob("a", "ab") && !glob("django_*", "djang") && !glob("*", "a.b"));
    }
}
