//! Owns the one error type: what kind of thing is wrong with the world, where, and what to do about it.
//! Must not know: any database, engine or terminal. Rows that are wrong are outcomes, never errors.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of everything that can meet a world that is wrong.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing is wrong; each kind has its documented exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A defect of this program.
    Unexpected,
    /// The command line, a pipeline file or a flow's SQL.
    Config,
    /// More rows were rejected than a flow's `accept` allows.
    Threshold,
    /// Authentication or TLS.
    Auth,
    /// A privilege is missing, or row-level security would hide rows.
    Privilege,
    /// The schema found is not the schema the flows were written for.
    Drift,
    /// The target does not hold what the outcomes say, a check failed, or conservation is broken.
    Verification,
    /// Disk or memory ran out.
    Resources,
    /// Another run holds the target.
    Locked,
    /// A snapshot (or a stored outcome) does not match its manifest.
    Corrupt,
    /// Unreachable or busy: the same command may succeed later.
    Retryable,
    /// Stopped by the user.
    Interrupted,
}

impl Kind {
    /// The process exit code of this kind, as documented in the README.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Unexpected => 1,
            Self::Config => 2,
            Self::Threshold => 3,
            Self::Auth => 4,
            Self::Privilege => 5,
            Self::Drift => 6,
            Self::Verification => 7,
            Self::Resources => 8,
            Self::Locked => 9,
            Self::Corrupt => 10,
            Self::Retryable => 75,
            Self::Interrupted => 130,
        }
    }
}

/// A place an error can name. Values of cells have no place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum At {
    Pipeline,
    Flow,
    /// `path:line:column`, or as much of it as is known.
    File,
    /// The piece of the user's own SQL that is meant.
    Sql,
    Table,
    Column,
    Key,
    SqlState,
    Server,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pipeline => "pipeline",
            Self::Flow => "flow",
            Self::File => "file",
            Self::Sql => "sql",
            Self::Table => "table",
            Self::Column => "column",
            Self::Key => "key",
            Self::SqlState => "sqlstate",
            Self::Server => "server",
        })
    }
}

/// What went wrong, where, and what to do about it. Holds no cell value and no secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Inner {
    kind: Kind,
    message: String,
    at: Vec<(At, String)>,
    hint: Option<String>,
}

impl Error {
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), at: Vec::new(), hint: None }))
    }

    /// [`Kind::Config`], the most frequent one.
    #[must_use]
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    /// [`Kind::Unexpected`]: a defect of this program.
    #[must_use]
    pub fn unexpected(message: impl Into<String>) -> Self {
        Self::new(Kind::Unexpected, message)
    }

    /// Adds a place, unless a closer one of that sort is already named.
    #[must_use]
    pub fn at(mut self, at: At, name: impl Into<String>) -> Self {
        if !self.0.at.iter().any(|(known, _)| *known == at) {
            self.0.at.push((at, name.into()));
        }
        self
    }

    /// Adds what to do about it, unless something closer has said so already.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint.get_or_insert(hint.into());
        self
    }

    /// Says what to do about it in place of what was said before.
    #[must_use]
    pub fn better_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds to the hint what holds besides.
    #[must_use]
    pub fn also(mut self, note: &str) -> Self {
        self.0.hint = Some(self.0.hint.map_or_else(|| note.to_owned(), |hint| format!("{hint}; {note}")));
        self
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The places named, innermost first.
    #[must_use]
    pub fn places(&self) -> &[(At, String)] {
        &self.0.at
    }

    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (at, name) in &self.0.at {
            write!(f, " [{at} {name}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::new(Kind::Resources, "the disk is full")
                    .hint("free space, or choose another folder with --dir, and give the same command again")
            }
            std::io::ErrorKind::FileTooLarge => Self::new(Kind::Resources, "a file may not become so large here").hint(
                "raise the limit (ulimit -f), or choose another folder with --dir, and give the same command again",
            ),
            _ => Self::unexpected(format!("input/output error: {}", error.kind())),
        }
    }
}

/// Adds places and hints to the error of a result.
pub trait Context<T> {
    /// As [`Error::at`].
    ///
    /// # Errors
    /// The same error, with the place.
    fn at(self, at: At, name: impl Into<String>) -> Result<T>;
    /// As [`Error::hint`].
    ///
    /// # Errors
    /// The same error, with the hint.
    fn hint(self, hint: impl Into<String>) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn at(self, at: At, name: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.into().at(at, name))
    }

    fn hint(self, hint: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.into().hint(hint))
    }
}
