//! Owns what can be typed after `rehome query`. Must not know: what it does.

use std::path::PathBuf;

use clap::ValueEnum;

const EXAMPLES: &str = "\
Examples:
  rehome query                                             a shell over the newest run, or the newest snapshot
  rehome query 'select count(*) from source.people'
  rehome query --snapshot latest .tables                   also .schema [TABLE] and .reasons [FLOW]
  rehome query --run 3f2a 'select _reason, count(*) from rejected.orders group by 1 order by 2 desc'
  rehome query --pipeline new.toml --snapshot latest 'select * from migrated.orders'
  rehome query 'select * from source.people' --out people.parquet
  rehome query --as csv < many.sql > rows.csv

Tables:
  source.TABLE, source.SCHEMA.TABLE   the snapshot's      migrated.FLOW    what the run migrated or adopted
  rejected.FLOW, skipped.FLOW         with reasons        elsewhere.FLOW   rows that another flow owns
  shared.VIEW                         of the pipeline, as long as it is the run's own";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Query {
    /// A query in PostgreSQL's SQL, or several with semicolons; without it, a shell, or what comes on stdin
    #[arg(value_name = "SQL")]
    pub sql: Option<String>,
    /// Read the queries from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "sql")]
    pub file: Option<PathBuf>,
    /// The snapshot: a folder, an object store URL, an id's beginning, or latest [default: the run's]
    #[arg(long, value_name = "PLACE")]
    pub snapshot: Option<String>,
    /// The run whose outcomes are looked at: its id, the beginning of it, or `latest`
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Rules to try over the snapshot; with --run, its rules, if they are not where they were
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// How rows are shown or written [default: table, or what the name of --out says]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: Option<Form>,
    /// Write the rows to this file, whole or not at all; .csv, .json, .jsonl or .parquet also says its form
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The rows that a table shows; all are counted
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For reading: the first rows, and how many there are; long values are cut
    Table,
    /// As PostgreSQL's COPY writes it: NULL is nothing, an empty text is ""
    Csv,
    /// One document: columns with their types, and rows
    Json,
    /// An object a line
    Jsonl,
    /// With the types of PostgreSQL; needs --out
    Parquet,
}
