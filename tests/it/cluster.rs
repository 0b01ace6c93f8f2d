//! Owns the throwaway PostgreSQL that the tests share: one server for all, a fresh database for each.
//! Must not know: what is tested.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rehome::server::{Address, Cluster, ClusterOptions, Connection};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// The server all tests share; it goes away with the test process.
pub fn server() -> &'static Cluster {
    static SERVER: OnceLock<Cluster> = OnceLock::new();
    SERVER.get_or_init(|| {
        let options = ClusterOptions { fsync: false, shared_buffers: 128, ..ClusterOptions::default() };
        Cluster::start(&options).expect("a throwaway PostgreSQL server starts (is PostgreSQL installed?)")
    })
}

/// A database of its own, with a session in it.
pub struct Database {
    pub url: String,
    pub session: Connection,
}

impl Database {
    /// A new, empty database.
    pub async fn fresh() -> Self {
        let cluster = tokio::task::spawn_blocking(server).await.expect("the server starts");
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.create_database(&name).await.expect("a fresh database");
        let url = cluster.url(&name);
        let session = Address::parse(&url).expect("its URL").connect("rehome tests").await.expect("a session");
        Self { url, session }
    }

    /// The same database, with a session of its own: a session ends with the runtime of the test that opened it.
    pub async fn again(&self) -> Self {
        let session = self.address().connect("rehome tests").await.expect("a session");
        Self { url: self.url.clone(), session }
    }

    /// A new database in which some statements have run.
    pub async fn with(sql: &str) -> Self {
        let database = Self::fresh().await;
        database.run(sql).await;
        database
    }

    /// Runs statements.
    pub async fn run(&self, sql: &str) {
        self.session.batch_execute(sql).await.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
    }

    pub fn address(&self) -> Address {
        Address::parse(&self.url).expect("its URL")
    }

    /// A single value, as text.
    pub async fn text(&self, sql: &str) -> String {
        let row = self.session.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }
}
