//! Owns the reading of the quarantine: which rows stand in it for a run, and why. No cell value is read.
//! Must not know: what is done with them.

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::server::Connection;

/// A row of the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    pub flow: String,
    /// The legacy key as text.
    pub key: String,
    pub reason: String,
    /// Where the target refused the row, and not a rule: by which SQLSTATE, and which constraint.
    pub sqlstate: Option<String>,
    pub constraint: Option<String>,
    pub warnings: Vec<String>,
    /// The row whose fate is the cause: its flow and legacy key.
    pub cause: Option<(String, String)>,
}

/// A run that a target has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRun {
    pub run_id: Uuid,
    pub snapshot_id: String,
    /// Where the snapshot lay; not known of runs of older versions.
    pub snapshot: Option<String>,
}

/// The runs of a target whose id begins with a text, the newest first, without those that were taken back.
///
/// # Errors
/// [`crate::error::Kind::Config`] where there is no ledger; what the server says.
pub async fn seen_runs(connection: &Connection, begins: &str) -> Result<Vec<SeenRun>> {
    let rows = connection.query(include_str!("../../sql/control/ledger/newest_runs.sql"), &[&begins]).await;
    let rows = match rows {
        Err(error) if matches!(error.code(), Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME)) => {
            return Err(Error::config("the target has no ledger: no run has loaded it")
                .hint("name the database that `rehome run --target` has loaded"));
        }
        rows => rows?,
    };
    rows.iter()
        .map(|row| {
            Ok(SeenRun {
                run_id: row.try_get("run_id")?,
                snapshot_id: row.try_get("snapshot_id")?,
                snapshot: row.try_get("snapshot")?,
            })
        })
        .collect()
}

/// Gives each row that stands in the quarantine for a run, as it comes.
///
/// # Errors
/// What the server says, or `take`.
pub async fn quarantined(
    connection: &Connection,
    run: Uuid,
    flow: Option<&str>,
    reason: Option<&str>,
    mut take: impl FnMut(Quarantined) -> Result<()>,
) -> Result<()> {
    let mut result = Ok(());
    let statement = include_str!("../../sql/control/ledger/quarantined.sql");
    connection
        .each(statement, &[&run, &flow, &reason], |row| {
            if result.is_ok() {
                result = of_row(&row).and_then(&mut take);
            }
        })
        .await?;
    result
}

fn of_row(row: &Row) -> Result<Quarantined> {
    let cause = row.try_get::<_, Option<String>>("cause_flow")?.zip(row.try_get("cause_key")?);
    Ok(Quarantined {
        flow: row.try_get("flow")?,
        key: row.try_get("legacy_key")?,
        reason: row.try_get("reason")?,
        sqlstate: row.try_get("sqlstate")?,
        constraint: row.try_get("constraint_name")?,
        warnings: row.try_get::<_, Option<Vec<String>>>("warnings")?.unwrap_or_default(),
        cause,
    })
}
