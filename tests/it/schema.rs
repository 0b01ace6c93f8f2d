//! Owns the proof of what `rehome schema` promises: what users write and what commands print is as the schemas say.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::expect;
use serde_json::{Value, json};

use crate::artefact::python;
use crate::cluster::Database;
use crate::program::{Program, ends};
use crate::spoken::said;
use crate::support::repository;

/// What the program gives as JSON.
fn schema(name: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rehome")).args(["schema", name]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What does not fit, as a validator that is not ours says.
fn misfits(documents: &[(&str, Value)]) -> String {
    let asked: Vec<Value> = documents.iter().map(|(name, document)| json!([name, schema(name), document])).collect();
    let mut child = Command::new(python())
        .arg(repository("tests/it/python/schema.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::Array(asked).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The TOML of a header, as JSON; an empty one where there is none.
fn header(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    let inner = text.split_once("/*---").and_then(|(_, rest)| rest.split_once("---*/")).map_or("", |(inner, _)| inner);
    toml_json(inner)
}

fn toml_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
}

#[test]
fn what_is_shipped_is_as_the_schemas_say() {
    let mut documents = Vec::new();
    for file in std::fs::read_dir(repository("pipelines")).unwrap() {
        documents.push(("pipeline", toml_json(&std::fs::read_to_string(file.unwrap().path()).unwrap())));
    }
    for (folder, name) in
        [("flows", "flow"), ("shared", "shared"), ("checks", "check-header"), ("reports", "report-header")]
    {
        for file in std::fs::read_dir(repository("sql/dispatch").join(folder)).unwrap() {
            documents.push((name, header(&file.unwrap().path())));
        }
    }
    assert!(documents.len() > 100);
    assert_eq!(misfits(&documents), "");
    // The oracle can say no.
    for (name, wrong) in [
        ("pipeline", json!({ "name": "p", "flow": "flows" })),
        ("pipeline", json!({ "flows": "flows" })),
        ("flow", json!({ "source": "a", "on_gone": "remove" })),
        ("flow", json!({ "source": 7 })),
    ] {
        assert_ne!(misfits(&[(name, wrong.clone())]), "", "{wrong}");
    }
}

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text, born date, boss int);
insert into legacy.people select g, case when g % 7 <> 0 then 'person ' || g end, date '1980-01-01' + g, g / 2
from generate_series(1, 60) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null, born date, boss_id uuid references fresh.people);
";
const FLOW: &str = "/*---
source = \"people\"
---*/
select p.id as _key,
    case when p.name is null then reject('nameless') else migrate() end as _outcome,
    warnings(p.boss = 0, 'no_boss') as _warnings,
    p.name, p.born, case when p.boss > 0 and b.name is not null then legacy_uuid('people', p.boss) end as boss_id
from source.people p left join source.people b on b.id = p.boss";

#[tokio::test(flavor = "multi_thread")]
async fn what_commands_print_is_as_the_schemas_say() {
    let (database, program) = (Database::with(SOURCE).await, Program::over(&[("people", FLOW)]));
    let url = database.url.as_str();
    let mut documents = Vec::new();
    let bundle = program.folder.path().join("run.zip").display().to_string();
    for (name, words, more) in [
        ("snapshot", "snapshot", vec!["--source", url, "--schemas", "legacy"]),
        ("snapshot-list", "snapshot list", vec![]),
        ("snapshot-show", "snapshot show latest", vec![]),
        ("snapshot-verify", "snapshot verify latest", vec![]),
        ("run", "what-if", vec!["--snapshot", "latest"]),
        ("plan", "plan", vec!["--source", url, "--target", url]),
        ("run", "run", vec!["--source", url, "--target", url]),
        ("plan", "plan", vec!["--source", url, "--target", url]),
        ("run", "report", vec!["latest"]),
        ("evidence", "evidence latest", vec!["-o", &bundle, "--target", url]),
        ("evidence-verify", "evidence verify", vec![&bundle, "--target", url]),
        ("rollback", "rollback", vec!["--target", url]),
        ("snapshot-prune", "snapshot prune --keep 0", vec![]),
    ] {
        let mut words = words.split(' ');
        let mut command = program.command(words.next().unwrap());
        command.args(words).args(more);
        let output = ends(command).await;
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        documents.push((name, serde_json::from_slice(&output.stdout).unwrap()));
    }
    let mut wrong = program.command("run");
    wrong.args(["--target", url]);
    documents.push(("error", serde_json::from_slice(&ends(wrong).await.stderr).unwrap()));
    assert_eq!(tokio::task::spawn_blocking(move || misfits(&documents)).await.unwrap(), "");
}

/// Rules under which other rows are rejected, and one warning more is given.
const OTHERWISE: &str = "/*---
source = \"people\"
---*/
select p.id as _key,
    case when p.name is null or p.id > 50 then reject('nameless') when p.id = 3 then skip('test') else migrate() end as _outcome,
    warnings(p.boss = 0, 'no_boss', p.born > date '1980-02-01', 'young') as _warnings,
    p.name, p.born, cast(null as varchar) as boss_id
from source.people p";

/// What is wrong with a target is told too.
const CHANGE: &str = "update fresh.people set name = reverse(name)";

/// The same of the commands that a migration is rehearsed with: each is asked for as much as it can tell.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_rehearsal_prints_is_as_the_schemas_say() {
    let (database, program) = (Database::with(SOURCE).await, Program::over(&[("people", FLOW)]));
    let other = Program::over(&[("people", OTHERWISE)]);
    let (url, folder) = (database.url.as_str(), program.folder.path());
    let file = |of: &Program| of.folder.path().join("pipeline/pipeline.toml").display().to_string();
    let (own, others) = (file(&program), file(&other));
    let place = |name: &str| folder.join(name).display().to_string();
    let (drafted, rows, parquet) = (place("drafted"), place("rows.csv"), place("rows"));
    let mut documents = Vec::new();
    for (name, words, more, code) in [
        (
            "init",
            "init",
            vec![
                "--source",
                url,
                "--target",
                url,
                "--schemas",
                "legacy",
                "--target-schema",
                "fresh",
                "--out",
                &drafted,
            ],
            0,
        ),
        ("check", "check --snapshot latest --lineage", vec!["--pipeline", &own, "--source", url, "--target", url], 0),
        ("check", "check --pipeline dispatch", vec![], 0),
        ("doctor", "doctor", vec!["--source", url, "--target", url, "--pipeline", &own], 0),
        ("bench", "bench", vec![&own, "--source", url, "--target", url], 0),
        ("difference", "what-if --snapshot latest --against", vec![&others], 0),
        ("run", "run --snapshot latest", vec!["--target", url], 0),
        ("verify", "verify", vec!["--target", url], 7),
        ("explain", "explain people 7", vec![], 0),
        ("explain", "explain people 11 --values", vec!["--target", url], 0),
        ("query", "query", vec!["select * from migrated.people"], 0),
        ("query-tables", "query .tables", vec![], 0),
        ("query-reasons", "query .reasons", vec![], 0),
        ("query-schema", "query .schema", vec![], 0),
        ("test", "test --coverage --pipeline dispatch", vec![], 0),
        ("quarantine-list", "quarantine list", vec![], 0),
        ("quarantine-list", "quarantine list", vec!["--target", url], 0),
        ("quarantine-export", "quarantine export --out", vec![&parquet, "--as", "parquet"], 0),
        ("quarantine-export", "quarantine export --flow people --out", vec![&rows], 0),
        (
            "quarantine-retry",
            "quarantine retry --dry-run",
            vec!["--pipeline", &own, "--target", url, "--from", &rows],
            0,
        ),
        ("quarantine-retry", "quarantine retry", vec!["--pipeline", &own, "--target", url, "--from", &rows], 0),
    ] {
        if name == "quarantine-retry" {
            let text = std::fs::read_to_string(&rows).unwrap();
            std::fs::write(&rows, text.replacen("\n7,,", "\n7,named,", 1)).unwrap();
        }
        if name == "verify" {
            database.run(CHANGE).await;
        }
        let mut words = words.split(' ');
        let mut command = program.command(words.next().unwrap());
        command.args(words).args(more);
        let output = ends(command).await;
        if name == "verify" {
            database.run(CHANGE).await;
        }
        assert_eq!(output.status.code(), Some(code), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        documents.push((name, serde_json::from_slice(&output.stdout).unwrap()));
    }
    let manifest = std::fs::read(format!("{rows}.manifest.json")).unwrap();
    documents.push(("quarantine-manifest", serde_json::from_slice(&manifest).unwrap()));
    for entry in std::fs::read_dir(Path::new(&drafted)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            documents.push(("pipeline", toml_json(&std::fs::read_to_string(path).unwrap())));
        }
    }
    for entry in std::fs::read_dir(Path::new(&drafted).join("flows")).unwrap() {
        documents.push(("flow", header(&entry.unwrap().path())));
    }
    assert_eq!(tokio::task::spawn_blocking(move || misfits(&documents)).await.unwrap(), "");
}

#[test]
fn the_schemas_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    expect![[r#"
         schema               of
         pipeline             a pipeline file
         flow                 the header of a flow's file
         shared               the header of a shared view's file
         check-header         the header of a check's file
         report-header        the header of a report's file
         init                 what init prints
         run                  what run, what-if, report and demo print
         difference           what what-if --against prints
         explain              what explain prints
         query                what query prints
         query-tables         what query .tables prints
         query-schema         what query .schema prints
         query-reasons        what query .reasons prints
         verify               what verify prints
         doctor               what doctor prints
         load-worker          what load-worker prints
         bench                what bench prints
         test                 what test prints
         quarantine-list      what quarantine list prints
         quarantine-export    what quarantine export prints
         quarantine-manifest  what stands beside an export
         quarantine-retry     what quarantine retry prints
         evidence             what evidence prints
         evidence-verify      what evidence verify prints
         plan                 what plan prints
         rollback             what rollback prints
         check                what check prints
         snapshot             what snapshot and sample print
         snapshot-list        what snapshot list prints
         snapshot-show        what snapshot show prints: the manifest
         snapshot-verify      what snapshot verify prints
         snapshot-prune       what snapshot prune prints
         error                what every command prints on stderr when it fails
        --- exit 0
    "#]]
    .assert_eq(&said(dir.path(), &["schema"]));
    expect![[r#"
        --- stderr
        error: there is no schema 'flows'
           hint: did you mean 'flow'?
        --- exit 2
    "#]]
    .assert_eq(&said(dir.path(), &["schema", "flows"]));
}
