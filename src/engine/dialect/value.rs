//! Owns single values of PostgreSQL's types on their way through a function: read from columns, put into columns.
//! Must not know: which function, or what the values mean.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, Date32Array, Decimal128Array,
    FixedSizeBinaryArray, FixedSizeBinaryBuilder, Float32Array, Float64Array, Int64Array, IntervalMonthDayNanoArray,
    LargeStringArray, LargeStringBuilder, ListArray, PrimitiveArray, StringArray, StringBuilder,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
    UInt32Type,
};
use datafusion::common::{Result, internal_err};

use super::super::functions::NUMERIC;
use super::super::postgres::time::Interval;
use super::kind::Kind;
use super::{Fault, failed};

/// Nanoseconds in a microsecond.
const NANOS: i64 = 1_000;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// smallint, integer, bigint, oid.
    Int(i64),
    Float4(f32),
    Float8(f64),
    /// As numeric prints it.
    Numeric(Cow<'a, str>),
    /// Everything that is text, or travels as its text; of a char(n), without the blanks at its end.
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    Uuid([u8; 16]),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01 00:00, of a local clock or of UTC.
    Timestamp(i64),
    TimestampTz(i64),
    Interval(Interval),
    List(Vec<Value<'a>>),
}

impl Value<'_> {
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    #[must_use]
    pub fn text(text: impl Into<String>) -> Value<'static> {
        Value::Text(Cow::Owned(text.into()))
    }

    #[must_use]
    pub fn numeric(text: impl Into<String>) -> Value<'static> {
        Value::Numeric(Cow::Owned(text.into()))
    }

    /// A text, or NULL.
    #[must_use]
    pub fn text_or_null(text: Option<String>) -> Value<'static> {
        text.map_or(Value::Null, Self::text)
    }
}

/// A column whose values are read one by one.
pub struct Column {
    array: ArrayRef,
    kind: Form,
    /// One value for all rows.
    constant: bool,
}

enum Form {
    Null,
    Bool(BooleanArray),
    Int(Int64Array),
    Float4(Float32Array),
    Float8(Float64Array),
    Decimal(Decimal128Array),
    Numeric(LargeStringArray),
    Text(StringArray),
    Padded(StringArray),
    Bytes(BinaryArray),
    Uuid(FixedSizeBinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    Timestamp(TimestampMicrosecondArray),
    TimestampTz(TimestampMicrosecondArray),
    Interval(IntervalMonthDayNanoArray),
    IntervalText(StringArray),
    List(ListArray, Box<Column>),
}

impl Column {
    /// A column of a type; `constant`: its first value stands for all rows.
    ///
    /// # Errors
    /// When the array is none of that type.
    pub fn new(kind: &Kind, array: &ArrayRef, constant: bool) -> Result<Self> {
        let as_kind = |kind: DataType| cast(array, &kind);
        let form = match kind {
            _ if array.data_type().is_null() => Form::Null,
            Kind::Null => Form::Null,
            Kind::Bool => Form::Bool(array.as_boolean().clone()),
            Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid => {
                Form::Int(as_kind(DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            Kind::Float4 => Form::Float4(array.as_primitive::<Float32Type>().clone()),
            Kind::Float8 => Form::Float8(array.as_primitive::<Float64Type>().clone()),
            Kind::Numeric => match array.data_type() {
                DataType::Decimal128(..) => Form::Decimal(array.as_primitive::<Decimal128Type>().clone()),
                _ => Form::Numeric(as_kind(NUMERIC)?.as_string::<i64>().clone()),
            },
            Kind::Padded => Form::Padded(as_kind(DataType::Utf8)?.as_string::<i32>().clone()),
            Kind::Interval if !matches!(array.data_type(), DataType::Interval(_)) => {
                Form::IntervalText(as_kind(DataType::Utf8)?.as_string::<i32>().clone())
            }
            Kind::Unknown | Kind::Text | Kind::Varchar | Kind::Json | Kind::Jsonb | Kind::Own(_) => {
                Form::Text(as_kind(DataType::Utf8)?.as_string::<i32>().clone())
            }
            Kind::Bytes => Form::Bytes(as_kind(DataType::Binary)?.as_binary::<i32>().clone()),
            Kind::Uuid => Form::Uuid(array.as_fixed_size_binary().clone()),
            Kind::Date => Form::Date(array.as_primitive::<Date32Type>().clone()),
            Kind::Time => Form::Time(array.as_primitive::<Time64MicrosecondType>().clone()),
            Kind::Timestamp => Form::Timestamp(array.as_primitive::<TimestampMicrosecondType>().clone()),
            Kind::TimestampTz => Form::TimestampTz(array.as_primitive::<TimestampMicrosecondType>().clone()),
            Kind::Interval => Form::Interval(array.as_primitive::<IntervalMonthDayNanoType>().clone()),
            Kind::List(item) => {
                let list = array.as_list::<i32>().clone();
                let values = Self::new(item, list.values(), false)?;
                Form::List(list, Box::new(values))
            }
            Kind::Engine(other) => return internal_err!("a value of the type {other} is read one by one"),
        };
        Ok(Self { array: array.clone(), kind: form, constant })
    }

    /// The value of a row.
    ///
    /// # Errors
    /// When a text is no value of its type.
    pub fn at(&self, row: usize) -> Result<Value<'_>, Fault> {
        let row = if self.constant { 0 } else { row };
        if matches!(self.kind, Form::Null) || self.array.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(match &self.kind {
            Form::Null => Value::Null,
            Form::Bool(values) => Value::Bool(values.value(row)),
            Form::Int(values) => Value::Int(values.value(row)),
            Form::Float4(values) => Value::Float4(values.value(row)),
            Form::Float8(values) => Value::Float8(values.value(row)),
            Form::Decimal(values) => Value::numeric(values.value_as_string(row)),
            Form::Numeric(values) => Value::Numeric(Cow::Borrowed(values.value(row))),
            Form::Text(values) => Value::Text(Cow::Borrowed(values.value(row))),
            Form::Padded(values) => Value::Text(Cow::Borrowed(values.value(row).trim_end_matches(' '))),
            Form::Bytes(values) => Value::Bytes(Cow::Borrowed(values.value(row))),
            Form::Uuid(values) => Value::Uuid(values.value(row).try_into().unwrap_or_default()),
            Form::Date(values) => Value::Date(values.value(row)),
            Form::Time(values) => Value::Time(values.value(row)),
            Form::Timestamp(values) => Value::Timestamp(values.value(row)),
            Form::TimestampTz(values) => Value::TimestampTz(values.value(row)),
            Form::Interval(values) => {
                let IntervalMonthDayNano { months, days, nanoseconds } = values.value(row);
                Value::Interval(Interval { months, days, micros: nanoseconds.div_euclid(NANOS) })
            }
            Form::IntervalText(values) => {
                let interval = Interval::read(values.value(row)).map_err(|_| Fault("a text is no interval"))?;
                Value::Interval(interval)
            }
            Form::List(list, values) => {
                let bounds = list.value_offsets();
                let (from, to) = (bounds[row].unsigned_abs() as usize, bounds[row + 1].unsigned_abs() as usize);
                Value::List((from..to).map(|item| values.at(item)).collect::<Result<_, _>>()?)
            }
        })
    }
}

fn primitive<T: ArrowPrimitiveType>(
    values: &[Value<'_>],
    read: impl Fn(&Value<'_>) -> Option<T::Native>,
) -> Result<PrimitiveArray<T>> {
    let mut out = PrimitiveArray::<T>::builder(values.len());
    for value in values {
        match read(value) {
            Some(native) => out.append_value(native),
            None if value.is_null() => out.append_null(),
            None => return failed(Fault("the value is out of range")),
        }
    }
    Ok(out.finish())
}

/// Values of one type as a column.
///
/// # Errors
/// When a value is out of the type's range, or not of the type.
pub fn column(kind: &Kind, values: &[Value<'_>]) -> Result<ArrayRef> {
    let int = |value: &Value<'_>| if let Value::Int(value) = value { Some(*value) } else { None };
    Ok(match kind {
        Kind::Null => datafusion::arrow::array::new_null_array(&DataType::Null, values.len()),
        Kind::Bool => Arc::new(
            values
                .iter()
                .map(|value| if let Value::Bool(truth) = value { Some(*truth) } else { None })
                .collect::<BooleanArray>(),
        ),
        Kind::Int2 => Arc::new(primitive::<Int16Type>(values, |value| i16::try_from(int(value)?).ok())?),
        Kind::Int4 => Arc::new(primitive::<Int32Type>(values, |value| i32::try_from(int(value)?).ok())?),
        Kind::Int8 => Arc::new(primitive::<Int64Type>(values, int)?),
        Kind::Oid => {
            let read = |value: &Value<'_>| int(value).and_then(|value| u32::try_from(value).ok());
            Arc::new(primitive::<UInt32Type>(values, read)?)
        }
        Kind::Float4 => Arc::new(primitive::<Float32Type>(values, |value| match value {
            Value::Float4(value) => Some(*value),
            _ => None,
        })?),
        Kind::Float8 => Arc::new(primitive::<Float64Type>(values, |value| match value {
            Value::Float8(value) => Some(*value),
            Value::Float4(value) => Some(f64::from(*value)),
            _ => None,
        })?),
        Kind::Numeric => {
            let mut out = LargeStringBuilder::with_capacity(values.len(), values.len() * 8);
            for value in values {
                match value {
                    Value::Numeric(text) => out.append_value(text),
                    Value::Int(value) => out.append_value(value.to_string()),
                    _ => out.append_null(),
                }
            }
            Arc::new(out.finish())
        }
        Kind::Date | Kind::Time | Kind::Timestamp | Kind::TimestampTz | Kind::Interval => times(kind, values)?,
        Kind::Bytes => {
            let mut out = BinaryBuilder::with_capacity(values.len(), values.len() * 8);
            for value in values {
                if let Value::Bytes(bytes) = value { out.append_value(bytes) } else { out.append_null() }
            }
            Arc::new(out.finish())
        }
        Kind::Uuid => {
            let mut out = FixedSizeBinaryBuilder::with_capacity(values.len(), 16);
            for value in values {
                if let Value::Uuid(bytes) = value { out.append_value(bytes)? } else { out.append_null() }
            }
            Arc::new(out.finish())
        }
        Kind::List(item) => list(item, values)?,
        Kind::Unknown | Kind::Text | Kind::Varchar | Kind::Padded | Kind::Json | Kind::Jsonb | Kind::Own(_) => {
            let mut out = StringBuilder::with_capacity(values.len(), values.len() * 8);
            for value in values {
                if let Value::Text(text) = value { out.append_value(text) } else { out.append_null() }
            }
            Arc::new(out.finish())
        }
        Kind::Engine(other) => return internal_err!("a column of the type {other} is put together value by value"),
    })
}

/// Times of all sorts as a column.
fn times(kind: &Kind, values: &[Value<'_>]) -> Result<ArrayRef> {
    Ok(match kind {
        Kind::Date => Arc::new(primitive::<Date32Type>(values, |value| match value {
            Value::Date(days) => Some(*days),
            _ => None,
        })?),
        Kind::Time => Arc::new(primitive::<Time64MicrosecondType>(values, |value| match value {
            Value::Time(micros) => Some(*micros),
            _ => None,
        })?),
        Kind::Timestamp | Kind::TimestampTz => {
            let array = primitive::<TimestampMicrosecondType>(values, |value| match value {
                Value::Timestamp(micros) | Value::TimestampTz(micros) => Some(*micros),
                _ => None,
            })?;
            if *kind == Kind::TimestampTz { Arc::new(array.with_timezone(super::kind::UTC)) } else { Arc::new(array) }
        }
        Kind::Interval => Arc::new(primitive::<IntervalMonthDayNanoType>(values, |value| match value {
            Value::Interval(value) => {
                let nanoseconds = value.micros.checked_mul(NANOS)?;
                Some(IntervalMonthDayNano { months: value.months, days: value.days, nanoseconds })
            }
            _ => None,
        })?),
        other => return internal_err!("{other} is no time"),
    })
}

fn list(item: &Kind, values: &[Value<'_>]) -> Result<ArrayRef> {
    let (mut items, mut lengths, mut valid) = (Vec::new(), Vec::with_capacity(values.len()), Vec::new());
    for value in values {
        if let Value::List(list) = value {
            items.extend(list.iter().cloned());
            lengths.push(list.len());
            valid.push(true);
        } else {
            lengths.push(0);
            valid.push(false);
        }
    }
    let field = Arc::new(Field::new_list_field(item.data_type(), true));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(field, offsets, column(item, &items)?, Some(NullBuffer::from(valid)))?))
}
