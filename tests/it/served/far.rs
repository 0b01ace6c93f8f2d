//! Owns the proof of two runs held beside each other, row by row, where outcomes lie in a folder and where they lie in an object store.

use std::process::Command;

use super::{Scene, Served, links};
use crate::artefact::stores::Store;
use crate::cluster::Database;
use crate::program::{Program, ends, told};

/// The figure of a page, by its name.
fn figure(page: &str, name: &str) -> Option<u64> {
    let page = page.replace("&#x2f;", "/");
    let (_, rest) = page.split_once(&format!("data-figure=\"{name}\""))?;
    rest.split_once("data-value=\"")?.1.split('"').next()?.parse().ok()
}

/// How many rows moved, in all lines.
fn moves(page: &str) -> usize {
    page.matches("data-figure=\"moved.").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_ended_differently_are_counted() {
    let scene = Scene::new().await;
    let served = scene.serve(&[]);
    let path = format!("/compare?before={}&after={}", scene.runs[0], scene.runs[1]);
    let page = served.get(&path).text();
    // Two people lost their names, and their notes with them; a note is gone.
    assert_eq!(figure(&page, "moved.people.migrated.rejected (nameless)"), Some(2), "{page}");
    assert_eq!(figure(&page, "moved.notes.migrated.rejected (no_person)"), Some(2), "{page}");
    assert_eq!(figure(&page, "moved.notes.migrated.not there"), Some(1), "{page}");
    assert_eq!(moves(&page), 3);
    // One name that the target does not take, in each run, and the note of that person.
    assert!(page.contains("compared as the rules had left them"), "{page}");
    assert!(!page.contains("Such as") && !page.contains("n/100"), "keys are shown with --values alone");
    let same = served.get(&format!("/compare?before={0}&after={0}", scene.runs[1])).text();
    assert!(same.contains("Each row has the outcome and the reason that it had.") && moves(&same) == 0);
    let back = served.get(&format!("/compare?before={}&after={}", scene.runs[1], scene.runs[0])).text();
    assert_eq!(figure(&back, "moved.notes.not there.migrated"), Some(1), "{back}");

    let served = scene.serve(&["--values"]);
    let page = served.get(&path).text();
    let story = format!("/runs/{}/row?flow=people&key=100", scene.runs[1]);
    assert!(page.contains("Such as") && links(&page).contains(&story), "{:?}", links(&page));
    assert!(served.get(&story).text().contains("rejected: nameless"));
    // Its story is that of the run which had the row.
    let gone = format!("/runs/{}/row?flow=notes&key=n%2F3", scene.runs[0]);
    assert!(links(&page).iter().any(|link| link.starts_with(&gone)), "{:?}", links(&page));

    // Outcomes that are there no more: sums stand all the same.
    let outcomes = scene.home.setting().workspace.join("runs").join(&scene.runs[0]).join("people/migrated");
    std::fs::remove_dir_all(outcomes).unwrap();
    let page = scene.serve(&[]).get(&path).text();
    assert!(page.contains("Rows are not compared") && figure(&page, "people.migrated.before").is_some(), "{page}");
}

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text);
insert into legacy.people select g, case when g % 9 <> 0 then 'cell-canary ' || g end from generate_series(1, 360) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null);";

const PEOPLE: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name from source.people p";

/// The rules, mended.
const MENDED: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.id = 7 then skip('unwanted') else migrate() end as _outcome, coalesce(p.name, 'nobody') as name
from source.people p";

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_an_object_store_are_shown() {
    let (database, store) = (Database::with(SOURCE).await, Store::shared());
    let place = format!("s3://bucket/served-{}", uuid::Uuid::new_v4().simple());
    let program = Program::over(&[("people", PEOPLE)]);
    let file = program.folder.path().join("pipeline/pipeline.toml");
    let run = async |dir: &str| {
        let mut command = store.program(&program.folder.path().join(dir));
        command.args(["--store", &place, "--format", "json", "--jobs", "2", "run", "--no-threshold", "--pipeline"]);
        command.arg(&file).args(["--source", &database.url, "--target", &database.url]);
        let output = ends(command).await;
        assert!(output.status.success(), "{}", told(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["run"].as_str().unwrap().to_owned()
    };
    // Each on a machine of its own, so to speak.
    let first = run("one").await;
    std::fs::write(program.folder.path().join("pipeline/flows/people.sql"), MENDED).unwrap();
    let second = run("two").await;
    let serve = |dir: &str, more: &[&str]| {
        let mut command: Command = store.program(&program.folder.path().join(dir));
        command.args(["--store", &place, "serve", "--listen", "127.0.0.1:0"]).args(more);
        Served::start(command)
    };
    let served = serve("three", &[]);
    let list = served.get("/").text();
    assert!(list.contains("2 runs have ended") && list.contains(&place.replace('/', "&#x2f;")), "{list}");
    let at = |run: &String| list.find(&format!("/runs/{run}")).or_else(|| list.find(&run[..8])).unwrap();
    assert!(at(&second) < at(&first), "the newest stands first");
    let latest = served.get("/runs/latest").text();
    assert!(latest.contains(&second), "{latest}");
    let page = served.get(&format!("/runs/{second}/report")).text();
    assert!(page.contains("360"), "{page}");
    let page = served.get(&format!("/compare?before={first}&after={second}")).text();
    assert_eq!(figure(&page, "moved.people.rejected (nameless).migrated"), Some(40), "{page}");
    assert_eq!(figure(&page, "moved.people.migrated.skipped (unwanted)"), Some(1), "{page}");
    assert_eq!((moves(&page), figure(&page, "people.migrated.after")), (2, Some(359)));
    for (path, page) in super::all(&served) {
        assert!(!String::from_utf8_lossy(&page).contains("cell-canary"), "{path}");
    }
    // The rules of the first run are not those of the file any more: its sums are there, its report is not.
    let page = served.get(&format!("/runs/{first}")).text();
    assert!(page.contains("the pipeline has changed since this run"), "{page}");
    let page = serve("four", &["--values"]).get(&format!("/compare?before={first}&after={second}")).text();
    assert!(links(&page).contains(&format!("/runs/{second}/row?flow=people&key=9")), "{:?}", links(&page));
    // Nothing of it lies in the folders of who serves.
    for dir in ["three", "four"] {
        assert!(!program.folder.path().join(dir).join("runs").exists());
    }
    // A store that is away says so.
    let mut command = store.program(&program.folder.path().join("five"));
    command.args(["--store", "s3://nowhere/at-all", "serve", "--listen", "127.0.0.1:0"]);
    assert_ne!(Served::start(command).get("/").status, 200);
}
