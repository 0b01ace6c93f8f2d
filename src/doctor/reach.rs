//! Owns the way to a database: its hosts, the login, the encryption, and what stands in between.
//! Must not know: what is in it.

use super::findings::Findings;
use super::look::Look;
use crate::error::{Error, Kind};
use crate::server::{Address, Connection, Protection};

const APPLICATION: &str = "rehome doctor";
const VERIFY: &str = "sslmode=verify-full (with sslrootcert=FILE where its authority is not a public one)";

/// Logs in. Gives how the database is called, and the database where one answers.
pub(super) async fn reach(url: &str, found: &mut Findings) -> (Option<String>, Option<Look>) {
    let address = match Address::parse(url) {
        Ok(address) => address,
        Err(error) => {
            found.error("connection", &error);
            return (None, None);
        }
    };
    let name = Some(address.to_string());
    let Some((host, connection)) = first_host(&address, found).await else { return (name, None) };
    let between = connection.pooler().cloned();
    if let Some(pooler) = &between {
        let refused = pooler.refused();
        found.fail(refused.kind(), "pooler", refused.message(), vec![pooler.remedy()]);
    }
    let look = match Look::at(host, connection).await {
        Ok(look) => look,
        // Where not even transactions are to be had, there is nothing else to look at.
        Err(_) if between.is_some() => return (name, None),
        Err(error) => {
            found.error("connection", &error);
            return (name, None);
        }
    };
    let server = &look.server;
    let sort = match (server.superuser, server.bypasses) {
        (true, _) => "a superuser",
        (_, true) => "no superuser, above row-level security",
        _ => "no superuser",
    };
    found.ok("connection", format!("{} as {}, {sort}", look.address, server.role));
    encryption(&look, found);
    pooler(&look, found);
    (name, Some(look))
}

/// The first host that lets us in, as when a run logs in; of the others it is told whether they would.
async fn first_host(address: &Address, found: &mut Findings) -> Option<(Address, Connection)> {
    let hosts = address.hosts();
    let several = hosts.len() > 1;
    let mut first = None;
    let mut failures: Vec<(String, Error)> = Vec::new();
    for host in hosts {
        match (host.look(APPLICATION).await, &first) {
            (Ok(connection), None) => first = Some((host, connection)),
            (Ok(_), Some(_)) => {
                found.ok("connection", format!("{host} answers, too; it is not asked as long as the first does"));
            }
            (Err(error), _) => failures.push((host.to_string(), error)),
        }
    }
    for (host, error) in failures {
        // Whoever refuses the login ends the search: no other host is asked.
        if first.is_some() && error.kind() == Kind::Retryable {
            found.warn("connection", format!("{host} does not answer: {}", error.message()), hint(&error));
        } else {
            let shown = if several { format!("{host}: {}", error.message()) } else { error.message().to_owned() };
            found.fail(error.kind(), "connection", shown, unreachable(address, &error));
        }
    }
    first
}

fn hint(error: &Error) -> Vec<String> {
    error.hint_text().map(str::to_owned).into_iter().collect()
}

/// What can be done where nobody answers: Supabase's own hosts have no IPv4 address.
fn unreachable(address: &Address, error: &Error) -> Vec<String> {
    let host = address.host();
    if error.kind() == Kind::Retryable && host.starts_with("db.") && host.ends_with(".supabase.co") {
        return vec![
            "Supabase's direct connection is IPv6 only: use the session pooler (…pooler.supabase.com, port 5432)"
                .to_owned(),
        ];
    }
    hint(error)
}

fn encryption(look: &Look, found: &mut Findings) {
    let address = &look.address;
    if address.host().starts_with('/') {
        return found.ok("encryption", "a socket of this machine, which needs none");
    }
    let protocol = look.server.protocol.clone().unwrap_or_else(|| "TLS".to_owned());
    let pooled = look.connection.pooler().is_some();
    let plain = !look.server.encrypted && !pooled;
    match address.protection() {
        Protection::Plain | Protection::Preferred if plain && address.is_nearby() => {
            found.ok("encryption", "plain text, which does not leave this machine");
        }
        Protection::Plain | Protection::Preferred if plain => found.warn(
            "encryption",
            "plain text: whoever is in between reads every row",
            vec![format!("turn on ssl at the server, and connect with {VERIFY}")],
        ),
        Protection::Host => {
            found.ok("encryption", format!("{protocol}; the certificate is verified, and is this host's"));
        }
        Protection::Authority => found.ok(
            "encryption",
            format!("{protocol}; the certificate is of a known authority, whatever the host is called"),
        ),
        _ if address.is_nearby() => found.ok("encryption", format!("{protocol}; the certificate is not looked at")),
        _ => found.warn(
            "encryption",
            format!("{protocol}, but the certificate is not verified: it may be anybody's"),
            vec![VERIFY.to_owned()],
        ),
    }
}

fn pooler(look: &Look, found: &mut Findings) {
    if look.connection.pooler().is_some() {
        return;
    }
    if look.address.host().ends_with(".pooler.supabase.com") {
        return found.note(
            "pooler",
            "Supabase's pooler in session mode: as many connections as its pool size, for all clients of the role",
            vec!["raise the pool size in the project's database settings, or lower --jobs".to_owned()],
        );
    }
    found.ok("pooler", "each session keeps its own backend");
}
