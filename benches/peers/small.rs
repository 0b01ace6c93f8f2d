//! Owns that all ways of the benchmark move the same rows, at a size that takes a minute.
//! Must not know: which of them is fast.

#![allow(dead_code)] // What is only told on the command line.

#[path = "mod.rs"]
mod peers;

use peers::{Options, Scene, Way, compare};

#[test]
fn all_ways_move_the_same_rows() {
    let options = Options { scale: "0.02".to_owned(), rounds: 1, fsync: false, ..Options::default() };
    let found = compare(&options);
    assert_eq!(found.len(), Scene::ALL.len());
    for comparison in found {
        println!("{comparison}");
        let measured: Vec<Way> = comparison.medians().iter().map(|(way, _)| *way).collect();
        let expected: Vec<Way> = Way::ALL.into_iter().filter(|way| way.obstacle().is_none()).collect();
        assert_eq!(measured, expected);
        assert!(comparison.rows().len() == 5 && comparison.rows().iter().all(|(_, count)| *count > 0));
    }
}
