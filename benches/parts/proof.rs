//! Owns the benchmarks of a flow: the whole of it over a snapshot, and the proof of conservation in it. Must not know: how it is proven.

use std::time::Duration;

use criterion::{BatchSize, Criterion};
use rehome::outcomes::OutcomeStore;
use rehome::timing::Timings;
use tracing_subscriber::layer::SubscriberExt;

use super::rows::{ROWS, Rows, bytes_of, outcomes};
use super::throughput::{both, group};

pub fn measure(criterion: &mut Criterion, rows: &Rows) {
    let size = (ROWS, bytes_of(&rows.source));
    let mut group = group(criterion, "transform");
    both(&mut group, "a flow", size, |bencher| {
        let run = |(folder, place)| {
            let store = OutcomeStore::open(&place, "run");
            (folder, rows.runtime.block_on(outcomes(&rows.prepared, &store)))
        };
        bencher.iter_batched(|| rows.place(), run, BatchSize::PerIteration);
    });
    both(&mut group, "proof of conservation", size, |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| proof(rows)).sum());
    });
    group.finish();
}

/// What the proof takes of a flow's run, as `--timings` tells it: source and flow are compared while their keys stream by, and the
/// source's are read for it.
fn proof(rows: &Rows) -> Duration {
    let timings = Timings::default();
    let (_folder, place) = rows.place();
    let store = OutcomeStore::open(&place, "run");
    let subscriber = tracing_subscriber::registry().with(timings.clone());
    tracing::subscriber::with_default(subscriber, || rows.runtime.block_on(outcomes(&rows.prepared, &store)));
    let spent = timings.spent();
    let proof = spent.iter().find(|spent| spent.stage == "transform" && spent.step == "prove").expect("a proof");
    Duration::from_secs_f64(proof.seconds)
}
