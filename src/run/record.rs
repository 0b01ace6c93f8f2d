//! Owns what is remembered of a finished run beside its outcomes, so that its report can be computed anew.
//! Must not know: the target. What the target holds is the ledger's.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{At, Error, Kind, Result};
use crate::failpoint::durable;
use crate::graph::Graph;
use crate::ledger::{AdoptedKey, Refusal};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::report::{Facts, OfTarget};
use crate::storage::{Location, seal};

const FILE: &str = "run.json";
const ADOPTED: &str = "adopted.json";
/// What the target refused.
const REFUSED: &str = "refused.json";
/// What `match` found, kept as [`ADOPTED`] is.
pub const MATCHED: &str = "matched.json";

/// A finished run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    pub run: Uuid,
    /// The pipeline's file.
    pub pipeline: String,
    /// Its name, and the namespace of its UUIDs; None of runs that remembered neither.
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub namespace: Option<Uuid>,
    pub pipeline_hash: String,
    /// Where the snapshot lies.
    pub snapshot: String,
    pub snapshot_id: String,
    /// The flows that ran, in their order.
    pub flows: Vec<String>,
    pub seconds: f64,
    #[serde(flatten)]
    pub target: OfTarget,
    pub verified: bool,
    #[serde(flatten)]
    pub facts: Facts,
}

impl Record {
    /// Remembers a run, in place of what was remembered of an earlier attempt.
    ///
    /// # Errors
    /// What the store says.
    pub async fn save(&self, store: &OutcomeStore) -> Result<()> {
        let text =
            serde_json::to_vec_pretty(self).map_err(|_| Error::unexpected("a run's record cannot be written"))?;
        durable("record", store.location().replace(FILE, seal::seal(text).into())).await
    }

    /// What is remembered of the run of a store; None where it has not ended, or what is remembered is not as it was written.
    ///
    /// # Errors
    /// What the store says.
    pub async fn of(store: &OutcomeStore) -> Result<Option<Self>> {
        match store.get_json(FILE).await {
            Err(error) if error.kind() == Kind::Corrupt => Ok(None),
            found => found,
        }
    }

    /// Finds a finished run of the workspace: by its id, the beginning of it, or `latest`.
    ///
    /// # Errors
    /// [`Kind::Config`] when there is none, or more than one; [`Kind::Corrupt`] for one that is not as it was written.
    pub async fn find(workspace: &Location, name: &str) -> Result<Self> {
        let mut found: Vec<(std::time::SystemTime, Self, bool)> = Vec::new();
        let runs = workspace.child("runs");
        let files = runs.list().await?;
        for file in &files {
            let Some(run) = file.strip_suffix(&format!("/{FILE}")).filter(|run| !run.contains('/')) else { continue };
            if name != "latest" && !run.starts_with(name) {
                continue;
            }
            let bytes = runs.get(file).await?.unwrap_or_default();
            let record = serde_json::from_slice(&bytes)
                .map_err(|_| Error::new(Kind::Corrupt, "a run's record does not read").at(At::File, file))?;
            let changed = runs.local().and_then(|folder| folder.join(file).metadata().ok()?.modified().ok());
            let whole = seal::holds(&bytes) != Some(false);
            found.push((changed.unwrap_or(std::time::UNIX_EPOCH), record, whole));
        }
        // A store that is no folder does not say when a file was changed.
        found.sort_by_key(|(changed, record, _)| (*changed, record.facts.started_at));
        let count = found.len();
        match found.pop() {
            Some((_, record, false)) if name == "latest" || count == 1 => {
                Err(Error::new(Kind::Corrupt, "a run's record has changed")
                    .at(At::File, format!("{}/{FILE}", record.run))
                    .hint("restore it from a copy; or give the same `rehome run` again, which writes it anew"))
            }
            Some((_, record, true)) if name == "latest" || count == 1 => Ok(record),
            Some(_) => Err(Error::config(format!("{count} runs begin with '{name}'")).hint("give more of the id")),
            None => Err(absent(workspace, name, &files)),
        }
    }
}

/// The rows that the target of a run refused, so that it can be told later what its quarantine is to hold.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Refusals {
    refused: Vec<Refusal>,
}

/// Remembers what the target refused, in place of what was remembered of an earlier attempt.
///
/// # Errors
/// What the store says.
pub async fn remember_refused(store: &OutcomeStore, refused: Vec<Refusal>) -> Result<()> {
    let text = serde_json::to_vec_pretty(&Refusals { refused });
    let text = text.map_err(|_| Error::unexpected("what the target refused cannot be written"))?;
    durable("refused", store.location().replace(REFUSED, seal::seal(text).into())).await
}

/// What the target of a run refused; None where an older version has not remembered it.
///
/// # Errors
/// [`Kind::Corrupt`] where it is not as it was written.
pub async fn refused(store: &OutcomeStore) -> Result<Option<Vec<Refusal>>> {
    Ok(store.get_json::<Refusals>(REFUSED).await?.map(|known| known.refused))
}

/// Why there is no report: no such run, one that has not ended, or no run at all.
fn absent(workspace: &Location, name: &str, files: &[String]) -> Error {
    let begun =
        files.iter().filter_map(|file| file.split('/').next()).filter(|run| name == "latest" || run.starts_with(name));
    let mut begun: Vec<&str> = begun.collect();
    begun.dedup();
    match begun.iter().partition::<Vec<&str>, _>(|run| run.starts_with("what-if-")) {
        (tried, runs) if runs.is_empty() && !tried.is_empty() && name != "latest" => {
            Error::config(format!("'{}' is no run: rules were only tried", tried.join("', '")))
                .hint("`rehome what-if` given again shows its report; --report FILE keeps it")
        }
        (_, runs) if !runs.is_empty() => Error::config(format!("the run {} has not finished", runs.join(", ")))
            .hint("a report is of a finished run: give the same `rehome run` again, and it takes up where it was"),
        _ => Error::config(format!("there is no finished run '{name}' in {workspace}"))
            .hint("`rehome run` prints a run's id; --dir names the folder where it worked"),
    }
}

/// A mapping of the target that no run of ours wrote: entity, the key's text, UUID.
pub type Adopted = (String, String, Uuid);

/// Mappings that no run of ours wrote, as they are remembered.
#[must_use]
pub fn remembered(found: Vec<crate::ledger::Adopted>) -> Vec<Adopted> {
    let one = |adopted: crate::ledger::Adopted| {
        let key = match adopted.key {
            AdoptedKey::Int(key) => key.to_string(),
            AdoptedKey::Text(key) => key,
        };
        (adopted.entity, key, adopted.uuid)
    };
    found.into_iter().map(one).collect()
}

/// The UUIDs that rows of an entity have by earlier runs, which may have found them in the target: of legacy keys and ids as text.
pub fn found(entity: &str, own: Vec<(String, String)>) -> impl Iterator<Item = Adopted> {
    own.into_iter().filter_map(move |(key, uuid)| Some((entity.to_owned(), key, Uuid::parse_str(&uuid).ok()?)))
}

/// What a target knew of a run's rows before the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Its mappings.
    pub adopted: Vec<Adopted>,
    /// Its rows that flows found by `match`: entity, the key's text, UUID.
    pub found: Vec<Adopted>,
    /// Rows of flows that could not be matched: flow, entity, the key's text, reason.
    pub unmatched: Vec<(String, String, String, String)>,
}

/// Remembers which foreign UUIDs a run found, and gives those of its first attempt: a run stays reproducible.
///
/// # Errors
/// What the store says.
pub async fn remember_adopted(store: &OutcomeStore, found: Vec<Adopted>) -> Result<Vec<Adopted>> {
    if let Some(known) = store.get_json(ADOPTED).await? {
        return Ok(known);
    }
    durable("adopted", store.put_json(ADOPTED, &found)).await?;
    Ok(found)
}

/// What a run found in the target when it began; nothing where it has not begun.
///
/// # Errors
/// What the store says.
pub async fn foreign(store: &OutcomeStore) -> Result<Foreign> {
    let matched: Foreign = store.get_json(MATCHED).await?.unwrap_or_default();
    Ok(Foreign { adopted: store.get_json(ADOPTED).await?.unwrap_or_default(), ..matched })
}

/// The published outcomes of a run's flows, in their order.
///
/// # Errors
/// [`Kind::Corrupt`] when one is missing.
pub async fn outcomes(pipeline: &Pipeline, graph: &Graph, store: &OutcomeStore) -> Result<Vec<FlowOutcomes>> {
    let mut outcomes = Vec::with_capacity(graph.order.len());
    for flow in graph.order.iter().filter_map(|index| pipeline.flows.get(*index)) {
        let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, &flow.name);
        outcomes.push(store.flow(&flow.name).await?.ok_or_else(gone)?);
    }
    Ok(outcomes)
}
