//! Owns the pages of `rehome serve`: which path shows what, who may look, and what was computed before. Must not know: sockets.

mod compare;
mod door;
mod runs;
mod story;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde::Serialize;
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::http::{self, Answer, Asked, Listener};
use crate::cancel::Cancel;
use crate::command::evidence;
use crate::error::{Error, Kind, Result};
use crate::explain::{Basis, Teller};
use crate::pipeline::Pipeline;
use crate::report::{Report, page};
use crate::run::{self, BetweenRuns, Record, Setting};
use crate::server::Address;
pub use door::Door;

/// Questions that wait at a time.
const OPEN: usize = 64;
const HTML: &str = "text/html; charset=utf-8";

/// What is shown, and to whom.
pub struct Site {
    pub setting: Setting,
    /// The target whose ledger is looked at too.
    pub target: Option<Address>,
    /// The pipeline file, where runs' own are not where they were.
    pub pipeline: Option<PathBuf>,
    /// Are the values of columns shown?
    pub values: bool,
    pub door: Door,
    pub known: Known,
}

/// What was computed before. Stored outcomes do not change.
#[derive(Default)]
pub struct Known {
    sums: run::Known,
    reports: Mutex<HashMap<Uuid, Arc<Report>>>,
    /// Of the two runs that were compared last.
    between: Mutex<Option<Held>>,
    /// Of the run that was looked into last.
    teller: Mutex<Option<(Uuid, Arc<Teller>)>>,
}

/// Two runs, and what became of rows between them.
type Held = ((Uuid, Uuid), Arc<BetweenRuns>);

/// What each page says of itself.
#[derive(Serialize)]
struct Head {
    title: String,
    values: bool,
    /// Load it anew after so many seconds.
    again: Option<u32>,
}

impl Site {
    /// Serves the pages until `stop` is raised. What is asked comes to this one task, which works on all of it at a time.
    pub async fn serve(&self, listener: Listener, stop: Cancel) {
        let (ask, mut asked) = mpsc::channel::<(Asked, oneshot::Sender<Answer>)>(OPEN);
        let late = || Answer::text(503, "text/plain; charset=utf-8", "it is being ended\n".to_owned());
        let server = tokio::spawn(http::serve(listener, stop.clone(), move |question| {
            let ask = ask.clone();
            Box::pin(async move {
                let (tell, told) = oneshot::channel();
                match ask.send((question, tell)).await {
                    Ok(()) => told.await.unwrap_or_else(|_| late()),
                    Err(_) => late(),
                }
            })
        }));
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some((question, tell)) = asked.recv() => open.push(async {
                    // Whoever asked may be gone.
                    let _ = tell.send(self.answer(question).await);
                }),
                Some(()) = open.next(), if !open.is_empty() => {}
                () = stop.cancelled() => break,
            }
        }
        server.abort();
    }

    /// Answers a question.
    async fn answer(&self, asked: Asked) -> Answer {
        if let Some(answer) = self.door.stops(&asked) {
            return answer;
        }
        match Box::pin(self.shown(&asked)).await {
            Ok(answer) => answer,
            Err(error) => self.failed(&error),
        }
    }

    async fn shown(&self, asked: &Asked) -> Result<Answer> {
        let parts: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        let named = |name: &str| asked.query.get(name).map(String::as_str).unwrap_or_default();
        match parts.as_slice() {
            [""] => self.runs().await,
            ["compare"] => self.compared(named("before"), named("after")).await,
            ["runs", run] => self.run(run).await,
            ["runs", run, "report"] => Ok(html(page::html(self.report(&self.record(run).await?).await?.as_ref())?)),
            ["runs", run, "report.json"] => {
                let report = self.report(&self.record(run).await?).await?;
                let text = serde_json::to_string(report.as_ref());
                let text = text.map_err(|_| Error::unexpected("the report has no JSON form"))?;
                Ok(Answer::text(200, "application/json", text))
            }
            ["runs", run, "evidence.zip"] => self.evidence(run).await,
            ["runs", run, "rejects"] => {
                let from = named("from").parse().unwrap_or_default();
                self.rejects(run, (named("flow"), named("reason")), from).await
            }
            ["runs", run, "row"] => self.story(run, named("flow"), named("key")).await,
            _ => Err(Error::config("there is no such page").hint("the list of runs is where it begins")),
        }
    }

    fn head(&self, title: &str) -> Head {
        Head { title: title.to_owned(), values: self.values, again: None }
    }

    async fn record(&self, run: &str) -> Result<Record> {
        Record::find(&self.setting.place()?, run).await
    }

    fn rules(&self, record: &Record) -> Result<Pipeline> {
        Pipeline::read(self.pipeline.as_deref().unwrap_or(std::path::Path::new(&record.pipeline)))
    }

    /// The report of a run, computed once.
    async fn report(&self, record: &Record) -> Result<Arc<Report>> {
        let mut known = self.known.reports.lock().await;
        if let Some(report) =
            known.get(&record.run).filter(|report| report.seconds.to_bits() == record.seconds.to_bits())
        {
            return Ok(report.clone());
        }
        let report = Arc::new(Box::pin(run::report(record, &self.rules(record)?, &self.setting)).await?);
        known.insert(record.run, report.clone());
        Ok(report)
    }

    async fn teller(&self, record: Record) -> Result<Arc<Teller>> {
        let mut known = self.known.teller.lock().await;
        if let Some((_, teller)) = known.as_ref().filter(|(run, _)| *run == record.run) {
            return Ok(teller.clone());
        }
        let (run, rules) = (record.run, self.rules(&record)?);
        let basis = Basis::Run(Box::new(record), rules);
        let teller = Box::pin(Teller::open(basis, self.target.as_ref(), self.values, &self.setting)).await?;
        let teller = Arc::new(teller);
        // A target is looked at through a session that may end: it is opened anew each time.
        *known = self.target.is_none().then(|| (run, teller.clone()));
        Ok(teller)
    }

    async fn evidence(&self, run: &str) -> Result<Answer> {
        let record = self.record(run).await?;
        let rules = self.rules(&record)?;
        let (_, bytes) = Box::pin(evidence::make(&record, &rules, self.target.as_ref(), &self.setting)).await?;
        Ok(Answer {
            status: 200,
            content_type: "application/zip".to_owned(),
            body: Bytes::from(bytes),
            file: Some(format!("{}.zip", record.run)),
            ..Answer::default()
        })
    }

    fn failed(&self, error: &Error) -> Answer {
        #[derive(Serialize)]
        struct Failed<'a> {
            head: Head,
            message: &'a str,
            places: Vec<(String, &'a str)>,
            hint: Option<&'a str>,
        }
        let status = match error.kind() {
            Kind::Config => 404,
            Kind::Retryable => 503,
            _ => 500,
        };
        let places = error.places().iter().map(|(at, name)| (at.to_string(), name.as_str())).collect();
        let page = Failed { head: self.head("Not shown"), message: error.message(), places, hint: error.hint_text() };
        match page::fill("failed.html", &page) {
            Ok(text) => Answer::text(status, HTML, text),
            Err(_) => Answer::text(500, "text/plain; charset=utf-8", "the page cannot be made\n".to_owned()),
        }
    }
}

fn html(text: String) -> Answer {
    Answer::text(200, HTML, text)
}

/// The beginning of an id, which names it.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// A text as a part of a URL.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
