//! Owns the wish to stop, which travels from whoever has it to whatever is running. Must not know: signals or stages.

use std::sync::Arc;

use tokio::sync::watch;

use crate::error::{Error, Kind, Result};

/// A flag that stays raised until somebody who has more to do takes it back. Clones are the same flag.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Cancel {
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Raises the flag.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Takes the wish back: a shell goes on after the query that was to stop.
    pub fn lower(&self) {
        self.0.send_replace(false);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends a piece of work at a place where it can be left.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] when the flag is raised.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(interrupted()) } else { Ok(()) }
    }

    /// Waits until the flag is raised.
    pub async fn cancelled(&self) {
        let mut flag = self.0.subscribe();
        // The sender lives as long as self: the wait ends only with the flag.
        let _ = flag.wait_for(|raised| *raised).await;
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

/// What a stage says that was stopped on request.
#[must_use]
pub fn interrupted() -> Error {
    Error::new(Kind::Interrupted, "interrupted").hint("the same command takes up the work again")
}
