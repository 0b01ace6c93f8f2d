//! Owns what can be typed after `rehome bench`. Must not know: what it does.

use std::path::PathBuf;

use super::{Patience, Reading};

const AFTER_HELP: &str = "\
Tables with at most 50,000 rows are read whole, of the others a share. The source is only read. The target gets a schema
rehome_bench_N, which is dropped at the end, also after Ctrl-C; what a killed bench left, the next one drops. The role needs
CREATE on the target's database. Without --target: reading and transforming alone.

Examples:
  rehome bench dispatch --source $OLD --target $NEW
  rehome bench shop.toml --source $OLD --sample 1% --jobs 8
  rehome bench dispatch --source $OLD --target $NEW --format json | jq .predicted_seconds";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Bench {
    /// The pipeline file, or a name: of one in `pipelines`, or of one that comes with rehome (`dispatch`)
    #[arg(value_name = "PIPELINE", env = "REHOME_PIPELINE")]
    pub pipeline: PathBuf,
    /// The legacy database: a libpq URL, `key=value …`, `service=…`, or where that is kept: env:NAME, file:PATH,
    /// exec:COMMAND [default: the source under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_SOURCE_URL", value_name = "URL", hide_env_values = true)]
    pub source: Option<String>,
    /// The new database; it is left as it was
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// How much is read of large tables, such as 5% or 0.05
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    pub sample: f64,
    #[command(flatten)]
    pub patience: Patience,
    #[command(flatten)]
    pub reading: Reading,
}

/// `5%` or `0.05`.
fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    let share = share.ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "a share such as 5% or 0.05".to_owned())
}
