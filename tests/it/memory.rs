//! Owns the proof that a snapshot's memory is bounded by the size of rows, not by the size of tables.
//! Must not know: how the bound is kept.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::artefact::stores::Store;
use crate::cluster::Database;

const MIB: u64 = 1024;

/// Takes a snapshot with the program itself; gives the most memory it had, in KiB.
fn peak(mut program: Command, database: &Database, table: &str, out: &str) -> u64 {
    let mut program = program
        .args(["--quiet", "--jobs", "2", "snapshot", "--source", &database.url, "--tables", table, "--out", out])
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
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
    eprintln!("{table}: {} MiB", most / MIB);
    most
}

/// The program, with a folder of its own.
fn into(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rehome"));
    program.arg("--dir").arg(folder);
    program
}

/// Passes on what comes, to a server behind it, at so many bytes a second for each connection. Gives its own address.
fn slow_way(to: &str, per_second: u32) -> String {
    let to = to.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&to).unwrap();
            let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            std::thread::spawn(move || {
                let (mut client, mut server, mut piece) = (client, server, vec![0; 64 << 10]);
                while let Ok(length @ 1..) = client.read(&mut piece) {
                    std::thread::sleep(Duration::from_secs(1) * u32::try_from(length).unwrap() / per_second);
                    if server.write_all(&piece[..length]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_by_rows() {
    let database = Database::with(
        // A megabyte each, of which nothing can be saved; a megabyte each, nearly nothing of it stored; and 100 MB each.
        "create table dense (id int primary key, a bytea);
         insert into dense select i, (select decode(string_agg(md5(i || '.' || j), ''), 'hex') from generate_series(1, 62500) j)
         from generate_series(1, 12) i;
         insert into dense select 100 * i + id, decode(md5(i::text), 'hex') || a from dense, generate_series(1, 10) i;
         create table thin (id int primary key, a text);
         insert into thin select i, repeat(md5(i::text), 31250) from generate_series(1, 1500) i;
         create table sudden (id int primary key, a text);
         insert into sudden select i, 'x' from generate_series(1, 200000) i;
         update sudden set a = repeat(md5(id::text), 31250) where id between 100000 and 100400;
         create table huge (id int primary key, a text);
         insert into huge select i, repeat(md5(i::text), 3125000) from generate_series(1, 3) i;",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    for table in ["dense", "thin", "sudden"] {
        let out = folder.path().join(table).display().to_string();
        assert!(peak(into(folder.path()), &database, table, &out) < 400 * MIB, "{table}");
    }
    let out = folder.path().join("huge").display().to_string();
    assert!(peak(into(folder.path()), &database, "huge", &out) < (400 + 5 * 100) * MIB);
    // A store that takes ten megabytes a second holds the readers up, and nothing piles up before it.
    let store = Store::shared();
    let mut program = store.program(folder.path());
    program.env("AWS_ENDPOINT", slow_way(&store.endpoint, 10 << 20));
    assert!(peak(program, &database, "dense", "s3://bucket/slow") < 400 * MIB);
}
