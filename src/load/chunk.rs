//! Owns one chunk of the load: one file of outcomes, one transaction, claimed first.
//! Must not know: which chunks there are, or what happens when a connection is lost.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, Schema};
use tracing::Instrument;
use uuid::Uuid;

use super::copy::{Copied, Rows};
use super::existing::EXISTING;
use super::isolate;
use super::reason::Why;
use crate::cancel::Cancel;
use crate::error::{At, Error, Kind, Result};
use crate::id::Namespace;
use crate::key::KeyColumn;
use crate::ledger::{self, Claim, Epoch, Mappings};
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, ENTITY_KEY, Existing, KEY, REASON, RowIdentity, SOURCE_ROW, WARNINGS};
use crate::server::Connection;
use crate::server::sql::fill;
use crate::target::Table;
use crate::timed;

const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");
const ROLLBACK: &str = include_str!("../../sql/control/load/rollback.sql");
const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const RELEASE: &str = include_str!("../../sql/control/load/release.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");

/// What all chunks of a flow have in common.
#[derive(Clone)]
pub(super) struct Flow<'a> {
    pub run: Uuid,
    pub epoch: Epoch,
    pub flow: &'a str,
    pub entity: &'a str,
    pub table: &'a Table,
    pub mappings: &'a Mappings,
    pub quarantined: &'a Table,
    /// How its rows are known in the target, and what becomes of those that are there already.
    pub row: &'a RowIdentity,
    /// Others refer to its rows by another key than their own.
    pub own_entity_key: bool,
    pub namespace: Namespace,
    /// The table held rows before this flow came.
    pub occupied: bool,
    /// Others have written mappings of this entity: ours are merged into them.
    pub merge_mappings: bool,
    /// The mappings' own keys stand while they are loaded, and so refuse what is there already.
    pub mappings_keyed: bool,
    /// Other processes load chunks of it too: what they have under way is left to them.
    pub shared: bool,
    /// Rows that the target refused, to be tried again where their chunk is in.
    pub again: &'a HashSet<Uuid>,
    pub cancel: &'a Cancel,
}

/// What became of rows that were to be new.
#[derive(Debug, Default)]
pub(super) struct Inserted {
    pub refused: BTreeSet<usize>,
    /// The rows that were not inserted: refused, in the target before, or not to be.
    pub others: BTreeSet<usize>,
}

/// A claimed chunk is in, or was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Now {
        rows: u64,
    },
    Before,
    /// Another process has it under way.
    Elsewhere,
}

impl Flow<'_> {
    /// Loads a file of migrated rows; of a file that is in already, only the rows that are to be tried again.
    /// On an error the connection is in no defined state.
    pub async fn migrated(&self, connection: &Connection, chunk: &str, batches: Vec<RecordBatch>) -> Result<Done> {
        let begun = self.begin_free(connection, chunk).instrument(timed!("load.claim", self.flow));
        let Some(first) = begun.await? else { return Ok(Done::Elsewhere) };
        let kept = Kept::of(&batches, self.row)?;
        let skip = if first { BTreeSet::new() } else { kept.all_but(self.again)? };
        if !first {
            if skip.len() == kept.rows() {
                connection.batch_execute(ROLLBACK).await?;
                return Ok(Done::Before);
            }
            // Those of other chunks leave the quarantine when these are tried: they may just have come back.
            let tried = (0..kept.rows()).filter(|row| !skip.contains(row));
            let ids = tried.map(|row| kept.id(row)).collect::<Result<Vec<_>>>()?;
            ledger::readmit(connection, self.run, self.flow, &ids).await?;
        }
        let altered = if self.is_altered() { batches.clone() } else { Vec::new() };
        let inserted = self.insert(connection, chunk, &kept, batches, skip).await?;
        if !altered.is_empty() {
            let others = inserted.others.iter().map(|row| kept.id(*row)).collect::<Result<HashSet<Uuid>>>()?;
            self.note_inserted(connection, altered, &others, false).await?;
        }
        let refused = inserted.refused.len() as u64;
        let all = kept.rows() as u64;
        self.commit(connection, chunk, all - refused, refused).await?;
        Ok(if first { Done::Now { rows: all } } else { Done::Before })
    }

    /// Sends rows that are to be new, all but those of `skip`; what the target refuses goes into the quarantine. Needs a
    /// transaction.
    pub(super) async fn insert(
        &self,
        connection: &Connection,
        chunk: &str,
        kept: &Kept,
        batches: Vec<RecordBatch>,
        skip: BTreeSet<usize>,
    ) -> Result<Inserted> {
        let found = self.existing(connection, kept, &batches, &skip).await?;
        let rows = Rows::new(batches, self.table)?;
        let left = skip.union(&found.rows).copied().collect();
        let target = isolate::copy(connection, &rows, &left, self.cancel).await?;
        drop(rows);
        let refused: BTreeSet<usize> = found.refused.keys().chain(target.refused.keys()).copied().collect();
        self.map(connection, kept, skip.union(&refused).copied().collect()).await?;
        let there = self.row.existing == Existing::Reject;
        let of_found = |why: &Why| if there { EXISTING.to_owned() } else { why.reason(self.table) };
        self.refuse(connection, chunk, kept, &found.refused, of_found).await?;
        self.refuse(connection, chunk, kept, &target.refused, |why| why.reason(self.table)).await?;
        let others = skip.into_iter().chain(found.rows).chain(target.refused.into_keys()).collect();
        Ok(Inserted { refused, others })
    }

    /// Puts a file of rejected rows into the quarantine.
    pub async fn rejected(&self, connection: &Connection, chunk: &str, batches: Vec<RecordBatch>) -> Result<Done> {
        match self.begin_free(connection, chunk).await? {
            None => return Ok(Done::Elsewhere),
            Some(true) => {}
            Some(false) => {
                connection.batch_execute(ROLLBACK).await?;
                return Ok(Done::Before);
            }
        }
        let rows = self.quarantine(connection, chunk, batches).await?;
        self.commit(connection, chunk, rows, 0).await?;
        Ok(Done::Now { rows })
    }

    /// Puts rejected rows into the quarantine. Needs a transaction.
    pub(super) async fn quarantine(
        &self,
        connection: &Connection,
        chunk: &str,
        batches: Vec<RecordBatch>,
    ) -> Result<u64> {
        let kept = Kept::of(&batches, self.row)?;
        let reasons = column(&batches, REASON)?.ok_or_else(|| Error::unexpected("rejected rows without a reason"))?;
        let source = column(&batches, SOURCE_ROW)?.unwrap_or_else(|| new_null_array(&DataType::Utf8, kept.rows()));
        let mut told = vec![("entity_uuid", self.uuids(&kept)?), ("chunk", repeated(chunk, kept.rows()))];
        for (name, from) in [("cause_flow", CAUSE_FLOW), ("cause_key", CAUSE_KEY)] {
            told.extend(column(&batches, from)?.map(|column| (name, column)));
        }
        drop(batches);
        let every: Vec<usize> = (0..kept.rows()).collect();
        let more = told.iter().cloned().chain([("source_row", source)]).collect();
        let whole = kept.quarantine(self.run, self.flow, &every, reasons.clone(), more)?;
        let all = Rows::new(vec![whole], self.quarantined)?;
        let written = isolate::copy(connection, &all, &BTreeSet::new(), self.cancel).await?;
        // A source row that PostgreSQL's jsonb cannot hold still leaves its key and reason; the outcomes have it whole.
        if !written.refused.is_empty() {
            let bare = kept.quarantine(self.run, self.flow, &every, reasons, told)?;
            let bare = Rows::new(vec![bare], self.quarantined)?;
            let skip = (0..kept.rows()).filter(|row| !written.refused.contains_key(row)).collect();
            all_or_error(bare.copy(connection, 0..bare.len(), &skip, self.cancel).await?)?;
        }
        Ok(kept.rows() as u64)
    }

    /// The UUIDs that rejected rows would have had: rows that refer to them in vain then name their cause. None where
    /// others refer to them by another key, which rejected rows need not have.
    fn uuids(&self, kept: &Kept) -> Result<ArrayRef> {
        if !self.row.is_derived() || self.own_entity_key {
            return Ok(new_null_array(&DataType::FixedSizeBinary(16), kept.rows()));
        }
        let mut buffer = String::new();
        let uuid = |row| Ok(*self.namespace.legacy_uuid(self.entity, &kept.keys, row, &mut buffer)?.as_bytes());
        let uuids = (0..kept.rows()).map(uuid).collect::<Result<Vec<_>>>()?;
        FixedSizeBinaryArray::try_from_iter(uuids.iter())
            .map(|uuids| Arc::new(uuids) as ArrayRef)
            .map_err(|_| Error::unexpected("an empty file of rejected rows"))
    }

    /// As [`Self::begin`]; None, and no transaction, where another process has the chunk under way.
    async fn begin_free(&self, connection: &Connection, chunk: &str) -> Result<Option<bool>> {
        connection.batch_execute(BEGIN).await?;
        if self.shared && !ledger::is_free(connection, self.run, self.flow, chunk).await? {
            connection.batch_execute(ROLLBACK).await?;
            return Ok(None);
        }
        self.claim(connection, chunk).await.map(Some)
    }

    /// Begins the transaction and claims the chunk; false when it is in already, and then the transaction is still open.
    pub(super) async fn begin(&self, connection: &Connection, chunk: &str) -> Result<bool> {
        connection.batch_execute(BEGIN).await?;
        self.claim(connection, chunk).await
    }

    async fn claim(&self, connection: &Connection, chunk: &str) -> Result<bool> {
        Ok(ledger::claim(connection, self.run, self.flow, chunk, self.epoch).await? == Claim::Mine)
    }

    pub(super) async fn commit(&self, connection: &Connection, chunk: &str, rows: u64, refused: u64) -> Result<()> {
        let commit = async {
            ledger::count(connection, self.run, self.flow, chunk, rows, refused).await?;
            connection.commit("chunk").await
        };
        commit.instrument(timed!("load.commit", self.flow)).await
    }

    /// Writes the mappings of all rows but those of `skip`.
    async fn map(&self, connection: &Connection, kept: &Kept, skip: BTreeSet<usize>) -> Result<()> {
        if !self.row.is_mapped() || kept.rows() == skip.len() {
            return Ok(());
        }
        let batch = self.mappings.batch(self.entity, kept.entity_keys(), kept.target_ids()?, self.run)?;
        let rows = Rows::new(vec![batch], self.mappings.table())?;
        let integers = kept.entity_keys().is_int();
        // New rows mostly have no mappings yet: they are written as if that were known, where the table would say otherwise.
        if !self.merge_mappings || self.mappings_keyed && self.mappings.is_keyed(integers) {
            connection.batch_execute(SAVEPOINT).await?;
            match rows.copy(connection, 0..rows.len(), &skip, self.cancel).await? {
                Copied::Refused { why, .. } if why.sqlstate == "23505" => connection.batch_execute(UNDO).await?,
                copied => {
                    all_or_error(copied)?;
                    return Ok(connection.batch_execute(RELEASE).await?);
                }
            }
        }
        self.merge(connection, rows, &skip, integers).await
    }

    /// Writes the mappings that are not there yet, and sees that those that are say the same.
    async fn merge(&self, connection: &Connection, rows: Rows, skip: &BTreeSet<usize>, integers: bool) -> Result<()> {
        let table = self.mappings.quoted();
        let key = self.mappings.key_column(integers);
        let (columns, ids) = self.mappings.columns();
        let ids_of = |row: &str| ids.iter().map(|column| format!("{row}.{column}")).collect::<Vec<_>>().join(", ");
        let (of_table, of_stage, columns) = (ids_of("m"), ids_of("s"), columns.join(", "));
        let values = [
            ("table", table.as_str()),
            ("key", key),
            ("columns", &columns),
            ("ids_of_table", &of_table),
            ("ids_of_stage", &of_stage),
        ];
        let filled = |template: &str| fill(template, &values);
        connection.batch_execute(&filled(include_str!("../../sql/control/load/stage_mappings.sql"))).await?;
        let staged = rows.for_table("pg_temp.rehome_staged_mappings");
        all_or_error(staged.copy(connection, 0..staged.len(), skip, self.cancel).await?)?;
        let new = connection.execute(&filled(include_str!("../../sql/control/load/merge_mappings.sql")), &[]).await?;
        if new == (staged.len() - skip.len()) as u64 {
            return Ok(());
        }
        let conflicts: i64 = connection
            .query_one(&filled(include_str!("../../sql/control/load/staged_conflicts.sql")), &[])
            .await?
            .try_get("conflicts")?;
        if conflicts > 0 {
            return Err(Error::new(
                Kind::Verification,
                format!("the mappings hold another UUID for {conflicts} keys of the entity {}", self.entity),
            )
            .at(At::Flow, self.flow)
            .hint("they were made under another namespace, or by somebody else after this run read the mappings"));
        }
        Ok(())
    }

    /// Puts the rows the target refused into the quarantine.
    pub(super) async fn refuse(
        &self,
        connection: &Connection,
        chunk: &str,
        kept: &Kept,
        refused: &BTreeMap<usize, Why>,
        reason: impl Fn(&Why) -> String,
    ) -> Result<()> {
        if refused.is_empty() {
            return Ok(());
        }
        let rows: Vec<usize> = refused.keys().copied().collect();
        let text = |get: fn(&Why) -> Option<&str>| -> ArrayRef {
            Arc::new(refused.values().map(get).collect::<StringArray>())
        };
        let reasons = Arc::new(StringArray::from_iter_values(refused.values().map(reason)));
        let more = vec![
            ("sqlstate", text(|why| Some(&why.sqlstate))),
            ("constraint_name", text(|why| why.constraint.as_deref())),
            ("column_name", text(|why| why.column.as_deref())),
            ("entity_uuid", kept.ids_of(&rows)?),
            ("chunk", repeated(chunk, rows.len())),
        ];
        let batch = kept.quarantine(self.run, self.flow, &rows, reasons, more)?;
        let rows = Rows::new(vec![batch], self.quarantined)?;
        all_or_error(rows.copy(connection, 0..rows.len(), &BTreeSet::new(), self.cancel).await?)
    }
}

/// A text that stands beside each of these rows.
fn repeated(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
}

/// Bookkeeping rows are ours: when one is refused, something is wrong that is not a row.
pub(super) fn all_or_error(copied: Copied) -> Result<()> {
    let (sqlstate, column) = match copied {
        Copied::Done { unwritable, .. } => match unwritable.into_iter().next() {
            None => return Ok(()),
            Some((_, first)) => (first.fault.sqlstate().to_owned(), Some(first.column)),
        },
        Copied::Refused { why, .. } => (why.sqlstate, why.constraint.or(why.column)),
    };
    let error = Error::new(Kind::Drift, "the target refuses a row of the mappings or of the quarantine")
        .at(At::SqlState, sqlstate);
    Err(match column {
        Some(column) => error.at(At::Column, column),
        None => error,
    })
}

/// A column of all batches as one array.
pub(super) fn column(batches: &[RecordBatch], name: &str) -> Result<Option<ArrayRef>> {
    let parts: Vec<&dyn Array> =
        batches.iter().filter_map(|batch| batch.column_by_name(name)).map(AsRef::as_ref).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    concat(&parts).map(Some).map_err(|_| Error::unexpected(format!("the column {name} is too large")))
}

/// What is kept of the rows of a chunk while they are sent: keys, ids and warnings.
pub(super) struct Kept {
    keys: KeyColumn,
    /// By which others refer to the rows, where that is another key.
    entity_keys: Option<KeyColumn>,
    /// The UUIDs that tell the rows apart.
    ids: Option<FixedSizeBinaryArray>,
    /// The target's keys of the rows, where these are others.
    target_ids: Option<ArrayRef>,
    warnings: Option<ArrayRef>,
}

impl Kept {
    pub(super) fn of(batches: &[RecordBatch], row: &RowIdentity) -> Result<Self> {
        let keys = column(batches, KEY)?.ok_or_else(|| Error::unexpected("outcome rows without a key"))?;
        let ids = column(batches, row.row_column())?.map(|ids| {
            ids.as_fixed_size_binary_opt().cloned().ok_or_else(|| Error::unexpected("an id that is no UUID"))
        });
        let entity_keys = column(batches, ENTITY_KEY)?.map(KeyColumn::new).transpose()?;
        let schema = batches.first().map(RecordBatch::schema);
        let field = schema.as_ref().and_then(|schema| schema.field_with_name(KEY).ok());
        Ok(Self {
            keys: field.map_or_else(|| KeyColumn::new(keys.clone()), |field| KeyColumn::of(keys.clone(), field))?,
            entity_keys,
            ids: ids.transpose()?,
            target_ids: if row.is_mapped() { column(batches, &row.id_column)? } else { None },
            warnings: column(batches, WARNINGS)?,
        })
    }

    fn entity_keys(&self) -> &KeyColumn {
        self.entity_keys.as_ref().unwrap_or(&self.keys)
    }

    pub(super) fn id(&self, row: usize) -> Result<Uuid> {
        Uuid::from_slice(self.ids()?.value(row)).map_err(|_| Error::unexpected("an id that is no UUID"))
    }

    /// The legacy key of a row, as text.
    pub(super) fn key(&self, row: usize) -> Result<String> {
        self.keys.text(row)
    }

    pub(super) fn rows(&self) -> usize {
        self.keys.len()
    }

    fn target_ids(&self) -> Result<&ArrayRef> {
        self.target_ids.as_ref().ok_or_else(|| Error::unexpected("migrated rows without an id"))
    }

    fn ids(&self) -> Result<&FixedSizeBinaryArray> {
        self.ids.as_ref().ok_or_else(|| Error::unexpected("migrated rows without an id"))
    }

    /// The rows whose id is none of these.
    fn all_but(&self, ids: &HashSet<Uuid>) -> Result<BTreeSet<usize>> {
        let own = self.ids()?;
        let is_other = |row: &usize| Uuid::from_slice(own.value(*row)).is_ok_and(|id| !ids.contains(&id));
        Ok((0..own.len()).filter(is_other).collect())
    }

    fn ids_of(&self, rows: &[usize]) -> Result<ArrayRef> {
        let ids = self.ids()?;
        FixedSizeBinaryArray::try_from_iter(rows.iter().map(|row| ids.value(*row)))
            .map(|ids| Arc::new(ids) as ArrayRef)
            .map_err(|_| Error::unexpected("an id that is no UUID"))
    }

    fn quarantine(
        &self,
        run: Uuid,
        flow: &str,
        rows: &[usize],
        reasons: ArrayRef,
        more: Vec<(&str, ArrayRef)>,
    ) -> Result<RecordBatch> {
        let runs = FixedSizeBinaryArray::try_from_iter(std::iter::repeat_n(run.as_bytes(), rows.len()))
            .map_err(|_| Error::unexpected("an empty batch for the quarantine"))?;
        let keys = rows.iter().map(|row| self.keys.text(*row)).collect::<Result<Vec<_>>>()?;
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("run_id", Arc::new(runs)),
            ("flow", Arc::new(StringArray::from(vec![flow; rows.len()]))),
            ("legacy_key", Arc::new(StringArray::from(keys))),
            ("reason", reasons),
        ];
        if let Some(warnings) = &self.warnings {
            let wanted = rows.iter().map(|row| *row as u64).collect::<arrow::array::UInt64Array>();
            let taken = arrow::compute::take(warnings, &wanted, None)
                .map_err(|_| Error::unexpected("warnings that cannot be taken"))?;
            columns.push(("warnings", taken));
        }
        columns.extend(more);
        let fields: Vec<_> =
            columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|_| Error::unexpected("quarantine rows of different lengths"))
    }
}
