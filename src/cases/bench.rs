//! Owns what all cases of a pipeline share: its flows, planned once over the source's empty tables.
//! Must not know: a single case.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::coverage::{Coverable, Reached};
use super::schema::{SourceTable, tables};
use crate::engine::{Engine, Schema};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::outcomes::{FlowShape, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::progress::Silent;
use crate::run::{Foreign, Prepared, Setting, identity};
use crate::snapshot::{Origin, Snapshot, Writer};
use crate::storage::Location;

/// What is said of a table that is not there, and what to do about it here.
const NO_TABLE: &str = "the source has no table";
const TABLES: &str = "the tables of a test are those of the DDL beside the cases, of the sample's, or of --snapshot";
/// Where nothing is kept.
const MEMORY: &str = "memory:///cases";

/// A pipeline, ready for its cases.
pub struct Bench {
    /// Without checks and reports, which say nothing of single rows.
    pub pipeline: Pipeline,
    pub graph: Graph,
    pub tables: Vec<SourceTable>,
    /// What each flow gives.
    pub shapes: BTreeMap<String, FlowShape>,
    /// The columns of `migrated.<flow>`.
    pub migrated: BTreeMap<String, SchemaRef>,
    /// All tables, empty: the types of keys are told by it.
    empty: Snapshot,
    /// What cases can reach, where that is asked for.
    pub coverable: Option<Coverable>,
    pub setting: Setting,
}

impl Bench {
    /// Plans the wanted flows, and those they read, over empty tables. With coverage, it runs them too: what no case reaches is known so.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a pipeline that does not plan, and for tables that nothing tells about.
    pub async fn new(
        pipeline: &Pipeline,
        snapshot: Option<&Snapshot>,
        wanted: &[String],
        with_coverage: bool,
        setting: &Setting,
    ) -> Result<(Self, Reached)> {
        let tables = tables(pipeline, snapshot).await?;
        let mut pipeline = pipeline.clone();
        pipeline.checks.clear();
        pipeline.reports.clear();
        let all = Graph::new(&pipeline)?;
        let (mut needed, mut open) = (Vec::new(), wanted.to_vec());
        while let Some(name) = open.pop() {
            if !needed.contains(&name) {
                open.extend(all.needs.get(&name).into_iter().flatten().cloned());
                needed.push(name);
            }
        }
        pipeline.flows.retain(|flow| needed.contains(&flow.name));
        let graph = Graph::new(&pipeline)?;
        let empty =
            snapshot_of(tables.iter().map(|table| (table, RecordBatch::new_empty(table.fields.clone())))).await?;
        let store = OutcomeStore::open(&Location::parse(MEMORY)?, "plan");
        let chosen = (pipeline.clone(), graph.clone());
        let quiet = Setting { progress: Arc::new(Silent), ..setting.clone() };
        let prepared = Prepared::new(chosen, empty.clone(), store, Foreign::default(), &quiet)
            .await
            .map_err(|error| if error.message().contains(NO_TABLE) { error.better_hint(TABLES) } else { error })?;
        let mut migrated = BTreeMap::new();
        for shape in &prepared.shapes {
            let table = prepared.engine.table(Schema::Migrated, &shape.flow).await?;
            migrated.insert(shape.flow.clone(), table.schema().as_arrow().clone().into());
        }
        let shapes = prepared.shapes.iter().map(|shape| (shape.flow.clone(), shape.clone())).collect();
        let mut reached = Reached::default();
        if with_coverage {
            let outcomes = prepared.outcomes().await?;
            outcomes
                .iter()
                .filter(|outcomes| wanted.contains(&outcomes.flow))
                .for_each(|outcomes| reached.codes(outcomes));
        }
        let coverable = with_coverage.then(|| Coverable::new(&pipeline, wanted));
        Ok((Self { pipeline, graph, tables, shapes, migrated, empty, coverable, setting: setting.clone() }, reached))
    }

    /// A session for the identifiers of its flows. Cases may share one, one after the other.
    ///
    /// # Errors
    /// As [`Setting::engine`].
    pub async fn engine(&self) -> Result<Engine> {
        let setting = Setting { jobs: 1, ..self.setting.clone() };
        setting.engine(identity(&self.pipeline, Some(&self.empty), Foreign::default()).await?)
    }

    /// Its pipeline and graph with some flows only. What they read of others must be known to the session.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for flows that are not there.
    pub fn with_flows(&self, flows: &[String]) -> Result<(Pipeline, Graph)> {
        let mut pipeline = self.pipeline.clone();
        let names: Vec<String> = pipeline.flows.iter().map(|flow| flow.name.clone()).collect();
        pipeline.flows.retain(|flow| flows.contains(&flow.name));
        let order = self.graph.order.iter().filter_map(|index| names.get(*index));
        let place = |name: &String| pipeline.flows.iter().position(|flow| flow.name == *name);
        let order: Vec<usize> = order.filter_map(place).collect();
        if order.len() != flows.len() {
            return Err(Error::unexpected("a case runs a flow that is not there"));
        }
        let mut graph = Graph { order, ..self.graph.clone() };
        graph.looked_at.clear();
        Ok((pipeline, graph))
    }
}

/// Rows in memory as a snapshot.
///
/// # Errors
/// What writing meets.
pub async fn snapshot_of(tables: impl Iterator<Item = (&SourceTable, RecordBatch)>) -> Result<Snapshot> {
    let writer = Writer::create(Location::parse(MEMORY)?).await?;
    let mut entries = Vec::new();
    for (table, rows) in tables {
        let file = writer.put_part(&table.header, 0, table.fields.clone(), std::slice::from_ref(&rows)).await?;
        entries.push(table.header.table(&table.fields, vec![file]));
    }
    writer.publish(Origin { kind: "cases".to_owned(), ..Origin::default() }, entries).await
}
