//! Owns whether a query's result depends on the order of texts, which is that of their bytes here and that of a
//! collation in PostgreSQL.
//! Must not know: which collation a database has.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};

use super::kind::Kind;

/// Does a query sort texts, take the least or greatest of them, or compare them by order?
///
/// # Errors
/// Never in practice: walking a plan cannot fail.
pub fn orders_texts(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        if let LogicalPlan::Sort(sort) = node {
            found |= sorts(&sort.expr, &schema);
        }
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found |= of_expr(expr, &schema);
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    Ok(found)
}

fn of_expr(expr: &Expr, schema: &DFSchema) -> bool {
    match expr {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq,
            right,
        }) => is_text(left, schema) && is_text(right, schema),
        Expr::AggregateFunction(call) => {
            let least = matches!(call.func.name(), "min" | "max");
            least && call.params.args.iter().any(|arg| is_text(arg, schema)) || sorts(&call.params.order_by, schema)
        }
        Expr::WindowFunction(call) => {
            let least = matches!(call.fun.name(), "min" | "max");
            least && call.params.args.iter().any(|arg| is_text(arg, schema)) || sorts(&call.params.order_by, schema)
        }
        Expr::ScalarFunction(call) if matches!(call.name(), "greatest" | "least" | "greatest_of" | "least_of") => {
            call.args.iter().any(|arg| is_text(arg, schema))
        }
        _ => false,
    }
}

fn sorts(order: &[Sort], schema: &DFSchema) -> bool {
    order.iter().any(|sort| is_text(&sort.expr, schema))
}

fn is_text(expr: &Expr, schema: &DFSchema) -> bool {
    Kind::of_expr(expr, schema).is_some_and(|kind| kind.is_text() || kind == Kind::Unknown)
}
