//! Owns the order in which workers run flows: each idle worker has one whose needs are done.
//! Must not know: how a worker is asked, or what happens when one is lost.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};

use super::order::{Answer, Task};
use super::{Driver, strange};
use crate::error::Result;
use crate::graph::Graph;
use crate::outcome::Id;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;

/// Flows on their way.
pub struct Flows<'a> {
    driver: &'a Driver,
    pipeline: &'a Pipeline,
    graph: &'a Graph,
    store: &'a OutcomeStore,
    /// Not given yet, in their order.
    waiting: Vec<&'a str>,
    done: BTreeSet<&'a str>,
    running: FuturesUnordered<BoxFuture<'a, Result<(&'a str, FlowOutcomes)>>>,
}

impl<'a> Flows<'a> {
    pub(super) fn new(driver: &'a Driver, pipeline: &'a Pipeline, graph: &'a Graph, store: &'a OutcomeStore) -> Self {
        let waiting = graph.order.iter().filter_map(|index| pipeline.flows.get(*index)).map(|flow| flow.name.as_str());
        let (waiting, done, running) = (waiting.collect(), BTreeSet::new(), FuturesUnordered::new());
        Self { driver, pipeline, graph, store, waiting, done, running }
    }

    /// Waits until the outcomes of a flow are published; those whose ids the target makes, this process must make itself.
    ///
    /// # Errors
    /// As [`crate::transform::Transform::run`].
    pub async fn made(&mut self, flow: &str) -> Result<()> {
        loop {
            self.driver.look_again().await?;
            self.give();
            if self.done.contains(flow) || self.is_own(flow) {
                return Ok(());
            }
            let (name, outcomes) = self.running.next().await.ok_or_else(strange)??;
            // The worker has seen its files written, or has checked them.
            self.store.believe(&outcomes);
            self.done.insert(name);
        }
    }

    /// Hears that a flow is done that this process has made.
    pub fn has_made(&mut self, flow: &str) {
        self.waiting.retain(|name| *name != flow);
        let named = self.pipeline.flows.iter().find(|known| known.name == flow);
        self.done.extend(named.map(|known| known.name.as_str()));
    }

    fn is_own(&self, flow: &str) -> bool {
        self.pipeline.flows.iter().any(|known| known.name == flow && known.row.id == Id::Server)
    }

    /// Gives each worker that is idle a flow whose needs are done.
    fn give(&mut self) {
        while self.running.len() < self.driver.present().len() {
            let free = |name: &&str| {
                let needs = self.graph.needs.get(*name);
                !self.is_own(name)
                    && needs.is_none_or(|needs| needs.iter().all(|need| self.done.contains(need.as_str())))
            };
            let Some(at) = self.waiting.iter().position(free) else { return };
            let name = self.waiting.remove(at);
            let driver = self.driver;
            self.running.push(Box::pin(async move {
                match driver.insist(Task::Flow { name: name.to_owned() }).await? {
                    Answer::Flow(outcomes) => Ok((name, *outcomes)),
                    _ => Err(strange()),
                }
            }));
        }
    }
}
