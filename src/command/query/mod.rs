//! Owns `rehome query`: what is opened for it, and what there is to know of it besides rows.
//! Must not know: how it was typed, or how rows are shown.

pub mod statements;

use std::path::Path;

use serde::Serialize;

use super::snapshot::{find, open as open_snapshot};
use crate::diagnosis::closest;
use crate::engine::{Schema, type_name};
use crate::error::{Error, Kind, Result};
use crate::pipeline::Pipeline;
use crate::run::stored::{self, Known, Made, Stored};
use crate::run::{Record, Setting};
use crate::snapshot::Snapshot;
use crate::storage::Location;

/// What is to be looked at. Nothing named: the newest run, or else the newest snapshot.
#[derive(Debug, Default)]
pub struct Asked {
    /// A place, a name or the beginning of an id.
    pub snapshot: Option<String>,
    /// A run's id, the beginning of it, or `latest`.
    pub run: Option<String>,
    /// With a run: its rules, if they are not where they were. Else rules that are tried over the snapshot.
    pub rules: Option<Pipeline>,
}

/// Opens what is asked for.
///
/// # Errors
/// [`Kind::Config`] for what is not there; what trying rules meets.
pub async fn open(asked: Asked, setting: &Setting) -> Result<Stored> {
    match asked {
        Asked { run: Some(run), snapshot, rules } => {
            let record = Record::find(&setting.place()?, &run).await?;
            Box::pin(of_run(&record, snapshot, rules, setting)).await
        }
        Asked { run: None, snapshot, rules: Some(rules) } => {
            let snapshot = open_snapshot(snapshot.as_deref().unwrap_or("latest"), setting).await?;
            let made = Made::of_trial(&rules, snapshot.clone(), setting).await?;
            Stored::open(Some(snapshot), Some(made), Some(rules), setting).await
        }
        Asked { run: None, snapshot: Some(place), rules: None } => {
            Stored::open(Some(open_snapshot(&place, setting).await?), None, None, setting).await
        }
        Asked { run: None, snapshot: None, rules: None } => Box::pin(newest(setting)).await,
    }
}

async fn newest(setting: &Setting) -> Result<Stored> {
    match Record::find(&setting.place()?, "latest").await {
        Ok(record) => return Box::pin(of_run(&record, None, None, setting)).await,
        Err(error) if error.kind() != Kind::Config => return Err(error),
        Err(_) => {}
    }
    let place = find("latest", setting).await.map_err(|_| {
        Error::config(format!("there is neither a finished run nor a snapshot in {}", setting.workspace.display()))
            .hint("make one with: rehome snapshot; --dir names the folder where they are, --snapshot another place")
    })?;
    Stored::open(Some(Snapshot::open(place).await?), None, None, setting).await
}

async fn of_run(
    record: &Record,
    snapshot: Option<String>,
    rules: Option<Pipeline>,
    setting: &Setting,
) -> Result<Stored> {
    let file = rules.as_ref().map_or(&record.pipeline, |rules| &rules.file).clone();
    let found = match rules {
        Some(rules) => Ok(rules),
        None if !Path::new(&file).exists() => Err(format!("the pipeline {file} is not there any more")),
        None => Pipeline::read(Path::new(&file)).map_err(|_| format!("the pipeline {file} does not read any more")),
    };
    let found = found.and_then(|rules| {
        let same = rules.hash == record.pipeline_hash;
        if same { Ok(rules) } else { Err(format!("the pipeline {file} has changed since this run")) }
    });
    let (rules, without) = match found {
        Ok(rules) => (Some(rules), None),
        Err(why) => (None, Some(why)),
    };
    let made = Made::of_run(record, rules.as_ref(), setting).await?;
    let mut gone = None;
    let snapshot = match snapshot {
        Some(place) => Some(open_snapshot(&place, setting).await?),
        None if made.origin.is_some() => made.origin.clone(),
        None => {
            gone = Some(format!("the run's snapshot {} is not there any more: source.* is not known", record.snapshot));
            None
        }
    };
    let mut stored = Stored::open(snapshot, Some(made), rules, setting).await?;
    stored.notes.splice(0..0, gone);
    if let Some(why) = &without {
        let note = format!("{why}: outcomes are shown as they were stored, and shared.* is not known");
        stored.notes.insert(0, note);
    }
    stored.without_rules = without;
    Ok(stored)
}

/// A column of a result.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Column {
    pub name: String,
    /// The type, as PostgreSQL writes it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A result.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Document {
    pub columns: Vec<Column>,
    /// Objects by the columns' names. Values are as PostgreSQL's to_jsonb gives them: numbers with all their digits.
    pub rows: Vec<serde_json::Map<String, serde_json::Value>>,
    /// How many rows there are.
    pub count: u64,
}

/// A table that queries can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TableShown {
    /// As SQL writes it.
    pub table: String,
    /// Its rows; null of a view, which is computed when it is read.
    pub rows: Option<u64>,
}

/// The tables there are.
#[must_use]
pub fn tables(stored: &Stored) -> Vec<TableShown> {
    stored.tables.iter().map(|known| TableShown { table: known.name.clone(), rows: known.rows }).collect()
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ColumnShown {
    /// The table, as SQL writes it.
    pub table: String,
    pub column: String,
    /// The type, as PostgreSQL writes it.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The columns of one table, or of all.
///
/// # Errors
/// [`Kind::Config`] for a table that is not there, with the name most like it.
pub async fn columns(stored: &Stored, table: Option<&str>) -> Result<Vec<ColumnShown>> {
    let chosen: Vec<&Known> = match table {
        None => stored.tables.iter().filter(|known| known.schema != Schema::Shared).collect(),
        Some(wanted) => {
            let meant = |known: &&Known| known.name == wanted || known.also.iter().any(|also| also == wanted);
            stored.tables.iter().filter(meant).collect()
        }
    };
    if let (true, Some(wanted)) = (chosen.is_empty(), table) {
        let names = stored.tables.iter().flat_map(|known| known.also.iter().chain([&known.name]));
        let names: Vec<String> = names.cloned().collect();
        let error = Error::config(format!("there is no table '{wanted}'"));
        return Err(match closest(wanted, &names) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(".tables lists all"),
        });
    }
    let mut all = Vec::new();
    for known in chosen {
        all.extend(stored.columns(known).await?.into_iter().map(|field| ColumnShown {
            table: known.name.clone(),
            column: field.name().clone(),
            kind: type_name(&field),
        }));
    }
    Ok(all)
}

/// Why rows of a flow came to an outcome, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ReasonShown {
    pub flow: String,
    /// `rejected`, `skipped`, `elsewhere` (the reason is the flow that owns the rows), or `warning`.
    pub outcome: String,
    pub reason: String,
    pub rows: u64,
}

/// The reasons of all flows, or of one, those that no row has too.
///
/// # Errors
/// [`Kind::Config`] where there are no outcomes, or no such flow.
pub fn reasons(stored: &Stored, flow: Option<&str>) -> Result<Vec<ReasonShown>> {
    let Some(made) = &stored.made else {
        return Err(Error::config("there are no outcomes here, only a snapshot").hint(stored::WITH_OUTCOMES));
    };
    if let Some(flow) = flow.filter(|flow| made.flow(flow).is_none()) {
        let names: Vec<String> = made.outcomes.iter().map(|outcomes| outcomes.flow.clone()).collect();
        let error = Error::config(format!("there is no flow '{flow}'"));
        return Err(match closest(flow, &names) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!("the flows are {}", names.join(", "))),
        });
    }
    let shown = |(flow, outcome, reason, rows)| ReasonShown { flow, outcome, reason, rows };
    Ok(stored::reasons(made, flow).into_iter().map(shown).collect())
}

/// What is opened, in a line.
#[must_use]
pub fn opened(stored: &Stored) -> String {
    let snapshot = stored.snapshot.as_ref().map(|snapshot| {
        let place: &Location = snapshot.location();
        format!("snapshot {} ({place})", snapshot.id())
    });
    let made = stored.made.as_ref().map(|made| {
        let tried = made.run.starts_with("what-if-");
        if tried { "rules on trial".to_owned() } else { format!("run {}", made.run) }
    });
    made.into_iter().chain(snapshot).collect::<Vec<_>>().join(" over ")
}
