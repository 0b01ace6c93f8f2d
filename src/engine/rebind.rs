//! Owns how a planned query goes on over tables that have become more: it is planned once, before there are rows, and its tables
//! are put in anew when it runs. Must not know: what the tables hold, or who has planned the query.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::DataFrame;

use super::{CATALOG, Engine, Schema};
use crate::error::{At, Error, Result};

/// The schemas whose tables become more while a pipeline runs.
const GROWING: [Schema; 3] = [Schema::Migrated, Schema::Rejected, Schema::Skipped];

/// The schema and the name of a table that becomes more.
fn growing(table: &TableReference) -> Option<(Schema, &str)> {
    if table.catalog().is_some_and(|catalog| catalog != CATALOG) {
        return None;
    }
    let schema = GROWING.into_iter().find(|schema| table.schema() == Some(schema.name()))?;
    Some((schema, table.table()))
}

impl Engine {
    /// A query that was planned before, over the tables as they are known by now. Their columns have the types that they had.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when a table is gone, or has other columns.
    pub async fn rebound(&self, frame: &DataFrame) -> Result<DataFrame> {
        let mut names: Vec<TableReference> = Vec::new();
        let defect = |_| Error::unexpected("a planned query cannot go on over the tables of now");
        let look = |node: &LogicalPlan| {
            if let LogicalPlan::TableScan(scan) = node
                && growing(&scan.table_name).is_some()
            {
                names.push(scan.table_name.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        };
        frame.logical_plan().apply_with_subqueries(look).map_err(defect)?;
        let mut tables: HashMap<TableReference, Arc<dyn TableProvider>> = HashMap::new();
        for name in names {
            if let Some((schema, table)) = growing(&name) {
                tables.insert(name.clone(), self.provider(schema, table).await?);
            }
        }
        if tables.is_empty() {
            return Ok(frame.clone());
        }
        let put_in = |node: LogicalPlan| {
            let table = match &node {
                LogicalPlan::TableScan(scan) => tables.get(&scan.table_name).map(|table| (&scan.table_name, table)),
                _ => None,
            };
            let Some((name, table)) = table else { return Ok(Transformed::no(node)) };
            let now = LogicalPlanBuilder::scan(name.clone(), provider_as_source(table.clone()), None)?;
            Ok(Transformed::yes(now.build()?))
        };
        let plan = frame.logical_plan().clone().transform_up_with_subqueries(put_in).map_err(defect)?;
        Ok(self.of_plan(plan.data))
    }

    async fn provider(&self, schema: Schema, name: &str) -> Result<Arc<dyn TableProvider>> {
        let gone = || Error::unexpected("a table is gone").at(At::Table, name);
        let tables = self.ctx.catalog(CATALOG).and_then(|catalog| catalog.schema(schema.name())).ok_or_else(gone)?;
        tables.table(name).await.map_err(|_| gone())?.ok_or_else(gone)
    }
}
