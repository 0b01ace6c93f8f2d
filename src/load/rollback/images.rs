//! Owns how rows are put back by what the ledger kept of them: deleted, changed and inserted ones, all at once where that goes,
//! else one by one. Must not know: first loads.

use uuid::Uuid;

use super::super::attempt::attempt;
use super::super::difference::{Image, unreferenced};
use super::super::triggers;
use super::{Loaded, Rollback};
use crate::error::Result;
use crate::server::sql::quote_ident;
use crate::target::Table;

const PUT_BACK_DELETED: &str = include_str!("../../../sql/control/rollback/put_back_deleted.sql");
const PUT_BACK_CHANGED: &str = include_str!("../../../sql/control/rollback/put_back_changed.sql");
const TAKE_BACK_INSERTED: &str = include_str!("../../../sql/control/rollback/take_back_inserted.sql");
const WAITING: &str = include_str!("../../../sql/control/rollback/waiting.sql");
const LEAVE_IMAGES: &str = include_str!("../../../sql/control/rollback/leave_images.sql");

impl Rollback {
    /// Rows that the run deleted come back.
    pub(super) async fn put_back_deleted(&self, flow: &Loaded) -> Result<u64> {
        let table = self.table(flow)?;
        let columns: Vec<String> = flow.columns.iter().map(|column| quote_ident(column)).collect();
        let values: Vec<String> = before(flow, table).into_iter().map(|(_, value)| value).collect();
        let more = [("columns", &*columns.join(", ")), ("values", &*values.join(", "))];
        self.move_back(flow, table, PUT_BACK_DELETED, &more, &["deleted"]).await
    }

    /// Rows that the run changed or marked are as they were.
    pub(super) async fn put_back_changed(&self, flow: &Loaded) -> Result<u64> {
        let table = self.table(flow)?;
        let is_own = |name: &str| table.column(name).is_some_and(|column| column.identity == "a");
        let assigned = before(flow, table).into_iter().filter(|(name, _)| !is_own(name));
        let assigned: Vec<String> = assigned.map(|(name, value)| format!("{} = {value}", quote_ident(&name))).collect();
        let more = [("assignments", &*assigned.join(", "))];
        self.move_back(flow, table, PUT_BACK_CHANGED, &more, &["updated", "marked"]).await
    }

    /// Rows that the run inserted, beside a first load, go.
    pub(super) async fn take_back_inserted(&self, flow: &Loaded) -> Result<u64> {
        let table = self.table(flow)?;
        let more = [("unreferenced", &*unreferenced(table))];
        let (mut all, mut rows) = (0, 1);
        // Rows that refer to each other within the table go one after the other.
        while rows > 0 {
            rows = self.move_back(flow, table, TAKE_BACK_INSERTED, &more, &["inserted"]).await?;
            all += rows;
        }
        Ok(all)
    }

    /// Lists what could not be put back.
    pub(super) async fn leave(&self, flow: &Loaded) -> Result<()> {
        let image = Image::named(self.table(flow)?, flow.columns.clone(), &flow.identity)?;
        self.in_transaction().await?;
        let statement = image.fill(LEAVE_IMAGES, &[("is", &image.is("t", "i.identity"))]);
        self.connection.execute(&statement, &[&self.run.run, &flow.flow]).await?;
        self.connection.commit("rollback_left").await
    }

    async fn move_back(
        &self,
        flow: &Loaded,
        table: &Table,
        template: &str,
        more: &[(&str, &str)],
        moves: &[&str],
    ) -> Result<u64> {
        let waiting = self.connection.query(WAITING, &[&self.run.run, &flow.flow, &moves]).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let image = Image::named(table, flow.columns.clone(), &flow.identity)?;
        let is = image.is("t", "i.identity");
        let mut values = vec![("is", &*is)];
        values.extend_from_slice(more);
        let statement = image.fill(template, &values);
        self.in_transaction().await?;
        let silent = triggers::silence(&self.connection, table).await?;
        let rows = if let Some(rows) = self.try_back(&statement, flow, table, None).await? {
            rows
        } else {
            let mut rows = 0;
            for row in waiting {
                self.cancel.check()?;
                rows += self.try_back(&statement, flow, table, Some(row.try_get("row_id")?)).await?.unwrap_or(0);
            }
            rows
        };
        triggers::speak_again(&self.connection, &silent).await?;
        self.connection.commit("rollback_images").await?;
        Ok(rows)
    }

    /// None where the target refuses it.
    async fn try_back(&self, statement: &str, flow: &Loaded, table: &Table, row: Option<Uuid>) -> Result<Option<u64>> {
        let done = attempt(&self.connection, statement, &[&self.run.run, &flow.flow, &row], table).await?;
        let Some(counted) = done.ok().and_then(|rows| rows.into_iter().next()) else { return Ok(None) };
        Ok(Some(u64::try_from(counted.try_get::<_, i64>("rows")?).unwrap_or(0)))
    }
}

/// The columns of a before-image, each with the SQL of its value.
fn before(flow: &Loaded, table: &Table) -> Vec<(String, String)> {
    let value = |(at, name): (usize, &String)| {
        let ty = table.column(name).map_or("text", |column| column.formatted.as_str());
        (name.clone(), format!("(i.before)[{}]::{ty}", at + 1))
    };
    flow.columns.iter().enumerate().map(value).collect()
}
