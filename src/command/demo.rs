//! Owns `rehome demo`: the whole of a migration on a throwaway PostgreSQL, from nothing.
//! Must not know: the rules of the migration it shows.

use std::path::PathBuf;

use crate::command::sample;
use crate::error::{Error, Result};
use crate::extract;
use crate::pipeline::Pipeline;
use crate::run::{self, Finished, Request, Setting};
use crate::sample::Options;
use crate::server::Address;
use crate::server::{Cluster, ClusterOptions};
use crate::storage::Location;

/// The names of the two databases.
const LEGACY: &str = "legacy";
const TARGET: &str = "target";
/// Below this scale every kind of defect occurs at least once, which distorts shares: thresholds are only shown.
const ENFORCED_FROM: f64 = 0.1;

/// Sessions beside those of the jobs.
const BESIDE: u32 = 20;

/// What is shown.
pub struct Demo {
    pub pipeline: Pipeline,
    pub sample: Options,
    /// Does the cluster stay?
    pub keep: bool,
}

/// What is left of the demo, for looking further.
pub struct Shown {
    pub finished: Finished,
    /// Rows of the synthetic source.
    pub source_rows: u64,
    pub kept: Option<Kept>,
}

/// A cluster that stays.
pub struct Kept {
    pub source_url: String,
    pub target_url: String,
    pub folder: PathBuf,
    /// The command that stops it.
    pub stop: String,
}

/// Starts a cluster with two databases, fills the legacy one with the sample and migrates it.
///
/// # Errors
/// What making the cluster or the run meets; a run that ends with a report gives its failures in it.
pub async fn demo(demo: Demo, setting: &Setting) -> Result<Shown> {
    sample::of(&demo.pipeline)?;
    setting.progress.start("demo", "PostgreSQL", None);
    let usual = ClusterOptions::default();
    let connections = usual.connections.max(u32::try_from(setting.jobs).unwrap_or(u32::MAX).saturating_add(BESIDE));
    let options = ClusterOptions { connections, ..usual };
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&options))
        .await
        .map_err(|_| Error::unexpected("starting PostgreSQL was abandoned"))??;
    cluster.create_database(LEGACY).await?;
    cluster.create_database(TARGET).await?;
    setting.progress.finish("PostgreSQL");
    let (source_url, target_url) = (cluster.url(LEGACY), cluster.url(TARGET));
    let (source, target) = (Address::parse(&source_url)?, Address::parse(&target_url)?);
    let source_rows = fill(&demo, &source, &target, setting).await?;
    let enforce = demo.sample.scale >= ENFORCED_FROM;
    let request = Request {
        pipeline: demo.pipeline,
        source: Some(source),
        reading: extract::Options::default(),
        target,
        snapshot: None,
        only: Vec::new(),
        verify: run::Verify::Moved,
        enforce,
        allow_masked: false,
        full: false,
        retry_for: std::time::Duration::ZERO,
        anew: false,
        share_load: false,
    };
    let finished = Box::pin(run::run(request, setting)).await?;
    let kept = if demo.keep {
        let kept = Kept { source_url, target_url, folder: cluster.folder().to_owned(), stop: cluster.stop_command() };
        cluster.keep()?;
        Some(kept)
    } else {
        tokio::task::spawn_blocking(move || cluster.stop())
            .await
            .map_err(|_| Error::unexpected("stopping PostgreSQL was abandoned"))?;
        None
    };
    Ok(Shown { finished, source_rows, kept })
}

/// Fills the legacy database, and the target with what it holds before. Gives the rows of the source.
async fn fill(demo: &Demo, source: &Address, target: &Address, setting: &Setting) -> Result<u64> {
    let folder = tempfile::Builder::new().prefix("sample-").tempdir_in(&setting.workspace)?;
    let place = Location::folder(folder.path())?;
    let made = sample::snapshot(&demo.pipeline, &demo.sample, place.child("source"), setting).await?;
    let rows = sample::fill_source(source, &demo.pipeline, &made, setting).await?;
    sample::fill_target(target, &demo.pipeline, &made, &demo.sample, place.child("target"), setting).await?;
    Ok(rows)
}
