//! Owns the tests of the command line against a world that is wrong: message, hint, exit code, nothing half-done.

use std::path::Path;
use std::process::{Command, Output};

use crate::cluster::Database;
use crate::support::{pipeline, repository, sample};

fn rehome(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rehome"))
        .arg("--dir")
        .arg(dir)
        .args(args)
        .env_remove("REHOME_SOURCE_URL")
        .env_remove("REHOME_TARGET_URL")
        .output()
        .unwrap()
}

/// Runs the program and expects this exit code and these words on stderr; stdout stays empty.
fn fails(dir: &Path, args: &[&str], code: i32, words: &[&str]) -> String {
    let output = rehome(dir, args);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
    for word in words {
        assert!(told.contains(word), "{word:?} is not in: {told}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    told
}

fn dispatch() -> String {
    repository("pipelines/dispatch.toml").display().to_string()
}

const NOWHERE: &str = "postgres://rehome:s3cret@127.0.0.1:1/nowhere";

#[test]
fn an_unreachable_server_is_retryable_and_no_secret_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let told = fails(dir.path(), &["snapshot", "--source", NOWHERE], 75, &["127.0.0.1:1"]);
    assert!(!told.contains("s3cret"), "{told}");
}

#[test]
fn a_connection_in_the_wrong_place_is_not_repeated() {
    let dir = tempfile::tempdir().unwrap();
    for typed in [NOWHERE, "host=h password=s3cret"] {
        for args in [vec!["snapshot", typed], vec![typed], vec!["run", "--jobs", typed]] {
            let told = fails(dir.path(), &args, 2, &[]);
            assert!(!told.contains("s3cret"), "{told}");
        }
    }
}

#[test]
fn a_run_needs_a_source_or_a_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    fails(
        dir.path(),
        &["run", "--pipeline", &dispatch(), "--target", NOWHERE],
        2,
        &["neither a source nor a snapshot", "--source"],
    );
}

#[test]
fn usage_is_exit_code_2_and_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    fails(dir.path(), &["run"], 2, &["--pipeline"]);
    fails(dir.path(), &["demo", "--scale", "11"], 2, &["0.001 to 10"]);
    fails(dir.path(), &["snapshot", "--source", "postgres://h:6543/db"], 2, &["pooler"]);
}

#[test]
fn a_pipeline_that_is_not_there_or_not_sound_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fails(dir.path(), &["check", "--pipeline", "nowhere.toml"], 2, &["nowhere.toml", "cannot read"]);
    let file = dir.path().join("odd.toml");
    let odd = file.display().to_string();
    std::fs::write(&file, "name = \"x\"\nflows = \"flows\"\nflowz = 1\n").unwrap();
    fails(dir.path(), &["check", "--pipeline", &odd], 2, &["odd.toml:3:1", "flowz"]);
    std::fs::write(&file, "name = \"x\"\nflows = \"nothing\"\n").unwrap();
    fails(dir.path(), &["check", "--pipeline", &odd], 2, &["cannot read the folder", "relative"]);
    std::fs::write(&file, "name = \"x\"\nextends = \"odd.toml\"\n").unwrap();
    fails(dir.path(), &["check", "--pipeline", &odd], 2, &["leads back"]);
    std::fs::write(&file, "name = \"x\"\nextends = \"gone.toml\"\n").unwrap();
    fails(dir.path(), &["check", "--pipeline", &odd], 2, &["gone.toml", "`extends` of"]);
}

#[test]
fn errors_are_json_for_machines() {
    let dir = tempfile::tempdir().unwrap();
    let told = fails(dir.path(), &["--format", "json", "check", "--pipeline", "nowhere.toml"], 2, &[]);
    let object: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(object["error"]["exit_code"], 2);
    assert!(object["error"]["at"]["file"].is_string());
}

#[test]
fn an_unknown_run_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fails(dir.path(), &["report", "0000"], 2, &["no finished run '0000'"]);
}

#[tokio::test]
async fn a_snapshot_with_a_changed_byte_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = sample(&pipeline("dispatch"), dir.path(), 0.001, "C").await;
    let place = snapshot.location().to_string();
    let file = snapshot.table("dispatch_comment").unwrap().files[0].path.clone();
    let path = snapshot.location().local().unwrap().join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    fails(dir.path(), &["what-if", "--pipeline", &dispatch(), "--snapshot", &place], 10, &[&file]);
    std::fs::remove_file(&path).unwrap();
    fails(dir.path(), &["what-if", "--pipeline", &dispatch(), "--snapshot", &place], 10, &[&file]);
    fails(dir.path(), &["what-if", "--pipeline", &dispatch(), "--snapshot", "nowhere"], 2, &["nowhere"]);
}

#[tokio::test]
async fn an_unknown_flow_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = sample(&pipeline("dispatch"), dir.path(), 0.001, "C").await;
    let place = snapshot.location().to_string();
    fails(
        dir.path(),
        &["what-if", "--pipeline", &dispatch(), "--snapshot", &place, "--only", "order"],
        2,
        &["did you mean 'orders'"],
    );
}

#[tokio::test]
async fn schema_drift_lists_everything_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let target = Database::with(include_str!("sql/drifted.sql")).await;
    let snapshot = sample(&pipeline("dispatch"), dir.path(), 0.001, "C").await;
    let place = snapshot.location().to_string();
    let args = ["run", "--pipeline", &dispatch(), "--snapshot", &place, "--target", &target.url, "--only", "offices"];
    fails(dir.path(), &args, 6, &["offices", "country", "demanded", "is_active"]);
    assert!(
        !dir.path().join("runs").exists()
            || std::fs::read_dir(dir.path().join("runs"))
                .unwrap()
                .all(|run| { !run.unwrap().path().join("offices").exists() }),
        "nothing ran"
    );
}

#[tokio::test]
async fn a_missing_source_table_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let source = Database::fresh().await;
    fails(dir.path(), &["snapshot", "--source", &source.url], 2, &["no table"]);
    source.run("create table one (id int primary key)").await;
    let target = Database::fresh().await;
    let args = ["run", "--pipeline", &dispatch(), "--source", &source.url, "--target", &target.url];
    fails(
        dir.path(),
        &args,
        2,
        &[
            "no table 'auth_group_permissions'",
            "role_permissions.sql:2:",
            &source.url[source.url.rfind('/').unwrap()..],
        ],
    );
    fails(dir.path(), &["snapshot", "--source", &source.url, "--tables", "onne"], 2, &["onne", "one"]);
    assert!(
        !dir.path().join("snapshots").exists() || walk(dir.path()).iter().all(|file| !file.ends_with("manifest.json"))
    );
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(walk(&path)),
            path => found.push(path.display().to_string()),
        }
    }
    found
}

/// A check or a report that does not plan is told before a row is moved, with its place; so is a column of the source
/// that a check wants and nobody has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_with_an_error_in_its_sql_is_told_first() {
    let dir = tempfile::tempdir().unwrap();
    let dispatch = pipeline("dispatch");
    let snapshot = sample(&dispatch, dir.path(), 0.001, "A").await.location().to_string();
    let target = Database::fresh().await;
    for file in rehome::header::sql_files(&repository("sql/dispatch/target")).unwrap() {
        target.run(&std::fs::read_to_string(file).unwrap()).await;
    }
    for (folder, sql, place) in [
        ("checks", "select p._key\nfrom migrated.patients p\nwhere p.offce_id is null", "broken.sql:3:7"),
        ("checks", "select p._key from migrated.patient p", "broken.sql:1:20"),
        ("reports", "select count(*) as rows\nfrom source.dispatch_patient\nwhere", "broken.sql"),
    ] {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(folder)).unwrap();
        std::fs::write(home.path().join(folder).join("broken.sql"), sql).unwrap();
        let file = home.path().join("p.toml");
        let base = repository("pipelines/dispatch.toml").display().to_string();
        std::fs::write(&file, format!("name = \"p\"\nextends = \"{base}\"\n{folder} = \"{folder}\"\n")).unwrap();
        let file = file.display().to_string();
        fails(dir.path(), &["what-if", "--pipeline", &file, "--snapshot", &snapshot], 2, &[place]);
        let run = ["run", "--pipeline", &file, "--snapshot", &snapshot, "--target", &target.url];
        fails(dir.path(), &run, 2, &[place]);
    }
    assert_eq!(
        target.text("select (select count(*) from offices) || ' ' || (select count(*) from auth.users)").await,
        "0 0"
    );
}

/// A report whose SQL was broken since the run is told with its place, and not left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_broken_since_the_run_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let source = Database::with("create table person (id int primary key, name text)").await;
    let target = Database::with("create table people (id uuid primary key, name text)").await;
    let home = dir.path().join("p");
    for folder in ["flows", "reports"] {
        std::fs::create_dir_all(home.join(folder)).unwrap();
    }
    let flow = "/*---\nsource = \"person\"\n---*/ select id as _key, migrate() as _outcome, name from source.person";
    std::fs::write(home.join("flows/people.sql"), flow).unwrap();
    let report = home.join("reports/names.sql");
    std::fs::write(&report, "select count(name) as names from migrated.people").unwrap();
    let file = home.join("p.toml").display().to_string();
    std::fs::write(&file, "name = \"p\"\nflows = \"flows\"\nreports = \"reports\"\n").unwrap();
    let run = rehome(dir.path(), &["run", "--pipeline", &file, "--source", &source.url, "--target", &target.url]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(rehome(dir.path(), &["report"]).status.success());
    std::fs::write(&report, "select count(nam) as names from migrated.people").unwrap();
    fails(dir.path(), &["report"], 2, &["names.sql:1:14"]);
}
