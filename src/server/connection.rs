//! Owns one session with a server. Must not know: what is asked in it.

use std::ops::Deref;
use std::time::Duration;

use bytes::Buf;
use futures::StreamExt;
use postgres_openssl::MakeTlsConnector;
use tokio_postgres::types::ToSql;
use tokio_postgres::{CancelToken, Client, Config, CopyInSink, CopyOutStream, Row, ToStatement};

use super::error::from_login;
use super::pooler::{self, Pooler};
use super::sql::fill;
use super::watch::{Side, Watch};
use crate::error::{Error, Kind, Result};
use crate::failpoint::durable;

const COMMIT: &str = include_str!("../../sql/control/server/commit.sql");
const SESSION: &str = include_str!("../../sql/control/server/session.sql");
const PID: &str = include_str!("../../sql/control/server/pid.sql");
/// How long a lock of somebody else's is waited for at a time, where less is not asked for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a server may take to hear that a statement is no longer wanted.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];
type Said<T> = Result<T, tokio_postgres::Error>;

/// A session: a [`tokio_postgres::Client`] together with the task that drives it. Ends when dropped. Nobody waits in it for an
/// answer that will never come.
pub struct Connection {
    // Before the watch: it is dropped first, and the watch sees that the session ends.
    client: Client,
    watch: Watch,
    cancel: CancelToken,
    tls: MakeTlsConnector,
    pid: i32,
    pooler: Option<Pooler>,
}

/// What is done about a transaction pooler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooled {
    /// It is known that there is none.
    Not,
    Refuse,
    /// For who only looks, within one transaction: the session is not prepared, since it is somebody else's soon.
    Allow,
}

impl Connection {
    /// Logs in and prepares the session, within `patience`. An answer that takes longer than `stalled` is asked for.
    pub(super) async fn open(
        config: &Config,
        tls: &MakeTlsConnector,
        pooled: Pooled,
        patience: Duration,
        stalled: Duration,
    ) -> Result<Self> {
        tokio::time::timeout(patience, Self::login(config, tls, pooled, patience, stalled)).await.map_err(|_| {
            Error::new(Kind::Retryable, "the server took the connection, but did not answer")
                .hint("check host and port: is it a PostgreSQL server, and does nothing in between hold it back?")
        })?
    }

    async fn login(
        config: &Config,
        tls: &MakeTlsConnector,
        pooled: Pooled,
        patience: Duration,
        stalled: Duration,
    ) -> Result<Self> {
        let (client, connection) = config.connect(tls.clone()).await.map_err(|error| from_login(&error))?;
        let driver = tokio::spawn(async move {
            // A lost connection is reported by the statement that meets it.
            if connection.await.is_err() {
                log::debug!("a connection was lost");
            }
        });
        let pooler = if pooled == Pooled::Not { None } else { pooler::between(&client, config, tls).await };
        if let (Some(pooler), Pooled::Refuse) = (&pooler, pooled) {
            return Err(pooler.refused());
        }
        // Whoever waits for a lock moves nothing.
        let lock_timeout = stalled.min(LOCK_TIMEOUT).as_millis().to_string();
        if pooler.is_none() {
            client.batch_execute(&fill(SESSION, &[("lock_timeout", &lock_timeout)])).await?;
        }
        let pid = match pooler {
            // What is prepared in one session is not known in the next.
            Some(_) => pooler::ask(&client, PID).await?.parse().unwrap_or_default(),
            None => client.query_one(PID, &[]).await?.try_get(0)?,
        };
        let side = Side { config: config.clone(), tls: tls.clone(), patience, pid };
        let watch = Watch::new(driver, side, stalled);
        Ok(Self { cancel: client.cancel_token(), client, watch, tls: tls.clone(), pid, pooler })
    }

    /// The transaction pooler that the session came through, where that is allowed.
    #[must_use]
    pub fn pooler(&self) -> Option<&Pooler> {
        self.pooler.as_ref()
    }

    /// The server's process for this session.
    #[must_use]
    pub fn backend_pid(&self) -> i32 {
        self.pid
    }

    /// As [`Client::query`].
    ///
    /// # Errors
    /// What the server says; that the connection was lost, where it has been silent.
    pub async fn query<T: ?Sized + ToStatement>(&self, statement: &T, values: Values<'_>) -> Said<Vec<Row>> {
        let mut rows = Vec::new();
        self.each(statement, values, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// Gives each row as it comes.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn each<T: ?Sized + ToStatement>(
        &self,
        statement: &T,
        values: Values<'_>,
        mut take: impl FnMut(Row),
    ) -> Said<()> {
        // Row by row: many rows over a slow line are no silence.
        let values = values.iter().map(|value| *value as &dyn ToSql);
        let stream = self.watch.over(self.client.query_raw(statement, values)).await?;
        tokio::pin!(stream);
        while let Some(row) = self.watch.over(stream.next()).await {
            take(row?);
        }
        Ok(())
    }

    /// As [`Client::query_one`].
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn query_one<T: ?Sized + ToStatement>(&self, statement: &T, values: Values<'_>) -> Said<Row> {
        self.watch.over(self.client.query_one(statement, values)).await
    }

    /// As [`Client::query_opt`].
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn query_opt<T: ?Sized + ToStatement>(&self, statement: &T, values: Values<'_>) -> Said<Option<Row>> {
        self.watch.over(self.client.query_opt(statement, values)).await
    }

    /// As [`Client::execute`].
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn execute<T: ?Sized + ToStatement>(&self, statement: &T, values: Values<'_>) -> Said<u64> {
        self.watch.over(self.client.execute(statement, values)).await
    }

    /// As [`Client::batch_execute`].
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn batch_execute(&self, statements: &str) -> Said<()> {
        self.watch.over(self.client.batch_execute(statements)).await
    }

    /// As [`Client::copy_in`]. What is sent is for the caller to watch.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn copy_in<T: ?Sized + ToStatement, U: Buf + Send + 'static>(
        &self,
        statement: &T,
    ) -> Said<CopyInSink<U>> {
        self.watch.over(self.client.copy_in(statement)).await
    }

    /// As [`Client::copy_out`]. Each piece is waited for with [`Self::watched`].
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn copy_out<T: ?Sized + ToStatement>(&self, statement: &T) -> Said<CopyOutStream> {
        self.watch.over(self.client.copy_out(statement)).await
    }

    /// Waits for something of this session for as long as the server is at work for it.
    pub async fn watched<T>(&self, answer: impl Future<Output = T>) -> T {
        self.watch.over(answer).await
    }

    /// How long nothing may move before somebody asks why.
    #[must_use]
    pub fn stall_timeout(&self) -> Duration {
        self.watch.patience()
    }

    /// Cuts the connection, whatever is under way in it; the server is told to end the session.
    pub fn give_up(&self) {
        self.watch.give_up();
    }

    /// Ends the open transaction: what it did is kept. `step` names it for tests that break the program here.
    ///
    /// # Errors
    /// What the server says. Whether a lost connection came before or after the commit, nobody knows: what is done in it must be
    /// such that it may be done again.
    pub async fn commit(&self, step: &str) -> Result<()> {
        Ok(durable(step, self.batch_execute(COMMIT)).await?)
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

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection(process {})", self.pid)
    }
}
