//! Owns the way from `rehome verify` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use std::path::PathBuf;

use super::target_of;
use crate::cli::args::Format;
use crate::cli::args::verify::Verify;
use crate::cli::render;
use crate::error::Result;
use crate::run::{self, Record, Sample, Setting, VerifyAsked};

pub async fn run(typed: Verify, setting: &Setting, format: Format) -> Result<u8> {
    let kept = match (&typed.target, &typed.pipeline) {
        (None, None) => Some(PathBuf::from(Record::find(&setting.place()?, &typed.run).await?.pipeline)),
        _ => typed.pipeline,
    };
    let asked = VerifyAsked {
        run: typed.run,
        target: target_of(typed.target.as_deref(), kept.as_deref(), &typed.patience, setting)?,
        flows: typed.flow,
        sample: typed.sample.map(|rows| Sample { rows, seed: typed.seed }),
    };
    let found = Box::pin(run::verify(&asked, setting)).await?;
    render::verify::verified(&found, format);
    found.failure().map_or(Ok(0), Err)
}
