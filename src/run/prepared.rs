//! Owns a pipeline over a snapshot, planned: what every command begins with that needs no database, and what a run goes on from.
//! Must not know: what is asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::Instrument;

#[cfg(feature = "cluster")]
use super::Machines;
use super::ahead::Ahead;
use super::record::{self, Foreign, Record};
use super::{Setting, chosen, identity, run_id};
use crate::engine::Engine;
use crate::error::{At, Context, Error, Result};
use crate::graph::Graph;
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::progress::Sink;
use crate::report::{self, Inputs, OfTarget, Planned, Report};
use crate::snapshot::Snapshot;
use crate::storage::Location;
use crate::transform::{self, MadeIds, Transform};
use crate::{frame, timed, views};

/// What flows have made, and where it is stored.
pub type Taken = BTreeMap<String, (OutcomeStore, FlowOutcomes)>;

/// A pipeline over a snapshot: each flow, check and report of it is planned.
pub struct Prepared {
    /// With the flows that were asked for, and those they read.
    pub pipeline: Pipeline,
    pub graph: Graph,
    pub snapshot: Snapshot,
    /// Knows `source.*`; and `migrated.*`, `rejected.*` and `skipped.*`, empty until there are outcomes.
    pub engine: Engine,
    /// Where its outcomes are, or will be.
    pub store: OutcomeStore,
    /// In the order of running.
    pub shapes: Vec<FlowShape>,
    planned: Vec<transform::Planned>,
    /// Its checks and reports.
    queries: Planned,
    setting: Setting,
    /// Who has workers run its flows.
    #[cfg(feature = "cluster")]
    driver: Option<super::far::Driver>,
}

impl Prepared {
    /// Plans a pipeline, settled as it is.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with file:line:column of the first that does not plan.
    pub async fn new(
        (pipeline, graph): (Pipeline, Graph),
        snapshot: Snapshot,
        store: OutcomeStore,
        foreign: Foreign,
        setting: &Setting,
    ) -> Result<Self> {
        let preparing = async {
            let plain = Box::pin(Self::without_checks((pipeline, graph), snapshot, store, foreign, setting));
            let mut prepared = plain.await?;
            prepared.queries = report::plan(&prepared.engine, &prepared.pipeline).await?;
            Ok(prepared)
        };
        Box::pin(preparing).instrument(frame!("prepare")).await
    }

    /// Plans its flows alone, where no report is asked for.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub async fn without_checks(
        (pipeline, graph): (Pipeline, Graph),
        snapshot: Snapshot,
        store: OutcomeStore,
        foreign: Foreign,
        setting: &Setting,
    ) -> Result<Self> {
        #[cfg(feature = "cluster")]
        let driver = match &setting.machines {
            Machines::Workers(cluster) => {
                let driver = super::far::Driver::new(cluster.clone(), &pipeline, &graph, &snapshot, &store, setting);
                Some(Box::pin(driver).await?)
            }
            _ => None,
        };
        // Workers have checked its files then.
        let snapshot = if setting.machines.are_others() { snapshot.believed() } else { snapshot };
        let engine = setting.engine(identity(&pipeline, Some(&snapshot), foreign).await?)?;
        let mut prepared = Self {
            pipeline,
            graph,
            snapshot,
            engine,
            store,
            shapes: Vec::new(),
            planned: Vec::new(),
            queries: Planned::default(),
            setting: setting.clone(),
            #[cfg(feature = "cluster")]
            driver,
        };
        let planned = prepared.stage().await?.plan(&prepared.graph).instrument(timed!("transform.plan_ahead")).await?;
        prepared.shapes = planned.iter().map(|planned| planned.shape.clone()).collect();
        prepared.planned = planned;
        Ok(prepared)
    }

    /// Plans rules that are only tried: no database has a say in them.
    ///
    /// # Errors
    /// As [`Self::new`]; [`crate::error::Kind::Config`] for flows that are not there.
    pub async fn to_try(pipeline: &Pipeline, snapshot: Snapshot, only: &[String], setting: &Setting) -> Result<Self> {
        let (pipeline, graph) = chosen(pipeline, only)?;
        let run = run_id(&pipeline, &snapshot, uuid::Uuid::nil(), None).simple().to_string();
        let store = OutcomeStore::open(&setting.place()?, &format!("what-if-{}", &run[..12]));
        let foreign = record::foreign(&store).await?;
        Box::pin(Self::new((pipeline, graph), snapshot, store, foreign, setting)).await
    }

    /// Plans an earlier run as it was, and gives what it made of each row.
    ///
    /// # Errors
    /// As [`Self::new`]; [`crate::error::Kind::Config`] where the pipeline has changed since; [`crate::error::Kind::Corrupt`]
    /// for outcomes that are missing, or of which a byte has changed.
    pub async fn of_run(record: &Record, pipeline: &Pipeline, setting: &Setting) -> Result<(Self, Vec<FlowOutcomes>)> {
        if record.pipeline_hash != pipeline.hash {
            return Err(Error::config("the pipeline has changed since this run")
                .at(At::Pipeline, &pipeline.name)
                .hint("what is said of a run rests on the rules that were applied: restore them, or `rehome run` with the new ones"));
        }
        let snapshot = Snapshot::open(Location::parse(&record.snapshot)?).await?;
        let store = OutcomeStore::open(&setting.place()?, &record.run.to_string());
        let mut pipeline = pipeline.clone();
        pipeline.flows.retain(|flow| record.flows.contains(&flow.name));
        let graph = Graph::new(&pipeline)?;
        let outcomes = record::outcomes(&pipeline, &graph, &store).await?;
        // Nothing is computed of anything that has changed.
        for flow in &outcomes {
            store.check(flow).await.at(At::Flow, &flow.flow)?;
        }
        pipeline.settle(|flow| outcomes.iter().find(|outcomes| outcomes.flow == flow).map(|found| found.row.clone()));
        let foreign = record::foreign(&store).await?;
        Ok((Box::pin(Self::new((pipeline, graph), snapshot, store, foreign, setting)).await?, outcomes))
    }

    /// The stage that runs its flows.
    ///
    /// # Errors
    /// As [`Transform::new`].
    pub async fn stage(&self) -> Result<Transform<'_>> {
        self.stage_with(self.setting.progress.clone()).await
    }

    /// The same, heard by somebody else.
    ///
    /// # Errors
    /// As [`Transform::new`].
    pub async fn stage_with(&self, progress: Arc<dyn Sink>) -> Result<Transform<'_>> {
        let cancel = self.setting.cancel.clone();
        let stage = Transform::new(&self.pipeline, &self.graph, &self.snapshot, &self.engine, progress, cancel).await?;
        Ok(stage.with_planned(&self.planned))
    }

    /// Runs every flow, in order; of those that have run already, what they gave.
    ///
    /// # Errors
    /// As [`Transform::run`].
    pub async fn outcomes(&self) -> Result<Vec<FlowOutcomes>> {
        Box::pin(self.run_all()).instrument(frame!("transform")).await
    }

    async fn run_all(&self) -> Result<Vec<FlowOutcomes>> {
        let stage = self.stage().await?;
        let mut ahead = self.ahead();
        // The tables of flows that have not run yet are known again as soon as they have.
        let mut outcomes = Vec::with_capacity(self.graph.order.len());
        for flow in self.graph.order.iter().filter_map(|index| self.pipeline.flows.get(*index)) {
            ahead.wait_for(&flow.name).await?;
            outcomes.push(stage.run(flow, &self.store).await?);
            ahead.has_made(&flow.name);
        }
        Ok(outcomes)
    }

    /// The same, but of these flows what another pipeline made of the same rows by the same rules; and ids that a target has made.
    ///
    /// # Errors
    /// As [`Self::outcomes`].
    pub async fn outcomes_but(
        &self,
        taken: &Taken,
        ids: BTreeMap<String, MadeIds>,
    ) -> Result<Vec<(OutcomeStore, FlowOutcomes)>> {
        let stage = self.stage().await?.with_made_ids(ids);
        let mut outcomes = Vec::with_capacity(self.graph.order.len());
        for flow in self.graph.order.iter().filter_map(|index| self.pipeline.flows.get(*index)) {
            let shape = self.shapes.iter().find(|shape| shape.flow == flow.name);
            outcomes.push(match (taken.get(&flow.name), shape) {
                (Some((store, made)), Some(shape)) => {
                    views::migrated(&self.engine, store, made, &shape.schema)?;
                    (store.clone(), made.clone())
                }
                _ => (self.store.clone(), stage.run(flow, &self.store).await?),
            });
        }
        Ok(outcomes)
    }

    /// Who makes the outcomes of its flows before they are asked for.
    #[must_use]
    pub fn ahead(&self) -> Ahead<'_> {
        #[cfg(feature = "cluster")]
        if let Some(driver) = &self.driver {
            return Ahead::Workers(Box::new(driver.flows(&self.pipeline, &self.graph, &self.store)));
        }
        Ahead::Nothing(std::marker::PhantomData)
    }

    /// Computes its report, where the rows are.
    ///
    /// # Errors
    /// As [`Inputs::report`].
    pub async fn report(
        &self,
        run: &str,
        (seconds, verified): (f64, bool),
        outcomes: &[FlowOutcomes],
        target: &OfTarget,
    ) -> Result<Report> {
        #[cfg(feature = "cluster")]
        if let Some(driver) = &self.driver {
            return Box::pin(driver.report(run, seconds, verified, target)).await;
        }
        let inputs = self.inputs(outcomes, target);
        inputs.report(run, self.snapshot.id(), seconds, verified).instrument(frame!("report")).await
    }

    /// What its report is computed from. [`Inputs::register`] makes `migrated.*`, `rejected.*` and `skipped.*` known.
    #[must_use]
    pub fn inputs<'a>(&'a self, outcomes: &'a [FlowOutcomes], target: &'a OfTarget) -> Inputs<'a> {
        let Self { engine, pipeline, store, shapes, queries: planned, .. } = self;
        Inputs { engine, pipeline, store, shapes, planned, outcomes, target }
    }
}
