//! Owns how rows are put back by what the ledger kept of them: deleted, changed and inserted ones, all at once where that goes,
//! else in halves, down to the row that the target refuses. Must not know: first loads.

use super::super::attempt::attempt;
use super::super::difference::{Image, unreferenced};
use super::super::triggers;
use super::{Loaded, Rollback};
use crate::error::Result;
use crate::server::sql::{fill, quote_ident, quote_literal};
use crate::target::Table;

const STAGE_IMAGES: &str = include_str!("../../../sql/control/rollback/stage_images.sql");
const COUNT: &str = include_str!("../../../sql/control/rollback/count_images.sql");
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
        if !self.connection.query_one(WAITING, &[&self.run.run, &flow.flow, &moves]).await?.try_get("any")? {
            return Ok(0);
        }
        let image = Image::named(table, flow.columns.clone(), &flow.identity)?;
        let is = image.is("t", "i.identity");
        let mut values = vec![("is", &*is)];
        values.extend_from_slice(more);
        let statement = image.fill(template, &values);
        self.in_transaction().await?;
        let all = self.stage(flow, moves).await?;
        let silent = triggers::silence(&self.connection, table).await?;
        let (mut rows, mut waiting) = (0, vec![(1, all)]);
        while let Some((first, last)) = waiting.pop() {
            self.cancel.check()?;
            match self.try_back(&statement, table, first, last).await? {
                Some(back) => rows += back,
                None if first == last => {}
                None => {
                    let middle = first.midpoint(last);
                    waiting.extend([(middle + 1, last), (first, middle)]);
                }
            }
        }
        triggers::speak_again(&self.connection, &silent).await?;
        self.connection.commit("rollback_images").await?;
        Ok(rows)
    }

    /// Numbers the rows that are still to be put back, in a table of the session; gives how many there are.
    async fn stage(&self, flow: &Loaded, moves: &[&str]) -> Result<i64> {
        let moves: Vec<String> = moves.iter().map(|what| quote_literal(what)).collect();
        let values = [
            ("run", &*format!("{}::uuid", quote_literal(&self.run.run.to_string()))),
            ("flow", &*quote_literal(&flow.flow)),
            ("moves", &*moves.join(", ")),
        ];
        self.connection.batch_execute(&fill(STAGE_IMAGES, &values)).await?;
        Ok(self.connection.query_one(COUNT, &[]).await?.try_get("rows")?)
    }

    /// Puts back the rows of these numbers. None where the target refuses one.
    async fn try_back(&self, statement: &str, table: &Table, first: i64, last: i64) -> Result<Option<u64>> {
        let done = attempt(&self.connection, statement, &[&first, &last], table).await?;
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
