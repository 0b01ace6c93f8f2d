//! Owns how rows without mappings are taken out of the target: the stored outcomes tell the server their keys.
//! Must not know: why they are taken out.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};

use super::chunk::all_or_error;
use super::copy::{Rows, Why};
use super::remove::Removal;
use crate::error::{At, Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{KEY, Outcome, ROW_ID};
use crate::outcomes::FlowOutcomes;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::{Column, Table};

const ANY_BAD: &str = include_str!("../../sql/control/load/any_bad.sql");
const STAGE_ROWS: &str = include_str!("../../sql/control/load/stage_rows.sql");
const TAKE_OUT_UNMAPPED: &str = include_str!("../../sql/control/load/take_out_unmapped.sql");

impl Removal<'_> {
    /// Takes the `bad` rows of a flow out of its table.
    pub(super) async fn take_out_unmapped(
        &self,
        connection: &Connection,
        flow: &FlowOutcomes,
        table: &Table,
        bad: &str,
        reason: &str,
        why: &Why,
    ) -> Result<u64> {
        let any = fill(ANY_BAD, &[("bad", bad)]);
        if !connection.query_one(&any, &[]).await?.try_get::<_, bool>("any_bad")? {
            return Ok(0);
        }
        let identity = table.identity(&flow.identity).ok_or_else(|| {
            Error::unexpected("a table has lost the key by which its rows are known").at(At::Table, table.full_name())
        })?;
        self.stage(connection, flow, table, &identity).await?;
        let equal = |column: &String| format!("s.{0} = t.{0}", quote_ident(column));
        let equal: Vec<String> = identity.iter().map(equal).collect();
        let statement = fill(
            TAKE_OUT_UNMAPPED,
            &[("bad", bad), ("table", &quote_table(&table.schema, &table.name)), ("equal", &equal.join(" and "))],
        );
        let row =
            connection.query_one(&statement, &[&self.run, &flow.flow, &reason, &why.sqlstate, &why.constraint]).await?;
        Ok(u64::try_from(row.try_get::<_, i64>("taken")?).unwrap_or(0))
    }

    /// Copies keys and identities of all rows of a flow into a temporary table.
    async fn stage(
        &self,
        connection: &Connection,
        flow: &FlowOutcomes,
        table: &Table,
        identity: &[String],
    ) -> Result<()> {
        let columns: Vec<String> = identity.iter().map(|column| quote_ident(column)).collect();
        let values = [("identity", &*columns.join(", ")), ("table", &*quote_table(&table.schema, &table.name))];
        connection.batch_execute(&fill(STAGE_ROWS, &values)).await?;
        let own = table.columns.iter().filter(|column| identity.contains(&column.name));
        let told =
            self.quarantine.columns.iter().filter(|column| ["legacy_key", "entity_uuid"].contains(&&*column.name));
        let staged = Table {
            schema: "pg_temp".to_owned(),
            name: "rehome_staged_rows".to_owned(),
            columns: own.chain(told).map(|column| Column { generated: false, ..column.clone() }).collect(),
            ..table.clone()
        };
        for file in flow.files_of(Outcome::Migrated) {
            self.cancel.check()?;
            let batches = self.store.read(file).await?;
            let batches = batches.iter().map(|batch| keyed(batch, identity)).collect::<Result<Vec<_>>>()?;
            let rows = Rows::new(batches, &staged)?;
            all_or_error(rows.copy(connection, 0..rows.len(), &BTreeSet::new(), self.cancel).await?)?;
        }
        Ok(())
    }
}

/// The identity of rows, beside their legacy keys.
fn keyed(batch: &RecordBatch, identity: &[String]) -> Result<RecordBatch> {
    let gone = || Error::unexpected("an outcome file lacks a column");
    let column = |name: &str| batch.column_by_name(name).cloned().ok_or_else(gone);
    let keys = KeyColumn::new(column(KEY)?)?;
    let texts = (0..keys.len()).map(|row| keys.text(row)).collect::<Result<Vec<_>>>()?;
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("legacy_key", Arc::new(StringArray::from(texts))), ("entity_uuid", column(ROW_ID)?)];
    for name in identity {
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
