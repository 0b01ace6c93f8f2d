//! Owns which keys PostgreSQL takes for equal, whatever types they are written in: the types of keys, and the one form of
//! a key's text under each. Must not know: where keys come from.

use std::fmt;

use arrow::datatypes::{DataType, Field};
use serde_json::Value;

use crate::error::{Error, Result};

/// The metadata key of a field that holds its PostgreSQL type.
pub const PG_TYPE: &str = "pg_type";

/// The types of keys. PostgreSQL compares keys of one type with `=`, and of two types only after a cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyType {
    /// Integers of all widths, oid, and numeric.
    Number,
    /// text, varchar, name and whatever else travels as text.
    Text,
    /// char(n): comparable with text, and without the blanks at its end.
    Padded,
    /// A type of its own, such as uuid or date.
    Other(&'static str),
    /// Several columns.
    Composite(Vec<KeyType>),
}

impl KeyType {
    /// The type of a column of keys.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a type that cannot serve as a key (lists, maps, floats).
    pub fn of(field: &Field) -> Result<Self> {
        Ok(match field.data_type() {
            DataType::Struct(members) => {
                Self::Composite(members.iter().map(|member| Self::of(member)).collect::<Result<_>>()?)
            }
            integer if integer.is_integer() => Self::Number,
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Self::Number
            }
            // The engine's own type of numbers of any size.
            DataType::LargeUtf8 => Self::Number,
            _ if is_numeric(field) => Self::Number,
            text if text.is_string() && is_padded(field) => Self::Padded,
            text if text.is_string() => Self::Text,
            DataType::FixedSizeBinary(16) => Self::Other("uuid"),
            DataType::Date32 | DataType::Date64 => Self::Other("date"),
            DataType::Timestamp(_, None) => Self::Other("timestamp"),
            DataType::Timestamp(_, Some(_)) => Self::Other("timestamptz"),
            DataType::Boolean => Self::Other("boolean"),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Other("bytea"),
            DataType::Time32(_) | DataType::Time64(_) => Self::Other("time"),
            float if float.is_floating() => return Err(Error::config("a key cannot be a floating point number")),
            nested @ (DataType::List(_)
            | DataType::LargeList(_)
            | DataType::Map(..)
            | DataType::Union(..)
            | DataType::Null) => return Err(Error::config(format!("a key cannot be of the type {nested}"))),
            _ => Self::Other("value"),
        })
    }

    /// The canonical form of a key that is known by its text alone, as mappings hold it. None for a text that is no key
    /// of this type.
    #[must_use]
    pub fn canonical(&self, text: &str) -> Option<String> {
        Some(match self {
            Self::Number => number(text)?,
            Self::Text => format!("text:{text}"),
            Self::Padded => format!("text:{}", text.trim_end_matches(' ')),
            Self::Other("uuid") => format!("other:{}", without_hyphens(text)),
            Self::Other(_) => format!("other:{text}"),
            Self::Composite(types) => {
                let parts: Vec<Value> = serde_json::from_str(text).ok()?;
                if parts.len() != types.len() {
                    return None;
                }
                let parts = types.iter().zip(parts).map(|(kind, part)| match (kind, part) {
                    (_, Value::Null) => Some(Value::Null),
                    (Self::Number, Value::String(text)) => Some(numeral(&text)),
                    (Self::Other("uuid"), Value::String(text)) => Some(Value::from(without_hyphens(&text))),
                    (Self::Number, number) => Some(numeral(&number.to_string())),
                    (_, Value::String(text)) => Some(Value::String(text)),
                    (_, other) => Some(Value::String(other.to_string())),
                });
                format!("key:{}", Value::Array(parts.collect::<Option<_>>()?))
            }
        })
    }

    /// Does PostgreSQL compare keys of the two types as they are?
    #[must_use]
    pub fn compares_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text | Self::Padded, Self::Text | Self::Padded) => true,
            (Self::Composite(own), Self::Composite(others)) => {
                own.len() == others.len() && own.iter().zip(others).all(|(own, other)| own.compares_with(other))
            }
            _ => self == other,
        }
    }

    /// What to write so that an expression is of this type.
    #[must_use]
    pub fn cast(&self) -> &'static str {
        match self {
            Self::Number => "cast(… as bigint)",
            Self::Text | Self::Padded => "cast(… as varchar)",
            Self::Other("date") => "cast(… as date)",
            Self::Other("boolean") => "cast(… as boolean)",
            Self::Other("timestamp" | "timestamptz") => "arrow_cast(…, 'Timestamp(Microsecond, …)')",
            Self::Other("uuid") => "to_uuid(…)",
            Self::Other(_) => "the column itself, of the same type",
            Self::Composite(_) => "named_struct('a', …, 'b', …), each part of the type of the key's part",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => f.write_str("number"),
            Self::Text | Self::Padded => f.write_str("text"),
            Self::Other(name) => f.write_str(name),
            Self::Composite(parts) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(f, "({})", parts.join(", "))
            }
        }
    }
}

/// The canonical form of a UUID, which mappings of others may hold in any of its forms.
pub(super) fn without_hyphens(text: &str) -> String {
    uuid::Uuid::parse_str(text.trim()).map_or_else(|_| text.to_owned(), |uuid| uuid.simple().to_string())
}

/// Is it a column of PostgreSQL's numeric that travels as text?
#[must_use]
pub fn is_numeric(field: &Field) -> bool {
    let is_name = |name: &String| name.starts_with("numeric") && !name.ends_with("[]");
    field.data_type().is_string() && field.metadata().get(PG_TYPE).is_some_and(is_name)
}

/// Is it a varchar, which PostgreSQL compares with a char(n) as one?
pub(super) fn is_varying(field: &Field) -> bool {
    field.metadata().get(PG_TYPE).is_some_and(|name| name.starts_with("character varying"))
}

/// Is it a char(n), which PostgreSQL compares without the blanks at its end?
pub(super) fn is_padded(field: &Field) -> bool {
    field.metadata().get(PG_TYPE).is_some_and(|name| name.starts_with("character(") || name == "bpchar")
}

/// The canonical form of a number: `int:5` for 5, 5.0 and 5.000; `num:5.5` for 5.5 and 5.50. None for what is none.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if ["NaN", "Infinity"].contains(&digits) {
        return Some(format!("num:{sign}{digits}"));
    }
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits_only(whole) || !digits_only(rest) || whole.is_empty() && rest.is_empty() {
        return None;
    }
    let (whole, rest) = (whole.trim_start_matches('0'), rest.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match (whole, rest) {
        ("0", "") => "int:0".to_owned(),
        (whole, "") => format!("int:{sign}{whole}"),
        (whole, rest) => format!("num:{sign}{whole}.{rest}"),
    })
}

/// A number as a part of a composite key: a JSON number where it is a bigint, else text.
pub(super) fn numeral(text: &str) -> Value {
    match number(text) {
        Some(form) => match form.strip_prefix("int:").map(str::parse::<i64>) {
            Some(Ok(number)) => Value::from(number),
            _ => Value::from(form.split_once(':').map_or("", |(_, digits)| digits)),
        },
        None => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_form() {
        for (texts, form) in [
            (&["5", "5.0", "05", "+5", "5.", " 5 "][..], "int:5"),
            (&["0", "-0", "0.00", "-0.0"], "int:0"),
            (&["-7", "-7.000"], "int:-7"),
            (&["0.50", ".5"], "num:0.5"),
            (&["123456789012345678901"], "int:123456789012345678901"),
            (&["NaN"], "num:NaN"),
        ] {
            for text in texts {
                assert_eq!(number(text).as_deref(), Some(form), "{text}");
            }
        }
        for text in ["", "-", ".", "abc", "1e5", "1.2.3"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn keys_known_by_their_text_have_the_form_of_their_type() {
        let pair = KeyType::Composite(vec![KeyType::Number, KeyType::Text]);
        assert_eq!(pair.canonical(r#"["5.0", "a"]"#).as_deref(), Some(r#"key:[5,"a"]"#));
        assert_eq!(pair.canonical("5"), None);
        assert_eq!(KeyType::Text.canonical("5").as_deref(), Some("text:5"));
        assert_eq!(KeyType::Number.canonical("5.0").as_deref(), Some("int:5"));
    }
}
