//! Owns the proof of what is told to OpenLineage: a run begins, and ends well or not; the way of columns is that of `rehome check`; rows are
//! those of the report; no value is in it; and a server that is away fails no run.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use serde_json::Value;

use crate::artefact::python;
use crate::cluster::Database;
use crate::program::{Program, told};
use crate::support::{rehome, repository};

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text, kind text);
insert into legacy.people select g, case when g % 9 <> 0 then 'cell-canary ' || g end, 'a' from generate_series(1, 90) g;
create table legacy.kinds (kind text primary key, label text);
insert into legacy.kinds values ('a', 'cell-canary kind');
create schema fresh;
create table fresh.people (id uuid primary key, name text not null, label text);";

const PEOPLE: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name, k.label
from source.people p left join source.kinds k on k.kind = p.kind";

fn ran(program: &Program, url: &str, place: &str, more: &[&str]) -> std::process::Output {
    let mut command: Command = program.run(url, url, &["--no-threshold", "--openlineage", place]);
    command.args(more).output().unwrap()
}

/// What does not fit, as OpenLineage's own client says.
fn misfits(events: &[Value]) -> String {
    let mut child = Command::new(python())
        .arg(repository("tests/it/python/lineage.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(Value::from(events).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// What each event must have, and must not.
fn sound(event: &Value) {
    for member in ["eventType", "eventTime", "run", "job", "inputs", "outputs", "producer", "schemaURL"] {
        assert!(!event[member].is_null(), "{member}: {event}");
    }
    assert!(uuid::Uuid::parse_str(event["run"]["runId"].as_str().unwrap()).is_ok());
    assert!(chrono::DateTime::parse_from_rfc3339(event["eventTime"].as_str().unwrap()).is_ok());
    for producer in ["producer", "schemaURL"] {
        assert!(url::Url::parse(event[producer].as_str().unwrap()).is_ok(), "{event}");
    }
    facets(event);
    assert!(!event.to_string().contains("cell-canary"));
}

/// Each facet says who made it, and its form.
fn facets(value: &Value) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        if ["facets", "inputFacets", "outputFacets"].contains(&name.as_str()) {
            for (facet, says) in inner.as_object().unwrap() {
                assert!(says["_producer"].is_string() && says["_schemaURL"].is_string(), "{facet}: {says}");
            }
        }
        facets(inner);
    }
    value.as_array().into_iter().flatten().for_each(facets);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_say_what_ran_and_where_columns_come_from() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&[("people", PEOPLE)]);
    let file = program.folder.path().join("events.jsonl");
    let output = ran(&program, &database.url, file.to_str().unwrap(), &[]);
    assert!(output.status.success(), "{}", told(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    database.run("alter table fresh.people rename to folk").await;
    let failed = ran(&program, &database.url, file.to_str().unwrap(), &["--openlineage-namespace", "lab"]);
    assert!(!failed.status.success());
    let text = std::fs::read_to_string(&file).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    events.iter().for_each(sound);
    assert_eq!(misfits(&events), "");
    the_judge_can_say_no(&events);
    let sorts: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(sorts, ["START", "COMPLETE", "START", "FAIL"]);
    assert_eq!(events[0]["run"]["runId"], events[1]["run"]["runId"]);
    assert_ne!(events[1]["run"]["runId"], events[2]["run"]["runId"]);
    assert_eq!((&events[1]["job"]["namespace"], &events[3]["job"]["namespace"]), (&"rehome".into(), &"lab".into()));
    assert_eq!(events[1]["run"]["facets"]["rehome_run"]["run"], report["run"]);
    assert!(events[3]["run"]["facets"]["errorMessage"]["message"].is_string());

    let done = &events[1];
    let inputs: BTreeSet<&str> =
        done["inputs"].as_array().unwrap().iter().map(|input| input["name"].as_str().unwrap()).collect();
    let name = database.address().database().to_owned();
    assert_eq!(
        inputs,
        [format!("{name}.legacy.kinds"), format!("{name}.legacy.people")].iter().map(String::as_str).collect()
    );
    let output = &done["outputs"][0];
    assert_eq!(output["name"], format!("{name}.fresh.people"));
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], report["flows"][0]["migrated"]);

    // The way of columns is what `rehome check` says of them.
    let snapshot = program.workspace();
    let checked = rehome(
        &snapshot,
        &[
            "check",
            "--pipeline",
            program.folder.path().join("pipeline/pipeline.toml").to_str().unwrap(),
            "--snapshot",
            "latest",
            "--lineage",
        ],
    );
    let said: BTreeSet<String> = checked["lineage"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| {
            let of = if column["column"] == "_outcome" { Value::Null } else { column["column"].clone() };
            let from = column["from"].as_array().unwrap().clone();
            from.into_iter().map(move |from| {
                format!("{of} {}.{} {} {}", from["table"], from["column"], from["value"], from["decides"])
            })
        })
        .collect();
    let of = |column: Value, inputs: &Value| -> Vec<String> {
        let one = |input: &Value| {
            let table = input["name"].as_str().unwrap().trim_start_matches(&format!("{name}.")).to_owned();
            let has = |sort: &str| input["transformations"].as_array().unwrap().iter().any(|way| way["type"] == sort);
            format!("{column} {}.{} {} {}", Value::from(table), input["field"], has("DIRECT"), has("INDIRECT"))
        };
        inputs.as_array().unwrap().iter().map(one).collect()
    };
    let lineage = &output["facets"]["columnLineage"];
    let mut told: BTreeSet<String> = of(Value::Null, &lineage["dataset"]).into_iter().collect();
    for (column, fields) in lineage["fields"].as_object().unwrap() {
        told.extend(of(Value::from(column.clone()), &fields["inputFields"]));
    }
    assert_eq!(told, said);
    assert!(said.len() > 4, "{said:?}");
}

/// Each event with one thing wrong is found out.
fn the_judge_can_say_no(events: &[Value]) {
    let wrong: [(&str, &str, Value); 8] = [
        ("/eventType", "is none of", "DONE".into()),
        ("/run/runId", "is no str", 7.into()),
        ("/job/name", "has no name", Value::Null),
        (
            "/job/facets/jobType/_schemaURL",
            "says",
            "https://openlineage.io/spec/facets/2-0-3/JobTypeJobFacet.json".into(),
        ),
        ("/inputs/0/facets/schema/fields/0/name", "has no name", Value::Null),
        ("/inputs/0/inputFacets/inputStatistics/rowCount", "is no int", "90".into()),
        (
            "/outputs/0/facets/columnLineage/fields/label/inputFields/0/transformations/0/subtype",
            "is no way",
            "GUESS".into(),
        ),
        ("/outputs/0/namespace", "is no name", "postgres://somewhere".into()),
    ];
    for (place, words, value) in wrong {
        let mut event = events[1].clone();
        let (folder, name) = place.rsplit_once('/').unwrap();
        let holder = event.pointer_mut(folder).unwrap_or_else(|| panic!("{folder}")).as_object_mut().unwrap();
        match value {
            Value::Null => drop(holder.remove(name).unwrap()),
            value => drop(holder.insert(name.to_owned(), value).unwrap()),
        }
        let told = misfits(&[event]);
        assert!(told.contains(words) && told.lines().count() == 1, "{place}: {told}");
    }
    let mut more = events[1].clone();
    more["run"]["facets"]["mood"] = more["run"]["facets"]["rehome_run"].clone();
    assert!(misfits(&[more]).contains("no facet of the specification"));
}

/// A snapshot that is given is of the same datasets as the source that it was taken of.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_has_the_names_of_its_source() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&[("people", PEOPLE)]);
    let file = program.folder.path().join("events.jsonl");
    let place = file.to_str().unwrap();
    assert!(ran(&program, &database.url, place, &[]).status.success());
    let mut command = program.command("run");
    command.args(["--no-threshold", "--target", &database.url, "--snapshot", "latest", "--openlineage", place]);
    let output = command.env_remove("REHOME_SOURCE_URL").output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let text = std::fs::read_to_string(&file).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(misfits(&events), "");
    assert_eq!(events.len(), 4);
    assert_eq!(events[1]["inputs"], events[3]["inputs"]);
    assert!(!events[1]["inputs"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_events_and_one_that_does_not_fails_no_run() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&[("people", PEOPLE)]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1/lineage", listener.local_addr().unwrap());
    let (send, events) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut text = String::new();
            let mut bytes = [0; 4096];
            let body = loop {
                let read = stream.read(&mut bytes).unwrap();
                text.push_str(&String::from_utf8_lossy(&bytes[..read]));
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length =
                    head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if length.is_some_and(|length: usize| body.len() >= length) {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let answer = if number < 2 { "201 Created" } else { "500 Oh" };
            stream
                .write_all(format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
                .unwrap();
            if send.send(body).is_err() {
                return;
            }
        }
    });
    let mut command = program.run(&database.url, &database.url, &["--no-threshold", "--openlineage", &url]);
    let output = command.env("OPENLINEAGE_API_KEY", "key-canary").output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(!told(&output).contains("key-canary") && !told(&output).contains("OpenLineage"), "{}", told(&output));
    for sort in ["START", "COMPLETE"] {
        let (head, body) = events.recv().unwrap();
        assert!(head.starts_with("POST /api/v1/lineage HTTP/1.1") && head.contains("Bearer key-canary"), "{head}");
        let event: Value = serde_json::from_str(&body).unwrap();
        sound(&event);
        assert_eq!(event["eventType"], sort);
    }
    // It answers 500 from here on; then nobody is there; then the place is no place.
    let output = ran(&program, &database.url, &url, &[]);
    assert!(output.status.success() && told(&output).contains("the server answers 500"), "{}", told(&output));
    let output = ran(&program, &database.url, "http://127.0.0.1:1/", &[]);
    assert!(output.status.success() && told(&output).contains("cannot be reached"), "{}", told(&output));
    let output = ran(&program, &database.url, "/nowhere/events.jsonl", &[]);
    assert!(output.status.success() && told(&output).contains("could not be told"), "{}", told(&output));
    let output = ran(&program, &database.url, "http://me:secret@somewhere/", &[]);
    assert!(output.status.code() == Some(2) && !told(&output).contains("secret"), "{}", told(&output));
}
