//! Owns the outcome store: what became of each source row, as Parquet, per flow, published by its manifest last.
//! Must not know: how outcomes are computed or loaded.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use futures::TryStreamExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::columnar::{Footer, decode, decode_columns, encode, footer};
use crate::error::{At, Context, Error, Kind, Result};
use crate::failpoint::durable;
use crate::outcome::{Outcome, RowIdentity};
use crate::processor::compute;
use crate::storage::{Location, seal, sha256};
use crate::timed;
use crate::timing::beside;

const MANIFEST: &str = "outcome.json";
/// What can be done about a file that is not as it was.
const RESTORE: &str = "restore the run's folder from a copy; or remove it, and give the same `rehome run` again";
/// Files whose hashes are taken at a time.
const AT_ONCE: usize = 8;
/// The most rows of a file, and so of a chunk of the load.
pub const CHUNK_ROWS: usize = 98_304;
/// The most bytes of rows in memory of a file, for rows that are large.
const CHUNK_BYTES: usize = 32 << 20;
/// Bytes at the end of a file that are read to learn its columns.
const FOOTER: u64 = 64 << 10;
/// Rows are counted and measured in units of this size, so that files do not depend on how the rows came.
const UNIT_ROWS: usize = 1_024;

/// One Parquet file of rows with the same outcome, ordered by key. A file is a chunk of the load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutcomeFile {
    pub outcome: Outcome,
    /// Relative to the run.
    pub path: String,
    pub rows: u64,
    pub sha256: String,
}

impl OutcomeFile {
    /// The name of the chunk of the load that it is.
    #[must_use]
    pub fn chunk(&self) -> String {
        format!("{}:{}", self.outcome.name(), self.path)
    }
}

/// What a flow made of its source: the manifest of its files, and the sums over them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FlowOutcomes {
    pub flow: String,
    pub entity: String,
    pub source: String,
    pub target: String,
    /// The columns of the source that are the key.
    pub key: Vec<String>,
    /// Those by which others refer to a row, where these are not the key.
    #[serde(default)]
    pub entity_key: Option<Vec<String>>,
    /// How its rows are known in the target.
    #[serde(flatten)]
    pub row: RowIdentity,
    pub source_rows: u64,
    /// The rows that the flow made of them, where it makes several of one.
    #[serde(default)]
    pub expanded: Option<u64>,
    pub counts: BTreeMap<Outcome, u64>,
    /// For rejected, skipped and elsewhere: each declared reason and its rows, zeros too.
    pub reasons: BTreeMap<Outcome, BTreeMap<String, u64>>,
    /// Each declared warning and the rows, migrated or adopted, that have it.
    pub warnings: BTreeMap<String, u64>,
    pub files: Vec<OutcomeFile>,
    /// Time to transform, in seconds. Not part of what is reproducible.
    pub seconds: f64,
}

impl FlowOutcomes {
    /// The rows of an outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.counts.get(&outcome).copied().unwrap_or_default()
    }

    /// The files that a load brings into a target: migrated rows, and rejects for its quarantine.
    pub fn chunks(&self) -> impl Iterator<Item = &OutcomeFile> {
        let is_loaded = |file: &&OutcomeFile| matches!(file.outcome, Outcome::Migrated | Outcome::Rejected);
        self.files.iter().filter(is_loaded).filter(|file| file.rows > 0)
    }

    /// The files of an outcome, in the order of keys.
    pub fn files_of(&self, outcome: Outcome) -> impl Iterator<Item = &OutcomeFile> {
        self.files.iter().filter(move |file| file.outcome == outcome)
    }
}

/// The outcomes of one run: a folder or a prefix, `runs/<run>`.
#[derive(Debug, Clone)]
pub struct OutcomeStore {
    location: Location,
    /// The files that are known to be as they were written: by this process, or by their hash.
    known: Arc<Mutex<HashSet<String>>>,
}

impl OutcomeStore {
    /// The store of a run. Nothing is created before the first file is.
    #[must_use]
    pub fn open(workspace: &Location, run: &str) -> Self {
        Self { location: workspace.child("runs").child(run), known: Arc::default() }
    }

    /// The store of a run, by its own place.
    #[must_use]
    pub fn at(location: Location) -> Self {
        Self { location, known: Arc::default() }
    }

    /// Takes the files of a flow for what its manifest says: whoever made them, or another machine of the same run, has seen to it.
    pub fn believe(&self, flow: &FlowOutcomes) {
        flow.files.iter().for_each(|file| self.know(&file.path));
    }

    /// A place beside it for the outcomes of flows that are made on trial, for what this flow asks of the target.
    #[must_use]
    pub fn trial(&self, flow: &str) -> Self {
        Self { location: self.location.child("trial").child(flow), known: Arc::default() }
    }

    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The run's name: what its place ends with.
    #[must_use]
    pub fn name(&self) -> String {
        self.location.to_string().rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// What is published of a flow, if anything is.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when the manifest does not read.
    pub async fn flow(&self, name: &str) -> Result<Option<FlowOutcomes>> {
        self.get_json(&format!("{name}/{MANIFEST}")).await
    }

    /// Publishes a flow: from here on its outcomes are there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn publish(&self, outcomes: &FlowOutcomes) -> Result<()> {
        durable("outcomes", self.put_json(&format!("{}/{MANIFEST}", outcomes.flow), outcomes)).await
    }

    /// Takes over what another run has made of a flow, as it is there: nothing is copied on a local disk.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when a file of it is missing or changed; what the store says.
    pub async fn take_over(&self, from: &Self, flow: &FlowOutcomes) -> Result<()> {
        from.check(flow).await?;
        for file in &flow.files {
            if durable("outcomes_file", self.location.take_over(&from.location, &file.path)).await? {
                self.know(&file.path);
            }
        }
        self.publish(&FlowOutcomes { seconds: 0.0, ..flow.clone() }).await
    }

    /// Stores a JSON document beside the outcomes, an object with its seal; one that is there stays.
    ///
    /// # Errors
    /// What the store says.
    pub async fn put_json<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let text = serde_json::to_vec_pretty(value).map_err(|_| Error::unexpected("a document cannot be written"))?;
        self.location.put(name, seal::seal(text).into()).await
    }

    /// Reads a JSON document.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when it does not read, or its seal is broken.
    pub async fn get_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let Some(bytes) = self.location.get(name).await? else { return Ok(None) };
        if seal::holds(&bytes) == Some(false) {
            return Err(Error::new(Kind::Corrupt, "a stored document has changed").at(At::File, name).hint(RESTORE));
        }
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|_| Error::new(Kind::Corrupt, "a stored document does not read").at(At::File, name))
    }

    /// Reads the rows of a file, after its hash has been checked.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when the file is missing or changed.
    pub async fn read(&self, file: &OutcomeFile) -> Result<Vec<RecordBatch>> {
        let bytes = self.bytes(file).await?;
        let path = file.path.clone();
        compute(move || decode(bytes).at(At::File, &path)).await?
    }

    /// The same, of some columns only.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_columns(&self, file: &OutcomeFile, columns: &[&str]) -> Result<Vec<RecordBatch>> {
        let bytes = self.bytes(file).await?;
        let (path, columns) = (file.path.clone(), columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        compute(move || decode_columns(bytes, &columns).at(At::File, &path)).await?
    }

    /// Sees that the files of a flow are as they were written, those that are not known to be: an engine that reads them knows
    /// no hashes.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when one is missing or changed.
    pub async fn check(&self, flow: &FlowOutcomes) -> Result<()> {
        let known = |file: &&OutcomeFile| self.known.lock().is_ok_and(|known| known.contains(&file.path));
        let unknown: Vec<OutcomeFile> = flow.files.iter().filter(|file| !known(file)).cloned().collect();
        let one = |file: OutcomeFile| {
            let store = self.clone();
            async move { store.bytes(&file).await.map(drop) }
        };
        futures::stream::iter(unknown.into_iter().map(Ok)).try_for_each_concurrent(AT_ONCE, one).await
    }

    /// A whole file, as its hash says.
    async fn bytes(&self, file: &OutcomeFile) -> Result<Bytes> {
        let gone = || Error::new(Kind::Corrupt, "a file of outcomes is missing").at(At::File, &file.path).hint(RESTORE);
        let bytes = self.location.get(&file.path).await?.ok_or_else(gone)?;
        let hashed = bytes.clone();
        if compute(move || sha256(&hashed)).await? != file.sha256 {
            return Err(Error::new(Kind::Corrupt, "a file of outcomes has changed")
                .at(At::File, &file.path)
                .hint(RESTORE));
        }
        self.know(&file.path);
        Ok(bytes)
    }

    fn know(&self, path: &str) {
        if let Ok(mut known) = self.known.lock() {
            known.insert(path.to_owned());
        }
    }

    /// The columns of a file, by its last bytes alone; its hash is not checked.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when the file is missing or has no readable end.
    pub async fn schema(&self, file: &OutcomeFile) -> Result<SchemaRef> {
        let gone = || Error::new(Kind::Corrupt, "a file of outcomes is missing").at(At::File, &file.path);
        let size = self.location.size(&file.path).await?.ok_or_else(gone)?;
        let mut length = FOOTER.min(size);
        loop {
            let end = self.location.get_part(&file.path, size - length..size).await?;
            match footer(&end, size).at(At::File, &file.path)? {
                Footer::Read(metadata) => return Ok(metadata.schema().clone()),
                Footer::Longer(needed) if needed > length && needed <= size => length = needed,
                Footer::Longer(_) => return Err(gone()),
            }
        }
    }

    /// A writer of the rows of one outcome of a flow.
    #[must_use]
    pub fn writer(&self, flow: &str, outcome: Outcome, schema: SchemaRef) -> Writer {
        Writer {
            store: self.clone(),
            flow: flow.to_owned(),
            outcome,
            schema,
            waiting: Vec::new(),
            rows: 0,
            bytes: 0,
            next: 0,
            encoding: JoinSet::new(),
            files: Vec::new(),
        }
    }
}

/// Writes rows, in the order they come, to files of bounded size. Encoding runs beside the caller.
pub struct Writer {
    store: OutcomeStore,
    flow: String,
    outcome: Outcome,
    schema: SchemaRef,
    waiting: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    next: usize,
    encoding: JoinSet<Result<(usize, OutcomeFile)>>,
    files: Vec<(usize, OutcomeFile)>,
}

impl Writer {
    /// Appends rows.
    ///
    /// # Errors
    /// What writing an earlier file met.
    pub async fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut from = 0;
        while from < batch.num_rows() {
            let room = UNIT_ROWS - self.rows % UNIT_ROWS;
            let take = room.min(batch.num_rows() - from);
            let part = batch.slice(from, take);
            self.bytes += part
                .columns()
                .iter()
                .map(|column| column.to_data().get_slice_memory_size().unwrap_or(0))
                .sum::<usize>();
            self.rows += take;
            from += take;
            self.waiting.push(part);
            let whole_unit = self.rows.is_multiple_of(UNIT_ROWS);
            if self.rows >= CHUNK_ROWS || (whole_unit && self.bytes >= CHUNK_BYTES) {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        // Two files in the making bound the memory; a third waits.
        while self.encoding.len() >= 2 {
            let span = timed!("transform.wait_for_files", self.flow);
            self.collect().instrument(span).await?;
        }
        let batches = std::mem::take(&mut self.waiting);
        let (store, schema, outcome, rows, index) =
            (self.store.clone(), self.schema.clone(), self.outcome, self.rows as u64, self.next);
        let folder = format!("{}/{outcome}", self.flow);
        let (name, here) = (self.flow.clone(), Span::current());
        self.encoding.spawn(async move {
            let span = beside(timed!("transform.encode", name, rows = rows), &here);
            let encoding = compute(move || {
                let _entered = span.enter();
                let bytes = encode(&schema, &batches)?;
                let hash = sha256(&bytes);
                span.record("bytes", bytes.len() as u64);
                Ok::<_, Error>((bytes, hash))
            });
            let (bytes, sha256) = encoding.await??;
            let path = format!("{folder}/{index:05}-{}.parquet", &sha256[..16]);
            let span = beside(timed!("transform.store", name, rows = rows, bytes = bytes.len()), &here);
            let put = store.location.put(&path, bytes).instrument(span);
            durable("outcomes_file", put).await?;
            store.know(&path);
            Ok((index, OutcomeFile { outcome, path, rows, sha256 }))
        });
        self.next += 1;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    async fn collect(&mut self) -> Result<()> {
        if let Some(done) = self.encoding.join_next().await {
            self.files.push(done.map_err(|_| Error::unexpected("writing outcomes was abandoned"))??);
        }
        Ok(())
    }

    /// Writes what is left and gives the files, in order.
    ///
    /// # Errors
    /// What writing met.
    pub async fn finish(mut self) -> Result<Vec<OutcomeFile>> {
        self.flush().await?;
        while !self.encoding.is_empty() {
            self.collect().await?;
        }
        self.files.sort_by_key(|(index, _)| *index);
        Ok(self.files.into_iter().map(|(_, file)| file).collect())
    }
}

/// The UUIDs that tell the migrated rows of a batch apart, one for each.
///
/// # Errors
/// [`Kind::Unexpected`] for a batch without them.
pub fn row_ids(batch: &RecordBatch, row: &RowIdentity) -> Result<Vec<Uuid>> {
    let lacks = || Error::unexpected("migrated rows without an id");
    let ids = batch.column_by_name(row.row_column()).and_then(|ids| ids.as_fixed_size_binary_opt());
    let one = |id: Option<&[u8]>| id.and_then(|id| Uuid::from_slice(id).ok()).ok_or_else(lacks);
    ids.ok_or_else(lacks)?.iter().map(one).collect()
}

/// The rows of a batch whose UUIDs are wanted, in their order.
///
/// # Errors
/// As [`row_ids`].
pub fn chosen(batch: &RecordBatch, row: &RowIdentity, wanted: impl Fn(Uuid) -> bool) -> Result<RecordBatch> {
    let mask: BooleanArray = row_ids(batch, row)?.into_iter().map(|id| Some(wanted(id))).collect();
    filter_record_batch(batch, &mask).map_err(|_| Error::unexpected("rows of an outcome cannot be chosen"))
}

/// The same of several batches; those of which no row is wanted are left out.
///
/// # Errors
/// As [`row_ids`].
pub fn chosen_of(
    batches: &[RecordBatch],
    row: &RowIdentity,
    wanted: impl Fn(Uuid) -> bool,
) -> Result<Vec<RecordBatch>> {
    let mut all = batches.iter().map(|batch| chosen(batch, row, &wanted)).collect::<Result<Vec<_>>>()?;
    all.retain(|batch| batch.num_rows() > 0);
    Ok(all)
}

/// The shape of a flow's output: what the target must take.
#[derive(Debug, Clone)]
pub struct FlowShape {
    pub flow: String,
    /// The flow's file, as messages show it.
    pub file: String,
    pub target: String,
    pub entity: String,
    /// How its rows are known in the target.
    pub row: RowIdentity,
    /// Can it migrate a row at all? One that gives all its rows to other flows need not fit the target.
    pub migrates: bool,
    /// The target's columns, its id first; columns that begin with `_` are the engine's own.
    pub schema: SchemaRef,
    /// Where a plan shows them: the literal texts that a column can take.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Do its rules depend on the order of texts?
    pub orders_texts: bool,
}

impl FlowShape {
    /// The columns that go to the target.
    pub fn columns(&self) -> impl Iterator<Item = &Arc<arrow::datatypes::Field>> {
        self.schema.fields().iter().filter(|field| !field.name().starts_with('_'))
    }
}
