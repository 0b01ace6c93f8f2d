//! Owns the plain texts of an outcome's columns, for statements that take them as arrays. Must not know: any statement.

use arrow::array::{Array, RecordBatch};

use super::fit::{self, Place};
use super::text;
use crate::error::{Error, Result};
use crate::target::Table;

/// A column's texts, row by row. Rows that could not be written exactly have NULL.
pub type Texts = Vec<Option<String>>;

/// The texts of some columns of a batch, as the table's types read them.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for a column that the batch or the table lacks.
pub fn texts(batch: &RecordBatch, table: &Table, columns: &[String]) -> Result<Vec<Texts>> {
    let one = |name: &String| {
        let lacks = || Error::unexpected(format!("an outcome file lacks the column {name}"));
        let (array, column) = batch.column_by_name(name).zip(table.column(name)).ok_or_else(lacks)?;
        let array = fit::normalise(array)?;
        if array.data_type().is_null() {
            return Ok(vec![None; batch.num_rows()]);
        }
        let nulls = array.logical_nulls();
        let cell = text::cell(&array, &Place::of(column))?;
        let mut buffer = Vec::new();
        let row = |row: usize| {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                return None;
            }
            buffer.clear();
            cell(row, &mut buffer).ok()?;
            String::from_utf8(buffer.clone()).ok()
        };
        Ok((0..batch.num_rows()).map(row).collect())
    };
    columns.iter().map(one).collect()
}
