//! Owns `to_date` and `to_timestamp`: texts read by a template.
//! Must not know: columns.

use super::Bad;
use super::nodes::{Node, is_separator, nodes};
use crate::engine::postgres::time::{DAY, days_of, make_date};

/// The fields that a text has given.
#[derive(Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    of_year: Option<i64>,
    julian: Option<i64>,
    hour: Option<i64>,
    twelve: bool,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
    before_christ: bool,
    zone: Option<(i64, i64)>,
}

/// A text on its way.
struct Text<'a> {
    rest: &'a str,
    /// Blanks and signs that were passed over, which a template's characters may stand for.
    extra: i64,
}

impl Text<'_> {
    fn skip_blanks(&mut self, counted: bool) {
        let trimmed = self.rest.trim_start_matches(|char: char| char.is_ascii_whitespace());
        if counted {
            self.extra += i64::try_from(self.rest.len() - trimmed.len()).unwrap_or(0);
        }
        self.rest = trimmed;
    }

    /// A whole number: of so many characters, or of as many as there are.
    fn number(&mut self, width: usize, open: bool) -> Result<(i64, usize), Bad> {
        self.skip_blanks(false);
        let signed = usize::from(self.rest.starts_with(['-', '+']));
        let digits = self.rest[signed..].bytes().take_while(u8::is_ascii_digit).count();
        let length = if open { signed + digits } else { (signed + digits).min(width) };
        // A field of a fixed width takes all of it.
        if digits == 0 || length == signed || !open && length < width {
            return Err(Bad::Syntax);
        }
        let (number, rest) = self.rest.split_at(length);
        self.rest = rest;
        let value: i64 = number.trim_start_matches('+').parse().map_err(|_| Bad::Range)?;
        if i32::try_from(value).is_err() { Err(Bad::Range) } else { Ok((value, length)) }
    }

    /// One of some words, whatever its case.
    fn word<'b>(&mut self, words: &[&'b str]) -> Result<(usize, &'b str), Bad> {
        let found = words
            .iter()
            .enumerate()
            .find(|(_, word)| self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
        let (at, word) = found.ok_or(Bad::Syntax)?;
        self.rest = &self.rest[word.len()..];
        Ok((at, word))
    }
}

fn put(place: &mut Option<i64>, value: i64) -> Result<(), Bad> {
    match place {
        Some(known) if *known != value => Err(Bad::Syntax),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn read(text: &str, template: &str) -> Result<Fields, Bad> {
    let all = nodes(template);
    let mut fields = Fields::default();
    let mut text = Text { rest: text, extra: 0 };
    for (at, node) in all.iter().enumerate() {
        if text.rest.is_empty() {
            break;
        }
        match node {
            Node::Separator(_) => {
                text.extra -= 1;
                if let Some(char) = text.rest.chars().next().filter(|char| is_separator(*char)) {
                    text.rest = &text.rest[char.len_utf8()..];
                    text.extra += 1;
                }
                text.skip_blanks(true);
            }
            Node::Char(_) => {
                if text.extra > 0 {
                    text.extra -= 1;
                } else if let Some(char) = text.rest.chars().next() {
                    text.rest = &text.rest[char.len_utf8()..];
                }
            }
            Node::Pattern { name, fill, ordinal } => {
                text.skip_blanks(true);
                let open = !fill || all.get(at + 1).is_none_or(|next| !next.is_number());
                field(name, open, &mut text, &mut fields)?;
                if ordinal.is_some() {
                    text.rest = text.rest.get(2..).unwrap_or_default();
                }
                text.extra = 0;
                // Signs of the text that the template does not have are passed over.
                if !matches!(all.get(at + 1), Some(Node::Separator(_) | Node::Char(_))) {
                    text.skip_blanks(true);
                }
            }
        }
    }
    Ok(fields)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const SHORT_MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 14] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sun",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
];

fn field(name: &str, open: bool, text: &mut Text<'_>, fields: &mut Fields) -> Result<(), Bad> {
    match name.to_ascii_uppercase().as_str() {
        "YYYY" => put(&mut fields.year, text.number(4, open)?.0),
        pattern @ ("YYY" | "YY" | "Y") => {
            let (value, length) = text.number(pattern.len(), open)?;
            put(&mut fields.year, if length < 4 { near_2020(value) } else { value })
        }
        "MM" => put(&mut fields.month, text.number(2, open)?.0),
        "MONTH" => {
            let (at, _) = text.word(&MONTHS).or_else(|_| text.word(&SHORT_MONTHS))?;
            put(&mut fields.month, i64::try_from(at).unwrap_or(0) + 1)
        }
        "MON" => {
            let (at, _) = text.word(&SHORT_MONTHS)?;
            put(&mut fields.month, i64::try_from(at).unwrap_or(0) + 1)
        }
        "DD" => put(&mut fields.day, text.number(2, open)?.0),
        "DDD" => put(&mut fields.of_year, text.number(3, open)?.0),
        "J" => put(&mut fields.julian, text.number(9, true)?.0),
        "DAY" => text.word(&DAYS[..7]).map(|_| ()),
        "DY" => text.word(&DAYS[7..]).map(|_| ()),
        "HH24" => put(&mut fields.hour, text.number(2, open)?.0),
        "HH" | "HH12" => {
            fields.twelve = true;
            put(&mut fields.hour, text.number(2, open)?.0)
        }
        "MI" => text.number(2, open).map(|(value, _)| fields.minute = value),
        "SS" => text.number(2, open).map(|(value, _)| fields.second = value),
        "MS" => fraction(text, 3, open, fields),
        "US" => fraction(text, 6, open, fields),
        pattern if pattern.starts_with("FF") => {
            let digits = pattern[2..].parse().unwrap_or(6);
            fraction(text, digits, open, fields)
        }
        "AM" | "PM" | "A.M." | "P.M." => {
            let words = if name.contains('.') { ["a.m.", "p.m."] } else { ["am", "pm"] };
            fields.afternoon = Some(text.word(&words)?.0 == 1);
            fields.twelve = true;
            Ok(())
        }
        "AD" | "BC" | "A.D." | "B.C." => {
            let words = if name.contains('.') { ["a.d.", "b.c."] } else { ["ad", "bc"] };
            fields.before_christ = text.word(&words)?.0 == 1;
            Ok(())
        }
        "TZH" => {
            let (value, _) = text.number(3, open)?;
            fields.zone = Some((value, fields.zone.map_or(0, |(_, minutes)| minutes)));
            Ok(())
        }
        "TZM" => {
            let (value, _) = text.number(2, open)?;
            fields.zone = Some((fields.zone.map_or(0, |(hours, _)| hours), value));
            Ok(())
        }
        _ => Err(Bad::Unsupported),
    }
}

fn fraction(text: &mut Text<'_>, digits: usize, open: bool, fields: &mut Fields) -> Result<(), Bad> {
    let (value, length) = text.number(digits, open)?;
    let length = u32::try_from(length).unwrap_or(6);
    if length > 6 {
        return Err(Bad::Range);
    }
    fields.micros = value * 10_i64.pow(6 - length);
    Ok(())
}

/// A year of three digits or less, as the one nearest to 2020.
fn near_2020(year: i64) -> i64 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        other => other,
    }
}

fn day(fields: &Fields) -> Result<i64, Bad> {
    if let Some(julian) = fields.julian {
        return Ok(julian - 2_440_588);
    }
    // Without a year, PostgreSQL means the first one before Christ: nobody does.
    let year = match (fields.year.ok_or(Bad::Unsupported)?, fields.before_christ) {
        (year, true) if year > 0 => -year,
        (year, false) if year > 0 => year,
        _ => return Err(Bad::Unsupported),
    };
    if let (Some(of_year), None, None) = (fields.of_year, fields.month, fields.day) {
        let start = days_of(if year < 0 { year + 1 } else { year }, 1, 1);
        let length = days_of(if year < 0 { year + 2 } else { year + 1 }, 1, 1) - start;
        return if (1..=length).contains(&of_year) { Ok(start + of_year - 1) } else { Err(Bad::Range) };
    }
    if fields.of_year.is_some() {
        return Err(Bad::Unsupported);
    }
    let int = |value: i64| i32::try_from(value).map_err(|_| Bad::Range);
    make_date(int(year)?, int(fields.month.unwrap_or(1))?, int(fields.day.unwrap_or(1))?)
        .map(i64::from)
        .map_err(|_| Bad::Range)
}

fn clock(fields: &Fields) -> Result<i64, Bad> {
    let mut hour = fields.hour.unwrap_or(0);
    if fields.twelve {
        if fields.hour.is_some() && !(1..=12).contains(&hour) {
            return Err(Bad::Range);
        }
        match fields.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
    }
    let in_range = (0..24).contains(&hour) && (0..60).contains(&fields.minute) && (0..60).contains(&fields.second);
    if !in_range {
        return Err(Bad::Range);
    }
    Ok(((hour * 60 + fields.minute) * 60 + fields.second) * 1_000_000 + fields.micros)
}

/// `to_date(text, template)`.
///
/// # Errors
/// For a text that does not follow the template.
pub fn to_date(text: &str, template: &str) -> Result<i32, Bad> {
    let fields = read(text, template)?;
    clock(&fields)?;
    i32::try_from(day(&fields)?).map_err(|_| Bad::Range)
}

/// `to_timestamp(text, template)`: without a zone in the text it is UTC.
///
/// # Errors
/// As [`to_date`].
pub fn to_timestamp(text: &str, template: &str) -> Result<i64, Bad> {
    let fields = read(text, template)?;
    let local = day(&fields)?.checked_mul(DAY).and_then(|day| day.checked_add(clock(&fields).ok()?));
    clock(&fields)?;
    let (hours, minutes) = fields.zone.unwrap_or((0, 0));
    if !(-15..=15).contains(&hours) || !(0..60).contains(&minutes) {
        return Err(Bad::Range);
    }
    let minutes = if hours < 0 { -minutes } else { minutes };
    local.and_then(|local| local.checked_sub((hours * 60 + minutes) * 60_000_000)).ok_or(Bad::Range)
}
