//! Owns columns of numeric without a precision: comparing, computing and summing them as PostgreSQL does, digit for digit.
//! In a query they have a type of their own, text that nothing else has (LargeUtf8); stored, they are plain text.
//! Must not know: the flows.

mod aggregate;
mod text;
mod udf;
mod value;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DFSchema, Result, internal_err};
use datafusion::functions_aggregate::expr_fn::{first_value, min};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawWindowExpr};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprSchemable, ScalarUDF, WindowFunctionDefinition, cast};

pub use text::{compare_numerics, key_of_numeric, numeric_operation, numeric_unary, read_numeric, rounded_numeric};

/// The type of these columns in a query.
pub const NUMERIC: DataType = DataType::LargeUtf8;

/// The one function of the engine that gives the type by itself: its result is made text again.
const STRING_AGG: &str = "string_agg";

/// Makes a column of the source one of this type.
pub fn known(column: Expr) -> Expr {
    udf::known().call(vec![column])
}

/// What numbers of any size are compared by: a text that sorts as they do.
#[must_use]
pub fn numeric_key(expr: Expr) -> Expr {
    udf::key().call(vec![expr])
}

/// The function of an operator on integers (`int_plus`) or on numbers of any size (`numeric_plus`, `greatest`).
///
/// # Errors
/// For a name that is none: a defect.
pub fn numeric_function(name: &str) -> Result<ScalarUDF> {
    Ok(match name {
        "int_plus" => super::checked::function("checked_add"),
        "int_minus" => super::checked::function("checked_subtract"),
        "int_times" => super::checked::function("checked_multiply"),
        "int_divide" => super::checked::function("checked_divide"),
        "int_modulo" => super::checked::function("checked_remainder"),
        "numeric_plus" => udf::binary("numeric_add"),
        "numeric_minus" => udf::binary("numeric_subtract"),
        "numeric_times" => udf::binary("numeric_multiply"),
        "numeric_divide" => udf::binary("numeric_divide"),
        "numeric_modulo" => udf::binary("numeric_remainder"),
        "greatest" => udf::extreme("greatest"),
        "least" => udf::extreme("least"),
        other => return internal_err!("no operator is called {other}"),
    })
}

/// All functions of this folder. `greatest` and `least` stand for those of other types too until a query is settled, never after.
#[cfg(feature = "cluster")]
pub(super) fn of_plans() -> Vec<ScalarUDF> {
    let operators = ["numeric_add", "numeric_subtract", "numeric_multiply", "numeric_divide", "numeric_remainder"];
    let mut all: Vec<ScalarUDF> = operators.into_iter().map(udf::binary).collect();
    all.extend([udf::extreme("greatest"), udf::extreme("least"), udf::key(), udf::known()]);
    all
}

/// An aggregate of numbers of any size: `numeric_sum`, `numeric_avg`, `numeric_min`, `numeric_max`.
#[must_use]
pub fn numeric_aggregate(name: &'static str) -> AggregateUDF {
    if matches!(name, "numeric_sum" | "numeric_avg") { aggregate::total(name) } else { aggregate::choice(name) }
}

/// One of the equal values of a group, always the same; of arrays, the first one met.
///
/// # Errors
/// When the expression has no type.
pub fn any_of_equals(expr: Expr, schema: &DFSchema, first: bool) -> Result<Expr> {
    let kind = expr.get_type(schema)?;
    if kind == NUMERIC {
        return Ok(aggregate::choice("numeric_any").call(vec![expr]));
    }
    if kind.is_floating() {
        return Ok(super::float_extreme("float_min", &kind).call(vec![expr]));
    }
    if first || matches!(kind, DataType::Interval(_)) {
        return Ok(first_value(expr, Vec::new()));
    }
    Ok(min(expr))
}

/// A field of this type, which says all: metadata would differ between the parts of a union.
fn field(name: &str) -> FieldRef {
    Arc::new(Field::new(name, NUMERIC, true))
}

/// Plans averages of exact numbers, and sums and averages over windows.
#[derive(Debug, Default)]
pub struct Numbers;

impl ExprPlanner for Numbers {
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
