//! Owns masked numbers: as many digits, the same sign, as many of them after the point, and room in every type that had room before.
//! Must not know: in which type a number stands. Zero, NaN and the infinities stay.

use super::permute::{Symbol, within};
use super::secret::Secret;

/// Where the types of integers end (smallint, integer, oid, bigint), and money with its digits after the point: a number on one
/// side of such an end stays there.
const ENDS: [&[u8]; 6] =
    [b"32768", b"2147483648", b"4294967296", b"92233720368547759", b"922337203685477581", b"9223372036854775808"];
/// The same of negative numbers.
const NEGATIVE_ENDS: [&[u8]; 5] =
    [b"32769", b"2147483649", b"92233720368547759", b"922337203685477581", b"9223372036854775809"];

/// Masks a row of decimal digits.
pub(super) fn digits(secret: &Secret, digits: &[u8], negative: bool, fraction: bool) -> Vec<u8> {
    let ends: &[&[u8]] = if negative { &NEGATIVE_ENDS } else { &ENDS };
    let shown = |symbols: &[Symbol]| -> Vec<u8> {
        symbols.iter().map(|symbol| b'0' + u8::try_from(symbol.at).unwrap_or_default()).collect()
    };
    let class = |symbols: &[Symbol]| {
        let digits = shown(symbols);
        let leading = digits.first() == Some(&b'0');
        let trailing = fraction && digits.last() == Some(&b'0');
        let beyond = ends.iter().filter(|end| end.len() == digits.len() && **end <= digits.as_slice()).count();
        (leading, trailing, if leading { 0 } else { beyond })
    };
    let mut symbols: Vec<Symbol> =
        digits.iter().map(|digit| Symbol { at: u32::from(digit.wrapping_sub(b'0')), of: 10 }).collect();
    within(secret, b"", &mut symbols, class);
    shown(&symbols)
}

/// Masks a number as PostgreSQL prints it; what is no number stays as it is.
pub(super) fn printed(secret: &Secret, number: &str) -> String {
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) {
        return number.to_owned();
    }
    let after = fraction.trim_end_matches('0');
    let all = format!("{whole}{after}");
    let significant = all.trim_start_matches('0');
    if significant.is_empty() {
        return number.to_owned();
    }
    let masked = digits(secret, significant.as_bytes(), !sign.is_empty(), !after.is_empty());
    let masked = String::from_utf8(masked).unwrap_or_default();
    let masked = format!("{masked:0>width$}", width = after.len() + 1);
    let (whole, kept) = masked.split_at(masked.len() - after.len());
    if fraction.is_empty() {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{kept}{}", "0".repeat(fraction.len() - after.len()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::printed;
    use crate::mask::Secret;

    fn masked(number: &str) -> String {
        printed(&Secret::new(b"a salt for tests alone").unwrap(), number)
    }

    #[test]
    fn small_numbers_are_exchanged() {
        let all: BTreeSet<String> = (-2000..2000).map(|number: i32| masked(&number.to_string())).collect();
        assert_eq!(all.len(), 4000);
        for number in [-1000_i32, -9, 0, 7, 42, 1999] {
            let masked = masked(&number.to_string());
            assert_eq!(masked.len(), number.to_string().len());
            assert_eq!(masked.starts_with('-'), number < 0);
        }
        assert_eq!(masked("0"), "0");
    }

    #[test]
    fn ends_of_types_are_kept() {
        for number in [i16::MAX, i16::MIN, 30_001, -32_000] {
            assert!(masked(&number.to_string()).parse::<i16>().is_ok(), "{number}");
        }
        for number in [i32::MAX, i32::MIN, 2_000_000_001, 1_000_000_000] {
            assert!(masked(&number.to_string()).parse::<i32>().is_ok(), "{number}");
        }
        for number in [i64::MAX, i64::MIN, 9_000_000_000_000_000_000] {
            assert!(masked(&number.to_string()).parse::<i64>().is_ok(), "{number}");
        }
        assert!(masked(&u32::MAX.to_string()).parse::<u32>().is_ok());
    }

    #[test]
    fn equal_numbers_stay_equal_whatever_their_scale() {
        let plain = masked("5.5");
        assert_eq!(masked("5.50"), format!("{plain}0"));
        assert_eq!(masked("7.00"), format!("{}.00", masked("7")));
        assert_eq!(masked("0.05").len(), 4);
        assert!(masked("0.05").starts_with("0.0") && !masked("0.05").ends_with('0'));
        for odd in ["NaN", "Infinity", "-Infinity", "0.00", "", "abc"] {
            assert_eq!(masked(odd), odd);
        }
        let all: BTreeSet<String> =
            (1..1000).map(|number| masked(&format!("{}.{:02}", number / 100, number % 100))).collect();
        assert_eq!(all.len(), 999);
    }
}
