//! Owns what can be typed after `rehome load-worker`. Must not know: what it does.

use std::path::PathBuf;
use std::time::Duration;

use super::Patience;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct LoadWorker {
    /// The database into which a run loads [default: the target under [secrets] of --pipeline]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// The pipeline file that says where the target is kept, or its name
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// How long a run, or more of its flows, is waited for
    #[arg(long, value_name = "TIME", value_parser = super::interval, default_value = "5m")]
    pub wait: Duration,
    #[command(flatten)]
    pub patience: Patience,
}

const AFTER_HELP: &str = "\
Examples:
  rehome --store s3://bucket/rehome run --share-load --pipeline dispatch --source … --target …    # on one machine
  rehome --store s3://bucket/rehome --jobs 16 load-worker --target …                              # on others

Outcomes must lie where all of them see them: --store, or --dir on a shared disk. A load worker takes chunks (files of
outcomes) that nobody else has under way; the ledger sees to it that each is loaded once. It may be ended, killed and started
at any time. It ends with 0 when the run it has helped has ended, and with 75 when none came by in --wait. Rows that come as
differences from an earlier run are brought by the run alone.";
