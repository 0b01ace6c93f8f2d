//! Owns over how many sessions a load works at a time: those of earlier flows, new ones, and fewer where the server has no more.
//! Must not know: what is done in them.

use std::sync::atomic::Ordering;

use super::Loader;
use crate::server::{Connection, is_full};

impl Loader {
    /// Sessions at a time.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Sessions for so many pieces of work: spare ones and new ones, as many as there are jobs, or as the server lets in. One that is
    /// missing is opened by whoever works with it, who is patient.
    pub(super) async fn sessions(&self, pieces: usize) -> Vec<Option<Connection>> {
        let wanted = self.jobs().min(pieces);
        let mut sessions: Vec<Option<Connection>> = Vec::with_capacity(wanted);
        if let Ok(mut spare) = self.spare.lock() {
            let left = spare.len().saturating_sub(wanted);
            sessions.extend(spare.drain(left..).map(Some));
        }
        let missing = wanted - sessions.len();
        if missing > 0 {
            match self.address.several("rehome load", missing).await {
                Ok(opened) => sessions.extend(opened.into_iter().map(Some)),
                Err(error) if is_full(&error) => {
                    log::info!("{error}");
                    if sessions.is_empty() {
                        sessions.push(None);
                    }
                }
                Err(_) => sessions.resize_with(wanted, || None),
            }
            if sessions.len() < wanted {
                self.jobs.store(sessions.len(), Ordering::Relaxed);
            }
        }
        sessions
    }

    /// Keeps a session for the next flow.
    pub(super) fn keep(&self, session: Option<Connection>) {
        if let Ok(mut spare) = self.spare.lock() {
            spare.extend(session);
        }
    }
}
