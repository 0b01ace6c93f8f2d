//! Owns `rehome init`: two databases, or a snapshot and a target, become a pipeline's folder.
//! Must not know: how tables and columns are matched, or how the result is shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::Identity;
use crate::error::{At, Error, Result};
use crate::extract;
use crate::graph::Graph;
use crate::id::Namespace;
use crate::introspect::{self, Declared, Destination, Drafted, LeftOut, Source, Unsure};
use crate::pipeline::Pipeline;
use crate::run::{self, Prepared, Setting};
use crate::server::Address;
use crate::snapshot::Snapshot;
use crate::storage::Location;

/// What a pipeline is to be made for.
pub struct Init {
    /// The source, where a snapshot is to be taken, and for what only its catalog tells.
    pub source: Option<Address>,
    pub reading: extract::Options,
    /// A snapshot that is there.
    pub snapshot: Option<Location>,
    pub target: Address,
    /// The schema of the target's tables.
    pub target_schema: String,
    /// Where the pipeline goes.
    pub out: PathBuf,
    /// Files that are there may be written over.
    pub force: bool,
}

/// What was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Initialised {
    /// The pipeline file.
    pub pipeline: String,
    /// Where the snapshot lies that was looked at.
    pub snapshot: String,
    /// In the order of their names.
    pub flows: Vec<Drafted>,
    /// Tables of the target without a flow.
    pub unsure: Vec<Unsure>,
    /// Tables of the source that no flow reads.
    pub left_out: Vec<LeftOut>,
    /// What keeps the pipeline from being planned, if anything does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

const FILE: &str = "pipeline.toml";

/// Writes a pipeline.
///
/// # Errors
/// What reading either database meets; [`crate::error::Kind::Config`] for a folder that holds a pipeline, and for databases of
/// which nothing fits.
pub async fn init(asked: Init, setting: &Setting) -> Result<Initialised> {
    let file = asked.out.join(FILE);
    if file.exists() && !asked.force {
        return Err(Error::config("there is a pipeline already")
            .at(At::File, file.display().to_string())
            .hint("name another folder with --out, or let this one be written over with --force"));
    }
    let target = asked.target.connect("rehome init").await?;
    let is_source = asked.source.as_ref().is_some_and(|source| source.to_string() == asked.target.to_string());
    let target = Destination::read(&target, &asked.target_schema, is_source).await?;
    let declared = match &asked.source {
        Some(source) => Some(Declared::read(&source.connect("rehome init").await?).await?),
        None => None,
    };
    let snapshot = snapshot(&asked, setting).await?;
    let source = Source::new(&snapshot, &asked.reading.schemas, declared.as_ref());
    if source.tables.is_empty() {
        return Err(Error::config("the source holds no table").hint("--schemas names the schemas that are looked at"));
    }
    let name = name(&asked);
    let identity = Identity::new(Namespace::of_pipeline(&name), BTreeMap::new(), []);
    let engine = setting.engine(identity)?;
    let draft = introspect::draft(&name, source, &target, &snapshot, &engine, &setting.cancel).await?;
    if draft.flows.is_empty() {
        return Err(Error::config("no table of the target looks like one of the source")
            .hint("name the schemas with --schemas and --target-schema; or begin by hand: docs/flows.md"));
    }
    write(&asked.out, &draft.files, asked.force)?;
    let wrong = planned(&file, &snapshot, setting).await.err();
    Ok(Initialised {
        pipeline: file.display().to_string(),
        snapshot: snapshot.location().to_string(),
        flows: draft.flows,
        unsure: draft.unsure,
        left_out: draft.left_out,
        wrong: wrong.map(|error| error.to_string()),
    })
}

async fn snapshot(asked: &Init, setting: &Setting) -> Result<Snapshot> {
    match (&asked.snapshot, &asked.source) {
        (Some(place), _) => Snapshot::open(place.clone()).await,
        (None, Some(source)) => {
            let options = extract::Options { jobs: setting.jobs, ..asked.reading.clone() };
            let place = run::new_snapshot(setting)?;
            extract::run(source, &options, place, setting.progress.clone(), setting.cancel.clone()).await
        }
        (None, None) => Err(Error::config("there is no source").hint("give --source URL, or --snapshot PLACE")),
    }
}

/// The pipeline is called after its folder.
fn name(asked: &Init) -> String {
    let folder = std::path::absolute(&asked.out).ok();
    let last = folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    last.unwrap_or_else(|| asked.target.database().to_owned())
}

fn write(folder: &Path, files: &[(String, String)], force: bool) -> Result<()> {
    let flows = folder.join("flows");
    if force && flows.is_dir() {
        // A flow of an earlier draft would still be part of the pipeline.
        std::fs::remove_dir_all(&flows)?;
    }
    for (path, text) in files {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, text)?;
    }
    Ok(())
}

/// Is what was written a pipeline that can be run?
async fn planned(file: &Path, snapshot: &Snapshot, setting: &Setting) -> Result<()> {
    let pipeline = Pipeline::read(file)?;
    Graph::new(&pipeline)?;
    Prepared::to_try(&pipeline, snapshot.clone(), &[], setting).await.map(|_| ())
}
