//! Owns a temporary table of the server for columns of stored outcomes, in the types of the target, beside their keys.
//! Must not know: what is asked about them there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};

use super::copy::Rows;
use super::isolate;
use super::reason::Why;
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{ENTITY_KEY, KEY, RowIdentity};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::{Column, Table};

const STAGE_ROWS: &str = include_str!("../../sql/control/load/stage_rows.sql");

/// What is staged of rows: these columns of their table, their keys as text, and the UUID that tells them apart.
pub(super) struct Staging<'a> {
    connection: &'a Connection,
    /// The temporary table, as if it were one of the target's.
    staged: Table,
    columns: &'a [String],
    row: &'a RowIdentity,
    cancel: &'a Cancel,
}

impl<'a> Staging<'a> {
    /// Makes a temporary table of this name, empty. `quarantine` lends the types of what stands beside.
    pub async fn open(
        connection: &'a Connection,
        name: &str,
        table: &Table,
        columns: &'a [String],
        row: &'a RowIdentity,
        quarantine: &Table,
        cancel: &'a Cancel,
    ) -> Result<Self> {
        let quoted: Vec<String> = columns.iter().map(|column| quote_ident(column)).collect();
        let table_name = quote_table(&table.schema, &table.name);
        let values = [("columns", &*quoted.join(", ")), ("table", &*table_name), ("name", name)];
        connection.batch_execute(&fill(STAGE_ROWS, &values)).await?;
        let own = table.columns.iter().filter(|column| columns.contains(&column.name)).cloned();
        let told = |name: &str, like: &str| {
            quarantine.column(like).map(|column| Column { name: name.to_owned(), ..column.clone() })
        };
        let beside = [("rehome_key", "legacy_key"), ("rehome_entity_key", "legacy_key"), ("rehome_row", "entity_uuid")];
        let beside = beside.into_iter().filter_map(|(name, like)| told(name, like));
        let staged = Table {
            schema: "pg_temp".to_owned(),
            name: name.to_owned(),
            columns: own.chain(beside).map(|column| Column { generated: false, ..column }).collect(),
            ..table.clone()
        };
        Ok(Self { connection, staged, columns, row, cancel })
    }

    /// Copies these rows of an outcome; those that the types of the target do not take are left out, and given. Needs a
    /// transaction.
    pub async fn add(&self, batches: &[RecordBatch]) -> Result<BTreeMap<usize, Why>> {
        if batches.is_empty() {
            return Ok(BTreeMap::new());
        }
        let batches = batches.iter().map(|batch| self.keyed(batch)).collect::<Result<Vec<_>>>()?;
        let rows = Rows::new(batches, &self.staged)?;
        Ok(isolate::copy(self.connection, &rows, &BTreeSet::new(), self.cancel).await?.refused)
    }

    fn keyed(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let gone = || Error::unexpected("an outcome file lacks a column");
        let column = |name: &str| batch.column_by_name(name).cloned().ok_or_else(gone);
        let texts = |array: ArrayRef| -> Result<ArrayRef> {
            let keys = KeyColumn::new(array)?;
            let texts = (0..keys.len()).map(|row| keys.text(row)).collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StringArray::from(texts)))
        };
        let entity_key = batch.column_by_name(ENTITY_KEY).map_or_else(|| column(KEY), |key| Ok(key.clone()))?;
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("rehome_key", texts(column(KEY)?)?),
            ("rehome_entity_key", texts(entity_key)?),
            ("rehome_row", column(self.row.row_column())?),
        ];
        for name in self.columns {
            columns.push((name, column(name)?));
        }
        let schema = batch.schema();
        let fields = columns.iter().map(|(name, array)| match schema.field_with_name(name) {
            Ok(field) => field.clone(),
            Err(_) => Field::new(*name, array.data_type().clone(), true),
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(schema, arrays).map_err(|_| gone())
    }
}

/// The name of the table where no other is asked for.
pub(super) const STAGED: &str = "rehome_staged_rows";

/// SQL that compares these columns of a staged row `s` with those of a row `t` of the table.
pub(super) fn equal(columns: &[String]) -> String {
    let equal = |column: &String| format!("s.{0} = t.{0}", quote_ident(column));
    columns.iter().map(equal).collect::<Vec<_>>().join(" and ")
}

/// These columns of a row, as SQL.
pub(super) fn listed(row: &str, columns: &[String]) -> String {
    columns.iter().map(|column| format!("{row}.{}", quote_ident(column))).collect::<Vec<_>>().join(", ")
}
