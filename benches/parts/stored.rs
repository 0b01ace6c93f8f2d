//! Owns the benchmarks of what is stored: files of a snapshot and of outcomes, written and read. Must not know: what the rows mean.

use arrow::array::RecordBatch;
use criterion::{BatchSize, Criterion};
use rehome::outcome::Outcome;
use rehome::outcomes::{OutcomeFile, OutcomeStore};
use rehome::snapshot::{File, TableHeader, Writer};
use rehome::storage::Location;

use super::rows::{ROWS, Rows, bytes_of};
use super::throughput::{both, group};

pub fn measure(criterion: &mut Criterion, rows: &Rows) {
    let mut group = group(criterion, "stored");
    let source = (ROWS, bytes_of(&rows.source));
    both(&mut group, "snapshot written", source, |bencher| {
        let write = |(folder, place)| (folder, rows.runtime.block_on(snapshot(place, &rows.source)));
        bencher.iter_batched(|| rows.place(), write, BatchSize::PerIteration);
    });
    let table = rows.snapshot.table("mixed").expect("the table");
    both(&mut group, "snapshot read", source, |bencher| {
        bencher.iter(|| rows.runtime.block_on(rows.snapshot.read_all(table)).expect("its rows"));
    });
    let migrated: u64 = rows.migrated.iter().map(|batch| batch.num_rows() as u64).sum();
    let migrated = (migrated, bytes_of(&rows.migrated));
    both(&mut group, "outcomes written", migrated, |bencher| {
        let write = |(folder, place)| (folder, rows.runtime.block_on(outcomes(place, &rows.migrated)));
        bencher.iter_batched(|| rows.place(), write, BatchSize::PerIteration);
    });
    both(&mut group, "outcomes read", migrated, |bencher| {
        bencher.iter(|| {
            rows.runtime.block_on(async {
                let mut batches = 0;
                for file in rows.outcomes.files_of(Outcome::Migrated) {
                    batches += rows.prepared.store.read(file).await.expect("its rows").len();
                }
                batches
            })
        });
    });
    group.finish();
}

async fn snapshot(place: Location, batches: &[RecordBatch]) -> File {
    let key = vec!["id".to_owned()];
    let table = TableHeader { schema: "public".into(), name: "mixed".into(), key: key.clone(), sorted_by: key };
    let writer = Writer::create(place).await.expect("a snapshot");
    writer.put_part(&table, 0, batches[0].schema(), batches).await.expect("a file")
}

async fn outcomes(place: Location, batches: &[RecordBatch]) -> Vec<OutcomeFile> {
    let store = OutcomeStore::open(&place, "run");
    let mut writer = store.writer("mixed", Outcome::Migrated, batches[0].schema());
    for batch in batches {
        writer.push(batch).await.expect("its rows");
    }
    writer.finish().await.expect("its files")
}
