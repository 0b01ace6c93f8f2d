//! Owns the way from who shall run the flows, as it was typed or as the pipeline says, to who does.
//! Must not know: how they do it.

use crate::cli::args::engine::Engine;
use crate::error::Result;
use crate::run::Setting;

/// What stands in place of workers for this process alone.
#[cfg(feature = "cluster")]
const LOCAL: &str = "local";

/// The setting, with the workers that were typed, or else those of the pipeline.
#[cfg(feature = "cluster")]
pub fn of(typed: &Engine, declared: &[String], setting: &Setting) -> Result<Setting> {
    let named = if typed.engine.is_empty() { declared } else { &typed.engine };
    if named.is_empty() || named == [LOCAL] {
        return Ok(setting.clone());
    }
    let cluster = crate::command::cluster::workers(named, super::cluster::trust(&typed.trust)?)?;
    Ok(Setting { machines: crate::run::Machines::Workers(cluster.into()), ..setting.clone() })
}

/// The setting as it is: this build knows no workers.
#[cfg(not(feature = "cluster"))]
pub fn of(_: &Engine, declared: &[String], setting: &Setting) -> Result<Setting> {
    if declared.is_empty() {
        return Ok(setting.clone());
    }
    Err(crate::error::Error::config("the pipeline names workers, and this build runs flows in its own process alone")
        .hint("leave [engine] away; or build the program with --features cluster"))
}
