//! Owns what the order of flows goes by beside what they read: parents before children, as the target's foreign keys have it, and
//! those with many rows early.
//! Must not know: how the order is found, or how foreign keys are taken away.

use std::collections::{BTreeMap, BTreeSet};

use super::source_rows;
use crate::error::Result;
use crate::graph::{Ties, Work};
use crate::outcomes::CHUNK_ROWS;
use crate::pipeline::Pipeline;
use crate::snapshot::Snapshot;
use crate::target::{Catalog, Table};

/// Which flows load the parents of each flow's rows: by foreign keys that stay while rows are loaded, and by those that
/// can be away.
#[must_use]
pub fn ties(pipeline: &Pipeline, catalog: &Catalog) -> Vec<Ties> {
    [false, true].map(|away| by_keys(pipeline, catalog, away)).into()
}

/// How much each flow has to do, in files of its source's rows: those that fill none are all alike.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a table that the snapshot does not have.
pub fn work(pipeline: &Pipeline, snapshot: &Snapshot) -> Result<Work> {
    let of_flow =
        |flow: &crate::flow::Flow| Ok((flow.name.clone(), source_rows(flow, pipeline, snapshot)? / CHUNK_ROWS as u64));
    pipeline.flows.iter().map(of_flow).collect()
}

fn by_keys(pipeline: &Pipeline, catalog: &Catalog, away: bool) -> Ties {
    let table = |name: &str| catalog.table(name);
    let parents = |child: &Table| -> BTreeSet<(String, String)> {
        child
            .foreign_keys()
            .filter(|key| child.can_drop(key) == away)
            .filter_map(|key| key.referenced.clone())
            .collect()
    };
    let mut ties: Ties = BTreeMap::new();
    for flow in &pipeline.flows {
        let Some(child) = table(&flow.target) else { continue };
        let parents = parents(child);
        let loads_parents = |other: &&crate::flow::Flow| {
            other.name != flow.name
                && table(&other.target)
                    .is_some_and(|table| parents.contains(&(table.schema.clone(), table.name.clone())))
        };
        let before = pipeline.flows.iter().filter(loads_parents).map(|other| other.name.clone()).collect();
        ties.insert(flow.name.clone(), before);
    }
    ties
}
