//! Owns the report of a run: every figure is counted by queries over stored outcomes, none is carried along.
//! Must not know: terminals or file formats; `cli/` renders.

mod causes;
mod changes;
mod check;
mod count;
mod facts;
pub mod page;
mod query;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::Instrument;

use crate::diagnosis::Text;
use crate::engine::Engine;
use crate::error::{At, Context, Error, Kind, Result};
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::pipeline::{Pipeline, Severity};
use crate::timed;
use crate::views;
pub use causes::{ABSENT, CIRCLE, Cause, Origin, PRESENT, RootCauses, Step, UNKNOWN, chain};
pub use changes::{Because, Changes, KnownBy};
pub use facts::{Facts, Phase, ReadBack};

/// What a run did to each row, and what is checked about it. Serialises to the documented JSON.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    pub run: String,
    pub snapshot: String,
    pub pipeline: String,
    /// Two runs with the same hash applied the same rules.
    pub pipeline_hash: String,
    /// Wall time of the whole run, in seconds; 0 when it is not known.
    pub seconds: f64,
    /// Does every flow's source row have exactly one outcome?
    pub conserved: bool,
    /// Was the target read back, and found to be what the outcomes say?
    pub verified: bool,
    /// In the order in which they ran.
    pub flows: Vec<FlowReport>,
    pub checks: Vec<CheckReport>,
    /// What the rejects go back to.
    pub root_causes: RootCauses,
    /// The rows of each report of the pipeline, by its name.
    pub reports: BTreeMap<String, Vec<Map<String, Value>>>,
    /// Title and chart of each report.
    pub titles: BTreeMap<String, Title>,
    /// The reports that could not be computed, and why: a value that an expression cannot take.
    pub not_computed: BTreeMap<String, String>,
    #[serde(flatten)]
    pub facts: Facts,
}

/// What a report of the pipeline is called, and how it may be drawn.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Title {
    pub title: Option<String>,
    pub chart: Option<String>,
    pub about: Option<String>,
}

/// The outcomes of one flow.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FlowReport {
    pub flow: String,
    pub source: String,
    pub target: String,
    /// The flows whose results it reads.
    pub reads: Vec<String>,
    pub source_rows: u64,
    /// The rows that they became, where the flow makes several of one: these are what has outcomes then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expanded: Option<u64>,
    pub migrated: u64,
    pub adopted: u64,
    /// Of those migrated, the rows that were in the target already and were written over.
    pub updated: u64,
    /// Of those migrated, the rows of which a trigger of the target has made something else than was written, by column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub altered: BTreeMap<String, u64>,
    pub rejected: u64,
    pub skipped: u64,
    pub elsewhere: u64,
    /// Rows by the reason of their reject, also those that the target refused.
    pub reasons: BTreeMap<String, u64>,
    pub skip_reasons: BTreeMap<String, u64>,
    /// Rows that another flow owns, by that flow.
    pub owners: BTreeMap<String, u64>,
    pub warnings: BTreeMap<String, u64>,
    /// A few keys for each reason of a reject.
    pub examples: BTreeMap<String, Vec<String>>,
    /// What it would take to recover the rows of a reason, where the flow says so.
    pub remedies: BTreeMap<String, String>,
    /// Migrated and adopted of the rows in scope (neither skipped nor elsewhere), 0 to 1.
    pub share: f64,
    /// The least share that the flow declares.
    pub accept: Option<f64>,
    /// Is the share at least that?
    pub accepted: bool,
    /// What differed from the run before; nothing of a first load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// Time of transforming and loading, in seconds.
    pub seconds: f64,
    pub rows_per_second: f64,
}

impl FlowReport {
    /// All outcomes together: conservation says that they are [`Self::rows`].
    #[must_use]
    pub fn total(&self) -> u64 {
        self.migrated + self.adopted + self.rejected + self.skipped + self.elsewhere
    }

    /// The rows that have an outcome: the source's, or those that they became.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.expanded.unwrap_or(self.source_rows)
    }
}

/// What a check found.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CheckReport {
    pub check: String,
    pub title: Option<String>,
    /// Rows that violate it.
    pub rows: u64,
    pub passed: bool,
    /// `fail` or `warn`.
    pub severity: String,
    /// Keys of a few of these rows.
    pub keys: Vec<String>,
    /// Why it could not be run to its end; then it has not passed.
    pub error: Option<String>,
}

impl CheckReport {
    /// Does it fail the run?
    #[must_use]
    pub fn fails(&self) -> bool {
        !self.passed && self.severity == severity(Severity::Fail)
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Fail => "fail",
        Severity::Warn => "warn",
    }
}

/// Rows that were in the target before a run brought them: flow → updated and adopted.
pub type Existing = BTreeMap<String, (u64, u64)>;

/// Rows of a flow that the target refused: their keys' text, by reason.
pub type Refused = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// The rows that are the cause of such refusals: flow → key → the cause's flow and key.
pub type RefusedFor = BTreeMap<String, BTreeMap<String, (String, String)>>;

/// Plans every check and report of a pipeline over planned flows, before a row is moved.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column of the first that does not plan.
pub async fn plan(engine: &Engine, pipeline: &Pipeline) -> Result<Planned> {
    let located = |error: Error| error.at(At::Pipeline, &pipeline.name);
    let flows = pipeline.flows.iter().map(|flow| flow.name.as_str()).collect();
    let checks = check::plan(engine, pipeline).instrument(timed!("report.plan_checks")).await.map_err(located)?;
    let mut reports = BTreeMap::new();
    for report in &pipeline.reports {
        let file = crate::header::shown(&report.path);
        let text = Text { file: &file, sql: &report.sql };
        let planned = query::plan(engine, pipeline, &flows, text).instrument(timed!("report.plan_reports"));
        reports.extend(planned.await.map_err(located)?.map(|query| (report.stem.clone(), query)));
    }
    Ok(Planned { checks, reports })
}

/// The checks and reports of a pipeline, planned before there are rows; without those that read flows which do not run.
#[derive(Default)]
pub struct Planned {
    /// By the name of the check, and the flow that it is run for, where it is for each.
    checks: BTreeMap<check::Name, DataFrame>,
    reports: BTreeMap<String, DataFrame>,
}

/// What the reports of a pipeline gave.
#[derive(Default)]
struct Figures {
    rows: BTreeMap<String, Vec<Map<String, Value>>>,
    titles: BTreeMap<String, Title>,
    not_computed: BTreeMap<String, String>,
}

/// What a report is computed from.
pub struct Inputs<'a> {
    pub engine: &'a Engine,
    pub pipeline: &'a Pipeline,
    pub store: &'a OutcomeStore,
    /// The planned shape of each flow.
    pub shapes: &'a [FlowShape],
    /// Its checks and reports; what is not among them is planned when it is run.
    pub planned: &'a Planned,
    /// The published outcomes of the flows that ran, in their order.
    pub outcomes: &'a [FlowOutcomes],
    pub target: &'a OfTarget,
}

/// What a target had to say of the rows; nothing where there is none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct OfTarget {
    /// Rows that it refused: flow → reason → keys.
    pub refused: Refused,
    /// The causes of these refusals, where they are known.
    pub refused_for: RefusedFor,
    /// Rows that were in it already.
    pub existing: Existing,
    /// Of how many rows its triggers have made something else than was written: flow → column → rows.
    pub altered: BTreeMap<String, BTreeMap<String, u64>>,
    /// What differed from the run before, by flow.
    pub changes: BTreeMap<String, Changes>,
    /// Time of loading, by flow, in seconds.
    pub load_seconds: BTreeMap<String, f64>,
}

impl Inputs<'_> {
    /// Makes every flow's outcomes known to queries, once all are found to be as they were written. Source tables must be known
    /// already.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] for a file that is not; [`Kind::Unexpected`] when the session refuses it.
    pub async fn register(&self) -> Result<()> {
        for outcomes in self.outcomes {
            self.store.check(outcomes).await.at(crate::error::At::Flow, &outcomes.flow)?;
        }
        for outcomes in self.outcomes {
            let Some(shape) = self.shapes.iter().find(|shape| shape.flow == outcomes.flow) else { continue };
            views::migrated(self.engine, self.store, outcomes, &shape.schema)?;
            views::reasons(self.engine, self.store, outcomes, shape.schema.field(0)).await?;
        }
        Ok(())
    }

    /// Computes the outcomes of each flow.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] when stored outcomes do not read.
    pub async fn flows(&self) -> Result<Vec<FlowReport>> {
        let mut flows = Vec::with_capacity(self.outcomes.len());
        for outcomes in self.outcomes {
            flows.push(count::flow(self, outcomes).instrument(timed!("report.count_flow", outcomes.flow)).await?);
        }
        Ok(flows)
    }

    /// Runs the pipeline's checks, those whose flows have run.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the check's file:line:column.
    pub async fn checks(&self) -> Result<Vec<CheckReport>> {
        let mut checks = Vec::new();
        for check in &self.pipeline.checks {
            checks.extend(check::run(self, check).instrument(timed!("report.check", check.stem)).await?);
        }
        Ok(checks)
    }

    /// Runs the pipeline's reports, those whose flows have run. One that fails on a value leaves the others.
    ///
    /// # Errors
    /// What reading the stored outcomes meets.
    async fn reports(&self) -> Result<Figures> {
        let mut figures = Figures::default();
        for report in &self.pipeline.reports {
            let file = crate::header::shown(&report.path);
            let span = timed!("report.query", report.stem);
            let (text, planned) = (Text { file: &file, sql: &report.sql }, self.planned.reports.get(&report.stem));
            match query::rows(self, text, planned, query::REPORT_ROWS).instrument(span).await {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let header = report.header.clone();
                    let title = Title { title: header.title, chart: header.chart, about: header.about };
                    figures.rows.insert(report.stem.clone(), found.objects);
                    figures.titles.insert(report.stem.clone(), title);
                }
                Err(error) if error.kind() == Kind::Config => {
                    figures.not_computed.insert(report.stem.clone(), error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(figures)
    }

    /// The field of a flow's key.
    ///
    /// # Errors
    /// [`Kind::Unexpected`] for a flow that was not planned.
    pub fn key(&self, flow: &str) -> Result<&arrow::datatypes::Field> {
        let shape = self.shapes.iter().find(|shape| shape.flow == flow);
        shape.map(|shape| shape.schema.field(0)).ok_or_else(|| Error::unexpected("a flow without a shape"))
    }

    /// The flows that have run.
    fn ran(&self) -> BTreeSet<&str> {
        self.outcomes.iter().map(|outcomes| outcomes.flow.as_str()).collect()
    }

    /// Puts the whole report together.
    ///
    /// # Errors
    /// As the parts.
    pub async fn report(&self, run: &str, snapshot: &str, seconds: f64, verified: bool) -> Result<Report> {
        let located = self.pipeline.name.as_str();
        self.register().await.at(At::Pipeline, located)?;
        let counting = self.flows().instrument(timed!("report.count"));
        let flows = counting.await.at(At::Pipeline, located)?;
        let tracing = causes::trace(self).instrument(timed!("report.causes"));
        let root_causes = tracing.await.at(At::Pipeline, located)?;
        let checks = self.checks().await.at(At::Pipeline, located)?;
        let figures = self.reports().await.at(At::Pipeline, located)?;
        Ok(Report {
            run: run.to_owned(),
            snapshot: snapshot.to_owned(),
            pipeline: self.pipeline.name.clone(),
            seconds,
            conserved: flows.iter().all(|flow| flow.total() == flow.rows()),
            verified,
            flows,
            checks,
            root_causes,
            reports: figures.rows,
            titles: figures.titles,
            not_computed: figures.not_computed,
            pipeline_hash: self.pipeline.hash.clone(),
            facts: Facts::default(),
        })
    }
}
