//! Owns what becomes of one expression: comparisons, lists, CASE, COALESCE, GREATEST, subqueries.
//! Must not know: the nodes of a plan.

use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::{InList, InSubquery, Like, ScalarFunction, SetComparison};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlanBuilder, Operator};

use super::super::compare;
use super::super::families;
use super::super::kind::Kind;
use super::super::operators::{self, unpadded};
use super::{aggregate, meet};

/// An expression whose parts are settled.
pub fn settled(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    if let Some(arithmetic) = operators::replanned(&expr, schema)? {
        return Ok(Transformed::yes(arithmetic));
    }
    Ok(Transformed::yes(match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(op) => {
            let (left, right) = compare::pair(*left, *right, schema, op)?;
            Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => {
            concatenated(*left, *right, schema)?
        }
        Expr::InList(list) => in_list(list, schema)?,
        Expr::InSubquery(query) => in_subquery(query, schema)?,
        Expr::SetComparison(query) => set_comparison(query, schema)?,
        Expr::Like(like) => Expr::Like(checked_like(like, schema)?),
        Expr::Case(case) => meet::case(case, schema)?,
        Expr::ScalarFunction(call) => function(call, schema)?,
        Expr::AggregateFunction(call) => aggregate::aggregated(call, schema)?,
        Expr::WindowFunction(call) => aggregate::windowed(*call, schema)?,
        other => return Ok(Transformed::no(other)),
    }))
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// What the planner took for texts may have turned out to be something else.
fn concatenated(left: Expr, right: Expr, schema: &DFSchema) -> Result<Expr> {
    let is_text = |expr: &Expr| match Kind::of_expr(expr, schema) {
        Some(kind) => matches!(kind, Kind::Text | Kind::Varchar | Kind::Unknown | Kind::Null),
        None => true,
    };
    if is_text(&left) && is_text(&right) {
        return Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), Operator::StringConcat, Box::new(right))));
    }
    Ok(families::scalar("op_concat")?.call(vec![left, right]))
}

fn in_list(list: InList, schema: &DFSchema) -> Result<Expr> {
    let InList { expr, list, negated } = list;
    let kinds = std::iter::once(expr.as_ref()).chain(&list).map(|item| Kind::of_expr(item, schema));
    let Some(common) = Kind::common(kinds.clone()) else {
        let told: Vec<String> = kinds.flatten().map(|kind| kind.to_string()).collect();
        return plan_err!("Cannot compare {} IN a list of {}: cast one of them", told[0], told[1..].join(", "));
    };
    let own = meet::as_common(*expr, &common, schema)?;
    let list = list.into_iter().map(|item| meet::as_common(item, &common, schema)).collect::<Result<Vec<_>>>()?;
    let is_wide = common == Kind::Numeric && list.iter().any(|item| compare::is_wide(&own, schema, item, schema));
    let one =
        |item| if is_wide { Ok(compare::by_size(item, schema)) } else { compare::by(item, &common, schema, false) };
    let own = one(own)?;
    let list = list.into_iter().map(one).collect::<Result<Vec<_>>>()?;
    Ok(Expr::InList(InList { expr: Box::new(own), list, negated }))
}

/// `n in (select m …)`: both sides go by their values.
fn in_subquery(mut query: InSubquery, schema: &DFSchema) -> Result<Expr> {
    let inner = query.subquery.subquery.schema().clone();
    let Some(column) = inner.columns().into_iter().next().map(Expr::Column) else { return Ok(Expr::InSubquery(query)) };
    let (own, column) = compare::between(*query.expr, schema, column.clone(), &inner, Operator::Eq)?;
    if !matches!(column, Expr::Column(_)) {
        let rows = LogicalPlanBuilder::from(query.subquery.subquery.as_ref().clone()).project([column])?.build()?;
        query.subquery.subquery = std::sync::Arc::new(rows);
    }
    query.expr = Box::new(own);
    Ok(Expr::InSubquery(query))
}

fn set_comparison(mut query: SetComparison, schema: &DFSchema) -> Result<Expr> {
    let inner = query.subquery.subquery.schema().clone();
    let Some(column) = inner.columns().into_iter().next().map(Expr::Column) else {
        return Ok(Expr::SetComparison(query));
    };
    let (own, column) = compare::between(*query.expr, schema, column.clone(), &inner, query.op)?;
    if !matches!(column, Expr::Column(_)) {
        let rows = LogicalPlanBuilder::from(query.subquery.subquery.as_ref().clone()).project([column])?.build()?;
        query.subquery.subquery = std::sync::Arc::new(rows);
    }
    query.expr = Box::new(own);
    Ok(Expr::SetComparison(query))
}

/// LIKE is of texts alone; a char(n) is matched with its blanks, as in PostgreSQL.
fn checked_like(like: Like, schema: &DFSchema) -> Result<Like> {
    for side in [&like.expr, &like.pattern] {
        match Kind::of_expr(side, schema) {
            Some(kind) if !kind.is_text() && !matches!(kind, Kind::Unknown | Kind::Null) => {
                return plan_err!("Cannot apply LIKE to {kind}: write cast(… as text)");
            }
            _ => {}
        }
    }
    Ok(like)
}

fn function(mut call: ScalarFunction, schema: &DFSchema) -> Result<Expr> {
    if matches!(call.name(), "coalesce" | "greatest" | "least") {
        return meet::variadic(call, schema);
    }
    // NULLIF gives its first value as it is, unless it is compared as another type.
    if call.name() == "as_compared"
        && let [own, other] = call.args.as_slice()
        && let (Some(own_kind), Some(other_kind)) = (Kind::of_expr(own, schema), Kind::of_expr(other, schema))
    {
        let changes = own_kind.is_integer() && other_kind == Kind::Numeric
            || other_kind.is_float() && !own_kind.is_float() && own_kind.rank().is_some()
            || matches!(own_kind, Kind::Unknown | Kind::Null);
        if !changes {
            return Ok(own.clone());
        }
    }
    // A function of the engine takes a char(n) as the text it is without its blanks.
    if !families::has(call.name()) && !KEEPS_TYPES.contains(&call.name()) {
        let as_text = OF_TEXTS.contains(&call.name());
        for arg in &mut call.args {
            match Kind::of_expr(arg, schema) {
                Some(Kind::Padded) => *arg = unpadded(arg.clone()),
                Some(kind @ (Kind::Json | Kind::Jsonb)) if as_text => return opaque(call.name(), &kind),
                Some(kind @ Kind::Own(_)) if as_text && !kind.is_label() => return opaque(call.name(), &kind),
                _ => {}
            }
        }
    }
    Ok(Expr::ScalarFunction(call))
}

fn opaque(function: &str, kind: &Kind) -> Result<Expr> {
    plan_err!("{function}({kind}) is not there: write cast(… as text), if its text is what is meant")
}

/// Functions of the engine that take texts, and would take any type that travels as one.
const OF_TEXTS: &[&str] = &[
    "contains",
    "digest",
    "ends_with",
    "find_in_set",
    "levenshtein",
    "md5",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "substr_index",
    "uuid",
];

/// Functions of ours that know what their arguments' types are in PostgreSQL.
const KEEPS_TYPES: &[&str] = &[
    super::super::CAST,
    super::super::TRY_CAST,
    "get_field",
    "has_members",
    "is_jsonb",
    "legacy_uuid",
    "named_struct",
    "numeric",
    "numeric_key",
    "place",
    "reject",
    "row_json",
    "row_uuid",
    "skip",
    "warnings",
];
