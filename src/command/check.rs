//! Owns `rehome check`: is a pipeline sound, as far as that can be told without moving a row?
//! Must not know: any database but, if one is named, the target's catalog.

use serde::Serialize;

use crate::error::Result;
use crate::graph::Graph;
use crate::load;
use crate::pipeline::Pipeline;
use crate::report;
use crate::run::{Foreign, Setting, identity, settle, ties};
use crate::server::Address;
use crate::snapshot::Snapshot;
use crate::target::Catalog;
use crate::transform::Transform;

/// What a check looked at.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub pipeline: String,
    /// In the order of running.
    pub flows: Vec<CheckedFlow>,
    /// The triggers of the target that will fire while rows are loaded.
    pub triggers: Vec<load::check::Fires>,
    /// Were the flows planned against a snapshot's tables?
    pub planned: bool,
    /// Were their columns compared with the target's?
    pub matched: bool,
}

/// One flow, and what it reads.
#[derive(Debug, Serialize)]
pub struct CheckedFlow {
    pub flow: String,
    pub source: String,
    pub target: String,
    pub reads: Vec<String>,
}

/// Parses, orders and, with a snapshot, plans every flow; with a target, compares columns.
///
/// # Errors
/// The first thing that is wrong; of the target's columns, all mismatches at once.
pub async fn check(
    pipeline: &Pipeline,
    snapshot: Option<&Snapshot>,
    target: Option<&Address>,
    setting: &Setting,
) -> Result<Checked> {
    let mut pipeline = pipeline.clone();
    let mut graph = Graph::new(&pipeline)?;
    let mut triggers = Vec::new();
    let catalog = match target {
        Some(target) => Some(Catalog::read(&target.connect("check").await?, &pipeline.target_schema).await?),
        None => None,
    };
    if let Some(catalog) = &catalog {
        settle(&mut pipeline, catalog);
    }
    if let Some(snapshot) = snapshot {
        let engine = setting.engine(identity(&pipeline, Some(snapshot), Foreign::default()).await?)?;
        let stage =
            Transform::new(&pipeline, &graph, snapshot, &engine, setting.progress.clone(), setting.cancel.clone())
                .await?;
        let shapes = stage.plan(&graph).await?;
        report::check_queries(&engine, &pipeline).await?;
        if let Some(catalog) = &catalog {
            load::check::columns(catalog, &shapes)?;
            triggers = load::check::triggers(catalog, &shapes);
            graph.arrange(&pipeline, ties(&pipeline, catalog))?;
        }
    }
    let flows = graph.order.iter().filter_map(|index| pipeline.flows.get(*index)).map(|flow| CheckedFlow {
        flow: flow.name.clone(),
        source: flow.source(),
        target: flow.target.clone(),
        reads: graph.needs.get(&flow.name).into_iter().flatten().cloned().collect(),
    });
    Ok(Checked {
        pipeline: pipeline.name.clone(),
        flows: flows.collect(),
        triggers,
        planned: snapshot.is_some(),
        matched: snapshot.is_some() && catalog.is_some(),
    })
}
