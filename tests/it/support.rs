//! Owns what several tests need: pipelines, samples and engines without a database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use rehome::cancel::Cancel;
use rehome::engine::{Engine, Identity, Settings};
use rehome::error::Result;
use rehome::graph::Graph;
use rehome::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use rehome::pipeline::Pipeline;
use rehome::progress::{Silent, Sink};
use rehome::run::{self, Finished, Request, Setting, VerifiedRun, VerifyAsked};
use rehome::sample;
use rehome::server::Address;
use rehome::snapshot::{Origin, Snapshot, TableHeader, Writer};
use rehome::storage::Location;
use rehome::transform::Transform;

use crate::cluster::Database;

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the program; gives its JSON, and fails with what it said otherwise.
pub fn rehome(dir: &Path, args: &[&str]) -> serde_json::Value {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(["--format", "json", "--dir"])
        .arg(dir)
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One of the pipelines that the repository ships.
pub fn pipeline(name: &str) -> Pipeline {
    Pipeline::read(&repository(&format!("pipelines/{name}.toml"))).unwrap()
}

pub fn silent() -> Arc<dyn Sink> {
    Arc::new(Silent)
}

/// A session of this many threads, for the flows of a pipeline.
pub fn engine(pipeline: &Pipeline, folder: &Path, partitions: usize) -> Engine {
    let entities = pipeline.flows.iter().map(|flow| (flow.entity.clone(), None)).collect();
    let identity = Arc::new(Identity::new(pipeline.namespace, entities, []));
    Engine::new(&Settings { memory: 2 << 30, partitions, spill: folder.to_owned(), identity }).unwrap()
}

/// The sample of a pipeline as a snapshot.
pub async fn sample(pipeline: &Pipeline, folder: &Path, scale: f64, epoch: &str) -> Snapshot {
    let options = sample::Options { scale, epoch: epoch.to_owned(), seed: 1, schema: "public".to_owned() };
    let location = Location::folder(&folder.join(format!("sample-{epoch}-{scale}"))).unwrap();
    let tables = pipeline.sample.as_ref().unwrap().tables.clone();
    let engine = engine(pipeline, folder, 2);
    sample::generate(&engine, &tables, None, &options, location, &silent(), &Cancel::new()).await.unwrap()
}

/// Runs every flow of a pipeline over a snapshot.
pub async fn transform(
    pipeline: &Pipeline,
    snapshot: &Snapshot,
    folder: &Path,
    run: &str,
    partitions: usize,
) -> Result<(OutcomeStore, Vec<FlowShape>, Vec<FlowOutcomes>)> {
    let engine = engine(pipeline, folder, partitions);
    let graph = Graph::new(pipeline)?;
    let stage = Transform::new(pipeline, &graph, snapshot, &engine, silent(), Cancel::new()).await?;
    let planned = stage.plan(&graph).await?;
    let shapes = planned.iter().map(|planned| planned.shape.clone()).collect();
    let stage = stage.with_planned(&planned);
    let store = OutcomeStore::open(&Location::folder(folder)?, run);
    let mut outcomes = Vec::new();
    for index in &graph.order {
        outcomes.push(stage.run(&pipeline.flows[*index], &store).await?);
    }
    Ok((store, shapes, outcomes))
}

/// A snapshot of hand-made tables, each sorted by its first column, which is its key.
pub async fn snapshot_of(folder: &Path, tables: &[(&str, RecordBatch)]) -> Snapshot {
    let place = Location::folder(&folder.join("snapshot")).unwrap();
    let writer = Writer::create(place).await.unwrap();
    let mut entries = Vec::new();
    for (name, rows) in tables {
        let key = vec![rows.schema().field(0).name().clone()];
        let header = TableHeader { schema: "public".into(), name: (*name).into(), key: key.clone(), sorted_by: key };
        let file = writer.put_part(&header, 0, rows.schema(), std::slice::from_ref(rows)).await.unwrap();
        entries.push(header.table(&rows.schema(), vec![file]));
    }
    writer.publish(Origin { kind: "test".into(), ..Origin::default() }, entries).await.unwrap()
}

/// A pipeline of these flows, written to a folder of its own.
pub fn pipeline_of(folder: &Path, flows: &[(&str, &str)]) -> Result<Pipeline> {
    let home = folder.join("pipeline");
    std::fs::create_dir_all(home.join("flows")).unwrap();
    for (name, sql) in flows {
        std::fs::write(home.join("flows").join(format!("{name}.sql")), sql).unwrap();
    }
    let file = home.join("pipeline.toml");
    if !file.exists() {
        std::fs::write(&file, "name = \"small\"\nflows = \"flows\"\n").unwrap();
    }
    Pipeline::read(&file)
}

/// A pipeline of these flows, from the schema legacy to the schema fresh, with more settings of its source.
pub fn legacy_to_fresh(folder: &Path, settings: &str, flows: &[(&str, &str)]) -> Result<Pipeline> {
    let home = folder.join("pipeline");
    std::fs::create_dir_all(&home).unwrap();
    let text = format!(
        "name = \"fresh\"\nflows = \"flows\"\n[target]\nschema = \"fresh\"\n[source]\nschemas = [\"legacy\"]\n{settings}\n"
    );
    std::fs::write(home.join("pipeline.toml"), text).unwrap();
    pipeline_of(folder, flows)
}

/// Runs these flows from the schema legacy to the schema fresh of one database, and verifies.
pub async fn migrate(database: &Database, flows: &[(&str, &str)]) -> Result<Finished> {
    migrate_with(database, "", flows).await
}

/// The same with more settings of the source.
pub async fn migrate_with(database: &Database, settings: &str, flows: &[(&str, &str)]) -> Result<Finished> {
    migrate_to(database, database.address(), settings, flows).await
}

/// The same, into the target as another role, whose password is sesame.
pub async fn migrate_as(database: &Database, role: &str, flows: &[(&str, &str)]) -> Result<Finished> {
    let (scheme, rest) = database.url.split_once("://").unwrap();
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    let target = Address::parse(&format!("{scheme}://{role}:sesame@{place}")).unwrap();
    migrate_to(database, target, "", flows).await
}

async fn migrate_to(database: &Database, target: Address, settings: &str, flows: &[(&str, &str)]) -> Result<Finished> {
    Home::new().migrate(database, target, settings, flows).await
}

/// A folder for a pipeline and for what its runs keep.
pub struct Home {
    pub folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn setting(&self) -> Setting {
        Setting::new(self.folder.path().join("workspace"), (2, 1 << 30), silent(), Cancel::new())
    }

    /// What is asked for with these flows, and no others: from the schema legacy to the schema fresh.
    pub fn request(
        &self,
        database: &Database,
        target: Address,
        settings: &str,
        flows: &[(&str, &str)],
    ) -> Result<Request> {
        let _ = std::fs::remove_dir_all(self.folder.path().join("pipeline"));
        Ok(Request {
            pipeline: legacy_to_fresh(self.folder.path(), settings, flows)?,
            source: Some(database.address()),
            reading: rehome::extract::Options::default(),
            target,
            snapshot: None,
            only: Vec::new(),
            verify: run::Verify::Everything,
            enforce: false,
            full: false,
            allow_masked: false,
            retry_for: std::time::Duration::ZERO,
            anew: false,
            share_load: false,
        })
    }

    /// Runs these flows, and no others, and verifies all that the target holds.
    pub async fn migrate(
        &self,
        database: &Database,
        target: Address,
        settings: &str,
        flows: &[(&str, &str)],
    ) -> Result<Finished> {
        let finished = run::run(self.request(database, target, settings, flows)?, &self.setting()).await?;
        if std::env::var_os("REHOME_VERIFY_ALL").is_some() && finished.failures.is_empty() {
            let found = Box::pin(self.verify(database.address())).await.unwrap_or_else(|error| panic!("{error}"));
            assert!(found.clean, "a false alarm: {:#?}", found.found);
        }
        Ok(finished)
    }

    /// Verifies what the target holds of the latest run.
    pub async fn verify(&self, target: Address) -> Result<VerifiedRun> {
        Box::pin(self.verify_run(target, "latest")).await
    }

    /// Verifies what the target holds of a run.
    pub async fn verify_run(&self, target: Address, run: &str) -> Result<VerifiedRun> {
        let asked = VerifyAsked { run: run.to_owned(), target, flows: Vec::new(), sample: None };
        Box::pin(run::verify(&asked, &self.setting())).await
    }
}

/// A table of people: `id`, `name` (NULL now and then), `boss`.
pub fn people(rows: i32) -> RecordBatch {
    let names = (1..=rows).map(|id| (id % 5 != 0).then(|| format!("person {id}")));
    RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(Int32Array::from_iter_values(1..=rows)) as ArrayRef, false),
        ("name", Arc::new(names.collect::<StringArray>()) as ArrayRef, true),
        ("boss", Arc::new((1..=rows).map(|id| (id > 1).then_some(id / 2)).collect::<Int32Array>()) as ArrayRef, true),
    ])
    .unwrap()
}

/// What one flow over `people` makes of twenty of them.
pub async fn over_people(flows: &[(&str, &str)]) -> Result<Vec<FlowOutcomes>> {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = snapshot_of(folder.path(), &[("people", people(20))]).await;
    let pipeline = pipeline_of(folder.path(), flows)?;
    transform(&pipeline, &snapshot, folder.path(), "run", 2).await.map(|(_, _, outcomes)| outcomes)
}

/// A snapshot of what a pipeline reads of a database.
pub async fn take(database: &Database, pipeline: &Pipeline, setting: &Setting) -> Snapshot {
    let graph = Graph::new(pipeline).unwrap();
    let reading = rehome::extract::Options::default();
    run::take_snapshot(&database.address(), &reading, pipeline, &graph, setting).await.unwrap()
}
