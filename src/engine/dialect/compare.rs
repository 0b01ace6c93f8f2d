//! Owns how two values are compared as PostgreSQL compares them: which types go together, and by what the engine
//! compares where its own order is another one.
//! Must not know: where in a query values are compared.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::{Expr, ExprSchemable, Operator, cast};

use super::super::functions::{NUMERIC, numeric_key};
use super::families;
use super::kind::Kind;
use super::operators::{apart, literal, typed, unpadded};

/// Both sides of a comparison, so that the engine compares what PostgreSQL compares.
///
/// # Errors
/// For types that PostgreSQL does not compare, or that cannot be compared here.
pub fn pair(left: Expr, right: Expr, schema: &DFSchema, op: Operator) -> Result<(Expr, Expr)> {
    between(left, schema, right, schema, op)
}

/// The same, of the two inputs of a join.
///
/// # Errors
/// As [`pair`].
pub fn between(
    left: Expr,
    schema: &DFSchema,
    right: Expr,
    other_schema: &DFSchema,
    op: Operator,
) -> Result<(Expr, Expr)> {
    let kinds = (Kind::of_expr(&left, schema), Kind::of_expr(&right, other_schema));
    let (Some(own), Some(other)) = kinds else { return Ok((left, right)) };
    let (left, right) = (typed(left, &own, schema), typed(right, &other, other_schema));
    let ordered =
        !matches!(op, Operator::Eq | Operator::NotEq | Operator::IsDistinctFrom | Operator::IsNotDistinctFrom);
    match (&own, &other) {
        (Kind::Null, _) | (_, Kind::Null) => Ok((left, right)),
        (Kind::Unknown, Kind::Unknown) => Ok((left, right)),
        (Kind::Unknown, kind) => {
            Ok((by(as_type(left, kind)?, kind, schema, ordered)?, by(right, kind, other_schema, ordered)?))
        }
        (kind, Kind::Unknown) => {
            Ok((by(left, kind, schema, ordered)?, by(as_type(right, kind)?, kind, schema, ordered)?))
        }
        (a, b) => {
            let Some(common) = comparable(a, b) else {
                return plan_err!("Cannot compare {own} with {other}: {}", apart(&[own.clone(), other.clone()]));
            };
            let left = as_common(left, a, &common);
            let right = as_common(right, b, &common);
            if common == Kind::Numeric && is_wide(&left, schema, &right, other_schema) {
                return Ok((by_size(left, schema), by_size(right, other_schema)));
            }
            Ok((by(left, &common, schema, ordered)?, by(right, &common, other_schema, ordered)?))
        }
    }
}

fn as_type(expr: Expr, kind: &Kind) -> Result<Expr> {
    match kind {
        Kind::Own(name) if name == "numrange" => {
            plan_err!("Cannot compare numrange with a quoted text: cast it to numrange")
        }
        kind if kind.is_text() => Ok(expr),
        kind => literal(expr, kind),
    }
}

/// The type that two types are compared as.
fn comparable(left: &Kind, right: &Kind) -> Option<Kind> {
    use Kind::{Float8, Numeric, Oid, Padded, Text, Varchar};
    if left == right {
        return Some(left.clone());
    }
    match (left, right) {
        (Padded, Varchar) | (Varchar, Padded) => Some(Padded),
        (a, b) if a.is_text() && b.is_text() => Some(Text),
        (Oid, b) | (b, Oid) if b.is_integer() => Some(Kind::Int8),
        (Kind::Date, Kind::Timestamp) | (Kind::Timestamp, Kind::Date) => Some(Kind::Timestamp),
        (Kind::List(a), Kind::List(b)) if a.is_text() && b.is_text() => Some(Kind::List(Box::new(Text))),
        (a, b) => match (a.rank()?, b.rank()?) {
            (x, y) if x <= 2 && y <= 2 => Some(if x > y { a.clone() } else { b.clone() }),
            (x, y) if x <= 3 && y <= 3 => Some(Numeric),
            _ => Some(Float8),
        },
    }
}

fn as_common(expr: Expr, kind: &Kind, common: &Kind) -> Expr {
    match (kind, common) {
        (a, b) if a == b => expr,
        (Kind::Padded, Kind::Text) => unpadded(expr),
        (a, Kind::Float8) if !a.is_float() || *a == Kind::Float4 => super::cast::cast_as(expr, "double precision"),
        (Kind::Date, Kind::Timestamp) => super::cast::cast_as(expr, "timestamp"),
        (a, Kind::Int8) if a.is_integer() || *a == Kind::Oid => cast(expr, DataType::Int64),
        (a, Kind::Int4) if a.is_integer() => cast(expr, DataType::Int32),
        _ => expr,
    }
}

/// What the engine compares in place of an exact number beside one of any size.
pub fn by_size(expr: Expr, schema: &DFSchema) -> Expr {
    numeric_key(match expr.get_type(schema) {
        Ok(kind) if kind == NUMERIC => expr,
        _ => cast(expr, NUMERIC),
    })
}

/// Must two numbers be compared as numbers of any size: is one of them, or have they too many digits together?
pub fn is_wide(left: &Expr, schema: &DFSchema, right: &Expr, other: &DFSchema) -> bool {
    let digits = |expr: &Expr, schema: &DFSchema| match expr.get_type(schema) {
        Ok(DataType::Decimal128(precision, scale)) => Some((i32::from(precision) - i32::from(scale), i32::from(scale))),
        Ok(kind) if kind.is_integer() => Some((20, 0)),
        _ => None,
    };
    match (digits(left, schema), digits(right, other)) {
        (Some((whole, scale)), Some((other_whole, other_scale))) => {
            whole.max(other_whole) + scale.max(other_scale) > 38
        }
        _ => true,
    }
}

/// What the engine compares in place of a value of this type.
///
/// # Errors
/// For a type that cannot be compared here, or not by order.
pub fn by(expr: Expr, kind: &Kind, schema: &DFSchema, ordered: bool) -> Result<Expr> {
    // What was put in when the operator was planned stays.
    if matches!(&expr, Expr::ScalarFunction(call) if call.name().ends_with("_key")) {
        return Ok(expr);
    }
    Ok(match kind {
        Kind::Numeric if expr.get_type(schema).is_ok_and(|found| found == NUMERIC) => numeric_key(expr),
        Kind::Padded => families::scalar("padded_key")?.call(vec![expr]),
        Kind::Float4 | Kind::Float8 => families::scalar("float_key")?.call(vec![expr]),
        Kind::Interval => families::scalar("interval_key")?.call(vec![expr]),
        Kind::Jsonb if !ordered => families::scalar("jsonb_key")?.call(vec![expr]),
        Kind::List(item) if !can_be_keyed(item) => {
            return plan_err!("Cannot compare {kind} here: compare its items");
        }
        Kind::List(_) => families::scalar(if ordered { "array_order_key" } else { "array_key" })?.call(vec![expr]),
        Kind::Own(name) if name.ends_with("range") && !ordered => families::scalar("range_key")?.call(vec![expr]),
        Kind::Own(name) if name == "money" => expr,
        Kind::Own(_) if !ordered && kind.is_equal_as_text() => expr,
        Kind::Own(name) if name == "tid" => expr,
        Kind::Json => {
            return plan_err!("Cannot compare json, as in PostgreSQL: cast to text, or to jsonb");
        }
        Kind::Jsonb | Kind::Own(_) => {
            let what = if ordered { "by order" } else { "here" };
            return plan_err!("Cannot compare {kind} {what}: write cast(… as text), if texts are what is meant");
        }
        _ => expr,
    })
}

/// Are items equal just when their texts are?
fn can_be_keyed(item: &Kind) -> bool {
    item.is_integer()
        || matches!(item, Kind::Text | Kind::Varchar | Kind::Uuid | Kind::Bool | Kind::Date | Kind::Time | Kind::Bytes)
        || matches!(item, Kind::Timestamp | Kind::TimestampTz)
        || item.is_label()
}

/// Has a column of this type an order, or an equality, that is not the engine's own?
#[must_use]
pub fn has_key(kind: &Kind, data_type: &DataType) -> bool {
    match kind {
        Kind::Numeric => *data_type == NUMERIC,
        Kind::Padded | Kind::Float4 | Kind::Float8 | Kind::Interval | Kind::Jsonb | Kind::List(_) => true,
        Kind::Own(name) => name.ends_with("range"),
        _ => false,
    }
}
