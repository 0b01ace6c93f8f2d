//! Owns when memory that is free goes back to the system. Must not know: who held it, or how much there may be.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Between two returns: each costs some milliseconds, and pages that are cleared anew when they are needed again.
const PAUSE: Duration = Duration::from_millis(400);

static LAST: Mutex<Option<Instant>> = Mutex::new(None);

/// Gives back what is free, unless that has just been done. Batches and files of many sizes leave gaps that the allocator
/// keeps: a whole migration then holds a quarter more than it uses. To be called where much has just been let go.
pub fn give_back() {
    let Ok(mut last) = LAST.try_lock() else { return };
    if last.is_some_and(|last| last.elapsed() < PAUSE) {
        return;
    }
    *last = Some(Instant::now());
    // SAFETY: malloc_trim may be called at any time, by any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}
