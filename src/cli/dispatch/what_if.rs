//! Owns the way from `rehome what-if` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use std::path::Path;

use super::{kept_report, machines, pipeline};
use crate::cli::args::Format;
use crate::cli::args::what_if::WhatIf;
use crate::cli::render;
use crate::command;
use crate::error::{Error, Kind, Result};
use crate::run::{self, Against, Record, Setting};
use crate::snapshot::Snapshot;
use crate::storage::Location;

/// What is said with --exit-code where anything differs.
const DIFFERS: u8 = 2;

pub async fn run(typed: WhatIf, setting: &Setting, format: Format) -> Result<u8> {
    if typed.compares() {
        return Box::pin(against(typed, setting, format)).await;
    }
    let alone = [("--out", typed.out.is_some()), ("--exit-code", typed.exit_code)];
    if let Some((option, _)) = alone.iter().find(|(_, given)| *given) {
        return Err(Error::config(format!("{option} is about a comparison, and there is nothing to compare with"))
            .hint("name a pipeline or a run with --against, or a snapshot with --against-snapshot"));
    }
    let kept = kept_report(typed.keep_report.clone())?;
    let pipeline = pipeline(&typed.pipeline, setting)?;
    let setting = &machines::of(&typed.engine, &pipeline.workers, setting)?;
    let snapshot = whole(typed.snapshot.as_deref().unwrap_or_default(), setting).await?;
    let (report, _) = run::what_if(&pipeline, &snapshot, &typed.only, setting).await?;
    render::report(&report, format);
    kept.map_or(Ok(()), |kept| kept.write(&report, format))?;
    Ok(0)
}

async fn against(typed: WhatIf, setting: &Setting, format: Format) -> Result<u8> {
    let kept = kept_report(typed.keep_report.clone())?;
    let after = pipeline(&typed.pipeline, setting)?;
    let setting = &machines::of(&typed.engine, &after.workers, setting)?;
    let before = match &typed.against {
        Some(name) => named(name, setting).await?,
        None => Named::Pipeline(Box::new(after.clone())),
    };
    let (before, snapshot) = match before {
        Named::Run(_) if typed.against_snapshot.is_some() => {
            return Err(Error::config("a run has a snapshot of its own, and --against-snapshot names another")
                .hint("leave --against-snapshot away, or name a pipeline with --against"));
        }
        Named::Run(record) => {
            let place = typed.snapshot.clone().unwrap_or_else(|| record.snapshot.clone());
            (Against::Run(record), whole(&place, setting).await?)
        }
        Named::Pipeline(pipeline) => {
            let Some(place) = &typed.snapshot else {
                return Err(Error::config("there is no snapshot to apply the rules to").hint(
                    "name one with --snapshot, such as latest; only with --against RUN there is one: the run's",
                ));
            };
            let after = whole(place, setting).await?;
            let before = match &typed.against_snapshot {
                Some(place) => whole(place, setting).await?,
                None => after.clone(),
            };
            (Against::Rules { pipeline, snapshot: Box::new(before) }, after)
        }
    };
    let folder = typed.out.as_deref().map(Location::parse).transpose()?;
    let difference = Box::pin(run::against(before, (&after, &snapshot), &typed.only, folder, setting)).await?;
    render::what_if::difference(&difference, format);
    kept.map_or(Ok(()), |kept| kept.write(&difference, format))?;
    Ok(if typed.exit_code && difference.differs { DIFFERS } else { 0 })
}

async fn whole(place: &str, setting: &Setting) -> Result<Snapshot> {
    let snapshot = command::snapshot::open(place, setting).await?;
    // Workers share that work.
    if !setting.machines.are_others() {
        snapshot.check().await?;
    }
    Ok(snapshot)
}

/// What --against names.
enum Named {
    Pipeline(Box<crate::pipeline::Pipeline>),
    Run(Box<Record>),
}

/// A pipeline by its file or name, else a run.
async fn named(name: &str, setting: &Setting) -> Result<Named> {
    let path = Path::new(name);
    if path.exists() || path.extension().is_some() {
        return pipeline(path, setting).map(|pipeline| Named::Pipeline(Box::new(pipeline)));
    }
    match (Record::find(&setting.place()?, name).await, pipeline(path, setting)) {
        (_, Ok(pipeline)) => Ok(Named::Pipeline(Box::new(pipeline))),
        (Ok(record), Err(_)) => Ok(Named::Run(Box::new(record))),
        // A pipeline that is there and does not read is what was meant.
        (Err(_), Err(error)) if super::names_pipeline(path) => Err(error),
        (Err(error), Err(_)) if error.kind() == Kind::Config => {
            let message = format!("'{name}' is neither a pipeline nor a finished run: {}", error.message());
            Err(Error::config(message)
                .hint("name a pipeline file, one of `pipelines`, the beginning of a run's id, or latest"))
        }
        (Err(error), Err(_)) => Err(error),
    }
}
