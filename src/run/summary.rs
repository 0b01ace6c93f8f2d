//! Owns what the workspace tells of its runs at a glance: sums over stored outcomes, without a query. Must not know: how it is shown.

use std::path::Path;

use uuid::Uuid;

use super::{Record, Setting};
use crate::error::{At, Error, Kind, Result};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};

const RUNS: &str = "runs";

/// A finished run.
#[derive(Debug, Clone)]
pub struct Summary {
    pub record: Record,
    pub source_rows: u64,
    pub migrated: u64,
    pub adopted: u64,
    pub rejected: u64,
    pub skipped: u64,
    pub elsewhere: u64,
}

/// A run that has not finished: the flows whose outcomes are there, and their rows.
#[derive(Debug, Clone)]
pub struct Begun {
    pub run: Uuid,
    pub flows: Vec<(String, u64)>,
}

/// The runs of the workspace: those that have finished, the oldest first, and others.
///
/// # Errors
/// [`Kind::Corrupt`] for outcomes that do not read; what the disk says.
pub async fn summaries(setting: &Setting) -> Result<(Vec<Summary>, Vec<Begun>)> {
    let (mut finished, mut begun) = (Vec::new(), Vec::new());
    for name in folders(&setting.workspace.join(RUNS))? {
        let Ok(run) = Uuid::parse_str(&name) else { continue };
        let store = OutcomeStore::open(&setting.place()?, &name);
        match Record::of(&store).await? {
            Some(record) => finished.push(summary(record, setting).await?),
            None => begun.push(of_begun(run, &store, setting).await?),
        }
    }
    finished.sort_by_key(|summary| summary.record.facts.started_at);
    Ok((finished, begun))
}

/// What became of the rows of one run.
///
/// # Errors
/// [`Kind::Corrupt`] for outcomes that are missing or do not read.
pub async fn summary(record: Record, setting: &Setting) -> Result<Summary> {
    let store = OutcomeStore::open(&setting.place()?, &record.run.to_string());
    let (source_rows, migrated, adopted, rejected, skipped, elsewhere) = (0, 0, 0, 0, 0, 0);
    let mut sums = Summary { record, source_rows, migrated, adopted, rejected, skipped, elsewhere };
    for name in sums.record.flows.clone() {
        let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, &name);
        let flow = store.flow(&name).await?.ok_or_else(gone)?;
        sums.add(&flow);
    }
    Ok(sums)
}

impl Summary {
    fn add(&mut self, flow: &FlowOutcomes) {
        let target = &self.record.target;
        let refused: u64 =
            target.refused.get(&flow.flow).into_iter().flat_map(|by| by.values()).map(|keys| keys.len() as u64).sum();
        let (_, left) = target.existing.get(&flow.flow).copied().unwrap_or_default();
        let lost = (refused + left).min(flow.count(Outcome::Migrated));
        self.source_rows += flow.source_rows;
        self.migrated += flow.count(Outcome::Migrated) - lost;
        self.adopted += flow.count(Outcome::Adopted) + left;
        self.rejected += flow.count(Outcome::Rejected) + refused;
        self.skipped += flow.count(Outcome::Skipped);
        self.elsewhere += flow.count(Outcome::Elsewhere);
    }
}

async fn of_begun(run: Uuid, store: &OutcomeStore, setting: &Setting) -> Result<Begun> {
    let mut flows = Vec::new();
    for name in folders(&setting.workspace.join(RUNS).join(run.to_string()))? {
        if let Some(flow) = store.flow(&name).await? {
            flows.push((flow.flow.clone(), flow.counts.values().sum()));
        }
    }
    Ok(Begun { run, flows })
}

/// The names of the folders in a folder, sorted; none where it is not there.
///
/// # Errors
/// What the disk says.
pub fn folders(of: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if of.exists() {
        for entry in std::fs::read_dir(of)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}
