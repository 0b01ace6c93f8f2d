//! Owns the proof that no run hangs on a connection that has fallen silent without being closed: it ends with a typed error, or
//! goes on over new connections, wherever the silence begins. Must not know: how silence is noticed.

use std::time::{Duration, Instant};

use crate::cluster::Database;
use crate::program::{self, Program, told};
use crate::proxy::{Proxy, Trouble, Way};

/// Two tables of a few megabytes, so that a COPY is longer than what lies in buffers between two ends.
const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.person (id integer primary key, name text);
    create table legacy.note (id integer primary key, person_id integer, body text);
    create table fresh.people (id uuid primary key, legacy_id bigint not null unique, name text);
    create table fresh.notes (
        id uuid primary key, legacy_id bigint not null unique, person_id uuid references fresh.people (id), body text);
    create index on fresh.notes (body);
    insert into legacy.person select i, 'person ' || i from generate_series(1, 3000) i;
    insert into legacy.note select i, 1 + i % 3000, repeat(md5(i::text), 25) from generate_series(1, 12000) i;
    analyze";

const FLOWS: [(&str, &str); 2] = [
    (
        "people",
        "/*--- source = \"person\"\nentity = \"person\" ---*/
         select id as _key, migrate() as _outcome, id as legacy_id, name from source.person",
    ),
    (
        "notes",
        "/*--- source = \"note\"\nentity = \"note\" ---*/
         select id as _key, migrate() as _outcome, id as legacy_id, legacy_uuid('person', person_id) as person_id, body
         from source.note",
    ),
];

/// What must be there in the end.
const HELD: &str =
    "select (select count(*) from fresh.people) || ' ' || (select count(distinct legacy_id) from fresh.notes)
    || ' ' || (select count(*) from fresh.migration_mappings) || ' ' || (select count(*) from rehome.saved_ddl)";

/// What a run meets whose every connection falls silent: the exit that says to try again, soon.
async fn ends(silent: Silent, way: Way) {
    let database = Database::with(DDL).await;
    let work = Program::over(&FLOWS);
    let proxy = Proxy::start(&database.url);
    proxy.make(Trouble::Silent { after: silent.after, way }, silent.skip, usize::MAX);
    let (source, target) = if silent.source { (&proxy.url, &database.url) } else { (&database.url, &proxy.url) };
    let begun = Instant::now();
    let output = program::ends(work.run(source, target, &["--stall-timeout", "1s", "--retry-for", "0s"])).await;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(75), "{silent:?} {way:?}: {told}");
    assert!(told.contains("hint") && proxy.met() > 0, "{silent:?} {way:?}: {told}");
    println!("{silent:?} {way:?}: {:.1} s", begun.elapsed().as_secs_f64());
    // No session of ours stays and keeps its locks.
    let left = "select count(*)::text from pg_stat_activity
                where datname = current_database() and application_name like 'rehome l%'";
    for _ in 0..100 {
        if database.text(left).await == "0" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(database.text(left).await, "0", "{silent:?} {way:?}");
    // The way is free again: the same command ends what was begun.
    let output = program::ends(work.run(&database.url, &database.url, &[])).await;
    assert!(output.status.success(), "{silent:?} {way:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(database.text(HELD).await, "3000 12000 15000 0");
}

#[derive(Debug, Clone, Copy)]
struct Silent {
    source: bool,
    /// What a connection has sent by then, and how many of those that have are let pass.
    after: u64,
    skip: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_takes_nothing_any_more_ends_the_run() {
    // In the middle of a COPY of rows.
    ends(Silent { source: false, after: 1_500_000, skip: 0 }, Way::ToServer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_answers_nothing_any_more_ends_the_run() {
    ends(Silent { source: false, after: 4_000, skip: 0 }, Way::ToClient).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_sends_nothing_any_more_ends_the_run() {
    // While the catalog is read.
    ends(Silent { source: true, after: 4_000, skip: 0 }, Way::ToClient).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_hears_nothing_any_more_ends_the_run() {
    // All readers, which come second.
    ends(Silent { source: true, after: 1_000, skip: 1 }, Way::Both).await;
}

/// One connection after another falls silent, at another place each: the run goes on over new ones, and ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_rides_through_silence() {
    let database = Database::with(DDL).await;
    let work = Program::over(&FLOWS);
    let (source, target) = (Proxy::start(&database.url), Proxy::start(&database.url));
    source.make(Trouble::Silent { after: 1_000, way: Way::ToClient }, 1, 1);
    target.make(Trouble::Silent { after: 1_500_000, way: Way::Both }, 0, 1);
    let output =
        program::ends(work.run(&source.url, &target.url, &["--stall-timeout", "1s", "--retry-for", "1m"])).await;
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!((source.met(), target.met()), (1, 1));
    assert_eq!(database.text(HELD).await, "3000 12000 15000 0");
}

/// A COMMIT that never comes, whose reply never comes, or that comes late, when the run has begun again.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_rides_through_commits_that_go_wrong() {
    let late = Duration::from_secs(1);
    for trouble in
        [Trouble::CutBeforeCommit, Trouble::CutAfterCommit, Trouble::HoldCommit(late), Trouble::LateCommit(late)]
    {
        let database = Database::with(DDL).await;
        let work = Program::over(&FLOWS);
        let target = Proxy::start(&database.url);
        target.make(trouble, 2, 2);
        let output = program::ends(work.run(&database.url, &target.url, &["--retry-for", "1m"])).await;
        assert!(output.status.success(), "{trouble:?}: {}", told(&output));
        assert!(target.met() == 2 && target.commits() > 4 && target.connections() > 3, "{trouble:?}");
        assert_eq!(database.text(HELD).await, "3000 12000 15000 0", "{trouble:?}");
        // Nothing is left to do, by the same way.
        target.pass();
        let output = program::ends(work.run(&database.url, &target.url, &[])).await;
        assert!(output.status.success(), "{trouble:?}: {}", told(&output));
    }
}

/// What takes long is not taken for silence: a constraint of the target, a query of the source.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_at_work_is_waited_for() {
    let database = Database::with(DDL).await;
    database
        .run(
            "create function slow() returns event_trigger language plpgsql as $$
               begin if current_query() ~* 'validate constraint' then perform pg_sleep(3); end if; end $$;
             create event trigger slow on ddl_command_end when tag in ('ALTER TABLE') execute function slow();
             alter table legacy.person rename to person_0;
             create view legacy.person as select p.* from legacy.person_0 p, (select pg_sleep(3) offset 0) s;",
        )
        .await;
    let work = Program::over(&FLOWS);
    let output =
        program::ends(work.run(&database.url, &database.url, &["--stall-timeout", "1s", "--retry-for", "0s"])).await;
    assert!(output.status.success(), "{}", told(&output));
}
