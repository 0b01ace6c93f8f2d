//! Owns the Parquet form of everything that is stored: the same rows, in the same batches, give the same bytes.
//! Must not know: what the rows are, or where the bytes go.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaDataReader, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Kind, Result};
pub use crate::key::PG_TYPE;

/// Rows that are handed over at a time, also to who reads: as many as the engine's batches have, so that those of whole tables
/// are not copied.
const WINDOW: usize = 8_192;
/// Rows of a row group; a file of ours is one, unless somebody writes larger files.
const ROW_GROUP: usize = 1 << 20;
/// Bytes of a dictionary. Small: columns whose values hardly repeat (keys, times, texts) soon go without one, which
/// takes a tenth off the time to write.
const DICTIONARY: usize = 64 * 1024;

/// Writes batches as one file: the same rows give the same bytes, however they were batched. Where pages end depends on how
/// rows are handed over, so that is always in windows of the same rows.
///
/// # Errors
/// [`Kind::Unexpected`] when the batches do not fit the schema, or the schema no file.
pub fn encode(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Bytes> {
    let mut encoder = Encoder::new(schema, &[])?;
    let mut window: Vec<RecordBatch> = Vec::new();
    let mut rows = 0;
    for batch in batches {
        let mut from = 0;
        while from < batch.num_rows() {
            let take = (WINDOW - rows).min(batch.num_rows() - from);
            window.push(batch.slice(from, take));
            (from, rows) = (from + take, rows + take);
            if rows == WINDOW {
                encoder.write(&joined(schema, &mut window)?)?;
                rows = 0;
            }
        }
    }
    if rows > 0 {
        encoder.write(&joined(schema, &mut window)?)?;
    }
    encoder.finish()
}

/// The rows of a window as one batch: copied only where they come from several.
fn joined(schema: &SchemaRef, window: &mut Vec<RecordBatch>) -> Result<RecordBatch> {
    let parts = std::mem::take(window);
    match parts.as_slice() {
        [one] => RecordBatch::try_new(schema.clone(), one.columns().to_vec()),
        several => concat_batches(schema, several),
    }
    .map_err(|_| Error::unexpected("batches do not fit each other"))
}

/// A file in the making, in memory.
pub struct Encoder(ArrowWriter<Vec<u8>>);

/// Bytes of a row group that is in the making, at most, where rows are written to a file as they come.
const GROUP_BYTES: usize = 32 << 20;

/// A file that is written as its rows come: of any size, in bounded memory.
pub struct Stream<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> Stream<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// As [`Encoder::new`].
    pub fn new(to: W, schema: &SchemaRef) -> Result<Self> {
        let properties = properties(schema, &[])?;
        ArrowWriter::try_new(to, schema.clone(), Some(properties)).map(Self).map_err(|error| written(&error))
    }

    /// Adds rows.
    ///
    /// # Errors
    /// As [`Encoder::write`]; what the disk says.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.0.write(batch).map_err(|error| written(&error))?;
        if self.0.memory_size() < GROUP_BYTES {
            return Ok(());
        }
        self.0.flush().map_err(|error| written(&error))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(mut self) -> Result<()> {
        self.0.finish().map(|_| ()).map_err(|error| written(&error))
    }
}

/// What goes wrong with a file that is written as rows come: the disk, or the rows.
fn written(error: &ParquetError) -> Error {
    let mut chain = std::iter::successors(Some(error as &dyn std::error::Error), |inner| inner.source());
    let disk = chain.find_map(|inner| inner.downcast_ref::<std::io::Error>());
    disk.map_or_else(|| broken(error), |error| Error::from(std::io::Error::from(error.kind())))
}

impl Encoder {
    /// Begins a file whose rows are sorted by these columns, ascending.
    ///
    /// # Errors
    /// [`Kind::Unexpected`] for a type that Parquet has no form for.
    pub fn new(schema: &SchemaRef, sorted_by: &[String]) -> Result<Self> {
        let properties = properties(schema, sorted_by)?;
        ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map(Self).map_err(|error| broken(&error))
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`Kind::Unexpected`] for rows of another schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.0.write(batch).map_err(|error| broken(&error))
    }

    /// Ends the file and gives its bytes.
    ///
    /// # Errors
    /// As [`Encoder::write`].
    pub fn finish(self) -> Result<Bytes> {
        self.0.into_inner().map(Bytes::from).map_err(|error| broken(&error))
    }
}

fn properties(schema: &SchemaRef, sorted_by: &[String]) -> Result<WriterProperties> {
    let leaves = ArrowSchemaConverter::new().convert(schema).map_err(|error| broken(&error))?;
    let place =
        |name: &String| leaves.columns().iter().position(|leaf| leaf.path().parts() == std::slice::from_ref(name));
    // A prefix that is sorted is still sorted: where a column has no place of its own, the order ends before it.
    let sorting: Vec<SortingColumn> = sorted_by
        .iter()
        .map_while(|name| i32::try_from(place(name)?).ok())
        .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false })
        .collect();
    let level = ZstdLevel::try_new(1).map_err(|error| broken(&error))?;
    let mut properties = WriterProperties::builder();
    // Hashes do not compress: trying is work for nothing.
    for field in schema.fields().iter().filter(|field| *field.data_type() == DataType::FixedSizeBinary(16)) {
        let column = ColumnPath::new(vec![field.name().clone()]);
        properties = properties.set_column_compression(column, Compression::UNCOMPRESSED);
    }
    Ok(properties
        .set_compression(Compression::ZSTD(level))
        // The files of two releases should differ only where their rows do.
        .set_created_by("rehome".to_owned())
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_dictionary_page_size_limit(DICTIONARY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_sorting_columns((!sorting.is_empty()).then_some(sorting))
        .build())
}

/// The batches of a whole file.
///
/// # Errors
/// [`Kind::Corrupt`] when it is no Parquet file.
pub fn decode(bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let corrupt = |_| Error::new(Kind::Corrupt, "a stored file cannot be read");
    ParquetRecordBatchReaderBuilder::try_new(bytes)
        .and_then(|reader| reader.with_batch_size(WINDOW).build())
        .map_err(corrupt)?
        .collect::<Result<_, _>>()
        .map_err(|_| Error::new(Kind::Corrupt, "a stored file cannot be read"))
}

/// The same, of some columns only; those that the file does not have are left out.
///
/// # Errors
/// As [`decode`].
pub fn decode_columns(bytes: Bytes, columns: &[String]) -> Result<Vec<RecordBatch>> {
    let corrupt = |_| Error::new(Kind::Corrupt, "a stored file cannot be read");
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(corrupt)?;
    let places = reader.schema().fields().iter().enumerate().filter(|(_, field)| columns.contains(field.name()));
    let mask = ProjectionMask::roots(reader.parquet_schema(), places.map(|(place, _)| place).collect::<Vec<_>>());
    reader
        .with_projection(mask)
        .with_batch_size(WINDOW)
        .build()
        .map_err(corrupt)?
        .collect::<Result<_, _>>()
        .map_err(|_| Error::new(Kind::Corrupt, "a stored file cannot be read"))
}

/// What the end of a file tells.
pub enum Footer {
    Read(ArrowReaderMetadata),
    /// So many bytes of the end are needed.
    Longer(u64),
}

/// The rows and the Arrow schema of a file of `size` bytes, from its last bytes.
///
/// # Errors
/// [`Kind::Corrupt`] when there is no footer.
pub fn footer(end: &Bytes, size: u64) -> Result<Footer> {
    let corrupt = || Error::new(Kind::Corrupt, "a stored file has no readable footer");
    let mut reader = ParquetMetaDataReader::new();
    match reader.try_parse_sized(end, size) {
        Ok(()) => {}
        Err(ParquetError::NeedMoreData(needed)) => return Ok(Footer::Longer(needed as u64)),
        Err(_) => return Err(corrupt()),
    }
    let metadata = reader.finish().map_err(|_| corrupt())?;
    ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new()).map(Footer::Read).map_err(|_| corrupt())
}

fn broken(error: &ParquetError) -> Error {
    // Writing into memory fails for types only; the text of other errors is not ours to show.
    match error {
        ParquetError::NYI(what) => Error::unexpected(format!("Parquet does not know how to write {what}")),
        _ => Error::unexpected("a batch cannot be written as Parquet"),
    }
}
