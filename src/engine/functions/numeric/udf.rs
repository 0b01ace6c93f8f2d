//! Owns the functions on columns of numbers of any size, which travel as text of a type of their own.
//! Must not know: which operator of SQL stands for which function.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use super::super::{Function, arity};
use super::value::{DivisionByZero, Numeric};
use super::{NUMERIC, field};

/// Two numbers make one.
pub fn binary(name: &'static str) -> ScalarUDF {
    type Operation = fn(&Numeric, &Numeric) -> Result<Numeric, DivisionByZero>;
    let operation: Operation = match name {
        "numeric_add" => Numeric::add,
        "numeric_subtract" => Numeric::subtract,
        "numeric_multiply" => Numeric::multiply,
        "numeric_divide" => Numeric::divide,
        _ => Numeric::remainder,
    };
    Function::udf(
        name,
        move |args| {
            arity(args, 2, name)?;
            Ok(field(name))
        },
        move |args| {
            let (left, right) = (numbers(&args, 0)?, numbers(&args, 1)?);
            let pairs = left.iter().zip(right.iter()).map(|pair| match pair {
                (Some(left), Some(right)) => operation(&read(left)?, &read(right)?).map(Some).map_err(undefined),
                _ => Ok(None),
            });
            done(&args, pairs)
        },
    )
}

/// The greatest or least of several numbers; NULLs do not count.
pub fn extreme(name: &'static str) -> ScalarUDF {
    let greatest = name == "greatest";
    Function::udf(
        name,
        move |_| Ok(field(name)),
        move |args| {
            let columns = (0..args.args.len()).map(|at| numbers(&args, at)).collect::<Result<Vec<_>>>()?;
            let rows = columns.first().map_or(0, LargeStringArray::len);
            let one = |row: usize| -> Result<Option<Numeric>> {
                let values = columns.iter().filter(|column| column.is_valid(row)).map(|column| read(column.value(row)));
                let values = values.collect::<Result<Vec<_>>>()?.into_iter();
                // Of equal ones, the first, as in PostgreSQL.
                let better = if greatest { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
                Ok(values.reduce(|best, value| if value.compare(&best) == better { value } else { best }))
            };
            done(&args, (0..rows).map(one))
        },
    )
}

/// A text that sorts as the numbers do, and is the same for equal ones.
pub fn key() -> ScalarUDF {
    Function::udf(
        "numeric_key",
        |args| {
            arity(args, 1, "numeric_key")?;
            Ok(Field::new("numeric_key", DataType::Utf8, true).into())
        },
        |args| {
            let values = numbers(&args, 0)?;
            let keys = values.iter().map(|text| text.map(|text| Ok(read(text)?.key())).transpose());
            let keys = keys.collect::<Result<Vec<Option<String>>>>()?;
            Ok(ColumnarValue::Array(Arc::new(StringArray::from(keys))))
        },
    )
}

/// A column of the source, known to be of this type.
pub fn known() -> ScalarUDF {
    Function::udf(
        "numeric",
        |args| {
            arity(args, 1, "numeric")?;
            Ok(field("numeric"))
        },
        |args| Ok(ColumnarValue::Array(Arc::new(numbers(&args, 0)?))),
    )
}

pub(super) fn read(text: &str) -> Result<Numeric> {
    Numeric::parse(text)
        .ok_or_else(|| ArrowError::CastError("a text is no number".to_owned()))
        .map_err(|error| DataFusionError::ArrowError(Box::new(error), None))
}

pub(super) fn undefined(_: DivisionByZero) -> DataFusionError {
    DataFusionError::ArrowError(Box::new(ArrowError::DivideByZero), None)
}

/// An argument as numbers, whatever numbers or texts they are.
fn numbers(args: &ScalarFunctionArgs, at: usize) -> Result<LargeStringArray> {
    let array: ArrayRef = args.args[at].to_array(args.number_rows)?;
    Ok(cast(&array, &NUMERIC)?.as_string::<i64>().clone())
}

fn done(args: &ScalarFunctionArgs, rows: impl Iterator<Item = Result<Option<Numeric>>>) -> Result<ColumnarValue> {
    let texts = rows.map(|row| Ok(row?.map(|number| number.to_string()))).collect::<Result<Vec<_>>>()?;
    let array: ArrayRef = Arc::new(LargeStringArray::from(texts));
    if args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
    }
    Ok(ColumnarValue::Array(array))
}
