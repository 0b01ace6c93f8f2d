//! Owns how the ledger notes rows that were inserted: all of a difference, and wherever a trigger had a say, what it made of them.
//! Must not know: how they were inserted.

use std::collections::HashSet;

use arrow::array::RecordBatch;
use uuid::Uuid;

use super::super::chunk::Flow;
use super::super::stage::{Staging, equal};
use super::{Image, NEW};
use crate::error::Result;
use crate::outcomes::chosen_of;
use crate::server::Connection;

const INSERTED: &str = include_str!("../../../sql/control/difference/inserted.sql");

impl Flow<'_> {
    /// May triggers of the table make something else of a row that is inserted?
    pub(in crate::load) fn is_altered(&self) -> bool {
        self.table.row_trigger_before_insert
    }

    /// Notes inserted rows, all but the `others` of these; with `all` false, only those of which a trigger has made something else.
    /// Needs the transaction in which they were inserted.
    pub(in crate::load) async fn note_inserted(
        &self,
        connection: &Connection,
        mut rows: Vec<RecordBatch>,
        others: &HashSet<Uuid>,
        all: bool,
    ) -> Result<()> {
        if !others.is_empty() {
            rows = chosen_of(&rows, self.row, |id| !others.contains(&id))?;
        }
        let Some(first) = rows.first() else { return Ok(()) };
        let image = Image::new(self.table, self.row)?;
        let identity = image.identity_columns();
        let given = self.table.takes(&first.schema());
        let columns = if self.is_altered() { &given } else { &identity };
        let staging =
            Staging::open(connection, NEW, self.table, columns, self.row, self.quarantined, self.cancel).await?;
        staging.add(&rows).await?;
        let values = [("equal", &*equal(&identity)), ("differing", &*Image::differing("t", columns))];
        connection.execute(&image.fill(INSERTED, &values), &[&self.run, &self.flow, &all]).await?;
        Ok(())
    }
}
