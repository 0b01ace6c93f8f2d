//! Owns the proof that every value of every type arrives as it was, with PostgreSQL as the judge.
//! Must not know: how it is carried.

mod campaign;
mod catalogue;
mod usable;
mod values;

use campaign::{Judged, seed, through, values_a_type};
use catalogue::{Entry, catalogue};
use rehome::error::Kind;

use crate::cluster::Database;

/// Types that go through together: a run has a fixed cost, and a table of each type is made.
const TOGETHER: usize = 64;

/// Those whose name contains `REHOME_TYPES`, where it is set.
fn chosen() -> Vec<Entry> {
    let wanted = std::env::var("REHOME_TYPES").unwrap_or_default();
    catalogue().into_iter().filter(|entry| entry.name.contains(&wanted)).collect()
}

async fn every_type(values: usize, together: usize) {
    let (entries, seed) = (chosen(), seed());
    let mut wrong = Vec::new();
    for entries in entries.chunks(together) {
        let (judged, faults) = through(entries, values_a_type(values), seed).await;
        wrong.extend(faults);
        let unsound = judged.iter().filter(|one| one.wrong + one.refused != 0 || one.rows == 0);
        wrong.extend(unsound.map(|Judged { name, rows, refused, wrong }| {
            format!("{name}: {wrong} of {rows} rows differ, {refused} were refused")
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_every_type_arrives_as_it_was() {
    every_type(10_000, TOGETHER).await;
}

/// `make roundtrip`: a million values a type, one type after the other.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes hours: make roundtrip"]
async fn a_million_values_of_every_type_arrive_as_they_were() {
    every_type(1_000_000, 1).await;
}

/// Types that have no text to come back from are named before a row is read.
#[tokio::test(flavor = "multi_thread")]
async fn types_without_input_are_refused_by_name() {
    for ty in ["pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "gtsvector", "pg_brin_bloom_summary"] {
        let database = Database::with(&format!(
            "create schema legacy; create schema fresh;
             create table legacy.odd (id bigint primary key, v {ty});
             create table fresh.odd (id uuid primary key, legacy_id bigint, v text)"
        ))
        .await;
        let error = match campaign::migrate(&database, &[("odd", "v")]).await {
            Ok(_) => panic!("{ty} was carried"),
            Err(error) => error,
        };
        assert_eq!(error.kind(), Kind::Config, "{ty}: {error}");
        let told = error.to_string();
        assert!(told.contains("odd") && told.contains("v (") && told.contains(ty), "{ty}: {told}");
    }
}
