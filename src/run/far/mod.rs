//! Owns flows that workers run: which worker is given which task, and what happens when one is lost.
//! Must not know: how a flow is run, or how messages travel.

mod flows;
pub mod head;
mod order;
mod patience;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use url::Url;
use uuid::Uuid;

use super::Setting;
use crate::engine::cluster::{Cluster, shown};
use crate::error::{At, Error, Kind, Result};
use crate::flow::Flow;
use crate::graph::Graph;
use crate::outcomes::OutcomeStore;
use crate::pipeline::Pipeline;
use crate::report::{OfTarget, Report};
use crate::rules;
use crate::snapshot::{Snapshot, Table};
pub use flows::Flows;
use order::{Answer, Asked, Order, Said, Subject, Task};
use patience::Patience;

/// How often lost workers are looked for while others work.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// Between two looks at who is there, where a task has failed.
const PAUSE: Duration = Duration::from_secs(2);

/// Who asks workers to run the flows of a pipeline.
pub struct Driver {
    cluster: Arc<Cluster>,
    subject: Subject,
    setting: Setting,
    /// The workers that are there.
    present: Mutex<Vec<Present>>,
    /// When it was looked for them.
    looked: Mutex<Option<Instant>>,
    /// How many tasks each has under way.
    busy: Mutex<BTreeMap<Url, usize>>,
}

/// A worker that has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Present {
    url: Url,
    /// Which process it is.
    process: Uuid,
}

impl Driver {
    /// Has the workers plan a pipeline, and see that the files of the snapshot are as they were written.
    ///
    /// # Errors
    /// [`Kind::Retryable`] where no worker is there, [`Kind::Corrupt`] for files that have changed; what planning meets.
    pub async fn new(
        cluster: Arc<Cluster>,
        pipeline: &Pipeline,
        graph: &Graph,
        snapshot: &Snapshot,
        store: &OutcomeStore,
        setting: &Setting,
    ) -> Result<Self> {
        let driver = Self::of(cluster, pipeline, snapshot, store, setting);
        driver.look().await?;
        driver.check(read_tables(pipeline, graph, snapshot)?).await?;
        Ok(driver)
    }

    /// One that has not asked anybody yet.
    fn of(
        cluster: Arc<Cluster>,
        pipeline: &Pipeline,
        snapshot: &Snapshot,
        store: &OutcomeStore,
        setting: &Setting,
    ) -> Self {
        let subject = Subject {
            session: Uuid::new_v4(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pipeline: pipeline.clone(),
            rules: rules::of_pipeline(pipeline),
            snapshot: snapshot.location().to_string(),
            snapshot_id: snapshot.id().to_owned(),
            outcomes: store.location().to_string(),
        };
        Self {
            cluster,
            subject,
            setting: setting.clone(),
            present: Mutex::default(),
            looked: Mutex::default(),
            busy: Mutex::default(),
        }
    }

    fn present(&self) -> Vec<Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks which workers are there, and has them plan for each other. Gives whether they are others than before.
    async fn look(&self) -> Result<bool> {
        let all = self.cluster.workers().to_vec();
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        // Who is there, first: a plan that rests on one that is not would fail on every other.
        let there = self.ready(&all, &all).await?;
        let urls: Vec<Url> = there.iter().map(|worker| worker.url.clone()).collect();
        let there = if urls.len() == all.len() { there } else { self.ready(&urls, &urls).await? };
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *present != there;
        *present = there;
        Ok(changed)
    }

    /// From time to time, looks whether workers are back that were lost.
    async fn look_again(&self) -> Result<()> {
        let all_there = self.present().len() == self.cluster.workers().len();
        let since = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if all_there || since.is_some_and(|since| since.elapsed() < LOOK_AGAIN) {
            return Ok(());
        }
        match self.look().await {
            Err(error) if error.kind() != Kind::Retryable => Err(error),
            // Whoever has a task will meet it.
            _ => Ok(()),
        }
    }

    async fn ready(&self, workers: &[Url], among: &[Url]) -> Result<Vec<Present>> {
        let asked = join_all(workers.iter().map(|url| self.ask(url, among, Task::Ready))).await;
        let (mut there, mut last) = (Vec::new(), None);
        for (url, answer) in workers.iter().zip(asked) {
            match answer {
                Ok(Answer::Ready { process }) => there.push(Present { url: url.clone(), process }),
                Ok(_) => return Err(strange()),
                Err(error) if error.kind() == Kind::Retryable => {
                    log::warn!("goes on without the worker {}: {}", shown(url), error.message());
                    last = Some(error);
                }
                Err(error) => return Err(error.at(At::Server, shown(url))),
            }
        }
        match last {
            Some(error) if there.is_empty() => Err(error),
            _ => Ok(there),
        }
    }

    /// Gives a worker a task and waits for its end.
    async fn ask(&self, url: &Url, workers: &[Url], task: Task) -> Result<Answer> {
        let order =
            Order { subject: self.subject.clone(), workers: workers.iter().map(Url::to_string).collect(), task };
        let mut said = self.cluster.perform(url, order::written(&order)?).await?;
        let progress = &self.setting.progress;
        loop {
            let next = tokio::select! {
                next = said.next() => next,
                () = self.setting.cancel.cancelled() => return Err(crate::cancel::interrupted()),
            };
            let lost = || Error::new(Kind::Retryable, "a worker ended in the middle").at(At::Server, shown(url));
            match order::read(&next.ok_or_else(lost)??)? {
                Said::Started { stage, item, rows } => progress.start(&stage, &item, rows),
                Said::Advanced { item, rows } => progress.advance(&item, rows),
                Said::Finished { item } => progress.finish(&item),
                Said::Done(answer) => return Ok(answer),
                Said::Failed(error) => return Err(error.at(At::Server, shown(url))),
            }
        }
    }

    /// The worker that has least to do, taken for one task more.
    fn take(&self, workers: &[Url]) -> Option<Taken<'_>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let url = workers.iter().min_by_key(|url| busy.get(url).copied().unwrap_or_default())?.clone();
        *busy.entry(url.clone()).or_default() += 1;
        Some(Taken { driver: self, url })
    }

    /// Asks until it is done: what fails because a worker is lost, or was started again, is given again, to any that is there.
    async fn insist(&self, task: Task) -> Result<Answer> {
        let mut patience = Patience::default();
        let mut present = self.present();
        loop {
            let workers: Vec<Url> = present.iter().map(|worker| worker.url.clone()).collect();
            let taken = self.take(&workers).ok_or_else(strange)?;
            let error = match self.ask(&taken.url, &workers, task.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            drop(taken);
            if matches!(error.kind(), Kind::Interrupted) || patience.ends(Instant::now()) {
                return Err(error);
            }
            let looked = self.look().await;
            let changed = self.present() != present;
            match looked {
                Err(look) if look.kind() != Kind::Retryable => return Err(look),
                // An error that no worker was lost over is what it says.
                Ok(_) if !changed && error.kind() != Kind::Retryable => return Err(error),
                _ => {}
            }
            log::warn!("{error}; it is given again");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.setting.cancel.cancelled() => return Err(crate::cancel::interrupted()),
            }
            present = self.present();
        }
    }

    /// Has the hashes of tables taken, each worker about as many bytes.
    async fn check(&self, tables: Vec<&Table>) -> Result<()> {
        let mut shares: Vec<(u64, Vec<String>)> = vec![(0, Vec::new()); self.present().len()];
        let bytes = |table: &Table| table.all_files().map(|file| file.bytes).sum::<u64>();
        let mut tables: Vec<(u64, String)> = tables.iter().map(|table| (bytes(table), table.qualified())).collect();
        tables.sort_by(|one, other| other.cmp(one));
        for (bytes, name) in tables {
            if let Some((sum, share)) = shares.iter_mut().min_by_key(|(sum, _)| *sum) {
                *sum += bytes;
                share.push(name);
            }
        }
        let asked = shares.into_iter().map(|(_, tables)| self.insist(Task::Check { tables }));
        join_all(asked).await.into_iter().try_for_each(|checked| checked.map(drop))
    }

    /// Computes checks and reports where the rows are.
    ///
    /// # Errors
    /// As [`crate::report::Inputs::report`].
    pub async fn report(&self, run: &str, seconds: f64, verified: bool, target: &OfTarget) -> Result<Report> {
        let asked = Asked { run: run.to_owned(), seconds, verified, target: target.clone() };
        match self.insist(Task::Report(asked)).await? {
            Answer::Report(report) => Ok(*report),
            _ => Err(strange()),
        }
    }

    /// Runs flows on the workers, several at a time, ahead of whoever takes what they gave.
    #[must_use]
    pub fn flows<'a>(&'a self, pipeline: &'a Pipeline, graph: &'a Graph, store: &'a OutcomeStore) -> Flows<'a> {
        Flows::new(self, pipeline, graph, store)
    }
}

/// Asks each worker for itself whether it could run the flows: is it there, does it take our token, is it of the same build, does it see
/// the snapshot, and can it plan? Nothing is written, and of the snapshot nothing is read but its manifest. Gives the address of
/// each with what it says.
///
/// # Errors
/// A place of outcomes that cannot be used.
pub async fn readiness(
    cluster: &Arc<Cluster>,
    pipeline: &Pipeline,
    snapshot: &Snapshot,
    setting: &Setting,
) -> Result<Vec<(String, Result<()>)>> {
    let store = OutcomeStore::open(&setting.place()?, "check");
    let driver = Driver::of(cluster.clone(), pipeline, snapshot, &store, setting);
    let all = cluster.workers();
    let ready = |url| {
        let driver = &driver;
        async move {
            let said = match driver.ask(url, all, Task::Ready).await {
                Ok(Answer::Ready { .. }) => Ok(()),
                Ok(_) => Err(strange()),
                Err(error) => Err(error),
            };
            (shown(url), said)
        }
    };
    Ok(join_all(all.iter().map(ready)).await)
}

/// A worker with a task of ours.
struct Taken<'a> {
    driver: &'a Driver,
    url: Url,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut busy = self.driver.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.entry(self.url.clone()).and_modify(|tasks| *tasks -= 1);
    }
}

fn strange() -> Error {
    Error::unexpected("a worker does not answer what it was asked")
}

/// The tables of the snapshot that flows and checks read.
fn read_tables<'a>(pipeline: &Pipeline, graph: &Graph, snapshot: &'a Snapshot) -> Result<Vec<&'a Table>> {
    let mut tables: Vec<&Table> = Vec::new();
    let of_flows = graph.sources.values().flatten().cloned().chain(pipeline.flows.iter().flat_map(Flow::named));
    let looked_at = graph.looked_at.iter().filter(|named| snapshot.has(named)).cloned();
    for named in of_flows.chain(looked_at) {
        let table = snapshot.named(&named, &pipeline.schemas)?;
        if !tables.iter().any(|known| known.qualified() == table.qualified()) {
            tables.push(table);
        }
    }
    Ok(tables)
}
