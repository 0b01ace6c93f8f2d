//! Owns who may look: whoever is on this machine, by a name of it; from elsewhere, who has the token. Must not know: what is shown.

use sha2::{Digest, Sha256};

use crate::web::http::{Answer, Asked};

const COOKIE: &str = "rehome";

/// Who may look.
#[derive(Clone)]
pub enum Door {
    /// The address is this machine's alone. It must be called by such a name: a page of elsewhere could have a name of its own lead here.
    Loopback,
    /// Only who knows this.
    Token(String),
}

impl Door {
    /// What is answered instead, if anything is.
    pub fn stops(&self, asked: &Asked) -> Option<Answer> {
        match self {
            Self::Loopback => {
                let host = asked.host.as_deref().unwrap_or_default();
                let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
                let name = name.map_or(host, |(name, _)| name);
                (!matches!(name, "localhost" | "127.0.0.1" | "[::1]"))
                    .then(|| Answer::text(403, "text/plain; charset=utf-8", "only by the name localhost\n".to_owned()))
            }
            Self::Token(token) => {
                let cookie = asked.cookies.get(COOKIE).or(asked.bearer.as_ref());
                if cookie.is_some_and(|given| same(given, token)) {
                    return None;
                }
                if asked.query.get("token").is_some_and(|given| same(given, token)) {
                    // Out of the address, where it would be seen and kept.
                    return Some(Answer {
                        status: 303,
                        location: Some(asked.path.clone()),
                        cookie: Some(format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/")),
                        ..Answer::default()
                    });
                }
                let told = "a token is asked for: open the address that `rehome serve` printed\n";
                Some(Answer::text(401, "text/plain; charset=utf-8", told.to_owned()))
            }
        }
    }
}

/// Compares what is hashed: how long it takes tells nothing.
fn same(given: &str, token: &str) -> bool {
    Sha256::digest(given.as_bytes()) == Sha256::digest(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Door;
    use crate::web::http::Asked;

    fn status(door: &Door, asked: Asked) -> Option<u16> {
        door.stops(&asked).map(|answer| answer.status)
    }

    #[test]
    fn a_machine_is_called_by_its_own_names() {
        let host = |name: &str| Asked { host: Some(name.to_owned()), ..Asked::default() };
        for name in ["localhost:9470", "127.0.0.1:9470", "[::1]:9470", "localhost"] {
            assert_eq!(status(&Door::Loopback, host(name)), None, "{name}");
        }
        for name in ["evil.example:9470", "localhost.evil.example", "", "127.0.0.1.evil.example:80"] {
            assert_eq!(status(&Door::Loopback, host(name)), Some(403), "{name}");
        }
    }

    #[test]
    fn who_has_the_token_comes_in() {
        let door = Door::Token("secret".to_owned());
        assert_eq!(status(&door, Asked::default()), Some(401));
        let bearer = |text: &str| Asked { bearer: Some(text.to_owned()), ..Asked::default() };
        assert_eq!((status(&door, bearer("secret")), status(&door, bearer("Secret"))), (None, Some(401)));
        let query =
            Asked { query: [("token".to_owned(), "secret".to_owned())].into(), path: "/x".into(), ..Asked::default() };
        let answer = door.stops(&query).unwrap();
        assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/x")));
        assert!(answer.cookie.unwrap().starts_with("rehome=secret; HttpOnly"));
    }
}
