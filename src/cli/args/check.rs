//! Owns what can be typed after `rehome check`. Must not know: what it does.

use std::path::PathBuf;

use super::{Offline, Patience};

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// The pipeline file, or a name: of one in `pipelines`, or of one that comes with rehome (`dispatch`)
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: PathBuf,
    /// Plan the flows against this snapshot's tables, and look for values that have no place; with --source, compare the
    /// source with it
    #[arg(long, value_name = "PLACE")]
    pub snapshot: Option<String>,
    /// Plan the flows against this database's catalog, of which no row is read, and compare it with the latest snapshot
    /// of it, or the one that --snapshot names [default, without --snapshot: the source under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_SOURCE_URL", value_name = "URL", hide_env_values = true)]
    pub source: Option<String>,
    /// Compare the flows' columns with this database's (needs --snapshot or --source) [default: the target under [secrets]]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// Show where each column of the target comes from
    #[arg(long)]
    pub lineage: bool,
    #[command(flatten)]
    pub offline: Offline,
    #[command(flatten)]
    pub patience: Patience,
    #[command(flatten)]
    pub engine: super::engine::Engine,
}

const EXAMPLES: &str = "\
Examples:
  rehome check --pipeline dispatch
  rehome check --pipeline dispatch --snapshot latest --lineage
  rehome check --pipeline dispatch --source postgresql://legacy.example/app --target postgresql://new.example/app
  rehome check --pipeline dispatch --format dot | dot -Tsvg > flows.svg

Exit codes: 0 sound, 2 the pipeline is wrong, 6 the source or the target is no longer what it was written for";
