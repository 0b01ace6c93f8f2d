//! Owns that the triggers and rules of a table and of its partitions are silent while rows are put back or taken out, and are as before after it, in
//! the same transaction. Must not know: which rows these are.

use crate::error::Result;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::Table;

const TRIGGERS: &str = include_str!("../../sql/control/load/triggers.sql");
const SILENCE: &str = include_str!("../../sql/control/load/silence.sql");
const SPEAK_AGAIN: &str = include_str!("../../sql/control/load/speak_again.sql");

/// Silences the triggers and rules of a table that the role owns; gives the statements that make them speak again.
///
/// # Errors
/// What the server says.
pub(super) async fn silence(connection: &Connection, table: &Table) -> Result<Vec<String>> {
    if !table.owned {
        return Ok(Vec::new());
    }
    let name = quote_table(&table.schema, &table.name);
    let mut again = Vec::new();
    for row in connection.query(TRIGGERS, &[&name]).await? {
        let (silent, enabled): (String, String) = (row.try_get("name")?, row.try_get("enabled")?);
        let (schema, part): (String, String) = (row.try_get("schema")?, row.try_get("table")?);
        let name = quote_table(&schema, &part);
        let sort = match enabled.as_str() {
            "A" => "always",
            "R" => "replica",
            _ => "",
        };
        let (what, silent): (String, String) = (row.try_get("what")?, quote_ident(&silent));
        let values = [("table", name.as_str()), ("what", &what), ("name", &silent), ("sort", sort)];
        connection.batch_execute(&fill(SILENCE, &values)).await?;
        again.push(fill(SPEAK_AGAIN, &values));
    }
    Ok(again)
}

/// Makes them speak again.
///
/// # Errors
/// What the server says.
pub(super) async fn speak_again(connection: &Connection, statements: &[String]) -> Result<()> {
    for statement in statements {
        connection.batch_execute(statement).await?;
    }
    Ok(())
}
