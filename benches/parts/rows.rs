//! Owns the rows that parts are measured over: a table of mixed types on a server of the benchmark's own, its snapshot, and what
//! a flow makes of it. Must not know: what is measured.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use rehome::cancel::Cancel;
use rehome::extract;
use rehome::flow::Flow;
use rehome::outcome::Outcome;
use rehome::outcomes::{FlowOutcomes, OutcomeStore};
use rehome::pipeline::Pipeline;
use rehome::progress::Silent;
use rehome::run::{Prepared, Setting};
use rehome::server::sql::fill;
use rehome::server::{Address, Cluster, ClusterOptions};
use rehome::snapshot::Snapshot;
use rehome::storage::Location;
use rehome::target::{Catalog, Table};
use tokio::runtime::Runtime;

pub const ROWS: u64 = 50_000;
const SOURCE: &str = include_str!("source.sql");
const TARGET: &str = include_str!("target.sql");

pub struct Rows {
    pub runtime: Runtime,
    pub legacy: Address,
    /// The snapshot of the table, and its batches.
    pub snapshot: Snapshot,
    pub source: Vec<RecordBatch>,
    /// The flow over it, planned.
    pub prepared: Prepared,
    /// What the flow makes of it, and the batches that are migrated.
    pub outcomes: FlowOutcomes,
    pub migrated: Vec<RecordBatch>,
    pub target: Table,
    pub folder: tempfile::TempDir,
    _server: Cluster,
}

impl Rows {
    pub fn make() -> Self {
        let server = Cluster::start(&ClusterOptions::default()).expect("a PostgreSQL server");
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        runtime.block_on(server.create_database("legacy")).expect("a database");
        runtime.block_on(server.create_database("fresh")).expect("a database");
        let legacy = Address::parse(&server.url("legacy")).expect("its URL");
        let target = runtime.block_on(async {
            let session = legacy.connect("rehome bench").await.expect("a session");
            session.batch_execute(&fill(SOURCE, &[("rows", &ROWS.to_string())])).await.expect("a source");
            let fresh = Address::parse(&server.url("fresh")).expect("its URL");
            let session = fresh.connect("rehome bench").await.expect("a session");
            session.batch_execute(TARGET).await.expect("a target");
            Catalog::read(&session, "public").await.expect("its catalog").require("mixed").expect("the table").clone()
        });
        let place = Location::folder(&folder.path().join("snapshot")).expect("a place");
        let snapshot = runtime.block_on(extracted(&legacy, place));
        let table = snapshot.table("mixed").expect("the table");
        let source = runtime.block_on(snapshot.read_all(table)).expect("its rows");
        let prepared = runtime.block_on(planned(&snapshot, folder.path()));
        let outcomes = runtime.block_on(outcomes(&prepared, &prepared.store));
        let migrated = runtime.block_on(async {
            let mut all = Vec::new();
            for file in outcomes.files_of(Outcome::Migrated) {
                all.extend(prepared.store.read(file).await.expect("its rows"));
            }
            all
        });
        Self { runtime, legacy, snapshot, source, prepared, outcomes, migrated, target, folder, _server: server }
    }

    /// A folder that is gone when nobody needs it any more.
    pub fn place(&self) -> (tempfile::TempDir, Location) {
        let folder = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        let place = Location::folder(&folder.path().join("here")).expect("a place");
        (folder, place)
    }
}

/// A snapshot of the table.
pub async fn extracted(legacy: &Address, place: Location) -> Snapshot {
    let options = extract::Options { jobs: 2, ..extract::Options::default() };
    extract::run(legacy, &options, place, Arc::new(Silent), Cancel::new()).await.expect("a snapshot")
}

async fn planned(snapshot: &Snapshot, folder: &Path) -> Prepared {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/parts/pipeline/pipeline.toml");
    let pipeline = Pipeline::read(&file).expect("the pipeline");
    let setting = Setting::new(folder.join("workspace"), (2, 1 << 30), Arc::new(Silent), Cancel::new());
    Prepared::to_try(&pipeline, snapshot.clone(), &[], &setting).await.expect("a plan")
}

/// Runs the flow, into a store that has nothing of it.
pub async fn outcomes(prepared: &Prepared, store: &OutcomeStore) -> FlowOutcomes {
    let flow: &Flow = prepared.pipeline.flows.first().expect("the flow");
    let stage = prepared.stage().await.expect("the stage");
    stage.run(flow, store).await.expect("its outcomes")
}

/// The bytes of some rows in memory.
pub fn bytes_of(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum()
}
