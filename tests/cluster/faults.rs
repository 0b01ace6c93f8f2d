//! Owns what happens where a worker is none of ours, is not there, falls silent or ends: an error soon, never wrong rows.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use rehome::diagnosis::{Text, running};
use rehome::engine::cluster::{Cluster, Node, Token, Trust, serve};
use rehome::engine::{Engine, Identity, Schema, Stored};
use rehome::error::{At, Error, Kind};
use rehome::id::Namespace;
use rehome::snapshot::{TableHeader, Writer};
use rehome::storage::Location;
use url::Url;

use crate::workers::{TOKEN, Worker, cluster, rows, settings};

const MEMORY: usize = 256 << 20;
const FILES: i32 = 4;
const ROWS: i32 = 1_000;
/// Each row meets so many others.
const ALIKE: i32 = 400;

fn identity() -> Arc<Identity> {
    Arc::new(Identity::new(Namespace::of_pipeline("faults"), [("thing".to_owned(), None)].into(), []))
}

async fn session(folder: &Path) -> Engine {
    let place = Location::folder(&folder.join("snapshot")).unwrap();
    let engine = Engine::new(&settings(folder, &identity(), MEMORY)).unwrap();
    let writer = Writer::create(place.clone()).await.unwrap();
    let key = vec!["id".to_owned()];
    let header = TableHeader { schema: "public".into(), name: "t".into(), key: key.clone(), sorted_by: key };
    let fields = ["id", "k"].map(|name| Field::new(name, DataType::Int32, true)).to_vec();
    let schema = Arc::new(ArrowSchema::new(fields));
    let mut files = Vec::new();
    for file in 0..FILES {
        let ids: Int32Array = (file * ROWS..(file + 1) * ROWS).collect();
        let keys: Int32Array = ids.iter().map(|id| id.map(|id| id % (FILES * ROWS / ALIKE))).collect();
        let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(ids), Arc::new(keys)]).unwrap();
        let file = writer.put_part(&header, file.try_into().unwrap(), schema.clone(), &[batch]).await.unwrap();
        files.push(file.path);
    }
    let stored = Stored { location: &place, files, schema, sorted_by: Vec::new() };
    engine.register(Schema::Source, "t", stored.provider(&engine).unwrap()).unwrap();
    // The files are all that is read: the snapshot is not published.
    drop(writer);
    engine
}

async fn query(engine: &Engine, sql: &str) -> DataFrame {
    engine.plan(Text { file: "query.sql", sql }, &Vec::new()).await.unwrap()
}

const COUNTED: &str = "select k, count(*) as n from source.t group by k order by k";
const IDENTIFIED: &str =
    "select k, min(cast(legacy_uuid('thing', id) as text)) as least from source.t group by k order by k";
/// 1.6 million rows.
const MANY: &str = "select a.id, b.id as other from source.t a join source.t b on a.k = b.k";
const SOON: Duration = Duration::from_secs(20);

async fn fails(engine: &Engine, urls: &[&Url], token: Option<&str>) -> Error {
    let began = Instant::now();
    let far = engine.distributed(cluster(urls, token));
    let error = rows(&far, query(engine, COUNTED).await, None).await.unwrap_err();
    assert!(began.elapsed() < SOON, "{error} after {:?}", began.elapsed());
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_token_or_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = session(folder.path()).await;
    let workers = Worker::two(folder.path(), &identity(), MEMORY);
    let urls = [&workers[0].url, &workers[1].url];
    for token in [Some("another-token-of-tests"), Some("a-token-of-the-testz"), None] {
        let error = fails(&engine, &urls, token).await;
        assert_eq!(error.kind(), Kind::Auth, "{error}");
        assert!(error.places().iter().any(|(at, _)| *at == At::Server), "{error}");
    }
    let far = engine.distributed(cluster(&urls, Some(TOKEN)));
    assert_eq!(rows(&far, query(&engine, COUNTED).await, None).await.unwrap().num_rows(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_only_this_machine_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let engine = session(folder.path()).await;
    let workers = [(); 2].map(|()| Worker::start(folder.path(), &identity(), MEMORY, None));
    let far = engine.distributed(cluster(&[&workers[0].url, &workers[1].url], None));
    assert_eq!(rows(&far, query(&engine, COUNTED).await, None).await.unwrap().num_rows(), 10);

    let elsewhere = || vec![Url::parse("http://192.0.2.1:7400").unwrap()];
    assert_eq!(Cluster::new(elsewhere(), Trust::default()).err().unwrap().kind(), Kind::Config);
    assert!(Cluster::new(elsewhere(), Trust::new(Some(Token::new(TOKEN).unwrap()), None)).is_ok());
    assert_eq!(
        Cluster::new(vec![Url::parse("https://localhost:1").unwrap()], Trust::default()).err().unwrap().kind(),
        Kind::Config
    );
    assert_eq!(Cluster::new(Vec::new(), Trust::default()).err().unwrap().kind(), Kind::Config);
    for token in ["", "short", "a token with blanks in it", "ein-schlüssel-mit-umlaut"] {
        assert_eq!(Token::new(token).unwrap_err().kind(), Kind::Config);
    }
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let node = Node::new(&settings(folder.path(), &identity(), MEMORY), Trust::default()).unwrap();
    assert_eq!(serve(listener, &node, None, std::future::pending()).await.unwrap_err().kind(), Kind::Config);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_not_there_or_silent_is_an_error_soon() {
    let folder = tempfile::tempdir().unwrap();
    let engine = session(folder.path()).await;
    let worker = Worker::start(folder.path(), &identity(), MEMORY, Some(TOKEN));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Url::parse(&format!("http://{}", taken.local_addr().unwrap())).unwrap();
    // It takes connections, and says nothing.
    let error = fails(&engine, &[&worker.url, &silent], Some(TOKEN)).await;
    assert_eq!(error.kind(), Kind::Retryable, "{error}");
    drop(taken);
    let error = fails(&engine, &[&worker.url, &silent], Some(TOKEN)).await;
    assert_eq!(error.kind(), Kind::Retryable, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_for_other_identifiers_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let engine = session(folder.path()).await;
    let other = Arc::new(Identity::new(Namespace::of_pipeline("other"), [("thing".to_owned(), None)].into(), []));
    let workers = Worker::two(folder.path(), &other, MEMORY);
    let far = engine.distributed(cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN)));
    let error = rows(&far, query(&engine, IDENTIFIED).await, None).await.unwrap_err();
    assert_eq!(error.message(), "a worker does not know these identifiers");
    // What rests on none is computed.
    assert_eq!(rows(&far, query(&engine, COUNTED).await, None).await.unwrap().num_rows(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_ends_in_the_middle_is_an_error_and_never_other_rows() {
    let folder = tempfile::tempdir().unwrap();
    let engine = session(folder.path()).await;
    let whole = usize::try_from(FILES * ROWS * ALIKE).unwrap();
    let mut broken = 0;
    for (round, wait) in [0_u64, 20, 60, 150, 400].into_iter().enumerate() {
        let mut workers = Worker::two(folder.path(), &identity(), MEMORY);
        let far = engine.distributed(cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN)));
        let frame = query(&engine, MANY).await;
        let text = Text { file: "query.sql", sql: MANY };
        let mut stream = far.stream(frame, text, None).await.unwrap();
        let (mut rows, mut failed) = (0, None);
        let began = Instant::now();
        let mut stopped = None;
        while let Some(batch) = stream.next().await {
            match batch {
                Ok(batch) => rows += batch.num_rows(),
                Err(error) => {
                    failed = Some(running(&error, "query.sql"));
                    break;
                }
            }
            if stopped.is_none() && began.elapsed() >= Duration::from_millis(wait) {
                workers[round % 2].stop();
                stopped = Some(Instant::now());
            }
        }
        let after = stopped.map_or(Duration::ZERO, |stopped| stopped.elapsed());
        assert!(after < SOON, "{after:?}");
        match failed {
            None => assert_eq!(rows, whole),
            Some(error) => {
                assert_eq!(error.kind(), Kind::Retryable, "{error}");
                broken += 1;
            }
        }
    }
    assert!(broken > 0, "no worker ended while it was needed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_computes_for_long_is_not_taken_for_lost() {
    let folder = tempfile::tempdir().unwrap();
    let engine = session(folder.path()).await;
    let workers = Worker::two(folder.path(), &identity(), MEMORY);
    let far = engine.distributed(cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN)));
    assert_eq!(rows(&far, query(&engine, COUNTED).await, None).await.unwrap().num_rows(), 10);
    // Longer than one that is silent is waited for, and than the engine waits for a part.
    let began = Instant::now();
    workers[1].occupy(Duration::from_secs(12));
    assert_eq!(rows(&far, query(&engine, COUNTED).await, None).await.unwrap().num_rows(), 10);
    assert!(began.elapsed() > Duration::from_secs(10), "it was not occupied");
}
