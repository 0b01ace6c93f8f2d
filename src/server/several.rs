//! Owns how several sessions are opened at a time: fewer where the server has no place for all of them.
//! Must not know: what they are for.

use super::address::Address;
use super::connection::Connection;
use super::error::is_full;
use crate::error::Result;

/// Of the sessions that were let in where others were not, one in so many is given back, and no more than a few: whoever has to ask
/// the server something meanwhile needs a place too.
const SHARE: usize = 4;
const MOST_SPARED: usize = 3;

impl Address {
    /// Opens sessions, at most `wanted` and at least one. Where the server lets in some of them only, those do.
    ///
    /// # Errors
    /// As [`Self::connect`], where not one is let in, or one is not for another reason.
    pub async fn several(&self, application: &str, wanted: usize) -> Result<Vec<Connection>> {
        let opened = futures::future::join_all((0..wanted).map(|_| self.try_once(application))).await;
        let mut sessions = Vec::with_capacity(wanted);
        let mut refused = 0;
        for one in opened {
            match one {
                Ok(session) => sessions.push(session),
                Err(error) if is_full(&error) => refused += 1,
                Err(_) => sessions.push(self.connect(application).await?),
            }
        }
        if refused > 0 && !sessions.is_empty() {
            sessions.truncate(sessions.len() - (sessions.len() / SHARE).min(MOST_SPARED));
            let left = sessions.len();
            log::warn!(
                "{self} takes no more connections: {left} are at work and not {wanted} (rehome doctor says how many there are; a \
                 lower --jobs asks for no more)"
            );
        }
        if sessions.is_empty() && wanted > 0 {
            sessions.push(self.connect(application).await?);
        }
        Ok(sessions)
    }
}
