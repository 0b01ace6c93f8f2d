//! Owns expressions whose meaning hangs on what an engine's own form of a plan leaves out, and nodes that only our plans have.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use rehome::diagnosis::Text;
use rehome::engine::{Engine, Identity, Schema, Stored, with_row};
use rehome::id::Namespace;
use rehome::key::PG_TYPE;
use rehome::snapshot::{Origin, TableHeader, Writer};
use rehome::storage::Location;

use crate::workers::{TOKEN, Worker, assert_same, cluster, rows, settings};

const FILES: i32 = 4;
const ROWS: i32 = 500;

fn identity() -> Arc<Identity> {
    Arc::new(Identity::new(Namespace::of_pipeline("cluster"), [("thing".to_owned(), None)].into(), []))
}

/// One file's rows: texts with blanks at their end, numbers of any size, documents, labels, floats with NaN.
fn some_rows(file: i32) -> RecordBatch {
    let ids: Vec<i32> = (file * ROWS..(file + 1) * ROWS).collect();
    let declared = |name: &str, kind: &str| {
        let metadata = HashMap::from([(PG_TYPE.to_owned(), kind.to_owned())]);
        Field::new(name, DataType::Utf8, true).with_metadata(metadata)
    };
    let texts = |make: &dyn Fn(i32) -> Option<String>| -> ArrayRef {
        Arc::new(ids.iter().map(|id| make(*id)).collect::<StringArray>())
    };
    let columns: Vec<(Field, ArrayRef)> = vec![
        (Field::new("id", DataType::Int32, false), Arc::new(Int32Array::from(ids.clone()))),
        (
            Field::new("part", DataType::Int32, true),
            Arc::new(ids.iter().map(|id| Some(id % 7)).collect::<Int32Array>()),
        ),
        (Field::new("note", DataType::Utf8, true), texts(&|id| (id % 11 != 0).then(|| format!("n{} ", id % 13)))),
        (
            declared("padded", "character(10)"),
            texts(&|id| (id % 5 != 0).then(|| format!("{:<10}", format!("p{}", id % 3)))),
        ),
        (declared("amount", "numeric"), texts(&|id| Some(format!("{}.{}0", "9".repeat(30), id % 10)))),
        (declared("document", "jsonb"), texts(&|id| Some(format!("{{\"a\": {}, \"b\": [{id}, null]}}", id % 4)))),
        (declared("mood", "mood"), texts(&|id| Some(["sad", "ok", "happy"][usize::try_from(id % 3).unwrap()].into()))),
        (declared("span", "interval"), texts(&|id| Some(format!("{} mons {} days", id % 5, id % 40)))),
        (
            Field::new("ratio", DataType::Float64, true),
            Arc::new(
                ids.iter()
                    .map(|id| match id % 9 {
                        0 => None,
                        1 => Some(f64::NAN),
                        2 => Some(-0.0),
                        _ => Some(f64::from(*id) / 3.0),
                    })
                    .collect::<Float64Array>(),
            ),
        ),
        (
            Field::new("parent", DataType::Int32, true),
            Arc::new(ids.iter().map(|id| (*id > 0).then(|| id / 2)).collect::<Int32Array>()),
        ),
    ];
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).unwrap()
}

/// A session with the table `t`, of several files.
async fn session(folder: &Path, memory: usize) -> Engine {
    let place = Location::folder(&folder.join("snapshot")).unwrap();
    let engine = Engine::new(&settings(folder, &identity(), memory)).unwrap();
    let writer = Writer::create(place.clone()).await.unwrap();
    let key = vec!["id".to_owned()];
    let header = TableHeader { schema: "public".into(), name: "t".into(), key: key.clone(), sorted_by: key };
    let schema = some_rows(0).schema();
    let mut files = Vec::new();
    for file in 0..FILES {
        files.push(
            writer.put_part(&header, file.try_into().unwrap(), schema.clone(), &[some_rows(file)]).await.unwrap(),
        );
    }
    let paths = files.iter().map(|file| file.path.clone()).collect();
    writer
        .publish(Origin { kind: "test".into(), ..Origin::default() }, vec![header.table(&schema, files)])
        .await
        .unwrap();
    let stored = Stored { location: &place, files: paths, schema, sorted_by: vec!["id".to_owned()] };
    let table = with_row(stored.provider(&engine).unwrap(), &[]).unwrap();
    engine.register(Schema::Source, "t", table).unwrap();
    engine
}

const QUERIES: &[(&str, &str)] = &[
    (
        "char",
        "select id, cast(cast(note as char(60)) as text) || '|' || cast(part as char(3)) as shown from source.t order by id",
    ),
    (
        "char as a key",
        "select padded, count(*) as n, min(cast(note as char(8))) as least from source.t group by padded order by padded",
    ),
    (
        "char in a join",
        "select a.id, b.id as other from source.t a join source.t b on a.padded = cast(b.note as char(10)) or a.id = b.parent order by 1, 2",
    ),
    (
        "char joined",
        "select a.id, count(b.id) as n from source.t a left join source.t b on cast(a.padded as char(12)) = b.padded group by a.id order by a.id",
    ),
    (
        "json",
        "select id, document -> 'b' as b, document ->> 'a' as a, cast(document as text) as shown, jsonb_build_object('id', id, 'd', document) as built from source.t where document @> '{\"a\": 1}' order by id",
    ),
    (
        "json as a key",
        "select document -> 'a' as a, count(*) as n from source.t group by document -> 'a' order by n, cast(document -> 'a' as text)",
    ),
    (
        "numeric",
        "select id, amount * amount as square, amount / 7 as part, -amount as minus, amount + id as more from source.t order by id",
    ),
    (
        "numeric as a key",
        "select amount, sum(amount) as sum, avg(amount) as avg, min(amount) as least, max(amount) as most, count(distinct amount) as n from source.t group by amount order by amount",
    ),
    (
        "greatest",
        "select id, greatest(amount, id, 5) as g, least(amount, id) as l, greatest(id, part) as i, least(note, padded) as t, greatest(ratio, 1.5) as f from source.t order by id",
    ),
    (
        "integers",
        "select part, sum(id) as sum, avg(id) as avg, sum(cast(id as bigint)) as big, max(id + part * 2) as most from source.t group by part order by part",
    ),
    (
        "floats",
        "select part, min(ratio) as least, max(ratio) as most, min(cast(ratio as real)) as less, count(distinct ratio) as n from source.t group by part order by part",
    ),
    ("floats as a key", "select ratio, count(*) as n from source.t where id < 100 group by ratio order by ratio"),
    ("enum", "select mood, count(*) as n, cast(mood as text) || '!' as shown from source.t group by mood order by 3"),
    (
        "interval",
        "select id, cast(span as interval) * 2 as twice, timestamp '2024-01-31 10:00' + cast(span as interval) as later from source.t order by id",
    ),
    (
        "interval as a key",
        "select cast(span as interval) as span, count(*) as n from source.t group by cast(span as interval) order by n, 1",
    ),
    (
        "array",
        "select id, array[part, id] as ids, array[note, cast(mood as text)] as texts, array_to_string(array[id, null, part], ',', '-') as shown, part = any(array[1, 2]) as is_any from source.t order by id",
    ),
    (
        "array as a key",
        "select array[part, id % 2] as a, count(*) as n from source.t group by array[part, id % 2] order by a",
    ),
    (
        "case",
        "select id, case when id % 2 = 0 then padded end as c, coalesce(padded, cast('z' as char(4))) as d, nullif(mood, 'ok') as m from source.t order by id",
    ),
    (
        "literal",
        "select id, cast('5' as char(3)) as five, cast(null as numeric) as none, date '2024-02-29' as day from source.t order by id",
    ),
    (
        "try",
        "select id, try_cast(note as integer) as number, try_cast(substr(note, 2) as integer) as digits from source.t order by id",
    ),
    (
        "uuid",
        "select id, legacy_uuid('thing', id) as uuid, legacy_uuid('thing', cast(substr(note, 2) as integer)) as other from source.t order by id",
    ),
    (
        "window",
        "select id, row_number() over (partition by part order by id) as n, sum(id) over (partition by part order by id) as total, lag(padded) over (partition by part order by id) as before from source.t order by id",
    ),
    (
        "windows over whole partitions",
        "select id, sum(amount) over (partition by cast(padded as char(12))) as sum, count(*) over (partition by lower(note)) as n, max(id) over (partition by part) as most from source.t order by id",
    ),
    (
        "window by a function",
        "select id, first_value(id) over (partition by cast(note as char(9)) order by id desc) as f, min(note) over (partition by substr(note, 1, 2)) as m from source.t order by id",
    ),
    (
        "recursion",
        "with recursive up as (select id, parent, 0 as depth, note from source.t where parent is null union all select t.id, t.parent, up.depth + 1, up.note from source.t t join up on t.parent = up.id where t.id > 0) select up.id, up.depth, t.padded, up.note from up join source.t t on t.id = up.id order by up.id",
    ),
    (
        "recursion by columns",
        "with recursive r(a, b, c) as (select part, max(id), min(id) from source.t group by part union select c % 7, b - 400, a from r where b > 0) select a, b, c, count(*) as n from r group by a, b, c order by a, b, c",
    ),
    (
        "recursions",
        "with recursive a as (select 1 as n union all select n + 1 from a where n < 5), b as (select n, 0 as m from a union all select n, m + 1 from b where m < n) select t.id, b.n, b.m from source.t t join b on b.n = t.part order by 1, 2, 3",
    ),
    (
        "subqueries",
        "select id from source.t where amount = (select max(amount) from source.t) and id in (select parent from source.t where part = 3) and not exists (select 1 from source.t x where x.parent = t.id and x.part = 5) order by id",
    ),
    (
        "struct",
        "select named_struct('a', padded, 'b', amount) as s, count(*) as n from source.t group by padded, amount order by padded, amount",
    ),
    ("distinct on", "select distinct on (padded) padded, id, note from source.t order by padded, id desc"),
    (
        "grouping sets",
        "select part, padded, count(*) as n from source.t group by grouping sets ((part), (padded), ()) order by part, padded, n",
    ),
    ("limit", "select id, note from source.t order by note desc, id limit 17 offset 3"),
    (
        "full join",
        "select a.id, b.id as other from (select * from source.t where part < 4) a full join (select * from source.t where part > 2) b on a.id = b.id order by 1, 2",
    ),
    (
        "except",
        "select padded, part, note from source.t where id < 900 except select padded, part, note from source.t where id > 1700 order by 1, 2, 3",
    ),
];

/// A union of many parts, joined with another.
fn unions() -> String {
    let part = |at: usize| format!("select id, padded, amount, note from source.t where id % 29 = {at}");
    let parts = |from: usize| (from..from + 24).map(part).collect::<Vec<_>>().join(" union all ");
    format!(
        "select a.id, a.padded, a.amount, b.note, row_number() over (partition by a.padded order by a.id) as n \
         from ({}) a left join ({}) b on a.id = b.id order by a.padded, a.id",
        parts(0),
        parts(5)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_expression_means_does_not_change_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let memory = 256 << 20;
    let near = session(folder.path(), memory).await;
    let workers = Worker::two(folder.path(), &identity(), memory);
    let cluster = cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN));
    let far = near.distributed(cluster.clone());
    let (mut cut, mut wrong) = (Vec::new(), Vec::new());
    for (what, sql) in QUERIES {
        let text = Text { file: what, sql };
        let frame = match near.plan(text, &Vec::new()).await {
            Ok(frame) => frame,
            Err(error) => {
                wrong.push(format!("{what} is not planned: {error}"));
                continue;
            }
        };
        let here = match rows(&near, frame.clone(), None).await {
            Ok(here) if here.num_rows() > 0 => here,
            Ok(_) => {
                wrong.push(format!("{what} has no rows"));
                continue;
            }
            Err(error) => {
                wrong.push(format!("{what} does not run: {error}"));
                continue;
            }
        };
        let before = cluster.parts_sent();
        match rows(&far, frame, None).await {
            Ok(there) if there == here => {}
            Ok(there) => wrong.push(format!("{what}: {} rows, {} here", there.num_rows(), here.num_rows())),
            Err(error) => wrong.push(format!("{what}: {error}")),
        }
        if cluster.parts_sent() > before {
            cut.push(*what);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} of {} queries crossed the network", cut.len(), QUERIES.len());
    assert!(cut.len() * 10 >= QUERIES.len() * 9, "only {cut:?} crossed the network");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unions_of_many_parts_keep_to_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let memory = 24 << 20;
    let near = session(folder.path(), memory).await;
    let workers = Worker::two(folder.path(), &identity(), memory);
    let cluster = cluster(&[&workers[0].url, &workers[1].url], Some(TOKEN));
    let sql = unions();
    let frame = near.plan(Text { file: "unions", sql: &sql }, &Vec::new()).await.unwrap();
    let here = rows(&near, frame.clone(), None).await.unwrap();
    let there = rows(&near.distributed(cluster.clone()), frame, None).await.unwrap();
    assert_same("unions", &here, &there);
    assert!(cluster.parts_sent() > 0);
}
