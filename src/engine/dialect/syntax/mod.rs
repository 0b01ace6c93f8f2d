//! Owns the rewriting of what PostgreSQL has syntax for into calls of functions, before a query is planned: the engine
//! plans casts, times, patterns and NULLIF by rules of its own, and functions by ours.
//! Must not know: types, plans.

use std::ops::ControlFlow;

use datafusion::common::ScalarValue;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DateTimeField, Expr, Ident, Query, SelectItem, SetExpr, SetOperator,
    SetQuantifier, UnaryOperator, Value, VisitMut, VisitorMut,
};

use super::cast::{CAST, TRY_CAST};

mod bound;
mod build;
mod function;
mod literal;
mod pattern;
mod row;

use bound::otherwise_bound;
use build::{as_type, binary, call, quoted, refused};
use function::function_call;
use literal::{field_name, interval_of, literal_of, type_name};
use row::of_rows;

pub use literal::interval_with_precision;

type Params = [(String, ScalarValue)];

/// What a query writes that is refused by its syntax alone, and where.
#[derive(Debug)]
pub struct Refused(pub String);

/// The names of parameters that a query uses and nobody has declared, in order.
#[must_use]
pub fn undeclared(statement: &Statement, params: &Params) -> Option<String> {
    let mut found = Placeholders(Vec::new());
    if let Statement::Statement(inner) = statement {
        let _ = inner.clone().visit(&mut found);
    }
    let is_known = |name: &String| params.iter().any(|(known, _)| format!("${known}") == *name);
    found.0.into_iter().filter(|name| !is_known(name)).min()
}

struct Placeholders(Vec<String>);

impl VisitorMut for Placeholders {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(value) = expr
            && let Value::Placeholder(name) = &value.value
        {
            self.0.push(name.clone());
        }
        ControlFlow::Continue(())
    }
}

/// Writes a query with calls in place of syntax, and values in place of parameters.
///
/// # Errors
/// What PostgreSQL has and is not there, with what to write instead.
pub fn rewrite(statement: &mut Statement, params: &Params) -> Result<(), Refused> {
    let Statement::Statement(inner) = statement else { return Ok(()) };
    match inner.visit(&mut Rewrite { params }) {
        ControlFlow::Break(refused) => Err(refused),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Rewrite<'a> {
    params: &'a Params,
}

impl VisitorMut for Rewrite<'_> {
    type Break = Refused;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Refused> {
        named(&mut query.body).map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refused> {
        match otherwise_bound(expr) {
            Some(refused) => ControlFlow::Break(refused),
            None => ControlFlow::Continue(()),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Refused> {
        match rewritten(expr, self.params) {
            Ok(Some(new)) => *expr = new,
            Ok(None) => {}
            Err(refused) => return ControlFlow::Break(refused),
        }
        ControlFlow::Continue(())
    }
}

/// A cast of a column keeps the column's name: it becomes a call, whose name would be another.
fn named(body: &mut SetExpr) -> Option<Refused> {
    match body {
        SetExpr::SetOperation {
            op: SetOperator::Intersect | SetOperator::Except,
            set_quantifier: SetQuantifier::All,
            ..
        } => {
            return Some(Refused(
                "INTERSECT ALL and EXCEPT ALL are not there: number the rows, and compare these".into(),
            ));
        }
        SetExpr::Select(select) => {
            for item in &mut select.projection {
                let SelectItem::UnnamedExpr(expr) = item else { continue };
                let Some(alias) = column_beneath(expr) else { continue };
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
        }
        SetExpr::SetOperation { left, right, .. } => {
            return named(left).or_else(|| named(right));
        }
        _ => {}
    }
    None
}

fn column_beneath(expr: &Expr) -> Option<Ident> {
    let Expr::Cast { expr: inner, .. } = expr else { return None };
    match inner.as_ref() {
        Expr::Identifier(name) => Some(name.clone()),
        Expr::CompoundIdentifier(names) => names.last().cloned(),
        inner => column_beneath(inner),
    }
}

/// What may be written that the engine plans by rules of its own.
fn rewritten(expr: &Expr, params: &Params) -> Result<Option<Expr>, Refused> {
    Ok(Some(match expr {
        Expr::Value(value) => return literal_of(&value.value, params),
        Expr::Cast { kind, expr, data_type, .. } => {
            let name = if matches!(kind, CastKind::TryCast | CastKind::SafeCast) { TRY_CAST } else { CAST };
            call(name, vec![expr.as_ref().clone(), quoted(type_name(data_type))])
        }
        Expr::TypedString(typed) => match typed.value.clone().into_string() {
            Some(text) => as_type(quoted(text), &type_name(&typed.data_type)),
            None => return Ok(None),
        },
        Expr::Interval(interval) => interval_of(interval)?,
        Expr::UnaryOp { op, expr } => return unary(*op, expr),
        Expr::AtTimeZone { timestamp, time_zone } => {
            call("timezone", vec![time_zone.as_ref().clone(), timestamp.as_ref().clone()])
        }
        Expr::Extract { field, expr, .. } => call("extract", vec![quoted(field_name(field)), expr.as_ref().clone()]),
        Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            call("ceil", vec![expr.as_ref().clone()])
        }
        Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            call("floor", vec![expr.as_ref().clone()])
        }
        Expr::Position { expr, r#in } => call("position", vec![r#in.as_ref().clone(), expr.as_ref().clone()]),
        Expr::Collate { expr, collation } => {
            let name = collation.to_string();
            if !["\"C\"", "\"POSIX\"", "\"C.UTF-8\"", "\"ucs_basic\""].contains(&name.as_str()) {
                return refused(format!(
                    "COLLATE {name} is not there: texts are compared by their bytes, as with COLLATE \"C\""
                ));
            }
            expr.as_ref().clone()
        }
        Expr::Between { expr, negated, low, high } => {
            let (own, low, high) = (expr.as_ref(), low.as_ref().clone(), high.as_ref().clone());
            let between = if *negated {
                let below = binary(own.clone(), BinaryOperator::Lt, low);
                binary(below, BinaryOperator::Or, binary(own.clone(), BinaryOperator::Gt, high))
            } else {
                let above = binary(own.clone(), BinaryOperator::GtEq, low);
                binary(above, BinaryOperator::And, binary(own.clone(), BinaryOperator::LtEq, high))
            };
            Expr::Nested(Box::new(between))
        }
        Expr::Case { .. } => return Ok(searched(expr)),
        Expr::AnyOp { left, compare_op, right, .. } if !matches!(right.as_ref(), Expr::Subquery(_)) => {
            quantified("array_any", left, compare_op, right)?
        }
        Expr::AllOp { left, compare_op, right } if !matches!(right.as_ref(), Expr::Subquery(_)) => {
            quantified("array_all", left, compare_op, right)?
        }
        Expr::Function(function) => return function_call(function),
        other => return of_rows(other),
    }))
}

/// `value = any (array)`, `text ~ all (patterns)`.
fn quantified(function: &str, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Expr, Refused> {
    let op = op.to_string();
    let function = match op.as_str() {
        "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" => function.to_owned(),
        "~" | "!~" | "~*" | "!~*" | "~~" | "!~~" | "~~*" | "!~~*" => format!("{function}_matches"),
        _ => return refused(format!("{op} ANY and {op} ALL are not there: write exists (select … from unnest(…))")),
    };
    Ok(call(&function, vec![left.clone(), right.clone(), quoted(op)]))
}

fn unary(op: UnaryOperator, expr: &Expr) -> Result<Option<Expr>, Refused> {
    let name = match op {
        UnaryOperator::Minus if matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..))) => {
            return Ok(None);
        }
        UnaryOperator::Minus => "negate",
        UnaryOperator::Plus => return Ok(Some(expr.clone())),
        UnaryOperator::Not => return Ok(None),
        UnaryOperator::BitwiseNot => "bit_not",
        UnaryOperator::PGAbs => "abs",
        UnaryOperator::PGSquareRoot => "sqrt",
        UnaryOperator::PGCubeRoot => "cbrt",
        other => return refused(format!("the operator {other} before a value is not there")),
    };
    Ok(Some(call(name, vec![expr.clone()])))
}

/// `case x when a …` as `case when x = a …`.
fn searched(expr: &Expr) -> Option<Expr> {
    let Expr::Case { case_token, end_token, operand: Some(operand), conditions, else_result } = expr else {
        return None;
    };
    let conditions = conditions
        .iter()
        .cloned()
        .map(|mut when| {
            when.condition = binary(operand.as_ref().clone(), BinaryOperator::Eq, when.condition);
            when
        })
        .collect();
    Some(Expr::Case {
        case_token: case_token.clone(),
        end_token: end_token.clone(),
        operand: None,
        conditions,
        else_result: else_result.clone(),
    })
}
