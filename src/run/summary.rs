//! Owns what is told of runs at a glance: sums over stored outcomes, without a query. Must not know: how it is shown.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, TryStreamExt};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Record, Setting};
use crate::error::{At, Error, Kind, Result};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};

const RUNS: &str = "runs";
/// Questions to a store at a time: each takes a while where it is far.
const AT_ONCE: usize = 16;

/// What became of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub source_rows: u64,
    pub migrated: u64,
    pub adopted: u64,
    pub rejected: u64,
    pub skipped: u64,
    pub elsewhere: u64,
}

/// What became of the rows of a flow, as the target has left it.
#[derive(Debug, Clone)]
pub struct FlowSums {
    pub flow: String,
    pub sums: Sums,
    /// Rejected rows by their reasons.
    pub reasons: BTreeMap<String, u64>,
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct Summary {
    pub record: Record,
    pub sums: Sums,
}

/// A run that has not finished: the flows whose outcomes are there, and their rows.
#[derive(Debug, Clone)]
pub struct Begun {
    pub run: Uuid,
    pub flows: Vec<(String, u64)>,
}

/// Finished runs that were summed up before: what they have stored does not change.
#[derive(Debug, Default)]
pub struct Known(Mutex<HashMap<Uuid, Summary>>);

/// All runs there are: those that have finished, the oldest first, and others.
///
/// # Errors
/// [`Kind::Corrupt`] for outcomes that do not read; what the store says.
pub async fn summaries(setting: &Setting, known: &Known) -> Result<(Vec<Summary>, Vec<Begun>)> {
    let place = setting.place()?;
    let names = place.child(RUNS).folders().await?;
    let looked = names.into_iter().filter_map(|name| Some((Uuid::parse_str(&name).ok()?, name))).map(|(run, name)| {
        let store = OutcomeStore::open(&place, &name);
        async move {
            match Record::of(&store).await? {
                Some(record) => known.summary(record, setting).await.map(Ok),
                None => of_begun(run, &store).await.map(Err),
            }
        }
    });
    let (mut finished, mut begun) = (Vec::new(), Vec::new());
    // In the order of their names, whichever answer comes first.
    let mut found = futures::stream::iter(looked).buffered(AT_ONCE);
    while let Some(run) = found.try_next().await? {
        match run {
            Ok(summary) => finished.push(summary),
            Err(run) => begun.push(run),
        }
    }
    finished.sort_by_key(|summary| summary.record.facts.started_at);
    Ok((finished, begun))
}

impl Known {
    async fn summary(&self, record: Record, setting: &Setting) -> Result<Summary> {
        // A run that was given again has another time.
        let same = |known: &&Summary| known.record.seconds.to_bits() == record.seconds.to_bits();
        if let Some(known) = self.0.lock().await.get(&record.run).filter(same) {
            return Ok(known.clone());
        }
        let summary = summary(record, setting).await?;
        self.0.lock().await.insert(summary.record.run, summary.clone());
        Ok(summary)
    }
}

/// What became of the rows of one run.
///
/// # Errors
/// As [`flows`].
pub async fn summary(record: Record, setting: &Setting) -> Result<Summary> {
    let mut sums = Sums::default();
    flows(&record, setting).await?.iter().for_each(|flow| sums.add(&flow.sums));
    Ok(Summary { record, sums })
}

/// What became of the rows of each flow of a run, in the order in which they ran.
///
/// # Errors
/// [`Kind::Corrupt`] for outcomes that are missing or do not read.
pub async fn flows(record: &Record, setting: &Setting) -> Result<Vec<FlowSums>> {
    let store = &OutcomeStore::open(&setting.place()?, &record.run.to_string());
    let read = record.flows.iter().map(|name| async move {
        let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, name);
        Ok(FlowSums::of(record, &store.flow(name).await?.ok_or_else(gone)?))
    });
    futures::stream::iter(read).buffered(AT_ONCE).try_collect().await
}

impl FlowSums {
    fn of(record: &Record, flow: &FlowOutcomes) -> Self {
        let target = &record.target;
        let mut reasons = flow.reasons.get(&Outcome::Rejected).cloned().unwrap_or_default();
        let mut refused = 0;
        for (reason, keys) in target.refused.get(&flow.flow).into_iter().flatten() {
            *reasons.entry(reason.clone()).or_default() += keys.len() as u64;
            refused += keys.len() as u64;
        }
        let (_, left) = target.existing.get(&flow.flow).copied().unwrap_or_default();
        let lost = (refused + left).min(flow.count(Outcome::Migrated));
        let sums = Sums {
            source_rows: flow.source_rows,
            migrated: flow.count(Outcome::Migrated) - lost,
            adopted: flow.count(Outcome::Adopted) + left,
            rejected: flow.count(Outcome::Rejected) + refused,
            skipped: flow.count(Outcome::Skipped),
            elsewhere: flow.count(Outcome::Elsewhere),
        };
        Self { flow: flow.flow.clone(), sums, reasons }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.source_rows += other.source_rows;
        self.migrated += other.migrated;
        self.adopted += other.adopted;
        self.rejected += other.rejected;
        self.skipped += other.skipped;
        self.elsewhere += other.elsewhere;
    }
}

async fn of_begun(run: Uuid, store: &OutcomeStore) -> Result<Begun> {
    let mut flows = Vec::new();
    for name in store.location().folders().await? {
        if let Some(flow) = store.flow(&name).await? {
            flows.push((flow.flow.clone(), flow.counts.values().sum()));
        }
    }
    Ok(Begun { run, flows })
}
