//! Owns what a driver and its workers say to each other: what to do, over which rows, and how it went. JSON, since what is said is as much as
//! a report, and never rows.
//! Must not know: who says it.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::outcomes::FlowOutcomes;
use crate::pipeline::Pipeline;
use crate::report::{OfTarget, Report};

/// What the same driver asks of all workers, over and over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subject {
    /// One driver's, for one pipeline over one snapshot.
    pub session: Uuid,
    /// The version of the program: another one plans otherwise.
    pub version: String,
    /// Settled: how rows are known in the target is said.
    pub pipeline: Pipeline,
    /// The hash of its rules as they are settled: who reads them otherwise is another build.
    pub rules: String,
    /// The place of the snapshot, and the hash of its content.
    pub snapshot: String,
    pub snapshot_id: String,
    /// Where the run's outcomes go.
    pub outcomes: String,
}

/// One thing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Task {
    /// Plan everything, so that parts of other workers' plans are understood.
    Ready,
    /// Take the hashes of the files of these tables, by `schema.name`.
    Check { tables: Vec<String> },
    /// Run a flow and publish its outcomes. Those that it reads are published.
    Flow { name: String },
    /// Compute checks and reports, when all flows have run.
    Report(Asked),
}

/// What a report is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    pub run: String,
    pub seconds: f64,
    pub verified: bool,
    pub target: OfTarget,
}

/// What is sent to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub subject: Subject,
    /// Who computes parts of its queries: their URLs.
    pub workers: Vec<String>,
    pub task: Task,
}

/// What a worker says while it works, and at its end.
#[derive(Debug, Serialize, Deserialize)]
pub enum Said {
    Started { stage: String, item: String, rows: Option<u64> },
    Advanced { item: String, rows: u64 },
    Finished { item: String },
    Done(Answer),
    Failed(Error),
}

/// What came of a task.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// Of which process: one that was started again knows nothing of what was said before.
    Ready {
        process: Uuid,
    },
    Checked,
    Flow(Box<FlowOutcomes>),
    Report(Box<Report>),
}

/// # Errors
/// [`crate::error::Kind::Unexpected`] for what cannot be written.
pub fn written<T: Serialize>(said: &T) -> Result<Bytes> {
    serde_json::to_vec(said)
        .map(Bytes::from)
        .map_err(|_| Error::unexpected("a message between machines cannot be written"))
}

/// # Errors
/// [`crate::error::Kind::Config`] for what another version of the program has written.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|_| {
        Error::config("a machine does not understand what another one says")
            .hint("let all machines run the same build of this program")
    })
}
