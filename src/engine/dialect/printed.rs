//! Owns the text of every value of a column of a result, as PostgreSQL's output functions print it.
//! Must not know: what the text is for.

use std::borrow::Cow;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};

use super::kind::Kind;
use super::output::print;
use super::value::Column;
use crate::error::{At, Error, Result};

/// A column of a result, ready to be printed value by value.
pub struct Printed {
    array: ArrayRef,
    form: Form,
}

enum Form {
    /// What is text, or travels as its text, is printed as it is.
    Text(StringArray),
    Numeric(LargeStringArray),
    Value(Column, Kind),
    /// A row: its columns.
    Row(Vec<Printed>),
}

impl Printed {
    /// Looks at a column.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a type that PostgreSQL does not have, and that has no text.
    pub fn new(field: &Field, array: &ArrayRef) -> Result<Self> {
        let unprintable = || {
            Error::config(format!("a value of the type {} has no text", array.data_type()))
                .at(At::Column, field.name().clone())
                .hint("cast it to a type that PostgreSQL has")
        };
        let text = |array: &ArrayRef| cast(array, &DataType::Utf8).map_err(|_| unprintable());
        let form = match array.data_type() {
            DataType::Dictionary(_, values) => {
                let plain = cast(array, values).map_err(|_| unprintable())?;
                return Self::new(field, &plain);
            }
            DataType::Utf8 | DataType::Utf8View => Form::Text(text(array)?.as_string::<i32>().clone()),
            DataType::LargeUtf8 => Form::Numeric(array.as_string::<i64>().clone()),
            DataType::Struct(members) => {
                let columns = array.as_struct().columns();
                let columns = members.iter().zip(columns).map(|(member, column)| Self::new(member, column));
                Form::Row(columns.collect::<Result<_>>()?)
            }
            _ => match Kind::of(field) {
                Kind::Engine(_) => Form::Text(text(array)?.as_string::<i32>().clone()),
                kind => {
                    let kind = as_stored(kind);
                    Form::Value(Column::new(&kind, array, false).map_err(|_| unprintable())?, kind)
                }
            },
        };
        Ok(Self { array: array.clone(), form })
    }

    /// The text of a row's value; None for NULL.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for a stored text that is no value of its type.
    pub fn text(&self, row: usize) -> Result<Option<Cow<'_, str>>> {
        if self.array.is_null(row) || self.array.data_type().is_null() {
            return Ok(None);
        }
        Ok(Some(match &self.form {
            Form::Text(values) => Cow::Borrowed(values.value(row)),
            Form::Numeric(values) => Cow::Borrowed(values.value(row)),
            Form::Value(column, kind) => {
                let value = column.at(row).map_err(|fault| Error::unexpected(fault.0))?;
                Cow::Owned(print(&value, kind))
            }
            Form::Row(columns) => Cow::Owned(row_text(columns, row)?),
        }))
    }
}

/// The items of a list that travel as text are printed as they are: a char(n) keeps its blanks.
fn as_stored(kind: Kind) -> Kind {
    match kind {
        Kind::List(item) => Kind::List(Box::new(match *item {
            Kind::Padded | Kind::Interval => Kind::Text,
            other => other,
        })),
        other => other,
    }
}

/// `(1,"a b",)`: NULL is nothing, and what could be taken for something else is quoted.
fn row_text(columns: &[Printed], row: usize) -> Result<String> {
    let mut out = String::from("(");
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let Some(text) = column.text(row)? else { continue };
        let special =
            |char: char| matches!(char, '(' | ')' | ',' | '"' | '\\') || char.is_ascii_whitespace() || char == '\u{b}';
        if text.is_empty() || text.contains(special) {
            out.push('"');
            for char in text.chars() {
                if matches!(char, '"' | '\\') {
                    out.push(char);
                }
                out.push(char);
            }
            out.push('"');
        } else {
            out.push_str(&text);
        }
    }
    out.push(')');
    Ok(out)
}
