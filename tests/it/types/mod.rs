//! Owns the proof that every value of every type arrives as it was, with PostgreSQL as the judge.
//! Must not know: how it is carried.

pub mod campaign;
pub mod catalogue;
mod queried;
mod usable;
mod values;

use campaign::{Judged, known, prepare, seed, through, values_a_type};
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
    let database = Database::fresh().await;
    prepare(&database.session).await;
    let (entries, seed) = (known(&database.session, chosen()).await, seed());
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

/// The judge tells apart what PostgreSQL's equality takes for the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_judge_sees_what_equality_does_not() {
    let changes = [
        ("numeric", "trim_scale(v)", "v = 1.1 and scale(v) = 2"),
        ("float8", "0", "v = 0 and v::text = '-0'"),
        ("json", "'null '", "v::text = 'null'"),
        ("varbit", "null", "v = ''"),
        ("time_24", "'00:00'", "v = '24:00'"),
        ("int4_odd", "'[2:2]={7}'", "legacy_id = 5"),
        ("pair", "row(null, null)::kinds.pair", "v::text is null"),
    ];
    let named = |entry: &Entry| changes.iter().any(|(name, _, _)| *name == entry.name);
    let entries: Vec<_> = catalogue().into_iter().filter(named).collect();
    let (campaign, faults) = campaign::Campaign::new(&entries, 100, seed()).await;
    assert_eq!(faults, Vec::<String>::new());
    let finished = campaign.migrate().await.unwrap();
    assert!(finished.failures.is_empty(), "{:?}", finished.failures);
    assert_eq!(campaign.judge().await.iter().map(|one| one.wrong).sum::<i64>(), 0);
    let mut expected = std::collections::BTreeMap::new();
    for (name, value, rows) in changes {
        let changed = format!("update fresh.{name} set v = {value} where {rows}");
        expected.insert(name.to_owned(), campaign.database.session.execute(&changed, &[]).await.unwrap());
    }
    for Judged { name, wrong, .. } in campaign.judge().await {
        let changed = i64::try_from(expected[&name]).unwrap();
        assert_eq!(wrong, changed, "{name}");
        assert!(changed > 0, "{name}: nothing was changed");
    }
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
        let Err(error) = campaign::migrate(&database, &[("odd", "v")]).await else { panic!("{ty} was carried") };
        assert_eq!(error.kind(), Kind::Config, "{ty}: {error}");
        let told = error.to_string();
        assert!(told.contains("odd") && told.contains("v (") && told.contains(ty), "{ty}: {told}");
    }
}
