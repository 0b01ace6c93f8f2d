//! Owns how it is found out that a pooler gives every transaction another session, and which pooler it is.
//! Must not know: who connects, or what for.
//!
//! A pooler looks like a server. What tells it is what it does: two clients that are logged in at the same time meet the same
//! backend, or one client meets another backend than before. Nothing is set or written to find out, since what we set would stay
//! in a session that the pooler then gives to somebody else.

use std::time::Duration;

use postgres_openssl::MakeTlsConnector;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::sql::fill;
use crate::error::Error;

const BACKEND: &str = include_str!("../../sql/control/server/backend.sql");
const HOLD_BACKEND: &str = include_str!("../../sql/control/server/hold_backend.sql");
const RELEASE_BACKEND: &str = include_str!("../../sql/control/server/release_backend.sql");
const VERSION: &str = include_str!("../../sql/control/server/pooler_version.sql");
/// How often the first client asks who serves it: a pooler that takes turns, or chooses at random, answers differently.
const ASKED: usize = 6;
/// How often the second client keeps a backend busy, and a pause that grows from round to round.
const ROUNDS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(5);
const MOVED: &str = "one session of ours is served by several backends in turn";
const SHARED: &str = "two sessions of ours are served by the same backend";
const STATEMENTS: &str = "it refuses transactions";
/// How long the second client may take. Where it is not let in, nothing can be told.
const PATIENCE: Duration = Duration::from_secs(5);
const APPLICATION: &str = "rehome pooler check";
/// PgBouncer's own database, by which it is administered.
const PGBOUNCER: &str = "pgbouncer";
const SUPABASE: &str = ".pooler.supabase.com";

/// A pooler that gives every transaction another session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pooler {
    /// Its name, and its version where it tells: `PgBouncer 1.23.1`.
    pub name: String,
    /// What it did that no server does.
    pub seen: &'static str,
}

impl Pooler {
    /// What there is to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let way = match self.name.split(' ').next() {
            Some("PgBouncer") => "or set pool_mode=session for this database in pgbouncer.ini",
            Some("Supavisor") => "or to the session pooler, on port 5432 of the same host",
            _ => "or to a pool in session mode",
        };
        format!("connect to PostgreSQL itself, {way}")
    }

    /// The refusal to work through it.
    #[must_use]
    pub fn refused(&self) -> Error {
        Error::config(format!(
            "a transaction pooler stands in front of the server ({}): {}, so that no lock, snapshot, setting or temporary table \
             outlives a transaction",
            self.name, self.seen
        ))
        .hint(self.remedy())
    }
}

/// The transaction pooler behind which a client that has just logged in finds itself, if there is one.
pub(super) async fn between(first: &Client, config: &Config, tls: &MakeTlsConnector) -> Option<Pooler> {
    let seen = match timeout(PATIENCE, observe(first, config, tls)).await {
        Ok(Ok(seen)) => seen?,
        Ok(Err(error)) => {
            log::debug!("whether there is a transaction pooler cannot be told: {error}");
            return None;
        }
        Err(_) => {
            log::debug!("whether there is a transaction pooler cannot be told: a second session is not to be had");
            return None;
        }
    };
    Some(Pooler { name: name(config, tls).await, seen })
}

async fn observe(
    first: &Client,
    config: &Config,
    tls: &MakeTlsConnector,
) -> Result<Option<&'static str>, tokio_postgres::Error> {
    // Sent one after the other, without waiting for answers.
    let mut own: Vec<String> = futures::future::try_join_all((0..ASKED).map(|_| ask(first, BACKEND))).await?;
    own.dedup();
    if own.len() > 1 {
        return Ok(Some(MOVED));
    }
    let (second, connection) = login(config, tls).await?;
    let driver = tokio::spawn(connection);
    let seen = rounds(first, &second, &mut own).await;
    // Its session ends before ours is used: nobody shall need one more connection than before.
    drop(second);
    let _ = driver.await;
    seen
}

/// Keeps one backend after the other busy by the second client, and looks who then serves the first. Once is not enough: a pooler
/// may need a moment until a backend is free for others.
async fn rounds(
    first: &Client,
    second: &Client,
    own: &mut Vec<String>,
) -> Result<Option<&'static str>, tokio_postgres::Error> {
    let mut other = None;
    for round in 0..ROUNDS {
        tokio::time::sleep(PAUSE * round).await;
        let held = match ask(second, &fill(HOLD_BACKEND, &[("backend", BACKEND)])).await {
            Err(error) if refuses_transactions(&error) => return Ok(Some(STATEMENTS)),
            held => held?,
        };
        if own.contains(&held) {
            return Ok(Some(SHARED));
        }
        if *other.get_or_insert_with(|| held.clone()) != held {
            return Ok(Some(MOVED));
        }
        own.push(ask(first, BACKEND).await?);
        second.simple_query(RELEASE_BACKEND).await?;
        tokio::time::sleep(PAUSE * round).await;
        own.push(ask(first, BACKEND).await?);
        own.dedup();
        if own.len() > 1 {
            return Ok(Some(MOVED));
        }
    }
    Ok(None)
}

/// A pooler that gives every single statement another session.
fn refuses_transactions(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| said.message().contains("statement pooling"))
}

type Driver = tokio_postgres::Connection<tokio_postgres::Socket, postgres_openssl::TlsStream<tokio_postgres::Socket>>;

async fn login(config: &Config, tls: &MakeTlsConnector) -> Result<(Client, Driver), tokio_postgres::Error> {
    let mut config = config.clone();
    config.application_name(APPLICATION);
    config.connect(tls.clone()).await
}

/// Asks for a single value. A simple query: what a prepared statement needs may be left behind in another session.
pub(super) async fn ask(client: &Client, statement: &str) -> Result<String, tokio_postgres::Error> {
    Ok(last_value(&client.simple_query(statement).await?))
}

fn last_value(messages: &[SimpleQueryMessage]) -> String {
    let value = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.iter().rev().find_map(value).unwrap_or_default()
}

/// What it is called: by its host, by what it says of itself, or by how it refuses what a server would not mind.
async fn name(config: &Config, tls: &MakeTlsConnector) -> String {
    let of_supabase = |host: &Host| matches!(host, Host::Tcp(name) if name.ends_with(SUPABASE));
    if config.get_hosts().iter().any(of_supabase) {
        return "Supavisor, the pooler of Supabase".to_owned();
    }
    let mut console = config.clone();
    console.dbname(PGBOUNCER);
    match timeout(PATIENCE, ask_version(&console, tls)).await {
        Ok(Ok(version)) if version.starts_with("Pg") => return version,
        Ok(Err(error)) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
        _ => {
            let mut odd = config.clone();
            odd.options("-c rehome.asks=1");
            if let Ok(Err(error)) = timeout(PATIENCE, login(&odd, tls)).await
                && error.as_db_error().is_some_and(|said| said.message().starts_with("unsupported startup parameter"))
            {
                return "PgBouncer".to_owned();
            }
        }
    }
    "of a kind that does not say its name".to_owned()
}

async fn ask_version(config: &Config, tls: &MakeTlsConnector) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = login(config, tls).await?;
    let driver = tokio::spawn(connection);
    let version = ask(&client, VERSION).await;
    driver.abort();
    version
}
