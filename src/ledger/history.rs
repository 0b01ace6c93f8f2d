//! Owns what the ledger tells a verification: which runs loaded what, what each claimed, and how tables stood when a run ended.
//! Must not know: what is compared with it.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::failpoint::durable;
use crate::server::Connection;
use crate::target::{Object, TableName};

/// A flow that a run has loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowOfRun {
    pub flow: String,
    pub entity: String,
    pub table: TableName,
    /// All of it came, and not what differed.
    pub full: bool,
    pub done: bool,
    pub was_empty: bool,
}

/// A run, of those that build on each other, and what it has loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    pub run: Uuid,
    pub number: i64,
    /// `running`, `done`, `rolling_back` or `rolled_back`.
    pub state: String,
    pub flows: Vec<FlowOfRun>,
}

/// A chunk that a run has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub rows: u64,
    pub refused: u64,
}

/// The chunks of runs: run and flow → chunk.
pub type Chunks = HashMap<(Uuid, String), BTreeMap<String, Claimed>>;

/// How a table stood when a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Its rows; none where it had held others' before.
    pub rows: Option<u64>,
    pub structure: Vec<Object>,
}

/// The runs that build on each other with a run, itself among them, the oldest first; empty where the target does not know it.
///
/// # Errors
/// What the server says.
pub async fn history(connection: &Connection, run: Uuid) -> Result<Vec<PastRun>> {
    let mut runs: Vec<PastRun> = Vec::new();
    for row in connection.query(include_str!("../../sql/control/ledger/history.sql"), &[&run]).await? {
        let id: Uuid = row.try_get("run_id")?;
        if runs.last().is_none_or(|last| last.run != id) {
            let (number, state) = (row.try_get("number")?, row.try_get("state")?);
            runs.push(PastRun { run: id, number, state, flows: Vec::new() });
        }
        let (Some(flow), Some(last)) = (row.try_get::<_, Option<String>>("flow")?, runs.last_mut()) else { continue };
        last.flows.push(FlowOfRun {
            flow,
            entity: row.try_get("entity")?,
            table: (row.try_get("table_schema")?, row.try_get("table_name")?),
            full: row.try_get("full")?,
            done: row.try_get("done")?,
            was_empty: row.try_get("was_empty")?,
        });
    }
    Ok(runs)
}

/// The runs that inserted rows of some flows one by one: the row's UUID → runs.
///
/// # Errors
/// What the server says.
pub async fn inserted_by(connection: &Connection, run: Uuid, flows: &[&str]) -> Result<HashMap<u128, Vec<Uuid>>> {
    let mut by: HashMap<u128, Vec<Uuid>> = HashMap::new();
    for row in connection.query(include_str!("../../sql/control/ledger/inserted_by.sql"), &[&run, &flows]).await? {
        by.entry(row.try_get::<_, Uuid>("row")?.as_u128()).or_default().push(row.try_get("run")?);
    }
    Ok(by)
}

/// The keys, as others refer to them, of rows that stand in the target without an outcome: flow and key.
///
/// # Errors
/// What the server says.
pub async fn standing_keys(connection: &Connection, run: Uuid, flows: &[&str]) -> Result<Vec<(String, String)>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/standing_keys.sql"), &[&run, &flows]).await?;
    rows.iter().map(|row| Ok((row.try_get("flow")?, row.try_get("key")?))).collect()
}

/// The rejects that runs after this one have resolved or made: flow and key.
///
/// # Errors
/// What the server says.
pub async fn resolved_later(connection: &Connection, run: Uuid) -> Result<Vec<(String, String)>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/resolved_later.sql"), &[&run]).await?;
    rows.iter().map(|row| Ok((row.try_get("flow")?, row.try_get("key")?))).collect()
}

/// The chunks that runs which build on each other have claimed.
///
/// # Errors
/// What the server says.
pub async fn claimed(connection: &Connection, run: Uuid) -> Result<Chunks> {
    let mut chunks = Chunks::new();
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    for row in connection.query(include_str!("../../sql/control/ledger/claimed.sql"), &[&run]).await? {
        let claimed = Claimed { rows: count(row.try_get("rows")?), refused: count(row.try_get("refused")?) };
        chunks
            .entry((row.try_get("run_id")?, row.try_get("flow")?))
            .or_default()
            .insert(row.try_get("chunk")?, claimed);
    }
    Ok(chunks)
}

/// Notes how tables stand when a run ends: once, the first time that it does.
///
/// # Errors
/// What the server says.
pub async fn note_tables(connection: &Connection, run: Uuid, tables: &[(TableName, Noted)]) -> Result<()> {
    let (mut schemas, mut names, mut rows, mut texts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((schema, name), noted) in tables {
        schemas.push(schema.as_str());
        names.push(name.as_str());
        rows.push(noted.rows.and_then(|rows| i64::try_from(rows).ok()));
        let text = serde_json::to_string(&noted.structure);
        texts.push(text.map_err(|_| Error::unexpected("a structure cannot be written"))?);
    }
    let statement = include_str!("../../sql/control/ledger/note_tables.sql");
    durable("note_tables", connection.execute(statement, &[&run, &schemas, &names, &rows, &texts])).await?;
    Ok(())
}

/// How tables stood when the latest of the runs that build on each other ended; none where the ledger is of an older version.
///
/// # Errors
/// What the server says.
pub async fn noted_tables(connection: &Connection, run: Uuid) -> Result<BTreeMap<TableName, Noted>> {
    let mut noted = BTreeMap::new();
    let has: bool =
        connection.query_one(include_str!("../../sql/control/ledger/has_notes.sql"), &[]).await?.try_get("found")?;
    if !has {
        return Ok(noted);
    }
    for row in connection.query(include_str!("../../sql/control/ledger/noted_tables.sql"), &[&run]).await? {
        let rows: Option<i64> = row.try_get("rows")?;
        let structure = serde_json::from_str(row.try_get("structure")?)
            .map_err(|_| Error::new(crate::error::Kind::Drift, "a row of rehome.tables_left does not read"))?;
        let rows = rows.and_then(|rows| u64::try_from(rows).ok());
        noted.insert((row.try_get("table_schema")?, row.try_get("table_name")?), Noted { rows, structure });
    }
    Ok(noted)
}

/// Where the latest of the runs that build on each other left sequences, by their names as SQL.
///
/// # Errors
/// What the server says.
pub async fn sequences_left(connection: &Connection, run: Uuid) -> Result<BTreeMap<String, i64>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/sequences_left.sql"), &[&run]).await?;
    rows.iter().map(|row| Ok((row.try_get("sequence")?, row.try_get("after")?))).collect()
}
