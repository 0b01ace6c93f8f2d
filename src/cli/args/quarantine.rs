//! Owns what can be typed after `rehome quarantine`. Must not know: what it does.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::Patience;

#[derive(Debug, clap::Args)]
pub struct Quarantine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List rejected rows by flow and reason: how many, which keys, and whose fate is the cause
    #[command(after_help = LIST)]
    List {
        #[command(flatten)]
        which: Which,
    },
    /// Write rejected rows whole, as the snapshot has them, beside why they were rejected: to be looked at and mended
    #[command(after_help = EXPORT)]
    Export {
        #[command(flatten)]
        which: Which,
        /// A .csv or .parquet file for the rows of one flow, or a folder for a file a flow
        #[arg(short, long, value_name = "PLACE")]
        out: PathBuf,
        /// What files of a folder are written in
        #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = Form::Csv)]
        form: Form,
        /// Where the run's snapshot lies, if it is not where it was
        #[arg(long, value_name = "PLACE")]
        snapshot: Option<String>,
    },
    /// Try rejected rows again: those that were mended in an export, those whose parent came, those whose rule was mended;
    /// and all that waits for them. It is a run of its own, and can be taken back
    #[command(after_help = RETRY)]
    Retry(Retry),
}

#[derive(Debug, clap::Args)]
pub struct Retry {
    /// The pipeline file, or a name: of one in `pipelines`, or of one that comes with rehome (`dispatch`)
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: PathBuf,
    /// The database whose quarantine it is [default: the target under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// Exports that were edited: files, or folders of them
    #[arg(long, value_name = "PLACE", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// The snapshot to go by [default: that of the target's latest run]
    #[arg(long, value_name = "PLACE")]
    pub snapshot: Option<String>,
    /// Only these flows, and what waits for them [default: all with rejects]
    #[arg(long, value_name = "FLOW,…", value_delimiter = ',')]
    pub flow: Vec<String>,
    /// Only show what would come of it
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub patience: Patience,
}

const LIST: &str = "\
Examples:
  rehome quarantine list
  rehome quarantine list --run 3f2a --flow orders
  rehome quarantine list --target postgresql://localhost/new --reason no_customer";

const EXPORT: &str = "\
Examples:
  rehome quarantine export --flow orders --out orders.csv
  rehome quarantine export --reason no_customer --out rejected/
  rehome quarantine export --target postgresql://localhost/new --as parquet --out rejected/

In CSV, NULL is an empty field, and an empty text is \"\". Beside each file stands its manifest, with the types of its columns;
keep the two together.";

const RETRY: &str = "\
Examples:
  rehome quarantine export --flow orders --out orders.csv     # then edit orders.csv
  rehome quarantine retry --pipeline shop.toml --target postgresql://localhost/new --from orders.csv --dry-run
  rehome quarantine retry --pipeline shop.toml --target postgresql://localhost/new --from orders.csv
  rehome quarantine retry --pipeline shop.toml --target postgresql://localhost/new     # a parent came, or a rule was mended

A mended row lives in a snapshot of its own, and not in the source: a later snapshot of the source has it as it was. Mend it
there too.";

/// Which rejects are meant.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// The run: its id, the beginning of it, or `latest`
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Read the quarantine of this database, and not the run's stored outcomes: rejects of earlier runs that stand, and what
    /// the target said of the rows that it refused
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// Only rejects of this flow
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Only rejects with this reason
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// As PostgreSQL's COPY writes it
    Csv,
    /// With the types of the snapshot
    Parquet,
}
