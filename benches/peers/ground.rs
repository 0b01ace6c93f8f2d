//! Owns where ways are compared: a server, the legacy database on it, targets made anew for each way, and the program
//! under test. Must not know: how a way moves rows.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rehome::server::Cluster;
use rehome::server::sql::fill;

use super::Scene;
use super::plan::Plan;

/// The flows that are measured.
pub const FLOWS: &str = "system_messages,tasks,files,case_messages_records";

pub struct Ground {
    pub cluster: Cluster,
    pub home: tempfile::TempDir,
    pub pipeline: PathBuf,
    pub namespace: String,
    /// What is moved; keys and indexes go meanwhile, or stay.
    pub deferred: Plan,
    pub in_use: Plan,
    /// What each way must leave in the target.
    pub expected: String,
}

/// The program under test.
pub fn program() -> PathBuf {
    std::env::var_os("REHOME_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_rehome")), PathBuf::from)
}

/// A client of PostgreSQL's own, which stops at the first error.
pub fn psql(url: &str) -> Command {
    let mut command = Command::new("psql");
    command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url]).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// What a statement answers.
pub fn ask(url: &str, statement: &str) -> String {
    let output = psql(url).args(["-c", statement]).stdout(Stdio::piped()).stderr(Stdio::inherit()).output();
    let output = output.expect("psql");
    assert!(output.status.success(), "psql failed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Runs statements one by one, each in its own transaction.
pub fn script(url: &str, statements: &str) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    std::io::Write::write_all(&mut file, statements.as_bytes()).expect("a file");
    let done = psql(url).arg("-f").arg(file.path()).status().expect("psql");
    assert!(done.success(), "psql failed");
}

impl Ground {
    /// How the writer by hand of a scene reaches a database.
    pub fn by_hand(&self, scene: Scene, database: &str) -> String {
        self.cluster.url(database).replace("postgres@", &format!("{}@", scene.schema()))
    }

    pub fn plan(&self, scene: Scene) -> &Plan {
        match scene {
            Scene::Empty => &self.deferred,
            Scene::InUse => &self.in_use,
        }
    }

    /// A target as it is before the clock starts.
    pub fn template(scene: Scene) -> &'static str {
        match scene {
            Scene::Empty => "prepared",
            Scene::InUse => "half",
        }
    }

    /// The same with the source's tables beside the target's.
    pub fn local_template(scene: Scene) -> &'static str {
        match scene {
            Scene::Empty => "prepared_local",
            Scene::InUse => "half_local",
        }
    }

    /// Where rehome keeps what belongs to a database.
    pub fn dir(&self, database: &str) -> PathBuf {
        self.home.path().join(database)
    }

    /// Where the server finds the bytes of a load.
    pub fn bytes(&self, scene: Scene, table: &str, entity: &str) -> String {
        self.cluster.folder().join(format!("{}_{table}_{entity}", scene.schema())).display().to_string()
    }

    pub fn copy_database(&self, template: &str, name: &str) {
        let filled = fill(include_str!("sql/copy_of.sql"), &[("database", name), ("template", template)]);
        ask(&self.cluster.url("postgres"), &filled);
    }

    pub fn drop_database(&self, name: &str) {
        ask(&self.cluster.url("postgres"), &fill(include_str!("sql/gone.sql"), &[("database", name)]));
        let _ = std::fs::remove_dir_all(self.dir(name));
    }

    pub fn checkpoint(&self) {
        ask(&self.cluster.url("postgres"), include_str!("sql/checkpoint.sql"));
    }

    pub fn fingerprint(&self, database: &str) -> String {
        ask(&self.cluster.url(database), include_str!("sql/fingerprint.sql"))
    }

    /// rehome's run of some flows, with what it knows of that target.
    pub fn run(&self, source: &str, target: &str, only: &str, verify: bool) -> Command {
        let mut command = Command::new(program());
        command.arg("--dir").arg(self.dir(target)).args(["--quiet", "run", "--pipeline"]).arg(&self.pipeline);
        command.args(["--source", &self.cluster.url(source), "--target", &self.cluster.url(target)]);
        command.args(["--only", only, "--no-threshold"]).stdin(Stdio::null()).stdout(Stdio::null());
        if !verify {
            command.arg("--no-verify");
        }
        command
    }

    /// The server's first process.
    pub fn postmaster(&self) -> u32 {
        let file = self.cluster.folder().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).expect("postmaster.pid");
        text.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process")
    }
}

/// A copy of what rehome keeps.
pub fn copy_folder(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-r").arg(from).arg(to).status().expect("cp");
    assert!(done.success(), "cp failed");
}
