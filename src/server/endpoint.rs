//! Owns one host of a connection: how it is reached, trusted and logged in to. Must not know: the order of hosts, or
//! what happens when one does not answer.

use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use postgres_openssl::MakeTlsConnector;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::parameters::Parameters;
use super::passfile::{self, Login};
use super::tls;
use crate::error::{Error, Result};

/// How long a server may take for the connection, and then for the login, unless `connect_timeout` says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const LOGIN_TIMEOUT: Duration = Duration::from_secs(30);
/// A transaction pooler (Supabase's listens here) gives every transaction another session: no snapshot, no lock and no
/// setting outlives it.
const TRANSACTION_POOLER: u16 = 6543;
/// Where servers of this machine have their sockets, on the systems we know.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

use super::tls::Protection;

/// One host, with everything that is needed to log in there.
#[derive(Clone)]
pub(super) struct Endpoint {
    /// A name, an address, or the folder of a socket.
    pub host: String,
    pub port: u16,
    pub config: Config,
    pub tls: MakeTlsConnector,
    /// How long a whole login may take.
    pub patience: Duration,
    pub protection: Protection,
    /// On this machine: a socket, or the loopback interface.
    pub nearby: bool,
}

impl Endpoint {
    /// `host:port`, an IPv6 address in brackets.
    pub(super) fn server(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') && !host.starts_with('/') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// The hosts that a connection names, at least one.
///
/// # Errors
/// [`crate::error::Kind::Config`] for parameters that cannot be used, and for unreadable certificate files.
pub(super) fn all(given: &Parameters) -> Result<Vec<Endpoint>> {
    let list = |name: &str| given.get(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let (hosts, addresses) = (list("host"), list("hostaddr"));
    let count = hosts.as_ref().or(addresses.as_ref()).map_or(1, Vec::len);
    if addresses.as_ref().is_some_and(|addresses| addresses.len() != count) {
        return Err(Error::config("as many values of hostaddr as hosts are needed"));
    }
    let ports = list("port").unwrap_or_else(|| vec![""]);
    if ports.len() != 1 && ports.len() != count {
        return Err(Error::config("as many ports as hosts are needed, or one for all"));
    }
    (0..count)
        .map(|place| {
            let named = |list: &Option<Vec<&str>>| {
                list.as_ref().map(|list| list[place].to_owned()).filter(|text| !text.is_empty())
            };
            let port = match ports[if ports.len() == 1 { 0 } else { place }] {
                "" => 5432,
                port => port
                    .parse()
                    .map_err(|_| Error::config("not a usable port").hint("a port is a number up to 65535"))?,
            };
            one(given, named(&hosts), named(&addresses), port)
        })
        .collect()
}

fn one(given: &Parameters, host: Option<String>, address: Option<String>, port: u16) -> Result<Endpoint> {
    let address = address
        .map(|address| IpAddr::from_str(&address).map_err(|_| Error::config("hostaddr is not an address")))
        .transpose()?;
    let host = host.or_else(|| address.map(|address| address.to_string())).unwrap_or_else(|| local(port));
    let nearby = is_nearby(&host) && address.is_none_or(|address| address.is_loopback());
    if !nearby && port == TRANSACTION_POOLER {
        return Err(Error::config("port 6543 is a transaction pooler, where no snapshot or lock outlives a statement")
            .hint("use the session pooler or the direct connection, on port 5432"));
    }
    let user = user(given)?;
    let database = given.get("dbname").filter(|name| !name.is_empty()).unwrap_or(&user).clone();
    let (mode, tls, protection) = tls::settings(given, is_socket(&host), nearby)?;

    let mut config = Config::new();
    config.user(&user).dbname(&database).host(&host).port(port).ssl_mode(mode);
    if let Some(address) = address {
        config.hostaddr(address);
    }
    let login = Login { host: &host, port, database: &database, user: &user };
    let stored = || passfile::password(given.get("passfile").map(String::as_str), &login);
    if let Some(password) = given.get("password").cloned().or_else(stored) {
        config.password(password);
    }
    let patience = waits(given, &mut config)?.unwrap_or(LOGIN_TIMEOUT);
    asks(given, &mut config)?;
    Ok(Endpoint { host, port, config, tls, patience, protection, nearby })
}

fn is_socket(host: &str) -> bool {
    host.starts_with('/')
}

fn is_nearby(host: &str) -> bool {
    is_socket(host) || host == "localhost" || IpAddr::from_str(host).is_ok_and(|address| address.is_loopback())
}

/// No host: the socket of a server on this machine, where there is one.
fn local(port: u16) -> String {
    let socket = SOCKETS.into_iter().find(|folder| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists());
    socket.unwrap_or("localhost").to_owned()
}

fn user(given: &Parameters) -> Result<String> {
    let system = || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    given
        .get("user")
        .cloned()
        .or_else(system)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Error::config("a connection needs a user").hint("write postgres://user@host/database"))
}

/// How long to wait, and how a peer that has vanished is noticed: within about two minutes. Gives the time for a login
/// where it is given.
fn waits(given: &Parameters, config: &mut Config) -> Result<Option<Duration>> {
    let number = |name: &str| -> Result<Option<u64>> {
        let number = given.get(name).map(|value| value.trim().parse()).transpose();
        Ok(number.map_err(|_| Error::config(format!("{name} is not a whole number")))?.filter(|number| *number > 0))
    };
    let seconds = |name: &str| number(name).map(|number| number.map(Duration::from_secs));
    let patience = seconds("connect_timeout")?;
    config.connect_timeout(patience.unwrap_or(CONNECT_TIMEOUT));
    config.keepalives(given.get("keepalives").is_none_or(|value| value != "0"));
    config.keepalives_idle(seconds("keepalives_idle")?.unwrap_or(Duration::from_mins(1)));
    config.keepalives_interval(seconds("keepalives_interval")?.unwrap_or(Duration::from_secs(10)));
    config.keepalives_retries(number("keepalives_count")?.and_then(|count| u32::try_from(count).ok()).unwrap_or(6));
    if let Some(milliseconds) = number("tcp_user_timeout")? {
        config.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    Ok(patience)
}

/// What is asked of the server.
fn asks(given: &Parameters, config: &mut Config) -> Result<()> {
    if let Some(options) = given.get("options") {
        config.options(options);
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
    match given.get("gssencmode").map(String::as_str) {
        None | Some("disable" | "prefer") => Ok(()),
        Some(_) => Err(Error::config("GSSAPI encryption is not supported").hint("encrypt with sslmode=verify-full")),
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::{Endpoint, all};
    use crate::error::{Kind, Result};
    use crate::server::parameters;

    fn of(text: &str) -> Result<Vec<Endpoint>> {
        parameters::parse(text).and_then(|given| all(&given))
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        let plain = |text: &str| match of(text) {
            Ok(found) => found.iter().map(|endpoint| endpoint.config.get_ssl_mode() == SslMode::Disable).collect(),
            // No authorities are installed here: then nothing is sent at all.
            Err(error) if error.kind() == Kind::Auth => vec![false],
            Err(error) => panic!("{text}: {error}"),
        };
        for near in ["host=localhost", "host=127.0.0.9", "host=::1", "host=/tmp", "hostaddr=127.0.0.1", "port=1"] {
            assert_eq!(plain(&format!("{near} user=u")), [true], "{near}");
        }
        for far in [
            "host=db.test.invalid",
            "host=192.0.2.1",
            "host=fe80::1",
            // What is called localhost is elsewhere; what is here is called otherwise.
            "host=localhost hostaddr=192.0.2.1",
            "host=db.test.invalid hostaddr=127.0.0.1",
            "host=localhost.test.invalid",
            "host=127.0.0.1.test.invalid",
        ] {
            assert_eq!(plain(&format!("{far} user=u")), [false], "{far}");
        }
        // Whoever asks for TLS gets it, but for a socket, where there is none.
        assert_eq!(plain("host=localhost,/tmp user=u sslmode=require"), [false, true]);
        assert_eq!(plain("host=localhost user=u sslrootcert=system"), [false]);
    }

    #[test]
    fn hosts_ports_and_addresses_belong_together() {
        let found = of("host=a,b, hostaddr=192.0.2.1,,127.0.0.1 port=1,,3 user=u sslmode=disable").unwrap_or_default();
        let found: Vec<_> = found.iter().map(Endpoint::server).collect();
        assert_eq!(found, ["a:1", "b:5432", "127.0.0.1:3"]);
    }
}
