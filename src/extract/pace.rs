//! Owns how fast rows may be read, by all readers together. Must not know: what is read.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often a reader that waits looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(100);

/// A limit on rows per second, or none.
pub(super) struct Pace {
    per_second: Option<u64>,
    begun: Instant,
    rows: AtomicU64,
}

impl Pace {
    pub(super) fn new(per_second: Option<u64>) -> Self {
        Self { per_second: per_second.filter(|limit| *limit > 0), begun: Instant::now(), rows: AtomicU64::new(0) }
    }

    /// Rows that a reader may take before it counts them: about a tenth of a second's.
    pub(super) fn step(&self) -> usize {
        self.per_second.map_or(usize::MAX, |limit| usize::try_from(limit / 10).unwrap_or(usize::MAX).max(1))
    }

    /// Counts rows that were read, and waits until they were due. Blocks; returns early when told to stop.
    pub(super) fn count(&self, rows: u64, stop: &AtomicBool) {
        let Some(limit) = self.per_second else { return };
        let so_far = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        #[allow(clippy::cast_precision_loss)]
        let due = self.begun + Duration::from_secs_f64(so_far as f64 / limit as f64);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() || stop.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}
