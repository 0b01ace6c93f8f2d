//! Owns the way from `rehome serve` as it was typed to pages that are served until it is stopped. Must not know: what they show.

use std::sync::Arc;

use serde_json::json;

use super::{address, pipeline, target_if_any};
use crate::cli::args::Format;
use crate::cli::args::serve::Serve;
use crate::cli::render;
use crate::error::{Error, Result};
use crate::kept;
use crate::progress::Silent;
use crate::run::Setting;
use crate::web::{self, Door, Known, Site};

/// The environment's variable with the token.
const TOKEN: &str = "REHOME_SERVE_TOKEN";
/// The fewest characters of one.
const SHORTEST: usize = 16;

pub async fn run(typed: Serve, setting: &Setting, format: Format) -> Result<u8> {
    let target = match (&typed.target, &typed.pipeline) {
        (Some(url), _) => Some(address(url, &typed.patience)?),
        (None, Some(named)) => target_if_any(None, &pipeline(named, setting)?, &typed.patience)?,
        (None, None) => None,
    };
    let listener = web::bind(&typed.listen).await?;
    let own = kept::secret("token", None, TOKEN)?;
    if own
        .as_ref()
        .is_some_and(|token| token.len() < SHORTEST || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        return Err(Error::config(format!("{TOKEN} has to be {SHORTEST} letters and digits, or more"))
            .hint("make one with: openssl rand -hex 16; or leave it away, and one is made"));
    }
    let address = listener.address;
    let (door, url) = match (address.ip().is_loopback(), &own) {
        (true, None) => (Door::Loopback, format!("http://{address}/")),
        (_, Some(token)) => (Door::Token(token.clone()), format!("http://{address}/")),
        (false, None) => {
            let token = uuid::Uuid::new_v4().simple().to_string();
            (Door::Token(token.clone()), format!("http://{address}/?token={token}"))
        }
    };
    // Bars of what a page asks for are nobody's.
    let setting = Setting { progress: Arc::new(Silent), ..setting.clone() };
    let (values, cancel) = (typed.values, setting.cancel.clone());
    let site = Site { setting, target, pipeline: typed.pipeline, values, door, known: Known::default() };
    match format {
        Format::Json => render::json(&json!({ "url": url })),
        Format::Text => anstream::println!("{url}"),
    }
    site.serve(listener, cancel).await;
    Ok(0)
}
