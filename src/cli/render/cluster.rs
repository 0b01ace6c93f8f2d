//! Owns how it is told that a worker is there. Must not know: what it does.

use std::net::SocketAddr;

use serde::Serialize;

use super::json;
use crate::cli::args::Format;

#[derive(Debug, Serialize)]
struct Listening {
    listening: SocketAddr,
}

/// Says where a worker can be reached, at once: whoever started it waits for this line.
pub fn listening(address: SocketAddr, format: Format) {
    match format {
        Format::Json => json(&Listening { listening: address }),
        Format::Text => anstream::println!("a worker listens on {address}"),
    }
}
