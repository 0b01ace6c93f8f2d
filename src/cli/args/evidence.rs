//! Owns what can be typed after `rehome evidence`. Must not know: what it does.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Offline, Patience};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  rehome evidence latest -o run.zip --target $URL
  rehome evidence verify run.zip --target $URL
  unzip -p run.zip SHA256SUMS

What it prints as sha256 stands for the bundle: keep it elsewhere, and nobody can put another bundle in its place. Exit codes of
verify: 0 all is as it was, 7 the target is not, 10 the bundle, the snapshot or the outcomes are not."
)]
pub struct Evidence {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub make: Make,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a bundle against itself, the snapshot, the stored outcomes and, with --target, the target
    Verify {
        /// The bundle
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the snapshot lies, if not where it lay
        #[arg(long, value_name = "PLACE")]
        snapshot: Option<String>,
        /// The database that the run has loaded
        #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
        target: Option<String>,
        #[command(flatten)]
        patience: Patience,
    },
}

#[derive(Debug, clap::Args)]
pub struct Make {
    /// The run: its id, the beginning of it, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// The file that the bundle becomes, such as run.zip
    #[arg(short, long, value_name = "FILE", required = true)]
    pub output: Option<PathBuf>,
    /// The pipeline file, if it is not where it was
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// The database that the run has loaded: its ledger, and what reading it back finds, become part of the bundle [default:
    /// the target under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    #[command(flatten)]
    pub offline: Offline,
    #[command(flatten)]
    pub patience: Patience,
}
