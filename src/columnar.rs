//! Owns the Parquet form of everything that is stored: the same rows, in the same batches, give the same bytes.
//! Must not know: what the rows are, or where the bytes go.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaDataReader, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::error::{Error, Kind, Result};
pub use crate::key::PG_TYPE;

/// Rows of a row group; a file of ours is one, unless somebody writes larger files.
const ROW_GROUP: usize = 1 << 20;
/// Bytes of a dictionary. Small: columns whose values hardly repeat (keys, times, texts) soon go without one, which
/// takes a tenth off the time to write.
const DICTIONARY: usize = 64 * 1024;

/// Writes batches as one file: the same rows give the same bytes, however they were batched, since where pages end
/// depends on how rows are handed over.
///
/// # Errors
/// [`Kind::Unexpected`] when the batches do not fit the schema, or the schema no file.
pub fn encode(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Bytes> {
    let rows = concat_batches(schema, batches).map_err(|_| Error::unexpected("batches do not fit each other"))?;
    let mut encoder = Encoder::new(schema, &[])?;
    encoder.write(&rows)?;
    encoder.finish()
}

/// A file in the making, in memory.
pub struct Encoder(ArrowWriter<Vec<u8>>);

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
    Ok(WriterProperties::builder()
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
        .and_then(ParquetRecordBatchReaderBuilder::build)
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
