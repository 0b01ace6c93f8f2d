//! Owns one optimiser rule: window functions that look at a whole partition are computed a few partitions at a time. The engine
//! gathers all rows of the query first, whatever memory it may hold.
//! Must not know: what the windows compute.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::partition;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::WindowAggExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::{StreamExt, TryStreamExt, stream};

type Plan = Arc<dyn ExecutionPlan>;

/// Rows of whole partitions that are computed at a time, at least.
const PIECE: usize = 8_192;

/// The rule.
#[derive(Debug)]
pub struct FewPartitions;

impl PhysicalOptimizerRule for FewPartitions {
    fn name(&self) -> &'static str {
        "few_partitions"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Plan, _: &ConfigOptions) -> Result<Plan> {
        let done = plan.transform_up(|node| {
            let Some(window) = node.downcast_ref::<WindowAggExec>() else { return Ok(Transformed::no(node)) };
            if window.partition_by_sort_keys()?.is_empty() {
                return Ok(Transformed::no(node));
            }
            Ok(Transformed::yes(Arc::new(Pieces::new(node)?)))
        });
        done.map(|done| done.data)
    }
}

/// The windows below it, a few partitions at a time.
#[derive(Debug)]
pub struct Pieces {
    window: Plan,
}

impl Pieces {
    /// # Errors
    /// When the plan computes no windows: a defect.
    pub fn new(window: Plan) -> Result<Self> {
        let pieces = Self { window };
        pieces.window()?;
        Ok(pieces)
    }

    fn window(&self) -> Result<&WindowAggExec> {
        let Some(window) = self.window.downcast_ref() else { return internal_err!("pieces are those of windows") };
        Ok(window)
    }
}

impl DisplayAs for Pieces {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FewPartitions")
    }
}

impl ExecutionPlan for Pieces {
    fn name(&self) -> &'static str {
        "FewPartitions"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.window.properties()
    }

    fn children(&self) -> Vec<&Plan> {
        vec![&self.window]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Plan>) -> Result<Plan> {
        let Some(window) = children.pop() else { return internal_err!("pieces are those of one node") };
        Ok(Arc::new(Self::new(window)?))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let window = self.window()?;
        let keys = window.partition_by_sort_keys()?.into_iter().map(|key| key.expr).collect();
        let held = MemoryConsumer::new(format!("Windows[{partition}]")).register(context.memory_pool());
        let cutter = Cutter { keys, gathered: Vec::new(), rows: 0, held };
        let pieces = cutter.cut(window.input().execute(partition, context.clone())?);
        let whole = self.window.clone();
        let computed = pieces.map(move |piece| piece.and_then(|piece| compute(&whole, piece, context.clone())));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), computed.try_flatten())))
    }
}

/// Computes the windows of rows in memory.
fn compute(window: &Plan, rows: Vec<RecordBatch>, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
    let Some(schema) = rows.first().map(RecordBatch::schema) else { return internal_err!("a piece without rows") };
    let sorted = window.children().into_iter().filter_map(|input| input.output_ordering().cloned()).collect();
    let rows = MemorySourceConfig::try_new(&[rows], schema, None)?.try_with_sort_information(sorted)?;
    let rows: Plan = DataSourceExec::from_data_source(rows);
    let as_sorted = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep);
    window.clone().replace_children(vec![rows], as_sorted)?.execute(0, context)
}

/// Cuts rows that come partition by partition into pieces of whole partitions.
struct Cutter {
    keys: Vec<Arc<dyn PhysicalExpr>>,
    gathered: Vec<RecordBatch>,
    rows: usize,
    held: MemoryReservation,
}

impl Cutter {
    fn cut(
        self,
        input: SendableRecordBatchStream,
    ) -> impl futures::Stream<Item = Result<Vec<RecordBatch>>> + Send + 'static {
        stream::try_unfold((self, Some(input)), |(mut cutter, input)| async move {
            let Some(mut input) = input else { return Ok(None) };
            while let Some(batch) = input.try_next().await? {
                if let Some(piece) = cutter.take(batch)? {
                    return Ok(Some((piece, (cutter, Some(input)))));
                }
            }
            let rest = std::mem::take(&mut cutter.gathered);
            Ok((!rest.is_empty()).then_some((rest, (cutter, None))))
        })
    }

    /// Takes rows; gives a piece where one is whole.
    fn take(&mut self, batch: RecordBatch) -> Result<Option<Vec<RecordBatch>>> {
        let at = if self.rows + batch.num_rows() < PIECE { 0 } else { self.last_begins(&batch)? };
        if at == 0 {
            self.held.try_grow(batch.get_array_memory_size())?;
            self.rows += batch.num_rows();
            if batch.num_rows() > 0 {
                self.gathered.push(batch);
            }
            return Ok(None);
        }
        let mut piece = std::mem::take(&mut self.gathered);
        piece.push(batch.slice(0, at));
        let rest = batch.slice(at, batch.num_rows() - at);
        self.held.try_resize(rest.get_array_memory_size())?;
        self.rows = rest.num_rows();
        self.gathered.push(rest);
        Ok(Some(piece))
    }

    /// The row at which the last partition of a batch begins.
    fn last_begins(&self, batch: &RecordBatch) -> Result<usize> {
        let keys: Vec<ArrayRef> = self
            .keys
            .iter()
            .map(|key| key.evaluate(batch).and_then(|key| key.into_array(batch.num_rows())))
            .collect::<Result<_>>()?;
        Ok(partition(&keys)?.ranges().last().map_or(0, |last| last.start))
    }
}
