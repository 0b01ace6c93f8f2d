//! Owns the way from `rehome bench` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::{address, pipeline, reading, source};
use crate::cli::args::Format;
use crate::cli::args::bench::Bench;
use crate::cli::render;
use crate::command::bench::{Asked, bench};
use crate::error::{Error, Result};
use crate::extract;
use crate::run::Setting;
use crate::timing::Timings;

pub async fn run(typed: Bench, timings: &Timings, setting: &Setting, format: Format) -> Result<u8> {
    let pipeline = pipeline(&typed.pipeline, setting)?;
    let source = source(typed.source.as_deref(), &pipeline, &typed.patience)?;
    let asked = Asked {
        source: source
            .ok_or_else(|| Error::config("there is no source").hint("give --source URL (or REHOME_SOURCE_URL)"))?,
        pipeline,
        reading: extract::Options { jobs: setting.jobs, ..reading(&typed.reading) },
        target: typed.target.as_deref().map(|url| address(url, &typed.patience)).transpose()?,
        share: typed.sample,
    };
    let found = bench(&asked, timings, setting).await?;
    render::bench::benchmark(&found, format);
    Ok(0)
}
