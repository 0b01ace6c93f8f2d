//! Owns `rehome load-worker`: help for a run that another process has under way. Must not know: how it was typed, or how it is shown.

use std::time::Duration;

use crate::error::Result;
use crate::load::help::{Helped, Helper};
use crate::run::Setting;
use crate::server::Address;

/// Loads chunks of the run that is under way on a target, until it is done.
///
/// # Errors
/// As [`Helper::help`].
pub async fn help(target: Address, wait: Duration, setting: &Setting) -> Result<Helped> {
    target.refuse_pooler().await?;
    let helper = Helper {
        address: target,
        place: setting.place()?,
        jobs: setting.jobs,
        progress: setting.progress.clone(),
        cancel: setting.cancel.clone(),
    };
    helper.help(wait).await
}
