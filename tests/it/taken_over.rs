//! Owns the proof that a run takes over what has not changed, and nothing else; and that it is told where time went.
//! Must not know: how outcomes are compared or loaded.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use crate::again::{DDL, NOTES, PEOPLE, ROWS};
use crate::cluster::Database;
use crate::program::{Program, ends};

/// Of the outcome files of a flow of a run: how many are those of another run too, and how many are its own.
fn shared_and_own(program: &Program, run: &str, flow: &str) -> (usize, usize) {
    let folder = program.workspace().join("runs").join(run).join(flow);
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let files = files.flat_map(|outcome| std::fs::read_dir(outcome.path()).unwrap().flatten());
    let links: Vec<u64> = files.map(|file| file.metadata().unwrap().nlink()).collect();
    (links.iter().filter(|links| **links > 1).count(), links.iter().filter(|links| **links == 1).count())
}

async fn ran(program: &Program, database: &Database, more: &[&str]) -> Value {
    let ended = ends(program.run(&database.url, &database.url, more)).await;
    let told: Value = serde_json::from_slice(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert_eq!((&told["conserved"], &told["verified"]), (&true.into(), &true.into()), "{told:#}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_that_nothing_touches_are_taken_over_and_no_others() {
    let database = Database::with(&[DDL, ROWS].concat()).await;
    let program = Program::over(&[("people", PEOPLE), ("notes", NOTES)]);
    let is_own = |run: &Value, flow: &str| {
        let (shared, own) = shared_and_own(&program, run["run"].as_str().unwrap(), flow);
        assert!(shared + own > 0 && (shared == 0 || own == 0), "{flow}: {shared} and {own}");
        own > 0
    };
    let first = ran(&program, &database, &["--no-threshold"]).await;
    assert!(is_own(&first, "people") && is_own(&first, "notes"));
    // Notes read people; nobody reads notes.
    database.run("update legacy.note set body = body || '!' where id % 7 = 1").await;
    let second = ran(&program, &database, &["--no-threshold"]).await;
    assert_ne!(first["run"], second["run"]);
    assert!(!is_own(&second, "people") && is_own(&second, "notes"));
    assert_eq!(second["flows"][0]["source_rows"], first["flows"][0]["source_rows"]);
    database.run("update legacy.person set score = 1 where id = 7").await;
    let third = ran(&program, &database, &["--no-threshold"]).await;
    assert!(is_own(&third, "people") && is_own(&third, "notes"), "what reads a flow that differs is made anew");
    // A column that no flow writes is nothing to them.
    database.run("update legacy.note set body = body || '?' where id = 9; alter table fresh.people add column at timestamptz").await;
    let fourth = ran(&program, &database, &["--no-threshold"]).await;
    assert!(!is_own(&fourth, "people") && is_own(&fourth, "notes"));
    // Rules that differ.
    let rules = program.folder.path().join("pipeline/flows/people.sql");
    let text = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, text.replace("p.name, p.email", "upper(p.name) as name, p.email")).unwrap();
    database.run("update legacy.note set body = body || '?' where id = 10").await;
    let fifth = ran(&program, &database, &["--no-threshold"]).await;
    assert!(is_own(&fifth, "people") && is_own(&fifth, "notes"));
    let upper = database.text("select count(*)::text from fresh.people where name = upper(name)").await;
    assert_ne!(upper, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_where_time_went() {
    let database = Database::with(&[DDL, ROWS].concat()).await;
    let program = Program::over(&[("people", PEOPLE), ("notes", NOTES)]);
    let trace = program.folder.path().join("trace.json");
    let more = ["--no-threshold", "--timings", "--trace", trace.to_str().unwrap()];
    let ended = ends(program.run(&database.url, &database.url, &more)).await;
    assert!(ended.status.success(), "{ended:?}");
    let told = String::from_utf8(ended.stderr).unwrap();
    let line = told.lines().find(|line| line.starts_with("{\"timings\"")).unwrap_or_else(|| panic!("{told}"));
    let told: Value = serde_json::from_str(line).unwrap();
    let spent = told["timings"].as_array().unwrap();
    for (stage, step, of) in [
        ("extract", "part", "legacy.person"),
        ("transform", "flow", "people"),
        ("transform", "encode", "notes"),
        ("load", "flow", "notes"),
        ("load", "send", "fresh.people"),
        ("verify", "mappings", ""),
        ("report", "count", ""),
    ] {
        let is_it = |one: &&Value| one["stage"] == stage && one["step"] == step && one["of"] == of;
        let one = spent.iter().find(is_it).unwrap_or_else(|| panic!("{stage} {step} {of} is not in {told:#}"));
        assert!(one["seconds"].as_f64().unwrap() >= one["busy"].as_f64().unwrap(), "{one:#}");
    }
    let rows = spent.iter().find(|one| one["step"] == "flow" && one["of"] == "notes" && one["stage"] == "transform");
    assert_eq!(rows.unwrap()["rows"], 1500);
    holds_names_alone(&trace);
}

/// The trace is what Perfetto reads, and says no more than names and counts.
fn holds_names_alone(trace: &Path) {
    let text = std::fs::read_to_string(trace).unwrap();
    let events: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(
        events.iter().any(|event| event["name"] == "load.copy" || event["name"] == "load.send"),
        "{}",
        events.len()
    );
    for value in ["person 7", "note 9", "p7@x", "postgres://", "password"] {
        assert!(!text.contains(value), "{value}");
    }
}
