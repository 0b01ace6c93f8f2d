//! Owns that traces go to a collector of OpenTelemetry (feature `otlp`): where it is and what it asks for, as typed or as the
//! environment has it by OpenTelemetry's own names. Must not know: what is traced.

mod message;
mod queue;
mod sending;
mod spans;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::error::{Error, Result};
use message::KeyValue;
use queue::Queue;
use sending::Collector;
pub use sending::Sending;
use spans::Spans;

/// Where a collector takes traces, below its address.
const PATH: &str = "/v1/traces";

/// Spans are sent from here on, if there is a collector: the one that was typed, else that of the environment.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a URL that was typed and is none, or that holds a password. What the environment says may be
/// meant for others: it is warned of.
pub fn begin(typed: Option<&str>) -> Result<Option<(Spans, Sending)>> {
    let url = match typed {
        Some(typed) => Some(parsed(typed)?),
        None => of_environment(),
    };
    let Some(url) = url else { return Ok(None) };
    let queue = Queue::default();
    let sending = Sending::begin(Collector { url, headers: headers(), resource: resource() }, queue.clone())?;
    Ok(Some((Spans(queue), sending)))
}

fn parsed(given: &str) -> Result<Url> {
    let unusable = || {
        Error::config("--otlp is no usable URL").hint(
            "such as http://localhost:4318; a token goes into OTEL_EXPORTER_OTLP_HEADERS, as authorization=Bearer%20…",
        )
    };
    let mut url = Url::parse(given).map_err(|_| unusable())?;
    let speaks_http = matches!(url.scheme(), "http" | "https");
    if !speaks_http || !url.has_host() || url.password().is_some() || !url.username().is_empty() {
        return Err(unusable());
    }
    if !url.path().ends_with(PATH) {
        let whole = format!("{}{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
    }
    Ok(url)
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The collector that the environment names.
fn of_environment() -> Option<Url> {
    let off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if off || variable("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none") {
        return None;
    }
    let (name, given) = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]
        .into_iter()
        .find_map(|name| variable(name).map(|given| (name, given)))?;
    let protocol = variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL").or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"));
    if protocol.is_some_and(|protocol| protocol != "http/protobuf") {
        log::warn!(
            "{name} is not used: traces are sent by the protocol http/protobuf alone; --otlp names a place for them"
        );
        return None;
    }
    // That of traces alone is meant as it is.
    let url = if name.contains("TRACES") { Url::parse(&given).ok() } else { parsed(&given).ok() };
    if url.is_none() {
        log::warn!("{name} is not used: it is no URL for OTLP over HTTP, such as http://localhost:4318");
    }
    url
}

/// `name=value,…`, values as in a URL.
fn pairs(list: &str) -> impl Iterator<Item = (String, String)> {
    list.split(',').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        // A plus is a plus: it is no form of a browser.
        let value = value.trim().replace('+', "%2B").replace('&', "%26");
        let pair = format!("_={value}");
        let (_, value) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
        Some((name.trim().to_owned(), value.into_owned()))
    })
}

fn headers() -> HeaderMap {
    let given = variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS").or_else(|| variable("OTEL_EXPORTER_OTLP_HEADERS"));
    let mut headers = HeaderMap::new();
    for (name, value) in given.iter().flat_map(|given| pairs(given)) {
        if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            value.set_sensitive(true);
            headers.insert(name, value);
        } else {
            log::warn!("OTEL_EXPORTER_OTLP_HEADERS holds what is no header; it is left out");
        }
    }
    headers
}

/// What is said of all spans: who we are.
fn resource() -> Vec<KeyValue> {
    let given = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let mut attributes: Vec<KeyValue> = pairs(&given)
        .filter(|(name, _)| name != "service.version")
        .map(|(name, value)| message::text(&name, value))
        .collect();
    if let Some(name) = variable("OTEL_SERVICE_NAME") {
        attributes.retain(|attribute| attribute.key != "service.name");
        attributes.push(message::text("service.name", name));
    } else if !attributes.iter().any(|attribute| attribute.key == "service.name") {
        attributes.push(message::text("service.name", "rehome"));
    }
    attributes.push(message::text("service.version", env!("CARGO_PKG_VERSION")));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_its_address_or_the_whole_place() {
        for (given, whole) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("https://a.example/otlp/", "https://a.example/otlp/v1/traces"),
            ("http://a.example/v1/traces", "http://a.example/v1/traces"),
        ] {
            assert_eq!(parsed(given).unwrap().as_str(), whole);
        }
        for given in ["localhost:4318", "ftp://a.example", "http://user:secret@a.example", "http://user@a.example", ""]
        {
            assert!(!parsed(given).unwrap_err().to_string().contains("secret"), "{given}");
        }
    }

    #[test]
    fn lists_are_as_opentelemetry_has_them() {
        let all: Vec<_> = pairs("authorization=Bearer%20a+b&c=, x-tenant = 7,,odd").collect();
        assert_eq!(all, [("authorization".into(), "Bearer a+b&c=".into()), ("x-tenant".into(), "7".into())]);
    }
}
