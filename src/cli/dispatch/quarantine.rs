//! Owns the way from `rehome quarantine` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use crate::cli::args::Format;
use crate::cli::args::quarantine::{Command, Form, Quarantine, Retry, Which};
use crate::cli::render;
use crate::command;
use crate::command::quarantine::{self, Asked, export};
use crate::error::Result;
use crate::extract;
use crate::run::{self, Request, Setting};
use crate::server::Address;

pub async fn run(typed: Quarantine, setting: &Setting, format: Format) -> Result<u8> {
    match typed.command {
        Command::List { which } => {
            let listed = quarantine::list(asked(which, None)?, setting).await?;
            render::quarantine::listed(&listed, format)?;
        }
        Command::Export { which, out, form, snapshot } => {
            let form = match form {
                Form::Csv => export::Form::Csv,
                Form::Parquet => export::Form::Parquet,
            };
            let exported = Box::pin(export::export(asked(which, snapshot)?, &out, Some(form), setting)).await?;
            render::quarantine::exported(&exported, format)?;
        }
        Command::Retry(typed) => return Box::pin(retry(typed, setting, format)).await,
    }
    Ok(0)
}

async fn retry(typed: Retry, setting: &Setting, format: Format) -> Result<u8> {
    let snapshot = match &typed.snapshot {
        Some(place) => Some(command::snapshot::find(place, setting).await?),
        None => None,
    };
    let of_before = typed.snapshot.is_none();
    let pipeline = super::pipeline(&typed.pipeline, setting)?;
    let edits = quarantine::retry::given(&typed.from, &pipeline)?;
    let request = Request {
        share_load: false,
        source: None,
        reading: extract::Options::default(),
        target: super::target(typed.target.as_deref(), &pipeline, &typed.patience)?,
        pipeline,
        snapshot,
        only: typed.flow,
        verify: run::Verify::Moved,
        enforce: false,
        // The snapshot of the run before was allowed then.
        allow_masked: of_before,
        full: false,
        retry_for: std::time::Duration::ZERO,
        anew: true,
    };
    let retried = run::retry(run::Retry { request, edits }, typed.dry_run, setting).await?;
    let (tried, failures) = render::retry::tried(retried);
    render::retry::retried(&tried, format);
    super::first(failures, format).map(|()| 0)
}

fn asked(which: Which, snapshot: Option<String>) -> Result<Asked> {
    let target = which.target.as_deref().map(Address::parse).transpose()?;
    Ok(Asked { run: which.run, target, flow: which.flow, reason: which.reason, snapshot })
}
