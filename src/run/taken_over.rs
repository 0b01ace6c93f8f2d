//! Owns what a run takes over from the one before it: the outcomes of flows whose rules, rows and identities are as they were.
//! Must not know: how outcomes are made or loaded. A flow that is taken over is one that has run.

use super::prepared::Prepared;
use super::record::{self, Foreign, Record};
use super::unchanged::unchanged;
use super::{Setting, base, remake};
use crate::error::{At, Context, Kind, Result};
use crate::graph::Graph;
use crate::ledger::OriginOf;
use crate::outcome::{Id, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::snapshot::Snapshot;
use crate::storage::Location;
use uuid::Uuid;

/// The run before, with all that its outcomes depend on.
struct Before {
    store: OutcomeStore,
    outcomes: Vec<FlowOutcomes>,
    pipeline: Pipeline,
    graph: Graph,
    snapshot: Snapshot,
}

/// Publishes among the outcomes of a run those of the run before that would come out the same. Whatever is missing of that run, is
/// damaged, or is of another version: then nothing is taken over.
///
/// # Errors
/// What reading and writing files meets.
pub async fn take_over(
    prepared: &Prepared,
    parent: Uuid,
    origin: &OriginOf,
    foreign: &Foreign,
    setting: &Setting,
) -> Result<()> {
    let Some(before) = Before::of(parent, origin, foreign, setting).await? else { return Ok(()) };
    let Prepared { pipeline, graph, snapshot, store, .. } = prepared;
    let same = unchanged((&before.pipeline, &before.graph, &before.snapshot), (pipeline, graph, snapshot))?;
    for flow in before.outcomes.iter().filter(|flow| same.contains(&flow.flow)) {
        setting.cancel.check()?;
        if store.flow(&flow.flow).await?.is_some() || !before.fits(flow, prepared).await? {
            continue;
        }
        match store.take_over(&before.store, flow).await.at(At::Flow, &flow.flow) {
            Ok(()) => log::info!("{} is as in the run before", flow.flow),
            Err(error) if error.kind() == Kind::Corrupt => log::info!("{} is made anew: {error}", flow.flow),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Before {
    async fn of(parent: Uuid, origin: &OriginOf, foreign: &Foreign, setting: &Setting) -> Result<Option<Self>> {
        let store = base::of_run(parent, setting)?;
        let Some(record) = Record::of(&store).await? else { return Ok(None) };
        let Some(mut pipeline) = origin.rules.as_ref().map(remake::read).transpose()?.flatten() else {
            return Ok(None);
        };
        if record.facts.tool_version != env!("CARGO_PKG_VERSION") || pipeline.hash != record.pipeline_hash {
            return Ok(None);
        }
        // What the target knew of rows before decides their ids.
        if record::foreign(&store).await? != *foreign {
            return Ok(None);
        }
        let snapshot = match Snapshot::open(Location::parse(&record.snapshot)?).await {
            Ok(snapshot) if snapshot.id() == record.snapshot_id => snapshot,
            Ok(_) => return Ok(None),
            Err(error) if matches!(error.kind(), Kind::Config | Kind::Corrupt) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut outcomes = Vec::with_capacity(record.flows.len());
        for name in &record.flows {
            outcomes.extend(base::stored(&store, name).await?);
        }
        pipeline.flows.retain(|flow| outcomes.iter().any(|outcomes| outcomes.flow == flow.name));
        pipeline.settle(|flow| outcomes.iter().find(|outcomes| outcomes.flow == flow).map(|found| found.row.clone()));
        let graph = Graph::new(&pipeline)?;
        Ok(Some(Self { store, outcomes, pipeline, graph, snapshot }))
    }

    /// Are rows known as they were, and of the types that they would have now? What the target makes ids for is asked anew.
    async fn fits(&self, flow: &FlowOutcomes, prepared: &Prepared) -> Result<bool> {
        let Some(shape) = prepared.shapes.iter().find(|shape| shape.flow == flow.flow) else { return Ok(false) };
        if flow.row != shape.row || flow.row.id == Id::Server || shape.target != flow.target {
            return Ok(false);
        }
        let Some(file) = flow.files_of(Outcome::Migrated).chain(flow.files_of(Outcome::Adopted)).next() else {
            return Ok(true);
        };
        let stored = self.store.schema(file).await?;
        let alike = stored.fields().iter().map(|field| (field.name(), field.data_type()));
        Ok(alike.eq(shape.schema.fields().iter().map(|field| (field.name(), field.data_type()))))
    }
}
