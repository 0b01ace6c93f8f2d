//! Owns how differences between two sets of outcomes come into the target: a piece of them in a transaction, claimed first.
//! Must not know: how the differences were found.

use std::collections::{BTreeSet, HashSet};

use arrow::array::RecordBatch;
use uuid::Uuid;

use super::chunk::{Done, Flow, Kept, column};
use super::stage::{Staging, equal, listed};
use crate::compare::{Piece, Use};
use crate::error::Result;
use crate::key::KeyColumn;
use crate::ledger;
use crate::outcome::{Conflict, Gone, KEY};
use crate::outcomes::chosen_of;
use crate::server::Connection;
use crate::server::sql::quote_literal;

mod align;
mod change;
mod gone;
mod image;
mod inserted;

pub(super) use gone::{Going, unreferenced};
pub(super) use image::Image;

const ROLLBACK: &str = include_str!("../../../sql/control/load/rollback.sql");
const PRESENT: &str = include_str!("../../../sql/control/difference/present.sql");
const SAME_AS_STAGED: &str = include_str!("../../../sql/control/difference/same_as_staged.sql");
const NOTE_CONFLICTS: &str = include_str!("../../../sql/control/difference/note_conflicts.sql");
const KEEP: &str = include_str!("../../../sql/control/difference/keep.sql");

/// The staged rows as they were.
const BEFORE: &str = "rehome_before";
/// The staged rows as they are to be.
const AFTER: &str = "rehome_after";
/// The staged identities of new rows.
const NEW: &str = "rehome_new";

/// Brings pieces of differences of one flow.
pub(super) struct Difference<'a> {
    pub flow: &'a Flow<'a>,
    pub image: Image,
    /// Rows that stand in the target though no outcome accounts for them.
    pub kept: HashSet<u128>,
    /// New rows are noted one by one, so that they can be taken back. Of a first load, the outcomes tell them.
    pub noted: bool,
}

impl Difference<'_> {
    /// Brings a piece, unless it is in already. On an error the connection is in no defined state.
    pub async fn bring(&self, connection: &Connection, name: &str, piece: &Piece) -> Result<Done> {
        if !self.flow.begin(connection, name).await? {
            connection.batch_execute(ROLLBACK).await?;
            return Ok(Done::Before);
        }
        let mut keys = Vec::new();
        for what in [Use::Resolved, Use::New, Use::Rejected] {
            keys.extend(texts(piece.of(what))?);
        }
        if !keys.is_empty() {
            let (run, namespace) = (self.flow.run, self.flow.namespace);
            ledger::resolve(connection, run, namespace, self.flow.flow, &keys).await?;
        }
        let mut refused = self.changed(connection, name, piece).await?;
        let (back, new) = self.divided(piece.of(Use::New))?;
        refused += self.returned(connection, name, &back).await?;
        refused += self.add(connection, name, new).await?;
        for (what, why) in [(Use::Gone, "gone"), (Use::FallenOut, "fallen_out")] {
            self.left(connection, piece.of(what), why).await?;
        }
        let rejected = piece.of(Use::Rejected);
        if !rejected.is_empty() {
            self.flow.quarantine(connection, name, rejected.to_vec()).await?;
        }
        let brought = (piece.count(Use::New) + piece.count(Use::After)) as u64;
        self.flow.commit(connection, name, brought.saturating_sub(refused), refused).await?;
        Ok(Done::Now { rows: piece.total() as u64 })
    }

    /// New rows that stand in the target already, since they were left there, and those that do not.
    fn divided(&self, rows: &[RecordBatch]) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>)> {
        if self.kept.is_empty() {
            return Ok((Vec::new(), rows.to_vec()));
        }
        let is_back = |id: Uuid| self.kept.contains(&id.as_u128());
        let row = self.flow.row;
        Ok((chosen_of(rows, row, is_back)?, chosen_of(rows, row, |id| !is_back(id))?))
    }

    /// Inserts rows; gives how many the target refused.
    async fn add(&self, connection: &Connection, chunk: &str, rows: Vec<RecordBatch>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let kept = Kept::of(&rows, self.flow.row)?;
        let done = self.flow.insert(connection, chunk, &kept, rows.clone(), BTreeSet::new()).await?;
        if self.noted {
            let others = done.others.iter().map(|row| kept.id(*row)).collect::<Result<HashSet<Uuid>>>()?;
            self.flow.note_inserted(connection, rows, &others, true).await?;
        }
        Ok(done.refused.len() as u64)
    }

    /// Notes rows whose source rows are gone, or fell out.
    async fn left(&self, connection: &Connection, rows: &[RecordBatch], why: &str) -> Result<()> {
        let Some(first) = rows.first() else { return Ok(()) };
        let columns = self.flow.table.takes(&first.schema());
        let staging = self.staging(connection, BEFORE, &columns).await?;
        staging.add(rows).await?;
        present(connection, &self.image, BEFORE, &same_as_staged(&self.image, &columns, self.flow.flow)).await?;
        let more = self.flow.row.gone != Gone::Keep;
        let overwrite = self.overwrite();
        let statement = self.image.fill(KEEP, &[]);
        connection.execute(&statement, &[&self.flow.run, &self.flow.flow, &why, &more, &overwrite]).await?;
        if more {
            self.note(connection, BEFORE, &columns, "p.there and not p.same", "changed", overwrite).await?;
        }
        Ok(())
    }

    /// Lists conflicts.
    async fn note(
        &self,
        connection: &Connection,
        staged: &str,
        columns: &[String],
        which: &str,
        what: &str,
        overwrite: bool,
    ) -> Result<()> {
        let differing = Image::differing("t", columns);
        let values = [("staged", staged), ("differing", &*differing), ("which", which)];
        let decided = if overwrite { "overwritten" } else { "kept" };
        let statement = self.image.fill(NOTE_CONFLICTS, &values);
        connection.execute(&statement, &[&self.flow.run, &self.flow.flow, &decided, &what]).await?;
        Ok(())
    }

    fn overwrite(&self) -> bool {
        self.flow.row.conflict == Conflict::Overwrite
    }

    async fn staging<'s>(
        &'s self,
        connection: &'s Connection,
        name: &str,
        columns: &'s [String],
    ) -> Result<Staging<'s>> {
        let Flow { table, row, quarantined, cancel, .. } = self.flow;
        Staging::open(connection, name, table, columns, row, quarantined, cancel).await
    }
}

/// SQL that tells whether a row of the table is still as the staged row `s` has it.
pub(super) fn same_as_staged(image: &Image, columns: &[String], flow: &str) -> String {
    let (of_table, of_stage, flow) = (listed("t", columns), listed("s", columns), quote_literal(flow));
    image.fill(SAME_AS_STAGED, &[("of_table", &of_table), ("of_stage", &of_stage), ("flow", &flow)])
}

/// Finds and locks the rows that those of a staged table stand for, with what `same` says of them.
pub(super) async fn present(connection: &Connection, image: &Image, staged: &str, same: &str) -> Result<()> {
    let equal = equal(&image.identity_columns());
    let statement = image.fill(PRESENT, &[("staged", staged), ("same", same), ("equal", &equal)]);
    Ok(connection.batch_execute(&statement).await?)
}

/// The keys of rows, as text.
fn texts(batches: &[RecordBatch]) -> Result<Vec<String>> {
    let Some(keys) = column(batches, KEY)? else { return Ok(Vec::new()) };
    let keys = KeyColumn::new(keys)?;
    (0..keys.len()).map(|row| keys.text(row)).collect()
}
