//! Owns what can be typed after `rehome explain`. Must not know: what it does.

use std::path::PathBuf;

use super::{Offline, Patience};

const EXAMPLES: &str = "\
Examples:
  rehome explain orders 4711                              the row 4711 of the flow orders, in the latest run
  rehome explain orders 4711 --target postgres://…        also where it is in the target, and what happened to it there
  rehome explain 0b6f2f0e-4c8e-5a0e-9d53-6f9c1b1f7a55     the row that has this UUID in the target
  rehome explain lines 7,abc --values                     a key of two columns; with the values of columns
  rehome explain lines '[\"a,b\",\"c\"]'                      the same for parts with commas in them
  rehome explain orders 4711 --pipeline dispatch --snapshot latest     rules tried over a snapshot: no run is needed

Without --values no value of a column is shown, but the keys of the row and of its causes.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// The flow; or the UUID that a row has in the target, and no key
    #[arg(value_name = "FLOW|UUID")]
    pub flow: String,
    /// The legacy key: of several columns a,b or a JSON array; of rows that a flow makes of one, with the ordinal or without
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    pub key: Option<String>,
    /// The run: its id, the beginning of it, or `latest`
    #[arg(long, value_name = "RUN", default_value = "latest", conflicts_with = "snapshot")]
    pub run: String,
    /// The pipeline file; with --snapshot, or where that of the run is not where it was
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Try the pipeline's rules over this snapshot instead: a folder, an object store URL, an id's beginning, or latest
    #[arg(long, value_name = "PLACE", requires = "pipeline")]
    pub snapshot: Option<String>,
    /// The new database: also tell where the row is there. It is only read [default: the target under [secrets] of the
    /// pipeline file; with --snapshot, none]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// Show the values of columns, and what joins looked for
    #[arg(long)]
    pub values: bool,
    #[command(flatten)]
    pub offline: Offline,
    #[command(flatten)]
    pub patience: Patience,
}
