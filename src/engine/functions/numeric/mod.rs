//! Owns columns of numeric without a precision: comparing, computing and summing them as PostgreSQL does, digit for digit.
//! In a query they have a type of their own, text that nothing else has (LargeUtf8); stored, they are plain text.
//! Must not know: the flows.

mod aggregate;
mod overload;
mod plan;
mod udf;
mod value;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawBinaryExpr, RawWindowExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ScalarFunctionArgs, WindowFunctionDefinition, cast, lit,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

pub use overload::functions;
pub use plan::compared_by_value;
use value::Numeric;

/// The type of these columns in a query.
pub const NUMERIC: DataType = DataType::LargeUtf8;

/// The one function of the engine that gives the type by itself: its result is made text again.
const STRING_AGG: &str = "string_agg";

/// Makes a column of the source one of this type.
pub fn known(column: Expr) -> Expr {
    udf::known().call(vec![column])
}

/// Numbers with the other sign.
pub fn negated(args: ScalarFunctionArgs) -> Result<ColumnarValue> {
    udf::unary("numeric_negate").invoke_with_args(args)
}

/// A field of this type, which says all: metadata would differ between the parts of a union.
fn field(name: &str) -> FieldRef {
    Arc::new(Field::new(name, NUMERIC, true))
}

/// Is an expression of this type? A CASE is, if one of its values is.
fn is_numeric(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::Alias(alias) => is_numeric(&alias.expr, schema),
        Expr::Case(case) => {
            let values = case.when_then_expr.iter().map(|(_, then)| then.as_ref()).chain(case.else_expr.as_deref());
            values.into_iter().any(|value| is_numeric(value, schema))
        }
        Expr::ScalarFunction(call) if matches!(call.name(), "coalesce" | "nullif" | "greatest" | "least") => {
            call.args.iter().any(|arg| is_numeric(arg, schema))
        }
        _ => expr.get_type(schema).is_ok_and(|kind| kind == NUMERIC),
    }
}

/// The other side of a number as a number: an integer or decimal, and a quoted one as PostgreSQL reads it.
///
/// # Errors
/// For a column of text, or anything else that PostgreSQL does not compare with a number.
fn number(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    if is_numeric(&expr, schema) {
        return Ok(expr);
    }
    if let Expr::Literal(ScalarValue::Utf8(Some(text)), _) = &expr {
        let Some(number) = Numeric::parse(text) else {
            return plan_err!("a quoted text beside a numeric is no number");
        };
        return Ok(lit(ScalarValue::LargeUtf8(Some(number.to_string()))));
    }
    match expr.get_type(schema) {
        Ok(kind) if kind.is_integer() || is_decimal(&kind) || kind.is_null() => Ok(cast(expr, NUMERIC)),
        // A parameter that is not filled yet: its value will tell.
        Err(_) => Ok(expr),
        Ok(kind) => {
            plan_err!("numeric and {kind} do not go together: cast one of them, for example cast(… as numeric(20, 6))")
        }
    }
}

fn is_decimal(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..)
    )
}

/// Plans `+`, `-`, `*`, `/`, `%` and `||` of such numbers, their averages, and sums and averages over windows.
#[derive(Debug, Default)]
pub struct Numbers;

impl ExprPlanner for Numbers {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (left, right) = (is_numeric(&expr.left, schema), is_numeric(&expr.right, schema));
        let name = match expr.op {
            _ if !left && !right => return Ok(PlannerResult::Original(expr)),
            BinaryOperator::Plus => "numeric_add",
            BinaryOperator::Minus => "numeric_subtract",
            BinaryOperator::Multiply => "numeric_multiply",
            BinaryOperator::Divide => "numeric_divide",
            BinaryOperator::Modulo => "numeric_remainder",
            BinaryOperator::StringConcat => {
                let text = |side: Expr, numeric| if numeric { cast(side, DataType::Utf8) } else { side };
                let (left, right) = (text(expr.left, left), text(expr.right, right));
                return Ok(PlannerResult::Original(RawBinaryExpr { op: expr.op, left, right }));
            }
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let is_float = |side: &Expr| side.get_type(schema).is_ok_and(|kind| kind.is_floating());
        if is_float(&expr.left) || is_float(&expr.right) {
            let float = |side: Expr, numeric| if numeric { cast(side, DataType::Float64) } else { side };
            let (left, right) = (float(expr.left, left), float(expr.right, right));
            return Ok(PlannerResult::Original(RawBinaryExpr { op: expr.op, left, right }));
        }
        let sides = vec![number(expr.left, schema)?, number(expr.right, schema)?];
        Ok(PlannerResult::Planned(udf::binary(name).call(sides)))
    }

    fn plan_window(&self, expr: RawWindowExpr) -> Result<PlannerResult<RawWindowExpr>> {
        let name = match &expr.func_def {
            WindowFunctionDefinition::AggregateUDF(function) => function.name().to_owned(),
            WindowFunctionDefinition::WindowUDF(_) => return Ok(PlannerResult::Original(expr)),
        };
        let (before, after) = match name.as_str() {
            STRING_AGG => return Ok(PlannerResult::Planned(cast(super::checked::window(expr), DataType::Utf8))),
            "sum" => ("widen", "narrow"),
            "avg" => ("widen_numeric", "narrow_numeric"),
            _ => return Ok(PlannerResult::Original(expr)),
        };
        if expr.args.len() != 1 || expr.distinct {
            return Ok(PlannerResult::Original(expr));
        }
        Ok(PlannerResult::Planned(super::checked::of_any_number_over(expr, before, after)))
    }

    fn plan_aggregate(&self, expr: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        if expr.func.name() == STRING_AGG {
            return Ok(PlannerResult::Planned(cast(super::checked::aggregate(expr), DataType::Utf8)));
        }
        if expr.func.name() != "avg" || expr.args.len() != 1 || expr.distinct {
            return Ok(PlannerResult::Original(expr));
        }
        Ok(PlannerResult::Planned(super::checked::of_any_number(expr, "widen_numeric", "narrow_numeric")))
    }
}
