//! Owns how the rows of a part become batches, and batches files of bounded size.
//! Must not know: how rows are read.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{ArrayRef, BooleanArray, ListBuilder, RecordBatch, StringBuilder, StructArray};
use arrow::compute::{SortColumn, filter, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::column::{Column, Misfit, Texts, column};
use super::source::{Cells, Stop};
use super::stall::Writing;
use super::worker::{Shared, Task};
use crate::cancel::interrupted;
use crate::error::{At, Error, Result};
use crate::key::KeyColumn;
use crate::snapshot::{Encoded, File, Part, REFUSED, REFUSED_KEYS, TableHeader};
use crate::timed;

/// So many rows are told of at once, where it is watched whether anything comes: many readers share one number.
const TOLD: usize = 64;
/// A batch has at most so many rows, and ends with the row that reaches so many bytes.
const BATCH_ROWS: usize = 4096;
const BATCH_BYTES: usize = 4 << 20;
/// A file ends with the batch that reaches so many bytes (before they are compressed).
const FILE_BYTES: usize = 32 << 20;

/// What became of a part.
#[derive(Debug, Default, Clone)]
pub(super) struct Written {
    /// In the order of their rows; none for a part without rows.
    pub files: Vec<File>,
    /// The rows that could not be read exactly.
    pub refused: Vec<File>,
    /// The keys of the first of those.
    pub refused_keys: Vec<String>,
}

/// A part in the making.
pub(super) struct Pieces<'a> {
    shared: &'a Shared,
    task: &'a Task,
    part: usize,
    name: String,
    columns: Vec<Box<dyn Column>>,
    rows: usize,
    bytes: usize,
    /// Rows that the pace was not told of yet.
    uncounted: usize,
    /// Of the batch at hand: rows that are refused, and because of which columns.
    refused: Vec<(usize, Vec<usize>)>,
    refusals: Option<Part>,
    open: Option<Part>,
    open_bytes: usize,
    written: Written,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(shared: &'a Shared, task: &'a Task, part: usize, texts: Texts) -> Self {
        let identity = task.table.identity();
        let columns =
            task.table.columns.iter().map(|place| column(&place.carry, texts, identity.contains(&place.name)));
        Self {
            shared,
            task,
            part,
            name: task.table.listed.qualified(),
            columns: columns.collect(),
            rows: 0,
            bytes: 0,
            uncounted: 0,
            refused: Vec::new(),
            refusals: None,
            open: None,
            open_bytes: 0,
            written: Written::default(),
        }
    }

    /// Takes a row; says whether the batch is full.
    pub(super) fn take(&mut self, cells: &mut Cells<'_>) -> Result<bool, Stop> {
        for (place, column) in self.columns.iter_mut().enumerate() {
            match column.take(cells) {
                Ok(bytes) => self.bytes += bytes,
                Err(Misfit::Widen) => self.task.widen(place),
                Err(Misfit::Refuse) => match self.refused.last_mut() {
                    Some((row, places)) if *row == self.rows => places.push(place),
                    _ => self.refused.push((self.rows, vec![place])),
                },
                Err(Misfit::Stop(stop)) => return Err(stop),
            }
        }
        self.rows += 1;
        if self.rows % TOLD == 1 {
            self.shared.moved.fetch_add(1, Ordering::Relaxed);
        }
        self.uncounted += 1;
        if self.uncounted >= self.shared.pace.step() {
            self.wait()?;
        }
        // However fast they come: the same rows make the same batches, and so the same files.
        Ok(self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES)
    }

    /// Waits until the rows that were taken were due; ends when nothing more is wanted.
    fn wait(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.uncounted) as u64;
        self.shared.sink.advance(&self.name, rows);
        self.shared.moved.fetch_add(1, Ordering::Relaxed);
        self.shared.pace.count(rows, &self.shared.stop);
        if self.shared.stop.load(Ordering::Acquire) { Err(interrupted()) } else { Ok(()) }
    }

    /// Ends the batch, and the file when it is full.
    pub(super) fn flush(&mut self) -> Result<()> {
        let _writing = Writing::begin(self.shared);
        let rows = std::mem::take(&mut self.rows);
        let bytes = std::mem::take(&mut self.bytes);
        if rows == 0 {
            return Ok(());
        }
        let mut arrays = self.columns.iter_mut().map(|column| column.finish()).collect::<Result<Vec<_>>>()?;
        let refused = std::mem::take(&mut self.refused);
        self.wait()?;
        if self.task.is_void() {
            return Ok(());
        }
        self.mask(&mut arrays)?;
        let arrays = if refused.is_empty() { arrays } else { self.refuse(&arrays, &refused, rows)? };
        let batch = RecordBatch::try_new(self.task.schema.clone(), arrays).map_err(|_| unfit())?;
        let batch = self.mixed(batch)?;
        let _span = timed!(each "extract.parquet", self.name).entered();
        let mut part = match self.open.take() {
            Some(part) => part,
            None => self.begin()?,
        };
        part.write(&batch)?;
        self.open_bytes += bytes;
        let full = self.open_bytes >= FILE_BYTES || part.rows() >= self.task.plan.file_rows as u64;
        self.open = Some(part);
        if full { self.publish() } else { Ok(()) }
    }

    /// Masks what is to be masked, before anything of it is kept.
    fn mask(&self, arrays: &mut [ArrayRef]) -> Result<()> {
        for (array, place) in arrays.iter_mut().zip(&self.task.table.columns) {
            if let Some(mask) = &place.mask {
                *array = mask.apply(array).map_err(|error| error.at(At::Column, &place.name))?;
            }
        }
        Ok(())
    }

    /// Where a key is masked, rows that come together are put in the order of what it is masked to: the place of a row in the order
    /// of its own key would tell it.
    fn mixed(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let masked: Vec<SortColumn> = self
            .task
            .table
            .columns
            .iter()
            .zip(batch.columns())
            .filter(|(place, _)| place.mask.is_some() && self.task.table.key.contains(&place.name))
            .map(|(_, array)| SortColumn { values: array.clone(), options: None })
            .collect();
        if masked.is_empty() || !self.task.header.sorted_by.is_empty() {
            return Ok(batch);
        }
        let places = lexsort_to_indices(&masked, None).map_err(|_| unfit())?;
        take_record_batch(&batch, &places).map_err(|_| unfit())
    }

    fn begin(&self) -> Result<Part> {
        let piece = self.written.files.len();
        let label = if piece == 0 { format!("{:05}", self.part) } else { format!("{:05}.{piece:05}", self.part) };
        self.shared.writer.part(&self.task.header, &label, &self.task.schema)
    }

    fn publish(&mut self) -> Result<()> {
        self.open_bytes = 0;
        match self.open.take() {
            Some(part) if part.rows() > 0 => {
                self.written.files.push(self.shared.runtime.block_on(part.finish()?.publish())?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Sets refused rows aside, with the columns that could be read; gives the others.
    fn refuse(&mut self, arrays: &[ArrayRef], refused: &[(usize, Vec<usize>)], rows: usize) -> Result<Vec<ArrayRef>> {
        let mut chosen = vec![false; rows];
        let mut why = ListBuilder::new(StringBuilder::new());
        for (row, places) in refused {
            chosen[*row] = true;
            why.append_value(places.iter().map(|place| Some(self.task.table.columns[*place].name.as_str())));
        }
        let split = |chosen: BooleanArray| -> Result<Vec<ArrayRef>> {
            arrays.iter().map(|array| filter(array, &chosen).map_err(|_| unfit())).collect()
        };
        let kept = split(BooleanArray::from(chosen.iter().map(|chosen| !chosen).collect::<Vec<_>>()))?;
        let mut refused = split(BooleanArray::from(chosen))?;
        refused.push(Arc::new(why.finish()));
        let batch = RecordBatch::try_new(refusal_schema(&self.task.schema), refused).map_err(|_| unfit())?;
        self.note_keys(&batch)?;
        let part = match &mut self.refusals {
            Some(part) => part,
            none => {
                let unsorted = TableHeader { sorted_by: Vec::new(), ..self.task.header.clone() };
                none.insert(self.shared.writer.part(
                    &unsorted,
                    &format!("refused/{:05}", self.part),
                    &batch.schema(),
                )?)
            }
        };
        part.write(&batch)?;
        Ok(kept)
    }

    fn note_keys(&mut self, batch: &RecordBatch) -> Result<()> {
        let key = self.task.table.identity();
        let columns: Vec<ArrayRef> = key.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect();
        let whole: ArrayRef = match &columns[..] {
            [] => return Ok(()),
            [only] => only.clone(),
            _ => {
                let fields: Fields = key
                    .iter()
                    .zip(&columns)
                    .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
                    .collect();
                Arc::new(StructArray::try_new(fields, columns, None).map_err(|_| unfit())?)
            }
        };
        let Ok(keys) = KeyColumn::new(whole) else { return Ok(()) };
        for row in 0..batch.num_rows() {
            if self.written.refused_keys.len() == REFUSED_KEYS {
                break;
            }
            self.written.refused_keys.push(if keys.is_null(row) { String::new() } else { keys.text(row)? });
        }
        Ok(())
    }

    /// Ends the part. Its last file is still to be written.
    pub(super) fn end(mut self) -> Result<(Written, Option<Encoded>)> {
        let _writing = Writing::begin(self.shared);
        self.flush()?;
        let last = self.open.take().filter(|part| part.rows() > 0).map(Part::finish).transpose()?;
        if let Some(part) = self.refusals.take() {
            self.written.refused.push(self.shared.runtime.block_on(part.finish()?.publish())?);
        }
        Ok((self.written, last))
    }
}

/// The columns of rows that could not be read exactly: the table's, each of which may be missing, and which did miss.
fn refusal_schema(schema: &SchemaRef) -> SchemaRef {
    let mut fields: Vec<Field> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    fields.push(Field::new_list(REFUSED, Field::new_list_field(DataType::Utf8, true), false));
    Arc::new(Schema::new(fields))
}

fn unfit() -> Error {
    Error::unexpected("the rows read do not fit the table's columns").at(At::File, "a part of the snapshot")
}
