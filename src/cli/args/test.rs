//! Owns what can be typed after `rehome test`. Must not know: what it does.

use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  rehome test --pipeline dispatch                  all cases
  rehome test --pipeline dispatch payments         those of one flow
  rehome test --pipeline dispatch 'is insurance'   those with this in their names
  rehome test --pipeline dispatch --coverage --require 100

A case, in a file of the folder that `tests` of the pipeline names:
  -- case: money without an order goes to the quarantine
  insert into source.dispatch_payment (id, instruction_id) values (1, 99);
  insert into expected.payments (_key, _outcome) values (1, reject('missing_instruction'));

Exit codes: 0 all pass, 7 a case fails, 3 less is covered than --require demands, 2 a case is not
well-formed.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Test {
    /// The pipeline file, or a name: of one in `pipelines`, or of one that comes with rehome (`dispatch`)
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: PathBuf,
    /// Only the cases of these flows, or with these words in their names
    #[arg(value_name = "FLOW|NAME")]
    pub wanted: Vec<String>,
    /// Take the types of the source's tables from this snapshot
    #[arg(long, value_name = "PLACE")]
    pub snapshot: Option<String>,
    /// Tell which branches, reasons and warnings no case reaches
    #[arg(long)]
    pub coverage: bool,
    /// Fail below this coverage, in percent
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = percent)]
    pub require: Option<f64>,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim().parse::<f64>().ok().filter(|share| (0.0..=100.0).contains(share));
    percent.ok_or_else(|| "a number from 0 to 100".to_owned())
}
