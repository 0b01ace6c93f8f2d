//! Owns integer arithmetic that refuses to overflow. Plain SQL engines wrap around silently; a migration must not.
//! Must not know: the flows.

use datafusion::arrow::array::{ArrayRef, Datum};
use datafusion::arrow::compute::kernels::numeric::{add, div, mul, rem, sub};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;
use datafusion::logical_expr::expr::{
    AggregateFunction, AggregateFunctionParams, WindowFunction, WindowFunctionParams,
};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawWindowExpr};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF};

use super::numeric::NUMERIC;
use super::{Function, arity};

/// What stands for numbers of any size while an aggregate of them is planned.
const ANY_SIZE: DataType = DataType::Decimal256(76, 38);
/// Bigints that are summed: their scale tells them from other integers.
const OF_BIGINTS: DataType = DataType::Decimal256(66, 1);

/// Plans `sum` of integers so that an overflow is an error.
#[derive(Debug, Default)]
pub struct CheckedIntegers;

impl ExprPlanner for CheckedIntegers {
    fn plan_aggregate(&self, expr: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        if expr.func.name() != "sum" || expr.args.len() != 1 || expr.distinct {
            return Ok(PlannerResult::Original(expr));
        }
        Ok(PlannerResult::Planned(of_any_number(expr, "widen", "narrow")))
    }
}

/// An aggregate between two functions. Its argument's type is not known when it is planned, so they decide: they touch
/// integers (but `widen_numeric` does not), and numbers of any size.
pub(super) fn of_any_number(mut expr: RawAggregateExpr, before: &'static str, after: &'static str) -> Expr {
    expr.args = expr.args.into_iter().map(|arg| widen(before).call(vec![arg])).collect();
    narrow(after).call(vec![aggregate(expr)])
}

/// An aggregate as the engine plans it.
pub(super) fn aggregate(expr: RawAggregateExpr) -> Expr {
    Expr::AggregateFunction(AggregateFunction {
        func: expr.func,
        params: AggregateFunctionParams {
            args: expr.args,
            distinct: expr.distinct,
            filter: expr.filter,
            order_by: expr.order_by,
            null_treatment: expr.null_treatment,
        },
    })
}

/// The same over a window.
pub(super) fn of_any_number_over(mut expr: RawWindowExpr, before: &'static str, after: &'static str) -> Expr {
    expr.args = expr.args.into_iter().map(|arg| widen(before).call(vec![arg])).collect();
    narrow(after).call(vec![window(expr)])
}

/// A window function as the engine plans it.
pub(super) fn window(expr: RawWindowExpr) -> Expr {
    Expr::WindowFunction(Box::new(WindowFunction {
        fun: expr.func_def,
        params: WindowFunctionParams {
            args: expr.args,
            partition_by: expr.partition_by,
            order_by: expr.order_by,
            window_frame: expr.window_frame,
            filter: expr.filter,
            null_treatment: expr.null_treatment,
            distinct: expr.distinct,
        },
    }))
}

/// Integers become decimals of 256 bits, of which no sum can overflow; anything else stays.
/// Nothing else has this type: a snapshot's numbers have 128 bits, and larger ones are text. Numbers of any size take it
/// until the query is planned: then their own aggregate stands there (`numeric/plan.rs`).
fn widen(name: &'static str) -> ScalarUDF {
    let kind: fn(&DataType) -> DataType = match name {
        "widen" => |kind| match kind {
            DataType::Int64 => OF_BIGINTS,
            integer if integer.is_signed_integer() => DataType::Decimal256(66, 0),
            numeric if *numeric == NUMERIC => ANY_SIZE,
            other => other.clone(),
        },
        _ => |kind| {
            let exact = kind.is_integer() || matches!(kind, DataType::Decimal128(..)) || *kind == NUMERIC;
            if exact { ANY_SIZE } else { kind.clone() }
        },
    };
    cast_of(name, kind)
}

/// What `widen` made, as PostgreSQL has it: a sum of integers as a bigint, one of bigints as a numeric.
fn narrow(name: &'static str) -> ScalarUDF {
    cast_of(name, |kind| match kind {
        DataType::Decimal256(_, 0) => DataType::Int64,
        DataType::Decimal256(_, 1) => DataType::Decimal128(38, 0),
        DataType::Decimal256(..) => NUMERIC,
        other => other.clone(),
    })
}

fn cast_of(name: &'static str, kind: fn(&DataType) -> DataType) -> ScalarUDF {
    Function::udf(
        name,
        move |args| {
            arity(args, 1, "sum")?;
            let field = &args.arg_fields[0];
            Ok(Field::new(name, kind(field.data_type()), field.is_nullable()).into())
        },
        |args| {
            let options = CastOptions { safe: false, ..CastOptions::default() };
            match &args.args[0] {
                ColumnarValue::Array(array) => {
                    Ok(ColumnarValue::Array(cast_with_options(array, args.return_type(), &options)?))
                }
                ColumnarValue::Scalar(value) => Ok(ColumnarValue::Scalar(value.cast_to(args.return_type())?)),
            }
        },
    )
}

/// All functions of this file.
#[cfg(feature = "cluster")]
pub(super) fn of_plans() -> Vec<ScalarUDF> {
    let mut all = vec![widen("widen"), widen("widen_numeric"), narrow("narrow"), narrow("narrow_numeric")];
    let operators = ["checked_add", "checked_subtract", "checked_multiply", "checked_divide", "checked_remainder"];
    all.extend(operators.map(function));
    all
}

/// Which integer two integers make: the wider one of the two.
fn wider(args: &[FieldRef]) -> DataType {
    let width = |field: &FieldRef| match field.data_type() {
        DataType::Int16 | DataType::Int8 | DataType::UInt8 => 2,
        DataType::Int32 | DataType::UInt16 => 4,
        DataType::Null => 0,
        _ => 8,
    };
    match args.iter().map(width).max() {
        Some(2) => DataType::Int16,
        Some(4) => DataType::Int32,
        _ => DataType::Int64,
    }
}

/// An operator on integers that refuses to overflow.
pub(super) fn function(name: &'static str) -> ScalarUDF {
    type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError>;
    let kernel: Kernel = match name {
        "checked_add" => |a, b| add(a, b),
        "checked_subtract" => |a, b| sub(a, b),
        "checked_multiply" => |a, b| mul(a, b),
        "checked_divide" => |a, b| div(a, b),
        _ => |a, b| rem(a, b),
    };
    Function::udf(
        name,
        move |args| {
            arity(args, 2, name)?;
            Ok(Field::new(name, wider(args.arg_fields), args.arg_fields.iter().any(|field| field.is_nullable())).into())
        },
        move |args| {
            let kind = args.return_type().clone();
            let mut sides = Vec::with_capacity(2);
            for arg in &args.args {
                let scalar = matches!(arg, ColumnarValue::Scalar(_));
                let array = arg.to_array(if scalar { 1 } else { args.number_rows })?;
                let options = CastOptions { safe: false, ..CastOptions::default() };
                sides.push((cast_with_options(&array, &kind, &options)?, scalar));
            }
            let datum = |side: &(ArrayRef, bool)| -> Box<dyn Datum> {
                if side.1 { Box::new(arrow::array::Scalar::new(side.0.clone())) } else { Box::new(side.0.clone()) }
            };
            let both_scalar = sides.iter().all(|side| side.1);
            let result = kernel(datum(&sides[0]).as_ref(), datum(&sides[1]).as_ref())?;
            if both_scalar {
                return Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&result, 0)?));
            }
            Ok(ColumnarValue::Array(result))
        },
    )
}
