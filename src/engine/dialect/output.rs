//! Owns the text of each value, as PostgreSQL's output functions print it.
//! Must not know: columns, functions.

use super::super::postgres::{array, float, time};
use super::kind::Kind;
use super::value::Value;

/// A value as PostgreSQL prints it; NULL is nothing.
#[must_use]
pub fn print(value: &Value<'_>, kind: &Kind) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => if *truth { "t" } else { "f" }.to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float4(value) => float::print4(*value),
        Value::Float8(value) => float::print8(*value),
        Value::Numeric(text) | Value::Text(text) => text.clone().into_owned(),
        Value::Bytes(bytes) => format!("\\x{}", hex::encode(bytes)),
        Value::Uuid(bytes) => uuid::Uuid::from_bytes(*bytes).to_string(),
        Value::Date(days) => time::print_date(*days),
        Value::Time(micros) => time::print_time(*micros),
        Value::Timestamp(micros) => time::print_timestamp(*micros),
        Value::TimestampTz(micros) => time::print_timestamptz(*micros),
        Value::Interval(interval) => interval.print(),
        Value::List(items) => {
            let of = if let Kind::List(item) = kind { item.as_ref() } else { &Kind::Text };
            let texts: Vec<Option<String>> =
                items.iter().map(|item| (!item.is_null()).then(|| item_text(print(item, of), of))).collect();
            let is_box = matches!(of, Kind::Own(name) if name == "box");
            array::print(&texts, if is_box { ';' } else { ',' })
        }
    }
}

/// A list of addresses holds what their cast to text gives, and prints what their output function does.
fn item_text(mut text: String, of: &Kind) -> String {
    if matches!(of, Kind::Own(name) if name == "inet")
        && let Some(bare) = text.strip_suffix(if text.contains(':') { "/128" } else { "/32" })
    {
        text.truncate(bare.len());
    }
    text
}

/// A value as a cast to text gives it: a boolean in full.
#[must_use]
pub fn cast_to_text(value: &Value<'_>, kind: &Kind) -> String {
    match value {
        Value::Bool(truth) => if *truth { "true" } else { "false" }.to_owned(),
        // The cast always tells how many bits the network has.
        Value::Text(text) if matches!(kind, Kind::Own(name) if name == "inet") && !text.contains('/') => {
            format!("{text}/{}", if text.contains(':') { 128 } else { 32 })
        }
        other => print(other, kind),
    }
}
