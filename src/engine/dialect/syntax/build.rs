//! Owns the making of syntax: calls, literals, casts, operators.
//! Must not know: what is rewritten, and why.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, UnaryOperator, Value,
};

use super::super::cast::CAST;
use super::super::families;
use super::Refused;

/// A call of a function.
#[must_use]
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let ours = families::has(name);
    let typed = |arg: Expr| if ours && is_integer(&arg) { as_type(arg, "integer") } else { arg };
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(typed(arg)))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

pub(super) fn quoted(text: impl Into<String>) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.into()).into())
}

pub(super) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(nested(left)), op, right: Box::new(nested(right)) }
}

pub(super) fn nested(expr: Expr) -> Expr {
    match expr {
        binary @ Expr::BinaryOp { .. } => Expr::Nested(Box::new(binary)),
        other => other,
    }
}

pub(super) fn not(expr: Expr, negated: bool) -> Expr {
    if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) } } else { expr }
}

pub(super) fn as_type(expr: Expr, kind: &str) -> Expr {
    call(CAST, vec![expr, quoted(kind)])
}

pub(super) fn refused<T>(what: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(what.into()))
}

pub(super) fn plain(arg: &FunctionArg) -> Option<Expr> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    }
}

/// Is it a whole number that PostgreSQL takes for an integer? The engine's are all bigints.
pub(super) fn is_integer(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => matches!(&value.value, Value::Number(digits, _) if digits.parse::<i32>().is_ok()),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => is_integer(expr),
        Expr::Nested(inner) => is_integer(inner),
        _ => false,
    }
}
