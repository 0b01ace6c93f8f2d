//! Owns where a pipeline says that its connections are kept: references, in `[secrets]`. A password has no place in its file.
//! Must not know: how a reference is followed, or how a connection is opened.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

const INSTEAD: &str = "write where it is kept, under [secrets]: \"env:VARIABLE\", \"file:PATH\", \"exec:COMMAND\" or \"service=NAME\"; \
                       or leave the password to ~/.pgpass";

/// Where the connections are kept: `env:VARIABLE`, `file:PATH` (relative to the pipeline file), `exec:COMMAND ARGUMENT…`,
/// `service=NAME`, or a connection without a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The legacy database, where --source is not given.
    pub source: Option<String>,
    /// The new database, where --target is not given.
    pub target: Option<String>,
}

impl Secrets {
    /// What a nearer file says goes before; files are found from the folder that names them.
    pub fn overlay(&mut self, nearer: Self, folder: &Path) {
        let placed = |text: String| match text.trim().strip_prefix("file:").map(str::trim) {
            Some(path) if !path.starts_with("~/") => format!("file:{}", folder.join(path).display()),
            _ => text,
        };
        self.source = nearer.source.map(placed).or(self.source.take());
        self.target = nearer.target.map(placed).or(self.target.take());
    }

    /// Refuses a password in them.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`].
    pub fn check(&self) -> Result<()> {
        for (name, text) in [("source", &self.source), ("target", &self.target)] {
            let text = text.as_deref().unwrap_or_default().trim();
            if !["env:", "file:", "exec:"].iter().any(|sort| text.starts_with(sort)) && names_password(text) {
                return Err(Error::config(format!("`{name}` under [secrets] holds a password")).hint(INSTEAD));
            }
        }
        Ok(())
    }
}

/// Refuses a URL with a password anywhere in a file's text, also in a comment; gives its line.
///
/// # Errors
/// [`crate::error::Kind::Config`], with the number of the line.
pub fn refuse_passwords(text: &str) -> Result<(), (usize, Error)> {
    for (index, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some(at) = rest.find("://") {
            let ours = rest[..at].ends_with("postgres") || rest[..at].ends_with("postgresql");
            rest = &rest[at + 3..];
            let ends = |sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '`' | '<' | '>');
            let url = rest.split(ends).next().unwrap_or_default();
            if holds_password(url, ours) || ours && names_password(url) {
                let error = Error::config("a password does not belong in a pipeline file").hint(INSTEAD);
                return Err((index + 1, error));
            }
        }
    }
    Ok(())
}

/// `user:password@…`, which is what stands after `://`. A connection has no `@` but there, so that a `/` before it is the password's.
fn holds_password(url: &str, connection: bool) -> bool {
    let authority = if connection { url } else { url.split('/').next().unwrap_or_default() };
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}

/// `password=…`, in a URL or in pairs, or as a part of a URL.
fn names_password(text: &str) -> bool {
    let pairs = text.to_lowercase().replace("%70", "p");
    let named =
        pairs.match_indices("password").any(|(at, word)| pairs[at + word.len()..].trim_start().starts_with('='));
    named || text.split_once("://").is_some_and(|(_, url)| holds_password(url, true))
}

#[cfg(test)]
mod tests {
    use super::{Secrets, refuse_passwords};

    #[test]
    fn a_password_is_found_where_it_stands() {
        for text in [
            "a = 1\n[secrets]\nsource = \"postgres://me:sesame@h/d\"",
            "\n\n# target = 'postgresql://me:p%40ss@h:5432/d'",
            "\n\nx = \"postgres://h/d?user=me&password=sesame\"",
            "\n\nx = \"postgres://me:ses/ame@h/d\"",
        ] {
            let (line, error) = refuse_passwords(text).unwrap_err();
            assert_eq!(line, 3, "{text}");
            assert!(!format!("{error} {:?}", error.hint_text()).contains("sesame"));
        }
        for text in [
            "source = \"postgres://me@h:5432/d\"",
            "see = \"https://example.com:8080/a@b\"",
            "source = \"postgres://h:5432,g:5433/d?sslmode=require\"",
            "flows = \"flows\"",
        ] {
            assert!(refuse_passwords(text).is_ok(), "{text}");
        }
        let secrets = |text: &str| Secrets { source: None, target: Some(text.to_owned()) }.check();
        assert!(secrets("host=h user=u password = 'sesame'").is_err() && secrets("host=h sslpassword=x").is_err());
        for fine in ["env:URL", "exec:vault kv get -field=password=x", "service=new", "host=h passfile=/p user=u"] {
            assert!(secrets(fine).is_ok(), "{fine}");
        }
    }
}
