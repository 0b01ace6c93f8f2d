//! Owns columns of `numeric(precision, scale)`, read from PostgreSQL's binary form: groups of four decimal digits.
//! Must not know: any other number.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Builder};
use arrow::datatypes::DataType;

use super::{Column, Misfit, unforeseen};
use crate::error::Result;
use crate::extract::source::Cells;

const NEGATIVE: i16 = 0x4000;

/// Numbers with a fixed number of digits after the point.
pub(super) struct Numbers {
    builder: Decimal128Builder,
    scale: i8,
}

impl Numbers {
    pub(super) fn new(data_type: DataType, scale: i8) -> Self {
        Self { builder: Decimal128Builder::new().with_data_type(data_type), scale }
    }
}

impl Column for Numbers {
    fn take(&mut self, cells: &mut Cells<'_>) -> Result<usize, Misfit> {
        let value = cells.bytes()?;
        self.element(value.as_deref())
    }

    fn element(&mut self, bytes: Option<&[u8]>) -> Result<usize, Misfit> {
        let value = match bytes.map(|bytes| unscaled(bytes, self.scale)) {
            None => None,
            Some(Unscaled::Is(value)) => Some(value),
            Some(Unscaled::Not) => {
                self.builder.append_null();
                return Err(Misfit::Widen);
            }
            Some(Unscaled::Broken) => return Err(unforeseen()),
        };
        self.builder.append_option(value);
        Ok(16)
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(Arc::new(self.builder.finish()))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Unscaled {
    Is(i128),
    /// NaN, an infinity, or more digits than fit.
    Not,
    Broken,
}

/// -12.30 with scale 2 is -1230.
fn unscaled(bytes: &[u8], scale: i8) -> Unscaled {
    let mut words = bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (Some(count), Some(weight), Some(sign), Some(_)) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Unscaled::Broken;
    };
    if sign != 0 && sign != NEGATIVE {
        return Unscaled::Not;
    }
    let mut value: i128 = 0;
    // The power of ten of the group at hand, in the column's last digit.
    let mut power = i32::from(weight) * 4 + i32::from(scale);
    let mut seen = 0;
    for group in words {
        let Some(part) = placed(i128::from(group), power) else { return Unscaled::Not };
        let Some(sum) = value.checked_add(part) else { return Unscaled::Not };
        value = sum;
        power -= 4;
        seen += 1;
    }
    if seen != count {
        return Unscaled::Broken;
    }
    Unscaled::Is(if sign == NEGATIVE { -value } else { value })
}

/// `group` · 10^`power`, where that is a whole number that fits.
fn placed(group: i128, power: i32) -> Option<i128> {
    let ten = |power: i32| 10_i128.checked_pow(u32::try_from(power).ok()?);
    match group {
        0 => Some(0),
        _ if power >= 0 => group.checked_mul(ten(power)?),
        _ => {
            let unit = ten(-power)?;
            (group % unit == 0).then_some(group / unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Unscaled, unscaled};

    fn of(words: &[i16], scale: i8) -> Unscaled {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        unscaled(&bytes, scale)
    }

    #[test]
    fn numbers_keep_every_digit() {
        assert_eq!(of(&[2, 0, 0x4000, 2, 12, 3000], 2), Unscaled::Is(-1230));
        assert_eq!(of(&[0, 0, 0, 2], 2), Unscaled::Is(0));
        assert_eq!(of(&[1, 1, 0, 0, 7], 0), Unscaled::Is(70_000));
        assert_eq!(of(&[1, -1, 0, 4, 12], 4), Unscaled::Is(12));
        assert_eq!(of(&[1, -2, 0, 6, 1200], 6), Unscaled::Is(12));
        let nines: Vec<i16> = [10, 9, 0, 0, 99].into_iter().chain(std::iter::repeat_n(9999, 9)).collect();
        assert_eq!(of(&nines, 0), Unscaled::Is(10_i128.pow(38) - 1));
    }

    #[test]
    fn what_is_no_such_number_is_told() {
        assert_eq!(of(&[0, 0, -16384, 0], 2), Unscaled::Not, "NaN");
        assert_eq!(of(&[2, 0, 0, 3, 12, 3450], 2), Unscaled::Not, "a digit too many");
        assert_eq!(of(&[2, 0, 0, 2, 12], 2), Unscaled::Broken, "a group too few");
    }
}
