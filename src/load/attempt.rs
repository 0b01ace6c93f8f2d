//! Owns one statement that a row may be refused by: as if it had not been sent, then.
//! Must not know: what the statement does.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::copy::of_a_row;
use super::reason::Why;
use crate::error::Result;
use crate::server::Connection;
use crate::target::Table;

const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const RELEASE: &str = include_str!("../../sql/control/load/release.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");

/// Runs a statement about rows of `table` in the open transaction: its rows, or why one was refused, and then it is undone.
///
/// # Errors
/// What is no fault of a row.
pub(super) async fn attempt(
    connection: &Connection,
    statement: &str,
    values: &[&(dyn ToSql + Sync)],
    table: &Table,
) -> Result<std::result::Result<Vec<Row>, Why>> {
    connection.batch_execute(SAVEPOINT).await?;
    let error = match connection.query(statement, values).await {
        Ok(rows) => {
            connection.batch_execute(RELEASE).await?;
            return Ok(Ok(rows));
        }
        Err(error) => error,
    };
    let said = error.as_db_error().filter(|said| of_a_row(said.code().code(), false, false));
    let Some(why) = said.map(|said| Why::of(said, Some(table))) else { return Err(error.into()) };
    connection.batch_execute(UNDO).await?;
    Ok(Err(why))
}
