//! Owns the pass over a planned query that the planner's hooks cannot do: what is compared, grouped, joined and sorted is
//! so by PostgreSQL's equality and order, and values that meet in CASE, COALESCE or UNION have PostgreSQL's common type.
//! Must not know: how a value is compared.

mod aggregate;
mod expression;
mod meet;

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, ident,
};

use super::super::functions::any_of_equals;
use super::compare;
use super::kind::Kind;

/// Settles a whole plan, from its tables upwards, so that each node sees the types that lie beneath it.
///
/// # Errors
/// For what PostgreSQL does not compare, or what cannot be compared here: with what to write instead.
pub fn settled(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan.transform_up_with_subqueries(node)?.data)
}

fn node(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let schema = merge_schema(&node.inputs());
    let names = NamePreserver::new(&node);
    let rewritten = node.map_expressions(|expr| {
        let name = names.save(&expr);
        let expr = expr.transform_up(|expr| expression::settled(expr, &schema))?;
        Ok(expr.update_data(|expr| name.restore(expr)))
    })?;
    let node = meet::unions(rewritten.data)?.recompute_schema()?;
    Ok(Transformed::yes(match node {
        LogicalPlan::Sort(mut sort) => {
            sort.expr = ordered(sort.expr, &schema)?;
            LogicalPlan::Sort(sort)
        }
        LogicalPlan::Join(mut join) => {
            let (left, right) = (join.left.schema().clone(), join.right.schema().clone());
            for (own, other) in &mut join.on {
                let sides = compare::between(own.clone(), &left, other.clone(), &right, Operator::Eq)?;
                (*own, *other) = sides;
            }
            LogicalPlan::Join(join)
        }
        LogicalPlan::Aggregate(group) => {
            let (shift, exprs) = (group.group_expr.len(), group.aggr_expr.clone());
            retyped(grouped(group)?, shift, &exprs, &schema)?
        }
        LogicalPlan::Window(window) => {
            let (shift, exprs) = (window.input.schema().fields().len(), window.window_expr.clone());
            retyped(LogicalPlan::Window(window), shift, &exprs, &schema)?
        }
        LogicalPlan::Distinct(Distinct::All(input)) if needs_keys(input.schema()) => {
            let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
            grouped(Aggregate::try_new(input, columns, Vec::new())?)?
        }
        LogicalPlan::Values(values) => {
            meet::values(&values)?;
            LogicalPlan::Values(values)
        }
        LogicalPlan::Distinct(Distinct::On(mut on)) => {
            let input = on.input.schema().clone();
            on.on_expr =
                std::mem::take(&mut on.on_expr).into_iter().map(|expr| keyed(expr, &input)).collect::<Result<_>>()?;
            if let Some(sort) = on.sort_expr.take() {
                on.sort_expr = Some(ordered(sort, &input)?);
            }
            LogicalPlan::Distinct(Distinct::On(on))
        }
        other => other,
    }))
}

/// Gives results the types that the engine has lost. `exprs` made the columns from `shift` on, over `schema`.
fn retyped(plan: LogicalPlan, shift: usize, exprs: &[Expr], schema: &DFSchema) -> Result<LogicalPlan> {
    let kinds: Vec<Option<Kind>> = exprs.iter().map(|expr| aggregate::kept(expr, schema)).collect();
    if kinds.iter().all(Option::is_none) {
        return Ok(plan);
    }
    let columns = plan.schema().columns().into_iter().enumerate().map(|(at, column)| {
        let (relation, name) = (column.relation.clone(), column.name.clone());
        match at.checked_sub(shift).and_then(|at| kinds.get(at)) {
            Some(Some(kind)) => meet::declared(Expr::Column(column), kind).alias_qualified(relation, name),
            _ => Expr::Column(column),
        }
    });
    let columns: Vec<Expr> = columns.collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

fn needs_key(expr: &Expr, schema: &DFSchema) -> bool {
    match (Kind::of_expr(expr, schema), expr.get_type(schema)) {
        (Some(kind), Ok(data_type)) => compare::has_key(&kind, &data_type),
        _ => false,
    }
}

fn needs_keys(schema: &DFSchema) -> bool {
    schema.fields().iter().any(|field| compare::has_key(&Kind::of(field), field.data_type()))
}

/// What the engine groups by in place of an expression.
fn keyed(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    match Kind::of_expr(&expr, schema) {
        Some(kind @ (Kind::Json | Kind::Own(_))) => compare::by(expr, &kind, schema, false),
        Some(kind) if needs_key(&expr, schema) => compare::by(expr, &kind, schema, false),
        _ => Ok(expr),
    }
}

/// What the engine sorts by in place of each expression.
fn ordered(order: Vec<Sort>, schema: &DFSchema) -> Result<Vec<Sort>> {
    let one = |sort: Sort| {
        let expr = match Kind::of_expr(&sort.expr, schema) {
            Some(Kind::Own(name)) if name == "tid" => sort.expr,
            Some(kind) => compare::by(sort.expr, &kind, schema, true)?,
            None => sort.expr,
        };
        Ok(Sort { expr, ..sort })
    };
    order.into_iter().map(one).collect()
}

/// Groups by value; of the equal values of a group, one is shown.
fn grouped(group: Aggregate) -> Result<LogicalPlan> {
    let input = group.input.schema().clone();
    let is_key = |expr: &Expr| needs_key(expr, &input);
    for expr in &group.group_expr {
        // Types that are not compared here are told, though they have no key.
        keyed(expr.clone().unalias(), &input)?;
    }
    if !group.group_expr.iter().any(is_key) {
        return Ok(LogicalPlan::Aggregate(group));
    }
    if group.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_))) {
        return plan_err!(
            "GROUPING SETS over a type whose equal values differ in form: cast it, for example to text or numeric(20, 6)"
        );
    }
    let shown = |at: usize| format!("_value_{at}");
    let mut keys = Vec::with_capacity(group.group_expr.len());
    let mut aggregates = group.aggr_expr.clone();
    for (at, expr) in group.group_expr.iter().enumerate() {
        if is_key(expr) {
            let own = expr.clone().unalias();
            let is_list = matches!(Kind::of_expr(&own, &input), Some(Kind::List(_)));
            keys.push(keyed(own.clone(), &input)?.alias(format!("_key_{at}")));
            aggregates.push(any_of_equals(own, &input, is_list)?.alias(shown(at)));
        } else {
            keys.push(expr.clone());
        }
    }
    let columns = group.schema.iter().enumerate().map(|(at, (relation, field))| {
        if group.group_expr.get(at).is_some_and(is_key) {
            let value = ident(shown(at));
            let value = meet::declared(value, &Kind::of(field));
            value.alias_qualified(relation.cloned(), field.name())
        } else {
            Expr::Column(Column::from((relation, field)))
        }
    });
    let columns: Vec<Expr> = columns.collect();
    let plan =
        LogicalPlanBuilder::from(Arc::unwrap_or_clone(group.input)).aggregate(keys, aggregates)?.project(columns)?;
    plan.build()
}
