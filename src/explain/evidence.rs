//! Owns the running of what is asked of a flow's query about one row: queries in, answers out.
//! Must not know: what is asked, or how it is told.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::prelude::ident;
use datafusion::sql::sqlparser::ast::Query;

use super::key::{collected, same, with_key};
use super::statement::{FALSE, TRUE, statement};
use super::story::Truth;
use crate::diagnosis::{Text, planning};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{KEY, ORDINAL, OUTCOME, WARNINGS};

/// Whom to ask, and about which row.
pub struct Witness<'a> {
    pub engine: &'a Engine,
    pub params: &'a [(String, ScalarValue)],
    pub text: Text<'a>,
    /// The parts of the row's key.
    pub key: &'a [ScalarValue],
}

impl Witness<'_> {
    /// The rows that a query has for the key.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a query that does not plan; what running it meets.
    pub async fn rows(&self, query: Query) -> Result<Vec<Answers>> {
        let frame = self.engine.plan_made(statement(query), self.text, self.params).await?;
        let lacks = |_| Error::config("the query has no _key");
        let field: Arc<Field> = frame.schema().field_with_unqualified_name(KEY).map_err(lacks)?.clone();
        let Some(frame) = with_key(frame, &field, self.key, self.text)? else { return Ok(Vec::new()) };
        Ok(collected(self.engine, frame, self.text).await?.into_iter().map(Answers).collect())
    }

    /// How many rows a query has in which an output is a value.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub async fn count(&self, query: Query, output: &str, value: &ScalarValue) -> Result<u64> {
        let frame = self.engine.plan_made(statement(query), self.text, self.params).await?;
        let told = |error| planning(&error, self.text, &[], None);
        let kind = frame.schema().field_with_unqualified_name(output).map_err(told)?.data_type().clone();
        let Ok(value) = value.cast_to(&kind) else { return Err(Error::config("the value has another type")) };
        let frame = frame.filter(same(ident(output), value)).map_err(told)?;
        Ok(collected(self.engine, frame, self.text).await?.len() as u64)
    }
}

/// What a query says of one row.
#[derive(Debug, Clone)]
pub struct Answers(RecordBatch);

impl Answers {
    /// The number of the row among those that one row of the source became.
    pub fn ordinal(&self) -> Option<i64> {
        let column = cast(self.0.column_by_name(ORDINAL)?, &DataType::Int64).ok()?;
        let column = column.as_primitive::<arrow::datatypes::Int64Type>().clone();
        column.is_valid(0).then(|| column.value(0))
    }

    /// The text of `_outcome`.
    pub fn outcome(&self) -> Option<String> {
        let column = cast(self.0.column_by_name(OUTCOME)?, &DataType::Utf8).ok()?;
        column.is_valid(0).then(|| column.as_string::<i32>().value(0).to_owned())
    }

    /// The codes of `_warnings`.
    pub fn warnings(&self) -> Vec<String> {
        self.0.column_by_name(WARNINGS).map(|column| codes(column.as_ref())).unwrap_or_default()
    }

    /// What a condition was; None where it was not computed.
    pub fn truth(&self, output: &str) -> Option<Truth> {
        let column = cast(self.0.column_by_name(output)?, &DataType::Int64).ok()?;
        let column = column.as_primitive::<arrow::datatypes::Int64Type>();
        column.is_valid(0).then(|| match column.value(0) {
            TRUE => Truth::True,
            FALSE => Truth::False,
            _ => Truth::Null,
        })
    }

    /// A boolean; None where it is NULL, or was not asked for.
    pub fn flag(&self, output: &str) -> Option<bool> {
        let column = self.0.column_by_name(output)?.as_boolean_opt()?;
        column.is_valid(0).then(|| column.value(0))
    }

    /// A value; None where it was not asked for.
    pub fn value(&self, output: &str) -> Option<ScalarValue> {
        ScalarValue::try_from_array(self.0.column_by_name(output)?, 0).ok()
    }

    /// The text of a value; None where it is NULL.
    pub fn text(&self, output: &str) -> Option<String> {
        let column = self.0.column_by_name(output)?;
        if column.is_null(0) {
            return None;
        }
        KeyColumn::new(column.clone()).ok()?.text(0).ok()
    }
}

/// The texts of a list of codes, of one row.
pub fn codes(column: &dyn Array) -> Vec<String> {
    let Some(lists) = column.as_list_opt::<i32>().filter(|lists| lists.len() > 0 && lists.is_valid(0)) else {
        return Vec::new();
    };
    let Ok(texts) = cast(&lists.value(0), &DataType::Utf8) else { return Vec::new() };
    texts.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}
