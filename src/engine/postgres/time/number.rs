//! Owns what a number in the text of a date is: a year, month or day by what was seen before it, or a time or date run
//! together.
//! Must not know: words and zones.

use super::Bad;
use super::fields::{fraction, fraction_of_second, leading, leading_int};
use super::seen::{Label, Seen, mask};
use super::words::{Unit, Word, word};

impl Seen {
    /// A number whose label came before: `y2024`, `j2451187`, `t120000`.
    ///
    /// # Errors
    /// [`Bad`] for a number that its label does not take.
    pub fn labelled(&mut self, label: Label, text: &str) -> Result<(), Bad> {
        let (value, rest) = leading_int(text)?;
        let with_fraction = matches!(label, Label::Time | Label::Unit(Unit::Julian | Unit::Second));
        if !(rest.is_empty() || rest.starts_with('.') && with_fraction) {
            return Err(Bad::Syntax);
        }
        // After a label, it is a date again.
        (self.label, self.special) = (None, None);
        let unit = match label {
            Label::Time => {
                let before = self.mask;
                self.mask |= mask::DATE;
                let marked = self.run_together(text);
                self.mask = before;
                return match marked? {
                    mask::TIME => self.mark(mask::TIME),
                    _ => Err(Bad::Syntax),
                };
            }
            Label::Unit(unit) => unit,
        };
        let place = match unit {
            Unit::Year => (&mut self.year, mask::YEAR),
            // After a month and an hour, it is minutes.
            Unit::Month if self.has(mask::MONTH | mask::HOUR) => (&mut self.minute, mask::MINUTE),
            Unit::Month => (&mut self.month, mask::MONTH),
            Unit::Day => (&mut self.day, mask::DAY),
            Unit::Hour => (&mut self.hour, mask::HOUR),
            Unit::Minute => (&mut self.minute, mask::MINUTE),
            Unit::Second if rest.is_empty() => (&mut self.second, mask::SECOND),
            Unit::Second => {
                self.micros = fraction_of_second(rest)?;
                (&mut self.second, mask::SECOND | mask::FRACTION)
            }
            Unit::Julian => {
                self.mark(mask::DATE)?;
                self.set_julian(value)?;
                if !rest.is_empty() {
                    self.mark(mask::TIME)?;
                    self.set_fraction_of_day(fraction(rest)?);
                }
                return Ok(());
            }
            _ => return Err(Bad::Syntax),
        };
        let (place, is) = place;
        *place = value;
        self.mark(is)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a day at most; what is less than a microsecond is cut off")]
    fn set_fraction_of_day(&mut self, fraction: f64) {
        let micros = (fraction * 86_400_000_000.0) as i64;
        let seconds = micros / 1_000_000;
        self.set_clock((seconds / 3_600, seconds / 60 % 60, seconds % 60, micros % 1_000_000));
    }

    /// A number on its own.
    ///
    /// # Errors
    /// [`Bad`] for one that fits nowhere.
    pub fn number(&mut self, text: &str) -> Result<(), Bad> {
        let seen = self.plain_number(text)?;
        self.mark(seen)
    }

    fn plain_number(&mut self, text: &str) -> Result<u32, Bad> {
        let (value, rest) = leading_int(text)?;
        let digits = text.len() - rest.len();
        if digits == 0 {
            return Err(Bad::Syntax);
        }
        if rest.starts_with('.') {
            // More than two digits before a point are a time run together.
            if digits > 2 {
                let before = self.mask;
                self.mask |= mask::DATE;
                let seen = self.run_together(text);
                self.mask = before;
                return seen;
            }
            self.micros = fraction_of_second(rest)?;
        } else if !rest.is_empty() {
            return Err(Bad::Syntax);
        }
        let date = self.mask & mask::DATE;
        if text.len() == 3 && date == mask::YEAR && (1..=366).contains(&value) {
            self.of_year = value;
            return Ok(mask::DAY_OF_YEAR | mask::MONTH | mask::DAY);
        }
        let long = text.len() > 2;
        let is = match date {
            0 if long => mask::YEAR,
            0 => mask::MONTH,
            mask::YEAR => mask::MONTH,
            mask::MONTH if self.text_month && long => mask::YEAR,
            mask::MONTH => mask::DAY,
            _ if date == mask::YEAR | mask::MONTH => {
                if self.text_month && long && self.two_digits {
                    // `5-mar-2024`: what was taken for a year is the day.
                    (self.day, self.year, self.two_digits) = (self.year, value, false);
                    return Ok(mask::DAY);
                }
                mask::DAY
            }
            mask::DAY => mask::MONTH,
            _ if date == mask::MONTH | mask::DAY => mask::YEAR,
            mask::DATE => return self.run_together(text),
            _ => return Err(Bad::Syntax),
        };
        match is {
            mask::YEAR => (self.year, self.two_digits) = (value, !long),
            mask::MONTH => self.month = value,
            _ => self.day = value,
        }
        Ok(is)
    }

    /// `20240301` while there is no date, and `123045.5` or `1230`: which fields it is.
    ///
    /// # Errors
    /// [`Bad::Syntax`] for another number of digits.
    pub fn run_together(&mut self, text: &str) -> Result<u32, Bad> {
        let (digits, after) = text.find('.').map_or((text, ""), |at| text.split_at(at));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Bad::Syntax);
        }
        // Of the digits, so many from the end.
        let part = |from: usize, to: usize| -> Result<i64, Bad> {
            let range = digits.len().saturating_sub(from)..digits.len().saturating_sub(to);
            Ok(leading(digits.get(range).unwrap_or_default())?.0)
        };
        if !after.is_empty() {
            self.micros = fraction_of_second(after)?;
        } else if !self.has(mask::DATE) && digits.len() >= 6 {
            let year = part(digits.len(), 4)?;
            i32::try_from(year).map_err(|_| Bad::Range)?;
            (self.year, self.month, self.day) = (year, part(4, 2)?, part(2, 0)?);
            if digits.len() == 6 {
                self.two_digits = true;
            }
            return Ok(mask::DATE);
        }
        if self.has(mask::TIME) {
            return Err(Bad::Syntax);
        }
        (self.hour, self.minute, self.second) = match digits.len() {
            6 => (part(6, 4)?, part(4, 2)?, part(2, 0)?),
            4 => (part(4, 2)?, part(2, 0)?, 0),
            _ => return Err(Bad::Syntax),
        };
        Ok(mask::TIME)
    }

    /// `2024-03-01`, `3/1/2024`, `1-mar-2024`: a date of three parts.
    ///
    /// # Errors
    /// [`Bad`] for what is no whole date, and after anything but a date's parts.
    pub fn date(&mut self, text: &str) -> Result<(), Bad> {
        let parts = date_parts(text)?;
        let mut text_month = false;
        for part in &parts {
            if part.starts_with(|char: char| char.is_ascii_alphabetic()) {
                match word(part) {
                    Some(Word::Month(month)) => {
                        (self.month, text_month) = (month, true);
                        self.mark(mask::MONTH)?;
                    }
                    _ => return Err(Bad::Syntax),
                }
            }
        }
        // The order of the numbers hangs on a month's name within this date alone.
        let outside = std::mem::replace(&mut self.text_month, text_month);
        for part in parts.iter().filter(|part| part.starts_with(|char: char| char.is_ascii_digit())) {
            self.number(part)?;
        }
        self.text_month = outside;
        if self.mask & !(mask::DAY_OF_YEAR | mask::ZONE) == mask::DATE { Ok(()) } else { Err(Bad::Syntax) }
    }
}

/// The runs of digits and of letters of a date. The character after a run is passed over, whatever it is.
fn date_parts(text: &str) -> Result<Vec<&str>, Bad> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.trim_start_matches(|char: char| !char.is_ascii_alphanumeric());
        if rest.is_empty() {
            return Err(Bad::Syntax);
        }
        let is_digit = rest.starts_with(|char: char| char.is_ascii_digit());
        let belongs = |char: char| if is_digit { char.is_ascii_digit() } else { char.is_ascii_alphabetic() };
        let end = rest.find(|char| !belongs(char)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        found.push(part);
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(found)
}
