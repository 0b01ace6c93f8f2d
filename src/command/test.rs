//! Owns `rehome test`: the cases of a pipeline are run, without any database.
//! Must not know: how a case is written or run.

use crate::cases::{self, Tested};
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::run::Setting;

/// What is asked of the cases.
pub struct Request {
    pub pipeline: Pipeline,
    /// Flows, or parts of the names of cases; empty for all.
    pub wanted: Vec<String>,
    /// The snapshot that knows the source's tables, where the pipeline does not.
    pub snapshot: Option<String>,
    /// Is it to be told what of the flows the cases reach?
    pub coverage: bool,
}

/// Runs the cases.
///
/// # Errors
/// As [`cases::test`]; a case that fails is none.
pub async fn test(request: &Request, setting: &Setting) -> Result<Tested> {
    let snapshot = match &request.snapshot {
        Some(place) => Some(super::snapshot::open(place, setting).await?),
        None => None,
    };
    cases::test(&request.pipeline, &request.wanted, snapshot.as_ref(), request.coverage, setting).await
}
