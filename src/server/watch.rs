//! Owns the watch over a session: that nobody waits for an answer which will never come, and that no session stays behind.
//! Must not know: what is asked in a session.
//!
//! A connection can fall silent without being lost: what lies in between may swallow what either side says and still keep both
//! ends open, so that no keepalive notices. A statement may take hours, though. So whoever has waited for long asks the server
//! over another connection whether it is at work for this session; where it is not, the connection is given up.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use postgres_openssl::MakeTlsConnector;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;
use tokio_postgres::{Client, Config};

use crate::error::{At, Error, Kind, Result};

const AT_WORK: &str = include_str!("../../sql/control/server/at_work.sql");
const END_SESSION: &str = include_str!("../../sql/control/server/end_session.sql");
/// How long an answer may be on its way when the server says that it has given it.
const GRACE: Duration = Duration::from_secs(2);
/// How long a session may take to say goodbye before it is ended.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the end of the program may wait for sessions to end.
const LAST_FAREWELL: Duration = Duration::from_secs(6);
/// What many who wait at the same time may take over from the first one that asks.
const FRESH: Duration = Duration::from_secs(1);

/// The way to ask a server about one of its sessions.
#[derive(Clone)]
pub(super) struct Side {
    pub config: Config,
    pub tls: MakeTlsConnector,
    /// How long asking may take.
    pub patience: Duration,
    pub pid: i32,
}

impl Side {
    /// Is the server at work for the session? A server that answers but cannot say so is believed to be.
    async fn at_work(&self) -> bool {
        let asked = self
            .ask(async |client| Ok(client.query_one(AT_WORK, &[&self.pid]).await?.try_get::<_, bool>("at_work")?));
        match asked.await {
            Ok(at_work) => at_work,
            Err(error) => error.kind() != Kind::Retryable || error.places().iter().any(|(at, _)| *at == At::SqlState),
        }
    }

    /// Ends the session.
    async fn end(&self) {
        let name = self.config.get_application_name().unwrap_or_default();
        let asked = self.ask(async |client| Ok(client.execute(END_SESSION, &[&self.pid, &name]).await?));
        if asked.await.is_err() {
            log::debug!("a session that nobody reads any more could not be ended: the server will notice");
        }
    }

    async fn ask<T>(&self, question: impl AsyncFnOnce(&Client) -> Result<T>) -> Result<T> {
        let asking = async {
            let (client, connection) = self.config.connect(self.tls.clone()).await?;
            let driver = tokio::spawn(connection);
            let answer = question(&client).await;
            drop(client);
            driver.abort();
            answer
        };
        timeout(self.patience, asking).await.map_err(|_| Error::new(Kind::Retryable, "the server did not answer"))?
    }
}

/// Sessions that are about to end.
static LEAVING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

fn note(leaving: JoinHandle<()>) {
    let mut all = LEAVING.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|other| !other.is_finished());
    all.push(leaving);
}

/// Waits until all sessions that nobody uses any more have ended, silent ones too: the last thing that a program does. What
/// stayed behind would keep its locks, and the next run out.
pub async fn farewell() {
    let all = std::mem::take(&mut *LEAVING.lock().unwrap_or_else(PoisonError::into_inner));
    if timeout(LAST_FAREWELL, futures::future::join_all(all)).await.is_err() {
        log::debug!("sessions stay behind: the server will notice");
    }
}

/// The task that drives a connection, and the watch over it. Dropped after its client, it sees that the session ends.
pub(super) struct Watch {
    driver: Option<JoinHandle<()>>,
    given_up: AbortHandle,
    side: Arc<Side>,
    /// An answer that takes longer is asked for.
    patience: Duration,
    /// When the server was last found at work.
    found: tokio::sync::Mutex<Option<Instant>>,
}

impl Watch {
    pub(super) fn new(driver: JoinHandle<()>, side: Side, patience: Duration) -> Self {
        let given_up = driver.abort_handle();
        Self { driver: Some(driver), given_up, side: Arc::new(side), patience, found: tokio::sync::Mutex::default() }
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits for an answer, for as long as the server is at work for it. When it is not, the connection is given up: the
    /// answer is then that the connection was lost.
    pub(super) async fn over<T>(&self, answer: impl Future<Output = T>) -> T {
        tokio::pin!(answer);
        loop {
            if let Ok(answer) = timeout(self.patience, &mut answer).await {
                return answer;
            }
            // In a box: every statement holds this, and nearly none comes to it.
            if Box::pin(self.at_work()).await {
                continue;
            }
            if let Ok(answer) = timeout(GRACE.min(self.patience), &mut answer).await {
                return answer;
            }
            log::warn!(
                "a connection to the server has been silent for {} s, and the server does nothing for it: it is given up",
                self.patience.as_secs()
            );
            self.give_up();
        }
    }

    async fn at_work(&self) -> bool {
        let mut found = self.found.lock().await;
        if self.given_up.is_finished() {
            return false;
        }
        if found.is_some_and(|at| at.elapsed() < FRESH) {
            return true;
        }
        let at_work = self.side.at_work().await;
        *found = at_work.then(Instant::now);
        at_work
    }

    /// Cuts the connection, and has the server end the session: a silent one would keep its locks.
    pub(super) fn give_up(&self) {
        if self.given_up.is_finished() {
            return;
        }
        self.given_up.abort();
        if let Ok(runtime) = Handle::try_current() {
            let side = self.side.clone();
            note(runtime.spawn(async move { side.end().await }));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let (Some(mut driver), Ok(runtime)) = (self.driver.take(), Handle::try_current()) else { return };
        if driver.is_finished() {
            return;
        }
        let side = self.side.clone();
        note(runtime.spawn(async move {
            if timeout(FAREWELL, &mut driver).await.is_err() {
                driver.abort();
                side.end().await;
            }
        }));
    }
}
