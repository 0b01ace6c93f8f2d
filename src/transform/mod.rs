//! Owns the stage that turns a snapshot into outcomes: each flow is planned, proven to account for every row, and stored.
//! Must not know: where the snapshot came from, or what loads the outcomes. It meets other stages only in stores.

mod conserve;
mod contract;
mod execute;
mod labels;
mod origins;
mod split;
mod unreadable;
mod zones;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::ArrayRef;
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use tracing::{Instrument, Span};

use crate::cancel::Cancel;
use crate::engine::{Engine, Schema, parameters};
use crate::error::{At, Context, Error, Result};
use crate::flow::Flow;
use crate::graph::Graph;
use crate::name::{Name, Named};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::progress::Sink;
use crate::snapshot::{Snapshot, Table};
use crate::timed;
use crate::views;
pub use contract::Planned;
use zones::Zones;

/// The ids that a target makes itself for the rows of a flow.
#[derive(Debug, Clone)]
pub struct MadeIds {
    /// Where the id of a row that has one stands in `ids`, by its legacy key as text.
    pub known: HashMap<String, usize>,
    pub ids: ArrayRef,
    /// Where the ids of new rows begin.
    pub fresh: usize,
}

/// The flows of a pipeline over one snapshot, ready to run in their order.
pub struct Transform<'a> {
    pipeline: &'a Pipeline,
    snapshot: &'a Snapshot,
    engine: &'a Engine,
    params: Vec<(String, ScalarValue)>,
    zones: Zones<'a>,
    /// Flows that were planned before.
    planned: &'a [Planned],
    /// The ids that the target has made for the rows of flows, by their names.
    made: BTreeMap<String, MadeIds>,
    progress: Arc<dyn Sink>,
    cancel: Cancel,
}

/// The tables of the source that queries can read.
struct Sources<'a> {
    engine: &'a Engine,
    snapshot: &'a Snapshot,
    pipeline: &'a Pipeline,
    /// By schema and name, of which either may hold dots.
    known: BTreeMap<(String, String), Arc<dyn TableProvider>>,
}

impl<'a> Sources<'a> {
    /// Makes a table known under the name that is used for it, and gives it.
    async fn know(&mut self, named: &Named) -> Result<(&'a Table, Arc<dyn TableProvider>)> {
        let table = self.snapshot.named(named, &self.pipeline.schemas)?;
        let key = (table.schema.clone(), table.name.clone());
        let rows = if let Some(rows) = self.known.get(&key) {
            rows.clone()
        } else {
            let rows = views::source(self.engine, self.snapshot, table, self.pipeline);
            let rows = rows.await.at(At::Table, table.qualified())?;
            self.known.insert(key, rows.clone());
            rows
        };
        match &named.name {
            Name::Plain(name) => self.engine.register(Schema::Source, name, rows.clone())?,
            Name::Full { schema, table } => self.engine.register_source(schema, table, rows.clone())?,
            // No query reads it under the name of a header.
            Name::Loose(_) => {}
        }
        Ok((table, rows))
    }
}

impl<'a> Transform<'a> {
    /// Makes the source tables known that the flows read.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a table that the snapshot does not have, or a key column it does not have.
    pub async fn new(
        pipeline: &'a Pipeline,
        graph: &Graph,
        snapshot: &'a Snapshot,
        engine: &'a Engine,
        progress: Arc<dyn Sink>,
        cancel: Cancel,
    ) -> Result<Self> {
        let mut sources = Sources { engine, snapshot, pipeline, known: BTreeMap::new() };
        for flow in &pipeline.flows {
            for named in graph.sources.get(&flow.name).into_iter().flatten() {
                sources.know(named).await?;
            }
            let mut own = Vec::with_capacity(flow.sources.len());
            for (named, name) in flow.named().zip(&flow.sources) {
                let (table, rows) = sources.know(&named).await?;
                contract::key_columns(flow, table)?;
                own.push((name.clone(), rows));
            }
            engine.register(Schema::Own, &flow.name, views::own(engine, own)?)?;
        }
        // A check that reads what this snapshot does not have is told when it is planned, if it is.
        for named in graph.looked_at.iter().filter(|named| snapshot.has(named)) {
            sources.know(named).await?;
        }
        let params = parameters(&pipeline.params).at(At::Pipeline, &pipeline.name)?;
        let zones = Zones::new(pipeline, snapshot)?;
        let made = BTreeMap::new();
        Ok(Self { pipeline, snapshot, engine, params, zones, planned: &[], made, progress, cancel })
    }

    /// Gives flows that were planned before, by this engine and over the same snapshot: they are not planned again.
    #[must_use]
    pub fn with_planned(self, planned: &'a [Planned]) -> Self {
        Self { planned, ..self }
    }

    /// Gives the ids that the target has made for the rows of flows, by flow.
    #[must_use]
    pub fn with_made_ids(self, made: BTreeMap<String, MadeIds>) -> Self {
        Self { made, ..self }
    }

    /// Plans every flow in the order of the graph, before a row is read.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`]: SQL errors with file:line:column, breaches of the outcome contract.
    pub async fn plan(&self, graph: &Graph) -> Result<Vec<Planned>> {
        let mut planned = Vec::with_capacity(graph.order.len());
        for flow in graph.order.iter().filter_map(|index| self.pipeline.flows.get(*index)) {
            planned.push(self.planned(flow).await?);
        }
        Ok(planned)
    }

    /// Plans one flow, whose tables are then known to those that read it. Flows it reads must have been planned.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn planned(&self, flow: &Flow) -> Result<Planned> {
        let planned = self.plan_flow(flow).await?;
        views::empty(self.engine, &planned.shape, flow).await?;
        Ok(planned)
    }

    async fn plan_flow(&self, flow: &Flow) -> Result<Planned> {
        let text = flow.text();
        let located = |error: Error| error.at(At::Flow, &flow.name).at(At::Pipeline, &self.pipeline.name);
        views::shared(self.engine, self.pipeline, &self.params, text).await.map_err(located)?;
        let query = self.engine.plan_and_optimise(text, &self.params).await.map_err(located)?;
        contract::check(self.engine, flow, query, self.pipeline, &self.zones).await.map_err(located)
    }

    /// Runs one flow and publishes its outcomes. Flows it reads must have run.
    /// A flow whose outcomes are published already is not run again: the same run gives the same outcomes.
    ///
    /// # Errors
    /// A breach of conservation is [`crate::error::Kind::Verification`]; else as [`Self::plan`], and resources.
    pub async fn run(&self, flow: &Flow, store: &OutcomeStore) -> Result<FlowOutcomes> {
        let located = |error: Error| error.at(At::Flow, &flow.name).at(At::Pipeline, &self.pipeline.name);
        let planned = async {
            match self.planned.iter().find(|planned| planned.shape.flow == flow.name) {
                Some(planned) => planned.rebound(self.engine).await.map_err(located),
                None => self.plan_flow(flow).await,
            }
        };
        let planned = planned.instrument(timed!("transform.plan", flow.name)).await?;
        let schema = planned.shape.schema.clone();
        let outcomes = if let Some(published) = store.flow(&flow.name).await? {
            store.check(&published).await.map_err(located)?;
            published
        } else {
            let mut tables = Vec::with_capacity(flow.sources.len());
            for (named, name) in flow.named().zip(&flow.sources) {
                tables.push((name.clone(), self.snapshot.named(&named, &self.pipeline.schemas)?));
            }
            let tables_rows: u64 = tables.iter().map(|(_, table)| table.rows).sum();
            self.progress.start("transform", &flow.name, Some(tables_rows));
            let folder = match tables.as_slice() {
                [(_, one)] => views::folder_of(self.snapshot, one),
                _ => None,
            };
            let execution = execute::Execution {
                engine: self.engine,
                flow,
                planned,
                store,
                snapshot: self.snapshot,
                tables,
                made: self.made.get(&flow.name).cloned(),
                folder,
                progress: self.progress.as_ref(),
                cancel: &self.cancel,
            };
            let span = flow_span(&flow.name, tables_rows);
            let done = Box::pin(execution.run()).instrument(span.clone()).await;
            let outcomes = done.at(At::File, &flow.file).map_err(located)?;
            for (outcome, rows) in &outcomes.counts {
                span.record(outcome.name(), *rows);
            }
            self.progress.finish(&flow.name);
            outcomes
        };
        views::migrated(self.engine, store, &outcomes, &schema).map_err(located)?;
        Ok(outcomes)
    }
}

/// The span of a flow: beside its rows, what becomes of them, by the outcomes' names.
fn flow_span(flow: &str, rows: u64) -> Span {
    use tracing::field::Empty;
    tracing::info_span!(
        target: crate::timing::TARGET, "transform.flow", of = flow, rows, bytes = 0_u64, migrated = Empty, adopted = Empty,
        rejected = Empty, skipped = Empty, elsewhere = Empty,
    )
}

/// What a flow wants of the source and the snapshot does not have: tables, and columns of its key.
#[must_use]
pub fn unfit(flow: &Flow, graph: &Graph, snapshot: &Snapshot, pipeline: &Pipeline) -> Vec<Error> {
    let tables = graph.sources.get(&flow.name).into_iter().flatten();
    let missing = tables.filter_map(|named| snapshot.named(named, &pipeline.schemas).err());
    let own = flow.named().filter_map(|named| snapshot.named(&named, &pipeline.schemas).ok());
    let keys = own.filter_map(|table| contract::key_columns(flow, table).err());
    missing.chain(keys).map(|error| error.at(At::Flow, &flow.name)).collect()
}
