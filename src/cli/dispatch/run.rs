//! Owns the way from `rehome run` as it was typed to the command, once or again and again, and from its result to what is shown.
//! Must not know: how a run works.

use std::cell::RefCell;
use std::sync::Arc;

use log::Level;
use serde_json::json;

use super::{asked, first, given, kept_report, machines, pipeline};
use crate::cli::args::{self, Format, Run};
use crate::cli::{log as told, render};
use crate::command;
use crate::command::openlineage::{Begun, Events};
use crate::error::{Error, Result};
use crate::run::{self, Finished, Request, Setting};
use crate::storage::Location;
use crate::timing::Timings;
use crate::web::{self, Live};

pub async fn run(typed: Run, timings: Option<&Timings>, setting: &Setting, format: Format) -> Result<()> {
    let live = Live::new(setting.progress.clone(), typed.every);
    let workers = pipeline(&typed.migration.pipeline, setting)?.workers;
    let setting = machines::of(&typed.engine, &workers, setting)?;
    let setting = &Setting { progress: Arc::new(live.clone()), ..setting };
    if let Some(address) = &typed.metrics {
        watch(address, &live, timings.cloned(), setting).await?;
    }
    let events = typed.openlineage.as_ref().map(|place| Events::to(place, &typed.openlineage_namespace)).transpose()?;
    let begun: RefCell<Option<Begun>> = RefCell::default();
    let request = async |snapshot: Option<Location>| {
        live.begun();
        let request = Request {
            verify: match (typed.no_verify, typed.verify) {
                (true, _) => run::Verify::Nothing,
                (false, args::Verify::Moved) => run::Verify::Moved,
                (false, args::Verify::Full) => run::Verify::Everything,
            },
            enforce: !typed.no_threshold,
            full: typed.full,
            share_load: typed.share_load,
            allow_masked: typed.allow_masked,
            retry_for: typed.retry_for,
            ..asked(&typed.migration, &typed.reading, snapshot, setting)?
        };
        if let Some(events) = &events {
            let told = events.begin(&request.pipeline, request.source.as_ref(), &request.target).await;
            begun.replace(Some(told));
        }
        Ok(request)
    };
    let ended = async |done: Result<&Finished, &Error>| {
        live.ended(done);
        let begun = begun.take();
        if let (Some(events), Some(begun)) = (&events, begun) {
            events.end(&begun, done, setting).await;
        }
    };
    if let Some(interval) = typed.every {
        let tell = async |done: Result<&Finished>| {
            ended(done.as_ref().copied()).await;
            match done {
                Ok(finished) => {
                    event(finished);
                    render::finished(finished, format);
                    finished.failures.iter().for_each(|failure| render::error::show(failure, format));
                }
                Err(error) => render::error::show(&error, format),
            }
        };
        return Box::pin(command::every::every(interval, &setting.cancel, setting, async || request(None).await, tell))
            .await;
    }
    let kept = kept_report(typed.keep_report.clone())?;
    let snapshot = given(&typed.migration, setting).await?;
    let done = Box::pin(run::run(request(snapshot).await?, setting)).await;
    ended(done.as_ref()).await;
    let finished = done?;
    event(&finished);
    render::finished(&finished, format);
    kept.map_or(Ok(()), |kept| kept.write(&finished.report, format))?;
    first(finished.failures, format)
}

/// Answers with figures and health for as long as the program lives.
async fn watch(address: &str, live: &Live, timings: Option<Timings>, setting: &Setting) -> Result<()> {
    let listener = web::bind(address).await?;
    log::info!("figures at http://{}/metrics, health at /health", listener.address);
    let live = live.clone();
    // It outlives a stop, which waits for the run: it ends with the program.
    tokio::spawn(web::serve(listener, crate::cancel::Cancel::new(), move |asked| {
        let answer = web::watched(&live, &asked, timings.as_ref());
        Box::pin(async move { answer })
    }));
    setting.cancel.check()
}

/// What a machine that reads the log is told of a run that has ended.
fn event(finished: &Finished) {
    if !told::is_json() {
        return;
    }
    let report = &finished.report;
    let sum = |of: fn(&crate::report::FlowReport) -> u64| report.flows.iter().map(of).sum::<u64>();
    let members = json!({
        "event": "run", "run": report.run, "pipeline": report.pipeline, "snapshot": report.snapshot, "seconds": report.seconds,
        "conserved": report.conserved, "verified": report.verified, "source_rows": sum(|flow| flow.source_rows),
        "migrated": sum(|flow| flow.migrated), "adopted": sum(|flow| flow.adopted), "rejected": sum(|flow| flow.rejected),
        "skipped": sum(|flow| flow.skipped), "written": report.facts.written,
        "exit_code": finished.failures.first().map_or(0, |failure: &Error| failure.kind().exit_code()),
    });
    told::event(Level::Info, members);
}
