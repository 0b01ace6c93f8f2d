//! Owns what can be typed after `rehome serve`. Must not know: what it does.

use std::path::PathBuf;

use super::Patience;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rehome serve                                    the runs of --dir at http://127.0.0.1:9470
  rehome serve --target $URL                      also how far a run at work is, and where a row is in the target
  rehome serve --listen 0.0.0.0:9470              for other machines: who has the token, which is printed, may look
  REHOME_SERVE_TOKEN=… rehome serve --listen …    a token of one's own

It reads the workspace, and the target with --target. Nothing is written, and nothing can be changed. There is no encryption:
put a proxy with TLS before it where others could listen.")]
pub struct Serve {
    /// The address; one that is not this machine's alone asks for a token
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9470")]
    pub listen: String,
    /// Show the values of columns in the stories of rows
    #[arg(long)]
    pub values: bool,
    /// The pipeline file of the runs, if it is not where it was
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// The database that the runs have loaded: its ledger is looked at too [default: the target under [secrets] of --pipeline]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    #[command(flatten)]
    pub patience: Patience,
}
