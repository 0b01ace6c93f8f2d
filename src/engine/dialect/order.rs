//! Owns the order of two single values, where a function compares them itself.
//! Must not know: columns.

use std::cmp::Ordering;

use super::super::functions::compare_numerics;
use super::value::Value;

/// How two values compare that are not NULL; None for types without an order here.
#[must_use]
pub fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float4(a), Value::Float4(b)) => floats(f64::from(*a), f64::from(*b)),
        (Value::Float8(a), Value::Float8(b)) => floats(*a, *b),
        (Value::Numeric(a), Value::Numeric(b)) => compare_numerics(a, b)?,
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::TimestampTz(a), Value::TimestampTz(b)) => a.cmp(b),
        (Value::Interval(a), Value::Interval(b)) => a.order().cmp(&b.order()),
        _ => return None,
    })
}

/// NaN is above all and equal to itself; -0 is 0.
fn floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}
