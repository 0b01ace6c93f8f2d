//! Owns how lost outcomes of an earlier run are made again: by its rules, which the ledger keeps, from its snapshot, if that is
//! still there. The same rules and rows give the same outcomes. Must not know: what they are needed for.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use uuid::Uuid;

use super::record::Foreign;
use super::{Setting, identity, narrowed, settle};
use crate::error::Result;
use crate::graph::Graph;
use crate::ledger::OriginOf;
use crate::outcome::{Id, Made};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::snapshot::Snapshot;
use crate::storage::Location;
use crate::target::Catalog;
use crate::transform::{MadeIds, Transform};

/// What the target tells of earlier runs.
pub trait Past: Sync {
    fn catalog(&self) -> &Catalog;
    /// Its mappings that no run of ours wrote, and the rows that flows have found in it.
    fn foreign(&self) -> &Foreign;
    /// What a run was made of.
    ///
    /// # Errors
    /// What the server says.
    fn origin(&self, run: Uuid) -> impl Future<Output = Result<OriginOf>> + Send;
    /// The ids of an entity's rows, by legacy key.
    ///
    /// # Errors
    /// What the server says.
    fn own(&self, entity: &str) -> impl Future<Output = Result<Vec<(String, String)>>> + Send;
}

/// The outcomes of a flow of an earlier run, made again into its own store; None where its snapshot or its rules are lost too.
///
/// # Errors
/// As [`Transform::run`].
pub async fn flow(
    past: &impl Past,
    run: Uuid,
    name: &str,
    store: &OutcomeStore,
    setting: &Setting,
) -> Result<Option<FlowOutcomes>> {
    let origin = past.origin(run).await?;
    let (Some(rules), Some(snapshot)) = (&origin.rules, snapshot_of(&origin).await?) else { return Ok(None) };
    let Some(pipeline) = read(rules)? else { return Ok(None) };
    if !pipeline.flows.iter().any(|flow| flow.name == name) {
        return Ok(None);
    }
    log::info!("the outcomes of {name} of the run {run} are made again");
    over(past, pipeline, &snapshot, name, store, setting).await
}

/// The outcomes that other rules give a flow over the snapshot of an earlier run; None where that is lost.
///
/// # Errors
/// As [`Transform::run`].
pub async fn under(
    past: &impl Past,
    run: Uuid,
    rules: &Pipeline,
    name: &str,
    store: &OutcomeStore,
    setting: &Setting,
) -> Result<Option<FlowOutcomes>> {
    let Some(snapshot) = snapshot_of(&past.origin(run).await?).await? else { return Ok(None) };
    over(past, rules.clone(), &snapshot, name, store, setting).await
}

/// The snapshot of an earlier run, whole; None where it is lost.
async fn snapshot_of(origin: &OriginOf) -> Result<Option<Snapshot>> {
    let Some(place) = &origin.snapshot else { return Ok(None) };
    let Ok(snapshot) = Snapshot::open(Location::parse(place)?).await else { return Ok(None) };
    let is_it = snapshot.id() == origin.snapshot_id && snapshot.check().await.is_ok();
    Ok(is_it.then_some(snapshot))
}

async fn over(
    past: &impl Past,
    mut pipeline: Pipeline,
    snapshot: &Snapshot,
    name: &str,
    store: &OutcomeStore,
    setting: &Setting,
) -> Result<Option<FlowOutcomes>> {
    settle(&mut pipeline, past.catalog());
    let (needed, order) = narrowed(&pipeline, &Graph::new(&pipeline)?, name)?;
    let engine = setting.engine(identity(&pipeline, Some(snapshot), past.foreign().clone()).await?)?;
    let (progress, cancel) = (setting.progress.clone(), setting.cancel.clone());
    let stage = Transform::new(&needed, &order, snapshot, &engine, progress, cancel).await?;
    let planned = stage.plan(&order).await?;
    let stage = stage.with_planned(&planned);
    let mut ids = BTreeMap::new();
    for flow in needed.flows.iter().filter(|flow| flow.row.id == Id::Server) {
        ids.insert(flow.name.clone(), made(past.own(&flow.entity).await?, Vec::new(), flow.row.made)?);
    }
    let stage = stage.with_made_ids(ids);
    let mut made = None;
    for flow in order.order.iter().filter_map(|index| needed.flows.get(*index)) {
        let outcomes = stage.run(flow, store).await?;
        made = (outcomes.flow == name).then_some(outcomes).or(made);
    }
    Ok(made)
}

/// The ids that rows have, by their keys, and those that new rows get.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for an id that is not of its column's type.
pub fn made(known: Vec<(String, String)>, fresh: Vec<String>, kind: Made) -> Result<MadeIds> {
    let (keys, mut ids): (Vec<String>, Vec<String>) = known.into_iter().unzip();
    let from = ids.len();
    ids.extend(fresh);
    let known = keys.into_iter().enumerate().map(|(at, key)| (key, at)).collect();
    Ok(MadeIds { known, ids: crate::load::typed(ids, kind)?, fresh: from })
}

/// A pipeline from the files that the ledger keeps.
///
/// # Errors
/// What writing them meets.
pub fn read(files: &BTreeMap<String, String>) -> Result<Option<Pipeline>> {
    let folder = tempfile::tempdir()?;
    for part in ["flows", "shared"] {
        std::fs::create_dir(folder.path().join(part))?;
    }
    for (name, text) in files {
        // The ledger lies where others may write: nothing outside of the folder is.
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(None);
        }
        std::fs::write(folder.path().join(name), text)?;
    }
    Ok(Pipeline::read(&folder.path().join("pipeline.toml")).ok())
}
