//! Owns rows that are written out, `(a, b) = (c, d)`, as comparisons of their columns.
//! Must not know: other syntax.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, FunctionArguments};

use super::Refused;
use super::build::{binary, call, not, plain, refused};
use super::pattern::pattern_or_text;

/// Rows that are written out, and lists of them.
pub(super) fn of_rows(expr: &Expr) -> Result<Option<Expr>, Refused> {
    Ok(Some(match expr {
        Expr::IsNull(inner) => return Ok(row_of(inner).and_then(|values| all_of(values, Expr::IsNull))),
        Expr::IsNotNull(inner) => return Ok(row_of(inner).and_then(|values| all_of(values, Expr::IsNotNull))),
        Expr::InList { expr, list, negated } => match row_of(expr) {
            Some(_) => {
                let any =
                    list.iter().map(|item| rows(expr, &BinaryOperator::Eq, item)).collect::<Result<Vec<_>, _>>()?;
                let any = any.into_iter().reduce(|all, one| binary(all, BinaryOperator::Or, one));
                let Some(any) = any else { return Ok(None) };
                not(Expr::Nested(Box::new(any)), *negated)
            }
            None => return Ok(None),
        },
        Expr::BinaryOp { left, op: BinaryOperator::Overlaps, right } => match (row_of(left), row_of(right)) {
            (Some(one), Some(other)) if one.len() == 2 && other.len() == 2 => {
                call("overlaps", one.into_iter().chain(other).collect())
            }
            _ => return refused("OVERLAPS takes two pairs: (start, end) overlaps (start, end)"),
        },
        Expr::BinaryOp { left, op, right } if row_of(left).is_some() => rows_of(left, op, right)?,
        other => return pattern_or_text(other),
    }))
}

/// The values of a row that is written out: `(a, b)`, `row(a, b)`.
pub(super) fn row_of(expr: &Expr) -> Option<Vec<Expr>> {
    match expr {
        Expr::Tuple(values) => Some(values.clone()),
        Expr::Nested(inner) => row_of(inner),
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("row") => match &function.args {
            FunctionArguments::List(list) => Some(list.args.iter().filter_map(plain).collect()),
            _ => None,
        },
        _ => None,
    }
}

/// A row IS NULL when all of it is, and IS NOT NULL when none of it is.
pub(super) fn all_of(values: Vec<Expr>, test: fn(Box<Expr>) -> Expr) -> Option<Expr> {
    let tests = values.into_iter().map(|value| test(Box::new(value)));
    tests.reduce(|all, one| binary(all, BinaryOperator::And, one)).map(|all| Expr::Nested(Box::new(all)))
}

pub(super) fn rows_of(left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Expr, Refused> {
    match op {
        BinaryOperator::Eq => rows(left, op, right),
        BinaryOperator::NotEq => Ok(not(Expr::Nested(Box::new(rows(left, &BinaryOperator::Eq, right)?)), true)),
        other => refused(format!("rows are not compared by {other}: compare their columns, the first first")),
    }
}

/// `(a, b) = (c, d)`: each with its own.
pub(super) fn rows(left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Expr, Refused> {
    match (row_of(left), row_of(right)) {
        (Some(one), Some(other)) if one.len() == other.len() => {
            let pairs = one.into_iter().zip(other).map(|(a, b)| binary(a, op.clone(), b));
            match pairs.reduce(|all, one| binary(all, BinaryOperator::And, one)) {
                Some(all) => Ok(Expr::Nested(Box::new(all))),
                None => refused("a row without columns"),
            }
        }
        _ => refused("rows of different lengths are compared"),
    }
}
