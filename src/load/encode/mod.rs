//! Owns how Arrow rows become a COPY stream: which column goes where, in which form, row after row.
//! Must not know: connections, chunks, or what becomes of a row that cannot be written.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Schema;

use crate::error::{Error, Result};
use crate::target::{Column, Table};

mod binary;
mod fault;
mod fit;
mod numeric;
mod text;
mod texts;

pub use fault::Fault;
pub use fit::Form;
use fit::Place;
pub use texts::{Texts, texts};

/// Writes the value of one row, without its length; says what is wrong with one that cannot be written exactly.
type Cell = Box<dyn Fn(usize, &mut Vec<u8>) -> Result<(), Fault> + Send>;

/// Why a column of a flow cannot go to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub column: String,
    pub what: String,
}

/// A row that cannot be written exactly, or that the target is known to refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    pub fault: Fault,
    pub column: String,
}

/// How the columns of one schema are written to one table.
#[derive(Debug, Clone)]
pub struct Encoder {
    form: Form,
    columns: Vec<Planned>,
}

#[derive(Debug, Clone)]
struct Planned {
    source: String,
    place: Place,
    /// NULL would be refused: the row is taken out before it is sent.
    not_null: bool,
}

impl Encoder {
    /// Plans the columns of `schema` that belong to the target (`_…` are the engine's own); one column without a binary
    /// form makes it text. Columns that the target generates are not written.
    ///
    /// # Errors
    /// All columns that are not in the table, or whose type does not fit.
    pub fn new(schema: &Schema, table: &Table) -> Result<Self, Vec<Mismatch>> {
        let mut wrong = Vec::new();
        let mut form = Form::Binary;
        let mut columns = Vec::new();
        for field in schema.fields().iter().filter(|field| !field.name().starts_with('_')) {
            let mismatch = |what: String| Mismatch { column: field.name().clone(), what };
            let Some(column) = table.column(field.name()) else {
                wrong.push(mismatch(unknown(field.name(), table)));
                continue;
            };
            match fit::fit(field, column) {
                Ok(_) if column.generated => continue,
                Ok(Form::Text) => form = Form::Text,
                Ok(Form::Binary) => {}
                Err(what) => wrong.push(mismatch(what)),
            }
            columns.push(Planned {
                source: field.name().clone(),
                not_null: column.not_null && !table.row_trigger_before_insert,
                place: Place::of(column),
            });
        }
        if wrong.is_empty() { Ok(Self { form, columns }) } else { Err(wrong) }
    }

    /// Binary, or text where a column has no binary form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The target's columns written, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.place.name.as_str())
    }

    /// Looks at a batch, so that its rows can be written.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when the batch is not of the planned schema.
    pub fn bind(&self, batch: &RecordBatch) -> Result<Bound> {
        let columns = self.columns.iter().map(|planned| self.bind_column(planned, batch)).collect::<Result<_>>()?;
        Ok(Bound { form: self.form, columns, rows: batch.num_rows(), scratch: Vec::new() })
    }

    fn bind_column(&self, planned: &Planned, batch: &RecordBatch) -> Result<BoundColumn> {
        let array = batch
            .column_by_name(&planned.source)
            .ok_or_else(|| Error::unexpected(format!("an outcome file lacks the column {}", planned.source)))?;
        let array: ArrayRef = fit::normalise(array)?;
        let nulls = if array.data_type().is_null() { Nulls::All } else { Nulls::of(array.logical_nulls()) };
        let cell = match (self.form, &nulls) {
            (_, Nulls::All) => Box::new(|_, _: &mut Vec<u8>| Ok(())) as Cell,
            (Form::Binary, _) => binary::cell(&array, &planned.place)?,
            (Form::Text, _) => text::cell(&array, &planned.place)?,
        };
        Ok(BoundColumn { name: planned.source.clone(), nulls, not_null: planned.not_null, cell })
    }
}

fn unknown(name: &str, table: &Table) -> String {
    let known = table.columns.iter().map(|column: &Column| column.name.clone());
    match crate::target::nearest(name, known) {
        Some(found) => format!("is not a column of the target; did you mean {found}?"),
        None => "is not a column of the target".to_owned(),
    }
}

/// A batch whose rows can be written.
pub struct Bound {
    form: Form,
    columns: Vec<BoundColumn>,
    rows: usize,
    scratch: Vec<u8>,
}

struct BoundColumn {
    name: String,
    nulls: Nulls,
    not_null: bool,
    cell: Cell,
}

enum Nulls {
    None,
    Some(NullBuffer),
    All,
}

impl Nulls {
    fn of(buffer: Option<NullBuffer>) -> Self {
        buffer.filter(|nulls| nulls.null_count() > 0).map_or(Self::None, Self::Some)
    }

    #[inline]
    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::None => false,
            Self::Some(nulls) => nulls.is_null(row),
            Self::All => true,
        }
    }
}

impl Bound {
    /// Rows in the batch.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Appends one row to the stream.
    ///
    /// # Errors
    /// The column and the fault of a row that cannot be written; `out` is then as it was.
    pub fn write(&mut self, row: usize, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let start = out.len();
        let written = match self.form {
            Form::Binary => self.write_binary(row, out),
            Form::Text => self.write_text(row, out),
        };
        written.map_err(|(fault, column)| {
            out.truncate(start);
            Unwritable { fault, column: self.columns[column].name.clone() }
        })
    }

    fn write_binary(&self, row: usize, out: &mut Vec<u8>) -> Result<(), (Fault, usize)> {
        // A table has at most 1,600 columns.
        #[allow(clippy::cast_possible_truncation)]
        out.extend_from_slice(&(self.columns.len() as u16).to_be_bytes());
        for (index, column) in self.columns.iter().enumerate() {
            if column.nulls.is_null(row) {
                if column.not_null {
                    return Err((Fault::Null, index));
                }
                out.extend_from_slice(&(-1i32).to_be_bytes());
                continue;
            }
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            (column.cell)(row, out).map_err(|fault| (fault, index))?;
            let length = i32::try_from(out.len() - at - 4).map_err(|_| (Fault::TooLarge, index))?;
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    fn write_text(&mut self, row: usize, out: &mut Vec<u8>) -> Result<(), (Fault, usize)> {
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if column.nulls.is_null(row) {
                if column.not_null {
                    return Err((Fault::Null, index));
                }
                out.extend_from_slice(b"\\N");
                continue;
            }
            self.scratch.clear();
            (column.cell)(row, &mut self.scratch).map_err(|fault| (fault, index))?;
            text::escape(&self.scratch, out);
        }
        out.push(b'\n');
        Ok(())
    }
}

/// What a COPY stream of this form begins with.
#[must_use]
pub fn header(form: Form) -> &'static [u8] {
    match form {
        Form::Binary => b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0",
        Form::Text => b"",
    }
}

/// What a COPY stream of this form ends with; without it a binary stream cut short looks whole.
#[must_use]
pub fn trailer(form: Form) -> &'static [u8] {
    match form {
        Form::Binary => b"\xff\xff",
        Form::Text => b"",
    }
}
