//! Owns the benchmarks of single parts that every row passes, and their order. Must not know: what a part does.

#[path = "parts/encoding.rs"]
mod encoding;
#[path = "parts/extraction.rs"]
mod extraction;
#[path = "parts/functions.rs"]
mod functions;
#[path = "parts/hashes.rs"]
mod hashes;
#[path = "parts/proof.rs"]
mod proof;
#[path = "parts/rows.rs"]
mod rows;
#[path = "parts/stored.rs"]
mod stored;
#[path = "parts/throughput.rs"]
mod throughput;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    functions::measure(&mut criterion);
    let rows = rows::Rows::make();
    extraction::measure(&mut criterion, &rows);
    stored::measure(&mut criterion, &rows);
    proof::measure(&mut criterion, &rows);
    encoding::measure(&mut criterion, &rows);
    hashes::measure(&mut criterion, &rows);
    criterion.final_summary();
}
