//! Owns the search for what is stored of a row: its outcome, the file that holds it, and its columns.
//! Must not know: how it came about.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::prelude::ident;
use uuid::Uuid;

use super::evidence::codes;
use super::key::{collected, same, with_key};
use super::story::Column;
use crate::diagnosis::{Text, planning};
use crate::engine::{Engine, Kind, Stored as Files, as_text, json_text};
use crate::error::{Error, Result};
use crate::key::{KeyColumn, KeyType, PG_TYPE};
use crate::outcome::{KEY, Outcome, REASON, WARNINGS};
use crate::outcomes::{FlowOutcomes, OutcomeFile, row_ids};
use crate::report::Inputs;
use crate::views::reason_schema;

/// What is stored of one row.
#[derive(Debug, Clone)]
pub struct Stored {
    pub key: String,
    pub outcome: Outcome,
    pub file: OutcomeFile,
    pub row: RecordBatch,
}

impl Stored {
    /// The reason of a row that has one.
    pub fn reason(&self) -> Option<String> {
        let column = cast(self.row.column_by_name(REASON)?, &DataType::Utf8).ok()?;
        column.is_valid(0).then(|| column.as_string::<i32>().value(0).to_owned())
    }

    pub fn warnings(&self) -> Vec<String> {
        self.row.column_by_name(WARNINGS).map(|column| codes(column.as_ref())).unwrap_or_default()
    }

    /// The UUID that tells a migrated row apart.
    pub fn row_id(&self, flow: &FlowOutcomes) -> Option<Uuid> {
        row_ids(&self.row, &flow.row).ok()?.first().copied()
    }

    /// The text of a column.
    pub fn text(&self, column: &str) -> Option<String> {
        let column = self.row.column_by_name(column)?;
        if column.is_null(0) {
            return None;
        }
        KeyColumn::new(column.clone()).ok()?.text(0).ok()
    }

    /// Does it have a row in the target, as far as the flow decides?
    pub fn is_made(&self) -> bool {
        matches!(self.outcome, Outcome::Migrated | Outcome::Adopted)
    }
}

fn schema_of(inputs: &Inputs<'_>, flow: &FlowOutcomes, outcome: Outcome) -> Result<SchemaRef> {
    Ok(match outcome {
        Outcome::Migrated | Outcome::Adopted => {
            let shape = inputs.shapes.iter().find(|shape| shape.flow == flow.flow);
            shape.ok_or_else(|| Error::unexpected("a flow without a shape"))?.schema.clone()
        }
        _ => reason_schema(inputs.key(&flow.flow)?, outcome),
    })
}

/// Everything that a flow's stored outcomes have of a key: one row, or those of all ordinals.
///
/// # Errors
/// [`crate::error::Kind::Corrupt`] for a file that is not as it was.
pub async fn of_key(inputs: &Inputs<'_>, flow: &FlowOutcomes, parts: &[ScalarValue]) -> Result<Vec<Stored>> {
    let key = inputs.key(&flow.flow)?;
    let mut found = Vec::new();
    for outcome in Outcome::ALL {
        let schema = schema_of(inputs, flow, outcome)?;
        for file in flow.files_of(outcome) {
            let text = Text { file: &file.path, sql: "" };
            let rows = file_of(inputs, file, schema.clone())?;
            let keys = rows.select(vec![ident(KEY)]).map_err(|error| planning(&error, text, &[], None))?;
            let Some(rows) = with_key(keys, key, parts, text)? else { continue };
            let batches = collected(inputs.engine, rows, text).await?;
            let keys = batches.iter().map(|batch| text_of(batch.column(0), 0)).collect::<Result<Vec<_>>>()?;
            found.extend(
                read(inputs, file, &|batch, row| Ok(keys.contains(&text_of(column(batch, KEY)?, row)?)), keys.len())
                    .await?,
            );
        }
    }
    found.sort_by_key(|stored| ordinal(&stored.key));
    Ok(found)
}

/// The last part of a composite key, as a number.
pub fn ordinal(key: &str) -> Option<i64> {
    let parts: Vec<serde_json::Value> = serde_json::from_str(key).ok()?;
    parts.last()?.as_i64()
}

/// The rejects that a key's text names, where no row of the source could be read: of one that could become several, the only one.
///
/// # Errors
/// As [`of_key`].
pub async fn of_texts(inputs: &Inputs<'_>, flow: &FlowOutcomes, texts: &[String]) -> Result<Vec<Stored>> {
    let field = inputs.key(&flow.flow)?;
    let kind = KeyType::of(field)?;
    let whole = |text: &String| flow.expanded.map_or(text.clone(), |_| with_ordinal(text));
    let wanted: Vec<String> = texts.iter().filter_map(|text| kind.canonical(&whole(text))).collect();
    let is_meant = |batch: &RecordBatch, row| {
        let mut form = String::new();
        KeyColumn::of(column(batch, KEY)?.clone(), field)?.write_canonical(row, &mut form)?;
        Ok(wanted.contains(&form))
    };
    let mut found = Vec::new();
    for file in flow.files_of(Outcome::Rejected) {
        found.extend(read(inputs, file, &is_meant, usize::MAX).await?);
    }
    Ok(found)
}

/// The key of a row that could not be read, of a flow that makes several rows of one: its number is 0.
fn with_ordinal(key: &str) -> String {
    let mut parts: Vec<serde_json::Value> = super::key::parts_of(key).into_iter().map(Into::into).collect();
    parts.push(0.into());
    serde_json::Value::Array(parts).to_string()
}

/// The migrated rows of a flow that a UUID stands for, by its keys.
///
/// # Errors
/// As [`of_key`].
pub async fn keys_of_id(inputs: &Inputs<'_>, flow: &FlowOutcomes, id: Uuid) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    if !flow.row.is_mapped() {
        return Ok(keys);
    }
    for outcome in [Outcome::Migrated, Outcome::Adopted] {
        let schema = schema_of(inputs, flow, outcome)?;
        let column = &flow.row.id_column;
        let wanted = match schema.field_with_name(column).map(Field::data_type) {
            Ok(DataType::FixedSizeBinary(16)) => ScalarValue::FixedSizeBinary(16, Some(id.as_bytes().to_vec())),
            Ok(DataType::Utf8) => ScalarValue::Utf8(Some(id.to_string())),
            _ => continue,
        };
        for file in flow.files_of(outcome) {
            let text = Text { file: &file.path, sql: "" };
            let rows = file_of(inputs, file, schema.clone())?.filter(same(ident(column), wanted.clone()));
            let rows = rows.and_then(|rows| rows.select(vec![ident(KEY)]));
            let rows = rows.map_err(|error| planning(&error, text, &[], None))?;
            for batch in collected(inputs.engine, rows, text).await? {
                keys.push(text_of(batch.column(0), 0)?);
            }
        }
    }
    Ok(keys)
}

fn file_of(inputs: &Inputs<'_>, file: &OutcomeFile, schema: SchemaRef) -> Result<datafusion::prelude::DataFrame> {
    let files = vec![file.path.clone()];
    let files = Files { location: inputs.store.location(), files, schema, sorted_by: Vec::new() };
    inputs.engine.scan(files.provider(inputs.engine)?)
}

/// The rows of a file that are meant, after its hash was checked.
async fn read(
    inputs: &Inputs<'_>,
    file: &OutcomeFile,
    is_meant: &(dyn Fn(&RecordBatch, usize) -> Result<bool> + Sync),
    most: usize,
) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    if most == 0 {
        return Ok(found);
    }
    for batch in inputs.store.read(file).await? {
        for row in 0..batch.num_rows() {
            if found.len() < most && is_meant(&batch, row)? {
                let key = text_of(column(&batch, KEY)?, row)?;
                found.push(Stored { key, outcome: file.outcome, file: file.clone(), row: batch.slice(row, 1) });
            }
        }
    }
    Ok(found)
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| Error::unexpected("an outcome file lacks a column"))
}

fn text_of(keys: &ArrayRef, row: usize) -> Result<String> {
    KeyColumn::new(keys.clone())?.text(row)
}

/// Columns of a row: their types, and whether they are NULL; their values where these are asked for.
///
/// # Errors
/// What printing a value meets.
pub async fn columns(
    engine: &Engine,
    row: &RecordBatch,
    values: bool,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Column>> {
    let schema = row.schema();
    let mut columns = Vec::new();
    for (field, column) in schema.fields().iter().zip(row.columns()) {
        if !wanted(field.name()) {
            continue;
        }
        let null = column.is_null(0);
        let value = if values && !null { Some(printed(engine, row, field.name()).await?) } else { None };
        columns.push(Column { name: field.name().clone(), kind: kind(field), null, value });
    }
    Ok(columns)
}

/// The name of a field's type in PostgreSQL.
pub fn kind(field: &Field) -> String {
    field
        .metadata()
        .get(PG_TYPE)
        .filter(|name| !name.is_empty())
        .cloned()
        .unwrap_or_else(|| Kind::of(field).to_string())
}

/// A value as PostgreSQL prints it, or as JSON where it has no other text.
async fn printed(engine: &Engine, row: &RecordBatch, name: &str) -> Result<String> {
    let text = Text { file: name, sql: "" };
    let rows = engine.rows(vec![row.clone()])?;
    if let Ok(rows) = rows.select(vec![as_text(ident(name)).alias(name)])
        && let Ok(batches) = collected(engine, rows, text).await
        && let Some(batch) = batches.first()
    {
        return text_of(batch.column(0), 0);
    }
    let field = row.schema().field_with_name(name).cloned().map_err(|_| Error::unexpected("a column is gone"))?;
    let json = json_text(&std::sync::Arc::new(field), column(row, name)?)?;
    Ok(json.into_iter().next().unwrap_or_default())
}
