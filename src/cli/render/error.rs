//! Owns how an error is shown: what, where, what to do, on stderr. Must not know: where it came from.

use std::collections::BTreeMap;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use ::log::Level;

use crate::cli::args::Format;
use crate::cli::log;
use crate::error::{At, Error};

/// The exit code says it too: an error that cannot be shown is no other one.
macro_rules! tell {
    ($($text:tt)*) => { drop(writeln!(anstream::stderr(), $($text)*)) };
}

/// What every command prints on stderr, instead of a result, when it fails.
#[derive(Serialize, JsonSchema)]
pub struct Failed {
    error: Told,
}

#[derive(Serialize, JsonSchema)]
struct Told {
    message: String,
    /// The program's exit code.
    exit_code: u8,
    /// Where: pipeline, flow, file, table, column, key, …
    at: BTreeMap<String, String>,
    /// What to do.
    hint: Option<String>,
}

/// Shows an error for people or machines.
pub fn show(error: &Error, format: Format) {
    if log::is_json() {
        // The same object, as a line of the log.
        return log::event(Level::Error, serde_json::to_value(failed(error)).unwrap_or_default());
    }
    match format {
        Format::Text => text(error),
        Format::Json => {
            let object = serde_json::to_string(&failed(error)).unwrap_or_default();
            tell!("{object}");
        }
    }
}

fn failed(error: &Error) -> Failed {
    let at = error.places().iter().map(|(at, name)| (at.to_string(), name.clone())).collect();
    let (message, exit_code) = (error.message().to_owned(), error.kind().exit_code());
    Failed { error: Told { message, exit_code, at, hint: error.hint_text().map(str::to_owned) } }
}

/// Tells something that whoever looks at a result should know.
pub fn note(text: &str) {
    if log::is_json() {
        return log::event(Level::Info, serde_json::json!({ "message": text }));
    }
    let bold = Style::new().bold();
    tell!("{bold}note{bold:#}: {text}");
}

fn text(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let bold = Style::new().bold();
    tell!("{red}error{red:#}: {}", error.message());
    if let Some((_, file)) = error.places().iter().find(|(at, _)| *at == At::File) {
        tell!("  {bold}-->{bold:#} {file}");
    }
    for (at, name) in error.places().iter().filter(|(at, _)| *at != At::File) {
        tell!("   {bold}{at}{bold:#}: {name}");
    }
    if let Some(hint) = error.hint_text() {
        tell!("   {bold}hint{bold:#}: {hint}");
    }
}
