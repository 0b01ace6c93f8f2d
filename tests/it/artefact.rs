//! Owns the tests of the snapshot as an artefact: whole to the byte, listed, shown, pruned, read by others, stored
//! elsewhere.

mod module;
mod readers;
mod shelf;
pub mod stores;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder};
use arrow::datatypes::{Field, Schema};
use rehome::cancel::Cancel;
use rehome::error::{At, Kind};
use rehome::progress::Silent;
use rehome::snapshot::{Origin, REFUSED, Refused, Snapshot, Table, TableHeader, Verified, Writer};
use rehome::storage::Location;
use serde_json::Value;

use crate::support::{over_people, people, pipeline_of, snapshot_of, transform};

/// The program, without anything of the machine's that it would read.
fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("AWS_") || (name.starts_with("REHOME_") && name != "REHOME_TOOLS") {
            command.env_remove(name);
        }
    }
    command.arg("--dir").arg(dir);
    command
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a command that must end with this code; gives what it printed as JSON, where it printed some.
fn ends(command: &mut Command, args: &[&str], code: i32) -> (Value, String) {
    let output = command.args(["--format", "json"]).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", told(&output));
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), told(&output))
}

/// Where `make tools` puts the readers.
pub fn python() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/rehome-tools");
    let tools = std::env::var_os("REHOME_TOOLS").map_or_else(home, PathBuf::from);
    let python = tools.join("venv/bin/python");
    assert!(python.exists(), "{} is missing: run `make tools`", python.display());
    python
}

async fn verify(snapshot: &Snapshot) -> Verified {
    snapshot.verify(&Silent, &Cancel::new()).await.unwrap()
}

/// The table that `people` is, with two rows refused.
async fn with_refused(place: Location, rows: i32) -> Snapshot {
    let writer = Writer::create(place).await.unwrap();
    let key = vec!["id".to_owned()];
    let header = TableHeader { schema: "public".into(), name: "people".into(), key: key.clone(), sorted_by: key };
    let whole = people(rows);
    let file = writer.put_part(&header, 0, whole.schema(), std::slice::from_ref(&whole)).await.unwrap();
    let mut entry: Table = header.table(&whole.schema(), vec![file]);
    let mut why = ListBuilder::new(StringBuilder::new());
    (0..2).for_each(|_| why.append_value([Some("name")]));
    let why = Arc::new(why.finish()) as ArrayRef;
    let mut fields: Vec<Field> = whole.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(REFUSED, why.data_type().clone(), false));
    let mut columns = whole.slice(0, 2).columns().to_vec();
    columns.push(why);
    let refused = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let header = TableHeader { sorted_by: Vec::new(), ..header };
    let file = writer.put_part(&header, 1, refused.schema(), std::slice::from_ref(&refused)).await.unwrap();
    entry.refused = Some(Refused { rows: 2, keys: vec!["31".into(), "32".into()], files: vec![file] });
    let origin = Origin { kind: "test".into(), database: "somewhere".into(), ..Origin::default() };
    writer.publish(origin, vec![entry]).await.unwrap()
}

fn files(snapshot: &Snapshot) -> Vec<String> {
    snapshot.manifest().tables.iter().flat_map(Table::all_files).map(|file| file.path.clone()).collect()
}

async fn set(place: &Location, name: &str, bytes: &[u8]) {
    place.replace(name, bytes.to_vec().into()).await.unwrap();
}

async fn bytes(place: &Location, name: &str) -> Vec<u8> {
    place.get(name).await.unwrap().unwrap().to_vec()
}

fn memory() -> Location {
    Location::parse("memory:///a place/näme").unwrap()
}

/// What opening and verifying finds: the names of the bad files.
async fn bad(place: &Location) -> Vec<String> {
    match Snapshot::open(place.clone()).await {
        Ok(snapshot) => verify(&snapshot).await.bad.into_iter().map(|bad| bad.file).collect(),
        Err(error) => {
            assert_eq!(error.kind(), Kind::Corrupt, "{error}");
            error.places().iter().filter(|(at, _)| *at == At::File).map(|(_, name)| name.clone()).collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flipped_byte_of_every_file_is_found() {
    let place = memory();
    let snapshot = with_refused(place.clone(), 20).await;
    let mut names = files(&snapshot);
    assert_eq!(names.len(), 2);
    assert_eq!(bad(&place).await, Vec::<String>::new());
    names.push("manifest.json".into());
    let mut flips = 0;
    for name in &names {
        let whole = bytes(&place, name).await;
        for at in 0..whole.len() {
            let byte = whole[at];
            // Each bit, all of them, and what would be read as if nothing had changed: other blanks, capitals, digits.
            let mut others: Vec<u8> = if name == "manifest.json" {
                (0..8).map(|bit| byte ^ (1 << bit)).chain([b' ', b'\n', b'\t', b'\r', b'0', b'1', b'9', b'}']).collect()
            } else {
                vec![byte ^ 1, byte ^ 0x80]
            };
            others.push(!byte);
            for other in others.into_iter().filter(|other| *other != byte) {
                let mut changed = whole.clone();
                changed[at] = other;
                set(&place, name, &changed).await;
                assert_eq!(
                    bad(&place).await,
                    std::slice::from_ref(name),
                    "{name}: {byte:#x} at {at} became {other:#x}"
                );
                flips += 1;
            }
        }
        set(&place, name, &whole).await;
    }
    assert_eq!(bad(&place).await, Vec::<String>::new());
    println!("{flips} flips found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_too_short_or_too_long_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::folder(&folder.path().join("ä b#?%41")).unwrap();
    let snapshot = with_refused(place.clone(), 20).await;
    for name in files(&snapshot).into_iter().chain(["manifest.json".to_owned()]) {
        let whole = bytes(&place, &name).await;
        let longer = |more: &[u8]| [whole.as_slice(), more].concat();
        let zeros = vec![0; whole.len()];
        for changed in
            [&whole[..0], &whole[..1], &whole[..whole.len() - 1], &whole[1..], &zeros, &longer(b"\n"), &longer(b"\0")]
        {
            set(&place, &name, changed).await;
            assert_eq!(bad(&place).await, std::slice::from_ref(&name), "{name} of {} bytes", changed.len());
        }
        place.remove(&name).await.unwrap();
        if name == "manifest.json" {
            let error = Snapshot::open(place.clone()).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Config, "without its manifest there is no snapshot: {error}");
        } else {
            assert_eq!(bad(&place).await, std::slice::from_ref(&name));
        }
        set(&place, &name, &whole).await;
    }
    // All that is bad is named, and what is not the snapshot's is told apart.
    let names = files(&snapshot);
    set(&place, &names[0], b"PAR1").await;
    place.remove(&names[1]).await.unwrap();
    set(&place, "data/public.people/00007-0000000000000000.parquet", b"PAR1").await;
    let found = verify(&snapshot).await;
    assert_eq!(found.bad.iter().map(|bad| bad.file.as_str()).collect::<Vec<_>>(), names);
    assert_eq!(found.strays, ["data/public.people/00007-0000000000000000.parquet"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_compared_with_what_the_files_hold() {
    let place = memory();
    let writer = Writer::create(place.clone()).await.unwrap();
    let key = vec!["id".to_owned()];
    let header = TableHeader { schema: "public".into(), name: "people".into(), key: key.clone(), sorted_by: key };
    let rows = people(20);
    let mut file = writer.put_part(&header, 0, rows.schema(), std::slice::from_ref(&rows)).await.unwrap();
    file.rows = 21;
    let snapshot = writer.publish(Origin::default(), vec![header.table(&rows.schema(), vec![file])]).await.unwrap();
    snapshot.check().await.unwrap();
    let found = verify(&snapshot).await;
    assert_eq!(found.bad.len(), 1);
    assert!(found.bad[0].problem.contains("rows"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_of_a_large_snapshot_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let rows = people(400_000);
    let snapshot = snapshot_of(folder.path(), &[("people", rows.clone()), ("others", rows)]).await;
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = std::env::var("SEED").map_or(u64::from(nanos), |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    let mut state = seed | 1;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let names = files(&snapshot);
    for _ in 0..40 {
        let name = &names[random(names.len())];
        let path = snapshot.location().local().unwrap().join(name);
        let mut changed = std::fs::read(&path).unwrap();
        let (at, bit) = (random(changed.len()), random(8));
        changed[at] ^= 1 << bit;
        std::fs::write(&path, &changed).unwrap();
        assert_eq!(bad(snapshot.location()).await, std::slice::from_ref(name), "bit {bit} of byte {at}");
        changed[at] ^= 1 << bit;
        std::fs::write(&path, &changed).unwrap();
    }
    assert_eq!(bad(snapshot.location()).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_names_every_bad_file_and_no_value() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = with_refused(Location::folder(&dir.path().join("snapshot")).unwrap(), 20).await;
    let place = snapshot.location().to_string();
    let (whole, _) = ends(&mut program(dir.path()), &["snapshot", "verify", &place], 0);
    assert_eq!((&whole["rows"], &whole["files"]), (&22.into(), &2.into()));
    assert_eq!(whole["bad"], Value::Array(Vec::new()));
    let names = files(&snapshot);
    for name in &names {
        let mut changed = bytes(snapshot.location(), name).await;
        // In the middle of the values, before they are compressed too much to be read.
        changed[40] ^= 4;
        set(snapshot.location(), name, &changed).await;
    }
    let (found, told) = ends(&mut program(dir.path()), &["snapshot", "verify", &place], 10);
    assert_eq!(found["bad"].as_array().unwrap().len(), 2);
    for name in &names {
        assert!(told.contains(name), "{told}");
    }
    assert!(!told.contains("person"), "{told}");
    let text = program(dir.path()).args(["snapshot", "verify", &place]).output().unwrap();
    assert_eq!(text.status.code(), Some(10));
    assert!(names.iter().all(|name| self::told(&text).contains(name)) && !self::told(&text).contains("person"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_a_changed_file() {
    let folder = tempfile::tempdir().unwrap();
    let flow = "/*---\nsource = \"people\"\nkey = \"id\"\n---*/\nselect p.id as _key, migrate() as _outcome from source.people p";
    assert_eq!(over_people(&[("persons", flow)]).await.unwrap()[0].source_rows, 20);
    let snapshot = snapshot_of(folder.path(), &[("people", people(20))]).await;
    let pipeline = pipeline_of(folder.path(), &[("persons", flow)]).unwrap();
    let file = snapshot.manifest().tables[0].files[0].clone();
    let whole = bytes(snapshot.location(), &file.path).await;
    for at in [4, whole.len() / 2, whole.len() - 20] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        set(snapshot.location(), &file.path, &changed).await;
        let again = Snapshot::open(snapshot.location().clone()).await.unwrap();
        assert_eq!(again.read(&file).await.unwrap_err().kind(), Kind::Corrupt);
        let run = format!("run-{at}");
        let error = transform(&pipeline, &again, folder.path(), &run, 2).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt, "{error}");
        assert!(error.to_string().contains(&file.path), "{error}");
        assert!(!folder.path().join("runs").join(run).exists());
        let place = snapshot.location().to_string();
        let pipeline = pipeline.file.clone();
        for command in ["what-if", "check"] {
            let args = [command, "--pipeline", &pipeline, "--snapshot", &place];
            let (_, told) = ends(&mut program(folder.path()), &args, 10);
            assert!(told.contains(&file.path), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_identity_is_that_of_the_content() {
    let (here, there) = (memory(), memory());
    let (first, second) = (with_refused(here.clone(), 20).await, with_refused(there.clone(), 20).await);
    assert_eq!(first.id(), second.id());
    assert_ne!(bytes(&here, "manifest.json").await, bytes(&there, "manifest.json").await, "the times differ");
    assert_ne!(with_refused(memory(), 21).await.id(), first.id());
    // The rule of the documentation, applied by hand.
    let text = String::from_utf8(bytes(&here, "manifest.json").await).unwrap();
    let checksum = first.manifest().checksum.clone();
    assert_eq!(rehome::storage::sha256(text.replace(&checksum, &"0".repeat(64)).as_bytes()), checksum);
    // A manifest of the first version, which had no checksum, is told as such.
    let line = format!(",\n  \"checksum\": \"{checksum}\"");
    let old = text.replace(&line, "").replace("\"version\": 2", "\"version\": 1");
    set(&here, "manifest.json", old.as_bytes()).await;
    let error = Snapshot::open(here).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Config, "{error}");
    assert!(error.message().contains("version 1"), "{error}");
}
