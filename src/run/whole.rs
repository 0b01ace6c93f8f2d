//! Owns how rows that the target refused come into the quarantine whole: the ledger says which, the engine has their source
//! rows.
//! Must not know: why they were refused, or how either is stored.

use futures::StreamExt;
use uuid::Uuid;

use super::load::Loaded;
use crate::cancel::Cancel;
use crate::diagnosis::{Text, running};
use crate::engine::Engine;
use crate::error::{At, Context, Error, Result};
use crate::load::Whole;
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::server::Address;
use crate::views;

/// Fetches the source rows of all that was refused, where the quarantine lacks them.
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
    if loaded.refused.is_empty() {
        return Ok(());
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
    Ok(())
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
