//! Owns the proof that `rehome doctor` finds what is in the way, each finding provoked on a real server and cured by what it says;
//! that it finds nothing where nothing is; and that nobody works through a transaction pooler.

// As expect_test writes them.
#![allow(clippy::needless_raw_string_hashes)]

mod cures;
mod ways;

use std::path::Path;

use expect_test::expect;
use rehome::doctor::{Asked, Examination, examine};
use rehome::pipeline::Pipeline;
use rehome::progress::Silent;

use crate::cluster::{Database, Own};
use crate::program::{Program, ends, told};
use crate::spoken::said_with;
use crate::support::repository;

const SETTINGS: &str = "max_prepared_transactions = 10\nwal_level = logical\nmax_connections = 40\nmax_wal_size = 8GB
    checkpoint_timeout = 30min\nmaintenance_work_mem = 512MB\nfsync = on";

/// A server of one's own: roles, slots and prepared transactions are nobody else's.
async fn own(rules: &'static str) -> Own {
    tokio::task::spawn_blocking(move || Own::start(SETTINGS, rules, &[])).await.unwrap()
}

async fn database(own: &Own, name: &str, sql: &str) -> Database {
    own.cluster.create_database(name).await.unwrap();
    let url = own.cluster.url(name);
    let session = rehome::server::Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
    let database = Database { url, session };
    database.run(sql).await;
    database
}

/// Looks in this process, which is faster.
async fn look(source: Option<&str>, target: Option<&str>, pipeline: Option<&Pipeline>) -> Examination {
    let workspace = std::env::temp_dir();
    examine(&Asked { source, target, pipeline, jobs: 2, workspace }, &Silent).await.unwrap()
}

/// What the program says, with what differs from machine to machine under names.
fn spoken(dir: &Path, args: &[&str], port: u16) -> String {
    let port = format!(":{port}");
    let text = said_with(dir, &[&["doctor", "--jobs", "2"], args].concat(), &[(&port, ":PORT")]);
    [
        (r"[0-9.]+ (bytes|KiB|MiB|GiB|TiB)", "SIZE"),
        (r"PostgreSQL [0-9]+(\.[0-9]+)?( to [0-9]+(\.[0-9]+)?)?", "PostgreSQL N"),
        (r"collation [A-Za-z_.0-9-]+", "collation C"),
        (r"both [A-Za-z_.0-9-]+", "both C"),
        (r"[0-9]+ left", "N left"),
        (r"backend [0-9]+", "backend N"),
    ]
    .into_iter()
    .fold(text, |text, (pattern, name)| regex::Regex::new(pattern).unwrap().replace_all(&text, name).into_owned())
}

async fn speak(args: &[&str], port: u16) -> String {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        spoken(folder.path(), &args, port)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wrong_with_a_fresh_pair() {
    let server = own("").await;
    let source = database(&server, "legacy", "create table person (id integer primary key, name text)").await;
    let target = database(&server, "fresh", "create table people (id uuid primary key, name text not null)").await;
    expect![[r#"
        source 127.0.0.1:PORT/legacy
          ok    connection      127.0.0.1:PORT/legacy as postgres, a superuser
          ok    encryption      plain text, which does not leave this machine
          ok    pooler          each session keeps its own backend
          ok    version         PostgreSQL N
          ok    encoding        UTF8, collation C
          ok    state           a primary
          ok    connections     N left by max_connections = 40; --jobs 2 takes up to 4
          ok    timeouts        none
          ok    transactions    none has been open for long
          ok    privileges      postgres may read all rows of 1 table
          ok    tables          1 table, SIZE with their indexes
          ok    locks           nobody holds a table for itself

        target 127.0.0.1:PORT/fresh
          ok    connection      127.0.0.1:PORT/fresh as postgres, a superuser
          ok    encryption      plain text, which does not leave this machine
          ok    pooler          each session keeps its own backend
          ok    version         PostgreSQL N
          ok    encoding        UTF8, collation C
          ok    state           a primary, which can be written to
          ok    connections     N left by max_connections = 40; --jobs 2 takes up to 4
          ok    timeouts        none
          ok    transactions    none has been open for long
          ok    privileges      postgres may do what runs and rollbacks do to all tables
          ok    mappings        public.migration_mappings is not there yet; the first run makes it
          ok    ledger          no run has been here; the first makes the schema rehome
          ok    locks           nobody holds a table for itself
          ok    triggers        none fires when rows are inserted
          ok    publications    none has a table that is written

        source and target
          ok    versions        from PostgreSQL N
          ok    collation       both C
          ok    disk            the target will need about as much as the source takes (SIZE), and room for its log; SIZE are free there

        this machine
          ok    disk            SIZE are free for snapshots and outcomes; the source is SIZE

        nothing is in the way
        --- exit 0
    "#]].assert_eq(&speak(&["--source", &source.url, "--target", &target.url], server.port()).await);
    // Neither does looking leave anything behind.
    let left = "select (select count(*) from pg_namespace where nspname like 'rehome%') || ' '
                || (select count(*) from pg_class where relpersistence = 't')";
    assert_eq!(target.text(left).await, "0 0");
    let both = ["--format", "json", "--source", &source.url, "--target", &target.url];
    let json: serde_json::Value =
        serde_json::from_str(speak(&both, server.port()).await.split("--- exit").next().unwrap()).unwrap();
    assert_eq!((&json["verdict"], &json["exit_code"]), (&"ok".into(), &0.into()));
    assert!(json["findings"].as_array().unwrap().iter().all(|finding| finding["found"].is_string()));
    expect![[r#"
        --- stderr
        error: there is nothing to look at
           hint: give --source URL, --target URL or both
        --- exit 2
    "#]]
    .assert_eq(&speak(&[], server.port()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_and_its_target_are_all_right() {
    let server = own("").await;
    for name in ["legacy", "fresh"] {
        server.cluster.create_database(name).await.unwrap();
    }
    let [legacy, fresh] = ["legacy", "fresh"].map(|name| server.cluster.url(name));
    let work = Program::over(
        &[("nothing", "select 1")]
            .map(|_| ("t", "/*---\nsource = \"t\"\n---*/\nselect id as _key, migrate() as _outcome from source.t")),
    );
    let mut sample = work.command("sample");
    sample.args(["--pipeline", "dispatch", "--scale", "0.001", "--into", &legacy, "--into-target", &fresh]);
    let made = ends(sample).await;
    assert!(made.status.success(), "{}", told(&made));
    let pipeline = Pipeline::read(&repository("pipelines/dispatch.toml")).unwrap();
    for pipeline in [None, Some(&pipeline)] {
        let found = look(Some(&legacy), Some(&fresh), pipeline).await;
        let grave: Vec<_> = found.findings.iter().filter(|found| found.level > rehome::doctor::Level::Note).collect();
        assert!(grave.is_empty(), "{grave:#?}");
    }
}
