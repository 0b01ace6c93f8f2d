//! Owns what can be typed: commands, flags, environment variables and their help texts.
//! Must not know: what a command does with it.

pub mod bench;
pub mod check;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod doctor;
pub mod engine;
pub mod evidence;
pub mod explain;
pub mod init;
pub mod load_worker;
pub mod quarantine;
pub mod query;
pub mod schema;
pub mod serve;
pub mod test;
pub mod verify;
pub mod what_if;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use super::size::size;

/// Moves a legacy PostgreSQL database into a differently shaped, UUID-keyed one, and accounts for every row.
#[derive(Debug, Parser)]
#[command(name = "rehome", version, propagate_version = true, after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Start with `rehome demo`: it needs nothing but an installed PostgreSQL.

Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 a flow is below its threshold, 4 authentication or TLS,
5 privilege or row-level security, 6 schema drift, 7 verification mismatch, 8 disk or memory, 9 another run holds the
target, 10 corrupt snapshot, 75 retryable, 130 interrupted";

const SQL: &str = "\
Flows, checks, reports and shared views are written in PostgreSQL's SQL. Each expression has the value that PostgreSQL
gives it, or is refused when it is planned, with what to write instead. `rehome sql` lists all functions and operators;
docs/sql.md says which expressions were compared, and what is refused.

rehome's own functions:
  migrate()                     the row is migrated       reject('reason' [, 'flow', key])   it is rejected, and why
  skip('reason')                it is left out            warnings('…', …)                   what is odd about it
  legacy_uuid('entity', key)    the UUID of a legacy key  to_uuid(text), try_uuid(text)      a UUID as it is
  try_cast(x as type)           NULL where a cast fails   row_json(t._row)                   a source row as jsonb
  json_object('name', x, …)     a jsonb object            json_merge(a, b)                   two as one
  local_time_of('zone', ts)     1, or 0 and 2: a local time that does not exist, or exists twice

Times without a zone become instants by `ts at time zone 'Europe/Berlin'`, or by time_zone under [source].
Instants are shown, cut and counted in UTC; texts are compared by their bytes, as with COLLATE \"C\".";

/// Flags of every command.
#[derive(Debug, clap::Args)]
pub struct Global {
    /// How results are printed on stdout
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub format: Output,
    /// Say less: no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: -v for what happens, -vv for plans
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// How the log, progress and errors are written to stderr
    #[arg(long, global = true, value_enum, env = "REHOME_LOG_FORMAT", default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// The folder for snapshots, outcomes and what spills from memory
    #[arg(long, global = true, env = "REHOME_DIR", default_value = ".rehome", value_name = "FOLDER")]
    pub dir: PathBuf,
    /// Where snapshots and outcomes lie in place of that folder, such as s3://bucket/prefix: where several machines see them
    #[arg(long, global = true, env = "REHOME_STORE", value_name = "URL")]
    pub store: Option<String>,
    /// Connections and threads that work at a time
    #[arg(long, global = true, env = "REHOME_JOBS", value_name = "N", default_value_t = default_jobs(), value_parser = jobs)]
    pub jobs: usize,
    /// Memory that queries may hold before they spill to disk, such as 800MB or 4GiB; the program itself takes some 300 MiB more
    /// [default: 256MiB, or a quarter of the machine's if that is less]
    #[arg(long, global = true, env = "REHOME_MEMORY", value_name = "SIZE", value_parser = size)]
    pub memory: Option<usize>,
    /// Say on stderr where time went: each stage, step, flow and table, at work and waiting
    #[arg(long, global = true)]
    pub timings: bool,
    /// Write a trace of all steps, as Perfetto and Chrome's about:tracing read it
    #[arg(long, global = true, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Give the same to a collector of OpenTelemetry, such as http://localhost:4318
    ///
    /// Else OTEL_EXPORTER_OTLP_ENDPOINT says where it is. OTEL_EXPORTER_OTLP_HEADERS holds what it asks for, such as a token, and
    /// OTEL_SERVICE_NAME by which name this is known there. A collector that is away slows and fails nothing.
    #[cfg(feature = "otlp")]
    #[arg(long, global = true, value_name = "URL")]
    pub otlp: Option<String>,
}

/// What can be typed after --format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For reading
    Text,
    /// One JSON object, for machines
    Json,
    /// A drawing for Graphviz (`check` only)
    Dot,
    /// A drawing for Mermaid (`check` only)
    Mermaid,
}

impl Output {
    /// The form of what is told beside a drawing: errors, above all.
    pub fn plain(self) -> Format {
        match self {
            Self::Text | Self::Dot | Self::Mermaid => Format::Text,
            Self::Json => Format::Json,
        }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For reading
    Text,
    /// A JSON object a line: what happens, progress, errors
    Json,
}

/// The forms that every command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Migrate a synthetic database on a throwaway PostgreSQL: the whole of it, in a minute
    Demo(Demo),
    /// Migrate: extract, transform, load, verify, report. Given again, it takes up where it was
    Run(Run),
    /// Help a run on another machine, or in another process, to load
    LoadWorker(load_worker::LoadWorker),
    /// Show what `run` would do to the target, without writing anything there
    Plan(Plan),
    /// Take runs back: the target is as it was before them, but for what others have changed since
    Rollback(Rollback),
    /// Take a snapshot of a source: immutable Parquet files, as of one instant; or verify, list, show and prune them
    Snapshot(Snapshot),
    /// Apply a pipeline's rules to a snapshot, without a target: what would become of each row?
    WhatIf(what_if::WhatIf),
    /// Check a pipeline without moving a row
    Check(check::Check),
    /// Show the report of an earlier run, computed anew from the stored outcomes
    Report(Report),
    /// Write a pipeline for two databases: flows, columns and rejects as far as they can be known
    Init(init::Init),
    /// Tell the story of one row: what was joined, which branch decided, what came of it, and where it is
    Explain(explain::Explain),
    /// Query a snapshot, what a run made of it, or both, in SQL; without a query, in a shell
    Query(query::Query),
    /// Read the target back and compare it with what the run made of each row, without loading
    Verify(verify::Verify),
    /// Look at a source and a target: can they be read and written, and what will be in the way?
    Doctor(doctor::Doctor),
    /// Put a part of the rows through every stage, and predict how long the whole takes
    Bench(bench::Bench),
    /// Run the cases that stand beside the flows: rows in, outcomes out, without a database
    Test(test::Test),
    /// List, export and retry the rows that were rejected
    Quarantine(quarantine::Quarantine),
    /// Print the JSON schema of a pipeline file, of a flow's header, or of what a command prints
    Schema(schema::Schema),
    /// Put all that shows what a run did into one file that can be checked later; or check such a file
    Evidence(evidence::Evidence),
    /// Show runs in a browser: their trend, reports, rejected rows and their stories. Nothing can be changed there
    Serve(serve::Serve),
    /// Run flows for others: one of several machines over which a pipeline is spread
    #[cfg(feature = "cluster")]
    Cluster(cluster::Cluster),
    /// Make the synthetic source of a pipeline
    Sample(Sample),
    /// The SQL of flows: PostgreSQL's types, operators and functions, and those of rehome
    #[command(long_about = SQL)]
    Sql,
    /// Print shell completions
    Completions {
        /// The shell they are for
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each command, into a folder
    Man {
        /// The folder; it is made where it is not there
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// The size: 1 is the reference case (2.3 million rows), from 0.001 to 10
    #[arg(long, env = "SCALE", default_value_t = 0.05, value_parser = scale)]
    pub scale: f64,
    /// The state of the growing source
    #[arg(long, env = "EPOCH", value_enum, default_value_t = Epoch::C)]
    pub epoch: Epoch,
    /// `dispatch`, `dispatch-2025-08`, or a pipeline file with a [sample]
    #[arg(long, env = "PIPELINE", default_value = "dispatch")]
    pub pipeline: PathBuf,
    /// Leave the cluster running, and say how to reach it
    #[arg(long)]
    pub keep: bool,
    /// Another seed makes other data of the same shape
    #[arg(long, default_value_t = 1)]
    pub seed: i64,
    #[command(flatten)]
    pub keep_report: Keep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Epoch {
    #[value(alias = "a", help = "2025-08-18")]
    A,
    #[value(alias = "b", help = "2025-10-18")]
    B,
    #[value(alias = "c", help = "2025-10-27")]
    C,
}

impl Epoch {
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// What is migrated, from where and to where.
#[derive(Debug, clap::Args)]
pub struct Migration {
    /// The pipeline file, or a name: of one in `pipelines`, or of one that comes with rehome (`dispatch`)
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: PathBuf,
    /// The legacy database: a libpq URL, `key=value …`, `service=…`, or where that is kept: env:NAME, file:PATH,
    /// exec:COMMAND [default: the source under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_SOURCE_URL", value_name = "URL", hide_env_values = true)]
    pub source: Option<String>,
    /// The new database [default: the target under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// Migrate this snapshot instead of extracting one: a folder, an object store URL, an id's beginning, or latest
    #[arg(long, value_name = "PLACE")]
    pub snapshot: Option<String>,
    /// Only these flows, and those they read
    #[arg(long, value_name = "FLOW,…", value_delimiter = ',')]
    pub only: Vec<String>,
    #[command(flatten)]
    pub patience: Patience,
}

/// How long a server may keep us waiting.
#[derive(Debug, clap::Args)]
pub struct Patience {
    /// Give up a connection in which nothing has moved for so long while the server does nothing for it, and any COPY
    #[arg(long, env = "REHOME_STALL_TIMEOUT", value_name = "TIME", value_parser = patience, default_value = "5m")]
    pub stall_timeout: Duration,
}

/// Whether databases are looked at that nobody has typed.
#[derive(Debug, Clone, clap::Args)]
pub struct Offline {
    /// Look at no database that only [secrets] of the pipeline file names
    #[arg(long)]
    pub offline: bool,
}

#[derive(Debug, clap::Args)]
pub struct Run {
    #[command(flatten)]
    pub migration: Migration,
    /// Run again and again, such as every 10m, 30s or 2h, until SIGTERM or Ctrl-C, which end it between two runs
    #[arg(long, value_name = "TIME", value_parser = interval, conflicts_with_all = ["snapshot", "full", "report"])]
    pub every: Option<Duration>,
    /// Wait so long for a lost connection, or a server that restarts or has no connection left, while nothing moves
    #[arg(long, value_name = "TIME", value_parser = interval, default_value = "5m")]
    pub retry_for: Duration,
    /// Refuse a target that holds what other runs loaded; without it, only what differs from them is brought
    #[arg(long)]
    pub full: bool,
    /// What is read back of the target, and compared
    #[arg(long, value_enum, default_value_t = Verify::Moved, value_name = "WHAT")]
    pub verify: Verify,
    /// Do not read the target back
    #[arg(long, conflicts_with = "verify")]
    pub no_verify: bool,
    /// Let other processes load chunks too: `rehome load-worker`, on this or other machines
    #[arg(long, env = "REHOME_SHARE_LOAD")]
    pub share_load: bool,
    /// Show flows below their threshold, but do not fail
    #[arg(long)]
    pub no_threshold: bool,
    /// Answer with figures for Prometheus at /metrics, and with a line of health at /health, on this address, such as 127.0.0.1:9469
    #[arg(long, env = "REHOME_METRICS", value_name = "ADDR")]
    pub metrics: Option<String>,
    /// Tell when a run begins and how it ended, with the way of each column, in the form of OpenLineage: to a file, a line an
    /// event, or to a URL
    #[arg(long, env = "REHOME_OPENLINEAGE", value_name = "FILE|URL")]
    pub openlineage: Option<String>,
    /// The namespace of the job in such events
    #[arg(long, value_name = "NAME", default_value = "rehome", requires = "openlineage")]
    pub openlineage_namespace: String,
    /// Load a snapshot whose values were masked: for rehearsals
    #[arg(long)]
    pub allow_masked: bool,
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub engine: engine::Engine,
    #[command(flatten)]
    pub keep_report: Keep,
}

#[derive(Debug, clap::Args)]
pub struct Plan {
    #[command(flatten)]
    pub migration: Migration,
    /// Exit with 2 where something would be written, and with 0 where nothing would
    #[arg(long)]
    pub detailed_exitcode: bool,
    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// The run that is taken back, and with it all that came after it: its id, or the beginning of it [default: the newest]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Take back all that came after this run, and leave it
    #[arg(long, value_name = "RUN", conflicts_with = "run")]
    pub to: Option<String>,
    /// The database that the runs have loaded [default: the target under [secrets] of --pipeline]
    #[arg(long, env = "REHOME_TARGET_URL", value_name = "URL", hide_env_values = true)]
    pub target: Option<String>,
    /// The pipeline file that says where the target is kept, or its name
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Only show what would be taken back
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub patience: Patience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verify {
    /// What the run moved: all of it, where it is the first
    Moved,
    /// Everything
    Full,
}

/// How gently a source is read.
#[derive(Debug, clap::Args)]
pub struct Reading {
    /// Read at most so many rows in a second, over all connections [default: as fast as it goes]
    #[arg(long, env = "REHOME_MAX_ROWS_PER_SECOND", value_name = "N")]
    pub max_rows_per_second: Option<u64>,
    /// End a statement on the source that works for longer [default: never]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub statement_timeout: Option<Duration>,
    /// Give up when a lock on the source's tables is not had in this time
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub lock_timeout: Duration,
}

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Snapshot {
    #[command(subcommand)]
    pub command: Option<Kept>,
    #[command(flatten)]
    pub take: Take,
}

/// What can be done with snapshots once they are taken.
#[derive(Debug, Subcommand)]
pub enum Kept {
    /// Check every byte of a snapshot, and name every file that is not as it was
    Verify {
        /// A folder, an object store URL, or of those below --dir: a name, the beginning of an id, `latest`
        #[arg(value_name = "PLACE")]
        place: String,
    },
    /// List the snapshots below --dir, and which runs use them
    List,
    /// Show a snapshot: where it is from, its tables and their columns (as JSON: its manifest)
    Show {
        /// A folder, an object store URL, or of those below --dir: a name, the beginning of an id, `latest`
        #[arg(value_name = "PLACE")]
        place: String,
    },
    /// Remove what interrupted snapshots left below --dir and, with --keep, old snapshots that no run uses
    Prune {
        /// These instead, whoever uses them: names, or beginnings of ids
        #[arg(value_name = "NAME", conflicts_with = "keep")]
        names: Vec<String>,
        /// Keep the newest N, and those that runs use; without it all are kept
        #[arg(long, value_name = "N")]
        keep: Option<usize>,
        /// Only show what would be removed
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct Take {
    /// The legacy database: a libpq URL, `key=value …`, `service=…`, or where that is kept: env:NAME, file:PATH,
    /// exec:COMMAND [default: the source under [secrets] of the pipeline file]
    #[arg(long, env = "REHOME_SOURCE_URL", value_name = "URL", hide_env_values = true)]
    pub source: Option<String>,
    /// Where the snapshot goes: a new folder or object store URL [default: below --dir]
    #[arg(long, value_name = "PLACE")]
    pub out: Option<String>,
    /// Take the schemas, and only the tables, that this pipeline reads
    #[arg(long, env = "REHOME_PIPELINE", value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// The schemas to take
    #[arg(long, value_name = "SCHEMA,…", value_delimiter = ',')]
    pub schemas: Vec<String>,
    /// Only these tables; * stands for any characters. Views are taken when they are named in full
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// Not these tables
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Mask columns by the rules under [mask] of the pipeline; the salt is in the file named below, or in REHOME_MASK_SALT
    #[arg(long, requires = "pipeline")]
    pub mask: bool,
    /// The file that holds the salt of --mask
    #[arg(long, env = "REHOME_MASK_SALT_FILE", value_name = "FILE")]
    pub mask_salt_file: Option<PathBuf>,
    #[command(flatten)]
    pub patience: Patience,
    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Debug, clap::Args)]
pub struct Report {
    /// The run: its id, the beginning of it, or `latest`
    #[arg(default_value = "latest")]
    pub run: String,
    /// The pipeline file, if it is not where it was
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// As an HTML page: one file, for a browser, a phone or paper
    #[arg(long, group = "form")]
    pub html: bool,
    /// As Markdown
    #[arg(long, group = "form")]
    pub md: bool,
    /// As JSON, like --format json
    #[arg(long, group = "form")]
    pub json: bool,
    /// Write it to this file, and not to stdout; .html, .md or .json also say its form
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A file for the report, beside what is shown.
#[derive(Debug, Clone, clap::Args)]
pub struct Keep {
    /// Also write the report to this file; .html, .md or .json says its form
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Sample {
    /// `dispatch`, `dispatch-2025-08`, or a pipeline file with a [sample]
    #[arg(long, default_value = "dispatch")]
    pub pipeline: PathBuf,
    /// The size: 1 is the reference case, from 0.001 to 10
    #[arg(long, default_value_t = 0.05, value_parser = scale)]
    pub scale: f64,
    /// The state of the growing source
    #[arg(long, value_enum, default_value_t = Epoch::C)]
    pub epoch: Epoch,
    /// Another seed makes other data of the same shape
    #[arg(long, default_value_t = 1)]
    pub seed: i64,
    /// Write it as a snapshot to this place
    #[arg(long, value_name = "PLACE", required_unless_present_any = ["into", "into_target"])]
    pub out: Option<String>,
    /// Make its tables in this empty database, and fill them
    #[arg(long, value_name = "URL")]
    pub into: Option<String>,
    /// Make the target's tables in this empty database, with the rows that it holds before the migration
    #[arg(long, value_name = "URL")]
    pub into_target: Option<String>,
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8)
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=64) => Ok(jobs),
        _ => Err("a number from 1 to 64".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (0.001..=1e6).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds, such as 30 or 0.5".to_owned()),
    }
}

/// `90`, `30s`, `10m` or `2h`.
fn interval(text: &str) -> Result<Duration, String> {
    let digits = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    let factor = match &text[digits..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => 0,
    };
    match text[..digits].parse::<u64>() {
        Ok(number @ 0..=1_000_000) if factor > 0 => Ok(Duration::from_secs(number * factor)),
        _ => Err("a time such as 30s, 10m or 2h".to_owned()),
    }
}

/// As [`interval`], but not nothing.
fn patience(text: &str) -> Result<Duration, String> {
    interval(text).and_then(|time| {
        if time.is_zero() { Err("a second at least, such as 30s, 10m or 2h".to_owned()) } else { Ok(time) }
    })
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(scale) if (0.001..=10.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 0.001 to 10".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Args::command().debug_assert();
    }
}
