//! Owns the tests of the dispatch migration without a database: sample → snapshot → outcomes.

use rehome::outcome::Outcome;

use crate::support::{pipeline, sample, transform};

/// Conservation: each flow's outcomes add up to its source, and every declared reason occurs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_reaches_one_outcome() {
    for (name, epoch) in [("dispatch", "C"), ("dispatch-2025-08", "A")] {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = pipeline(name);
        let snapshot = sample(&pipeline, folder.path(), 0.01, epoch).await;
        let (_, _, outcomes) = transform(&pipeline, &snapshot, folder.path(), "run", 2).await.unwrap();
        assert_eq!(outcomes.len(), pipeline.flows.len());
        for flow in outcomes {
            let sum: u64 = Outcome::ALL.iter().map(|outcome| flow.count(*outcome)).sum();
            assert_eq!(sum, flow.source_rows, "{}", flow.flow);
            println!(
                "{name} {} {} {:?} {:?} {:?} {:.2}",
                flow.flow, flow.source_rows, flow.counts, flow.reasons, flow.warnings, flow.seconds
            );
            for file in &flow.files {
                assert!(file.rows > 0);
            }
        }
    }
}

/// The same snapshot gives the same bytes for any number of threads, and so does the sample.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_are_the_same_bytes_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline("dispatch");
    let snapshot = sample(&pipeline, folder.path(), 0.06, "C").await;
    let mut hashes = Vec::new();
    for partitions in [1, 2, 5] {
        let run = format!("run-{partitions}");
        let (_, _, outcomes) = transform(&pipeline, &snapshot, folder.path(), &run, partitions).await.unwrap();
        let files: Vec<String> =
            outcomes.iter().flat_map(|flow| &flow.files).map(|file| format!("{} {}", file.path, file.sha256)).collect();
        hashes.push(files);
    }
    assert!(hashes[0].len() > 13);
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
    let other = tempfile::tempdir().unwrap();
    assert_eq!(sample(&pipeline, other.path(), 0.06, "C").await.id(), snapshot.id());
}
