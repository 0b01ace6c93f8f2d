//! Owns the page that holds two runs beside each other: sums of each flow and each reason, and what became of rows that ended
//! differently. Must not know: HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::runs::href_of_row;
use super::{Head, Site, html, short};
use crate::compare::{Fate, FlowDifference, Transition};
use crate::error::{Error, Result};
use crate::report::page;
use crate::run::{self, BetweenRuns, FlowSums, Record, Sums};
use crate::web::http::Answer;

#[derive(Serialize)]
struct Compared {
    head: Head,
    before: Named,
    after: Named,
    flows: Vec<Flow>,
    reasons: Vec<Reason>,
    moved: Vec<Moved>,
    changed: Vec<Changed>,
    /// Rows that a target refused, and that are compared as migrated.
    refused_by_target: u64,
    /// Why rows are not compared.
    without: Option<String>,
}

/// A run.
#[derive(Serialize)]
struct Named {
    run: String,
    short: String,
    snapshot: String,
    pipeline_hash: String,
    seconds: f64,
}

/// What became of the rows of a flow, before and after.
#[derive(Serialize)]
struct Flow {
    flow: String,
    figures: Vec<(&'static str, u64, u64)>,
    differs: bool,
}

#[derive(Serialize)]
struct Reason {
    flow: String,
    reason: String,
    before: u64,
    after: u64,
    /// As it is read, with its sign.
    change: String,
}

/// Rows of a flow that went from one outcome and reason to another.
#[derive(Serialize)]
struct Moved {
    flow: String,
    before: String,
    after: String,
    rows: u64,
    /// A few of them, where values are shown: key, and the page of its story.
    keys: Vec<(String, String)>,
}

/// Rows of a flow that were migrated before and after, with other values.
#[derive(Serialize)]
struct Changed {
    flow: String,
    rows: u64,
    columns: Vec<(String, u64)>,
}

impl Site {
    /// Two runs.
    pub(super) async fn compared(&self, before: &str, after: &str) -> Result<Answer> {
        if before.is_empty() || after.is_empty() {
            return Err(Error::config("two runs are compared").hint("a run's page names others to compare it with"));
        }
        let (before, after) = (self.record(before).await?, self.record(after).await?);
        let (old, new) = (run::flows(&before, &self.setting).await?, run::flows(&after, &self.setting).await?);
        // Sums stand also where rows are there no more.
        let (between, without) = match self.between(&before, &after).await {
            Ok(between) => (Some(between), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let differing = || between.iter().flat_map(|between| &between.flows);
        let page = Compared {
            head: self.head("Two runs"),
            flows: flows(&old, &new),
            reasons: reasons(&old, &new),
            moved: differing().flat_map(|flow| self.moved((&before, &after), flow)).collect(),
            changed: differing().filter(|flow| flow.changed_rows > 0).map(changed).collect(),
            refused_by_target: between.as_ref().map_or(0, |between| between.refused_by_target),
            without,
            before: named(&before),
            after: named(&after),
        };
        Ok(html(page::fill("compare.html", &page)?))
    }

    /// The rows of two runs, compared once.
    async fn between(&self, before: &Record, after: &Record) -> Result<Arc<BetweenRuns>> {
        let runs = (before.run, after.run);
        let mut known = self.known.between.lock().await;
        if let Some((_, between)) = known.as_ref().filter(|(of, _)| *of == runs) {
            return Ok(between.clone());
        }
        let between = Arc::new(Box::pin(run::between(before, after, &self.setting)).await?);
        *known = Some((runs, between.clone()));
        Ok(between)
    }

    fn moved(&self, (before, after): (&Record, &Record), flow: &FlowDifference) -> Vec<Moved> {
        let one = |transition: &Transition| {
            // The story is that of the run after, if the row is there.
            let (run, name) = match &transition.after {
                Some(_) => (after.run, &flow.flow),
                None => (before.run, flow.was.as_ref().unwrap_or(&flow.flow)),
            };
            let link = |key: &String| (key.clone(), href_of_row(&run.to_string(), name, key));
            Moved {
                flow: flow.flow.clone(),
                before: fate(transition.before.as_ref()),
                after: fate(transition.after.as_ref()),
                rows: transition.rows,
                keys: transition.keys.iter().filter(|_| self.values).map(link).collect(),
            }
        };
        flow.transitions.iter().map(one).collect()
    }
}

/// An outcome with its reason, as it is read.
fn fate(fate: Option<&Fate>) -> String {
    match fate {
        None => "not there".to_owned(),
        Some(Fate { outcome, reason: Some(reason) }) => format!("{outcome} ({reason})"),
        Some(Fate { outcome, reason: None }) => outcome.to_string(),
    }
}

fn changed(flow: &FlowDifference) -> Changed {
    let columns = flow.columns.iter().map(|column| (column.column.clone(), column.rows)).collect();
    Changed { flow: flow.flow.clone(), rows: flow.changed_rows, columns }
}

fn named(record: &Record) -> Named {
    let run = record.run.to_string();
    Named {
        short: short(&run),
        run,
        snapshot: record.snapshot_id.clone(),
        pipeline_hash: record.pipeline_hash.clone(),
        seconds: record.seconds,
    }
}

type Figure = fn(&Sums) -> u64;

fn flows(old: &[FlowSums], new: &[FlowSums]) -> Vec<Flow> {
    let find = |of: &[FlowSums], name: &str| of.iter().find(|flow| flow.flow == name).map(|flow| flow.sums);
    let names: BTreeSet<&str> = old.iter().chain(new).map(|flow| flow.flow.as_str()).collect();
    let one = |name: &str| {
        let (before, after) = (find(old, name).unwrap_or_default(), find(new, name).unwrap_or_default());
        let of: [(&'static str, Figure); 6] = [
            ("source_rows", |sums| sums.source_rows),
            ("migrated", |sums| sums.migrated),
            ("adopted", |sums| sums.adopted),
            ("rejected", |sums| sums.rejected),
            ("skipped", |sums| sums.skipped),
            ("elsewhere", |sums| sums.elsewhere),
        ];
        let figures: Vec<_> = of.into_iter().map(|(name, of)| (name, of(&before), of(&after))).collect();
        Flow { flow: name.to_owned(), differs: before != after, figures }
    };
    names.into_iter().map(one).collect()
}

fn reasons(old: &[FlowSums], new: &[FlowSums]) -> Vec<Reason> {
    let mut all: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for (side, flows) in [old, new].into_iter().enumerate() {
        for flow in flows {
            for (reason, rows) in &flow.reasons {
                let sums = all.entry((&flow.flow, reason)).or_default();
                if side == 0 { sums.0 = *rows } else { sums.1 = *rows }
            }
        }
    }
    let one = |((flow, reason), (before, after)): ((&str, &str), (u64, u64))| {
        let sign = if after > before { "+" } else { "−" };
        let change = if before == after { "0".to_owned() } else { format!("{sign}{}", after.abs_diff(before)) };
        Reason { flow: flow.to_owned(), reason: reason.to_owned(), before, after, change }
    };
    all.into_iter().filter(|(_, (before, after))| before + after > 0).map(one).collect()
}
