//! Owns where a database is and how it may be reached. Must not know: what is done there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postgres_openssl::MakeTlsConnector;

use super::connection::{Connection, Pooled};
use super::endpoint::{self, Endpoint};
use super::parameters;
use super::pooler::Pooler;
use super::sql::quote_ident;
use super::tls::Protection;
use crate::error::{At, Error, Kind, Result};
use crate::kept;

/// The pauses between attempts to reach a server that does not answer, or not yet.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(150), Duration::from_millis(400), Duration::from_secs(1), Duration::from_secs(2)];
/// No attempt begins when those before it took so long: a server that swallows what it is sent is not worth several.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing may move in a session before the server is asked whether it is at work.
const STALLED: Duration = Duration::from_mins(5);

/// A database, and how to log in to it. Prints as `host:port/database`; its secrets are never printed.
#[derive(Clone)]
pub struct Address {
    /// The hosts named, in the order in which they are tried; never empty.
    endpoints: Arc<[Endpoint]>,
    /// The one that answered last. Clones share it: whoever comes later meets the same server.
    answered: Arc<AtomicUsize>,
    /// No transaction pooler is in between. Found out at the first login; clones share it.
    direct: Arc<AtomicBool>,
    shown: String,
    stalled: Duration,
}

impl Address {
    /// Reads `postgres://…`, `host=… dbname=…` or `service=…`, with libpq's service and password files; or fetches one of them
    /// from where `env:NAME`, `file:PATH` or `exec:COMMAND` says.
    ///
    /// # Errors
    /// [`Kind::Config`] for what is no connection, for a transaction pooler, and for unreadable certificate files.
    pub fn parse(text: &str) -> Result<Self> {
        let endpoints = endpoint::all(&parameters::parse(&kept::resolve(text)?)?)?;
        let servers: Vec<String> = endpoints.iter().map(Endpoint::server).collect();
        let database = endpoints.first().and_then(|endpoint| endpoint.config.get_dbname()).unwrap_or_default();
        let shown = format!("{}/{database}", servers.join(","));
        Ok(Self {
            endpoints: endpoints.into(),
            answered: Arc::default(),
            direct: Arc::default(),
            shown,
            stalled: STALLED,
        })
    }

    /// The same, where nothing may move for so long; then a connection is given up that the server does nothing for.
    #[must_use]
    pub fn stalled_after(mut self, time: Duration) -> Self {
        self.stalled = time;
        self
    }

    /// How long nothing may move.
    #[must_use]
    pub fn stall_timeout(&self) -> Duration {
        self.stalled
    }

    /// The host that answered last, at first the first one named: a name, an address, or the folder of a socket.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.current().host
    }

    /// The database's name.
    #[must_use]
    pub fn database(&self) -> &str {
        self.current().config.get_dbname().unwrap_or_default()
    }

    /// Logs in at the first host that answers. A server that cannot be reached, or not yet, is tried again for a few
    /// seconds; one that refuses the login is not, and no other host is asked then.
    /// The server's list of sessions shows `application`.
    ///
    /// # Errors
    /// [`Kind::Retryable`] for a server that does not answer, [`Kind::Auth`] for one that refuses the login or cannot
    /// be trusted, [`Kind::Config`] for a database that does not exist, and for a transaction pooler, before anything is done
    /// through it. Names the server, and never a secret.
    pub async fn connect(&self, application: &str) -> Result<Connection> {
        let started = Instant::now();
        let mut pauses = PAUSES.iter();
        loop {
            let error = match self.try_once(application).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.kind() == Kind::Retryable && started.elapsed() < PATIENCE => {
                    log::debug!("{error}: trying again");
                    tokio::time::sleep(*pause).await;
                }
                _ => return Err(error),
            }
        }
    }

    /// Logs in once: whoever is refused is told at once.
    pub(super) async fn try_once(&self, application: &str) -> Result<Connection> {
        let pooled = if self.direct.load(Ordering::Acquire) { Pooled::Not } else { Pooled::Refuse };
        self.attempt(application, pooled).await
    }

    /// Logs in once, also through a transaction pooler ([`Connection::pooler`]): for who only looks, in one transaction.
    ///
    /// # Errors
    /// As [`Self::connect`], without waiting.
    pub async fn look(&self, application: &str) -> Result<Connection> {
        self.attempt(application, Pooled::Allow).await
    }

    /// Finds out early, before much is done elsewhere, whether a transaction pooler is in between. What else is wrong shows when
    /// the database is needed.
    ///
    /// # Errors
    /// [`Kind::Config`] for a transaction pooler.
    pub async fn refuse_pooler(&self) -> Result<()> {
        let looked = tokio::time::timeout(PATIENCE, self.look("rehome pooler check")).await;
        match looked.ok().and_then(Result::ok).and_then(|connection| connection.pooler().map(Pooler::refused)) {
            Some(refused) => Err(refused.at(At::Server, self.to_string())),
            None => Ok(()),
        }
    }

    /// The hosts, each as an address of its own.
    #[must_use]
    pub fn hosts(&self) -> Vec<Self> {
        let alone = |endpoint: &Endpoint| Self {
            shown: format!("{}/{}", endpoint.server(), self.database()),
            endpoints: Arc::new([endpoint.clone()]),
            answered: Arc::default(),
            direct: Arc::default(),
            stalled: self.stalled,
        };
        self.endpoints.iter().map(alone).collect()
    }

    /// How the connection is protected, as far as it was asked for.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.current().protection
    }

    /// Is the server on this machine, as far as the address tells?
    #[must_use]
    pub fn is_nearby(&self) -> bool {
        self.current().nearby
    }

    /// The port of the host that answered last.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.current().port
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &str {
        self.current().config.get_user().unwrap_or_default()
    }

    /// Once, at each host in turn.
    async fn attempt(&self, application: &str, pooled: Pooled) -> Result<Connection> {
        let mut failure = Error::unexpected("a connection without a host");
        for (place, endpoint) in self.endpoints.iter().enumerate() {
            let mut config = endpoint.config.clone();
            config.application_name(application);
            match Connection::open(&config, &endpoint.tls, pooled, endpoint.patience, self.stalled).await {
                Ok(connection) => {
                    self.direct.store(connection.pooler().is_none(), Ordering::Release);
                    self.answered.store(place, Ordering::Release);
                    return Ok(connection);
                }
                Err(error) => failure = error.at(At::Server, format!("{}/{}", endpoint.server(), self.database())),
            }
            if failure.kind() == Kind::Privilege {
                // The server lets the user in, and not into this database.
                let user = endpoint.config.get_user().unwrap_or_default();
                let (database, user) = (quote_ident(self.database()), quote_ident(user));
                failure = failure.better_hint(format!(
                    "let the owner, or a superuser, run: grant connect on database {database} to {user}"
                ));
            }
            if failure.kind() != Kind::Retryable {
                break;
            }
        }
        Err(failure)
    }

    /// What a blocking driver needs to log in by itself, under the name `application`: at the host that answered last,
    /// since what a session has exported exists nowhere else.
    #[must_use]
    pub fn for_blocking(&self, application: &str) -> (postgres::Config, MakeTlsConnector) {
        let endpoint = self.current();
        let mut config = endpoint.config.clone();
        config.application_name(application);
        (config.into(), endpoint.tls.clone())
    }

    fn current(&self) -> &Endpoint {
        &self.endpoints[self.answered.load(Ordering::Acquire)]
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;
    use crate::error::Kind;

    #[test]
    fn secrets_are_not_printed() {
        let printed =
            Address::parse("postgres://me:sesame@localhost:5433/shop").map(|address| format!("{address} {address:?}"));
        assert_eq!(printed.ok().as_deref(), Some("localhost:5433/shop Address(localhost:5433/shop)"));
    }

    #[test]
    fn a_server_is_shown_so_that_it_can_be_read() {
        let shown = |text: &str| Address::parse(text).map(|address| address.to_string()).ok();
        assert_eq!(shown("postgres://u@[::1]:5433/shop").as_deref(), Some("[::1]:5433/shop"));
        assert_eq!(shown("host=/tmp port=5433 user=u").as_deref(), Some("/tmp:5433/u"));
        assert_eq!(
            shown("postgres://u@localhost,127.0.0.1:1/shop").as_deref(),
            Some("localhost:5432,127.0.0.1:1/shop")
        );
    }

    #[test]
    fn a_transaction_pooler_is_refused() {
        let error = Address::parse("postgres://me@db.example.com:6543/postgres").err();
        assert!(error.is_some_and(|error| error.kind() == Kind::Config && error.hint_text().is_some()));
        assert!(Address::parse("postgres://me@localhost:6543/postgres").is_ok());
    }

    #[test]
    fn bad_parameters_are_refused() {
        for bad in [
            "host=h user=u port=x",
            "host=a,b port=1,2,3 user=u",
            "host=localhost user=u sslmode=maybe",
            "host=a,b hostaddr=127.0.0.1 user=u",
        ] {
            assert!(Address::parse(bad).is_err_and(|error| error.kind() == Kind::Config), "{bad}");
        }
    }
}
