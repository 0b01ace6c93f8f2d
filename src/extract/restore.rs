//! Owns how what the reader gives becomes the exact Arrow type of a column. Must not know: where it was read.
//! Nothing is rounded and nothing is guessed: what does not fit is an error, what is in doubt is read again.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, FixedSizeBinaryBuilder, GenericByteArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Date32Type, LargeBinaryType, TimestampMicrosecondType};
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::types::Carry;
use crate::error::{Error, Result};

/// Microseconds, and days, from 1970-01-01 to 2000-01-01, where PostgreSQL starts to count.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const EPOCH_DAYS: i32 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;

/// A column restored, or doubt: the reader may have bent a value, and the exact form must be read instead.
pub(super) enum Restored {
    Exact(ArrayRef),
    Doubtful,
}

/// Restores a column that was selected with [`Carry::projection`] of the same `exact`.
///
/// # Errors
/// [`crate::error::Kind::Config`] when a value lies outside of what its type can carry.
pub(super) fn restore(carry: &Carry, array: &ArrayRef, exact: bool) -> Result<Restored> {
    let array = match carry {
        Carry::Plain { .. } | Carry::Text | Carry::Bool if *array.data_type() == carry.data_type() => array.clone(),
        Carry::Plain { .. } | Carry::Text | Carry::Bool | Carry::Number(_) | Carry::List(_) | Carry::Bytes => {
            cast(array, &carry.data_type())?
        }
        Carry::Uuid => uuids(bytes(array)?)?,
        Carry::Time => times(bytes(array)?)?,
        Carry::Date if exact => dates(bytes(array)?)?,
        Carry::Timestamp { zoned } if exact => zone(timestamps(bytes(array)?)?, *zoned),
        Carry::Date => {
            let dates = array.as_primitive_opt::<Date32Type>().ok_or_else(unforeseen)?;
            if dates.values().iter().any(|day| bent_dates().contains(day)) {
                return Ok(Restored::Doubtful);
            }
            array.clone()
        }
        Carry::Timestamp { zoned } => {
            let times = array.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(unforeseen)?;
            let bent = bent_timestamps();
            if times.values().iter().any(|time| bent.contains(time)) {
                return Ok(Restored::Doubtful);
            }
            zone(times.clone(), *zoned)
        }
        Carry::Decimal(precision, scale) => decimals(array, *precision, *scale)?,
    };
    Ok(Restored::Exact(array))
}

/// What the reader makes of an infinity. Finite values as large as that exist, so these are doubts, not findings.
fn bent_timestamps() -> [i64; 4] {
    [
        NaiveDateTime::MIN.and_utc().timestamp_micros(),
        NaiveDateTime::MAX.and_utc().timestamp_micros(),
        DateTime::<Utc>::MIN_UTC.timestamp_micros(),
        DateTime::<Utc>::MAX_UTC.timestamp_micros(),
    ]
}

fn bent_dates() -> [i32; 2] {
    [NaiveDate::MIN, NaiveDate::MAX]
        .map(|date| i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or_default())
}

fn unforeseen() -> Error {
    Error::unexpected("the reader gave a column another type than was asked for")
}

fn beyond(what: &str) -> Error {
    Error::config(format!("{what} lies beyond what can be carried exactly"))
        .hint("correct it in the source, or leave the table out with --exclude")
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &strict).map_err(|_: ArrowError| unforeseen())
}

fn bytes(array: &ArrayRef) -> Result<&GenericByteArray<LargeBinaryType>> {
    array.as_bytes_opt::<LargeBinaryType>().ok_or_else(unforeseen)
}

/// Each value as so many bytes.
fn fixed<const N: usize>(
    array: &GenericByteArray<LargeBinaryType>,
) -> impl Iterator<Item = Result<Option<[u8; N]>>> + '_ {
    array.iter().map(|value| value.map(|value| value.try_into().map_err(|_| unforeseen())).transpose())
}

fn uuids(array: &GenericByteArray<LargeBinaryType>) -> Result<ArrayRef> {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(array.len(), 16);
    for value in fixed::<16>(array) {
        match value? {
            Some(value) => builder.append_value(value).map_err(|_| unforeseen())?,
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn times(array: &GenericByteArray<LargeBinaryType>) -> Result<ArrayRef> {
    let micros = fixed::<8>(array).map(|value| match value?.map(i64::from_be_bytes) {
        Some(DAY_MICROS..) => Err(beyond("the time of day 24:00")),
        micros => Ok(micros),
    });
    Ok(Arc::new(micros.collect::<Result<Time64MicrosecondArray>>()?))
}

fn dates(array: &GenericByteArray<LargeBinaryType>) -> Result<ArrayRef> {
    let days = fixed::<4>(array).map(|value| match value?.map(i32::from_be_bytes) {
        None => Ok(None),
        Some(infinite @ (i32::MIN | i32::MAX)) => Ok(Some(infinite)),
        Some(days) => match days.checked_add(EPOCH_DAYS) {
            Some(days) if days != i32::MAX => Ok(Some(days)),
            _ => Err(beyond("a date")),
        },
    });
    Ok(Arc::new(days.collect::<Result<Date32Array>>()?))
}

fn timestamps(array: &GenericByteArray<LargeBinaryType>) -> Result<TimestampMicrosecondArray> {
    let micros = fixed::<8>(array).map(|value| match value?.map(i64::from_be_bytes) {
        None => Ok(None),
        Some(infinite @ (i64::MIN | i64::MAX)) => Ok(Some(infinite)),
        Some(micros) => match micros.checked_add(EPOCH_MICROS) {
            Some(micros) if micros != i64::MAX => Ok(Some(micros)),
            _ => Err(beyond("a timestamp")),
        },
    });
    micros.collect()
}

fn zone(times: TimestampMicrosecondArray, zoned: bool) -> ArrayRef {
    Arc::new(times.with_timezone_opt(zoned.then_some("UTC")))
}

fn decimals(array: &ArrayRef, precision: u8, scale: i8) -> Result<ArrayRef> {
    let texts = array.as_string_opt::<i32>().ok_or_else(unforeseen)?;
    let values = texts.iter().map(|text| match text {
        None => Ok(None),
        Some(text) => unscaled(text, scale).map(Some).ok_or_else(|| beyond("a number")),
    });
    let values = values.collect::<Result<Decimal128Array>>()?;
    Ok(Arc::new(values.with_precision_and_scale(precision, scale).map_err(|_| unforeseen())?))
}

/// `-12.30` with scale 2 is -1230. None for anything that is not exactly such a number.
fn unscaled(text: &str, scale: i8) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let scale = usize::try_from(scale).ok()?;
    let zeros = scale.checked_sub(fraction.len())?;
    let digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', zeros));
    let mut value: i128 = 0;
    for digit in digits {
        let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, ArrayRef, AsArray, LargeBinaryArray, TimestampMicrosecondArray};
    use arrow::datatypes::{Date32Type, TimestampMicrosecondType};

    use super::{Restored, bent_timestamps, restore, unscaled};
    use crate::extract::types::Carry;

    fn exact(carry: &Carry, array: ArrayRef) -> Option<ArrayRef> {
        match restore(carry, &array, true) {
            Ok(Restored::Exact(array)) => Some(array),
            _ => None,
        }
    }

    fn bytes<const N: usize>(values: &[[u8; N]]) -> ArrayRef {
        Arc::new(LargeBinaryArray::from_iter_values(values))
    }

    #[test]
    fn numbers_keep_every_digit() {
        assert_eq!(unscaled("-12.30", 2), Some(-1230));
        assert_eq!(unscaled("7", 3), Some(7000));
        assert_eq!(
            unscaled("99999999999999999999999999999999999999", 0),
            Some(99_999_999_999_999_999_999_999_999_999_999_999_999)
        );
        for bad in ["NaN", "", "-", "1.234", "1e5", "Infinity"] {
            assert_eq!(unscaled(bad, 2), None, "{bad}");
        }
    }

    #[test]
    fn infinities_stay_what_they_are() {
        let timestamp = Carry::Timestamp { zoned: true };
        let array = bytes(&[i64::MAX.to_be_bytes(), i64::MIN.to_be_bytes(), 0_i64.to_be_bytes()]);
        let restored =
            exact(&timestamp, array).map(|array| array.as_primitive::<TimestampMicrosecondType>().values().to_vec());
        assert_eq!(restored, Some(vec![i64::MAX, i64::MIN, 946_684_800_000_000]));
        let array = bytes(&[i32::MAX.to_be_bytes(), (-1_i32).to_be_bytes()]);
        let restored = exact(&Carry::Date, array).map(|array| array.as_primitive::<Date32Type>().values().to_vec());
        assert_eq!(restored, Some(vec![i32::MAX, 10_956]));
        // Year 294276: PostgreSQL has it, microseconds since 1970 do not.
        assert!(exact(&timestamp, bytes(&[(i64::MAX - 1).to_be_bytes()])).is_none());
    }

    #[test]
    fn what_the_reader_may_have_bent_is_read_again() {
        for bent in bent_timestamps() {
            let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0, bent]).with_timezone("+00:00"));
            assert!(matches!(restore(&Carry::Timestamp { zoned: true }, &array, false), Ok(Restored::Doubtful)));
        }
        let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None]).with_timezone("+00:00"));
        let restored = restore(&Carry::Timestamp { zoned: true }, &array, false);
        assert!(
            matches!(restored, Ok(Restored::Exact(array)) if *array.data_type() == Carry::Timestamp { zoned: true }.data_type())
        );
    }

    #[test]
    fn the_end_of_the_day_is_no_time() {
        assert!(exact(&Carry::Time, bytes(&[86_400_000_000_i64.to_be_bytes()])).is_none());
        assert!(exact(&Carry::Time, bytes(&[86_399_999_999_i64.to_be_bytes()])).is_some());
        assert!(exact(&Carry::Uuid, bytes(&[[7_u8; 16]])).is_some_and(|array| array.len() == 1));
    }
}
