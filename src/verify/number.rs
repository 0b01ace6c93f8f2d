//! Owns the one text of a number, as PostgreSQL's numeric prints it. Must not know: where numbers stand.

/// Writes `text` as numeric prints it: no exponent, no superfluous sign or zeros before, the digits after the point kept,
/// or with `trim` without those that are zero at the end. False for what is no number; nothing is then written.
pub(super) fn numeric(text: &str, trim: bool, out: &mut Vec<u8>) -> bool {
    let text = text.trim_ascii();
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest.eq_ignore_ascii_case("nan") {
        out.extend_from_slice(b"NaN");
        return true;
    }
    if rest.eq_ignore_ascii_case("infinity") || rest.eq_ignore_ascii_case("inf") {
        out.extend_from_slice(if negative { b"-Infinity" } else { b"Infinity" });
        return true;
    }
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()),
        None => (rest, Some(0)),
    };
    let Some(exponent) = exponent.filter(|exponent| exponent.abs() < 200_000) else { return false };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (before, after) = (signed(whole.len()) + exponent, (signed(fraction.len()) - exponent).max(0));
    write(negative, &digits, before, after, trim, out);
    true
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// `before` of the digits stand before the point, `after` places are shown behind it.
fn write(negative: bool, digits: &[u8], before: i64, after: i64, trim: bool, out: &mut Vec<u8>) {
    let digit = |place: i64| usize::try_from(place).ok().and_then(|at| digits.get(at)).copied().unwrap_or(b'0');
    let mut after = after;
    if trim {
        while after > 0 && digit(before + after - 1) == b'0' {
            after -= 1;
        }
    }
    if negative && (0..before + after).any(|place| digit(place) != b'0') {
        out.push(b'-');
    }
    let first = (0..before).find(|place| digit(*place) != b'0').unwrap_or(before);
    if first >= before {
        out.push(b'0');
    }
    out.extend((first..before).map(digit));
    if after > 0 {
        out.push(b'.');
        out.extend((before..before + after).map(digit));
    }
}

/// Writes the text of a binary numeric. False when it is none.
pub(super) fn from_binary(bytes: &[u8], trim: bool, out: &mut Vec<u8>) -> bool {
    let mut words = bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (Some(_), Some(weight), Some(sign), Some(scale)) = (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    match sign.cast_unsigned() {
        0xC000 => out.extend_from_slice(b"NaN"),
        0xD000 => out.extend_from_slice(b"Infinity"),
        0xF000 => out.extend_from_slice(b"-Infinity"),
        sign => {
            let digits: Vec<u8> = words.flat_map(|group| format!("{group:04}").into_bytes()).collect();
            write(sign == 0x4000, &digits, (i64::from(weight) + 1) * 4, i64::from(scale), trim, out);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, trim: bool) -> String {
        let mut out = Vec::new();
        assert!(numeric(text, trim, &mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_have_one_text() {
        for (given, kept, trimmed) in [
            ("1.10", "1.10", "1.1"),
            ("-0.00", "0.00", "0"),
            ("1.5e3", "1500", "1500"),
            ("12e-4", "0.0012", "0.0012"),
            ("+007", "7", "7"),
            (".5", "0.5", "0.5"),
            ("1.50e1", "15.0", "15"),
            ("-inf", "-Infinity", "-Infinity"),
        ] {
            assert_eq!((shown(given, false).as_str(), shown(given, true).as_str()), (kept, trimmed), "{given}");
        }
    }

    #[test]
    fn binary_numbers_have_the_same_text() {
        let words = |words: &[u16]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
        let mut out = Vec::new();
        assert!(from_binary(&words(&[3, 1, 0x4000, 3, 1, 2345, 6780]), false, &mut out));
        assert_eq!(out, b"-12345.678");
        out.clear();
        assert!(from_binary(&words(&[1, 0xFFFF, 0, 5, 1200]), false, &mut out));
        assert_eq!(out, b"0.12000");
        out.clear();
        assert!(from_binary(&words(&[1, 1, 0, 0, 3]), false, &mut out));
        assert_eq!(out, b"30000");
    }
}
