//! Owns the order of flows, read from their SQL: a flow runs after the flows whose results it reads.
//! Must not know: how flows are planned or run.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::{Text, closest};
use crate::error::{At, Error, Result};
use crate::flow::Flow;
use crate::header::shown;
use crate::name::Named;
use crate::pipeline::Pipeline;
use crate::reads::reads;

/// Sorts items so that each comes after those it needs; among the free ones, by name.
///
/// # Errors
/// The names on a cycle, in order, when there is one.
pub fn sort(needs: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<String>, Vec<String>> {
    let mut open: BTreeMap<&str, BTreeSet<&str>> =
        needs.iter().map(|(name, needs)| (name.as_str(), needs.iter().map(String::as_str).collect())).collect();
    let mut sorted = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let Some(free) = open.iter().find(|(_, needs)| needs.is_empty()).map(|(name, _)| *name) else {
            return Err(cycle(&open));
        };
        open.remove(free);
        for needs in open.values_mut() {
            needs.remove(free);
        }
        sorted.push(free.to_owned());
    }
    Ok(sorted)
}

fn cycle(open: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut at = open.keys().next().copied();
    while let Some(name) = at {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            return path[start..].iter().chain([&name]).map(|name| (*name).to_owned()).collect();
        }
        path.push(name);
        at = open.get(name).and_then(|needs| needs.iter().next().copied());
    }
    path.into_iter().map(str::to_owned).collect()
}

/// The flows in the order of running, with what each reads.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Indices into the pipeline's flows, in the order of running.
    pub order: Vec<usize>,
    /// For each flow's name, the source tables it reads.
    pub sources: BTreeMap<String, BTreeSet<Named>>,
    /// For each flow's name, the flows whose results it reads.
    pub needs: BTreeMap<String, BTreeSet<String>>,
    /// The source tables that checks and reports read.
    pub looked_at: BTreeSet<Named>,
}

impl Graph {
    /// Reads the order from the flows' SQL.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`]: SQL that does not parse, a flow that is unknown, a cycle (which it names).
    pub fn new(pipeline: &Pipeline) -> Result<Self> {
        let flows = &pipeline.flows;
        let names: Vec<String> = flows.iter().map(|flow| flow.name.clone()).collect();
        let mut sources = BTreeMap::new();
        let mut needs = BTreeMap::new();
        for flow in flows {
            let text = flow.text();
            let mut read = BTreeSet::from([flow.named()]);
            let mut after = BTreeSet::new();
            let found = reads(pipeline, text).map_err(|error| error.at(At::Flow, &flow.name))?;
            read.extend(found.sources.into_iter().map(|named| Named { flow: Some(flow.name.clone()), ..named }));
            for (schema, table) in found.tables {
                match schema.as_str() {
                    "migrated" if names.contains(&table) => {
                        after.insert(table);
                    }
                    _ => return Err(unknown(flow, &schema, &table, &names)),
                }
            }
            sources.insert(flow.name.clone(), read);
            needs.insert(flow.name.clone(), after);
        }
        let sorted = sort(&needs).map_err(|cycle| {
            Error::config(format!("flows read each other in a circle: {}", cycle.join(" → ")))
                .hint("let one of them read the source instead of `migrated.…`")
        })?;
        let order = sorted.iter().filter_map(|name| names.iter().position(|known| known == name)).collect();
        Ok(Self { order, sources, needs, looked_at: looked_at(pipeline)? })
    }

    /// All source tables that a flow, a check or a report reads.
    #[must_use]
    pub fn source_tables(&self) -> BTreeSet<Named> {
        self.sources.values().flatten().chain(&self.looked_at).cloned().collect()
    }
}

fn looked_at(pipeline: &Pipeline) -> Result<BTreeSet<Named>> {
    let checks = pipeline.checks.iter().map(|check| (&check.path, &check.sql));
    let reports = pipeline.reports.iter().map(|report| (&report.path, &report.sql));
    let mut tables = BTreeSet::new();
    for (path, sql) in checks.chain(reports) {
        let file = shown(path);
        tables.extend(reads(pipeline, Text { file: &file, sql })?.sources);
    }
    Ok(tables)
}

fn unknown(flow: &Flow, schema: &str, table: &str, flows: &[String]) -> Error {
    let error = match schema {
        "migrated" => Error::config(format!("there is no flow '{table}'")),
        "" => Error::config(format!("table '{table}' has no schema"))
            .hint(format!("write source.{table} or migrated.{table}")),
        _ => {
            Error::config(format!("there is no schema '{schema}'")).hint("flows read source.…, migrated.… and shared.…")
        }
    };
    let place = flow.text().place(&format!("{schema}.{table}"));
    let error = error.at(At::Flow, &flow.name).at(At::File, place);
    match closest(table, flows) {
        Some(name) if schema == "migrated" => error.hint(format!("did you mean 'migrated.{name}'?")),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        pairs.iter().map(|(name, needs)| ((*name).into(), needs.iter().map(|need| (*need).into()).collect())).collect()
    }

    #[test]
    fn what_is_read_comes_first() {
        let sorted = sort(&needs(&[("a", &["c"]), ("b", &[]), ("c", &["b"])])).unwrap();
        assert_eq!(sorted, ["b", "c", "a"]);
    }

    #[test]
    fn a_cycle_is_named() {
        assert_eq!(sort(&needs(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).unwrap_err(), ["b", "c", "b"]);
    }
}
