//! Owns `cast(x as type)`, `x::type`, `try_cast` and typed literals: what each type becomes as each other, as in PostgreSQL.
//! Must not know: how SQL writes a cast.

mod convert;
mod target;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, lit};

use super::super::functions::Function;
use super::failed;
use super::kind::Kind;
use super::value::{Column, Value, column};
pub use target::Target;

/// The functions that casts are written as.
pub const CAST: &str = "cast_as";
pub const TRY_CAST: &str = "try_cast_as";

/// Both functions: the value, and the name of the type as a literal.
#[must_use]
pub fn functions() -> Vec<ScalarUDF> {
    vec![function(CAST), function(TRY_CAST)]
}

/// A cast that an error ends.
#[must_use]
pub fn cast_as(expr: Expr, kind: &str) -> Expr {
    function(CAST).call(vec![expr, lit(kind)])
}

/// The same cast with NULL where it fails.
#[must_use]
pub fn tried(args: Vec<Expr>) -> Expr {
    function(TRY_CAST).call(args)
}

fn function(name: &'static str) -> ScalarUDF {
    let lenient = name == TRY_CAST;
    Function::udf(name, planned, move |args| {
        let target = target_of(&args.args)?;
        run(&args, &target, lenient)
    })
}

fn planned(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let [Some(_) | None, Some(name)] = args.scalar_arguments else { return plan_err!("a cast names its type") };
    let target = Target::read(name.try_as_str().flatten().unwrap_or_default())?;
    let literal = args.scalar_arguments[0];
    let given = given(&args.arg_fields[0], literal);
    if let Err(hint) = convert::is_there(&given, &target.kind) {
        return Err(DataFusionError::Plan(format!("{given} cannot be cast to {}{hint}", target.kind)));
    }
    // A literal that is no value of its type is a mistake in the SQL.
    if let (Kind::Unknown, Some(text)) = (&given, literal.and_then(|value| value.try_as_str().flatten())) {
        convert::explicit(Value::text(text), &given, &target).map_err(|fault| {
            DataFusionError::Plan(format!("the quoted text '{text}' as {}: {}", target.kind, fault.0))
        })?;
    }
    Ok(target.field("cast"))
}

fn given(field: &Field, literal: Option<&ScalarValue>) -> Kind {
    Kind::of_argument(field, literal)
}

fn target_of(args: &[ColumnarValue]) -> Result<Target> {
    if let [_, ColumnarValue::Scalar(name)] = args {
        Target::read(name.try_as_str().flatten().unwrap_or_default())
    } else {
        plan_err!("a cast names its type")
    }
}

/// Does Arrow's own cast do what PostgreSQL does?
fn is_plain(from: &DataType, to: &DataType) -> bool {
    use DataType::{Decimal128, Int16, Int32, Int64};
    let of_integers = matches!((from, to), (Int16 | Int32 | Int64, Int16 | Int32 | Int64 | Decimal128(..)));
    of_integers || matches!((from, to), (Decimal128(..), Decimal128(..)))
}

fn run(args: &ScalarFunctionArgs, target: &Target, lenient: bool) -> Result<ColumnarValue> {
    let (arg, field) = (&args.args[0], &args.arg_fields[0]);
    let constant = matches!(arg, ColumnarValue::Scalar(_));
    let rows = if constant { 1 } else { args.number_rows };
    let array = arg.to_array(rows)?;
    let literal = if let ColumnarValue::Scalar(value) = arg { Some(value) } else { None };
    let given = given(field, literal);
    let result = cast_array(&array, &given, target, lenient)?;
    if constant {
        Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?))
    } else {
        Ok(ColumnarValue::Array(result))
    }
}

fn cast_array(array: &ArrayRef, given: &Kind, target: &Target, lenient: bool) -> Result<ArrayRef> {
    let wanted = target.data_type();
    if *given == target.kind && *array.data_type() == wanted && !target.cuts() {
        return Ok(Arc::clone(array));
    }
    if is_plain(array.data_type(), &wanted) {
        return Ok(cast_with_options(array, &wanted, &CastOptions { safe: lenient, ..CastOptions::default() })?);
    }
    // What is no text reads a char(n) with its blanks.
    let read_as = if *given == Kind::Padded && !target.kind.is_text() { &Kind::Text } else { given };
    let source = Column::new(read_as, array, false)?;
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        match source.at(row).and_then(|value| convert::explicit(value, given, target)) {
            Ok(value) => values.push(value),
            Err(_) if lenient => values.push(Value::Null),
            Err(fault) => return failed(fault),
        }
    }
    let kind = target.held();
    let out = column(&kind, &values)?;
    if *out.data_type() == wanted {
        return Ok(out);
    }
    // A numeric with a precision is a decimal.
    let texts = datafusion::arrow::compute::cast(&out, &DataType::Utf8)?;
    Ok(cast_with_options(&texts, &wanted, &CastOptions { safe: lenient, ..CastOptions::default() })?)
}
