//! Owns what can be typed after `rehome schema`. Must not know: what it does.

const AFTER_HELP: &str = "\
Examples:
  rehome schema                          # what there is
  rehome schema pipeline > pipeline.schema.json
  rehome schema run                      # of `rehome run --format json`

Editors complete a pipeline file by its first line (Even Better TOML, taplo):
  #:schema ./pipeline.schema.json";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Schema {
    /// What the schema is of; without it, the names are listed
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}
