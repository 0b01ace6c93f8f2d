//! Owns how the files of one scan are divided among machines: as many groups for each, in their order, also where files cannot be cut.
//! Must not know: what is read from them, or which machines there are.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileGroupPartitioner, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion_distributed::{DistributedLeafExec, ScaleUpLeafNodeEvent, ScaleUpLeafNodeEventResponse};

/// Divides a scan of files among the machines that its stage is given to. Other leaves, and files that are divided by columns already,
/// are left to the engine, whose own division refuses groups that do not come out even.
pub fn divided(asked: ScaleUpLeafNodeEvent) -> Option<Result<ScaleUpLeafNodeEventResponse>> {
    let source = asked.plan.downcast_ref::<DataSourceExec>()?;
    let scan = source.data_source().downcast_ref::<FileScanConfig>()?;
    if scan.output_partitioning.is_some() {
        return None;
    }
    let for_each = asked.plan.output_partitioning().partition_count();
    let groups = groups(scan, for_each * asked.task_count);
    let mut template = scan.clone();
    template.file_groups.clear();
    let mut of_machines = vec![template; asked.task_count];
    for (at, group) in groups.into_iter().enumerate() {
        of_machines[at % asked.task_count].file_groups.push(group);
    }
    let of_machines =
        of_machines.into_iter().map(|scan| DataSourceExec::from_data_source(scan) as Arc<dyn ExecutionPlan>);
    let leaf = DistributedLeafExec::try_new(asked.plan.clone(), of_machines);
    Some(leaf.map(|leaf| ScaleUpLeafNodeEventResponse::new(Arc::new(leaf))))
}

/// At least `wanted` groups of the files, and a multiple of it: cut within files where that is possible, between them where not, and
/// empty where there is nothing left to cut.
fn groups(scan: &FileScanConfig, wanted: usize) -> Vec<FileGroup> {
    let cut = FileGroupPartitioner::new()
        .with_target_partitions(wanted)
        .with_repartition_file_min_size(0)
        .with_preserve_order_within_groups(!scan.output_ordering.is_empty())
        .repartition_file_groups(&scan.file_groups);
    let mut groups = cut.unwrap_or_else(|| scan.file_groups.clone());
    while groups.len() < wanted {
        // The one with most to read, of those that have more than one file.
        let bytes = |group: &FileGroup| group.iter().map(PartitionedFile::effective_size).sum::<u64>();
        let largest = (0..groups.len()).filter(|at| groups[*at].len() > 1).max_by_key(|at| bytes(&groups[*at]));
        let Some(largest) = largest else { break };
        let mut files = groups[largest].files().to_vec();
        let rest = files.split_off(files.len() / 2);
        groups[largest] = FileGroup::new(files);
        groups.insert(largest + 1, FileGroup::new(rest));
    }
    let whole = groups.len().next_multiple_of(wanted.max(1));
    groups.resize_with(whole, || FileGroup::new(Vec::new()));
    groups
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::datasource::object_store::ObjectStoreUrl;
    use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
    use datafusion::physical_expr::expressions::col;
    use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};

    use super::*;

    fn scan(of_groups: &[&[u64]]) -> FileScanConfig {
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
        let by = PhysicalSortExpr::new_default(col("id", &schema).unwrap());
        let source = Arc::new(ParquetSource::new(schema));
        let mut nth = 0;
        let groups = of_groups.iter().map(|sizes| {
            let files = sizes.iter().map(|bytes| {
                nth += 1;
                PartitionedFile::new(format!("{nth}.parquet"), *bytes)
            });
            FileGroup::new(files.collect())
        });
        FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(groups.collect())
            .with_output_ordering(vec![LexOrdering::new([by]).unwrap()])
            .build()
    }

    fn named(groups: &[FileGroup]) -> Vec<Vec<String>> {
        groups.iter().map(|group| group.iter().map(|file| file.path().to_string()).collect()).collect()
    }

    #[test]
    fn files_in_order_that_cannot_be_cut_are_divided_as_they_are() {
        // One thread on each of two machines.
        let of_one = groups(&scan(&[&[9, 1, 1, 1]]), 2);
        assert_eq!(named(&of_one), [["1.parquet", "2.parquet"], ["3.parquet", "4.parquet"]]);
        // Two threads on each of three.
        let of_three = groups(&scan(&[&[5, 5, 5], &[1, 1]]), 6);
        let read: Vec<String> = named(&of_three).concat();
        assert_eq!(read, ["1.parquet", "2.parquet", "3.parquet", "4.parquet", "5.parquet"]);
        assert_eq!(of_three.len(), 6);
        // More groups than there are machines for.
        assert_eq!(groups(&scan(&[&[5, 5], &[1, 1], &[2, 2]]), 2).len(), 4);
    }
}
