//! Owns the proof of what is told of runs that nobody watches: figures equal those of the report, health and exit codes say what happened,
//! each line of the log for machines is an object, and what the shipped dashboard and rules ask for is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use crate::cluster::Database;
use crate::program::Program;
use crate::support::repository;

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text);
insert into legacy.people select g, case when g % 9 <> 0 then 'cell-canary ' || g end from generate_series(1, 300) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null);";

const PEOPLE: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name from source.people p";

/// An answer: its status and its text.
fn get(address: &str, path: &str) -> (u16, String) {
    request(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

fn request(address: &str, text: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Samples, by name and labels; each line must be one of the three that the text form has.
fn figures(text: &str) -> BTreeMap<String, f64> {
    let sample =
        Regex::new(r#"^([a-z_]+)((?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})?) (-?[0-9.e+-]+)$"#)
            .unwrap();
    let about = Regex::new(r"^# (HELP [a-z_]+ \S.*|TYPE [a-z_]+ (gauge|counter|summary))$").unwrap();
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !about.is_match(line)) {
        let parts = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
        let before = found.insert(format!("{}{}", &parts[1], &parts[2]), parts[3].parse().unwrap());
        assert_eq!(before, None, "twice: {line}");
    }
    found
}

/// The program at work, with the lines of its log.
struct Watched {
    child: Child,
    address: String,
    log: mpsc::Receiver<Value>,
    out: mpsc::Receiver<Value>,
}

fn lines(of: impl Read + Send + 'static) -> mpsc::Receiver<Value> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(of).lines().map_while(Result::ok) {
            let read = serde_json::from_str(&line).unwrap_or_else(|_| Value::String(line));
            if send.send(read).is_err() {
                return;
            }
        }
    });
    receive
}

impl Watched {
    fn start(program: &Program, url: &str, more: &[&str]) -> Self {
        let mut command = program.run(url, url, more);
        command.args(["--metrics", "127.0.0.1:0", "--log-format", "json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let (out, log) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        let mut watched = Self { child, address: String::new(), log, out };
        let told = watched.until(|line| line["message"].as_str().is_some_and(|text| text.contains("/metrics")));
        let address = Regex::new(r"http://([0-9.:]+)/metrics").unwrap();
        address.captures(told["message"].as_str().unwrap()).unwrap()[1].clone_into(&mut watched.address);
        watched
    }

    /// The next line of the log of which this is true; each line must be an object with a time and a level.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.log.recv_timeout(Duration::from_mins(1)).unwrap();
            assert!(line["time"].is_string() && line["level"].is_string(), "{line}");
            assert!(!line.to_string().contains("cell-canary"), "{line}");
            if wanted(&line) {
                return line;
            }
        }
    }

    fn figures(&self) -> BTreeMap<String, f64> {
        let (status, text) = get(&self.address, "/metrics");
        assert_eq!(status, 200);
        assert!(!text.contains("cell-canary"));
        figures(&text)
    }

    /// Ends it as a service is ended.
    fn end(mut self) -> Option<i32> {
        // SAFETY: a signal to a process of our own that nobody has waited for yet.
        unsafe { libc::kill(libc::pid_t::try_from(self.child.id()).unwrap(), libc::SIGTERM) };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_mins(1) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        panic!("it does not end");
    }
}

/// A test that fails leaves no program behind.
impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_health_are_those_of_the_runs() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&[("people", PEOPLE)]);
    let watched = Watched::start(&program, &database.url, &["--every", "1s"]);
    let ended = watched.until(|line| line["event"] == "run");
    let report = watched.out.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!((&ended["run"], &ended["migrated"], &ended["exit_code"]), (&report["run"], &267.into(), &0.into()));
    let told = watched.figures();
    for (figure, wanted) in [
        (r#"rehome_flow_rows{flow="people",outcome="migrated"}"#, 267.0),
        (r#"rehome_flow_rows{flow="people",outcome="rejected"}"#, 33.0),
        (r#"rehome_rejects{flow="people",reason="nameless"}"#, 33.0),
        ("rehome_last_run_exit_code", 0.0),
        ("rehome_retries_total", 0.0),
        (r#"rehome_runs_total{ended="failed"}"#, 0.0),
    ] {
        assert_eq!(told.get(figure), Some(&wanted), "{figure}: {told:#?}");
    }
    assert!(told[r#"rehome_rows_total{stage="extract",item="legacy.people"}"#] >= 300.0);
    assert!(told[r#"rehome_step_seconds_count{step="load.chunk"}"#] >= 1.0);
    assert!(told["rehome_lag_seconds"] > 0.0 && told["rehome_lag_seconds"] < 60.0);
    let (status, line) = get(&watched.address, "/health");
    assert!(status == 200 && line.starts_with("ok phase="), "{line}");
    what_is_shipped_is_there(&told);

    // What only looks is answered, and nothing else.
    assert_eq!(get(&watched.address, "/").0, 404);
    let post = format!(
        "POST /metrics HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        watched.address
    );
    assert_eq!(request(&watched.address, &post).0, 405);
    // A client that says nothing holds nobody up.
    let silent = TcpStream::connect(&watched.address).unwrap();

    database.run("revoke all on schema legacy from public; alter table legacy.people rename to folk").await;
    let error = watched.until(|line| line["level"] == "error");
    assert_eq!(error["error"]["exit_code"], 2, "{error}");
    let (status, line) = get(&watched.address, "/health");
    assert!(status == 503 && line.starts_with("failed ") && line.contains("exit=2"), "{line}");
    assert_eq!(watched.figures()["rehome_last_run_exit_code"].to_string(), "2");
    database.run("alter table legacy.folk rename to people").await;
    watched.until(|line| line["event"] == "run");
    let begun = Instant::now();
    while get(&watched.address, "/health").0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(watched.figures()[r#"rehome_runs_total{ended="error"}"#] >= 1.0);
    drop(silent);
    assert_eq!(watched.end(), Some(0));
}

/// The dashboard and the rules ask for figures that are there, with labels that they have.
fn what_is_shipped_is_there(told: &BTreeMap<String, f64>) {
    let name = Regex::new(r"\brehome_[a-z_]+").unwrap();
    let names: std::collections::BTreeSet<&str> = told.keys().map(|key| key.split('{').next().unwrap()).collect();
    for file in ["docs/monitoring/alerts.yml", "docs/monitoring/dashboard.json", "docs/operations.md"] {
        let text = std::fs::read_to_string(repository(file)).unwrap();
        // `rehome_run` is a facet of OpenLineage.
        let asked = name.find_iter(&text).map(|found| found.as_str()).filter(|name| *name != "rehome_run");
        let asked: Vec<&str> = asked.collect();
        assert!(asked.len() > 8);
        for figure in asked {
            assert!(names.contains(figure), "{file}: {figure}");
        }
    }
    let dashboard = std::fs::read_to_string(repository("docs/monitoring/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 8));
    let documented = std::fs::read_to_string(repository("docs/operations.md")).unwrap();
    for figure in names {
        assert!(
            documented.contains(figure.trim_end_matches("_count").trim_end_matches("_sum")),
            "{figure} is not documented"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_for_machines_is_an_object_a_line() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&[("people", PEOPLE)]);
    let said = |mut command: Command| {
        let output = command.env("REHOME_LOG_FORMAT", "json").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.code(), lines)
    };
    let (code, lines) = said(program.run(&database.url, &database.url, &["--no-threshold"]));
    assert_eq!(code, Some(0));
    let events: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            Some(format!(
                "{} {} {}",
                line["event"].as_str()?,
                line["stage"].as_str().unwrap_or(""),
                line["item"].as_str().unwrap_or("")
            ))
        })
        .collect();
    for wanted in ["start extract legacy.people", "end extract legacy.people", "end load people", "run  "] {
        assert!(events.iter().any(|event| event == wanted), "{wanted}: {events:#?}");
    }
    let (code, lines) = said(program.run(&database.url, &database.url, &["--only", "nobody"]));
    let error = lines.last().unwrap();
    assert_eq!((code, &error["level"], &error["error"]["exit_code"]), (Some(2), &"error".into(), &2.into()));
    let mut quiet = program.run(&database.url, &database.url, &[]);
    quiet.arg("--quiet");
    assert_eq!(said(quiet), (Some(0), vec![]));
    let (code, lines) = said(program.run(&database.url, &database.url, &["--metrics", "256.0.0.1:1"]));
    assert_eq!(code, Some(2));
    assert!(lines.last().unwrap().to_string().contains("cannot listen on"));
}
