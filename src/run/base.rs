//! Owns what the target is known to hold of a flow: the outcomes of the run before, as far as they are in.
//! Must not know: how differences are found, or brought.

use uuid::Uuid;

use super::Setting;
use super::remake::{self, Past};
use crate::error::Result;
use crate::ledger::BaseOf;
use crate::load::Base;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::report::Because;

/// What is known of a flow before this run: by the latest run that has brought any of it.
///
/// # Errors
/// [`crate::error::Kind::Corrupt`] for a manifest that does not read.
pub async fn of_flow(bases: Vec<BaseOf>, name: &str, past: &impl Past, setting: &Setting) -> Result<Base> {
    let Some(base) = bases.into_iter().find(|base| base.done || !base.chunks.is_empty()) else {
        return Ok(Base::None);
    };
    // Of differences that are in only in part, no list of outcomes tells what is there.
    if base.difference && !base.done {
        return Ok(Base::Target { run: base.run });
    }
    let store = of_run(base.run, setting)?;
    let mut stored = stored(&store, name).await?;
    if stored.is_none() {
        // What is left of it may be damaged.
        store.location().child(name).clear().await?;
        stored = remake::flow(past, base.run, name, &store, setting).await?;
    }
    let Some(mut flow) = stored else { return Ok(Base::Target { run: base.run }) };
    if !base.done {
        flow.files.retain(|file| base.chunks.contains(&file.chunk()));
    }
    Ok(Base::Outcomes { run: base.run, store, flow: Box::new(flow), whole: base.done })
}

/// The outcomes of a run of this workspace.
///
/// # Errors
/// As [`Setting::place`].
pub fn of_run(run: Uuid, setting: &Setting) -> Result<OutcomeStore> {
    Ok(OutcomeStore::open(&setting.place()?, &run.to_string()))
}

/// The outcomes of a flow, if they are there, and all their files with them.
///
/// # Errors
/// [`crate::error::Kind::Corrupt`] for a manifest that does not read.
pub async fn stored(store: &OutcomeStore, name: &str) -> Result<Option<FlowOutcomes>> {
    let Some(flow) = store.flow(name).await? else { return Ok(None) };
    for file in &flow.files {
        if store.location().size(&file.path).await?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(flow))
}

/// Why a flow's rows differ, as far as the whole flow tells it.
pub fn because(base: &BaseOf, rules: &str, snapshot: &str) -> Because {
    match (base.rules.as_deref() == Some(rules), base.snapshot_id == snapshot) {
        (true, true) => Because::Nothing,
        (true, false) => Because::Data,
        (false, true) => Because::Rules,
        (false, false) => Because::Both,
    }
}
