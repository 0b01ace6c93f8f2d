//! Owns what the ledger tells of runs at work: how far each flow is. Must not know: who looks.

use uuid::Uuid;

use crate::error::Result;
use crate::server::Connection;

/// A run, as the target sees it.
#[derive(Debug, Clone)]
pub struct AtWork {
    pub run: Uuid,
    /// `running`, `done`, `rolling_back` or `rolled_back`.
    pub state: String,
    pub started_at: String,
    pub finished_at: Option<String>,
    /// In the order in which they began.
    pub flows: Vec<Brought>,
}

/// What a flow has brought.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Brought {
    pub flow: String,
    pub done: bool,
    pub chunks: u64,
    pub rows: u64,
    pub refused: u64,
}

/// The newest runs of a target, the newest first; none where it has no ledger.
///
/// # Errors
/// What the server says.
pub async fn progress(connection: &Connection) -> Result<Vec<AtWork>> {
    let mut runs: Vec<AtWork> = Vec::new();
    if !super::exists(connection).await? {
        return Ok(runs);
    }
    let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    for row in connection.query(include_str!("../../sql/control/ledger/progress.sql"), &[]).await? {
        let run: Uuid = row.try_get("run_id")?;
        if runs.last().is_none_or(|last| last.run != run) {
            let (state, started_at) = (row.try_get("state")?, row.try_get("started_at")?);
            runs.push(AtWork { run, state, started_at, finished_at: row.try_get("finished_at")?, flows: Vec::new() });
        }
        let (Some(flow), Some(last)) = (row.try_get::<_, Option<String>>("flow")?, runs.last_mut()) else { continue };
        last.flows.push(Brought {
            flow,
            done: row.try_get::<_, Option<bool>>("done")?.unwrap_or_default(),
            chunks: count(row.try_get("chunks")?),
            rows: count(row.try_get("rows")?),
            refused: count(row.try_get("refused")?),
        });
    }
    Ok(runs)
}
