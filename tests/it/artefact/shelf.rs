//! Owns the tests of a workspace's snapshots: what is listed, found, shown and removed, and what is never touched.

use std::fs;
use std::path::Path;

use rehome::error::Kind;
use rehome::snapshot::{Origin, Snapshot, TableHeader, Writer};
use rehome::storage::Location;
use serde_json::{Value, json};

use super::{ends, files, program, with_refused};
use crate::cluster::Database;
use crate::support::people;

fn at(dir: &Path, name: &str) -> Location {
    Location::folder(&dir.join("snapshots").join(name)).unwrap()
}

/// A writer that has written a file.
async fn begun(place: Location) -> Writer {
    let writer = Writer::create(place).await.unwrap();
    let header = TableHeader { schema: "public".into(), name: "t".into(), key: Vec::new(), sorted_by: Vec::new() };
    let rows = people(3);
    writer.put_part(&header, 0, rows.schema(), std::slice::from_ref(&rows)).await.unwrap();
    writer
}

fn list(dir: &Path) -> Vec<Value> {
    ends(&mut program(dir), &["snapshot", "list"], 0).0["snapshots"].as_array().unwrap().clone()
}

fn prune(dir: &Path, args: &[&str]) -> Value {
    ends(&mut program(dir), &[&["snapshot", "prune"], args].concat(), 0).0
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

fn run(dir: &Path, run: &str, snapshot: &Snapshot) {
    let folder = dir.join("runs").join(run);
    fs::create_dir_all(&folder).unwrap();
    let record = json!({
        "run": run, "pipeline": "p.toml", "pipeline_hash": "", "snapshot": snapshot.location().to_string(),
        "snapshot_id": snapshot.id(), "flows": [], "seconds": 0.0, "load_seconds": {}, "refused": {},
        "verified": true, "tool_version": "0",
    });
    fs::write(folder.join("run.json"), record.to_string()).unwrap();
}

const USER: &str = "11111111-2222-5333-8444-555555555555";

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_listed_found_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(list(dir.path()), Vec::<Value>::new());
    ends(&mut program(dir.path()), &["snapshot", "show", "latest"], 2);
    let first = with_refused(at(dir.path(), "20250101T000000000Z-0001"), 20).await;
    let second = with_refused(at(dir.path(), "mine"), 30).await;
    run(dir.path(), USER, &first);
    drop(begun(at(dir.path(), "20250102T000000000Z-0002")).await);
    let writing = begun(at(dir.path(), "20250103T000000000Z-0003")).await;
    let broken = with_refused(at(dir.path(), "broken"), 5).await;
    let manifest = broken.location().local().unwrap().join("manifest.json");
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap().replace("somewhere", "elsewhere")).unwrap();
    fs::create_dir_all(dir.path().join("snapshots/notes")).unwrap();
    fs::write(dir.path().join("snapshots/notes/todo.txt"), "mine").unwrap();

    let found = list(dir.path());
    let state =
        |name: &str| found.iter().find(|entry| entry["name"] == name).map(|entry| entry["state"].as_str().unwrap());
    assert_eq!(state("20250101T000000000Z-0001"), Some("complete"));
    assert_eq!(state("mine"), Some("complete"));
    assert_eq!(state("20250102T000000000Z-0002"), Some("void"));
    assert_eq!(state("20250103T000000000Z-0003"), Some("writing"));
    assert_eq!(state("broken"), Some("broken"));
    assert_eq!(state("notes"), None);
    let entry = found.iter().find(|entry| entry["id"] == first.id()).unwrap();
    let figures = ["tables", "rows", "refused"].map(|name| entry[name].as_u64().unwrap());
    assert_eq!(figures, [1, 20, 2]);
    assert_eq!((&entry["used_by"], &entry["source"]["database"]), (&json!([USER]), &json!("somewhere")));
    let bytes: u64 =
        files(&first).iter().map(|name| first.location().local().unwrap().join(name).metadata().unwrap().len()).sum();
    assert_eq!(entry["bytes"], bytes);

    let shown = |place: &str| ends(&mut program(dir.path()), &["snapshot", "show", place], 0).0;
    let manifest: Value =
        serde_json::from_slice(&fs::read(first.location().local().unwrap().join("manifest.json")).unwrap()).unwrap();
    for place in [
        &first.id()[..8],
        "20250101T000000000Z-0001",
        &first.location().to_string(),
        &format!("file://{}", first.location()),
    ] {
        assert_eq!(shown(place), manifest, "{place}");
    }
    assert_eq!(shown("latest")["id"], second.id());
    ends(&mut program(dir.path()), &["snapshot", "verify", "latest"], 0);
    ends(&mut program(dir.path()), &["snapshot", "verify", "broken"], 10);
    ends(&mut program(dir.path()), &["snapshot", "verify", "20250102T000000000Z-0002"], 2);
    ends(&mut program(dir.path()), &["snapshot", "show", "ffffffff"], 2);
    let text = program(dir.path()).args(["snapshot", "show", "latest"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    for word in ["public.people: 30 rows", "2 rows refused, with the keys 31, 32", "Int32", "somewhere"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    let text = program(dir.path()).args(["snapshot", "list"]).output().unwrap();
    assert!(String::from_utf8(text.stdout).unwrap().contains(&USER[..8]));
    writing.abandon().await;
    assert!(!dir.path().join("snapshots/20250103T000000000Z-0003").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn prune_removes_what_nobody_needs_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut taken = Vec::new();
    for number in 1..=5 {
        taken.push(with_refused(at(dir.path(), &format!("2025010{number}T000000000Z-0001")), number + 2).await);
    }
    run(dir.path(), USER, &taken[1]);
    drop(begun(at(dir.path(), "20250102T000000000Z-0002")).await);
    let _writing = begun(at(dir.path(), "20250103T000000000Z-0003")).await;
    // Not ours: a file, a link to a snapshot elsewhere, a folder with our sort of name and somebody's file in it.
    let elsewhere = tempfile::tempdir().unwrap();
    let linked = with_refused(Location::folder(&elsewhere.path().join("s")).unwrap(), 9).await;
    let shelf = dir.path().join("snapshots");
    std::os::unix::fs::symlink(linked.location().local().unwrap(), shelf.join("20240101T000000000Z-0001")).unwrap();
    fs::write(shelf.join("file"), "x").unwrap();
    fs::create_dir(shelf.join("20240102T000000000Z-0001")).unwrap();
    fs::write(shelf.join("20240102T000000000Z-0001/thesis.doc"), "x").unwrap();
    let foreign = ["20240101T000000000Z-0001", "file", "20240102T000000000Z-0001"];

    let dry = prune(dir.path(), &["--keep", "2", "--dry-run"]);
    assert_eq!(list(dir.path()).len(), 7);
    let done = prune(dir.path(), &[]);
    assert_eq!(names(&done["removed"]), ["20250102T000000000Z-0002"]);
    let done = prune(dir.path(), &["--keep", "2"]);
    let removed = ["20250101T000000000Z-0001", "20250103T000000000Z-0001"];
    assert_eq!(names(&done["removed"]), removed);
    assert_eq!(names(&dry["removed"]).len(), 3);
    let left: Vec<Value> = list(dir.path()).into_iter().map(|entry| entry["name"].clone()).collect();
    assert_eq!(
        left,
        [
            "20250103T000000000Z-0003",
            "20250102T000000000Z-0001",
            "20250104T000000000Z-0001",
            "20250105T000000000Z-0001"
        ]
    );
    assert!(removed.iter().all(|name| !shelf.join(name).exists()));
    for name in foreign {
        assert!(fs::symlink_metadata(shelf.join(name)).is_ok(), "{name}");
        ends(&mut program(dir.path()), &["snapshot", "prune", name], 2);
    }
    assert_eq!(linked.verify(&rehome::progress::Silent, &rehome::cancel::Cancel::new()).await.unwrap().bad, []);

    // Named, also one that a run uses goes; one in the making does not, nor one with somebody's file in it.
    ends(&mut program(dir.path()), &["snapshot", "prune", "20250103T000000000Z-0003"], 9);
    fs::write(shelf.join("20250104T000000000Z-0001/data/thesis.doc"), "x").unwrap();
    ends(&mut program(dir.path()), &["snapshot", "prune", taken[1].id(), taken[3].id()], 2);
    assert_eq!(list(dir.path()).len(), 4, "nothing goes when something may not");
    let done = prune(dir.path(), &[&taken[1].id()[..10]]);
    assert_eq!(names(&done["removed"]), ["20250102T000000000Z-0001"]);

    // A run that has not finished may need any that is older than what it wrote.
    fs::remove_file(shelf.join("20250104T000000000Z-0001/data/thesis.doc")).unwrap();
    fs::create_dir_all(dir.path().join("runs/22222222-2222-5333-8444-555555555555/flow")).unwrap();
    assert_eq!(names(&prune(dir.path(), &["--keep", "0"])["removed"]), Vec::<&str>::new());
    fs::remove_dir_all(dir.path().join("runs/22222222-2222-5333-8444-555555555555")).unwrap();
    fs::create_dir_all(dir.path().join("runs/what-if-123/flow")).unwrap();
    assert_eq!(names(&prune(dir.path(), &["--keep", "0"])["removed"]).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_of_one_place_do_no_harm() {
    // In a folder the second is told at once.
    let dir = tempfile::tempdir().unwrap();
    let place = Location::folder(&dir.path().join("s")).unwrap();
    let first = begun(place.clone()).await;
    assert_eq!(Writer::create(place.clone()).await.unwrap_err().kind(), Kind::Locked);
    first.abandon().await;
    assert!(!dir.path().join("s").exists());

    // In an object store the first to publish has it, and the other takes nothing of it away.
    let place = super::memory();
    let rows = people(20);
    let header = TableHeader { schema: "public".into(), name: "t".into(), key: Vec::new(), sorted_by: Vec::new() };
    let (one, other) = (Writer::create(place.clone()).await.unwrap(), begun(place.clone()).await);
    let left = Writer::create(place.clone()).await.unwrap();
    let mut entries = Vec::new();
    for writer in [&left, &one, &other] {
        let file = writer.put_part(&header, 0, rows.schema(), std::slice::from_ref(&rows)).await.unwrap();
        entries.push(header.table(&rows.schema(), vec![file]));
    }
    let snapshot = one.publish(Origin::default(), vec![entries[1].clone()]).await.unwrap();
    assert_eq!(place.list().await.unwrap().len(), 2, "what others left is gone");
    assert_eq!(other.publish(Origin::default(), vec![entries[2].clone()]).await.unwrap_err().kind(), Kind::Config);
    left.abandon().await;
    let found = super::verify(&snapshot).await;
    assert_eq!((found.bad.len(), found.strays.len()), (0, 0));

    // Files that vanish meanwhile keep the snapshot from being published.
    let place = super::memory();
    let writer = Writer::create(place.clone()).await.unwrap();
    let file = writer.put_part(&header, 0, rows.schema(), std::slice::from_ref(&rows)).await.unwrap();
    place.remove(&file.path).await.unwrap();
    let error = writer.publish(Origin::default(), vec![header.table(&rows.schema(), vec![file])]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Retryable);
    assert_eq!(place.list().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_a_snapshot_is_as_it_was() {
    let database =
        Database::with("create table t (id int primary key); insert into t select generate_series(1, 9)").await;
    let dir = tempfile::tempdir().unwrap();
    let (taken, _) = ends(&mut program(dir.path()), &["snapshot", "--source", &database.url, "--tables", "t"], 0);
    assert!(taken["place"].as_str().unwrap().contains("/snapshots/"));
    // The variables of the environment belong to taking one, and do not get in the way of the rest.
    let variables = |command: &mut std::process::Command| {
        command.env("REHOME_SOURCE_URL", &database.url).env("REHOME_PIPELINE", "nowhere.toml");
    };
    for args in [&["snapshot", "list"][..], &["snapshot", "verify", "latest"], &["snapshot", "show", "latest"]] {
        let mut command = program(dir.path());
        variables(&mut command);
        ends(&mut command, args, 0);
    }
    let mut command = program(dir.path());
    command.env("REHOME_SOURCE_URL", &database.url);
    let (again, _) = ends(&mut command, &["snapshot"], 0);
    assert_eq!(again["snapshot"], taken["snapshot"]);
    assert_eq!(list(dir.path()).len(), 2);
    ends(&mut program(dir.path()), &["snapshot"], 2);
    ends(&mut program(dir.path()), &["snapshot", "--source", &database.url, "list"], 2);
    // Of two with the same content the newest is meant; to remove one, its name is needed.
    let id = taken["snapshot"].as_str().unwrap();
    ends(&mut program(dir.path()), &["snapshot", "show", id], 0);
    ends(&mut program(dir.path()), &["snapshot", "prune", id], 2);
}
