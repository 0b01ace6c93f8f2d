//! Owns what has changed in the source since an earlier snapshot, and whether the pipeline's rules are touched by it.
//! Must not know: how either was read.

use super::coverage::may_go_nowhere;
use super::finding::{About, Finding, Severity};
use super::lineage::{Lineage, SourceColumn};
use crate::diagnosis::distance;
use crate::graph::Graph;
use crate::name::Named;
use crate::pipeline::Pipeline;
use crate::snapshot::{Column, Snapshot, Table};

/// Two looks at one source.
pub struct Drift<'a> {
    pub pipeline: &'a Pipeline,
    pub graph: Option<&'a Graph>,
    pub before: &'a Snapshot,
    pub now: &'a Snapshot,
    /// As the rules are over the source of now; flows that cannot be planned any more are none.
    pub lineage: &'a Lineage,
    /// As they are over the earlier snapshot.
    pub lineage_before: Option<&'a Lineage>,
}

impl Drift<'_> {
    /// New, gone and retyped tables and columns.
    pub fn findings(&self) -> Vec<Finding> {
        let (before, now) = (&self.before.manifest().tables, &self.now.manifest().tables);
        let same = |one: &Table, other: &Table| one.schema == other.schema && one.name == other.name;
        let mut findings = Vec::new();
        for old in before {
            match now.iter().find(|new| same(old, new)) {
                Some(new) => findings.extend(self.of_columns(old, new)),
                None => findings.extend(self.gone(old)),
            }
        }
        // A snapshot of a run holds what its rules read, and says nothing of other tables.
        let of_more = before.iter().any(|table| !self.is_read(table));
        for new in now.iter().filter(|new| of_more && !before.iter().any(|old| same(old, new))) {
            let covered = self.is_read(new);
            let excused = new.columns.iter().all(|column| may_go_nowhere(self.pipeline, new, &column.name));
            let severity = if covered || excused { Severity::Note } else { Severity::Warning };
            let message = format!("{} is new: {}", new.qualified(), columns(new.columns.len()));
            let finding = Finding::new(severity, About::SourceDrift, message).at_table(new.qualified());
            findings.push(match severity {
                Severity::Note => finding,
                _ => finding.hint(format!("write a flow for it, or say unmapped = [\"{}\"]", new.name)),
            });
        }
        findings
    }

    fn is_read(&self, table: &Table) -> bool {
        let named = |named: &Named| named.name.fits(&table.schema, &table.name);
        self.graph.is_some_and(|graph| graph.source_tables().iter().any(named))
            || self.pipeline.flows.iter().flat_map(crate::flow::Flow::named).any(|own| named(&own))
    }

    /// Does what goes into the target, or decides over it, come of this column?
    fn is_used(&self, table: &Table, column: &str) -> bool {
        let of = SourceColumn { table: (table.schema.clone(), table.name.clone()), column: column.to_owned() };
        let all = std::iter::once(self.lineage).chain(self.lineage_before);
        all.flat_map(|lineage| lineage.behind.values()).any(|behind| behind.contains_key(&of))
    }

    fn gone(&self, table: &Table) -> Option<Finding> {
        let read = self.is_read(table);
        let severity = if read { Severity::Error } else { Severity::Note };
        let finding = Finding::new(severity, About::SourceDrift, format!("{} is gone", table.qualified()));
        let finding = finding.at_table(table.qualified());
        let near = self.now.manifest().tables.iter().map(|new| (distance(&new.name, &table.name), new));
        let near = near.filter(|(steps, _)| *steps <= 1 + table.name.len() / 4).min_by_key(|(steps, _)| *steps);
        Some(match near {
            Some((_, new)) if read => finding.hint(format!("is it {} now?", new.qualified())),
            _ if read => finding.hint("the rules read it: change them, or bring it back"),
            _ => finding,
        })
    }

    fn of_columns(&self, old: &Table, new: &Table) -> Vec<Finding> {
        let mut findings = Vec::new();
        let added: Vec<&Column> = new.columns.iter().filter(|column| of_name(old, &column.name).is_none()).collect();
        for column in &old.columns {
            let at = |severity, message| {
                let finding = Finding::new(severity, About::SourceDrift, message);
                finding.at_table(new.qualified()).at_column(&column.name)
            };
            let place = format!("{}.{}", new.qualified(), column.name);
            let used = self.is_used(new, &column.name);
            let Some(found) = of_name(new, &column.name) else {
                if is_place(column) {
                    continue;
                }
                let severity = if used { Severity::Error } else { Severity::Note };
                let alike = added.iter().filter(|new| new.pg_type == column.pg_type);
                let alike: Vec<&str> = alike.map(|column| column.name.as_str()).collect();
                let finding = at(severity, format!("{place} is gone"));
                findings.push(match alike.as_slice() {
                    [one] => finding.hint(format!("is it {one} now?")),
                    _ if used => finding.hint("the rules use it: change them, or bring it back"),
                    _ => finding,
                });
                continue;
            };
            if found.pg_type != column.pg_type {
                let severity = if used { Severity::Warning } else { Severity::Note };
                let message = format!("{place} is {} now, and was {}", found.pg_type, column.pg_type);
                let finding = at(severity, message);
                findings.push(if used {
                    finding.hint("see whether the rules mean the same with it; a new snapshot makes it the known type")
                } else {
                    finding
                });
            }
            if found.nullable && !column.nullable {
                let severity = if used { Severity::Warning } else { Severity::Note };
                findings.push(at(severity, format!("{place} may be NULL now")));
            }
        }
        for column in added.iter().filter(|column| !is_place(column)) {
            findings.extend(self.added(new, column));
        }
        if old.key != new.key {
            let key = |table: &Table| if table.key.is_empty() { "none".to_owned() } else { table.key.join(", ") };
            let message = format!("the key of {} is {} now, and was {}", new.qualified(), key(new), key(old));
            let severity = if self.is_read(new) { Severity::Warning } else { Severity::Note };
            findings.push(Finding::new(severity, About::SourceDrift, message).at_table(new.qualified()));
        }
        findings
    }

    /// A column that was not there: whoever maps the table may want it.
    fn added(&self, table: &Table, column: &Column) -> Option<Finding> {
        let message = format!("{}.{} is new ({})", table.qualified(), column.name, column.pg_type);
        let covered = !self.is_read(table)
            || may_go_nowhere(self.pipeline, table, &column.name)
            || self.is_used(table, &column.name);
        let severity = if covered { Severity::Note } else { Severity::Warning };
        let finding = Finding::new(severity, About::SourceDrift, message);
        let finding = finding.at_table(table.qualified()).at_column(&column.name);
        Some(if covered {
            finding
        } else {
            finding.hint(format!("map it, or say that it may: unmapped = [\"{}.{}\"]", table.name, column.name))
        })
    }
}

/// Where a row lies: a column of ours, which tables without a key have.
fn is_place(column: &Column) -> bool {
    column.name == "ctid"
}

fn of_name<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name == name)
}

fn columns(count: usize) -> String {
    if count == 1 { "one column".to_owned() } else { format!("{count} columns") }
}
