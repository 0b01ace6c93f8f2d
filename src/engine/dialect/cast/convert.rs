//! Owns what one value becomes when it is cast, and which casts there are.
//! Must not know: columns, or how SQL writes a cast.

use super::super::super::functions::{read_numeric, rounded_numeric};
use super::super::super::postgres::{float, json, text, time};
use super::super::kind::Kind;
use super::super::value::Value;
use super::super::{Fault, input, output};
use super::target::Target;

const ZONE: &str = ": write … at time zone '…', which says the zone";

/// Is there such a cast? What to write instead, otherwise.
pub fn is_there(given: &Kind, wanted: &Kind) -> Result<(), &'static str> {
    use Kind::{Bool, Date, Interval, Json, Jsonb, List, Null, Time, Timestamp, TimestampTz, Unknown};
    if given == wanted || matches!(given, Null | Unknown) {
        return Ok(());
    }
    if matches!(given, Kind::Engine(_)) {
        return Err("");
    }
    if wanted.is_text() {
        return Ok(());
    }
    let fits = match (given, wanted) {
        (text, _) if text.is_text() => !matches!(wanted, Kind::Engine(_)),
        (a, b) if a.rank().is_some() && b.rank().is_some() => true,
        (Kind::Int4, Bool | Kind::Oid) | (Bool, Kind::Int4) | (Kind::Int8 | Kind::Int2, Kind::Oid) => true,
        (Kind::Oid, Kind::Int4 | Kind::Int8) => true,
        (Date, Timestamp) | (Timestamp, Date | Time) | (Time, Interval) | (Interval, Time) => true,
        (Date | Timestamp, TimestampTz) | (TimestampTz, Timestamp | Date | Time) => return Err(ZONE),
        (Json, Jsonb) | (Jsonb, Json) => true,
        (Jsonb, to) => to.rank().is_some() || *to == Bool,
        (List(a), List(b)) => return is_there(a, b),
        _ => false,
    };
    if fits { Ok(()) } else { Err(": cast it to text first, if its text is what is meant") }
}

/// A value as the target has it, cut and rounded to the target's length or precision.
///
/// # Errors
/// When the value does not fit.
pub fn explicit<'a>(value: Value<'a>, given: &Kind, target: &Target) -> Result<Value<'a>, Fault> {
    if value.is_null() {
        return Ok(value);
    }
    if let (Value::List(items), Kind::List(item), Kind::List(from)) = (&value, &target.kind, given) {
        let of = Target { kind: item.as_ref().clone(), modifier: target.modifier };
        let items = items.iter().map(|value| explicit(value.clone(), from, &of)).collect::<Result<_, _>>()?;
        return Ok(Value::List(items));
    }
    let value = converted(value, given, &target.kind)?;
    match target.modifier {
        None => Ok(value),
        Some(modifier) => cut(value, &target.kind, modifier),
    }
}

fn converted<'a>(value: Value<'a>, given: &Kind, wanted: &Kind) -> Result<Value<'a>, Fault> {
    use Kind::{Float4, Float8, Numeric};
    if wanted.is_text() {
        return Ok(match value {
            Value::Text(text) if given.is_text() || *given == Kind::Unknown => Value::Text(text),
            other => Value::text(output::cast_to_text(&other, given)),
        });
    }
    Ok(match (value, wanted) {
        (value, wanted) if given == wanted => value,
        (Value::Text(text), Kind::Json) if *given == Kind::Jsonb => Value::Text(text),
        (Value::Text(text), Kind::Jsonb) if *given == Kind::Json => input::read(wanted, &text)?,
        (Value::Text(text), wanted) if *given == Kind::Jsonb => of_json(&text, wanted)?,
        (Value::Text(text), wanted) => input::read(wanted, &text)?,
        (Value::Int(value), Kind::Oid) if matches!(given, Kind::Int2 | Kind::Int4) => {
            Value::Int(value.rem_euclid(1 << 32))
        }
        (Value::Int(value), Kind::Oid) if *given == Kind::Int8 && u32::try_from(value).is_err() => return Err(OUT),
        (Value::Bool(truth), Kind::Int4) => Value::Int(i64::from(truth)),
        (Value::Int(value), Kind::Bool) => Value::Bool(value != 0),
        (Value::Int(value), Numeric) => Value::numeric(value.to_string()),
        #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
        (Value::Int(value), Float8) => Value::Float8(value as f64),
        #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
        (Value::Int(value), Float4) => Value::Float4(value as f32),
        (Value::Float8(value), Float4) => Value::Float4(narrow(value)?),
        (Value::Float4(value), Float8) => Value::Float8(f64::from(value)),
        (Value::Float8(value), Numeric) => Value::numeric(float::to_numeric8(value).ok_or(OUT)?),
        (Value::Float4(value), Numeric) => Value::numeric(float::to_numeric4(value).ok_or(OUT)?),
        (Value::Float8(value), to) if to.is_integer() => Value::Int(float::to_int(value, bits(to)).ok_or(OUT)?),
        (Value::Float4(value), to) if to.is_integer() => {
            Value::Int(float::to_int(f64::from(value), bits(to)).ok_or(OUT)?)
        }
        (Value::Numeric(text), Float8) => Value::Float8(float::numeric_to8(&text).map_err(|_| OUT)?),
        (Value::Numeric(text), Float4) => Value::Float4(float::read4(&text).map_err(|_| OUT)?),
        (Value::Numeric(text), to) if to.is_integer() => {
            input::read(to, &rounded_numeric(&text, 0).ok_or(Fault("a NaN or an infinity is no integer"))?)?
        }
        (Value::Date(days), Kind::Timestamp) => Value::Timestamp(time::date_to_timestamp(days).map_err(|_| OUT)?),
        (Value::Timestamp(micros), Kind::Date) => Value::Date(time::timestamp_to_date(micros)),
        (Value::Timestamp(micros), Kind::Time) => match micros {
            i64::MAX | i64::MIN => Value::Null,
            micros => Value::Time(time::timestamp_to_time(micros)),
        },
        (Value::Time(micros), Kind::Interval) => Value::Interval(time::Interval { months: 0, days: 0, micros }),
        (Value::Interval(interval), Kind::Time) => Value::Time(interval.micros.rem_euclid(86_400_000_000)),
        (value, _) => value,
    })
}

const OUT: Fault = Fault("a number is out of the range of its type");

fn bits(kind: &Kind) -> u32 {
    match kind {
        Kind::Int2 => 16,
        Kind::Int4 => 32,
        _ => 64,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked right after")]
fn narrow(value: f64) -> Result<f32, Fault> {
    let narrow = value as f32;
    let overflows = narrow.is_infinite() && value.is_finite();
    let vanishes = narrow == 0.0 && value != 0.0;
    if overflows || vanishes { Err(OUT) } else { Ok(narrow) }
}

/// A scalar of JSON as a number or a boolean.
fn of_json<'a>(text: &str, wanted: &Kind) -> Result<Value<'a>, Fault> {
    match (json::Json::read(text).map_err(|_| Fault("a text is no jsonb"))?, wanted) {
        (json::Json::Bool(truth), Kind::Bool) => Ok(Value::Bool(truth)),
        (json::Json::Number(number), wanted) if wanted.rank().is_some() => {
            let target = Target { kind: wanted.clone(), modifier: None };
            explicit(Value::numeric(number), &Kind::Numeric, &target)
        }
        _ => Err(Fault("a jsonb value is of another kind than the cast wants")),
    }
}

fn cut<'a>(value: Value<'a>, kind: &Kind, (size, scale): (u32, i32)) -> Result<Value<'a>, Fault> {
    let digits = u8::try_from(size).unwrap_or(6);
    Ok(match (value, kind) {
        (Value::Null, _) => Value::Null,
        (Value::List(items), Kind::List(item)) => {
            let items = items.into_iter().map(|value| cut(value, item, (size, scale)));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        (Value::Text(given), Kind::Varchar) => Value::text(text::varchar(&given, size as usize)),
        (Value::Text(given), Kind::Padded) => Value::text(text::bpchar(&given, size as usize)),
        (Value::Numeric(number), Kind::Numeric) => {
            let rounded = match read_numeric(&number).as_deref() {
                Some("NaN") => "NaN".to_owned(),
                _ => rounded_numeric(&number, i64::from(scale)).ok_or(OUT)?,
            };
            let whole =
                rounded.trim_start_matches('-').split('.').next().unwrap_or_default().trim_start_matches('0').len();
            if rounded != "NaN" && i64::try_from(whole).unwrap_or(i64::MAX) > i64::from(size) - i64::from(scale) {
                return Err(OUT);
            }
            Value::numeric(rounded)
        }
        (Value::Time(micros), _) => Value::Time(time::round_time(micros, digits)),
        (Value::Timestamp(micros), _) => Value::Timestamp(time::round_micros(micros, digits)),
        (Value::TimestampTz(micros), _) => Value::TimestampTz(time::round_micros(micros, digits)),
        (Value::Interval(interval), _) => {
            Value::Interval(time::Interval { micros: time::round_time(interval.micros, digits), ..interval })
        }
        (value, _) => value,
    })
}
