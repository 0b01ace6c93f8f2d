//! Owns which clocks of the source a flow's column is made of, and those that the flow itself gives a zone.
//! Must not know: what zones there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Projection};

use crate::lineage;
use crate::name::Name;

/// A column of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub table: Name,
    pub column: String,
}

/// The columns of the source that a column of a plan is made of, of those that hold clock times or dates.
pub fn origins(plan: &LogicalPlan, column: &str) -> BTreeSet<Origin> {
    let of_source = |(column, kind): (lineage::Column, DataType)| match (column.table, kind) {
        (lineage::Table::Source(table), DataType::Timestamp(_, None) | DataType::Date32) => {
            Some(Origin { table, column: column.name })
        }
        _ => None,
    };
    lineage::made_of(plan, column).into_iter().filter_map(of_source).collect()
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
