//! Owns which aggregates there are for which types, and those that the engine does otherwise than PostgreSQL.
//! Must not know: how an aggregate adds up.

use std::sync::Arc;

use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{AggregateUDF, Expr, ExprSchemable, WindowFunctionDefinition, cast};

use super::super::super::functions::{NUMERIC, float_extreme, numeric_aggregate};
use super::super::kind::Kind;
use super::super::operators::unpadded;
use super::{keyed, meet, ordered};

/// A sum or an average of exact numbers, as it was planned, and its argument.
fn totalled(name: &str, args: &[Expr], schema: &DFSchema) -> Option<(&'static str, Expr)> {
    let [Expr::ScalarFunction(widened)] = args else { return None };
    if !widened.name().starts_with("widen") {
        return None;
    }
    let inner = widened.args.first()?;
    let kind = Kind::of_expr(inner, schema)?;
    let is_any_size = inner.get_type(schema).ok()? == NUMERIC;
    match name {
        "sum" if is_any_size => Some(("numeric_sum", inner.clone())),
        "avg" if is_any_size => Some(("numeric_avg", inner.clone())),
        "avg" if kind == Kind::Numeric || kind.is_integer() => Some(("numeric_avg", cast(inner.clone(), NUMERIC))),
        _ => None,
    }
}

/// The aggregate that stands for one of exact numbers of any size.
fn of_any_size(name: &str, args: &[Expr], schema: &DFSchema) -> Option<(&'static str, Expr)> {
    let is_any_size = |expr: &Expr| expr.get_type(schema).is_ok_and(|kind| kind == NUMERIC);
    match (name, args) {
        ("min", [inner]) if is_any_size(inner) => Some(("numeric_min", inner.clone())),
        ("max", [inner]) if is_any_size(inner) => Some(("numeric_max", inner.clone())),
        _ => totalled(name, args, schema),
    }
}

/// The argument of an aggregate as it was written.
fn bare(arg: &Expr) -> &Expr {
    match arg {
        Expr::ScalarFunction(call) if call.name().starts_with("widen") => call.args.first().unwrap_or(arg),
        other => other,
    }
}

fn is_money(kind: &Kind) -> bool {
    matches!(kind, Kind::Own(name) if name == "money")
}

/// Refuses what PostgreSQL refuses, and what the engine would do otherwise.
fn check(name: &str, args: &[Expr], schema: &DFSchema) -> Result<()> {
    let Some(kind) = args.first().and_then(|arg| Kind::of_expr(bare(arg), schema)) else { return Ok(()) };
    let fits = match name {
        "sum" if is_money(&kind) => true,
        "sum" | "avg" => kind.rank().is_some() || matches!(kind, Kind::Null | Kind::Oid),
        "min" | "max" => {
            kind.rank().is_some()
                || kind.is_text()
                || matches!(
                    kind,
                    Kind::Null
                        | Kind::Unknown
                        | Kind::Date
                        | Kind::Time
                        | Kind::Timestamp
                        | Kind::TimestampTz
                        | Kind::Oid
                )
                || is_money(&kind)
        }
        "bool_and" | "bool_or" => matches!(kind, Kind::Bool | Kind::Null),
        "bit_and" | "bit_or" | "bit_xor" => kind.is_integer() || kind == Kind::Null,
        "string_agg" => kind.is_text() || matches!(kind, Kind::Null | Kind::Unknown),
        "stddev" | "stddev_samp" | "stddev_pop" | "var" | "var_samp" | "var_pop" | "variance" | "var_sample"
        | "var_population" | "corr" | "covar" | "covar_pop" | "covar_samp" => {
            return plan_err!(
                "{name}(…) is not there: its last digits depend on the order of the rows. Load the rows and compute it in PostgreSQL"
            );
        }
        name if name.starts_with("regr_") => return plan_err!("{name}(…) is not there"),
        _ => true,
    };
    match kind {
        _ if fits => Ok(()),
        Kind::Interval => plan_err!("{name}(interval) is not there: write {name}(extract(epoch from …)), in seconds"),
        kind => plan_err!("{name}({kind}) is not there: cast the argument to what is meant"),
    }
}

pub fn aggregated(mut call: AggregateFunction, schema: &DFSchema) -> Result<Expr> {
    check(call.func.name(), &call.params.args, schema)?;
    call.params.order_by = ordered(call.params.order_by, schema)?;
    if let Some((name, inner)) = of_any_size(call.func.name(), &call.params.args, schema) {
        if call.params.distinct && matches!(name, "numeric_sum" | "numeric_avg") {
            return plan_err!("{}(DISTINCT …) of numbers of any size: group by them first", call.func.name());
        }
        call.func = Arc::new(numeric_aggregate(name));
        call.params.args = vec![inner];
        call.params.distinct = false;
        return Ok(Expr::AggregateFunction(call));
    }
    let name = call.func.name().to_owned();
    if let ("min" | "max", [inner]) = (name.as_str(), call.params.args.as_slice())
        && let Ok(kind) = inner.get_type(schema)
        && kind.is_floating()
    {
        let name = if name == "min" { "float_min" } else { "float_max" };
        call.func = Arc::new(float_extreme(name, &kind));
        return Ok(Expr::AggregateFunction(call));
    }
    if name == "avg" && call.params.distinct {
        return plan_err!("avg(DISTINCT …) is not there: take distinct values in a subquery first");
    }
    // Distinct values come in their order, as PostgreSQL finds them.
    if matches!(name.as_str(), "array_agg" | "string_agg") && call.params.distinct && call.params.order_by.is_empty() {
        let own = call.params.args.first().cloned().map(|arg| arg.sort(true, false));
        call.params.order_by = ordered(own.into_iter().collect(), schema)?;
    }
    if call.params.distinct {
        let keyed_args: Vec<Expr> =
            call.params.args.iter().map(|arg| keyed(arg.clone(), schema)).collect::<Result<_>>()?;
        if call.func.name() == "count" {
            call.params.args = keyed_args;
        } else if keyed_args != call.params.args && !matches!(call.func.name(), "min" | "max") {
            return plan_err!(
                "{}(DISTINCT …) of a type whose equal values differ in form: group by it first",
                call.func.name()
            );
        }
    }
    if matches!(call.func.name(), "min" | "max" | "string_agg") {
        call.params.args = call.params.args.into_iter().map(|arg| without_blanks(arg, schema)).collect();
    }
    Ok(Expr::AggregateFunction(call))
}

/// The type that a result has in PostgreSQL and the engine loses: that of the argument whose values are handed on.
pub fn kept(expr: &Expr, schema: &DFSchema) -> Option<Kind> {
    let (name, args) = match expr {
        Expr::Alias(alias) => return kept(&alias.expr, schema),
        Expr::AggregateFunction(call) => (call.func.name(), &call.params.args),
        Expr::WindowFunction(call) => (call.fun.name(), &call.params.args),
        _ => return None,
    };
    let kind = Kind::of_expr(bare(args.first()?), schema)?;
    let hands_on = matches!(name, "first_value" | "last_value" | "nth_value" | "lag" | "lead" | "array_agg");
    if !(hands_on || is_money(&kind) && matches!(name, "sum" | "min" | "max")) {
        return None;
    }
    let kind = if name == "array_agg" { Kind::List(Box::new(kind)) } else { kind };
    meet::is_lost(&kind).then_some(kind)
}

fn without_blanks(arg: Expr, schema: &DFSchema) -> Expr {
    if Kind::of_expr(&arg, schema) == Some(Kind::Padded) { unpadded(arg) } else { arg }
}

pub fn windowed(mut call: WindowFunction, schema: &DFSchema) -> Result<Expr> {
    let params = &mut call.params;
    params.partition_by =
        std::mem::take(&mut params.partition_by).into_iter().map(|expr| keyed(expr, schema)).collect::<Result<_>>()?;
    params.order_by = ordered(std::mem::take(&mut params.order_by), schema)?;
    let moves = !params.window_frame.start_bound.is_unbounded();
    let WindowFunctionDefinition::AggregateUDF(function) = &call.fun else {
        return Ok(Expr::WindowFunction(Box::new(call)));
    };
    check(function.name(), &params.args, schema)?;
    if let Some((name, inner)) = of_any_size(function.name(), &params.args, schema) {
        if moves {
            return plan_err!(
                "{}(…) over a window that moves, of numbers of any size: cast to double precision, or sum a numeric(p, s)",
                function.name()
            );
        }
        let total: AggregateUDF = numeric_aggregate(name);
        params.args = vec![inner];
        call.fun = WindowFunctionDefinition::AggregateUDF(Arc::new(total));
        return Ok(Expr::WindowFunction(Box::new(call)));
    }
    let is_float = params.args.first().is_some_and(|arg| arg.get_type(schema).is_ok_and(|kind| kind.is_floating()));
    if is_float && matches!(function.name(), "min" | "max") {
        return plan_err!("{}(…) over a window of floats is not there: cast to numeric", function.name());
    }
    if matches!(function.name(), "min" | "max" | "string_agg") {
        params.args = std::mem::take(&mut params.args).into_iter().map(|arg| without_blanks(arg, schema)).collect();
    }
    Ok(Expr::WindowFunction(Box::new(call)))
}
