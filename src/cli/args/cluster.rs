//! Owns what can be typed after `rehome cluster`, and what machines know each other by.
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
    pub trust: Trust,
}

/// What machines know each other by.
#[derive(Debug, Clone, clap::Args)]
pub struct Trust {
    /// A file with the secret that driver and workers share, 16 characters or more, in place of REHOME_CLUSTER_TOKEN
    #[arg(long, env = "REHOME_CLUSTER_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The certificate of this machine, PEM: what travels between driver and workers is encrypted, and each asks the other for its own
    #[arg(long, env = "REHOME_CLUSTER_CERT", value_name = "FILE", requires_all = ["cluster_key", "cluster_ca"])]
    pub cluster_cert: Option<PathBuf>,
    /// The key of that certificate, PEM, without a passphrase
    #[arg(long, env = "REHOME_CLUSTER_KEY", value_name = "FILE", requires = "cluster_cert")]
    pub cluster_key: Option<PathBuf>,
    /// The authority that has signed the certificates of all machines, PEM
    #[arg(long, env = "REHOME_CLUSTER_CA", value_name = "FILE", requires = "cluster_cert")]
    pub cluster_ca: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  export REHOME_CLUSTER_TOKEN=$(openssl rand -hex 32)          # the same on all machines
  rehome cluster worker --listen 10.0.0.5:7400                 # on each of them
  rehome what-if --engine 10.0.0.5:7400,10.0.0.6:7400 --store s3://bucket/rehome --pipeline dispatch --snapshot latest

A worker keeps nothing: it may be ended and started again at any time, and a flow that it had is given to another one. It
reads the object store with the credentials of its own environment (AWS_…). Without a token or certificates, a worker
serves its own machine alone. With a token alone, what travels is not encrypted: rows between workers need a network that
nobody else listens to. With --cluster-cert, --cluster-key and --cluster-ca on all machines it is, and both sides of a
connection show a certificate that the authority has signed; that of a worker names the host by which it is reached.";
