//! Owns dates, times, instants and intervals as PostgreSQL reads, prints and computes them (DateStyle ISO, MDY;
//! IntervalStyle postgres; the session's zone UTC). Days and microseconds count from 1970-01-01; the largest and smallest
//! numbers are infinity and -infinity.
//! Must not know: columns, templates.

mod abbreviation;
mod age;
mod civil;
mod decode;
mod fields;
mod interval;
mod interval_read;
mod merged;
mod number;
mod parts;
mod print;
mod read;
mod seen;
mod words;
mod zone;

pub use age::{age, bin, overlaps};
pub use civil::{days_of, make_date, make_time, make_timestamp};
pub use interval::Interval;
pub use parts::{Part, Value, part, part_as_float, trunc};
pub use print::{print_date, print_time, print_timestamp, print_timestamptz};
pub use read::{read_date, read_time, read_timestamp, read_timestamptz};
pub use zone::{Local, Zone};

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;
/// 4713-11-24 BC, the first day that PostgreSQL has, and the first instant.
const FIRST_DAY: i64 = -2_440_588;
/// The last day all of whose microseconds since 1970 are numbers of 64 bits.
const END_OF_TIMESTAMPS: i64 = 106_751_990;
/// The Julian day of 1970-01-01.
const JULIAN_OF_1970: i64 = 2_440_588;

/// Why there is no date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    Syntax,
    Range,
    Zone,
    Unsupported,
}

/// Is a timestamp infinite?
#[must_use]
pub fn is_infinite(micros: i64) -> bool {
    matches!(micros, i64::MAX | i64::MIN)
}

/// An instant or a local time within PostgreSQL's range.
///
/// # Errors
/// [`Bad::Range`] outside of it, and where 64 bits of microseconds since 1970 end (the year 294247).
pub fn checked(micros: i128) -> Result<i64, Bad> {
    let micros = i64::try_from(micros).map_err(|_| Bad::Range)?;
    let day = micros.div_euclid(DAY);
    if (FIRST_DAY..=END_OF_TIMESTAMPS).contains(&day) { Ok(micros) } else { Err(Bad::Range) }
}

/// A date some days later.
///
/// # Errors
/// [`Bad::Range`].
pub fn date_plus_days(date: i32, days: i64) -> Result<i32, Bad> {
    if matches!(date, i32::MAX | i32::MIN) {
        return Ok(date);
    }
    civil::checked_day(i64::from(date).checked_add(days).ok_or(Bad::Range)?)
}

/// Midnight of a date.
///
/// # Errors
/// [`Bad::Range`].
pub fn date_to_timestamp(date: i32) -> Result<i64, Bad> {
    match date {
        i32::MAX => Ok(i64::MAX),
        i32::MIN => Ok(i64::MIN),
        days => checked(i128::from(days) * i128::from(DAY)),
    }
}

/// The date of a timestamp.
#[must_use]
pub fn timestamp_to_date(micros: i64) -> i32 {
    match micros {
        i64::MAX => i32::MAX,
        i64::MIN => i32::MIN,
        micros => i32::try_from(micros.div_euclid(DAY)).unwrap_or(i32::MAX),
    }
}

/// The time of day of a timestamp.
#[must_use]
pub fn timestamp_to_time(micros: i64) -> i64 {
    micros.rem_euclid(DAY)
}

/// A time of day some time later; it goes round at midnight.
#[must_use]
pub fn time_plus(time: i64, by: Interval) -> i64 {
    i64::try_from((i128::from(time) + i128::from(by.micros)).rem_euclid(i128::from(DAY))).unwrap_or(0)
}

/// A timestamp later by months (cut to the month's end), then days, then time.
///
/// # Errors
/// [`Bad::Range`].
pub fn timestamp_plus(micros: i64, by: Interval) -> Result<i64, Bad> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let moved = days_later(months_later(micros, by.months)?, by.days)?;
    checked(i128::from(moved) + i128::from(by.micros))
}

fn months_later(micros: i64, by: i32) -> Result<i64, Bad> {
    let (year, month, of_month) = crate::calendar::civil(micros.div_euclid(DAY));
    let months = year * 12 + month - 1 + i64::from(by);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let day = days_of(year, month, of_month.min(civil::length_of_month(year, month)));
    checked(i128::from(day) * i128::from(DAY) + i128::from(micros.rem_euclid(DAY)))
}

fn days_later(micros: i64, by: i32) -> Result<i64, Bad> {
    checked(i128::from(micros) + i128::from(by) * i128::from(DAY))
}

/// What lies between two timestamps, in days and time.
///
/// # Errors
/// [`Bad::Range`] for infinities.
pub fn timestamp_minus(left: i64, right: i64) -> Result<Interval, Bad> {
    if is_infinite(left) || is_infinite(right) {
        return Err(Bad::Range);
    }
    let between = left.checked_sub(right).ok_or(Bad::Range)?;
    Interval { months: 0, days: 0, micros: between }.justify_hours()
}

/// Rounded to so many digits of a second, halves away from zero.
#[must_use]
pub fn round_micros(micros: i64, digits: u8) -> i64 {
    if is_infinite(micros) || digits >= 6 {
        return micros;
    }
    let unit = 10_i64.pow(6 - u32::from(digits));
    // PostgreSQL counts from 2000, from where the halves are told up or down.
    let from_2000 = micros.saturating_sub(946_684_800_000_000);
    let half = if from_2000 >= 0 { unit / 2 } else { -(unit / 2) };
    ((from_2000.saturating_add(half)) / unit * unit).saturating_add(946_684_800_000_000)
}

/// A time of day or an interval's time, rounded to so many digits of a second.
#[must_use]
pub fn round_time(micros: i64, digits: u8) -> i64 {
    if digits >= 6 {
        return micros;
    }
    let unit = 10_i64.pow(6 - u32::from(digits));
    let half = if micros >= 0 { unit / 2 } else { -(unit / 2) };
    micros.saturating_add(half) / unit * unit
}
