//! Owns the pages of runs: all of them with their trend, one with its reasons, and the rows of a reason. Must not know: HTTP.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Head, Site, encoded, html, short};
use crate::command::rejects;
use crate::error::{Kind, Result};
use crate::ledger::{self, AtWork, Brought};
use crate::report::page::{self, Chart};
use crate::report::{FlowReport, Report};
use crate::run::{Begun, Record, Summary, summaries, summary};
use crate::web::http::Answer;

/// Rows of a page.
const ROWS: u64 = 100;
/// Runs that the trend shows, at most.
const TREND: usize = 40;
/// A page of a run at work is loaded anew after so many seconds.
const AGAIN: u32 = 5;

/// A run in the list.
#[derive(Serialize)]
struct Line {
    run: String,
    short: String,
    pipeline: String,
    started: String,
    source_rows: u64,
    in_target: u64,
    rejected: u64,
    seconds: f64,
    verified: bool,
    /// The target's word, where it was asked.
    state: Option<String>,
}

#[derive(Serialize)]
struct All {
    head: Head,
    place: String,
    lines: Vec<Line>,
    charts: Vec<(String, Chart)>,
    at_work: Vec<Working>,
    /// Why the target tells nothing.
    silent: Option<String>,
}

/// A run that has not ended.
#[derive(Serialize)]
struct Working {
    run: String,
    state: String,
    started: Option<String>,
    flows: Vec<Brought>,
}

#[derive(Serialize)]
struct One<'a> {
    head: Head,
    run: String,
    summary: Line,
    facts: Vec<(&'static str, String)>,
    reasons: Vec<Reason>,
    /// Why there is no report.
    without: Option<String>,
    others: Vec<(String, String)>,
    report: Option<&'a Report>,
}

/// A reason, and how many rows have it.
#[derive(Serialize)]
struct Reason {
    flow: String,
    reason: String,
    rows: u64,
    share: f64,
    href: String,
    examples: Vec<(String, String)>,
    remedy: Option<String>,
}

#[derive(Serialize)]
struct Rows {
    head: Head,
    run: String,
    flow: String,
    reason: String,
    all: u64,
    from: u64,
    rows: Vec<RowLine>,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct RowLine {
    key: String,
    href: String,
    cause: Option<(String, String, String)>,
    by_target: bool,
}

impl Site {
    /// All runs.
    pub(super) async fn runs(&self) -> Result<Answer> {
        let (finished, begun) = summaries(&self.setting, &self.known.sums).await?;
        let (seen, silent) = match &self.target {
            None => (Vec::new(), None),
            Some(_) => match self.ledger().await {
                Ok(seen) => (seen, None),
                Err(error) => (Vec::new(), Some(error.to_string())),
            },
        };
        let at_work = working(&begun, &seen);
        let mut lines: Vec<Line> = finished.iter().map(|run| line(run, &seen)).collect();
        lines.reverse();
        let again = at_work.iter().any(|run| run.state == "running").then_some(AGAIN);
        let page = All {
            head: Head { again, ..self.head("Runs") },
            place: self.setting.place()?.to_string(),
            charts: trend(&finished),
            lines,
            at_work,
            silent,
        };
        Ok(html(page::fill("runs.html", &page)?))
    }

    async fn ledger(&self) -> Result<Vec<AtWork>> {
        let Some(address) = &self.target else { return Ok(Vec::new()) };
        ledger::progress(&address.connect("rehome serve").await?).await
    }

    /// One run.
    pub(super) async fn run(&self, run: &str) -> Result<Answer> {
        let record = self.record(run).await?;
        let (report, without) = match self.report(&record).await {
            Ok(report) => (Some(report), None),
            Err(error) if error.kind() == Kind::Config => (None, Some(error.to_string())),
            Err(error) => return Err(error),
        };
        let (finished, _) = summaries(&self.setting, &self.known.sums).await?;
        let others = finished.iter().rev().map(|other| &other.record).filter(|other| other.run != record.run);
        let others = others
            .map(|other| (other.run.to_string(), format!("{} · {}", started(other), short(&other.run.to_string()))));
        let of_flows = report.iter().flat_map(|report| &report.flows).flat_map(|flow| reasons(&record, flow));
        let mut reasons: Vec<Reason> = of_flows.collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.rows));
        let own = summary(record.clone(), &self.setting).await?;
        let seen = self.ledger().await.unwrap_or_default();
        let page = One {
            head: self.head(&format!("Run {}", short(&record.run.to_string()))),
            run: record.run.to_string(),
            summary: line(&own, &seen),
            facts: facts(&record),
            reasons,
            without,
            others: others.collect(),
            report: report.as_deref(),
        };
        Ok(html(page::fill("run.html", &page)?))
    }

    /// The rows of a reason.
    pub(super) async fn rejects(&self, run: &str, (flow, reason): (&str, &str), from: u64) -> Result<Answer> {
        let record = self.record(run).await?;
        let found = rejects::page(&record, (flow, reason), (from, ROWS), &self.setting).await?;
        let run = record.run.to_string();
        let at = |from: u64| format!("{}&from={from}", href_of_reason(&run, flow, reason));
        let row = |row: rejects::Rejected| RowLine {
            href: href_of_row(&run, flow, &row.key),
            cause: row.cause.map(|(flow, key)| {
                let href = href_of_row(&run, &flow, &key);
                (flow, key, href)
            }),
            key: row.key,
            by_target: row.by_target,
        };
        let page = Rows {
            head: self.head(&format!("{flow}: {reason}")),
            flow: flow.to_owned(),
            reason: reason.to_owned(),
            all: found.all,
            from,
            before: (from > 0).then(|| at(from.saturating_sub(ROWS))),
            after: (from + ROWS < found.all).then(|| at(from + ROWS)),
            rows: found.rows.into_iter().map(row).collect(),
            run: run.clone(),
        };
        Ok(html(page::fill("rejects.html", &page)?))
    }
}

fn href_of_reason(run: &str, flow: &str, reason: &str) -> String {
    format!("/runs/{run}/rejects?flow={}&reason={}", encoded(flow), encoded(reason))
}

pub(super) fn href_of_row(run: &str, flow: &str, key: &str) -> String {
    format!("/runs/{run}/row?flow={}&key={}", encoded(flow), encoded(key))
}

fn started(record: &Record) -> String {
    record.facts.started_at.map_or_else(|| "–".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn line(run: &Summary, seen: &[AtWork]) -> Line {
    let id = run.record.run.to_string();
    Line {
        short: short(&id),
        pipeline: run.record.name.clone().unwrap_or_default(),
        started: started(&run.record),
        source_rows: run.sums.source_rows,
        in_target: run.sums.migrated + run.sums.adopted,
        rejected: run.sums.rejected,
        seconds: run.record.seconds,
        verified: run.record.verified,
        state: seen.iter().find(|seen| seen.run == run.record.run).map(|seen| seen.state.clone()),
        run: id,
    }
}

/// Runs that have not ended, as the workspace and the target know them.
fn working(begun: &[Begun], seen: &[AtWork]) -> Vec<Working> {
    let of_target =
        seen.iter().filter(|run| matches!(run.state.as_str(), "running" | "rolling_back")).map(|run| Working {
            run: run.run.to_string(),
            state: run.state.clone(),
            started: Some(run.started_at.clone()),
            flows: run.flows.clone(),
        });
    let known: Vec<Working> = of_target.collect();
    let here = begun.iter().filter(|run| !known.iter().any(|known| known.run == run.run.to_string())).map(|run| {
        let flow = |(flow, rows): &(String, u64)| Brought {
            flow: flow.clone(),
            done: false,
            chunks: 0,
            rows: *rows,
            refused: 0,
        };
        Working {
            run: run.run.to_string(),
            state: "not ended".to_owned(),
            started: None,
            flows: run.flows.iter().map(flow).collect(),
        }
    });
    let mut all: Vec<Working> = here.collect();
    all.splice(0..0, known);
    all
}

/// How rejects and time went over the runs.
fn trend(finished: &[Summary]) -> Vec<(String, Chart)> {
    let last = &finished[finished.len().saturating_sub(TREND)..];
    let rows = |figure: &str, of: &dyn Fn(&Summary) -> Value| -> Vec<Map<String, Value>> {
        let row = |(number, run): (usize, &Summary)| {
            [("run".to_owned(), json!((number + 1).to_string())), (figure.to_owned(), of(run))].into_iter().collect()
        };
        last.iter().enumerate().map(row).collect()
    };
    let of_time = |run: &Summary| json!((run.record.seconds * 1000.0).round() / 1000.0);
    [("Rejected rows", rows("rejected", &|run| json!(run.sums.rejected))), ("Seconds", rows("seconds", &of_time))]
        .into_iter()
        .filter_map(|(title, rows)| Some((title.to_owned(), page::chart(Some("line"), title, &rows)?)))
        .collect()
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Run", record.run.to_string()),
        ("Pipeline", record.pipeline.clone()),
        ("Rules, SHA-256", record.pipeline_hash.clone()),
        ("Snapshot", format!("{} at {}", record.snapshot_id, record.snapshot)),
        ("Program", format!("rehome {}", record.facts.tool_version)),
    ];
    facts.extend(record.facts.base.clone().map(|base| ("After the run", base)));
    facts.extend(record.facts.differences.clone().map(|found| ("The target differs", found)));
    facts
}

fn reasons(record: &Record, flow: &FlowReport) -> Vec<Reason> {
    let run = record.run.to_string();
    let rows = flow.rows().max(1);
    flow.reasons
        .iter()
        .filter(|(_, rows)| **rows > 0)
        .map(|(reason, count)| Reason {
            flow: flow.flow.clone(),
            reason: reason.clone(),
            rows: *count,
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            share: *count as f64 / rows as f64,
            href: href_of_reason(&run, &flow.flow, reason),
            examples: flow
                .examples
                .get(reason)
                .into_iter()
                .flatten()
                .map(|key| (key.clone(), href_of_row(&run, &flow.flow, key)))
                .collect(),
            remedy: flow.remedies.get(reason).cloned(),
        })
        .collect()
}
