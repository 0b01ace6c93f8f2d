//! Owns the table of types in `docs/types.md`: what each type of PostgreSQL becomes, found by asking the program.
//! Must not know: values beyond one ordinary and one odd of each type. `REHOME_UPDATE=1` writes the table anew.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use rehome::cancel::Cancel;
use rehome::extract::{self, Options};
use rehome::load::encode::Encoder;
use rehome::progress::Silent;
use rehome::storage::Location;
use rehome::target::Catalog;

use crate::cluster::Database;

/// Types as PostgreSQL writes them; a value that the type's Arrow form cannot hold, where there is one.
const TYPES: &[(&str, Option<&str>)] = &[
    ("smallint", None),
    ("integer", None),
    ("bigint", None),
    ("oid", None),
    ("real", None),
    ("double precision", None),
    ("numeric(12,2)", Some("NaN")),
    ("numeric(50,10)", None),
    ("numeric", None),
    ("money", None),
    ("boolean", None),
    ("\"char\"", None),
    ("character(4)", None),
    ("character varying(40)", None),
    ("text", None),
    ("name", None),
    ("bytea", None),
    ("uuid", None),
    ("date", None),
    ("time without time zone", Some("24:00")),
    ("time with time zone", None),
    ("timestamp without time zone", Some("294276-12-31")),
    ("timestamp with time zone", Some("294276-12-31 00:00+00")),
    ("interval", None),
    ("json", None),
    ("jsonb", None),
    ("jsonpath", None),
    ("xml", None),
    ("bit(4)", None),
    ("bit varying", None),
    ("inet", None),
    ("cidr", None),
    ("macaddr", None),
    ("macaddr8", None),
    ("point", None),
    ("line", None),
    ("lseg", None),
    ("box", None),
    ("path", None),
    ("polygon", None),
    ("circle", None),
    ("tsvector", None),
    ("tsquery", None),
    ("pg_lsn", None),
    ("xid", None),
    ("xid8", None),
    ("tid", None),
    ("regclass", None),
    ("regtype", None),
    ("int4range", None),
    ("tstzrange", None),
    ("int4multirange", None),
    ("mood", None),
    ("positive", None),
    ("pair", None),
    ("integer[]", Some("{{1,2},{3,4}}")),
    ("text[]", Some("[0:0]={a}")),
    ("numeric(12,2)[]", Some("{NaN}")),
    ("uuid[]", None),
    ("timestamp with time zone[]", None),
    ("jsonb[]", None),
    ("mood[]", None),
    ("pair[]", None),
];

const HEAD: &str = "# Types

What each type of PostgreSQL becomes in a snapshot, and which columns of a target take it from there. The table is
made by `cargo test --release --test it type_table` from what the program does, and the test fails when they differ.

- *Snapshot* is the Arrow type, which is what a flow's SQL sees. Text is `Utf8`: `cast(… as …)` makes more of it, the
  JSON functions read `json` and `jsonb`, and what PostgreSQL printed goes back into a column of its own type as it was.
- *Except* names a value that the Arrow type cannot hold. A column with any such value travels as its text instead; the
  rows of the table decide it, not the type.
- Infinite dates and timestamps are the largest and the smallest number of their Arrow type.
- Types that are not in the table (those of extensions, of your own, of later releases) travel as the text that they
  print, as `pg_dump` has it. Only types that nobody can write (`pg_node_tree`, `pg_ndistinct`, …) are refused, before
  the first row.
- A column of a target's type takes the snapshot's type of the same line always; *also goes to* lists the others.

| PostgreSQL | Snapshot | Except | Also goes to |
|---|---|---|---|
";

fn shown(kind: &DataType) -> String {
    match kind {
        DataType::List(of) => format!("List of {}", shown(of.data_type())),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "Timestamp(µs)".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => format!("Timestamp(µs, {zone})"),
        DataType::Time64(TimeUnit::Microsecond) => "Time64(µs)".to_owned(),
        DataType::Decimal128(precision, scale) => format!("Decimal128({precision}, {scale})"),
        other => other.to_string(),
    }
}

/// The Arrow fields of a table with a column of each type, with some values.
async fn fields(database: &Database, table: &str) -> Vec<Arc<Field>> {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::folder(&folder.path().join("snapshot")).unwrap();
    let options = Options { tables: vec![table.to_owned()], ..Options::default() };
    let taken = extract::run(&database.address(), &options, place, Arc::new(Silent), Cancel::new()).await.unwrap();
    let schema = taken.arrow_schema(taken.table(table).unwrap()).await.unwrap();
    schema.fields().iter().take(TYPES.len()).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_types_says_what_the_program_does() {
    let columns: Vec<String> = TYPES.iter().enumerate().map(|(at, (kind, _))| format!("c{at} {kind}")).collect();
    let values: Vec<String> =
        TYPES.iter().map(|(_, odd)| odd.map_or("null".to_owned(), |odd| format!("'{odd}'"))).collect();
    let database = Database::with(&format!(
        "create type mood as enum ('sad', 'happy'); create domain positive as integer check (value > 0);
         create type pair as (a integer, b text);
         create table plain ({0}); create table odd ({0}); insert into odd values ({1});",
        columns.join(", "),
        values.join(", ")
    ))
    .await;
    let plain = fields(&database, "plain").await;
    let odd = fields(&database, "odd").await;
    let catalog = Catalog::read(&database.session, "public").await.unwrap();
    let target = catalog.table("plain").unwrap();
    let mut table = HEAD.to_owned();
    for (at, (kind, value)) in TYPES.iter().enumerate() {
        let takes: Vec<bool> = (0..TYPES.len())
            .map(|to| {
                let field = plain[at].as_ref().clone().with_name(format!("c{to}"));
                Encoder::new(&Schema::new(vec![field]), target).is_ok()
            })
            .collect();
        assert!(takes[at], "{kind} does not go back to itself");
        let others: Vec<&str> = (0..TYPES.len()).filter(|to| *to != at && takes[*to]).map(|to| TYPES[to].0).collect();
        let except = match value {
            Some(value) if odd[at].data_type() != plain[at].data_type() => {
                format!("`{value}`: {}", shown(odd[at].data_type()))
            }
            Some(value) => panic!("{kind} holds {value} after all"),
            None => String::new(),
        };
        let others = if *plain[at].data_type() == DataType::Utf8 && others.len() > 20 {
            "every type of text, and what reads it".to_owned()
        } else {
            others.join(", ")
        };
        writeln!(table, "| {kind} | {} | {except} | {others} |", shown(plain[at].data_type())).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/types.md");
    if std::env::var_os("REHOME_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &table).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == table, "docs/types.md is not what the program does: run this test with REHOME_UPDATE=1");
}
