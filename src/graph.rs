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

/// For each name, the names that come before it.
pub type Ties = BTreeMap<String, BTreeSet<String>>;

/// How much work each name is, in any unit; none where it is not listed.
pub type Work = BTreeMap<String, u64>;

/// Sorts items so that each comes after those it needs. Among the free ones, those come first that are much work, or that much
/// work waits for; then by name. `wishes` hold as well, as far as they make no circle: where they do, the later ones in the list
/// give way first.
///
/// # Errors
/// The names on a circle of needs, in order, when there is one.
pub fn sort(needs: &Ties, wishes: &[Ties], work: &Work) -> Result<Vec<String>, Vec<String>> {
    let levels: Vec<&Ties> = std::iter::once(needs).chain(wishes).collect();
    let waiting = waiting(&levels, work);
    let mut names: Vec<&str> = needs.keys().map(String::as_str).collect();
    // Stable: where as much work waits, by name.
    names.sort_by_key(|name| std::cmp::Reverse(waiting.get(name).copied().unwrap_or_default()));
    let mut open: BTreeSet<&str> = needs.keys().map(String::as_str).collect();
    let mut sorted = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let free = |kept: usize| {
            let ties = &levels[..kept];
            let mut left = names.iter().copied().filter(|name| open.contains(name));
            left.find(|name| before(ties, name, &open).is_empty() && on_first_circle(&levels, name, &open))
        };
        let Some(free) = (1..=levels.len()).rev().find_map(free) else { return Err(cycle(needs, &open)) };
        open.remove(free);
        sorted.push(free.to_owned());
    }
    Ok(sorted)
}

/// For each name, the most work that it is, or that waits for it.
fn waiting<'a>(levels: &[&'a Ties], work: &'a Work) -> BTreeMap<&'a str, u64> {
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    let mut heavy: Vec<(&str, u64)> = work.iter().map(|(name, work)| (name.as_str(), *work)).collect();
    heavy.retain(|(_, work)| *work > 0);
    heavy.sort_by_key(|(_, work)| std::cmp::Reverse(*work));
    for (name, work) in heavy {
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            // Whoever was reached before, was so from more work.
            if most.contains_key(name) {
                continue;
            }
            most.insert(name, work);
            open.extend(levels.iter().filter_map(|ties| ties.get(name)).flatten().map(String::as_str));
        }
    }
    most
}

/// The open names that come directly before this one.
fn before<'a>(levels: &[&'a Ties], name: &str, open: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let all = levels.iter().filter_map(|ties| ties.get(name)).flatten().map(String::as_str);
    all.filter(|other| *other != name && open.contains(other)).collect()
}

/// Do all names that come before this one, near or far, also come after it? So it is for a name that nothing is before,
/// and on a circle that nothing else is before: only such a circle may be cut.
fn on_first_circle<'a>(levels: &[&'a Ties], name: &'a str, open: &BTreeSet<&'a str>) -> bool {
    reached(levels, name, open).iter().all(|other| reached(levels, other, open).contains(name))
}

fn reached<'a>(levels: &[&'a Ties], name: &'a str, open: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![name];
    while let Some(at) = waiting.pop() {
        waiting.extend(before(levels, at, open).into_iter().filter(|other| seen.insert(*other)));
    }
    seen
}

fn cycle(needs: &Ties, open: &BTreeSet<&str>) -> Vec<String> {
    let next =
        |name: &str| needs.get(name).into_iter().flatten().map(String::as_str).find(|other| open.contains(other));
    let mut path: Vec<&str> = Vec::new();
    // What stands before a circle is open too, but leads to no circle.
    let mut at = open.iter().copied().find(|name| next(name).is_some());
    while let Some(name) = at {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            return path[start..].iter().chain([&name]).map(|name| (*name).to_owned()).collect();
        }
        path.push(name);
        at = next(name);
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
    /// For each flow's name, the flows that give a key it mentions its UUID: better done before, but need not be.
    pub mentions: Ties,
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
        let mut mentions = BTreeMap::new();
        for flow in flows {
            let text = flow.text();
            let mut read: BTreeSet<Named> = flow.named().collect();
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
            let owners = flows.iter().filter(|owner| owner.name != flow.name && found.entities.contains(&owner.entity));
            mentions.insert(flow.name.clone(), owners.map(|owner| owner.name.clone()).collect());
            sources.insert(flow.name.clone(), read);
            needs.insert(flow.name.clone(), after);
        }
        let mut graph = Self { order: Vec::new(), sources, needs, mentions, looked_at: looked_at(pipeline)? };
        graph.arrange(pipeline, Vec::new(), &Work::new())?;
        Ok(graph)
    }

    /// Puts the flows in their order anew: what they read comes first; then, as far as possible, what is `tied` to them
    /// (the strongest ties first in the list), and the flows whose entities they mention. Of flows that may run, those that are
    /// the most `work` come first: what is left at the end is small, and nothing waits for it.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`]: flows that read each other in a circle, which it names.
    pub fn arrange(&mut self, pipeline: &Pipeline, mut tied: Vec<Ties>, work: &Work) -> Result<()> {
        tied.push(self.mentions.clone());
        let sorted = sort(&self.needs, &tied, work).map_err(|cycle| {
            Error::config(format!("flows read each other in a circle: {}", cycle.join(" → ")))
                .hint("let one of them read the source instead of `migrated.…`")
        })?;
        let place = |name: &String| pipeline.flows.iter().position(|flow| flow.name == *name);
        self.order = sorted.iter().filter_map(place).collect();
        Ok(())
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

    fn sorted(needs: &Ties, wishes: &[Ties]) -> Vec<String> {
        sort(needs, wishes, &Work::new()).unwrap()
    }

    #[test]
    fn what_is_read_comes_first() {
        assert_eq!(sorted(&needs(&[("a", &["c"]), ("b", &[]), ("c", &["b"])]), &[]), ["b", "c", "a"]);
    }

    #[test]
    fn a_cycle_is_named() {
        let circle = needs(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
        assert_eq!(sort(&circle, &[], &Work::new()).unwrap_err(), ["b", "c", "b"]);
    }

    #[test]
    fn much_work_comes_early_and_what_it_waits_for() {
        let flows = needs(&[("a", &[]), ("b", &[]), ("c", &["d"]), ("d", &[]), ("e", &["c"]), ("f", &[])]);
        let work = Work::from([("c".to_owned(), 9), ("b".to_owned(), 3), ("e".to_owned(), 1)]);
        assert_eq!(sort(&flows, &[], &work).unwrap(), ["d", "c", "b", "e", "a", "f"]);
        // A wish holds against it, and hands the work on to whom it puts first.
        assert_eq!(sort(&flows, &[needs(&[("c", &["f"])])], &work).unwrap(), ["d", "f", "c", "b", "e", "a"]);
        // A circle is cut only when nothing else is left to come.
        let circle = [needs(&[("b", &["c"]), ("d", &["b"])])];
        assert_eq!(sort(&flows, &circle, &work).unwrap(), ["a", "f", "b", "d", "c", "e"]);
    }

    #[test]
    fn wishes_hold_until_they_make_a_circle() {
        let free = || needs(&[("a", &[]), ("b", &[]), ("c", &[]), ("d", &[])]);
        assert_eq!(sorted(&free(), &[needs(&[("a", &["d"]), ("d", &["c"])])]), ["b", "c", "d", "a"]);
        // b and c stand in a circle that d is before: only the circle is cut, at its first name.
        let circle = needs(&[("b", &["c"]), ("c", &["b", "d"]), ("a", &["b"])]);
        assert_eq!(sorted(&free(), &[circle]), ["d", "b", "a", "c"]);
        // The stronger of two wishes holds.
        let wishes = [needs(&[("a", &["b"])]), needs(&[("b", &["a"])])];
        assert_eq!(sorted(&free(), &wishes), ["c", "d", "b", "a"]);
        // And a need is stronger than any.
        let first = needs(&[("a", &["b"]), ("b", &[]), ("c", &[]), ("d", &[])]);
        assert_eq!(sorted(&first, &[needs(&[("b", &["a"])])]), ["c", "d", "b", "a"]);
    }
}
