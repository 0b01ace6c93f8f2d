//! Owns the texts of intervals: units with names, SQL's `1-2` and `1 04:05:06`, and ISO 8601's `P1DT2H`.
//! Must not know: dates, or how intervals are computed with.

use super::fields::{Field, LONG, Sort, clock, fields, fraction, leading, leading_int};
use super::words::{Unit, unit};
use super::{Bad, DAY, Interval};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// What was seen: each unit may stand once. A time of day is hours, minutes and seconds.
const SECONDS: u32 = 1 << 2 | 1 << 3 | 1 << 4;
const TIME: u32 = 1 | 1 << 1 | SECONDS;

fn bit(of: Unit) -> u32 {
    match of {
        Unit::Hour => 1,
        Unit::Minute => 1 << 1,
        Unit::Second => 1 << 2,
        Unit::Millisecond => 1 << 3,
        Unit::Microsecond => 1 << 4,
        Unit::Day => 1 << 5,
        Unit::Week => 1 << 6,
        Unit::Month => 1 << 7,
        Unit::Year => 1 << 8,
        Unit::Decade => 1 << 9,
        Unit::Century => 1 << 10,
        _ => 1 << 11,
    }
}

/// The parts of an interval while it is read.
#[derive(Debug, Default)]
pub struct Sum {
    years: i32,
    months: i32,
    days: i32,
    micros: i64,
}

impl Sum {
    fn done(self) -> Result<Interval, Bad> {
        let months = i64::from(self.years) * 12 + i64::from(self.months);
        let months = i32::try_from(months).map_err(|_| Bad::Range)?;
        Ok(Interval { months, days: self.days, micros: self.micros })
    }

    fn negate(self) -> Result<Self, Bad> {
        let int = |value: i32| value.checked_neg().ok_or(Bad::Range);
        Ok(Self {
            years: int(self.years)?,
            months: int(self.months)?,
            days: int(self.days)?,
            micros: self.micros.checked_neg().ok_or(Bad::Range)?,
        })
    }

    /// A fraction of so many microseconds; half a microsecond is none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "less than a week")]
    fn add_fraction(&mut self, fraction: f64, scale: i64) -> Result<(), Bad> {
        let scaled = fraction * scale as f64;
        let whole = scaled.trunc();
        let rest = scaled - whole;
        let rounded = whole as i64 + i64::from(rest > 0.5) - i64::from(rest < -0.5);
        self.micros = self.micros.checked_add(rounded).ok_or(Bad::Range)?;
        Ok(())
    }

    fn add_time(&mut self, whole: i64, fraction: f64, scale: i64) -> Result<(), Bad> {
        let scaled = whole.checked_mul(scale).ok_or(Bad::Range)?;
        self.micros = self.micros.checked_add(scaled).ok_or(Bad::Range)?;
        self.add_fraction(fraction, scale)
    }

    fn add_days(&mut self, days: i64, scale: i32) -> Result<(), Bad> {
        add_int(&mut self.days, days, scale)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a month at most")]
    fn add_fraction_of_days(&mut self, fraction: f64, scale: f64) -> Result<(), Bad> {
        let days = fraction * scale;
        self.add_days(days.trunc() as i64, 1)?;
        self.add_fraction(days - days.trunc(), DAY)
    }

    #[expect(clippy::cast_possible_truncation, reason = "fewer months than a millennium has")]
    fn add_years(&mut self, years: i64, fraction: f64, scale: i32) -> Result<(), Bad> {
        add_int(&mut self.years, years, scale)?;
        let months = (fraction * f64::from(scale) * 12.0).round_ties_even();
        add_int(&mut self.months, months as i64, 1)
    }

    fn add(&mut self, whole: i64, fraction: f64, of: Unit) -> Result<(), Bad> {
        match of {
            Unit::Microsecond => self.add_time(whole, fraction, 1),
            Unit::Millisecond => self.add_time(whole, fraction, 1_000),
            Unit::Second => self.add_time(whole, fraction, SECOND),
            Unit::Minute => self.add_time(whole, fraction, MINUTE),
            Unit::Hour => self.add_time(whole, fraction, HOUR),
            Unit::Day => {
                self.add_days(whole, 1)?;
                self.add_fraction(fraction, DAY)
            }
            Unit::Week => {
                self.add_days(whole, 7)?;
                self.add_fraction_of_days(fraction, 7.0)
            }
            Unit::Month => {
                add_int(&mut self.months, whole, 1)?;
                self.add_fraction_of_days(fraction, 30.0)
            }
            Unit::Year => self.add_years(whole, fraction, 1),
            Unit::Decade => self.add_years(whole, fraction, 10),
            Unit::Century => self.add_years(whole, fraction, 100),
            Unit::Millennium => self.add_years(whole, fraction, 1_000),
            _ => Err(Bad::Syntax),
        }
    }

    /// A time of day takes the place of what fractions of days were before.
    fn set_clock(&mut self, text: &str) -> Result<(), Bad> {
        let (hours, minutes, seconds, micros) = clock(text)?;
        let hours = hours.checked_mul(HOUR).ok_or(Bad::Range)?;
        self.micros = hours.checked_add(minutes * MINUTE + seconds * SECOND + micros).ok_or(Bad::Range)?;
        Ok(())
    }
}

fn add_int(place: &mut i32, value: i64, scale: i32) -> Result<(), Bad> {
    let value = i32::try_from(value).ok().and_then(|value| value.checked_mul(scale));
    *place = value.and_then(|value| place.checked_add(value)).ok_or(Bad::Range)?;
    Ok(())
}

/// Reads an interval.
///
/// # Errors
/// For a text that is none, and parts out of range.
pub fn read(text: &str) -> Result<Interval, Bad> {
    let named = fields(text, LONG).and_then(|fields| units(&fields));
    match named {
        Err(Bad::Syntax) => iso(text)?.done(),
        other => other?.done(),
    }
}

/// The fields are read from the end, so that a unit is known before its number.
fn units(fields: &[Field]) -> Result<Sum, Bad> {
    let mut sum = Sum::default();
    let mut seen = 0;
    // Of the last number, and of one whose unit is none.
    let mut next = Some(Unit::Second);
    let mut ago = false;
    for field in fields.iter().rev() {
        let mut is = 0;
        match field.sort {
            Sort::Word if field.text == "ago" => (ago, next) = (true, None),
            Sort::Word => next = Some(unit(&field.text).ok_or(Bad::Syntax)?),
            Sort::Clock => {
                sum.set_clock(&field.text)?;
                (is, next) = (TIME, Some(Unit::Day));
            }
            Sort::Signed if signed_clock(&field.text, &mut sum)? => (is, next) = (TIME, Some(Unit::Day)),
            Sort::Signed | Sort::Date | Sort::Number => {
                let (whole, fraction, of) = number(&field.text, next)?;
                let of = of.ok_or(Bad::Syntax)?;
                sum.add(whole, fraction, of)?;
                is = if of == Unit::Second && fraction != 0.0 { SECONDS } else { bit(of) };
                // A number before hours counts days.
                next = Some(if of == Unit::Hour { Unit::Day } else { of });
            }
        }
        if seen & is != 0 {
            return Err(Bad::Syntax);
        }
        seen |= is;
    }
    match (seen, ago) {
        (0, _) => Err(Bad::Syntax),
        (_, true) => sum.negate(),
        (_, false) => Ok(sum),
    }
}

/// `-04:05:06`; is it one?
fn signed_clock(text: &str, sum: &mut Sum) -> Result<bool, Bad> {
    let (sign, rest) = text.split_at_checked(1).ok_or(Bad::Syntax)?;
    if !rest.contains(':') || sum.set_clock(rest).is_err() {
        return Ok(false);
    }
    if sign == "-" {
        sum.micros = sum.micros.checked_neg().ok_or(Bad::Range)?;
    }
    Ok(true)
}

/// A number, its fraction and its unit: `5`, `-1.5`, and `1-2` of years and months.
fn number(text: &str, of: Option<Unit>) -> Result<(i64, f64, Option<Unit>), Bad> {
    let is_negative = text.starts_with('-');
    let (whole, rest) = leading(text)?;
    if let Some(rest) = rest.strip_prefix('-') {
        let (months, rest) = leading_int(rest)?;
        if !(0..12).contains(&months) {
            return Err(Bad::Range);
        }
        if !rest.is_empty() {
            return Err(Bad::Syntax);
        }
        let months = if is_negative { -months } else { months };
        let total = whole.checked_mul(12).and_then(|years| years.checked_add(months)).ok_or(Bad::Range)?;
        return Ok((total, 0.0, Some(Unit::Month)));
    }
    let after = if rest.is_empty() { 0.0 } else { fraction(rest)? };
    Ok((whole, if is_negative { -after } else { after }, of))
}

/// ISO 8601: `P1Y2M3DT4H5M6S`, `P2W`, `P0001-02-03T04:05:06`, `P00010203T040506`.
fn iso(text: &str) -> Result<Sum, Bad> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty()).ok_or(Bad::Syntax)?;
    let mut sum = Sum::default();
    let (mut in_time, mut any) = (false, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (in_time, any, rest) = (true, false, after);
            continue;
        }
        let (whole, fraction, after) = iso_number(rest)?;
        let letter = after.chars().next();
        let of = match (in_time, letter) {
            (false, Some('Y')) => Unit::Year,
            (false, Some('M')) => Unit::Month,
            (false, Some('W')) => Unit::Week,
            (false, Some('D')) => Unit::Day,
            (true, Some('H')) => Unit::Hour,
            (true, Some('M')) => Unit::Minute,
            (true, Some('S')) => Unit::Second,
            (false, None | Some('T' | '-')) => {
                rest = alternative_date(&mut sum, rest, any)?;
                if rest.is_empty() {
                    return Ok(sum);
                }
                continue;
            }
            (true, None | Some(':')) => return alternative_time(sum, rest, any),
            _ => return Err(Bad::Syntax),
        };
        sum.add(whole, fraction, of)?;
        (any, rest) = (true, after.get(1..).unwrap_or_default());
    }
    Ok(sum)
}

/// How many digits a number begins with.
fn width(text: &str) -> usize {
    text.strip_prefix('-').unwrap_or(text).bytes().take_while(u8::is_ascii_digit).count()
}

/// `0001-02-03` and `00010203`; what follows, a `T` or nothing.
fn alternative_date<'a>(sum: &mut Sum, text: &'a str, any: bool) -> Result<&'a str, Bad> {
    let (whole, fraction, rest) = iso_number(text)?;
    let ends = |rest: &str| rest.is_empty() || rest.starts_with('T');
    if ends(rest) && width(text) == 8 && !any {
        sum.add(whole / 10_000, 0.0, Unit::Year)?;
        sum.add(whole / 100 % 100, 0.0, Unit::Month)?;
        sum.add(whole % 100, fraction, Unit::Day)?;
        return Ok(rest);
    }
    if any {
        return Err(Bad::Syntax);
    }
    sum.add(whole, fraction, Unit::Year)?;
    let mut rest = rest;
    for of in [Unit::Month, Unit::Day] {
        if ends(rest) {
            return Ok(rest);
        }
        let (whole, fraction, after) = iso_number(rest.strip_prefix('-').ok_or(Bad::Syntax)?)?;
        sum.add(whole, fraction, of)?;
        rest = after;
    }
    if ends(rest) { Ok(rest) } else { Err(Bad::Syntax) }
}

/// `04:05:06` and `040506`.
fn alternative_time(mut sum: Sum, text: &str, any: bool) -> Result<Sum, Bad> {
    let (whole, fraction, rest) = iso_number(text)?;
    if rest.is_empty() && width(text) == 6 && !any {
        sum.add(whole / 10_000, 0.0, Unit::Hour)?;
        sum.add(whole / 100 % 100, 0.0, Unit::Minute)?;
        // The fraction is one of a microsecond here, as PostgreSQL has it.
        sum.add(whole % 100, 0.0, Unit::Second)?;
        sum.add_fraction(fraction, 1)?;
        return Ok(sum);
    }
    if any {
        return Err(Bad::Syntax);
    }
    sum.add(whole, fraction, Unit::Hour)?;
    let mut rest = rest;
    for of in [Unit::Minute, Unit::Second] {
        if rest.is_empty() {
            return Ok(sum);
        }
        let (whole, fraction, after) = iso_number(rest.strip_prefix(':').ok_or(Bad::Syntax)?)?;
        sum.add(whole, fraction, of)?;
        rest = after;
    }
    if rest.is_empty() { Ok(sum) } else { Err(Bad::Syntax) }
}

/// A number of ISO 8601, with a fraction and an exponent perhaps: its whole part, its fraction, and what follows.
fn iso_number(text: &str) -> Result<(i64, f64, &str), Bad> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let at = |from: usize| text.get(from..).unwrap_or_default();
    let sign = usize::from(text.starts_with('-'));
    let whole = digits(at(sign));
    let mut end = sign + whole;
    let mut any = whole > 0;
    if at(end).starts_with('.') {
        let after = digits(at(end + 1));
        any |= after > 0;
        end += 1 + after;
    }
    if !any || at(sign).starts_with("0x") || at(sign).starts_with("0X") {
        return Err(Bad::Syntax);
    }
    if at(end).starts_with(['e', 'E']) {
        let sign = usize::from(at(end + 1).starts_with(['+', '-']));
        let exponent = digits(at(end + 1 + sign));
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    let (number, rest) = text.split_at_checked(end).ok_or(Bad::Syntax)?;
    let value: f64 = number.trim_end_matches('.').parse().map_err(|_| Bad::Syntax)?;
    // Too small for a double, though not 0: the C library calls that an error.
    if value.abs() < f64::MIN_POSITIVE
        && number.split(['e', 'E']).next().is_some_and(|all| all.contains(|char| matches!(char, '1'..='9')))
    {
        return Err(Bad::Syntax);
    }
    if !(-1.0e15..=1.0e15).contains(&value) {
        return Err(Bad::Range);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Ok((value.trunc() as i64, value - value.trunc(), rest))
}

#[cfg(test)]
mod tests {
    use super::{Bad, Interval};

    #[test]
    fn as_postgresql_reads() {
        for (text, shown) in [
            ("1 year 2 mons -3 days 04:05:06.789", Ok("1 year 2 mons -3 days +04:05:06.789")),
            ("1:00 1.5 days", Ok("1 day 01:00:00")),
            ("1.5 days 1:00", Ok("1 day 13:00:00")),
            ("1 2 hours", Ok("1 day 02:00:00")),
            ("0.0000005 s", Ok("00:00:00")),
            ("1.9999999 s", Ok("00:00:02")),
            ("1.05 decades", Ok("10 years 6 mons")),
            ("-1-2", Ok("-1 years -2 mons")),
            ("5 millenniumfoo", Ok("5000 years")),
            ("P0001-02-03T04:05:06", Ok("1 year 2 mons 3 days 04:05:06")),
            ("P1e1D", Ok("10 days")),
            ("1 day 1 day", Err(Bad::Syntax)),
            ("1day2hours", Err(Bad::Syntax)),
            ("1-12", Err(Bad::Range)),
            ("2147483648 days", Err(Bad::Range)),
        ] {
            assert_eq!(Interval::read(text).map(Interval::print), shown.map(str::to_owned), "{text}");
        }
    }
}
