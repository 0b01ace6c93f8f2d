//! Owns events of runs in the form of OpenLineage: that one begins, and how it ended, with the way of each column. They go to a file, a
//! line each, or to a URL. Must not know: how a run works. An event that cannot be told is a warning, and fails no run.

mod event;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::check::{ColumnLineage, lineage};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::run::{Finished, Setting};
use crate::server::Address;
use crate::snapshot::Snapshot;
use event::{Datasets, Ended};

/// How long a server may take to take an event.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where events go.
enum Place {
    File(PathBuf),
    Url(reqwest::Client, url::Url),
}

/// Tells of runs.
pub struct Events {
    place: Place,
    namespace: String,
    /// The way of columns, by the hash of the rules: it takes planning.
    known: Mutex<BTreeMap<String, Vec<ColumnLineage>>>,
}

/// A run that has begun.
pub struct Begun {
    id: Uuid,
    pipeline: Pipeline,
    source: Option<(String, u16)>,
    target: (String, u16, String),
}

impl Events {
    /// Events for a file, or for a URL that begins with `http`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a URL that is none, or that holds a password.
    pub fn to(place: &str, namespace: &str) -> Result<Self> {
        let place = if place.starts_with("http:") || place.starts_with("https:") {
            let unusable = || {
                Error::config("--openlineage is no usable URL")
                    .hint("such as http://localhost:5000/api/v1/lineage; a token goes into OPENLINEAGE_API_KEY")
            };
            let url = url::Url::parse(place).map_err(|_| unusable())?;
            if url.password().is_some() || !url.has_host() {
                return Err(unusable());
            }
            let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(|_| unusable())?;
            Place::Url(client, url)
        } else {
            Place::File(PathBuf::from(place))
        };
        Ok(Self { place, namespace: namespace.to_owned(), known: Mutex::default() })
    }

    /// Tells that a run begins.
    pub async fn begin(&self, pipeline: &Pipeline, source: Option<&Address>, target: &Address) -> Begun {
        let begun = Begun {
            id: Uuid::new_v4(),
            pipeline: pipeline.clone(),
            source: source.map(|source| (source.host().to_owned(), source.port())),
            target: (target.host().to_owned(), target.port(), target.database().to_owned()),
        };
        self.tell(&event::begun(&self.namespace, &begun)).await;
        begun
    }

    /// Tells how a run has ended.
    pub async fn end(&self, begun: &Begun, done: Result<&Finished, &Error>, setting: &Setting) {
        let ended = match done {
            Err(error) => Ended { failure: Some(error.to_string()), report: None, datasets: Datasets::default() },
            Ok(finished) => {
                let datasets = self.datasets(begun, finished, setting).await.unwrap_or_else(|error| {
                    log::warn!("the way of columns could not be told to OpenLineage: {error}");
                    Datasets::default()
                });
                let failure = finished.failures.first().map(ToString::to_string);
                Ended { failure, report: Some(&finished.report), datasets }
            }
        };
        self.tell(&event::ended(&self.namespace, begun, &ended)).await;
    }

    async fn datasets(&self, begun: &Begun, finished: &Finished, setting: &Setting) -> Result<Datasets> {
        let snapshot = Snapshot::open(finished.snapshot.clone()).await?;
        let mut known = self.known.lock().await;
        if !known.contains_key(&begun.pipeline.hash) {
            known.insert(begun.pipeline.hash.clone(), lineage(&begun.pipeline, &snapshot, setting).await?);
        }
        let columns = known.get(&begun.pipeline.hash).map(Vec::as_slice).unwrap_or_default();
        Ok(event::datasets(begun, &snapshot, &finished.report, columns))
    }

    async fn tell(&self, event: &Value) {
        let told = match &self.place {
            Place::File(file) => append(file, event).map_err(|error| error.kind().to_string()),
            Place::Url(client, url) => send(client, url, event).await,
        };
        if let Err(why) = told {
            log::warn!("an event of OpenLineage could not be told: {why}");
        }
    }
}

fn append(file: &PathBuf, event: &Value) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    // In one piece: other programs may write there too.
    file.write_all(format!("{event}\n").as_bytes())
}

async fn send(client: &reqwest::Client, url: &url::Url, event: &Value) -> Result<(), String> {
    let mut request = client.post(url.clone()).header("content-type", "application/json").body(event.to_string());
    if let Ok(key) = std::env::var("OPENLINEAGE_API_KEY") {
        request = request.bearer_auth(key);
    }
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("the server answers {}", answer.status().as_u16())),
        Err(error) if error.is_timeout() => Err("the server does not answer in time".to_owned()),
        Err(_) => Err("the server cannot be reached".to_owned()),
    }
}
