//! Owns one session with a server. Must not know: what is asked in it.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use postgres_openssl::MakeTlsConnector;
use tokio_postgres::{CancelToken, Client, Config};

use super::error::from_login;
use crate::error::{Error, Kind, Result};
use crate::failpoint::durable;

const COMMIT: &str = include_str!("../../sql/control/server/commit.sql");
const SESSION: &str = include_str!("../../sql/control/server/session.sql");
const PID: &str = include_str!("../../sql/control/server/pid.sql");
/// How long a server may take to hear that a statement is no longer wanted.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// A session: a [`tokio_postgres::Client`] together with the task that drives it. Ends when dropped.
pub struct Connection {
    client: Client,
    cancel: CancelToken,
    tls: MakeTlsConnector,
    pid: i32,
}

impl Connection {
    /// Logs in and prepares the session, within `patience`.
    pub(super) async fn open(config: &Config, tls: &MakeTlsConnector, patience: Duration) -> Result<Self> {
        tokio::time::timeout(patience, Self::login(config, tls)).await.map_err(|_| {
            Error::new(Kind::Retryable, "the server took the connection, but did not answer")
                .hint("check host and port: is it a PostgreSQL server, and does nothing in between hold it back?")
        })?
    }

    async fn login(config: &Config, tls: &MakeTlsConnector) -> Result<Self> {
        let (client, connection) = config.connect(tls.clone()).await.map_err(|error| from_login(&error))?;
        tokio::spawn(async move {
            // A lost connection is reported by the statement that meets it.
            if connection.await.is_err() {
                log::debug!("a connection was lost");
            }
        });
        client.batch_execute(SESSION).await?;
        let pid = client.query_one(PID, &[]).await?.try_get(0)?;
        Ok(Self { cancel: client.cancel_token(), client, tls: tls.clone(), pid })
    }

    /// The server's process for this session.
    #[must_use]
    pub fn backend_pid(&self) -> i32 {
        self.pid
    }

    /// Ends the open transaction: what it did is kept. `step` names it for tests that break the program here.
    ///
    /// # Errors
    /// What the server says. Whether a lost connection came before or after the commit, nobody knows: what is done in it must be
    /// such that it may be done again.
    pub async fn commit(&self, step: &str) -> Result<()> {
        Ok(durable(step, self.client.batch_execute(COMMIT)).await?)
    }

    /// Asks the server to give up the statement that runs in this session.
    ///
    /// # Errors
    /// As a connection that cannot be made.
    pub async fn cancel(&self) -> Result<()> {
        tokio::time::timeout(CANCEL_TIMEOUT, self.cancel.cancel_query(self.tls.clone()))
            .await
            .map_err(|_| Error::new(Kind::Retryable, "the server did not answer"))??;
        Ok(())
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection(process {})", self.pid)
    }
}
