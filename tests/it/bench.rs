//! Owns the proof of what `rehome bench` promises: the target is as it was, whatever ended it; the figures add up; rows of a sample
//! have their parents in it; and the prediction is of the size of the run.

use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rehome::cancel::Cancel;
use rehome::extract::{self, Options, Sampled, count};
use rehome::progress::Silent;
use rehome::storage::Location;
use serde_json::Value;

use crate::cluster::Database;
use crate::program::{Program, ends, told};

/// Two tables that are large enough to be read in part, one of which refers to the other; a sequence, a trigger, rows that are there.
const BOTH: &str = "
create schema legacy; create schema fresh;
create table legacy.people (id integer primary key, name text);
create table legacy.orders (id integer primary key, person integer not null references legacy.people, amount numeric(10, 2));
create table legacy.notes (id integer primary key, said text);
insert into legacy.people select n, 'person ' || n from generate_series(1, 60000) n;
insert into legacy.orders select n, n % 60000 + 1, n from generate_series(1, 120000) n;
insert into legacy.notes select n, 'note' from generate_series(1, 100) n;
create table fresh.people (id uuid primary key, number serial, name text not null unique, kind text default 'new');
create table fresh.orders (id uuid primary key, person_id uuid not null references fresh.people, amount numeric(10, 2) check (amount > 0));
create index on fresh.orders (person_id);
create table fresh.notes (id uuid primary key, said text);
insert into fresh.notes values ('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'before us');
create function fresh.shout() returns trigger language plpgsql as $$ begin raise 'a trigger fired'; end $$;
create trigger shouts before insert on fresh.notes for each row execute function fresh.shout();
create schema rehome_bench_1; create table rehome_bench_1.of_somebody (x integer);
";

const FLOWS: [(&str, &str); 3] = [
    ("people", "/*---\nsource = \"people\"\n---*/ select id as _key, migrate() as _outcome, name from source.people"),
    (
        "orders",
        "/*---\nsource = \"orders\"\n---*/ select o.id as _key,
            case when p._key is null then reject('no_person') when o.id % 100 = 0 then reject('odd') else migrate() end as _outcome,
            legacy_uuid('people', o.person) as person_id, o.amount
         from source.orders o left join migrated.people p on p._key = o.person",
    ),
    ("notes", "/*---\nsource = \"notes\"\n---*/ select id as _key, migrate() as _outcome, said from source.notes"),
];

/// Everything of a database that a bench could change: objects, comments, rows, sequences.
const STATE: &str = "
select string_agg(line, e'\n' order by line) from (
    select format('%s %s.%s %s', relkind, relnamespace::regnamespace, relname, relfilenode) as line
    from pg_class where relnamespace::regnamespace::text !~ '^pg_|^information_schema'
    union all select 'schema ' || nspname || ' ' || coalesce(obj_description(oid), '') from pg_namespace where nspname !~ '^pg_'
    union all select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
    union all select format('%s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger
    union all select format('%s.%s %s', schemaname, sequencename, last_value) from pg_sequences
    union all select 'type ' || typname from pg_type where typnamespace::regnamespace::text !~ '^pg_|^information_schema'
    union all select 'note ' || id || said from fresh.notes
    union all select 'people ' || count(*) from fresh.people
) state";

const SCRATCH: &str = "select coalesce(string_agg(nspname, ' '), '') from pg_namespace n
    where nspname ~ '^rehome_bench_' and obj_description(oid) like 'scratch of%'";

fn bench(program: &Program, database: &Database, more: &[&str]) -> Command {
    let mut command = program.command("bench");
    command.arg(program.folder.path().join("pipeline/pipeline.toml")).args(["--source", &database.url]).args(more);
    command
}

fn document(output: &Output) -> Value {
    assert!(output.status.success(), "{}", told(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stages(found: &Value) -> Vec<&str> {
    found["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect()
}

fn sum(found: &Value, name: &str) -> f64 {
    found["stages"].as_array().unwrap().iter().map(|stage| stage[name].as_f64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_is_as_it_was_and_the_figures_add_up() {
    let (database, program) = (Database::with(BOTH).await, Program::over(&FLOWS));
    let before = database.text(STATE).await;
    let begun = Instant::now();
    let found = document(&ends(bench(&program, &database, &["--target", &database.url])).await);
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(database.text(STATE).await, before);
    assert_eq!(std::fs::read_dir(program.workspace()).unwrap().count(), 0, "nothing is left of the sample");

    let expected =
        ["extract", "parquet", "plan", "transform", "copy", "mappings", "indexes", "foreign keys", "verify", "report"];
    assert_eq!(stages(&found), expected);
    let predicted = found["predicted_seconds"].as_f64().unwrap();
    let overlap = found["overlap_seconds"].as_f64().unwrap();
    assert!((sum(&found, "predicted_seconds") - overlap - predicted).abs() < 1e-6, "{found}");
    let measured = sum(&found, "measured_seconds");
    assert!(overlap >= 0.0 && measured <= took, "overlap {overlap}; {measured} s measured in {took} s: {found}");
    let [least, most] = ["at_least_seconds", "at_most_seconds"].map(|name| found[name].as_f64().unwrap());
    assert!(least < predicted && predicted < most, "{found}");
    let neck = found["bottleneck"]["stage"].as_str().unwrap();
    let longest = found["stages"].as_array().unwrap().iter().map(|stage| stage["predicted_seconds"].as_f64().unwrap());
    let of_neck = found["stages"].as_array().unwrap().iter().find(|stage| stage["stage"] == neck).unwrap();
    assert!((longest.fold(0.0, f64::max) - of_neck["predicted_seconds"].as_f64().unwrap()).abs() < 1e-9);

    // Two tables in part, both about as much: rows of orders go with their people. All the same, none lacks one.
    assert_eq!(found["sample"]["of_rows"], 180_100);
    let parts = found["sample"]["tables"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    for part in parts {
        let share = part["rows"].as_f64().unwrap() / part["of_rows"].as_f64().unwrap();
        assert!((0.01..0.15).contains(&share) && part["counted"] == true, "{part}");
    }
    // A real run takes as long, within what a test can ask of a machine that does other things.
    let begun = Instant::now();
    let run = ends(program.run(&database.url, &database.url, &["--no-threshold"])).await;
    assert_eq!(run.status.code(), Some(0), "{}", told(&run));
    let real = begun.elapsed().as_secs_f64();
    assert!((0.2..5.0).contains(&(predicted / real)), "{predicted} s predicted, {real} s taken: {found}");

    // Over a target that holds a run, the same: its ledger does not move.
    let before = database.text(STATE).await;
    let runs = "select string_agg(r::text, ' ') || (select count(*) from rehome.chunks) from rehome.runs r";
    let of_runs = database.text(runs).await;
    document(&ends(bench(&program, &database, &["--target", &database.url, "--sample", "0.02"])).await);
    assert_eq!((database.text(STATE).await, database.text(runs).await), (before, of_runs));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_target_nothing_is_loaded() {
    let (database, program) = (Database::with(BOTH).await, Program::over(&FLOWS));
    let found = document(&ends(bench(&program, &database, &["--sample", "100%"])).await);
    assert_eq!(stages(&found), ["extract", "parquet", "plan", "transform", "report"]);
    assert_eq!((&found["predicts"], &found["overlap_seconds"]), (&"snapshot and what-if".into(), &0.0.into()));
    let assumptions = found["assumptions"].to_string();
    assert!(assumptions.contains("without --target") && !assumptions.contains("ledger"), "{assumptions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_measured_is_told() {
    let (database, program) = (Database::with(BOTH).await, Program::over(&FLOWS));
    for (more, code, words) in [
        (vec!["--sample", "0"], 2, "a share such as 5% or 0.05"),
        (vec!["--sample", "101%"], 2, "a share such as 5% or 0.05"),
        (vec!["--target", "postgresql://nobody@127.0.0.1:1/nowhere"], 75, "cannot be reached"),
    ] {
        let output = ends(bench(&program, &database, &more)).await;
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", told(&output));
        assert!(told(&output).contains(words), "{more:?}: {}", told(&output));
    }
    database.run("drop table legacy.notes").await;
    let output = ends(bench(&program, &database, &[])).await;
    assert!(output.status.code() == Some(2) && told(&output).contains("notes"), "{}", told(&output));
    let empty = "create table legacy.notes (id integer primary key, said text); truncate legacy.people, legacy.orders";
    database.run(empty).await;
    let output = ends(bench(&program, &database, &["--target", &database.url])).await;
    assert!(output.status.code() == Some(2) && told(&output).contains("has a row"), "{}", told(&output));

    // A target that does not fit, and a role that may make no schema: what was made is gone again.
    database.run("alter table fresh.notes drop column said").await;
    let output = ends(bench(&program, &database, &["--target", &database.url])).await;
    assert_eq!(output.status.code(), Some(6), "{}", told(&output));
    assert_eq!(database.text(SCRATCH).await, "");
}

/// Waits until a bench has made its schema.
async fn scratch_is_there(database: &Database, child: &mut Child) {
    let begun = Instant::now();
    while database.text(SCRATCH).await.is_empty() {
        assert!(child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_mins(1), "no schema was seen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_bench_early_leaves_nothing_for_long() {
    let (database, program) = (Database::with(BOTH).await, Program::over(&FLOWS));
    let before = database.text(STATE).await;
    for (signal, code) in [(libc::SIGINT, Some(130)), (libc::SIGKILL, None)] {
        let mut command = bench(&program, &database, &["--target", &database.url, "--sample", "60%"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        scratch_is_there(&database, &mut child).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        // SAFETY: a signal to a process of our own that nobody has waited for yet.
        unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), signal) };
        let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert_eq!(status.code(), code);
        if code.is_some() {
            assert_eq!(database.text(STATE).await, before);
        }
    }
    assert_ne!(database.text(SCRATCH).await, "", "a killed bench can clean nothing up");
    document(&ends(bench(&program, &database, &["--target", &database.url, "--sample", "1%"])).await);
    assert_eq!(database.text(STATE).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_sample_have_their_parents_in_it() {
    let database = Database::with(BOTH).await;
    // Over two steps: lines of orders of people.
    let more = "create table legacy.lines (order_id integer not null references legacy.orders, line integer, primary key (order_id, line));
        insert into legacy.lines select n % 120000 + 1, n from generate_series(1, 200000) n; analyze";
    database.run(more).await;
    let folder = tempfile::tempdir().unwrap();
    let place = Location::folder(&folder.path().join("s")).unwrap();
    let options = Options { schemas: vec!["legacy".to_owned()], jobs: 2, ..Options::default() };
    let rows = count(&database.address(), &options, &Cancel::new()).await.unwrap();
    let sampled = Some(Sampled { share: 0.05, few: 50_000, rows });
    let options = Options { sampled, ..options };
    let snapshot = extract::run(&database.address(), &options, place, Arc::new(Silent), Cancel::new()).await.unwrap();
    let column = async |table: &str, column: &str| {
        let batches = snapshot.read_all(snapshot.table(table).unwrap()).await.unwrap();
        let values = batches.iter().flat_map(|batch| {
            let array = batch.column_by_name(column).unwrap();
            arrow::array::AsArray::as_primitive::<arrow::datatypes::Int32Type>(array).values().to_vec()
        });
        values.collect::<Vec<i32>>()
    };
    let (people, orders, lines) =
        (column("people", "id").await, column("orders", "id").await, column("lines", "order_id").await);
    assert!(!people.is_empty() && orders.len() > people.len() && lines.len() > orders.len());
    assert!(people.len() < 12_000 && people.is_sorted() && orders.is_sorted());
    assert!(column("orders", "person").await.iter().all(|person| people.contains(person)));
    assert!(lines.iter().all(|order| orders.binary_search(order).is_ok()));
    assert_eq!(column("notes", "id").await.len(), 100);
}
