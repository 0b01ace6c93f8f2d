//! Owns the way from `rehome cluster` as it was typed to the command, and from its result to what is shown.
//! Must not know: how the command works.

use crate::cli::args::Format;
use crate::cli::args::cluster::{Cluster, Of, Trust as Typed};
use crate::cli::render;
use crate::command::cluster;
use crate::engine::cluster::{Tls, Token, Trust};
use crate::error::{At, Error, Result};
use crate::kept;
use crate::run::Setting;

const TOKEN: &str = "REHOME_CLUSTER_TOKEN";

pub async fn run(typed: Cluster, setting: &Setting, format: Format) -> Result<u8> {
    let Of::Worker(typed) = typed.command;
    let worker = cluster::Worker::bind(typed.listen, trust(&typed.trust)?, setting).await?;
    render::cluster::listening(worker.address(), format);
    worker.serve().await.map(|()| 0)
}

/// What was typed that machines know each other by.
pub fn trust(typed: &Typed) -> Result<Trust> {
    let read = |file: &std::path::Path| {
        std::fs::read(file).map_err(|error| {
            Error::config(format!("cannot read a file of certificates: {}", error.kind()))
                .at(At::File, file.display().to_string())
        })
    };
    let tls = match (&typed.cluster_cert, &typed.cluster_key, &typed.cluster_ca) {
        (Some(certificate), Some(key), Some(authority)) => {
            let key = kept::of_file(key, "private key")?;
            Some(Tls::new(&read(certificate)?, key.as_bytes(), &read(authority)?)?)
        }
        _ => None,
    };
    Ok(Trust::new(token(typed)?, tls))
}

/// The secret of a file or of the environment: never of the command line, which others can read.
fn token(typed: &Typed) -> Result<Option<Token>> {
    kept::secret("token", typed.token_file.as_deref(), TOKEN)?.map(|text| Token::new(&text)).transpose()
}
