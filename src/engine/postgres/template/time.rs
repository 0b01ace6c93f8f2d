//! Owns `to_char` of timestamps and intervals.
//! Must not know: how templates are taken apart.

use super::Bad;
use super::nodes::{Node, nodes};
use crate::calendar::civil;
use crate::engine::postgres::time::{DAY, days_of};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
/// The width that names of months and days are filled to.
const NAME_WIDTH: usize = 9;

/// A local time, and its zone where it has one: abbreviation, and seconds east.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    day: i64,
    year: i64,
    month: i64,
    of_month: i64,
    clock: i64,
    pub zone: Option<(String, i32)>,
}

impl Moment {
    /// The local time of a timestamp; None for an infinity.
    #[must_use]
    pub fn of_timestamp(micros: i64) -> Option<Self> {
        if matches!(micros, i64::MAX | i64::MIN) {
            return None;
        }
        let day = micros.div_euclid(DAY);
        let (year, month, of_month) = civil(day);
        Some(Self { day, year, month, of_month, clock: micros.rem_euclid(DAY), zone: None })
    }

    /// Sunday is 0.
    fn weekday(&self) -> i64 {
        (self.day + 4).rem_euclid(7)
    }

    fn iso(&self) -> (i64, i64, i64) {
        let isodow = (self.weekday() + 6) % 7;
        let (year, _, _) = civil(self.day - isodow + 3);
        let fourth = days_of(year, 1, 4);
        let start = fourth - (fourth + 3).rem_euclid(7);
        (year, (self.day - start) / 7 + 1, self.day - start + 1)
    }
}

fn counted(year: i64) -> i64 {
    if year > 0 { year } else { 1 - year }
}

/// A number of a width, with its ordinal ending.
fn digits(value: i64, width: usize, fill: bool, ordinal: Option<&str>) -> String {
    let mut out = match (fill, value < 0) {
        (false, _) => value.to_string(),
        (true, false) => format!("{value:0width$}"),
        (true, true) => format!("{value:0width$}", width = width + 1),
    };
    if let Some(mark) = ordinal {
        let ending = match (value.rem_euclid(100), value.rem_euclid(10)) {
            (11..=13, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        out.push_str(&if mark == "TH" { ending.to_uppercase() } else { ending.to_owned() });
    }
    out
}

fn name(text: &str, pattern: &str, short: bool, width: usize, fill: bool) -> String {
    let text = if short { &text[..3] } else { text };
    let cased = match pattern.chars().take(2).collect::<String>() {
        start if start.chars().all(|char| char.is_ascii_uppercase()) => text.to_uppercase(),
        start if start.chars().all(|char| char.is_ascii_lowercase()) => text.to_lowercase(),
        _ => text.to_owned(),
    };
    if fill && !short { format!("{cased:<width$}") } else { cased }
}

fn cased(text: &str, pattern: &str) -> String {
    if pattern.starts_with(|char: char| char.is_ascii_lowercase()) { text.to_lowercase() } else { text.to_owned() }
}

/// `to_char(timestamp, template)`.
///
/// # Errors
/// For patterns that are not there.
pub fn time(template: &str, moment: &Moment) -> Result<String, Bad> {
    let mut out = String::new();
    for node in nodes(template) {
        match node {
            Node::Separator(char) | Node::Char(char) => out.push(char),
            Node::Pattern { name, fill, ordinal } => out.push_str(&part(name, fill, ordinal, moment)?),
        }
    }
    Ok(out)
}

fn part(pattern: &str, fill: bool, ordinal: Option<&str>, moment: &Moment) -> Result<String, Bad> {
    let number = |value: i64, width: usize| Ok(digits(value, width, fill, ordinal));
    let (hour, minute, second) =
        (moment.clock / 3_600_000_000, moment.clock / 60_000_000 % 60, moment.clock / 1_000_000 % 60);
    let fraction = moment.clock % 1_000_000;
    let year = counted(moment.year);
    let (iso_year, iso_week, iso_day) = moment.iso();
    let iso_year = counted(iso_year);
    let of_year = moment.day - days_of(moment.year, 1, 1) + 1;
    let at = |index: i64| usize::try_from(index).unwrap_or(0);
    match pattern.to_ascii_uppercase().as_str() {
        "HH" | "HH12" => number(if hour % 12 == 0 { 12 } else { hour % 12 }, 2),
        "HH24" => number(hour, 2),
        "MI" => number(minute, 2),
        "SS" => number(second, 2),
        "SSSS" | "SSSSS" => number(moment.clock / 1_000_000, 1),
        "MS" => number(fraction / 1_000, 3),
        "US" => number(fraction, 6),
        "FF1" => number(fraction / 100_000, 1),
        "FF2" => number(fraction / 10_000, 2),
        "FF3" => number(fraction / 1_000, 3),
        "FF4" => number(fraction / 100, 4),
        "FF5" => number(fraction / 10, 5),
        "FF6" => number(fraction, 6),
        "AM" | "PM" => Ok(cased(if hour >= 12 { "PM" } else { "AM" }, pattern)),
        "A.M." | "P.M." => Ok(cased(if hour >= 12 { "P.M." } else { "A.M." }, pattern)),
        "AD" | "BC" => Ok(cased(if moment.year <= 0 { "BC" } else { "AD" }, pattern)),
        "A.D." | "B.C." => Ok(cased(if moment.year <= 0 { "B.C." } else { "A.D." }, pattern)),
        "YYYY" => number(year, 4),
        "YYY" => number(year % 1000, 3),
        "YY" => number(year % 100, 2),
        "Y" => number(year % 10, 1),
        "Y,YYY" => {
            let text = format!("{},{:03}", year / 1000, year % 1000);
            if ordinal.is_some() { Err(Bad::Unsupported) } else { Ok(text) }
        }
        "IYYY" => number(iso_year, 4),
        "IYY" => number(iso_year % 1000, 3),
        "IY" => number(iso_year % 100, 2),
        "I" => number(iso_year % 10, 1),
        "MM" => number(moment.month, 2),
        "MONTH" => Ok(name(MONTHS[at(moment.month - 1)], pattern, false, NAME_WIDTH, fill)),
        "MON" => Ok(name(MONTHS[at(moment.month - 1)], pattern, true, NAME_WIDTH, fill)),
        "RM" => Ok(name(&cased(ROMAN[at(moment.month - 1)], pattern), pattern, false, 4, fill)),
        "DAY" => Ok(name(DAYS[at(moment.weekday())], pattern, false, NAME_WIDTH, fill)),
        "DY" => Ok(name(DAYS[at(moment.weekday())], pattern, true, NAME_WIDTH, fill)),
        "DDD" => number(of_year, 3),
        "IDDD" => number(iso_day, 3),
        "DD" => number(moment.of_month, 2),
        "D" => number(moment.weekday() + 1, 1),
        "ID" => number(if moment.weekday() == 0 { 7 } else { moment.weekday() }, 1),
        "WW" => number((of_year - 1) / 7 + 1, 2),
        "IW" => number(iso_week, 2),
        "W" => number((moment.of_month - 1) / 7 + 1, 1),
        "CC" => {
            let century = if moment.year > 0 { (moment.year - 1) / 100 + 1 } else { (moment.year) / 100 - 1 };
            number(century, 2)
        }
        "J" => number(moment.day + 2_440_588, 1),
        "Q" => number((moment.month - 1) / 3 + 1, 1),
        "TZ" => Ok(cased(&moment.zone.as_ref().map(|(name, _)| name.clone()).unwrap_or_default(), pattern)),
        "TZH" | "TZM" | "OF" => Ok(offset(pattern, moment.zone.as_ref().map_or(0, |(_, seconds)| *seconds))),
        "FX" => Ok(String::new()),
        _ => Err(Bad::Unsupported),
    }
}

fn offset(pattern: &str, seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    match pattern.to_ascii_uppercase().as_str() {
        "TZH" => format!("{sign}{hours:02}"),
        "TZM" => format!("{minutes:02}"),
        _ if minutes != 0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}"),
    }
}

/// A number of a width that counts its sign.
fn with_sign(value: i64, width: usize, ordinal: Option<&str>) -> String {
    let ending = digits(value, 1, false, ordinal);
    let number = value.to_string();
    format!("{value:0width$}{}", &ending[number.len()..])
}

/// `to_char(interval, template)`: the patterns that count time.
///
/// # Errors
/// For patterns of a calendar.
pub fn interval(template: &str, months: i32, days: i32, micros: i64) -> Result<String, Bad> {
    let mut out = String::new();
    let hours = micros / 3_600_000_000;
    for node in nodes(template) {
        let (name, fill, ordinal) = match node {
            Node::Separator(char) | Node::Char(char) => {
                out.push(char);
                continue;
            }
            Node::Pattern { name, fill, ordinal } => (name, fill, ordinal),
        };
        // A sign takes a place of the days and months, and is one more of the rest.
        let number = |value: i64, width: usize| match (fill, value < 0, width) {
            (true, true, 2) => with_sign(value, width, ordinal),
            _ => digits(value, width, fill, ordinal),
        };
        let of_clock =
            |value: i64, total: i64| if fill && total < 0 { with_sign(value, 3, ordinal) } else { number(value, 2) };
        out.push_str(&match name.to_ascii_uppercase().as_str() {
            "HH24" => of_clock(hours, hours),
            "HH" | "HH12" => of_clock(if hours % 12 == 0 { 12 } else { hours % 12 }, hours),
            "MI" => of_clock(micros / 60_000_000 % 60, micros / 60_000_000 % 60),
            "SS" => of_clock(micros / 1_000_000 % 60, micros / 1_000_000 % 60),
            "MS" => number(micros % 1_000_000 / 1_000, 3),
            "US" => number(micros % 1_000_000, 6),
            "DD" => number(i64::from(days), 2),
            "MM" => digits(i64::from(months % 12), 2, fill, ordinal),
            "YYYY" => number(i64::from(months / 12), 4),
            _ => return Err(Bad::Unsupported),
        });
    }
    Ok(out)
}
