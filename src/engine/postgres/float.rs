//! Owns double precision and real as PostgreSQL prints, reads, casts and raises them.
//! Must not know: columns, queries, or the other types that hold such numbers.

use bigdecimal::num_bigint::BigUint;

pub use super::json::Bad;
use super::json::number;

/// From this many digits before the point on, the output has an exponent.
const DIGITS8: i32 = 15;
const DIGITS4: i32 = 6;
const TWO_32: f64 = 4_294_967_296.0;

/// A finite number above zero: `mantissa * 2^exponent`.
#[derive(Clone, Copy)]
struct Binary {
    mantissa: u64,
    exponent: i32,
    /// A power of two has its smaller neighbour at half the distance of its larger one.
    is_power: bool,
}

/// A decimal number: `digits * 10^exponent`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: u64,
    exponent: i32,
}

/// A double in the shortest digits that read back as the same.
#[must_use]
pub fn print8(value: f64) -> String {
    let bits = value.to_bits();
    let (field, fraction) = (bits >> 52 & 0x7FF, bits & 0xF_FFFF_FFFF_FFFF);
    let power = i32::try_from(field.max(1)).unwrap_or(0) - 1_075;
    let mantissa = if field == 0 { fraction } else { fraction | 1 << 52 };
    let binary = Binary { mantissa, exponent: power, is_power: fraction == 0 && field > 1 };
    special(value).map_or_else(|| shortest(binary, &format!("{value:e}"), DIGITS8), str::to_owned)
}

/// A real in the shortest digits that read back as the same.
#[must_use]
pub fn print4(value: f32) -> String {
    let bits = value.to_bits();
    let (field, fraction) = (bits >> 23 & 0xFF, bits & 0x7F_FFFF);
    let power = i32::try_from(field.max(1)).unwrap_or(0) - 150;
    let mantissa = u64::from(if field == 0 { fraction } else { fraction | 1 << 23 });
    let binary = Binary { mantissa, exponent: power, is_power: fraction == 0 && field > 1 };
    special(f64::from(value)).map_or_else(|| shortest(binary, &format!("{value:e}"), DIGITS4), str::to_owned)
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else if value == 0.0 {
        Some(if value.is_sign_negative() { "-0" } else { "0" })
    } else {
        None
    }
}

/// Sign, digits and the power of ten of the last digit, of a text such as `-1.5e-7`.
fn parts(scientific: &str) -> (&'static str, Decimal) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(after.bytes()).fold(0, |sum, digit| sum * 10 + u64::from(digit & 15));
    let behind = i32::try_from(after.len()).unwrap_or(0);
    (sign, Decimal { digits, exponent: exponent.parse().unwrap_or(0) - behind })
}

/// The shortest digits as Ryu finds them. They are those of Rust, but for two kinds of number: halfway between two
/// shortest ones Ryu takes the even digit; and it never takes what lies just as near to a neighbour.
fn shortest(value: Binary, scientific: &str, most: i32) -> String {
    let (sign, found) = parts(scientific);
    let found = if on_edge(found, value) { within(found, value) } else { even(found, value) };
    lay_out(sign, found, most)
}

/// Does the decimal lie in the middle between the number and a neighbour?
fn on_edge(decimal: Decimal, value: Binary) -> bool {
    let Binary { mantissa, exponent, is_power } = value;
    let below = if is_power { (4 * mantissa - 1, exponent - 2) } else { (2 * mantissa - 1, exponent - 1) };
    same(decimal, below.0, below.1) || same(decimal, 2 * mantissa + 1, exponent - 1)
}

fn even(decimal: Decimal, value: Binary) -> Decimal {
    let Decimal { digits, exponent } = decimal;
    let halfway = |digits: u64| same(Decimal { digits, exponent }, value.mantissa, value.exponent + 1);
    if digits % 2 == 0 || !halfway(2 * digits + 1) && !halfway(2 * digits - 1) {
        decimal
    } else {
        within(decimal, value)
    }
}

/// Is the decimal `mantissa * 2^power`? Both sides are divided by the powers of ten and two that they may share.
fn same(decimal: Decimal, mantissa: u64, power: i32) -> bool {
    // Neither side has a factor 5^25 beyond what a power of ten brings: their integers are below 2^59.
    let Ok(fives) = u32::try_from(decimal.exponent.abs()) else { return false };
    if fives > 24 {
        return false;
    }
    let (mut left, mut right) = (u128::from(decimal.digits), u128::from(mantissa));
    let scale = 5_u128.pow(fives);
    if decimal.exponent >= 0 {
        left *= scale;
    } else {
        right *= scale;
    }
    let shift = power - decimal.exponent;
    let amount = shift.unsigned_abs();
    let (shifted, other) = if shift >= 0 { (right, left) } else { (left, right) };
    amount <= shifted.leading_zeros() && amount < u128::BITS && shifted << amount == other
}

/// The shortest decimal that lies nearer to the number than to its neighbours, with no more digits before the point
/// than `start`; the even one of two.
fn within(start: Decimal, value: Binary) -> Decimal {
    // All in units of a quarter of the last binary place, times ten to the power of `below`.
    let quarters = value.exponent - 2;
    let middle = BigUint::from(value.mantissa) << 2_u32;
    let (low, high) = (&middle - if value.is_power { 1_u32 } else { 2 }, &middle + 2_u32);
    for exponent in (start.exponent - 17..=start.exponent).rev() {
        let unit = tens(exponent) * twos(-quarters);
        let scale = tens(-exponent) * twos(quarters);
        let (low, middle, high) = (&low * &scale, &middle * &scale, &high * &scale);
        let floor = &middle / &unit;
        let candidates = [floor.clone(), floor + 1_u32];
        let distance = |digits: &BigUint| {
            let at = digits * &unit;
            if at > middle { at - &middle } else { &middle - at }
        };
        let best = candidates
            .iter()
            .filter(|digits| low < *digits * &unit && *digits * &unit < high)
            .min_by_key(|digits| (distance(digits), digits.bit(0)));
        if let Some(digits) = best.and_then(|best| u64::try_from(best).ok()) {
            return Decimal { digits, exponent };
        }
    }
    start
}

/// A power of ten, or 1 for a negative exponent: the other side of the comparison has that one.
fn tens(exponent: i32) -> BigUint {
    BigUint::from(10_u32).pow(u32::try_from(exponent).unwrap_or(0))
}

fn twos(exponent: i32) -> BigUint {
    BigUint::from(1_u32) << u32::try_from(exponent).unwrap_or(0)
}

fn lay_out(sign: &str, found: Decimal, most: i32) -> String {
    let text = found.digits.to_string();
    let digits = text.trim_end_matches('0');
    let length = |text: &str| i32::try_from(text.len()).unwrap_or(0);
    let point = length(&text) + found.exponent;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if !(-3..=most).contains(&point) {
        let (first, rest) = digits.split_at(1.min(digits.len()));
        let dot = if rest.is_empty() { "" } else { "." };
        let power = point - 1;
        let direction = if power < 0 { '-' } else { '+' };
        return format!("{sign}{first}{dot}{rest}e{direction}{:02}", power.unsigned_abs());
    }
    if point <= 0 {
        return format!("{sign}0.{}{digits}", zeros(-point));
    }
    match digits.split_at_checked(usize::try_from(point).unwrap_or(0)) {
        Some((whole, after)) if !after.is_empty() => format!("{sign}{whole}.{after}"),
        _ => format!("{sign}{digits}{}", zeros(point - length(digits))),
    }
}

/// Reads a double, as `strtod` and with it PostgreSQL does.
///
/// # Errors
/// `Syntax` for a text that is none; `Range` for one too large, and one that is not zero but would be read as zero.
pub fn read8(text: &str) -> Result<f64, Bad> {
    let bare = bare(text)?;
    if let Some(value) = named(bare) {
        return Ok(value);
    }
    if let Some((negative, digits)) = hexadecimal(bare) {
        let (mantissa, exponent) = digits?;
        return signed(negative, binary(mantissa, exponent, 53, -1_074)?);
    }
    let value: f64 = decimal(bare)?.parse().map_err(|_| Bad::Syntax)?;
    if value.is_infinite() || value == 0.0 && is_not_zero(bare) { Err(Bad::Range) } else { Ok(value) }
}

/// Reads a real.
///
/// # Errors
/// As [`read8`].
pub fn read4(text: &str) -> Result<f32, Bad> {
    let bare = bare(text)?;
    if let Some(value) = named(bare) {
        return Ok(narrow(value));
    }
    if let Some((negative, digits)) = hexadecimal(bare) {
        let (mantissa, exponent) = digits?;
        let value = narrow(signed(negative, binary(mantissa, exponent, 24, -149)?)?);
        return if value.is_infinite() { Err(Bad::Range) } else { Ok(value) };
    }
    let value: f32 = decimal(bare)?.parse().map_err(|_| Bad::Syntax)?;
    if value.is_infinite() || value == 0.0 && is_not_zero(bare) { Err(Bad::Range) } else { Ok(value) }
}

/// What C's `isspace` counts as a blank.
fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn bare(text: &str) -> Result<&str, Bad> {
    let bare = text.trim_matches(is_space);
    if bare.is_empty() { Err(Bad::Syntax) } else { Ok(bare) }
}

fn sign_of(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn signed(negative: bool, value: f64) -> Result<f64, Bad> {
    Ok(if negative { -value } else { value })
}

/// Infinities, and NaN with the letters that C lets stand behind it.
fn named(text: &str) -> Option<f64> {
    let (negative, word) = sign_of(text);
    let word = word.to_ascii_lowercase();
    if word == "inf" || word == "infinity" {
        return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    let rest = word.strip_prefix("nan")?;
    let payload = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let is_nan = rest.is_empty()
        || payload.is_some_and(|payload| payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    is_nan.then_some(f64::NAN)
}

/// The text itself, if it is a decimal number: Rust takes words as well, and they are no numbers here.
fn decimal(text: &str) -> Result<&str, Bad> {
    let allowed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if text.bytes().all(allowed) { Ok(text) } else { Err(Bad::Syntax) }
}

fn is_not_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

type Hexadecimal = Result<(u64, i64), Bad>;

/// Sign, mantissa and binary exponent of `-0x1.8p3`; None for what is not hexadecimal. What does not fit into the
/// mantissa makes its last bit 1, which is enough to round it.
fn hexadecimal(text: &str) -> Option<(bool, Hexadecimal)> {
    let (negative, rest) = sign_of(text);
    let rest = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"))?;
    Some((negative, hex_digits(rest)))
}

fn hex_digits(text: &str) -> Hexadecimal {
    let (digits, exponent) = match text.split_once(['p', 'P']) {
        None => (text, 0),
        Some((digits, exponent)) => (digits, power(exponent)?),
    };
    let (mut mantissa, mut shift) = (0_u64, 0_i64);
    let (mut any, mut behind) = (false, false);
    for char in digits.chars() {
        if char == '.' && !behind {
            behind = true;
            continue;
        }
        let digit = u64::from(char.to_digit(16).ok_or(Bad::Syntax)?);
        any = true;
        if mantissa < 1 << 59 {
            mantissa = mantissa << 4 | digit;
            shift -= if behind { 4 } else { 0 };
        } else {
            mantissa |= u64::from(digit != 0);
            shift += if behind { 0 } else { 4 };
        }
    }
    if any { Ok((mantissa, exponent.saturating_add(shift))) } else { Err(Bad::Syntax) }
}

/// An exponent, as large as need be to say that it is too large.
fn power(text: &str) -> Result<i64, Bad> {
    let (negative, digits) = sign_of(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Bad::Syntax);
    }
    let size = digits.parse().unwrap_or(1_i64 << 40).min(1 << 40);
    Ok(if negative { -size } else { size })
}

/// `mantissa * 2^exponent`, rounded to so many bits, halves to the even one.
fn binary(mantissa: u64, exponent: i64, bits: i64, least: i64) -> Result<f64, Bad> {
    if mantissa == 0 {
        return Ok(0.0);
    }
    let unit = (exponent + i64::from(u64::BITS - mantissa.leading_zeros()) - bits).max(least);
    let Ok(drop) = u32::try_from(unit - exponent) else {
        return power_of_two(mantissa, exponent);
    };
    let kept = mantissa.checked_shr(drop).unwrap_or(0);
    let rest = if drop < u64::BITS { mantissa & ((1 << drop) - 1) } else { mantissa };
    let half = 1_u64.checked_shl(drop.saturating_sub(1)).unwrap_or(u64::MAX);
    let up = drop > 0 && (rest > half || rest == half && kept % 2 == 1);
    if kept == 0 && bits < 53 {
        // The C library itself is not sure of the least real.
        return Err(Bad::Unsupported);
    }
    power_of_two(kept + u64::from(up), unit)
}

fn power_of_two(mantissa: u64, exponent: i64) -> Result<f64, Bad> {
    // The mantissa has no more bits than a double, and the least double is 2^-1074: all of this is exact.
    let value = wide(mantissa);
    let small = i32::try_from(exponent).map_err(|_| Bad::Range)?;
    let result = if small < -1_000 {
        value * f64::from_bits(1) * 2_f64.powi((small + 1_074).min(80))
    } else {
        value * 2_f64.powi(small.min(1_000)) * 2_f64.powi((small - 1_000).clamp(0, 100))
    };
    if result.is_infinite() || result == 0.0 { Err(Bad::Range) } else { Ok(result) }
}

fn wide(integer: u64) -> f64 {
    let half = |part: u64| f64::from(u32::try_from(part & 0xFFFF_FFFF).unwrap_or(0));
    half(integer >> 32) * TWO_32 + half(integer)
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to a real is what is wanted")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// A double as numeric: 15 digits of it.
#[must_use]
pub fn to_numeric8(value: f64) -> Option<String> {
    numeric(value, &format!("{value:.14e}"))
}

/// A real as numeric: 6 digits of it.
#[must_use]
pub fn to_numeric4(value: f32) -> Option<String> {
    numeric(f64::from(value), &format!("{value:.5e}"))
}

fn numeric(value: f64, scientific: &str) -> Option<String> {
    match special(value) {
        Some("-0") => return Some("0".to_owned()),
        Some(name) => return Some(name.to_owned()),
        None => {}
    }
    let (sign, Decimal { mut digits, mut exponent }) = parts(scientific);
    while digits != 0 && digits.is_multiple_of(10) {
        digits /= 10;
        exponent += 1;
    }
    number::canonical(&format!("{sign}{digits}e{exponent}")).ok()
}

/// A numeric, as it is printed, as a double.
///
/// # Errors
/// `Range` when it is too large, or so small that it would be zero.
pub fn numeric_to8(text: &str) -> Result<f64, Bad> {
    read8(text)
}

/// The nearest integer, of two equally near ones the even one.
#[must_use]
pub fn round_half_even(value: f64) -> f64 {
    value.round_ties_even()
}

/// The nearest integer of so many bits (16, 32 or 64); None where it is out of their range.
#[must_use]
pub fn to_int(value: f64, bits: u32) -> Option<i64> {
    let rounded = round_half_even(value);
    let limit = 2_f64.powi(i32::try_from(bits.min(64)).ok()? - 1);
    if !(rounded >= -limit && rounded < limit) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Some(rounded as i64)
}

/// One degree in radians.
const DEGREE: f64 = 0.017_453_292_519_943_295;

/// A result that is infinite or zero only because doubles end there is an error.
fn in_range(result: f64, may_be_infinite: bool, may_be_zero: bool) -> Result<f64, Bad> {
    if result.is_infinite() && !may_be_infinite || result == 0.0 && !may_be_zero { Err(Bad::Range) } else { Ok(result) }
}

/// The difference of two doubles is only zero if they are the same.
fn is_one(value: f64) -> bool {
    value - 1.0 == 0.0
}

/// `power` and `^`.
///
/// # Errors
/// `Kind` for zero to a negative power and for a negative number to one with a fraction; `Range`.
pub fn dpow(base: f64, exponent: f64) -> Result<f64, Bad> {
    if base.is_nan() || exponent.is_nan() {
        let is_one = exponent == 0.0 || is_one(base);
        return Ok(if is_one { 1.0 } else { f64::NAN });
    }
    if base == 0.0 && exponent < 0.0 {
        return Err(Bad::Kind("zero raised to a negative power is undefined"));
    }
    if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
        return Err(Bad::Kind("a negative number raised to a non-integer power yields a complex result"));
    }
    if base.is_infinite() || exponent.is_infinite() {
        return Ok(infinite_power(base, exponent));
    }
    in_range(base.powf(exponent), false, base == 0.0)
}

/// A power where one of both is infinite.
fn infinite_power(base: f64, exponent: f64) -> f64 {
    let size = base.abs();
    if exponent.is_infinite() {
        return match (size > 1.0, exponent > 0.0) {
            _ if is_one(size) => 1.0,
            (true, true) | (false, false) => f64::INFINITY,
            _ => 0.0,
        };
    }
    let sign = if base < 0.0 && (exponent / 2.0).fract() != 0.0 { -1.0 } else { 1.0 };
    if exponent == 0.0 {
        1.0
    } else if exponent > 0.0 {
        sign * f64::INFINITY
    } else {
        sign * 0.0
    }
}

/// `sqrt`.
///
/// # Errors
/// `Kind` for a negative number.
pub fn sqrt(value: f64) -> Result<f64, Bad> {
    if value < 0.0 { Err(Bad::Kind("cannot take square root of a negative number")) } else { Ok(value.sqrt()) }
}

/// `cbrt`, of the few numbers where all servers agree: the C library of most of them does not round it to the nearest
/// double (of 27 it gives 3.0000000000000004), newer ones do.
///
/// # Errors
/// `Unsupported` for all numbers but zero, one, minus one, infinities and NaN.
pub fn cbrt(value: f64) -> Result<f64, Bad> {
    if value == 0.0 || is_one(value.abs()) || !value.is_finite() { Ok(value) } else { Err(Bad::Unsupported) }
}

/// `exp`.
///
/// # Errors
/// `Range`.
pub fn exp(value: f64) -> Result<f64, Bad> {
    in_range(value.exp(), value.is_infinite(), value.is_infinite())
}

fn logarithm(value: f64, of: fn(f64) -> f64) -> Result<f64, Bad> {
    if value == 0.0 {
        Err(Bad::Kind("cannot take logarithm of zero"))
    } else if value < 0.0 {
        Err(Bad::Kind("cannot take logarithm of a negative number"))
    } else {
        in_range(of(value), value.is_infinite(), is_one(value))
    }
}

/// `ln`.
///
/// # Errors
/// `Kind` for zero and negative numbers.
pub fn ln(value: f64) -> Result<f64, Bad> {
    logarithm(value, f64::ln)
}

/// `log` and `log10`.
///
/// # Errors
/// As [`ln`].
pub fn log10(value: f64) -> Result<f64, Bad> {
    logarithm(value, f64::log10)
}

/// `degrees`.
///
/// # Errors
/// `Range`.
pub fn degrees(value: f64) -> Result<f64, Bad> {
    in_range(value / DEGREE, value.is_infinite(), value == 0.0)
}

/// `radians`.
///
/// # Errors
/// `Range`.
pub fn radians(value: f64) -> Result<f64, Bad> {
    in_range(value * DEGREE, value.is_infinite(), value == 0.0)
}

#[cfg(test)]
mod tests {
    use super::{Bad, dpow, print4, print8, read4, read8, to_int, to_numeric4, to_numeric8};

    #[test]
    fn printed_as_postgresql_does() {
        for (value, text) in [
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (1e23, "9.999999999999999e+22"),
            (4_503_599_627_370_497.0 / 4.0, "1.1258999068426242e+15"),
            (5.960_464_477_539_063e-8, "5.960464477539063e-08"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(print8(value), text);
        }
        assert_eq!((print4(1e6), print4(999_999.0), print4(0.1)), ("1e+06".into(), "999999".into(), "0.1".into()));
    }

    #[test]
    fn read_as_postgresql_does() {
        for (text, value) in
            [(" 1e2\n", 100.0), ("-inf", f64::NEG_INFINITY), ("0x1.8p3", 12.0), ("0x1.8p-1075", 5e-324), (".5", 0.5)]
        {
            assert_eq!(read8(text).map(f64::to_bits), Ok(value.to_bits()), "{text}");
        }
        assert!(["nan", "-NaN", "nan(1_a)"].into_iter().all(|text| read8(text).is_ok_and(f64::is_nan)));
        for text in ["1e400", "-1e400", "1e-400", "0x1p1024", "0x1p-1075"] {
            assert_eq!(read8(text), Err(Bad::Range), "{text}");
        }
        assert!(
            ["", "1e", "0x", "infin", "1_0", "1 2", "nan("].into_iter().all(|text| read8(text) == Err(Bad::Syntax))
        );
        assert_eq!((read4("1e39"), read4("1e-46")), (Err(Bad::Range), Err(Bad::Range)));
    }

    #[test]
    fn cast_and_raised_as_postgresql_does() {
        assert_eq!(to_numeric8(0.1 + 0.2).as_deref(), Some("0.3"));
        assert_eq!(to_numeric8(-0.0).as_deref(), Some("0"));
        assert_eq!(to_numeric8(1e20).as_deref(), Some("100000000000000000000"));
        assert_eq!(to_numeric4(1_234_567.0).as_deref(), Some("1234570"));
        assert_eq!((to_int(2.5, 32), to_int(3.5, 32), to_int(-0.5, 16)), (Some(2), Some(4), Some(0)));
        assert_eq!((to_int(32_767.5, 16), to_int(2_147_483_648.0, 32), to_int(f64::NAN, 64)), (None, None, None));
        assert!(dpow(0.0, -1.0).is_err() && dpow(-1.0, 0.5).is_err() && dpow(10.0, 400.0) == Err(Bad::Range));
        assert_eq!(dpow(-2.0, 3.0), Ok(-8.0));
    }
}
