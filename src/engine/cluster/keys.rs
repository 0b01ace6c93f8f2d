//! Owns one optimiser rule: rows are divided among machines by columns, never by expressions. By what rows are divided is sent apart
//! from its plan, in a form that knows none of our functions: those that make keys are computed before, as columns of their own.
//! Must not know: what divides the rows.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, not_impl_err};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;

type Plan = Arc<dyn ExecutionPlan>;
type Expression = Arc<dyn PhysicalExpr>;

/// The rule.
#[derive(Debug)]
pub struct ByColumns;

impl PhysicalOptimizerRule for ByColumns {
    fn name(&self) -> &'static str {
        "by_columns"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Plan, _: &ConfigOptions) -> Result<Plan> {
        let done = plan.transform_up(|node| match node.downcast_ref::<RepartitionExec>() {
            Some(division) => match division.partitioning() {
                Partitioning::Hash(by, partitions) if !by.iter().all(is_column) => {
                    Ok(Transformed::yes(divided(division, by, *partitions)?))
                }
                _ => Ok(Transformed::no(node)),
            },
            None => Ok(Transformed::no(node)),
        });
        done.map(|done| done.data)
    }
}

fn is_column(expr: &Expression) -> bool {
    expr.is::<Column>()
}

/// # Errors
/// Where rows are divided by anything but columns: no plan of ours does.
pub fn only_columns(partitioning: &Partitioning) -> Result<()> {
    match partitioning {
        Partitioning::Hash(by, _) if !by.iter().all(is_column) => {
            not_impl_err!("rows that are divided by an expression cannot be given to a worker")
        }
        _ => Ok(()),
    }
}

fn divided(division: &RepartitionExec, by: &[Expression], partitions: usize) -> Result<Plan> {
    let input = division.input();
    let schema = input.schema();
    let columns = || -> Vec<(Expression, String)> {
        let fields = schema.fields().iter().enumerate();
        fields.map(|(at, field)| (Arc::new(Column::new(field.name(), at)) as _, field.name().clone())).collect()
    };
    let (mut computed, mut keys) = (columns(), Vec::with_capacity(by.len()));
    for (nth, expr) in by.iter().enumerate() {
        if is_column(expr) {
            keys.push(expr.clone());
            continue;
        }
        let name = format!("__by_{nth}");
        keys.push(Arc::new(Column::new(&name, computed.len())) as Expression);
        computed.push((expr.clone(), name));
    }
    let with_keys = Arc::new(ProjectionExec::try_new(computed, input.clone())?);
    let mut anew = RepartitionExec::try_new(with_keys, Partitioning::Hash(keys, partitions))?;
    if division.preserve_order() {
        anew = anew.with_preserve_order();
    }
    Ok(Arc::new(ProjectionExec::try_new(columns(), Arc::new(anew))?))
}
