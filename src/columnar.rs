//! Owns how record batches become the bytes of one Parquet file, and come back.
//! Must not know: what the rows are, or where the bytes go.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::error::{Error, Kind, Result};

/// Rows a batch read back has at most.
const READ_ROWS: usize = 16_384;

/// Writes all batches as one Parquet file of one row group: the same rows give the same bytes, however they were batched.
/// `sorted_by` are columns by which the rows are sorted, ascending, and is declared in the file.
///
/// # Errors
/// [`Kind::Unexpected`] when the batches do not fit the schema.
pub fn encode(schema: &SchemaRef, batches: &[RecordBatch], sorted_by: &[String]) -> Result<Bytes> {
    let defect = |_| Error::unexpected("rows cannot be written as Parquet");
    // One batch: page borders depend on how rows are handed over.
    let rows = match batches {
        [one] => one.clone(),
        many => concat_batches(schema, many).map_err(|_| Error::unexpected("batches do not fit each other"))?,
    };
    let mut out = Vec::with_capacity(rows.get_array_memory_size() / 4 + 4096);
    let mut writer =
        ArrowWriter::try_new(&mut out, schema.clone(), Some(properties(schema, sorted_by)?)).map_err(defect)?;
    writer.write(&rows).map_err(defect)?;
    writer.close().map_err(defect)?;
    Ok(out.into())
}

fn properties(schema: &SchemaRef, sorted_by: &[String]) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(1).map_err(|_| Error::unexpected("zstd level 1"))?;
    let mut sorting = Vec::with_capacity(sorted_by.len());
    for column in sorted_by {
        let index = schema.index_of(column).map_err(|_| Error::unexpected("sorted by an unknown column"))?;
        // Leaf columns are counted, which are the columns only while nothing before is nested.
        let nested = schema.fields()[..=index].iter().any(|field| field.data_type().is_nested());
        if nested {
            sorting.clear();
            break;
        }
        let column_idx = i32::try_from(index).map_err(|_| Error::unexpected("too many columns"))?;
        sorting.push(SortingColumn { column_idx, descending: false, nulls_first: false });
    }
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by("rehome".to_owned())
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_sorting_columns((!sorting.is_empty()).then_some(sorting))
        .build())
}

/// Reads all rows of a Parquet file that is in memory.
///
/// # Errors
/// [`Kind::Corrupt`] when the bytes are no Parquet file.
pub fn decode(bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let corrupt = || Error::new(Kind::Corrupt, "a stored file is no Parquet file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .map_err(|_| corrupt())?
        .with_batch_size(READ_ROWS)
        .build()
        .map_err(|_| corrupt())?;
    reader.collect::<Result<_, _>>().map_err(|_| corrupt())
}
