//! Owns how a value of a column is rendered as JSON: as PostgreSQL's to_jsonb renders it.
//! Must not know: SQL, or where the column comes from.

use std::collections::HashMap;
use std::io::Write;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, ListArray, StringArray, StructArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, FieldRef, Float32Type, Float64Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{DataFusionError, Result};

use super::super::super::postgres::float::print4;
use super::super::super::postgres::time::Interval;
use crate::calendar::{civil, historic};
use crate::columnar::PG_TYPE;

/// A field that holds JSON text, and says so.
pub fn json_field(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable).with_metadata(HashMap::from([(PG_TYPE.to_owned(), "jsonb".to_owned())]))
}

/// Does the field hold JSON text, which is embedded as it is?
fn is_json(field: &Field) -> bool {
    field.metadata().get(PG_TYPE).is_some_and(|name| name == "jsonb" || name == "json")
}

fn is_number_text(field: &Field) -> bool {
    field.metadata().get(PG_TYPE).is_some_and(|name| name.starts_with("numeric"))
}

type Writer = Box<dyn Fn(usize, &mut Vec<u8>) + Send + Sync>;

/// One column, ready to be written row by row.
pub struct Cell {
    array: ArrayRef,
    writer: Writer,
}

impl Cell {
    /// Looks at a column.
    ///
    /// # Errors
    /// A plan error for a type that has no JSON form.
    pub fn new(field: &FieldRef, array: &ArrayRef) -> Result<Self> {
        Ok(Self { array: array.clone(), writer: writer(field, array)? })
    }

    /// Appends the value of a row; NULL is `null`.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.array.is_null(row) {
            out.extend_from_slice(b"null");
        } else {
            (self.writer)(row, out);
        }
    }
}

fn writer(field: &FieldRef, array: &ArrayRef) -> Result<Writer> {
    Ok(match array.data_type() {
        DataType::Null => Box::new(|_, out| out.extend_from_slice(b"null")),
        DataType::Boolean => {
            let values = array.as_boolean().clone();
            Box::new(move |row, out| out.extend_from_slice(if values.value(row) { b"true" } else { b"false" }))
        }
        DataType::UInt64 => shown(array)?,
        kind if kind.is_integer() => {
            let values = cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone();
            Box::new(move |row, out| integer(values.value(row), out))
        }
        DataType::Float32 => {
            let (values, finite) = (array.as_primitive::<Float32Type>().clone(), shown(array)?);
            Box::new(move |row, out| match values.value(row) {
                value if value.is_finite() => finite(row, out),
                value => text(&print4(value), out),
            })
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let values = array.as_primitive::<IntervalMonthDayNanoType>().clone();
            Box::new(move |row, out| {
                let IntervalMonthDayNano { months, days, nanoseconds } = values.value(row);
                text(&Interval { months, days, micros: nanoseconds.div_euclid(1_000) }.print(), out);
            })
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().clone();
            Box::new(move |row, out| match values.value(row) {
                value if value.is_finite() => put(out, format_args!("{value}")),
                value if value.is_nan() => out.extend_from_slice(b"\"NaN\""),
                value => put(out, format_args!("\"{}Infinity\"", if value < 0.0 { "-" } else { "" })),
            })
        }
        DataType::Decimal128(..) => {
            let values = array.as_primitive::<Decimal128Type>().clone();
            Box::new(move |row, out| out.extend_from_slice(values.value_as_string(row).as_bytes()))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => strings(field, array)?,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let values: BinaryArray = cast(array, &DataType::Binary)?.as_binary::<i32>().clone();
            Box::new(move |row, out| put(out, format_args!("\"\\\\x{}\"", hex::encode(values.value(row)))))
        }
        DataType::FixedSizeBinary(16) => {
            let values = array.as_fixed_size_binary().clone();
            Box::new(move |row, out| {
                let uuid = uuid::Uuid::from_slice(values.value(row)).unwrap_or_default();
                put(out, format_args!("\"{uuid}\""));
            })
        }
        DataType::Struct(_) => object(array.as_struct())?,
        DataType::List(item) => list(item, array.as_list::<i32>())?,
        DataType::Dictionary(_, values) => writer(field, &cast(array, values)?)?,
        _ => times(array)?,
    })
}

fn strings(field: &FieldRef, array: &ArrayRef) -> Result<Writer> {
    let values: StringArray = cast(array, &DataType::Utf8)?.as_string::<i32>().clone();
    if is_json(field) {
        return Ok(Box::new(move |row, out| out.extend_from_slice(values.value(row).as_bytes())));
    }
    if is_number_text(field) || array.data_type() == &DataType::LargeUtf8 {
        return Ok(Box::new(move |row, out| match values.value(row) {
            special @ ("NaN" | "Infinity" | "-Infinity") => text(special, out),
            number => out.extend_from_slice(number.as_bytes()),
        }));
    }
    Ok(Box::new(move |row, out| text(values.value(row), out)))
}

fn times(array: &ArrayRef) -> Result<Writer> {
    Ok(match array.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let values = array.as_primitive::<TimestampMicrosecondType>().clone();
            let zone = if zone.is_some() { "+00:00" } else { "" };
            Box::new(move |row, out| timestamp(values.value(row), zone, out))
        }
        DataType::Timestamp(_, zone) => {
            let kind = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            times(&cast(array, &kind)?)?
        }
        DataType::Date32 => {
            let values = array.as_primitive::<Date32Type>().clone();
            Box::new(move |row, out| match values.value(row) {
                i32::MAX => out.extend_from_slice(b"\"infinity\""),
                i32::MIN => out.extend_from_slice(b"\"-infinity\""),
                days => {
                    out.push(b'"');
                    let era = date(i64::from(days), out);
                    out.extend_from_slice(era);
                    out.push(b'"');
                }
            })
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let values = array.as_primitive::<Time64MicrosecondType>().clone();
            Box::new(move |row, out| {
                out.push(b'"');
                clock(values.value(row), out);
                out.push(b'"');
            })
        }
        other => return Err(DataFusionError::Plan(format!("a value of the type {other} has no JSON form"))),
    })
}

fn shown(array: &ArrayRef) -> Result<Writer> {
    let values: StringArray = cast(array, &DataType::Utf8)?.as_string::<i32>().clone();
    Ok(Box::new(move |row, out| out.extend_from_slice(values.value(row).as_bytes())))
}

fn object(array: &StructArray) -> Result<Writer> {
    let mut members = Vec::with_capacity(array.num_columns());
    for (field, column) in array.fields().iter().zip(array.columns()) {
        let mut prefix = Vec::new();
        text(field.name(), &mut prefix);
        prefix.push(b':');
        members.push((prefix, Cell::new(field, column)?));
    }
    Ok(Box::new(move |row, out| {
        out.push(b'{');
        for (index, (prefix, cell)) in members.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(prefix);
            cell.write(row, out);
        }
        out.push(b'}');
    }))
}

fn list(item: &FieldRef, array: &ListArray) -> Result<Writer> {
    let values = Cell::new(item, array.values())?;
    let offsets = array.offsets().clone();
    Ok(Box::new(move |row, out| {
        let range = offsets[row]..offsets[row + 1];
        out.push(b'[');
        for index in range.clone() {
            if index > range.start {
                out.push(b',');
            }
            values.write(usize::try_from(index).unwrap_or_default(), out);
        }
        out.push(b']');
    }))
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing into a vector cannot fail.
    let _ = out.write_fmt(text);
}

/// The bytes that a JSON string cannot hold as they are.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped
};

/// Appends a text as a JSON string.
pub fn text(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = value.as_bytes();
    while let Some(at) = rest.iter().position(|byte| ESCAPED[usize::from(*byte)]) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0C => out.extend_from_slice(b"\\f"),
            byte => put(out, format_args!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Appends a number's digits, at least `width` of them.
fn digits(number: u64, width: usize, out: &mut Vec<u8>) {
    let mut buffer = [b'0'; 20];
    let mut at = buffer.len();
    let mut rest = number;
    while rest > 0 {
        at -= 1;
        // A digit is less than ten.
        buffer[at] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    out.extend_from_slice(&buffer[at.min(buffer.len() - width.max(1))..]);
}

fn integer(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    digits(number.unsigned_abs(), 1, out);
}

const DAY: i64 = 86_400_000_000;

fn timestamp(micros: i64, zone: &str, out: &mut Vec<u8>) {
    match micros {
        i64::MAX => return out.extend_from_slice(b"\"infinity\""),
        i64::MIN => return out.extend_from_slice(b"\"-infinity\""),
        _ => {}
    }
    out.push(b'"');
    let era = date(micros.div_euclid(DAY), out);
    out.push(b'T');
    clock(micros.rem_euclid(DAY), out);
    out.extend_from_slice(zone.as_bytes());
    out.extend_from_slice(era);
    out.push(b'"');
}

/// Appends a day as `2025-01-31` and gives what follows a day before our era.
fn date(days: i64, out: &mut Vec<u8>) -> &'static [u8] {
    let (year, month, day) = civil(days);
    let (year, era) = historic(year);
    digits(year.unsigned_abs(), 4, out);
    out.push(b'-');
    digits(month.unsigned_abs(), 2, out);
    out.push(b'-');
    digits(day.unsigned_abs(), 2, out);
    era.as_bytes()
}

fn clock(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros.unsigned_abs() / 1_000_000;
    digits(seconds / 3600, 2, out);
    out.push(b':');
    digits(seconds / 60 % 60, 2, out);
    out.push(b':');
    digits(seconds % 60, 2, out);
    let fraction = micros.unsigned_abs() % 1_000_000;
    if fraction > 0 {
        out.push(b'.');
        digits(fraction, 6, out);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}
