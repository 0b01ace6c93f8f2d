//! Owns when a connection is encrypted and whom it trusts. Must not know: what is sent over it.
//! Without being asked, only a socket or the loopback interface is used in plain text; all else is verified in full.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use postgres_openssl::MakeTlsConnector;
use tokio_postgres::config::SslMode;

use super::parameters::Parameters;
use crate::error::{At, Error, Kind, Result};
use crate::kept::home;

/// Where certificate authorities lie on the systems we know. A vendored OpenSSL does not know it.
const AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

/// What is asked of a connection, whatever the server then does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Never encrypted.
    Plain,
    /// Encrypted where the server can, to whoever answers.
    Preferred,
    /// Encrypted, to whoever answers.
    Encrypted,
    /// Encrypted, to a server with a certificate of a known authority.
    Authority,
    /// Encrypted, to a server with a certificate of a known authority for this very host.
    Host,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Encrypted or not, to whoever answers.
    Anyone,
    /// A certificate of a known authority.
    Authority,
    /// A certificate of a known authority for this very host.
    Host,
}

/// How to connect: the mode for the driver, the connector that checks what `sslmode` asks for, and what that is. A socket has
/// no TLS.
pub(super) fn settings(
    parameters: &Parameters,
    socket: bool,
    nearby: bool,
) -> Result<(SslMode, MakeTlsConnector, Protection)> {
    let (mode, trust) = asked(parameters, nearby)?;
    let mode = if socket { SslMode::Disable } else { mode };
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(|error| broken(&error))?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2)).map_err(|error| broken(&error))?;
    if mode != SslMode::Disable {
        if trust == Trust::Anyone {
            builder.set_verify(SslVerifyMode::NONE);
        } else {
            authorities(&mut builder, root(parameters))?;
        }
        own_certificate(&mut builder, parameters)?;
    }
    let mut connector = MakeTlsConnector::new(builder.build());
    if trust != Trust::Host {
        connector.set_callback(|connection, _| {
            connection.set_verify_hostname(false);
            Ok(())
        });
    }
    let protection = match (mode, trust) {
        (SslMode::Disable, _) => Protection::Plain,
        (SslMode::Prefer, _) => Protection::Preferred,
        (_, Trust::Anyone) => Protection::Encrypted,
        (_, Trust::Authority) => Protection::Authority,
        (_, Trust::Host) => Protection::Host,
    };
    Ok((mode, connector, protection))
}

fn asked(parameters: &Parameters, nearby: bool) -> Result<(SslMode, Trust)> {
    let system = root(parameters) == Some("system");
    let named = ["sslrootcert", "sslcert"].iter().any(|name| parameters.contains_key(*name));
    let mode = match parameters.get("sslmode").map(String::as_str) {
        Some(mode) => mode,
        None if parameters.get("ssl").is_some_and(|ssl| ssl == "true") && !system => "require",
        None if nearby && !named => "disable",
        None => "verify-full",
    };
    if system && mode != "verify-full" {
        // As libpq: half the world has a certificate of some public authority.
        return Err(Error::config("sslrootcert=system goes with sslmode=verify-full alone"));
    }
    Ok(match mode {
        "disable" => (SslMode::Disable, Trust::Anyone),
        "allow" | "prefer" => (SslMode::Prefer, Trust::Anyone),
        // As libpq: with a certificate at hand, require checks it.
        "require" if root(parameters).is_some() || own("root.crt").is_some() => (SslMode::Require, Trust::Authority),
        "require" => (SslMode::Require, Trust::Anyone),
        "verify-ca" => (SslMode::Require, Trust::Authority),
        "verify-full" => (SslMode::Require, Trust::Host),
        _ => {
            return Err(Error::config("sslmode is not one that is known")
                .hint("one of disable, prefer, require, verify-ca, verify-full"));
        }
    })
}

fn root(parameters: &Parameters) -> Option<&str> {
    parameters.get("sslrootcert").map(String::as_str).filter(|root| !root.is_empty())
}

/// A file of the user's that libpq looks at without being told.
fn own(name: &str) -> Option<PathBuf> {
    home().map(|home| home.join(".postgresql").join(name)).filter(|file| file.is_file())
}

fn authorities(builder: &mut SslConnectorBuilder, root: Option<&str>) -> Result<()> {
    let file = match root {
        Some("system") => system_authorities(),
        Some(named) => Some(PathBuf::from(named)),
        None => own("root.crt").or_else(system_authorities),
    };
    let Some(file) = file else {
        return Err(Error::new(Kind::Auth, "no certificate authorities are installed here")
            .hint("name the server's certificate with sslrootcert=FILE, or install the package ca-certificates"));
    };
    // The connector comes with the authorities that it finds by itself: only those meant are trusted.
    let store = X509StoreBuilder::new().map_err(|error| broken(&error))?;
    builder.set_cert_store(store.build());
    builder.set_ca_file(&file).map_err(|_| unreadable(&file))
}

fn system_authorities() -> Option<PathBuf> {
    std::env::var_os("SSL_CERT_FILE")
        .map(PathBuf::from)
        .into_iter()
        .chain(AUTHORITIES.iter().map(PathBuf::from))
        .find(|file| file.is_file())
}

/// What this side shows when it is asked who it is.
fn own_certificate(builder: &mut SslConnectorBuilder, parameters: &Parameters) -> Result<()> {
    let file = |parameter: &str, name: &str| parameters.get(parameter).map(PathBuf::from).or_else(|| own(name));
    let Some(certificate) = file("sslcert", "postgresql.crt") else { return Ok(()) };
    builder.set_certificate_chain_file(&certificate).map_err(|_| unreadable(&certificate))?;
    let key = file("sslkey", "postgresql.key")
        .ok_or_else(|| Error::config("a certificate of one's own needs its key").hint("name it with sslkey=FILE"))?;
    let meta = std::fs::metadata(&key).map_err(|_| unreadable(&key))?;
    // As libpq: the group may read what belongs to root.
    let forbidden = if meta.uid() == 0 { 0o037 } else { 0o077 };
    if meta.mode() & forbidden != 0 {
        return Err(Error::config("a private key is open to others")
            .at(At::File, key.display().to_string())
            .hint("chmod 600"));
    }
    let pem = std::fs::read(&key).map_err(|_| unreadable(&key))?;
    // Given any passphrase, OpenSSL does not ask for one at the terminal.
    let passphrase = parameters.get("sslpassword").map_or("", String::as_str);
    let private = PKey::private_key_from_pem_passphrase(&pem, passphrase.as_bytes())
        .map_err(|_| unreadable(&key).hint("is it a PEM file? An encrypted one needs sslpassword"))?;
    let fits = builder.set_private_key(&private).and_then(|()| builder.check_private_key());
    fits.map_err(|_| {
        Error::config("a private key does not belong to the certificate").at(At::File, key.display().to_string())
    })
}

fn unreadable(file: &Path) -> Error {
    Error::config("a certificate file cannot be read").at(At::File, file.display().to_string())
}

fn broken(error: &ErrorStack) -> Error {
    Error::unexpected(format!("TLS cannot be set up: {error}"))
}
