//! Owns the tests of a load over several processes: they share it, each chunk is in once, and whoever is killed, the target is that of one
//! process alone.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Database;
use crate::passes::number;
use crate::program::{Program, ends};
use crate::rollback::OBJECTS;

/// Parents and children; some that the target refuses, at once and when its keys are back, some that have no parent, a table with many
/// chunks of rejects, mappings of others.
const DDL: &str = "create schema legacy; create schema fresh;
    create table legacy.person (id int primary key, name text);
    create table legacy.visit (id int primary key, person_id int, at int);
    create table legacy.noise (id int primary key);
    insert into legacy.person select i, case when i % 5000 = 0 then null else 'p' || i end from generate_series(1, 400000) i;
    insert into legacy.visit select i, case when i % 3000 = 0 then 999999 else 1 + i % 400000 end, case when i % 9001 = 0 then 1 else i end
      from generate_series(1, 300000) i;
    insert into legacy.noise select i from generate_series(1, 200000) i;
    create table fresh.people (id uuid primary key, legacy_id int not null, name text not null);
    create table fresh.visits (id uuid primary key, person_id uuid not null references fresh.people, at int unique);
    create index visits_person on fresh.visits (person_id);
    create table fresh.noise (id uuid primary key);";
const FLOWS: [(&str, &str); 3] = [
    (
        "people",
        "/*--- source = \"person\" ---*/
select p.id as _key, migrate() as _outcome, p.id as legacy_id, p.name from source.person p",
    ),
    (
        "visits",
        "/*--- source = \"visit\" ---*/
select v.id as _key, migrate() as _outcome, legacy_uuid('people', v.person_id) as person_id, v.at from source.visit v",
    ),
    (
        "noise",
        "/*--- source = \"noise\" ---*/
select n.id as _key, case when n.id % 2 = 0 then reject('even') else migrate() end as _outcome from source.noise n",
    ),
];

/// All rows, what stands in the quarantine, and the chunks, as hashes. How many rows of a chunk were refused when it came hangs on whether the
/// indexes were away then; a run that was killed while it took them away goes on with those that are left.
const STATE: &str = "
    select string_agg(line, E'\\n' order by line) from (
        select 'people ' || count(*) || ' ' || sum(hashtextextended(p::text, 0)) as line from fresh.people p
        union all select 'visits ' || count(*) || ' ' || sum(hashtextextended(v::text, 0)) from fresh.visits v
        union all select 'noise ' || count(*) || ' ' || sum(hashtextextended(n::text, 0)) from fresh.noise n
        union all select 'mappings ' || count(*) || ' ' || sum(hashtextextended((to_jsonb(m) - array['run_id', 'created_at', 'id'])::text, 0))
                  from fresh.migration_mappings m
        union all select 'rejects ' || flow || ' ' || reason || ' ' || count(*) || ' ' || sum(hashtextextended(legacy_key, 0))
                  from rehome.quarantine group by flow, reason
        union all select 'chunk ' || flow || ' ' || chunk from rehome.chunks
        union all select 'open ' || flow from rehome.flows where open_for is not null or not done
        union all select 'away ' || object_name from rehome.saved_ddl) lines";

async fn state(database: &Database) -> String {
    let again = database.again().await;
    [again.text(STATE).await, again.text(OBJECTS).await].join("\n")
}

pub fn run(program: &Program, database: &Database, more: &[&str]) -> Command {
    let mut run = program.run(&database.url, &database.url, more);
    run.args(["--quiet", "--no-threshold"]);
    run
}

pub fn helper(program: &Program, database: &Database, wait: &str) -> Child {
    let mut helper = program.command("load-worker");
    helper.args(["--quiet", "--target", &database.url, "--wait", wait]).stdin(Stdio::null());
    helper.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn alone() -> String {
    let (database, program) = (Database::with(DDL).await, Program::over(&FLOWS));
    let output = ends(run(&program, &database, &[])).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let state = state(&database).await;
    for expected in ["visits 29", "rejects visits", "rejects people", "rejects noise even 100000"] {
        assert!(state.contains(expected), "{expected}: {state}");
    }
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_load_what_one_loads() {
    let expected = alone().await;
    let (database, program) = (Database::with(DDL).await, Program::over(&FLOWS));
    let helpers = [(); 2].map(|()| helper(&program, &database, "60s"));
    let output = ends(run(&program, &database, &["--share-load"])).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut chunks = 0;
    for helper in helpers {
        let output = helper.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let helped: Value = serde_json::from_slice(&output.stdout).unwrap();
        chunks += helped["chunks"].as_u64().unwrap();
        println!("{helped}");
    }
    assert!(chunks > 0, "nobody has helped");
    assert_eq!(state(&database).await, expected);

    // One that ended while a flow with refused rows was open; nobody shares the rest of it.
    let (database, program) = (Database::with(DDL).await, Program::over(&FLOWS));
    let mut killed = run(&program, &database, &["--share-load"]);
    killed.env("REHOME_FAILPOINT", "before:close_flow:1");
    let output = ends(killed).await;
    assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(state(&database).await.contains("open people"));
    let output = ends(run(&program, &database, &[])).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(state(&database).await, expected);
}

/// The run, and those who help it, are killed at any moment; the run is given again until it ends.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_each_chunk_is_in_once() {
    let expected = alone().await;
    let mut random = number("REHOME_SEED", 11);
    let mut roll = |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % most
    };
    let (mut kills, mut helped) = (0, 0);
    for round in 0..number("REHOME_LOAD_KILLS", 8).div_ceil(4) {
        let (database, program) = (Database::with(DDL).await, Program::over(&FLOWS));
        let mut helpers = [(); 2].map(|()| helper(&program, &database, "120s"));
        loop {
            let mut main = run(&program, &database, &["--share-load"])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // Not the extraction, and in the end it has to come through.
            let until = Instant::now() + Duration::from_millis(1_500 + roll(5_000));
            let last = kills >= (round + 1) * 4;
            while (last || Instant::now() < until) && main.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(20));
                if !last && roll(60) == 0 {
                    let at = usize::try_from(roll(2)).unwrap();
                    helpers[at].kill().unwrap();
                    helpers[at].wait().unwrap();
                    helpers[at] = helper(&program, &database, "120s");
                    kills += 1;
                }
            }
            if main.try_wait().unwrap().is_some() {
                let output = main.wait_with_output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                break;
            }
            main.kill().unwrap();
            main.wait().unwrap();
            kills += 1;
        }
        assert_eq!(state(&database).await, expected, "round {round}");
        for mut helper in helpers {
            // One that was started when all was over has nothing to wait for.
            std::thread::sleep(Duration::from_millis(500));
            match helper.try_wait().unwrap() {
                Some(status) => {
                    helped += 1;
                    assert!(status.success());
                }
                None => helper.kill().unwrap(),
            }
            let _ = helper.wait();
        }
    }
    println!("{kills} kills, {helped} came to their end");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_run_and_other_outcomes_are_told() {
    let (database, program) = (Database::with(DDL).await, Program::over(&FLOWS));
    let output = helper(&program, &database, "1s").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", String::from_utf8_lossy(&output.stderr));
    // One that looks for the outcomes elsewhere.
    let elsewhere = Program::over(&FLOWS);
    let lost = helper(&elsewhere, &database, "60s");
    let output = ends(run(&program, &database, &["--share-load"])).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = lost.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--store"));
}
