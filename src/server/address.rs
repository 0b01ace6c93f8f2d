//! Owns where a database is and how it may be reached. Must not know: what is done there.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use postgres_openssl::MakeTlsConnector;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::connection::Connection;
use super::parameters::{self, Parameters};
use super::passfile::{self, Login};
use super::tls;
use crate::error::{At, Error, Kind, Result};

/// A transaction pooler (Supabase's listens here) gives every transaction another session: no snapshot, no lock and no
/// setting outlives it.
const TRANSACTION_POOLER: u16 = 6543;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The pauses between attempts to reach a server that does not answer, or not yet.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(150), Duration::from_millis(400), Duration::from_secs(1), Duration::from_secs(2)];

/// A database, and how to log in to it. Prints as `host:port/database`; its secrets are never printed.
#[derive(Clone)]
pub struct Address {
    config: tokio_postgres::Config,
    tls: MakeTlsConnector,
    shown: String,
    host: String,
}

impl Address {
    /// Reads `postgres://…`, `host=… dbname=…` or `service=…`, with libpq's service and password files.
    ///
    /// # Errors
    /// [`Kind::Config`] for what is no connection, for a transaction pooler, and for unreadable certificate files.
    pub fn parse(text: &str) -> Result<Self> {
        let given = parameters::parse(text)?;
        let hosts = hosts(&given);
        let ports = ports(&given, hosts.len())?;
        let nearby = hosts.iter().all(|host| is_nearby(host));
        if !nearby && ports.contains(&TRANSACTION_POOLER) {
            return Err(Error::config(
                "port 6543 is a transaction pooler, where no snapshot or lock outlives a statement",
            )
            .hint("use the session pooler or the direct connection, on port 5432"));
        }
        let user = user(&given)?;
        let database = given.get("dbname").unwrap_or(&user).clone();
        let (mode, tls) = tls::settings(&given, nearby)?;

        let mut config = tokio_postgres::Config::new();
        config.user(&user).dbname(&database).ssl_mode(mode);
        for host in &hosts {
            config.host(host);
        }
        for port in &ports {
            config.port(*port);
        }
        let host = hosts.first().cloned().unwrap_or_default();
        let port = ports.first().copied().unwrap_or_default();
        let login = Login {
            host: if host.starts_with('/') { "localhost" } else { &host },
            port,
            database: &database,
            user: &user,
        };
        let stored = || passfile::password(given.get("passfile").map(String::as_str), &login);
        if let Some(password) = given.get("password").cloned().or_else(stored) {
            config.password(password);
        }
        apply(&given, &mut config)?;
        Ok(Self { config, tls, shown: format!("{host}:{port}/{database}"), host })
    }

    /// The first host named: a name, an address, or the folder of a socket.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The database's name.
    #[must_use]
    pub fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }

    /// Logs in. A server that cannot be reached is tried again for a few seconds, a refused login is not.
    /// The server's list of sessions shows `application`.
    ///
    /// # Errors
    /// [`Kind::Retryable`] for a server that does not answer, [`Kind::Auth`] for one that refuses the login or cannot
    /// be trusted, [`Kind::Config`] for a database that does not exist.
    pub async fn connect(&self, application: &str) -> Result<Connection> {
        let mut config = self.config.clone();
        config.application_name(application);
        let mut pauses = PAUSES.iter();
        loop {
            let error = match Connection::open(&config, &self.tls).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.kind() == Kind::Retryable => tokio::time::sleep(*pause).await,
                _ => return Err(error.at(At::Server, &self.shown)),
            }
        }
    }

    /// What a blocking driver needs to log in by itself, under the name `application`.
    #[must_use]
    pub fn for_blocking(&self, application: &str) -> (postgres::Config, MakeTlsConnector) {
        let mut config = self.config.clone();
        config.application_name(application);
        (config.into(), self.tls.clone())
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

fn hosts(given: &Parameters) -> Vec<String> {
    let listed = given.get("host").or_else(|| given.get("hostaddr")).map(String::as_str).unwrap_or_default();
    let hosts: Vec<String> = listed.split(',').filter(|host| !host.is_empty()).map(str::to_owned).collect();
    if !hosts.is_empty() {
        return hosts;
    }
    // No host: the socket of a server on this machine, where there is one.
    let port = given.get("port").map_or("5432", String::as_str);
    let socket =
        ["/var/run/postgresql", "/tmp"].into_iter().find(|at| Path::new(at).join(format!(".s.PGSQL.{port}")).exists());
    vec![socket.unwrap_or("localhost").to_owned()]
}

fn ports(given: &Parameters, hosts: usize) -> Result<Vec<u16>> {
    let listed = given.get("port").map(String::as_str).unwrap_or_default();
    let ports: Vec<u16> = listed
        .split(',')
        .map(
            |port| {
                if port.is_empty() { Ok(5432) } else { port.parse().map_err(|_| Error::config("not a usable port")) }
            },
        )
        .collect::<Result<_>>()?;
    if ports.len() == 1 || ports.len() == hosts {
        Ok(ports)
    } else {
        Err(Error::config("as many ports as hosts are needed, or one for all"))
    }
}

fn is_nearby(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || IpAddr::from_str(host).is_ok_and(|address| address.is_loopback())
}

fn user(given: &Parameters) -> Result<String> {
    let system =
        || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty());
    given
        .get("user")
        .cloned()
        .or_else(system)
        .ok_or_else(|| Error::config("a connection needs a user").hint("write postgres://user@host/database"))
}

fn apply(given: &Parameters, config: &mut tokio_postgres::Config) -> Result<()> {
    let seconds = |name: &str| -> Result<Option<Duration>> {
        given
            .get(name)
            .map(|value| value.parse().map(Duration::from_secs))
            .transpose()
            .map_err(|_| Error::config(format!("{name} is not a whole number")))
    };
    let patience = seconds("connect_timeout")?.filter(|patience| !patience.is_zero());
    config.connect_timeout(patience.unwrap_or(CONNECT_TIMEOUT));
    config.keepalives(given.get("keepalives").is_none_or(|value| value != "0"));
    // A peer that has vanished is noticed within about two minutes.
    config.keepalives_idle(seconds("keepalives_idle")?.unwrap_or(Duration::from_mins(1)));
    config.keepalives_interval(seconds("keepalives_interval")?.unwrap_or(Duration::from_secs(10)));
    config.keepalives_retries(6);
    if let Some(options) = given.get("options") {
        config.options(options);
    }
    if given.contains_key("host")
        && let Some(address) = given.get("hostaddr")
    {
        let address = address.parse().map_err(|_| Error::config("hostaddr is not an address"))?;
        config.hostaddr(address);
    }
    match given.get("channel_binding").map(String::as_str) {
        None | Some("prefer") => {}
        Some("disable") => drop(config.channel_binding(ChannelBinding::Disable)),
        Some("require") => drop(config.channel_binding(ChannelBinding::Require)),
        Some(_) => return Err(Error::config("channel_binding is one of disable, prefer, require")),
    }
    match given.get("target_session_attrs").map(String::as_str) {
        None | Some("any") => {}
        Some("read-write" | "primary") => drop(config.target_session_attrs(TargetSessionAttrs::ReadWrite)),
        Some("read-only" | "standby") => drop(config.target_session_attrs(TargetSessionAttrs::ReadOnly)),
        Some(_) => return Err(Error::config("target_session_attrs is one of any, read-write, read-only")),
    }
    Ok(())
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
    fn a_transaction_pooler_is_refused() {
        let error = Address::parse("postgres://me@db.example.com:6543/postgres").err();
        assert!(error.is_some_and(|error| error.kind() == Kind::Config && error.hint_text().is_some()));
        assert!(Address::parse("postgres://me@localhost:6543/postgres").is_ok());
    }

    #[test]
    fn bad_parameters_are_refused() {
        for bad in ["host=h user=u port=x", "host=a,b port=1,2,3 user=u", "host=localhost user=u sslmode=maybe"] {
            assert!(Address::parse(bad).is_err_and(|error| error.kind() == Kind::Config), "{bad}");
        }
    }
}
