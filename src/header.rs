//! Owns the form of every SQL file of a pipeline: a TOML header in the leading comment, and the SQL itself.
//! Must not know: what the keys of a header mean; flows, checks and reports say that.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::diagnosis::Text;
use crate::error::{At, Error, Result};

const OPEN: &str = "/*---";
const CLOSE: &str = "---*/";

/// A SQL file, read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SqlFile<H> {
    /// The file's name without `.sql`.
    pub stem: String,
    pub path: PathBuf,
    /// The whole text, header included, so that lines and columns are the file's.
    pub sql: String,
    pub header: H,
}

impl<H> SqlFile<H> {
    /// The SQL with its file, as `shown` names it, for errors that point into it.
    #[must_use]
    pub fn text<'a>(&'a self, shown: &'a str) -> Text<'a> {
        Text { file: shown, sql: &self.sql }
    }
}

impl<H: DeserializeOwned> SqlFile<H> {
    /// Reads a file. A file without a header has an empty one.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a file that cannot be read, or a header that does not fit `H`.
    pub fn read(path: &Path) -> Result<Self> {
        let sql = std::fs::read_to_string(path).map_err(|error| {
            Error::config(format!("cannot read the file: {}", error.kind())).at(At::File, shown(path))
        })?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let (text, offset) = header_of(&sql).map_err(|error| error.at(At::File, shown(path)))?;
        let header = toml::from_str(text).map_err(|error| toml_error(&error, text, offset, path))?;
        Ok(Self { stem, path: path.to_owned(), sql, header })
    }

    /// Reads all `.sql` files of a folder, in the order of their names.
    ///
    /// # Errors
    /// As [`Self::read`]; also when the folder cannot be read.
    pub fn read_folder(folder: &Path) -> Result<Vec<Self>> {
        sql_files(folder)?.iter().map(|path| Self::read(path)).collect()
    }
}

/// The `.sql` files of a folder, sorted by name.
///
/// # Errors
/// [`crate::error::Kind::Config`] when the folder cannot be read.
pub fn sql_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Error::config(format!("cannot read the folder: {}", error.kind()))
            .at(At::File, shown(folder))
            .hint("paths in a pipeline file are relative to that file")
    })?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// A path as messages show it: relative to the working folder where that is shorter.
#[must_use]
pub fn shown(path: &Path) -> String {
    let relative = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    relative.as_deref().unwrap_or(path).display().to_string()
}

/// The header's TOML, and the number of lines before it.
fn header_of(sql: &str) -> Result<(&str, usize)> {
    let start = sql.trim_start();
    let Some(rest) = start.strip_prefix(OPEN) else { return Ok(("", 0)) };
    let Some(end) = rest.find(CLOSE) else {
        return Err(Error::config(format!("the header opens with {OPEN} but never closes"))
            .hint(format!("close it with {CLOSE}")));
    };
    let before = &sql[..sql.len() - start.len()];
    Ok((&rest[..end], before.matches('\n').count()))
}

/// A TOML error as `path:line:column`, with the line counted from the start of the file.
pub(crate) fn toml_error(error: &toml::de::Error, text: &str, lines_before: usize, path: &Path) -> Error {
    let place = match error.span() {
        Some(span) => {
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1 + lines_before;
            let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
            format!("{}:{line}:{column}", shown(path))
        }
        None => shown(path),
    };
    Error::config(error.message().trim().to_owned()).at(At::File, place)
}
