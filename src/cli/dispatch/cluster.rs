//! Owns the way from `rehome cluster` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use crate::cli::args::Format;
use crate::cli::args::cluster::{Cluster, Of, Token};
use crate::cli::render;
use crate::command::cluster;
use crate::engine::cluster::Token as Secret;
use crate::error::Result;
use crate::kept;
use crate::run::Setting;

const TOKEN: &str = "REHOME_CLUSTER_TOKEN";

pub async fn run(typed: Cluster, setting: &Setting, format: Format) -> Result<u8> {
    let Of::Worker(typed) = typed.command;
    let worker = cluster::Worker::bind(typed.listen, token(&typed.token)?, setting).await?;
    render::cluster::listening(worker.address(), format);
    worker.serve().await.map(|()| 0)
}

/// The secret of a file or of the environment: never of the command line, which others can read.
pub fn token(typed: &Token) -> Result<Option<Secret>> {
    kept::secret("token", typed.token_file.as_deref(), TOKEN)?.map(|text| Secret::new(&text)).transpose()
}
