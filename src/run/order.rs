//! Owns the order that the target asks of the flows: parents before children, as its foreign keys have it.
//! Must not know: how the order is found, or how foreign keys are taken away.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Ties;
use crate::pipeline::Pipeline;
use crate::target::{Catalog, Table};

/// Which flows load the parents of each flow's rows: by foreign keys that stay while rows are loaded, and by those that
/// can be away.
#[must_use]
pub fn ties(pipeline: &Pipeline, catalog: &Catalog) -> Vec<Ties> {
    [false, true].map(|away| by_keys(pipeline, catalog, away)).into()
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
