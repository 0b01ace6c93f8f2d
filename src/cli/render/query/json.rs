//! Owns a result as JSON: one document, or an object a line. Numbers have all their digits. Must not know: other forms.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, Schema};

use super::{Sheet, refuse_twins, written};
use crate::command::query::Column;
use crate::engine::{json_text, type_name};
use crate::error::{Error, Result};

/// [`crate::command::query::Document`], written as its rows come.
pub struct Json<W> {
    any: bool,
    out: W,
}

impl<W: Write> Json<W> {
    pub fn new(schema: &Schema, mut out: W) -> Result<Self> {
        refuse_twins(schema)?;
        let column = |field: &Arc<Field>| Column { name: field.name().clone(), kind: type_name(field) };
        let columns: Vec<Column> = schema.fields().iter().map(column).collect();
        let columns = serde_json::to_string(&columns).map_err(|_| Error::unexpected("columns have no JSON form"))?;
        write!(out, "{{\"columns\":{columns},\"rows\":[").map_err(written)?;
        Ok(Self { any: false, out })
    }
}

impl<W: Write> Sheet for Json<W> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        for text in objects(batch)? {
            let before = if self.any { ",\n" } else { "\n" };
            self.any = true;
            write!(self.out, "{before}{text}").map_err(written)?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>, rows: u64) -> Result<()> {
        writeln!(self.out, "],\"count\":{rows}}}").and_then(|()| self.out.flush()).map_err(written)
    }
}

/// An object a line.
pub struct Lines<W>(W);

impl<W: Write> Lines<W> {
    pub fn new(schema: &Schema, out: W) -> Result<Self> {
        refuse_twins(schema).map(|()| Self(out))
    }
}

impl<W: Write> Sheet for Lines<W> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        for text in objects(batch)? {
            // The text of a json may go over several lines, but never within a string.
            writeln!(self.0, "{}", text.replace(['\n', '\r'], " ")).map_err(written)?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>, _: u64) -> Result<()> {
        self.0.flush().map_err(written)
    }
}

fn objects(batch: &RecordBatch) -> Result<Vec<String>> {
    let rows: ArrayRef = Arc::new(StructArray::from(batch.clone()));
    let field = Arc::new(Field::new("row", DataType::Struct(batch.schema().fields().clone()), false));
    if rows.is_empty() { Ok(Vec::new()) } else { json_text(&field, &rows) }
}
