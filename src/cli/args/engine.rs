//! Owns what can be typed of who runs the flows. Must not know: how they are asked.

/// Who runs flows.
#[cfg(feature = "cluster")]
#[derive(Debug, Clone, clap::Args)]
pub struct Engine {
    /// Let these workers run the flows; a check asks them whether they could. Snapshot and outcomes must lie where they see them.
    /// `local` is this process alone [default: the pipeline's [engine]; a check asks those alone that are named here]
    #[arg(long, env = "REHOME_ENGINE", value_name = "HOST:PORT,…", value_delimiter = ',')]
    pub engine: Vec<String>,
    #[command(flatten)]
    pub trust: super::cluster::Trust,
}

/// Nobody else can: this build knows no workers.
#[cfg(not(feature = "cluster"))]
#[derive(Debug, Clone, clap::Args)]
pub struct Engine {}
