//! Owns the proof of what `rehome quarantine` promises: each rejected row listed, and exported whole so that it comes back as
//! it was; PostgreSQL itself reads the files. Must not know: how rows are found or written.

// As `expect_test` writes them.
#![allow(clippy::needless_raw_string_hashes)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use expect_test::expect;
use futures::SinkExt;
use rehome::command::quarantine::edited::Edited;
use rehome::error::Result;
use rehome::snapshot::Snapshot;
use rehome::storage::Location;

use crate::cluster::Database;
use crate::spoken::{said, said_with};
use crate::support::{legacy_to_fresh, rehome};

/// A column of every way in which a value travels, with values that are easily bent.
const COLUMNS: &[(&str, &str, &[&str])] = &[
    ("i2", "smallint", &["-32768"]),
    ("i8", "bigint", &["9223372036854775807"]),
    ("o", "oid", &["4294967295"]),
    ("f4", "real", &["NaN", "-0", "1e-45", "3.4028235e38"]),
    ("f8", "double precision", &["-Infinity", "0.1", "5e-324", "-0"]),
    ("d", "numeric(20,4)", &["-0.0001", "9999999999999999.9999"]),
    ("n", "numeric", &["NaN", "1.10", "12345678901234567890.123456789012345678901234567890", "-0.000"]),
    ("m", "money", &["-92233720368547758.08"]),
    ("b", "boolean", &["t", "f"]),
    ("t", "text", &["", "NULL", "\\N", "a,b", "say \"x\"", "line\r\nline\n", " é👩 ", "\\."]),
    ("v", "varchar(30)", &["", "null"]),
    ("c", "char(5)", &["", "a"]),
    ("by", "bytea", &["\\x", "\\x00ff0a"]),
    ("u", "uuid", &["00000000-0000-0000-0000-00000000000a"]),
    ("da", "date", &["infinity", "0044-03-15 BC", "2024-02-29"]),
    ("ti", "time", &["24:00", "23:59:59.999999"]),
    ("tz", "timetz", &["12:00+05:30"]),
    ("ts", "timestamp", &["-infinity", "0001-01-01 BC", "1999-12-31 23:59:59.999999"]),
    ("tt", "timestamptz", &["infinity", "2024-02-29 12:00:00.000001+02"]),
    ("iv", "interval", &["1 year 2 mons -3 days 04:05:06.7", "0"]),
    ("j", "json", &["{\"a\": 1,\n \"a\" : 2.50}", "\"\"", "null"]),
    ("jb", "jsonb", &["{\"a\": 1.50, \"b\": [null]}", "\"\""]),
    ("inet", "inet", &["::1", "10.1.2.3/8"]),
    ("x", "xml", &["<a b=\"1\">é</a>"]),
    ("bi", "varbit", &["", "101"]),
    ("e", "legacy.mood", &["", "it's \"ok\", really"]),
    ("r", "int4range", &["empty", "[1,5)"]),
    ("box", "box", &["(1,1),(0,0)"]),
    ("ia", "integer[]", &["{}", "{1,NULL,-2}", "[2:3]={7,8}"]),
    ("ta", "text[]", &["{\"\",NULL,\"NULL\",\"a b\",\"c,\\\"d\\\\\"}"]),
    ("na", "numeric(8,2)[]", &["{1.50,NULL,-0.01}"]),
    ("tta", "timestamptz[]", &["{infinity,\"2024-02-29 12:00:00+02\"}"]),
    ("ba", "boolean[]", &["{t,f,NULL}"]),
    ("bya", "bytea[]", &["{\"\\\\x00ff\",NULL}"]),
    ("boxa", "box[]", &["{(1,1),(0,0);(2,2),(1,1)}"]),
    ("ja", "jsonb[]", &["{\"{\\\"a\\\": 1}\",NULL}"]),
    ("ea", "legacy.mood[]", &["{\"\",\"it's \\\"ok\\\", really\"}"]),
];

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A run whose flow rejects each row of a table of all types; one row is without any value but its key.
async fn rejected() -> (tempfile::TempDir, Database) {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, ty, _)| format!("{name} {ty}")).collect();
    let rows = COLUMNS.iter().map(|(_, _, values)| values.len()).max().unwrap();
    let mut sql = format!(
        "create schema legacy; create schema fresh;
         create type legacy.mood as enum ('', 'it''s \"ok\", really');
         create table legacy.odd (id integer primary key, must text not null default '', {});
         create table fresh.odd (id uuid primary key, t text);
         insert into legacy.odd (id) values (0);",
        columns.join(", ")
    );
    for row in 0..rows {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _, _)| *name).collect();
        let values: Vec<String> = COLUMNS.iter().map(|(_, _, values)| literal(values[row % values.len()])).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        sql.push_str(
            &["insert into legacy.odd (id, ", &names, ") values (", &(row + 1).to_string(), ", ", &values, ");"]
                .concat(),
        );
    }
    let database = Database::with(&sql).await;
    let folder = tempfile::tempdir().unwrap();
    run(
        &folder,
        &database,
        &[(
            "odd",
            "/*---\nsource = \"odd\"\nkey = \"id\"\n---*/ select id as _key, reject('odd', 'odd', id - 1) as _outcome,
             warnings(id > 2, 'large, \"quoted\"') as _warnings, t as t from source.odd",
        )],
    );
    (folder, database)
}

fn run(folder: &tempfile::TempDir, database: &Database, flows: &[(&str, &str)]) {
    legacy_to_fresh(folder.path(), "", flows).unwrap();
    let file = folder.path().join("pipeline/pipeline.toml").display().to_string();
    let url = database.url.as_str();
    rehome(&work(folder), &["run", "--pipeline", &file, "--source", url, "--target", url]);
}

fn work(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("work")
}

fn all(file: &Path) -> Result<RecordBatch> {
    let mut edited = Edited::open(file)?;
    let mut batches = Vec::new();
    while let Some(batch) = edited.next_rows()? {
        batches.push(batch);
    }
    Ok(concat_batches(&edited.schema, &batches).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_comes_back_as_it_was() {
    let (folder, database) = rejected().await;
    let dir = work(&folder);
    let record = std::fs::read_dir(dir.join("snapshots")).unwrap().flatten().next().unwrap().path();
    let snapshot = Snapshot::open(Location::folder(&record).unwrap()).await.unwrap();
    let table = snapshot.table("odd").unwrap();
    let schema = snapshot.arrow_schema(table).await.unwrap();
    let stored = concat_batches(&schema, &snapshot.read_all(table).await.unwrap()).unwrap();
    for form in ["csv", "parquet"] {
        let out = folder.path().join(format!("odd.{form}"));
        rehome(&dir, &["quarantine", "export", "--out", &out.display().to_string()]);
        let read = all(&out).unwrap();
        assert_eq!(read.schema(), schema, "{form}");
        for (at, field) in schema.fields().iter().enumerate() {
            assert_eq!(read.column(at), stored.column(at), "{form}: {}", field.name());
        }
    }
    // PostgreSQL reads the same file, and finds the same rows.
    let text = std::fs::read(folder.path().join("odd.csv")).unwrap();
    database
        .run(
            "create table legacy.back (_flow text, _key text, _reason text, _warnings text[], _cause_flow text, _cause_key text,
                                       like legacy.odd)",
        )
        .await;
    let sink =
        database.session.copy_in::<_, bytes::Bytes>("copy legacy.back from stdin (format csv, header)").await.unwrap();
    futures::pin_mut!(sink);
    sink.send(text.into()).await.unwrap();
    sink.finish().await.unwrap();
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _, _)| *name).collect();
    for name in names {
        let form = |side: &str| match name {
            // What has no binary form, or one that says less.
            "x" => format!("{side}.{name}::text"),
            _ => format!("record_send(row({side}.{name}))"),
        };
        let sql = format!(
            "select count(*) filter (where {} is distinct from {} or (a.{name} is null) <> (b.{name} is null)) || ' of ' || count(*)
             from legacy.odd a join legacy.back b on b.id = a.id",
            form("a"),
            form("b")
        );
        assert_eq!(database.text(&sql).await, "0 of 9", "{name}");
    }
    let told = "select string_agg(_key || ' ' || _reason || ' ' || _warnings::text || ' ' || _cause_flow || ' ' || _cause_key, '; ' order by id)
                from legacy.back where id in (0, 3)";
    assert_eq!(database.text(told).await, "0 odd {} odd -1; 3 odd {\"large, \\\"quoted\\\"\"} odd 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_rows_are_read_and_mistakes_are_placed() {
    let (folder, _database) = rejected().await;
    let dir = work(&folder);
    let out = folder.path().join("odd.csv");
    rehome(&dir, &["quarantine", "export", "--out", &out.display().to_string()]);
    let before = all(&out).unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    // As a spreadsheet writes it: other ends of lines and another delimiter would do too, and empty texts lose their quotes.
    std::fs::write(&out, format!("\u{feff}{}", text.replace("\n0,", "\r\n0,"))).unwrap();
    assert_eq!(all(&out).unwrap(), before);
    let said = |edited: String| {
        std::fs::write(&out, edited).unwrap();
        let error = all(&out).unwrap_err();
        format!("{error}").replace(&folder.path().display().to_string(), "DIR")
    };
    expect!["a text is no integer [file DIR/odd.csv:2] [column id]"].assert_eq(&said(text.replacen(
        "odd,0,odd,{},odd,-1,0,",
        "odd,0,odd,{},odd,-1,zero,",
        1,
    )));
    expect!["an integer is out of range [file DIR/odd.csv:3] [column i2]"]
        .assert_eq(&said(text.replacen("-32768", "-32769", 1)));
    expect!["a column of the source table is not there [column must] [file DIR/odd.csv]"]
        .assert_eq(&said(text.replacen(",must,", ",most,", 1)));
    expect!["a value is missing in a column that has no NULL in the source [file DIR/odd.csv] [column id]"]
        .assert_eq(&said(text.replacen("odd,0,odd,{},odd,-1,0,", "odd,0,odd,{},odd,-1,,", 1)));
    expect!["a row has 46 fields, the header has 45 [file DIR/odd.csv:2]"].assert_eq(&said(text.replacen(
        "odd,0,odd,{},",
        "odd,0,odd,{},extra,",
        1,
    )));
    expect!["a row cannot be read: a quote is not closed, or a text is no UTF-8 [file DIR/odd.csv:16]"]
        .assert_eq(&said(format!("{text}\"open")));
    std::fs::remove_file(folder.path().join("odd.csv.manifest.json")).unwrap();
    expect!["an export is read with its manifest, which is not there [file DIR/odd.csv.manifest.json]"]
        .assert_eq(&said(text));
}

/// Flows with keys of other sorts: text, two columns, several tables, several rows of one; a row that only the target refuses.
async fn several() -> (tempfile::TempDir, Database) {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.words (word text primary key, n integer); insert into legacy.words values ('a,b', 1), ('', 2), ('é \"', 3);
         create table legacy.pairs (a integer, b text, v text, primary key (a, b)); insert into legacy.pairs values (1, 'x', null), (1, 'y', ''), (2, 'x', 'v');
         create table legacy.left_ones (id integer primary key, v text); insert into legacy.left_ones values (1, 'l1'), (2, 'l2');
         create table legacy.right_ones (id integer primary key, v text, w integer); insert into legacy.right_ones values (1, 'r1', 7), (3, 'r3', 8);
         create table legacy.lists (id integer primary key, items integer[]); insert into legacy.lists values (1, '{5,6}'), (2, '{7}');
         create table fresh.words (id uuid primary key, n integer check (n < 3));
         create table fresh.pairs (id uuid primary key, v text);
         create table fresh.both (id uuid primary key, v text);
         create table fresh.items (id uuid primary key, item integer);",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    run(
        &folder,
        &database,
        &[
            (
                "words",
                "/*---\nsource = \"words\"\nkey = \"word\"\n---*/ select word as _key, case when n = 1 then reject('first') else migrate() end as _outcome, n as n from source.words",
            ),
            (
                "pairs",
                "/*---\nsource = \"pairs\"\nkey = [\"a\", \"b\"]\n---*/ select named_struct('a', a, 'b', b) as _key, case when b = 'x' then reject('x', 'words', 'a,b') else migrate() end as _outcome, v as v from source.pairs",
            ),
            (
                "both",
                "/*---\nsource = [\"left_ones\", \"right_ones\"]\nkey = \"id\"\n---*/
                 with ones as (select 'left_ones' as s, id, v from source.left_ones union all select 'right_ones', id, v from source.right_ones)
                 select named_struct('s', s, 'id', id) as _key, case when id = 1 then reject('one') else migrate() end as _outcome, v as v from ones",
            ),
            (
                "items",
                "/*---\nsource = \"lists\"\nkey = \"id\"\nexpand = true\n---*/
                 with parts as (select id, unnest(items) as item from source.lists),
                      numbered as (select id, item, row_number() over (partition by id order by item) as nth from parts)
                 select id as _key, nth as _ordinal, case when id = 1 then reject('of_one') else migrate() end as _outcome, item as item from numbered",
            ),
        ],
    );
    (folder, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_listed_and_exported_by_flow() {
    let (folder, database) = several().await;
    let dir = work(&folder);
    expect![[r#"
         flow   reason                              rows  keys                               cause
         both   one                                    2  ["left_ones",1], ["right_ones",1]
         items  of_one                                 2  [1,1], [1,2]
         pairs  x                                      2  [1,"x"], [2,"x"]                   words a,b
         words  check:words_n_check (the target's)     1  é "
         words  first                                  1  a,b

        8 rejected rows of run UUID
        --- exit 0
    "#]]
    .assert_eq(&said(&dir, &["quarantine", "list"]));
    let target = said_with(&dir, &["quarantine", "list", "--target", &database.url], &[(&database.url, "URL")]);
    expect![[r#"
         flow   reason                                                   rows  keys                               cause
         both   one                                                         2  ["left_ones",1], ["right_ones",1]
         items  of_one                                                      2  [1,1], [1,2]
         pairs  x                                                           2  [1,"x"], [2,"x"]                   words a,b
         words  check:words_n_check (the target's: 23514 words_n_check)     1  é "
         words  first                                                       1  a,b

        8 rejected rows of run UUID
        --- exit 0
    "#]]
    .assert_eq(&target);
    expect![[r#"
        --- stderr
        error: the run has no flow 'word'
           hint: did you mean 'words'?
        --- exit 2
    "#]]
    .assert_eq(&said(&dir, &["quarantine", "list", "--flow", "word"]));
    expect![[r#"
        no rejected rows (run UUID)
        --- exit 0
    "#]]
    .assert_eq(&said(&dir, &["quarantine", "list", "--reason", "nothing"]));
    expect![[r#"
        {"run":"UUID","rows":2,"groups":[{"flow":"pairs","reason":"x","by":"rules","rows":2,"keys":["[1,\"x\"]","[2,\"x\"]"],"cause_flow":"words","cause_keys":["a,b"]}]}
        --- exit 0
    "#]].assert_eq(&said(&dir, &["--format", "json", "quarantine", "list", "--flow", "pairs"]));
    let out = folder.path().join("out");
    let told = |args: &[&str]| {
        let home = folder.path().display().to_string();
        said_with(&dir, &[&["quarantine", "export"], args].concat(), &[(&home, "HOME")])
    };
    expect![[r#"
         flow   rows  file
         both      1  HOME/out/both.left_ones.csv
         both      1  HOME/out/both.right_ones.csv
         items     1  HOME/out/items.csv
         pairs     2  HOME/out/pairs.csv
         words     2  HOME/out/words.csv
        --- exit 0
    "#]]
    .assert_eq(&told(&["--out", &out.display().to_string()]));
    let files: BTreeMap<String, String> = std::fs::read_dir(&out)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "csv"))
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    expect![[r#"
        both.left_ones.csv
        _flow,_key,_reason,_warnings,_cause_flow,_cause_key,id,v
        both,"[""left_ones"",1]",one,{},,,1,l1
        both.right_ones.csv
        _flow,_key,_reason,_warnings,_cause_flow,_cause_key,id,v,w
        both,"[""right_ones"",1]",one,{},,,1,r1,7
        items.csv
        _flow,_key,_reason,_warnings,_cause_flow,_cause_key,id,items
        items,"[1,1]",of_one,{},,,1,"{5,6}"
        pairs.csv
        _flow,_key,_reason,_warnings,_cause_flow,_cause_key,a,b,v
        pairs,"[1,""x""]",x,{},words,"a,b",1,x,
        pairs,"[2,""x""]",x,{},words,"a,b",2,x,v
        words.csv
        _flow,_key,_reason,_warnings,_cause_flow,_cause_key,word,n
        words,"a,b",first,{},,,"a,b",1
        words,"é """,check:words_n_check,{},,,"é """,3
    "#]]
    .assert_eq(&files.iter().map(|(name, text)| [name.as_str(), text].join("\n")).collect::<Vec<_>>().concat());
    expect![[r#"
        --- stderr
        error: the rows fill 5 files, one for each flow and table
          --> HOME/one.csv
           hint: name a folder, or one flow with --flow: both, items, pairs, words
        --- exit 2
    "#]]
    .assert_eq(&told(&["--out", &folder.path().join("one.csv").display().to_string()]));
    let of_target = folder.path().join("of_target");
    told(&["--target", &database.url, "--out", &of_target.display().to_string()]);
    for (name, text) in &files {
        assert_eq!(&std::fs::read_to_string(of_target.join(name)).unwrap(), text, "{name}");
    }
    // Without the snapshot, rows are nowhere whole.
    std::fs::rename(dir.join("snapshots"), dir.join("elsewhere")).unwrap();
    expect![[r#"
        --- stderr
        error: the run's snapshot is not at DIR/snapshots/SNAPSHOT any more
           hint: --snapshot PLACE names a copy of it: whole rows are nowhere else
        --- exit 2
    "#]]
    .assert_eq(&told(&["--out", &out.display().to_string()]));
    let place = std::fs::read_dir(dir.join("elsewhere")).unwrap().flatten().next().unwrap().path();
    let told = told(&["--out", &out.display().to_string(), "--snapshot", &place.display().to_string()]);
    assert!(told.contains("exit 0"), "{told}");
}
