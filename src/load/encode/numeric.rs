//! Owns PostgreSQL's binary numeric: base 10,000, any length, the scale kept as written.
//! Must not know: columns or arrays.

use super::Fault;

/// The scale a column declares (it may be negative), or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale(Option<i32>);

/// The most digits PostgreSQL keeps after the point.
const MOST_SCALE: i64 = 16_383;
/// The most digits PostgreSQL keeps before the point.
const MOST_WEIGHT: i64 = 131_072;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

impl Scale {
    /// Reads a type modifier; -1 is none.
    pub fn of_modifier(modifier: i32) -> Self {
        Self((modifier >= 4).then(|| (((modifier - 4) & 0x7ff) ^ 1024) - 1024))
    }
}

/// Writes the numeric that `text` says, as PostgreSQL reads it.
pub(super) fn from_text(text: &str, scale: Scale, out: &mut Vec<u8>) -> Result<(), Fault> {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if text.eq_ignore_ascii_case("nan") {
        special(NAN, out);
        return Ok(());
    }
    if rest.eq_ignore_ascii_case("infinity") || rest.eq_ignore_ascii_case("inf") {
        special(if negative { MINUS_INFINITY } else { INFINITY }, out);
        return Ok(());
    }
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| Fault::NoValue)?),
        None => (rest, 0),
    };
    if exponent.abs() > 200_000 {
        return Err(Fault::OutOfRange);
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fault::NoValue);
    }
    let whole = i64::try_from(whole.len()).map_err(|_| Fault::OutOfRange)?;
    let fraction = i64::try_from(fraction.len()).map_err(|_| Fault::OutOfRange)?;
    write(negative, &digits, whole + exponent, (fraction - exponent).max(0), scale, out)
}

/// Writes `value` / 10^`decimals`.
pub(super) fn from_decimal(value: i128, decimals: i8, scale: Scale, out: &mut Vec<u8>) -> Result<(), Fault> {
    let digits = value.unsigned_abs().to_string().into_bytes();
    let length = i64::try_from(digits.len()).map_err(|_| Fault::OutOfRange)?;
    write(value < 0, &digits, length - i64::from(decimals), i64::from(decimals.max(0)), scale, out)
}

fn special(sign: u16, out: &mut Vec<u8>) {
    for part in [0, 0, sign, 0] {
        out.extend_from_slice(&part.to_be_bytes());
    }
}

/// `digits` are ASCII; `before` of them stand before the point (it may be negative, or beyond their number).
fn write(negative: bool, digits: &[u8], before: i64, shown: i64, scale: Scale, out: &mut Vec<u8>) -> Result<(), Fault> {
    if shown > MOST_SCALE || before > MOST_WEIGHT {
        return Err(Fault::OutOfRange);
    }
    let length = i64::try_from(digits.len()).map_err(|_| Fault::OutOfRange)?;
    let last = digits.iter().rposition(|digit| *digit != b'0');
    if let (Some(last), Some(most)) = (last, scale.0) {
        // PostgreSQL would round in silence.
        if i64::try_from(last).map_err(|_| Fault::OutOfRange)? + 1 - before > i64::from(most) {
            return Err(Fault::WouldRound);
        }
    }
    let groups_before = before.div_euclid(4) + i64::from(before.rem_euclid(4) > 0);
    let pad = groups_before * 4 - before;
    let count = (length + pad + 3) / 4;
    let group = |number: i64| -> u16 {
        (0..4).fold(0, |sum, digit| {
            let at = number * 4 + digit - pad;
            let value = usize::try_from(at).ok().and_then(|at| digits.get(at)).map_or(0, |digit| digit - b'0');
            sum * 10 + u16::from(value)
        })
    };
    let first = (0..count).find(|number| group(*number) != 0);
    let (first, end) = match first {
        Some(first) => (first, (first..count).rev().find(|number| group(*number) != 0).map_or(first, |last| last + 1)),
        None => (0, 0),
    };
    let weight = if end == 0 { 0 } else { groups_before - 1 - first };
    let sign = if negative && end > 0 { NEGATIVE } else { 0 };
    let number = u16::try_from(end - first).map_err(|_| Fault::OutOfRange)?;
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&i16::try_from(weight).map_err(|_| Fault::OutOfRange)?.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::try_from(shown).map_err(|_| Fault::OutOfRange)?.to_be_bytes());
    for number in first..end {
        out.extend_from_slice(&group(number).to_be_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<i16> {
        let mut out = Vec::new();
        from_text(text, Scale(None), &mut out).unwrap();
        out.chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn digits_are_grouped_around_the_point() {
        assert_eq!(parts("12345.678"), [3, 1, 0, 3, 1, 2345, 6780]);
        assert_eq!(parts("-0.00012"), [2, -1, 0x4000, 5, 1, 2000]);
        assert_eq!(parts("1e4"), [1, 1, 0, 0, 1]);
        assert_eq!(parts("0.00"), [0, 0, 0, 2]);
        assert_eq!(parts("1.10"), [2, 0, 0, 2, 1, 1000]);
    }

    #[test]
    fn what_would_be_rounded_is_refused() {
        let mut out = Vec::new();
        let cents = Scale::of_modifier(((12 << 16) | 2) + 4);
        assert_eq!(from_decimal(12_345, 3, cents, &mut out), Err(Fault::WouldRound));
        assert_eq!(from_decimal(12_340, 3, cents, &mut out), Ok(()));
    }
}
