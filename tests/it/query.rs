//! Owns the proof of what `rehome query` promises: over a snapshot, a run, rules on trial; as they are stored; as a shell.
//! That values are printed as PostgreSQL prints them is proven in `types/queried.rs`.

// As `expect_test` writes them.
#![allow(clippy::needless_raw_string_hashes)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rehome::snapshot::{PG_TYPE, Snapshot};
use rehome::storage::Location;

use crate::cluster::Database;
use crate::spoken::{said, said_to, said_with};
use crate::support::{legacy_to_fresh, rehome};

fn program(dir: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rehome"));
    program.arg("--dir").arg(dir);
    program
}

fn asked(dir: &Path, sql: &str, expected: &Expect) {
    expected.assert_eq(&said(dir, &["query", sql]));
}

/// A table of one name in two schemas, names that need quotes, values that look like others, and a table without rows.
const TWO_SCHEMAS: &str = r#"
    create schema a; create schema "B c";
    create table a.people (id integer primary key, name text, born date, pay numeric(8,2));
    insert into a.people values (1, 'Ann', '1980-02-29', 10.50), (2, '', null, null), (3, null, 'infinity', -0.01),
                                (4, E'two\nlines, and a "quote"', '0044-03-15 BC', 0);
    create table "B c".people (id integer primary key, "Full Name" text);
    insert into "B c".people values (7, 'Bob');
    create table "B c"."Odd ""table" (k uuid, n numeric, at timestamptz, list text[], doc json, raw bytea);
    insert into "B c"."Odd ""table" values ('00000000-0000-0000-0000-00000000000a', 12345678901234567890.123456789,
        '2024-02-29 12:00:00.5+02', '{a,NULL,"b c",""}', E'{"a": 1,\n "a": 2.50}', '\x00ff');
    create table a.nobody (id integer primary key, what text);"#;

async fn snapshot_of(ddl: &str) -> (tempfile::TempDir, Database) {
    let database = Database::with(ddl).await;
    let folder = tempfile::tempdir().unwrap();
    rehome(folder.path(), &["snapshot", "--source", &database.url]);
    (folder, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_alone_is_looked_at() {
    let (folder, _database) = snapshot_of(TWO_SCHEMAS).await;
    let dir = folder.path();
    asked(
        dir,
        ".tables",
        &expect![[r#"
         table                 rows
         source."Odd ""table"     1
         source."B c".people      1
         source.nobody            0
         source.a.people          4
        --- exit 0
    "#]],
    );
    asked(
        dir,
        ".schema source.a.people",
        &expect![[r#"
         table            column  type
         source.a.people  id      integer
         source.a.people  name    text
         source.a.people  born    date
         source.a.people  pay     numeric(8,2)
        --- exit 0
    "#]],
    );
    asked(
        dir,
        r#".schema source."B c"."Odd ""table""#,
        &expect![[r#"
         table                 column  type
         source."Odd ""table"  k       uuid
         source."Odd ""table"  n       numeric
         source."Odd ""table"  at      timestamp with time zone
         source."Odd ""table"  list    text[]
         source."Odd ""table"  doc     json
         source."Odd ""table"  raw     bytea
         source."Odd ""table"  ctid    tid
        --- exit 0
    "#]],
    );
    asked(
        dir,
        "select * from source.a.people order by id desc",
        &expect![[r#"
         id  name                       born             pay
          4  two\nlines, and a "quote"  0044-03-15 BC   0.00
          3  NULL                       infinity       -0.01
          2                             NULL            NULL
          1  Ann                        1980-02-29     10.50
        (4 rows)
        --- exit 0
    "#]],
    );
    asked(
        dir,
        r#"select "Full Name" from source."B c".people"#,
        &expect![[r#"
         Full Name
         Bob
        (1 row)
        --- exit 0
    "#]],
    );
    asked(
        dir,
        r#"select * from "B c"."Odd ""table""#,
        &expect![[r#"
         k                                                                  n  at                        list               doc                    raw     ctid
         UUID  12345678901234567890.123456789  2024-02-29 10:00:00.5+00  {a,NULL,"b c",""}  {"a": 1,\n "a": 2.50}  \x00ff  (0,1)
        (1 row)
        --- exit 0
    "#]],
    );
    asked(
        dir,
        "select count(*), min(n.id) from source.nobody n, a.people",
        &expect![[r#"
         count   min
             0  NULL
        (1 row)
        --- exit 0
    "#]],
    );
    for (form, expected) in [
        (
            "csv",
            expect![[r#"
            id,name,born,pay,n,doc,list
            1,Ann,1980-02-29,10.50,12345678901234567890.123456789,"{""a"": 1,
             ""a"": 2.50}","{a,NULL,""b c"",""""}"
            2,"",,,,,
            3,,infinity,-0.01,,,
            4,"two
            lines, and a ""quote""",0044-03-15 BC,0.00,,,
            --- exit 0
        "#]],
        ),
        (
            "json",
            expect![[r#"
            {"columns":[{"name":"id","type":"integer"},{"name":"name","type":"text"},{"name":"born","type":"date"},{"name":"pay","type":"numeric(8,2)"},{"name":"n","type":"numeric"},{"name":"doc","type":"json"},{"name":"list","type":"text[]"}],"rows":[
            {"id":1,"name":"Ann","born":"1980-02-29","pay":10.50,"n":12345678901234567890.123456789,"doc":{"a": 1,
             "a": 2.50},"list":["a",null,"b c",""]},
            {"id":2,"name":"","born":null,"pay":null,"n":null,"doc":null,"list":null},
            {"id":3,"name":null,"born":"infinity","pay":-0.01,"n":null,"doc":null,"list":null},
            {"id":4,"name":"two\nlines, and a \"quote\"","born":"0044-03-15 BC","pay":0.00,"n":null,"doc":null,"list":null}],"count":4}
            --- exit 0
        "#]],
        ),
        (
            "jsonl",
            expect![[r#"
            {"id":1,"name":"Ann","born":"1980-02-29","pay":10.50,"n":12345678901234567890.123456789,"doc":{"a": 1,  "a": 2.50},"list":["a",null,"b c",""]}
            {"id":2,"name":"","born":null,"pay":null,"n":null,"doc":null,"list":null}
            {"id":3,"name":null,"born":"infinity","pay":-0.01,"n":null,"doc":null,"list":null}
            {"id":4,"name":"two\nlines, and a \"quote\"","born":"0044-03-15 BC","pay":0.00,"n":null,"doc":null,"list":null}
            --- exit 0
        "#]],
        ),
    ] {
        let sql = r#"select p.*, o.n, o.doc, o.list from source.a.people p left join source."Odd ""table" o on p.id = 1 order by p.id"#;
        expected.assert_eq(&said(dir, &["query", "--as", form, sql]));
    }
    // All commands print one document with --format json.
    let document = rehome(dir, &["query", "select id, pay from source.a.people where id = 1"]);
    assert_eq!(document["count"], 1);
    assert_eq!(document["columns"][1]["type"], "numeric(8,2)");
    assert_eq!(document["rows"][0]["pay"].to_string(), "10.5");
    assert_eq!(rehome(dir, &["query", ".tables"])[0]["table"], r#"source."B c"."Odd ""table""#.replace("\"B c\".", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_shown_where_they_are() {
    let (folder, _database) = snapshot_of(TWO_SCHEMAS).await;
    let dir = folder.path();
    asked(
        dir,
        "select * from source.people",
        &expect![[r#"
        --- stderr
        error: 'people' is the name of 2 tables
          --> query:1:15
           sql: source.people
           table: people
           hint: say which one is meant: source."B c".people, source.a.people
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "select nme from source.a.people",
        &expect![[r#"
        --- stderr
        error: column 'nme' not found
          --> query:1:8
           sql: nme
           hint: did you mean 'name'?
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "select 1;\n\nselect *\nfrom source.peopel",
        &expect![[r#"
         ?column?
                1
        (1 row)
        --- stderr
        error: the source has no table 'peopel'
          --> query:4:6
           sql: source.peopel
           table: peopel
           hint: did you mean 'source.a.people'?
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "select id + name from source.a.people",
        &expect![[r#"
        --- stderr
        error: Cannot apply + to integer and text: cast one of them
          --> query:1:8
           sql: id + name
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "select 1 from",
        &expect![[r#"
        --- stderr
        error: Expected: identifier, found: EOF
          --> query:1:10
           sql: from
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "explain select 1",
        &expect![[r#"
        --- stderr
        error: only a query (SELECT or WITH … SELECT) is allowed
          --> query:1:1
           sql: explain select 1
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "delete from source.a.people",
        &expect![[r#"
        --- stderr
        error: only a query (SELECT or WITH … SELECT) is allowed
          --> query:1:1
           sql: delete from source.a.people
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "select * from shared.people",
        &expect![[r#"
        --- stderr
        error: shared views are not known here: no pipeline is named
          --> query:1:15
           sql: shared.people
           hint: --pipeline FILE names the rules that they belong to
        --- exit 2
    "#]],
    );
    asked(
        dir,
        "select * from migrated.people",
        &expect![[r#"
        --- stderr
        error: there are no outcomes here, only a snapshot
          --> query:1:15
           sql: migrated.people
           hint: --run names a run, --pipeline rules to try over the snapshot
        --- exit 2
    "#]],
    );
    asked(
        dir,
        ".reasons",
        &expect![[r#"
        --- stderr
        error: there are no outcomes here, only a snapshot
           hint: --run names a run, --pipeline rules to try over the snapshot
        --- exit 2
    "#]],
    );
    asked(
        dir,
        ".schema peple",
        &expect![[r#"
        --- stderr
        error: there is no table 'peple'
           hint: did you mean 'a.people'?
        --- exit 2
    "#]],
    );
    asked(
        dir,
        ".nonsense",
        &expect![[r#"
        --- stderr
        error: there is no command '.nonsense'
           hint: .help lists them
        --- exit 2
    "#]],
    );
    // What fails on a value does not tell it.
    asked(
        dir,
        "select cast(name as integer) from source.a.people",
        &expect![[r#"
        --- stderr
        error: a value does not fit: a text is no integer
          --> query
        --- exit 2
    "#]],
    );
    expect![[r#"
        --- stderr
        {"error":{"message":"one query gives one document","exit_code":2,"at":{"file":"query"},"hint":"give the queries one by one, or --as table, csv or jsonl without --out for all in a row"}}
        --- exit 2
    "#]].assert_eq(&said(dir, &["query", "--format", "json", "select 1; select 2"]));
    expect![[r#"
        --- stderr
        error: two columns of the result are called 'id'
           hint: give one of them another name: … as name
        --- exit 2
    "#]]
    .assert_eq(&said(dir, &["query", "--as", "json", "select p.id, q.id from a.people p, a.people q"]));
    expect![[r#"
        --- stderr
        error: Parquet is for files, not for stdout
           hint: --out FILE.parquet says where it goes
        --- exit 2
    "#]]
    .assert_eq(&said(dir, &["query", "--as", "parquet", "select 1"]));
    expect![[r#"
        --- stderr
        error: the name does not say in which form the rows are to be written
          --> rows.xlsx
           hint: end it with .csv, .json, .jsonl or .parquet, or say --as
        --- exit 2
    "#]]
    .assert_eq(&said(dir, &["query", "--out", "rows.xlsx", "select 1"]));
    expect![[r#"
        --- stderr
        error: the rows cannot be written there
          --> no/such/rows.csv
           hint: name a file in a folder that exists
        --- exit 2
    "#]]
    .assert_eq(&said(dir, &["query", "--out", "no/such/rows.csv", "select 1"]));
    expect![[r#"
        --- stderr
        error: there is no finished run '3f2a' in DIR
           hint: `rehome run` prints a run's id; --dir names the folder where it worked
        --- exit 2
    "#]]
    .assert_eq(&said(dir, &["query", "--run", "3f2a", "select 1"]));
    let empty = tempfile::tempdir().unwrap();
    asked(
        empty.path(),
        "select 1",
        &expect![[r#"
        --- stderr
        error: there is neither a finished run nor a snapshot in DIR
           hint: make one with: rehome snapshot; --dir names the folder where they are, --snapshot another place
        --- exit 2
    "#]],
    );
}

/// What rules may not, since they must be reproducible, a query may.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_may_ask_for_the_time() {
    let (folder, database) =
        snapshot_of("create table t (id integer primary key); insert into t values (1), (2);").await;
    let sql = "select now() as now, now() = current_timestamp as same, current_date as today, random() between 0 and 1 as any_number, \
               extract(epoch from now() - timestamptz '2020-01-01')::bigint as seconds from source.t order by random() limit 1";
    let answer = rehome(folder.path(), &["query", sql]);
    let row = &answer["rows"][0];
    assert_eq!((&row["same"], &row["any_number"]), (&true.into(), &true.into()));
    assert_eq!(row["today"].as_str().unwrap(), database.text("select (now() at time zone 'UTC')::date::text").await);
    let off =
        format!("select (abs(extract(epoch from now() - '{}'::timestamptz)) < 60)::text", row["now"].as_str().unwrap());
    assert_eq!(database.text(&off).await, "true");
    assert!(row["seconds"].as_i64().unwrap() > 0);
}

/// Columns are called as PostgreSQL calls them.
#[tokio::test(flavor = "multi_thread")]
async fn columns_have_postgresqls_names() {
    let (folder, database) =
        snapshot_of("create table t (id integer primary key, name text); insert into t values (1, 'x');").await;
    for list in [
        "1, 'a', count(*), max(id) as most, max(name)",
        "id, t.name, id + 1, -id, id::text, '1'::int, cast(2 as numeric(5,2)), cast('x' as varchar)",
        "case when id = 1 then 2 end, case when id = 1 then 2 else id end, coalesce(name, 'y'), nullif(id, 2), not (id = 1)",
        "extract(year from date '2020-01-01'), substring(name from 1 for 1), trim(name), position('x' in name), upper(name)",
        "*, id = 1, lower(name)",
        "count(*), count(*), 1, 1, id, id::text",
        "(select max(id) from t), array[1, 2], name || 'y', id is null, id in (1, 2)",
    ] {
        let group = if list.starts_with("1,") { "" } else { " group by id, name" };
        let sql = format!("select {list} from t{group}");
        let stated = database.session.prepare(&sql).await.unwrap();
        let expected: Vec<&str> = stated.columns().iter().map(tokio_postgres::Column::name).collect();
        let said = said(folder.path(), &["query", "--as", "csv", &sql]);
        assert_eq!(said.lines().next().unwrap(), expected.join(","), "{list}");
    }
}

/// The rows of a table twice over, with every outcome, a cause, a warning, and a shared view.
struct Ran {
    folder: tempfile::TempDir,
    pipeline: String,
    _database: Database,
}

impl Ran {
    async fn new() -> Self {
        let database = Database::with(
            "create schema legacy; create schema fresh;
             create table legacy.people (id integer primary key, name text, boss integer);
             insert into legacy.people select i, case when i % 4 > 0 then 'person ' || i end, nullif(i / 2, 0) from generate_series(1, 12) i;
             create table legacy.pets (id integer primary key, owner integer);
             insert into legacy.pets select i, i + 8 from generate_series(1, 6) i;
             create table fresh.people (id uuid primary key, legacy_id integer, name text);
             create table fresh.pets (id uuid primary key, legacy_id integer, owner_id uuid);
             create table fresh.strays (id uuid primary key, legacy_id integer)",
        )
        .await;
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("pipeline/shared");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("named.sql"), "select * from source.people where name is not null\n").unwrap();
        legacy_to_fresh(
            folder.path(),
            "",
            &[
                (
                    "people",
                    "/*---\nsource = \"people\"\nkey = \"id\"\nentity = \"person\"\n---*/
                     select p.id as _key,
                            case when p.id = 11 then skip('retired') when n.id is null then reject('nameless') else migrate() end as _outcome,
                            warnings(p.boss is null, 'no_boss') as _warnings, p.id as legacy_id, p.name as name
                     from source.people p left join shared.named n on n.id = p.id",
                ),
                (
                    "pets",
                    "/*---\nsource = \"pets\"\nkey = \"id\"\n---*/
                     select p.id as _key,
                            case when o._key is not null then migrate()
                                 when p.owner > 12 then elsewhere('strays')
                                 else reject('owner_not_migrated', 'people', p.owner) end as _outcome,
                            p.id as legacy_id, legacy_uuid('person', p.owner) as owner_id
                     from source.pets p left join migrated.people o on o._key = p.owner",
                ),
                (
                    "strays",
                    "/*---\nsource = \"pets\"\nkey = \"id\"\n---*/
                     select p.id as _key, case when p.owner > 12 then migrate() else elsewhere('pets') end as _outcome, p.id as legacy_id
                     from source.pets p",
                ),
            ],
        )
        .unwrap();
        let file = folder.path().join("pipeline/pipeline.toml");
        let text = std::fs::read_to_string(&file)
            .unwrap()
            .replace("flows = \"flows\"", "flows = \"flows\"\nshared = \"shared\"\n");
        std::fs::write(&file, format!("{text}\n[params]\nlimit_id = 5\n")).unwrap();
        let pipeline = file.display().to_string();
        let work = folder.path().join("work");
        rehome(&work, &["run", "--pipeline", &pipeline, "--source", &database.url, "--target", &database.url]);
        Self { folder, pipeline, _database: database }
    }

    fn dir(&self) -> std::path::PathBuf {
        self.folder.path().join("work")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_looked_at_as_long_as_it_is_stored() {
    let ran = Ran::new().await;
    let dir = ran.dir();
    let home = ran.folder.path().display().to_string();
    let asked = |dir: &Path, sql: &str, expected: &Expect| {
        expected.assert_eq(&said_with(dir, &["query", sql], &[(&home, "HOME")]));
    };
    asked(
        &dir,
        ".tables",
        &expect![[r#"
         table          rows
         source.people    12
         source.pets       6
         shared.named
         flow    migrated.*  rejected.*  skipped.*  elsewhere.*
         people           8           3          1            0
         pets             2           2          0            2
         strays           2           0          0            4
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        ".reasons",
        &expect![[r#"
         flow    outcome    reason              rows
         people  rejected   nameless               3
         people  skipped    retired                1
         people  warning    no_boss                1
         pets    rejected   owner_not_migrated     2
         pets    elsewhere  strays                 2
         strays  elsewhere  pets                   4
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        ".reasons people",
        &expect![[r#"
         flow    outcome   reason    rows
         people  rejected  nameless     3
         people  skipped   retired      1
         people  warning   no_boss      1
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        ".schema rejected.pets",
        &expect![[r#"
         table          column       type
         rejected.pets  _key         integer
         rejected.pets  _reason      text
         rejected.pets  _warnings    text[]
         rejected.pets  _cause_flow  text
         rejected.pets  _cause_key   text
         rejected.pets  id           integer
         rejected.pets  owner        integer
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select _key, _outcome, _warnings, name from migrated.people where _key < $limit_id",
        &expect![[r#"
         _key  _outcome  _warnings  name
            1  migrated  {no_boss}  person 1
            2  migrated  {}         person 2
            3  migrated  {}         person 3
        (3 rows)
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select * from rejected.pets",
        &expect![[r#"
         _key  _reason             _warnings  _cause_flow  _cause_key  id  owner
            3  owner_not_migrated  {}         people       11           3     11
            4  owner_not_migrated  {}         people       12           4     12
        (2 rows)
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select * from skipped.people",
        &expect![[r#"
         _key  _reason  id  name       boss
           11  retired  11  person 11     5
        (1 row)
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select * from elsewhere.pets order by _key",
        &expect![[r#"
         _key  _reason  id  owner
            5  strays    5     13
            6  strays    6     14
        (2 rows)
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select count(*) from shared.named",
        &expect![[r#"
         count
             9
        (1 row)
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select p.id = legacy_uuid('person', p._key) as same, s.boss from migrated.people p join source.people s on s.id = p._key where p._key = 3",
        &expect![[r#"
             same  boss
             t        1
            (1 row)
            --- exit 0
        "#]],
    );
    // The rules change: outcomes are what they were, and what the rules would say today is not told.
    let flow = ran.folder.path().join("pipeline/flows/strays.sql");
    let before = std::fs::read_to_string(&flow).unwrap();
    std::fs::write(&flow, before.replace("> 12", "> 13")).unwrap();
    asked(
        &dir,
        "select count(*) from migrated.strays",
        &expect![[r#"
         count
             2
        (1 row)
        --- stderr
        note: the pipeline HOME/pipeline/pipeline.toml has changed since this run: outcomes are shown as they were stored, and shared.* is not known
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select count(*) from shared.named",
        &expect![[r#"
        --- stderr
        note: the pipeline HOME/pipeline/pipeline.toml has changed since this run: outcomes are shown as they were stored, and shared.* is not known
        error: shared views are not known here: the pipeline HOME/pipeline/pipeline.toml has changed since this run
          --> query:1:22
           sql: shared.named
           hint: --pipeline FILE names the rules that they belong to
        --- exit 2
    "#]],
    );
    asked(
        &dir,
        "select * from rejected.pets",
        &expect![[r#"
         _key  _reason             _warnings  _cause_flow  _cause_key  id  owner
            3  owner_not_migrated  {}         people       11           3     11
            4  owner_not_migrated  {}         people       12           4     12
        (2 rows)
        --- stderr
        note: the pipeline HOME/pipeline/pipeline.toml has changed since this run: outcomes are shown as they were stored, and shared.* is not known
        --- exit 0
    "#]],
    );
    // With the rules named, they are tried, and the run is left alone.
    let tried = said(
        &dir,
        &["query", "--pipeline", &ran.pipeline, "--snapshot", "latest", "select count(*) from migrated.strays"],
    );
    expect![[r#"
         count
             1
        (1 row)
        --- exit 0
    "#]]
    .assert_eq(&tried);
    std::fs::remove_dir_all(ran.folder.path().join("pipeline")).unwrap();
    asked(
        &dir,
        "select _reason, count(*) from rejected.people group by 1",
        &expect![[r#"
         _reason   count
         nameless      3
        (1 row)
        --- stderr
        note: the pipeline HOME/pipeline/pipeline.toml is not there any more: outcomes are shown as they were stored, and shared.* is not known
        --- exit 0
    "#]],
    );
    // A changed byte is found before a row is told.
    let files = Location::folder(&dir.join("runs")).unwrap().list().await.unwrap();
    let file = files.iter().find(|file| !file.starts_with("what-if") && file.contains("pets/rejected")).unwrap();
    let file = dir.join("runs").join(file);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let told = said(&dir, &["query", "select * from rejected.pets"]);
    assert!(told.contains("a file of outcomes has changed") && told.contains("exit 10"), "{told}");
    // And the snapshot goes.
    std::fs::remove_dir_all(dir.join("snapshots")).unwrap();
    asked(
        &dir,
        "select * from rejected.people where _key = 4",
        &expect![[r#"
         _key  _reason   _warnings  _cause_flow  _cause_key  _source_row
            4  nameless  {}         NULL         NULL        {"id":4,"name":null,"boss":2}
        (1 row)
        --- stderr
        note: the pipeline HOME/pipeline/pipeline.toml is not there any more: outcomes are shown as they were stored, and shared.* is not known
        note: the run's snapshot DIR/snapshots/SNAPSHOT is not there any more: source.* is not known
        note: the run's snapshot is not there: rejected.* and skipped.* are without the columns of the source
        --- exit 0
    "#]],
    );
    asked(
        &dir,
        "select * from source.people",
        &expect![[r#"
        --- stderr
        note: the pipeline HOME/pipeline/pipeline.toml is not there any more: outcomes are shown as they were stored, and shared.* is not known
        note: the run's snapshot DIR/snapshots/SNAPSHOT is not there any more: source.* is not known
        note: the run's snapshot is not there: rejected.* and skipped.* are without the columns of the source
        error: there is no snapshot here
          --> query:1:22
           sql: people
           hint: --snapshot PLACE names one
        --- exit 2
    "#]],
    );
}

/// The columns of a flow that migrated nothing are known by its rules.
#[tokio::test(flavor = "multi_thread")]
async fn flows_without_rows_have_columns() {
    let (folder, database) = snapshot_of("create schema legacy; create table legacy.t (id integer primary key, v text); insert into legacy.t values (1, 'x');").await;
    drop(database);
    legacy_to_fresh(folder.path(), "", &[(
        "t",
        "/*---\nsource = \"t\"\nkey = \"id\"\n---*/ select id as _key, reject('none') as _outcome, v as text_of from source.t",
    )])
    .unwrap();
    let file = folder.path().join("pipeline/pipeline.toml").display().to_string();
    let told = said(folder.path(), &["query", "--pipeline", &file, "select text_of, _outcome from migrated.t"]);
    expect![[r#"
         text_of  _outcome
        (0 rows)
        --- exit 0
    "#]]
    .assert_eq(&told);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_on_stdin_are_answered_one_by_one() {
    let (folder, _database) =
        snapshot_of("create table t (id integer primary key); insert into t select generate_series(1, 120);").await;
    let script = "-- how many\nselect count(*) from source.t; .limit 2\n.limit 2\nselect *\n  from source.t\n  order by id;\nselect x from source.t;\n\
                  .format csv\nselect 'a;b' as \"a;b\", null as n, '' as e; select 2 as last\n";
    expect![[r#"
         count
           120
        (1 row)
         id
          1
          2
        (the first 2 of 120 rows; --limit N shows more, --as csv all)
        a;b,n,e
        a;b,,""
        last
        2
        --- stderr
        error: column 'x' not found
          --> stdin:7:8
           sql: x
           hint: did you mean 'id'?
        --- exit 2
    "#]]
    .assert_eq(&said_to(folder.path(), &["query"], script));
    expect![[r#"
         a
         1
        (1 row)
        --- exit 0
    "#]]
    .assert_eq(&said_to(folder.path(), &["query"], "select 1 as a;\n.quit\nselect 2 as b;"));
    expect![[r#"
         command          what it does
         .tables          the tables, and their rows
         .schema [TABLE]  the columns of a table, or of all, and their types
         .reasons [FLOW]  why rows were rejected or skipped, and warnings, with their rows
         .format [FORM]   how rows are shown: table, csv, json or jsonl
         .limit [N]       the rows that a table shows
         .help            this list
         .quit            ends the shell, as Ctrl-C does
         SQL;             a query in PostgreSQL's SQL; it ends with a semicolon
                          looked at: snapshot ID (DIR/snapshots/SNAPSHOT)
        --- exit 0
    "#]]
    .assert_eq(&said_to(folder.path(), &["query"], ".help\n"));
    let file = folder.path().join("two.sql");
    std::fs::write(&file, "select 1 as one;\nselect nothing;\nselect 3;").unwrap();
    expect![[r#"
         one
           1
        (1 row)
        --- stderr
        error: column 'nothing' not found
          --> DIR/two.sql:2:8
           sql: nothing
        --- exit 2
    "#]]
    .assert_eq(&said(folder.path(), &["query", "--file", &file.display().to_string()]));
}

/// Types, names and values of a file are those of the snapshot.
#[tokio::test(flavor = "multi_thread")]
async fn parquet_keeps_types() {
    let (folder, _database) = snapshot_of(TWO_SCHEMAS).await;
    let dir = folder.path();
    let out = dir.join("odd.parquet");
    let told = said(dir, &["query", r#"select * from source."Odd ""table""#, "--out", &out.display().to_string()]);
    expect![[r#"
        DIR/odd.parquet  1 rows
        --- exit 0
    "#]]
    .assert_eq(&told);
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&out).unwrap()).unwrap();
    let place = std::fs::read_dir(dir.join("snapshots")).unwrap().flatten().next().unwrap().path();
    let snapshot = Snapshot::open(Location::folder(&place).unwrap()).await.unwrap();
    let table = snapshot.table("Odd \"table").unwrap();
    let stored = snapshot.read_all(table).await.unwrap();
    for (ours, theirs) in reader.schema().fields().iter().zip(stored[0].schema().fields()) {
        assert_eq!((ours.name(), ours.data_type()), (theirs.name(), theirs.data_type()));
        assert_eq!(ours.metadata().get(PG_TYPE), theirs.metadata().get(PG_TYPE), "{}", ours.name());
    }
    let written: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].columns(), stored[0].columns());
    // Whole or not at all, and for its owner alone.
    let failed =
        said(dir, &["query", "select cast(name as int) from source.a.people", "--out", &out.display().to_string()]);
    assert!(failed.contains("exit 2"), "{failed}");
    // Also what stands for the key that the table has not.
    assert_eq!(ParquetRecordBatchReaderBuilder::try_new(File::open(&out).unwrap()).unwrap().schema().fields().len(), 7);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o077, 0);
}

const MANY: &str = "create table many (id integer primary key, a text, b numeric(12,2), c timestamptz);
    insert into many select i, md5(i::text), i / 3.0, '2020-01-01'::timestamptz + i * interval '1 second' from generate_series(1, 600000) i;
    create table few (like many including all); insert into few select * from many limit 5000;";

/// The most memory that a query has had, in MiB.
fn peak(dir: &Path, args: &[&str]) -> u64 {
    let mut child = program(dir).args(["--jobs", "2", "query"]).args(args).stdout(Stdio::null()).spawn().unwrap();
    let file = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most = most.max(mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    most / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_follow_the_rows() {
    let (folder, _database) = snapshot_of(MANY).await;
    let dir = folder.path();
    let out = dir.join("many.parquet").display().to_string();
    for form in [["--as", "csv"], ["--as", "jsonl"], ["--as", "table"], ["--out", &out]] {
        let few = peak(dir, &[&form[..], &["select * from source.few"]].concat());
        let many = peak(dir, &[&form[..], &["select * from source.many"]].concat());
        eprintln!("{form:?}: {few} MiB, {many} MiB");
        // 600,000 rows are 70 MB as CSV, and more in memory.
        assert!(many < few + 110, "{form:?}: {few} and {many} MiB");
    }
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&out).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 600_000);
    // Whoever has seen enough closes the pipe.
    let mut child = program(dir)
        .args(["query", "--as", "csv", "select * from source.many"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "id,a,b,c\n");
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned()), (Some(0), String::new()));
    // Ctrl-C ends a query that goes on, and leaves no file.
    let slow = "select count(*) from source.many a, source.many b where a.a < b.a and a.b <> b.b";
    let out = dir.join("never.csv");
    let mut child =
        program(dir).args(["query", slow, "--out", &out.display().to_string()]).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(child.try_wait().unwrap().is_none(), "it is at work");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(begun.elapsed() < Duration::from_secs(5));
    let left: Vec<_> = std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("never")), "{left:?}");
}

/// A terminal, as far as a program can tell.
struct Terminal {
    ours: File,
    seen: String,
}

impl Terminal {
    fn open() -> (Self, OwnedFd) {
        let (mut ours, mut theirs) = (0, 0);
        let size = libc::winsize { ws_row: 40, ws_col: 160, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the two descriptors are written by the call, and owned here from then on.
        unsafe {
            assert_eq!(
                libc::openpty(&raw mut ours, &raw mut theirs, std::ptr::null_mut(), std::ptr::null(), &raw const size),
                0
            );
            (Self { ours: File::from_raw_fd(ours), seen: String::new() }, OwnedFd::from_raw_fd(theirs))
        }
    }

    fn types(&mut self, keys: &str) {
        self.ours.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads on until a text has come.
    fn sees(&mut self, text: &str) {
        let mut piece = [0; 4096];
        while !self.seen.contains(text) {
            let length = self.ours.read(&mut piece).unwrap_or(0);
            assert!(length > 0, "{text:?} did not come: {:?}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
        let end = self.seen.find(text).unwrap() + text.len();
        self.seen.drain(..end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_on_a_terminal() {
    let (folder, _database) = snapshot_of(MANY).await;
    let dir = folder.path();
    let (mut terminal, theirs) = Terminal::open();
    let mut shell = program(dir);
    shell.args(["query"]).env("TERM", "xterm").env("NO_COLOR", "1");
    shell.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    // SAFETY: both calls may be made between fork and exec.
    unsafe {
        shell.pre_exec(|| {
            libc::setsid();
            libc::ioctl(0, libc::TIOCSCTTY, 0);
            Ok(())
        });
    }
    let mut child = shell.spawn().unwrap();
    drop(shell);
    tokio::task::block_in_place(|| {
        terminal.sees("rehome> ");
        // A statement goes on until its semicolon; a tab completes.
        terminal.types("select count(*) as all_of_them\r");
        terminal.sees("...> ");
        terminal.types("from sour\tfew;\r");
        terminal.sees("5000");
        terminal.sees("rehome> ");
        // No mistake ends it.
        terminal.types("selct;\r");
        terminal.sees("error: ");
        terminal.sees("rehome> ");
        // An arrow brings back what was typed.
        terminal.types("\u{1b}[A\r");
        terminal.sees("error: ");
        terminal.sees("rehome> ");
        // Ctrl-C ends a query, and not the shell.
        terminal.types("select count(*) from source.many a, source.many b where a.a < b.a and a.b <> b.b;\r");
        // Once as it is typed, once as it was taken.
        terminal.sees("a.b <> b.b;");
        terminal.sees("a.b <> b.b;");
        std::thread::sleep(Duration::from_millis(300));
        terminal.types("\u{3}");
        terminal.sees("interrupted");
        terminal.sees("rehome> ");
        terminal.types("select 40 + 2 as answer;\r");
        terminal.sees("42");
        terminal.sees("rehome> ");
        terminal.types(".quit\r");
    });
    assert!(child.wait().unwrap().success());
    let history = std::fs::read_to_string(dir.join("query.history")).unwrap();
    assert!(history.contains("select 40 + 2 as answer;"), "{history}");
}
