//! Owns when a connection is encrypted and whom it trusts. Must not know: what is sent over it.
//! Without being asked, only a socket or the loopback interface is used in plain text; all else is verified in full.

use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslFiletype, SslMethod, SslVerifyMode};
use postgres_openssl::MakeTlsConnector;
use tokio_postgres::config::SslMode;

use super::parameters::{Parameters, home};
use crate::error::{At, Error, Kind, Result};

/// Where certificate authorities lie on the systems we know. A vendored OpenSSL does not know it.
const AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Encrypted or not, to whoever answers.
    Anyone,
    /// A certificate of a known authority.
    Authority,
    /// A certificate of a known authority for this very host.
    Host,
}

/// How to connect: the mode for the driver, and the connector that checks what `sslmode` asks for.
pub(super) fn settings(parameters: &Parameters, nearby: bool) -> Result<(SslMode, MakeTlsConnector)> {
    let given = parameters.get("sslmode").map(String::as_str);
    let asked = match given {
        Some(mode) => mode,
        None if parameters.get("ssl").is_some_and(|ssl| ssl == "true") => "require",
        None if nearby => "disable",
        None => "verify-full",
    };
    let root = parameters.get("sslrootcert").map(String::as_str);
    let (mode, trust) = match asked {
        "disable" => (SslMode::Disable, Trust::Anyone),
        "allow" | "prefer" => (SslMode::Prefer, Trust::Anyone),
        // As libpq: with a certificate at hand, require checks it.
        "require" if root.is_some() => (SslMode::Require, Trust::Authority),
        "require" => (SslMode::Require, Trust::Anyone),
        "verify-ca" => (SslMode::Require, Trust::Authority),
        "verify-full" => (SslMode::Require, Trust::Host),
        _ => {
            return Err(Error::config("sslmode is not one that is known")
                .hint("one of disable, prefer, require, verify-ca, verify-full"));
        }
    };
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(|error| broken(&error))?;
    if trust == Trust::Anyone {
        builder.set_verify(SslVerifyMode::NONE);
    } else {
        authorities(&mut builder, root)?;
    }
    if mode != SslMode::Disable {
        own_certificate(&mut builder, parameters)?;
    }
    let mut connector = MakeTlsConnector::new(builder.build());
    if trust != Trust::Host {
        connector.set_callback(|connection, _| {
            connection.set_verify_hostname(false);
            Ok(())
        });
    }
    Ok((mode, connector))
}

fn authorities(builder: &mut SslConnectorBuilder, root: Option<&str>) -> Result<()> {
    let own = home().map(|home| home.join(".postgresql/root.crt")).filter(|file| file.is_file());
    let file = match root {
        Some("system") => system_authorities(),
        Some(named) => Some(PathBuf::from(named)),
        None => own.or_else(system_authorities),
    };
    let Some(file) = file else {
        return Err(Error::new(Kind::Auth, "no certificate authorities are installed here")
            .hint("name the server's certificate with sslrootcert=FILE, or install the package ca-certificates"));
    };
    builder.set_ca_file(&file).map_err(|_| unreadable(&file))
}

fn system_authorities() -> Option<PathBuf> {
    std::env::var_os("SSL_CERT_FILE")
        .map(PathBuf::from)
        .into_iter()
        .chain(AUTHORITIES.iter().map(PathBuf::from))
        .find(|file| file.is_file())
}

fn own_certificate(builder: &mut SslConnectorBuilder, parameters: &Parameters) -> Result<()> {
    if let Some(file) = parameters.get("sslcert") {
        builder.set_certificate_chain_file(file).map_err(|_| unreadable(Path::new(file)))?;
    }
    if let Some(file) = parameters.get("sslkey") {
        builder.set_private_key_file(file, SslFiletype::PEM).map_err(|_| unreadable(Path::new(file)))?;
    }
    Ok(())
}

fn unreadable(file: &Path) -> Error {
    Error::config("a certificate file cannot be read").at(At::File, file.display().to_string())
}

fn broken(error: &ErrorStack) -> Error {
    Error::unexpected(format!("TLS cannot be set up: {error}"))
}
