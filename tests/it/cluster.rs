//! Owns the throwaway PostgreSQL that the tests share: one server for all, a fresh database for each.
//! Must not know: what is tested.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

/// A server of one's own: its settings, its files, and its end and new beginning are in the test's hand.
pub struct Own {
    pub cluster: Cluster,
    programs: PathBuf,
}

impl Own {
    /// Starts a server with further lines of `postgresql.conf` and, unless empty, these rules of `pg_hba.conf`.
    /// Files are put beside its data first; settings name them as `../name`. Blocks.
    pub fn start(settings: &str, rules: &str, files: &[(&str, &[u8])]) -> Self {
        Self::of(None, settings, rules, files)
    }

    /// The same with the programs of a folder.
    pub fn of(programs: Option<PathBuf>, settings: &str, rules: &str, files: &[(&str, &[u8])]) -> Self {
        let options = ClusterOptions { fsync: false, shared_buffers: 32, programs, ..ClusterOptions::default() };
        let cluster = Cluster::start(&options).expect("a throwaway PostgreSQL server starts");
        let started = std::fs::read_to_string(cluster.folder().join("data/postmaster.opts")).unwrap();
        let postgres = PathBuf::from(started.split(' ').next().unwrap().trim_matches('"'));
        let own = Self { cluster, programs: postgres.parent().unwrap().to_owned() };
        for (name, content) in files {
            own.put(name, content);
        }
        let conf = own.folder().join("data/postgresql.conf");
        let before = std::fs::read_to_string(&conf).unwrap();
        std::fs::write(&conf, format!("{before}\n{settings}\n")).unwrap();
        if !rules.is_empty() {
            std::fs::write(own.folder().join("data/pg_hba.conf"), rules).unwrap();
        }
        own.control(&["-m", "fast", "-w", "restart"]);
        own
    }

    pub fn folder(&self) -> &Path {
        self.cluster.folder()
    }

    pub fn port(&self) -> u16 {
        self.cluster.port()
    }

    /// A file beside its data that only the server may read.
    pub fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.folder().join(name);
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let owner = std::fs::metadata(self.folder().join("data")).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        file
    }

    /// `pg_ctl`, as the server's user.
    pub fn control(&self, order: &[&str]) {
        let owner = std::fs::metadata(self.folder().join("data")).unwrap();
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.folder().join("data")).arg("-l").arg(self.folder().join("log")).args(order);
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let done = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.unwrap().success(), "pg_ctl {order:?}: {}", self.log());
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// A session of its superuser, through the socket.
    pub async fn session(&self) -> Connection {
        Address::parse(&self.cluster.socket_url("postgres")).unwrap().connect("rehome tests").await.expect("a session")
    }
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
