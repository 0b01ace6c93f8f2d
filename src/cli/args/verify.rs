//! Owns what can be typed after `rehome verify`. Must not know: what it does.

use std::path::PathBuf;

use super::Patience;
use crate::run::SampledRows;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rehome verify --target postgresql://app@localhost/new
  rehome verify 5f3a --target $URL --flow orders,patients
  rehome verify --target $URL --sample 1%
  rehome verify --target $URL --sample 10000 --seed 7 --format json

A role that may only read is enough; nothing is written, and nothing is locked. Exit 7: the target is not what the run made of
it; exit 10: a stored file is not as it was written, and nothing was compared.")]
pub struct Verify {
    /// The run whose outcomes the target is compared with: its id, the beginning of it, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// The database that the run has loaded [default: the target under [secrets] of the run's pipeline file]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// The pipeline file that says where the target is kept, if that of the run is not where it was
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Only these flows
    #[arg(long, value_name = "FLOW,…", value_delimiter = ',')]
    pub flow: Vec<String>,
    /// Compare only a share of the rows, such as 0.01 or 1%, or about so many, such as 10000
    #[arg(long, value_name = "SHARE|N", value_parser = sample)]
    pub sample: Option<SampledRows>,
    /// Another seed takes other rows
    #[arg(long, value_name = "N", default_value_t = 1, requires = "sample")]
    pub seed: u64,
    #[command(flatten)]
    pub patience: Patience,
}

/// `0.01`, `1%` or `10000`.
fn sample(text: &str) -> Result<SampledRows, String> {
    let wrong = || "a share such as 0.01 or 1%, or a number of rows such as 10000".to_owned();
    let share = |share: f64| (share > 0.0 && share <= 1.0).then_some(SampledRows::Share(share)).ok_or_else(wrong);
    if let Some(percent) = text.strip_suffix('%') {
        return percent.parse::<f64>().map_err(|_| wrong()).and_then(|percent| share(percent / 100.0));
    }
    match text.parse::<u64>() {
        Ok(0) => Err(wrong()),
        Ok(rows) => Ok(SampledRows::Number(rows)),
        Err(_) => text.parse::<f64>().map_err(|_| wrong()).and_then(share),
    }
}
