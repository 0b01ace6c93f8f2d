//! Owns how rows of the target are changed: the row before is kept, and what others have changed is not lost.
//! Must not know: rows that are new or gone.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::super::attempt::attempt;
use super::super::chunk::Kept;
use super::super::reason::Why;
use super::super::stage::{equal, listed};
use super::{AFTER, BEFORE, Difference, Image, present, same_as_staged};
use crate::compare::{Piece, Use};
use crate::error::{At, Error, Kind, Result};
use crate::outcome::Gone;
use crate::outcomes::chosen_of;
use crate::server::Connection;
use crate::server::sql::{quote_ident, quote_literal};

const SAME_AS_KEPT: &str = include_str!("../../../sql/control/difference/same_as_kept.sql");
const KEEP_IMAGES: &str = include_str!("../../../sql/control/difference/keep_images.sql");
const CHANGE: &str = include_str!("../../../sql/control/difference/change.sql");
const CHANGING: &str = include_str!("../../../sql/control/difference/changing.sql");
const DELETED: &str = include_str!("../../../sql/control/difference/deleted.sql");
const REFUSE_CHANGE: &str = include_str!("../../../sql/control/difference/refuse_change.sql");
const WRITTEN: &str = include_str!("../../../sql/control/difference/after.sql");
const END_KEPT: &str = include_str!("../../../sql/control/difference/end_kept.sql");
const DIFFERS: &str = include_str!("../../../sql/control/difference/differs.sql");

impl Difference<'_> {
    /// Changes the rows of a piece that are not as they were; gives how many the target refused.
    pub(super) async fn changed(&self, connection: &Connection, chunk: &str, piece: &Piece) -> Result<u64> {
        let (before, after) = (piece.of(Use::Before), piece.of(Use::After));
        let (Some(first), Some(last)) = (before.first(), after.first()) else { return Ok(0) };
        let columns = self.flow.table.takes(&first.schema());
        let staging = self.staging(connection, BEFORE, &columns).await?;
        if !staging.add(before).await?.is_empty() {
            let message = "rows that the table holds do not fit it any more, as they were loaded";
            return Err(Error::new(Kind::Drift, message).at(At::Table, self.flow.table.full_name()));
        }
        let all = self.flow.table.takes(&last.schema());
        let staging = self.staging(connection, AFTER, &all).await?;
        let refused = staging.add(after).await?;
        present(connection, &self.image, BEFORE, &same_as_staged(&self.image, &columns, self.flow.flow)).await?;
        self.note(connection, BEFORE, &columns, "not p.same", "changed", self.overwrite()).await?;
        let assigned: Vec<String> = all.iter().filter(|name| piece.columns.contains(*name)).cloned().collect();
        let mut count = self.write(connection, chunk, after, &assigned, &all, refused).await?;
        if self.overwrite() {
            count += self.put_back(connection, chunk, after).await?;
        }
        Ok(count)
    }

    /// Gives rows that were left standing the values that their source rows, which are back, have; gives how many the target
    /// refused.
    pub(super) async fn returned(&self, connection: &Connection, chunk: &str, rows: &[RecordBatch]) -> Result<u64> {
        let flow = quote_literal(self.flow.flow);
        let same = self.image.fill(SAME_AS_KEPT, &[("flow", &flow)]);
        let mut refused = self.over(connection, chunk, rows, &same, "not p.same", "changed", self.overwrite()).await?;
        if !rows.is_empty() {
            let values: [&(dyn ToSql + Sync); 3] = [&self.flow.run, &self.flow.namespace.uuid(), &self.flow.flow];
            connection.execute(END_KEPT, &values).await?;
            if self.overwrite() {
                refused += self.put_back(connection, chunk, rows).await?;
            }
        }
        Ok(refused)
    }

    /// Writes rows over those of the target that are not like them, where nothing tells what these were: each is listed.
    pub(in crate::load) async fn brought_in_line(
        &self,
        connection: &Connection,
        chunk: &str,
        rows: &[RecordBatch],
    ) -> Result<u64> {
        let Some(first) = rows.first() else { return Ok(0) };
        let all = self.flow.table.takes(&first.schema());
        let same = self.image.fill(DIFFERS, &[("of_table", &listed("t", &all)), ("of_stage", &listed("s", &all))]);
        self.over(connection, chunk, rows, &same, "p.there and p.same", "unknown", true).await
    }

    #[allow(clippy::too_many_arguments)]
    async fn over(
        &self,
        connection: &Connection,
        chunk: &str,
        rows: &[RecordBatch],
        same: &str,
        listed: &str,
        what: &str,
        overwrite: bool,
    ) -> Result<u64> {
        let Some(first) = rows.first() else { return Ok(0) };
        let all = self.flow.table.takes(&first.schema());
        let staging = self.staging(connection, AFTER, &all).await?;
        let refused = staging.add(rows).await?;
        present(connection, &self.image, AFTER, same).await?;
        self.note(connection, AFTER, &all, listed, what, overwrite).await?;
        let identity = self.image.identity_columns();
        let assigned: Vec<String> = all.iter().filter(|name| !identity.contains(*name)).cloned().collect();
        self.write(connection, chunk, rows, &assigned, &all, refused).await
    }

    /// Writes staged rows over those that are present, all at once; where one is refused, one by one.
    async fn write(
        &self,
        connection: &Connection,
        chunk: &str,
        rows: &[RecordBatch],
        assigned: &[String],
        all: &[String],
        mut refused: BTreeMap<usize, Why>,
    ) -> Result<u64> {
        let (run, flow, overwrite) = (self.flow.run, self.flow.flow, self.overwrite());
        let kept = Kept::of(rows, self.flow.row)?;
        self.refuse_changes(connection, &kept, refused.keys()).await?;
        connection.execute(&self.image.fill(KEEP_IMAGES, &[]), &[&run, &flow, &overwrite]).await?;
        // What the target makes always is not written.
        let is_own = |name: &&String| self.flow.table.column(name).is_some_and(|column| column.identity == "a");
        let assignments = assigned.iter().filter(|name| !is_own(name)).map(|name| quote_ident(name));
        let assignments = assignments.map(|name| format!("{name} = s.{name}")).collect::<Vec<_>>().join(", ");
        if !assignments.is_empty() {
            let statement = self.image.fill(CHANGE, &[("assignments", &assignments)]);
            if self.try_change(connection, &statement, None).await?.is_some() {
                let found = self.one_by_one(connection, &kept, &statement).await?;
                self.refuse_changes(connection, &kept, found.keys()).await?;
                refused.extend(found);
            }
        }
        let (equal, differing) = (equal(&self.image.identity_columns()), Image::differing("t", all));
        let written = self.image.fill(WRITTEN, &[("equal", &equal), ("differing", &differing)]);
        connection.execute(&written, &[&run, &flow]).await?;
        self.flow.refuse(connection, chunk, &kept, &refused, |why| why.reason(self.flow.table)).await?;
        Ok(refused.len() as u64)
    }

    async fn one_by_one(&self, connection: &Connection, kept: &Kept, statement: &str) -> Result<BTreeMap<usize, Why>> {
        let changing = connection.query(CHANGING, &[&self.overwrite()]).await?;
        let changing = changing.iter().map(|row| row.try_get("row")).collect::<Result<BTreeSet<Uuid>, _>>()?;
        let mut refused = BTreeMap::new();
        for row in 0..kept.rows() {
            self.flow.cancel.check()?;
            let id = kept.id(row)?;
            if !changing.contains(&id) {
                continue;
            }
            if let Some(why) = self.try_change(connection, statement, Some(id)).await? {
                refused.insert(row, why);
            }
        }
        Ok(refused)
    }

    /// None when it went through; else why a row was refused.
    async fn try_change(&self, connection: &Connection, statement: &str, row: Option<Uuid>) -> Result<Option<Why>> {
        Ok(attempt(connection, statement, &[&self.overwrite(), &row], self.flow.table).await?.err())
    }

    async fn refuse_changes(
        &self,
        connection: &Connection,
        kept: &Kept,
        rows: impl Iterator<Item = &usize>,
    ) -> Result<()> {
        let rows = rows.map(|row| kept.id(*row)).collect::<Result<Vec<Uuid>>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        let statement = self.image.fill(REFUSE_CHANGE, &[]);
        let more = self.flow.row.gone != Gone::Keep;
        connection.execute(&statement, &[&self.flow.run, &self.flow.flow, &rows, &more]).await?;
        Ok(())
    }

    /// Inserts the rows that others have deleted.
    async fn put_back(&self, connection: &Connection, chunk: &str, rows: &[RecordBatch]) -> Result<u64> {
        let deleted = connection.query(DELETED, &[]).await?;
        if deleted.is_empty() {
            return Ok(0);
        }
        let deleted = deleted.iter().map(|row| row.try_get("row")).collect::<Result<BTreeSet<Uuid>, _>>()?;
        let missing = chosen_of(rows, self.flow.row, |id| deleted.contains(&id))?;
        self.add(connection, chunk, missing).await
    }
}
