//! Owns how JSON schemas are shown. Must not know: what they say.

use std::collections::BTreeMap;

use schemars::Schema;

use super::super::args::Format;
use super::{json, table};

/// Shows which there are.
pub fn list(all: impl Iterator<Item = (&'static str, &'static str)>, format: Format) {
    if format == Format::Json {
        return json(&all.collect::<BTreeMap<_, _>>());
    }
    let mut rows = table(&["schema", "of"]);
    for (name, about) in all {
        rows.add_row([name, about]);
    }
    anstream::println!("{rows}");
}

/// Shows one, over many lines: it is a document.
pub fn one(schema: &Schema) {
    if let Ok(text) = serde_json::to_string_pretty(schema) {
        anstream::println!("{text}");
    }
}
