//! Owns the way from `rehome bench` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::{address, pipeline, reading};
use crate::cli::args::Format;
use crate::cli::args::bench::Bench;
use crate::cli::render;
use crate::command::bench::{Asked, bench};
use crate::error::Result;
use crate::extract;
use crate::run::Setting;
use crate::timing::Timings;

pub async fn run(typed: Bench, timings: &Timings, setting: &Setting, format: Format) -> Result<u8> {
    let asked = Asked {
        pipeline: pipeline(&typed.pipeline)?,
        source: address(&typed.source, &typed.patience)?,
        reading: extract::Options { jobs: setting.jobs, ..reading(&typed.reading) },
        target: typed.target.as_deref().map(|url| address(url, &typed.patience)).transpose()?,
        share: typed.sample,
    };
    let found = bench(&asked, timings, setting).await?;
    render::bench::benchmark(&found, format);
    Ok(0)
}
