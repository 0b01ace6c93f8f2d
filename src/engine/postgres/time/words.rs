//! Owns the words of dates, times and intervals, and the units that parts are named by.
//! Must not know: zones, or where a word may stand.

/// What a part of an interval, or a field of a date, is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
    Julian,
    IsoYear,
    Weekday,
    IsoWeekday,
    DayOfYear,
    Epoch,
}

/// A word of a date's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Month(i64),
    Weekday,
    BeforeChrist(bool),
    Afternoon(bool),
    /// `epoch`, `infinity`, `-infinity`.
    Epoch,
    Infinite(bool),
    /// `now`, `today`: what they mean changes.
    Clock,
    /// `allballs`: midnight in UTC.
    Midnight,
    /// `at`, `on`.
    Filler,
    /// `dst` after a zone.
    Summer,
    /// A label of the number that follows: `y2024m01d02`, `j2451187`.
    Label(Unit),
    /// `t` before a time.
    Time,
    /// A field of `extract` that no text has.
    Other(Unit),
}

/// Words are told apart by as many letters.
const TELLING: usize = 10;

fn telling(word: &str) -> &str {
    word.get(..TELLING).unwrap_or(word)
}

/// A word of dates, in lower case.
#[must_use]
pub fn word(word: &str) -> Option<Word> {
    use Word::{
        Afternoon, BeforeChrist, Clock, Epoch, Filler, Infinite, Label, Midnight, Month, Other, Summer, Time, Weekday,
    };
    Some(match telling(word) {
        "jan" | "january" => Month(1),
        "feb" | "february" => Month(2),
        "mar" | "march" => Month(3),
        "apr" | "april" => Month(4),
        "may" => Month(5),
        "jun" | "june" => Month(6),
        "jul" | "july" => Month(7),
        "aug" | "august" => Month(8),
        "sep" | "sept" | "september" => Month(9),
        "oct" | "october" => Month(10),
        "nov" | "november" => Month(11),
        "dec" | "december" => Month(12),
        "sun" | "sunday" | "mon" | "monday" | "tue" | "tues" | "tuesday" | "wed" | "weds" | "wednesday" | "thu"
        | "thur" | "thurs" | "thursday" | "fri" | "friday" | "sat" | "saturday" => Weekday,
        "bc" => BeforeChrist(true),
        "ad" => BeforeChrist(false),
        "am" => Afternoon(false),
        "pm" => Afternoon(true),
        "epoch" => Epoch,
        "infinity" => Infinite(false),
        "-infinity" => Infinite(true),
        "now" | "today" | "tomorrow" | "yesterday" => Clock,
        "allballs" => Midnight,
        "at" | "on" => Filler,
        "dst" => Summer,
        "t" => Time,
        "y" => Label(Unit::Year),
        "m" => Label(Unit::Month),
        "d" => Label(Unit::Day),
        "h" => Label(Unit::Hour),
        "mm" => Label(Unit::Minute),
        "s" => Label(Unit::Second),
        "j" | "jd" | "julian" => Label(Unit::Julian),
        "isoyear" => Label(Unit::IsoYear),
        "dow" => Other(Unit::Weekday),
        "isodow" => Other(Unit::IsoWeekday),
        "doy" => Other(Unit::DayOfYear),
        _ => return None,
    })
}

/// Is it a word of dates?
#[must_use]
pub fn is_word(text: &str) -> bool {
    word(text).is_some()
}

/// A unit of intervals by any of its names, in lower case.
#[must_use]
pub fn unit(word: &str) -> Option<Unit> {
    Some(match telling(word) {
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" => Unit::Microsecond,
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" => Unit::Millisecond,
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "qtr" | "quarter" => Unit::Quarter,
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
        "dec" | "decs" | "decade" | "decades" => Unit::Decade,
        "c" | "cent" | "century" | "centuries" => Unit::Century,
        "mil" | "mils" | "millennia" | "millennium" => Unit::Millennium,
        "timezone" => Unit::Timezone,
        "timezone_h" => Unit::TimezoneHour,
        "timezone_m" => Unit::TimezoneMinute,
        _ => return None,
    })
}

/// A field of `extract` by any of its names.
#[must_use]
pub fn field(name: &str) -> Option<Unit> {
    let lower = name.to_ascii_lowercase();
    unit(&lower).or_else(|| match word(&lower)? {
        Word::Label(unit) | Word::Other(unit) => Some(unit),
        Word::Epoch => Some(Unit::Epoch),
        _ => None,
    })
}
