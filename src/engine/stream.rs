//! Owns how a planned query is started: with joins that hold one side in memory, or, where that does not fit, with joins of sorted
//! rows, which can spill. Must not know: what the query asks.

use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{displayable, execute_stream};
use datafusion::prelude::DataFrame;
use futures::{StreamExt, stream};

use super::{Engine, probe};
use crate::diagnosis::{Text, planning};
use crate::error::Result;

/// How two tables are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joins {
    /// One side is a table in memory.
    Hashed,
    /// Both sides are sorted.
    Merged,
}

/// A query that is about to run.
struct Query {
    probe: Arc<probe::SourceProbes>,
    frame: DataFrame,
    /// Where the files of the table lie that is read once and never held in memory.
    source: Option<String>,
    file: String,
    #[cfg(feature = "cluster")]
    distribution: Option<super::cluster::Distribution>,
}

impl Engine {
    /// Starts a query; rows come in batches, in one stream. `source`: where the files of the table lie that is read once and
    /// never held in memory.
    ///
    /// # Errors
    /// Planning and resource errors, without any cell value.
    pub async fn stream(
        &self,
        frame: DataFrame,
        text: Text<'_>,
        source: Option<&str>,
    ) -> Result<SendableRecordBatchStream> {
        let query = Query {
            probe: self.probe.clone(),
            frame,
            source: source.map(str::to_owned),
            file: text.file.to_owned(),
            #[cfg(feature = "cluster")]
            distribution: self.distribution.clone(),
        };
        let told = |error| planning(&error, text, &self.table_names(), None);
        let rows = query.start(Joins::Hashed).await.map_err(told)?;
        let schema = rows.schema();
        let rows = stream::once(query.or_merged(rows)).flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

impl Query {
    async fn start(&self, joins: Joins) -> Result<SendableRecordBatchStream, DataFusionError> {
        let (mut state, plan) = self.frame.clone().into_parts();
        if joins == Joins::Merged {
            let options = state.config_mut().options_mut();
            options.optimizer.prefer_hash_join = false;
            // The engine merges joins only where it has several partitions of them.
            options.execution.target_partitions = options.execution.target_partitions.max(2);
            // To keep an order, rows of all parts are held at once, and what holds them cannot spill; a sort can.
            options.optimizer.prefer_existing_sort = false;
        }
        #[cfg(feature = "cluster")]
        if let Some(distribution) = &self.distribution {
            state = distribution.over(state)?;
        }
        self.probe.set(self.source.as_deref());
        let plan = state.create_physical_plan(&plan).await;
        self.probe.set(None);
        let plan = plan?;
        log::debug!("{}\n{}", self.file, displayable(plan.as_ref()).indent(false));
        execute_stream(plan, state.task_ctx())
    }

    /// These rows; or, where their joins turn out not to fit, those of a query that merges. What does not fit is met before the
    /// first row.
    async fn or_merged(self, mut rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
        let schema = rows.schema();
        let first = match rows.next().await {
            Some(Err(error)) if is_of_memory(&error) => {
                log::info!("{}: its joins do not fit into memory, and are done by sorting", self.file);
                // Names of operators and sizes, never a value.
                log::debug!("{}", error.find_root());
                drop(rows);
                match self.start(Joins::Merged).await {
                    Ok(merged) => return merged,
                    Err(error) => return Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter([Err(error)]))),
                }
            }
            first => first,
        };
        Box::pin(RecordBatchStreamAdapter::new(schema, stream::iter(first).chain(rows)))
    }
}

fn is_of_memory(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}
