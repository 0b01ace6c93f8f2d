//! Owns operations on single numbers of any size, given as text.
//! Must not know: columns.

use std::cmp::Ordering;

use super::value::Numeric;

/// A text as numeric prints it; None for what is no number.
#[must_use]
pub fn read_numeric(text: &str) -> Option<String> {
    Numeric::parse(text).map(|number| number.to_string())
}

/// A number rounded to so many digits after the point, halves away from zero; None for NaN and infinities.
#[must_use]
pub fn rounded_numeric(text: &str, digits: i64) -> Option<String> {
    match Numeric::parse(text)? {
        finite @ Numeric::Finite { .. } => Some(finite.round(digits).to_string()),
        _ => None,
    }
}

/// How two numbers compare.
#[must_use]
pub fn compare_numerics(left: &str, right: &str) -> Option<Ordering> {
    Some(Numeric::parse(left)?.compare(&Numeric::parse(right)?))
}

/// A text that sorts as the number does, and is the same for equal ones.
#[must_use]
pub fn key_of_numeric(text: &str) -> String {
    Numeric::parse(text).map(|number| number.key()).unwrap_or_default()
}

/// Two numbers make one.
///
/// # Errors
/// For a division by zero, and a text that is no number: in words.
pub fn numeric_operation(name: &str, left: &str, right: &str) -> Result<String, &'static str> {
    const NONE: &str = "a text is no numeric";
    let (left, right) = (Numeric::parse(left).ok_or(NONE)?, Numeric::parse(right).ok_or(NONE)?);
    let done = match name {
        "numeric_add" => left.add(&right),
        "numeric_subtract" => left.subtract(&right),
        "numeric_multiply" => left.multiply(&right),
        "numeric_divide" => left.divide(&right),
        _ => left.remainder(&right),
    };
    done.map(|number| number.to_string()).map_err(|_| "a division by zero")
}

/// A number, and perhaps a count of digits, make a number.
///
/// # Errors
/// For a text that is no number: in words.
pub fn numeric_unary(name: &str, text: &str, digits: i64) -> Result<String, &'static str> {
    let number = Numeric::parse(text).ok_or("a text is no numeric")?;
    let done = match name {
        "numeric_negate" => number.negate(),
        "abs" => number.absolute(),
        "signum" => number.signum(),
        "ceil" => number.ceiling(),
        "floor" => number.floor(),
        "trunc" => number.truncate(digits),
        _ => number.round(digits),
    };
    Ok(done.to_string())
}
