//! Owns that a part is told twice: in rows and in bytes a second. Must not know: any part.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{Bencher, BenchmarkGroup, Criterion, Throughput};

/// A group of parts that take a fraction of a second each.
pub fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group
}

/// Measures a part over so many rows and bytes.
pub fn both(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    (rows, bytes): (u64, u64),
    mut part: impl FnMut(&mut Bencher<'_>),
) {
    group.throughput(Throughput::Elements(rows)).bench_function(format!("{name}, rows"), &mut part);
    group.throughput(Throughput::Bytes(bytes)).bench_function(format!("{name}, bytes"), &mut part);
}
