//! Owns one promise of SQL: what a query computes is computed for the rows that its WHERE lets through, and for no other.
//! The engine moves narrow projections beneath filters, where `1 / x` meets the zeros that `where x <> 0` keeps away.
//! Must not know: what is computed.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// The rule that moves projections down.
const MOVES: &str = "ProjectionPushdown";

/// The engine's rules, of which the one that moves projections does not move what computes beneath a filter.
pub fn guarded(rules: Vec<Rule>) -> Vec<Rule> {
    rules.into_iter().map(|rule| if rule.name() == MOVES { Arc::new(Guarded(rule)) as Rule } else { rule }).collect()
}

#[derive(Debug)]
struct Guarded(Rule);

impl PhysicalOptimizerRule for Guarded {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let barred = plan.transform_up(bar)?.data;
        Ok(self.0.optimize(barred, config)?.transform_up(unbar)?.data)
    }
}

/// Puts a barrier between what computes and its filter.
fn bar(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let Some(projection) = node.downcast_ref::<ProjectionExec>() else { return Ok(Transformed::no(node)) };
    let computes = projection.expr().iter().any(|projected| projected.expr.downcast_ref::<Column>().is_none());
    if !computes || projection.input().downcast_ref::<FilterExec>().is_none() {
        return Ok(Transformed::no(node));
    }
    let barrier: Arc<dyn ExecutionPlan> = Arc::new(Barrier(projection.input().clone()));
    let computing = ProjectionExec::try_new(projection.expr().to_vec(), barrier)?;
    Ok(Transformed::yes(Arc::new(computing)))
}

fn unbar(node: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    match node.downcast_ref::<Barrier>() {
        Some(barrier) => Ok(Transformed::yes(barrier.0.clone())),
        None => Ok(Transformed::no(node)),
    }
}

/// A node that nothing is moved through. It is gone before a query runs.
#[derive(Debug)]
struct Barrier(Arc<dyn ExecutionPlan>);

impl DisplayAs for Barrier {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Barrier")
    }
}

impl ExecutionPlan for Barrier {
    fn name(&self) -> &'static str {
        "Barrier"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.0]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some(child) = children.pop() {
            Ok(Arc::new(Self(child)))
        } else {
            internal_err!("a barrier stands over one node")
        }
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.0.execute(partition, context)
    }
}
