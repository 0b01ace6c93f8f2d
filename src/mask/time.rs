//! Owns masked dates and times: the year stays, as does how exact a time is; the day and the time of the day are others.
//! Must not know: zones (instants are told in UTC). The infinities, and 24:00, stay.

use super::permute::{Symbol, within};
use super::secret::Secret;

const DAY: i128 = 86_400_000_000;
/// The first day that PostgreSQL knows, from 1970.
const FIRST_DAY: i128 = -2_440_588;

/// Days of 1970 to the first of January of a year (0 is 1 BC).
fn first_of(year: i128) -> i128 {
    let before = year - 1;
    365 * before + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

fn year_of(day: i128) -> i128 {
    let mut year = 1970 + day.div_euclid(365);
    while first_of(year) > day {
        year -= 1;
    }
    while first_of(year + 1) <= day {
        year += 1;
    }
    year
}

/// The largest of these units that a time is a multiple of: a day, a second, its tenth, and so on to a microsecond.
fn unit(micros: i128) -> i128 {
    let units = [DAY, 1_000_000, 100_000, 10_000, 1_000, 100, 10];
    units.into_iter().find(|unit| micros % unit == 0).unwrap_or(1)
}

/// Another moment between two, as exact as the one given, for which `fits` is true too.
fn between(secret: &Secret, (from, to): (i128, i128), micros: i128, fits: impl Fn(i128) -> bool) -> i128 {
    let step = unit(micros);
    let count = ((to - from) / step).max(1);
    let width = (count - 1).to_string().len();
    let text = format!("{:0width$}", (micros - from) / step);
    let mut symbols: Vec<Symbol> = text.bytes().map(|digit| Symbol { at: u32::from(digit - b'0'), of: 10 }).collect();
    let number = |symbols: &[Symbol]| symbols.iter().fold(0_i128, |sum, symbol| sum * 10 + i128::from(symbol.at));
    let class = |symbols: &[Symbol]| {
        let (place, at) = (number(symbols), from + number(symbols) * step);
        place < count && unit(at) == step && fits(at)
    };
    let tweak = [from.to_be_bytes(), to.to_be_bytes(), step.to_be_bytes()].concat();
    within(secret, &tweak, &mut symbols, class);
    from + number(&symbols) * step
}

/// Another moment of the same year, in microseconds of 1970, for which `fits` is true too.
pub(super) fn moment(secret: &Secret, micros: i128, fits: impl Fn(i128) -> bool) -> i128 {
    let year = year_of(micros.div_euclid(DAY));
    let known = |at: i128| at >= FIRST_DAY * DAY;
    between(secret, (first_of(year) * DAY, first_of(year + 1) * DAY), micros, |at| known(at) && fits(at))
}

/// Another day of the same year, in days of 1970.
pub(super) fn day(secret: &Secret, day: i32) -> i32 {
    let fits = |at: i128| i32::try_from(at / DAY).is_ok_and(|day| day != i32::MAX && day != i32::MIN);
    i32::try_from(moment(secret, i128::from(day) * DAY, fits).div_euclid(DAY)).unwrap_or(day)
}

/// Another time of the day, in microseconds.
pub(super) fn of_day(secret: &Secret, micros: i64) -> i64 {
    if !(0..86_400_000_000).contains(&micros) {
        return micros;
    }
    // Midnight is a second like others, not a whole day.
    let masked = between(secret, (DAY, 2 * DAY), i128::from(micros) + DAY, |_| true) - DAY;
    i64::try_from(masked).unwrap_or(micros)
}

/// Masks a date, a time or a timestamp as PostgreSQL prints it in the style ISO; what is none stays as it is.
pub(super) fn printed(secret: &Secret, text: &str) -> String {
    let (body, era) = text.strip_suffix(" BC").map_or((text, ""), |body| (body, " BC"));
    let (body, zone) = body.strip_suffix("+00").map_or((body, ""), |body| (body, "+00"));
    let (date, time) = match body.split_once(' ') {
        Some((date, time)) => (Some(date), Some(time)),
        None if body.contains(':') => (None, Some(body)),
        None => (Some(body), None),
    };
    let Some(micros) = time.map_or(Some(0), clock) else { return text.to_owned() };
    let Some(date) = date else {
        return shown_time(of_day(secret, micros));
    };
    let Some(day) = calendar(date, !era.is_empty()) else { return text.to_owned() };
    let masked = moment(secret, day * DAY + i128::from(micros), |_| true);
    let day = shown_day(masked.div_euclid(DAY));
    if time.is_none() {
        return format!("{day}{era}");
    }
    let time = shown_time(i64::try_from(masked.rem_euclid(DAY)).unwrap_or_default());
    format!("{day} {time}{zone}{era}")
}

/// `23:59:59.999999`, in microseconds.
fn clock(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    (parts.next().is_none()).then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction)
}

/// Days before each month of a year.
fn months(year: i128) -> [i128; 13] {
    let leap = i128::from(first_of(year + 1) - first_of(year) == 366);
    let lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut before = [0; 13];
    for (month, length) in lengths.iter().enumerate() {
        before[month + 1] = before[month] + length;
    }
    before
}

/// `2026-11-30`, in days of 1970.
fn calendar(text: &str, before_christ: bool) -> Option<i128> {
    let mut parts = text.split('-').map(|part| part.parse::<i128>().ok());
    let (year, month, day) = (parts.next()??, usize::try_from(parts.next()??).ok()?, parts.next()??);
    let year = if before_christ { 1 - year } else { year };
    let before = *months(year).get(month.checked_sub(1)?)?;
    (parts.next().is_none() && month <= 12).then_some(first_of(year) + before + day - 1)
}

fn shown_day(day: i128) -> String {
    let year = year_of(day);
    let (months, of_year) = (months(year), day - first_of(year));
    let month = months.iter().rposition(|before| *before <= of_year).unwrap_or_default();
    let shown = if year > 0 { year } else { 1 - year };
    format!("{shown:04}-{:02}-{:02}", month + 1, of_year - months[month] + 1)
}

fn shown_time(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 {
        return clock;
    }
    format!("{clock}.{}", format!("{fraction:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{DAY, calendar, day, first_of, moment, of_day, printed, shown_day, year_of};
    use crate::mask::Secret;

    fn secret() -> Secret {
        Secret::new(b"a salt for tests alone").unwrap()
    }

    #[test]
    fn the_calendar_is_the_usual_one() {
        for (text, known) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("0001-01-01", -719_162), ("1969-12-31", -1)] {
            assert_eq!(calendar(text, false), Some(known));
            assert_eq!(shown_day(known), text);
        }
        assert_eq!((year_of(-1), year_of(0), first_of(1971)), (1969, 1970, 365));
        assert_eq!(calendar("4714-11-24", true), Some(super::FIRST_DAY));
        assert_eq!(shown_day(calendar("0044-03-15", true).unwrap()), "0044-03-15");
    }

    #[test]
    fn each_day_of_a_year_becomes_one_day_of_it() {
        let days: BTreeSet<i32> = (19_723..20_089).map(|of| day(&secret(), of)).collect();
        assert_eq!((days.len(), days.first(), days.last()), (366, Some(&19_723), Some(&20_088)), "2024");
    }

    #[test]
    fn times_stay_as_exact_as_they_were() {
        let year = |micros: i128| year_of(micros.div_euclid(DAY));
        for micros in
            [1_700_000_000_000_000_i128, 1_700_000_000_123_000, 1_700_000_000_123_456, -5_000_000, 20_000 * DAY]
        {
            let masked = moment(&secret(), micros, |_| true);
            assert_eq!((year(masked), super::unit(masked)), (year(micros), super::unit(micros)));
            assert_ne!(masked, micros);
        }
        assert_eq!(of_day(&secret(), 86_400_000_000), 86_400_000_000);
        assert_eq!(of_day(&secret(), 43_200_000_000) % 1_000_000, 0);
        let midnight = of_day(&secret(), 0);
        assert!((0..86_400_000_000).contains(&midnight));
    }

    #[test]
    fn texts_say_what_numbers_say() {
        let micros = calendar("2023-11-14", false).unwrap() * DAY + 80_000_000_000;
        let masked = moment(&secret(), micros, |_| true);
        let text = printed(&secret(), "2023-11-14 22:13:20+00");
        assert!(text.starts_with("2023-") && text.ends_with("+00"), "{text}");
        assert_eq!(printed(&secret(), "2023-11-14 22:13:20"), text.trim_end_matches("+00"));
        assert_eq!(shown_day(masked.div_euclid(DAY)), text[..10]);
        assert!(printed(&secret(), "0044-03-15 BC").ends_with(" BC"));
        for odd in ["infinity", "-infinity", "24:00:00", ""] {
            assert_eq!(printed(&secret(), odd), odd);
        }
        assert!(printed(&secret(), "294276-12-31 23:59:59.999999").starts_with("294276-"));
    }
}
