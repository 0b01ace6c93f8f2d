//! Owns the run's durable memory in the target: who may write, which chunks are in, what was refused, what was dropped.
//! Must not know: how rows are encoded or sent. All writes that belong to a chunk go through the chunk's connection.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::failpoint::durable;
use crate::id::Namespace;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident};

mod changes;
mod evidence;
mod grants;
mod history;
mod made;
mod mappings;
mod progress;
mod quarantine;
mod runs;
mod sharing;

pub use changes::{Conflicting, MovedRows, absent, altered, changes, conflicts, kept_rows, moved_rows, resolve};
pub use evidence::{Testified, table_rows, testimony};
pub use grants::{lacking, loaded_tables};
pub use history::{
    Chunks, Claimed, FlowOfRun, Noted, PastRun, claimed, history, inserted_by, note_tables, noted_tables,
    resolved_later, sequences_left, standing_keys,
};
pub use made::{made_ids, note_sequence, sequence_moved};
pub use mappings::{Adopted, AdoptedKey, Mapped, Mappings};
pub use progress::{AtWork, Brought, progress};
pub use quarantine::{Quarantined, SeenRun, quarantined, seen_runs};
pub use runs::{
    BaseOf, Begun, Latest, LoadedFlow, LoadedHow, OriginOf, RunIdentity, bases, begin, begin_flow, end, end_flow,
    flows, latest, origin, other_run, take_epoch,
};

pub use sharing::{OpenFlow, close_flow, is_free, open_flow, open_flows, run_is_done};

/// The server needs a moment to notice that the session of a killed run is gone.
const LOCK_ATTEMPTS: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(200);

/// The right to write, as of one moment: a later opener takes it away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch(i64);

impl Epoch {
    /// How many processes have had the right to write so far, this one among them.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Mine,
    /// Committed before, by this or an earlier process of the run.
    Done,
}

/// What became of a row that was in the target already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Updated,
    Adopted,
    /// The run's row was refused; the other one is there.
    Refused,
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Adopted => "adopted",
            Self::Refused => "refused",
        }
    }
}

/// A row that the target refused, without its values.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Refusal {
    pub flow: String,
    /// The legacy key as text.
    pub key: String,
    pub reason: String,
    pub sqlstate: String,
    pub constraint: Option<String>,
    pub column: Option<String>,
    /// The UUID the row was to have.
    pub id: Option<Uuid>,
    /// The file of outcomes it is in, where that is known yet.
    pub chunk: Option<String>,
    /// It was in, and was taken out when constraints came back: decided.
    pub taken_out: bool,
    /// The flow and the legacy key of the row whose fate is the cause, where it is known.
    pub cause: Option<(String, String)>,
}

/// The sort of an object that was dropped for the time of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedSort {
    PrimaryKey,
    Unique,
    Index,
    ForeignKey,
}

impl SavedSort {
    fn name(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary_key",
            Self::Unique => "unique",
            Self::Index => "index",
            Self::ForeignKey => "foreign_key",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "primary_key" => Self::PrimaryKey,
            "unique" => Self::Unique,
            "index" => Self::Index,
            _ => Self::ForeignKey,
        }
    }
}

/// A constraint or index as it was before it was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDdl {
    pub id: i64,
    pub schema: String,
    pub table: String,
    pub name: String,
    pub sort: SavedSort,
    /// Of an index (also behind a key) the CREATE INDEX, of a foreign key and of a partitioned table's key its definition.
    pub definition: String,
    /// The comment of the constraint, or of an index without one.
    pub comment: Option<String>,
    /// The comment of the index behind a key.
    pub index_comment: Option<String>,
    pub deferrable: bool,
    pub deferred: bool,
    pub clustered: bool,
    pub validated: bool,
    /// The index is back; its constraint may still be missing.
    pub index_made: bool,
    /// The columns of a foreign key, or the columns and expressions of an index, as SQL.
    pub columns: Vec<String>,
    /// The table a foreign key points to, and its columns there, as SQL.
    pub referenced: Option<Vec<String>>,
    /// Of a partial index.
    pub predicate: Option<String>,
    /// NULLs count as equal in a unique index.
    pub nulls_equal: bool,
    /// Of an index or key of a partitioned table: the quoted indexes of its partitions, which it holds together.
    pub holds: Option<Vec<String>>,
}

/// Is the whole ledger there?
///
/// # Errors
/// What the server says.
pub async fn exists(connection: &Connection) -> Result<bool> {
    Ok(connection.query_one(include_str!("../../sql/control/ledger/exists.sql"), &[]).await?.try_get("made")?)
}

/// Makes the ledger where it, or any part of it, is missing.
///
/// # Errors
/// [`Kind::Privilege`] when the role may create no schema.
pub async fn ensure(connection: &Connection) -> Result<()> {
    if !exists(connection).await? {
        let statements = include_str!("../../sql/control/ledger/create.sql");
        durable("make_ledger", connection.batch_execute(statements)).await.map_err(|error| {
            let error = Error::from(error);
            match error.kind() {
                Kind::Privilege => {
                    error.hint("the role needs CREATE on the target database, once, for the schema rehome")
                }
                _ => error,
            }
        })?;
    }
    connection.batch_execute(include_str!("../../sql/control/ledger/name_target.sql")).await?;
    Ok(())
}

/// Which target this is: chosen when its ledger was made.
///
/// # Errors
/// What the server says.
pub async fn target_id(connection: &Connection) -> Result<Uuid> {
    let row = connection.query_one(include_str!("../../sql/control/ledger/target_id.sql"), &[]).await?;
    Ok(row.try_get("target_id")?)
}

/// Takes the loader's lock for as long as the session of `connection` lives, or until [`unlock`].
///
/// # Errors
/// [`Kind::Locked`] when another run has it.
pub async fn lock(connection: &Connection) -> Result<()> {
    for attempt in 0..LOCK_ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        let locked: bool =
            connection.query_one(include_str!("../../sql/control/ledger/lock.sql"), &[]).await?.try_get("locked")?;
        if locked {
            return Ok(());
        }
    }
    let holder: String =
        connection.query_one(include_str!("../../sql/control/ledger/holder.sql"), &[]).await?.try_get("holder")?;
    Err(Error::new(Kind::Locked, format!("another run is loading into this database: {holder}"))
        .hint("wait until it has ended; a run that was killed loses its lock as soon as the server notices"))
}

/// Gives the loader's lock back.
///
/// # Errors
/// What the server says.
pub async fn unlock(connection: &Connection) -> Result<()> {
    connection.execute(include_str!("../../sql/control/ledger/unlock.sql"), &[]).await?;
    Ok(())
}

/// Claims a chunk; must be the first statement of its transaction.
///
/// # Errors
/// [`Kind::Locked`] when a newer run has taken over.
pub async fn claim(connection: &Connection, run: Uuid, flow: &str, chunk: &str, epoch: Epoch) -> Result<Claim> {
    let row = connection
        .query_one(include_str!("../../sql/control/ledger/claim.sql"), &[&run, &flow, &chunk, &epoch.0])
        .await?;
    if !row.try_get::<_, bool>("current")? {
        return Err(Error::new(Kind::Locked, "a newer run has taken over this database"));
    }
    Ok(if row.try_get("claimed")? { Claim::Mine } else { Claim::Done })
}

/// Sees, in a transaction without a chunk, that this process may still write; a newer run waits for its end.
///
/// # Errors
/// [`Kind::Locked`] when a newer run has taken over.
pub async fn still_mine(connection: &Connection, epoch: Epoch) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/still_mine.sql");
    match connection.query_opt(statement, &[&epoch.0]).await? {
        Some(_) => Ok(()),
        None => Err(Error::new(Kind::Locked, "a newer run has taken over this database")),
    }
}

/// Notes what a chunk brought, in its transaction.
///
/// # Errors
/// What the server says.
pub async fn count(connection: &Connection, run: Uuid, flow: &str, chunk: &str, rows: u64, refused: u64) -> Result<()> {
    let signed = |count: u64| i64::try_from(count).map_err(|_| Error::unexpected("a chunk is too large"));
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&run, &flow, &chunk, &signed(rows)?, &signed(refused)?];
    connection.execute(include_str!("../../sql/control/ledger/count_chunk.sql"), &values).await?;
    Ok(())
}

/// Rows of a flow that its chunks have brought into the target.
///
/// # Errors
/// What the server says.
pub async fn loaded(connection: &Connection, run: Uuid, flow: &str) -> Result<u64> {
    let row = connection.query_one(include_str!("../../sql/control/ledger/loaded.sql"), &[&run, &flow]).await?;
    Ok(u64::try_from(row.try_get::<_, i64>("rows")?).unwrap_or(0))
}

/// The chunks of a flow that are in the target, by name.
///
/// # Errors
/// What the server says.
pub async fn chunks(connection: &Connection, run: Uuid, flow: &str) -> Result<std::collections::HashSet<String>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/chunks.sql"), &[&run, &flow]).await?;
    rows.iter().map(|row| Ok(row.try_get("chunk")?)).collect()
}

/// How many rows of each flow are in the quarantine of a pipeline's runs.
///
/// # Errors
/// What the server says.
pub async fn in_quarantine(connection: &Connection, namespace: Namespace) -> Result<BTreeMap<String, u64>> {
    let statement = include_str!("../../sql/control/ledger/in_quarantine.sql");
    let rows = connection.query(statement, &[&namespace.uuid()]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("flow")?, u64::try_from(row.try_get::<_, i64>("rows")?).unwrap_or_default())))
        .collect()
}

/// The rows the target refused: of one flow, or of the whole run.
///
/// # Errors
/// What the server says.
pub async fn refused(connection: &Connection, run: Uuid, flow: Option<&str>) -> Result<Vec<Refusal>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/refused.sql"), &[&run, &flow]).await?;
    rows.iter()
        .map(|row| {
            Ok(Refusal {
                flow: row.try_get("flow")?,
                key: row.try_get("legacy_key")?,
                reason: row.try_get("reason")?,
                sqlstate: row.try_get("sqlstate")?,
                constraint: row.try_get("constraint_name")?,
                column: row.try_get("column_name")?,
                id: row.try_get("entity_uuid")?,
                chunk: row.try_get("chunk")?,
                taken_out: row.try_get("taken_out")?,
                cause: row.try_get::<_, Option<String>>("cause_flow")?.zip(row.try_get("cause_key")?),
            })
        })
        .collect()
}

/// Names the cause of rows of a flow that a foreign key refused, by the UUIDs of the rows and of the parents they want.
/// `loaders` are the flows that load the table of the parents.
///
/// # Errors
/// What the server says.
pub async fn name_causes(
    connection: &Connection,
    run: Uuid,
    flow: &str,
    rows: &[Uuid],
    parents: &[Uuid],
    loaders: &[String],
) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/name_causes.sql");
    connection.execute(statement, &[&run, &flow, &rows, &parents, &loaders]).await?;
    Ok(())
}

/// Lets rows out of the quarantine that the target refused; in the transaction that tries them again.
///
/// # Errors
/// What the server says.
pub async fn readmit(connection: &Connection, run: Uuid, flow: &str, ids: &[Uuid]) -> Result<()> {
    connection.execute(include_str!("../../sql/control/ledger/readmit.sql"), &[&run, &flow, &ids]).await?;
    Ok(())
}

/// Notes rows that were in the target already; in the transaction of their chunk.
///
/// # Errors
/// What the server says.
pub async fn note_existing(connection: &Connection, run: Uuid, flow: &str, ids: &[Uuid], fate: Fate) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/note_existing.sql");
    connection.execute(statement, &[&run, &flow, &ids, &fate.name()]).await?;
    Ok(())
}

/// The rows that were in the target already and have this fate: flow and UUID, of one flow or of the whole run.
///
/// # Errors
/// What the server says.
pub async fn existing(
    connection: &Connection,
    run: Uuid,
    fate: Fate,
    flow: Option<&str>,
) -> Result<Vec<(String, Uuid)>> {
    let statement = include_str!("../../sql/control/ledger/existing.sql");
    let rows = connection.query(statement, &[&run, &fate.name(), &flow]).await?;
    rows.iter().map(|row| Ok((row.try_get("flow")?, row.try_get("entity_uuid")?))).collect()
}

/// Keeps a definition; to be followed by the DROP in the same transaction.
///
/// # Errors
/// What the server says.
pub async fn save_ddl(connection: &Connection, run: Uuid, saved: &SavedDdl) -> Result<()> {
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 17] = [
        &run,
        &saved.schema,
        &saved.table,
        &saved.name,
        &saved.sort.name(),
        &saved.definition,
        &saved.comment,
        &saved.index_comment,
        &saved.deferrable,
        &saved.deferred,
        &saved.clustered,
        &saved.validated,
        &saved.columns,
        &saved.referenced,
        &saved.predicate,
        &saved.nulls_equal,
        &saved.holds,
    ];
    connection.execute(include_str!("../../sql/control/ledger/save_ddl.sql"), &values).await?;
    Ok(())
}

/// All that is still away: indexes first, then foreign keys.
///
/// # Errors
/// What the server says.
pub async fn saved_ddl(connection: &Connection) -> Result<Vec<SavedDdl>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/saved_ddl.sql"), &[]).await?;
    rows.iter().map(saved).collect()
}

fn saved(row: &Row) -> Result<SavedDdl> {
    Ok(SavedDdl {
        id: row.try_get("id")?,
        schema: row.try_get("table_schema")?,
        table: row.try_get("table_name")?,
        name: row.try_get("object_name")?,
        sort: SavedSort::of(&row.try_get::<_, String>("sort")?),
        definition: row.try_get("definition")?,
        comment: row.try_get("comment")?,
        index_comment: row.try_get("index_comment")?,
        deferrable: row.try_get("is_deferrable")?,
        deferred: row.try_get("is_deferred")?,
        clustered: row.try_get("clustered")?,
        validated: row.try_get("validated")?,
        index_made: row.try_get("index_made")?,
        columns: row.try_get("columns")?,
        referenced: row.try_get("referenced")?,
        predicate: row.try_get("predicate")?,
        nulls_equal: row.try_get("nulls_equal")?,
        holds: row.try_get("holds")?,
    })
}

/// The index of a saved object is back; in the transaction that made it.
///
/// # Errors
/// What the server says.
pub async fn index_made(connection: &Connection, id: i64) -> Result<()> {
    connection.execute(include_str!("../../sql/control/ledger/index_made.sql"), &[&id]).await?;
    Ok(())
}

/// The object is back as it was; in the transaction that brought it back.
///
/// # Errors
/// What the server says.
pub async fn forget_ddl(connection: &Connection, id: i64) -> Result<()> {
    connection.execute(include_str!("../../sql/control/ledger/forget_ddl.sql"), &[&id]).await?;
    Ok(())
}

fn filled(template: &str, table: &str, more: &[(&str, &str)]) -> String {
    let mut values = vec![("table", table)];
    values.extend_from_slice(more);
    fill(template, &values)
}

fn quoted_list(names: &[String]) -> String {
    names.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ")
}
