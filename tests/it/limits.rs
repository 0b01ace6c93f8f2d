//! Owns the proof that a disk which takes no more ends a run with an error that names the place, leaves nothing half-way, and is
//! no more than a pause: given again with room, the same command reaches the same target. Must not know: what is written where.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{Database, Own};
use crate::program::{self, Program, files, hint, told};

const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.note (id integer primary key, body text);
    create table fresh.notes (id uuid primary key, legacy_id bigint not null unique, body text);
    insert into legacy.note
      select i, (select string_agg(md5(i || '.' || j), '') from generate_series(1, 12) j) from generate_series(1, 9000) i;
    analyze";

const NOTES: (&str, &str) = (
    "notes",
    "/*--- source = \"note\"\nentity = \"note\" ---*/
     select id as _key, migrate() as _outcome, id as legacy_id, body from source.note",
);

/// The same, where the engine must sort more than the memory that it has.
const SORTED: (&str, &str) = (
    "notes",
    "/*--- source = \"note\"\nentity = \"note\" ---*/
     select n.id as _key, migrate() as _outcome, n.id as legacy_id,
            row_number() over (partition by left(n.body, 1) order by n.body) as nth
     from source.note n",
);

const MORE: &str = "truncate legacy.note;
    insert into legacy.note select i, lpad(md5(i::text), 64, 'x') from generate_series(1, 500000) i; analyze";

const HELD: &str = "select count(*) || ' ' || count(distinct legacy_id) || ' ' || coalesce(md5(string_agg(legacy_id || body, ' ' order by legacy_id)), '-')
    || ' ' || (select count(*) from fresh.migration_mappings) from fresh.notes";

/// A command whose process may write no file of more than so many bytes.
fn limited(mut command: Command, bytes: u64) -> Command {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: setrlimit is safe to call between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    };
    command
}

/// Nothing is left of a write that failed: no file without its end.
fn nothing_half_way(folder: &Path) {
    for (path, content) in files(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(!name.starts_with(".partial-"), "{}", path.display());
        let whole = match path.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => content.ends_with(b"PAR1"),
            Some("json") => serde_json::from_slice::<serde_json::Value>(&content).is_ok(),
            _ => true,
        };
        assert!(whole, "{} is half a file", path.display());
    }
}

/// What a run alone makes of these rows.
async fn alone(flow: (&str, &str)) -> String {
    let database = Database::with(DDL).await;
    let output = program::ends(Program::over(&[flow]).run(&database.url, &database.url, &[])).await;
    assert!(output.status.success(), "{}", told(&output));
    database.text(HELD).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_told_wherever_it_is() {
    let expected = alone(NOTES).await;
    let database = Database::with(DDL).await;
    let work = Program::over(&[NOTES]);
    let page = work.folder.path().join("report.html").display().to_string();
    let run = || work.run(&database.url, &database.url, &["--retry-for", "0s", "--report", &page]);
    // The first file of the snapshot, then the first of the outcomes, then the report: each stage is done with more room.
    let sizes = |what: &str| -> Vec<u64> {
        let all = files(&work.workspace());
        all.iter()
            .filter(|(path, _)| path.display().to_string().contains(what))
            .map(|(_, bytes)| bytes.len() as u64)
            .collect()
    };
    let ended = |output: &std::process::Output, place: &str| {
        let said = told(output);
        assert_eq!(output.status.code(), Some(8), "{place}: {said}");
        assert!(said.contains(place) && said.contains("ulimit -f") || place.contains("report"), "{said}");
        assert!(!hint(output).is_empty(), "{said}");
        nothing_half_way(work.folder.path());
    };
    ended(&program::ends(limited(run(), 40_000)).await, "snapshots");
    assert!(!work.workspace().join("runs").exists(), "no outcome is there before its snapshot is");
    let ready = program::ends(work.run(&database.url, &database.url, &["--only", "notes", "--retry-for", "0s"]));
    let ready = ready.await;
    assert!(ready.status.success(), "{}", told(&ready));
    let snapshot = sizes("snapshots").into_iter().max().unwrap();
    let outcomes = sizes("runs").into_iter().max().unwrap();
    assert!(snapshot > 100_000 && outcomes > snapshot, "{snapshot} {outcomes}");
    // Another target, over the same snapshot: its outcomes are larger than the snapshot's file.
    let other = Database::with(DDL).await;
    let place = std::fs::read_dir(work.workspace().join("snapshots")).unwrap().next().unwrap().unwrap().path();
    let run = || {
        let mut command = work.command("run");
        command.args(["--verify", "full", "--target", &other.url, "--retry-for", "0s", "--report", &page]);
        command.arg("--snapshot").arg(&place);
        command
    };
    ended(&program::ends(limited(run(), snapshot)).await, "runs");
    assert_eq!(other.text("select count(*)::text from fresh.notes").await, "0");
    let done = program::ends(run()).await;
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!(other.text(HELD).await, expected);
    // The report alone.
    std::fs::remove_file(&page).unwrap();
    let report = || {
        let mut command = work.command("report");
        command.args(["--output", &page]);
        command
    };
    let output = program::ends(limited(report(), 1_000)).await;
    ended(&output, "report.html");
    assert!(!Path::new(&page).exists());
    assert!(program::ends(report()).await.status.success());
    nothing_half_way(work.folder.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_spilled_is_told() {
    let database = Database::with(DDL).await;
    database.run(MORE).await;
    let work = Program::over(&[SORTED]);
    let place = work.folder.path().join("snapshot");
    let mut take = work.command("snapshot");
    take.args(["--source", &database.url, "--schemas", "legacy", "--out"]).arg(&place);
    assert!(program::ends(take).await.status.success());
    let what_if = |memory: &str| {
        let mut command = work.command("what-if");
        command.args(["--memory", memory, "--snapshot"]).arg(&place);
        command
    };
    let output = program::ends(limited(what_if("20MB"), 300_000)).await;
    let said = told(&output);
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(said.contains("while a query spills") && said.contains("folder spill"), "{said}");
    nothing_half_way(&work.workspace());
    assert_eq!(files(&work.workspace().join("spill")).len(), 0, "what was spilled is gone");
    // What a process that was killed has left goes with the next one.
    std::fs::create_dir_all(work.workspace().join("spill/left/datafusion-1")).unwrap();
    std::fs::write(work.workspace().join("spill/left/datafusion-1/x"), "rows").unwrap();
    let output = program::ends(what_if("20MB")).await;
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(files(&work.workspace().join("spill")).len(), 0, "what was spilled is gone");
    let spilled: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let held = program::ends(what_if("1GB")).await;
    let held: serde_json::Value = serde_json::from_slice(&held.stdout).unwrap();
    let flows = |report: &serde_json::Value| (report["flows"][0]["migrated"].clone(), report["conserved"].clone());
    assert_eq!(flows(&spilled), flows(&held));
    assert_eq!(flows(&held), (500_000.into(), true.into()));
}

/// A small disk, where this machine lets us make one; it goes away with this.
struct Disk(PathBuf);

impl Disk {
    fn new(at: PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let made =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&at).output();
        made.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }

    fn grow(&self, size: &str) {
        let grown = Command::new("mount").args(["-o", &format!("remount,size={size}")]).arg(&self.0).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_is_told_and_goes_on_with_more() {
    let expected = alone(NOTES).await;
    let own = tokio::task::spawn_blocking(|| Own::start("", "", &[])).await.unwrap();
    let Some(disk) = Disk::new(own.folder().join("small"), "12m") else {
        println!("skipped: this machine lets nobody mount a small disk");
        return;
    };
    let session = own.session().await;
    let owner = std::fs::metadata(own.folder().join("data")).unwrap();
    std::os::unix::fs::chown(&disk.0, Some(owner.uid()), Some(owner.gid())).unwrap();
    session.batch_execute(&format!("create tablespace small location '{}'", disk.0.display())).await.unwrap();
    session.batch_execute("create database target").await.unwrap();
    session.batch_execute("alter database target set default_tablespace = small").await.unwrap();
    let url = own.cluster.url("target");
    let target = rehome::server::Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
    target
        .batch_execute("create schema fresh; create table fresh.notes (id uuid primary key, legacy_id bigint not null unique, body text)")
        .await
        .unwrap();
    let source = Database::with(DDL).await;
    let work = Program::over(&[NOTES]);
    let run = || work.run(&source.url, &url, &["--retry-for", "0s"]);
    // What takes the rest of the disk, so that our own tables, rows or mappings find no room.
    for ballast in [10, 8, 7] {
        std::fs::write(disk.0.join("ballast"), vec![1_u8; ballast << 20]).unwrap();
        let output = program::ends(run()).await;
        let said = told(&output);
        assert_eq!(output.status.code(), Some(8), "{ballast}: {said}");
        assert!(said.contains("53100") && said.contains("disk of the database server"), "{ballast}: {said}");
    }
    let _ = std::fs::remove_file(disk.0.join("ballast"));
    disk.grow("200m");
    let output = program::ends(run()).await;
    assert!(output.status.success(), "{}", told(&output));
    let held: String = target.query_one(HELD, &[]).await.unwrap().get(0);
    assert_eq!(held, expected);
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stdout_that_takes_no_more_is_told() {
    let work = Program::over(&[NOTES]);
    for command in ["sql", "completions"] {
        let mut asked = work.command(command);
        if command == "completions" {
            asked.arg("bash");
        }
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = asked.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(8), "{command}: {}", told(&output));
        assert!(told(&output).contains("stdout takes no more"), "{command}: {}", told(&output));
    }
}
