//! Owns the form of rows that differ: key, outcomes and reasons of both sides, what changed, and the values of both.
//! Must not know: how they were found, or where they go.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder, StructArray, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::cursor::Reader;
use super::difference::Fate;
use crate::error::{Error, Result};

/// A row that differs, while the batches that hold it are at hand.
pub(super) struct Row {
    pub key: String,
    /// Its place: the cursor and the row.
    pub before: Option<(usize, usize)>,
    pub after: Option<(usize, usize)>,
    pub was: Option<Fate>,
    pub is: Option<Fate>,
    pub changed: Vec<String>,
}

/// The columns of a flow's rows that differ.
pub(super) struct Form {
    flow: String,
    schema: SchemaRef,
    /// The target's columns on each side.
    before: Fields,
    after: Fields,
}

impl Form {
    /// For the columns of migrated rows before and after.
    pub fn new(flow: &str, before: Option<&Schema>, after: Option<&Schema>) -> Self {
        let values = |schema: Option<&Schema>| -> Fields {
            let all = schema.map(|schema| schema.fields().clone()).unwrap_or_default();
            let own = all.iter().filter(|field| !field.name().starts_with('_'));
            own.map(|field| Arc::new(field.as_ref().clone().with_nullable(true))).collect()
        };
        let (before, after) = (values(before), values(after));
        let text = |name: &str, nullable: bool| Field::new(name, DataType::Utf8, nullable);
        let list = |name: &str, nullable: bool| Field::new(name, texts_type(), nullable);
        let mut fields = vec![
            text("flow", false),
            text("key", false),
            text("before_outcome", true),
            text("after_outcome", true),
            text("before_reason", true),
            text("after_reason", true),
            list("before_warnings", true),
            list("after_warnings", true),
            list("changed", false),
        ];
        for (name, values) in [("before", &before), ("after", &after)] {
            if !values.is_empty() {
                fields.push(Field::new(name, DataType::Struct(values.clone()), true));
            }
        }
        Self { flow: flow.to_owned(), schema: Arc::new(Schema::new(fields)), before, after }
    }

    /// The columns that both sides have.
    pub fn common(&self) -> impl Iterator<Item = &String> {
        let both = self.after.iter().filter(|field| self.before.find(field.name()).is_some());
        both.map(|field| field.name())
    }

    /// The columns that only the side before has, and only the side after.
    pub fn alone(&self) -> (Vec<String>, Vec<String>) {
        let of = |own: &Fields, other: &Fields| {
            let alone = own.iter().filter(|field| other.find(field.name()).is_none());
            alone.map(|field| field.name().clone()).collect()
        };
        (of(&self.before, &self.after), of(&self.after, &self.before))
    }

    /// The rows as a batch.
    pub fn batch(
        &self,
        rows: &[Row],
        (before, after): (&Reader, &Reader),
        warnings: (&[Option<ListArray>], &[Option<ListArray>]),
    ) -> Result<RecordBatch> {
        let texts = |of: fn(&Row) -> Option<&str>| Arc::new(rows.iter().map(of).collect::<StringArray>()) as ArrayRef;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|_| &self.flow))),
            texts(|row| Some(&row.key)),
            texts(|row| row.was.as_ref().map(|fate| fate.outcome.name())),
            texts(|row| row.is.as_ref().map(|fate| fate.outcome.name())),
            texts(|row| row.was.as_ref()?.reason.as_deref()),
            texts(|row| row.is.as_ref()?.reason.as_deref()),
            lists(rows.iter().map(|row| warnings_of(row.before, warnings.0))),
            lists(rows.iter().map(|row| warnings_of(row.after, warnings.1))),
            lists(rows.iter().map(|row| Some(row.changed.clone()))),
        ];
        if !self.before.is_empty() {
            columns.push(values(&self.before, before, rows.iter().map(|row| row.before))?);
        }
        if !self.after.is_empty() {
            columns.push(values(&self.after, after, rows.iter().map(|row| row.after))?);
        }
        RecordBatch::try_new(self.schema.clone(), columns).map_err(|_| unfit())
    }
}

/// A list of texts, as warnings are stored.
pub(super) fn texts_type() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
}

/// The texts of one row of a list.
pub(super) fn texts_of(lists: &ListArray, row: usize) -> Vec<String> {
    if lists.is_null(row) || lists.value_length(row) == 0 {
        return Vec::new();
    }
    let texts = lists.value(row);
    let texts = texts.as_any().downcast_ref::<StringArray>();
    texts.into_iter().flatten().flatten().map(str::to_owned).collect()
}

fn warnings_of(place: Option<(usize, usize)>, warnings: &[Option<ListArray>]) -> Option<Vec<String>> {
    let (cursor, row) = place?;
    warnings.get(cursor)?.as_ref().map(|lists| texts_of(lists, row))
}

fn lists(rows: impl Iterator<Item = Option<Vec<String>>>) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        match row {
            Some(texts) => lists.append_value(texts.into_iter().map(Some)),
            None => lists.append_null(),
        }
    }
    Arc::new(lists.finish())
}

/// The values of rows that are migrated or adopted on a side; NULL for others.
fn values(fields: &Fields, side: &Reader, places: impl Iterator<Item = Option<(usize, usize)>>) -> Result<ArrayRef> {
    let batches: Vec<(usize, &RecordBatch)> = side.with_values().collect();
    let none = batches.len();
    let places: Vec<(usize, usize)> = places
        .map(|place| {
            let held = place.and_then(|(cursor, row)| Some((batches.iter().position(|(at, _)| *at == cursor)?, row)));
            held.unwrap_or((none, 0))
        })
        .collect();
    let column = |field: &Arc<Field>| {
        let nothing = new_null_array(field.data_type(), 1);
        let mut arrays = Vec::with_capacity(none + 1);
        for (_, batch) in &batches {
            arrays.push(batch.column_by_name(field.name()).ok_or_else(unfit)?.as_ref());
        }
        arrays.push(nothing.as_ref());
        interleave(&arrays, &places).map_err(|_| unfit())
    };
    let columns = fields.iter().map(column).collect::<Result<Vec<_>>>()?;
    let held: NullBuffer = places.iter().map(|(batch, _)| *batch != none).collect();
    let values = StructArray::try_new(fields.clone(), columns, Some(held)).map_err(|_| unfit())?;
    Ok(Arc::new(values))
}

fn unfit() -> Error {
    Error::unexpected("rows that differ cannot be put together")
}
