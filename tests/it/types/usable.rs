//! Owns the tests that values can be worked with: in the engine's SQL, and side by side in one table.
//! Must not know: how they are carried.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use futures::SinkExt;
use proptest::strategy::{Strategy, ValueTree};
use rehome::cancel::Cancel;
use rehome::diagnosis::Text;
use rehome::engine::{Engine, Identity, Schema, Settings};
use rehome::extract::{self, Options};
use rehome::storage::Location;
use rehome::views;

use super::campaign::{self, field, runner, seed};
use super::catalogue::{PRELUDE, catalogue};
use crate::cluster::Database;
use crate::support::{legacy_to_fresh, silent};

/// What the engine's SQL makes of a database's table `legacy.t`.
async fn answers(ddl: &str, questions: &[(&str, &str)]) -> Vec<String> {
    let database = Database::with(ddl).await;
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(&folder.path().join("snapshot")).unwrap();
    let options = Options { schemas: vec!["legacy".into()], ..Options::default() };
    let snapshot = extract::run(&database.address(), &options, location, silent(), Cancel::new()).await.unwrap();
    let pipeline = legacy_to_fresh(folder.path(), "", &[("t", &campaign::flow("t", "id"))]).unwrap();
    let settings = Settings {
        memory: 1 << 30,
        partitions: 1,
        spill: folder.path().to_owned(),
        identity: Arc::new(Identity::default()),
    };
    let engine = Engine::new(&settings).unwrap();
    let rows = views::source(&engine, &snapshot, snapshot.table("t").unwrap(), &pipeline).await.unwrap();
    engine.register(Schema::Source, "t", rows).unwrap();
    let mut wrong = Vec::new();
    for (question, expected) in questions {
        let sql = format!("select cast({question} as varchar) as answer from source.t");
        let answered = match engine.plan(Text { file: "question", sql: &sql }, &[]).await {
            Ok(frame) => frame.collect().await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let batches = match answered {
            Ok(batches) => batches,
            Err(error) => {
                wrong.push(format!("{question}: {error}"));
                continue;
            }
        };
        let found: Vec<String> = batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(|row| array_value_to_string(batch.column(0), row).unwrap()))
            .collect();
        if found.join("|") != **expected {
            wrong.push(format!("{question} gives {}, not {expected}", found.join("|")));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_what_they_are_in_the_engine() {
    let ddl = "
        create schema legacy;
        create table legacy.t (id int primary key, small int2, big int8, price numeric(10,2), cash money, ratio float8,
            at timestamptz, local timestamp(3), day date, hour time, j json, b jsonb, tags text[], counts int[], ids uuid[],
            prices numeric(6,2)[], yes bool, data bytea, mark uuid);
        insert into legacy.t values
            (1, 7, 9000000000, 10.25, 1.50, 0.5, '2024-02-29 12:30:00+02', '2024-02-29 12:30:00.5', '2024-02-29', '12:30',
             '{\"a\": {\"b\": 5}, \"c\": \"x\"}', '{\"a\": {\"b\": 6}}', '{x,\"y z\",NULL}', '{1,2,3}',
             '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}', '{1.10,2.20}', true, '\\xff', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
            (2, 8, 1, 0.75, 2.25, 0.25, '2024-03-01 00:00:00+00', '2024-03-01', '2024-03-01', '00:00', '[1]', '[2]', '{}', null,
             '{}', '{}', false, '\\x', null)";
    let wrong = answers(
        ddl,
        &[
            ("sum(price)", "11.00"),
            ("sum(cash)", "3.75"),
            ("sum(small)", "15"),
            ("sum(big)", "9000000001"),
            ("sum(ratio)", "0.75"),
            ("max(at) - min(at) > interval '1 hour'", "true"),
            ("extract(day from min(at))", "29"),
            ("extract(hour from min(at))", "10"),
            ("date_trunc('month', max(day)::timestamp)", "2024-03-01 00:00:00"),
            ("min(local) < max(local)", "true"),
            ("max(hour)", "12:30:00"),
            ("max(case when yes then id end)", "1"),
            ("max(json_get_int(j, 'a', 'b'))", "5"),
            ("max(json_get_int(b, 'a', 'b'))", "6"),
            ("max(j ->> 'c')", "x"),
            ("max(array_length(tags, 1))", "3"),
            ("sum(array_length(counts, 1))", "3"),
            ("max(tags[2])", "y z"),
            ("max(counts[3])", "3"),
            ("max(prices[2])", "2.20"),
            ("max(array_length(ids, 1))", "1"),
            ("max(encode(data, 'hex'))", "ff"),
            ("count(mark)", "1"),
            ("unnest(counts)", "1|2|3"),
        ],
    )
    .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One column of each type in one table: it goes as COPY text, since some types have no binary form that is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_all_types_arrives_as_it_was() {
    const ROWS: usize = 300;
    let entries: Vec<_> =
        catalogue().into_iter().filter(|entry| entry.expression.is_none() && entry.per_row == 1).collect();
    let database = Database::with(PRELUDE).await;
    let columns: Vec<_> = entries.iter().map(|entry| format!("c_{} {}", entry.name, entry.ty)).collect();
    let columns = columns.join(", ");
    database
        .run(&format!(
            "create table legacy.wide (id bigint primary key, {columns});
             create table fresh.wide (id uuid primary key, legacy_id bigint, {columns})"
        ))
        .await;
    let seed = seed();
    let mut runners: Vec<_> = entries.iter().map(|entry| runner(seed, &entry.name)).collect();
    let mut text = String::new();
    for row in 0..ROWS {
        write!(text, "{row}").unwrap();
        for (entry, runner) in entries.iter().zip(&mut runners) {
            text.push('\t');
            let value = entry.values.new_tree(runner).unwrap().current();
            field((row % 9 != 8).then_some(&value), &mut text);
        }
        text.push('\n');
    }
    let sink = database.session.copy_in::<_, Bytes>("copy legacy.wide from stdin").await.unwrap();
    futures::pin_mut!(sink);
    sink.send(text.into()).await.unwrap();
    sink.as_mut().finish().await.unwrap_or_else(|error| panic!("{error:?}"));
    let names: Vec<_> = entries.iter().map(|entry| format!("c_{}", entry.name)).collect();
    let finished = campaign::migrate(&database, &[("wide", &names.join(", "))]).await;
    let finished = finished.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint_text()));
    assert!(finished.failures.is_empty(), "{:?}", finished.failures);
    let mut wrong = Vec::new();
    for entry in &entries {
        let form = |side: &str| {
            let column = format!("{side}.c_{}", entry.name);
            if entry.binary { format!("record_send(row({column}))") } else { format!("{column}::text") }
        };
        let sql = format!(
            "select count(*)::text from legacy.wide s join fresh.wide t on t.legacy_id = s.id where {} is not distinct from {}",
            form("s"),
            form("t")
        );
        let equal = database.text(&sql).await;
        if equal != ROWS.to_string() {
            wrong.push(format!("{}: {equal} of {ROWS} rows are equal", entry.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
