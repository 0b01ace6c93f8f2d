//! Owns how an error is shown: what, where, what to do, on stderr. Must not know: where it came from.

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::cli::args::Format;
use crate::error::{At, Error};

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
            anstream::eprintln!("{object}");
        }
    }
}

fn text(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let bold = Style::new().bold();
    anstream::eprintln!("{red}error{red:#}: {}", error.message());
    if let Some((_, file)) = error.places().iter().find(|(at, _)| *at == At::File) {
        anstream::eprintln!("  {bold}-->{bold:#} {file}");
    }
    for (at, name) in error.places().iter().filter(|(at, _)| *at != At::File) {
        anstream::eprintln!("   {bold}{at}{bold:#}: {name}");
    }
    if let Some(hint) = error.hint_text() {
        anstream::eprintln!("   {bold}hint{bold:#}: {hint}");
    }
}
