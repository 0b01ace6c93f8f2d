//! Owns the thread that sends spans to a collector, as OTLP over HTTP. A collector that is away, slow or refuses is told of once, and
//! nobody waits for it but for a moment at the end. Must not know: what spans say.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use prost::Message;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use url::Url;

use super::message::{Answer, KeyValue, Request, Resource, ResourceSpans, Scope, ScopeSpans, Span};
use super::queue::Queue;
use crate::error::{Error, Result};

/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the program's end waits for what is still to be sent.
const AT_THE_END: Duration = Duration::from_secs(3);
/// How long spans wait for others.
const TOGETHER: Duration = Duration::from_secs(1);
/// Pauses after a failure: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Where spans go, and what is said of all of them.
pub struct Collector {
    pub url: Url,
    pub headers: HeaderMap,
    pub resource: Vec<KeyValue>,
}

/// Sends for as long as it lives, and a moment longer.
pub struct Sending {
    queue: Queue,
    done: Receiver<()>,
    /// The collector without what its URL may hold of secrets.
    place: String,
}

/// Why a request was in vain.
enum Failure {
    /// The same may succeed later.
    Passing(String),
    Refused(String),
}

impl Sending {
    /// Begins.
    ///
    /// # Errors
    /// A thread or a client that cannot be made.
    pub fn begin(collector: Collector, queue: Queue) -> Result<Self> {
        let unable = |_| Error::unexpected("the client for traces cannot be made");
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(unable)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let place = collector.url.origin().ascii_serialization();
        let (ended, done) = channel();
        let sender = Sender { collector, client, queue: queue.clone(), place: place.clone(), warned: false };
        std::thread::Builder::new().name("otlp".to_owned()).spawn(move || {
            sender.send_all(&runtime);
            let _ = ended.send(());
        })?;
        Ok(Self { queue, done, place })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.queue.end(Instant::now() + AT_THE_END);
        let waited = self.done.recv_timeout(AT_THE_END + Duration::from_millis(100));
        let lost = self.queue.lost();
        if lost > 0 || waited == Err(RecvTimeoutError::Timeout) {
            log::info!("{lost} spans were not taken by {}", self.place);
        }
    }
}

struct Sender {
    collector: Collector,
    client: reqwest::Client,
    queue: Queue,
    place: String,
    warned: bool,
}

impl Sender {
    fn send_all(mut self, runtime: &tokio::runtime::Runtime) {
        let mut pause = PAUSES.0;
        while let Some(spans) = self.queue.next(TOGETHER) {
            if spans.is_empty() {
                continue;
            }
            match runtime.block_on(self.send(&spans)) {
                Ok(()) => pause = PAUSES.0,
                Err(failure) => {
                    let (why, passing) = match failure {
                        Failure::Passing(why) => (why, true),
                        Failure::Refused(why) => (why, false),
                    };
                    self.warn(&why);
                    if passing {
                        self.queue.back(spans);
                    } else {
                        self.queue.lose(spans.len() as u64);
                    }
                    // What does not go at the end does not go.
                    if self.queue.until().is_some() {
                        return;
                    }
                    self.queue.pause(pause);
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }

    async fn send(&mut self, spans: &[Span]) -> Result<(), Failure> {
        let request = self.collector.client_request(&self.client, spans);
        let left = self.queue.until().map(|until| until.saturating_duration_since(Instant::now()));
        let answer = request.timeout(left.unwrap_or(PATIENCE)).send().await.map_err(|error| {
            let why = if error.is_timeout() { "it does not answer in time" } else { "it cannot be reached" };
            Failure::Passing(why.to_owned())
        })?;
        let status = answer.status();
        if status.is_success() {
            let told = answer.bytes().await.ok().and_then(|bytes| Answer::decode(bytes).ok());
            let rejected = told.and_then(|told| told.partial_success).map_or(0, |partial| partial.rejected_spans);
            if let Some(rejected) = u64::try_from(rejected).ok().filter(|rejected| *rejected > 0) {
                self.queue.lose(rejected);
                self.warn("it does not take all of them");
            }
            return Ok(());
        }
        let why = format!("it answers {}", status.as_u16());
        let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Err(if passes { Failure::Passing(why) } else { Failure::Refused(why) })
    }

    fn warn(&mut self, why: &str) {
        if !std::mem::replace(&mut self.warned, true) {
            log::warn!("traces cannot be given to {}: {why}; nothing else depends on that", self.place);
        }
    }
}

impl Collector {
    fn client_request(&self, client: &reqwest::Client, spans: &[Span]) -> reqwest::RequestBuilder {
        let scope = Scope { name: "rehome".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let request = Request {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource { attributes: self.resource.clone() }),
                scope_spans: vec![ScopeSpans { scope: Some(scope), spans: spans.to_vec() }],
            }],
        };
        client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(request.encode_to_vec())
    }
}
