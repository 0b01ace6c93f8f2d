//! Owns the texts of dates and times.
//! Must not know: how they are read.

use super::DAY;
use crate::calendar::{civil, historic};

fn infinite(is_low: bool) -> String {
    if is_low { "-infinity" } else { "infinity" }.to_owned()
}

fn day(days: i64) -> (String, &'static str) {
    let (year, month, day) = civil(days);
    let (year, era) = historic(year);
    (format!("{year:04}-{month:02}-{day:02}"), era)
}

#[must_use]
pub fn print_date(days: i32) -> String {
    match days {
        i32::MAX | i32::MIN => infinite(days < 0),
        days => {
            let (date, era) = day(i64::from(days));
            format!("{date}{era}")
        }
    }
}

#[must_use]
pub fn print_time(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    format!("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction_of(fraction))
}

/// `.5`, or nothing.
pub fn fraction_of(micros: i64) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() }
}

#[must_use]
pub fn print_timestamp(micros: i64) -> String {
    stamp(micros, "")
}

/// An instant, in UTC.
#[must_use]
pub fn print_timestamptz(micros: i64) -> String {
    stamp(micros, "+00")
}

fn stamp(micros: i64, zone: &str) -> String {
    match micros {
        i64::MAX | i64::MIN => infinite(micros < 0),
        micros => {
            let (date, era) = day(micros.div_euclid(DAY));
            format!("{date} {}{zone}{era}", print_time(micros.rem_euclid(DAY)))
        }
    }
}
