//! Owns which columns of the source a flow's column is made of, as far as its plan shows, and the clocks that the flow
//! itself gives a zone.
//! Must not know: what zones there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, TableReference};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Projection};

use crate::engine::Schema;
use crate::name::Name;

/// A column of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub table: Name,
    pub column: String,
}

/// The columns of the source that a column of a plan is made of, of those that hold clock times or dates.
pub fn origins(plan: &LogicalPlan, column: &str) -> BTreeSet<Origin> {
    let mut found = BTreeSet::new();
    if let Some(index) = plan.schema().fields().iter().position(|field| field.name() == column) {
        of_column(plan, index, &mut found);
    }
    found
}

fn of_column(plan: &LogicalPlan, index: usize, found: &mut BTreeSet<Origin>) {
    let mut own = |table: &TableReference| {
        let table = source_table(table)?;
        let field = plan.schema().fields().get(index)?;
        if matches!(field.data_type(), DataType::Timestamp(_, None) | DataType::Date32) {
            found.insert(Origin { table, column: field.name().clone() });
        }
        Some(())
    };
    match plan {
        LogicalPlan::TableScan(node) => {
            own(&node.table_name);
        }
        LogicalPlan::SubqueryAlias(node) if own(&node.alias).is_none() => of_column(&node.input, index, found),
        LogicalPlan::Projection(node) => of_exprs(node.expr.get(index), &node.input, found),
        LogicalPlan::Aggregate(node) => {
            of_exprs(node.group_expr.iter().chain(&node.aggr_expr).nth(index), &node.input, found);
        }
        LogicalPlan::Window(node) => {
            let before = node.input.schema().fields().len();
            if index < before {
                of_column(&node.input, index, found);
            } else {
                of_exprs(node.window_expr.get(index - before), &node.input, found);
            }
        }
        LogicalPlan::Join(node) => {
            let left = node.left.schema().fields().len();
            if index < left {
                of_column(&node.left, index, found);
            } else {
                of_column(&node.right, index - left, found);
            }
        }
        LogicalPlan::Union(node) => node.inputs.iter().for_each(|input| of_column(input, index, found)),
        LogicalPlan::Filter(node) => of_column(&node.input, index, found),
        LogicalPlan::Sort(node) => of_column(&node.input, index, found),
        LogicalPlan::Limit(node) => of_column(&node.input, index, found),
        _ => {}
    }
}

fn of_exprs(expr: Option<&Expr>, input: &LogicalPlan, found: &mut BTreeSet<Origin>) {
    for column in expr.iter().flat_map(|expr| expr.column_refs()) {
        if let Some(index) = input.schema().maybe_index_of_column(column) {
            of_column(input, index, found);
        }
    }
}

/// The name of a table of the source.
fn source_table(table: &TableReference) -> Option<Name> {
    let (schema, name) = (table.schema()?, table.table().to_owned());
    match table.catalog() {
        Some(catalog) if catalog == Schema::Source.name() => {
            Some(Name::Full { schema: schema.to_owned(), table: name })
        }
        _ if schema == Schema::Source.name() => Some(Name::Plain(name)),
        _ => None,
    }
}

/// The plan with a column more for each clock time that it gives a zone by `at time zone '…'`: how often the zone's
/// clocks show that time. Only what the last SELECT says of a column as it stands, since other values may have no time.
///
/// # Errors
/// Never in practice: the columns are there.
pub fn watched(
    plan: &LogicalPlan,
    shows: impl Fn(Expr, Expr) -> Expr,
) -> Result<Option<(LogicalPlan, Vec<String>)>, DataFusionError> {
    let LogicalPlan::Projection(node) = plan else { return Ok(None) };
    let mut clocks: Vec<(Expr, Expr)> = Vec::new();
    for expr in &node.expr {
        expr.apply(|expr| {
            if let Expr::ScalarFunction(call) = expr
                && call.name() == "timezone"
                && let [zone @ Expr::Literal(..), clock @ Expr::Column(_)] = call.args.as_slice()
                && matches!(clock.get_type(node.input.schema())?, DataType::Timestamp(_, None))
                && !clocks.iter().any(|known| known.0 == *zone && known.1 == *clock)
            {
                clocks.push((zone.clone(), clock.clone()));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    if clocks.is_empty() {
        return Ok(None);
    }
    let names: Vec<String> = (0..clocks.len()).map(|at| format!("_clock_{at}")).collect();
    let more = clocks.into_iter().zip(&names).map(|((zone, clock), name)| shows(zone, clock).alias(name));
    let exprs = node.expr.iter().cloned().chain(more).collect();
    let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::clone(&node.input))?);
    Ok(Some((plan, names)))
}
