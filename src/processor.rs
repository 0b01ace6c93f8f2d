//! Owns where work for a processor runs: rayon's pool, a thread a core. Tokio's threads only wait.
//! Must not know: what is computed. Nothing that waits (for a disk, a server, a channel) belongs here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// Computes something away from the asynchronous tasks; as many computations run at a time as there are cores.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when it panics: a defect, which is not to take the process along.
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (send, receive) = oneshot::channel();
    rayon::spawn(move || {
        if let Ok(done) = catch_unwind(AssertUnwindSafe(work)) {
            // Nobody waits any more when the task was dropped.
            let _ = send.send(done);
        }
    });
    receive.await.map_err(|_| Error::unexpected("a computation failed"))
}

#[cfg(test)]
mod tests {
    use super::compute;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert_eq!(compute(|| 6 * 7).await.ok(), Some(42));
        let defect = || -> u32 { panic!("a test") };
        assert!(compute(defect).await.is_err());
    }
}
