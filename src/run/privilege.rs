//! Owns what a missing privilege is told as: the statements that grant what the role lacks, to be pasted.
//! Must not know: which statement was refused.

use crate::error::{Error, Kind, Result};
use crate::ledger;
use crate::pipeline::Pipeline;
use crate::server::{Address, LACKS_PRIVILEGE};
use crate::target::Catalog;

/// The error of a run into this target, with the statements that would let it go on.
pub(super) async fn explained(error: Error, target: &Address, pipeline: &Pipeline) -> Error {
    told(error, async || {
        let connection = target.connect("catalog").await?;
        let catalog = Catalog::read(&connection, &pipeline.target_schema).await?;
        let tables: Vec<_> = pipeline.flows.iter().map(|flow| catalog.qualify(&flow.target)).collect();
        let mappings = catalog.qualify(&format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1));
        ledger::lacking(&connection, &tables, &mappings).await
    })
    .await
}

/// The error of what is done with the runs that are in this target.
pub(super) async fn explained_for_runs(error: Error, target: &Address) -> Error {
    told(error, async || {
        let connection = target.connect("catalog").await?;
        // Where not even the ledger may be read, that comes first.
        let (tables, mappings) = ledger::loaded_tables(&connection).await.unwrap_or_default();
        let mappings = Catalog::read(&connection, "rehome").await?.qualify(&mappings.unwrap_or_default());
        ledger::lacking(&connection, &tables, &mappings).await
    })
    .await
}

async fn told(error: Error, lacking: impl AsyncFnOnce() -> Result<Vec<String>>) -> Error {
    if error.kind() != Kind::Privilege {
        return error;
    }
    match Box::pin(lacking()).await {
        Ok(statements) if !statements.is_empty() => {
            // What was said besides, such as that constraints are still away, holds.
            let besides = error.hint_text().and_then(|hint| hint.strip_prefix(LACKS_PRIVILEGE));
            let besides = besides.map(|rest| rest.trim_start_matches("; ")).filter(|rest| !rest.is_empty());
            let besides = besides.map(|rest| format!(" ({rest})")).unwrap_or_default();
            error.better_hint(format!("let the owner, or a superuser, run: {}{besides}", statements.join("; ")))
        }
        _ => error,
    }
}
