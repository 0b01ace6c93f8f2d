//! Owns one optimiser rule: where their order does not matter, the parts of a union are read one after another. The engine starts all
//! of them at the same time, and thirty parts hold thirty times the memory.
//! Must not know: what the parts are.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, replace_children_if_necessary,
};
use futures::{StreamExt, TryStreamExt, stream};

type Plan = Arc<dyn ExecutionPlan>;

/// The rule.
#[derive(Debug)]
pub struct PartsInTurn;

impl PhysicalOptimizerRule for PartsInTurn {
    fn name(&self) -> &'static str {
        "parts_in_turn"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Plan, config: &ConfigOptions) -> Result<Plan> {
        let at_a_time = config.execution.target_partitions;
        let done = plan.transform_up(|node| {
            if !any_order_will_do(&node) {
                return Ok(Transformed::no(node));
            }
            let rows =
                node.children().into_iter().map(|rows| within(rows.clone(), at_a_time)).collect::<Result<_>>()?;
            replace_children_if_necessary(node, rows).map(Transformed::yes)
        });
        done.map(|done| done.data)
    }
}

/// Is it the same to a node in which order, and in how many partitions, rows come to it?
fn any_order_will_do(node: &Plan) -> bool {
    match node.downcast_ref::<RepartitionExec>() {
        Some(repartition) => !repartition.preserve_order(),
        None => node.is::<SortExec>() || node.is::<CoalescePartitionsExec>(),
    }
}

/// Reads the parts of a union in turn, if these rows are those of one, as they are or computed further row by row.
fn within(rows: Plan, at_a_time: usize) -> Result<Plan> {
    if rows.is::<UnionExec>() && stands_alone(&rows) {
        return Ok(in_turn(rows, at_a_time));
    }
    if !(rows.is::<ProjectionExec>() || rows.is::<FilterExec>()) {
        return Ok(rows);
    }
    let inner = rows.children().into_iter().map(|inner| within(inner.clone(), at_a_time)).collect::<Result<_>>()?;
    replace_children_if_necessary(rows, inner)
}

/// Does each partition of a plan go its own way? Those of a join or a repartition wait for each other.
fn stands_alone(plan: &Plan) -> bool {
    let waits = |node: &Plan| Ok(node.children().len() > 1 && !node.is::<UnionExec>() || node.is::<RepartitionExec>());
    !plan.exists(waits).unwrap_or(true)
}

fn in_turn(rows: Plan, at_a_time: usize) -> Plan {
    if rows.output_partitioning().partition_count() <= at_a_time {
        return rows;
    }
    Arc::new(InTurn::new(rows, at_a_time))
}

/// The partitions of a plan, several of them as one: each begins when the one before has ended.
#[derive(Debug)]
pub struct InTurn {
    rows: Plan,
    properties: Arc<PlanProperties>,
}

impl InTurn {
    /// Makes so many partitions of those of a plan.
    pub fn new(rows: Plan, at_a_time: usize) -> Self {
        let of = rows.properties();
        let mut equal = of.eq_properties.clone();
        equal.clear_orderings();
        let properties =
            PlanProperties::new(equal, Partitioning::UnknownPartitioning(at_a_time), of.emission_type, of.boundedness);
        Self { rows, properties: Arc::new(properties) }
    }

    /// How many partitions are made of all.
    pub fn at_a_time(&self) -> usize {
        self.properties.partitioning.partition_count()
    }
}

impl DisplayAs for InTurn {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InTurn")
    }
}

impl ExecutionPlan for InTurn {
    fn name(&self) -> &'static str {
        "InTurn"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Plan> {
        vec![&self.rows]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Plan>) -> Result<Plan> {
        let Some(rows) = children.pop() else { return internal_err!("partitions in turn are those of one node") };
        Ok(in_turn(rows, self.at_a_time()))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (rows, schema) = (self.rows.clone(), self.schema());
        let all = rows.output_partitioning().partition_count();
        let step = self.at_a_time();
        let each = stream::iter((partition..all).step_by(step)).map(move |one| rows.execute(one, context.clone()));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, each.try_flatten())))
    }
}
