//! Owns which runs a target has seen, in which order they built on each other, and what each has loaded of a flow.
//! Must not know: rows, or what differs between two runs.

use std::collections::BTreeMap;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::Epoch;
use crate::error::{Error, Result};
use crate::failpoint::durable;
use crate::id::Namespace;
use crate::server::Connection;
use crate::target::Table;

/// What a run is: the same identity again takes up the same run.
#[derive(Debug, Clone)]
pub struct RunIdentity {
    pub run_id: Uuid,
    /// On which its UUIDs rest. Runs of one namespace follow each other.
    pub namespace: Namespace,
    /// The run whose target this one changes; none for the first.
    pub parent: Option<Uuid>,
    pub pipeline: String,
    pub pipeline_hash: String,
    pub snapshot_id: String,
    /// The mappings table, `schema.table`.
    pub mappings: String,
    /// Where the snapshot lies.
    pub snapshot: String,
    /// The rules, as files.
    pub rules: BTreeMap<String, String>,
    /// The instant that the snapshot is of, as text.
    pub as_of: String,
    pub tool_version: String,
}

/// The latest run of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    pub run_id: Uuid,
    pub pipeline_hash: String,
    pub snapshot_id: String,
    pub parent: Option<Uuid>,
    /// It came to its end.
    pub done: bool,
}

/// A flow that the run has begun to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedFlow {
    pub flow: String,
    pub entity: String,
    pub schema: String,
    pub table: String,
}

impl LoadedFlow {
    /// A flow that loads rows of an entity into a table.
    #[must_use]
    pub fn of(flow: &str, entity: &str, table: &Table) -> Self {
        Self {
            flow: flow.to_owned(),
            entity: entity.to_owned(),
            schema: table.schema.clone(),
            table: table.name.clone(),
        }
    }
}

/// How a run loads a flow, for the runs after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedHow {
    /// The run whose rows it changes; none where it loads all.
    pub base: Option<Uuid>,
    /// It brings what differs, and keeps what was before, row by row.
    pub difference: bool,
    /// The hash of the flow's rules.
    pub rules: String,
    /// The columns of before-images, and those of them that tell rows apart.
    pub columns: Vec<String>,
    pub identity: Vec<String>,
    /// The table was empty before.
    pub was_empty: bool,
}

/// What an earlier run has loaded of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseOf {
    pub run: Uuid,
    /// It has brought what differed from another.
    pub difference: bool,
    /// All of its rows are in.
    pub done: bool,
    pub rules: Option<String>,
    pub snapshot_id: String,
    /// The chunks that are in, by name.
    pub chunks: Vec<String>,
}

/// What an earlier run was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OriginOf {
    pub snapshot_id: String,
    /// Where its snapshot lay.
    pub snapshot: Option<String>,
    /// Its rules, as files.
    pub rules: Option<BTreeMap<String, String>>,
}

/// A run that has begun, in this process.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    pub epoch: Epoch,
    /// An earlier process began it and did not end it: what the target refused then is not decided.
    pub taken_up: bool,
}

/// The latest run of a namespace that is in the target.
///
/// # Errors
/// [`crate::error::Kind::Config`] where a rollback was broken off; what the server says.
pub async fn latest(connection: &Connection, namespace: Namespace) -> Result<Option<Latest>> {
    let statement = include_str!("../../sql/control/ledger/latest_run.sql");
    let row = connection.query_opt(statement, &[&namespace.uuid()]).await?;
    row.map(|row| {
        let (run, state): (Uuid, String) = (row.try_get("run_id")?, row.try_get("state")?);
        if state == "rolling_back" {
            return Err(Error::config(format!("the rollback of the run {run} was broken off"))
                .hint(format!("`rehome rollback {run}` takes it up; then run again")));
        }
        Ok(Latest {
            run_id: run,
            pipeline_hash: row.try_get("pipeline_hash")?,
            snapshot_id: row.try_get("snapshot_id")?,
            parent: row.try_get("parent")?,
            done: state == "done",
        })
    })
    .transpose()
}

/// Begins a run, or takes up the one with the same id, and becomes the one that may write. `made_mappings`: it makes the mappings table.
///
/// # Errors
/// [`crate::error::Kind::Config`] when the run was begun with other rules or another snapshot.
pub async fn begin(connection: &Connection, run: &RunIdentity, made_mappings: bool) -> Result<Begun> {
    let rules = serde_json::to_string(&run.rules).map_err(|_| Error::unexpected("rules cannot be written"))?;
    let values: [&(dyn ToSql + Sync); 11] = [
        &run.run_id,
        &run.pipeline,
        &run.pipeline_hash,
        &run.snapshot_id,
        &run.tool_version,
        &run.namespace.uuid(),
        &run.parent,
        &run.mappings,
        &made_mappings,
        &run.snapshot,
        &rules,
    ];
    let statement = include_str!("../../sql/control/ledger/begin_run.sql");
    let row = durable("note_run", connection.query_one(statement, &values)).await?;
    let (hash, snapshot): (String, String) = (row.try_get("pipeline_hash")?, row.try_get("snapshot_id")?);
    if hash != run.pipeline_hash || snapshot != run.snapshot_id {
        return Err(Error::config(format!("run {} was begun with other rules or another snapshot", run.run_id))
            .hint("start a new run, or resume with the rules and the snapshot it was begun with"));
    }
    Ok(Begun { epoch: take_epoch(connection, run.run_id).await?, taken_up: row.try_get("taken_up")? })
}

/// Becomes the one that may write, on behalf of a run; waits for what others are committing. Needs the loader's lock: a former
/// run that does not come to its end, such as one that is frozen, has lost it, and its sessions are ended.
///
/// # Errors
/// What the server says.
pub async fn take_epoch(connection: &Connection, run: Uuid) -> Result<Epoch> {
    let statement = include_str!("../../sql/control/ledger/take_epoch.sql");
    let mut taken = durable("take_epoch", connection.query_one(statement, &[&run])).await;
    if taken.as_ref().err().and_then(tokio_postgres::Error::code) == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        let ended: i64 = connection
            .query_one(include_str!("../../sql/control/ledger/end_former.sql"), &[])
            .await?
            .try_get("ended")?;
        log::warn!("{ended} sessions of a former run were ended: it has lost the target, and kept a transaction open");
        taken = durable("take_epoch", connection.query_one(statement, &[&run])).await;
    }
    Ok(Epoch(taken?.try_get("epoch")?))
}

/// The run is in the target, whole.
///
/// # Errors
/// What the server says.
pub async fn end(connection: &Connection, run: Uuid) -> Result<()> {
    durable("end_run", connection.execute(include_str!("../../sql/control/ledger/end_run.sql"), &[&run])).await?;
    Ok(())
}

/// Notes that the run loads a flow, and how. What was noted before stays.
///
/// # Errors
/// What the server says.
pub async fn begin_flow(connection: &Connection, run: Uuid, flow: &LoadedFlow, how: &LoadedHow) -> Result<()> {
    let mode = if how.difference { "difference" } else { "full" };
    let values: [&(dyn ToSql + Sync); 11] = [
        &run,
        &flow.flow,
        &flow.entity,
        &flow.schema,
        &flow.table,
        &mode,
        &how.base,
        &how.rules,
        &how.columns,
        &how.identity,
        &how.was_empty,
    ];
    durable("note_flow", connection.execute(include_str!("../../sql/control/ledger/begin_flow.sql"), &values)).await?;
    Ok(())
}

/// Notes that all rows of a flow are in.
///
/// # Errors
/// What the server says.
pub async fn end_flow(connection: &Connection, run: Uuid, flow: &str) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/end_flow.sql");
    durable("end_flow", connection.execute(statement, &[&run, &flow])).await?;
    Ok(())
}

/// A run of another namespace that has loaded rows of this flow's entity into its table: its id and its flow. With `alone`,
/// any other run than that one.
///
/// # Errors
/// What the server says.
pub async fn other_run(
    connection: &Connection,
    namespace: Namespace,
    alone: Option<Uuid>,
    flow: &LoadedFlow,
) -> Result<Option<(String, String)>> {
    let statement = include_str!("../../sql/control/ledger/other_run.sql");
    let values: [&(dyn ToSql + Sync); 5] = [&namespace.uuid(), &flow.entity, &flow.schema, &flow.table, &alone];
    let row = connection.query_opt(statement, &values).await?;
    row.map(|row| Ok((row.try_get("run")?, row.try_get("flow")?))).transpose()
}

/// What earlier runs have loaded of a flow, the latest first.
///
/// # Errors
/// What the server says.
pub async fn bases(connection: &Connection, run: Uuid, namespace: Namespace, flow: &LoadedFlow) -> Result<Vec<BaseOf>> {
    let statement = include_str!("../../sql/control/ledger/bases.sql");
    let values: [&(dyn ToSql + Sync); 6] =
        [&run, &flow.flow, &flow.entity, &flow.schema, &flow.table, &namespace.uuid()];
    let rows = connection.query(statement, &values).await?;
    let one = |row: &tokio_postgres::Row| {
        Ok(BaseOf {
            run: row.try_get("run_id")?,
            difference: row.try_get::<_, String>("mode")? == "difference",
            done: row.try_get("done")?,
            rules: row.try_get("rules")?,
            snapshot_id: row.try_get("snapshot_id")?,
            chunks: row.try_get("chunks")?,
        })
    };
    rows.iter().map(one).collect()
}

/// What a run was made of.
///
/// # Errors
/// What the server says.
pub async fn origin(connection: &Connection, run: Uuid) -> Result<OriginOf> {
    let row = connection.query_one(include_str!("../../sql/control/ledger/origin.sql"), &[&run]).await?;
    let rules: Option<String> = row.try_get("rules")?;
    Ok(OriginOf {
        snapshot_id: row.try_get("snapshot_id")?,
        snapshot: row.try_get("snapshot")?,
        rules: rules.and_then(|rules| serde_json::from_str(&rules).ok()),
    })
}

/// The flows the run has begun to load, this time or before.
///
/// # Errors
/// What the server says.
pub async fn flows(connection: &Connection, run: Uuid) -> Result<Vec<LoadedFlow>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/flows.sql"), &[&run]).await?;
    rows.iter()
        .map(|row| {
            Ok(LoadedFlow {
                flow: row.try_get("flow")?,
                entity: row.try_get("entity")?,
                schema: row.try_get("table_schema")?,
                table: row.try_get("table_name")?,
            })
        })
        .collect()
}
