//! Owns which flows make the same of the same rows under two pipelines over two snapshots, by what is known before any is run.
//! Must not know: what is done with that.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::graph::Graph;
use crate::pipeline::{EntityKey, Pipeline};
use crate::rules;
use crate::snapshot::{Column, Snapshot, Table};

/// A pipeline over a snapshot.
pub type Side<'a> = (&'a Pipeline, &'a Graph, &'a Snapshot);

/// The flows that make the same of the same rows on both sides: by their rules, the tables they read, the entities they mention, and
/// the flows that they read.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a table that a snapshot does not have.
pub fn unchanged(before: Side<'_>, after: Side<'_>) -> Result<BTreeSet<String>> {
    let (old, new) = (rules::of_each_flow(before.0), rules::of_each_flow(after.0));
    let mut same = BTreeSet::new();
    let (pipeline, graph, _) = after;
    // A flow comes after those that it reads.
    for flow in graph.order.iter().filter_map(|index| pipeline.flows.get(*index)).map(|flow| &flow.name) {
        let by_rules = old.contains_key(flow) && old.get(flow) == new.get(flow);
        let needs = graph.needs.get(flow);
        let by_needs = needs == before.1.needs.get(flow) && needs.is_none_or(|needs| needs.is_subset(&same));
        if by_rules
            && by_needs
            && entities(before, flow) == entities(after, flow)
            && read(before, flow)? == read(after, flow)?
        {
            same.insert(flow.clone());
        }
    }
    Ok(same)
}

/// The tables that a flow reads, by what they hold.
fn read((pipeline, graph, snapshot): Side<'_>, flow: &str) -> Result<Vec<Table>> {
    let named = graph.sources.get(flow).into_iter().flatten();
    named.map(|named| Ok(content(snapshot.named(named, &pipeline.schemas)?))).collect()
}

/// Where the keys come from of the entities that a flow gives or mentions, and of what types they are, wherever that is written.
fn entities((pipeline, graph, snapshot): Side<'_>, flow: &str) -> Vec<String> {
    let mentioned = graph.mentions.get(flow).into_iter().flatten().map(String::as_str);
    let owners: BTreeSet<&str> = mentioned.chain([flow]).collect();
    let all = pipeline.entities.values().flatten().filter(|from| owners.contains(from.flow.as_str()));
    let told = |from: &EntityKey| {
        let columns: Option<&Vec<Column>> =
            snapshot.named(&from.source, &pipeline.schemas).ok().map(|table| &table.columns);
        let EntityKey { flow, source, columns: key, expand, target, row, open } = from;
        format!("{flow} {:?} {key:?} {expand} {target} {row:?} {open:?} {columns:?}", source.name)
    };
    all.map(told).collect()
}

/// A table by what it holds, wherever its files lie.
fn content(table: &Table) -> Table {
    let mut table = table.clone();
    let refused = table.refused.iter_mut().flat_map(|refused| &mut refused.files);
    for file in table.files.iter_mut().chain(refused) {
        file.path.clear();
    }
    table
}
