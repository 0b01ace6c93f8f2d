//! Owns what each operator of PostgreSQL means for each pair of types: which function or comparison stands for it.
//! Must not know: how a function computes.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, GetFieldAccess, Operator, cast};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::super::functions::{NUMERIC, numeric_function};
use super::cast::cast_as;
use super::compare;
use super::kind::Kind;
use super::value::column;
use super::{families, implicit, input};

/// The most digits that Arrow's decimals of 128 bits hold.
const DECIMAL_DIGITS: u32 = 38;

/// How the functions of integers begin that see an overflow.
const CHECKED: &str = "checked_";

/// The functions that stand for operators, and the operators.
const SYMBOLS: &[(&str, &str)] = &[
    ("op_plus", "+"),
    ("op_minus", "-"),
    ("op_times", "*"),
    ("op_divide", "/"),
    ("op_modulo", "%"),
    ("op_power", "^"),
    ("op_concat", "||"),
    ("op_and", "&"),
    ("op_or", "|"),
    ("op_xor", "#"),
    ("op_left", "<<"),
    ("op_right", ">>"),
    ("op_arrow", "->"),
    ("op_arrow_text", "->>"),
    ("op_path", "#>"),
    ("op_path_text", "#>>"),
    ("op_contains", "@>"),
    ("op_contained", "<@"),
    ("op_overlap", "&&"),
    ("op_has", "?"),
    ("op_has_any", "?|"),
    ("op_has_all", "?&"),
    ("op_without", "#-"),
    ("op_adjacent", "-|-"),
    ("regex", "~"),
    ("iregex", "~*"),
    ("like", "~~"),
    ("ilike", "~~*"),
    ("starts_with_of", "^@"),
    ("negate", "-"),
];

/// The operator that a function stands for.
#[must_use]
pub fn symbol(function: &str) -> Option<&'static str> {
    SYMBOLS.iter().find(|(name, _)| *name == function).map(|(_, symbol)| *symbol)
}

/// Plans the operators of PostgreSQL.
#[derive(Debug, Default)]
pub struct Operators;

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if let Some(op) = comparison(&expr.op) {
            let (left, right) = compare::pair(expr.left, expr.right, schema, op)?;
            let compared = BinaryExpr::new(Box::new(left), op, Box::new(right));
            return Ok(PlannerResult::Planned(Expr::BinaryExpr(compared)));
        }
        if matches!(expr.op, BinaryOperator::And | BinaryOperator::Or) {
            return Ok(PlannerResult::Original(expr));
        }
        let kinds = (Kind::of_expr(&expr.left, schema), Kind::of_expr(&expr.right, schema));
        let (Some(left), Some(right)) = kinds else { return Ok(PlannerResult::Original(expr)) };
        let RawBinaryExpr { op, left: own, right: other } = expr;
        let (own, other) = (typed(own, &left, schema), typed(other, &right, schema));
        let planned = match &op {
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::PGExp => arithmetic(&op, (own, left), (other, right), schema)?,
            BinaryOperator::StringConcat => concatenation((own, left), (other, right))?,
            _ => other_operator(&op, (own, left), (other, right))?,
        };
        Ok(PlannerResult::Planned(planned))
    }

    fn plan_array_literal(&self, items: Vec<Expr>, schema: &DFSchema) -> Result<PlannerResult<Vec<Expr>>> {
        let known = items.iter().all(|item| !matches!(Kind::of_expr(item, schema), None | Some(Kind::Engine(_))));
        if items.is_empty() || !known {
            return Ok(PlannerResult::Original(items));
        }
        let items = items.into_iter().map(|item| match Kind::of_expr(&item, schema) {
            Some(kind) => typed(item, &kind, schema),
            None => item,
        });
        Ok(PlannerResult::Planned(families::scalar("array_of")?.call(items.collect())))
    }

    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let kind = Kind::of_expr(&expr.expr, schema);
        match (kind, expr.field_access) {
            (Some(Kind::List(_)), GetFieldAccess::ListIndex { key }) => {
                Ok(PlannerResult::Planned(families::scalar("array_item")?.call(vec![expr.expr, *key])))
            }
            (Some(Kind::List(_)), GetFieldAccess::ListRange { start, stop, .. }) => {
                Ok(PlannerResult::Planned(families::scalar("array_slice_of")?.call(vec![expr.expr, *start, *stop])))
            }
            (Some(Kind::Jsonb), GetFieldAccess::NamedStructField { name }) => {
                let key = Expr::Literal(name, None);
                Ok(PlannerResult::Planned(families::scalar("op_arrow")?.call(vec![expr.expr, key])))
            }
            (_, field_access) => Ok(PlannerResult::Original(RawFieldAccessExpr { field_access, expr: expr.expr })),
        }
    }
}

fn comparison(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        _ => return None,
    })
}

/// A literal, or what holds literals alone, as the type that PostgreSQL gives it: the engine's integers are all bigints.
#[must_use]
pub fn typed(expr: Expr, kind: &Kind, schema: &DFSchema) -> Expr {
    if let (Expr::Literal(ScalarValue::Int64(Some(value)), metadata), Kind::Int4) = (&expr, kind)
        && let Ok(value) = i32::try_from(*value)
    {
        return Expr::Literal(ScalarValue::Int32(Some(value)), metadata.clone());
    }
    match expr.get_type(schema) {
        Ok(found) if kind.is_integer() && found.is_integer() && found != kind.data_type() => {
            cast(expr, kind.data_type())
        }
        _ => expr,
    }
}

/// A quoted text as a literal of another type.
///
/// # Errors
/// When it is none of that type.
pub fn literal(expr: Expr, kind: &Kind) -> Result<Expr> {
    match &expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => {
            let value = input::read(kind, text).map_err(|fault| {
                DataFusionError::Plan(format!("the quoted text '{text}' beside {kind}: {}", fault.0))
            })?;
            let array = column(kind, &[value])?;
            Ok(Expr::Literal(ScalarValue::try_from_array(&array, 0)?, None))
        }
        Expr::Alias(alias) => literal(alias.expr.as_ref().clone(), kind),
        _ => Ok(expr),
    }
}

type Side = (Expr, Kind);

/// Arithmetic that was planned before it was known which types meet in it: a CASE shows its own when all of it is planned.
/// None where it was planned for the types that there are.
///
/// # Errors
/// For types that PostgreSQL does not take together.
pub fn replanned(expr: &Expr, schema: &DFSchema) -> Result<Option<Expr>> {
    let (op, left, right) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let op = match op {
                Operator::Plus => BinaryOperator::Plus,
                Operator::Minus => BinaryOperator::Minus,
                Operator::Multiply => BinaryOperator::Multiply,
                _ => return Ok(None),
            };
            (op, left.as_ref(), right.as_ref())
        }
        Expr::ScalarFunction(call) => {
            let exact = call.name().strip_prefix(CHECKED).or_else(|| call.name().strip_prefix("numeric_"));
            let op = match exact.unwrap_or(call.name()) {
                "add" | "op_plus" => BinaryOperator::Plus,
                "subtract" | "op_minus" => BinaryOperator::Minus,
                "multiply" | "op_times" => BinaryOperator::Multiply,
                "divide" | "op_divide" => BinaryOperator::Divide,
                "remainder" | "op_modulo" => BinaryOperator::Modulo,
                _ => return Ok(None),
            };
            let [left, right] = call.args.as_slice() else { return Ok(None) };
            (op, left, right)
        }
        _ => return Ok(None),
    };
    let (left, right) = (uncast(left), uncast(right));
    let (Some(own), Some(other)) = (Kind::of_expr(left, schema), Kind::of_expr(right, schema)) else { return Ok(None) };
    let whole = |kind: &Kind| kind.is_integer() || *kind == Kind::Null;
    let exact = |kind: &Kind| whole(kind) || *kind == Kind::Numeric;
    let (whole, exact) = (whole(&own) && whole(&other), exact(&own) && exact(&other));
    let as_planned = match expr {
        Expr::ScalarFunction(call) if call.name().starts_with(CHECKED) => whole,
        Expr::ScalarFunction(call) if call.name().starts_with("op_") => !exact,
        _ => exact && !whole,
    };
    if as_planned {
        return Ok(None);
    }
    arithmetic(&op, (left.clone(), own), (right.clone(), other), schema).map(Some)
}

/// What stands beneath a cast that was put in when arithmetic was planned: those of SQL are calls.
fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) => &cast.expr,
        other => other,
    }
}

fn arithmetic(op: &BinaryOperator, left: Side, right: Side, schema: &DFSchema) -> Result<Expr> {
    let (left, right) = match (&left.1, &right.1) {
        (Kind::Unknown, kind) if kind.rank().is_some() => {
            let kind = kind.clone();
            ((literal(left.0, &kind)?, kind), right)
        }
        (kind, Kind::Unknown) if kind.rank().is_some() => {
            let kind = kind.clone();
            (left, (literal(right.0, &kind)?, kind))
        }
        _ => (left, right),
    };
    if (&left.1, &right.1) == (&Kind::Unknown, &Kind::Unknown) {
        return plan_err!("Cannot apply {op} to two quoted texts: cast one of them");
    }
    let name = match op {
        BinaryOperator::Plus => "op_plus",
        BinaryOperator::Minus => "op_minus",
        BinaryOperator::Multiply => "op_times",
        BinaryOperator::Divide => "op_divide",
        BinaryOperator::Modulo => "op_modulo",
        _ => "op_power",
    };
    let (own, other) = (typed(left.0, &left.1, schema), typed(right.0, &right.1, schema));
    let whole = |kind: &Kind| kind.is_integer() || *kind == Kind::Null;
    if name != "op_power" && whole(&left.1) && whole(&right.1) {
        return Ok(numeric_function(&name.replace("op_", "int_"))?.call(vec![own, other]));
    }
    let exact = |kind: &Kind| whole(kind) || *kind == Kind::Numeric;
    if name != "op_power" && exact(&left.1) && exact(&right.1) {
        return decimals(name, (own, left.1), (other, right.1), schema);
    }
    Ok(families::scalar(name)?.call(vec![own, other]))
}

/// Precision and scale of a number, if it is one whose digits are bounded.
fn digits(expr: &Expr, kind: &Kind, schema: &DFSchema) -> Option<(u32, i32)> {
    match (kind, expr.get_type(schema).ok()?) {
        (_, DataType::Decimal128(precision, scale)) => Some((u32::from(precision), i32::from(scale))),
        (Kind::Int2, _) => Some((5, 0)),
        (Kind::Int4, _) => Some((10, 0)),
        (Kind::Int8, _) => Some((19, 0)),
        _ => None,
    }
}

/// Sums, differences and products whose digits surely fit stay Arrow's decimals, which have PostgreSQL's scales; all
/// else is a number of any size.
fn decimals(name: &str, left: Side, right: Side, schema: &DFSchema) -> Result<Expr> {
    let bounded = (digits(&left.0, &left.1, schema), digits(&right.0, &right.1, schema));
    if let (Some((p, s)), Some((q, t))) = bounded {
        let whole = |precision: u32, scale: i32| i64::from(precision) - i64::from(scale);
        let need = match name {
            "op_plus" | "op_minus" => whole(p, s).max(whole(q, t)) + i64::from(s.max(t)) + 1,
            "op_times" => i64::from(p) + i64::from(q) + 1,
            _ => i64::MAX,
        };
        let op = match name {
            "op_plus" => Operator::Plus,
            "op_minus" => Operator::Minus,
            _ => Operator::Multiply,
        };
        if need <= i64::from(DECIMAL_DIGITS) {
            let decimal = |expr: Expr, kind: &Kind, precision: u32| {
                if kind.is_integer() {
                    cast(expr, DataType::Decimal128(u8::try_from(precision).unwrap_or(19), 0))
                } else {
                    expr
                }
            };
            let (own, other) = (decimal(left.0, &left.1, p), decimal(right.0, &right.1, q));
            return Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(own), op, Box::new(other))));
        }
    }
    let any_size = |expr: Expr| match expr.get_type(schema) {
        Ok(kind) if kind == NUMERIC => expr,
        _ => cast(expr, NUMERIC),
    };
    let function = numeric_function(&name.replace("op_", "numeric_"))?;
    Ok(function.call(vec![any_size(left.0), any_size(right.0)]))
}

fn concatenation(left: Side, right: Side) -> Result<Expr> {
    let plain = |kind: &Kind| matches!(kind, Kind::Text | Kind::Varchar | Kind::Unknown);
    if plain(&left.1) && plain(&right.1) {
        let both = BinaryExpr::new(Box::new(left.0), Operator::StringConcat, Box::new(right.0));
        return Ok(Expr::BinaryExpr(both));
    }
    if matches!(left.1, Kind::List(_)) || matches!(right.1, Kind::List(_)) {
        return Ok(families::scalar("array_concat_of")?.call(vec![left.0, right.0]));
    }
    Ok(families::scalar("op_concat")?.call(vec![left.0, right.0]))
}

fn other_operator(op: &BinaryOperator, left: Side, right: Side) -> Result<Expr> {
    let symbol = op.to_string();
    let (symbol, negated) = match symbol.as_str() {
        "!~" => ("~", true),
        "!~*" => ("~*", true),
        "!~~" => ("~~", true),
        "!~~*" => ("~~*", true),
        other => (other, false),
    };
    let is_list = |side: &Side| matches!(side.1, Kind::List(_));
    let is_range = |side: &Side| matches!(&side.1, Kind::Own(name) if name.ends_with("range"));
    let (lists, ranges) = (is_list(&left) || is_list(&right), is_range(&left) || is_range(&right));
    let is_json = |side: &Side| matches!(side.1, Kind::Jsonb | Kind::Json);
    let name = match symbol {
        "&&" if lists => "op_overlap_of",
        "@>" if lists && !is_json(&left) => "op_contains_of",
        "<@" if lists && !is_json(&right) => "op_contained_of",
        "<<" if ranges => "op_before",
        ">>" if ranges => "op_after",
        _ => match SYMBOLS.iter().find(|(_, known)| *known == symbol) {
            Some((name, _)) => name,
            None => return plan_err!("the operator {symbol} is not there"),
        },
    };
    let call = families::scalar(name)?.call(vec![left.0, right.0]);
    Ok(if negated { Expr::Not(Box::new(call)) } else { call })
}

/// A char(n) as the text it is without its blanks.
#[must_use]
pub fn unpadded(expr: Expr) -> Expr {
    cast_as(expr, "text")
}

/// What two kinds that do not go together are told.
#[must_use]
pub fn apart(kinds: &[Kind]) -> &'static str {
    if implicit::needs_zone(kinds) { "write … at time zone '…', which says the zone" } else { "cast one of them" }
}
