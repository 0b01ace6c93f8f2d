//! Owns how rows that the target refused come into the quarantine whole: the ledger says which, the engine has their source
//! rows.
//! Must not know: why they were refused, or how either is stored.

use std::collections::{HashMap, HashSet};

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::StreamExt;
use uuid::Uuid;

use super::load::Loaded;
use super::record::remember_refused;
use crate::cancel::Cancel;
use crate::diagnosis::{Text, running};
use crate::engine::Engine;
use crate::error::{At, Context, Error, Result};
use crate::key::KeyColumn;
use crate::load::Whole;
use crate::outcome::{KEY, Outcome, SOURCE_ROW};
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore, chosen_of};
use crate::server::Address;
use crate::views;

/// Fetches the source rows of all that was refused, where the quarantine lacks them; and remembers beside the outcomes what was.
///
/// # Errors
/// What reading the snapshot and the outcomes meets; what the server says.
pub async fn refused_rows(
    target: &Address,
    run: Uuid,
    loaded: &Loaded,
    shapes: &[FlowShape],
    (engine, store): (&Engine, &OutcomeStore),
    cancel: &Cancel,
) -> Result<()> {
    if loaded.target.refused.is_empty() {
        return remember_refused(store, Vec::new()).await;
    }
    let whole = Whole::open(target, run, cancel).await?;
    for flow in &loaded.outcomes {
        let keys = whole.keys(flow, store).await.at(At::Flow, &flow.flow)?;
        if keys.is_empty() {
            continue;
        }
        let shape = shapes.iter().find(|shape| shape.flow == flow.flow);
        let shape = shape.ok_or_else(|| Error::unexpected("a flow without a shape"))?;
        of_flow(&whole, flow, shape, keys, engine).await.at(At::Flow, &flow.flow)?;
    }
    // Their chunks are known only now.
    remember_refused(store, whole.refused().await?).await
}

/// The whole source rows of some rows that the target refused, as JSON, by their keys.
///
/// # Errors
/// What reading the snapshot meets.
pub async fn source_rows(
    flow: &FlowOutcomes,
    shape: &FlowShape,
    refused: &HashSet<Uuid>,
    (engine, store): (&Engine, &OutcomeStore),
) -> Result<HashMap<String, String>> {
    let mut keys = Vec::new();
    for file in flow.files_of(Outcome::Migrated) {
        let batches = store.read_columns(file, &[KEY, flow.row.row_column()]).await?;
        for batch in chosen_of(&batches, &flow.row, |id| refused.contains(&id))? {
            let place = batch.schema().index_of(KEY).map_err(|_| Error::unexpected("outcome rows without a key"))?;
            keys.push(batch.project(&[place]).map_err(|_| Error::unexpected("outcome rows without a key"))?);
        }
    }
    let mut sources = HashMap::new();
    if keys.is_empty() {
        return Ok(sources);
    }
    let text = Text { file: &shape.file, sql: "" };
    let rows = views::with_source_rows(engine, &flow.flow, &flow.key, shape.schema.field(0), keys).await?;
    let mut rows = engine.stream(rows, text, None).await?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(|error| running(&error, &shape.file))?;
        let defect = || Error::unexpected("source rows are not as planned");
        let column = |name: &str| batch.column_by_name(name).ok_or_else(defect);
        let keys = KeyColumn::new(column(KEY)?.clone())?;
        let texts = cast(column(SOURCE_ROW)?, &DataType::Utf8).map_err(|_| defect())?;
        for (row, text) in texts.as_string::<i32>().iter().enumerate() {
            if let Some(text) = text {
                sources.insert(keys.text(row)?, text.to_owned());
            }
        }
    }
    Ok(sources)
}

async fn of_flow(
    whole: &Whole<'_>,
    flow: &FlowOutcomes,
    shape: &FlowShape,
    keys: Vec<arrow::array::RecordBatch>,
    engine: &Engine,
) -> Result<()> {
    let text = Text { file: &shape.file, sql: "" };
    let rows = views::with_source_rows(engine, &flow.flow, &flow.key, shape.schema.field(0), keys).await?;
    let mut rows = engine.stream(rows, text, None).await?;
    whole.begin().await?;
    while let Some(batch) = rows.next().await {
        whole.take(&batch.map_err(|error| running(&error, &shape.file))?).await?;
    }
    whole.end(&flow.flow).await
}
