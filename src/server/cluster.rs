//! Owns a throwaway PostgreSQL server on this machine, for the demo and for tests: made, started, stopped and removed.
//! Must not know: what its databases hold. It trusts whoever reaches its loopback port: only synthetic data goes in.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Address;
use super::programs::Programs;
use super::sql::{fill, quote_ident};
use crate::error::{At, Error, Result};

const CREATE_DATABASE: &str = include_str!("../../sql/control/server/create_database.sql");
/// Waits for its standard input to end, which it does however this process ends, even killed; then stops the server
/// and removes its folder, unless told to keep them. Signals for this process's group are not for it.
const GUARDIAN: &str = r#"trap '' HUP INT TERM
read -r order
[ "$order" = keep ] && exit 0
"$1" -D "$2/data" -m immediate -w stop
rm -rf "$2""#;
/// The longest path a socket can have, on the systems we know.
const LONGEST_SOCKET: usize = 103;
const ATTEMPTS: usize = 5;

/// How a throwaway server is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder in which the server's own folder is made; the system's temporary folder when not given.
    pub dir: Option<PathBuf>,
    /// Wait for the disk, as a real server does. Tests do without.
    pub fsync: bool,
    /// Shared buffers, in MiB.
    pub shared_buffers: u32,
    /// The largest number of connections.
    pub connections: u32,
    /// The folder of PostgreSQL's programs; the one that is found when not given.
    pub programs: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { dir: None, fsync: true, shared_buffers: 512, connections: 60, programs: None }
    }
}

/// A running throwaway server. Dropping it stops the server and removes its folder; so does the end of this process.
#[derive(Debug)]
pub struct Cluster {
    home: PathBuf,
    port: u16,
    programs: Programs,
    owner: Option<Owner>,
    guardian: Option<Child>,
}

/// Whom the server runs as where this process is root: PostgreSQL refuses root.
#[derive(Debug, Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Makes and starts a server; takes a second or two, and blocks meanwhile.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when no PostgreSQL is installed or its programs fail,
    /// [`crate::error::Kind::Resources`] when the disk is full.
    pub fn start(options: &Options) -> Result<Self> {
        let programs = Programs::find(options.programs.as_deref())?;
        let parent = options.dir.clone().unwrap_or_else(std::env::temp_dir);
        std::fs::create_dir_all(&parent)?;
        let home = tempfile::Builder::new().prefix("rehome-pg-").tempdir_in(&parent)?.keep();
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700))?;
        let mut cluster = Self { owner: owner(&home)?, home, port: 0, programs, guardian: None };
        if let Some(owner) = cluster.owner {
            std::os::unix::fs::chown(&cluster.home, Some(owner.uid), Some(owner.gid))?;
        }
        cluster.guardian = Some(cluster.guard()?);
        cluster.initialise()?;
        cluster.configure(options)?;
        cluster.launch()?;
        Ok(cluster)
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The same through its socket, where it has one.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let folder = self.home.to_string_lossy().replace('%', "%25").replace('/', "%2F");
        format!("postgres://postgres@{folder}:{}/{database}", self.port)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its data, its log and its socket are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.home
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// What the server says.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        let server = Address::parse(&self.url("postgres"))?.connect("rehome cluster").await?;
        Ok(server.batch_execute(&fill(CREATE_DATABASE, &[("database", &quote_ident(name))])).await?)
    }

    /// Leaves the server running and its folder in place, beyond the end of this process.
    ///
    /// # Errors
    /// When the guardian does not take the order.
    pub fn keep(mut self) -> Result<()> {
        if let Some(mut guardian) = self.guardian.take() {
            if let Some(mut ear) = guardian.stdin.take() {
                ear.write_all(b"keep\n")?;
            }
            guardian.wait()?;
        }
        Ok(())
    }

    /// The command that stops a server that was kept.
    #[must_use]
    pub fn stop_command(&self) -> String {
        let stop =
            format!("{} -D {}/data -m fast stop", self.programs.program("pg_ctl").display(), self.home.display());
        let stop =
            if self.owner.is_some() { format!("setpriv --reuid={} --clear-groups {stop}", self.uid()) } else { stop };
        format!("{stop} && rm -rf {}", self.home.display())
    }

    /// Stops the server and removes its folder.
    pub fn stop(self) {
        drop(self);
    }

    fn uid(&self) -> u32 {
        self.owner.map_or(0, |owner| owner.uid)
    }

    /// A program that runs as the server does, away from this process's signals.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null()).process_group(0).env("LC_MESSAGES", "C");
        if let Some(owner) = self.owner {
            command.uid(owner.uid).gid(owner.gid);
        }
        command
    }

    fn guard(&self) -> Result<Child> {
        let guardian = self
            .command(Path::new("/bin/sh"))
            .args(["-c", GUARDIAN, "guardian"])
            .arg(self.programs.program("pg_ctl"))
            .arg(&self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(guardian)
    }

    fn initialise(&self) -> Result<()> {
        let data = self.home.join("data");
        let mut said = String::new();
        // Code point order and full Unicode case mapping, where the system has that locale.
        for locale in ["C.UTF-8", "C"] {
            let done = self
                .command(&self.programs.program("initdb"))
                .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale", locale, "-D"])
                .arg(&data)
                .output()?;
            if done.status.success() {
                return Ok(());
            }
            let lines = String::from_utf8_lossy(&done.stderr);
            let why = ["error:", "FATAL:"].iter().find_map(|sort| lines.lines().rfind(|line| line.contains(sort)));
            why.or(lines.lines().next_back()).unwrap_or_default().clone_into(&mut said);
        }
        Err(Error::config(format!("initdb failed: {said}")).at(At::File, data.display().to_string()).hint(
            "the folder must be reachable for the user the server runs as (postgres or nobody, when started as root)",
        ))
    }

    fn configure(&self, options: &Options) -> Result<()> {
        let socket = if self.home.as_os_str().len() + "/.s.PGSQL.65535".len() <= LONGEST_SOCKET {
            self.home.display().to_string().replace('\'', "''")
        } else {
            String::new()
        };
        let honest = if options.fsync { "on" } else { "off" };
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{socket}'\nmax_connections = {}\n\
             shared_buffers = '{}MB'\nmax_wal_size = '4GB'\nfsync = {honest}\nsynchronous_commit = {honest}\n\
             full_page_writes = {honest}\n",
            options.connections, options.shared_buffers,
        );
        let file = self.home.join("data/postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(file)?;
        Ok(file.write_all(settings.as_bytes())?)
    }

    fn launch(&mut self) -> Result<()> {
        for _ in 0..ATTEMPTS {
            // Free now; should another process be faster, the next attempt takes another one.
            self.port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            let started = self
                .command(&self.programs.program("pg_ctl"))
                .arg("-D")
                .arg(self.home.join("data"))
                .arg("-l")
                .arg(self.home.join("log"))
                .args(["-w", "-t", "60", "-o", &format!("-p {}", self.port), "start"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?;
            if started.success() {
                return Ok(());
            }
        }
        let log = std::fs::read_to_string(self.home.join("log")).unwrap_or_default();
        let said =
            log.lines().rfind(|line| line.contains("FATAL") || line.contains("PANIC")).unwrap_or("no reason given");
        Err(Error::config(format!("the throwaway server does not start: {said}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut guardian) = self.guardian.take() {
            drop(guardian.stdin.take());
            let _ = guardian.wait();
            // What the server's user may not remove: its folder in a folder of ours.
            let _ = std::fs::remove_dir_all(&self.home);
        }
    }
}

/// Nobody else than this process's user, unless that is root. Whom a new folder belongs to tells who we are.
fn owner(home: &Path) -> Result<Option<Owner>> {
    if std::fs::metadata(home)?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let user = |name: &str| {
        users.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&name))
                .then(|| Some(Owner { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? }))?
        })
    };
    user("postgres").or_else(|| user("nobody")).map(Some).ok_or_else(|| {
        Error::config("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
    })
}
