//! Owns how a text of a date, time or interval falls into fields: digits, clocks, dates, words, signed numbers.
//! Must not know: what the fields mean.

use super::Bad;
use super::words::is_word;

/// What a field looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Digits, with a point perhaps.
    Number,
    /// Digits and separators, a month's name among them perhaps, or the name of a zone.
    Date,
    /// Digits with colons.
    Clock,
    /// A sign and digits: an offset, or a number of an interval.
    Signed,
    /// Letters, after a sign perhaps; in lower case.
    Word,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub sort: Sort,
    pub text: String,
}

/// More fields than these are no date.
const MOST: usize = 25;

/// The room that PostgreSQL has for a date's and a time's fields, a timestamp's, and an interval's.
pub const SHORT: usize = 129;
pub const STAMP: usize = 153;
pub const LONG: usize = 256;

/// The bytes of a text, read one after the other.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
    text: String,
}

impl Scan<'_> {
    /// The next byte; 0 at the end.
    fn next(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self) -> Result<(), Bad> {
        if self.left <= 1 {
            return Err(Bad::Syntax);
        }
        self.left -= 1;
        self.text.push(char::from(self.next().to_ascii_lowercase()));
        self.at += 1;
        Ok(())
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> Result<(), Bad> {
        while self.at < self.bytes.len() && belongs(self.next()) {
            self.take()?;
        }
        Ok(())
    }

    fn skip_spaces(&mut self) {
        while is_space(self.next()) {
            self.at += 1;
        }
    }

    fn digits(&mut self) -> Result<Sort, Bad> {
        self.take_while(digit)?;
        match self.next() {
            b':' => {
                self.take_while(|byte| digit(byte) || matches!(byte, b':' | b'.'))?;
                Ok(Sort::Clock)
            }
            separator @ (b'-' | b'/' | b'.') => {
                self.take()?;
                if !digit(self.next()) {
                    self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == separator)?;
                    return Ok(Sort::Date);
                }
                self.take_while(digit)?;
                if self.next() == separator {
                    self.take_while(|byte| digit(byte) || byte == separator)?;
                    return Ok(Sort::Date);
                }
                Ok(if separator == b'.' { Sort::Number } else { Sort::Date })
            }
            _ => Ok(Sort::Number),
        }
    }

    fn letters(&mut self) -> Result<Sort, Bad> {
        self.take_while(|byte| byte.is_ascii_alphabetic())?;
        let goes_on = match self.next() {
            b'-' | b'/' | b'.' => true,
            // A word of dates ends before a digit: `t12`, `j2451187`.
            byte => (byte == b'+' || digit(byte)) && !is_word(&self.text),
        };
        if !goes_on {
            return Ok(Sort::Word);
        }
        let in_names =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'/' | b'_' | b'.' | b':');
        self.take_while(in_names)?;
        Ok(Sort::Date)
    }

    fn signed(&mut self) -> Result<Sort, Bad> {
        self.take()?;
        self.skip_spaces();
        if digit(self.next()) {
            self.take_while(|byte| digit(byte) || matches!(byte, b':' | b'.' | b'-'))?;
            Ok(Sort::Signed)
        } else if self.next().is_ascii_alphabetic() {
            self.take_while(|byte| byte.is_ascii_alphabetic())?;
            Ok(Sort::Word)
        } else {
            Err(Bad::Syntax)
        }
    }
}

pub fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// What the C library calls a space.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// The fields of a text.
///
/// # Errors
/// [`Bad::Syntax`] for signs that stand alone, letters outside of ASCII, and texts that are too long.
pub fn fields(text: &str, room: usize) -> Result<Vec<Field>, Bad> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, left: room, text: String::new() };
    let mut found = Vec::new();
    while scan.at < scan.bytes.len() {
        let first = scan.next();
        if is_space(first) {
            scan.at += 1;
            continue;
        }
        if found.len() >= MOST {
            return Err(Bad::Syntax);
        }
        let sort = match first {
            _ if digit(first) => scan.digits()?,
            b'.' => {
                scan.take()?;
                scan.take_while(digit)?;
                Sort::Number
            }
            _ if first.is_ascii_alphabetic() => scan.letters()?,
            b'+' | b'-' => scan.signed()?,
            _ if first.is_ascii_punctuation() => {
                scan.at += 1;
                continue;
            }
            _ => return Err(Bad::Syntax),
        };
        scan.left = scan.left.saturating_sub(1);
        found.push(Field { sort, text: std::mem::take(&mut scan.text) });
    }
    Ok(found)
}

/// A whole number at the start of a text, and what follows it; 0 where there is none.
///
/// # Errors
/// [`Bad::Range`] for one that has more than 64 bits.
pub fn leading(text: &str) -> Result<(i64, &str), Bad> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = unsigned.bytes().take_while(|byte| digit(*byte)).count();
    if length == 0 {
        return Ok((0, text));
    }
    let (number, rest) = text.split_at(text.len() - unsigned.len() + length);
    Ok((number.parse().map_err(|_| Bad::Range)?, rest))
}

/// The same of 32 bits.
///
/// # Errors
/// [`Bad::Range`].
pub fn leading_int(text: &str) -> Result<(i64, &str), Bad> {
    let (number, rest) = leading(text)?;
    i32::try_from(number).map_err(|_| Bad::Range)?;
    Ok((number, rest))
}

/// A fraction from its point on: `.25`; a point alone is 0.
///
/// # Errors
/// [`Bad::Syntax`] for what is none.
pub fn fraction(text: &str) -> Result<f64, Bad> {
    let digits = text.strip_prefix('.').ok_or(Bad::Syntax)?;
    if digits.is_empty() {
        return Ok(0.0);
    }
    if !digits.bytes().all(digit) {
        return Err(Bad::Syntax);
    }
    format!("0.{digits}").parse().map_err(|_| Bad::Syntax)
}

/// A fraction of a second in microseconds; a tie goes to the even one.
///
/// # Errors
/// [`Bad::Syntax`].
pub fn fraction_of_second(text: &str) -> Result<i64, Bad> {
    #[expect(clippy::cast_possible_truncation, reason = "a second at most")]
    Ok((fraction(text)? * 1_000_000.0).round_ties_even() as i64)
}

/// The parts of a clock's time: hours, minutes, seconds and microseconds. Two parts with a fraction are minutes and
/// seconds.
///
/// # Errors
/// [`Bad::Syntax`] for what is no time, [`Bad::Range`] for minutes above 59 and the like.
pub fn clock(text: &str) -> Result<(i64, i64, i64, i64), Bad> {
    let (mut hours, rest) = leading(text)?;
    let (mut minutes, rest) = leading_int(rest.strip_prefix(':').ok_or(Bad::Syntax)?)?;
    let (mut seconds, mut micros) = (0, 0);
    if rest.starts_with('.') {
        micros = fraction_of_second(rest)?;
        i32::try_from(hours).map_err(|_| Bad::Range)?;
        (hours, minutes, seconds) = (0, hours, minutes);
    } else if let Some(rest) = rest.strip_prefix(':') {
        let (whole, rest) = leading_int(rest)?;
        seconds = whole;
        if !rest.is_empty() {
            micros = fraction_of_second(rest)?;
        }
    } else if !rest.is_empty() {
        return Err(Bad::Syntax);
    }
    if hours < 0 || !(0..=59).contains(&minutes) || !(0..=60).contains(&seconds) {
        return Err(Bad::Range);
    }
    Ok((hours, minutes, seconds, micros))
}

/// `+02`, `-0530`, `+02:30`, `+02:30:15`: seconds east.
///
/// # Errors
/// [`Bad::Syntax`] for what is none, [`Bad::Range`] for more than 15 hours.
pub fn offset(text: &str) -> Result<i32, Bad> {
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(Bad::Syntax),
    };
    let (mut hours, mut rest) = leading_int(text.get(1..).unwrap_or_default())?;
    let (mut minutes, mut seconds) = (0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        (minutes, rest) = leading_int(after)?;
        if let Some(after) = rest.strip_prefix(':') {
            (seconds, rest) = leading_int(after)?;
        }
    } else if rest.is_empty() && text.len() > 3 {
        (hours, minutes) = (hours / 100, hours % 100);
    }
    if !(0..=15).contains(&hours) || !(0..60).contains(&minutes) || !(0..60).contains(&seconds) {
        return Err(Bad::Range);
    }
    if !rest.is_empty() {
        return Err(Bad::Syntax);
    }
    i32::try_from(sign * (hours * 3_600 + minutes * 60 + seconds)).map_err(|_| Bad::Range)
}
