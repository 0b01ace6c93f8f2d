//! Owns the way from `rehome evidence` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use std::path::{Path, PathBuf};

use super::{address, pipeline, target_if_any};
use crate::cli::args::evidence::{Command, Evidence, Make};
use crate::cli::args::{Format, Patience};
use crate::cli::render;
use crate::command::{evidence, snapshot};
use crate::error::{At, Context, Error, Result};
use crate::run::{Record, Setting};
use crate::server::Address;

pub async fn run(typed: Evidence, setting: &Setting, format: Format) -> Result<u8> {
    match typed.command {
        Some(Command::Verify { file, snapshot, target, patience }) => {
            check(&file, snapshot, target.as_deref(), &patience, setting, format).await
        }
        None => make(typed.make, setting, format).await,
    }
}

async fn make(typed: Make, setting: &Setting, format: Format) -> Result<u8> {
    let output = typed.output.ok_or_else(|| Error::config("there is no file to write to").hint("give -o run.zip"))?;
    let record = Record::find(&setting.place()?, &typed.run).await?;
    let file = typed.pipeline.unwrap_or_else(|| PathBuf::from(&record.pipeline));
    let pipeline = pipeline(&file, setting)?;
    let target = match typed.target.as_deref() {
        None if typed.offline.offline => None,
        url => target_if_any(url, &pipeline, &typed.patience)?,
    };
    let (mut made, bytes) = Box::pin(evidence::make(&record, &pipeline, target.as_ref(), setting)).await?;
    put(&output, &bytes).at(At::File, output.display().to_string())?;
    made.bundle = output.display().to_string();
    render::evidence::made(&made, format);
    Ok(0)
}

async fn check(
    file: &Path,
    place: Option<String>,
    target: Option<&str>,
    patience: &Patience,
    setting: &Setting,
    format: Format,
) -> Result<u8> {
    let target = named(target, patience)?;
    let bytes = std::fs::read(file).map_err(|error| {
        Error::config(format!("cannot read the bundle: {}", error.kind())).at(At::File, file.display().to_string())
    })?;
    let place = match place {
        Some(place) => Some(snapshot::find(&place, setting).await?),
        None => None,
    };
    let checked = Box::pin(evidence::check(&bytes, place, target.as_ref(), setting)).await?;
    render::evidence::checked(&checked, format);
    checked.failure().map_or(Ok(0), Err)
}

fn named(url: Option<&str>, patience: &Patience) -> Result<Option<Address>> {
    url.map(|url| address(url, patience)).transpose()
}

/// Writes it whole, or not at all.
fn put(file: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |error: std::io::Error| match Error::from(error) {
        error if error.kind() == crate::error::Kind::Unexpected => {
            Error::config("the bundle cannot be written there").hint("name a file in a folder that exists")
        }
        error => error,
    };
    let mut partial = tempfile::Builder::new().prefix(crate::storage::PARTIAL).tempfile_in(folder).map_err(refused)?;
    partial.write_all(bytes).map_err(refused)?;
    partial.persist(file).map(drop).map_err(|error| refused(error.error))
}
