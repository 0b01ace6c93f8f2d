//! Owns the proof of what a collector of OpenTelemetry is told, which reads it by OpenTelemetry's own definitions: spans are a tree from a run
//! to its chunks, their rows are those of the report, no value is in them; and a collector that is away, slow or refuses changes nothing.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::artefact::python;
use crate::cluster::Database;
use crate::program::{Program, ends, told};
use crate::support::repository;

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text);
insert into legacy.people
select g, case when g % 9 <> 0 then 'cell-canary ' || g end from generate_series(1, 120000) g;
create table legacy.notes (id int primary key, person int, note text);
insert into legacy.notes select g, g, 'cell-canary note ' || g from generate_series(1, 300) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null);
create table fresh.notes (id uuid primary key, person_id uuid references fresh.people, note text);";

const PEOPLE: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name from source.people p";

const NOTES: &str = "/*--- source = \"notes\" ---*/
select n.id as _key, case when p._key is null then skip('of nobody') else migrate() end as _outcome, p.id as person_id, n.note
from source.notes n left join migrated.people p on p._key = n.person";

/// A collector, which ends when this does.
struct Collector {
    url: String,
    answers: Lines<BufReader<ChildStdout>>,
    stdin: ChildStdin,
    _process: Child,
}

impl Collector {
    fn start() -> Self {
        let mut process = Command::new(python())
            .arg(repository("tests/it/python/collector.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = answers.next().unwrap().unwrap();
        Self { url, answers, stdin: process.stdin.take().unwrap(), _process: process }
    }

    fn ask(&mut self, what: &str) -> Value {
        writeln!(self.stdin, "{what}").unwrap();
        serde_json::from_str(&self.answers.next().unwrap().unwrap()).unwrap()
    }

    /// All spans that it has taken; each request must be as the definitions are.
    fn spans(&mut self) -> Vec<Span> {
        let requests = self.ask("told");
        let mut spans = Vec::new();
        for request in requests.as_array().unwrap() {
            assert_eq!((&request["path"], &request["known"]), (&"/v1/traces".into(), &true.into()));
            assert_eq!(request["headers"]["content-type"], "application/x-protobuf");
            let raw = request["raw"].as_str().unwrap();
            for secret in ["cell-canary", "postgres://", "token-canary", "person 7"] {
                assert!(!raw.contains(secret), "{secret}");
            }
            if request["status"] != 200 {
                continue;
            }
            for resource in request["told"]["resourceSpans"].as_array().unwrap() {
                let of = attributes(&resource["resource"]);
                assert_eq!(of["service.version"], env!("CARGO_PKG_VERSION"));
                for scope in resource["scopeSpans"].as_array().unwrap() {
                    assert_eq!(scope["scope"]["name"], "rehome");
                    spans.extend(scope["spans"].as_array().unwrap().iter().map(|span| Span::of(span, &of)));
                }
            }
        }
        spans
    }
}

fn attributes(of: &Value) -> BTreeMap<String, Value> {
    let one = |pair: &Value| {
        let value = &pair["value"];
        let int = value["intValue"].as_str().and_then(|int| int.parse::<u64>().ok()).map(Value::from);
        (pair["key"].as_str().unwrap().to_owned(), int.unwrap_or_else(|| value["stringValue"].clone()))
    };
    of["attributes"].as_array().into_iter().flatten().map(one).collect()
}

#[derive(Debug, Clone)]
struct Span {
    id: String,
    parent: Option<String>,
    trace: String,
    name: String,
    begin: u64,
    end: u64,
    failed: bool,
    service: String,
    told: BTreeMap<String, Value>,
}

impl Span {
    fn of(span: &Value, resource: &BTreeMap<String, Value>) -> Self {
        let text = |name: &str| span[name].as_str().map(str::to_owned);
        let time = |name: &str| text(name).unwrap().parse().unwrap();
        assert_eq!(span["kind"], "SPAN_KIND_INTERNAL");
        Self {
            id: text("spanId").unwrap(),
            parent: text("parentSpanId"),
            trace: text("traceId").unwrap(),
            name: text("name").unwrap(),
            begin: time("startTimeUnixNano"),
            end: time("endTimeUnixNano"),
            failed: span["status"]["code"] == "STATUS_CODE_ERROR",
            service: resource["service.name"].as_str().unwrap().to_owned(),
            told: attributes(span),
        }
    }

    fn flow(&self) -> &str {
        self.told.get("rehome.flow").and_then(Value::as_str).unwrap_or_default()
    }

    fn count(&self, name: &str) -> u64 {
        self.told.get(&format!("rehome.{name}")).and_then(Value::as_u64).unwrap_or_default()
    }
}

/// What the spans are within: names from the root to each.
fn ways(spans: &[Span]) -> Vec<(String, &Span)> {
    let by_id: BTreeMap<&str, &Span> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "identifiers are given once");
    let way = |span| {
        let (mut way, mut at): (Vec<&str>, &Span) = (Vec::new(), span);
        loop {
            way.push(&at.name);
            let Some(parent) = &at.parent else { break };
            let parent = by_id.get(parent.as_str()).unwrap_or_else(|| panic!("{} has no parent among them", at.name));
            assert_eq!(at.trace, parent.trace);
            assert!(at.begin >= parent.begin && at.end >= at.begin, "{at:?} {parent:?}");
            at = parent;
        }
        way.reverse();
        (way.join(" > "), span)
    };
    spans.iter().map(way).collect()
}

fn sum(spans: &[Span], name: &str, flow: &str) -> u64 {
    spans.iter().filter(|span| span.name == name && span.flow() == flow).map(|span| span.count("rows")).sum()
}

fn sent_to(mut command: Command, url: &str) -> Command {
    command.args(["--otlp", url]);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_a_tree_down_to_its_chunks() {
    let (database, mut collector) = (Database::with(SOURCE).await, Collector::start());
    let program = Program::over(&[("people", PEOPLE), ("notes", NOTES)]);
    let mut command = sent_to(program.run(&database.url, &database.url, &["--no-threshold"]), &collector.url);
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20token-canary,x-tenant=7");
    command.env("OTEL_SERVICE_NAME", "the move");
    let output = ends(command).await;
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(told(&output), "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let headers = &collector.ask("told")[0]["headers"];
    assert_eq!((&headers["authorization"], &headers["x-tenant"]), (&"Bearer token-canary".into(), &"7".into()));
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.service == "the move" && !span.failed));

    let ways = ways(&spans);
    let roots: Vec<&Span> = spans.iter().filter(|span| span.parent.is_none()).collect();
    assert_eq!(roots.len(), 1, "{roots:#?}");
    let run = roots[0];
    assert_eq!((run.name.as_str(), &run.told["rehome.run"]), ("run", &report["run"]));
    assert_eq!((&run.told["rehome.snapshot"], &run.told["rehome.exit_code"]), (&report["snapshot"], &0.into()));
    for way in [
        "run > extract > extract.part",
        "run > prepare > transform.plan_ahead",
        "run > transform > transform.flow > transform.encode",
        "run > transform > transform.flow > transform.store",
        "run > load > load.flow > load.chunk > load.claim",
        "run > load > load.flow > load.chunk > load.encode",
        "run > load > load.flow > load.chunk > load.send",
        "run > load > load.flow > load.chunk > load.commit",
        "run > load > load.flow > load.quarantine",
        "run > load > load.finish",
        "run > verify > verify.rows",
        "run > report > report.count",
    ] {
        assert!(ways.iter().any(|(found, _)| found == way), "{way} is not among {:#?}", names(&ways));
    }
    // Steps of single batches are left out.
    assert!(!spans.iter().any(|span| span.name == "transform.divide" || span.name == "extract.parquet"));

    for flow in report["flows"].as_array().unwrap() {
        let name = flow["flow"].as_str().unwrap();
        let count = |of: &str| flow[of].as_u64().unwrap();
        assert_eq!(sum(&spans, "transform.flow", name), count("source_rows"), "{name}");
        assert_eq!(sum(&spans, "load.flow", name), count("migrated"), "{name}");
        assert_eq!(sum(&spans, "load.chunk", name), count("migrated"), "{name}");
        assert_eq!(sum(&spans, "load.quarantine", name), count("rejected"), "{name}");
        let made = spans.iter().find(|span| span.name == "transform.flow" && span.flow() == name).unwrap();
        for outcome in ["migrated", "rejected", "skipped"] {
            assert_eq!(made.count(outcome), count(outcome), "{name} {outcome}");
        }
    }
    let chunks = spans.iter().filter(|span| span.name == "load.chunk" && span.flow() == "people").count();
    assert_eq!(chunks, 2);
    let read: u64 = spans.iter().filter(|span| span.name == "extract.part").map(|span| span.count("rows")).sum();
    assert_eq!(read, 120_300);
    assert!(spans.iter().filter(|span| span.name == "transform.store").all(|span| span.count("bytes") > 0));
}

fn names(ways: &[(String, &Span)]) -> std::collections::BTreeSet<String> {
    ways.iter().map(|(way, _)| way.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_trials_and_runs_that_fail_are_told_too() {
    let (database, mut collector) = (Database::with(SOURCE).await, Collector::start());
    let program = Program::over(&[("people", PEOPLE), ("notes", NOTES)]);
    // The environment names the collector.
    let endpoint = |mut command: Command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
        command
    };
    let mut take = endpoint(program.command("snapshot"));
    take.args(["--source", &database.url, "--schemas", "legacy"]);
    assert!(ends(take).await.status.success());
    let mut trial = endpoint(program.command("what-if"));
    trial.args(["--snapshot", "latest"]);
    assert!(ends(trial).await.status.success());
    // Rows below the threshold.
    let failed = ends(endpoint(program.run(&database.url, &database.url, &["--only", "people"]))).await;
    let code = failed.status.code().unwrap();
    // Nothing is sent that is not to be.
    let mut silent = endpoint(program.command("what-if"));
    silent.args(["--snapshot", "latest"]).env("OTEL_SDK_DISABLED", "true");
    assert!(ends(silent).await.status.success());

    let spans = collector.spans();
    let ways = names(&ways(&spans));
    for way in
        ["snapshot > extract > extract.part", "what-if > transform > transform.flow", "what-if > report > report.count"]
    {
        assert!(ways.contains(way), "{way} is not among {ways:#?}");
    }
    let roots: Vec<(&str, bool, u64)> = spans
        .iter()
        .filter(|span| span.parent.is_none())
        .map(|span| (span.name.as_str(), span.failed, span.count("exit_code")))
        .collect();
    assert_eq!(roots, [("snapshot", false, 0), ("what-if", false, 0), ("run", code != 0, code.unsigned_abs().into())]);
    assert!(spans.iter().all(|span| span.service == "rehome"));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_follow_each_other_are_trees_of_their_own() {
    let (database, mut collector) = (Database::with(SOURCE).await, Collector::start());
    let program = Program::over(&[("people", PEOPLE)]);
    let mut command = sent_to(program.run(&database.url, &database.url, &["--no-threshold"]), &collector.url);
    let mut child = command
        .args(["--every", "1s"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        let roots = collector.spans().iter().filter(|span| span.parent.is_none()).count();
        assert!(begun.elapsed() < Duration::from_mins(1), "{roots} runs");
        if roots >= 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    // SAFETY: a signal to a process of our own that nobody has waited for yet.
    unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), libc::SIGTERM) };
    child.wait().unwrap();
    let spans = collector.spans();
    let ways = ways(&spans);
    assert!(ways.iter().all(|(way, _)| way.starts_with("run")), "{:#?}", names(&ways));
    let roots: Vec<&Span> = spans.iter().filter(|span| span.parent.is_none()).collect();
    assert!(roots.len() >= 2 && roots[0].trace != roots[1].trace);
    assert_eq!(sum(&spans, "load.chunk", "people"), 106_667);
}

/// What a run has made of all rows: of the report what does not depend on the clock, and the target.
async fn made(database: &Database, output: &Output) -> (Option<i32>, Value, String) {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let flows = report["flows"].as_array().unwrap().iter();
    let counts =
        flows.map(|flow| serde_json::json!([flow["flow"], flow["migrated"], flow["rejected"], flow["reasons"]]));
    let rows = "select md5(string_agg(p::text, ',' order by id)) from fresh.people p";
    (output.status.code(), counts.collect(), database.text(rows).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_slow_or_refuses_changes_nothing() {
    let mut collector = Collector::start();
    let undisturbed = {
        let database = Database::with(SOURCE).await;
        let program = Program::over(&[("people", PEOPLE)]);
        let begun = Instant::now();
        let output = ends(program.run(&database.url, &database.url, &["--no-threshold"])).await;
        (made(&database, &output).await, begun.elapsed())
    };
    assert_eq!(undisturbed.0.0, Some(0));
    let url = collector.url.clone();
    let dead = "http://127.0.0.1:1".to_owned();
    for (mood, url, why) in [
        ("200", &dead, "cannot be reached"),
        ("503", &url, "answers 503"),
        ("401", &url, "answers 401"),
        ("slow", &url, ""),
    ] {
        collector.ask(&format!("mood {mood}"));
        let database = Database::with(SOURCE).await;
        let program = Program::over(&[("people", PEOPLE)]);
        let begun = Instant::now();
        let output = ends(sent_to(program.run(&database.url, &database.url, &["--no-threshold"]), url)).await;
        let took = begun.elapsed();
        assert_eq!(made(&database, &output).await, undisturbed.0, "{mood} {url}");
        // It waits a moment at the end, and no more; twice the time is what the machine may be busy with besides.
        assert!(
            took < undisturbed.1 * 2 + Duration::from_secs(6),
            "{mood} {url}: {took:?} in place of {:?}",
            undisturbed.1
        );
        let said = told(&output);
        let warnings = said.lines().filter(|line| line.contains("traces cannot be given")).count();
        assert!(said.contains(why) && warnings == usize::from(!why.is_empty()), "{mood} {url}: {said}");
    }
    // What is typed must be right; what the environment has for others need not be.
    let program = Program::over(&[("people", PEOPLE)]);
    let output = ends(sent_to(program.command("what-if"), "http://me:token-canary@somewhere")).await;
    assert!(output.status.code() == Some(2) && !told(&output).contains("token-canary"), "{}", told(&output));
    for (name, value) in [("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        command.arg("sql").env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").env(name, value);
        let output = ends(command).await;
        assert!(output.status.success() && told(&output).contains("is not used"), "{}", told(&output));
    }
}
