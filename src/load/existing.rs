//! Owns what becomes of rows that are in the target before they are loaded: refused, updated or adopted.
//! Must not know: who made them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use uuid::Uuid;

use super::attempt::attempt;
use super::chunk::{Flow, Kept};
use super::copy::Rows;
use super::difference::Image;
use super::isolate;
use super::reason::Why;
use super::stage::equal;
use crate::error::{At, Error, Result};
use crate::ledger::{self, Fate};
use crate::outcome::Existing;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::{Column, Table};

const IN_TARGET: &str = include_str!("../../sql/control/load/in_target.sql");
const STAGED_IN_TARGET: &str = include_str!("../../sql/control/load/staged_in_target.sql");
const STAGE_UPDATE: &str = include_str!("../../sql/control/load/stage_update.sql");
const UPDATE_EXISTING: &str = include_str!("../../sql/control/load/update_existing.sql");
const IMAGE_EXISTING: &str = include_str!("../../sql/control/load/image_existing.sql");
const IMAGE_WRITTEN: &str = include_str!("../../sql/control/load/image_written.sql");

/// The reason of rows that are in the target already, where the flow says nothing of them.
pub(super) const EXISTING: &str = "existing";
/// What stands for the SQLSTATE of such a row: it was not sent, for the server would have refused it so.
const UNIQUE: &str = "23505";

/// The column of a staged row that tells it apart.
const ROW: &str = "rehome_row";

/// The rows of a chunk that are in the target already.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// All of them: none is copied.
    pub rows: BTreeSet<usize>,
    /// Those that are refused, and why.
    pub refused: BTreeMap<usize, Why>,
}

/// Rows in a temporary table.
struct Staged {
    /// Their columns.
    columns: Vec<String>,
    /// Those that the types of the target do not take.
    refused: BTreeMap<usize, Why>,
}

impl Flow<'_> {
    /// Finds rows that are in the target already, and does with them what the flow says.
    pub(super) async fn existing(
        &self,
        connection: &Connection,
        kept: &Kept,
        batches: &[RecordBatch],
        skip: &BTreeSet<usize>,
    ) -> Result<Found> {
        // Without a UUID of ours, rows must be staged to be found: their own key refuses them all the same.
        if !self.occupied || !self.row.is_derived() && self.row.existing == Existing::Reject {
            return Ok(Found::default());
        }
        let mut ids: BTreeMap<Uuid, usize> = BTreeMap::new();
        for row in (0..kept.rows()).filter(|row| !skip.contains(row)) {
            ids.insert(kept.id(row)?, row);
        }
        let (there, staged) = if self.row.is_derived() {
            (self.in_target(connection, ids.keys().copied().collect()).await?, None)
        } else {
            let staged = self.stage(connection, batches, skip).await?;
            (self.staged_in_target(connection).await?, Some(staged))
        };
        let rows: BTreeSet<usize> = there.iter().filter_map(|id| ids.get(id).copied()).collect();
        if rows.is_empty() {
            return Ok(Found::default());
        }
        match self.row.existing {
            Existing::Reject => {
                ledger::note_existing(connection, self.run, self.flow, &there, Fate::Refused).await?;
                let column = Some(self.row.id_column.clone());
                let why = || Why { column: column.clone(), ..Why::state(UNIQUE) };
                let refused = rows.iter().map(|row| (*row, why())).collect();
                Ok(Found { rows, refused })
            }
            Existing::Adopt => {
                ledger::note_existing(connection, self.run, self.flow, &there, Fate::Adopted).await?;
                Ok(Found { rows, refused: BTreeMap::new() })
            }
            Existing::Update => {
                let staged = if let Some(staged) = staged {
                    staged
                } else {
                    let others = (0..kept.rows()).filter(|row| !rows.contains(row)).collect();
                    self.stage(connection, batches, &others).await?
                };
                let refused = self.update(connection, kept, &rows, staged).await?;
                for (fate, is_refused) in [(Fate::Updated, false), (Fate::Refused, true)] {
                    let of_fate = rows.iter().filter(|row| refused.contains_key(row) == is_refused);
                    let ids = of_fate.map(|row| kept.id(*row)).collect::<Result<Vec<_>>>()?;
                    ledger::note_existing(connection, self.run, self.flow, &ids, fate).await?;
                }
                Ok(Found { rows, refused })
            }
        }
    }

    fn table(&self) -> String {
        quote_table(&self.table.schema, &self.table.name)
    }

    /// The columns of the target by which a row is known.
    fn identity(&self) -> Result<Vec<String>> {
        if self.row.is_derived() {
            return Ok(vec![self.row.id_column.clone()]);
        }
        self.table.identity(self.row.named()).ok_or_else(|| {
            Error::unexpected("a table has lost the key by which its rows are known")
                .at(At::Table, self.table.full_name())
        })
    }

    async fn in_target(&self, connection: &Connection, asked: Vec<Uuid>) -> Result<Vec<Uuid>> {
        let id = quote_ident(&self.row.id_column);
        let statement = fill(IN_TARGET, &[("table", &self.table()), ("id", &id)]);
        let there = connection.query(&statement, &[&asked]).await?;
        there.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    async fn staged_in_target(&self, connection: &Connection) -> Result<Vec<Uuid>> {
        let values = [("table", &*self.table()), ("equal", &*equal(&self.identity()?))];
        let there = connection.query(&fill(STAGED_IN_TARGET, &values), &[]).await?;
        there.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    /// Copies rows into a temporary table.
    async fn stage(&self, connection: &Connection, batches: &[RecordBatch], skip: &BTreeSet<usize>) -> Result<Staged> {
        let told = self.quarantined.column("entity_uuid").cloned();
        let row_column = told.map(|column| Column { name: ROW.to_owned(), ..column });
        let columns = self.table.columns.iter().cloned().chain(row_column).collect();
        let with_rows = Table { columns, ..self.table.clone() };
        let batches = batches.iter().map(|batch| self.with_rows(batch)).collect::<Result<Vec<_>>>()?;
        let sent = Rows::new(batches, &with_rows)?;
        let columns: Vec<String> = sent.columns().filter(|column| *column != ROW).map(str::to_owned).collect();
        let quoted: Vec<String> = columns.iter().map(|column| quote_ident(column)).collect();
        let values = [("columns", &*quoted.join(", ")), ("table", &*self.table())];
        connection.batch_execute(&fill(STAGE_UPDATE, &values)).await?;
        let staged = sent.for_table("pg_temp.rehome_staged_update");
        let refused = isolate::copy(connection, &staged, skip, self.cancel).await?.refused;
        Ok(Staged { columns, refused })
    }

    /// A batch with the UUIDs that tell its rows apart as a column of their own.
    fn with_rows(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let gone = || Error::unexpected("migrated rows without an id");
        let ids = batch.column_by_name(self.row.row_column()).ok_or_else(gone)?.clone();
        let mut fields = batch.schema().fields().to_vec();
        fields.push(Arc::new(Field::new(ROW, ids.data_type().clone(), false)));
        let columns = batch.columns().iter().cloned().chain([ids]).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|_| gone())
    }

    /// Writes the flow's columns over rows, all at once; where one is refused, one by one.
    async fn update(
        &self,
        connection: &Connection,
        kept: &Kept,
        rows: &BTreeSet<usize>,
        staged: Staged,
    ) -> Result<BTreeMap<usize, Why>> {
        let identity = self.identity()?;
        let changed =
            staged.columns.iter().filter(|column| !identity.contains(column)).map(|column| quote_ident(column));
        let assignments: Vec<String> = changed.map(|column| format!("{column} = s.{column}")).collect();
        let mut refused = staged.refused;
        refused.retain(|row, _| rows.contains(row));
        if assignments.is_empty() {
            return Ok(refused);
        }
        let values =
            [("table", &*self.table()), ("assignments", &*assignments.join(", ")), ("equal", &*equal(&identity))];
        let statement = fill(UPDATE_EXISTING, &values);
        let ids = rows.iter().map(|row| kept.id(*row)).collect::<Result<Vec<_>>>()?;
        let keys = rows.iter().map(|row| kept.key(*row)).collect::<Result<Vec<_>>>()?;
        let image = Image::new(self.table, self.row)?;
        let is_same = equal(&identity);
        let values = [("equal", &*is_same), ("differing", &*Image::differing("t", &staged.columns))];
        let statements = [IMAGE_EXISTING, IMAGE_WRITTEN].map(|sql| image.fill(sql, &values));
        connection.execute(&statements[0], &[&self.run, &self.flow, &ids, &keys]).await?;
        if self.try_update(connection, &statement, None).await?.is_some() {
            for row in rows {
                self.cancel.check()?;
                if let Some(why) = self.try_update(connection, &statement, Some(kept.id(*row)?)).await? {
                    refused.insert(*row, why);
                }
            }
        }
        let as_they_were = refused.keys().map(|row| kept.id(*row)).collect::<Result<Vec<_>>>()?;
        connection.execute(&statements[1], &[&self.run, &self.flow, &as_they_were]).await?;
        Ok(refused)
    }

    /// None when it went through; else why a row was refused.
    async fn try_update(&self, connection: &Connection, statement: &str, id: Option<Uuid>) -> Result<Option<Why>> {
        Ok(attempt(connection, statement, &[&id], self.table).await?.err())
    }
}
