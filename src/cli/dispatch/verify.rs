//! Owns the way from `rehome verify` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::address;
use crate::cli::args::Format;
use crate::cli::args::verify::Verify;
use crate::cli::render;
use crate::error::Result;
use crate::run::{self, Sample, Setting, VerifyAsked};

pub async fn run(typed: Verify, setting: &Setting, format: Format) -> Result<u8> {
    let asked = VerifyAsked {
        run: typed.run,
        target: address(&typed.target, &typed.patience)?,
        flows: typed.flow,
        sample: typed.sample.map(|rows| Sample { rows, seed: typed.seed }),
    };
    let found = Box::pin(run::verify(&asked, setting)).await?;
    render::verify::verified(&found, format);
    found.failure().map_or(Ok(0), Err)
}
