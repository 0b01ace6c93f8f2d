//! Owns the way from `rehome load-worker` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::target_of;
use crate::cli::args::Format;
use crate::cli::args::load_worker::LoadWorker;
use crate::cli::render;
use crate::command::load_worker;
use crate::error::Result;
use crate::run::Setting;

pub async fn run(typed: LoadWorker, setting: &Setting, format: Format) -> Result<()> {
    let target = target_of(typed.target.as_deref(), typed.pipeline.as_deref(), &typed.patience, setting)?;
    let helped = load_worker::help(target, typed.wait, setting).await?;
    render::helped(&helped, format);
    Ok(())
}
