//! Owns the reading of an export that somebody may have edited: rows of the source table again, in the snapshot's types.
//! Must not know: what becomes of the rows.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::export::Form;
use super::manifest::Manifest;
use crate::delimited::{Fault, Field as Read, Reader};
use crate::engine::entered;
use crate::error::{At, Error, Result};

/// Rows of a batch.
const BATCH: usize = 5_000;
/// What may stand between fields: a spreadsheet may have changed it.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The rows of an export, as they come.
pub struct Edited {
    pub manifest: Manifest,
    /// The source table's.
    pub schema: SchemaRef,
    /// For errors.
    file: String,
    rows: Rows,
}

enum Rows {
    Csv {
        reader: Reader<BufReader<File>>,
        /// Where each column of the table stands in a row, and how many fields a row has.
        places: Vec<usize>,
        width: usize,
    },
    Parquet(ParquetRecordBatchReader),
}

impl Edited {
    /// Opens an export: its rows and the manifest beside it. Columns may stand in any order, and others beside them.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a file that is none, or lacks a column of the table.
    pub fn open(file: &Path) -> Result<Self> {
        let manifest = Manifest::read(file)?;
        let schema = manifest.schema()?;
        let name = file.display().to_string();
        let told = |error: Error| error.at(At::File, &name);
        let open = || {
            File::open(file).map_err(|error| told(Error::config(format!("the rows cannot be read: {}", error.kind()))))
        };
        let rows = match Form::of(file) {
            Some(Form::Csv) => csv(open()?, delimiter(open()?).map_err(told)?, &schema).map_err(told)?,
            Some(Form::Parquet) => {
                let broken = |_| told(Error::config("the file is no Parquet file"));
                let builder = ParquetRecordBatchReaderBuilder::try_new(open()?).map_err(broken)?;
                for field in schema.fields() {
                    builder.schema().index_of(field.name()).map_err(|_| told(lacks(field.name())))?;
                }
                Rows::Parquet(builder.with_batch_size(BATCH).build().map_err(broken)?)
            }
            None => return Err(told(Error::config("an export is a .csv or a .parquet file"))),
        };
        Ok(Self { manifest, schema, file: name, rows })
    }

    /// The next rows; None at the end.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the line and the column of what is no value of its type; the value is not told.
    pub fn next_rows(&mut self) -> Result<Option<RecordBatch>> {
        let schema = self.schema.clone();
        let batch = match &mut self.rows {
            Rows::Csv { reader, places, width } => of_csv(reader, places, *width, &schema, &self.file)?,
            Rows::Parquet(reader) => match reader.next().transpose() {
                Ok(None) => None,
                Ok(Some(batch)) => Some(of_parquet(&batch, &schema).map_err(|error| error.at(At::File, &self.file))?),
                Err(_) => return Err(Error::config("the file cannot be read to its end").at(At::File, &self.file)),
            },
        };
        let Some(columns) = batch else { return Ok(None) };
        for (field, column) in schema.fields().iter().zip(&columns) {
            if !field.is_nullable() && column.null_count() > 0 {
                return Err(Error::config("a value is missing in a column that has no NULL in the source")
                    .at(At::File, &self.file)
                    .at(At::Column, field.name()));
            }
        }
        RecordBatch::try_new(schema, columns).map(Some).map_err(|_| Error::unexpected("rows are not of their table"))
    }
}

fn lacks(column: &str) -> Error {
    Error::config("a column of the source table is not there")
        .at(At::Column, column)
        .hint("rows are given back whole: leave all columns of the export where they are")
}

/// What stands between the fields: what the header has the most of.
fn delimiter(file: File) -> Result<u8> {
    let mut head = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut head)?;
    let often = |delimiter: &u8| head.split(|byte| byte == delimiter).count();
    Ok(DELIMITERS.into_iter().rev().max_by_key(often).unwrap_or(b','))
}

fn csv(file: File, delimiter: u8, schema: &SchemaRef) -> Result<Rows> {
    let mut reader = Reader::new(BufReader::new(file), delimiter);
    let head = reader.row().map_err(|fault| broken(fault, ""))?;
    let head = head.map(|(_, fields)| fields).ok_or_else(|| Error::config("the file is empty"))?;
    let place =
        |field: &Arc<Field>| head.iter().position(|name| name.text == *field.name()).ok_or_else(|| lacks(field.name()));
    let places = schema.fields().iter().map(place).collect::<Result<_>>()?;
    Ok(Rows::Csv { reader, places, width: head.len() })
}

fn broken(fault: Fault, file: &str) -> Error {
    match fault {
        Fault::Io(error) => error.into(),
        Fault::Broken(line) => Error::config("a row cannot be read: a quote is not closed, or a text is no UTF-8")
            .at(At::File, format!("{file}:{line}")),
    }
}

fn of_csv(
    reader: &mut Reader<BufReader<File>>,
    places: &[usize],
    width: usize,
    schema: &SchemaRef,
    file: &str,
) -> Result<Option<Vec<ArrayRef>>> {
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); places.len()];
    let mut lines = Vec::new();
    while lines.len() < BATCH {
        let Some((line, mut fields)) = reader.row().map_err(|fault| broken(fault, file))? else { break };
        if fields.len() != width {
            return Err(Error::config(format!("a row has {} fields, the header has {width}", fields.len()))
                .at(At::File, format!("{file}:{line}")));
        }
        for ((column, place), field) in columns.iter_mut().zip(places).zip(schema.fields()) {
            let taken = Read { text: std::mem::take(&mut fields[*place].text), quoted: fields[*place].quoted };
            column.push(value(taken, field));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let entered = columns.iter().zip(schema.fields()).map(|(texts, field)| {
        entered(field, texts).map_err(|unfit| {
            let line = lines.get(unfit.row).copied().unwrap_or_default();
            Error::config(unfit.why).at(At::File, format!("{file}:{line}")).at(At::Column, field.name())
        })
    });
    entered.collect::<Result<Vec<_>>>().map(Some)
}

/// What a field says. A spreadsheet does not know NULL from an empty text: where only one of them can be, it is that one.
fn value(read: Read, field: &Field) -> Option<String> {
    let is_text = field.data_type() == &DataType::Utf8;
    match read.text.is_empty() {
        true if is_text && !field.is_nullable() => Some(String::new()),
        true if !is_text => None,
        _ => read.value(),
    }
}

/// Columns that another program may have written in types of its own, of which no value is lost.
fn of_parquet(batch: &RecordBatch, schema: &SchemaRef) -> Result<Vec<ArrayRef>> {
    let one = |field: &Arc<Field>| {
        let column = batch.column_by_name(field.name()).ok_or_else(|| lacks(field.name()))?;
        let unfit = |why: &str| Error::config(why.to_owned()).at(At::Column, field.name());
        if column.data_type() == field.data_type() {
            return Ok(column.clone());
        }
        let is_text = matches!(column.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        if is_text {
            let texts = cast(column, &DataType::Utf8).map_err(|_| unfit("a text cannot be read"))?;
            let texts: Vec<Option<String>> =
                texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect();
            return entered(field, &texts).map_err(|fault| unfit(fault.why));
        }
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let there = cast_with_options(column, field.data_type(), &strict);
        let there = there.map_err(|_| unfit("a value is none of the column's type in the source"))?;
        let back = cast_with_options(&there, column.data_type(), &strict).ok().filter(|back| back == column);
        back.map(|_| there).ok_or_else(|| unfit("a value does not fit the column's type in the source"))
    };
    schema.fields().iter().map(one).collect()
}
