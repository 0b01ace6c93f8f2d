//! Owns the running of a pipeline's checks: once, or for each flow.
//! Must not know: what a check asks.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::prelude::DataFrame;
use tracing::Instrument;

use super::{CheckReport, Inputs, query, severity};
use crate::diagnosis::Text;
use crate::engine::{Engine, Schema};
use crate::error::{Error, Kind, Result};
use crate::flow::Flow;
use crate::header::{SqlFile, shown};
use crate::pipeline::{CheckHeader, Pipeline};
use crate::reads::reads;
use crate::timed;
use crate::views;

type Check = SqlFile<CheckHeader>;

/// A check's name, and that of the flow that it is run for, where it is for each.
pub type Name = (String, Option<String>);

fn name(check: &Check, flow: Option<&Flow>) -> Name {
    (check.stem.clone(), flow.map(|flow| flow.name.clone()))
}

/// Plans every check over planned flows, before a row is moved.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column of the first that does not plan.
pub async fn plan(engine: &Engine, pipeline: &Pipeline) -> Result<BTreeMap<Name, DataFrame>> {
    let mut planned = BTreeMap::new();
    let flows: BTreeSet<&str> = pipeline.flows.iter().map(|flow| flow.name.as_str()).collect();
    for check in &pipeline.checks {
        let file = shown(&check.path);
        let text = Text { file: &file, sql: &check.sql };
        for flow in subjects(engine, pipeline, check, &flows).await? {
            if let Some(flow) = flow {
                views::each(engine, flow).await?;
            }
            let query = query::plan(engine, pipeline, &flows, text).await?;
            planned.extend(query.map(|query| (name(check, flow), query)));
        }
    }
    Ok(planned)
}

/// Runs a check. None when it is about flows that have not run. One that fails on a value has not passed.
///
/// # Errors
/// What reading the stored outcomes meets.
pub async fn run(inputs: &Inputs<'_>, check: &Check) -> Result<Option<CheckReport>> {
    let file = shown(&check.path);
    let mut report: Option<CheckReport> = None;
    for flow in subjects(inputs.engine, inputs.pipeline, check, &inputs.ran()).await? {
        let (text, planned) = (Text { file: &file, sql: &check.sql }, inputs.planned.checks.get(&name(check, flow)));
        if let (Some(flow), None) = (flow, planned) {
            views::each(inputs.engine, flow).await?;
        }
        let looking = query::rows(inputs, text, planned, query::CHECK_EXAMPLES);
        let looked = match flow {
            Some(flow) => looking.instrument(timed!("report.check_flow", flow.name)).await,
            None => looking.await,
        };
        match looked {
            Ok(None) => {}
            Ok(Some(found)) => {
                let report = report.get_or_insert_with(|| blank(check));
                report.rows += found.rows;
                report.passed &= found.rows == 0;
                let room = query::CHECK_EXAMPLES - report.keys.len();
                let named = |key: String| flow.map_or(key.clone(), |flow| format!("{} {key}", flow.name));
                report.keys.extend(found.keys.into_iter().take(room).map(named));
            }
            Err(error) if error.kind() == Kind::Config => {
                let report = report.get_or_insert_with(|| blank(check));
                report.passed = false;
                report.error.get_or_insert(error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(report)
}

/// The report of a check that has found nothing yet.
fn blank(check: &Check) -> CheckReport {
    CheckReport {
        check: check.stem.clone(),
        title: check.header.title.clone(),
        rows: 0,
        passed: true,
        severity: severity(check.header.severity).to_owned(),
        keys: Vec::new(),
        error: None,
    }
}

/// What a check is run for: nothing in particular, or each flow that it can be run for.
async fn subjects<'a>(
    engine: &Engine,
    pipeline: &'a Pipeline,
    check: &Check,
    flows: &BTreeSet<&str>,
) -> Result<Vec<Option<&'a Flow>>> {
    let file = shown(&check.path);
    let text = Text { file: &file, sql: &check.sql };
    let over_each = reads(pipeline, text)?.tables.iter().any(|(schema, _)| schema == Schema::Each.name());
    if check.header.each.is_none() {
        if over_each {
            let error = Error::config("a check that reads each.… says so in its header");
            return Err(text.at_name(error, "each").hint("write each = \"flow\""));
        }
        return Ok(vec![None]);
    }
    let mut subjects = Vec::new();
    for flow in pipeline.flows.iter().filter(|flow| flows.contains(flow.name.as_str())) {
        let given = engine.table(Schema::Migrated, &flow.name).await?;
        if check.header.having.iter().all(|column| given.schema().has_column_with_unqualified_name(column)) {
            subjects.push(Some(flow));
        }
    }
    Ok(subjects)
}
