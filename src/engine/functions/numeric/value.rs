//! Owns numbers of any size with their digits, and PostgreSQL's arithmetic on them: values, scales, NaN and infinities.
//! Must not know: columns, or how SQL writes a number.

use std::cmp::Ordering;
use std::fmt;

use bigdecimal::num_bigint::{BigInt, Sign};

/// The fewest digits that count in a quotient.
const MIN_SIGNIFICANT: i64 = 16;
/// PostgreSQL groups decimal digits by this many.
const GROUP: i64 = 4;
/// The most digits after the point that a quotient is given.
const MAX_QUOTIENT_SCALE: i64 = 1_000;
/// The most digits after the point of any number.
const MAX_SCALE: i64 = 16_383;
/// The most digits before the point.
const MAX_DIGITS: i64 = 131_072;

/// A value of PostgreSQL's numeric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numeric {
    NegativeInfinity,
    /// `int` divided by ten to the power of `scale`, which is how many digits stand after the point.
    Finite {
        int: BigInt,
        scale: i64,
    },
    Infinity,
    NaN,
}

use Numeric::{Finite, Infinity, NaN, NegativeInfinity};

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DivisionByZero;

type Outcome = Result<Numeric, DivisionByZero>;

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

fn power(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent.max(0)).unwrap_or(u32::MAX))
}

/// The quotient, rounded to an integer, halves away from zero.
fn rounded(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let (top, bottom) = (dividend.magnitude(), divisor.magnitude());
    let quotient = (top * 2_u32 + bottom) / (bottom * 2_u32);
    let sign = if dividend.sign() == divisor.sign() { Sign::Plus } else { Sign::Minus };
    BigInt::from_biguint(if quotient == 0_u32.into() { Sign::NoSign } else { sign }, quotient)
}

impl Numeric {
    /// Reads a number as PostgreSQL prints and takes it; None for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, plain) = match text.as_bytes().first()? {
            b'-' => (-1, &text[1..]),
            b'+' => (1, &text[1..]),
            _ => (1, text),
        };
        match plain.to_ascii_lowercase().as_str() {
            "nan" if plain.len() == text.len() => return Some(NaN),
            "infinity" | "inf" => return Some(if sign < 0 { NegativeInfinity } else { Infinity }),
            _ => {}
        }
        let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (plain, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) || exponent.abs() > MAX_DIGITS
        {
            return None;
        }
        let mut int = BigInt::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10)? * sign;
        let mut scale = i64::try_from(fraction.len()).ok()? - exponent;
        if scale < 0 {
            (int, scale) = (int * power(-scale), 0);
        }
        Some(Finite { int, scale })
    }

    fn of(int: BigInt, scale: i64) -> Self {
        let most = MAX_SCALE;
        if scale > most {
            Finite { int: rounded(&int, &power(scale - most)), scale: most }
        } else {
            Finite { int, scale }
        }
    }

    fn sign(&self) -> i32 {
        match self {
            NegativeInfinity => -1,
            Finite { int, .. } => match int.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
            Infinity | NaN => 1,
        }
    }

    fn infinite(sign: i32) -> Self {
        if sign < 0 { NegativeInfinity } else { Infinity }
    }

    /// # Errors
    /// None; the result has the larger of both scales.
    pub fn add(&self, other: &Self) -> Outcome {
        Ok(match (self, other) {
            (NaN, _) | (_, NaN) | (Infinity, NegativeInfinity) | (NegativeInfinity, Infinity) => NaN,
            (Finite { int: a, scale: s }, Finite { int: b, scale: t }) => {
                let scale = *s.max(t);
                Finite { int: a * power(scale - s) + b * power(scale - t), scale }
            }
            (Finite { .. }, infinite) | (infinite, _) => infinite.clone(),
        })
    }

    /// # Errors
    /// As [`Self::add`].
    pub fn subtract(&self, other: &Self) -> Outcome {
        self.add(&other.negate())
    }

    /// # Errors
    /// None; the scales are added.
    pub fn multiply(&self, other: &Self) -> Outcome {
        Ok(match (self, other) {
            (NaN, _) | (_, NaN) => NaN,
            (Finite { int: a, scale: s }, Finite { int: b, scale: t }) => Self::of(a * b, s + t),
            _ if self.sign() * other.sign() == 0 => NaN,
            _ => Self::infinite(self.sign() * other.sign()),
        })
    }

    /// # Errors
    /// [`DivisionByZero`].
    pub fn divide(&self, other: &Self) -> Outcome {
        Ok(match (self, other) {
            (NaN, _) | (_, NaN) => NaN,
            _ if other.sign() == 0 => return Err(DivisionByZero),
            (Finite { int: a, scale: s }, Finite { int: b, scale: t }) => {
                let scale = quotient_scale((a, *s), (b, *t));
                let shift = scale - s + t;
                let (top, bottom) = (a * power(shift), b * power(-shift));
                Finite { int: rounded(&top, &bottom), scale }
            }
            (Finite { .. }, _) => Finite { int: BigInt::ZERO, scale: 0 },
            (_, Finite { .. }) => Self::infinite(self.sign() * other.sign()),
            _ => NaN,
        })
    }

    /// The remainder of the division, with the sign of this number.
    ///
    /// # Errors
    /// [`DivisionByZero`].
    pub fn remainder(&self, other: &Self) -> Outcome {
        Ok(match (self, other) {
            (NaN, _) | (_, NaN) => NaN,
            _ if other.sign() == 0 => return Err(DivisionByZero),
            (Finite { int: a, scale: s }, Finite { int: b, scale: t }) => {
                let scale = *s.max(t);
                Finite { int: (a * power(scale - s)) % (b * power(scale - t)), scale }
            }
            (Finite { .. }, _) => self.clone(),
            _ => NaN,
        })
    }

    #[must_use]
    pub fn negate(&self) -> Self {
        match self {
            NegativeInfinity => Infinity,
            Finite { int, scale } => Finite { int: -int, scale: *scale },
            Infinity => NegativeInfinity,
            NaN => NaN,
        }
    }

    #[must_use]
    pub fn absolute(&self) -> Self {
        if self.sign() < 0 { self.negate() } else { self.clone() }
    }

    /// -1, 0 or 1; NaN of NaN.
    #[must_use]
    pub fn signum(&self) -> Self {
        if *self == NaN { NaN } else { Finite { int: self.sign().into(), scale: 0 } }
    }

    /// Rounds to this many digits after the point, halves away from zero; fewer than none rounds before the point.
    #[must_use]
    pub fn round(&self, digits: i64) -> Self {
        self.cut(digits, rounded)
    }

    /// Cuts off what stands behind this many digits after the point.
    #[must_use]
    pub fn truncate(&self, digits: i64) -> Self {
        self.cut(digits, |top, bottom| top / bottom)
    }

    fn cut(&self, digits: i64, divide: fn(&BigInt, &BigInt) -> BigInt) -> Self {
        let Finite { int, scale } = self else { return self.clone() };
        let digits = digits.clamp(-MAX_DIGITS, MAX_SCALE);
        let int = if digits >= *scale { int * power(digits - scale) } else { divide(int, &power(scale - digits)) };
        if digits >= 0 { Finite { int, scale: digits } } else { Finite { int: int * power(-digits), scale: 0 } }
    }

    /// The largest integer that is not above it.
    #[must_use]
    pub fn floor(&self) -> Self {
        let cut = self.truncate(0);
        match (&cut, self.compare(&cut)) {
            (Finite { int, .. }, Ordering::Less) => Finite { int: int - 1, scale: 0 },
            _ => cut,
        }
    }

    /// The smallest integer that is not below it.
    #[must_use]
    pub fn ceiling(&self) -> Self {
        self.negate().floor().negate()
    }

    /// Compares by value: NaN is itself, and above all.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// A text that sorts as the values do, and is the same for equal values, whatever their scales.
    #[must_use]
    pub fn key(&self) -> String {
        let Finite { int, scale } = self else {
            return match self {
                NegativeInfinity => "0",
                NaN => "5",
                _ => "4",
            }
            .to_owned();
        };
        let digits = int.magnitude().to_str_radix(10);
        let exponent = u32::try_from(length(&digits) - scale + i64::from(i32::MAX)).unwrap_or(u32::MAX);
        let digits = digits.trim_end_matches('0');
        match int.sign() {
            Sign::NoSign => "2".to_owned(),
            Sign::Plus => format!("3{exponent:08x}{digits}"),
            // Of negative numbers the longer is the smaller: all is turned round, and a sign above all digits ends it.
            Sign::Minus => {
                let turned: String = digits.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect();
                format!("1{:08x}{turned}~", u32::MAX - exponent)
            }
        }
    }
}

/// How many digits a quotient is given after the point: at least sixteen that count, as PostgreSQL estimates them.
fn quotient_scale(dividend: (&BigInt, i64), divisor: (&BigInt, i64)) -> i64 {
    let ((weight, first), (other_weight, other_first)) = (leading(dividend), leading(divisor));
    let weight = weight - other_weight - i64::from(first <= other_first);
    let wanted = MIN_SIGNIFICANT - weight * GROUP;
    wanted.max(dividend.1).max(divisor.1).clamp(0, MAX_QUOTIENT_SCALE)
}

/// The place of the first group of digits, and the group.
fn leading((int, scale): (&BigInt, i64)) -> (i64, u32) {
    if int.sign() == Sign::NoSign {
        return (0, 0);
    }
    let digits = int.magnitude().to_str_radix(10);
    let place = length(&digits) - 1 - scale;
    let length = place.rem_euclid(GROUP) + 1;
    let padded = digits.bytes().chain(std::iter::repeat(b'0'));
    let group = padded.take(usize::try_from(length).unwrap_or(1));
    (place.div_euclid(GROUP), group.fold(0, |group, digit| group * 10 + u32::from(digit - b'0')))
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (int, scale) = match self {
            NegativeInfinity => return f.write_str("-Infinity"),
            Infinity => return f.write_str("Infinity"),
            NaN => return f.write_str("NaN"),
            Finite { int, scale } => (int, usize::try_from(*scale).unwrap_or_default()),
        };
        let digits = int.magnitude().to_str_radix(10);
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let minus = if int.sign() == Sign::Minus { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{minus}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::Numeric;

    fn n(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    #[test]
    fn digits_are_kept() {
        for text in [
            "0",
            "0.00",
            "1.50",
            "-0.5",
            "1000000000000000000000000000000",
            "NaN",
            "-Infinity",
            "0.00000000000000000001",
        ] {
            assert_eq!(n(text).to_string(), text);
        }
        assert_eq!(
            (n("1e3").to_string(), n("-.5").to_string(), n("12e-4").to_string()),
            ("1000".into(), "-0.5".into(), "0.0012".into())
        );
        assert!(["", "x", "1.2.3", "--1", "1e", "+nan"].iter().all(|text| Numeric::parse(text).is_none()));
    }

    #[test]
    fn quotients_have_the_scale_of_postgresql() {
        for (a, b, quotient) in [
            ("1", "3", "0.33333333333333333333"),
            ("1.0", "3", "0.33333333333333333333"),
            ("10000", "3", "3333.3333333333333333"),
            ("2", "1", "2.0000000000000000"),
            ("1", "10000", "0.000100000000000000000000"),
            ("-7.5", "2.5", "-3.0000000000000000"),
            ("0", "5", "0.00000000000000000000"),
        ] {
            assert_eq!(n(a).divide(&n(b)).unwrap().to_string(), quotient, "{a} / {b}");
        }
    }

    #[test]
    fn keys_sort_as_values() {
        let sorted = [
            "-Infinity",
            "-100",
            "-1.5",
            "-0.01",
            "0",
            "0.009",
            "0.01",
            "1.5",
            "9.99",
            "10",
            "1e30",
            "Infinity",
            "NaN",
        ];
        let keys: Vec<_> = sorted.iter().map(|text| n(text).key()).collect();
        assert!(keys.is_sorted() && n("1.5").key() == n("1.500").key() && n("0").key() == n("0.00").key());
    }

    #[test]
    fn rounding_goes_away_from_zero() {
        let round = |text: &str, digits| n(text).round(digits).to_string();
        assert_eq!(
            (round("2.5", 0), round("-2.5", 0), round("1.005", 2), round("1.5", 3)),
            ("3".into(), "-3".into(), "1.01".into(), "1.500".into())
        );
        assert_eq!(
            (round("1250", -2), n("-2.5").floor().to_string(), n("-2.5").ceiling().to_string()),
            ("1300".into(), "-3".into(), "-2".into())
        );
    }
}
