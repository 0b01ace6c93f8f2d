//! Owns that the triggers of a table and of its partitions are silent while its rows are put back, and are as before after it, in the same transaction.
//! Must not know: which rows are put back.

use super::Rollback;
use crate::error::Result;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::Table;

const TRIGGERS: &str = include_str!("../../../sql/control/rollback/triggers.sql");
const DISABLE: &str = include_str!("../../../sql/control/rollback/disable_trigger.sql");
const ENABLE: &str = include_str!("../../../sql/control/rollback/enable_trigger.sql");

impl Rollback {
    /// Silences the triggers of a table that the role owns; gives the statements that make them speak again.
    pub(super) async fn silence(&self, table: &Table) -> Result<Vec<String>> {
        if !table.owned {
            return Ok(Vec::new());
        }
        let name = quote_table(&table.schema, &table.name);
        let mut again = Vec::new();
        for row in self.connection.query(TRIGGERS, &[&name]).await? {
            let (trigger, enabled): (String, String) = (row.try_get("name")?, row.try_get("enabled")?);
            let (schema, part): (String, String) = (row.try_get("schema")?, row.try_get("table")?);
            let name = quote_table(&schema, &part);
            let sort = match enabled.as_str() {
                "A" => "always",
                "R" => "replica",
                _ => "",
            };
            let values = [("table", name.as_str()), ("trigger", &quote_ident(&trigger)), ("sort", sort)];
            self.connection.batch_execute(&fill(DISABLE, &values)).await?;
            again.push(fill(ENABLE, &values));
        }
        Ok(again)
    }

    pub(super) async fn speak_again(&self, statements: &[String]) -> Result<()> {
        for statement in statements {
            self.connection.batch_execute(statement).await?;
        }
        Ok(())
    }
}
