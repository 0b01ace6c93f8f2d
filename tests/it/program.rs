//! Owns the program at work over a pipeline of a test's own, from the schema legacy to the schema fresh: it must end in time.
//! Must not know: what is tested.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::legacy_to_fresh;

/// The longest that a command may take, with everything that it meets.
const LIMIT: Duration = Duration::from_mins(2);

/// A folder for a pipeline and for what the commands over it keep.
pub struct Program {
    pub folder: tempfile::TempDir,
}

impl Program {
    pub fn over(flows: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        legacy_to_fresh(folder.path(), "[mappings]\ntable = \"fresh.migration_mappings\"", flows).unwrap();
        Self { folder }
    }

    /// A command, with its workspace; what it prints is JSON.
    pub fn command(&self, command: &str) -> Command {
        self.within(Command::new(env!("CARGO_BIN_EXE_rehome")), command)
    }

    /// The same with what `program` is, which may be a shell that sets limits first.
    pub fn within(&self, mut program: Command, command: &str) -> Command {
        program.args(["--format", "json", "--jobs", "2", "--dir"]).arg(self.workspace()).arg(command);
        if ["run", "plan", "what-if"].contains(&command) {
            program.arg("--pipeline").arg(self.folder.path().join("pipeline/pipeline.toml"));
        }
        program
    }

    pub fn workspace(&self) -> std::path::PathBuf {
        self.folder.path().join("workspace")
    }

    /// A run from one URL to another.
    pub fn run(&self, source: &str, target: &str, more: &[&str]) -> Command {
        let mut command = self.command("run");
        command.args(["--verify", "full", "--source", source, "--target", target]).args(more);
        command
    }
}

/// What comes of a command; it is killed, and the test fails, when it hangs.
pub async fn ends(mut command: Command) -> Output {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    tokio::task::spawn_blocking(move || within(child, LIMIT)).await.unwrap()
}

fn within(child: Child, limit: Duration) -> Output {
    let begun = Instant::now();
    let pid = libc::pid_t::try_from(child.id()).unwrap();
    let (ended, wait) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if wait.recv_timeout(limit).is_err() {
            // SAFETY: a signal to a process of our own that nobody has waited for yet.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
    });
    let output = child.wait_with_output().unwrap();
    let _ = ended.send(());
    watch.join().unwrap();
    assert!(begun.elapsed() < limit, "it hangs: {}", told(&output));
    output
}

/// What it said.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The hint of its error.
pub fn hint(output: &Output) -> String {
    let said = told(output);
    let error = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).next_back();
    error.and_then(|said| said["error"]["hint"].as_str().map(str::to_owned)).unwrap_or_default()
}

/// All files below a folder, with their contents.
pub fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap_or_default()));
        }
    }
    found
}
