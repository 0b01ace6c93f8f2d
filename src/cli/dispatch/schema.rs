//! Owns the way from `rehome schema` as it was typed to what is shown. Must not know: what the schemas say.

use crate::cli::args::Format;
use crate::cli::args::schema::Schema;
use crate::cli::{render, schema};
use crate::diagnosis::closest;
use crate::error::{Error, Result};

pub fn run(typed: &Schema, format: Format) -> Result<u8> {
    let Some(name) = &typed.name else {
        render::schema::list(schema::ALL.iter().map(|(name, about, _)| (*name, *about)), format);
        return Ok(0);
    };
    let Some(found) = schema::of(name) else {
        let names: Vec<String> = schema::ALL.iter().map(|(name, ..)| (*name).to_owned()).collect();
        let error = Error::config(format!("there is no schema '{name}'"));
        return Err(match closest(name, &names) {
            Some(close) => error.hint(format!("did you mean '{close}'?")),
            None => error.hint(format!("the schemas are {}", names.join(", "))),
        });
    };
    render::schema::one(&found);
    Ok(0)
}
