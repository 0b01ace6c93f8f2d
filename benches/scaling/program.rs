//! Owns a run of the program: its time, its work for the processor, and what it says of itself.
//! Must not know: what it is asked to do.

use std::fs::File;
use std::mem::MaybeUninit;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::figures::{Phase, Run};

const MIB: f64 = 1_048_576.0;

/// What came of it.
pub struct Ended {
    seconds: f64,
    cpu_seconds: f64,
    /// What it printed, which is JSON.
    said: Value,
    /// What `--timings` says, where it was asked for.
    pub timings: Vec<Value>,
}

/// Runs the program to its end, which must be a good one.
#[expect(clippy::zombie_processes, reason = "wait4 waits, and tells of the child alone what it used")]
pub fn run(program: &Path, dir: &Path, jobs: usize, args: &[&str]) -> Ended {
    std::fs::create_dir_all(dir).expect("a folder");
    let [out, err] = ["stdout", "stderr"].map(|name| dir.join(name));
    let file = |path: &Path| Stdio::from(File::create(path).expect("a file"));
    let mut command = Command::new(program);
    command.args(["--format", "json", "--quiet", "--jobs", &jobs.to_string(), "--dir"]).arg(dir).args(args);
    command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
    let begun = Instant::now();
    let child = command.spawn().expect("the program starts");
    let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
    let pid = libc::pid_t::try_from(child.id()).expect("a process");
    // SAFETY: a child of our own that nobody else waits for; both places are ours.
    let waited = unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) };
    let seconds = begun.elapsed().as_secs_f64();
    let told = std::fs::read_to_string(&err).unwrap_or_default();
    assert!(waited == pid && status == 0, "{args:?}: {told}");
    // SAFETY: zeroed is valid, and wait4 has filled it.
    let usage = unsafe { usage.assume_init() };
    let said = std::fs::read_to_string(&out).expect("what it printed");
    let timings = told.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()?.get("timings").cloned());
    Ended {
        seconds,
        cpu_seconds: time(usage.ru_utime) + time(usage.ru_stime),
        said: serde_json::from_str(&said).expect("JSON"),
        timings: timings.and_then(|timings| timings.as_array().cloned()).unwrap_or_default(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a benchmark")]
fn time(spent: libc::timeval) -> f64 {
    spent.tv_sec as f64 + spent.tv_usec as f64 / 1e6
}

impl Ended {
    /// What is told of a migration.
    #[expect(clippy::cast_precision_loss, reason = "rows and bytes of a benchmark")]
    pub fn migration(&self) -> Run {
        let told = &self.said;
        assert_eq!((&told["conserved"], &told["verified"]), (&Value::Bool(true), &Value::Bool(true)), "{told}");
        let phase = |phase: &Value| Phase {
            phase: phase["phase"].as_str().unwrap_or_default().to_owned(),
            seconds: phase["seconds"].as_f64().unwrap_or_default(),
        };
        let source_rows = told["snapshot_rows"].as_u64().expect("the rows of the source");
        Run {
            source_rows,
            seconds: self.seconds,
            phases: told["phases"].as_array().into_iter().flatten().map(phase).collect(),
            cpu_seconds: self.cpu_seconds,
            peak_mib: told["peak_memory_bytes"].as_u64().unwrap_or_default() as f64 / MIB,
            rows_per_second: source_rows as f64 / self.seconds,
        }
    }
}

/// The median of several runs, by time.
pub fn median(mut runs: Vec<Ended>) -> Ended {
    runs.sort_by(|left, right| left.seconds.total_cmp(&right.seconds));
    let middle = runs.len() / 2;
    runs.swap_remove(middle)
}
