//! Owns what lies between two timestamps in years, months and days; bins; overlaps.
//! Must not know: texts.

use super::civil::length_of_month;
use super::{Bad, DAY, Interval, checked, is_infinite};
use crate::calendar::civil;

/// `age(left, right)`.
///
/// # Errors
/// [`Bad::Range`] for infinities.
pub fn age(left: i64, right: i64) -> Result<Interval, Bad> {
    if is_infinite(left) || is_infinite(right) {
        return Err(Bad::Range);
    }
    let negative = left < right;
    let (later, earlier) = if negative { (right, left) } else { (left, right) };
    let fields = |micros: i64| {
        let (year, month, day) = civil(micros.div_euclid(DAY));
        (year, month, day, micros.rem_euclid(DAY))
    };
    let (a, b) = (fields(later), fields(earlier));
    let (mut years, mut months, mut days, mut micros) = (a.0 - b.0, a.1 - b.1, a.2 - b.2, a.3 - b.3);
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    // Days are borrowed from the month of the earlier time.
    while days < 0 {
        days += length_of_month(b.0, b.1);
        months -= 1;
    }
    while months < 0 {
        months += 12;
        years -= 1;
    }
    let int = |value: i64| i32::try_from(value).map_err(|_| Bad::Range);
    let out = Interval { months: int(years * 12 + months)?, days: int(days)?, micros };
    if negative { out.negate() } else { Ok(out) }
}

/// `date_bin`: the start of the stride from `origin` that a timestamp lies in.
///
/// # Errors
/// [`Bad::Range`] for a stride of months or of nothing, and for infinities.
pub fn bin(stride: Interval, micros: i64, origin: i64) -> Result<i64, Bad> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    if is_infinite(origin) || stride.months != 0 {
        return Err(Bad::Range);
    }
    let width = i128::from(stride.days) * i128::from(DAY) + i128::from(stride.micros);
    if width <= 0 {
        return Err(Bad::Range);
    }
    // PostgreSQL has 64 bits for what lies between, and for the stride.
    i64::try_from(width).map_err(|_| Bad::Range)?;
    let between = i128::from(micros.checked_sub(origin).ok_or(Bad::Range)?);
    checked(i128::from(origin) + between.div_euclid(width) * width)
}

/// `(a, b) overlaps (c, d)`, three-valued as in SQL.
#[must_use]
pub fn overlaps(a: Option<i64>, b: Option<i64>, c: Option<i64>, d: Option<i64>) -> Option<bool> {
    let pair = |start: Option<i64>, end: Option<i64>| match (start, end) {
        (None, None) => None,
        (None, end) => Some((end?, None)),
        (Some(start), None) => Some((start, None)),
        (Some(start), Some(end)) => Some((start.min(end), Some(start.max(end)))),
    };
    let ((a, b), (c, d)) = (pair(a, b)?, pair(c, d)?);
    let within = |start: i64, end: Option<i64>| end.map(|end| start < end);
    match a.cmp(&c) {
        std::cmp::Ordering::Greater => match within(a, d) {
            Some(true) => Some(true),
            None => None,
            Some(false) if b.is_none() => None,
            Some(false) => Some(false),
        },
        std::cmp::Ordering::Less => match within(c, b) {
            Some(true) => Some(true),
            None => None,
            Some(false) if d.is_none() => None,
            Some(false) => Some(false),
        },
        std::cmp::Ordering::Equal => {
            if b.is_none() || d.is_none() {
                None
            } else {
                Some(true)
            }
        }
    }
}
