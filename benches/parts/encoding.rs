//! Owns the benchmark of the COPY encoder: migrated rows become the binary stream of their table. Must not know: connections.

use std::hint::black_box;

use criterion::Criterion;
use rehome::load::encode::{Encoder, Form};

use super::rows::Rows;
use super::throughput::{both, group};

pub fn measure(criterion: &mut Criterion, rows: &Rows) {
    let encoder = Encoder::new(&rows.migrated[0].schema(), &rows.target).expect("columns that fit");
    assert_eq!(encoder.form(), Form::Binary, "each column has a binary form");
    let encode = |out: &mut Vec<u8>| {
        let mut written = 0;
        for batch in &rows.migrated {
            let mut bound = encoder.bind(batch).expect("its columns");
            for row in 0..bound.rows() {
                bound.write(row, out).unwrap_or_else(|fault| panic!("{fault:?}"));
            }
            written += bound.rows() as u64;
        }
        written
    };
    let mut stream = Vec::new();
    let written = encode(&mut stream);
    let mut group = group(criterion, "encode");
    both(&mut group, "COPY, binary", (written, stream.len() as u64), |bencher| {
        bencher.iter(|| {
            stream.clear();
            encode(black_box(&mut stream))
        });
    });
    group.finish();
}
