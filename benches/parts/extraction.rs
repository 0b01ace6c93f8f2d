//! Owns the benchmark of extraction: a table of mixed types becomes a snapshot. Must not know: how it is read.

use criterion::{BatchSize, Criterion};

use super::rows::{ROWS, Rows, bytes_of, extracted};
use super::throughput::{both, group};

pub fn measure(criterion: &mut Criterion, rows: &Rows) {
    let mut group = group(criterion, "extraction");
    both(&mut group, "a snapshot", (ROWS, bytes_of(&rows.source)), |bencher| {
        let read = |(folder, place)| (folder, rows.runtime.block_on(extracted(&rows.legacy, place)));
        bencher.iter_batched(|| rows.place(), read, BatchSize::PerIteration);
    });
    group.finish();
}
