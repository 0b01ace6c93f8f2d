//! Owns numbers as jsonb keeps them: in the digits that numeric prints, however many. Must not know: the grammar of JSON.

use std::cmp::Ordering;

use super::Bad;

/// The most digits a numeric has before and after its point.
const DIGITS_BEFORE: i64 = 131_072;
const DIGITS_AFTER: i64 = 16_383;
/// From here on PostgreSQL refuses an exponent, whatever the digits are.
const EXPONENT: i64 = 1_073_741_823;

/// A decimal number, with or without an exponent, in the form in which numeric prints it: `1e2` is `100`, `-0.0` is
/// `0.0`, and `1.50` stays so.
///
/// # Errors
/// `Syntax` for what is no number; `Range` for more digits than numeric has.
pub fn canonical(text: &str) -> Result<String, Bad> {
    if is_canonical(text) {
        return Ok(text.to_owned());
    }
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        None => (rest, 0),
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
    };
    let (whole, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + after.len() == 0 || !are_digits(whole) || !are_digits(after) {
        return Err(Bad::Syntax);
    }
    let leading = whole.len() + after.len() - significant(whole, after);
    let point = length(whole) + exponent;
    let scale = (length(after) - exponent).max(0);
    let is_zero = leading == whole.len() + after.len();
    let leading = i64::try_from(leading).unwrap_or(i64::MAX);
    if scale > DIGITS_AFTER || !is_zero && point - leading > DIGITS_BEFORE {
        return Err(Bad::Range);
    }
    let mut out = String::with_capacity(mantissa.len() + 2);
    if negative && !is_zero {
        out.push('-');
    }
    if is_zero {
        out.push('0');
        lay_out(&mut out, std::iter::repeat_n(b'0', usize::try_from(scale).unwrap_or(0)));
        return Ok(out);
    }
    place(&mut out, whole, after, point);
    Ok(out)
}

/// Is it plainly in that form, as most numbers are? Those that are long or begin with zero are looked at closely.
fn is_canonical(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, after) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = whole.bytes().chain(after.bytes()).all(|byte| byte.is_ascii_digit());
    text.len() < 1_000 && all_digits && !after.is_empty() && matches!(whole.bytes().next(), Some(b'1'..=b'9'))
}

/// Writes digits with the point behind so many of them: zeros fill up what is missing on either side.
fn place(out: &mut String, whole: &str, after: &str, point: i64) {
    let digits = || whole.bytes().chain(after.bytes());
    let zeros = |count: i64| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or(0));
    let before = usize::try_from(point).unwrap_or(0);
    let total = length(whole) + length(after);
    let integer: Vec<u8> =
        digits().take(before).chain(zeros(point - total)).skip_while(|digit| *digit == b'0').collect();
    if integer.is_empty() {
        out.push('0');
    }
    out.extend(integer.into_iter().map(char::from));
    lay_out(out, zeros(if point < 0 { -point } else { 0 }).chain(digits().skip(before)));
}

/// The digits behind the point, and it before them.
fn lay_out(out: &mut String, digits: impl Iterator<Item = u8>) {
    for (at, digit) in digits.enumerate() {
        if at == 0 {
            out.push('.');
        }
        out.push(char::from(digit));
    }
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// How many digits there are from the first that is not zero.
fn significant(whole: &str, after: &str) -> usize {
    let digits = whole.bytes().chain(after.bytes());
    whole.len() + after.len() - digits.take_while(|digit| *digit == b'0').count()
}

fn power(text: &str) -> Result<i64, Bad> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Bad::Syntax);
    }
    let size: i64 = digits.parse().unwrap_or(i64::MAX);
    match size {
        EXPONENT.. => Err(Bad::Range),
        size if negative => Ok(-size),
        size => Ok(size),
    }
}

/// Compares two numbers in the form of [`canonical`] by value: 1 is 1.0.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Parts::of(left), Parts::of(right));
    match (left.sign, right.sign) {
        (a, b) if a != b => a.cmp(&b),
        (-1, _) => right.size(&left),
        _ => left.size(&right),
    }
}

struct Parts<'a> {
    sign: i8,
    whole: &'a str,
    after: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, after) = rest.split_once('.').unwrap_or((rest, ""));
        let (whole, after) = (whole.trim_start_matches('0'), after.trim_end_matches('0'));
        let sign = match (whole.is_empty() && after.is_empty(), negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        Self { sign, whole, after }
    }

    fn size(&self, other: &Self) -> Ordering {
        (self.whole.len(), self.whole, self.after).cmp(&(other.whole.len(), other.whole, other.after))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bad, Ordering, canonical, compare};

    #[test]
    fn digits_are_those_of_numeric() {
        for (text, expected) in [
            ("1.50", "1.50"),
            ("1e2", "100"),
            ("1.50e1", "15.0"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("0e-3", "0.000"),
            ("0.0010e2", "0.10"),
            ("123e-2", "1.23"),
            ("-1e-7", "-0.0000001"),
            (".5", "0.5"),
            ("5.", "5"),
            ("007", "7"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["1e131072", "1e-16384", "0e1073741823"] {
            assert_eq!(canonical(text), Err(Bad::Range), "{text}");
        }
        assert!(["", ".", "1e", "1 2", "x", "1e+-2"].into_iter().all(|text| canonical(text) == Err(Bad::Syntax)));
    }

    #[test]
    fn numbers_compare_by_value() {
        let sorted = ["-100", "-9.5", "-0.01", "0", "0.009", "0.01", "1.5", "9.99", "10", "10.1"];
        assert!(sorted.windows(2).all(|pair| compare(pair[0], pair[1]) == Ordering::Less));
        assert!(compare("1", "1.00").is_eq() && compare("0", "0.00").is_eq());
    }
}
