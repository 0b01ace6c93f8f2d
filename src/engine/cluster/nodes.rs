//! Owns the nodes that only plans over several machines have: a recursion that stays whole, and a part of a plan on its way.
//! Must not know: how they are written.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err, not_impl_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::work_table::WorkTableExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

type Plan = Arc<dyn ExecutionPlan>;

/// The rule that encloses recursion: its terms hand rows to each other in the memory of one process, and must not be cut apart.
#[derive(Debug)]
pub struct Enclose;

impl PhysicalOptimizerRule for Enclose {
    fn name(&self) -> &'static str {
        "enclose"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Plan, _: &ConfigOptions) -> Result<Plan> {
        let done = plan.transform_down(|node| {
            if !node.is::<RecursiveQueryExec>() {
                return Ok(Transformed::no(node));
            }
            Ok(Transformed::new(Arc::new(Enclosed(node)) as Plan, true, TreeNodeRecursion::Jump))
        });
        done.map(|done| done.data)
    }
}

/// A recursion, as one leaf.
#[derive(Debug)]
pub struct Enclosed(Plan);

impl Enclosed {
    /// The recursion.
    ///
    /// # Errors
    /// When it holds something else: a defect.
    pub fn recursion(&self) -> Result<&RecursiveQueryExec> {
        let Some(recursion) = self.0.downcast_ref() else { return internal_err!("only recursion is enclosed") };
        Ok(recursion)
    }
}

/// A part of a plan on its way. Where it arrives, the part itself stands in its place.
#[derive(Debug)]
pub struct Packed(Plan);

impl Packed {
    pub fn new(part: Plan) -> Self {
        Self(part)
    }

    pub fn part(&self) -> &Plan {
        &self.0
    }
}

/// What a term of a recursion reads of the rows before, with what the engine's own node does not tell: which columns.
#[derive(Debug)]
pub struct WorkTable {
    reads: Plan,
    pub name: String,
    /// The whole table's columns.
    pub table: SchemaRef,
    pub columns: Vec<usize>,
}

/// The repeated term of a recursion, whose work table tells which columns it reads. Columns are known by name.
///
/// # Errors
/// When names do not tell the columns apart.
pub fn with_work_table(recursion: &RecursiveQueryExec) -> Result<Plan> {
    let whole = recursion.schema();
    let done = recursion.recursive_term().clone().transform_up(|node| match node.downcast_ref::<WorkTableExec>() {
        Some(reads) if reads.name() == recursion.name() => {
            let (table, columns) = columns_of(&reads.schema(), &whole)?;
            let name = reads.name().to_owned();
            Ok(Transformed::yes(Arc::new(WorkTable { reads: node.clone(), name, table, columns }) as Plan))
        }
        _ => Ok(Transformed::no(node)),
    });
    // What is nested is a leaf of its own.
    Enclose.optimize(done?.data, &ConfigOptions::default())
}

/// Which columns of the whole are read, and the whole with the fields under which they are.
fn columns_of(reads: &Schema, whole: &Schema) -> Result<(SchemaRef, Vec<usize>)> {
    let mut fields: Vec<Arc<Field>> = whole.fields().iter().cloned().collect();
    let mut columns = Vec::with_capacity(reads.fields().len());
    for field in reads.fields() {
        let mut named = whole.fields().iter().enumerate().filter(|(_, other)| other.name() == field.name());
        let (Some((at, other)), None) = (named.next(), named.next()) else {
            return not_impl_err!("a recursion that does not name its columns apart cannot be given to a worker");
        };
        if other.data_type() != field.data_type() {
            return internal_err!("a recursion changes the type of a column");
        }
        fields[at] = field.clone();
        columns.push(at);
    }
    Ok((Arc::new(Schema::new(fields)), columns))
}

impl DisplayAs for Enclosed {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enclosed")
    }
}

impl DisplayAs for Packed {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Packed")
    }
}

impl DisplayAs for WorkTable {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkTable")
    }
}

/// A leaf that stands for another plan, and computes what that one does.
macro_rules! leaf {
    ($name:ident, $plan:tt) => {
        fn name(&self) -> &'static str {
            stringify!($name)
        }

        fn properties(&self) -> &Arc<PlanProperties> {
            self.$plan.properties()
        }

        fn children(&self) -> Vec<&Plan> {
            Vec::new()
        }

        fn with_new_children(self: Arc<Self>, _: Vec<Plan>) -> Result<Plan> {
            Ok(self)
        }

        fn apply_expressions(
            &self,
            _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
        ) -> Result<TreeNodeRecursion> {
            Ok(TreeNodeRecursion::Continue)
        }

        fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
            self.$plan.execute(partition, context)
        }
    };
}

impl ExecutionPlan for Enclosed {
    leaf!(Enclosed, 0);
}

impl ExecutionPlan for Packed {
    leaf!(Packed, 0);
}

impl ExecutionPlan for WorkTable {
    leaf!(WorkTable, reads);

    /// A recursion that is nested in another gives its own work table to what reads that.
    fn with_new_state(&self, state: Arc<dyn Any + Send + Sync>) -> Option<Plan> {
        self.reads.with_new_state(state)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;

    #[test]
    fn columns_that_a_term_reads_are_known_by_their_names() {
        let whole = Schema::new(["a", "b", "c"].map(|name| Field::new(name, DataType::Int32, false)).to_vec());
        let reads = Schema::new(["c", "a"].map(|name| Field::new(name, DataType::Int32, true)).to_vec());
        let (table, columns) = columns_of(&reads, &whole).unwrap();
        assert_eq!(columns, [2, 0]);
        let read = WorkTableExec::new("r".to_owned(), table, Some(columns)).unwrap();
        assert_eq!(*read.schema(), reads);
        let twice = Schema::new(["a", "a"].map(|name| Field::new(name, DataType::Int32, false)).to_vec());
        assert!(columns_of(&reads, &twice).is_err());
    }
}
