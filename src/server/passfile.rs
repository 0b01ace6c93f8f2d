//! Owns the password file (`~/.pgpass`), as libpq reads it. Must not know: anything else of a connection.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::kept::home;

/// Whose password is looked for.
pub(super) struct Login<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// The password that the file named, or `PGPASSFILE`, or `~/.pgpass` holds for a login.
/// A file that others may read is not used, as with libpq.
pub(super) fn password(file: Option<&str>, login: &Login<'_>) -> Option<String> {
    let file = file
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("PGPASSFILE").map(PathBuf::from))
        .or_else(|| home().map(|home| home.join(".pgpass")))?;
    let meta = std::fs::metadata(&file).ok().filter(std::fs::Metadata::is_file)?;
    if meta.permissions().mode() & 0o077 != 0 {
        log::warn!("the password file {} is readable by others and not used: chmod 600", file.display());
        return None;
    }
    std::fs::read_to_string(&file).ok()?.lines().find_map(|line| password_in(line, login))
}

fn password_in(line: &str, login: &Login<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let port = login.port.to_string();
    let mut fields = fields(line);
    for (place, wanted) in [login.host, port.as_str(), login.database, login.user].into_iter().enumerate() {
        let field = fields.next()?;
        // The default socket is called localhost.
        let socket = place == 0 && wanted.starts_with('/') && field == "localhost";
        if field != "*" && field != wanted && !socket {
            return None;
        }
    }
    fields.next()
}

/// Fields between colons; a backslash takes the next character as it is. The fifth field, the password, is the rest.
fn fields(line: &str) -> impl Iterator<Item = String> + '_ {
    let mut chars = line.chars();
    let mut count = 0;
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        count += 1;
        let mut field = String::new();
        loop {
            match chars.next() {
                Some('\\') => field.extend(chars.next()),
                Some(':') if count < 5 => return Some(field),
                Some(other) => field.push(other),
                None => {
                    ended = true;
                    return Some(field);
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Login, password_in};

    #[test]
    fn the_first_line_that_fits() {
        let login = Login { host: "h", port: 5432, database: "d:x", user: "u" };
        assert_eq!(password_in(r"h:*:d\:x:u:p:a\\ss", &login).as_deref(), Some(r"p:a\ss"));
        assert_eq!(password_in("*:*:*:*:any", &login).as_deref(), Some("any"));
        assert_eq!(password_in("h:5433:*:u:no", &login), None);
        assert_eq!(password_in("# h:5432:*:u:no", &login), None);
        assert_eq!(password_in("h:5432", &login), None);
        let socket = Login { host: "/run/pg", ..login };
        assert_eq!(password_in("localhost:*:*:u:p", &socket).as_deref(), Some("p"));
        assert_eq!(password_in("/run/pg:*:*:u:p", &socket).as_deref(), Some("p"));
        assert_eq!(password_in("h:*:*:u:p", &socket), None);
    }
}
