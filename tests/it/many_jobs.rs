//! Owns the proof that as many sessions work as there are jobs, up to the most that may be asked for, that fewer do where the server
//! has no more of them, and that the target is the same for any number.
//! Must not know: what is done in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch};
use rehome::cancel::Cancel;
use rehome::load::Loader;
use rehome::outcome::{Outcome, RowIdentity};
use rehome::outcomes::{FlowOutcomes, OutcomeStore};
use rehome::server::{Address, Connection};
use rehome::storage::Location;
use rehome::target::Catalog;
use uuid::Uuid;

use crate::cluster::{Database, Own};
use crate::growth::HELD;
use crate::load::identity;
use crate::rollback::OBJECTS;
use crate::support::{rehome, silent};

const MOST: usize = 64;
const ROWS: i64 = 50;

/// Whoever copies into it is at it for two seconds.
const DDL: &str = "
    create table slow (id uuid primary key, legacy_id bigint not null);
    create function takes_time() returns trigger language plpgsql as $$ begin perform pg_sleep(2); return null; end $$;
    create trigger takes_time before insert on slow for each statement execute function takes_time();";

/// How many copy just now.
const COPYING: &str = "select count(*)::text from pg_stat_activity where wait_event = 'PgSleep'";

async fn server(settings: &str) -> (Own, Address, Connection) {
    let settings = settings.to_owned();
    let own = tokio::task::spawn_blocking(move || Own::start(&settings, "", &[])).await.unwrap();
    own.cluster.create_database("target").await.unwrap();
    let address = Address::parse(&own.cluster.url("target")).unwrap();
    let session = address.connect("rehome tests").await.unwrap();
    (own, address, session)
}

fn rows(keys: std::ops::Range<i64>) -> RecordBatch {
    let ids =
        keys.clone().map(|key| Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("slow:int:{key}").as_bytes()).into_bytes());
    RecordBatch::try_from_iter([
        ("_key", Arc::new(Int64Array::from_iter_values(keys.clone())) as ArrayRef),
        ("id", Arc::new(FixedSizeBinaryArray::try_from_iter(ids).unwrap()) as ArrayRef),
        ("legacy_id", Arc::new(Int64Array::from_iter_values(keys)) as ArrayRef),
    ])
    .unwrap()
}

/// A flow of so many small files. The store has each written for a flow of its own.
async fn flow(store: &OutcomeStore, files: usize) -> FlowOutcomes {
    let mut flow = FlowOutcomes {
        flow: "slow".into(),
        entity: "slow".into(),
        source: "source".into(),
        target: "slow".into(),
        key: vec!["id".into()],
        entity_key: None,
        row: RowIdentity::default(),
        source_rows: 0,
        expanded: None,
        counts: BTreeMap::new(),
        reasons: BTreeMap::new(),
        warnings: BTreeMap::new(),
        files: Vec::new(),
        seconds: 0.0,
    };
    for file in 0..i64::try_from(files).unwrap() {
        let batch = rows(file * ROWS..(file + 1) * ROWS);
        let mut writer = store.writer(&format!("slow_{file}"), Outcome::Migrated, batch.schema());
        writer.push(&batch).await.unwrap();
        flow.files.extend(writer.finish().await.unwrap());
        flow.source_rows += batch.num_rows() as u64;
    }
    flow.counts.insert(Outcome::Migrated, flow.source_rows);
    flow
}

/// Loads so many files with as many jobs as there may be; gives how many sessions copied at a time at most, and the rows that are in.
async fn load(address: &Address, session: Connection, files: usize) -> (usize, u64) {
    session.batch_execute(DDL).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = OutcomeStore::open(&Location::folder(Path::new(folder.path())).unwrap(), "run");
    let flow = flow(&store, files).await;
    let catalog = Catalog::read(&session, "public").await.unwrap();
    let mut loader =
        Loader::open(address, catalog, identity(Uuid::new_v4()), MOST, silent(), Cancel::new()).await.unwrap();
    let mut most = 0;
    let mut loading = Box::pin(loader.load_flow(&flow, &store));
    let loaded = loop {
        tokio::select! {
            loaded = &mut loading => break loaded,
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                let now = session.query_one(COPYING, &[]).await.unwrap().get::<_, String>(0);
                most = most.max(now.parse().unwrap());
            }
        }
    };
    drop(loading);
    loaded.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint_text()));
    loader.finish(&store).await.unwrap();
    let count = session.query_one("select count(*) from slow", &[]).await.unwrap().get::<_, i64>(0);
    (most, count.unsigned_abs())
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_sessions_copy_at_a_time() {
    let (_own, address, session) = server("max_connections = 80").await;
    let (most, count) = load(&address, session, MOST + 6).await;
    assert_eq!(count, (MOST as u64 + 6) * ROWS.unsigned_abs());
    assert_eq!(most, MOST, "at a time");
}

/// Two of the seventeen are the coordinator's and the test's own.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_few_connections_is_loaded_by_fewer() {
    let (_own, address, session) = server("max_connections = 17\nsuperuser_reserved_connections = 3").await;
    let (most, count) = load(&address, session, 24).await;
    assert_eq!(count, 24 * ROWS.unsigned_abs());
    assert!((4..=15).contains(&most), "{most} at a time");
}

/// The sample is moved by one session and by as many as there may be, and by what is left where the server has few.
#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_jobs_gives_the_same_target() {
    let dir = tempfile::tempdir().unwrap();
    let mut states = Vec::new();
    for (jobs, settings) in
        [("1", "max_connections = 100"), ("64", "max_connections = 100"), ("64", "max_connections = 16")]
    {
        let settings = settings.to_owned();
        let own = tokio::task::spawn_blocking(move || Own::start(&settings, "", &[])).await.unwrap();
        for name in ["legacy", "target"] {
            own.cluster.create_database(name).await.unwrap();
        }
        let (source, url) = (own.cluster.url("legacy"), own.cluster.url("target"));
        rehome(dir.path(), &["sample", "--scale", "0.02", "--into", &source]);
        rehome(dir.path(), &["sample", "--scale", "0.02", "--into-target", &url]);
        let workspace = dir.path().join(states.len().to_string());
        let begun = Instant::now();
        let more = [
            "run",
            "--no-threshold",
            "--pipeline",
            "dispatch",
            "--verify",
            "full",
            "--source",
            &source,
            "--target",
            &url,
        ];
        rehome(&workspace, &[&["--jobs", jobs], &more[..]].concat());
        println!("{jobs} jobs: {:.1} s", begun.elapsed().as_secs_f64());
        let session = Address::parse(&url).unwrap().connect("rehome tests").await.unwrap();
        let database = Database { url, session };
        states.push([database.text(HELD).await, database.text(OBJECTS).await].join("\n"));
    }
    assert_eq!(states[0], states[1], "one job and {MOST}");
    assert_eq!(states[0], states[2], "one job and what a small server has");
}
