//! Owns the PostgreSQL server of the benchmark, and the databases in it. Must not know: what they hold.

use rehome::server::sql::fill;
use rehome::server::{Address, Cluster, ClusterOptions};
use tokio::runtime::Runtime;

const COPY: &str = include_str!("sql/copy.sql");
const DROP: &str = include_str!("sql/drop.sql");
const VACUUM: &str = include_str!("sql/vacuum.sql");
const CHECKPOINT: &str = include_str!("sql/checkpoint.sql");
const VERSION: &str = include_str!("sql/version.sql");

pub struct Host {
    cluster: Cluster,
    runtime: Runtime,
}

impl Host {
    pub fn start(durable: bool) -> Self {
        let options = ClusterOptions { fsync: durable, ..ClusterOptions::default() };
        let cluster = Cluster::start(&options).expect("a PostgreSQL server");
        Self { cluster, runtime: Runtime::new().expect("a runtime") }
    }

    /// A new, empty database; its URL.
    pub fn create(&self, name: &str) -> String {
        self.runtime.block_on(self.cluster.create_database(name)).expect("a database");
        self.cluster.url(name)
    }

    /// A new database with all that another one holds, on a server that has nothing left to write; its URL.
    pub fn copy(&self, name: &str, from: &str) -> String {
        self.run("postgres", [fill(COPY, &[("name", name), ("from", from)]), CHECKPOINT.to_owned()]);
        self.cluster.url(name)
    }

    pub fn drop(&self, name: &str) {
        self.run("postgres", [fill(DROP, &[("name", name)])]);
    }

    /// The rows of a database lie as they do in one that has been in use: readers need not mark them first.
    pub fn settle(&self, name: &str) {
        self.run(name, [VACUUM.to_owned()]);
    }

    /// Runs statements, each in a transaction of its own.
    pub fn run(&self, database: &str, statements: impl IntoIterator<Item = String>) {
        self.runtime.block_on(async {
            let address = Address::parse(&self.cluster.url(database)).expect("its URL");
            let session = address.connect("rehome bench").await.expect("a session");
            for statement in statements {
                session.batch_execute(&statement).await.unwrap_or_else(|error| panic!("{error:?} in {statement}"));
            }
        });
    }

    /// `15.6`, and nothing of who has built it.
    pub fn server_version(&self) -> String {
        let version: String = self.runtime.block_on(async {
            let address = Address::parse(&self.cluster.url("postgres")).expect("its URL");
            let session = address.connect("rehome bench").await.expect("a session");
            session.query_one(VERSION, &[]).await.expect("its version").get(0)
        });
        version.split(' ').next().unwrap_or_default().to_owned()
    }
}
