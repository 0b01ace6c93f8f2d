//! Owns what can be typed after `rehome what-if`. Must not know: what it does.

use std::path::PathBuf;

use super::Keep;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct WhatIf {
    /// The pipeline file, or a name: of one in `pipelines`, or of one that comes with rehome (`dispatch`)
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: PathBuf,
    /// The snapshot: a folder, an object store URL, an id's beginning, or latest [default with --against RUN: the run's]
    #[arg(long, value_name = "PLACE", required_unless_present = "against")]
    pub snapshot: Option<String>,
    /// Only these flows, and those they read
    #[arg(long, value_name = "FLOW,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Compare, row by row, with what this makes of the rows: another pipeline, or a finished run (its id's beginning, or latest)
    #[arg(long, value_name = "PIPELINE|RUN")]
    pub against: Option<String>,
    /// Compare with this snapshot: of the pipeline of --against, or of the same one
    #[arg(long, value_name = "PLACE", requires = "snapshot")]
    pub against_snapshot: Option<String>,
    /// Where all rows that differ go, as Parquet: a new folder [default: below --dir]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<String>,
    /// Exit with 2 where anything differs, and with 0 where nothing does
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    pub engine: super::engine::Engine,
    #[command(flatten)]
    pub keep_report: Keep,
}

impl WhatIf {
    /// Is anything asked that only a comparison has?
    pub fn compares(&self) -> bool {
        self.against.is_some() || self.against_snapshot.is_some()
    }
}

const AFTER_HELP: &str = "\
Examples:
  rehome what-if --pipeline dispatch --snapshot latest
  rehome what-if --pipeline dispatch --snapshot latest --against dispatch-2025-08 --report difference.html
  rehome what-if --pipeline dispatch --against latest --exit-code
  rehome what-if --pipeline dispatch --snapshot 4f1c --against-snapshot 09ab --out difference

With --against, what --pipeline makes of --snapshot is `after`, and what is named there is `before`. Rows belong together
by their legacy keys. Terminal, JSON and page hold counts, reasons, keys and names of columns; values are in the Parquet
files alone, one folder a flow: flow, key, before_outcome, after_outcome, before_reason, after_reason, before_warnings,
after_warnings, changed (the columns), before.* and after.* (the values).

With --exit-code: 0 nothing differs, 2 something does. A mistake in a pipeline or in what was typed is 2 as well; it says so
on stderr.";
