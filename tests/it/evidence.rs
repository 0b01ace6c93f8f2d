//! Owns the proof of what `rehome evidence` promises: the same bytes each time, no value of a cell, and whatever changes afterwards, in
//! the bundle, the snapshot, the outcomes or the target, is found and named. Other programs are the judges of the archive's form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rehome::command::evidence::{Checked, check, make};
use rehome::pipeline::Pipeline;
use rehome::run::{Finished, Record, Setting};

use crate::artefact::python;
use crate::cluster::Database;
use crate::program::{files, told};
use crate::support::Home;

const SOURCE: &str = "
create schema legacy;
create table legacy.people (id int primary key, name text, boss int);
insert into legacy.people select g, case when g % 9 <> 0 then 'cell-canary ' || g end, g / 2 from generate_series(1, 300) g;
create schema fresh;
create table fresh.people (id uuid primary key, name text not null check (name <> 'cell-canary 55'), boss_id uuid);
create table fresh.names (id uuid primary key, name text not null);";

const PEOPLE: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.name is null then reject('nameless') else migrate() end as _outcome, p.name,
    legacy_uuid('people', p.boss) as boss_id
from source.people p";

const NAMES: &str = "/*--- source = \"people\" ---*/
select p.id as _key, case when p.name is null then skip('nameless') else migrate() end as _outcome, p.name from source.people p";

const FLOWS: [(&str, &str); 2] = [("people", PEOPLE), ("names", NAMES)];

struct Scene {
    home: Home,
    database: Database,
    finished: Finished,
}

impl Scene {
    async fn new() -> Self {
        let (home, database) = (Home::new(), Database::with(SOURCE).await);
        let finished = home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
        assert!(finished.failures.is_empty());
        Self { home, database, finished }
    }

    fn setting(&self) -> Setting {
        self.home.setting()
    }

    fn pipeline(&self) -> Pipeline {
        Pipeline::read(&self.home.folder.path().join("pipeline/pipeline.toml")).unwrap()
    }

    async fn bundle(&self) -> Vec<u8> {
        let record = Record::find(&self.setting().place().unwrap(), "latest").await.unwrap();
        let address = self.database.address();
        Box::pin(make(&record, &self.pipeline(), Some(&address), &self.setting())).await.unwrap().1
    }

    async fn check(&self, bundle: &[u8]) -> Checked {
        let address = self.database.address();
        Box::pin(check(bundle, None, Some(&address), &self.setting())).await.unwrap()
    }

    /// What a check finds, as `part name`.
    async fn found(&self, bundle: &[u8]) -> Vec<String> {
        let checked = self.check(bundle).await;
        assert_eq!(checked.clean, checked.problems.is_empty());
        assert_eq!(checked.failure().is_none(), checked.clean);
        checked.problems.into_iter().map(|problem| format!("{} {}", problem.part, problem.name)).collect()
    }
}

/// What Python says of an archive: where each entry's record and content lie, and what is in it.
fn layout(bundle: &Path) -> BTreeMap<String, (usize, usize)> {
    const SCRIPT: &str = "
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    sums = dict(reversed(line.split('  ')) for line in z.read('SHA256SUMS').decode().splitlines())
    assert set(sums) | {'SHA256SUMS'} == set(z.namelist())
    assert all(hashlib.sha256(z.read(n)).hexdigest() == h for n, h in sums.items())
    for n in z.namelist():
        assert b'cell-canary' not in z.read(n), n
        if n.endswith('.json'): json.loads(z.read(n))
    starts = {i.filename: i.header_offset + 30 + len(i.filename) for i in z.infolist()}
    print(json.dumps({n: [s, s + z.getinfo(n).file_size] for n, s in starts.items()}))";
    let output = Command::new(python()).args(["-c", SCRIPT]).arg(bundle).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_the_same_each_time_and_each_changed_byte_of_it_is_named() {
    let scene = Scene::new().await;
    let bundle = scene.bundle().await;
    assert_eq!(scene.bundle().await, bundle);
    assert_eq!(scene.found(&bundle).await, [""; 0]);
    let file = scene.home.folder.path().join("run.zip");
    std::fs::write(&file, &bundle).unwrap();
    let layout = layout(&file);
    for entry in [
        "bundle.json",
        "report.html",
        "report.json",
        "snapshot/manifest.json",
        "outcomes.json",
        "ledger.json",
        "verification.json",
        "rules/pipeline.toml",
        "rules/flows/people.sql",
    ] {
        assert!(layout.contains_key(entry), "{entry}");
    }
    // Nothing else is here: it is checked against itself alone.
    let elsewhere = Setting { workspace: scene.home.folder.path().join("nowhere"), ..scene.setting() };
    let away = rehome::storage::Location::folder(&elsewhere.workspace).unwrap();
    let mut named = BTreeMap::new();
    let step = bundle.len() / 400;
    let within = layout.values().flat_map(|(from, to)| [*from, to - 1]);
    let after = layout.values().map(|(_, to)| *to).max().unwrap();
    for at in (0..bundle.len()).step_by(step).chain(within).chain(after..bundle.len()) {
        let mut other = bundle.clone();
        other[at] ^= 0x20;
        let checked = Box::pin(check(&other, Some(away.clone()), None, &elsewhere)).await.unwrap();
        let of = layout.iter().find(|(_, (from, to))| (*from..*to).contains(&at)).map(|(name, _)| name);
        let names: Vec<&str> = checked.problems.iter().map(|problem| problem.name.as_str()).collect();
        assert!(!names.is_empty() && !checked.clean, "byte {at} of {of:?}");
        if let Some(of) = of {
            // A changed sum is found where it belongs: the entry that it is of, or the list itself.
            assert!(names.contains(&of.as_str()) || of == "SHA256SUMS", "byte {at} of {of}: {names:?}");
            *named.entry(of.clone()).or_insert(0) += 1;
        }
    }
    assert_eq!(named.len(), layout.len());
    for cut in [0, 1, 100, bundle.len() / 2, bundle.len() - 1] {
        assert!(!Box::pin(check(&bundle[..cut], None, None, &elsewhere)).await.unwrap().clean, "{cut}");
    }
}

/// All files of a place, and where they lie below it.
fn stored(place: &str) -> Vec<(String, PathBuf)> {
    let root = PathBuf::from(place);
    let shown = |path: &PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
    files(&root).into_iter().map(|(path, _)| (shown(&path), path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_snapshot_and_outcomes_is_named() {
    let scene = Scene::new().await;
    let bundle = scene.bundle().await;
    for (part, place) in [("snapshot", &scene.finished.snapshot), ("outcomes", &scene.finished.outcomes)] {
        let stored = stored(&place.to_string());
        assert!(stored.len() > 1);
        for (name, path) in &stored {
            let bytes = std::fs::read(path).unwrap();
            for at in [0, bytes.len() / 2, bytes.len() - 1] {
                let mut other = bytes.clone();
                other[at] ^= 1;
                std::fs::write(path, other).unwrap();
                let found = scene.found(&bundle).await;
                assert!(found.contains(&format!("{part} {name}")), "byte {at} of {name}: {found:?}");
            }
            std::fs::remove_file(path).unwrap();
            let found = scene.check(&bundle).await;
            let missing = found.problems.iter().any(|problem| problem.name == *name);
            assert!(missing || found.not_checked.iter().any(|note| note.contains("the snapshot")), "{name}");
            std::fs::write(path, bytes).unwrap();
        }
        let stray = PathBuf::from(place.to_string()).join("stray.txt");
        std::fs::write(&stray, "x").unwrap();
        assert_eq!(scene.found(&bundle).await, [format!("{part} stray.txt")]);
        std::fs::remove_file(stray).unwrap();
    }
    assert_eq!(scene.found(&bundle).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_the_target_is_named() {
    let scene = Scene::new().await;
    let bundle = scene.bundle().await;
    for (change, back, named) in [
        (
            "create table spare as select * from fresh.names limit 3; delete from fresh.names where id in (select id from spare)",
            "insert into fresh.names select * from spare; drop table spare",
            "tables fresh.names",
        ),
        (
            "update fresh.names set name = 'other' where name = 'cell-canary 7'",
            "update fresh.names set name = 'cell-canary 7' where name = 'other'",
            "target fresh.names",
        ),
        (
            "update rehome.runs set pipeline_hash = 'x' || pipeline_hash",
            "update rehome.runs set pipeline_hash = substr(pipeline_hash, 2)",
            "ledger runs RUN",
        ),
        (
            "update rehome.runs set rules = rules || ' '",
            "update rehome.runs set rules = substr(rules, 1, length(rules) - 1)",
            "ledger runs RUN",
        ),
        (
            "update rehome.chunks set rows = rows + 1 where flow = 'names'",
            "update rehome.chunks set rows = rows - 1 where flow = 'names'",
            "ledger chunks names migrated:FILE",
        ),
        (
            "update rehome.quarantine set reason = 'other' where legacy_key = '9'",
            "update rehome.quarantine set reason = 'nameless' where legacy_key = '9'",
            "ledger quarantine people 9",
        ),
        (
            "update rehome.flows set done = false where flow = 'people'",
            "update rehome.flows set done = true where flow = 'people'",
            "ledger flows people",
        ),
        (
            "update rehome.tables_left set rows = 7 where table_name = 'people'",
            "update rehome.tables_left set rows = (select count(*) from fresh.people) where table_name = 'people'",
            "ledger tables_left fresh.people",
        ),
        (
            "insert into rehome.conflicts select run_id, 'names', md5('x')::uuid, '8', 'changed', '{}', 'kept' from rehome.runs",
            "delete from rehome.conflicts",
            "ledger conflicts names 8",
        ),
        (
            "delete from rehome.saved_sequences; update rehome.epoch set target_id = md5(target_id::text)::uuid; ",
            "",
            "target ",
        ),
    ] {
        scene.database.run(change).await;
        let found = scene.found(&bundle).await;
        let (start, _) = named.split_once(" RUN").or(named.split_once("FILE")).unwrap_or((named, ""));
        assert!(found.iter().any(|found| found.starts_with(start)), "{change}: {found:?}");
        scene.database.run(back).await;
        if !back.is_empty() {
            assert_eq!(scene.found(&bundle).await, [""; 0], "{back}");
        }
    }
    scene.database.run("drop schema rehome cascade").await;
    assert!(scene.found(&bundle).await.iter().any(|found| found.starts_with("ledger runs ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_so() {
    let scene = Scene::new().await;
    let folder = scene.home.folder.path();
    let said = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
        command.arg("--dir").arg(scene.setting().workspace).arg("evidence").args(args).current_dir(folder);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &told(&output))
    };
    let (code, text) = said(&["-o", "a.zip", "--target", &scene.database.url]);
    assert_eq!(code, Some(0), "{text}");
    let bundle = std::fs::read(folder.join("a.zip")).unwrap();
    assert_eq!(bundle, scene.bundle().await);
    assert!(text.contains(&rehome::storage::sha256(&bundle)), "{text}");
    assert_eq!(said(&["verify", "a.zip", "--target", &scene.database.url]).0, Some(0));
    let (code, text) = said(&["verify", "a.zip"]);
    assert!(code == Some(0) && text.contains("not compared: the target"), "{text}");
    scene.database.run("delete from fresh.names where name like '%7'").await;
    let (code, text) = said(&["verify", "a.zip", "--target", &scene.database.url]);
    assert!(code == Some(7) && text.contains("tables fresh.names: it has"), "{text}");
    std::fs::write(folder.join("b.zip"), &bundle[..bundle.len() - 1]).unwrap();
    assert_eq!(said(&["verify", "b.zip"]).0, Some(10));
    let (code, text) = said(&["verify", "c.zip"]);
    assert!(code == Some(2) && text.contains("cannot read the bundle"), "{text}");
    let (code, text) = said(&["latest"]);
    assert!(code == Some(2) && text.contains("--output"), "{text}");
    assert_eq!(said(&["latest", "-o", "nowhere/a.zip"]).0, Some(2));
    // Without a target, it is made of what is here.
    let (code, text) = said(&["-o", "d.zip"]);
    assert!(code == Some(0) && text.contains("without the target's ledger"), "{text}");
    assert!(!layout(&folder.join("d.zip")).contains_key("ledger.json"));
}
