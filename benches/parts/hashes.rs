//! Owns the benchmark of verification's hashes: migrated rows become the sum with which the target's rows are compared.
//! Must not know: how rows are hashed.

use criterion::Criterion;
use rehome::verify::sum_of;

use super::rows::{Rows, bytes_of};
use super::throughput::{both, group};

pub fn measure(criterion: &mut Criterion, rows: &Rows) {
    let sum = || sum_of(&rows.migrated, &rows.target, &rows.outcomes).expect("a sum");
    let (hashed, _) = sum();
    let mut group = group(criterion, "verify");
    both(&mut group, "hashes", (hashed, bytes_of(&rows.migrated)), |bencher| bencher.iter(sum));
    group.finish();
}
