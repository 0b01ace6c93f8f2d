//! Owns what lets several processes load one flow: which flows are open to others, and who has a chunk under way.
//! Must not know: how a chunk is loaded. That each is loaded once, its claim sees to.

use uuid::Uuid;

use crate::error::Result;
use crate::failpoint::durable;
use crate::server::Connection;

/// A flow whose chunks anybody may load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFlow {
    pub run: Uuid,
    pub flow: String,
    /// What loading it needs, as JSON.
    pub settings: String,
}

/// Opens a flow to other processes. `settings` is a JSON object with the run's `epoch`.
///
/// # Errors
/// What the server says.
pub async fn open_flow(connection: &Connection, open: &OpenFlow) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/open_flow.sql");
    durable("open_flow", connection.execute(statement, &[&open.run, &open.flow, &open.settings])).await?;
    Ok(())
}

/// Closes it: all its chunks are in.
///
/// # Errors
/// What the server says.
pub async fn close_flow(connection: &Connection, run: Uuid, flow: &str) -> Result<()> {
    let statement = include_str!("../../sql/control/ledger/close_flow.sql");
    durable("close_flow", connection.execute(statement, &[&run, &flow])).await?;
    Ok(())
}

/// The flows that are open, of the process that may write.
///
/// # Errors
/// What the server says, also where there is no ledger.
pub async fn open_flows(connection: &Connection) -> Result<Vec<OpenFlow>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/open_flows.sql"), &[]).await?;
    let one = |row: &tokio_postgres::Row| {
        Ok(OpenFlow { run: row.try_get("run_id")?, flow: row.try_get("flow")?, settings: row.try_get("settings")? })
    };
    rows.iter().map(one).collect()
}

/// Has no other process this chunk under way? Then none has until the transaction ends.
///
/// # Errors
/// What the server says.
pub async fn is_free(connection: &Connection, run: Uuid, flow: &str, chunk: &str) -> Result<bool> {
    let statement = include_str!("../../sql/control/ledger/is_free.sql");
    Ok(connection.query_one(statement, &[&run, &flow, &chunk]).await?.try_get("free")?)
}

/// Has a run ended, or been taken back?
///
/// # Errors
/// What the server says.
pub async fn run_is_done(connection: &Connection, run: Uuid) -> Result<bool> {
    let row = connection.query_opt(include_str!("../../sql/control/ledger/run_is_done.sql"), &[&run]).await?;
    row.map_or(Ok(true), |row| Ok(row.try_get("done")?))
}
