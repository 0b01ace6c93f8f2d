//! Owns the proof that a snapshot is ordinary Parquet: others read it and find what PostgreSQL says of the source.

use std::sync::Arc;

use rehome::cancel::Cancel;
use rehome::extract::{self, Options};
use rehome::progress::Silent;
use rehome::storage::Location;
use serde_json::{Value, json};

use super::python;
use crate::cluster::Database;
use crate::support::repository;

const SOURCE: &str = r#"
create table thing (
    id integer primary key, small smallint, big bigint not null, price numeric(12,2), fine numeric(38,10),
    ratio real, wide double precision, flag boolean, note text, "Odd näme" varchar(40), born date,
    made timestamp, seen timestamptz, uid uuid, raw bytea, counts integer[]
);
insert into thing
select i, (i % 65535 - 32767)::smallint, (i::bigint - 2000) * 4611686018427387,
       case when i % 7 > 0 then (i * 7919 % 1000003) / 100.0 - 4000 end,
       case when i % 11 > 0 then (i - 1500)::numeric(38,10) * 123456789012345678901.0123456789 end,
       (i - 1000) / 8.0, case when i % 5 > 0 then (i - 1000) * 1e300 end,
       case when i % 3 > 0 then i % 2 = 0 end,
       case when i % 13 > 0 then 'zeile ' || i || E' äöü € 𝄞\t"quoted"\n' end, 'x' || i % 10,
       case when i % 17 > 0 then date '0001-01-01' + i * 700 end,
       case when i % 19 > 0 then timestamp '1500-01-01 00:00:00.000001' + i * interval '2 months 3 days 0.123456 s' end,
       case when i % 23 > 0 then timestamptz '1969-12-31 23:59:59.999999+00' + (i - 1500) * interval '30 days 1 us' end,
       case when i % 29 > 0 then md5(i::text)::uuid end,
       case when i % 31 > 0 then decode(md5(i::text), 'hex') end,
       case when i % 37 > 0 then array[i, null, -i * 3] end
from generate_series(1, 3000) i;
analyze thing;
"#;

const KINDS: [(&str, &str); 16] = [
    ("id", "integer"),
    ("small", "integer"),
    ("big", "integer"),
    ("price", "decimal"),
    ("fine", "decimal"),
    ("ratio", "double"),
    ("wide", "double"),
    ("flag", "bool"),
    ("note", "text"),
    ("Odd näme", "text"),
    ("born", "date"),
    ("made", "instant"),
    ("seen", "instant"),
    ("uid", "bytes"),
    ("raw", "bytes"),
    ("counts", "list"),
];

/// What PostgreSQL says of a column: least, greatest, sum, each as text.
fn question(kind: &str, name: &str) -> [String; 3] {
    let column = format!("\"{name}\"");
    let extremes =
        |of: &str, sum: &str| [format!("min({of})::text"), format!("max({of})::text"), format!("{sum}::text")];
    match kind {
        "integer" | "decimal" => extremes(&column, &format!("sum({column})")),
        "double" => ["min", "max"]
            .map(|which| format!("encode(float8send({which}({column})::float8), 'hex')"))
            .into_iter()
            .chain(["null".to_owned()])
            .collect::<Vec<_>>()
            .try_into()
            .unwrap(),
        "bool" => [
            format!("bool_and({column})::text"),
            format!("bool_or({column})::text"),
            format!("(count(*) filter (where {column}))::text"),
        ],
        "text" => extremes(&format!("{column} collate \"C\""), &format!("sum(octet_length({column}))")),
        "date" => {
            let days = format!("({column} - date '1970-01-01')");
            extremes(&days, &format!("sum({days})"))
        }
        "instant" => {
            let micros = format!("(extract(epoch from {column}) * 1000000)::bigint");
            extremes(&micros, &format!("sum({micros})"))
        }
        "bytes" if name == "uid" => {
            extremes(&format!("replace({column}::text, '-', '') collate \"C\""), &format!("(count({column}) * 16)"))
        }
        "bytes" => extremes(&format!("encode({column}, 'hex') collate \"C\""), &format!("sum(octet_length({column}))")),
        _ => ["null".into(), "null".into(), format!("sum((select sum(item) from unnest({column}) item))::text")],
    }
}

async fn answers(database: &Database) -> Value {
    let mut columns = serde_json::Map::new();
    for (name, kind) in KINDS {
        let [least, greatest, sum] = question(kind, name);
        let sql = format!(
            "select json_build_object('nulls', count(*) - count(\"{name}\"), 'min', {least}, 'max', {greatest}, 'sum', {sum})::text from thing"
        );
        columns.insert(name.to_owned(), serde_json::from_str(&database.text(&sql).await).unwrap());
    }
    json!({ "rows": 3000, "columns": columns })
}

#[tokio::test(flavor = "multi_thread")]
async fn others_read_what_postgresql_holds() {
    let database = Database::with(SOURCE).await;
    let folder = tempfile::tempdir().unwrap();
    let place = Location::folder(&folder.path().join("snapshot")).unwrap();
    let options = Options { part_rows: 700, ..Options::default() };
    let snapshot = extract::run(&database.address(), &options, place, Arc::new(Silent), Cancel::new()).await.unwrap();
    assert!(snapshot.table("thing").unwrap().files.len() > 1);
    let kinds: serde_json::Map<String, Value> =
        KINDS.iter().map(|(name, kind)| ((*name).into(), json!(kind))).collect();
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new(python())
            .arg(repository("tests/it/python/read.py"))
            .arg(snapshot.location().local().unwrap())
            .args(["public.thing", &Value::Object(kinds).to_string()])
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = answers(&database).await;
    for reader in ["pyarrow", "duckdb", "polars"] {
        assert_eq!(found[reader]["rows"], expected["rows"], "{reader}");
        for (name, kind) in KINDS {
            assert_eq!(found[reader]["columns"][name], expected["columns"][name], "{reader}: {name}, {kind}");
        }
    }
}

/// The pieces of code of docs/snapshot.md, run as they stand there, over a snapshot of the table that they name.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_ways_to_read_work() {
    let database = Database::with(
        "create table patient (id integer primary key, name text, born date, seen timestamptz);
         insert into patient values (1, 'a', '1970-01-02', 'infinity'), (2, null, 'infinity', '2026-01-02 03:04:05.000006+00'),
            (3, 'c', '-infinity', '-infinity')",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let place = Location::folder(&folder.path().join("snapshot")).unwrap();
    extract::run(&database.address(), &Options::default(), place, Arc::new(Silent), Cancel::new()).await.unwrap();
    let text = std::fs::read_to_string(repository("docs/snapshot.md")).unwrap();
    let pieces: Vec<&str> = text.split("```python\n").skip(1).map(|piece| piece.split("```").next().unwrap()).collect();
    assert!(pieces.len() >= 3);
    for piece in pieces {
        let output =
            std::process::Command::new(python()).args(["-c", piece]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{piece}\n{}", String::from_utf8_lossy(&output.stderr));
        // Each prints rows, names, the first day, and how many are without end.
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "3 2 1970-01-02 1 1", "{piece}");
    }
    let shell = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let output = std::process::Command::new("bash").args(["-euc", shell]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "the manifest is whole", "{output:?}");
}
