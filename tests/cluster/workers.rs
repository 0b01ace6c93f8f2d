//! Owns workers that tests start and stop, sessions with and without them, and how their rows are compared.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use datafusion::prelude::DataFrame;
use futures::TryStreamExt;
use rehome::diagnosis::{Text, running};
use rehome::engine::cluster::{Cluster, Node, Token, Trust, serve};
use rehome::engine::{Engine, Identity, Settings};
use rehome::error::Result;
use tokio::runtime::{Builder, Runtime};
use url::Url;

pub const TOKEN: &str = "a-token-of-the-tests";
const THREADS: usize = 2;

pub fn settings(folder: &Path, identity: &Arc<Identity>, memory: usize) -> Settings {
    Settings { memory, partitions: 4, spill: folder.to_owned(), identity: identity.clone() }
}

/// A worker that ends with its value, as one whose machine is gone: first of all the way to it.
pub struct Worker {
    pub url: Url,
    runtimes: Vec<Runtime>,
}

impl Worker {
    pub fn start(folder: &Path, identity: &Arc<Identity>, memory: usize, token: Option<&str>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build().unwrap();
        let token = token.map(|token| Token::new(token).unwrap());
        let node = Node::new(&settings(folder, identity, memory), Trust::new(token, None)).unwrap();
        let own = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        own.set_nonblocking(true).unwrap();
        let address = own.local_addr().unwrap();
        let network = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        network.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((mut outside, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut inside = tokio::net::TcpStream::connect(address).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(own).unwrap();
            serve(listener, &node, None, std::future::pending()).await.unwrap();
        });
        Self { url, runtimes: vec![runtime, network] }
    }

    /// Two of them.
    pub fn two(folder: &Path, identity: &Arc<Identity>, memory: usize) -> [Self; 2] {
        [(); 2].map(|()| Self::start(folder, identity, memory, Some(TOKEN)))
    }

    /// Has all of its threads do nothing else for so long.
    pub fn occupy(&self, time: Duration) {
        for _ in 0..THREADS {
            self.runtimes[0].spawn(async move { std::thread::sleep(time) });
        }
    }

    pub fn stop(&mut self) {
        while let Some(runtime) = self.runtimes.pop() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// These workers, for queries of any size.
pub fn cluster(urls: &[&Url], token: Option<&str>) -> Arc<Cluster> {
    let token = token.map(|token| Token::new(token).unwrap());
    let urls = urls.iter().map(|url| (*url).clone()).collect();
    Arc::new(Cluster::new(urls, Trust::new(token, None)).unwrap().with_bytes_per_partition(1))
}

/// All rows of a query in their order, as one batch.
pub async fn rows(engine: &Engine, frame: DataFrame, source: Option<&str>) -> Result<RecordBatch> {
    let text = Text { file: "query.sql", sql: "" };
    let stream = engine.stream(frame, text, source).await?;
    let schema = stream.schema();
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(|error| running(&error, text.file))?;
    for batch in &batches {
        assert_eq!(batch.schema().fields().len(), schema.fields().len());
        for (of_batch, field) in batch.schema().fields().iter().zip(schema.fields()) {
            assert_eq!(of_batch.metadata(), field.metadata(), "{}", field.name());
        }
    }
    Ok(concat_batches(&schema, &batches).unwrap())
}

/// Asserts that two sets of rows are the same, value by value, in order, with their types and what fields say besides.
pub fn assert_same(what: &str, near: &RecordBatch, far: &RecordBatch) {
    assert_eq!(near.schema(), far.schema(), "{what}");
    assert_eq!(near.num_rows(), far.num_rows(), "{what}");
    for (at, field) in near.schema().fields().iter().enumerate() {
        assert!(near.column(at) == far.column(at), "{what}: {}", field.name());
    }
}
