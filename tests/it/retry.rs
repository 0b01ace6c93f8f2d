//! Owns the proof that rows of the quarantine can be tried again: mended ones, those whose parent came, those whose rule was
//! mended; and what depends on them. PostgreSQL is the judge: the target is that of a run over a source with the same change.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use expect_test::{Expect, expect};
use rehome::error::Kind;
use rehome::run::{Done, Given, Request, Retried, Retry, Verify, retry};
use rehome::snapshot::{Edit, Snapshot};

use crate::cluster::Database;
use crate::program::{Program, ends};
use crate::spoken::said_with;
use crate::support::Home;

const SOURCE: &str = r#"
create schema legacy;
create table legacy.people (id int primary key, "full Name" text, country char(2) not null);
insert into legacy.people
select g, case when g % 10 <> 0 then 'person ' || g end, case when g % 25 = 0 then 'XX' else 'DE' end
from generate_series(1, 200) g;
create table legacy.orders (code text primary key, person int, amount numeric(10, 2));
insert into legacy.orders select 'o-' || g, 1 + g % 200, g * 1.25 from generate_series(1, 1000) g;
create schema fresh;
create table fresh.countries (code text primary key);
insert into fresh.countries values ('DE');
create table fresh.people (id uuid primary key, name text not null, country text not null references fresh.countries);
create table fresh.orders (id uuid primary key, person_id uuid not null references fresh.people, amount numeric not null);
"#;

const PEOPLE: &str = r#"/*---
source = "people"
---*/
select p.id as _key, case when p."full Name" is null then reject('nameless') else migrate() end as _outcome,
    p."full Name" as name, p.country
from source.people p"#;

const ORDERS: &str = r#"/*---
source = "orders"
key = "code"
---*/
select o.code as _key,
    case when p._key is null then reject('person_not_migrated', 'people', o.person) else migrate() end as _outcome,
    legacy_uuid('people', o.person) as person_id, o.amount
from source.orders o left join migrated.people p on p._key = o.person"#;

const MENDED: &str = r#"update legacy.people set "full Name" = 'mended ' || id where id in (10, 20, 30)"#;
const ROWS: &str = "select coalesce(string_agg(row::text, E'\n' order by row::text), '') from (
    select p::text as row from fresh.people p union all select o::text from fresh.orders o) rows";
const QUARANTINE: &str = "select coalesce(string_agg(q, E'\n' order by q), '') from (
    select concat_ws(' ', flow, legacy_key, reason, cause_flow, cause_key) as q from rehome.quarantine) all_rows";

const FLOWS: [(&str, &str); 2] = [("people", PEOPLE), ("orders", ORDERS)];

async fn request(home: &Home, database: &Database, flows: &[(&str, &str)]) -> Request {
    Request {
        source: None,
        verify: Verify::Everything,
        ..home.request(database, database.address(), "", flows).unwrap()
    }
}

/// The rows of people with these ids, with a name.
async fn edited(snapshot: &Snapshot, ids: &[i32]) -> Given {
    let table = snapshot.table("people").unwrap();
    let whole = snapshot.read_all(table).await.unwrap();
    let whole = arrow::compute::concat_batches(&whole[0].schema(), &whole).unwrap();
    let at: Vec<u32> = ids.iter().map(|id| u32::try_from(id - 1).unwrap()).collect();
    let rows = arrow::compute::take_record_batch(&whole, &arrow::array::UInt32Array::from(at)).unwrap();
    let names: StringArray = ids.iter().map(|id| Some(format!("mended {id}"))).collect();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    columns[1] = Arc::new(names);
    let rows = vec![RecordBatch::try_new(rows.schema(), columns).unwrap()];
    let edit = Edit { schema: "legacy".into(), table: "people".into(), key: vec!["id".into()], rows };
    Given { edit, from: snapshot.location().clone() }
}

fn again(given: &Given) -> Given {
    Given { edit: given.edit.clone(), from: given.from.clone() }
}

async fn tried(home: &Home, request: Request, edits: Vec<Given>, dry_run: bool) -> Retried {
    let retried = retry(Retry { request, edits }, dry_run, &home.setting()).await.unwrap();
    if let Done::Run(finished) = &retried.done {
        assert!(finished.report.verified && finished.failures.is_empty(), "{:?}", finished.failures);
    }
    retried
}

fn numbers(retried: &Retried) -> BTreeMap<&str, (u64, Option<u64>)> {
    retried.outline.flows.iter().map(|flow| (flow.flow.as_str(), (flow.before, flow.after))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mended_rows_come_with_all_that_waits_for_them() {
    let (database, home) = (Database::with(SOURCE).await, Home::new());
    let first = home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
    // Of 200 people 20 have no name, and 4 a country that the target does not have; of 1,000 orders 120 wait for them.
    let snapshot = Snapshot::open(first.snapshot.clone()).await.unwrap();
    let before = (database.text(ROWS).await, database.text(QUARANTINE).await);
    let mend = edited(&snapshot, &[10, 20, 30]).await;

    let planned = tried(&home, request(&home, &database, &FLOWS).await, vec![again(&mend)], true).await;
    let Done::Plan(plan) = &planned.done else { panic!("no plan") };
    assert_eq!(plan.flows.iter().map(|flow| flow.counts.came_in).collect::<Vec<_>>(), [3 + 4, 15 + 20]);
    assert_eq!((database.text(ROWS).await, database.text(QUARANTINE).await), before);

    let retried = tried(&home, request(&home, &database, &FLOWS).await, vec![again(&mend)], false).await;
    assert_eq!(retried.outline.mended, BTreeMap::from([("legacy.people".to_owned(), 3)]));
    let after = (database.text(ROWS).await, database.text(QUARANTINE).await);
    // The same change in the source, and a run alone.
    let (alone, its_home) = (Database::with(SOURCE).await, Home::new());
    alone.run(MENDED).await;
    its_home.migrate(&alone, alone.address(), "", &FLOWS).await.unwrap();
    assert_eq!(after, (alone.text(ROWS).await, alone.text(QUARANTINE).await));
    assert_ne!(after, before);

    // Given again, with or without the edits, there is nothing that it would do.
    for edits in [vec![again(&mend)], Vec::new()] {
        let again = tried(&home, request(&home, &database, &FLOWS).await, edits, false).await;
        let Done::Run(finished) = &again.done else { panic!("no run") };
        assert!(again.outline.mended.is_empty());
        assert!(finished.report.flows.iter().all(|flow| flow.changes.as_ref().unwrap().counts.came_in <= 20 + 4));
        assert_eq!((database.text(ROWS).await, database.text(QUARANTINE).await), after);
    }

    let setting = home.setting();
    let first = first.report.run;
    rehome::run::rollback(&database.address(), &rehome::run::Back::To(first), false, &setting).await.unwrap();
    assert_eq!((database.text(ROWS).await, database.text(QUARANTINE).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_target_refused_comes_when_its_parent_is_there() {
    let (database, home) = (Database::with(SOURCE).await, Home::new());
    home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
    database.run("insert into fresh.countries values ('XX')").await;
    let retried = tried(&home, request(&home, &database, &FLOWS).await, Vec::new(), false).await;
    assert!(retried.outline.mended.is_empty());
    let (alone, its_home) = (Database::with(SOURCE).await, Home::new());
    alone.run("insert into fresh.countries values ('XX')").await;
    its_home.migrate(&alone, alone.address(), "", &FLOWS).await.unwrap();
    assert_eq!(database.text(ROWS).await, alone.text(ROWS).await);
    assert_eq!(database.text(QUARANTINE).await, alone.text(QUARANTINE).await);
    assert_eq!(numbers(&retried)["people"].1, Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_rule_tries_them_again() {
    let (database, home) = (Database::with(SOURCE).await, Home::new());
    home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
    let mended = PEOPLE
        .replace(r#"case when p."full Name" is null then reject('nameless') else migrate() end"#, "migrate()")
        .replace(r#"p."full Name" as name"#, r#"coalesce(p."full Name", 'nobody') as name"#);
    let flows = [("people", mended.as_str()), ("orders", ORDERS)];
    let retried = tried(&home, request(&home, &database, &flows).await, Vec::new(), false).await;
    let (alone, its_home) = (Database::with(SOURCE).await, Home::new());
    its_home.migrate(&alone, alone.address(), "", &flows).await.unwrap();
    assert_eq!(database.text(ROWS).await, alone.text(ROWS).await);
    assert_eq!(database.text(QUARANTINE).await, alone.text(QUARANTINE).await);
    assert!(numbers(&retried)["people"].1 < Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_tried_again_is_told() {
    let (database, home) = (Database::with(SOURCE).await, Home::new());
    let asked = request(&home, &database, &FLOWS).await;
    let error = retry(Retry { request: asked, edits: Vec::new() }, false, &home.setting()).await.err().unwrap();
    assert_eq!((error.kind(), error.message()), (Kind::Config, "no run of this pipeline has loaded this target"));

    let first = home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
    let snapshot = Snapshot::open(first.snapshot).await.unwrap();
    let Given { edit, from } = edited(&snapshot, &[10]).await;
    let with = |at: usize, column: ArrayRef| {
        let mut columns: Vec<ArrayRef> = edit.rows[0].columns().to_vec();
        columns[at] = column;
        RecordBatch::try_new(edit.rows[0].schema(), columns).unwrap()
    };
    let renamed = with(0, Arc::new(arrow::array::Int32Array::from(vec![777])));
    let other = with(1, Arc::new(StringArray::from(vec!["another"])));
    let renamed = Edit { rows: vec![renamed], ..edit.clone() };
    let twice = Edit { rows: vec![edit.rows[0].clone(), other], ..edit.clone() };
    let elsewhere = Edit { table: "persons".into(), ..edit.clone() };
    let before = database.text(QUARANTINE).await;
    for (edit, message) in [
        (renamed, "1 of the rows given are not in the snapshot"),
        (twice, "a row is given twice, with different values"),
        (elsewhere, "the snapshot has no such table, and rows of it are given"),
    ] {
        let edits = vec![Given { edit, from: from.clone() }];
        let asked = request(&home, &database, &FLOWS).await;
        let error = retry(Retry { request: asked, edits }, false, &home.setting()).await.err().unwrap();
        assert_eq!((error.kind(), error.message()), (Kind::Config, message));
    }
    assert_eq!(database.text(QUARANTINE).await, before);
}

/// An export is of the snapshot that it was made of: what was not edited in it takes nothing back.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_not_edited_take_nothing_back() {
    let (database, home) = (Database::with(SOURCE).await, Home::new());
    let first = home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
    let snapshot = Snapshot::open(first.snapshot).await.unwrap();
    // Ten rows are exported, of which one is mended, and then another one in a copy of the same export.
    let export = edited(&snapshot, &[]).await;
    let table = snapshot.table("people").unwrap();
    let rows = snapshot.read_all(table).await.unwrap();
    let whole = Given { edit: Edit { rows, ..export.edit.clone() }, from: export.from.clone() };
    for id in [10, 20] {
        let mend = edited(&snapshot, &[id]).await;
        let mut rows = whole.edit.rows.clone();
        rows.extend(mend.edit.rows);
        let edits = vec![Given { edit: Edit { rows, ..whole.edit.clone() }, from: whole.from.clone() }];
        tried(&home, request(&home, &database, &FLOWS).await, edits, false).await;
    }
    let names = "select string_agg(name, ',' order by name) from fresh.people where name like 'mended%'";
    assert_eq!(database.text(names).await, "mended 10,mended 20");
    // What both have changed is told.
    let mut mend = edited(&snapshot, &[20]).await;
    let mut columns: Vec<ArrayRef> = mend.edit.rows[0].columns().to_vec();
    columns[1] = Arc::new(StringArray::from(vec!["another"]));
    mend.edit.rows = vec![RecordBatch::try_new(mend.edit.rows[0].schema(), columns).unwrap()];
    let asked = request(&home, &database, &FLOWS).await;
    let error = retry(Retry { request: asked, edits: vec![mend] }, false, &home.setting()).await.err().unwrap();
    assert_eq!(error.message(), "1 of the rows given were mended here, and changed in the source since");
}

/// By the program: exported, edited as a text, given back.
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_export_is_given_back() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&FLOWS);
    let url = database.url.clone();
    let run = ends(program.run(&url, &url, &[])).await;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let says = |words: &str, expected: Expect| {
        let folder = program.folder.path().display().to_string();
        let words: Vec<String> =
            words.split(' ').map(|word| word.replace("URL", &url).replace("HOME", &folder)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        expected.assert_eq(&said_with(&program.workspace(), &words, &[(&url, "URL"), (&folder, "HOME")]));
    };
    let retry = "quarantine retry --pipeline HOME/pipeline/pipeline.toml --target URL --from HOME/people.csv";
    says(
        "quarantine export --flow people --out HOME/people.csv",
        expect![[r#"
         flow    rows  file
         people    24  HOME/people.csv
        --- exit 0
    "#]],
    );
    let file = program.folder.path().join("people.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    let mended: Vec<String> = text
        .lines()
        .map(|line| match line.split(',').any(|field| field == "10") {
            true => line.replace("10,,", "10,mended 10,"),
            false => line.to_owned(),
        })
        .collect();
    assert_ne!(mended.join("\n") + "\n", text, "{text}");
    std::fs::write(&file, mended.join("\n") + "\n").unwrap();
    says(
        &format!("{retry} --dry-run"),
        expect![[r#"
        legacy.people: 1 mended rows, in the snapshot DIR/snapshots/SNAPSHOT
         flow    new  come in  changed  unchanged  gone  fallen out  conflicts  rejected  because of
         people    0        5        0        176     0           0          0        19  the source
         orders    0       25        0        880     0           0          0        95  the source

        30 rows would be written, some 0 MiB; rehome run does that
        --- exit 0
    "#]],
    );
    says(
        retry,
        expect![[r#"
        legacy.people: 1 mended rows, in the snapshot DIR/snapshots/SNAPSHOT
         flow    in quarantine before  now
         people                    24   23
         orders                   120  115

        What differs from the run UUID
         flow    new  come in  changed  gone  fallen out  deleted  conflicts  because of
         people    0        5        0     0           0        0          0  the source
         orders    0       25        0     0           0        0          0  the source

        run UUID; rehome report UUID shows it, rehome rollback takes it back
        --- exit 0
    "#]],
    );
    let name = "select name from fresh.people where name like 'mended%'";
    assert_eq!(database.text(name).await, "mended 10");
    says(
        "quarantine retry --pipeline HOME/pipeline/pipeline.toml --target URL --from HOME/none.csv",
        expect![[r#"
        --- stderr
        error: an export is read with its manifest, which is not there
          --> HOME/none.csv.manifest.json
           hint: `rehome quarantine export` writes it beside the rows: keep the two together
        --- exit 2
    "#]],
    );
}
