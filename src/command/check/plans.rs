//! Owns the planning of all flows of a pipeline, whatever is wrong with some of them: what can be planned, and all errors.
//! Must not know: what is made of the plans.

use std::collections::BTreeSet;

use datafusion::logical_expr::LogicalPlan;

use crate::engine::Engine;
use crate::error::{At, Error, Kind, Result};
use crate::flow::Flow;
use crate::graph::Graph;
use crate::header::shown;
use crate::outcomes::FlowShape;
use crate::pipeline::Pipeline;
use crate::reads::reads;
use crate::report;
use crate::run::{Foreign, Setting, identity};
use crate::snapshot::Snapshot;
use crate::transform::{Planned, Transform, unfit};

/// A flow, planned.
pub struct FlowPlan {
    pub shape: FlowShape,
    /// As it was written, before it was optimised.
    pub written: LogicalPlan,
    pub optimised: LogicalPlan,
}

/// What of a pipeline can be planned, and what is wrong with the rest.
pub struct Plans {
    /// With the flows that are left.
    pub pipeline: Pipeline,
    /// None where no order could be found.
    pub graph: Option<Graph>,
    /// Knows `source.*` and `migrated.*` of the flows that are planned.
    pub engine: Option<Engine>,
    /// In the order of running; none without a snapshot.
    pub flows: Vec<FlowPlan>,
    /// Each with its flow, if it is about one.
    pub errors: Vec<Error>,
    /// Flows that were not looked at, and the flow because of which.
    pub skipped: Vec<(String, String)>,
}

/// Parses all flows, finds their order and, with a snapshot, plans them.
///
/// # Errors
/// What no pipeline is to blame for: disks, memory, a snapshot that is corrupt.
pub async fn plans(pipeline: &Pipeline, snapshot: Option<&Snapshot>, setting: &Setting) -> Result<Plans> {
    let mut plans = Plans {
        pipeline: pipeline.clone(),
        graph: None,
        engine: None,
        flows: Vec::new(),
        errors: Vec::new(),
        skipped: Vec::new(),
    };
    plans.order();
    if let (Some(snapshot), true) = (snapshot, plans.graph.is_some()) {
        plans.leave_unfit(snapshot);
        plans.plan(snapshot, setting).await?;
    }
    Ok(plans)
}

/// Plans a flow down to how it is computed.
async fn planned_whole(stage: &Transform<'_>, flow: &Flow, engine: &Engine) -> Result<(Planned, LogicalPlan)> {
    let planned = stage.planned(flow).await?;
    let optimised = engine.optimise(&planned.frame, flow.text())?;
    engine.computable(&optimised, flow.text()).await?;
    Ok((planned, optimised))
}

fn place(error: &Error, wanted: At) -> Option<String> {
    error.places().iter().find(|(at, _)| *at == wanted).map(|(_, name)| name.clone())
}

impl Plans {
    /// Finds the order of what parses.
    fn order(&mut self) {
        loop {
            let error = match Graph::new(&self.pipeline) {
                Ok(graph) => {
                    self.graph = Some(graph);
                    return;
                }
                Err(error) => error,
            };
            let (flow, file) = (place(&error, At::Flow), place(&error, At::File).unwrap_or_default());
            self.errors.push(error);
            let before = (self.pipeline.flows.len(), self.pipeline.checks.len() + self.pipeline.reports.len());
            if let Some(flow) = flow {
                self.leave(&flow);
            } else {
                let is_there = |path: &std::path::Path| file.starts_with(&shown(path));
                self.pipeline.checks.retain(|check| !is_there(&check.path));
                self.pipeline.reports.retain(|report| !is_there(&report.path));
            }
            let after = (self.pipeline.flows.len(), self.pipeline.checks.len() + self.pipeline.reports.len());
            if before == after {
                return;
            }
        }
    }

    /// Leaves a flow out, and all that read it.
    fn leave(&mut self, broken: &str) {
        let mut lost = vec![broken.to_owned()];
        while let Some(name) = lost.pop() {
            self.pipeline.flows.retain(|flow| flow.name != name);
            let reading = self.pipeline.flows.iter().filter(|flow| {
                let read = reads(&self.pipeline, flow.text()).map(|reads| reads.tables).unwrap_or_default();
                read.contains(&("migrated".to_owned(), name.clone()))
            });
            let reading: Vec<String> = reading.map(|flow| flow.name.clone()).collect();
            self.skipped.extend(reading.iter().map(|reader| (reader.clone(), broken.to_owned())));
            lost.extend(reading);
        }
        self.skipped.sort();
        self.skipped.dedup_by(|one, other| one.0 == other.0);
    }

    fn leave_all(&mut self, errors: Vec<Error>) {
        let flows: BTreeSet<String> = errors.iter().filter_map(|error| place(error, At::Flow)).collect();
        self.errors.extend(errors);
        for flow in &flows {
            self.leave(flow);
        }
        if !flows.is_empty() {
            // What is left had an order with the others, and has one without.
            self.graph = Graph::new(&self.pipeline).ok();
        }
    }

    /// Leaves out the flows whose tables or keys the snapshot does not have.
    fn leave_unfit(&mut self, snapshot: &Snapshot) {
        let Some(graph) = &self.graph else { return };
        let found = self.pipeline.flows.iter().flat_map(|flow| unfit(flow, graph, snapshot, &self.pipeline)).collect();
        self.leave_all(found);
    }

    async fn plan(&mut self, snapshot: &Snapshot, setting: &Setting) -> Result<()> {
        let engine = match identity(&self.pipeline, Some(snapshot), Foreign::default()).await {
            Ok(identity) => setting.engine(identity)?,
            Err(error) => return self.told(error),
        };
        let mut planned = Vec::new();
        let mut errors = Vec::new();
        if let Some(graph) = &self.graph {
            let (progress, cancel) = (setting.progress.clone(), setting.cancel.clone());
            let stage = match Transform::new(&self.pipeline, graph, snapshot, &engine, progress, cancel).await {
                Ok(stage) => stage,
                Err(error) => return self.told(error),
            };
            let mut lost: BTreeSet<&str> = BTreeSet::new();
            for flow in graph.order.iter().filter_map(|index| self.pipeline.flows.get(*index)) {
                if graph.needs.get(&flow.name).into_iter().flatten().any(|need| lost.contains(need.as_str())) {
                    lost.insert(&flow.name);
                    continue;
                }
                match planned_whole(&stage, flow, &engine).await {
                    Ok((whole, optimised)) => planned.push(FlowPlan {
                        shape: whole.shape,
                        written: whole.frame.logical_plan().clone(),
                        optimised,
                    }),
                    Err(error) if error.kind() != Kind::Config => return Err(error),
                    Err(error) => {
                        lost.insert(&flow.name);
                        errors.push(error.at(At::Flow, &flow.name));
                    }
                }
            }
        }
        self.flows = planned;
        self.leave_all(errors);
        self.queries(&engine).await?;
        self.engine = Some(engine);
        Ok(())
    }

    /// Plans the checks and reports that do not read what is left out, each alone.
    async fn queries(&mut self, engine: &Engine) -> Result<()> {
        let left: BTreeSet<&String> = self.pipeline.flows.iter().map(|flow| &flow.name).collect();
        let lost: Vec<&String> = self.pipeline.declared.iter().filter(|name| !left.contains(name)).collect();
        let readable = |text: crate::diagnosis::Text<'_>| {
            let read = reads(&self.pipeline, text).map(|reads| reads.tables).unwrap_or_default();
            !read.iter().any(|(_, table)| lost.contains(&table))
        };
        let mut alone = self.pipeline.clone();
        let mut errors = Vec::new();
        for check in &self.pipeline.checks {
            let file = shown(&check.path);
            if readable(check.text(&file)) {
                (alone.checks, alone.reports) = (vec![check.clone()], Vec::new());
                errors.extend(report::plan(engine, &alone).await.err());
            }
        }
        for query in &self.pipeline.reports {
            let file = shown(&query.path);
            if readable(query.text(&file)) {
                (alone.checks, alone.reports) = (Vec::new(), vec![query.clone()]);
                errors.extend(report::plan(engine, &alone).await.err());
            }
        }
        errors.into_iter().try_for_each(|error| self.told(error))
    }

    /// Keeps an error that the pipeline is to blame for.
    fn told(&mut self, error: Error) -> Result<()> {
        if error.kind() != Kind::Config {
            return Err(error);
        }
        self.errors.push(error);
        Ok(())
    }
}
