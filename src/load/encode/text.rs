//! Owns the text form of every value, for tables with a column that has no binary form.
//! Must not know: rows, tables or streams.

use std::io::Write;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType, UInt64Type,
};
use uuid::Uuid;

use super::fit::Place;
use super::{Cell, Fault, binary};
use crate::calendar::{civil, historic};
use crate::error::{Error, Result};
use crate::target::TypeKind;

const DAY: i64 = 86_400_000_000;

/// The writer of a column's text. `array` is in its normal type. The limits of the binary form hold here too.
pub(super) fn cell(array: &ArrayRef, place: &Place) -> Result<Cell> {
    let writer = plain(array, place)?;
    if matches!(array.data_type(), DataType::List(_)) {
        return Ok(writer);
    }
    if *array.data_type() == DataType::Utf8 && is_text_only(place) {
        return Ok(exactly(array, place).unwrap_or(writer));
    }
    // What the binary form refuses (out of range, silently rounded or cut) is refused here as well.
    let guard = binary::cell(array, place)?;
    let scratch = std::cell::RefCell::new(Vec::new());
    Ok(Box::new(move |row, out| {
        let mut scratch = scratch.borrow_mut();
        scratch.clear();
        guard(row, &mut scratch)?;
        writer(row, out)
    }))
}

fn is_text_only(place: &Place) -> bool {
    let base = place.ty.base();
    !matches!(base.kind, TypeKind::Enum { .. })
        && !["text", "varchar", "bpchar", "name", "citext", "json", "jsonb", "uuid", "numeric", "char"]
            .contains(&base.name.as_str())
}

/// The writer of a time's text for a place with fewer digits of a second: PostgreSQL would round in silence.
fn exactly(array: &ArrayRef, place: &Place) -> Option<Cell> {
    let digits = match place.ty.base().name.as_str() {
        "time" | "timetz" | "timestamp" | "timestamptz" => place.modifier,
        // Above, the modifier holds which fields are kept.
        "interval" => place.modifier & 0xffff,
        _ => return None,
    };
    let most = usize::try_from(digits).ok().filter(|most| place.modifier >= 0 && *most < 6)?;
    let values = array.as_string::<i32>().clone();
    Some(Box::new(move |row, out| {
        let text = values.value(row);
        let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
        let fraction = fraction.bytes().take_while(u8::is_ascii_digit).skip(most);
        if fraction.into_iter().any(|digit| digit != b'0') {
            return Err(Fault::TimeWouldRound);
        }
        put(out, text.as_bytes())
    }))
}

macro_rules! shown {
    ($array:expr, $type:ty) => {{
        let values = $array.as_primitive::<$type>().clone();
        Box::new(move |row, out: &mut Vec<u8>| write!(out, "{}", values.value(row)).map_err(|_| Fault::Unwritten))
    }};
}

fn plain(array: &ArrayRef, place: &Place) -> Result<Cell> {
    Ok(match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean().clone();
            Box::new(move |row, out| {
                out.push(if values.value(row) { b't' } else { b'f' });
                Ok(())
            })
        }
        DataType::Int64 | DataType::UInt64 | DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => {
            number(array, place)?
        }
        // Before release 16, PostgreSQL has no text for the bytes from 128 on.
        DataType::Utf8 if place.ty.base().name == "char" => {
            let values = array.as_string::<i32>().clone();
            Box::new(move |row, out| match values.value(row) {
                text if text.len() > 1 => Err(Fault::NoValue),
                text => put(out, text.as_bytes()),
            })
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>().clone();
            Box::new(move |row, out| {
                out.extend_from_slice(values.value(row).as_bytes());
                Ok(())
            })
        }
        DataType::FixedSizeBinary(_) if place.ty.base().name == "uuid" => {
            let values = array.as_fixed_size_binary().clone();
            Box::new(move |row, out| {
                let uuid = Uuid::from_slice(values.value(row)).map_err(|_| Fault::NoValue)?;
                write!(out, "{uuid}").map_err(|_| Fault::Unwritten)
            })
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary().clone();
            Box::new(move |row, out| write!(out, "\\x{}", hex::encode(values.value(row))).map_err(|_| Fault::Unwritten))
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>().clone();
            Box::new(move |row, out| write!(out, "\\x{}", hex::encode(values.value(row))).map_err(|_| Fault::Unwritten))
        }
        DataType::Date32 => {
            let values = array.as_primitive::<Date32Type>().clone();
            Box::new(move |row, out| match values.value(row) {
                i32::MAX => put(out, b"infinity"),
                i32::MIN => put(out, b"-infinity"),
                days => moment(i64::from(days), None, "", out),
            })
        }
        DataType::Timestamp(_, zone) => {
            let values = array.as_primitive::<TimestampMicrosecondType>().clone();
            let zone = if zone.is_some() || place.ty.base().name == "timestamptz" { "+00" } else { "" };
            Box::new(move |row, out| match values.value(row) {
                i64::MAX => put(out, b"infinity"),
                i64::MIN => put(out, b"-infinity"),
                micros => moment(micros.div_euclid(DAY), Some(micros.rem_euclid(DAY)), zone, out),
            })
        }
        DataType::Time64(_) => {
            let values = array.as_primitive::<Time64MicrosecondType>().clone();
            Box::new(move |row, out| clock(values.value(row), out))
        }
        DataType::List(_) => list(array, place)?,
        other => return Err(Error::unexpected(format!("no text form was planned for {other}"))),
    })
}

fn number(array: &ArrayRef, place: &Place) -> Result<Cell> {
    Ok(match array.data_type() {
        DataType::Int64 => shown!(array, Int64Type),
        DataType::UInt64 => shown!(array, UInt64Type),
        // Fewer digits tell a float4 from its neighbours than the same number among all float8.
        DataType::Float32 if place.ty.base().name == "float8" => {
            let values = array.as_primitive::<Float32Type>().clone();
            Box::new(move |row, out| write!(out, "{}", f64::from(values.value(row))).map_err(|_| Fault::Unwritten))
        }
        DataType::Float32 => shown!(array, Float32Type),
        DataType::Float64 => shown!(array, Float64Type),
        DataType::Decimal128(_, decimals) => {
            let (values, decimals) = (array.as_primitive::<Decimal128Type>().clone(), *decimals);
            if let TypeKind::Money { digits } = place.ty.base().kind {
                // The load's transactions read money as the locale C writes it: with two digits, whatever the target's are.
                return Ok(Box::new(move |row, out| {
                    let coins = binary::coins(values.value(row), decimals, digits)?;
                    let (sign, coins) = (if coins < 0 { "-" } else { "" }, coins.unsigned_abs());
                    write!(out, "{sign}{}.{:02}", coins / 100, coins % 100).map_err(|_| Fault::Unwritten)
                }));
            }
            Box::new(move |row, out| {
                out.extend_from_slice(values.value_as_string(row).as_bytes());
                Ok(())
            })
        }
        other => return Err(Error::unexpected(format!("no text form was planned for {other}"))),
    })
}

fn put(out: &mut Vec<u8>, text: &[u8]) -> Result<(), Fault> {
    out.extend_from_slice(text);
    Ok(())
}

/// Writes a date, with a time where there is one; years before 1 as PostgreSQL writes them.
fn moment(days: i64, micros: Option<i64>, zone: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
    let (year, month, day) = civil(days);
    let (shown, era) = historic(year);
    write!(out, "{shown:04}-{month:02}-{day:02}").map_err(|_| Fault::Unwritten)?;
    if let Some(micros) = micros {
        out.push(b' ');
        clock(micros, out)?;
        out.extend_from_slice(zone.as_bytes());
    }
    put(out, era.as_bytes())
}

fn clock(micros: i64, out: &mut Vec<u8>) -> Result<(), Fault> {
    let seconds = micros / 1_000_000;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    write!(out, "{hours:02}:{minutes:02}:{rest:02}.{:06}", micros % 1_000_000).map_err(|_| Fault::Unwritten)
}

fn list(array: &ArrayRef, place: &Place) -> Result<Cell> {
    let lists = array.as_list::<i32>().clone();
    let element = place.element().ok_or_else(|| Error::unexpected("a list was planned for no array"))?;
    let values = lists.values().clone();
    let nulls = values.logical_nulls();
    let write: Cell = if values.data_type().is_null() { Box::new(|_, _| Ok(())) } else { cell(&values, &element)? };
    let scratch = std::cell::RefCell::new(Vec::new());
    let separator = match place.ty.base().kind {
        TypeKind::Array { separator, .. } => separator,
        _ => ',',
    };
    Ok(Box::new(move |row, out| {
        let offsets = lists.value_offsets();
        let mut scratch = scratch.borrow_mut();
        out.push(b'{');
        for (number, at) in (offsets[row]..offsets[row + 1]).enumerate() {
            if number > 0 {
                write!(out, "{separator}").map_err(|_| Fault::Unwritten)?;
            }
            let at = usize::try_from(at).map_err(|_| Fault::OutOfRange)?;
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
                out.extend_from_slice(b"NULL");
                continue;
            }
            scratch.clear();
            write(at, &mut scratch)?;
            out.push(b'"');
            for byte in scratch.iter() {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        }
        out.push(b'}');
        Ok(())
    }))
}

/// Writes a field of a text COPY.
pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(days: i64) -> String {
        let mut out = Vec::new();
        moment(days, None, "", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_are_written_as_postgresql_reads_them() {
        assert_eq!(shown(0), "1970-01-01");
        assert_eq!(shown(10_957), "2000-01-01");
        assert_eq!(shown(-719_163), "0001-12-31 BC");
        assert_eq!(shown(2_932_896), "9999-12-31");
    }
}
