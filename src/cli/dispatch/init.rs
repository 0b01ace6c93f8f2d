//! Owns the way from `rehome init` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::{address, reading};
use crate::cli::args::Format;
use crate::cli::args::init::Init;
use crate::cli::render;
use crate::command;
use crate::error::Result;
use crate::extract;
use crate::run::Setting;

pub async fn run(typed: Init, setting: &Setting, format: Format) -> Result<u8> {
    let snapshot = match &typed.snapshot {
        Some(place) => Some(command::snapshot::find(place, setting).await?),
        None => None,
    };
    let asked = command::init::Init {
        source: typed.source.as_deref().map(|url| address(url, &typed.patience)).transpose()?,
        reading: extract::Options { schemas: typed.schemas, exclude: typed.exclude, ..reading(&typed.reading) },
        snapshot,
        target: address(&typed.target, &typed.patience)?,
        target_schema: typed.target_schema,
        out: typed.out,
        force: typed.force,
    };
    let done = Box::pin(command::init::init(asked, setting)).await?;
    render::init::show(&done, &setting.workspace, format);
    Ok(0)
}
