//! Owns the proof that databases as they are found in the wild are read whole: odd names, tables without keys or
//! columns, views, partitions, other encodings, very wide rows and very many columns.
//! Must not know: what becomes of a snapshot, but for the rows that it refuses.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Decimal128Type, Int32Type};
use rehome::cancel::Cancel;
use rehome::command::check::{Asked, check};
use rehome::error::{Kind, Result};
use rehome::extract::{self, Options};
use rehome::outcome::Outcome;
use rehome::progress::Silent;
use rehome::run::Setting;
use rehome::server::Address;
use rehome::snapshot::Snapshot;
use rehome::storage::Location;
use tempfile::TempDir;

use crate::cluster::{Database, server};
use crate::support::{pipeline_of, transform};

async fn taken(address: &Address, options: &Options) -> Result<(TempDir, Snapshot)> {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(&folder.path().join("snapshot")).unwrap();
    let snapshot = extract::run(address, options, location, Arc::new(Silent), Cancel::new()).await?;
    snapshot.check().await?;
    Ok((folder, snapshot))
}

async fn all_of(database: &Database) -> (TempDir, Snapshot) {
    taken(&database.address(), &Options::default()).await.unwrap()
}

async fn rows(snapshot: &Snapshot, table: &str) -> RecordBatch {
    let table = snapshot.table(table).expect("the table is in the snapshot");
    let schema = snapshot.arrow_schema(table).await.unwrap();
    concat_batches(&schema, &snapshot.read_all(table).await.unwrap()).unwrap()
}

fn texts(rows: &RecordBatch, column: &str) -> Vec<String> {
    let column = rows.column_by_name(column).expect("the column");
    column.as_string::<i32>().iter().map(|text| text.unwrap_or("NULL").to_owned()).collect()
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_every_sort() {
    let odd = [
        "Upper",
        "with space",
        "quo\"te",
        "dot.ted",
        "select",
        "ünïcödé",
        "emoji 🦷",
        "tab\tin",
        "a'b",
        "%s {table}",
        "C:\\x",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk",
    ];
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut sql = Vec::new();
    for schema in ["public", "Odd schema", "or\"der"] {
        let schema = quoted(schema);
        sql.push(format!("create schema if not exists {schema}"));
        for name in odd {
            let name = quoted(name);
            sql.push(format!("create table {schema}.{name} ({name} int primary key, x text default 'y')"));
            sql.push(format!("insert into {schema}.{name} values (1), (2)"));
        }
    }
    let database = Database::with(&sql.join("; ")).await;
    let (_folder, snapshot) = all_of(&database).await;
    let tables = &snapshot.manifest().tables;
    assert_eq!(tables.len(), 3 * odd.len());
    for table in tables {
        assert_eq!((table.rows, table.columns.len()), (2, 2), "{}", table.qualified());
        assert_eq!((&table.key[0], &table.columns[0].name), (&table.name, &table.name));
        let schema = snapshot.arrow_schema(table).await.unwrap();
        assert_eq!(snapshot.read_all(table).await.unwrap()[0].num_rows(), 2);
        assert_eq!(schema.field(0).name(), &table.name);
    }
    let (_folder, one) =
        taken(&database.address(), &Options { tables: named(&["Odd schema.dot.ted"]), ..Options::default() })
            .await
            .unwrap();
    assert_eq!(one.manifest().tables.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_without_keys_rows_or_columns_and_with_very_many() {
    let columns: Vec<String> = (1..=1600).map(|number| format!("c{number} int")).collect();
    let database = Database::with(&format!(
        "create table keyless (x int); insert into keyless select 1 from generate_series(1, 5000);
         create table bare (); insert into bare default values; insert into bare default values;
         create table nothing ();
         create table empty (id int primary key, a text[], n numeric);
         create table wide ({}); insert into wide (c1, c1600) values (1, 1600), (2, null);
         create table dropped (a int, b text, c int primary key, d int default 4);
         insert into dropped values (1, 'x', 2); alter table dropped drop a, drop b, add e int default 5;
         create table made (id int generated always as identity primary key, n int, twice int generated always as (n * 2) stored);
         insert into made (n) values (7), (8);",
        columns.join(", ")
    ))
    .await;
    database.run("delete from keyless where ctid < '(3,0)'").await;
    database.run("vacuum keyless").await;
    let (_folder, snapshot) =
        taken(&database.address(), &Options { part_rows: 1024, ..Options::default() }).await.unwrap();
    let count = database.text("select count(*)::text from keyless").await;
    let keyless = rows(&snapshot, "keyless").await;
    assert_eq!(keyless.num_rows().to_string(), count);
    assert_eq!(snapshot.table("keyless").unwrap().key, ["ctid"]);
    let mut ids = texts(&keyless, "ctid");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), keyless.num_rows());
    assert_eq!(texts(&rows(&snapshot, "bare").await, "ctid"), ["(0,1)", "(0,2)"]);
    assert_eq!((rows(&snapshot, "nothing").await.num_rows(), rows(&snapshot, "empty").await.num_rows()), (0, 0));
    assert_eq!(snapshot.table("empty").unwrap().key, ["id"]);
    let wide = rows(&snapshot, "wide").await;
    assert_eq!((wide.num_columns(), wide.num_rows()), (1601, 2));
    assert_eq!(wide.column(1599).as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1600), None]);
    let dropped = rows(&snapshot, "dropped").await;
    let names: Vec<_> = dropped.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["c", "d", "e"]);
    assert_eq!(dropped.column(2).as_primitive::<Int32Type>().value(0), 5);
    let made = rows(&snapshot, "made").await;
    assert_eq!(made.column(2).as_primitive::<Int32Type>().values(), &[14, 16]);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_read_on_request_and_partitions_through_their_root() {
    let database = Database::with(
        "create table parted (id int, region text, x int) partition by list (region);
         create table parted_a partition of parted for values in ('a') partition by range (id);
         create table parted_a1 partition of parted_a for values from (0) to (1000);
         create table parted_a2 partition of parted_a default;
         create table parted_b partition of parted default;
         insert into parted select i, case when i % 3 = 0 then 'a' else 'b' end, i from generate_series(1, 4000) i;
         update parted set region = 'a' where id % 5 = 0;
         create view seen as select id, region from parted where id <= 10;
         create materialized view kept as select id, x::money as price from parted where id <= 20;
         create view secret with (security_barrier) as select * from kept;
         create table parent (id int); create table child () inherits (parent);
         insert into parent values (1); insert into child values (2);",
    )
    .await;
    let (_folder, snapshot) =
        taken(&database.address(), &Options { part_rows: 1024, ..Options::default() }).await.unwrap();
    let found: Vec<_> = snapshot.manifest().tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    assert_eq!(found, [("child", 1), ("parent", 1), ("parted", 4000)]);
    let parted = rows(&snapshot, "parted").await;
    let mut ids = texts(&parted, "ctid");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4000, "each row of each partition has its own id");
    let mut numbers = parted.column(0).as_primitive::<Int32Type>().values().to_vec();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(1..=4000));

    let options = Options { tables: named(&["seen", "public.kept", "secret", "par*"]), ..Options::default() };
    let (_folder, snapshot) = taken(&database.address(), &options).await.unwrap();
    let found: Vec<_> = snapshot.manifest().tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    assert_eq!(found, [("kept", 20), ("parent", 1), ("parted", 4000), ("secret", 20), ("seen", 10)]);
    let kept = rows(&snapshot, "kept").await;
    let prices: i128 = kept.column(1).as_primitive::<Decimal128Type>().values().iter().sum();
    assert_eq!(prices.to_string(), database.text("select (sum(price) * 100)::numeric::int8::text from kept").await);
    let error =
        taken(&database.address(), &Options { tables: named(&["se*"]), ..Options::default() }).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
}

/// A database of another encoding.
pub async fn encoded(encoding: &str, sql: &str) -> Database {
    made(&format!("encoding '{encoding}'"), sql).await
}

/// A database that is made with other options.
async fn made(options: &str, sql: &str) -> Database {
    let database = Database::with("select 1").await;
    let name = format!("{}_other", database.address().database());
    database.run(&format!("create database {name} {options} lc_collate 'C' lc_ctype 'C' template template0")).await;
    let url = server().url(&name);
    let session = Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
    let database = Database { url, session };
    database.run(sql).await;
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_latin1_source_arrives_in_utf8() {
    let database = encoded(
        "LATIN1",
        "create table t (id int primary key, \"größe\" text, c char(5), tags text[], j json);
         insert into t values (1, 'Müller ÿ', 'ä', '{é,ü}', '{\"ö\": \"ß\"}');",
    )
    .await;
    let (_folder, snapshot) = all_of(&database).await;
    let read = rows(&snapshot, "t").await;
    assert_eq!(snapshot.manifest().source.encoding.as_deref(), Some("LATIN1"));
    assert_eq!(texts(&read, "größe"), ["Müller ÿ"]);
    assert_eq!(texts(&read, "c"), ["ä    "]);
    assert_eq!(texts(&read, "j"), ["{\"ö\": \"ß\"}"]);
    let tags = read.column(3).as_list::<i32>().value(0);
    assert_eq!(tags.as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["é", "ü"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_hold_no_utf8_are_refused_by_key_and_the_others_go_on() {
    let database = encoded(
        "SQL_ASCII",
        "create table t (id int primary key, a text, tags text[], j json);
         insert into t select i, 'plain ' || i, array['x', i::text], '{}' from generate_series(1, 3000) i;
         update t set a = E'M\\xfcller' where id in (7, 2500);
         update t set tags = array['ok', E'\\xe4'] where id = 8;
         update t set a = E'\\xc3\\xa4' where id = 9;
         create table named (name text primary key, x int);
         insert into named values (E'A\\xe4', 1), ('b', 2), (E'\\xf0\\x9f\\xa6\\xb7', 3);
         create table keyless (x text); insert into keyless values (E'\\xff'), ('fine');",
    )
    .await;
    let (_folder, snapshot) =
        taken(&database.address(), &Options { part_rows: 1024, ..Options::default() }).await.unwrap();
    let table = snapshot.table("t").unwrap();
    let refused = table.refused.as_ref().expect("refused rows");
    assert_eq!((table.rows, refused.rows), (2997, 3));
    let mut keys = refused.keys.clone();
    keys.sort();
    assert_eq!(keys, ["2500", "7", "8"]);
    let read = rows(&snapshot, "t").await;
    assert_eq!(read.num_rows(), 2997);
    assert!(texts(&read, "a").contains(&"ä".to_owned()));
    let named = snapshot.table("named").unwrap();
    assert_eq!(named.refused.as_ref().map(|refused| refused.keys.clone()), Some(vec!["A\\xe4".to_owned()]));
    let keyless = snapshot.table("keyless").unwrap();
    assert_eq!(
        (keyless.rows, keyless.refused.as_ref().map(|refused| refused.keys.clone())),
        (1, Some(vec!["(0,1)".to_owned()]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn long_values_come_whole() {
    let database = Database::with(
        "create table t (id int primary key, a text, b bytea, j jsonb);
         insert into t select i, repeat(md5(i::text), 1000 * i), decode(repeat(md5(i::text), 20000), 'hex'),
             jsonb_build_object('x', repeat('y', 100000 * i)) from generate_series(1, 40) i;
         insert into t values (1000, repeat('0123456789', 10000000), null, null);",
    )
    .await;
    let (_folder, snapshot) = all_of(&database).await;
    let read = rows(&snapshot, "t").await;
    assert_eq!(read.num_rows(), 41);
    let lengths: Vec<usize> = read.column(1).as_string::<i32>().iter().flatten().map(str::len).collect();
    assert_eq!((lengths[0], lengths[39], lengths[40]), (32_000, 1_280_000, 100_000_000));
    assert!(snapshot.table("t").unwrap().files.len() > 2, "a file ends where it is large enough");
    assert_eq!(read.column(2).as_binary::<i32>().value(3).len(), 320_000);
}

/// What the extraction could not read is a reject of its flow, with its key, and everything adds up.
#[tokio::test(flavor = "multi_thread")]
async fn unreadable_rows_are_rejects_of_their_flow() {
    let database = encoded(
        "SQL_ASCII",
        "create table people (id int primary key, name text);
         insert into people select i, 'n' || i from generate_series(1, 50) i;
         update people set name = E'\\xff\\xfe' where id in (3, 33);
         create table pairs (a int, b text, x int, primary key (a, b));
         insert into pairs values (1, 'x', 1), (1, E'\\xe4', 2), (2, 'z', 3);",
    )
    .await;
    let (folder, snapshot) = all_of(&database).await;
    let flows = [
        (
            "people",
            "/*---\nsource = \"people\"\nkey = \"id\"\n---*/\nselect p.id as _key,
             case when p.id = 5 then reject('five') else migrate() end as _outcome, p.name as name from source.people p",
        ),
        (
            "pairs",
            "/*---\nsource = \"pairs\"\nkey = [\"a\", \"b\"]\n---*/\nselect named_struct('a', p.a, 'b', p.b) as _key,
             migrate() as _outcome, p.x from source.pairs p",
        ),
    ];
    let pipeline = pipeline_of(folder.path(), &flows).unwrap();
    let (store, _, outcomes) = transform(&pipeline, &snapshot, folder.path(), "run", 2).await.unwrap();
    for (flow, rows, rejected, keys) in [("people", 50, 3, vec!["3", "33", "5"]), ("pairs", 3, 1, vec![])] {
        let made = outcomes.iter().find(|made| made.flow == flow).unwrap();
        assert_eq!((made.source_rows, made.count(Outcome::Rejected)), (rows, rejected), "{flow}");
        assert_eq!(Outcome::ALL.iter().map(|outcome| made.count(*outcome)).sum::<u64>(), rows, "{flow}");
        let mut found = Vec::new();
        for file in made.files_of(Outcome::Rejected) {
            for batch in store.read(file).await.unwrap() {
                let sources = texts(&batch, "_source_row");
                assert!(sources.iter().all(|source| source.contains('{')), "{sources:?}");
                if let Some(numbers) = batch.column(0).as_primitive_opt::<Int32Type>() {
                    found.extend(numbers.values().iter().map(ToString::to_string));
                }
                assert!(
                    texts(&batch, "_reason").iter().all(|reason| ["unreadable", "five"].contains(&reason.as_str()))
                );
            }
        }
        found.sort();
        assert_eq!(found, keys, "{flow}");
    }
}

/// A database that does not sort texts by their bytes: a check tells which flows depend on their order.
#[tokio::test(flavor = "multi_thread")]
async fn a_collation_is_told_where_rules_order_texts() {
    const PEOPLE: &str = "create table people (id int primary key, name text, boss int);
        insert into people values (1, 'Zoe', null), (2, 'anna', 1)";
    let flow = |what: &str| {
        format!(
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, {what} from source.people p"
        )
    };
    let (sorts, least, compares, none) = (
        flow("row_number() over (order by p.name) as n"),
        flow("(select min(q.name) from source.people q) as least"),
        flow("p.name < 'm' as early"),
        flow("p.id < 7 as small, p.name = 'Zoe' as same"),
    );
    let flows = [("sorts", sorts.as_str()), ("least", &least), ("compares", &compares), ("none", &none)];
    for (options, told) in [("locale_provider icu icu_locale 'de' encoding 'UTF8'", true), ("encoding 'UTF8'", false)] {
        let database = made(options, PEOPLE).await;
        let (folder, snapshot) = all_of(&database).await;
        let pipeline = pipeline_of(folder.path(), &flows).unwrap();
        let setting = Setting::new(folder.path().join("workspace"), (2, 1 << 30), Arc::new(Silent), Cancel::new());
        let checked =
            check(&pipeline, &Asked { snapshot: Some(snapshot), ..Asked::default() }, &setting).await.unwrap();
        let texts = checked.texts.map(|texts| (texts.collation, texts.flows));
        let expected = ("de".to_owned(), named(&["compares", "least", "sorts"]));
        assert_eq!(texts, told.then_some(expected), "{options}");
    }
}
