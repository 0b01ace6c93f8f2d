//! Owns the tests of the one instant: whatever others do to a source meanwhile, a snapshot is of a single moment, or
//! there is none. Must not know: how values travel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use arrow::array::AsArray;
use arrow::compute::concat_batches;
use arrow::datatypes::{Int32Type, Int64Type};
use rehome::cancel::Cancel;
use rehome::error::{Error, Kind, Result};
use rehome::extract::{self, Options};
use rehome::progress::{Silent, Sink};
use rehome::server::{Address, Connection};
use rehome::snapshot::Snapshot;
use rehome::storage::Location;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::cluster::Database;

const SMALL: usize = 2048;

fn place() -> (TempDir, Location) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(&folder.path().join("snapshot")).unwrap();
    (folder, location)
}

fn options(jobs: usize) -> Options {
    Options { jobs, part_rows: SMALL, lock_timeout: Duration::from_secs(2), ..Options::default() }
}

/// The numbers of one column.
async fn numbers(snapshot: &Snapshot, table: &str, column: &str) -> Vec<i64> {
    let table = snapshot.table(table).expect("the table is in the snapshot");
    let schema = snapshot.arrow_schema(table).await.unwrap();
    let rows = concat_batches(&schema, &snapshot.read_all(table).await.unwrap()).unwrap();
    let column = rows.column_by_name(column).expect("the column");
    match column.as_primitive_opt::<Int64Type>() {
        Some(wide) => wide.values().to_vec(),
        None => column.as_primitive::<Int32Type>().values().iter().map(|value| i64::from(*value)).collect(),
    }
}

const BANK: &str = "
    create table checking (id int primary key, amount bigint not null);
    insert into checking select i, 100 from generate_series(1, 5000) i;
    create table savings (id int primary key, amount bigint not null);
    insert into savings select i, 100 from generate_series(1, 5000) i;
    -- Without a key: its rows wander from block to block while it is read by blocks.
    create table purse (owner int not null, amount bigint not null) with (fillfactor = 70);
    insert into purse select i, 100 from generate_series(1, 5000) i;
    create index on purse (owner);
    create table parent (id bigint primary key);
    create table child (id bigint generated always as identity primary key, parent bigint not null references parent);
    create table log (id bigint generated always as identity primary key, parents int not null, children int not null);
    analyze";
const WEALTH: i64 = 3 * 5000 * 100;

/// One who moves money, and adds and removes families, as fast as it goes.
fn writer(address: Address, number: u64, stop: Arc<AtomicBool>, done: Arc<AtomicU64>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let session = address.connect("rehome tests").await.unwrap();
        let mut state = number;
        let mut next = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let purses = [("checking", "id"), ("savings", "id"), ("purse", "owner")];
        let (mut born, mut alive) = (0, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            let sql = if next(3) > 0 {
                let from = usize::try_from(next(3)).unwrap();
                let ((from, from_key), (to, to_key)) = (purses[from], purses[(from + 1) % 3]);
                let (payer, payee, sum) = (next(5000) + 1, next(5000) + 1, next(50));
                format!(
                    "begin; update {from} set amount = amount - {sum} where {from_key} = {payer};
                     update {to} set amount = amount + {sum} where {to_key} = {payee}; commit"
                )
            } else if alive.len() < 50 || next(2) == 0 {
                born += 1;
                let (parent, children) = (number * 1_000_000 + born, next(4));
                alive.push((parent, children));
                format!(
                    "begin; insert into parent values ({parent});
                     insert into child (parent) select {parent} from generate_series(1, {children});
                     insert into log (parents, children) values (1, {children}); commit"
                )
            } else {
                let (parent, children) = alive.swap_remove(usize::try_from(next(alive.len() as u64)).unwrap());
                format!(
                    "begin; delete from child where parent = {parent}; delete from parent where id = {parent};
                     insert into log (parents, children) values (-1, -{children}); commit"
                )
            };
            match session.batch_execute(&sql).await {
                Ok(()) => done.fetch_add(1, Ordering::Relaxed),
                // Two who pay each other at once: one of them gives way, and nothing has happened.
                Err(error) => {
                    assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("40P01"), "{error}");
                    session.batch_execute("rollback").await.unwrap();
                    if sql.contains("amount") { 0 } else { panic!("a family met another") }
                }
            };
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_snapshots_while_money_moves_and_families_come_and_go() {
    let database = Database::with(BANK).await;
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> =
        (1..=4).map(|number| writer(database.address(), number, stop.clone(), done.clone())).collect();
    while done.load(Ordering::Relaxed) < 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The control: read one after the other, the tables do not add up.
    let mut torn = 0;
    for _ in 0..50 {
        let mut sum = 0;
        for table in ["checking", "savings", "purse"] {
            sum += database.text(&format!("select sum(amount)::text from {table}")).await.parse::<i64>().unwrap();
        }
        torn += usize::from(sum != WEALTH);
    }
    assert!(torn > 0, "the writers do nothing that could be seen");

    let mut seen = BTreeSet::new();
    for round in 0..50 {
        let before = done.load(Ordering::Relaxed);
        let (_folder, location) = place();
        let sink: Arc<dyn Sink> = Arc::new(Silent);
        let snapshot =
            extract::run(&database.address(), &options(1 + round % 4), location, sink, Cancel::new()).await.unwrap();
        let mut wealth = 0;
        for (table, key) in [("checking", "id"), ("savings", "id"), ("purse", "owner")] {
            assert!(snapshot.table(table).unwrap().files.len() >= 2, "{table} has but one part");
            wealth += numbers(&snapshot, table, "amount").await.iter().sum::<i64>();
            let mut keys = numbers(&snapshot, table, key).await;
            keys.sort_unstable();
            assert!(keys.into_iter().eq(1..=5000), "round {round}: {table} has each row once");
        }
        assert_eq!(wealth, WEALTH, "round {round}");
        let parents: BTreeSet<i64> = numbers(&snapshot, "parent", "id").await.into_iter().collect();
        let children = numbers(&snapshot, "child", "parent").await;
        assert!(children.iter().all(|parent| parents.contains(parent)), "round {round}: a child without its parent");
        let logged = numbers(&snapshot, "log", "parents").await.iter().sum::<i64>();
        assert_eq!(parents.len() as u64, logged.cast_unsigned(), "round {round}");
        let logged = numbers(&snapshot, "log", "children").await.iter().sum::<i64>();
        assert_eq!(children.len() as u64, logged.cast_unsigned(), "round {round}");
        seen.insert(snapshot.id().to_owned());
        assert!(done.load(Ordering::Relaxed) > before, "nobody wrote during round {round}");
    }
    assert_eq!(seen.len(), 50, "no two of these moments are alike");
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    nobody_stays(&database).await;
}

/// Holds every reader at its first rows until told to go on.
#[derive(Default)]
struct Hold {
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Hold {
    /// Waits until so many readers are held.
    async fn reached(self: &Arc<Self>, readers: usize) {
        let hold = self.clone();
        let waiting = move || {
            let state = hold.state.lock().unwrap();
            let (state, _) =
                hold.changed.wait_timeout_while(state, Duration::from_secs(30), |(held, _)| *held < readers).unwrap();
            assert!(state.0 >= readers, "too few readers came to their first rows");
        };
        tokio::task::spawn_blocking(waiting).await.unwrap();
    }

    fn open(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

impl Sink for Hold {
    fn start(&self, _stage: &str, _item: &str, _rows: Option<u64>) {}

    fn advance(&self, _item: &str, _rows: u64) {
        let mut state = self.state.lock().unwrap();
        state.0 += 1;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, Duration::from_mins(1), |(_, open)| !*open).unwrap());
    }

    fn finish(&self, _item: &str) {}
}

/// An extraction that is held in its midst.
struct Held {
    hold: Arc<Hold>,
    run: JoinHandle<Result<Snapshot>>,
    location: Location,
    folder: TempDir,
}

impl Held {
    async fn start(database: &Database, options: Options) -> Self {
        let (folder, location) = place();
        let hold = Arc::new(Hold::default());
        let (address, sink, target) = (database.address(), hold.clone(), location.clone());
        let readers = options.jobs;
        let run = tokio::spawn(async move { extract::run(&address, &options, target, sink, Cancel::new()).await });
        hold.reached(readers).await;
        Self { hold, run, location, folder }
    }

    /// Lets it go on to its end, which must come soon.
    async fn end(self) -> (Result<Snapshot>, Location, TempDir) {
        self.hold.open();
        let result = tokio::time::timeout(Duration::from_secs(25), self.run).await.expect("it hangs").unwrap();
        (result, self.location, self.folder)
    }

    /// Lets it go on: it must fail, publish nothing and leave nothing.
    async fn fails(self, database: &Database) -> Error {
        let (result, location, _folder) = self.end().await;
        let error = result.map(|snapshot| snapshot.id().to_owned()).expect_err("a snapshot was published");
        assert_eq!(location.list().await.unwrap(), Vec::<String>::new(), "{error}");
        nobody_stays(database).await;
        error
    }
}

/// Sessions take a moment to end; none may stay, nor any request for a lock.
async fn nobody_stays(database: &Database) {
    let count = "select count(*)::text from pg_stat_activity
        where application_name like 'rehome%' and application_name <> 'rehome tests' and datname = current_database()";
    for _ in 0..100 {
        if database.text(count).await == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a session of the extraction is still there");
}

const TABLES: &str = "
    create table big (id int primary key, x int);
    insert into big select i, i from generate_series(1, 9000) i;
    create table small (id int primary key, x int);
    insert into small select i, i from generate_series(1, 3000) i;
    create table keyless (x int);
    insert into keyless select i from generate_series(1, 9000) i;
    analyze";

async fn whole(snapshot: &Snapshot) {
    snapshot.check().await.unwrap();
    for (table, column, rows) in [("big", "x", 9000), ("small", "x", 3000), ("keyless", "x", 9000)] {
        let mut found = numbers(snapshot, table, column).await;
        found.sort_unstable();
        assert!(found.into_iter().eq(1..=rows), "{table}");
    }
}

/// A statement that is given now and waits for a lock.
async fn waits(database: &Database, sql: &'static str) -> JoinHandle<Result<(), tokio_postgres::Error>> {
    let session = database.again().await.session;
    session.batch_execute("set lock_timeout = 0").await.unwrap();
    let pid = session.backend_pid();
    let task = tokio::spawn(async move { session.batch_execute(sql).await });
    for _ in 0..200 {
        if database.text(&format!("select count(*)::text from pg_locks where pid = {pid} and not granted")).await != "0"
        {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{sql} does not wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn ddl_that_gives_up_disturbs_nothing() {
    let database = Database::with(TABLES).await;
    let held = Held::start(&database, options(2)).await;
    database.run("set lock_timeout = '100ms'").await;
    for sql in [
        "truncate small",
        "drop table big",
        "alter table big add column y int default 7",
        "alter table small alter x type bigint",
        "truncate keyless",
        "cluster big using big_pkey",
        "vacuum full keyless",
        "drop schema public cascade",
    ] {
        let error = database.session.batch_execute(sql).await.expect_err(sql);
        assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("55P03"), "{sql}: {error}");
    }
    // What needs no such lock goes through, and is not in the snapshot.
    database
        .run("insert into small values (0, 0); update big set x = -x; delete from keyless; create index on big (x)")
        .await;
    let (result, _location, _folder) = held.end().await;
    whole(&result.unwrap()).await;
    nobody_stays(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ddl_that_waits_is_done_when_the_snapshot_is() {
    for jobs in [1, 2] {
        let database = Database::with(TABLES).await;
        let held = Held::start(&database, options(jobs)).await;
        // Readers that come to these tables only now must not end up behind the one who waits for us.
        let truncate = waits(&database, "truncate small").await;
        let alter = waits(&database, "alter table big drop column x").await;
        let drop = waits(&database, "drop table keyless").await;
        let (result, _location, _folder) = held.end().await;
        whole(&result.unwrap()).await;
        for ddl in [truncate, alter, drop] {
            tokio::time::timeout(Duration::from_secs(10), ddl).await.expect("the DDL goes on").unwrap().unwrap();
        }
        assert_eq!(database.text("select count(*)::text from small").await, "0");
        nobody_stays(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_another_holds_for_itself_is_not_waited_for_long() {
    let database = Database::with(TABLES).await;
    let other = database.again().await;
    other.run("begin; lock table small in access exclusive mode").await;
    let (_folder, location) = place();
    let began = std::time::Instant::now();
    let error = extract::run(&database.address(), &options(2), location.clone(), Arc::new(Silent), Cancel::new())
        .await
        .expect_err("it is locked");
    assert_eq!((error.kind(), error.kind().exit_code()), (Kind::Retryable, 75), "{error}");
    assert!(error.to_string().contains("small") && error.hint_text().is_some(), "{error}");
    assert!(!error.to_string().contains("big"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new());
    let waiting = "select count(*)::text from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and not granted";
    assert_eq!(database.text(waiting).await, "0");
    nobody_stays(&database).await;
    other.run("commit").await;
    let (_folder, location) = place();
    let snapshot =
        extract::run(&database.address(), &options(2), location, Arc::new(Silent), Cancel::new()).await.unwrap();
    whole(&snapshot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_only_reads() {
    let database = Database::with(TABLES).await;
    let held = Held::start(&database, options(2)).await;
    let ours =
        "application_name like 'rehome%' and application_name <> 'rehome tests' and datname = current_database()";
    assert_eq!(database.text(&format!("select count(*)::text from pg_stat_activity where {ours}")).await, "3");
    // Whoever has written anything has a transaction's number, or a lock that goes beyond reading.
    let written = format!("select count(backend_xid)::text from pg_stat_activity where {ours}");
    assert_eq!(database.text(&written).await, "0");
    let locks = format!(
        "select string_agg(distinct mode, ' ') from pg_locks where locktype = 'relation'
         and pid in (select pid from pg_stat_activity where {ours})"
    );
    assert_eq!(database.text(&locks).await, "AccessShareLock");
    let names = format!(
        "select string_agg(distinct regexp_replace(application_name, '[0-9a-f]{{8,}}', 'X'), '|' order by
         regexp_replace(application_name, '[0-9a-f]{{8,}}', 'X')) from pg_stat_activity where {ours}"
    );
    assert_eq!(database.text(&names).await, "rehome reader X|rehome snapshot");
    let (result, _location, _folder) = held.end().await;
    result.unwrap();

    // A view that writes when it is read.
    database
        .run(
            "create table audit (at timestamptz);
             create function note() returns int language sql volatile as 'insert into public.audit values (now()) returning 1';
             create view sneaky as select note() as x",
        )
        .await;
    let (_folder, location) = place();
    let sneaky = Options { tables: vec!["public.sneaky".to_owned()], ..options(1) };
    let error = extract::run(&database.address(), &sneaky, location.clone(), Arc::new(Silent), Cancel::new())
        .await
        .expect_err("it would write");
    assert!(error.to_string().contains("read-only") && error.to_string().contains("public.sneaky"), "{error}");
    assert_eq!(location.list().await.unwrap(), Vec::<String>::new());
    assert_eq!(database.text("select count(*)::text from audit").await, "0");
}

/// Ends the sessions of this name, and waits until they are gone.
async fn kill(database: &Database, name: &str) {
    let theirs = format!("from pg_stat_activity where application_name like '{name}' and datname = current_database()");
    assert_ne!(database.text(&format!("select count(pg_terminate_backend(pid))::text {theirs}")).await, "0");
    for _ in 0..200 {
        if database.text(&format!("select count(*)::text {theirs}")).await == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{name} does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_session_that_holds_the_moment_there_is_no_snapshot() {
    for jobs in [1, 4] {
        let database = Database::with(TABLES).await;
        let held = Held::start(&database, options(jobs)).await;
        kill(&database, "rehome snapshot").await;
        let error = held.fails(&database).await;
        assert_eq!(error.kind(), Kind::Retryable, "{error}");
        // Its locks are gone with it: what comes now could come between two parts.
        let held = Held::start(&database, options(jobs)).await;
        kill(&database, "rehome snapshot").await;
        database.run("set lock_timeout = '100ms'").await;
        let _ = database.session.batch_execute("truncate small").await;
        let error = held.fails(&database).await;
        assert_eq!(error.kind(), Kind::Retryable, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_reader_there_is_no_snapshot() {
    // Larger than what lies between two ends of a connection: a held reader's statement is still sending.
    let database = Database::with(
        "create table wide (id int primary key, x text);
         insert into wide select i, repeat(md5(i::text), 25) from generate_series(1, 60000) i; analyze",
    )
    .await;
    for jobs in [1, 3] {
        let held = Held::start(&database, Options { jobs, part_rows: 15_000, ..Options::default() }).await;
        kill(&database, "rehome reader%").await;
        let error = held.fails(&database).await;
        assert_eq!(error.kind(), Kind::Retryable, "{error}");
        assert!(error.to_string().contains("public."), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_source_gives_the_same_files_for_any_number_of_jobs() {
    let database = Database::with(&format!(
        "{TABLES};
         create table texts (id text primary key, at timestamptz);
         insert into texts select md5(i::text), to_timestamp(i) from generate_series(1, 9000) i;
         create table pair (a int, b uuid, j jsonb, primary key (a, b));
         insert into pair select i % 7, md5(i::text)::uuid, jsonb_build_object('i', i) from generate_series(1, 9000) i;
         create table parted (id int primary key, x text) partition by hash (id);
         create table parted_0 partition of parted for values with (modulus 2, remainder 0);
         create table parted_1 partition of parted for values with (modulus 2, remainder 1);
         insert into parted select i, 'x' from generate_series(1, 9000) i;
         create table nothing (id int);
         delete from keyless where x % 3 = 0"
    ))
    .await;
    database.run("vacuum analyze").await;
    let mut all: BTreeMap<String, usize> = BTreeMap::new();
    for jobs in [1, 2, 4, 1] {
        let (_folder, location) = place();
        let snapshot =
            extract::run(&database.address(), &options(jobs), location, Arc::new(Silent), Cancel::new()).await.unwrap();
        let files: Vec<_> = snapshot.manifest().tables.iter().flat_map(|table| &table.files).collect();
        assert!(files.len() > 15, "{} files", files.len());
        let files: Vec<_> = files.iter().map(|file| (&file.path, file.rows, file.bytes, &file.sha256)).collect();
        *all.entry(format!("{} {files:?}", snapshot.id())).or_default() += 1;
    }
    assert_eq!(all.into_values().collect::<Vec<_>>(), [4]);
    nobody_stays(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_come_and_go_meanwhile_are_as_they_were() {
    let database = Database::with(
        "create table big (id int primary key, x int);
         insert into big select i, i from generate_series(1, 9000) i;
         create table parted (id int primary key, x int) partition by range (id);
         create table parted_1 partition of parted for values from (1) to (1001);
         create table parted_2 partition of parted for values from (1001) to (2001);
         insert into parted select i + i / 901 * 100, i from generate_series(1, 1800) i;
         create table later (id int primary key, x int);
         insert into later select i, i from generate_series(2001, 2500) i;
         analyze",
    )
    .await;
    let options = Options { exclude: vec!["later".to_owned()], ..options(1) };
    let held = Held::start(&database, options).await;
    let other: Connection = database.again().await.session;
    other.batch_execute("set lock_timeout = '200ms'").await.unwrap();
    // Refused or not, the snapshot is of the partitions that there were.
    let attached =
        other.batch_execute("alter table parted attach partition later for values from (2001) to (2501)").await.is_ok();
    let moved = other.batch_execute("update parted set id = id + 1910, x = -x where id <= 10").await.is_ok();
    let detached = other.batch_execute("alter table parted detach partition parted_2").await.is_ok();
    let (result, _location, _folder) = held.end().await;
    let told = format!("attached: {attached}, moved: {moved}, detached: {detached}");
    match result {
        Ok(snapshot) => {
            let mut found = numbers(&snapshot, "parted", "x").await;
            found.sort_unstable();
            assert!(found.iter().copied().eq(1..=1800), "{} rows, {told}", found.len());
        }
        Err(error) => {
            assert!(attached, "{error}, {told}");
            assert_eq!(error.kind(), Kind::Retryable, "{error}");
            assert!(error.to_string().contains("public.parted"), "{error}");
        }
    }
}
