//! Owns the tests of a pipeline: cases beside its flows, each run through the stage of every run, without a database.
//! Must not know: how a result is shown.

mod bench;
mod branches;
mod coverage;
mod file;
mod judge;
mod rows;
mod schema;
mod trial;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;
use tokio::task::JoinSet;

use crate::diagnosis::closest;
use crate::engine::Engine;
use crate::error::{At, Error, Kind, Result};
use crate::outcomes::FlowOutcomes;
use crate::pipeline::Pipeline;
use crate::run::Setting;
use crate::snapshot::Snapshot;
use bench::Bench;
use coverage::Reached;
pub use coverage::{Coverage, FileCoverage, Kind as Reachable, Missed};
use file::Case;
pub use judge::{Difference, RowDifference, What};
use trial::Trial;

/// The stage as progress names it.
const STAGE: &str = "test";

/// What came of the cases of a pipeline.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Tested {
    pub pipeline: String,
    /// The flows that cases were run of.
    pub flows: usize,
    pub passed: usize,
    pub failed: usize,
    /// In the order of their files.
    pub cases: Vec<TestedCase>,
    /// What of the flows the cases reach, where that was asked for.
    pub coverage: Option<Coverage>,
    pub seconds: f64,
}

/// One case, and what came of it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct TestedCase {
    pub name: String,
    /// The flows that it runs.
    pub flows: Vec<String>,
    /// The file, as messages show it, and the line where it begins.
    pub file: String,
    pub line: u64,
    pub passed: bool,
    /// Why its flows did not come to an end, where they did not.
    pub error: Option<String>,
    /// The rows that are not as expected.
    pub rows: Vec<RowDifference>,
}

/// Runs the cases of a pipeline: all, or those of some flows or names.
///
/// # Errors
/// [`Kind::Config`] for a pipeline without cases, a case that is none, or a flow that does not plan; with its place.
pub async fn test(
    pipeline: &Pipeline,
    wanted: &[String],
    snapshot: Option<&Snapshot>,
    with_coverage: bool,
    setting: &Setting,
) -> Result<Tested> {
    let started = Instant::now();
    let cases = chosen(pipeline, wanted)?;
    // Of all cases, all flows are planned: those without a case are not covered.
    let mut flows: Vec<String> = match wanted {
        [] => pipeline.declared.clone(),
        _ => cases.iter().flat_map(Case::flows).filter(|flow| pipeline.declared.contains(flow)).collect(),
    };
    flows.sort();
    flows.dedup();
    let (bench, mut reached) = Bench::new(pipeline, snapshot, &flows, with_coverage, setting).await?;
    let bench = Arc::new(bench);
    setting.progress.start(STAGE, "cases", Some(cases.len() as u64));
    let (tried, found) = run(&bench, cases).await?;
    reached.merge(found);
    setting.progress.finish("cases");
    let mut flows: Vec<&String> = tried.iter().flat_map(|case| &case.flows).collect();
    flows.sort();
    flows.dedup();
    let (flows, failed) = (flows.len(), tried.iter().filter(|case| !case.passed).count());
    Ok(Tested {
        pipeline: pipeline.name.clone(),
        flows,
        passed: tried.len() - failed,
        failed,
        cases: tried,
        coverage: bench.coverable.as_ref().map(|coverable| coverable.covered(&reached)),
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The cases that are asked for: by a flow, or by a part of a name.
fn chosen(pipeline: &Pipeline, wanted: &[String]) -> Result<Vec<Case>> {
    if pipeline.tests.is_empty() {
        return Err(Error::config("the pipeline has no cases")
            .at(At::File, pipeline.file.clone())
            .hint("`tests` names the folder of cases, relative to the pipeline file"));
    }
    let mut cases = Vec::new();
    for path in file::files(pipeline)? {
        cases.extend(file::read(&path, pipeline)?);
    }
    // A flow's name means the flow, not a word of a case's name.
    let is_flow = |word: &String| cases.iter().any(|case| case.flows().contains(word));
    let flows: Vec<String> = wanted.iter().filter(|word| is_flow(word)).cloned().collect();
    let fits = |case: &Case, word: &String| {
        if flows.contains(word) { case.flows().contains(word) } else { case.name.contains(word.as_str()) }
    };
    if let Some(lost) = wanted.iter().find(|word| !cases.iter().any(|case| fits(case, word))) {
        let mut names: Vec<String> = cases.iter().flat_map(Case::flows).collect();
        names.sort();
        names.dedup();
        let error = Error::config(format!("there is no case of '{lost}'")).at(At::Pipeline, &pipeline.name);
        return Err(match closest(lost, &names) {
            Some(close) => error.hint(format!("did you mean '{close}'?")),
            None => error.hint("name flows, or parts of the names of cases"),
        });
    }
    cases.retain(|case| wanted.is_empty() || wanted.iter().any(|word| fits(case, word)));
    Ok(cases)
}

/// Runs cases on as many threads as work at a time, and gives what came of them in their order.
async fn run(bench: &Arc<Bench>, cases: Vec<Case>) -> Result<(Vec<TestedCase>, Reached)> {
    let total = cases.len();
    let open = Arc::new(Mutex::new(cases.into_iter().enumerate().rev().collect::<Vec<_>>()));
    let mut workers = JoinSet::new();
    for _ in 0..bench.setting.jobs.clamp(1, total.max(1)) {
        let (bench, open) = (bench.clone(), open.clone());
        workers.spawn(async move {
            let engine = bench.engine().await?;
            let (mut done, mut reached) = (Vec::new(), Reached::default());
            loop {
                let next = open.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some((at, case)) = next else { return Ok::<_, Error>((done, reached)) };
                bench.setting.cancel.check()?;
                let result = one(&bench, &engine, &case, &mut reached).await;
                bench.setting.progress.advance("cases", 1);
                done.push((at, result));
            }
        });
    }
    let mut results = Vec::with_capacity(total);
    let mut reached = Reached::default();
    while let Some(done) = workers.join_next().await {
        let (done, found) = done.map_err(|_| Error::unexpected("a case was abandoned"))??;
        results.extend(done);
        reached.merge(found);
    }
    results.sort_by_key(|(at, _)| *at);
    let tried = results.into_iter().map(|(_, result)| result).collect::<Result<Vec<_>>>()?;
    Ok((tried, reached))
}

/// Runs one case.
async fn one(bench: &Bench, engine: &Engine, case: &Case, reached: &mut Reached) -> Result<TestedCase> {
    let trial = Trial::new(bench, engine, case)?;
    let mut tested = TestedCase {
        name: case.name.clone(),
        flows: case.flows(),
        file: case.file.file.clone(),
        line: case.line,
        passed: false,
        error: None,
        rows: Vec::new(),
    };
    let mut expected = Vec::new();
    for flow in &tested.flows {
        let shape = bench.shapes.get(flow).ok_or_else(|| Error::unexpected("a flow without a shape"))?;
        expected.push((shape, judge::expected(engine, case, shape).await?));
    }
    let prepared = trial.rows().await?;
    let (store, outcomes) = match trial.run(&prepared).await {
        Ok(made) => made,
        // What a flow meets in the rows of a case is the case's result; what is wrong with the pipeline was told before.
        Err(error) if matches!(error.kind(), Kind::Config | Kind::Verification) => {
            let hint = error.hint_text().map(|hint| format!(" ({hint})")).unwrap_or_default();
            tested.error = Some(format!("{error}{hint}"));
            return Ok(tested);
        }
        Err(error) => return Err(error),
    };
    for (shape, expected) in expected {
        let Some(made) = outcomes.iter().find(|made: &&FlowOutcomes| made.flow == shape.flow) else { continue };
        let columns = judge::columns(case, shape);
        let fates = trial.fates(made, &store, shape, &columns).await?;
        tested.rows.extend(judge::differences(shape, &expected, &fates));
        if let Some(coverable) = &bench.coverable {
            coverable.note(engine, &trial.pipeline, made, reached).await?;
        }
    }
    tested.passed = tested.rows.is_empty();
    Ok(tested)
}
