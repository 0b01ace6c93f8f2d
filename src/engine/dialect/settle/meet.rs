//! Owns what becomes of values that meet: in CASE, COALESCE, GREATEST, LEAST and UNION they take one type, PostgreSQL's.
//! Must not know: how they are compared.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::{Case, Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Values, cast, lit};

use super::super::super::functions::{NUMERIC, numeric_function};
use super::super::cast::cast_as;
use super::super::families;
use super::super::kind::Kind;
use super::super::operators::{literal, typed, unpadded};

/// A value as the common type of those that it meets.
///
/// # Errors
/// When a quoted text is no value of that type.
pub fn as_common(expr: Expr, common: &Kind, schema: &DFSchema) -> Result<Expr> {
    let Some(kind) = Kind::of_expr(&expr, schema) else { return Ok(expr) };
    let expr = typed(expr, &kind, schema);
    Ok(match (&kind, common) {
        (a, b) if a == b && *a != Kind::Interval => expr,
        (Kind::Null, _) => expr,
        (Kind::Unknown, common) if !common.is_text() => literal(expr, common)?,
        (Kind::Padded, Kind::Text | Kind::Varchar) => unpadded(expr),
        (_, Kind::Interval)
            if *common == kind && expr.get_type(schema).is_ok_and(|found| found == common.data_type()) =>
        {
            expr
        }
        (Kind::Interval, Kind::Interval) => cast_as(expr, "interval"),
        (from, to) if from.is_integer() && to.is_integer() => cast(expr, to.data_type()),
        (_, Kind::Float8) => cast_as(expr, "double precision"),
        (_, Kind::Float4) => cast_as(expr, "real"),
        (_, Kind::Numeric) => expr,
        (Kind::Date, Kind::Timestamp) => cast_as(expr, "timestamp"),
        _ => expr,
    })
}

/// Values of one type; numbers keep their own digits after the point, so unlike decimals become numbers of any size.
fn together(values: Vec<Expr>, schema: &DFSchema, what: &str) -> Result<(Vec<Expr>, Kind)> {
    let kinds: Vec<Option<Kind>> = values.iter().map(|value| Kind::of_expr(value, schema)).collect();
    let Some(common) = Kind::common(kinds.iter().cloned()) else {
        if kinds.contains(&None) {
            return Ok((values, Kind::Null));
        }
        let told: Vec<String> = kinds.into_iter().flatten().map(|kind| kind.to_string()).collect();
        return plan_err!("Cannot put {} together in {what}: cast one of them", told.join(" and "));
    };
    let values = values.into_iter().map(|value| as_common(value, &common, schema)).collect::<Result<Vec<_>>>()?;
    if common != Kind::Numeric {
        return Ok((values, common));
    }
    let types: Vec<DataType> = values.iter().filter_map(|value| value.get_type(schema).ok()).collect();
    let first = types.iter().find(|kind| !kind.is_null());
    if types.iter().all(|kind| kind.is_null() || Some(kind) == first) {
        return Ok((values, common));
    }
    let any_size = |value: Expr| match value.get_type(schema) {
        Ok(kind) if kind == NUMERIC || kind.is_null() => value,
        _ => cast(value, NUMERIC),
    };
    Ok((values.into_iter().map(any_size).collect(), common))
}

/// Is a type lost where the engine makes a field by its Arrow type alone?
#[must_use]
pub fn is_lost(kind: &Kind) -> bool {
    match kind {
        Kind::Padded | Kind::Json | Kind::Jsonb | Kind::Own(_) => true,
        Kind::List(item) => is_lost(item),
        _ => false,
    }
}

/// An expression whose type the engine would lose, with that type.
#[must_use]
pub fn declared(expr: Expr, kind: &Kind) -> Expr {
    match families::scalar("typed_as") {
        Ok(function) if is_lost(kind) => function.call(vec![expr, lit(kind.declared().unwrap_or_default())]),
        _ => expr,
    }
}

/// A CASE.
pub fn case(mut case: Case, schema: &DFSchema) -> Result<Expr> {
    // What stands after ELSE counts first, as in PostgreSQL.
    let mut values: Vec<Expr> = case.else_expr.as_deref().cloned().into_iter().collect();
    values.extend(case.when_then_expr.iter().map(|(_, then)| then.as_ref().clone()));
    let (values, common) = together(values, schema, "CASE")?;
    let mut values = values.into_iter();
    if let Some(own) = case.else_expr.as_mut()
        && let Some(value) = values.next()
    {
        **own = value;
    }
    for ((_, then), value) in case.when_then_expr.iter_mut().zip(values) {
        **then = value;
    }
    Ok(declared(Expr::Case(case), &common))
}

/// COALESCE, GREATEST, LEAST.
pub fn variadic(mut call: ScalarFunction, schema: &DFSchema) -> Result<Expr> {
    let what = call.name().to_uppercase();
    let (args, common) = together(std::mem::take(&mut call.args), schema, &what)?;
    call.args = args;
    let is_any_size = call.args.iter().any(|arg| arg.get_type(schema).is_ok_and(|kind| kind == NUMERIC));
    call.func = match call.name() {
        "coalesce" => datafusion::functions::core::coalesce(),
        name if is_any_size => Arc::new(numeric_function(name)?),
        "greatest" => datafusion::functions::core::greatest(),
        _ => datafusion::functions::core::least(),
    };
    if call.name() == "coalesce" {
        return Ok(declared(Expr::ScalarFunction(call), &common));
    }
    let as_is = common.is_integer()
        || matches!(
            common,
            Kind::Null
                | Kind::Unknown
                | Kind::Text
                | Kind::Varchar
                | Kind::Date
                | Kind::Timestamp
                | Kind::TimestampTz
                | Kind::Time
        );
    if as_is || common == Kind::Numeric {
        return Ok(Expr::ScalarFunction(call));
    }
    let name = if call.name() == "greatest" { "greatest_of" } else { "least_of" };
    Ok(declared(families::scalar(name)?.call(call.args), &common))
}

/// VALUES whose rows give a column numbers of unlike digits, which the engine would fill up with zeros.
pub fn values(values: &Values) -> Result<()> {
    for expr in values.values.iter().flatten() {
        if let Expr::Cast(Cast { expr: inner, field }) = expr
            && let (Ok(from), DataType::Decimal128(_, scale)) = (inner.get_type(&values.schema), field.data_type())
        {
            let own = if let DataType::Decimal128(_, own) = from { own } else { 0 };
            if own != *scale && !from.is_null() {
                return plan_err!("numbers of unlike digits in VALUES: write each with cast(… as numeric)");
            }
        }
    }
    Ok(())
}

/// A union whose parts give a column different types gives it their common one.
pub fn unions(node: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Union(mut union) = node else { return Ok(node) };
    let width = union.schema.fields().len();
    let mut commons = Vec::with_capacity(width);
    let mut sized = Vec::with_capacity(width);
    for at in 0..width {
        let kinds = union.inputs.iter().map(|input| kind_of(input, at));
        let kinds: Vec<Option<Kind>> = kinds.collect();
        let Some(common) = Kind::common(kinds.iter().cloned()) else {
            let told: Vec<String> = kinds.into_iter().flatten().map(|kind| kind.to_string()).collect();
            return plan_err!("Cannot put {} together in UNION: cast one of them", told.join(" and "));
        };
        let types: Vec<&DataType> = union.inputs.iter().map(|input| input.schema().field(at).data_type()).collect();
        let unlike = types.iter().any(|kind| !kind.is_null() && *kind != types[0]);
        sized.push(common == Kind::Numeric && unlike);
        commons.push(common);
    }
    for input in &mut union.inputs {
        let schema = input.schema().clone();
        let mut changed = false;
        let columns = schema.columns().into_iter().enumerate().map(|(at, column)| {
            let (relation, name) = (column.relation.clone(), column.name.clone());
            let own = Expr::Column(column);
            let value = match literal_at(input, at) {
                Some(value) if kind_of(input, at) == Some(Kind::Unknown) => literal(value, &commons[at])?,
                _ => as_common(own.clone(), &commons[at], &schema)?,
            };
            let value = match value.get_type(&schema) {
                Ok(kind) if sized[at] && kind != NUMERIC => cast(value, NUMERIC),
                _ => value,
            };
            if value == own {
                return Ok(own);
            }
            changed = true;
            Ok(value.alias_qualified(relation, name))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        if changed {
            *input = Arc::new(LogicalPlanBuilder::from(input.as_ref().clone()).project(columns)?.build()?);
        }
    }
    Ok(LogicalPlan::Union(union))
}

/// The literal that a part of a union gives in a column.
fn literal_at(input: &LogicalPlan, at: usize) -> Option<Expr> {
    match input {
        LogicalPlan::Projection(projection) => match projection.expr.get(at)?.clone().unalias() {
            found @ Expr::Literal(..) => Some(found),
            _ => None,
        },
        _ => None,
    }
}

fn kind_of(input: &LogicalPlan, at: usize) -> Option<Kind> {
    match literal_at(input, at) {
        Some(value) => Kind::of_expr(&value, input.schema()),
        None => Some(Kind::of(input.schema().field(at))),
    }
}
