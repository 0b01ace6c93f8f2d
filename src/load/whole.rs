//! Owns how refused rows lie in the quarantine whole: which still lack their source rows or chunks, and how they get them.
//! Must not know: where source rows come from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use uuid::Uuid;

use super::copy::Rows;
use super::isolate;
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::ledger::{self, Refusal};
use crate::outcome::{KEY, Outcome, SOURCE_ROW};
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table};

const WITHOUT_SOURCE: &str = include_str!("../../sql/control/ledger/without_source.sql");
const NAME_CHUNK: &str = include_str!("../../sql/control/ledger/name_chunk.sql");
const STAGE_SOURCES: &str = include_str!("../../sql/control/load/stage_sources.sql");
const FILL_SOURCES: &str = include_str!("../../sql/control/load/fill_sources.sql");
const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");

/// The refused rows of a run that are not whole yet.
pub struct Whole<'a> {
    connection: Connection,
    quarantine: Table,
    run: Uuid,
    /// By flow: the UUIDs that tell the rows apart, and their chunks where these are known.
    lacking: BTreeMap<String, HashMap<Uuid, Option<String>>>,
    cancel: &'a Cancel,
}

impl<'a> Whole<'a> {
    /// Asks the quarantine of a target what it lacks.
    ///
    /// # Errors
    /// What the server says.
    pub async fn open(target: &Address, run: Uuid, cancel: &'a Cancel) -> Result<Self> {
        let connection = target.connect("rehome quarantine").await?;
        let mut lacking: BTreeMap<String, HashMap<Uuid, Option<String>>> = BTreeMap::new();
        for row in connection.query(WITHOUT_SOURCE, &[&run]).await? {
            lacking.entry(row.try_get("flow")?).or_default().insert(row.try_get("entity_uuid")?, row.try_get("chunk")?);
        }
        let quarantine = Catalog::read(&connection, "rehome").await?.require("quarantine")?.clone();
        Ok(Self { connection, quarantine, run, lacking, cancel })
    }

    /// The keys of a flow's rows that lack their source rows, as they are stored; where chunks are not known, they are noted.
    ///
    /// # Errors
    /// What reading the outcomes meets; what the server says.
    pub async fn keys(&self, flow: &FlowOutcomes, store: &OutcomeStore) -> Result<Vec<RecordBatch>> {
        let Some(rows) = self.lacking.get(&flow.flow) else { return Ok(Vec::new()) };
        let known: BTreeSet<&String> = rows.values().flatten().collect();
        let files: BTreeSet<String> = flow.files_of(Outcome::Migrated).map(OutcomeFile::chunk).collect();
        // A chunk may be a piece of a difference, or rows that were tried again: then any file may hold its rows.
        let all = rows.values().any(|chunk| chunk.as_ref().is_none_or(|chunk| !files.contains(chunk)));
        let mut found = Vec::new();
        for file in flow.files_of(Outcome::Migrated) {
            self.cancel.check()?;
            let chunk = file.chunk();
            if !all && !known.contains(&chunk) {
                continue;
            }
            let mut unnamed = Vec::new();
            for batch in store.read(file).await? {
                found.extend(keys_of(&batch, flow, rows, &mut unnamed)?);
            }
            if !unnamed.is_empty() {
                self.connection.execute(NAME_CHUNK, &[&self.run, &flow.flow, &chunk, &unnamed]).await?;
            }
        }
        Ok(found)
    }

    /// All rows that the target refused, as they are noted by now.
    ///
    /// # Errors
    /// What the server says.
    pub async fn refused(&self) -> Result<Vec<Refusal>> {
        ledger::refused(&self.connection, self.run, None).await
    }

    /// Begins to take source rows.
    ///
    /// # Errors
    /// What the server says.
    pub async fn begin(&self) -> Result<()> {
        self.connection.batch_execute(BEGIN).await?;
        Ok(self.connection.batch_execute(STAGE_SOURCES).await?)
    }

    /// Takes some: columns `_key` and `_source_row`. What jsonb cannot hold is left out.
    ///
    /// # Errors
    /// What the server says.
    pub async fn take(&self, rows: &RecordBatch) -> Result<()> {
        let defect = || Error::unexpected("source rows are not as planned");
        let column = |name: &str| rows.column_by_name(name).ok_or_else(defect);
        let keys = KeyColumn::new(column(KEY)?.clone())?;
        let keys = (0..keys.len()).map(|row| keys.text(row)).collect::<Result<Vec<_>>>()?;
        let keys: ArrayRef = Arc::new(StringArray::from(keys));
        let sources = cast(column(SOURCE_ROW)?, &DataType::Utf8).map_err(|_| defect())?;
        let fields = [("legacy_key", &keys), ("source_row", &sources)]
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let batch = RecordBatch::try_new(schema, vec![keys, sources]).map_err(|_| defect())?;
        let staged = Rows::new(vec![batch], &self.quarantine)?.for_table("pg_temp.rehome_staged_sources");
        isolate::copy(&self.connection, &staged, &BTreeSet::new(), self.cancel).await?;
        Ok(())
    }

    /// Puts what was taken beside the refused rows of a flow.
    ///
    /// # Errors
    /// What the server says.
    pub async fn end(&self, flow: &str) -> Result<()> {
        self.connection.execute(FILL_SOURCES, &[&self.run, &flow]).await?;
        self.connection.commit("source_rows").await
    }
}

/// The keys of these rows in a batch. Those without a chunk are added to `unnamed`.
fn keys_of(
    batch: &RecordBatch,
    flow: &FlowOutcomes,
    rows: &HashMap<Uuid, Option<String>>,
    unnamed: &mut Vec<Uuid>,
) -> Result<Option<RecordBatch>> {
    let defect = || Error::unexpected("outcome rows without a key");
    let ids = batch.column_by_name(flow.row.row_column()).and_then(|ids| ids.as_fixed_size_binary_opt());
    let ids = ids.ok_or_else(defect)?;
    let mut mask = vec![false; batch.num_rows()];
    for (row, wanted) in mask.iter_mut().enumerate() {
        let id = Uuid::from_slice(ids.value(row)).map_err(|_| defect())?;
        if let Some(chunk) = rows.get(&id) {
            *wanted = true;
            if chunk.is_none() {
                unnamed.push(id);
            }
        }
    }
    if !mask.contains(&true) {
        return Ok(None);
    }
    let place = batch.schema().index_of(KEY).map_err(|_| defect())?;
    let keys = batch.project(&[place]).map_err(|_| defect())?;
    filter_record_batch(&keys, &BooleanArray::from(mask)).map(Some).map_err(|_| defect())
}
