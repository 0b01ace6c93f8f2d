//! Owns the proof that a load brings every row exactly once, isolates bad rows, survives being killed, and leaves the
//! target's constraints and indexes as they were.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray};
use rehome::cancel::Cancel;
use rehome::error::Kind;
use rehome::ledger::{AdoptedKey, Refusal, RunIdentity};
use rehome::load::{Finished, Loader, check};
use rehome::outcome::Outcome;
use rehome::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use rehome::progress::{Silent, Sink};
use rehome::server::{Address, Connection};
use rehome::storage::Location;
use rehome::target::Catalog;
use rehome::verify::{self, Depth, Subject, Verification, What};
use uuid::Uuid;

use crate::encode::database;

const DDL: &str = "
    create type state as enum ('open', 'closed');
    create table people (
        id uuid primary key, legacy_id bigint not null unique, name text not null, code varchar(4),
        constraint people_code_key unique (code));
    create table notes (
        id uuid primary key,
        legacy_id bigint not null,
        person_id uuid references people (id) on delete cascade,
        parent_id uuid,
        body text not null check (body <> 'forbidden'),
        state state not null default 'open',
        extra jsonb,
        constraint notes_legacy_id_key unique (legacy_id) deferrable initially deferred);
    alter table notes add constraint notes_parent_fkey foreign key (parent_id) references notes (id) deferrable initially deferred;
    alter table notes cluster on notes_legacy_id_key;
    create index notes_person on notes (person_id) include (state) with (fillfactor = 80);
    create unique index notes_body on notes (lower(body), state) where legacy_id < 0;
    create index notes_extra on notes using gin (extra);
    create index notes_length on notes (length(body)); alter index notes_length alter column 1 set statistics 500;
    create index notes_state on notes (state); alter index notes_state depends on extension plpgsql;
    comment on constraint notes_legacy_id_key on notes is 'it''s the old key';
    comment on index notes_person is 'by person';
    comment on constraint notes_parent_fkey on notes is 'threads';";

/// Everything about constraints and indexes that a load must leave as it was.
const STATE: &str = "
    select string_agg(line, E'\n' order by line) from (
        select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated || ' '
               || condeferrable || condeferred || coalesce(obj_description(oid, 'pg_constraint'), '') as line
        from pg_constraint where connamespace = 'public'::regnamespace
        union all
        select pg_get_indexdef(indexrelid) || ' ' || indisclustered || indisprimary || indisvalid || indisreplident
               || coalesce(obj_description(indexrelid, 'pg_class'), '')
               || (select coalesce(max(attstattarget), -1) from pg_attribute where attrelid = indexrelid)
               || exists (select from pg_depend where objid = indexrelid and deptype = 'x')
        from pg_index where indrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)) lines";

fn id_of(entity: &str, key: i64) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{entity}:int:{key}").as_bytes())
}

/// A run of a pipeline that is none.
pub fn identity(run_id: Uuid) -> RunIdentity {
    RunIdentity {
        run_id,
        namespace: rehome::id::Namespace::new(Uuid::NAMESPACE_URL),
        pipeline: "test".into(),
        pipeline_hash: "hash".into(),
        parent: None,
        mappings: "public.migration_mappings".into(),
        snapshot: "nowhere".into(),
        rules: BTreeMap::new(),
        snapshot_id: "snapshot".into(),
        as_of: "2025-10-27T00:00:00Z".into(),
        tool_version: "0".into(),
    }
}

fn uuids(values: impl Iterator<Item = Option<Uuid>>) -> ArrayRef {
    Arc::new(
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.map(|id| id.map(Uuid::into_bytes)), 16).unwrap(),
    )
}

fn texts<S: Into<String>>(values: impl Iterator<Item = Option<S>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(Into::into)).collect::<StringArray>())
}

fn people(keys: std::ops::Range<i64>) -> RecordBatch {
    RecordBatch::try_from_iter([
        ("_key", Arc::new(Int64Array::from_iter_values(keys.clone())) as ArrayRef),
        ("id", uuids(keys.clone().map(|key| Some(id_of("person", key))))),
        ("legacy_id", Arc::new(Int64Array::from_iter_values(keys.clone())) as ArrayRef),
        ("name", texts(keys.clone().map(|key| Some(format!("person {key}"))))),
        ("code", texts(keys.map(|key| (key % 7 == 0).then(|| format!("{:x}", key % 60_000))))),
    ])
    .unwrap()
}

/// Notes, and what to change in them: key → (column, value).
fn notes(keys: std::ops::Range<i64>, people: i64, changes: &BTreeMap<i64, (&str, &str)>) -> RecordBatch {
    let change =
        |key: i64, column: &str| changes.get(&key).filter(|(name, _)| *name == column).map(|(_, value)| *value);
    let text = |column: &'static str, plain: fn(i64) -> Option<String>| {
        texts(keys.clone().map(|key| match change(key, column) {
            Some("NULL") => None,
            Some(value) => Some(value.to_owned()),
            None => plain(key),
        }))
    };
    let legacy = keys.clone().map(|key| change(key, "legacy_id").map_or(key, |value| value.parse().unwrap()));
    RecordBatch::try_from_iter_with_nullable([
        ("_key", Arc::new(Int64Array::from_iter_values(keys.clone())) as ArrayRef, false),
        ("id", uuids(keys.clone().map(|key| Some(id_of("note", key)))), false),
        ("legacy_id", Arc::new(Int64Array::from_iter_values(legacy)) as ArrayRef, true),
        (
            "person_id",
            uuids(keys.clone().map(|key| match change(key, "person_id") {
                Some(_) => Some(Uuid::nil()),
                None => (key % 3 != 0).then(|| id_of("person", key % people)),
            })),
            true,
        ),
        ("parent_id", uuids(keys.clone().map(|key| (key % 10 == 9).then(|| id_of("note", key - 1)))), true),
        ("body", text("body", |key| Some(format!("note {key} ü"))), true),
        ("state", text("state", |key| Some(if key % 2 == 0 { "open" } else { "closed" }.to_owned())), true),
        ("extra", text("extra", |key| Some(format!("{{\"b\":1.50,\"a\": [{key}, null]}}"))), true),
    ])
    .unwrap()
}

struct Bench {
    _folder: tempfile::TempDir,
    address: Address,
    connection: Connection,
    store: OutcomeStore,
    run: Uuid,
}

impl Bench {
    async fn new(name: &str) -> Self {
        let (address, connection) = database(name).await;
        connection.batch_execute(DDL).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let run = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        let store = OutcomeStore::open(&Location::folder(Path::new(folder.path())).unwrap(), "run");
        Self { _folder: folder, address, connection, store, run }
    }

    async fn loader(&self, cancel: &Cancel) -> rehome::error::Result<Loader> {
        let catalog = self.catalog().await;
        let sink: Arc<dyn Sink> = Arc::new(Silent);
        Loader::open(&self.address, catalog, identity(self.run), 2, sink, cancel.clone()).await
    }

    async fn catalog(&self) -> Catalog {
        Catalog::read(&self.connection, "public").await.unwrap()
    }

    /// Stores the outcomes of a flow.
    async fn flow(
        &self,
        name: &str,
        entity: &str,
        target: &str,
        parts: Vec<(Outcome, Vec<RecordBatch>)>,
    ) -> FlowOutcomes {
        let mut outcomes = FlowOutcomes {
            flow: name.into(),
            entity: entity.into(),
            source: "source".into(),
            target: target.into(),
            key: vec!["id".into()],
            entity_key: None,
            row: rehome::outcome::RowIdentity::default(),
            source_rows: 0,
            expanded: None,
            counts: BTreeMap::new(),
            reasons: BTreeMap::new(),
            warnings: BTreeMap::new(),
            files: Vec::new(),
            seconds: 0.0,
        };
        for (outcome, batches) in parts {
            let mut writer = self.store.writer(name, outcome, batches[0].schema());
            for batch in &batches {
                writer.push(batch).await.unwrap();
            }
            let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
            outcomes.counts.insert(outcome, rows as u64);
            outcomes.source_rows += rows as u64;
            outcomes.files.extend(writer.finish().await.unwrap());
        }
        outcomes
    }

    async fn people(&self, rows: i64) -> FlowOutcomes {
        self.flow("people", "person", "people", vec![(Outcome::Migrated, vec![people(0..rows)])]).await
    }

    async fn notes(&self, rows: i64, people: i64, changes: &[(i64, (&str, &str))]) -> FlowOutcomes {
        let changes = changes.iter().copied().collect();
        self.flow("notes", "note", "notes", vec![(Outcome::Migrated, vec![notes(0..rows, people, &changes)])]).await
    }

    async fn load(&self, flows: &[&FlowOutcomes]) -> Finished {
        let mut loader = self.loader(&Cancel::new()).await.unwrap();
        for flow in flows {
            loader.load_flow(flow, &self.store).await.unwrap();
        }
        loader.finish(&self.store).await.unwrap()
    }

    async fn verify(&self, flows: &[&FlowOutcomes]) -> Verification {
        let flows: Vec<_> = flows.iter().map(|flow| (*flow).clone()).collect();
        let subject = Subject {
            address: &self.address,
            schema: "public",
            store: &self.store,
            flows: &flows,
            run: self.run,
            namespace: rehome::id::Namespace::new(Uuid::NAMESPACE_URL),
            mappings: "public.migration_mappings",
            moved_only: &BTreeSet::new(),
            depth: Depth::Run,
            said: None,
            adopted: &HashSet::new(),
            sample: None,
        };
        let sink: Arc<dyn Sink> = Arc::new(Silent);
        verify::run(&subject, &sink, &Cancel::new()).await.unwrap()
    }

    async fn count(&self, what: &str) -> i64 {
        self.connection.query_one(&format!("select count(*) from {what}"), &[]).await.unwrap().get(0)
    }

    async fn state(&self) -> String {
        self.connection.query_one(STATE, &[]).await.unwrap().get(0)
    }
}

fn told(refused: &[Refusal]) -> Vec<String> {
    refused
        .iter()
        .map(|row| {
            let of = row.constraint.as_deref().or(row.column.as_deref()).unwrap_or("-");
            format!("{} {} {} {} {of}", row.flow, row.key, row.reason, row.sqlstate)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_load_leaves_constraints_and_indexes_as_they_were() {
    let bench = Bench::new("large").await;
    // The mappings table is made by the loader; so that it can be compared, it is made before.
    bench.loader(&Cancel::new()).await.unwrap();
    let before = bench.state().await;
    let (people, notes) = (bench.people(30_000).await, bench.notes(220_000, 30_000, &[]).await);
    let finished = bench.load(&[&people, &notes]).await;
    assert_eq!(finished.refused, []);
    assert!(finished.restored > 8, "{}", finished.restored);
    assert_eq!(bench.state().await, before);
    assert_eq!((bench.count("people").await, bench.count("notes").await), (30_000, 220_000));
    assert_eq!(bench.count("migration_mappings").await, 250_000);
    let verification = bench.verify(&[&people, &notes]).await;
    assert!(verification.clean(), "{verification:?}");
    // Once more: nothing is loaded twice.
    bench.load(&[&people, &notes]).await;
    assert_eq!((bench.count("notes").await, bench.count("rehome.saved_ddl").await), (220_000, 0));
    assert_eq!(bench.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_is_taken_up() {
    let bench = Bench::new("killed").await;
    bench.loader(&Cancel::new()).await.unwrap();
    let before = bench.state().await;
    let (people, notes) = (
        bench.people(500).await,
        bench.notes(450_000, 500, &[(7, ("body", "forbidden")), (8, ("person_id", "nobody"))]).await,
    );
    for wait in [30, 120, 250, 500] {
        let mut loader = bench.loader(&Cancel::new()).await.unwrap();
        let work = async {
            loader.load_flow(&people, &bench.store).await.unwrap();
            loader.load_flow(&notes, &bench.store).await.unwrap();
            loader.finish(&bench.store).await.unwrap();
        };
        // Dropping it is what a kill looks like from the server's side: all connections are gone at once.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(wait), work).await;
        drop(loader);
        wait_for_quiet(&bench).await;
    }
    let finished = bench.load(&[&people, &notes]).await;
    assert_eq!(
        told(&finished.refused),
        [
            "notes 7 check:notes_body_check 23514 notes_body_check",
            "notes 8 foreign_key:notes_person_id_fkey 23503 notes_person_id_fkey",
            "notes 9 foreign_key:notes_parent_fkey 23503 notes_parent_fkey",
        ]
    );
    assert_eq!(bench.state().await, before);
    assert_eq!((bench.count("notes").await, bench.count("migration_mappings").await), (449_997, 450_497));
    assert!(bench.verify(&[&people, &notes]).await.clean());
}

/// Until the sessions of a killed loader are gone.
async fn wait_for_quiet(bench: &Bench) {
    while bench.count("pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_taken_out_one_by_one() {
    let bench = Bench::new("bad").await;
    bench.connection.batch_execute("alter table notes drop constraint notes_parent_fkey").await.unwrap();
    let changes = [
        (3, ("body", "NULL")),
        (10, ("body", "forbidden")),
        (11, ("body", "forbidden")),
        (2_500, ("state", "lost")),
        (3_001, ("legacy_id", "3000")),
        (4_999, ("extra", "{")),
    ];
    let (people, notes) = (bench.people(10).await, bench.notes(5_000, 10, &changes).await);
    let finished = bench.load(&[&people, &notes]).await;
    assert_eq!(
        told(&finished.refused),
        [
            "notes 10 check:notes_body_check 23514 notes_body_check",
            "notes 11 check:notes_body_check 23514 notes_body_check",
            "notes 2500 enum:state 22P02 state",
            "notes 3 null:body 23502 body",
            "notes 3001 unique:notes_legacy_id_key 23505 notes_legacy_id_key",
            "notes 4999 invalid:extra 22P02 extra",
        ]
    );
    assert_eq!((bench.count("notes").await, bench.count("migration_mappings").await), (4_994, 5_004));
    assert_eq!(bench.count("rehome.quarantine where entity_uuid is not null and run_id is not null").await, 6);
    assert!(bench.verify(&[&people, &notes]).await.clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bad_rows_do_not_stop_the_load() {
    let bench = Bench::new("many_bad").await;
    let changes: Vec<_> = (0..3_000).map(|key| (key * 10, ("body", "forbidden"))).collect();
    let notes = bench.notes(50_000, 10, &changes).await;
    let people = bench.people(10).await;
    let finished = bench.load(&[&people, &notes]).await;
    assert_eq!(finished.refused.len(), 3_000);
    assert_eq!(bench.count("notes").await, 47_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn orphans_and_duplicates_are_taken_out_at_the_end() {
    let bench = Bench::new("orphans").await;
    bench.loader(&Cancel::new()).await.unwrap();
    let before = bench.state().await;
    // 8 is an orphan, 9 its child; 41 has the key of 40; 49 is the child of the orphan 48.
    let changes = [(8, ("person_id", "nobody")), (41, ("legacy_id", "40")), (48, ("person_id", "nobody"))];
    let (people, notes) = (bench.people(10).await, bench.notes(120_000, 10, &changes).await);
    let finished = bench.load(&[&people, &notes]).await;
    assert_eq!(
        told(&finished.refused),
        [
            "notes 41 unique:notes_legacy_id_key 23505 notes_legacy_id_key",
            "notes 48 foreign_key:notes_person_id_fkey 23503 notes_person_id_fkey",
            "notes 49 foreign_key:notes_parent_fkey 23503 notes_parent_fkey",
            "notes 8 foreign_key:notes_person_id_fkey 23503 notes_person_id_fkey",
            "notes 9 foreign_key:notes_parent_fkey 23503 notes_parent_fkey",
        ]
    );
    assert_eq!(bench.state().await, before);
    assert_eq!((bench.count("notes").await, bench.count("migration_mappings").await), (119_995, 120_005));
    assert!(bench.verify(&[&people, &notes]).await.clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_lie_in_the_quarantine_whole() {
    let bench = Bench::new("rejected").await;
    let rejected = RecordBatch::try_from_iter_with_nullable([
        ("_key", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef, false),
        ("_reason", Arc::new(StringArray::from(vec!["gone", "gone"])) as ArrayRef, false),
        // The second is no JSON that PostgreSQL could hold.
        ("_source_row", Arc::new(StringArray::from(vec![r#"{"id":"a"}"#, r#""\u0000""#])) as ArrayRef, true),
    ])
    .unwrap();
    let flow = bench.flow("people", "person", "people", vec![(Outcome::Rejected, vec![rejected])]).await;
    bench.load(&[&flow]).await;
    let rows = bench
        .connection
        .query("select legacy_key, reason, source_row::text from rehome.quarantine order by legacy_key", &[])
        .await
        .unwrap();
    let rows: Vec<(String, String, Option<String>)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(rows[0], ("a".into(), "gone".into(), Some(r#"{"id": "a"}"#.into())));
    assert_eq!(rows[1], ("b".into(), "gone".into(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_loader_finds_the_door_locked() {
    let bench = Bench::new("locked").await;
    let first = bench.loader(&Cancel::new()).await.unwrap();
    let error = bench.loader(&Cancel::new()).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Locked, "{error}");
    drop(first);
    wait_for_quiet(&bench).await;
    bench.loader(&Cancel::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn mappings_of_others_are_adopted_and_kept() {
    let bench = Bench::new("adopted").await;
    bench
        .connection
        .batch_execute(
            "create table migration_mappings (entity_type varchar(50) not null, legacy_id integer not null,
                 entity_uuid uuid not null, note text default 'ours', primary key (entity_type, legacy_id));
             insert into migration_mappings values ('person', 3, '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'theirs')",
        )
        .await
        .unwrap();
    let loader = bench.loader(&Cancel::new()).await.unwrap();
    let adopted = loader.adopted(&["person".into(), "note".into()]).await.unwrap();
    assert_eq!(adopted.len(), 1);
    assert_eq!((adopted[0].entity.as_str(), &adopted[0].key), ("person", &AdoptedKey::Int(3)));
    drop(loader);
    wait_for_quiet(&bench).await;
    // Two flows share an entity: the second finds its mappings there.
    let first = bench.flow("people", "person", "people", vec![(Outcome::Migrated, vec![people(4..30_000)])]).await;
    bench.load(&[&first]).await;
    assert_eq!(bench.count("migration_mappings where run_id is not null and note = 'ours'").await, 29_996);
    let loader = bench.loader(&Cancel::new()).await.unwrap();
    assert_eq!(loader.adopted(&["person".into()]).await.unwrap(), adopted);
    drop(loader);
    wait_for_quiet(&bench).await;
    bench.connection.batch_execute("create table others (like people)").await.unwrap();
    let batch = people(4..20);
    let second = bench.flow("others", "person", "others", vec![(Outcome::Migrated, vec![batch])]).await;
    bench.load(&[&first, &second]).await;
    assert_eq!((bench.count("others").await, bench.count("migration_mappings").await), (16, 29_997));
    assert!(bench.verify(&[&first, &second]).await.clean());
    // Another UUID for a key that is mapped is an error.
    let clash = bench.flow("clash", "person", "others", vec![(Outcome::Migrated, vec![people(3..4)])]).await;
    let mut loader = bench.loader(&Cancel::new()).await.unwrap();
    let error = loader.load_flow(&clash, &bench.store).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Verification, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_text_have_a_column_of_their_own() {
    let bench = Bench::new("text_keys").await;
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let batch = people(0..3);
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let array = if field.name() == "_key" {
            Arc::new(StringArray::from(vec!["x", "y", "z"])) as ArrayRef
        } else {
            array.clone()
        };
        columns.push((field.name().clone(), array));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let flow = bench.flow("people", "person", "people", vec![(Outcome::Migrated, vec![batch])]).await;
    bench.load(&[&flow]).await;
    assert_eq!(bench.count("migration_mappings where legacy_id is null and legacy_key in ('x', 'y', 'z')").await, 3);
    assert!(bench.verify(&[&flow]).await.clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_finds_every_difference() {
    let bench = Bench::new("differences").await;
    let (people, notes) = (bench.people(10).await, bench.notes(25_000, 10, &[]).await);
    bench.load(&[&people, &notes]).await;
    bench
        .connection
        .batch_execute(&format!(
            "alter table notes drop constraint notes_parent_fkey;
             delete from notes where legacy_id = 100;
             update notes set body = body || ' ' where legacy_id = 200;
             update notes set extra = jsonb_set(extra, '{{b}}', '1.5') where legacy_id = 201;
             update notes set extra = '{{\"a\": [202, null], \"b\": 1.50}}' where legacy_id = 202;
             update notes set parent_id = null where legacy_id = 209;
             insert into notes (id, legacy_id, body) values (gen_random_uuid(), -1, 'of somebody else');
             insert into notes (id, legacy_id, body) values ('{0}', -2, 'of nobody');
             insert into migration_mappings (entity_type, legacy_id, entity_uuid, run_id) values ('note', -2, '{0}', '{1}')",
            id_of("note", -2),
            bench.run
        ))
        .await
        .unwrap();
    let verification = bench.verify(&[&people, &notes]).await;
    assert!(!verification.clean());
    let found = &verification.flows[1];
    let found = &found.rows;
    assert_eq!((found.same, found.missing, found.different, found.extra), (24_996, 1, 3, 2));
    let keys: Vec<_> = found.examples.iter().map(|example| (example.what, example.key.as_deref())).collect();
    assert!(keys.contains(&(What::Missing, Some("100"))) && keys.contains(&(What::Extra, None)), "{keys:?}");
    for key in ["200", "201", "209"] {
        assert!(keys.contains(&(What::Different, Some(key))), "{keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_does_not_fit_is_listed_at_once() {
    let bench = Bench::new("drift").await;
    let shape = |target: &str, batch: &RecordBatch| FlowShape {
        row: rehome::outcome::RowIdentity::default(),
        migrates: true,
        flow: target.into(),
        file: format!("{target}.sql"),
        target: target.into(),
        entity: "x".into(),
        schema: batch.schema(),
        labels: BTreeMap::from([("state".to_owned(), vec!["open".to_owned(), "close".to_owned()])]),
        orders_texts: false,
    };
    let batch = RecordBatch::try_from_iter([
        ("_key", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("id", uuids(std::iter::once(Some(Uuid::nil())))),
        ("person_id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("boddy", Arc::new(StringArray::from(vec!["x"])) as ArrayRef),
    ])
    .unwrap();
    let error = check::columns(&bench.catalog().await, &[shape("notes", &batch), shape("nots", &batch)]).unwrap_err();
    assert_eq!(error.kind(), Kind::Drift);
    let lines: Vec<_> = error.message().lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "the flows do not fit the target: 6 mismatches",
            "notes.sql: notes.person_id is an integer and cannot become uuid; cast it in the flow's SQL",
            "notes.sql: notes.boddy is not a column of the target; did you mean body?",
            "notes.sql: notes.legacy_id (bigint) must not be NULL, has no default, and the flow gives no such column",
            "notes.sql: notes.body (text) must not be NULL, has no default, and the flow gives no such column",
            "notes.sql: notes.state has no label 'close' in its type state; did you mean 'closed'?",
            "nots.sql: the target has no table nots; did you mean notes?",
        ]
    );
    let fits = notes(0..1, 1, &BTreeMap::new());
    let mut shape = shape("notes", &fits);
    shape.labels.clear();
    check::columns(&bench.catalog().await, &[shape]).unwrap();
}

/// What the loader brought, the verification recognises, whatever the type: its forms are not the encoder's.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_recognised_when_read_back() {
    let bench = Bench::new("types").await;
    bench
        .connection
        .batch_execute(
            "create type mood as enum ('sad', 'it''s ok'); create domain mood_domain as mood;
             create domain amount as numeric(6,2) check (value > 0);",
        )
        .await
        .unwrap();
    let documents = [
        r#"{"bb":1,"a":{"z":[ ],"y":{ }},"c":"\u00e9\/\u001f\ud83d\ude00\"\\"}"#,
        r"[1e2, -0, -0.0, 1E-3, 1.50e1, 12345678901234567890123.4500, 1e-20, 0.10, -1.5E+3, 1e300]",
        r#"{"a":1,"a":{"b":2,"b":[true,false,null]},"\u0061":"last", "":0, "longer key":1, "ü":2}"#,
        "  \"text with \\n\\t\\b\\f\\r and \u{7f}\"  ",
    ];
    let documents: ArrayRef = Arc::new(StringArray::from(documents.to_vec()));
    let mut columns: Vec<(String, ArrayRef)> =
        crate::encode::cases().iter().map(|case| (case.ty.to_owned(), case.array.clone())).collect();
    columns.extend(["json", "jsonb", "text"].map(|ty| (ty.to_owned(), documents.clone())));
    let mut flows = Vec::new();
    for (number, (ty, array)) in columns.into_iter().enumerate() {
        let name = format!("t{number}");
        bench.connection.batch_execute(&format!("create table {name} (id uuid primary key, v {ty})")).await.unwrap();
        let rows = i64::try_from(array.len()).unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("_key", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef, false),
            ("id", uuids((0..rows).map(|key| Some(id_of(&name, key)))), false),
            ("v", array, true),
        ])
        .unwrap();
        flows.push(bench.flow(&name, &name, &name, vec![(Outcome::Migrated, vec![batch])]).await);
    }
    let flows: Vec<&FlowOutcomes> = flows.iter().collect();
    let finished = bench.load(&flows).await;
    assert_eq!(told(&finished.refused), Vec::<String>::new());
    let verification = bench.verify(&flows).await;
    let wrong: Vec<_> = verification.flows.iter().filter(|flow| !flow.rows.examples.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
