//! Owns the benchmark of the whole: rehome's run of system_messages beside `COPY … | COPY …` written by hand, moving
//! the same rows into the same target definition on the same server. Prints times, ratio, rows/s and peak memory.
//! Must not know: how rehome works inside; it starts the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rehome::pipeline::Pipeline;
use rehome::server::{Cluster, ClusterOptions};

const ROUNDS: usize = 3;

fn main() {
    let scale = std::env::args().skip(1).find(|arg| arg.parse::<f64>().is_ok()).unwrap_or_else(|| "1".to_owned());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let bench = Bench::prepare(&scale, &runtime);
    let (mut by_hand, mut by_rehome, mut peak) = (Vec::new(), Vec::new(), 0);
    let mut rows = String::new();
    for round in 1..=ROUNDS {
        // Each way finds a server that does nothing else: what the other one filled is gone before.
        let pipe = bench.by_hand(round, &runtime);
        let left = bench.fingerprint_and_drop(&format!("pipe_{round}"));
        let (ours, memory) = bench.by_rehome(round, &runtime);
        let right = bench.fingerprint_and_drop(&format!("rehome_{round}"));
        assert_eq!(left, right, "both ways must move the same rows");
        println!(
            "round {round}: pipe {:.1} s, rehome {:.1} s, {} MiB",
            pipe.as_secs_f64(),
            ours.as_secs_f64(),
            memory / 1024
        );
        by_hand.push(pipe);
        by_rehome.push(ours);
        peak = peak.max(memory);
        left.split_whitespace().next().unwrap_or_default().clone_into(&mut rows);
    }
    let (pipe, ours) = (median(by_hand), median(by_rehome));
    let count: f64 = rows.parse().expect("a number of rows");
    println!("\nsystem_messages and mappings, {rows} rows each, medians of {ROUNDS}");
    println!("  psql COPY | psql COPY   {:>6.1} s  {:>9.0} rows/s", pipe.as_secs_f64(), count / pipe.as_secs_f64());
    println!("  rehome run              {:>6.1} s  {:>9.0} rows/s", ours.as_secs_f64(), count / ours.as_secs_f64());
    println!("  ratio                   {:>6.2}", ours.as_secs_f64() / pipe.as_secs_f64());
    println!("  peak memory of rehome   {:>6} MiB", peak / 1024);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

struct Bench {
    cluster: Cluster,
    home: tempfile::TempDir,
    pipeline: PathBuf,
}

impl Bench {
    fn prepare(scale: &str, runtime: &tokio::runtime::Runtime) -> Self {
        let cluster = Cluster::start(&ClusterOptions::default()).expect("a PostgreSQL server");
        let home = tempfile::tempdir().expect("a folder");
        let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/dispatch.toml");
        let bench = Self { cluster, home, pipeline };
        runtime.block_on(bench.cluster.create_database("legacy")).expect("a database");
        let legacy = bench.cluster.url("legacy");
        let dir = bench.home.path().join("sample");
        Self::rehome(&dir, &["sample", "--scale", scale, "--into", &legacy]);
        let namespace = Pipeline::read(&bench.pipeline).expect("the pipeline").namespace.uuid().to_string();
        let prepare = include_str!("pipe/prepare.sql").replace("{namespace}", &namespace);
        for statement in prepare.split("\n\n") {
            bench.psql("legacy", statement);
        }
        bench
    }

    /// A fresh target that holds the profiles already.
    fn target(&self, name: &str, dir: &Path, runtime: &tokio::runtime::Runtime) -> String {
        runtime.block_on(self.cluster.create_database(name)).expect("a database");
        let ddl = self.pipeline.parent().and_then(Path::parent).expect("the sources").join("sql/dispatch/target");
        let mut files: Vec<_> =
            std::fs::read_dir(ddl).expect("DDL").map(|entry| entry.expect("a file").path()).collect();
        files.sort();
        for file in files {
            self.psql(name, &std::fs::read_to_string(file).expect("DDL"));
        }
        let url = self.cluster.url(name);
        Self::rehome(dir, &self.run(&url, "auth_users,profiles"));
        url
    }

    fn run<'a>(&'a self, target: &'a str, only: &'a str) -> Vec<String> {
        let text = |part: &str| part.to_owned();
        vec![
            text("run"),
            text("--pipeline"),
            self.pipeline.display().to_string(),
            text("--source"),
            self.cluster.url("legacy"),
            text("--target"),
            text(target),
            text("--only"),
            text(only),
            text("--no-verify"),
            text("--no-threshold"),
        ]
    }

    fn by_hand(&self, round: usize, runtime: &tokio::runtime::Runtime) -> Duration {
        let name = format!("pipe_{round}");
        self.target(&name, &self.home.path().join(&name), runtime);
        self.psql(&name, "checkpoint");
        let started = Instant::now();
        self.pipe(&name, include_str!("pipe/read_messages.sql"), include_str!("pipe/write_messages.sql"));
        self.pipe(&name, include_str!("pipe/read_mappings.sql"), include_str!("pipe/write_mappings.sql"));
        started.elapsed()
    }

    fn pipe(&self, target: &str, read: &str, write: &str) {
        let mut reader = Command::new("psql");
        reader.args(["-XqAtc", read, &self.cluster.url("legacy")]).stdout(Stdio::piped());
        let mut reader = reader.spawn().expect("psql");
        let mut writer = Command::new("psql");
        writer.args(["-XqAtc", write, &self.cluster.url(target)]).stdin(reader.stdout.take().expect("a pipe"));
        assert!(writer.status().expect("psql").success() && reader.wait().expect("psql").success());
    }

    fn by_rehome(&self, round: usize, runtime: &tokio::runtime::Runtime) -> (Duration, u64) {
        let name = format!("rehome_{round}");
        let dir = self.home.path().join(&name);
        let url = self.target(&name, &dir, runtime);
        self.psql(&name, "checkpoint");
        let started = Instant::now();
        let memory = Self::rehome(&dir, &self.run(&url, "system_messages"));
        (started.elapsed(), memory)
    }

    /// Runs the program and gives its peak memory, in KiB.
    fn rehome<S: AsRef<std::ffi::OsStr>>(dir: &Path, args: &[S]) -> u64 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        command.arg("--dir").arg(dir).args(args).stdout(Stdio::null());
        let mut child = command.spawn().expect("rehome");
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        loop {
            if let Some(memory) = std::fs::read_to_string(&status).ok().and_then(|text| high_water(&text)) {
                peak = peak.max(memory);
            }
            if let Some(exit) = child.try_wait().expect("rehome") {
                assert!(exit.success(), "rehome failed");
                return peak;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn fingerprint_and_drop(&self, database: &str) -> String {
        let fingerprint = self.psql(database, include_str!("pipe/fingerprint.sql"));
        self.psql("postgres", &format!("drop database {database}"));
        self.psql("postgres", "checkpoint");
        fingerprint
    }

    fn psql(&self, database: &str, sql: &str) -> String {
        let mut command = Command::new("psql");
        command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.cluster.url(database)]);
        let output = command.stderr(Stdio::inherit()).output().expect("psql");
        assert!(output.status.success(), "psql failed");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}
