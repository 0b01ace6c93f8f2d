//! Owns the way from `rehome explain` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use std::path::PathBuf;

use uuid::Uuid;

use super::{address, pipeline, target_if_any};
use crate::cli::args::Format;
use crate::cli::args::explain::Explain;
use crate::cli::render;
use crate::command;
use crate::error::{Error, Result};
use crate::explain::{Basis, Meant, Teller};
use crate::run::{Record, Setting};

pub async fn run(typed: Explain, setting: &Setting, format: Format) -> Result<u8> {
    let meant = meant(&typed)?;
    let basis = basis(&typed, setting).await?;
    let target = match (&basis, &typed.target) {
        (_, Some(url)) => Some(address(url, &typed.patience)?),
        (Basis::Run(_, pipeline), None) if !typed.offline.offline => target_if_any(None, pipeline, &typed.patience)?,
        _ => None,
    };
    let teller = Box::pin(Teller::open(basis, target.as_ref(), typed.values, setting)).await?;
    let explained = Box::pin(teller.explain(&meant)).await?;
    render::explain::show(&explained, format);
    Ok(0)
}

fn meant(typed: &Explain) -> Result<Meant> {
    match (&typed.key, Uuid::parse_str(&typed.flow)) {
        (Some(key), _) => Ok(Meant::Key { flow: typed.flow.clone(), key: key.clone() }),
        (None, Ok(id)) => Ok(Meant::Id(id)),
        (None, Err(_)) => Err(Error::config("a row is named by its flow and its key, or by its UUID alone")
            .hint(format!("rehome explain {} KEY", typed.flow))),
    }
}

async fn basis(typed: &Explain, setting: &Setting) -> Result<Basis> {
    if let (Some(place), Some(file)) = (&typed.snapshot, &typed.pipeline) {
        let snapshot = command::snapshot::open(place, setting).await?;
        return Ok(Basis::Tried(pipeline(file, setting)?, Box::new(snapshot)));
    }
    let record = Record::find(&setting.place()?, &typed.run).await?;
    let file = typed.pipeline.clone().unwrap_or_else(|| PathBuf::from(&record.pipeline));
    Ok(Basis::Run(Box::new(record), pipeline(&file, setting)?))
}
