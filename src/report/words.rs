//! Owns how figures are written for people: numbers, shares, times, sizes. Must not know: where they stand.

use chrono::{DateTime, Utc};

use super::Because;

/// A number with its thousands set apart.
#[must_use]
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// Digits with their thousands set apart; what follows a point is left as it is.
#[must_use]
pub fn grouped(digits: &str) -> String {
    let (sign, rest) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let whole = rest.split('.').next().unwrap_or(rest);
    let mut out = String::with_capacity(digits.len() + whole.len() / 3);
    out.push_str(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(&rest[whole.len()..]);
    out
}

/// A share of 0 to 1 in percent, rounded down: 100 % is said only when nothing is missing.
#[must_use]
pub fn share(share: f64) -> String {
    format!("{:.3} %", (share * 100_000.0).floor() / 1_000.0)
}

/// A share of 0 to 1 in percent, just as it was written.
#[must_use]
pub fn exact(share: f64) -> String {
    let digits = format!("{:.6}", share * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// A part of 0 to 1 in percent, as many digits as tell something; what is there is never 0 %, what is missing never 100 %.
#[must_use]
pub fn part(part: f64) -> String {
    let percent = part * 100.0;
    match percent {
        _ if percent <= 0.0 => "0 %".to_owned(),
        _ if percent < 0.001 => "< 0.001 %".to_owned(),
        _ if percent < 0.1 => format!("{percent:.3} %"),
        _ if percent < 10.0 => format!("{percent:.2} %"),
        _ if part < 1.0 => format!("{:.1} %", (percent * 10.0).round().min(999.0) / 10.0),
        _ => "100 %".to_owned(),
    }
}

/// A duration, in the unit that it asks for.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration, rounded")]
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        _ if seconds < 10.0 => format!("{seconds:.2} s"),
        _ if seconds < 60.0 => format!("{seconds:.1} s"),
        ..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number of bytes.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size, rounded")]
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    if mebibytes < 1000.0 { format!("{mebibytes:.0} MiB") } else { format!("{:.2} GiB", mebibytes / 1024.0) }
}

/// An instant, to the second.
#[must_use]
pub fn time(instant: &DateTime<Utc>) -> String {
    instant.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `1 flow`, `2 flows`.
#[must_use]
pub fn of(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

/// Is a value of a report a number? Decimals are text there, so that no digit is lost.
#[must_use]
pub fn is_number(value: &serde_json::Value) -> bool {
    value.is_number() || value.as_str().is_some_and(is_decimal)
}

/// Is it a decimal with a fraction?
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.split_once('.').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
}

/// Why rows differ from those of the run before.
#[must_use]
pub fn because(because: Because) -> &'static str {
    match because {
        Because::Nothing => "nothing",
        Because::Data => "the source",
        Because::Rules => "the rules",
        Because::Both => "source and rules",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_apart_by_thousands() {
        assert_eq!([0, 999, 1_000, 2_086_613].map(count), ["0", "999", "1,000", "2,086,613"]);
        assert_eq!(["-1234.5678", "8561274.35", "0.5"].map(grouped), ["-1,234.5678", "8,561,274.35", "0.5"]);
    }

    #[test]
    fn shares_never_say_more_than_is_true() {
        assert_eq!([1.0, 0.999_999_9, 0.99].map(share), ["100.000 %", "99.999 %", "99.000 %"]);
        assert_eq!([0.99, 0.999_95, 1.0, 0.0].map(exact), ["99 %", "99.995 %", "100 %", "0 %"]);
        assert_eq!(
            [0.0, 1e-9, 0.000_5, 0.042, 0.5, 0.999_99, 1.0].map(part),
            ["0 %", "< 0.001 %", "0.050 %", "4.20 %", "50.0 %", "99.9 %", "100 %"]
        );
    }

    #[test]
    fn durations_and_sizes_have_fitting_units() {
        assert_eq!(
            [0.034, 12.34, 59.96, 61.0, 3_725.0].map(seconds),
            ["0.03 s", "12.3 s", "60.0 s", "1 min 01 s", "1 h 02 min"]
        );
        assert_eq!([512 << 20, 1536 << 20].map(bytes), ["512 MiB", "1.50 GiB"]);
    }
}
