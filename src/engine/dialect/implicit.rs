//! Owns which types become which others by themselves, as in PostgreSQL, and how far they are from each other.
//! Must not know: functions and operators.

use super::super::postgres::{float, time};
use super::kind::Kind;
use super::value::Value;
use super::{Fault, input, output};

/// What each argument costs that is not of just the type that is wanted: PostgreSQL takes the form with the fewest.
const INEXACT: u32 = 100;

/// How far a type is from one that is wanted: 0 if it is that type; None if it does not become it by itself.
#[must_use]
pub fn distance(given: &Kind, wanted: &Kind) -> Option<u32> {
    use Kind::{Date, List, Null, Own, Padded, Text, Timestamp, Unknown, Varchar};
    if given == wanted {
        return Some(0);
    }
    if let (Some(from), Some(to)) = (given.rank(), wanted.rank()) {
        // Double precision is preferred, as in PostgreSQL; of the rest, the nearest.
        let step = if *wanted == Kind::Float8 { 1 } else { u32::from(to.saturating_sub(from)) * 2 };
        return (from < to).then_some(INEXACT + step);
    }
    match (given, wanted) {
        (Null, _) => Some(1),
        (Unknown, Text) => Some(0),
        (Unknown, Kind::Float8 | Kind::TimestampTz) => Some(1),
        (Unknown, _) => Some(2),
        (Varchar, Text) => Some(1),
        (Padded, Text) => Some(INEXACT),
        (Kind::Oid, Kind::Int8) | (Date, Timestamp) => Some(INEXACT + 2),
        (List(from), List(to)) => match (from.as_ref(), to.as_ref()) {
            (Varchar, Text) => Some(1),
            _ => None,
        },
        (Own(a), Own(b)) if a == b => Some(0),
        _ => None,
    }
}

/// How far a type is from being shown as text, which everything that PostgreSQL has is.
#[must_use]
pub fn shown(kind: &Kind) -> Option<u32> {
    match kind {
        Kind::Engine(_) => None,
        _ => Some(2 * INEXACT),
    }
}

/// Do a clock without a zone and an instant meet?
#[must_use]
pub fn needs_zone(kinds: &[Kind]) -> bool {
    kinds.contains(&Kind::TimestampTz) && kinds.iter().any(|kind| matches!(kind, Kind::Timestamp | Kind::Date))
}

/// A value as the type that is wanted.
///
/// # Errors
/// When the value does not fit.
pub fn convert<'a>(value: Value<'a>, given: &Kind, wanted: &Kind) -> Result<Value<'a>, Fault> {
    if given == wanted || value.is_null() {
        return Ok(value);
    }
    Ok(match (value, wanted) {
        (Value::Text(text), wanted) if *given == Kind::Unknown => input::read(wanted, &text)?,
        (Value::Int(value), Kind::Numeric) => Value::numeric(value.to_string()),
        #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
        (Value::Int(value), Kind::Float8) => Value::Float8(value as f64),
        #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
        (Value::Int(value), Kind::Float4) => Value::Float4(value as f32),
        (Value::Numeric(text), Kind::Float8) => Value::Float8(
            float::numeric_to8(&text).map_err(|_| Fault("a number is out of the range of double precision"))?,
        ),
        (Value::Numeric(text), Kind::Float4) => {
            Value::Float4(float::read4(&text).map_err(|_| Fault("a number is out of the range of real"))?)
        }
        (Value::Float4(value), Kind::Float8) => Value::Float8(f64::from(value)),
        (Value::Date(days), Kind::Timestamp) => Value::Timestamp(
            time::date_to_timestamp(days).map_err(|_| Fault("a date is out of the range of timestamp"))?,
        ),
        (value, _) => value,
    })
}

/// A value as its output function prints it: what `concat` shows.
///
/// # Errors
/// None that is known; the type says so for all.
#[expect(clippy::unnecessary_wraps, reason = "as other conversions")]
pub fn shown_text<'a>(value: Value<'a>, kind: &Kind) -> Result<Value<'a>, Fault> {
    Ok(match value {
        Value::Null | Value::Text(_) => value,
        other => Value::text(output::print(&other, kind)),
    })
}

/// A value as its cast to text gives it: what `||` shows.
///
/// # Errors
/// As [`shown_text`].
#[expect(clippy::unnecessary_wraps, reason = "as other conversions")]
pub fn cast_text<'a>(value: Value<'a>, kind: &Kind) -> Result<Value<'a>, Fault> {
    Ok(if value.is_null() { value } else { Value::text(output::cast_to_text(&value, kind)) })
}
