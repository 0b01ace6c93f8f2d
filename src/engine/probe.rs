//! Owns one optimiser rule: in a left join whose left side is a flow's source table, the source probes and the other
//! side is built. Without statistics (a recursive CTE has none) the engine would build a hash table of the source,
//! whose size has no bound; and a probing source keeps its order, so that sorting outcomes is a merge.
//! Must not know: which flow it is.

use std::sync::{Arc, Mutex};

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{JoinType, Result};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};

/// The rule, and the folder of the source table of the query that is being planned.
#[derive(Debug, Default)]
pub struct SourceProbes {
    folder: Mutex<Option<String>>,
}

impl SourceProbes {
    /// Sets the path under which the source's files lie, as the store names it.
    pub fn set(&self, folder: Option<&str>) {
        *self.folder.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = folder.map(str::to_owned);
    }

    fn reads_source(&self, plan: &Arc<dyn ExecutionPlan>) -> bool {
        let folder = self.folder.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let Some(folder) = folder else { return false };
        plan.exists(|node| Ok(scans(node.as_ref(), &folder))).unwrap_or(false)
    }
}

fn scans(node: &dyn ExecutionPlan, folder: &str) -> bool {
    let Some(scan) = node.downcast_ref::<DataSourceExec>() else { return false };
    let Some(files) = scan.data_source().downcast_ref::<FileScanConfig>() else { return false };
    files
        .file_groups
        .iter()
        .flat_map(datafusion::datasource::physical_plan::FileGroup::files)
        .any(|file| file.object_meta.location.as_ref().starts_with(folder))
}

/// The engine's own rules with this one behind the choice of join sides.
pub fn with_rule(
    rules: &[Arc<dyn PhysicalOptimizerRule + Send + Sync>],
    probe: &Arc<SourceProbes>,
) -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut with = Vec::with_capacity(rules.len() + 1);
    for rule in rules {
        with.push(rule.clone());
        if rule.name() == "join_selection" {
            with.push(Arc::new(Rule(probe.clone())));
        }
    }
    with
}

#[derive(Debug)]
struct Rule(Arc<SourceProbes>);

impl PhysicalOptimizerRule for Rule {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(join) = node.downcast_ref::<HashJoinExec>() else { return Ok(Transformed::no(node)) };
            match join.join_type() {
                JoinType::Left if self.0.reads_source(join.left()) => {
                    Ok(Transformed::yes(join.swap_inputs(PartitionMode::CollectLeft)?))
                }
                JoinType::Right
                    if self.0.reads_source(join.right()) && *join.partition_mode() != PartitionMode::CollectLeft =>
                {
                    let collected = join.builder().with_partition_mode(PartitionMode::CollectLeft).build()?;
                    Ok(Transformed::yes(Arc::new(collected)))
                }
                _ => Ok(Transformed::no(node)),
            }
        })
        .map(|done| done.data)
    }

    fn name(&self) -> &'static str {
        "source_probes"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
