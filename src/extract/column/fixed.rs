//! Owns columns whose values have one size: numbers, dates and times, booleans, UUIDs; and bytes, which are as they are.
//! Must not know: any text.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, PrimitiveBuilder,
};
use arrow::datatypes::DataType;
use uuid::Uuid;

use super::{Column, Misfit, unforeseen};
use crate::error::Result;
use crate::extract::source::{Cells, Wire};

/// Microseconds, and days, from 1970-01-01 to 2000-01-01, where PostgreSQL starts to count.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const EPOCH_DAYS: i32 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;

/// A date as days since 1970; the infinities keep their sentinels.
pub(super) fn date(days: i32) -> Option<i32> {
    match days {
        infinite @ (i32::MIN | i32::MAX) => Some(infinite),
        days => days.checked_add(EPOCH_DAYS).filter(|days| *days != i32::MAX),
    }
}

/// A time of the day; 24:00 is none.
pub(super) fn time(micros: i64) -> Option<i64> {
    Some(micros).filter(|micros| *micros < DAY_MICROS)
}

/// A timestamp as microseconds since 1970; the infinities keep their sentinels. The last of PostgreSQL's years are beyond.
pub(super) fn timestamp(micros: i64) -> Option<i64> {
    match micros {
        infinite @ (i64::MIN | i64::MAX) => Some(infinite),
        micros => micros.checked_add(EPOCH_MICROS).filter(|micros| *micros != i64::MAX),
    }
}

/// Values that the driver reads as `W`; `exact` gives what Arrow holds, or None for what it cannot.
struct Fixed<T: ArrowPrimitiveType, W> {
    builder: PrimitiveBuilder<T>,
    exact: fn(W) -> Option<T::Native>,
}

pub(super) fn boxed<T: ArrowPrimitiveType, W: Wire + 'static>(exact: fn(W) -> Option<T::Native>) -> Box<dyn Column> {
    Box::new(Fixed { builder: PrimitiveBuilder::<T>::new(), exact })
}

pub(super) fn typed<T: ArrowPrimitiveType, W: Wire + 'static>(
    exact: fn(W) -> Option<T::Native>,
    data_type: DataType,
) -> Box<dyn Column> {
    Box::new(Fixed { builder: PrimitiveBuilder::<T>::new().with_data_type(data_type), exact })
}

impl<T: ArrowPrimitiveType, W: Wire> Fixed<T, W> {
    fn push(&mut self, value: Option<W>) -> Result<usize, Misfit> {
        let exact = value.map(self.exact);
        self.builder.append_option(exact.flatten());
        match exact {
            Some(None) => Err(Misfit::Widen),
            _ => Ok(size_of::<T::Native>()),
        }
    }
}

impl<T: ArrowPrimitiveType, W: Wire> Column for Fixed<T, W> {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        let value = W::next(cells)?;
        self.push(value)
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        let value = bytes.map(|bytes| W::read(bytes).ok_or_else(unforeseen)).transpose()?;
        self.push(value)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.builder.finish()))
    }
}

/// Booleans.
#[derive(Default)]
pub(super) struct Bools(BooleanBuilder);

impl Column for Bools {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        self.0.append_option(bool::next(cells)?);
        Ok(1)
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        self.0.append_option(bytes.map(|bytes| bool::read(bytes).ok_or_else(unforeseen)).transpose()?);
        Ok(1)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.finish()))
    }
}

/// UUIDs: their 16 bytes.
pub(super) struct Uuids(FixedSizeBinaryBuilder);

impl Default for Uuids {
    fn default() -> Self {
        Self(FixedSizeBinaryBuilder::new(16))
    }
}

impl Uuids {
    fn push(&mut self, value: Option<Uuid>) -> Result<usize, Misfit> {
        match value {
            Some(value) => self.0.append_value(value.as_bytes()).map_err(|_| unforeseen())?,
            None => self.0.append_null(),
        }
        Ok(16)
    }
}

impl Column for Uuids {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        let value = Uuid::next(cells)?;
        self.push(value)
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        self.push(bytes.map(|bytes| Uuid::from_slice(bytes).map_err(|_| unforeseen())).transpose()?)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.finish()))
    }
}

/// Bytes.
#[derive(Default)]
pub(super) struct Blobs(BinaryBuilder);

impl Column for Blobs {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        let value = cells.bytes()?;
        self.element(value.as_deref())
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        self.0.append_option(bytes);
        Ok(bytes.map_or(0, <[u8]>::len) + 4)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.0.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::{date, time, timestamp};

    #[test]
    fn infinities_stay_what_they_are_and_the_last_years_are_beyond() {
        assert_eq!((timestamp(i64::MAX), timestamp(i64::MIN)), (Some(i64::MAX), Some(i64::MIN)));
        assert_eq!(timestamp(0), Some(946_684_800_000_000));
        assert_eq!(timestamp(i64::MAX - 1), None);
        assert_eq!((date(i32::MAX), date(-1)), (Some(i32::MAX), Some(10_956)));
        assert_eq!(date(i32::MAX - 10_957), None);
    }

    #[test]
    fn the_end_of_the_day_is_no_time() {
        assert_eq!((time(86_400_000_000), time(86_399_999_999)), (None, Some(86_399_999_999)));
    }
}
