//! Owns the ids that the target itself makes for rows of a run: made once, remembered, the same after a crash.
//! Must not know: which row gets which.

use uuid::Uuid;

use crate::error::Result;
use crate::failpoint::durable;
use crate::server::Connection;
use crate::server::sql::fill;

const MAKE: &str = include_str!("../../sql/control/ledger/make_ids.sql");
const MADE: &str = include_str!("../../sql/control/ledger/made_ids.sql");

/// The ids of a flow as text, in the order in which they were made: `rows` of them, by the SQL expression `default`, where
/// an earlier process of the run has not made them.
///
/// # Errors
/// What the server says: a sequence that has no more values, one that this role may not use.
pub async fn made_ids(connection: &Connection, run: Uuid, flow: &str, rows: u64, default: &str) -> Result<Vec<String>> {
    let known = read(connection, run, flow).await?;
    if !known.is_empty() || rows == 0 {
        return Ok(known);
    }
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    durable("make_ids", connection.execute(&fill(MAKE, &[("default", default)]), &[&run, &flow, &rows])).await?;
    read(connection, run, flow).await
}

/// Notes where a sequence stands, before a run moves it.
///
/// # Errors
/// What the server says.
pub async fn note_sequence(connection: &Connection, run: Uuid, sequence: &str) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/note_sequence.sql");
    durable("note_sequence", connection.execute(statement, &[&run, &sequence])).await?;
    Ok(())
}

/// Notes where a run has left a sequence.
///
/// # Errors
/// What the server says.
pub async fn sequence_moved(connection: &Connection, run: Uuid, sequence: &str) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/sequence_moved.sql");
    durable("sequence_moved", connection.execute(statement, &[&run, &sequence])).await?;
    Ok(())
}

async fn read(connection: &Connection, run: Uuid, flow: &str) -> Result<Vec<String>> {
    let rows = connection.query(MADE, &[&run, &flow]).await?;
    rows.iter().map(|row| Ok(row.try_get("value")?)).collect()
}
