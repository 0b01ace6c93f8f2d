//! Owns what is known of a run beside its rows: when, by what and at which cost it ran.
//! Must not know: how it was measured. A run's record keeps it, so that its report can be computed anew.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Nothing of this is counted: what is not known is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Facts {
    pub tool_version: String,
    /// When the run began; of a run that was taken up, when it was taken up last. So are times and memory.
    pub started_at: Option<DateTime<Utc>>,
    /// Wall time of the parts of the run, in their order. Together they are the whole.
    pub phases: Vec<Phase>,
    /// The most memory that the process held at a time, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// The SHA-256 of the snapshot's manifest.
    pub snapshot_checksum: Option<String>,
    /// The tables of the snapshot, and their rows.
    pub snapshot_tables: Option<u64>,
    pub snapshot_rows: Option<u64>,
    /// The instant as of which the source was read.
    pub snapshot_taken_at: Option<DateTime<Utc>>,
    /// Rows that the run, taken up or not, wrote into target and quarantine this time.
    pub written: Option<u64>,
    /// The run whose target it changed; none for a first load.
    pub base: Option<String>,
    pub read_back: ReadBack,
    /// What the target has other than it should, in a line.
    pub differences: Option<String>,
    /// Does a flow below its threshold fail the run?
    pub thresholds_enforced: Option<bool>,
}

/// A part of a run.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Phase {
    pub phase: String,
    pub seconds: f64,
}

/// What became of the reading back of the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadBack {
    /// The run is older than this note.
    #[default]
    Unknown,
    /// The target holds what the outcomes say.
    Clean,
    Differs,
    NotAsked,
    /// The rules were only tried.
    NoTarget,
}
