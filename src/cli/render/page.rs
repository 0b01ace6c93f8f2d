//! Owns where a report goes that is a document: to stdout or into a file. Must not know: what it looks like.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::args::Format;
use crate::compare::Difference;
use crate::error::{At, Error, Kind, Result};
use crate::report::{Report, page};

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Html,
    Markdown,
    Json,
}

/// A file that a report is to be written to.
pub struct Page {
    form: Form,
    file: PathBuf,
}

impl Form {
    /// What the name of a file says.
    fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// What can be written as a document.
pub trait Document: serde::Serialize {
    /// As one HTML page.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for a template that does not fit.
    fn html(&self) -> Result<String>;

    /// As Markdown.
    ///
    /// # Errors
    /// As [`Self::html`].
    fn markdown(&self) -> Result<String>;

    /// # Errors
    /// As [`Self::html`].
    fn document(&self, form: Form) -> Result<String> {
        match form {
            Form::Html => self.html(),
            Form::Markdown => self.markdown(),
            Form::Json => serde_json::to_string(self).map_err(|_| Error::unexpected("the report has no JSON form")),
        }
    }
}

impl Document for Report {
    fn html(&self) -> Result<String> {
        page::html(self)
    }

    fn markdown(&self) -> Result<String> {
        page::markdown(self)
    }
}

impl Document for Difference {
    fn html(&self) -> Result<String> {
        page::difference::html(self)
    }

    fn markdown(&self) -> Result<String> {
        page::difference::markdown(self)
    }
}

impl Page {
    /// A file in this form, else in the one that its name says. It is not touched yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when no form is named, or there is no such folder.
    pub fn new(form: Option<Form>, file: PathBuf) -> Result<Self> {
        let named = |error: Error| error.at(At::File, file.display().to_string());
        let Some(form) = form.or_else(|| Form::of(&file)) else {
            return Err(named(Error::config("the name does not say in which form the report is to be written"))
                .hint("end it with .html, .md or .json"));
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() || file.is_dir() {
            return Err(
                named(Error::config("the report cannot be written there")).hint("name a file in a folder that exists")
            );
        }
        Ok(Self { form, file })
    }

    /// Writes the report, and says where it is.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a file that cannot be written.
    pub fn write(&self, report: &impl Document, format: Format) -> Result<()> {
        let document = report.document(self.form)?;
        self.put(document.as_bytes()).map_err(|error| {
            let kind = error.kind();
            let told = Error::from(error);
            let told = match told.kind() {
                Kind::Resources => {
                    told.better_hint("make room, and have it written again: `rehome report --output FILE`")
                }
                _ => Error::config(format!("the report cannot be written: {kind}")),
            };
            told.at(At::File, self.file.display().to_string())
        })?;
        if format == Format::Text {
            anstream::println!("report    {}", self.file.display());
        }
        Ok(())
    }
}

impl Page {
    /// Puts the document there whole or not at all, unless it is no file of its own (a terminal, a pipe).
    fn put(&self, document: &[u8]) -> std::io::Result<()> {
        let special = std::fs::symlink_metadata(&self.file).is_ok_and(|found| !found.is_file());
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if special {
            return std::fs::write(&self.file, document);
        }
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        let mut partial = tempfile::Builder::new()
            .prefix(crate::storage::PARTIAL)
            .permissions(open)
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        partial.write_all(document)?;
        partial.persist(&self.file).map_err(|error| error.error).map(|_| ())
    }
}

/// Prints the document on stdout. A reader that has seen enough is no error.
///
/// # Errors
/// As making it.
pub fn show(report: &Report, form: Form) -> Result<()> {
    let document = report.document(form)?;
    let mut out = std::io::stdout().lock();
    match out.write_all(document.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
