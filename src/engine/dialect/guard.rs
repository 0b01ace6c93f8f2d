//! Owns what is refused of a planned query: functions of the engine that do otherwise than PostgreSQL's of that name,
//! casts that the engine puts in by itself and PostgreSQL does not, and types that no column of a result can have.
//! Must not know: where the query comes from.

use datafusion::arrow::datatypes::{DataType, IntervalUnit, Schema, TimeUnit};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use super::super::functions::NUMERIC;
use super::kind::Kind;

/// Functions of the engine that PostgreSQL has under the same name and with another result, and what to write.
const REFUSED: &[(&str, &str)] = &[
    ("acosh", "ln(x + sqrt(x * x - 1))"),
    ("asinh", "ln(x + sqrt(x * x + 1))"),
    ("atanh", "0.5 * ln((1 + x) / (1 - x))"),
    ("cosh", "(exp(x) + exp(-x)) / 2"),
    ("sinh", "(exp(x) - exp(-x)) / 2"),
    ("tanh", "sinh(x) / cosh(x), written out"),
    ("struct", "the columns one by one, or named_struct('name', x)"),
    ("array_dims", "array_length(x, 1)"),
    ("array_fill", "an array literal"),
    ("cot", "1 / tan(x)"),
    ("factorial", "the number itself"),
    ("to_timestamp_seconds", "to_timestamp(x)"),
    ("version", "the version as a parameter"),
];

/// Refuses functions and casts of an analysed plan.
///
/// # Errors
/// What is refused, and what to write instead.
pub fn vetted(plan: &LogicalPlan) -> Result<()> {
    let mut found = Ok(());
    plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found = match expr {
                    Expr::ScalarFunction(call) => function(call.name()),
                    Expr::Cast(Cast { expr, field }) => match expr.get_type(&schema) {
                        Ok(from) => cast(&from, field.data_type()),
                        Err(_) => Ok(()),
                    },
                    _ => Ok(()),
                };
                Ok(if found.is_err() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    found
}

fn function(name: &str) -> Result<()> {
    match REFUSED.iter().find(|(refused, _)| *refused == name) {
        Some(_) if super::families::has(name) => Ok(()),
        Some((_, instead)) => plan_err!("PostgreSQL's {name} is not there: write {instead}"),
        None => Ok(()),
    }
}

fn cast(from: &DataType, to: &DataType) -> Result<()> {
    use DataType::{Decimal128, Decimal256, FixedSizeBinary, Float32, Float64, List, Null, Utf8, Utf8View};
    let integer = |kind: &DataType| kind.is_integer();
    let fits = match (from, to) {
        (a, b) if a == b => true,
        (Null, _) => true,
        (a, b) if integer(a) && integer(b) => true,
        (a, Decimal128(..) | Decimal256(..) | Float64) if integer(a) => true,
        (Decimal128(p, s), Decimal128(q, t) | Decimal256(q, t)) => {
            t >= s && i16::from(*q) - i16::from(*t) >= i16::from(*p) - i16::from(*s)
        }
        (Decimal128(..) | Decimal256(..), b) if *b == NUMERIC => true,
        (a, b) if integer(a) && *b == NUMERIC => true,
        (a, Utf8) if *a == NUMERIC => true,
        (Float32, Float64) => true,
        (Utf8 | Utf8View, Utf8 | Utf8View) => true,
        (FixedSizeBinary(16), DataType::Binary) => true,
        (DataType::Timestamp(a, Some(_)), DataType::Timestamp(b, Some(_))) => a == b,
        (DataType::Dictionary(_, a), b) => a.as_ref() == b,
        (List(a), List(b)) => return cast(a.data_type(), b.data_type()),
        (DataType::Struct(_), DataType::Struct(_)) => true,
        (DataType::Union(..), _) | (_, DataType::Union(..)) => true,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let name = |kind: &DataType| Kind::of(&datafusion::arrow::datatypes::Field::new("", kind.clone(), true));
    let (from, to) = (name(from), name(to));
    plan_err!("a value of {from} stands where {to} is wanted: write a cast, for example cast(… as {to})")
}

/// Refuses columns of a result that have a type which nothing can be stored as.
///
/// # Errors
/// The column, and what to write.
pub fn refuse_outputs(schema: &Schema) -> Result<(), (String, String)> {
    for field in schema.fields() {
        if !can_be_stored(field.data_type()) {
            let what = match field.data_type() {
                DataType::Union(..) => {
                    "a JSON value of any type: write j -> 'name' for JSON, j ->> 'name' for its text".to_owned()
                }
                other => format!("a value of the type {other}: cast it to a type of PostgreSQL's"),
            };
            return Err((field.name().clone(), what));
        }
    }
    Ok(())
}

fn can_be_stored(kind: &DataType) -> bool {
    match kind {
        DataType::Union(..)
        | DataType::Map(..)
        | DataType::RunEndEncoded(..)
        | DataType::Duration(_)
        | DataType::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime)
        | DataType::Time32(_)
        | DataType::Time64(TimeUnit::Nanosecond)
        | DataType::Date64
        | DataType::Float16
        | DataType::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, _) => false,
        DataType::List(item) => can_be_stored(item.data_type()) && !matches!(item.data_type(), DataType::List(_)),
        DataType::Struct(members) => members.iter().all(|member| can_be_stored(member.data_type())),
        _ => true,
    }
}
