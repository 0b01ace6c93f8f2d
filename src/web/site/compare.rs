//! Owns the page that holds two runs beside each other: sums of each flow and each reason. Must not know: HTTP.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Head, Site, html, short};
use crate::error::{Error, Result};
use crate::report::{FlowReport, Report, page};
use crate::web::http::Answer;

#[derive(Serialize)]
struct Compared {
    head: Head,
    before: Named,
    after: Named,
    flows: Vec<Flow>,
    reasons: Vec<Reason>,
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

impl Site {
    /// Two runs.
    pub(super) async fn compared(&self, before: &str, after: &str) -> Result<Answer> {
        if before.is_empty() || after.is_empty() {
            return Err(Error::config("two runs are compared").hint("a run's page names others to compare it with"));
        }
        let (before, after) = (self.record(before).await?, self.record(after).await?);
        let (old, new) = (self.report(&before).await?, self.report(&after).await?);
        let page = Compared {
            head: self.head("Two runs"),
            flows: flows(&old, &new),
            reasons: reasons(&old, &new),
            before: named(&old),
            after: named(&new),
        };
        Ok(html(page::fill("compare.html", &page)?))
    }
}

fn named(report: &Report) -> Named {
    Named {
        run: report.run.clone(),
        short: short(&report.run),
        snapshot: report.snapshot.clone(),
        pipeline_hash: report.pipeline_hash.clone(),
        seconds: report.seconds,
    }
}

type Figure = fn(&FlowReport) -> u64;

fn flows(old: &Report, new: &Report) -> Vec<Flow> {
    let find = |report: &Report, name: &str| report.flows.iter().find(|flow| flow.flow == name).cloned();
    let names: BTreeSet<&str> = old.flows.iter().chain(&new.flows).map(|flow| flow.flow.as_str()).collect();
    let figure = |flow: &Option<FlowReport>, of: fn(&FlowReport) -> u64| flow.as_ref().map_or(0, of);
    let one = |name: &str| {
        let (before, after) = (find(old, name), find(new, name));
        let of: [(&'static str, Figure); 6] = [
            ("source_rows", |flow| flow.source_rows),
            ("migrated", |flow| flow.migrated),
            ("adopted", |flow| flow.adopted),
            ("rejected", |flow| flow.rejected),
            ("skipped", |flow| flow.skipped),
            ("elsewhere", |flow| flow.elsewhere),
        ];
        let figures: Vec<_> =
            of.into_iter().map(|(name, of)| (name, figure(&before, of), figure(&after, of))).collect();
        Flow { flow: name.to_owned(), differs: figures.iter().any(|(_, old, new)| old != new), figures }
    };
    names.into_iter().map(one).collect()
}

fn reasons(old: &Report, new: &Report) -> Vec<Reason> {
    let mut all: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for (side, report) in [old, new].into_iter().enumerate() {
        for flow in &report.flows {
            for (reason, rows) in &flow.reasons {
                let sums = all.entry((flow.flow.clone(), reason.clone())).or_default();
                if side == 0 { sums.0 = *rows } else { sums.1 = *rows }
            }
        }
    }
    let one = |((flow, reason), (before, after)): ((String, String), (u64, u64))| {
        let sign = if after > before { "+" } else { "−" };
        let change = if before == after { "0".to_owned() } else { format!("{sign}{}", after.abs_diff(before)) };
        Reason { flow, reason, before, after, change }
    };
    all.into_iter().filter(|(_, (before, after))| before + after > 0).map(one).collect()
}
