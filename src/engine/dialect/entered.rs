//! Owns the way of texts into a stored column: each as PostgreSQL's input function of the column's type reads it.
//! Must not know: where the texts come from.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Decimal128Array, ListArray, StringArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::{DataType, Field};

use super::super::postgres::array;
use super::Fault;
use super::input::read;
use super::kind::Kind;
use super::value::{Value, column};
use crate::key::PG_TYPE;

/// Why a text is no value of the column: its place among the texts, and what is wrong, without the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    pub row: usize,
    pub why: &'static str,
}

/// Texts as a column of a field's Arrow type; None is NULL. What travels as text is taken as it is.
///
/// # Errors
/// The first text that is no value of the type.
pub fn entered(field: &Field, texts: &[Option<String>]) -> Result<ArrayRef, Unfit> {
    let at = |row: usize| move |fault: Fault| Unfit { row, why: fault.0 };
    match field.data_type() {
        DataType::Utf8 => Ok(Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())),
        DataType::Decimal128(precision, scale) => {
            let one = |(row, text): (usize, &Option<String>)| {
                text.as_deref().map(|text| decimal(text, *precision, *scale).map_err(at(row))).transpose()
            };
            let numbers = texts.iter().enumerate().map(one).collect::<Result<Decimal128Array, _>>()?;
            let unfit = |_| Unfit { row: 0, why: "a numeric has another precision" };
            Ok(Arc::new(numbers.with_precision_and_scale(*precision, *scale).map_err(unfit)?))
        }
        DataType::List(item) => list(field, item, texts),
        _ => {
            let kind = Kind::of(field);
            let one = |(row, text): (usize, &Option<String>)| match text {
                Some(text) => read(&kind, text).map_err(at(row)),
                None => Ok(Value::Null),
            };
            let values = texts.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
            column(&kind, &values).map_err(|_| Unfit { row: 0, why: "a text is no value of the column's type" })
        }
    }
}

fn list(field: &Field, item: &Arc<Field>, texts: &[Option<String>]) -> Result<ArrayRef, Unfit> {
    let declared = field.metadata().get(PG_TYPE).and_then(|name| name.strip_suffix("[]"));
    let delimiter = if declared == Some("box") { ';' } else { ',' };
    let (mut items, mut lengths, mut rows) = (Vec::new(), Vec::with_capacity(texts.len()), Vec::new());
    for (row, text) in texts.iter().enumerate() {
        let found = text.as_deref().map(|text| array::read(text, delimiter)).transpose();
        let found = found.map_err(|_| Unfit { row, why: "a text is no array of one dimension" })?.unwrap_or_default();
        lengths.push(found.len());
        rows.extend(std::iter::repeat_n(row, found.len()));
        items.extend(found);
    }
    let values = entered(item, &items).map_err(|unfit| Unfit { row: rows[unfit.row], ..unfit })?;
    let valid = NullBuffer::from(texts.iter().map(Option::is_some).collect::<Vec<_>>());
    let list = ListArray::try_new(item.clone(), OffsetBuffer::from_lengths(lengths), values, Some(valid));
    list.map(|list| Arc::new(list) as ArrayRef).map_err(|_| Unfit { row: 0, why: "an array may not hold NULL" })
}

/// A number in units of its last digit, rounded half away from zero as numeric's input rounds it.
fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128, Fault> {
    let Value::Numeric(text) = read(&Kind::Numeric, text)? else { return Err(Fault("a text is no numeric")) };
    let unsigned = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let scale = usize::try_from(scale).map_err(|_| Fault("a numeric has another scale"))?;
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(Fault("a column of this type has no place for NaN and infinity"));
    }
    let kept = fraction.get(..scale.min(fraction.len())).unwrap_or_default();
    let too_large = || Fault("a numeric has more digits than its column");
    let digits = format!("{whole}{kept:0<scale$}");
    let mut number: i128 = digits.parse().map_err(|_| too_large())?;
    if fraction.as_bytes().get(scale).is_some_and(|digit| *digit >= b'5') {
        number += 1;
    }
    if number >= 10_i128.pow(u32::from(precision)) {
        return Err(too_large());
    }
    Ok(if text.starts_with('-') { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_are_rounded_as_numeric_rounds_them() {
        let of = |text: &str| decimal(text, 6, 2).ok();
        assert_eq!(["1", "-1.005", "0.125", "9999.994", "1e2"].map(of), [100, -101, 13, 999_999, 10_000].map(Some));
        assert_eq!(["9999.995", "NaN", "x", "Infinity"].map(of), [None; 4]);
        assert_eq!(decimal("0.5", 3, 0), Ok(1));
    }
}
