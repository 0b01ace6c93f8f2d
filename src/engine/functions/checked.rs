//! Owns integer arithmetic that refuses to overflow. Plain SQL engines wrap around silently; a migration must not.
//! Must not know: the flows.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::kernels::numeric::{add, mul, sub};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{
    AggregateFunction, AggregateFunctionParams, WindowFunction, WindowFunctionParams,
};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawBinaryExpr, RawWindowExpr};
use datafusion::logical_expr::{ColumnarValue, Expr, ExprSchemable, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::numeric::NUMERIC;
use super::{Function, arity};

/// What stands for numbers of any size while an aggregate of them is planned.
const ANY_SIZE: DataType = DataType::Decimal256(76, 38);

/// Plans `+`, `-`, `*` and `sum` of integers so that an overflow is an error.
#[derive(Debug, Default)]
pub struct CheckedIntegers;

impl ExprPlanner for CheckedIntegers {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let name = match expr.op {
            BinaryOperator::Plus => "checked_add",
            BinaryOperator::Minus => "checked_subtract",
            BinaryOperator::Multiply => "checked_multiply",
            _ => return Ok(PlannerResult::Original(expr)),
        };
        if is_signed(&expr.left, schema) && is_signed(&expr.right, schema) {
            return Ok(PlannerResult::Planned(function(name).call(vec![expr.left, expr.right])));
        }
        Ok(PlannerResult::Original(expr))
    }

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

fn is_signed(expr: &Expr, schema: &DFSchema) -> bool {
    expr.get_type(schema).is_ok_and(|kind| kind.is_signed_integer())
}

/// Integers become decimals of 256 bits, of which no sum can overflow; anything else stays.
/// Nothing else has this type: a snapshot's numbers have 128 bits, and larger ones are text. Numbers of any size take it
/// until the query is planned: then their own aggregate stands there (`numeric/plan.rs`).
fn widen(name: &'static str) -> ScalarUDF {
    let kind: fn(&DataType) -> DataType = match name {
        "widen" => |kind| match kind {
            integer if integer.is_signed_integer() => DataType::Decimal256(66, 0),
            numeric if *numeric == NUMERIC => ANY_SIZE,
            other => other.clone(),
        },
        _ => |kind| if *kind == NUMERIC { ANY_SIZE } else { kind.clone() },
    };
    cast_of(name, kind)
}

/// What `widen` made, as it was: a sum of integers as a bigint, and an error when it does not fit.
fn narrow(name: &'static str) -> ScalarUDF {
    cast_of(name, |kind| match kind {
        DataType::Decimal256(_, 0) => DataType::Int64,
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

fn function(name: &'static str) -> ScalarUDF {
    type Kernel = fn(&dyn arrow::array::Datum, &dyn arrow::array::Datum) -> Result<ArrayRef, ArrowError>;
    let kernel: Kernel = match name {
        "checked_add" => |a, b| add(a, b),
        "checked_subtract" => |a, b| sub(a, b),
        _ => |a, b| mul(a, b),
    };
    Function::udf(
        name,
        move |args| {
            arity(args, 2, name)?;
            Ok(Field::new(name, DataType::Int64, args.arg_fields.iter().any(|field| field.is_nullable())).into())
        },
        move |args| {
            let mut sides = Vec::with_capacity(2);
            for arg in &args.args {
                let scalar = matches!(arg, ColumnarValue::Scalar(_));
                let array = cast(&arg.to_array(if scalar { 1 } else { args.number_rows })?, &DataType::Int64)?;
                sides.push((array, scalar));
            }
            let datum = |side: &(ArrayRef, bool)| -> Box<dyn arrow::array::Datum> {
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
