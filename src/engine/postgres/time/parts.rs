//! Owns the fields of dates, times and intervals: `extract`, `date_part`, `date_trunc`.
//! Must not know: columns.

use super::civil::days_of;
use super::words::{Unit, field, unit};
use super::{Bad, DAY, Interval, JULIAN_OF_1970, Zone, checked, is_infinite};
use crate::calendar::civil;

/// What a part is taken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Date(i32),
    Time(i64),
    Timestamp(i64),
    TimestampTz(i64, Zone),
    Interval(Interval),
}

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `digits` divided by ten to the power of `scale`.
    Number { digits: i128, scale: u8 },
    /// Of an infinity.
    Null,
    /// Of an infinity, and is it negative?
    Infinite(bool),
}

fn whole(value: i64) -> Part {
    Part::Number { digits: i128::from(value), scale: 0 }
}

fn scaled(digits: i128, scale: u8) -> Part {
    Part::Number { digits, scale }
}

/// The fields of a point in time.
struct Point {
    day: i64,
    year: i64,
    month: i64,
    of_month: i64,
    /// Microseconds since midnight.
    clock: i64,
}

impl Point {
    fn of(day: i64, clock: i64) -> Self {
        let (year, month, of_month) = civil(day);
        Self { day, year, month, of_month, clock }
    }

    fn at(micros: i64) -> Self {
        Self::of(micros.div_euclid(DAY), micros.rem_euclid(DAY))
    }

    /// Monday is 1, Sunday 7.
    fn weekday(&self) -> i64 {
        (self.day + 3).rem_euclid(7) + 1
    }

    /// The ISO year, and the week in it.
    fn iso(&self) -> (i64, i64) {
        let thursday = self.day - self.weekday() + 4;
        let (year, _, _) = civil(thursday);
        (year, (thursday - days_of(year, 1, 1)) / 7 + 1)
    }
}

/// A year as SQL counts it: there is none before the first.
fn counted(year: i64) -> i64 {
    if year > 0 { year } else { year - 1 }
}

/// `extract(field from value)`.
///
/// # Errors
/// [`Bad::Syntax`] for a field that the type does not have.
pub fn part(name: &str, value: Value) -> Result<Part, Bad> {
    let of = field(name).ok_or(Bad::Syntax)?;
    match value {
        Value::Interval(interval) => of_interval(of, interval),
        Value::Time(clock) if of == Unit::Epoch => Ok(scaled(i128::from(clock), 6)),
        Value::Time(clock) => of_clock(of, clock),
        Value::Date(i32::MAX) => infinite(of, false, false),
        Value::Date(i32::MIN) => infinite(of, true, false),
        Value::Date(days) if of == Unit::Epoch => Ok(whole(i64::from(days) * 86_400)),
        Value::Date(days) => of_date(of, &Point::of(i64::from(days), 0)),
        Value::Timestamp(micros) => of_timestamp(of, micros, micros),
        Value::TimestampTz(micros, zone) => match of {
            Unit::Timezone | Unit::TimezoneHour | Unit::TimezoneMinute if !is_infinite(micros) => {
                let offset = i64::from(zone.offset(micros));
                Ok(whole(match of {
                    Unit::Timezone => offset,
                    Unit::TimezoneHour => offset / 3_600,
                    _ => offset / 60 % 60,
                }))
            }
            _ => of_timestamp(of, zone.to_local(micros), micros),
        },
    }
}

/// The same as a double.
///
/// # Errors
/// As [`part`].
#[expect(clippy::cast_precision_loss, reason = "as PostgreSQL computes it")]
pub fn part_as_float(name: &str, value: Value) -> Result<Option<f64>, Bad> {
    let of = field(name).ok_or(Bad::Syntax)?;
    let copy = value.clone();
    Ok(match (part(name, value)?, of, copy) {
        (Part::Null, _, _) => None,
        (Part::Infinite(negative), _, _) => Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
        (Part::Number { .. }, Unit::Epoch, Value::Interval(interval)) => {
            let mut total = interval.micros as f64 / 1_000_000.0;
            total += 365.25 * 86_400.0 * f64::from(interval.months / 12);
            total += 30.0 * 86_400.0 * f64::from(interval.months % 12);
            Some(total + 86_400.0 * f64::from(interval.days))
        }
        (Part::Number { .. }, Unit::Julian, Value::Timestamp(micros)) => Some(julian_as_float(micros)),
        (Part::Number { .. }, Unit::Julian, Value::TimestampTz(micros, zone)) => {
            Some(julian_as_float(zone.to_local(micros)))
        }
        (Part::Number { digits, .. }, Unit::Second, _) => {
            Some((digits / 1_000_000) as f64 + (digits % 1_000_000) as f64 / 1_000_000.0)
        }
        (Part::Number { digits, .. }, Unit::Millisecond, _) => {
            Some((digits / 1_000_000) as f64 * 1_000.0 + (digits % 1_000_000) as f64 / 1_000.0)
        }
        (Part::Number { digits, scale: 6 }, _, _) => Some(digits as f64 / 1_000_000.0),
        (Part::Number { digits, .. }, _, _) => Some(digits as f64),
    })
}

fn of_clock(of: Unit, clock: i64) -> Result<Part, Bad> {
    let seconds = i128::from(clock % 60_000_000);
    Ok(match of {
        Unit::Microsecond => scaled(seconds, 0),
        Unit::Millisecond => scaled(seconds, 3),
        Unit::Second => scaled(seconds, 6),
        Unit::Minute => whole(clock / 60_000_000 % 60),
        Unit::Hour => whole(clock / 3_600_000_000),
        _ => return Err(Bad::Syntax),
    })
}

fn of_date(of: Unit, point: &Point) -> Result<Part, Bad> {
    let year = point.year;
    // Spans of years before Christ are counted as the years are: 1 BC ends the span -1.
    let span = |years: i64| if year > 0 { (year + years - 1) / years } else { -((years - year) / years) };
    Ok(whole(match of {
        Unit::Day => point.of_month,
        Unit::Month => point.month,
        Unit::Quarter => (point.month - 1) / 3 + 1,
        Unit::Week => point.iso().1,
        Unit::Year => counted(year),
        Unit::Decade => year.div_euclid(10),
        Unit::Century => span(100),
        Unit::Millennium => span(1_000),
        Unit::IsoYear => counted(point.iso().0),
        Unit::Weekday => point.weekday() % 7,
        Unit::IsoWeekday => point.weekday(),
        Unit::DayOfYear => point.day - days_of(year, 1, 1) + 1,
        Unit::Julian => point.day + JULIAN_OF_1970,
        _ => return Err(Bad::Syntax),
    }))
}

/// The Julian day with its fraction, of as many digits as PostgreSQL's division gives.
fn julian(point: &Point) -> Part {
    let clock = i128::from(point.clock);
    // The digits of a quotient hang on the first digits, in base 10000, of dividend and divisor (864 of weight 2).
    let (weight, first) = match clock {
        100_000_000.. => (2, clock / 100_000_000),
        10_000.. => (1, clock / 10_000),
        _ => (0, clock),
    };
    let scale: u8 = 16 + 4 * (2 - weight + u8::from(first <= 864));
    let unit = 10_i128.pow(u32::from(scale));
    let fraction = (clock * unit * 2 / i128::from(DAY) + 1) / 2;
    scaled(i128::from(point.day + JULIAN_OF_1970) * unit + fraction, scale)
}

#[expect(clippy::cast_precision_loss, reason = "as PostgreSQL computes it")]
fn julian_as_float(local: i64) -> f64 {
    let point = Point::at(local);
    let (seconds, micros) = (point.clock / 1_000_000, point.clock % 1_000_000);
    (point.day + JULIAN_OF_1970) as f64 + (seconds as f64 + micros as f64 / 1_000_000.0) / 86_400.0
}

/// What an infinity has of a field: none, or an infinity where the field grows for ever.
fn infinite(of: Unit, negative: bool, has_time: bool) -> Result<Part, Bad> {
    match of {
        Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium | Unit::Julian | Unit::IsoYear | Unit::Epoch => {
            Ok(Part::Infinite(negative))
        }
        Unit::Month | Unit::Quarter | Unit::Week | Unit::Day | Unit::Weekday | Unit::IsoWeekday | Unit::DayOfYear => {
            Ok(Part::Null)
        }
        _ if has_time => Ok(Part::Null),
        _ => Err(Bad::Syntax),
    }
}

fn of_timestamp(of: Unit, local: i64, utc: i64) -> Result<Part, Bad> {
    if is_infinite(local) {
        return infinite(of, local < 0, true);
    }
    let point = Point::at(local);
    match of {
        Unit::Epoch => Ok(scaled(i128::from(utc), 6)),
        Unit::Julian => Ok(julian(&point)),
        _ => of_clock(of, point.clock).or_else(|_| of_date(of, &point)),
    }
}

fn of_interval(of: Unit, interval: Interval) -> Result<Part, Bad> {
    let (years, months) = (i64::from(interval.months / 12), i64::from(interval.months % 12));
    Ok(match of {
        Unit::Day => whole(i64::from(interval.days)),
        Unit::Month => whole(months),
        Unit::Quarter => whole(months / 3 + 1),
        Unit::Year => whole(years),
        Unit::Decade => whole(years / 10),
        Unit::Century => whole(years / 100),
        Unit::Millennium => whole(years / 1_000),
        Unit::Epoch => {
            // A year has 365.25 days here, a month 30.
            let quarters = 1_461 * i128::from(years) + 120 * i128::from(months) + 4 * i128::from(interval.days);
            scaled(quarters * 21_600 * 1_000_000 + i128::from(interval.micros), 6)
        }
        _ => return of_clock(of, interval.micros),
    })
}

/// `date_trunc`.
///
/// # Errors
/// [`Bad::Syntax`] for a field that is none.
pub fn trunc(name: &str, value: Value) -> Result<Value, Bad> {
    let of = unit(&name.to_ascii_lowercase()).ok_or(Bad::Syntax)?;
    match value {
        Value::Interval(interval) => of_interval_cut(of, interval).map(Value::Interval),
        Value::Timestamp(micros) => cut(of, micros).map(Value::Timestamp),
        Value::TimestampTz(micros, zone) => {
            if is_infinite(micros) {
                return Ok(Value::TimestampTz(micros, zone));
            }
            let local = cut(of, zone.local_of(micros)?)?;
            let within_a_day =
                matches!(of, Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour);
            let utc = if within_a_day {
                checked(i128::from(local) - i128::from(zone.offset(micros)) * 1_000_000)?
            } else {
                zone.utc_of(local)?.0
            };
            Ok(Value::TimestampTz(utc, zone))
        }
        Value::Date(_) | Value::Time(_) => Err(Bad::Syntax),
    }
}

fn cut(of: Unit, micros: i64) -> Result<i64, Bad> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let point = Point::at(micros);
    let by = |width: i64| Ok(micros - micros.rem_euclid(width));
    let start = |year: i64, month: i64| checked(i128::from(days_of(year, month, 1)) * i128::from(DAY));
    let year = point.year;
    match of {
        Unit::Microsecond => Ok(micros),
        Unit::Millisecond => by(1_000),
        Unit::Second => by(1_000_000),
        Unit::Minute => by(60_000_000),
        Unit::Hour => by(3_600_000_000),
        Unit::Day => by(DAY),
        Unit::Week => checked(i128::from(point.day - point.weekday() + 1) * i128::from(DAY)),
        Unit::Month => start(year, point.month),
        Unit::Quarter => start(year, (point.month - 1) / 3 * 3 + 1),
        Unit::Year => start(year, 1),
        Unit::Decade => start(year.div_euclid(10) * 10, 1),
        Unit::Century => start((year - 1).div_euclid(100) * 100 + 1, 1),
        Unit::Millennium => start((year - 1).div_euclid(1000) * 1000 + 1, 1),
        _ => Err(Bad::Syntax),
    }
}

fn of_interval_cut(of: Unit, interval: Interval) -> Result<Interval, Bad> {
    let by = |width: i64| Interval { micros: interval.micros / width * width, ..interval };
    let months = |width: i32| Interval { months: interval.months / width * width, days: 0, micros: 0 };
    Ok(match of {
        Unit::Microsecond => interval,
        Unit::Millisecond => by(1_000),
        Unit::Second => by(1_000_000),
        Unit::Minute => by(60_000_000),
        Unit::Hour => by(3_600_000_000),
        Unit::Day => Interval { micros: 0, ..interval },
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
        Unit::Decade => months(120),
        Unit::Century => months(1_200),
        Unit::Millennium => months(12_000),
        _ => return Err(Bad::Syntax),
    })
}
