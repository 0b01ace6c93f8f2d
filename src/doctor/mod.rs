//! Owns what is found out about a source and a target before anything is moved: can they be reached, read and written, and what
//! will be in the way? Must not know: how it is shown, or how anything is extracted or loaded.
//!
//! Everything is looked at in transactions that cannot write. What cannot be looked at is told, and the next thing is looked at.

mod findings;
mod known;
mod look;
mod ours;
mod pair;
mod reach;
mod room;
mod server;
mod source;
mod target;

use std::path::PathBuf;

use serde::Serialize;

use crate::error::Result;
use crate::graph::Graph;
use crate::pipeline::Pipeline;
use crate::progress::Sink;

pub use findings::{Finding, Level, Side};

use findings::Findings;

/// The stage's name for [`Sink::start`].
const STAGE: &str = "doctor";

/// What is looked at.
pub struct Asked<'a> {
    /// The legacy database, as it was written: what is wrong with that is a finding, too.
    pub source: Option<&'a str>,
    pub target: Option<&'a str>,
    /// With it, only what it reads and writes is looked at.
    pub pipeline: Option<&'a Pipeline>,
    /// Connections that shall work at a time.
    pub jobs: usize,
    /// Where snapshots and outcomes will lie.
    pub workspace: PathBuf,
}

/// All that was found, in the order in which it was looked at.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Examination {
    /// The gravest level of all findings.
    pub verdict: Level,
    /// What the command exits with: 0 where nothing fails, else the code of the gravest failure.
    pub exit_code: u8,
    /// The source as it is named: `host:port/database`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The target as it is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    pub findings: Vec<Finding>,
}

/// Looks at everything that can be looked at.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a pipeline whose flows have no order. What is wrong with databases is a finding.
pub async fn examine(asked: &Asked<'_>, sink: &dyn Sink) -> Result<Examination> {
    let graph = asked.pipeline.map(Graph::new).transpose()?;
    let (mut findings, mut names) = (Vec::new(), [None, None]);
    let mut looks = [None, None];
    let urls = [(Side::Source, asked.source), (Side::Target, asked.target)];
    for (place, (side, url)) in urls.into_iter().enumerate() {
        let Some(url) = url else { continue };
        sink.start(STAGE, side.name(), None);
        let mut found = Findings::of(side);
        let (name, look) = reach::reach(url, &mut found).await;
        if let Some(look) = &look {
            server::examine(look, asked.jobs, &mut found).await;
            match side {
                Side::Target => target::examine(look, asked.pipeline, &mut found).await,
                _ => source::examine(look, asked.pipeline, graph.as_ref(), &mut found).await,
            }
        }
        findings.append(&mut found.list);
        (names[place], looks[place]) = (name, look);
        sink.finish(side.name());
    }
    let mut found = Findings::of(Side::Workspace);
    room::examine(&asked.workspace, looks[0].as_ref(), &mut found);
    found.list.iter_mut().for_each(|finding| finding.side = Side::Workspace);
    findings.append(&mut found.list);
    if let [Some(source), Some(target)] = &looks {
        let mut found = Findings::of(Side::Both);
        pair::examine(source, target, &mut found).await;
        findings.append(&mut found.list);
    }
    let [source, target] = names;
    let verdict = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
    Ok(Examination { verdict, exit_code: findings::exit_code(&findings), source, target, findings })
}
