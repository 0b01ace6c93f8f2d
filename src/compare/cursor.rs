//! Owns the reading of one side of a comparison: the rows of all outcomes of a flow, merged in the order of their keys.
//! Must not know: the other side.

use std::collections::{HashSet, VecDeque};

use arrow::array::{Array, AsArray, FixedSizeBinaryArray, RecordBatch, UInt32Array};
use arrow::compute::{SortOptions, cast, take_record_batch};
use arrow::datatypes::{DataType, Field};
use arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::ident;
use futures::StreamExt;
use tokio::task::JoinHandle;

use super::Use;
use crate::diagnosis::running;
use crate::engine::{Engine, Stored};
use crate::error::{Error, Result};
use crate::key::parts;
use crate::outcome::{KEY, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore};

/// Files that need not be read: their outcomes and hashes.
pub(super) type Skip = HashSet<(Outcome, String)>;

/// The column that holds what a key prints, where rows are sorted anew.
const PRINTED: &str = "_printed_key";

/// The rows of one outcome, batch by batch; the next file is read while this one is compared.
pub(super) struct Cursor {
    pub outcome: Outcome,
    store: OutcomeStore,
    files: VecDeque<OutcomeFile>,
    reading: Option<JoinHandle<Result<Vec<RecordBatch>>>>,
    /// The rows in another order than that of the files.
    sorted: Option<SendableRecordBatchStream>,
    batches: VecDeque<RecordBatch>,
    /// The batch at hand; None at the end.
    pub batch: Option<RecordBatch>,
    keys: Option<Rows>,
    ids: Option<FixedSizeBinaryArray>,
    pub at: usize,
    picked: Vec<(Use, u32)>,
}

impl Cursor {
    fn key(&self) -> Option<Row<'_>> {
        self.keys.as_ref().map(|keys| keys.row(self.at))
    }

    /// The UUID that tells this row apart, where it has one.
    pub fn id(&self) -> Option<u128> {
        let ids = self.ids.as_ref().filter(|ids| ids.is_valid(self.at))?;
        ids.value(self.at).try_into().ok().map(u128::from_be_bytes)
    }

    /// Takes note of the row at hand.
    pub fn pick(&mut self, what: Use) {
        self.picked.push((what, u32::try_from(self.at).unwrap_or(u32::MAX)));
    }

    /// The rows noted of the batch at hand, by what they are for.
    pub fn picked(&mut self) -> Result<Vec<(Use, RecordBatch)>> {
        let (Some(batch), false) = (&self.batch, self.picked.is_empty()) else { return Ok(Vec::new()) };
        let picked = std::mem::take(&mut self.picked);
        let mut uses: Vec<Use> = picked.iter().map(|(what, _)| *what).collect();
        uses.sort_unstable();
        uses.dedup();
        let of = |what: Use| {
            let rows = picked.iter().filter(|(own, _)| *own == what).map(|(_, row)| *row);
            let taken = take_record_batch(batch, &UInt32Array::from_iter_values(rows));
            taken.map(|rows| (what, rows)).map_err(|_| Error::unexpected("rows of outcomes cannot be taken"))
        };
        uses.into_iter().map(of).collect()
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.batches.pop_front() {
                if batch.num_rows() > 0 {
                    return Ok(Some(batch));
                }
                continue;
            }
            if let Some(sorted) = &mut self.sorted {
                let Some(batch) = sorted.next().await else { return Ok(None) };
                self.batches.push_back(batch.map_err(|error| running(&error, KEY))?);
                continue;
            }
            let Some(reading) = self.reading.take().or_else(|| self.read_ahead()) else { return Ok(None) };
            let read = reading.await.map_err(|_| Error::unexpected("reading outcomes was abandoned"))??;
            self.batches.extend(read);
            self.reading = self.read_ahead();
        }
    }

    fn read_ahead(&mut self) -> Option<JoinHandle<Result<Vec<RecordBatch>>>> {
        let (file, store) = (self.files.pop_front()?, self.store.clone());
        Some(tokio::spawn(async move { store.read(&file).await }))
    }
}

/// One side: at most one row of it has a key.
pub(super) struct Reader {
    cursors: Vec<Cursor>,
    row_column: String,
    /// The column by which rows are merged.
    key: &'static str,
    /// Migrated rows that are taken for rejected: the target has refused them, or they are not ours.
    absent: HashSet<u128>,
}

impl Reader {
    /// `skip`: files that need not be read.
    pub fn new(store: &OutcomeStore, flow: &FlowOutcomes, absent: HashSet<u128>, skip: &Skip) -> Self {
        let cursor = |outcome: Outcome| Cursor {
            outcome,
            store: store.clone(),
            files: to_read(flow, outcome, skip),
            reading: None,
            sorted: None,
            batches: VecDeque::new(),
            batch: None,
            keys: None,
            ids: None,
            at: 0,
            picked: Vec::new(),
        };
        let cursors = Outcome::ALL.into_iter().map(cursor).collect();
        Self { cursors, row_column: flow.row.row_column().to_owned(), key: KEY, absent }
    }

    /// The same in the order of what the keys print, whatever their types are. Files are checked before.
    pub async fn sorted(
        engine: &Engine,
        store: &OutcomeStore,
        flow: &FlowOutcomes,
        absent: HashSet<u128>,
        skip: &Skip,
    ) -> Result<Self> {
        let mut reader = Self::new(store, flow, absent, skip);
        for cursor in &mut reader.cursors {
            let files: Vec<OutcomeFile> = std::mem::take(&mut cursor.files).into();
            let mut schema = None;
            for file in &files {
                let read = store.read(file).await?;
                schema = schema.or(read.first().map(RecordBatch::schema));
            }
            let Some(schema) = schema else { continue };
            let paths = files.into_iter().map(|file| file.path).collect();
            let stored = Stored { location: store.location(), files: paths, schema, sorted_by: Vec::new() };
            let told = |error| running(&error, &flow.flow);
            let rows = engine.context().read_table(stored.provider(engine)?).map_err(told)?;
            let rows = rows.with_column(PRINTED, engine.printed_key().call(vec![ident(KEY)])).map_err(told)?;
            let rows = rows.sort(vec![ident(PRINTED).sort(true, false)]).map_err(told)?;
            cursor.sorted = Some(rows.execute_stream().await.map_err(told)?);
        }
        reader.key = PRINTED;
        Ok(reader)
    }

    /// The parts of its keys; None where it has no row at all.
    pub async fn key(&mut self) -> Result<Option<Vec<Field>>> {
        for cursor in &mut self.cursors {
            if let Some(batch) = cursor.next_batch().await? {
                let schema = batch.schema();
                cursor.batches.push_front(batch);
                let Ok(key) = schema.field_with_name(KEY) else { continue };
                return Ok(Some(match key.data_type() {
                    DataType::Struct(parts) => parts.iter().map(|part| part.as_ref().clone()).collect(),
                    _ => vec![key.clone()],
                }));
            }
        }
        Ok(None)
    }

    /// The batches at hand of rows with values for the target, and their cursors.
    pub fn with_values(&self) -> impl Iterator<Item = (usize, &RecordBatch)> {
        let cursors = self.cursors.iter().enumerate();
        let valued = cursors.filter(|(_, cursor)| matches!(cursor.outcome, Outcome::Migrated | Outcome::Adopted));
        valued.filter_map(|(at, cursor)| Some((at, cursor.batch.as_ref()?)))
    }

    /// Sees that each outcome has a batch at hand, or is at its end.
    pub async fn fill(&mut self, converter: &RowConverter, types: &[DataType]) -> Result<()> {
        let unfit = || Error::unexpected("keys of outcomes cannot be compared");
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.batch.is_none()) {
            let Some(batch) = cursor.next_batch().await? else { continue };
            let keys = batch.column_by_name(self.key).map(parts).ok_or_else(unfit)?;
            let keys = keys.iter().zip(types).map(|(key, kind)| cast(key, kind)).collect::<Result<Vec<_>, _>>();
            cursor.keys = Some(converter.convert_columns(&keys.map_err(|_| unfit())?).map_err(|_| unfit())?);
            let ids = batch.column_by_name(&self.row_column);
            cursor.ids = ids.and_then(|ids| ids.as_fixed_size_binary_opt()).cloned();
            cursor.at = 0;
            cursor.batch = Some(batch);
        }
        Ok(())
    }

    /// Which outcome has the least key; None at the end of all.
    pub fn least(&self) -> Option<usize> {
        let with_key = |(index, cursor): (usize, &Cursor)| Some((index, cursor.key()?)).map(|(index, _)| index);
        let open = self.cursors.iter().enumerate().filter_map(with_key);
        open.min_by(|left, right| self.cursors[*left].key().cmp(&self.cursors[*right].key()))
    }

    pub fn key_at(&self, index: usize) -> Option<Row<'_>> {
        self.cursors[index].key()
    }

    pub fn at(&self, index: usize) -> &Cursor {
        &self.cursors[index]
    }

    pub fn cursor(&mut self, index: usize) -> &mut Cursor {
        &mut self.cursors[index]
    }

    /// What became of the row at hand, as far as the target is concerned.
    pub fn outcome(&self, index: usize) -> Outcome {
        let cursor = &self.cursors[index];
        let migrated = cursor.outcome == Outcome::Migrated && !self.absent.is_empty();
        if migrated && cursor.id().is_some_and(|id| self.absent.contains(&id)) {
            return Outcome::Rejected;
        }
        cursor.outcome
    }

    /// Goes on to the next row; true when the batch is at its end, and its notes must be taken.
    pub fn advance(&mut self, index: usize) -> bool {
        let cursor = &mut self.cursors[index];
        cursor.at += 1;
        cursor.batch.as_ref().is_none_or(|batch| cursor.at >= batch.num_rows())
    }

    /// Leaves the batch of an outcome, whose notes have been taken.
    pub fn leave(&mut self, index: usize) {
        let cursor = &mut self.cursors[index];
        (cursor.batch, cursor.keys, cursor.ids) = (None, None, None);
    }

    /// The notes of all outcomes.
    pub fn picked(&mut self) -> Result<Vec<(Use, RecordBatch)>> {
        let mut all = Vec::new();
        for cursor in &mut self.cursors {
            all.extend(cursor.picked()?);
        }
        Ok(all)
    }
}

fn to_read(flow: &FlowOutcomes, outcome: Outcome, skip: &Skip) -> VecDeque<OutcomeFile> {
    let needed = |file: &&OutcomeFile| file.rows > 0 && !skip.contains(&(outcome, file.sha256.clone()));
    flow.files_of(outcome).filter(needed).cloned().collect()
}

/// What compares keys of these types as outcomes are ordered.
pub(super) fn converter(types: &[DataType]) -> Result<RowConverter> {
    let order = SortOptions { descending: false, nulls_first: false };
    let fields = types.iter().map(|kind| SortField::new_with_options(kind.clone(), order)).collect();
    RowConverter::new(fields).map_err(|_| Error::unexpected("keys of outcomes cannot be compared"))
}
