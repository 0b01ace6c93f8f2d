//! Owns what the ledger remembers of rows that a run moved: which, what they were, and where others were before us.
//! Must not know: how rows are moved.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fate, existing, refused};
use crate::error::Result;
use crate::id::Namespace;
use crate::server::Connection;

/// A row that a run would have changed, and others had changed, deleted or referred to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Conflicting {
    /// The legacy key as text.
    pub key: String,
    /// `changed`, `deleted`, `referenced`, or `unknown` where nothing tells what it was.
    pub what: String,
    /// The columns that others have changed.
    pub columns: Vec<String>,
    /// `kept` or `overwritten`.
    pub decided: String,
}

/// Takes rejects that stand no longer out of the quarantine; in the transaction that resolves them.
///
/// # Errors
/// What the server says.
pub async fn resolve(
    connection: &Connection,
    run: Uuid,
    namespace: Namespace,
    flow: &str,
    keys: &[String],
) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/resolve.sql");
    connection.execute(statement, &[&run, &namespace.uuid(), &flow, &keys]).await?;
    Ok(())
}

/// The rows of a flow that stand in the target though the latest outcomes do not account for them, by their UUIDs.
///
/// # Errors
/// What the server says.
pub async fn kept_rows(connection: &Connection, namespace: Namespace, flow: &str) -> Result<HashSet<u128>> {
    let statement = include_str!("../../sql/control/ledger/kept_rows.sql");
    let rows = connection.query(statement, &[&namespace.uuid(), &flow]).await?;
    rows.iter().map(|row| Ok(row.try_get::<_, Uuid>("row_id")?.as_u128())).collect()
}

/// What a run did beside a first load, in rows: flow → inserted, updated, marked, deleted, altered, conflict_kept,
/// conflict_overwritten, standing.
///
/// # Errors
/// What the server says.
pub async fn changes(connection: &Connection, run: Uuid) -> Result<BTreeMap<String, BTreeMap<String, u64>>> {
    let mut changes: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in connection.query(include_str!("../../sql/control/ledger/changes.sql"), &[&run]).await? {
        let rows = u64::try_from(row.try_get::<_, i64>("rows")?).unwrap_or(0);
        changes.entry(row.try_get("flow")?).or_default().insert(row.try_get("what")?, rows);
    }
    Ok(changes)
}

/// Of how many rows triggers have made something else than the run wrote: flow → column → rows.
///
/// # Errors
/// What the server says.
pub async fn altered(connection: &Connection, run: Uuid) -> Result<BTreeMap<String, BTreeMap<String, u64>>> {
    let mut altered: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in connection.query(include_str!("../../sql/control/ledger/altered.sql"), &[&run]).await? {
        let rows = u64::try_from(row.try_get::<_, i64>("rows")?).unwrap_or(0);
        altered.entry(row.try_get("flow")?).or_default().insert(row.try_get("column")?, rows);
    }
    Ok(altered)
}

/// The conflicts of a run, by flow.
///
/// # Errors
/// What the server says.
pub async fn conflicts(connection: &Connection, run: Uuid) -> Result<BTreeMap<String, Vec<Conflicting>>> {
    let mut conflicts: BTreeMap<String, Vec<Conflicting>> = BTreeMap::new();
    for row in connection.query(include_str!("../../sql/control/ledger/conflicts.sql"), &[&run]).await? {
        let one = Conflicting {
            key: row.try_get("legacy_key")?,
            what: row.try_get("what")?,
            columns: row.try_get("columns")?,
            decided: row.try_get("decided")?,
        };
        conflicts.entry(row.try_get("flow")?).or_default().push(one);
    }
    Ok(conflicts)
}

/// The rows of a flow that a run moved, by their UUIDs, and those that are not as outcomes say, for a reason that is told.
#[derive(Debug, Default)]
pub struct MovedRows {
    /// Inserted or changed.
    pub written: Vec<u128>,
    pub deleted: Vec<Uuid>,
    /// Rows in which triggers made something else of some columns than was written: these columns.
    pub altered: HashMap<u128, Vec<String>>,
    /// The same, as a first load found it.
    pub altered_at_first: HashMap<u128, Vec<String>>,
    /// Rows that others had changed or deleted, and that were left to them.
    pub conflicts: HashSet<u128>,
    /// In the target without an outcome.
    pub standing: Vec<u128>,
    /// Moved by later runs.
    pub superseded: HashSet<u128>,
}

/// Which rows of a flow a run moved beside a first load, and which are left aside.
///
/// # Errors
/// What the server says.
pub async fn moved_rows(connection: &Connection, run: Uuid, flow: &str) -> Result<MovedRows> {
    let mut moved = MovedRows::default();
    for row in connection.query(include_str!("../../sql/control/ledger/moved_rows.sql"), &[&run, &flow]).await? {
        let id: Uuid = row.try_get("row")?;
        match row.try_get::<_, &str>("what")? {
            "written" => moved.written.push(id.as_u128()),
            "deleted" => moved.deleted.push(id),
            what @ ("altered" | "altered at first") => {
                let rows = if what == "altered" { &mut moved.altered } else { &mut moved.altered_at_first };
                rows.entry(id.as_u128()).or_default().extend(row.try_get::<_, Vec<String>>("columns")?);
            }
            "conflict" => {
                moved.conflicts.insert(id.as_u128());
            }
            "superseded" => {
                moved.superseded.insert(id.as_u128());
            }
            _ => moved.standing.push(id.as_u128()),
        }
    }
    Ok(moved)
}

/// Rows of a flow that a run has migrated, and that it has not in the target, by their UUIDs: refused, or others had them.
///
/// # Errors
/// What the server says.
pub async fn absent(connection: &Connection, run: Uuid, flow: &str) -> Result<HashSet<u128>> {
    let refused = refused(connection, run, Some(flow)).await?;
    let adopted = existing(connection, run, Fate::Adopted, Some(flow)).await?;
    let ids = refused.into_iter().filter_map(|row| row.id).chain(adopted.into_iter().map(|(_, id)| id));
    Ok(ids.map(|id| id.as_u128()).collect())
}
