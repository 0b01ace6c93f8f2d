//! Owns the flows of the reference pipeline over two workers: rows, and the outcomes that are stored of them.

use std::path::Path;
use std::sync::Arc;

use datafusion::prelude::DataFrame;
use rehome::cancel::Cancel;
use rehome::engine::Engine;
use rehome::flow::Flow;
use rehome::graph::Graph;
use rehome::outcomes::OutcomeStore;
use rehome::pipeline::Pipeline;
use rehome::progress::{Silent, Sink};
use rehome::run;
use rehome::sample;
use rehome::snapshot::Snapshot;
use rehome::storage::Location;
use rehome::transform::{Planned, Transform};
use rehome::views;

use crate::workers::{TOKEN, Worker, assert_same, cluster, rows, settings};

const MEMORY: usize = 1 << 30;
/// Flows that have work for two at the least, of the reference case's 52.
const CUT: usize = 40;

fn pipeline() -> Pipeline {
    Pipeline::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/dispatch.toml")).unwrap()
}

async fn sample(pipeline: &Pipeline, folder: &Path) -> Snapshot {
    let options = sample::Options { scale: 0.01, epoch: "C".to_owned(), seed: 1, schema: "public".to_owned() };
    let location = Location::folder(&folder.join("sample")).unwrap();
    let tables = pipeline.sample.as_ref().unwrap().tables.clone();
    let engine = Engine::new(&settings(folder, &Arc::default(), MEMORY)).unwrap();
    let silent: Arc<dyn Sink> = Arc::new(Silent);
    sample::generate(&engine, &tables, None, &options, location, &silent, &Cancel::new()).await.unwrap()
}

/// As a run reads them: in the order of their keys.
fn sorted(planned: &Planned) -> DataFrame {
    let keys = views::whole_key("", &planned.key).into_iter().map(|column| column.sort(true, false)).collect();
    planned.frame.clone().sort(keys).unwrap()
}

fn folder_of(flow: &Flow, snapshot: &Snapshot, pipeline: &Pipeline) -> Option<String> {
    let tables: Vec<_> = flow.named().map(|named| snapshot.named(&named, &pipeline.schemas).unwrap().clone()).collect();
    if let [one] = tables.as_slice() { views::folder_of(snapshot, one) } else { None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_gives_the_same_rows_over_two_workers() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline();
    let snapshot = sample(&pipeline, folder.path()).await;
    let identity = Arc::new(run::identity(&pipeline, Some(&snapshot), run::Foreign::default()).await.unwrap());
    let workers = Worker::two(folder.path(), &identity, MEMORY);
    let cluster = cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN));
    let near = Engine::new(&settings(folder.path(), &identity, MEMORY)).unwrap();
    let far = near.distributed(cluster.clone());
    let graph = Graph::new(&pipeline).unwrap();
    let stage = Transform::new(&pipeline, &graph, &snapshot, &near, Arc::new(Silent), Cancel::new()).await.unwrap();
    let planned = stage.plan(&graph).await.unwrap();
    let stage = stage.with_planned(&planned);
    let store = OutcomeStore::open(&Location::folder(folder.path()).unwrap(), "near");
    let mut cut = Vec::new();
    for (index, planned) in graph.order.iter().zip(&planned) {
        let flow = &pipeline.flows[*index];
        let planned = planned.rebound(&near).await.unwrap();
        let source = folder_of(flow, &snapshot, &pipeline);
        let here = rows(&near, sorted(&planned), source.as_deref()).await.unwrap();
        let before = cluster.parts_sent();
        let there = rows(&far, sorted(&planned), source.as_deref()).await.unwrap();
        if cluster.parts_sent() > before {
            cut.push(flow.name.clone());
        }
        assert_same(&flow.name, &here, &there);
        // What it gives is what later flows read.
        stage.run(flow, &store).await.unwrap();
    }
    println!("{} of {} flows crossed the network", cut.len(), planned.len());
    assert!(cut.len() >= CUT, "only {cut:?} crossed the network");
    drop(workers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_outcomes_are_stored() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline();
    let snapshot = sample(&pipeline, folder.path()).await;
    let identity = Arc::new(run::identity(&pipeline, Some(&snapshot), run::Foreign::default()).await.unwrap());
    let workers = Worker::two(folder.path(), &identity, MEMORY);
    let graph = Graph::new(&pipeline).unwrap();
    let mut all = Vec::new();
    for run in ["near", "far"] {
        let mut engine = Engine::new(&settings(folder.path(), &identity, MEMORY)).unwrap();
        if run == "far" {
            engine = engine.distributed(cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN)));
        }
        let stage =
            Transform::new(&pipeline, &graph, &snapshot, &engine, Arc::new(Silent), Cancel::new()).await.unwrap();
        let planned = stage.plan(&graph).await.unwrap();
        let stage = stage.with_planned(&planned);
        let store = OutcomeStore::open(&Location::folder(folder.path()).unwrap(), run);
        let mut of_run = Vec::new();
        for index in &graph.order {
            let outcomes = stage.run(&pipeline.flows[*index], &store).await.unwrap();
            of_run.push((outcomes.flow, outcomes.counts, outcomes.reasons, outcomes.warnings, outcomes.files));
        }
        all.push(of_run);
    }
    let (near, far) = (&all[0], &all[1]);
    for (near, far) in near.iter().zip(far) {
        assert_eq!(format!("{near:?}").replace("near/", ""), format!("{far:?}").replace("far/", ""));
    }
}
