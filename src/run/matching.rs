//! Owns how flows that say `match` learn which rows of the target theirs stand for, before anything is loaded: their rows
//! are made on trial, and the target is asked.
//! Must not know: how rows are compared.

use std::collections::BTreeSet;

use super::load::Loading;
use super::record::{Foreign, MATCHED};
use super::{Setting, identity, narrowed};
use crate::error::Result;
use crate::flow::Flow;
use crate::graph::Graph;
use crate::load::Match;
use crate::outcomes::OutcomeStore;
use crate::pipeline::Pipeline;
use crate::snapshot::Snapshot;
use crate::transform::Transform;

/// The reason of source rows of which several stand for one row of the target.
const TWICE: &str = "matched_twice";
/// The reason of source rows that stand for more than one row of the target.
const SEVERAL: &str = "matches_several";

/// What the target knew of the run's rows before: by its mappings, and by the rows that the flows' `match` finds. A run that is
/// taken up goes by what its first attempt found.
///
/// # Errors
/// As [`Transform::run`], and what asking the target meets.
pub async fn foreign(
    loading: &Loading,
    pipeline: &Pipeline,
    graph: &Graph,
    snapshot: &Snapshot,
    store: &OutcomeStore,
    setting: &Setting,
) -> Result<Foreign> {
    let mut foreign = loading.foreign(pipeline, store).await?;
    let flows = graph.order.iter().filter_map(|index| pipeline.flows.get(*index));
    let flows: Vec<&Flow> = flows.filter(|flow| !flow.row.matching.is_empty()).collect();
    if flows.is_empty() {
        return Ok(foreign);
    }
    if let Some(known) = store.get_json::<Foreign>(MATCHED).await? {
        return Ok(Foreign { adopted: foreign.adopted, ..known });
    }
    let entities: BTreeSet<&str> = flows.iter().map(|flow| flow.entity.as_str()).collect();
    foreign.found = loading.found_before(&entities.into_iter().collect::<Vec<_>>()).await?;
    for flow in flows {
        // What earlier flows have found counts for the ones that come after them.
        let (needed, order) = narrowed(pipeline, graph, &flow.name)?;
        let engine = setting.engine(identity(pipeline, Some(snapshot), foreign.clone()).await?)?;
        let (progress, cancel) = (setting.progress.clone(), setting.cancel.clone());
        let stage = Transform::new(&needed, &order, snapshot, &engine, progress, cancel).await?;
        let planned = stage.plan(&order).await?;
        loading.fits(&planned.iter().map(|planned| planned.shape.clone()).collect::<Vec<_>>())?;
        let stage = stage.with_planned(&planned);
        let trial = store.trial(&flow.name);
        for needed in order.order.iter().filter_map(|index| needed.flows.get(*index)) {
            let outcomes = stage.run(needed, &trial).await?;
            if outcomes.flow == flow.name {
                note(&mut foreign, flow, loading.matches(&outcomes, &trial).await?);
            }
        }
    }
    store.put_json(MATCHED, &Foreign { adopted: Vec::new(), ..foreign.clone() }).await?;
    Ok(foreign)
}

fn note(foreign: &mut Foreign, flow: &Flow, matches: Vec<Match>) {
    let of_entity = |(entity, ..): &&(String, String, uuid::Uuid)| *entity == flow.entity;
    let known = foreign.adopted.iter().chain(&foreign.found).filter(of_entity);
    let taken: BTreeSet<(uuid::Uuid, String)> = known.map(|(_, key, uuid)| (*uuid, key.clone())).collect();
    let settled: BTreeSet<String> = known_keys(foreign, flow);
    for Match { key, found, twice, several } in matches {
        if settled.contains(&key) {
            continue;
        }
        let by_another = taken.iter().any(|(uuid, other)| *uuid == found && *other != key);
        let reason = match (twice || by_another, several) {
            (_, true) => SEVERAL,
            (true, false) => TWICE,
            (false, false) => {
                foreign.found.push((flow.entity.clone(), key, found));
                continue;
            }
        };
        let row = (flow.name.clone(), flow.entity.clone(), key, reason.to_owned());
        if !foreign.unmatched.contains(&row) {
            foreign.unmatched.push(row);
        }
    }
}

/// The keys whose UUIDs are known from earlier runs.
fn known_keys(foreign: &Foreign, flow: &Flow) -> BTreeSet<String> {
    let of_entity = foreign.found.iter().filter(|(entity, ..)| *entity == flow.entity);
    of_entity.map(|(_, key, _)| key.clone()).collect()
}
