//! Owns what can be typed of flows over several machines: after `rehome cluster`, and where flows may run elsewhere.
//! Must not know: what it does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Cluster {
    #[command(subcommand)]
    pub command: Of,
}

#[derive(Debug, Subcommand)]
pub enum Of {
    /// Be a worker: run flows for drivers, and parts of other workers' queries, until Ctrl-C or SIGTERM
    Worker(Worker),
}

#[derive(Debug, clap::Args)]
pub struct Worker {
    /// Where drivers and other workers reach this one; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7400")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub token: Token,
}

/// The secret that all machines share.
#[derive(Debug, Clone, clap::Args)]
pub struct Token {
    /// A file with the secret that driver and workers share, 16 characters or more, in place of REHOME_CLUSTER_TOKEN
    #[arg(long, env = "REHOME_CLUSTER_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// Who runs flows.
#[derive(Debug, Clone, clap::Args)]
pub struct Engine {
    /// Let these workers run the flows; snapshot and outcomes must lie where they see them. `local` is this process alone
    /// [default: the pipeline's [engine]]
    #[arg(long, env = "REHOME_ENGINE", value_name = "HOST:PORT,…", value_delimiter = ',')]
    pub engine: Vec<String>,
    #[command(flatten)]
    pub token: Token,
}

const AFTER_HELP: &str = "\
Examples:
  export REHOME_CLUSTER_TOKEN=$(openssl rand -hex 32)          # the same on all machines
  rehome cluster worker --listen 10.0.0.5:7400                 # on each of them
  rehome what-if --engine 10.0.0.5:7400,10.0.0.6:7400 --store s3://bucket/rehome --pipeline dispatch --snapshot latest

A worker keeps nothing: it may be ended and started again at any time, and a flow that it had is given to another one. It
reads the object store with the credentials of its own environment (AWS_…). Without a token, a worker serves its own
machine alone. What travels is not encrypted: rows between workers need a network that nobody else listens to.";
