//! Owns the proof that a snapshot's memory is bounded by the size of rows, not by the size of tables.
//! Must not know: how the bound is kept.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cluster::Database;

const MIB: u64 = 1024;

/// Takes a snapshot with the program itself; gives the most memory it had, in KiB.
fn peak(database: &Database, table: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(["--quiet", "--jobs", "2", "snapshot", "--source", &database.url, "--tables", table])
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let file = format!("/proc/{}/status", program.id());
    let mut most = 0;
    let status = loop {
        // The high-water mark: looking now and then misses nothing but the last moments.
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        match program.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(status.success(), "{table}");
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_by_rows() {
    let database = Database::with(
        // A megabyte each, of which nothing can be saved; a megabyte each, nearly nothing of it stored; and 100 MB each.
        "create table dense (id int primary key, a bytea);
         insert into dense select i, (select decode(string_agg(md5(i || '.' || j), ''), 'hex') from generate_series(1, 62500) j)
         from generate_series(1, 12) i;
         insert into dense select 100 + i, a || decode(md5(i::text), 'hex') from dense, generate_series(1, 20) i where id <= 12 on conflict do nothing;
         insert into dense select 1000 + i * 1000 + id, a || decode(md5(i::text), 'hex') from dense, generate_series(1, 6) i where id > 100;
         create table thin (id int primary key, a text);
         insert into thin select i, repeat(md5(i::text), 31250) from generate_series(1, 1500) i;
         create table sudden (id int primary key, a text);
         insert into sudden select i, 'x' from generate_series(1, 200000) i;
         update sudden set a = repeat(md5(id::text), 31250) where id between 100000 and 100400;
         create table huge (id int primary key, a text);
         insert into huge select i, repeat(md5(i::text), 3125000) from generate_series(1, 3) i;",
    )
    .await;
    for table in ["dense", "thin", "sudden"] {
        let peak = peak(&database, table);
        eprintln!("{table}: {} MiB", peak / MIB);
        assert!(peak < 400 * MIB, "{table}: {} MiB", peak / MIB);
    }
    let peak = peak(&database, "huge");
    eprintln!("huge: {} MiB", peak / MIB);
    assert!(peak < (400 + 5 * 100) * MIB, "{} MiB", peak / MIB);
}
