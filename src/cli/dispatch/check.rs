//! Owns the way from `rehome check` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::{address, machines, pipeline, source, target_if_any};
use crate::cli::args::Output;
use crate::cli::args::check::Check;
use crate::cli::render;
use crate::command::{self, check::Asked};
use crate::error::{Error, Result};
use crate::run::Setting;

pub async fn run(typed: Check, setting: &Setting, format: Output) -> Result<u8> {
    let pipeline = pipeline(&typed.pipeline, setting)?;
    // What [secrets] says of the source is not asked where a snapshot stands for it, or nothing is to be asked.
    let source = match (typed.offline.offline || typed.snapshot.is_some(), &typed.source) {
        (true, None) => None,
        (true, Some(url)) => Some(address(url, &typed.patience)?),
        (false, url) => source(url.as_deref(), &pipeline, &typed.patience)?,
    };
    let snapshot = match &typed.snapshot {
        Some(place) => Some(command::snapshot::open(place, setting).await?),
        None => None,
    };
    // A target alone says nothing: there are no columns to compare it with. One that the environment names is no mistake.
    let target = match (&snapshot, &source, &typed.target) {
        (None, None, _) => None,
        (_, _, None) if typed.offline.offline => None,
        (_, _, url) => target_if_any(url.as_deref(), &pipeline, &typed.patience)?,
    };
    if typed.lineage && snapshot.is_none() && source.is_none() {
        return Err(Error::config("--lineage needs the columns of the source").hint("give --snapshot or --source"));
    }
    // The pipeline's own workers need not be up when it is checked: only those that are named are asked.
    let machines = machines::of(&typed.engine, &[], setting)?.machines;
    let asked = Asked { snapshot, source, target, machines };
    let checked = command::check::check(&pipeline, &asked, setting).await?;
    render::check::checked(&checked, typed.lineage, format);
    if matches!(format, Output::Dot | Output::Mermaid) && checked.exit_code != 0 {
        let wrong = Error::config(format!("{} is not sound, and the drawing does not show why", checked.pipeline));
        render::error::show(&wrong.hint("`rehome check` with --format text says it"), format.plain());
    }
    Ok(checked.exit_code)
}
