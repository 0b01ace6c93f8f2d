//! Owns what a role lacks, as the statements that would grant it. Must not know: which statement was refused.

use crate::error::Result;
use crate::server::Connection;

/// What the session's role lacks of what runs need of these tables (schema and name), of the mappings table and of our own
/// schema; the server judges.
///
/// # Errors
/// What the server says.
pub async fn lacking(
    connection: &Connection,
    tables: &[(String, String)],
    mappings: &(String, String),
) -> Result<Vec<String>> {
    let (schemas, names): (Vec<&str>, Vec<&str>) = tables.iter().map(|(schema, name)| (&**schema, &**name)).unzip();
    let statement = include_str!("../../sql/control/ledger/grants.sql");
    let rows = connection.query(statement, &[&schemas, &names, &mappings.0, &mappings.1]).await?;
    rows.iter().map(|row| Ok(row.try_get("statement")?)).collect()
}

/// The tables that runs have loaded, and the mappings table of the latest.
///
/// # Errors
/// What the server says, also where there is no ledger.
pub async fn loaded_tables(connection: &Connection) -> Result<(Vec<(String, String)>, Option<String>)> {
    let row = connection.query_one(include_str!("../../sql/control/ledger/loaded_tables.sql"), &[]).await?;
    let (schemas, names): (Vec<String>, Vec<String>) = (row.try_get("schemas")?, row.try_get("names")?);
    Ok((schemas.into_iter().zip(names).collect(), row.try_get("mappings")?))
}
