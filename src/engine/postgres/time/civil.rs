//! Owns the calendar of PostgreSQL's dates: days from year, month and day, and what is a date.
//! Must not know: texts.

use super::{Bad, DAY, FIRST_DAY, checked};

/// The last day that a date can be: 5874897-12-31.
const LAST_DAY: i64 = 2_145_042_905;

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar; the year before 1 is 0.
#[must_use]
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[must_use]
pub fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

#[must_use]
pub fn length_of_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Is there such a day?
pub fn valid(year: i64, month: i64, day: i64) -> Result<i64, Bad> {
    if !(1..=12).contains(&month) || !(1..=length_of_month(year, month)).contains(&day) {
        return Err(Bad::Range);
    }
    Ok(days_of(year, month, day))
}

/// A day within the range of dates.
pub fn checked_day(day: i64) -> Result<i32, Bad> {
    if (FIRST_DAY..=LAST_DAY).contains(&day) { i32::try_from(day).map_err(|_| Bad::Range) } else { Err(Bad::Range) }
}

/// `make_date`: a negative year lies before Christ, and there is no year 0.
///
/// # Errors
/// [`Bad::Range`].
pub fn make_date(year: i32, month: i32, day: i32) -> Result<i32, Bad> {
    let year = i64::from(year);
    if year == 0 {
        return Err(Bad::Range);
    }
    let year = if year < 0 { year + 1 } else { year };
    checked_day(valid(year, i64::from(month), i64::from(day))?)
}

/// `make_time`.
///
/// # Errors
/// [`Bad::Range`].
pub fn make_time(hour: i32, minute: i32, second: f64) -> Result<i64, Bad> {
    let (hour, minute) = (i64::from(hour), i64::from(minute));
    let micros = (second * 1_000_000.0).round_ties_even();
    if !(0..=24).contains(&hour) || !(0..=59).contains(&minute) || !(0.0..=60_000_000.0).contains(&micros) {
        return Err(Bad::Range);
    }
    #[expect(clippy::cast_possible_truncation, reason = "60 seconds at most")]
    let micros = micros as i64;
    let total = (hour * 60 + minute) * 60_000_000 + micros;
    if total > DAY { Err(Bad::Range) } else { Ok(total) }
}

/// `make_timestamp`.
///
/// # Errors
/// [`Bad::Range`].
pub fn make_timestamp(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: f64) -> Result<i64, Bad> {
    let date = make_date(year, month, day)?;
    let time = make_time(hour, minute, second)?;
    checked(i128::from(date) * i128::from(DAY) + i128::from(time))
}
