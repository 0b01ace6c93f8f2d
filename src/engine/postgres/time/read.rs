//! Owns the texts of dates, times and instants: what a text is as a whole, and the value that its fields make.
//! Must not know: how a text falls into fields.

use super::civil::checked_day;
use super::decode::{date_and_time, time_alone};
use super::fields::{SHORT, STAMP, fields};
use super::seen::{Seen, Special, mask};
use super::{Bad, DAY, checked};

/// Reads a date; a time in the text is left out.
///
/// # Errors
/// For a text that is none, and a day out of range.
pub fn read_date(text: &str) -> Result<i32, Bad> {
    let seen = date_and_time(&fields(text, SHORT)?)?;
    match seen.special {
        Some(Special::Infinite(is_low)) => Ok(if is_low { i32::MIN } else { i32::MAX }),
        Some(Special::Epoch) => Ok(0),
        None => checked_day(seen.days()),
    }
}

/// Reads a time of day; a zone in the text does not count.
///
/// # Errors
/// For a text that is none.
pub fn read_time(text: &str) -> Result<i64, Bad> {
    time_alone(&fields(text, SHORT)?)?.checked_clock()
}

/// Reads a timestamp; a zone in the text does not count.
///
/// # Errors
/// For a text that is none, and a time out of range.
pub fn read_timestamp(text: &str) -> Result<i64, Bad> {
    let seen = date_and_time(&fields(text, STAMP)?)?;
    match seen.special {
        Some(special) => Ok(of_special(special)),
        None => checked(local(&seen)),
    }
}

/// Reads an instant; without a zone it is UTC.
///
/// # Errors
/// For a text that is none, and an instant out of range.
pub fn read_timestamptz(text: &str) -> Result<i64, Bad> {
    let seen = date_and_time(&fields(text, STAMP)?)?;
    if let Some(special) = seen.special {
        return Ok(of_special(special));
    }
    if seen.has(mask::DYNAMIC) {
        return Err(Bad::Unsupported);
    }
    match &seen.zone {
        None => checked(local(&seen) - i128::from(seen.offset) * 1_000_000),
        Some(zone) => Ok(zone.utc_of(checked(local(&seen))?)?.0),
    }
}

fn local(seen: &Seen) -> i128 {
    i128::from(seen.days()) * i128::from(DAY) + i128::from(seen.clock())
}

fn of_special(special: Special) -> i64 {
    match special {
        Special::Epoch => 0,
        Special::Infinite(true) => i64::MIN,
        Special::Infinite(false) => i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bad, print_time, print_timestamp, print_timestamptz};
    use super::{read_time, read_timestamp, read_timestamptz};

    #[test]
    fn as_postgresql_reads_timestamps() {
        for (text, shown) in [
            ("March 5, 2024", Ok("2024-03-05 00:00:00")),
            ("5-Mar-24 12:30 pm", Ok("2024-03-05 12:30:00")),
            ("1/2/2024 12::5", Ok("2024-01-02 12:00:05")),
            ("20240301T123045.1234565", Ok("2024-03-01 12:30:45.123456")),
            ("20240101 256070", Ok("2024-01-02 02:01:10")),
            ("0044-03-15 BC", Ok("0044-03-15 00:00:00 BC")),
            ("J2451187.5", Ok("1999-01-08 12:00:00")),
            ("y2024m03d01", Ok("2024-03-01 00:00:00")),
            ("2024.060", Ok("2024-02-29 00:00:00")),
            ("epoch 12:30", Ok("1970-01-01 00:00:00")),
            ("12:00 2024-01-01", Err(Bad::Syntax)),
            ("Mon 2024-01-08", Err(Bad::Syntax)),
            ("2023-02-29", Err(Bad::Range)),
            ("2024-01-01 24:00:00.5", Err(Bad::Range)),
            ("today", Err(Bad::Unsupported)),
        ] {
            assert_eq!(read_timestamp(text).map(print_timestamp), shown.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn as_postgresql_reads_zones_and_times() {
        for (text, shown) in [
            ("2024-07-01 12:30 Europe/Berlin", Ok("2024-07-01 10:30:00+00")),
            ("2024-07-01 12:30 CET", Ok("2024-07-01 11:30:00+00")),
            ("2024-07-01 12:30 CET DST", Ok("2024-07-01 10:30:00+00")),
            ("2024-07-01 12:30 UTC+3", Ok("2024-07-01 15:30:00+00")),
            ("2024-07-01 12:30-0530", Ok("2024-07-01 18:00:00+00")),
            ("2024-07-01 12:30 MSK", Err(Bad::Unsupported)),
            ("1940-07-01 12:30 Europe/Amsterdam", Err(Bad::Unsupported)),
        ] {
            assert_eq!(read_timestamptz(text).map(print_timestamptz), shown.map(str::to_owned), "{text}");
        }
        for (text, shown) in [
            ("12:", Ok("12:00:00")),
            ("00:00:60", Ok("00:01:00")),
            ("040506.789+08", Ok("04:05:06.789")),
            ("12:30 Asia/Tokyo", Err(Bad::Syntax)),
        ] {
            assert_eq!(read_time(text).map(print_time), shown.map(str::to_owned), "{text}");
        }
    }
}
