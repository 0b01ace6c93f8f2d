//! Owns how a row of an outcome becomes canonical bytes. Must not know: the target's rows, or how rows are loaded.

use std::cell::RefCell;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};
use uuid::Uuid;

use super::canon::{Canon, null, unreadable, value};
use super::json::Canonical;
use super::{actual, number};
use crate::error::{Error, Result};

/// Appends the value of a row to its canonical bytes.
pub(super) type Writer = Box<dyn Fn(usize, &mut Vec<u8>) + Send>;

/// The writer of a column. Columns of [`Canon::Server`] hold what the server made of them already.
pub(super) fn writer(array: &ArrayRef, canon: &Canon) -> Result<Writer> {
    if array.data_type().is_null() {
        return Ok(Box::new(|_, out| null(out)));
    }
    let array = comparable(array, canon)?;
    let nulls = array.logical_nulls();
    let write = plain(&array, canon)?;
    Ok(Box::new(move |row, out| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            null(out);
        } else {
            value(out, |out| {
                if write(row, out).is_none() {
                    unreadable("outcome", out);
                }
            });
        }
    }))
}

/// Appends the value of a row, which is not NULL, to its canonical bytes, without its length; None where it has none.
pub(super) fn plain_writer(array: &ArrayRef, canon: &Canon) -> Result<Plain> {
    if array.data_type().is_null() {
        return Ok(Box::new(|_, _| None));
    }
    plain(&comparable(array, canon)?, canon)
}

/// The array in the one type that stands for the canonical form.
fn comparable(array: &ArrayRef, canon: &Canon) -> Result<ArrayRef> {
    let have = array.data_type();
    let want = match (canon, have) {
        (Canon::Bool, _) => DataType::Boolean,
        (Canon::Int | Canon::Oid, DataType::UInt64) => DataType::UInt64,
        (Canon::Int | Canon::Oid, _) => DataType::Int64,
        (Canon::Float, _) => DataType::Float64,
        (Canon::Date, _) => DataType::Date32,
        (Canon::Timestamp, DataType::Timestamp(_, zone)) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        (Canon::Time, _) => DataType::Time64(TimeUnit::Microsecond),
        (Canon::Money { .. }, DataType::Decimal128(..)) => have.clone(),
        (Canon::Bytes, _) => DataType::Binary,
        (Canon::Uuid, DataType::FixedSizeBinary(16)) => have.clone(),
        (Canon::Array(_), DataType::LargeList(of)) => DataType::List(of.clone()),
        (Canon::Array(_), _) => have.clone(),
        _ => DataType::Utf8,
    };
    if *have == want {
        return Ok(array.clone());
    }
    cast_with_options(array, &want, &CastOptions { safe: false, ..CastOptions::default() })
        .map_err(|_| Error::unexpected(format!("a column of {have} cannot be compared as {want}")))
}

/// Appends a value's canonical bytes; None where there are none.
pub(super) type Plain = Box<dyn Fn(usize, &mut Vec<u8>) -> Option<()> + Send>;

fn plain(array: &ArrayRef, canon: &Canon) -> Result<Plain> {
    Ok(match (canon, array.data_type()) {
        (Canon::Bool, _) => {
            let values = array.as_boolean().clone();
            put(move |row| [u8::from(values.value(row))])
        }
        (Canon::Int | Canon::Oid, DataType::UInt64) => {
            let values = array.as_primitive::<UInt64Type>().clone();
            put(move |row| i128::from(values.value(row)).to_le_bytes())
        }
        (Canon::Int | Canon::Oid, _) => {
            let values = array.as_primitive::<Int64Type>().clone();
            put(move |row| i128::from(values.value(row)).to_le_bytes())
        }
        (Canon::Float, _) => {
            let values = array.as_primitive::<Float64Type>().clone();
            put(move |row| actual::float(values.value(row)).to_le_bytes())
        }
        (Canon::Date, _) => {
            let values = array.as_primitive::<Date32Type>().clone();
            put(move |row| values.value(row).to_le_bytes())
        }
        (Canon::Timestamp, _) => {
            let values = array.as_primitive::<TimestampMicrosecondType>().clone();
            put(move |row| values.value(row).to_le_bytes())
        }
        (Canon::Time, _) => {
            let values = array.as_primitive::<Time64MicrosecondType>().clone();
            put(move |row| values.value(row).to_le_bytes())
        }
        (Canon::Money { digits }, DataType::Decimal128(_, decimals)) => {
            let (values, shift) =
                (array.as_primitive::<Decimal128Type>().clone(), i64::from(*digits) - i64::from(*decimals));
            let factor = 10_i128.checked_pow(u32::try_from(shift.abs()).unwrap_or(u32::MAX));
            Box::new(move |row, out| {
                let (value, factor) = (values.value(row), factor?);
                let coins = if shift >= 0 { value.checked_mul(factor)? } else { value.checked_div(factor)? };
                (shift >= 0 || value % factor == 0).then(|| out.extend_from_slice(&coins.to_le_bytes()))
            })
        }
        (Canon::Bytes, _) => {
            let values = array.as_binary::<i32>().clone();
            Box::new(move |row, out| {
                out.extend_from_slice(values.value(row));
                Some(())
            })
        }
        (Canon::Uuid, DataType::FixedSizeBinary(_)) => {
            let values = array.as_fixed_size_binary().clone();
            Box::new(move |row, out| {
                out.extend_from_slice(values.value(row));
                Some(())
            })
        }
        (Canon::Array(of), _) => list(array, of)?,
        _ => text(array, canon),
    })
}

fn put<const N: usize>(bytes: impl Fn(usize) -> [u8; N] + Send + 'static) -> Plain {
    Box::new(move |row, out| {
        out.extend_from_slice(&bytes(row));
        Some(())
    })
}

fn text(array: &ArrayRef, canon: &Canon) -> Plain {
    let values = array.as_string::<i32>().clone();
    match canon {
        Canon::Uuid => Box::new(move |row, out| {
            out.extend_from_slice(Uuid::parse_str(values.value(row).trim()).ok()?.as_bytes());
            Some(())
        }),
        Canon::Byte => Box::new(move |row, out| {
            let text = values.value(row);
            out.push(match text.strip_prefix('\\').filter(|digits| digits.len() == 3) {
                Some(digits) => u8::from_str_radix(digits, 8).ok()?,
                None if text.len() > 1 => return None,
                None => text.bytes().next().unwrap_or(0),
            });
            Some(())
        }),
        Canon::Numeric { trim } => {
            let trim = *trim;
            Box::new(move |row, out| number::numeric(values.value(row), trim, out).then_some(()))
        }
        Canon::Jsonb => {
            let canonical = RefCell::new(Canonical::default());
            Box::new(move |row, out| canonical.borrow_mut().write(values.value(row), out).then_some(()))
        }
        Canon::Text { padded: true } => Box::new(move |row, out| {
            out.extend_from_slice(actual::unpadded(values.value(row).as_bytes()));
            Some(())
        }),
        _ => Box::new(move |row, out| {
            out.extend_from_slice(values.value(row).as_bytes());
            Some(())
        }),
    }
}

fn list(array: &ArrayRef, of: &Canon) -> Result<Plain> {
    let lists = array.as_list::<i32>().clone();
    let element = writer(lists.values(), of)?;
    Ok(Box::new(move |row, out| {
        let offsets = lists.value_offsets();
        out.extend_from_slice(&i64::from(offsets[row + 1] - offsets[row]).to_le_bytes());
        for at in offsets[row]..offsets[row + 1] {
            element(usize::try_from(at).ok()?, out);
        }
        Some(())
    }))
}
