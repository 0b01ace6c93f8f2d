//! Owns what can be typed after `rehome init`. Must not know: what it does.

use std::path::PathBuf;

use super::{Patience, Reading};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rehome init --source postgresql://legacy/shop --target postgresql://new/shop --out shop
  rehome init --snapshot latest --target postgresql://new/shop --target-schema app --out shop
  rehome what-if --pipeline shop/pipeline.toml --snapshot latest")]
pub struct Init {
    /// The legacy database: a snapshot of it is taken, and its catalog is read
    #[arg(
        long,
        env = "REHOME_SOURCE_URL",
        value_name = "URL",
        hide_env_values = true,
        required_unless_present = "snapshot"
    )]
    pub source: Option<String>,
    /// The new database, with its tables: it is only looked at
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: String,
    /// Look at this snapshot instead of taking one: a folder, an object store URL, an id's beginning, or latest
    #[arg(long, value_name = "PLACE")]
    pub snapshot: Option<String>,
    /// The folder that the pipeline goes to; it is called after it
    #[arg(long, value_name = "FOLDER", default_value = "pipeline")]
    pub out: PathBuf,
    /// Schemas of the source to look at [default: all but the system's]
    #[arg(long, value_name = "SCHEMA,…", value_delimiter = ',')]
    pub schemas: Vec<String>,
    /// Tables of the source to leave out, as `name` or `schema.name`, with * for any characters
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// The schema of the target's tables
    #[arg(long, value_name = "SCHEMA", default_value = "public")]
    pub target_schema: String,
    /// Write over a pipeline that is there, its flows with it
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub patience: Patience,
}
