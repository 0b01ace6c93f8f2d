//! Owns the way from `rehome doctor` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::pipeline;
use crate::cli::args::Format;
use crate::cli::args::doctor::Doctor;
use crate::cli::render;
use crate::command;
use crate::error::Result;
use crate::run::Setting;

pub async fn run(typed: Doctor, setting: &Setting, format: Format) -> Result<u8> {
    let pipeline = typed.pipeline.as_deref().map(|named| pipeline(named, setting)).transpose()?;
    let kept = pipeline.as_ref().map(|pipeline| &pipeline.secrets);
    let source = typed.source.as_deref().or_else(|| kept.and_then(|kept| kept.source.as_deref()));
    let target = typed.target.as_deref().or_else(|| kept.and_then(|kept| kept.target.as_deref()));
    let examined = command::doctor::doctor(source, target, pipeline.as_ref(), setting).await?;
    render::doctor::examined(&examined, format);
    Ok(examined.exit_code)
}
