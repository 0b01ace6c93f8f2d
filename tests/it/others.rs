//! Owns the proof that a run gets through what others do to its target, or says in time that it does not: limits that a role or a
//! database sets on its sessions, tables that somebody holds locked, deadlocks. Must not know: how a run waits.

use std::time::{Duration, Instant};

use crate::cluster::Database;
use crate::program::{self, Program, told};

const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.person (id integer primary key, name text);
    create table fresh.people (id uuid primary key, legacy_id bigint not null unique, name text);
    insert into legacy.person select i, 'person ' || i from generate_series(1, 500) i;";

const PEOPLE: (&str, &str) = (
    "people",
    "/*--- source = \"person\"\nentity = \"person\" ---*/
     select id as _key, migrate() as _outcome, id as legacy_id, name from source.person",
);

const HELD: &str = "select count(*) || ' ' || (select count(*) from fresh.migration_mappings) || ' '
    || (select count(*) from rehome.saved_ddl) from fresh.people";

/// Holds what `sql` locks, for this long or until the test ends.
async fn hold(database: &Database, sql: &str, time: Option<Duration>) -> tokio::task::JoinHandle<()> {
    let other = database.again().await;
    other.run(&format!("set lock_timeout = 0; begin; {sql}")).await;
    tokio::spawn(async move {
        tokio::time::sleep(time.unwrap_or(Duration::from_mins(10))).await;
        other.run("commit").await;
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_a_role_or_a_database_sets_do_not_end_a_run() {
    let database = Database::with(DDL).await;
    let name = database.text("select current_database()::text").await;
    // Each statement, each wait and each pause of a run takes longer.
    database
        .run(&format!(
            "create role hurried_{name} superuser login;
             alter role hurried_{name} set statement_timeout = '40ms';
             alter role hurried_{name} set lock_timeout = '40ms';
             alter role hurried_{name} set idle_in_transaction_session_timeout = '40ms';
             alter database {name} set idle_session_timeout = '40ms';
             create function fresh.slowly() returns trigger language plpgsql as
               $$ begin if new.legacy_id % 50 = 0 then perform pg_sleep(0.06); end if; return new; end $$;
             create trigger slowly before insert on fresh.people for each row execute function fresh.slowly();
             create view legacy.slow as select p.* from legacy.person p
               where id % 100 > 0 or exists (select from pg_sleep(0.06) where id > 0);"
        ))
        .await;
    let url = database.url.replace("//postgres@", &format!("//hurried_{name}@"));
    let slow = PEOPLE.1.replace("\"person\"\nentity", "\"slow\"\nentity").replace("source.person", "source.slow");
    let work = Program::over(&[("people", &slow)]);
    let output = program::ends(work.run(&url, &url, &["--retry-for", "0s"])).await;
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(database.text(HELD).await, "500 500 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_holds_is_waited_for() {
    for table in ["fresh.people", "legacy.person"] {
        let database = Database::with(DDL).await;
        let work = Program::over(&[PEOPLE]);
        let holder =
            hold(&database, &format!("lock table {table} in access exclusive mode"), Some(Duration::from_secs(3)))
                .await;
        let output = program::ends(work.run(&database.url, &database.url, &["--retry-for", "0s"])).await;
        assert!(output.status.success(), "{table}: {}", told(&output));
        assert_eq!(database.text(HELD).await, "500 500 0");
        holder.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_never_lets_go_ends_the_run() {
    for (table, mode, more) in [
        ("fresh.people", "access exclusive", "55P03"),
        // Who only reads stands in the way of nothing but what constraints need.
        ("legacy.person", "access exclusive", "legacy.person"),
    ] {
        let database = Database::with(DDL).await;
        let work = Program::over(&[PEOPLE]);
        let holder = hold(&database, &format!("lock table {table} in {mode} mode"), None).await;
        let begun = Instant::now();
        let limits = ["--retry-for", "0s", "--stall-timeout", "1s", "--lock-timeout", "1"];
        let output = program::ends(work.run(&database.url, &database.url, &limits)).await;
        let told = told(&output);
        assert_eq!(output.status.code(), Some(75), "{table}: {told}");
        assert!(told.contains(more) && told.contains("another session holds a"), "{table}: {told}");
        println!("{table}: {:.1} s", begun.elapsed().as_secs_f64());
        holder.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_with_somebody_else_is_survived() {
    let database = Database::with(DDL).await;
    // Two locks that a chunk takes one after the other, for its rows and for their mappings.
    database
        .run(
            "create table fresh.migration_mappings (
                 entity_type text not null, legacy_id bigint, legacy_key text, entity_uuid uuid not null, run_id uuid);
             create function fresh.lock() returns trigger language plpgsql as
               $$ begin perform pg_advisory_xact_lock(tg_argv[0]::bigint); return new; end $$;
             create trigger lock before insert on fresh.people for each row execute function fresh.lock('4711');
             create trigger lock before insert on fresh.migration_mappings for each row execute function fresh.lock('4712');",
        )
        .await;
    let other = database.again().await;
    other.run("set lock_timeout = 0; begin; select pg_advisory_xact_lock(4712)").await;
    let work = Program::over(&[PEOPLE]);
    let run = tokio::spawn(program::ends(work.run(&database.url, &database.url, &["--retry-for", "0s"])));
    let waits = "select count(*)::text from pg_locks where locktype = 'advisory' and not granted
                 and database = (select oid from pg_database where datname = current_database())";
    for _ in 0..3_000 {
        if database.text(waits).await == "1" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Now each waits for the other: the server ends one of them.
    let theirs = other.session.batch_execute("select pg_advisory_xact_lock(4711)").await.is_ok();
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.session.batch_execute("rollback").await.unwrap();
    let output = run.await.unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(database.text(HELD).await, "500 500 0");
    println!("the server ended {}", if theirs { "the run's transaction" } else { "theirs" });
}
