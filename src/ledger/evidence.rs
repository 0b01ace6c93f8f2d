//! Owns what the ledger can testify of a run: its rows, without any value of a row of the source. Must not know: to whom.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::server::Connection;
use crate::server::sql::{fill, quote_table};
use crate::target::TableName;

/// A row of the ledger, or a count of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Testified {
    /// Which table of the ledger it is of, and what it stands for there.
    pub part: String,
    pub name: String,
    pub row: serde_json::Value,
}

/// All that the ledger holds of a run, in one order.
///
/// # Errors
/// What the server says.
pub async fn testimony(connection: &Connection, run: Uuid) -> Result<Vec<Testified>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/evidence.sql"), &[&run]).await?;
    let one = |row: &tokio_postgres::Row| -> Result<Testified> {
        let text: String = row.try_get("row")?;
        let read = serde_json::from_str(&text);
        let row_of = read.map_err(|_| Error::new(Kind::Drift, "a row of the ledger does not read"))?;
        Ok(Testified { part: row.try_get("part")?, name: row.try_get("name")?, row: row_of })
    };
    rows.iter().map(one).collect()
}

/// How many rows a table of the target has.
///
/// # Errors
/// What the server says.
pub async fn table_rows(connection: &Connection, (schema, name): &TableName) -> Result<u64> {
    let query = fill(include_str!("../../sql/control/extract/count_all.sql"), &[("table", &quote_table(schema, name))]);
    let rows: i64 = connection.query_one(&query, &[]).await?.try_get("rows")?;
    Ok(u64::try_from(rows).unwrap_or_default())
}
