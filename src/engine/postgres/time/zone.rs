//! Owns time zones: what the clocks of a place show at an instant, and which instant a clock's time is.
//! Must not know: texts of timestamps.

use std::collections::HashMap;
use std::sync::OnceLock;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::abbreviation::{Abbreviation, abbreviation};
use super::civil::{days_of, length_of_month};
use super::merged::is_merged;
use super::{Bad, DAY, checked, is_infinite};
use crate::calendar::civil;

/// The last year whose rules are listed one by one: later ones follow the last rule.
const LISTED: i64 = 2087;
/// Years of which the last rule is known to hold: each weekday is a first of January, and of March, in one of them.
const CYCLE: std::ops::Range<i64> = 2088..2100;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    Named(Tz),
    /// Seconds east of Greenwich, and what it is called.
    Fixed(i32, String),
}

/// Does a local time exist once, twice, or not at all?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    Once,
    Twice,
    Never,
}

/// Names that are rules of their own in one release of the time zones, and links to cities in another.
const UNSETTLED: [&str; 8] = ["est5edt", "cst6cdt", "mst7mdt", "pst8pdt", "wet", "cet", "met", "eet"];

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::Fixed(0, "UTC".to_owned())
    }

    /// A zone as `at time zone` knows it: an abbreviation, a name of the IANA database, or an offset.
    ///
    /// # Errors
    /// [`Bad::Zone`] for a name that is none, [`Bad::Unsupported`] for abbreviations that mean another offset by date,
    /// and for rules of summer times.
    pub fn named(name: &str) -> Result<Self, Bad> {
        match abbreviation(&name.to_ascii_lowercase()) {
            Some(Abbreviation::Fixed(offset, _)) => Ok(Self::Fixed(offset, name.to_ascii_uppercase())),
            Some(Abbreviation::Dynamic) => Err(Bad::Unsupported),
            None => Self::place(name),
        }
    }

    /// A zone by its whole name, not by an abbreviation.
    ///
    /// # Errors
    /// As [`Zone::named`].
    pub fn place(name: &str) -> Result<Self, Bad> {
        static NAMES: OnceLock<HashMap<String, Tz>> = OnceLock::new();
        let lower = name.to_ascii_lowercase();
        if UNSETTLED.contains(&lower.as_str()) {
            return Err(Bad::Unsupported);
        }
        let names =
            NAMES.get_or_init(|| TZ_VARIANTS.iter().map(|zone| (zone.name().to_ascii_lowercase(), *zone)).collect());
        match names.get(&lower) {
            Some(zone) => Ok(Self::Named(*zone)),
            None => posix(name),
        }
    }

    /// Has the zone had more than one offset?
    #[must_use]
    pub fn changes(&self) -> bool {
        // The first has been a local mean time, mostly; then midwinter, midsummer, and what was once.
        let days = [-62_091, -10_957, 0, 10_957, 11_139, 20_100].map(|day: i64| self.offset(day * DAY));
        days.iter().any(|offset| Some(offset) != days.first())
    }

    /// Seconds east of Greenwich at an instant.
    #[must_use]
    pub fn offset(&self, utc: i64) -> i32 {
        match self {
            Self::Fixed(offset, _) => *offset,
            Self::Named(zone) => match instant(utc) {
                Some(instant) => zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc(),
                None => 0,
            },
        }
    }

    /// What a clock shows at an instant.
    #[must_use]
    pub fn to_local(&self, utc: i64) -> i64 {
        if is_infinite(utc) { utc } else { utc.saturating_add(i64::from(self.offset(utc)) * SECOND) }
    }

    /// Which instant a clock's time is, as PostgreSQL resolves it: where the clock was put forward, by the offset before;
    /// where it was put back, by the one after.
    #[must_use]
    pub fn to_utc(&self, local: i64) -> (i64, Local) {
        if is_infinite(local) {
            return (local, Local::Once);
        }
        let by = |offset: i32| local.saturating_sub(i64::from(offset) * SECOND);
        // The first change of the offset after the day before decides: a later one lies after the time itself.
        let from = local.div_euclid(SECOND).saturating_mul(SECOND).saturating_sub(DAY);
        let before = self.offset(from);
        let Some(change) = self.change_after(from, before) else { return (by(before), Local::Once) };
        let after = self.offset(change);
        match (by(before) < change, by(after) >= change) {
            (true, false) => (by(before), Local::Once),
            (false, true) => (by(after), Local::Once),
            (true, true) => (by(after).max(by(before)), Local::Twice),
            (false, false) => (by(before).max(by(after)), Local::Never),
        }
    }

    /// As [`Zone::to_local`], where every build of the time zone database says the same.
    ///
    /// # Errors
    /// [`Bad::Unsupported`] for times before 1970 of places whose history is told in two ways, [`Bad::Range`].
    pub fn local_of(&self, utc: i64) -> Result<i64, Bad> {
        self.told_once(utc)?;
        if is_infinite(utc) { Ok(utc) } else { checked(i128::from(self.to_local(utc))) }
    }

    /// As [`Zone::to_utc`], where every build of the time zone database says the same.
    ///
    /// # Errors
    /// As [`Zone::local_of`].
    pub fn utc_of(&self, local: i64) -> Result<(i64, Local), Bad> {
        let (utc, times) = self.to_utc(local);
        self.told_once(utc)?;
        if !is_infinite(local) {
            checked(i128::from(utc))?;
        }
        Ok((utc, times))
    }

    fn told_once(&self, utc: i64) -> Result<(), Bad> {
        match self {
            Self::Named(zone) if utc < 0 && !is_infinite(utc) && is_merged(zone.name()) => Err(Bad::Unsupported),
            _ => Ok(()),
        }
    }

    /// The instant within 48 hours at which an offset ends.
    fn change_after(&self, from: i64, offset: i32) -> Option<i64> {
        let is_over = |at: i64| self.offset(at) != offset;
        let first = (1..=4).map(|step| from.saturating_add(step * 12 * HOUR)).find(|at| is_over(*at))?;
        let (mut low, mut high) = (first - 12 * HOUR, first);
        while high - low > SECOND {
            let middle = low + (high - low) / SECOND / 2 * SECOND;
            if is_over(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

/// An instant in a year whose rules are known.
fn instant(utc: i64) -> Option<DateTime<chrono::Utc>> {
    let day = utc.div_euclid(DAY);
    let (year, month, of_month) = civil(day);
    let day = if year > LISTED {
        // Rules name weekdays of months, none of them in January and February: so a leap year is like one that begins a
        // day later, and its additional day like the day before.
        let first = if month < 3 { 1 } else { 3 };
        let weekday = |year: i64| days_of(year, first, 1).rem_euclid(7);
        let like = CYCLE.into_iter().find(|known| weekday(*known) == weekday(year))?;
        days_of(like, month, of_month.min(length_of_month(like, month)))
    } else {
        day
    };
    DateTime::from_timestamp_micros(day * DAY + utc.rem_euclid(DAY))
}

/// `+02`, `-5:30`, `UTC+3`, `<+03>-3`: as POSIX has it, a name that may be empty, and what is added to reach UTC.
fn posix(name: &str) -> Result<Zone, Bad> {
    let (title, rest) = match name.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').ok_or(Bad::Zone)?,
        None => name.split_at(
            name.find(|char: char| char.is_ascii_digit() || matches!(char, ',' | '-' | '+')).ok_or(Bad::Zone)?,
        ),
    };
    let (sign, clock) = match rest.split_at_checked(1) {
        Some(("-", clock)) => (1, clock),
        Some(("+", clock)) => (-1, clock),
        _ => (-1, rest),
    };
    let end = clock.find(|char: char| !(char.is_ascii_digit() || char == ':')).unwrap_or(clock.len());
    let (clock, summer) = clock.split_at(end);
    // Rules of summer times, and names that may be those of files.
    if !summer.is_empty()
        || title.len() > 20
        || !title.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'))
    {
        return Err(Bad::Unsupported);
    }
    let mut parts = [0_i32; 3];
    for (at, part) in clock.split(':').enumerate() {
        let place = parts.get_mut(at).ok_or(Bad::Zone)?;
        *place = part.parse().map_err(|_| Bad::Zone)?;
    }
    let [hours, minutes, seconds] = parts;
    if hours > 167 || minutes > 59 || seconds > 60 {
        return Err(Bad::Zone);
    }
    Ok(Zone::Fixed(sign * (hours * 3_600 + minutes * 60 + seconds), title.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::super::{print_timestamptz, read_timestamp};
    use super::{Local, Zone};

    #[test]
    fn as_postgresql_resolves_local_times() {
        for (zone, local, utc, times) in [
            ("Europe/Berlin", "2024-03-31 02:30", "2024-03-31 01:30:00+00", Local::Never),
            ("Europe/Berlin", "2024-10-27 02:30", "2024-10-27 01:30:00+00", Local::Twice),
            ("Europe/Berlin", "2450-07-01 00:00", "2450-06-30 22:00:00+00", Local::Once),
            ("Africa/Casablanca", "2316-05-04 00:46", "2316-05-03 23:46:00+00", Local::Once),
            ("CET", "2024-07-01 00:00", "2024-06-30 23:00:00+00", Local::Once),
            ("+02", "2024-07-01 00:00", "2024-07-01 02:00:00+00", Local::Once),
        ] {
            let (found, how) = Zone::named(zone).unwrap().to_utc(read_timestamp(local).unwrap());
            assert_eq!((print_timestamptz(found).as_str(), how), (utc, times), "{zone} {local}");
        }
        assert!(Zone::named("+0530").is_err());
    }
}
