//! Owns tables of several files in the order of their keys, over workers of other numbers than theirs: each row comes once, in order.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Schema as ArrowSchema};
use rehome::diagnosis::Text;
use rehome::engine::{Engine, Identity, Schema, Settings, Stored};
use rehome::id::Namespace;
use rehome::snapshot::{TableHeader, Writer};
use rehome::storage::Location;

use crate::workers::{TOKEN, Worker, cluster, rows, settings};

const MEMORY: usize = 256 << 20;
const ROWS: i32 = 1_000;
const SQL: &str = "select a.id, a.k, b.id as other from source.t a join source.t b on a.k = b.id order by a.id";

/// A session of so many threads, with a table of so many files.
async fn session(folder: &Path, identity: &Arc<Identity>, threads: usize, files: i32) -> Engine {
    let place = Location::folder(&folder.join(format!("{threads}-{files}"))).unwrap();
    let engine = Engine::new(&Settings { partitions: threads, ..settings(folder, identity, MEMORY) }).unwrap();
    let writer = Writer::create(place.clone()).await.unwrap();
    let key = vec!["id".to_owned()];
    let header = TableHeader { schema: "public".into(), name: "t".into(), key: key.clone(), sorted_by: key.clone() };
    let fields = ["id", "k"].map(|name| Field::new(name, DataType::Int32, true)).to_vec();
    let schema = Arc::new(ArrowSchema::new(fields));
    let mut written = Vec::new();
    for file in 0..files {
        let ids: Int32Array = (file * ROWS..(file + 1) * ROWS).collect();
        let others: Int32Array = ids.iter().map(|id| id.map(|id| files * ROWS - 1 - id)).collect();
        let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(ids), Arc::new(others)]).unwrap();
        let file = writer.put_part(&header, file.try_into().unwrap(), schema.clone(), &[batch]).await.unwrap();
        written.push(file.path);
    }
    let stored = Stored { location: &place, files: written, schema, sorted_by: key };
    engine.register(Schema::Source, "t", stored.provider(&engine).unwrap()).unwrap();
    drop(writer);
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_in_order_are_read_by_any_number_of_workers_and_threads() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Arc::new(Identity::new(Namespace::of_pipeline("scans"), [].into(), []));
    let workers = [(); 3].map(|()| Worker::start(folder.path(), &identity, MEMORY, Some(TOKEN)));
    let urls: Vec<_> = workers.iter().map(|worker| &worker.url).collect();
    for (threads, files, machines) in [(1, 4, 2), (1, 1, 2), (1, 5, 3), (2, 4, 3), (2, 9, 2), (3, 7, 2), (3, 2, 3)] {
        let engine = session(folder.path(), &identity, threads, files).await;
        let cluster = cluster(&urls[..machines], Some(TOKEN));
        let far = engine.distributed(cluster.clone());
        let query = engine.plan(Text { file: "query.sql", sql: SQL }, &Vec::new()).await.unwrap();
        let what = format!("{threads} threads, {files} files, {machines} workers");
        let found = rows(&far, query, None).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(cluster.parts_sent() > 0, "{what}");
        let ids = found.column(0).as_primitive::<Int32Type>();
        assert_eq!(ids.len(), usize::try_from(files * ROWS).unwrap(), "{what}");
        assert!(ids.values().iter().copied().eq(0..files * ROWS), "{what}");
        assert!(found.column(1) == found.column(2), "{what}");
    }
}
