//! Owns what can be typed after `rehome doctor`. Must not know: what it does.

use std::path::PathBuf;

const AFTER_HELP: &str = "\
Nothing is written. Each line is ok, note, warn or fail; below it stands what mends it.

Exit codes: 0 nothing fails (whatever is warned of); else that of the gravest failure, in this order: 4 authentication or
TLS, 5 privilege or row-level security, 2 configuration (a transaction pooler, a standby as the target, a table that is not
there), 6 the target's schema, 8 disk, 9 another run is at work, 75 unreachable, locked or out of connections

Examples:
  rehome doctor --source postgres://reader@legacy.example.com/shop --target service=fresh
  rehome doctor --source $OLD --target $NEW --pipeline migration.toml
  rehome doctor --target $NEW --format json | jq '.findings[] | select(.level == \"fail\") | .fix'";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Doctor {
    /// The legacy database: a libpq URL, `key=value …`, `service=…`, or where that is kept: env:NAME, file:PATH,
    /// exec:COMMAND [default: the source under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_SOURCE_URL", value_name = "URL", hide_env_values = true)]
    pub source: Option<String>,
    /// The new database [default: the target under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// Look only at what this pipeline reads and writes, and at all of that
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
}
