//! Owns how the rows of a query are written as they come: a table, CSV, JSON or Parquet, to stdout or into a file.
//! Must not know: where rows come from.

mod json;
mod table;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use serde::Serialize;

use crate::cli::args::query::Form;
use crate::columnar;
use crate::delimited;
use crate::engine::{Printed, as_stored};
use crate::error::{At, Error, Kind, Result};
use crate::report::words::count;
use crate::run::stored::Answer;

pub use table::show as facts;

/// What takes the rows of an answer.
trait Sheet {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()>;
    /// Nothing comes any more.
    fn end(self: Box<Self>, rows: u64) -> Result<()>;
}

/// Whoever reads stdout has seen enough: no error, and nothing more to do.
fn has_left(error: &Error) -> bool {
    error.message() == LEFT
}

const LEFT: &str = "whoever reads has left";

/// What an error of writing is.
fn written(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::new(Kind::Interrupted, LEFT),
        _ => Error::from(error),
    }
}

/// Writes all rows to stdout. False: whoever reads has left.
///
/// # Errors
/// What running the query meets; a stdout that takes no more.
pub async fn to_stdout(answer: &mut Answer, form: Form, limit: usize) -> Result<bool> {
    let out = BufWriter::with_capacity(1 << 16, io::stdout());
    let result = match sheet(answer.schema.clone(), form, limit, out) {
        Ok(sheet) => pour(answer, sheet).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(_) => Ok(true),
        Err(error) if has_left(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What was written to a file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Written {
    pub file: String,
    pub rows: u64,
}

/// A file that is there once it is whole. Only its owner can read it: it may hold clinical data.
struct Partial {
    file: PathBuf,
    partial: tempfile::NamedTempFile,
}

impl Partial {
    fn new(file: &Path) -> Result<Self> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() || file.is_dir() {
            return Err(Error::config("the rows cannot be written there").hint("name a file in a folder that exists"));
        }
        let partial = tempfile::Builder::new().prefix(crate::storage::PARTIAL).tempfile_in(folder);
        let partial = partial.map_err(|error| match Error::from(error) {
            full if full.kind() == Kind::Resources => full,
            _ => Error::config("the rows cannot be written there").hint("name a folder that can be written to"),
        })?;
        Ok(Self { file: file.to_owned(), partial })
    }

    fn keep(self) -> Result<()> {
        self.partial.persist(&self.file).map(|_| ()).map_err(|error| Error::from(error.error))
    }
}

/// Writes all rows to a file, whole or not at all.
///
/// # Errors
/// What running the query meets; what the disk says.
pub async fn to_file(answer: &mut Answer, form: Form, limit: usize, file: &Path) -> Result<Written> {
    let named = |error: Error| error.at(At::File, file.display().to_string());
    let partial = Partial::new(file).map_err(named)?;
    let out = BufWriter::with_capacity(1 << 20, partial.partial.reopen()?);
    let rows = pour(answer, sheet(answer.schema.clone(), form, limit, out)?).await?;
    partial.keep().map_err(named)?;
    Ok(Written { file: file.display().to_string(), rows })
}

/// Says what was written.
pub fn tell_written(written: &Written, format: crate::cli::args::Format) {
    match format {
        crate::cli::args::Format::Json => super::json(written),
        crate::cli::args::Format::Text => anstream::println!("{}  {} rows", written.file, count(written.rows)),
    }
}

async fn pour(answer: &mut Answer, mut sheet: Box<dyn Sheet + '_>) -> Result<u64> {
    let mut rows = 0;
    while let Some(batch) = answer.next().await? {
        rows += batch.num_rows() as u64;
        sheet.rows(&batch)?;
    }
    sheet.end(rows)?;
    Ok(rows)
}

fn sheet<'a, W: Write + Send + 'a>(schema: SchemaRef, form: Form, limit: usize, out: W) -> Result<Box<dyn Sheet + 'a>> {
    Ok(match form {
        Form::Table => Box::new(table::Table::new(schema, limit, out)),
        Form::Csv => Box::new(Csv::new(&schema, out)?),
        Form::Json => Box::new(json::Json::new(&schema, out)?),
        Form::Jsonl => Box::new(json::Lines::new(&schema, out)?),
        Form::Parquet => Box::new(Parquet::new(&schema, out)?),
    })
}

/// The columns of a batch, ready to be printed.
fn printed(batch: &RecordBatch) -> Result<Vec<Printed>> {
    let schema = batch.schema();
    schema.fields().iter().zip(batch.columns()).map(|(field, column)| Printed::new(field, column)).collect()
}

struct Csv<W> {
    buffer: Vec<u8>,
    out: W,
}

impl<W: Write> Csv<W> {
    fn new(schema: &Schema, mut out: W) -> Result<Self> {
        let mut buffer = Vec::new();
        let names = schema.fields().iter().map(|field| Some(field.name().as_str()));
        delimited::write_row(names, schema.fields().len() == 1, &mut buffer);
        out.write_all(&buffer).map_err(written)?;
        Ok(Self { buffer, out })
    }
}

impl<W: Write> Sheet for Csv<W> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = printed(batch)?;
        for row in 0..batch.num_rows() {
            let texts = columns.iter().map(|column| column.text(row)).collect::<Result<Vec<_>>>()?;
            self.buffer.clear();
            delimited::write_row(texts.iter().map(Option::as_deref), columns.len() == 1, &mut self.buffer);
            self.out.write_all(&self.buffer).map_err(written)?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>, _: u64) -> Result<()> {
        self.out.flush().map_err(written)
    }
}

struct Parquet<W: Write + Send> {
    schema: SchemaRef,
    stream: columnar::Stream<W>,
}

impl<W: Write + Send> Parquet<W> {
    fn new(schema: &SchemaRef, out: W) -> Result<Self> {
        refuse_twins(schema)?;
        let schema = stored(&RecordBatch::new_empty(schema.clone()))?.schema();
        Ok(Self { stream: columnar::Stream::new(out, &schema)?, schema })
    }
}

impl<W: Write + Send> Sheet for Parquet<W> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = stored(batch)?;
        let batch = RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec());
        self.stream.write(&batch.map_err(|_| Error::unexpected("rows are not as planned"))?)
    }

    fn end(self: Box<Self>, _: u64) -> Result<()> {
        self.stream.finish()
    }
}

/// A batch in the types that files have.
fn stored(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| as_stored(field, column)).collect::<Result<Vec<_>>>()?;
    // What an expression may give is told by the plan, and a row may give nothing all the same.
    let fields: Vec<_> = columns.iter().map(|(field, _)| field.clone().with_nullable(true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Schema::new(fields).into(), columns).map_err(|_| Error::unexpected("rows are not as planned"))
}

/// Where columns are found by their names, each has one of its own.
fn refuse_twins(schema: &Schema) -> Result<()> {
    let mut names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::config(format!("two columns of the result are called '{}'", pair[0]))
            .hint("give one of them another name: … as name")),
        None => Ok(()),
    }
}
