//! Owns what becomes of rows whose UUID is in the target before they are loaded: refused, updated or adopted.
//! Must not know: who made them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use uuid::Uuid;

use super::chunk::{Flow, Kept, all_or_error};
use super::copy::{Rows, Why, of_a_row};
use super::restore::state;
use crate::error::{Error, Result};
use crate::ledger::{self, Fate};
use crate::outcome::{Existing, ID};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};

const IN_TARGET: &str = include_str!("../../sql/control/load/in_target.sql");
const STAGE_UPDATE: &str = include_str!("../../sql/control/load/stage_update.sql");
const UPDATE_EXISTING: &str = include_str!("../../sql/control/load/update_existing.sql");
const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const RELEASE: &str = include_str!("../../sql/control/load/release.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");

/// The reason of rows that are in the target already, where the flow says nothing of them.
pub(super) const EXISTING: &str = "existing";
/// What stands for the SQLSTATE of such a row: it was not sent, for the server would have refused it so.
const UNIQUE: &str = "23505";

/// The rows of a chunk that are in the target already.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// All of them: none is copied.
    pub rows: BTreeSet<usize>,
    /// Those that are refused, and why.
    pub refused: BTreeMap<usize, Why>,
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
        if !self.occupied || !self.mapped {
            return Ok(Found::default());
        }
        let mut ids: BTreeMap<Uuid, usize> = BTreeMap::new();
        for row in (0..kept.rows()).filter(|row| !skip.contains(row)) {
            ids.insert(kept.id(row)?, row);
        }
        let table = quote_table(&self.table.schema, &self.table.name);
        let asked: Vec<Uuid> = ids.keys().copied().collect();
        let there = connection.query(&fill(IN_TARGET, &[("table", &table)]), &[&asked]).await?;
        let there = there.iter().map(|row| Ok(row.try_get("id")?)).collect::<Result<Vec<Uuid>>>()?;
        let rows: BTreeSet<usize> = there.iter().filter_map(|id| ids.get(id).copied()).collect();
        if rows.is_empty() {
            return Ok(Found::default());
        }
        match self.existing {
            Existing::Reject => {
                ledger::note_existing(connection, self.run, self.flow, &there, Fate::Refused).await?;
                let why = || Why { sqlstate: UNIQUE.to_owned(), constraint: None, column: Some(ID.to_owned()) };
                let refused = rows.iter().map(|row| (*row, why())).collect();
                Ok(Found { rows, refused })
            }
            Existing::Adopt => {
                ledger::note_existing(connection, self.run, self.flow, &there, Fate::Adopted).await?;
                Ok(Found { rows, refused: BTreeMap::new() })
            }
            Existing::Update => {
                let refused = self.update(connection, kept, batches, &rows).await?;
                for (fate, is_refused) in [(Fate::Updated, false), (Fate::Refused, true)] {
                    let of_fate = rows.iter().filter(|row| refused.contains_key(row) == is_refused);
                    let ids = of_fate.map(|row| kept.id(*row)).collect::<Result<Vec<_>>>()?;
                    ledger::note_existing(connection, self.run, self.flow, &ids, fate).await?;
                }
                Ok(Found { rows, refused })
            }
        }
    }

    /// Writes the flow's columns over rows, all at once; where one is refused, one by one.
    async fn update(
        &self,
        connection: &Connection,
        kept: &Kept,
        batches: &[RecordBatch],
        rows: &BTreeSet<usize>,
    ) -> Result<BTreeMap<usize, Why>> {
        let table = quote_table(&self.table.schema, &self.table.name);
        let sent = Rows::new(batches.to_vec(), self.table)?;
        let columns: Vec<String> = sent.columns().map(quote_ident).collect();
        connection.batch_execute(&fill(STAGE_UPDATE, &[("columns", &columns.join(", ")), ("table", &table)])).await?;
        let staged = sent.for_table("pg_temp.rehome_staged_update");
        let others = (0..kept.rows()).filter(|row| !rows.contains(row)).collect();
        all_or_error(staged.copy(connection, 0..staged.len(), &others, self.cancel).await?)?;
        let own = quote_ident(ID);
        let assignments: Vec<String> =
            columns.iter().filter(|column| **column != own).map(|column| format!("{column} = s.{column}")).collect();
        if assignments.is_empty() {
            return Ok(BTreeMap::new());
        }
        let statement = fill(UPDATE_EXISTING, &[("table", &table), ("assignments", &assignments.join(", "))]);
        let mut refused = BTreeMap::new();
        if self.try_update(connection, &statement, None).await?.is_some() {
            for row in rows {
                self.cancel.check()?;
                if let Some(why) = self.try_update(connection, &statement, Some(kept.id(*row)?)).await? {
                    refused.insert(*row, why);
                }
            }
        }
        Ok(refused)
    }

    /// None when it went through; else why a row was refused.
    async fn try_update(&self, connection: &Connection, statement: &str, id: Option<Uuid>) -> Result<Option<Why>> {
        connection.batch_execute(SAVEPOINT).await?;
        let Err(error) = connection.execute(statement, &[&id]).await.map_err(Error::from) else {
            connection.batch_execute(RELEASE).await?;
            return Ok(None);
        };
        let sqlstate = state(&error).unwrap_or_default().to_owned();
        if !of_a_row(&sqlstate, "") {
            return Err(error);
        }
        connection.batch_execute(UNDO).await?;
        Ok(Some(Why { sqlstate, constraint: None, column: None }))
    }
}
