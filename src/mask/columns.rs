//! Owns masked columns: Arrow arrays in, arrays of the same type out. Must not know: where they come from.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, FixedSizeBinaryBuilder, ListArray, StringArray, UInt32Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{
    ArrowNativeTypeOp, ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, UInt32Type,
};

use super::{Kind, Manner, Secret, number, printed, text, time};
use crate::error::{Error, Result};

/// What is done to the values of one column.
#[derive(Debug, Clone)]
pub enum Mask {
    Null,
    /// One value, in the column's own type and as text, for a column that travels as text.
    Fixed {
        exact: ArrayRef,
        text: String,
    },
    /// Values that stay apart.
    Apart {
        manner: Manner,
        kind: Kind,
        secret: Secret,
    },
}

impl Mask {
    /// Masks a column's values. NULL stays NULL.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for a type that the rule was not made for.
    pub fn apply(&self, array: &ArrayRef) -> Result<ArrayRef> {
        match self {
            Self::Null => Ok(new_null_array(array.data_type(), array.len())),
            Self::Fixed { exact, .. } if exact.data_type() == array.data_type() => {
                let place = |row| array.is_valid(row).then_some(0);
                let places = (0..array.len()).map(place).collect::<UInt32Array>();
                take(exact, &places, None).map_err(|_| unfit())
            }
            Self::Fixed { text, .. } if *array.data_type() == DataType::Utf8 => {
                let value = |row| array.is_valid(row).then_some(text.as_str());
                Ok(Arc::new((0..array.len()).map(value).collect::<StringArray>()))
            }
            Self::Fixed { .. } => Err(unfit()),
            Self::Apart { manner, kind, secret } => apart(secret, *manner, kind, array),
        }
    }
}

fn apart(secret: &Secret, manner: Manner, kind: &Kind, array: &ArrayRef) -> Result<ArrayRef> {
    match (array.data_type(), kind) {
        (DataType::Utf8, _) => {
            let masked = |value: Option<&str>| value.map(|value| printed(secret, manner, kind, value));
            Ok(Arc::new(array.as_string::<i32>().iter().map(masked).collect::<StringArray>()))
        }
        (DataType::Int16, Kind::Integer) => integers::<Int16Type>(secret, array),
        (DataType::Int32, Kind::Integer) => integers::<Int32Type>(secret, array),
        (DataType::Int64, Kind::Integer) => integers::<Int64Type>(secret, array),
        (DataType::UInt32, Kind::Integer) => integers::<UInt32Type>(secret, array),
        (DataType::Decimal128(_, scale), Kind::Numeric) => {
            let scale = usize::try_from(*scale).unwrap_or_default();
            each::<Decimal128Type>(array, |value| decimal(secret, value, scale))
        }
        (DataType::FixedSizeBinary(16), Kind::Uuid) => uuids(secret, array),
        (DataType::Binary, Kind::Bytes) => {
            let masked = |value: Option<&[u8]>| value.map(|value| secret.of("bytes", &[value]));
            Ok(Arc::new(array.as_binary::<i32>().iter().map(masked).collect::<BinaryArray>()))
        }
        (DataType::Date32, Kind::Date) => each::<Date32Type>(array, |day| {
            Some(if matches!(day, i32::MIN | i32::MAX) { day } else { time::day(secret, day) })
        }),
        (DataType::Time64(TimeUnit::Microsecond), Kind::Time) => {
            each::<Time64MicrosecondType>(array, |micros| Some(time::of_day(secret, micros)))
        }
        (DataType::Timestamp(TimeUnit::Microsecond, _), Kind::Timestamp) => {
            each::<TimestampMicrosecondType>(array, |micros| moment(secret, micros))
        }
        (DataType::List(field), Kind::List(element)) => {
            let lists = array.as_list::<i32>();
            let values = apart(secret, manner, element, lists.values())?;
            let made = ListArray::try_new(field.clone(), lists.offsets().clone(), values, lists.nulls().cloned());
            Ok(Arc::new(made.map_err(|_| unfit())?))
        }
        _ => Err(unfit()),
    }
}

fn moment(secret: &Secret, micros: i64) -> Option<i64> {
    if matches!(micros, i64::MIN | i64::MAX) {
        return Some(micros);
    }
    let fits = |at: i128| i64::try_from(at).is_ok_and(|at| at != i64::MIN && at != i64::MAX);
    i64::try_from(time::moment(secret, i128::from(micros), fits)).ok()
}

fn decimal(secret: &Secret, value: i128, scale: usize) -> Option<i128> {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    number::printed(secret, &format!("{sign}{whole}{point}{fraction}")).replace('.', "").parse().ok()
}

fn integers<T: ArrowPrimitiveType>(secret: &Secret, array: &ArrayRef) -> Result<ArrayRef>
where
    T::Native: std::str::FromStr + std::fmt::Display,
{
    each::<T>(array, |value| number::printed(secret, &value.to_string()).parse().ok())
}

/// Each value that is not NULL becomes another one; None is a value that has no place in the type.
fn each<T: ArrowPrimitiveType>(array: &ArrayRef, mask: impl Fn(T::Native) -> Option<T::Native>) -> Result<ArrayRef>
where
    T::Native: ArrowNativeTypeOp,
{
    let masked = array.as_primitive::<T>().try_unary::<_, T, Error>(|value| mask(value).ok_or_else(unfit))?;
    Ok(Arc::new(masked.with_data_type(array.data_type().clone())))
}

fn uuids(secret: &Secret, array: &ArrayRef) -> Result<ArrayRef> {
    let mut made = FixedSizeBinaryBuilder::with_capacity(array.len(), 16);
    for value in array.as_fixed_size_binary() {
        match value.map(<[u8; 16]>::try_from) {
            Some(Ok(value)) => made.append_value(text::uuid(secret, value)).map_err(|_| unfit())?,
            Some(Err(_)) => return Err(unfit()),
            None => made.append_null(),
        }
    }
    Ok(Arc::new(made.finish()))
}

fn unfit() -> Error {
    Error::unexpected("a masked value does not fit its column")
}
