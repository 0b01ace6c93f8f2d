//! Owns what a legacy key is: its kinds, its text form and its canonical, typed form.
//! Must not know: where keys come from, or what they are mapped to.

mod types;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Field, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;
use std::fmt::Write;

use crate::error::{Error, Result};
pub use types::{KeyType, PG_TYPE, is_numeric};

/// A column of legacy keys: integers, text, anything else that prints exactly, or a struct of these (a composite key).
pub struct KeyColumn {
    array: ArrayRef,
    kind: Keys,
    /// How the text of a key becomes its canonical form.
    form: Form,
}

/// What equal keys of a column need, so as to have one canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// A number that is no integer of Arrow: 5.00 is 5.
    Number,
    /// The blanks at the end of a char(n) are none.
    Unpadded,
}

enum Keys {
    Int(IntegerAt),
    Text(TextAt),
    Other,
    Composite(Vec<KeyColumn>),
}

/// The parts of a column of keys: itself, or the members of a struct.
#[must_use]
pub fn parts(keys: &ArrayRef) -> Vec<ArrayRef> {
    match keys.as_struct_opt() {
        Some(composite) => composite.columns().to_vec(),
        None => vec![keys.clone()],
    }
}

impl KeyColumn {
    /// Looks at `array` as keys.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a type that cannot serve as a key (lists, maps, floats).
    pub fn new(array: ArrayRef) -> Result<Self> {
        let field = Field::new("key", array.data_type().clone(), true);
        Self::of(array, &field)
    }

    /// The same, by what the field says of the PostgreSQL type of the column, or of the parts of a composite key.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of(array: ArrayRef, field: &Field) -> Result<Self> {
        Self::referring_to(array, field, None)
    }

    /// The same for keys that refer to others of the type `parent`: PostgreSQL compares a varchar with a char(n) without
    /// the blanks at its end, but with anything else as it is.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn referring_to(array: ArrayRef, field: &Field, parent: Option<&KeyType>) -> Result<Self> {
        let form = match KeyType::of(field)? {
            KeyType::Number if !array.data_type().is_integer() => Form::Number,
            KeyType::Padded => Form::Unpadded,
            KeyType::Text if parent == Some(&KeyType::Padded) && types::is_varying(field) => Form::Unpadded,
            _ => Form::Plain,
        };
        let kind = match array.data_type() {
            DataType::Struct(own) => {
                let declared = match field.data_type() {
                    DataType::Struct(declared) if declared.len() == own.len() => declared,
                    _ => own,
                };
                let parent = |at: usize| match parent {
                    Some(KeyType::Composite(types)) => types.get(at),
                    _ => None,
                };
                let parts = array.as_struct().columns().iter().zip(declared).enumerate();
                let part = |(at, (column, part)): (usize, (&ArrayRef, &std::sync::Arc<Field>))| {
                    Self::referring_to(column.clone(), part, parent(at))
                };
                Keys::Composite(parts.map(part).collect::<Result<_>>()?)
            }
            DataType::Utf8 => {
                let strings = array.as_string::<i32>().clone();
                Keys::Text(Box::new(move |row, out| out.push_str(strings.value(row))))
            }
            DataType::LargeUtf8 => {
                let strings = array.as_string::<i64>().clone();
                Keys::Text(Box::new(move |row, out| out.push_str(strings.value(row))))
            }
            DataType::Utf8View => {
                let strings = array.as_string_view().clone();
                Keys::Text(Box::new(move |row, out| out.push_str(strings.value(row))))
            }
            integer if integer.is_integer() => Keys::Int(integers(&array)?),
            _ => Keys::Other,
        };
        Ok(Self { array, kind, form })
    }

    /// Rows in the column.
    #[must_use]
    pub fn len(&self) -> usize {
        self.array.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// Is the key of this row NULL (of a composite: any part of it)?
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        match &self.kind {
            Keys::Composite(parts) => self.array.is_null(row) || parts.iter().any(|part| part.is_null(row)),
            _ => self.array.is_null(row),
        }
    }

    /// The key as the number it is; None for keys that are no integers.
    #[must_use]
    pub fn int(&self, row: usize) -> Option<i64> {
        match &self.kind {
            Keys::Int(get) if self.array.is_valid(row) => Some(get(row)),
            _ => None,
        }
    }

    /// Are the keys integers, so that they go to `legacy_id` and not to `legacy_key`?
    #[must_use]
    pub fn is_int(&self) -> bool {
        matches!(self.kind, Keys::Int(_))
    }

    /// The key as text: an integer's digits, a text as it is, a composite key as a JSON array of its parts.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when a value has no text form.
    pub fn text(&self, row: usize) -> Result<String> {
        let mut out = String::new();
        self.write_text(row, &mut out)?;
        Ok(out)
    }

    /// Appends the key as text.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn write_text(&self, row: usize, out: &mut String) -> Result<()> {
        match &self.kind {
            Keys::Int(get) => write!(out, "{}", get(row)).map_err(|_| Error::unexpected("a key cannot be written")),
            Keys::Text(get) => {
                get(row, out);
                Ok(())
            }
            Keys::Other => {
                out.push_str(&shown(&self.array, row)?);
                Ok(())
            }
            Keys::Composite(parts) => {
                let values = parts.iter().map(|part| part.json(row)).collect::<Result<Vec<_>>>()?;
                out.push_str(&Value::Array(values).to_string());
                Ok(())
            }
        }
    }

    fn json(&self, row: usize) -> Result<Value> {
        if self.array.is_null(row) {
            return Ok(Value::Null);
        }
        match &self.kind {
            Keys::Int(get) => Ok(Value::from(get(row))),
            _ => self.text(row).map(Value::String),
        }
    }

    /// Writes the canonical typed form of a key, on which identifiers rest: `int:42`, `num:4.5`, `text:abc`,
    /// `key:[1,"a"]`, `other:2025-01-31`. Keys that PostgreSQL takes for equal share a form, in whatever types they are;
    /// others never do.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn write_canonical(&self, row: usize, out: &mut String) -> Result<()> {
        match (self.form, &self.kind) {
            (Form::Number, _) => {
                let text = self.text(row)?;
                out.push_str(&types::number(&text).unwrap_or_else(|| format!("text:{text}")));
                return Ok(());
            }
            (Form::Unpadded, _) => {
                out.push_str("text:");
                out.push_str(self.text(row)?.trim_end_matches(' '));
                return Ok(());
            }
            (Form::Plain, Keys::Composite(parts)) => {
                let values = parts.iter().map(|part| part.canonical_json(row)).collect::<Result<Vec<_>>>()?;
                out.push_str("key:");
                out.push_str(&Value::Array(values).to_string());
                return Ok(());
            }
            (Form::Plain, _) if self.is_uuid() => {
                out.push_str("other:");
                out.push_str(&types::without_hyphens(&self.text(row)?));
                return Ok(());
            }
            (Form::Plain, _) => {}
        }
        out.push_str(match &self.kind {
            Keys::Int(_) => "int:",
            Keys::Text(_) => "text:",
            Keys::Other | Keys::Composite(_) => "other:",
        });
        self.write_text(row, out)
    }

    /// What a key prints, alike for keys that PostgreSQL takes for equal and for those of other types that print the same: 5,
    /// 5.0 and '5' give `5`. Of a composite key a JSON array of what its parts print.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn printed(&self, row: usize) -> Result<String> {
        if let Keys::Composite(parts) = &self.kind {
            let part = |part: &Self| Ok(if part.is_null(row) { Value::Null } else { part.printed(row)?.into() });
            return Ok(Value::Array(parts.iter().map(part).collect::<Result<_>>()?).to_string());
        }
        let text = self.text(row)?;
        Ok(match self.form {
            Form::Plain => text,
            Form::Unpadded => text.trim_end_matches(' ').to_owned(),
            Form::Number => types::number(&text)
                .and_then(|number| number.split_once(':').map(|(_, digits)| digits.to_owned()))
                .unwrap_or(text),
        })
    }

    fn is_uuid(&self) -> bool {
        *self.array.data_type() == DataType::FixedSizeBinary(16)
    }

    fn canonical_json(&self, row: usize) -> Result<Value> {
        Ok(match (self.json(row)?, self.form) {
            (Value::String(text), Form::Number) => types::numeral(&text),
            (Value::String(text), Form::Unpadded) => Value::from(text.trim_end_matches(' ')),
            (Value::String(text), Form::Plain) if self.is_uuid() => Value::from(types::without_hyphens(&text)),
            (value, _) => value,
        })
    }
}

fn shown(array: &ArrayRef, row: usize) -> Result<String> {
    if *array.data_type() == DataType::FixedSizeBinary(16) {
        let uuid = uuid::Uuid::from_slice(array.as_fixed_size_binary().value(row));
        return uuid.map(|uuid| uuid.to_string()).map_err(|_| Error::unexpected("a UUID has 16 bytes"));
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options)
        .map_err(|_| Error::config(format!("a key cannot be of the type {}", array.data_type())))?;
    formatter.value(row).try_to_string().map_err(|_| Error::unexpected("a key has no text form"))
}

type IntegerAt = Box<dyn Fn(usize) -> i64 + Send + Sync>;
type TextAt = Box<dyn Fn(usize, &mut String) + Send + Sync>;

fn integers(array: &ArrayRef) -> Result<IntegerAt> {
    macro_rules! of {
        ($type:ty) => {{
            let values = array.as_primitive::<$type>().clone();
            Box::new(move |row: usize| i64::from(values.value(row))) as IntegerAt
        }};
    }
    Ok(match array.data_type() {
        DataType::Int8 => of!(Int8Type),
        DataType::Int16 => of!(Int16Type),
        DataType::Int32 => of!(Int32Type),
        DataType::Int64 => of!(Int64Type),
        DataType::UInt8 => of!(UInt8Type),
        DataType::UInt16 => of!(UInt16Type),
        DataType::UInt32 => of!(UInt32Type),
        DataType::UInt64 => {
            let values = array.as_primitive::<UInt64Type>().clone();
            if values.iter().flatten().any(|value| i64::try_from(value).is_err()) {
                return Err(Error::config("a key is larger than a bigint can hold"));
            }
            Box::new(move |row| i64::try_from(values.value(row)).unwrap_or(i64::MAX))
        }
        other => return Err(Error::unexpected(format!("{other} is not an integer type"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, StringArray, StructArray};
    use arrow::datatypes::Field;
    use std::sync::Arc;

    fn canonical(array: ArrayRef, row: usize) -> String {
        let mut out = String::new();
        KeyColumn::new(array).unwrap().write_canonical(row, &mut out).unwrap();
        out
    }

    #[test]
    fn kinds_never_share_a_canonical_form() {
        let ints: ArrayRef = Arc::new(Int32Array::from(vec![1, -7]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", "a\"b"]));
        assert_eq!(canonical(ints.clone(), 1), "int:-7");
        assert_eq!(canonical(texts.clone(), 0), "text:1");
        let composite: ArrayRef = Arc::new(StructArray::from(vec![
            (Arc::new(Field::new("a", DataType::Int32, false)), ints),
            (Arc::new(Field::new("b", DataType::Utf8, false)), texts),
        ]));
        assert_eq!(canonical(composite, 1), r#"key:[-7,"a\"b"]"#);
    }

    #[test]
    fn uuids_have_one_canonical_form_and_read_as_postgresql_prints_them() {
        let plain = "6f1d3c52-7c0a-4f3e-9d5e-0b1c2d3e4f50";
        let uuid = uuid::Uuid::parse_str(plain).unwrap();
        let array: ArrayRef =
            Arc::new(arrow::array::FixedSizeBinaryArray::try_from_iter([uuid.as_bytes()].into_iter()).unwrap());
        assert_eq!(KeyColumn::new(array.clone()).unwrap().text(0).unwrap(), plain);
        let form = canonical(array, 0);
        assert_eq!(form, format!("other:{}", plain.replace('-', "")));
        for text in [plain.to_owned(), plain.to_uppercase(), plain.replace('-', "")] {
            assert_eq!(KeyType::Other("uuid").canonical(&text).as_deref(), Some(form.as_str()));
        }
    }
}
