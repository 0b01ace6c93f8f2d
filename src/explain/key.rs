//! Owns how the key that was typed becomes a row of the source: spellings of keys, and the search for the one that is meant.
//! Must not know: what became of the row.

use arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, lit};
use datafusion::prelude::{DataFrame, ident};
use futures::StreamExt;
use serde_json::Value;

use crate::diagnosis::{Text, planning, running};
use crate::engine::{Engine, Schema};
use crate::error::{Error, Result};
use crate::flow::{Flow, SOURCE};
use crate::key::{KeyColumn, KeyType, parts};
use crate::outcome::{KEY, SOURCE_ROW};
use crate::views::{self, ROW};

/// A row of the source.
#[derive(Debug, Clone)]
pub struct SourceRow {
    /// The key as text.
    pub key: String,
    /// Its parts, as the source has them.
    pub parts: Vec<ScalarValue>,
    /// The row itself; of none that could not be read.
    pub columns: Option<RecordBatch>,
}

/// The ways in which a typed key can be meant, of so many parts: the texts of keys, each with the ordinal that was
/// given beside it.
#[must_use]
pub fn spelled(typed: &str, parts: usize, expand: bool) -> Vec<(String, Option<i64>)> {
    let mut meant = Vec::new();
    if parts == 1 {
        meant.push((typed.to_owned(), None));
    }
    for values in [json(typed), listed(typed)].into_iter().flatten() {
        if values.len() == parts {
            meant.push((joined(&values), None));
        } else if expand
            && values.len() == parts + 1
            && let Some((last, own)) = values.split_last()
            && let Some(ordinal) = text_of(last).parse().ok()
        {
            meant.push((joined(own), Some(ordinal)));
        }
    }
    meant.dedup();
    meant
}

/// A JSON array of the key's parts.
fn json(typed: &str) -> Option<Vec<Value>> {
    serde_json::from_str(typed).ok()
}

/// The key's parts with commas between them; a part with a comma in it stands in double quotes.
fn listed(typed: &str) -> Option<Vec<Value>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(typed.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(Value::from).collect())
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn joined(values: &[Value]) -> String {
    match values {
        [one] => text_of(one),
        many => Value::Array(many.to_vec()).to_string(),
    }
}

/// Finds the row of a flow's source with a key; None where it has none.
///
/// # Errors
/// What reading the source meets.
pub async fn find(engine: &Engine, flow: &Flow, texts: &[String]) -> Result<Option<SourceRow>> {
    let told = |error| planning(&error, flow.text(), &[], None);
    let keys = views::keyed(engine, &flow.name, &flow.key).await?.select(vec![ident(KEY)]).map_err(told)?;
    let field = keys.schema().field_with_unqualified_name(KEY).map_err(told)?.as_ref().clone();
    let kind = KeyType::of(&field)?;
    let wanted: Vec<String> = texts.iter().filter_map(|text| kind.canonical(text)).collect();
    let mut stream = engine.stream(keys, flow.text(), None).await?;
    let mut form = String::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| running(&error, &flow.file))?;
        let keys = KeyColumn::of(batch.column(0).clone(), &field)?;
        for row in 0..keys.len() {
            form.clear();
            keys.write_canonical(row, &mut form)?;
            if wanted.contains(&form) {
                let parts = scalars(batch.column(0), row)?;
                let key = keys.text(row)?;
                let columns = whole(engine, flow, &parts).await?;
                return Ok(Some(SourceRow { key, parts, columns }));
            }
        }
    }
    Ok(None)
}

/// The parts of a key.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for a type that has no single values.
pub fn scalars(keys: &ArrayRef, row: usize) -> Result<Vec<ScalarValue>> {
    let defect = |_| Error::unexpected("a key has no value");
    parts(keys).iter().map(|part| ScalarValue::try_from_array(part, row).map_err(defect)).collect()
}

/// The whole row of the source.
async fn whole(engine: &Engine, flow: &Flow, parts: &[ScalarValue]) -> Result<Option<RecordBatch>> {
    let told = |error| planning(&error, flow.text(), &[], None);
    let mut rows = engine.table(Schema::Own, &flow.name).await?;
    for (column, part) in flow.key.iter().zip(parts) {
        rows = rows.filter(same(ident(column), part.clone())).map_err(told)?;
    }
    let names = rows.schema().fields().iter().map(|field| field.name().clone());
    let ours = [SOURCE, ROW, SOURCE_ROW];
    let names = names.filter(|name| !ours.contains(&name.as_str())).map(ident).collect::<Vec<_>>();
    let rows = rows.select(names).and_then(|rows| rows.limit(0, Some(1))).map_err(told)?;
    Ok(collected(engine, rows, flow.text()).await?.into_iter().next())
}

/// Is a value this one? NULL is itself.
pub fn same(expr: Expr, value: ScalarValue) -> Expr {
    binary_expr(expr, Operator::IsNotDistinctFrom, lit(value))
}

/// Rows whose `_key` begins with these parts. None where the values do not go with the key's type.
pub fn with_key(rows: DataFrame, key: &Field, parts: &[ScalarValue], text: Text<'_>) -> Result<Option<DataFrame>> {
    let kinds: Vec<DataType> = match key.data_type() {
        DataType::Struct(members) => members.iter().map(|member| member.data_type().clone()).collect(),
        kind => vec![kind.clone()],
    };
    let names: Vec<String> = parts.iter().map(ToString::to_string).collect();
    let mut rows = rows;
    for ((expr, part), kind) in views::key_parts("", key, &names).into_iter().zip(parts).zip(kinds) {
        let Ok(part) = part.cast_to(&kind) else { return Ok(None) };
        rows = rows.filter(same(expr, part)).map_err(|error| planning(&error, text, &[], None))?;
    }
    Ok(Some(rows))
}

/// The rows of a query, one by one.
///
/// # Errors
/// What running it meets.
pub async fn collected(engine: &Engine, rows: DataFrame, text: Text<'_>) -> Result<Vec<RecordBatch>> {
    let mut stream = engine.stream(rows, text, None).await?;
    let mut found = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| running(&error, text.file))?;
        found.extend((0..batch.num_rows()).map(|row| batch.slice(row, 1)));
    }
    Ok(found)
}

/// The parts of a key's text: of one column itself, else the texts of a JSON array.
#[must_use]
pub fn parts_of(key: &str) -> Vec<String> {
    json(key).map_or_else(|| vec![key.to_owned()], |values| values.iter().map(text_of).collect())
}
