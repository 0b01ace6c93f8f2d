//! Owns which literal texts a flow's column can take, as far as its plan shows: an enum of the target must know them.
//! Must not know: the target.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::logical_expr::{Expr, LogicalPlan};

/// For each column that is chosen among literals: these literals. Other columns are left out.
pub fn labels(plan: &LogicalPlan) -> BTreeMap<String, Vec<String>> {
    let mut labels = BTreeMap::new();
    for (index, field) in plan.schema().fields().iter().enumerate() {
        let mut found = BTreeSet::new();
        of_column(plan, index, &mut found);
        if !field.name().starts_with('_') && !found.is_empty() {
            labels.insert(field.name().clone(), found.into_iter().collect());
        }
    }
    labels
}

fn of_column(plan: &LogicalPlan, index: usize, found: &mut BTreeSet<String>) {
    match plan {
        LogicalPlan::Projection(node) => {
            if let Some(expr) = node.expr.get(index) {
                of_expr(expr, &node.input, found);
            }
        }
        LogicalPlan::SubqueryAlias(node) => of_column(&node.input, index, found),
        LogicalPlan::Filter(node) => of_column(&node.input, index, found),
        LogicalPlan::Sort(node) => of_column(&node.input, index, found),
        // What a window adds stands behind the columns of its input, and is no literal.
        LogicalPlan::Window(node) if index < node.input.schema().fields().len() => of_column(&node.input, index, found),
        LogicalPlan::Join(node) => {
            let left = node.left.schema().fields().len();
            if index < left {
                of_column(&node.left, index, found);
            } else {
                of_column(&node.right, index - left, found);
            }
        }
        LogicalPlan::Union(node) => node.inputs.iter().for_each(|input| of_column(input, index, found)),
        _ => {}
    }
}

fn of_expr(expr: &Expr, input: &LogicalPlan, found: &mut BTreeSet<String>) {
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, input, found),
        Expr::Cast(cast) => of_expr(&cast.expr, input, found),
        Expr::Literal(value, _) => found.extend(value.try_as_str().flatten().map(str::to_owned)),
        Expr::Case(case) => {
            let branches = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
            branches.for_each(|branch| of_expr(branch, input, found));
        }
        Expr::Column(column) => {
            if let Some(index) = input.schema().maybe_index_of_column(column) {
                of_column(input, index, found);
            }
        }
        _ => {}
    }
}
