//! Owns the rewriting of a planned query so that numbers of any size are compared by value, wherever SQL compares.
//! Must not know: how a value is compared.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::{
    AggregateFunction, Between, Case, Cast, InList, InSubquery, ScalarFunction, Sort, TryCast, WindowFunction,
};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator,
    WindowFunctionDefinition, cast, ident, lit,
};

use super::{NUMERIC, aggregate, is_numeric, number, udf};

/// Compares numbers of any size by value: in conditions and joins, in groups and DISTINCT, in orders and windows.
///
/// # Errors
/// For what would compare them as text: it is named, with what to write instead.
pub fn compared_by_value(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= has_numbers(node.schema());
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    })?;
    if !found {
        return Ok(plan);
    }
    Ok(plan.transform_up_with_subqueries(node)?.data)
}

fn node(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let schema = merge_schema(&node.inputs());
    let names = NamePreserver::new(&node);
    let rewritten = node.map_expressions(|expr| {
        let name = names.save(&expr);
        let expr = expr.transform_up(|expr| by_value(expr, &schema))?;
        Ok(expr.update_data(|expr| name.restore(expr)))
    })?;
    // Also where nothing is rewritten: what lies below may have got another type.
    let changed = rewritten.transformed;
    let node = numbers_of_unions(rewritten.data)?.recompute_schema()?;
    Ok(match node {
        LogicalPlan::Sort(mut sort) => {
            sort.expr = order(sort.expr, &schema);
            Transformed::yes(LogicalPlan::Sort(sort))
        }
        LogicalPlan::Join(mut join) => {
            let (left, right) = (join.left.schema().clone(), join.right.schema().clone());
            for (own, other) in &mut join.on {
                if is_numeric(own, &left) || is_numeric(other, &right) {
                    *own = key(number(own.clone(), &left)?);
                    *other = key(number(other.clone(), &right)?);
                }
            }
            Transformed::yes(LogicalPlan::Join(join))
        }
        LogicalPlan::Aggregate(group) => grouped(group, changed)?,
        LogicalPlan::Distinct(Distinct::All(input)) if has_numbers(input.schema()) => {
            let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
            grouped(Aggregate::try_new(input, columns, Vec::new())?, true)?
        }
        LogicalPlan::Distinct(Distinct::On(on)) if on.on_expr.iter().any(|expr| is_numeric(expr, &schema)) => {
            return plan_err!(
                "DISTINCT ON a numeric without a precision: write row_number() over (partition by …) = 1"
            );
        }
        node if changed => Transformed::yes(node),
        node => Transformed::no(node),
    })
}

/// In a union, a column that is such a number in one of its parts is one in all.
fn numbers_of_unions(node: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Union(mut union) = node else { return Ok(node) };
    let width = union.schema.fields().len();
    let is_one = |at: usize| union.inputs.iter().any(|input| *input.schema().field(at).data_type() == NUMERIC);
    let numbers: Vec<bool> = (0..width).map(is_one).collect();
    if numbers.contains(&true) {
        for input in &mut union.inputs {
            let schema = input.schema().clone();
            let columns = schema.columns().into_iter().zip(&numbers).map(|(column, is_number)| {
                let (relation, name) = (column.relation.clone(), column.name.clone());
                let column = Expr::Column(column);
                if !is_number || is_numeric(&column, &schema) {
                    return Ok(column);
                }
                Ok(number(column, &schema)?.alias_qualified(relation, name))
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            let part = LogicalPlanBuilder::from(input.as_ref().clone()).project(columns)?.build()?;
            *input = std::sync::Arc::new(part);
        }
    }
    Ok(LogicalPlan::Union(union))
}

fn has_numbers(schema: &DFSchema) -> bool {
    schema.fields().iter().any(|field| *field.data_type() == NUMERIC)
}

fn key(expr: Expr) -> Expr {
    udf::key().call(vec![expr])
}

fn keyed(expr: Expr, schema: &DFSchema) -> Expr {
    if is_numeric(&expr, schema) { key(expr) } else { expr }
}

fn order(order: Vec<Sort>, schema: &DFSchema) -> Vec<Sort> {
    order.into_iter().map(|sort| Sort { expr: keyed(sort.expr, schema), ..sort }).collect()
}

/// Groups by value; of the equal numbers of a group, one is shown.
fn grouped(group: Aggregate, changed: bool) -> Result<Transformed<LogicalPlan>> {
    let input = group.input.schema().clone();
    let is_key = |expr: &Expr| is_numeric(expr, &input);
    if !group.group_expr.iter().any(is_key) {
        let plan = LogicalPlan::Aggregate(group);
        return Ok(if changed { Transformed::yes(plan) } else { Transformed::no(plan) });
    }
    if group.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_))) {
        return plan_err!(
            "GROUPING SETS over a numeric without a precision: cast it, for example cast(… as numeric(20, 6))"
        );
    }
    let shown = |at: usize| format!("_number_{at}");
    let mut keys = Vec::with_capacity(group.group_expr.len());
    let mut aggregates = group.aggr_expr.clone();
    for (at, expr) in group.group_expr.iter().enumerate() {
        if is_key(expr) {
            keys.push(key(expr.clone().unalias()).alias(format!("_number_key_{at}")));
            aggregates.push(aggregate::choice("numeric_any").call(vec![expr.clone().unalias()]).alias(shown(at)));
        } else {
            keys.push(expr.clone());
        }
    }
    let columns = group.schema.iter().enumerate().map(|(at, (relation, field))| {
        if group.group_expr.get(at).is_some_and(is_key) {
            ident(shown(at)).alias_qualified(relation.cloned(), field.name())
        } else {
            Expr::Column(Column::from((relation, field)))
        }
    });
    let columns: Vec<Expr> = columns.collect();
    let plan = LogicalPlanBuilder::from(group.input.as_ref().clone()).aggregate(keys, aggregates)?.project(columns)?;
    Ok(Transformed::yes(plan.build()?))
}

fn by_value(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(Transformed::yes(match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if compares(op) => {
            let (left, right) = compared(*left, *right, schema)?;
            Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })
        }
        Expr::Between(Between { expr, negated, low, high }) => {
            let (own, low) = compared(expr.as_ref().clone(), *low, schema)?;
            let (_, high) = compared(*expr, *high, schema)?;
            Expr::Between(Between { expr: Box::new(own), negated, low: Box::new(low), high: Box::new(high) })
        }
        Expr::InList(InList { expr, list, negated }) if is_numeric(&expr, schema) => {
            let list = list.into_iter().map(|item| Ok(key(number(item, schema)?))).collect::<Result<Vec<_>>>()?;
            Expr::InList(InList { expr: Box::new(key(*expr)), list, negated })
        }
        Expr::InSubquery(query) => in_subquery(query, schema)?,
        Expr::Case(case) => Expr::Case(case_of(case, schema)?),
        Expr::Cast(Cast { expr, field }) if is_numeric(&expr, schema) => {
            Expr::Cast(Cast { expr: Box::new(rounded(*expr, field.data_type())), field })
        }
        Expr::TryCast(TryCast { expr, field }) if is_numeric(&expr, schema) => {
            Expr::TryCast(TryCast { expr: Box::new(rounded(*expr, field.data_type())), field })
        }
        Expr::ScalarFunction(call) => function(call, schema)?,
        Expr::AggregateFunction(call) => Expr::AggregateFunction(aggregated(call, schema)?),
        Expr::WindowFunction(call) => Expr::WindowFunction(Box::new(windowed(*call, schema)?)),
        other => return Ok(Transformed::no(other)),
    }))
}

/// `n in (select m …)`: both sides go by their values.
fn in_subquery(mut query: InSubquery, schema: &DFSchema) -> Result<Expr> {
    let inner = query.subquery.subquery.schema().clone();
    let Some(column) = inner.columns().into_iter().next().map(Expr::Column) else {
        return Ok(Expr::InSubquery(query));
    };
    if is_numeric(&query.expr, schema) || is_numeric(&column, &inner) {
        let rows = LogicalPlanBuilder::from(query.subquery.subquery.as_ref().clone());
        let rows = rows.project([key(number(column, &inner)?)])?.build()?;
        query.subquery.subquery = std::sync::Arc::new(rows);
        *query.expr = key(number(query.expr.as_ref().clone(), schema)?);
    }
    Ok(Expr::InSubquery(query))
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// Both sides of a comparison, so that it compares values.
fn compared(left: Expr, right: Expr, schema: &DFSchema) -> Result<(Expr, Expr)> {
    if !is_numeric(&left, schema) && !is_numeric(&right, schema) {
        return Ok((left, right));
    }
    let is_float = |side: &Expr| side.get_type(schema).is_ok_and(|kind| kind.is_floating());
    if is_float(&left) || is_float(&right) {
        let float = |side: Expr| if is_float(&side) { side } else { cast(side, DataType::Float64) };
        return Ok((float(left), float(right)));
    }
    Ok((key(number(left, schema)?), key(number(right, schema)?)))
}

/// A CASE one of whose values is such a number has such numbers alone; one that compares such a number compares its value.
fn case_of(mut case: Case, schema: &DFSchema) -> Result<Case> {
    if let Some(own) = case.expr.take() {
        if is_numeric(&own, schema) || case.when_then_expr.iter().any(|(when, _)| is_numeric(when, schema)) {
            for (when, _) in &mut case.when_then_expr {
                **when = key(number(when.as_ref().clone(), schema)?);
            }
            case.expr = Some(Box::new(key(number(*own, schema)?)));
        } else {
            case.expr = Some(own);
        }
    }
    let whole = Expr::Case(case);
    let numbers = is_numeric(&whole, schema);
    let Expr::Case(mut case) = whole else { return plan_err!("a CASE") };
    if numbers {
        for value in case.when_then_expr.iter_mut().map(|(_, then)| then).chain(case.else_expr.as_mut()) {
            **value = number(value.as_ref().clone(), schema)?;
        }
    }
    Ok(case)
}

/// A number before it becomes an integer or a decimal: rounded as PostgreSQL does, where the engine would refuse or cut.
fn rounded(expr: Expr, kind: &DataType) -> Expr {
    match kind {
        kind if kind.is_integer() => udf::unary("round").call(vec![expr]),
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
            udf::unary("round").call(vec![expr, lit(i64::from(*scale))])
        }
        _ => expr,
    }
}

fn function(mut call: ScalarFunction, schema: &DFSchema) -> Result<Expr> {
    if !call.args.iter().any(|arg| is_numeric(arg, schema)) {
        return Ok(Expr::ScalarFunction(call));
    }
    match (call.name(), call.args.as_slice()) {
        ("coalesce" | "greatest" | "least", _) => {
            call.args = call.args.into_iter().map(|arg| number(arg, schema)).collect::<Result<Vec<_>>>()?;
            Ok(Expr::ScalarFunction(call))
        }
        ("nullif", [own, other]) => {
            let (left, right) = compared(own.clone(), other.clone(), schema)?;
            let same = Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op: Operator::Eq, right: Box::new(right) });
            let null = lit(datafusion::common::ScalarValue::LargeUtf8(None));
            let own = number(own.clone(), schema)?;
            Ok(Expr::Case(Case::new(None, vec![(Box::new(same), Box::new(null))], Some(Box::new(own)))))
        }
        _ => Ok(Expr::ScalarFunction(call)),
    }
}

/// A sum or an average of numbers of any size, as it was planned.
fn totalled(name: &str, args: &[Expr], schema: &DFSchema) -> Option<(&'static str, Expr)> {
    match args {
        [Expr::ScalarFunction(widened)] if widened.name().starts_with("widen") => {
            let inner = widened.args.first().filter(|arg| is_numeric(arg, schema))?;
            let name = [("sum", "numeric_sum"), ("avg", "numeric_avg")].iter().find(|(known, _)| *known == name)?.1;
            Some((name, inner.clone()))
        }
        _ => None,
    }
}

fn aggregated(mut call: AggregateFunction, schema: &DFSchema) -> Result<AggregateFunction> {
    call.params.order_by = order(call.params.order_by, schema);
    let own = |name: &str, args: &[Expr]| -> Option<(&'static str, Expr)> {
        match (name, args) {
            ("min", [inner]) if is_numeric(inner, schema) => Some(("numeric_min", inner.clone())),
            ("max", [inner]) if is_numeric(inner, schema) => Some(("numeric_max", inner.clone())),
            _ => totalled(name, args, schema),
        }
    };
    if let Some((name, inner)) = own(call.func.name(), &call.params.args) {
        let total = matches!(name, "numeric_sum" | "numeric_avg");
        call.func = std::sync::Arc::new(if total { aggregate::total(name) } else { aggregate::choice(name) });
        call.params.args = vec![inner];
        call.params.distinct = false;
    } else if call.params.distinct && call.params.args.iter().any(|arg| is_numeric(arg, schema)) {
        if call.func.name() != "count" {
            return plan_err!("{}(DISTINCT …) of a numeric without a precision: group by it first", call.func.name());
        }
        call.params.args = call.params.args.into_iter().map(|arg| keyed(arg, schema)).collect();
    }
    Ok(call)
}

fn windowed(mut call: WindowFunction, schema: &DFSchema) -> Result<WindowFunction> {
    let params = &mut call.params;
    params.partition_by =
        std::mem::take(&mut params.partition_by).into_iter().map(|expr| keyed(expr, schema)).collect();
    params.order_by = order(std::mem::take(&mut params.order_by), schema);
    let moves = !params.window_frame.start_bound.is_unbounded();
    if let WindowFunctionDefinition::AggregateUDF(function) = &call.fun
        && moves
        && matches!(function.name(), "sum" | "avg" | "min" | "max")
        && params
            .args
            .iter()
            .any(|arg| is_numeric(arg, schema) || totalled(function.name(), &params.args, schema).is_some())
    {
        let name = function.name();
        return plan_err!(
            "{name}(…) over a window that moves, of a numeric without a precision: cast it, for example cast(… as numeric(20, 6))"
        );
    }
    if let WindowFunctionDefinition::AggregateUDF(function) = &call.fun
        && let Some((name, inner)) = totalled(function.name(), &params.args, schema)
    {
        params.args = vec![inner];
        call.fun = WindowFunctionDefinition::AggregateUDF(std::sync::Arc::new(aggregate::total(name)));
        return Ok(call);
    }
    if let WindowFunctionDefinition::AggregateUDF(function) = &call.fun
        && params.args.iter().any(|arg| is_numeric(arg, schema))
    {
        let name = match function.name() {
            "min" => "numeric_min",
            "max" => "numeric_max",
            "count" | "first_value" | "last_value" | "nth_value" | "array_agg" => return Ok(call),
            other => {
                return plan_err!(
                    "{other}(…) OVER of a numeric without a precision: cast it, for example cast(… as numeric(20, 6))"
                );
            }
        };
        call.fun = WindowFunctionDefinition::AggregateUDF(std::sync::Arc::new(aggregate::choice(name)));
    }
    Ok(call)
}
