//! Owns the tests of how gently a source is read, and of how soon it is left alone. Must not know: what is read.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rehome::cancel::Cancel;
use rehome::error::{Error, Kind, Result};
use rehome::extract::{self, Options};
use rehome::progress::Silent;
use rehome::snapshot::Snapshot;
use rehome::storage::Location;

use crate::cluster::Database;

const OURS: &str =
    "application_name like 'rehome%' and application_name <> 'rehome tests' and datname = current_database()";
/// A statement that was told to end must have ended by then.
const SOON: Duration = Duration::from_secs(2);

/// More than what lies between two ends of a connection, and a view that takes its time.
const SOURCE: &str = "
    create table wide (id int primary key, x text);
    insert into wide select i, repeat(md5(i::text), 25) from generate_series(1, 40000) i;
    create view slow as select 1 as id from pg_sleep(60);
    create view broken as select 1 / (id - id) as x from wide where id < 10;
    analyze";

async fn read(database: &Database, location: &Location, options: Options, cancel: &Cancel) -> Result<Snapshot> {
    extract::run(&database.address(), &options, location.clone(), Arc::new(Silent), cancel.clone()).await
}

fn of(tables: &[&str]) -> Options {
    Options { tables: tables.iter().map(|table| (*table).to_owned()).collect(), jobs: 2, ..Options::default() }
}

/// Waits until some session of ours does this.
async fn until(database: &Database, what: &str) {
    for _ in 0..500 {
        if database.text(&format!("select count(*)::text from pg_stat_activity where {OURS} and {what}")).await != "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no session comes to {what}");
}

/// No session stays, idle in its transaction or otherwise, and no request for a lock.
async fn left_alone(database: &Database) {
    let began = Instant::now();
    while database.text(&format!("select count(*)::text from pg_stat_activity where {OURS}")).await != "0" {
        assert!(began.elapsed() < SOON, "a session stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let waiting = "select count(*)::text from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and not granted";
    assert_eq!(database.text(waiting).await, "0");
}

/// The run fails soon after `then`, publishes nothing and leaves nothing.
async fn fails(database: &Database, options: Options, then: impl AsyncFnOnce(&Cancel)) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(&folder.path().join("snapshot")).unwrap();
    let cancel = Cancel::new();
    let mut began = Instant::now();
    let (result, ()) = tokio::join!(read(database, &location, options, &cancel), async {
        then(&cancel).await;
        began = Instant::now();
    });
    let error = result.map(|snapshot| snapshot.id().to_owned()).expect_err("a snapshot was published");
    assert!(began.elapsed() < SOON, "{error} after {:?}", began.elapsed());
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new());
    left_alone(database).await;
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_no_faster_than_they_may() {
    let database =
        Database::with("create table t (id int primary key); insert into t select generate_series(1, 40000); analyze")
            .await;
    let mut ids = std::collections::BTreeSet::new();
    for (limit, jobs) in [(Some(20_000), 1), (Some(20_000), 3), (Some(0), 2), (None, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::folder(&folder.path().join("snapshot")).unwrap();
        let options = Options { max_rows_per_second: limit, jobs, part_rows: 8192, ..Options::default() };
        let began = Instant::now();
        let snapshot = read(&database, &location, options, &Cancel::new()).await.unwrap();
        let took = began.elapsed().as_secs_f64();
        assert_eq!(snapshot.table("t").unwrap().rows, 40_000);
        ids.insert(snapshot.id().to_owned());
        let limited = (40_000.0 / 25_000.0..=40_000.0 / 15_000.0).contains(&took);
        let wanted = limit.is_some_and(|limit| limit > 0);
        assert!(limited == wanted || !wanted && took < 1.6, "{limit:?} with {jobs} jobs: {took} s");
    }
    assert_eq!(ids.len(), 1, "however fast, the same rows make the same snapshot");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cancels_is_heard_by_the_server() {
    let database = Database::with(SOURCE).await;
    // Readers that send rows.
    let slowly = Options { max_rows_per_second: Some(500), part_rows: 10_000, ..of(&["wide"]) };
    let sending = "application_name like 'rehome reader%' and state = 'active'";
    let error = fails(&database, slowly.clone(), async |cancel| {
        until(&database, sending).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        cancel.cancel();
    })
    .await;
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Interrupted, 130), "{error}");
    // A reader whose statement has no row to give yet.
    let error = fails(&database, of(&["public.slow"]), async |cancel| {
        until(&database, "wait_event = 'PgSleep'").await;
        cancel.cancel();
    })
    .await;
    assert_eq!(error.kind(), Kind::Interrupted, "{error}");
    // A wait for a lock.
    let other = database.again().await;
    other.run("begin; lock table wide in access exclusive mode").await;
    let patient = Options { lock_timeout: Duration::from_mins(1), ..slowly };
    let error = fails(&database, patient, async |cancel| {
        until(&database, "wait_event_type = 'Lock'").await;
        cancel.cancel();
    })
    .await;
    assert_eq!(error.kind(), Kind::Interrupted, "{error}");
    other.run("rollback").await;
    // Before anything.
    let error = fails(&database, of(&["wide"]), async |cancel| cancel.cancel()).await;
    assert_eq!(error.kind(), Kind::Interrupted, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_ends_the_other_readers() {
    let database = Database::with(SOURCE).await;
    // As many readers as there are parts: none waits for the one that fails.
    let options = Options { max_rows_per_second: Some(500), jobs: 4, ..of(&["wide", "public.broken"]) };
    let error = fails(&database, options, async |_| {}).await;
    assert!(error.to_string().contains("public.broken"), "{error}");
    let options = of(&["public.slow", "public.broken"]);
    let error = fails(&database, options, async |_| {}).await;
    assert!(error.to_string().contains("public.broken"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_may_only_take_so_long() {
    let database = Database::with(SOURCE).await;
    let options = Options { statement_timeout: Some(Duration::from_millis(400)), ..of(&["wide", "public.slow"]) };
    let error = fails(&database, options, async |_| {}).await;
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Retryable, 75), "{error}");
    let told = error.to_string();
    assert!(told.contains("statement timeout") && told.contains("public.slow"), "{told}");
    assert!(error.hint_text().is_some());
    // A lock of one's own ends in time as well.
    let other = database.again().await;
    other.run("begin; lock table wide in access exclusive mode").await;
    let error =
        fails(&database, Options { lock_timeout: Duration::from_millis(300), ..of(&["wide"]) }, async |_| {}).await;
    assert_eq!(error.kind(), Kind::Retryable, "{error}");
    assert!(error.to_string().contains("wide"), "{error}");
}

fn rehome(dir: &Path, url: &str, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_rehome"))
        .arg("--dir")
        .arg(dir)
        .args(["--quiet", "--jobs", "2", "snapshot", "--out"])
        .arg(dir.join("snapshot"))
        .args(["--source", url])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn ends(child: Child) -> Output {
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    assert!(began.elapsed() < SOON, "it ended after {:?}", began.elapsed());
    output
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_program_and_its_statements() {
    let database = Database::with(SOURCE).await;
    let sending = "application_name like 'rehome reader%' and state = 'active'";
    for (signal, code) in [(libc::SIGINT, Some(130)), (libc::SIGTERM, Some(130)), (libc::SIGKILL, None)] {
        let dir = tempfile::tempdir().unwrap();
        let child = rehome(dir.path(), &database.url, &["--tables", "wide", "--max-rows-per-second", "500"]);
        until(&database, sending).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        // SAFETY: a signal to a process of our own that nobody has waited for yet.
        assert_eq!(unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), signal) }, 0);
        let output = ends(child).await;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), code, "{told}");
        if code.is_some() {
            assert!(told.contains("interrupted"), "{told}");
            assert_eq!(files(&dir.path().join("snapshot")), 0);
        } else {
            assert_eq!(output.status.signal(), Some(libc::SIGKILL));
            assert!(!dir.path().join("snapshot/manifest.json").exists());
        }
        left_alone(&database).await;
    }
    // A statement that gives no row hears of it, too.
    let dir = tempfile::tempdir().unwrap();
    let child = rehome(dir.path(), &database.url, &["--tables", "public.slow"]);
    until(&database, "wait_event = 'PgSleep'").await;
    // SAFETY: as above.
    assert_eq!(unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), libc::SIGINT) }, 0);
    assert_eq!(ends(child).await.status.code(), Some(130));
    left_alone(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_takes_its_limits_from_the_command_line() {
    let database = Database::with(SOURCE).await;
    let run = |more: &'static [&str]| {
        let dir = tempfile::tempdir().unwrap();
        let child = rehome(dir.path(), &database.url, more);
        async move {
            let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
            assert_eq!(files(&dir.path().join("snapshot")), 0);
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        }
    };
    let (code, told) = run(&["--tables", "public.slow", "--statement-timeout", "0.4"]).await;
    assert_eq!(code, Some(75), "{told}");
    assert!(told.contains("statement timeout") && told.contains("public.slow"), "{told}");
    let other = database.again().await;
    other.run("begin; lock table wide in access exclusive mode").await;
    let (code, told) = run(&["--tables", "wide", "--lock-timeout", "0.3"]).await;
    assert_eq!(code, Some(75), "{told}");
    assert!(told.contains("wide") && told.contains("hint"), "{told}");
    for bad in [&["--lock-timeout", "soon"][..], &["--statement-timeout=-1"], &["--max-rows-per-second", "x"]] {
        let dir = tempfile::tempdir().unwrap();
        let output = rehome(dir.path(), &database.url, bad).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
    }
    left_alone(&database).await;
}
