//! Owns how a connection is written down: URLs, `key=value` strings and service files, as libpq reads them.
//! Must not know: what the parameters do. Values may be secrets and never reach a message.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diagnosis::distance;
use crate::error::{At, Context, Error, Result};
use crate::kept::home;

/// Connection parameters by their libpq names.
pub(super) type Parameters = BTreeMap<String, String>;

const KNOWN: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "port",
    "service",
    "ssl",
    "sslcert",
    "sslcompression",
    "sslkey",
    "sslmode",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Of libpq's, but not ours: what one of them asks for must not silently be left undone.
const UNSUPPORTED: &[&str] = &[
    "gssdelegation",
    "gsslib",
    "krbsrvname",
    "replication",
    "require_auth",
    "requirepeer",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
];

/// Reads a connection URL or string, and fills in what its service names. The environment's `PGHOST`, `PGUSER` and
/// their like are left alone: they could silently make the source and the target one.
pub(super) fn parse(text: &str) -> Result<Parameters> {
    let text = text.trim();
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    let mut parameters = match rest {
        Some(rest) => from_url(rest),
        None => from_pairs(text),
    }
    .hint(FORMS)?;
    check(&parameters)?;
    if let Some(service) = parameters.get("service").cloned() {
        let named = from_service(&service)?;
        check(&named)?;
        for (name, value) in named {
            parameters.entry(name).or_insert(value);
        }
    }
    Ok(parameters)
}

/// Refuses what is not known. An unknown name is told only where it is like a known one: what looks like a name may be
/// the rest of a password that holds a space or an ampersand.
fn check(parameters: &Parameters) -> Result<()> {
    let Some(name) = parameters.keys().find(|name| !KNOWN.contains(&name.as_str())) else { return Ok(()) };
    if UNSUPPORTED.contains(&name.as_str()) {
        return Err(Error::config(format!("the connection parameter \"{name}\" is not supported")));
    }
    let like = KNOWN.iter().find(|known| name.len() > 3 && distance(name, known) <= 2);
    Err(match like {
        Some(known) => {
            Error::config(format!("a connection has no parameter \"{name}\"")).hint(format!("did you mean {known}?"))
        }
        None => Error::config("a connection has a parameter that is not known").hint(
            "the parameters are libpq's, for example host, port, dbname, user, sslmode, sslrootcert, service; \
                   a value with spaces stands in quotes, and in a URL & and spaces are written %26 and %20",
        ),
    })
}

fn malformed() -> Error {
    Error::config("not a usable connection")
}

const FORMS: &str = "write postgres://user@host:5432/database, or host=… dbname=… user=…, or service=name, or where that is kept: env:NAME, file:PATH, exec:COMMAND";

fn from_url(rest: &str) -> Result<Parameters> {
    let mut parameters = Parameters::new();
    let (front, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = front.split_once('/').unwrap_or((front, ""));
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (user, hosts),
        None => ("", authority),
    };
    if database.contains('@') {
        // Else a part of the password would be taken for the database's name, and shown.
        return Err(malformed().hint("in a URL, a password's / and @ are written %2F and %40"));
    }
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let mut set = |name: &str, value: String| {
        if !value.is_empty() {
            parameters.insert(name.to_owned(), value);
        }
    };
    set("user", decode(user)?);
    set("password", decode(password)?);
    set("dbname", decode(database)?);
    let (names, ports): (Vec<_>, Vec<_>) = hosts.split(',').map(host_and_port).unzip();
    set("host", decode(&names.join(","))?);
    set("port", if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") });
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
        parameters.insert(decode(name)?, decode(value)?);
    }
    Ok(parameters)
}

/// `host:port`, `[::1]:port`, or one of them alone.
fn host_and_port(text: &str) -> (&str, &str) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return (host, rest.strip_prefix(':').unwrap_or_default());
    }
    text.split_once(':').unwrap_or((text, ""))
}

fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(malformed)?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| malformed())?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| malformed())
}

/// `key=value key = 'quoted \' value'`.
fn from_pairs(text: &str) -> Result<Parameters> {
    let mut parameters = Parameters::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(malformed)?;
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(malformed());
        }
        let (value, after) = pair_value(after.trim_start())?;
        parameters.insert(name.to_owned(), value);
        rest = after.trim_start();
    }
    if parameters.is_empty() { Err(malformed()) } else { Ok(parameters) }
}

fn pair_value(text: &str) -> Result<(String, &str)> {
    let (quoted, body) = text.strip_prefix('\'').map_or((false, text), |body| (true, body));
    let mut value = String::new();
    let mut chars = body.char_indices();
    while let Some((place, char)) = chars.next() {
        match char {
            '\\' => value.push(chars.next().ok_or_else(malformed)?.1),
            '\'' if quoted => return Ok((value, &body[place + 1..])),
            space if !quoted && space.is_whitespace() => return Ok((value, &body[place..])),
            other => value.push(other),
        }
    }
    if quoted { Err(malformed()) } else { Ok((value, "")) }
}

fn from_service(service: &str) -> Result<Parameters> {
    let own = std::env::var_os("PGSERVICEFILE")
        .map(PathBuf::from)
        .or_else(|| home().map(|home| home.join(".pg_service.conf")));
    let shared = std::env::var_os("PGSYSCONFDIR").map(|folder| PathBuf::from(folder).join("pg_service.conf"));
    for file in [own, shared].into_iter().flatten() {
        if let Some(found) = service_in(&file, service)? {
            return Ok(found);
        }
    }
    Err(Error::config(format!("no service \"{service}\" is defined"))
        .hint("services are looked for in PGSERVICEFILE, else in ~/.pg_service.conf, then in PGSYSCONFDIR"))
}

fn service_in(file: &Path, service: &str) -> Result<Option<Parameters>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::from(error).at(At::File, file.display().to_string())),
    };
    let mut found = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            found = (name == service).then(Parameters::new);
        } else if let (Some(parameters), Some((name, value))) = (found.as_mut(), line.split_once('=')) {
            parameters.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn of(text: &str, name: &str) -> Option<String> {
        parse(text).ok().and_then(|parameters| parameters.get(name).cloned())
    }

    #[test]
    fn urls_as_libpq_reads_them() {
        let url = "postgresql://u%40x:p%3Aw@h1:1,[::1]:2,h3/db%20x?sslmode=disable&options=-c%20a%3Db";
        assert_eq!(of(url, "user").as_deref(), Some("u@x"));
        assert_eq!(of(url, "password").as_deref(), Some("p:w"));
        assert_eq!(of(url, "host").as_deref(), Some("h1,::1,h3"));
        assert_eq!(of(url, "port").as_deref(), Some("1,2,"));
        assert_eq!(of(url, "dbname").as_deref(), Some("db x"));
        assert_eq!(of(url, "options").as_deref(), Some("-c a=b"));
        assert_eq!(of("postgres://%2Ftmp%2Fs/db", "host").as_deref(), Some("/tmp/s"));
        assert_eq!(of("postgres:///db?host=/tmp", "host").as_deref(), Some("/tmp"));
    }

    #[test]
    fn pairs_as_libpq_reads_them() {
        let text = r"host = localhost dbname='my \'db\\' user=x";
        assert_eq!(of(text, "dbname").as_deref(), Some(r"my 'db\"));
        assert_eq!(of(text, "user").as_deref(), Some("x"));
        assert!(parse("just_a_name").is_err());
        assert!(parse("").is_err());
        assert!(parse("dbname='open").is_err());
    }

    #[test]
    fn what_is_not_understood_is_told_without_secrets() {
        let told = |text: &str| {
            let error = parse(text).err().map(|error| format!("{error} {:?}", error.hint_text()));
            error.unwrap_or_else(|| panic!("{text} is taken"))
        };
        let typo = told("host=h pasword=sesame");
        assert!(typo.contains("pasword") && typo.contains("did you mean password"), "{typo}");
        assert!(told("host=h sslcrl=/revoked").contains("sslcrl"));
        for secret in [
            "host=h password=open sesame=1",
            "postgres://u@h/d?password=open&sesame=1",
            "postgres://u:open?sesame=1@h/d",
            "postgres://u:5432/sesame@h/d",
            "postgres://u:open/sesame@h/d",
            "postgres://u:sesame%zz@h/d",
            "host=h password='sesame",
        ] {
            let told = told(secret);
            assert!(!told.contains("sesame") && !told.contains("open"), "{told}");
        }
    }
}
