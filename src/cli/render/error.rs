//! Owns how an error is shown: what, where, what to do, on stderr. Must not know: where it came from.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::cli::args::Format;
use crate::error::{At, Error};

/// The exit code says it too: an error that cannot be shown is no other one.
macro_rules! tell {
    ($($text:tt)*) => { drop(writeln!(anstream::stderr(), $($text)*)) };
}

/// Shows an error for people or machines.
pub fn show(error: &Error, format: Format) {
    match format {
        Format::Text => text(error),
        Format::Json => {
            let places: serde_json::Map<String, serde_json::Value> =
                error.places().iter().map(|(at, name)| (at.to_string(), json!(name))).collect();
            let object = json!({
                "error": {
                    "message": error.message(),
                    "exit_code": error.kind().exit_code(),
                    "at": places,
                    "hint": error.hint_text(),
                }
            });
            tell!("{object}");
        }
    }
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
