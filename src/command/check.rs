//! Owns `rehome check`: is a pipeline sound, as far as that can be told without moving a row?
//! Must not know: any database but, if one is named, the target's catalog.

use std::fmt;

use serde::Serialize;

use crate::error::Result;
use crate::graph::Graph;
use crate::load;
use crate::outcomes::FlowShape;
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
    /// What there is to know of the order of texts, where rules depend on it and the source has another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<Texts>,
    /// Were the flows planned against a snapshot's tables?
    pub planned: bool,
    /// Were their columns compared with the target's?
    pub matched: bool,
}

/// The source's collation is not that of the rules, which order texts by their bytes.
#[derive(Debug, Serialize)]
pub struct Texts {
    pub collation: String,
    /// The flows that sort or compare texts by order, or take the least or greatest.
    pub flows: Vec<String>,
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (collation, flows) = (&self.collation, self.flows.join(", "));
        write!(
            f,
            "texts are ordered by their bytes, as with collation \"C\", and in the source by {collation}: see {flows}"
        )
    }
}

/// Collations that order texts by their bytes.
const BY_BYTES: [&str; 6] = ["C", "POSIX", "C.UTF-8", "C.UTF8", "C.utf8", "ucs_basic"];

fn texts(snapshot: &Snapshot, shapes: &[FlowShape]) -> Option<Texts> {
    let collation = snapshot.manifest().source.collation.clone()?;
    let flows: Vec<String> = shapes.iter().filter(|shape| shape.orders_texts).map(|shape| shape.flow.clone()).collect();
    let differs = !BY_BYTES.contains(&collation.as_str()) && !flows.is_empty();
    differs.then_some(Texts { collation, flows })
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
    let mut ordered = None;
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
        ordered = texts(snapshot, &shapes);
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
        texts: ordered,
        planned: snapshot.is_some(),
        matched: snapshot.is_some() && catalog.is_some(),
    })
}
