//! Owns coverage: which branches, reasons and warnings of a pipeline's flows the cases reach.
//! Must not know: what the cases expect.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::ScalarValue;
use futures::StreamExt;
use serde::Serialize;

use super::branches::{Probe, never, probes};
use crate::diagnosis::{Text, running};
use crate::engine::{Engine, parameters};
use crate::error::Result;
use crate::header::shown;
use crate::outcome::Outcome;
use crate::outcomes::FlowOutcomes;
use crate::pipeline::Pipeline;
use crate::reads::reads;
use crate::views;

/// How much of a pipeline its cases reach.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Coverage {
    /// The branches and warnings that there are, and the reasons that no branch gives; and those that a case reaches.
    pub total: usize,
    pub reached: usize,
    /// 0 to 100.
    pub percent: f64,
    /// Those that a comment (`-- never: why`) says no row can reach, and none does; they are not counted.
    pub never: usize,
    /// In the order of their names.
    pub files: Vec<FileCoverage>,
}

/// How much of a flow, or of a view that flows share, is reached.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct FileCoverage {
    /// The flow; `shared.` before the name of a view.
    pub name: String,
    pub file: String,
    pub total: usize,
    pub reached: usize,
    /// What no case reaches.
    pub missed: Vec<Missed>,
    /// What no row can reach, by what the file says.
    pub never: Vec<Missed>,
}

/// Something that no case reaches.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Missed {
    pub what: Kind,
    /// `file:line:column`.
    pub place: String,
    /// The branch as it is written, or the code of a reason or warning.
    pub text: String,
}

/// What sort of thing it is that a case can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An arm of a CASE.
    Branch,
    /// A reason of a reject.
    Reject,
    /// A reason of a skip.
    Skip,
    /// Another flow that owns rows.
    Elsewhere,
    Warning,
}

/// What cases have reached so far. What several workers found is [merged](Self::merge).
#[derive(Debug, Default)]
pub struct Reached {
    /// Branches, by the name of the file, the number of the probe, of its CASE and of the arm.
    arms: BTreeSet<(String, usize, usize, usize)>,
    /// Probes that could not be run: their branches are not counted.
    unasked: BTreeSet<(String, usize)>,
    /// Reasons and warnings by flow; also those that no row has, with false.
    codes: BTreeMap<(String, Kind, String), bool>,
}

/// All that is to be reached: the queries that ask, by the name of their file.
pub struct Coverable {
    files: BTreeMap<String, (String, String, Vec<Probe>)>,
}

/// How a view that flows share is called.
fn view(stem: &str) -> String {
    format!("shared.{stem}")
}

impl Coverable {
    /// Looks for the branches of these flows of a pipeline, and of the views that flows share.
    #[must_use]
    pub fn new(pipeline: &Pipeline, wanted: &[String]) -> Self {
        let flows = pipeline.flows.iter().filter(|flow| wanted.contains(&flow.name));
        let read = flows.clone().filter_map(|flow| reads(pipeline, flow.text()).ok());
        let read: BTreeSet<&str> = read.flat_map(|reads| reads.shared).map(|view| view.stem.as_str()).collect();
        let flows = flows.map(|flow| (flow.name.clone(), flow.file.clone(), &flow.sql));
        let views = pipeline.shared.iter().filter(|view| read.contains(view.stem.as_str()));
        let views = views.map(|file| (view(&file.stem), shown(&file.path), &file.sql));
        let files = flows.chain(views).map(|(name, file, sql)| (name, (file, sql.clone(), probes(sql))));
        Self { files: files.collect() }
    }

    /// Notes what the rows of a flow have reached. The tables that it reads must be known to the session.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for parameters that are none.
    pub async fn note(
        &self,
        engine: &Engine,
        pipeline: &Pipeline,
        outcomes: &FlowOutcomes,
        reached: &mut Reached,
    ) -> Result<()> {
        reached.codes(outcomes);
        let Some(flow) = pipeline.flows.iter().find(|flow| flow.name == outcomes.flow) else { return Ok(()) };
        let params = parameters(&pipeline.params)?;
        views::shared(engine, pipeline, &params, flow.text()).await?;
        let mut names = vec![flow.name.clone()];
        names.extend(reads(pipeline, flow.text())?.shared.iter().map(|file| view(&file.stem)));
        for name in names {
            let Some((file, sql, probes)) = self.files.get(&name) else { continue };
            for (at, probe) in probes.iter().enumerate() {
                match asked(engine, Text { file, sql }, probe, &params).await {
                    Ok(arms) => {
                        reached.arms.extend(arms.into_iter().map(|(case, arm)| (name.clone(), at, case, arm)));
                    }
                    Err(error) => {
                        log::debug!("the branches of {file} are not counted: {error}");
                        reached.unasked.insert((name.clone(), at));
                    }
                }
            }
        }
        Ok(())
    }

    /// How much of it was reached.
    #[must_use]
    pub fn covered(&self, reached: &Reached) -> Coverage {
        let mut files = Vec::new();
        for (name, (file, sql, probes)) in &self.files {
            let mut covered = FileCoverage {
                name: name.clone(),
                file: file.clone(),
                total: 0,
                reached: 0,
                missed: Vec::new(),
                never: Vec::new(),
            };
            let lines = never(sql);
            for (at, probe) in
                probes.iter().enumerate().filter(|(at, _)| !reached.unasked.contains(&(name.clone(), *at)))
            {
                for (case, arms) in probe.cases.iter().enumerate() {
                    for (number, arm) in arms.iter().enumerate() {
                        let place = format!("{file}:{}:{}", arm.place.line, arm.place.column);
                        let is_reached = reached.arms.contains(&(name.clone(), at, case, number));
                        covered.count(is_reached, lines.contains(&arm.place.line), Kind::Branch, place, &arm.text);
                    }
                }
            }
            let text = Text { file, sql };
            for ((_, kind, code), is_reached) in reached.codes.iter().filter(|((flow, ..), _)| flow == name) {
                // Where a branch gives it, the branch stands for it.
                let mut arms = probes.iter().flat_map(|probe| probe.cases.iter().flatten());
                if *kind != Kind::Warning && arms.any(|arm| arm.states(code)) {
                    continue;
                }
                let (place, line) = place_of(text, code);
                covered.count(*is_reached, lines.contains(&line), *kind, place, code);
            }
            if covered.total + covered.never.len() > 0 {
                files.push(covered);
            }
        }
        let (total, reached) =
            files.iter().fold((0, 0), |(total, reached), file| (total + file.total, reached + file.reached));
        #[expect(clippy::cast_precision_loss, reason = "far fewer branches than a double counts")]
        let percent = if total == 0 { 100.0 } else { reached as f64 * 100.0 / total as f64 };
        Coverage { total, reached, percent, never: files.iter().map(|file| file.never.len()).sum(), files }
    }
}

impl FileCoverage {
    fn count(&mut self, is_reached: bool, is_never: bool, what: Kind, place: String, text: &str) {
        let missed = Missed { what, place, text: text.to_owned() };
        if is_never && !is_reached {
            return self.never.push(missed);
        }
        self.total += 1;
        if is_reached {
            self.reached += 1;
        } else {
            self.missed.push(missed);
        }
    }
}

/// Where a code stands in a text: as messages show it, and its line.
fn place_of(text: Text<'_>, code: &str) -> (String, u64) {
    let placed = text.at_literal(crate::error::Error::config(""), code);
    let place = placed.places().first().map_or_else(|| text.file.to_owned(), |(_, place)| place.clone());
    let line = place.rsplit(':').nth(1).and_then(|line| line.parse().ok());
    (place, line.unwrap_or_default())
}

impl Reached {
    /// Takes over what another worker found.
    pub fn merge(&mut self, other: Self) {
        self.arms.extend(other.arms);
        self.unasked.extend(other.unasked);
        for (code, is_reached) in other.codes {
            *self.codes.entry(code).or_default() |= is_reached;
        }
    }

    /// Notes the reasons and warnings that a flow can give, and whether rows have them.
    pub fn codes(&mut self, outcomes: &FlowOutcomes) {
        let kinds =
            [(Outcome::Rejected, Kind::Reject), (Outcome::Skipped, Kind::Skip), (Outcome::Elsewhere, Kind::Elsewhere)];
        let reasons = kinds.iter().flat_map(|(outcome, kind)| {
            outcomes.reasons.get(outcome).into_iter().flatten().map(|(code, rows)| (*kind, code, *rows))
        });
        let warnings = outcomes.warnings.iter().map(|(code, rows)| (Kind::Warning, code, *rows));
        for (kind, code, rows) in reasons.chain(warnings) {
            *self.codes.entry((outcomes.flow.clone(), kind, code.clone())).or_default() |= rows > 0;
        }
    }
}

/// Runs a probe: the CASEs and arms that rows took.
async fn asked(
    engine: &Engine,
    text: Text<'_>,
    probe: &Probe,
    params: &[(String, ScalarValue)],
) -> Result<BTreeSet<(usize, usize)>> {
    let frame = engine.plan_parsed(probe.query.clone(), text, params).await?;
    let mut batches = engine.stream(frame, text, None).await?;
    let mut found = BTreeSet::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| running(&error, text.file))?;
        for (case, column) in batch.columns().iter().enumerate() {
            let Ok(arms) = cast(column, &DataType::Int64) else { continue };
            let arms = arms.as_primitive::<Int64Type>();
            found.extend(arms.iter().flatten().filter_map(|arm| Some((case, usize::try_from(arm).ok()?))));
        }
    }
    Ok(found)
}
