//! Owns the benchmarks of functions in SQL: identifiers, JSON, the sample's numbers. Must not know: databases.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use rehome::diagnosis::Text;
use rehome::engine::{Engine, Identity, Settings};
use rehome::id::Namespace;

const ROWS: u64 = 200_000;

pub fn measure(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let entities = [("row".to_owned(), None)].into();
    let identity = Arc::new(Identity::new(Namespace::of_pipeline("bench"), entities, []));
    let settings = Settings { memory: 1 << 30, partitions: 1, spill: folder.path().to_owned(), identity };
    let engine = Engine::new(&settings).expect("a session");
    let mut group = criterion.benchmark_group("functions");
    group.throughput(Throughput::Elements(ROWS)).sample_size(10);
    for (name, expression) in [
        ("legacy_uuid", "legacy_uuid('row', id)"),
        ("is_jsonb", "is_jsonb('{\"a\": [1, 2.5, \"x\"], \"b\": {\"c\": null}}')"),
        ("json_object", "json_object('id', id, 'name', 'a name', 'half', id / 2)"),
        ("rnd", "rnd(1, id)"),
    ] {
        let sql = format!("select max({expression}) from (select unnest(generate_series(1, {ROWS})) as id)");
        let sql = match name {
            "legacy_uuid" | "json_object" => sql.replace("max(", "count("),
            "is_jsonb" => sql.replace("max(", "bool_and(").replace("}')", "}' || repeat(' ', cast(id % 2 as int)))"),
            _ => sql,
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let text = Text { file: name, sql: &sql };
                    let frame = engine.plan(text, &[]).await.expect("a plan");
                    black_box(frame.collect().await.expect("a result"))
                })
            });
        });
    }
    group.finish();
}
