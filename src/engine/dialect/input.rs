//! Owns the value of each text, as PostgreSQL's input functions read it.
//! Must not know: columns, functions.

use super::super::functions::read_numeric;
use super::super::postgres::{array, float, json, text, time};
use super::Fault;
use super::kind::Kind;
use super::value::Value;

/// What a quoted text, or a text that is cast, is as a value of a type.
///
/// # Errors
/// When the text is no value of the type, or the type's texts are not read here.
pub fn read(kind: &Kind, given: &str) -> Result<Value<'static>, Fault> {
    let trimmed = given.trim_matches(is_space);
    Ok(match kind {
        Kind::Null | Kind::Unknown | Kind::Text | Kind::Varchar => Value::text(given),
        Kind::Padded => Value::text(given.trim_end_matches(' ')),
        Kind::Bool => Value::Bool(truth(trimmed).ok_or(Fault("a text is no boolean"))?),
        Kind::Int2 => Value::Int(i64::from(integer::<i16>(trimmed)?)),
        Kind::Int4 => Value::Int(i64::from(integer::<i32>(trimmed)?)),
        Kind::Int8 => Value::Int(integer::<i64>(trimmed)?),
        Kind::Oid => Value::Int(i64::from(integer::<u32>(trimmed)?)),
        Kind::Float4 => Value::Float4(float::read4(given).map_err(|_| Fault("a text is no real"))?),
        Kind::Float8 => Value::Float8(float::read8(given).map_err(|_| Fault("a text is no double precision"))?),
        Kind::Numeric => Value::numeric(read_numeric(trimmed).ok_or(Fault("a text is no numeric"))?),
        Kind::Json => {
            if !json::is_valid_json(given) {
                return Err(Fault("a text is no json"));
            }
            Value::text(given)
        }
        Kind::Jsonb => Value::text(json::Json::read(given).map_err(|_| Fault("a text is no jsonb"))?.print()),
        Kind::Bytes => Value::Bytes(text::read_bytea(given).map_err(|_| Fault("a text is no bytea"))?.into()),
        Kind::Uuid => Value::Uuid(uuid(given).ok_or(Fault("a text is no uuid"))?),
        Kind::Date => Value::Date(time::read_date(given).map_err(clock)?),
        Kind::Time => Value::Time(time::read_time(given).map_err(clock)?),
        Kind::Timestamp => Value::Timestamp(time::read_timestamp(given).map_err(clock)?),
        Kind::TimestampTz => Value::TimestampTz(time::read_timestamptz(given).map_err(clock)?),
        Kind::Interval => Value::Interval(time::Interval::read(given).map_err(clock)?),
        Kind::List(item) => {
            let texts =
                array::read(given, array::DELIMITER).map_err(|_| Fault("a text is no array of one dimension"))?;
            let one = |text: Option<String>| text.map_or(Ok(Value::Null), |text| read(item, &text));
            Value::List(texts.into_iter().map(one).collect::<Result<_, _>>()?)
        }
        Kind::Own(name) if name.ends_with("range") => super::families::canonical_range(name, given)?,
        Kind::Own(_) if kind.is_label() => Value::text(given),
        Kind::Own(_) | Kind::Engine(_) => {
            return Err(Fault("a text of this type is not read here: cast the other side to text"));
        }
    })
}

/// What PostgreSQL takes for a blank.
#[must_use]
pub fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn clock(bad: time::Bad) -> Fault {
    match bad {
        time::Bad::Range => Fault("a date or time is out of range"),
        time::Bad::Zone => Fault("a time zone is not known"),
        time::Bad::Unsupported => Fault("a text means another time each day: rules must be reproducible"),
        time::Bad::Syntax => Fault("a text is no date or time"),
    }
}

fn integer<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    // One sign, then digits: nothing else, though Rust and PostgreSQL agree on the rest.
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault("a text is no integer"));
    }
    // An unsigned type takes no minus here, as it would wrap around.
    text.parse().map_err(|_| Fault("an integer is out of range"))
}

/// Any unambiguous start of true, false, yes, no, on, off, and 1 and 0.
fn truth(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let starts = |word: &str, least: usize| text.len() >= least && word.starts_with(text.as_str());
    if starts("true", 1) || starts("yes", 1) || text == "on" || text == "1" {
        return Some(true);
    }
    (starts("false", 1) || starts("no", 1) || starts("off", 2) || text == "0").then_some(false)
}

/// 32 digits, with a hyphen after any group of four, in braces or not.
fn uuid(text: &str) -> Option<[u8; 16]> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let mut digits = String::with_capacity(32);
    let mut chars = inner.chars();
    while digits.len() < 32 {
        match chars.next()? {
            '-' if !digits.is_empty() && digits.len().is_multiple_of(4) && !digits.ends_with('-') => {
                match chars.next()? {
                    digit if digit.is_ascii_hexdigit() => digits.push(digit),
                    _ => return None,
                }
            }
            digit if digit.is_ascii_hexdigit() => digits.push(digit),
            _ => return None,
        }
    }
    if chars.next().is_some() {
        return None;
    }
    hex::decode(digits).ok()?.try_into().ok()
}
