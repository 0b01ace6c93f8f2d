//! Owns what can be asked for over HTTP: figures and health of a run at work, and pages over what runs have left. Must not know: how a command was typed, or how a run works.

mod health;
mod http;
mod live;
mod metrics;
mod site;

pub use http::{Answer, Asked, Listener, bind, serve};
pub use live::Live;
pub use site::{Door, Known, Site};

/// What is answered on the address of `--metrics`.
#[must_use]
pub fn watched(live: &Live, asked: &Asked, timings: Option<&crate::timing::Timings>) -> Answer {
    match asked.path.as_str() {
        "/metrics" => {
            let spent = timings.map(crate::timing::Timings::spent).unwrap_or_default();
            Answer::text(200, "text/plain; version=0.0.4; charset=utf-8", metrics::text(&live.state(), &spent))
        }
        "/health" | "/healthz" => {
            let (well, line) = health::line(&live.state());
            Answer::text(if well { 200 } else { 503 }, "text/plain; charset=utf-8", format!("{line}\n"))
        }
        _ => Answer::text(404, "text/plain; charset=utf-8", "there are /metrics and /health\n".to_owned()),
    }
}
