//! Owns `rehome doctor`: what would be in the way of a migration, found out before it begins.
//! Must not know: how it was typed, or how it is shown.

use crate::doctor::{self, Asked, Examination};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::run::Setting;

/// Looks at a source, a target or both; with a pipeline, at what it reads and writes.
///
/// # Errors
/// [`crate::error::Kind::Config`] where there is neither; what is wrong with them is a finding.
pub async fn doctor(
    source: Option<&str>,
    target: Option<&str>,
    pipeline: Option<&Pipeline>,
    setting: &Setting,
) -> Result<Examination> {
    if source.is_none() && target.is_none() {
        return Err(Error::config("there is nothing to look at").hint("give --source URL, --target URL or both"));
    }
    let workspace = setting.workspace.clone();
    let asked = Asked { source, target, pipeline, jobs: setting.jobs, workspace };
    tokio::select! {
        examined = doctor::examine(&asked, setting.progress.as_ref()) => examined,
        () = setting.cancel.cancelled() => Err(crate::cancel::interrupted()),
    }
}
