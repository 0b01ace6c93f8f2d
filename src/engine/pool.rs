//! Owns who may hold how much memory: what can spill has equal shares, as in the engine's own fair pool, but of a half only, and so
//! have the merges of what was spilled. There, sorts that hold their shares, and merges that open as many files as there is memory
//! for, leave nothing to what comes above them, and the query ends.
//! Must not know: what is held.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// Memory for the queries of a session, in bytes.
#[derive(Debug)]
pub struct Pool {
    size: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// How many there are that can spill.
    spillers: usize,
    /// How many sorts there are that may merge what they have spilled.
    merges: usize,
    by_spillers: usize,
    by_others: usize,
}

impl Held {
    /// What those hold together who can spill, as this one can or cannot.
    fn by(&mut self, consumer: &MemoryConsumer) -> &mut usize {
        if consumer.can_spill() { &mut self.by_spillers } else { &mut self.by_others }
    }
}

/// How the engine names a sort, and a merge too.
const SORT: &str = "ExternalSorter";
/// How the engine names what merges the files of a sort. It cannot spill, but does with fewer files at a time.
const MERGE: &str = "ExternalSorterMerge";
/// What a merge needs for the two files without which it cannot go on, in bytes, if batches are not large.
const TWO_FILES: usize = 4 << 20;

impl Pool {
    pub fn new(size: usize) -> Self {
        Self { size, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What somebody may hold in all.
    fn most(&self, consumer: &MemoryConsumer, held: &Held) -> usize {
        let half = self.size / 2;
        if consumer.can_spill() {
            half.min(self.size.saturating_sub(held.by_others)) / held.spillers.max(1)
        } else if consumer.name().starts_with(MERGE) {
            (half / held.merges.max(1)).max(TWO_FILES)
        } else {
            self.size
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rehome({} bytes)", self.size)
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &'static str {
        "rehome"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        let mut held = self.held();
        held.spillers += usize::from(consumer.can_spill());
        held.merges += usize::from(consumer.name().starts_with(MERGE));
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut held = self.held();
        held.spillers -= usize::from(consumer.can_spill());
        held.merges -= usize::from(consumer.name().starts_with(MERGE));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.held().by(reservation.consumer()) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, less: usize) {
        *self.held().by(reservation.consumer()) -= less;
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut held = self.held();
        let left = self.size.saturating_sub(held.by_spillers + held.by_others);
        let consumer = reservation.consumer();
        let free = match reservation.size() {
            // A sort that holds nothing has nothing to spill, and cannot go on without its first batch.
            0 if consumer.name().starts_with(SORT) => left,
            size => left.min(self.most(consumer, &held).saturating_sub(size)),
        };
        if additional > free {
            return Err(resources_datafusion_err!(
                "{} holds {} bytes, wants {additional} more and may have {free} of {}",
                consumer.name(),
                reservation.size(),
                self.size
            ));
        }
        *held.by(consumer) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let held = self.held();
        held.by_spillers + held.by_others
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.size)
    }
}
