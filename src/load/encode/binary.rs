//! Owns the binary form of every pair of types that [`super::fit`] calls binary.
//! Must not know: rows, tables or streams.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType, UInt64Type,
};
use uuid::Uuid;

use super::fit::Place;
use super::numeric::{self, Scale};
use super::{Cell, Fault, Nulls};
use crate::error::{Error, Result};
use crate::target::TypeKind;

/// Days and microseconds from 1970 to 2000, where PostgreSQL counts from.
const DAYS_TO_2000: i32 = 10_957;
const MICROS_TO_2000: i64 = 946_684_800_000_000;

/// The writer of a column. `array` is in its normal type.
pub(super) fn cell(array: &ArrayRef, place: &Place) -> Result<Cell> {
    let target = place.ty.base().name.as_str();
    match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean().clone();
            Ok(Box::new(move |row, out| {
                out.push(u8::from(values.value(row)));
                Ok(())
            }))
        }
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>().clone();
            integer(move |row| i128::from(values.value(row)), target, place.modifier)
        }
        DataType::UInt64 => {
            let values = array.as_primitive::<UInt64Type>().clone();
            integer(move |row| i128::from(values.value(row)), target, place.modifier)
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().clone();
            float(move |row| f64::from(values.value(row)), target)
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().clone();
            float(move |row| values.value(row), target)
        }
        DataType::Decimal128(_, decimals) => {
            let (values, decimals) = (array.as_primitive::<Decimal128Type>().clone(), *decimals);
            if let TypeKind::Money { digits } = place.ty.base().kind {
                return Ok(Box::new(move |row, out| {
                    out.extend_from_slice(&coins(values.value(row), decimals, digits)?.to_be_bytes());
                    Ok(())
                }));
            }
            let scale = Scale::of_modifier(place.modifier);
            Ok(Box::new(move |row, out| numeric::from_decimal(values.value(row), decimals, scale, out)))
        }
        DataType::Date32 => {
            let values = array.as_primitive::<Date32Type>().clone();
            Ok(Box::new(move |row, out| {
                let days = match values.value(row) {
                    infinite @ (i32::MIN | i32::MAX) => infinite,
                    days => days.checked_sub(DAYS_TO_2000).ok_or(Fault::TimeOutOfRange)?,
                };
                out.extend_from_slice(&days.to_be_bytes());
                Ok(())
            }))
        }
        DataType::Timestamp(..) => Ok(timestamp(array, place.modifier)),
        DataType::Time64(_) => Ok(time(array, place.modifier)),
        DataType::Binary => {
            let values = array.as_binary::<i32>().clone();
            Ok(Box::new(move |row, out| {
                out.extend_from_slice(values.value(row));
                Ok(())
            }))
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary().clone();
            Ok(Box::new(move |row, out| {
                out.extend_from_slice(values.value(row));
                Ok(())
            }))
        }
        DataType::Utf8 => Ok(text(array, place)),
        DataType::List(_) => list(array, place),
        other => Err(Error::unexpected(format!("no binary form was planned for {other}"))),
    }
}

fn integer(value: impl Fn(usize) -> i128 + Send + 'static, target: &str, modifier: i32) -> Result<Cell> {
    macro_rules! of {
        ($type:ty) => {
            Box::new(move |row, out| {
                let value = <$type>::try_from(value(row)).map_err(|_| Fault::OutOfRange)?;
                out.extend_from_slice(&value.to_be_bytes());
                Ok(())
            })
        };
    }
    Ok(match target {
        "int2" => of!(i16),
        "int4" => of!(i32),
        "int8" => of!(i64),
        "oid" => of!(u32),
        "numeric" => {
            let scale = Scale::of_modifier(modifier);
            Box::new(move |row, out| numeric::from_decimal(value(row), 0, scale, out))
        }
        // Only integers that a float holds exactly.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        _ => {
            return float_checked(
                move |row| {
                    let exact = value(row);
                    let float = exact as f64;
                    (float as i128 == exact).then_some(float)
                },
                target,
            );
        }
    })
}

fn float(value: impl Fn(usize) -> f64 + Send + 'static, target: &str) -> Result<Cell> {
    float_checked(move |row| Some(value(row)), target)
}

fn float_checked(value: impl Fn(usize) -> Option<f64> + Send + 'static, target: &str) -> Result<Cell> {
    match target {
        "float8" => Ok(Box::new(move |row, out| {
            out.extend_from_slice(&value(row).ok_or(Fault::WouldRound)?.to_be_bytes());
            Ok(())
        })),
        "float4" => Ok(Box::new(move |row, out| {
            let wide = value(row).ok_or(Fault::WouldRound)?;
            #[allow(clippy::cast_possible_truncation)]
            let narrow = wide as f32;
            if narrow.is_infinite() && wide.is_finite() {
                return Err(Fault::OutOfRange);
            }
            if !wide.is_nan() && f64::from(narrow).to_bits() != wide.to_bits() {
                return Err(Fault::WouldRound);
            }
            out.extend_from_slice(&narrow.to_be_bytes());
            Ok(())
        })),
        other => Err(Error::unexpected(format!("no binary form of a number was planned for {other}"))),
    }
}

/// `value` / 10^`decimals` in coins of which a unit has 10^`digits`.
pub(super) fn coins(value: i128, decimals: i8, digits: u32) -> Result<i64, Fault> {
    let shift = i64::from(digits) - i64::from(decimals);
    let factor =
        u32::try_from(shift.abs()).ok().and_then(|shift| 10_i128.checked_pow(shift)).ok_or(Fault::OutOfRange)?;
    let coins = match shift {
        0.. => value.checked_mul(factor),
        _ if value % factor != 0 => return Err(Fault::WouldRound),
        _ => Some(value / factor),
    };
    coins.and_then(|coins| i64::try_from(coins).ok()).ok_or(Fault::OutOfRange)
}

/// The byte that a "char" holds, from its text as PostgreSQL 16 writes it: nothing for 0, `\ooo` from 128 on.
fn byte(text: &str) -> Result<u8, Fault> {
    match *text.as_bytes() {
        [] => Ok(0),
        [byte] => Ok(byte),
        [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7'] => {
            Ok((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'))
        }
        // PostgreSQL would take the first byte in silence.
        _ => Err(Fault::WouldCut),
    }
}

/// The unit of a timestamp(p) or time(p), in microseconds: PostgreSQL would round to it in silence.
pub(super) fn finest(modifier: i32) -> i64 {
    match u32::try_from(modifier) {
        Ok(digits @ 0..=5) => 10_i64.pow(6 - digits),
        _ => 1,
    }
}

fn timestamp(array: &ArrayRef, modifier: i32) -> Cell {
    let values = array.as_primitive::<TimestampMicrosecondType>().clone();
    let unit = finest(modifier);
    Box::new(move |row, out| {
        let micros = match values.value(row) {
            infinite @ (i64::MIN | i64::MAX) => infinite,
            micros if micros % unit != 0 => return Err(Fault::TimeWouldRound),
            micros => micros.checked_sub(MICROS_TO_2000).ok_or(Fault::TimeOutOfRange)?,
        };
        out.extend_from_slice(&micros.to_be_bytes());
        Ok(())
    })
}

fn time(array: &ArrayRef, modifier: i32) -> Cell {
    let values = array.as_primitive::<Time64MicrosecondType>().clone();
    let unit = finest(modifier);
    Box::new(move |row, out| {
        let time = values.value(row);
        if time % unit != 0 {
            return Err(Fault::TimeWouldRound);
        }
        out.extend_from_slice(&time.to_be_bytes());
        Ok(())
    })
}

fn text(array: &ArrayRef, place: &Place) -> Cell {
    let values = array.as_string::<i32>().clone();
    let base = place.ty.base();
    if let TypeKind::Enum { labels } = &base.kind {
        let labels = labels.clone();
        return Box::new(move |row, out| {
            let value = values.value(row);
            if !labels.iter().any(|label| label == value) {
                return Err(Fault::NoLabel);
            }
            out.extend_from_slice(value.as_bytes());
            Ok(())
        });
    }
    let most = usize::try_from(place.modifier - 4).ok().filter(|most| *most > 0);
    match (base.name.as_str(), most) {
        ("jsonb", _) => Box::new(move |row, out| {
            out.push(1);
            out.extend_from_slice(values.value(row).as_bytes());
            Ok(())
        }),
        ("uuid", _) => Box::new(move |row, out| {
            let uuid = Uuid::parse_str(values.value(row).trim()).map_err(|_| Fault::NoValue)?;
            out.extend_from_slice(uuid.as_bytes());
            Ok(())
        }),
        ("char", _) => Box::new(move |row, out| {
            out.push(byte(values.value(row))?);
            Ok(())
        }),
        ("numeric", _) => {
            let scale = Scale::of_modifier(place.modifier);
            Box::new(move |row, out| numeric::from_text(values.value(row), scale, out))
        }
        ("varchar", Some(most)) => Box::new(move |row, out| {
            let value = values.value(row);
            if value.len() > most && value.chars().count() > most {
                // PostgreSQL would cut spaces in silence.
                let fits = value.chars().skip(most).all(|sign| sign == ' ');
                return Err(if fits { Fault::WouldCut } else { Fault::TooLong });
            }
            out.extend_from_slice(value.as_bytes());
            Ok(())
        }),
        ("bpchar", Some(most)) => Box::new(move |row, out| {
            let value = values.value(row);
            if value.len() > most && value.trim_end_matches(' ').chars().count() > most {
                return Err(Fault::TooLong);
            }
            out.extend_from_slice(value.as_bytes());
            Ok(())
        }),
        // PostgreSQL would cut a name in silence.
        ("name", _) => Box::new(move |row, out| {
            let value = values.value(row);
            if value.len() > 63 {
                return Err(Fault::WouldCut);
            }
            out.extend_from_slice(value.as_bytes());
            Ok(())
        }),
        _ => Box::new(move |row, out| {
            out.extend_from_slice(values.value(row).as_bytes());
            Ok(())
        }),
    }
}

fn list(array: &ArrayRef, place: &Place) -> Result<Cell> {
    let lists = array.as_list::<i32>().clone();
    let element = place.element().ok_or_else(|| Error::unexpected("a list was planned for no array"))?;
    let values = lists.values();
    let nulls = if values.data_type().is_null() { Nulls::All } else { Nulls::of(values.logical_nulls()) };
    let write: Cell = match nulls {
        Nulls::All => Box::new(|_, _| Ok(())),
        _ => cell(values, &element)?,
    };
    let oid = element.ty.oid;
    Ok(Box::new(move |row, out| {
        let offsets = lists.value_offsets();
        let (start, end) = (offsets[row], offsets[row + 1]);
        let has_null = (start..end).any(|at| usize::try_from(at).is_ok_and(|at| nulls.is_null(at)));
        out.extend_from_slice(&i32::from(end > start).to_be_bytes());
        out.extend_from_slice(&i32::from(has_null).to_be_bytes());
        out.extend_from_slice(&oid.to_be_bytes());
        if end > start {
            out.extend_from_slice(&(end - start).to_be_bytes());
            out.extend_from_slice(&1i32.to_be_bytes());
        }
        for at in start..end {
            let at = usize::try_from(at).map_err(|_| Fault::OutOfRange)?;
            if nulls.is_null(at) {
                out.extend_from_slice(&(-1i32).to_be_bytes());
                continue;
            }
            let place = out.len();
            out.extend_from_slice(&[0; 4]);
            write(at, out)?;
            let length = i32::try_from(out.len() - place - 4).map_err(|_| Fault::TooLarge)?;
            out[place..place + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }))
}

#[cfg(test)]
mod tests {
    use super::{Fault, byte, coins};

    #[test]
    fn money_is_exact_in_any_coin() {
        assert_eq!(coins(1_234, 2, 2), Ok(1_234));
        assert_eq!(coins(1_234, 2, 3), Ok(12_340));
        assert_eq!(coins(-1_200, 2, 0), Ok(-12));
        assert_eq!(coins(1_234, 2, 0), Err(Fault::WouldRound));
        assert_eq!(coins(i128::from(i64::MAX) + 1, 2, 2), Err(Fault::OutOfRange));
        assert_eq!(coins(i128::MAX, 0, 2), Err(Fault::OutOfRange));
    }

    #[test]
    fn bytes_of_char() {
        for (text, expected) in
            [("", Ok(0)), ("a", Ok(97)), ("\\", Ok(92)), ("\\377", Ok(255)), ("ab", Err(Fault::WouldCut))]
        {
            assert_eq!(byte(text), expected);
        }
    }
}
