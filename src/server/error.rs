//! Owns what a PostgreSQL error means for us: its kind, its places and a hint.
//! Must not know: any statement. Never lets through what may hold a cell value (detail, context, and the messages of
//! whole classes).

use std::error::Error as _;

use openssl::ssl;
use tokio_postgres::error::{DbError, SqlState};

use crate::error::{At, Error, Kind};

/// What an error of the driver or the server means. Keeps SQLSTATE, table, column and constraint.
#[must_use]
pub fn from_postgres(error: &tokio_postgres::Error) -> Error {
    if let Some(said) = error.as_db_error() {
        return from_server(said);
    }
    let cause = error.source().map(ToString::to_string);
    let with_cause = |message: &str| match &cause {
        Some(cause) => format!("{message}: {cause}"),
        None => message.to_owned(),
    };
    // The driver's kinds are private: their names are all there is.
    match error.to_string().as_str() {
        "error performing TLS handshake" => untrusted(error),
        "authentication error" => Error::new(Kind::Auth, with_cause("the login failed")),
        "invalid configuration" => Error::new(Kind::Auth, with_cause("the server asks for what the connection lacks"))
            .hint("give the password in the URL, or in the password file (~/.pgpass)"),
        "error connecting to server" => Error::new(Kind::Retryable, with_cause("the server cannot be reached"))
            .hint("check host and port, and that the server accepts connections from here"),
        // After the handshake, a server still may refuse a certificate of ours.
        "error communicating with the server" if said_by_tls(error).is_some_and(has_reason) => untrusted(error),
        "connection closed" | "error communicating with the server" | "timeout waiting for server" => {
            Error::new(Kind::Retryable, "the connection to the server was lost")
                .hint("try again; the server's log may say why")
        }
        // The causes of these may name values.
        other => Error::unexpected(format!("the driver gave up: {other}")),
    }
}

/// The same for an error of the login, when nothing has been read yet: what does not speak is no PostgreSQL server.
pub(super) fn from_login(error: &tokio_postgres::Error) -> Error {
    match error.to_string().as_str() {
        "unexpected message from server" | "error parsing response from server" => {
            Error::config("what answers is not a PostgreSQL server").hint("check host and port")
        }
        _ => from_postgres(error),
    }
}

/// What OpenSSL says, where an error comes from there: in the handshake below the driver's own words, later below an
/// error of input and output.
fn said_by_tls(error: &tokio_postgres::Error) -> Option<&ssl::Error> {
    let cause = error.source()?;
    match cause.downcast_ref::<std::io::Error>() {
        Some(error) => error.get_ref()?.downcast_ref(),
        None => cause.source()?.downcast_ref(),
    }
}

/// Was the talk about certificates and versions, or did it merely break off?
fn has_reason(said: &ssl::Error) -> bool {
    reason(said).is_some_and(|reason| !reason.starts_with("unexpected eof"))
}

fn reason(said: &ssl::Error) -> Option<&'static str> {
    said.ssl_error()?.errors().last()?.reason()
}

/// A handshake that failed: neither side's words hold anything but names of faults.
fn untrusted(error: &tokio_postgres::Error) -> Error {
    let said = said_by_tls(error);
    if said.is_some_and(|said| !has_reason(said)) {
        return Error::new(Kind::Retryable, "the connection broke off while it was being encrypted")
            .hint("try again; the server's log may say why");
    }
    let whole = error.source().map(ToString::to_string).unwrap_or_default();
    let fault = match said.and_then(reason) {
        // What of the certificate is wrong comes last.
        Some("certificate verify failed") => whole.rsplit(": ").next().unwrap_or_default(),
        Some(reason) => reason,
        None => &whole,
    };
    Error::new(Kind::Auth, format!("no trusted, encrypted connection: {fault}")).hint(remedy(fault))
}

fn remedy(fault: &str) -> &'static str {
    if fault.contains("mismatch") {
        return "the certificate is for another name: use that name as host, with hostaddr=ADDRESS if need be";
    }
    if fault.contains("expired") || fault.contains("not yet valid") {
        return "the server needs a new certificate, or this machine's clock is wrong";
    }
    if fault.contains("alert") {
        return "the server refuses: check the certificate and key that sslcert and sslkey name";
    }
    if fault.contains("support TLS") {
        return "turn on ssl at the server; sslmode=disable asks for plain text, for networks that can be trusted";
    }
    "name the certificate of the server's authority with sslrootcert=FILE"
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        from_postgres(&error)
    }
}

fn from_server(said: &DbError) -> Error {
    let code = said.code();
    let mut error = Error::new(kind(said), message(said)).at(At::SqlState, code.code());
    if let Some(table) = said.table() {
        error = error.at(At::Table, said.schema().map_or(table.to_owned(), |schema| format!("{schema}.{table}")));
    }
    if let Some(column) = said.column() {
        error = error.at(At::Column, column);
    }
    if takes_new_rows_alone(said) {
        return error.hint(
            "its changes are published, and nothing tells its rows apart for whoever listens: give the table a primary key, or ALTER TABLE … REPLICA IDENTITY FULL",
        );
    }
    if is_kept_by_a_rule(said) {
        return error.hint(
            "a rule (CREATE RULE) of the table does not let it: ALTER TABLE … DISABLE RULE for the time of the command",
        );
    }
    match hint(code) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Does a publication keep a table's rows from being changed or removed? Of this, only the place in the server's source tells.
fn takes_new_rows_alone(said: &DbError) -> bool {
    said.routine() == Some("CheckCmdReplicaIdentity")
}

/// Does a rule of a table leave nothing of a statement that could be run, or answered?
fn is_kept_by_a_rule(said: &DbError) -> bool {
    *said.code() == SqlState::FEATURE_NOT_SUPPORTED && said.routine() == Some("RewriteQuery")
}

fn kind(said: &DbError) -> Kind {
    let code = said.code();
    if *code == SqlState::FEATURE_NOT_SUPPORTED && said.message().contains("row-level security") {
        return Kind::Privilege;
    }
    if takes_new_rows_alone(said) || is_kept_by_a_rule(said) {
        return Kind::Config;
    }
    if *code == SqlState::QUERY_CANCELED {
        let timed_out = said.message().contains("timeout");
        return if timed_out { Kind::Retryable } else { Kind::Interrupted };
    }
    match code.code() {
        "42501" => Kind::Privilege,
        "3D000" => Kind::Config,
        "42P01" | "42703" | "42704" | "42883" | "42804" | "42P07" | "42710" | "3F000" => Kind::Drift,
        "53300" | "53400" | "55P03" | "55006" | "25006" | "40001" | "40P01" => Kind::Retryable,
        other => match &other[..2.min(other.len())] {
            "28" => Kind::Auth,
            "53" => Kind::Resources,
            "08" | "57" => Kind::Retryable,
            _ => Kind::Unexpected,
        },
    }
}

/// Does the server, the database or the role take no more sessions?
#[must_use]
pub fn is_full(error: &Error) -> bool {
    error.places().iter().any(|(at, state)| *at == At::SqlState && state == "53300")
}

/// The server's own words only where they name objects and never values.
fn message(said: &DbError) -> String {
    let code = said.code().code();
    let constraint = said.constraint().map(|name| format!(" (constraint {name})")).unwrap_or_default();
    let names_objects_only = ["08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"];
    match &code[..2.min(code.len())] {
        class if names_objects_only.contains(&class) => format!("{}{constraint}", said.message()),
        "22" => format!("the server refuses a value{constraint}"),
        "23" => format!("a row breaks a constraint{constraint}"),
        "P0" => "a trigger or function of the database refuses a row".to_owned(),
        _ => format!("the server reports an error{constraint}"),
    }
}

/// The hint where a privilege is missing, and nobody has looked which.
pub const LACKS_PRIVILEGE: &str =
    "grant the role what it lacks; a role that row-level security applies to needs BYPASSRLS";

fn hint(code: &SqlState) -> Option<&'static str> {
    Some(match code.code() {
        "28P01" => "check the user and the password; a password can come from ~/.pgpass",
        "28000" => "the server does not let this user in from here (pg_hba.conf), or asks for TLS",
        "3D000" => "there is no database of that name: check the URL, or make it first",
        "42501" => LACKS_PRIVILEGE,
        "53100" => "the disk of the database server is full: make room there, and give the same command again",
        "53200" => "the database server has run out of memory: lower --jobs, or give it more",
        "40P01" => "another session and this one waited for each other: try again, while less is under way there",
        "53300" => "the server takes no more connections: lower --jobs, or try again later",
        "55P03" => "another session holds a lock on the table: try again when it is done",
        "25006" => {
            "something writes where only reading is done: a view or function that writes; or the server itself is read-only (a standby, or a disk that is nearly full)"
        }
        "57P03" => "the server is starting up or shutting down: try again shortly",
        "57014" => "the statement was cancelled on the server",
        _ => return None,
    })
}
