//! Owns the measuring of a run: how long each part takes, and the most memory that the process held.
//! Must not know: what the parts do.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::load::Verified;
use crate::report::{Facts, Phase, ReadBack};
use crate::snapshot::{Snapshot, Table};

/// Runs from the beginning of a run; each lap ends one of its parts.
#[derive(Clone)]
pub struct Clock {
    started_at: DateTime<Utc>,
    /// When the part that is being measured began.
    lap: Instant,
    phases: Vec<Phase>,
}

impl Clock {
    #[must_use]
    pub fn start() -> Self {
        Self { started_at: Utc::now(), lap: Instant::now(), phases: Vec::new() }
    }

    /// Ends a part.
    pub fn lap(&mut self, phase: &str) {
        let now = Instant::now();
        let seconds = (now - self.lap).as_secs_f64();
        self.lap = now;
        log::info!("{phase}: {seconds:.1} s");
        self.phases.push(Phase { phase: phase.to_owned(), seconds });
    }

    /// From the beginning to the end of the last part: the parts' sum, whatever the machine was busy with in between.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.phases.iter().map(|phase| phase.seconds).sum()
    }

    /// What is known of the run, now that it is over.
    pub fn facts(self, snapshot: &Snapshot, read_back: ReadBack) -> Facts {
        Facts {
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Some(self.started_at),
            phases: self.phases,
            peak_memory_bytes: peak_memory(),
            snapshot_tables: Some(snapshot.manifest().tables.len() as u64),
            snapshot_rows: Some(snapshot.manifest().tables.iter().map(Table::source_rows).sum()),
            snapshot_checksum: Some(snapshot.manifest().checksum.clone()),
            snapshot_taken_at: Some(snapshot.manifest().created_at),
            read_back,
            thresholds_enforced: Some(false),
            ..Facts::default()
        }
    }

    /// As [`Self::facts`], of a run with a target.
    pub fn facts_of_target(self, snapshot: &Snapshot, verified: Option<&Verified>, enforced: bool) -> Facts {
        let read_back = match verified {
            None => ReadBack::NotAsked,
            Some(verified) if verified.clean() => ReadBack::Clean,
            Some(_) => ReadBack::Differs,
        };
        let differences = verified.filter(|verified| !verified.clean()).map(Verified::summary);
        Facts { differences, thresholds_enforced: Some(enforced), ..self.facts(snapshot, read_back) }
    }
}

/// The most memory that this process held at a time, in bytes, where the system tells it (Linux).
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
