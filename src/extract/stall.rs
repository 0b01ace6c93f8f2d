//! Owns how a read is noticed that does not get on. Must not know: what is read.
//!
//! Readers block in the driver, which has no limit of its own: what lies between them and the server may swallow everything and
//! still keep both ends open.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::sql;
use super::worker::Shared;
use crate::error::{Error, Kind, Result};
use crate::server::Connection;

/// How long readers whose sessions were ended may take to hear of it.
const FAREWELL: Duration = Duration::from_secs(5);

/// Sees whether rows come.
pub(super) struct Stall {
    patience: Duration,
    moved: u64,
    since: Instant,
}

impl Stall {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, moved: 0, since: Instant::now() }
    }

    /// Looks whether rows have come, or the server is at work, in the time that they may take.
    ///
    /// # Errors
    /// [`Kind::Retryable`] where nothing moves and the server has nothing left to do.
    pub(super) async fn look(&mut self, server: &Connection, shared: &Shared, readers: &str) -> Result<()> {
        let moved = shared.moved.load(Ordering::Relaxed);
        if moved != self.moved || shared.writing.load(Ordering::Acquire) > 0 {
            (self.moved, self.since) = (moved, Instant::now());
        }
        if self.since.elapsed() < self.patience {
            return Ok(());
        }
        if server.query_one(sql::AT_WORK, &[&readers]).await?.try_get("at_work")? {
            self.since = Instant::now();
            return Ok(());
        }
        let seconds = self.patience.as_secs();
        Err(Error::new(Kind::Retryable, format!("the source has not sent a row for {seconds} s"))
            .hint("the connection has fallen silent: look at what lies in between; --stall-timeout allows more"))
    }
}

/// May readers be left to themselves that were told to stop so long ago? Their sessions were ended; those that do not hear of
/// it wait for a connection that is silent, and none of them writes.
pub(super) fn is_lost(told: Instant, shared: &Shared) -> bool {
    told.elapsed() > FAREWELL && shared.writing.load(Ordering::Acquire) == 0
}

/// A reader that writes, as long as this lives.
pub(super) struct Writing<'a>(&'a Shared);

impl<'a> Writing<'a> {
    pub(super) fn begin(shared: &'a Shared) -> Self {
        shared.writing.fetch_add(1, Ordering::AcqRel);
        Self(shared)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.moved.fetch_add(1, Ordering::Relaxed);
        self.0.writing.fetch_sub(1, Ordering::AcqRel);
    }
}
