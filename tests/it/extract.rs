//! Owns the tests of the extraction: a database becomes a snapshot with the same rows, exactly, or nothing at all.
//! Must not know: what becomes of a snapshot.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, UInt32Type,
};
use rehome::cancel::Cancel;
use rehome::error::{Error, Kind, Result};
use rehome::extract::{self, Options};
use rehome::progress::{Silent, Sink};
use rehome::server::Address;
use rehome::snapshot::Snapshot;
use rehome::storage::Location;
use tempfile::TempDir;

use crate::cluster::{Database, server};

/// Where a snapshot goes, in a folder of its own.
fn place() -> (TempDir, Location) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(&folder.path().join("snapshot")).unwrap();
    (folder, location)
}

/// The error that an extraction ends with.
async fn refused(address: &Address, location: &Location) -> Error {
    match extract_with(address, &Options::default(), location).await {
        Ok(snapshot) => panic!("a snapshot was published: {}", snapshot.id()),
        Err(error) => error,
    }
}

async fn extract_with(address: &Address, options: &Options, location: &Location) -> Result<Snapshot> {
    extract::run(address, options, location.clone(), Arc::new(Silent), Cancel::new()).await
}

/// The error of an extraction, which must have published nothing and left no session behind.
async fn fails(database: &Database, options: &Options) -> Error {
    let (_folder, location) = place();
    let error = extract_with(&database.address(), options, &location).await.expect_err("the extraction fails");
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new(), "{error}");
    nobody_stays(database).await;
    error
}

/// Sessions take a moment to end; none may stay in its transaction.
async fn nobody_stays(database: &Database) {
    let count = "select count(*)::text from pg_stat_activity
        where application_name like 'rehome%' and application_name <> 'rehome tests' and datname = current_database()";
    for _ in 0..100 {
        if database.text(count).await == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a session of the extraction is still there");
}

/// A whole table of a snapshot in one batch.
async fn rows(snapshot: &Snapshot, table: &str) -> RecordBatch {
    let table = snapshot.table(table).expect("the table is in the snapshot");
    let schema = snapshot.arrow_schema(table).await.unwrap();
    let batches = snapshot.read_all(table).await.unwrap();
    let rows = concat_batches(&schema, &batches).unwrap();
    assert_eq!(rows.num_rows() as u64, table.rows);
    rows
}

/// A database's only table, `t`, in one batch.
async fn table_of(sql: &str) -> (Database, RecordBatch) {
    let database = Database::with(sql).await;
    let (_folder, location) = place();
    let snapshot = extract_with(&database.address(), &Options::default(), &location).await.unwrap();
    let rows = rows(&snapshot, "t").await;
    (database, rows)
}

fn texts(rows: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let column = rows.column_by_name(column).expect("the column");
    column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_database_is_whole_and_the_same_each_time() {
    let database = Database::with(
        "create table plain (id int primary key, name text not null, note text);
         insert into plain select i, 'n' || i, nullif(i % 3, 0)::text from generate_series(1, 1000) i;
         create table pair (a int, b text, primary key (a, b));
         insert into pair values (1, 'b'), (1, 'B'), (0, 'z');
         create table \"Ödd.name\" (\"Weird \"\"column\" int);
         insert into \"Ödd.name\" values (1);
         create table empty (id int primary key, at timestamptz);
         create schema other;
         create table other.plain (id int);
         create view seen as select * from plain;",
    )
    .await;
    let (_folder, location) = place();
    let snapshot = extract_with(&database.address(), &Options::default(), &location).await.unwrap();

    let manifest = snapshot.manifest();
    let names: Vec<String> = manifest.tables.iter().map(|table| format!("{}.{}", table.schema, table.name)).collect();
    assert_eq!(names, ["other.plain", "public.empty", "public.pair", "public.plain", "public.Ödd.name"]);
    assert_eq!(manifest.source.kind, "postgresql");
    assert_eq!(manifest.source.database, database.address().database());
    assert_eq!(manifest.source.encoding.as_deref(), Some("UTF8"));
    assert!(manifest.source.wal_lsn.is_some() && manifest.source.system_identifier.is_some());
    snapshot.check().await.unwrap();

    let plain = snapshot.table("public.plain").unwrap();
    assert_eq!((plain.schema.as_str(), plain.rows), ("public", 1000));
    assert_eq!((&plain.key, &plain.sorted_by), (&vec!["id".to_owned()], &vec!["id".to_owned()]));
    let columns: Vec<_> =
        plain.columns.iter().map(|column| (column.name.as_str(), column.pg_type.as_str(), column.nullable)).collect();
    assert_eq!(columns, [("id", "integer", false), ("name", "text", false), ("note", "text", true)]);
    let read = rows(&snapshot, "public.plain").await;
    assert!(read.column(0).as_primitive::<Int32Type>().values().iter().copied().eq(1..=1000));
    assert_eq!(texts(&read, "note")[..3], [Some("1".to_owned()), Some("2".to_owned()), None]);

    // Sorted by bytes, whatever the collation.
    assert_eq!(texts(&rows(&snapshot, "pair").await, "b"), some(&["z", "B", "b"]));
    let empty = rows(&snapshot, "empty").await;
    assert_eq!((empty.num_rows(), empty.num_columns()), (0, 2));
    assert_eq!(empty.schema().field(1).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert_eq!(rows(&snapshot, "Ödd.name").await.num_rows(), 1);

    let (_folder, elsewhere) = place();
    let again =
        extract_with(&database.address(), &Options { jobs: 1, ..Options::default() }, &elsewhere).await.unwrap();
    assert_eq!(again.id(), snapshot.id());
    database.run("update plain set note = 'changed' where id = 500").await;
    let (_folder, elsewhere) = place();
    let changed = extract_with(&database.address(), &Options::default(), &elsewhere).await.unwrap();
    assert_ne!(changed.id(), snapshot.id());
    nobody_stays(&database).await;

    let taken = refused(&database.address(), &location).await;
    assert_eq!(taken.kind(), Kind::Config);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_tables_are_cut_into_parts_in_key_order() {
    let database = Database::with(
        "create table dense (id bigint primary key, x int);
         insert into dense select i, i from generate_series(-3000, 9000) i order by random();
         create table sparse (id bigint primary key, x int);
         insert into sparse select i * 1000003::bigint, i from generate_series(1, 9000) i;
         create table pair (a int, b uuid, primary key (a, b));
         insert into pair select i % 7, md5(i::text)::uuid from generate_series(1, 9000) i;
         create table keyless (x int);
         insert into keyless select i from generate_series(1, 9000) i;
         create table texts (id text primary key);
         insert into texts select md5(i::text) from generate_series(1, 9000) i;",
    )
    .await;
    let (_folder, location) = place();
    let options = Options { part_rows: 2048, jobs: 3, ..Options::default() };
    let snapshot = extract_with(&database.address(), &options, &location).await.unwrap();
    for (name, count, sorted) in [
        ("dense", 12_001, true),
        ("sparse", 9000, true),
        ("pair", 9000, true),
        ("keyless", 9000, false),
        ("texts", 9000, false),
    ] {
        let table = snapshot.table(name).unwrap();
        assert_eq!((table.rows, !table.sorted_by.is_empty()), (count, sorted), "{name}");
        assert!(table.files.len() >= 2, "{name} has {} files", table.files.len());
        assert!(!sorted || table.files.iter().all(|file| file.rows <= 2048), "{name}");
    }
    let dense = rows(&snapshot, "dense").await;
    assert!(dense.column(0).as_primitive::<Int64Type>().values().iter().copied().eq(-3000..=9000));
    let sparse = rows(&snapshot, "sparse").await;
    assert!(sparse.column(1).as_primitive::<Int32Type>().values().is_sorted());
    let pair = rows(&snapshot, "pair").await;
    let (a, b) = (pair.column(0).as_primitive::<Int32Type>(), pair.column(1).as_fixed_size_binary());
    assert!((1..pair.num_rows()).all(|row| (a.value(row - 1), b.value(row - 1)) < (a.value(row), b.value(row))));
    let mut keyless = rows(&snapshot, "keyless").await.column(0).as_primitive::<Int32Type>().values().to_vec();
    keyless.sort_unstable();
    assert!(keyless.into_iter().eq(1..=9000));

    let (_folder, elsewhere) = place();
    let again = extract_with(&database.address(), &Options { jobs: 1, ..options }, &elsewhere).await.unwrap();
    assert_eq!(again.id(), snapshot.id());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_of_a_hierarchy_comes_once() {
    let database = Database::with(
        "create table parent (id int);
         create table child (extra int) inherits (parent);
         insert into parent values (1); insert into child values (2, 3);
         create table parted (id int primary key, x text) partition by range (id);
         create table parted_1 partition of parted for values from (0) to (100);
         create table parted_2 partition of parted for values from (100) to (200);
         insert into parted select i, 'x' from generate_series(50, 149) i;",
    )
    .await;
    let (_folder, location) = place();
    let snapshot = extract_with(&database.address(), &Options::default(), &location).await.unwrap();
    let counts: Vec<_> = snapshot.manifest().tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    assert_eq!(counts, [("child", 1), ("parent", 1), ("parted", 100)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn common_types_are_exact() {
    let (_database, rows) = table_of(
        "create type mood as enum ('sad', 'happy');
         create domain positive as int check (value > 0);
         create table t (id int primary key, i2 int2, i8 int8, o oid, f4 real, f8 double precision, b bool, v varchar(9),
             c char(4), ba bytea, u uuid, d date, ts timestamp, tz timestamptz, tm time, n numeric(12, 2), m mood,
             p positive, ta text[], ia int[]);
         insert into t values
             (1, -32768, 9223372036854775807, 4294967295, 0.1, 0.1, true, 'ä €', 'ab', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
              '0044-03-15 BC', '0001-01-01 00:00:00.000001', '9999-12-31 23:59:59.999999+00', '23:59:59.999999', -0.05, 'sad',
              7, '{a,NULL,\"b,c\",\"\"}', '{1,NULL,-3}'),
             (2, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
             (3, 1, 1, 1, 'NaN', '-Infinity', false, '', '', '', '00000000-0000-0000-0000-000000000000', '1970-01-01',
              '1970-01-01', '1970-01-01 01:00:00+01', '00:00', 9999999999.99, 'happy', 1, '{}', '{}');",
    )
    .await;
    let column = |name: &str| rows.column_by_name(name).unwrap().clone();
    assert_eq!(column("i2").as_primitive::<Int16Type>().value(0), i16::MIN);
    assert_eq!(column("i8").as_primitive::<Int64Type>().value(0), i64::MAX);
    assert_eq!(column("o").as_primitive::<UInt32Type>().value(0), u32::MAX);
    assert_eq!(column("f4").as_primitive::<Float32Type>().value(0).to_bits(), 0.1_f32.to_bits());
    assert_eq!(column("f8").as_primitive::<Float64Type>().value(0).to_bits(), 0.1_f64.to_bits());
    assert!(column("f4").as_primitive::<Float32Type>().value(2).is_nan());
    assert!(column("b").as_boolean().value(0) && !column("b").as_boolean().value(2));
    assert_eq!(texts(&rows, "v"), [Some("ä €".to_owned()), None, Some(String::new())]);
    assert_eq!(texts(&rows, "c"), [Some("ab  ".to_owned()), None, Some("    ".to_owned())]);
    assert_eq!(column("ba").as_binary::<i32>().value(0), [0, 255]);
    assert_eq!(column("u").as_fixed_size_binary().value(0)[..2], [0xa0, 0xee]);
    assert_eq!(column("d").as_primitive::<Date32Type>().value(0), -735_160);
    assert_eq!(column("ts").as_primitive::<TimestampMicrosecondType>().value(0), -62_135_596_799_999_999);
    assert_eq!(column("tz").as_primitive::<TimestampMicrosecondType>().value(0), 253_402_300_799_999_999);
    assert_eq!(column("tz").as_primitive::<TimestampMicrosecondType>().value(2), 0);
    assert_eq!(column("tm").as_primitive::<Time64MicrosecondType>().value(0), 86_399_999_999);
    assert_eq!(column("n").data_type(), &DataType::Decimal128(12, 2));
    assert_eq!(column("n").as_primitive::<Decimal128Type>().value(0), -5);
    assert_eq!(column("n").as_primitive::<Decimal128Type>().value(2), 999_999_999_999);
    assert_eq!(texts(&rows, "m"), [Some("sad".to_owned()), None, Some("happy".to_owned())]);
    assert_eq!(column("p").as_primitive::<Int32Type>().value(0), 7);
    let list = column("ta").as_list::<i32>().value(0);
    assert_eq!(list.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("b,c"), Some("")]);
    assert_eq!(column("ta").as_list::<i32>().value(2).len(), 0);
    let list = column("ia").as_list::<i32>().value(0);
    assert_eq!(list.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1), None, Some(-3)]);
    assert!(rows.columns().iter().skip(1).all(|column| column.is_null(1)));
    let types = rows.schema().fields().iter().map(|field| field.metadata()["pg_type"].clone()).collect::<Vec<_>>();
    assert_eq!(types[7..9], ["character varying(9)", "character(4)"]);
    assert_eq!(types[15..18], ["numeric(12,2)", "public.mood", "public.positive"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_exact_type_travels_as_its_text() {
    let (database, rows) = table_of(
        "create table t (id int primary key, n numeric, wide numeric(60, 30), odd numeric(6, 2), j json, jb jsonb,
             iv interval, ip inet, tz timetz, r int4range, bits varbit, p point, nested int[], late time, x xml);
         insert into t values
             (1, '1e-16383', 123456789012345678901234567890.123456789012345678901234567890, 'NaN', '{\"b\": 1.10,  \"a\":1, \"a\":2}',
              '{\"b\": 1.10, \"n\": 123456789012345678901234567890, \"u\": \"\\u00e4\"}', '1 mon -3 days 04:05:06.000007', '10.0.0.1/8',
              '24:00:00-07:59', '[1,5)', B'0101', '(0.1,1e300)', '{{1,2},{3,4}}', '24:00', '<a>b</a>'),
             (2, 'NaN', null, 1.5, 'null', 'null', null, '::1', null, 'empty', B'', null, '[0:1]={1,2}', '00:00', null),
             (3, 'Infinity', 0, null, null, null, null, null, null, null, null, null, null, null, null);",
    )
    .await;
    let schema = rows.schema();
    for field in schema.fields().iter().skip(1) {
        assert_eq!(field.data_type(), &DataType::Utf8, "{}", field.name());
        let read = texts(&rows, field.name());
        for (row, value) in read.iter().enumerate() {
            let expected = database
                .session
                .query_one(&format!("select nullif(concat({}), '') from t where id = {}", field.name(), row + 1), &[])
                .await
                .unwrap()
                .get::<_, Option<String>>(0);
            let value = value.clone().filter(|text| !text.is_empty());
            assert_eq!(value, expected, "{} {}", field.name(), row + 1);
        }
    }
    assert_eq!(texts(&rows, "n")[0].as_ref().map(String::len), Some(16_385));
}

#[tokio::test(flavor = "multi_thread")]
async fn infinities_and_far_years_are_exact() {
    let (_database, rows) = table_of(
        "create table t (id int primary key, d date, ts timestamp, tz timestamptz);
         insert into t values (1, 'infinity', 'infinity', 'infinity'), (2, '-infinity', '-infinity', '-infinity'),
             (3, '2020-02-29', '2020-02-29 12:00', '2020-02-29 12:00+00'), (4, null, null, null),
             (5, '5874897-12-31', '294246-01-01', '294246-01-01+00'),
             (6, '4713-01-01 BC', '4713-01-01 BC', '4713-01-02 00:00:00+00 BC');",
    )
    .await;
    let dates: Vec<_> = rows.column(1).as_primitive::<Date32Type>().iter().collect();
    assert_eq!(dates[..5], [Some(i32::MAX), Some(i32::MIN), Some(18_321), None, Some(2_145_042_905)]);
    for column in [2, 3] {
        let times: Vec<_> = rows.column(column).as_primitive::<TimestampMicrosecondType>().iter().collect();
        assert_eq!(times[..4], [Some(i64::MAX), Some(i64::MIN), Some(1_582_977_600_000_000), None]);
        assert_eq!(times[4], Some(9_223_339_708_800_000_000));
    }
    let (_database, ordinary) = table_of(
        "create table t (id int primary key, d date, ts timestamp, tz timestamptz);
         insert into t values (6, '4713-01-01 BC', '4713-01-01 BC', '4713-01-02 00:00:00+00 BC');",
    )
    .await;
    assert_eq!(ordinary.slice(0, 1), rows.slice(5, 1), "the fast form and the exact one agree");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_with_values_beyond_its_exact_type_travels_as_text() {
    let sql =
        "create table t (id int primary key, far timestamp, late time, odd numeric(6, 2), square int[], plain date);
         insert into t select i, '2020-01-01', '12:00', 1.50, '{1}', '2020-01-01' from generate_series(1, 9000) i;
         update t set far = '294276-12-31 23:59:59.999999' where id = 3000;
         update t set late = '24:00' where id = 6000; update t set odd = 'NaN' where id = 8999;
         update t set square = '[0:1]={1,2}' where id = 1;";
    let database = Database::with(sql).await;
    let (_folder, location) = place();
    let options = Options { part_rows: 2048, ..Options::default() };
    let snapshot = extract_with(&database.address(), &options, &location).await.unwrap();
    let read = rows(&snapshot, "t").await;
    for (column, row, text) in [
        ("far", 2999, "294276-12-31 23:59:59.999999"),
        ("late", 5999, "24:00:00"),
        ("odd", 8998, "NaN"),
        ("square", 0, "[0:1]={1,2}"),
    ] {
        assert_eq!(texts(&read, column)[row].as_deref(), Some(text));
    }
    assert_eq!(read.schema().field(5).data_type(), &DataType::Date32);
    // What was written before they were met is gone again.
    let named = snapshot.manifest().tables.iter().map(|table| table.files.len()).sum::<usize>();
    let stored = location.list().await.unwrap().iter().filter(|name| name.ends_with(".parquet")).count();
    assert_eq!(stored, named);
    let (_folder, elsewhere) = place();
    let again = extract_with(&database.address(), &Options { jobs: 1, ..options }, &elsewhere).await.unwrap();
    assert_eq!(again.id(), snapshot.id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_without_input_is_refused_before_any_row() {
    let database = Database::with(
        "create table t (id int, price money); create table fine (id int);
         create table s (id int, tree pg_node_tree); create table r (x pg_ndistinct);",
    )
    .await;
    let error = fails(&database, &Options::default()).await;
    let told = error.to_string();
    assert_eq!(error.kind(), Kind::Config);
    for named in ["public.s", "tree (pg_node_tree)", "public.r", "x (pg_ndistinct)"] {
        assert!(told.contains(named), "{named} is not in: {told}");
    }
    assert!(!told.contains("money"), "{told}");
    let (_folder, location) = place();
    let options = Options { exclude: vec!["s".to_owned(), "public.r".to_owned()], ..Options::default() };
    let snapshot = extract_with(&database.address(), &options, &location).await.unwrap();
    assert_eq!(snapshot.manifest().tables.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_chosen_by_name() {
    let database = Database::with(
        "create table dispatch_plan (id int); create table dispatch_file (id int); create table auth_user (id int);
         create schema other; create table other.thing (id int);",
    )
    .await;
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (_folder, location) = place();
    let options = Options {
        tables: names(&["dispatch_*", "other.thing"]),
        exclude: names(&["dispatch_file"]),
        ..Options::default()
    };
    let snapshot = extract_with(&database.address(), &options, &location).await.unwrap();
    let found: Vec<_> = snapshot.manifest().tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(found, ["thing", "dispatch_plan"]);

    let error = fails(&database, &Options { tables: names(&["dispatch_plam"]), ..Options::default() }).await;
    assert_eq!(error.kind(), Kind::Config);
    assert_eq!(error.hint_text(), Some("did you mean \"dispatch_plan\"?"));
    let error = fails(&database, &Options { schemas: names(&["othr"]), ..Options::default() }).await;
    assert_eq!((error.kind(), error.hint_text()), (Kind::Config, Some("did you mean \"other\"?")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_refused() {
    let database = Database::fresh().await;
    let error = fails(&database, &Options::default()).await;
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.hint_text().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_and_a_missing_database_are_told_apart() {
    let (_folder, location) = place();
    let nowhere = Address::parse("postgres://nobody:sesame@127.0.0.1:1/nothing").unwrap();
    let error = refused(&nowhere, &location).await;
    assert_eq!(error.kind(), Kind::Retryable);
    let told = format!("{error} {:?} {nowhere:?}", error.hint_text());
    assert!(told.contains("127.0.0.1:1") && !told.contains("sesame"), "{told}");

    let database = Database::fresh().await;
    let missing = Address::parse(&format!("{}_not", database.url)).unwrap();
    let error = refused(&missing, &location).await;
    assert_eq!(error.kind(), Kind::Config);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_not_tried_again() {
    // The shared server trusts everybody on its loopback port; this one asks.
    let database = Database::with("create table t (id int)").await;
    let file = server().folder().join("data/pg_hba.conf");
    let rules = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("host all asked all scram-sha-256\n{rules}")).unwrap();
    database.run("create role asked login password 'right'; select pg_reload_conf()").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (_folder, location) = place();
    for (url, message) in [
        (database.url.replace("postgres@", "asked:wrong@"), "password authentication failed"),
        (database.url.replace("postgres@", "asked@"), "password"),
    ] {
        let began = std::time::Instant::now();
        let address = Address::parse(&url).unwrap();
        let error = refused(&address, &location).await;
        assert_eq!(error.kind(), Kind::Auth, "{error}");
        assert!(error.to_string().contains(message) && !error.to_string().contains("wrong"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    let closed = Address::parse(&database.url.replace("postgres@", "asked:right@")).unwrap();
    let error = refused(&closed, &location).await;
    assert_eq!(error.kind(), Kind::Privilege);
    assert!(error.to_string().contains("public.t"), "{error}");
    database.run("grant select on t to asked; alter table t enable row level security").await;
    let error = refused(&closed, &location).await;
    assert_eq!(error.kind(), Kind::Privilege);
    assert!(error.to_string().contains("row-level security"), "{error}");
}

/// Says when the first rows have come.
struct FirstRows(tokio::sync::mpsc::UnboundedSender<()>);

impl Sink for FirstRows {
    fn start(&self, _stage: &str, _item: &str, _rows: Option<u64>) {}

    fn advance(&self, _item: &str, _rows: u64) {
        let _ = self.0.send(());
    }

    fn finish(&self, _item: &str) {}
}

/// A table of several parts, read by one slow-going reader.
async fn many_parts() -> (Database, Options) {
    let database = Database::with(
        "create table t (id int primary key, x text);
         insert into t select i, repeat(md5(i::text), 4) from generate_series(1, 400000) i;",
    )
    .await;
    (database, Options { part_rows: 20_000, jobs: 1, ..Options::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncate_in_between_waits() {
    let (database, options) = many_parts().await;
    let (_folder, location) = place();
    let (first, mut rows) = tokio::sync::mpsc::unbounded_channel();
    let address = database.address();
    let extraction = {
        let (address, options, location) = (address.clone(), options.clone(), location.clone());
        tokio::spawn(async move {
            extract::run(&address, &options, location, Arc::new(FirstRows(first)), Cancel::new()).await
        })
    };
    rows.recv().await.expect("the first rows");
    database.run("set lock_timeout = '100ms'").await;
    let truncate = database.session.batch_execute("truncate t").await;
    let refused = truncate.err().and_then(|error| error.code().map(|code| code.code().to_owned()));
    assert_eq!(refused.as_deref(), Some("55P03"), "TRUNCATE has to wait for the extraction");
    // A change of rows does not wait, and is not seen.
    database.run("delete from t where id > 390000").await;
    let snapshot = extraction.await.unwrap().unwrap();
    assert_eq!(snapshot.table("t").unwrap().rows, 400_000);
    nobody_stays(&database).await;
    database.run("truncate t").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_leaves_nothing() {
    let (database, options) = many_parts().await;
    let (_folder, location) = place();
    let (first, mut rows) = tokio::sync::mpsc::unbounded_channel();
    let cancel = Cancel::new();
    let extraction = {
        let (address, location, cancel) = (database.address(), location.clone(), cancel.clone());
        tokio::spawn(
            async move { extract::run(&address, &options, location, Arc::new(FirstRows(first)), cancel).await },
        )
    };
    rows.recv().await.expect("the first rows");
    cancel.cancel();
    let error = extraction.await.unwrap().map(|snapshot| snapshot.id().to_owned()).unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new());
    nobody_stays(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_lost_voids_the_snapshot() {
    let (database, options) = many_parts().await;
    let (_folder, location) = place();
    let (first, mut rows) = tokio::sync::mpsc::unbounded_channel();
    let extraction = {
        let (address, location) = (database.address(), location.clone());
        tokio::spawn(async move {
            extract::run(&address, &options, location, Arc::new(FirstRows(first)), Cancel::new()).await
        })
    };
    rows.recv().await.expect("the first rows");
    let end = "select count(pg_terminate_backend(pid))::text from pg_stat_activity
        where application_name like 'rehome reader%' and datname = current_database()";
    // A session that has sent everything can be ended without a loss: go on until one was ended in mid-stream.
    while !extraction.is_finished() {
        database.text(end).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = extraction.await.unwrap().map(|snapshot| snapshot.id().to_owned()).unwrap_err();
    assert_eq!(error.kind(), Kind::Retryable, "{error}");
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new());
    nobody_stays(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_is_found() {
    let database =
        Database::with("create table t (id int primary key); insert into t select generate_series(1, 100)").await;
    let (_folder, location) = place();
    let snapshot = extract_with(&database.address(), &Options::default(), &location).await.unwrap();
    let name = snapshot.table("t").unwrap().files[0].path.clone();
    let file = location.local().unwrap().join(&name);
    let whole = std::fs::read(&file).unwrap();
    for place in [0, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let error = snapshot.check().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt);
        assert!(error.to_string().contains(&name), "{error}");
    }
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(snapshot.check().await.unwrap_err().kind(), Kind::Corrupt);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(snapshot.check().await.unwrap_err().kind(), Kind::Corrupt);

    let manifest = location.local().unwrap().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"rows\": 100", "\"rows\": 101")).unwrap();
    assert_eq!(Snapshot::open(location.clone()).await.unwrap_err().kind(), Kind::Corrupt);
    std::fs::remove_file(&manifest).unwrap();
    assert_eq!(Snapshot::open(location).await.unwrap_err().kind(), Kind::Config);
}

/// A file system of one MiB, where this process may make one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .stderr(std::process::Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_voids_the_snapshot() {
    // Needs the right to mount; elsewhere there is nothing to test with.
    let Some(disk) = SmallDisk::mount() else { return };
    let (database, options) = many_parts().await;
    let location = Location::folder(&disk.0.path().join("snapshot")).unwrap();
    let error = extract_with(&database.address(), &options, &location).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Resources, "{error}");
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new());
    nobody_stays(&database).await;
}
