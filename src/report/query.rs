//! Owns the running of a pipeline's checks and reports: a query in, JSON rows out.
//! Must not know: what the queries ask.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use serde_json::{Map, Value};

use super::Inputs;
use crate::diagnosis::{Text, running};
use crate::engine::{Engine, json_text, parameters};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::reads::reads;
use crate::views;

/// Keys of a failing check that are named.
pub const CHECK_EXAMPLES: usize = 20;
/// Rows of a report that are kept: a report is for reading.
pub const REPORT_ROWS: usize = 10_000;

/// The result of a query.
pub struct Found {
    /// How many rows there are, also beyond those kept.
    pub rows: u64,
    pub objects: Vec<Map<String, Value>>,
    /// The first column of the rows kept, as text.
    pub keys: Vec<String>,
}

/// Plans a query. None when it reads flows that are not among `flows`.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column.
pub async fn plan(
    engine: &Engine,
    pipeline: &Pipeline,
    flows: &BTreeSet<&str>,
    text: Text<'_>,
) -> Result<Option<DataFrame>> {
    for (schema, table) in reads(pipeline, text)?.tables {
        let of_flow = matches!(schema.as_str(), "migrated" | "rejected" | "skipped");
        if of_flow && pipeline.declared.contains(&table) && !flows.contains(table.as_str()) {
            return Ok(None);
        }
    }
    let params = parameters(&pipeline.params)?;
    views::shared(engine, pipeline, &params, text).await?;
    engine.plan(text, &params).await.map(Some)
}

/// Runs a query and keeps up to `limit` rows. None when it reads flows that have not run.
///
/// # Errors
/// As [`plan`].
pub async fn rows(
    inputs: &Inputs<'_>,
    text: Text<'_>,
    planned: Option<&DataFrame>,
    limit: usize,
) -> Result<Option<Found>> {
    let file = text.file;
    let frame = match planned {
        Some(planned) => inputs.engine.rebound(planned).await?,
        None => match plan(inputs.engine, inputs.pipeline, &inputs.ran(), text).await? {
            Some(frame) => frame,
            None => return Ok(None),
        },
    };
    let mut stream = inputs.engine.stream(frame, text, None).await?;
    let mut found = Found { rows: 0, objects: Vec::new(), keys: Vec::new() };
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| running(&error, file))?;
        found.rows += batch.num_rows() as u64;
        let keep = limit.saturating_sub(found.objects.len()).min(batch.num_rows());
        if keep > 0 {
            found.objects.extend(objects(&batch.slice(0, keep))?);
        }
    }
    found.keys = found.objects.iter().filter_map(|row| row.values().next()).map(key_text).collect();
    Ok(Some(found))
}

fn exact(batch: &RecordBatch) -> Result<RecordBatch> {
    let defect = |_| Error::unexpected("a decimal of a report has no text");
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        match field.data_type() {
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) if *scale > 0 => {
                columns.push(cast(column, &DataType::Utf8).map_err(defect)?);
                fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            }
            _ => {
                columns.push(column.clone());
                fields.push(field.clone());
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(defect)
}

fn key_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The rows of a batch as JSON objects. A decimal with a fraction is text: a JSON number would not keep every digit.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a column whose type has no JSON form.
fn objects(batch: &RecordBatch) -> Result<Vec<Map<String, Value>>> {
    let batch = exact(batch)?;
    let rows: ArrayRef = Arc::new(StructArray::from(batch.clone()));
    let field = Arc::new(Field::new("row", DataType::Struct(batch.schema().fields().clone()), false));
    (0..rows.len())
        .zip(json_text(&field, &rows)?)
        .map(|(_, text)| serde_json::from_str(&text).map_err(|_| Error::unexpected("a row of a report is no JSON")))
        .collect()
}
