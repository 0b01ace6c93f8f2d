//! Owns the verdict on a case: what was expected of each row against what became of it, and the difference as people read it.
//! Must not know: how the rows came about.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use serde::Serialize;
use serde_json::Value;

use super::file::{Case, Given};
use super::rows::Table;
use super::trial::{Fate, list_at, texts};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{Cause, KEY, OUTCOME, Outcome, Verdict, WARNINGS};
use crate::outcomes::FlowShape;
use crate::snapshot::PG_TYPE;

/// A row that is not as it was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RowDifference {
    pub flow: String,
    /// Its legacy key, as text.
    pub key: String,
    pub what: What,
    /// Of a row that differs: in what; of an unexpected one, what became of it.
    pub differences: Vec<Difference>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It was expected, and there is none.
    Missing,
    /// It is there, and nobody expects it.
    Unexpected,
    Differs,
}

/// One thing in which a row differs: its `_outcome`, its `_warnings` or a column, as PostgreSQL prints it; null is NULL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Difference {
    pub column: String,
    pub expected: Option<String>,
    pub got: Option<String>,
}

/// What a case expects of a row. What it does not say is not compared.
#[derive(Debug, Clone)]
pub struct Expected {
    pub key: String,
    /// Without one, the row is migrated.
    verdict: Verdict,
    cause: Option<(String, String)>,
    warnings: Option<Vec<String>>,
    columns: BTreeMap<String, Option<String>>,
}

/// The columns that a case expects of a flow's rows.
#[must_use]
pub fn columns(case: &Case, shape: &FlowShape) -> Vec<String> {
    let of_flow = case.expected.iter().filter(|(flow, _)| *flow == shape.flow);
    let names: BTreeSet<String> =
        of_flow.flat_map(|(_, given)| given.columns.iter().map(super::schema::folded)).collect();
    let is_own = |name: &String| ![KEY, OUTCOME, WARNINGS].contains(&name.as_str());
    names.into_iter().filter(|name| is_own(name) && shape.schema.field_with_name(name).is_ok()).collect()
}

/// What a case expects of a flow.
///
/// # Errors
/// [`crate::error::Kind::Config`] with the place of what is no expectation.
pub async fn expected(engine: &Engine, case: &Case, shape: &FlowShape) -> Result<Vec<Expected>> {
    let fields = told(shape);
    let name = format!("expected.{}", shape.flow);
    let making = Table { engine, file: &case.file, name: &name, fields: &fields, made: None };
    let mut all: Vec<Expected> = Vec::new();
    for (_, given) in case.expected.iter().filter(|(flow, _)| *flow == shape.flow) {
        let (names, arrays) = making.read(given).await?;
        let own: Vec<Field> = names.iter().filter_map(|name| fields.field_with_name(name).ok().cloned()).collect();
        let schema = std::sync::Arc::new(ArrowSchema::new(own));
        let rows = RecordBatch::try_new(schema, arrays).map_err(|_| Error::unexpected("expected rows are no rows"))?;
        for row in rows_of(engine, case, given, &rows, &fields).await? {
            if all.iter().any(|other| other.key == row.key) {
                let error = Error::config(format!("the key {} is expected twice of {}", row.key, shape.flow));
                return Err(case.file.at(error, given.place));
            }
            all.push(row);
        }
    }
    Ok(all)
}

/// The columns that an expectation can name.
fn told(shape: &FlowShape) -> SchemaRef {
    let codes = DataType::List(std::sync::Arc::new(Field::new_list_field(DataType::Utf8, true)));
    let others = shape.schema.fields().iter().filter(|field| field.name() != WARNINGS);
    let mut fields: Vec<Field> =
        others.map(|field| field.as_ref().clone().with_nullable(field.name() != KEY)).collect();
    fields.push(Field::new(OUTCOME, DataType::Utf8, true));
    fields.push(Field::new(WARNINGS, codes, true));
    std::sync::Arc::new(ArrowSchema::new(fields))
}

async fn rows_of(
    engine: &Engine,
    case: &Case,
    given: &Given,
    rows: &RecordBatch,
    fields: &SchemaRef,
) -> Result<Vec<Expected>> {
    let fail = |message: &str| case.file.at(Error::config(message), given.place);
    let Some(keys) = rows.column_by_name(KEY) else { return Err(fail("an expected row needs its _key")) };
    let keys = KeyColumn::new(keys.clone())?;
    let schema = rows.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    let columns: Vec<String> = names.filter(|name| ![KEY, OUTCOME, WARNINGS].contains(&name.as_str())).collect();
    let printed = texts(engine, rows, fields, &columns).await?;
    let outcomes = rows.column_by_name(OUTCOME).and_then(|column| column.as_string_opt::<i32>());
    let warnings = rows.column_by_name(WARNINGS);
    let mut all = Vec::with_capacity(rows.num_rows());
    for row in 0..rows.num_rows() {
        let stated = outcomes.filter(|outcomes| outcomes.is_valid(row)).map(|outcomes| outcomes.value(row));
        let (verdict, cause) = match stated {
            None => (Verdict::Migrate, None),
            Some(text) => {
                let (verdict, cause) = Cause::split(text);
                let verdict = Verdict::decode(verdict)
                    .ok_or_else(|| fail("_outcome is migrate(), reject(…), skip(…) or elsewhere(…), as in a flow"))?;
                (verdict, cause.map(|cause| (cause.flow.to_owned(), cause.key.to_owned())))
            }
        };
        all.push(Expected {
            key: keys.text(row)?,
            verdict,
            cause,
            warnings: warnings.filter(|codes| codes.is_valid(row)).map(|_| list_at(rows, WARNINGS, row)),
            columns: columns.iter().cloned().zip(printed.iter().map(|texts| texts[row].clone())).collect(),
        });
    }
    Ok(all)
}

/// The rows of a flow that are not as expected.
#[must_use]
pub fn differences(shape: &FlowShape, expected: &[Expected], fates: &BTreeMap<String, Fate>) -> Vec<RowDifference> {
    let row = |key: &str, what, differences| RowDifference {
        flow: shape.flow.clone(),
        key: key.to_owned(),
        what,
        differences,
    };
    let mut found = Vec::new();
    for expected in expected {
        match fates.get(&expected.key) {
            None => {
                let wanted = outcome(Some(said(&expected.verdict, expected.cause.as_ref())), None);
                found.push(row(&expected.key, What::Missing, vec![wanted]));
            }
            Some(fate) => {
                let differences = of_row(shape, expected, fate);
                if !differences.is_empty() {
                    found.push(row(&expected.key, What::Differs, differences));
                }
            }
        }
    }
    for (key, fate) in fates.iter().filter(|(key, _)| !expected.iter().any(|expected| expected.key == **key)) {
        found.push(row(key, What::Unexpected, vec![outcome(None, Some(became(fate, true)))]));
    }
    found
}

fn outcome(expected: Option<String>, got: Option<String>) -> Difference {
    Difference { column: OUTCOME.to_owned(), expected, got }
}

fn of_row(shape: &FlowShape, expected: &Expected, fate: &Fate) -> Vec<Difference> {
    let mut found = Vec::new();
    let wanted = said(&expected.verdict, expected.cause.as_ref());
    let got = became(fate, expected.cause.is_some());
    if wanted != got {
        found.push(outcome(Some(wanted), Some(got)));
    }
    if let Some(wanted) = &expected.warnings {
        let sorted = |codes: &[String]| codes.iter().cloned().collect::<BTreeSet<_>>();
        if sorted(wanted) != sorted(&fate.warnings) {
            let list = |codes: &[String]| Some(format!("{{{}}}", codes.join(",")));
            let (expected, got) = (list(wanted), list(&fate.warnings));
            found.push(Difference { column: WARNINGS.to_owned(), expected, got });
        }
    }
    // A row that is not migrated has no columns.
    if found.iter().any(|difference| difference.column == OUTCOME) {
        return found;
    }
    for (column, wanted) in &expected.columns {
        let got = fate.columns.get(column).cloned().flatten();
        let is_json = shape.schema.field_with_name(column).is_ok_and(is_json);
        let same = match (wanted, &got) {
            (Some(wanted), Some(got)) if is_json => wanted == got || has_all(wanted, got),
            (wanted, got) => wanted == got,
        };
        if !same {
            let got = match (wanted, got) {
                (Some(wanted), Some(got)) if is_json => Some(alike(wanted, &got)),
                (_, got) => got,
            };
            found.push(Difference { column: column.clone(), expected: wanted.clone(), got });
        }
    }
    found
}

fn is_json(field: &Field) -> bool {
    field.metadata().get(PG_TYPE).is_some_and(|kind| ["json", "jsonb"].contains(&kind.as_str()))
}

/// Does a document hold all that is expected of it? Of an object only the keys that are given count, as in `@>`.
fn has_all(wanted: &str, got: &str) -> bool {
    match (serde_json::from_str(wanted), serde_json::from_str(got)) {
        (Ok(wanted), Ok(got)) => holds(&wanted, &got),
        _ => false,
    }
}

fn holds(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.iter().all(|(key, wanted)| got.get(key).is_some_and(|got| holds(wanted, got)))
        }
        (wanted, got) => wanted == got,
    }
}

/// What came of a document, cut to the keys that were asked for: the rest is no difference.
fn alike(wanted: &str, got: &str) -> String {
    match (serde_json::from_str(wanted), serde_json::from_str(got)) {
        (Ok(wanted), Ok(whole)) => cut(&wanted, &whole).to_string(),
        _ => got.to_owned(),
    }
}

fn cut(wanted: &Value, got: &Value) -> Value {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            let kept = wanted.iter().filter_map(|(key, wanted)| Some((key.clone(), cut(wanted, got.get(key)?))));
            Value::Object(kept.collect())
        }
        (_, got) => got.clone(),
    }
}

/// A verdict as a flow writes it.
fn said(verdict: &Verdict, cause: Option<&(String, String)>) -> String {
    match (verdict, cause) {
        (Verdict::Migrate, _) => "migrate()".to_owned(),
        (Verdict::Reject(reason), Some((flow, key))) => format!("reject('{reason}', '{flow}', {key})"),
        (Verdict::Reject(reason), None) => format!("reject('{reason}')"),
        (Verdict::Skip(reason), _) => format!("skip('{reason}')"),
        (Verdict::Elsewhere(flow), _) => format!("elsewhere('{flow}')"),
    }
}

/// What became of a row, as a flow would write it.
fn became(fate: &Fate, with_cause: bool) -> String {
    let reason = fate.reason.clone().unwrap_or_default();
    let verdict = match fate.outcome {
        Some(Outcome::Rejected) => Verdict::Reject(reason),
        Some(Outcome::Skipped) => Verdict::Skip(reason),
        Some(Outcome::Elsewhere) => Verdict::Elsewhere(reason),
        _ => Verdict::Migrate,
    };
    said(&verdict, fate.cause.as_ref().filter(|_| with_cause))
}
