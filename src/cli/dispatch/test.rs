//! Owns the way from `rehome test` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use super::pipeline;
use crate::cli::args::Format;
use crate::cli::args::test::Test;
use crate::cli::render;
use crate::command::test::{Request, test};
use crate::error::{Error, Kind, Result};
use crate::run::Setting;

pub async fn run(typed: Test, setting: &Setting, format: Format) -> Result<u8> {
    let Test { wanted, snapshot, coverage, require, .. } = typed;
    let request = Request { pipeline: pipeline(&typed.pipeline, setting)?, wanted, snapshot, coverage };
    let tested = test(&request, setting).await?;
    render::test::tested(&tested, format);
    let short = require.zip(tested.coverage.as_ref()).filter(|(least, coverage)| coverage.percent < *least);
    match short {
        _ if tested.failed > 0 => Ok(Kind::Verification.exit_code()),
        Some((least, coverage)) => Err(Error::new(
            Kind::Threshold,
            format!("the cases reach {:.1} %, {least} % are demanded", coverage.percent),
        )),
        None => Ok(0),
    }
}
