//! Owns the tests of times without a zone: they become instants by a zone that is said, never by one that is guessed.
//! PostgreSQL, whose session has that zone, says what is right. Must not know: how zones are read.

use rehome::error::{At, Error};
use rehome::run::Finished;

use crate::cluster::Database;
use crate::support::migrate_with;

/// Hours across both changes of the clocks of Berlin, infinities, the year 1 and no time at all.
const VISITS: &str = "
    create schema legacy; create schema fresh;
    create table legacy.visit (id int primary key, at timestamp, day date, seen timestamptz, opened timestamp, shop text);
    insert into legacy.visit
        select i, timestamp '2024-03-30 23:15' + i * interval '30 minutes', date '2024-03-30' + i, timestamptz '2024-03-30 23:00+00' + i * interval '1 hour',
               timestamp '2024-11-02 22:15' + i * interval '30 minutes', 'shop ' || i from generate_series(1, 12) i;
    insert into legacy.visit select 20 + i, timestamp '2024-10-26 23:15' + i * interval '30 minutes', date '2024-10-26' + i, null,
        timestamp '2024-07-01', null from generate_series(1, 12) i;
    insert into legacy.visit values (50, 'infinity', '-infinity', 'infinity', '-infinity', ''), (51, '0001-01-01 00:00:00', '0001-01-01', null, null, ''),
        (52, null, null, null, null, null);
    create table fresh.visits (id uuid primary key, old int unique, at timestamptz, day timestamptz, opened timestamptz);
    create table fresh.clocks (id uuid primary key, old int unique, seen timestamp, seen_on date, seen_at time);";

const HEADER: &str = "/*---\nsource = \"visit\"\n---*/\n";

async fn visits(settings: &str, columns: &str) -> (Database, Result<Finished, Error>) {
    let database = Database::with(VISITS).await;
    let flow =
        format!("{HEADER}select v.id as _key, migrate() as _outcome, v.id as old, {columns} from source.visit v");
    let done = migrate_with(&database, settings, &[("visits", &flow)]).await;
    (database, done)
}

/// How many rows PostgreSQL has otherwise, when the session's zone is the one that was said.
async fn other(database: &Database, zone: &str, columns: &[&str]) -> String {
    database.run(&format!("set time zone '{zone}'")).await;
    let same = columns.iter().map(|column| format!("f.{column} is distinct from l.{column}::timestamptz"));
    let other = same.collect::<Vec<_>>().join(" or ");
    let sql = format!(
        "select count(*)::text from legacy.visit l full join fresh.visits f on f.old = l.id where f.id is null or {other}"
    );
    let found = database.text(&sql).await;
    database.run("reset time zone").await;
    found
}

fn warnings(done: &Finished) -> Vec<(String, u64)> {
    done.report.flows[0].warnings.clone().into_iter().collect()
}

fn expected(skipped: u64, twice: u64) -> Vec<(String, u64)> {
    vec![("local_time_ambiguous".to_owned(), twice), ("local_time_skipped".to_owned(), skipped)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_zone_it_is_refused() {
    for column in ["v.at", "v.day as at", "coalesce(v.at, v.opened) as at", "v.at + interval '1 hour' as at"] {
        let (_, done) = visits("", column).await;
        let error = done.err().unwrap();
        let place =
            error.places().iter().find(|(at, _)| *at == At::File).map(|(_, name)| name.clone()).unwrap_or_default();
        assert_eq!((error.kind().exit_code(), place.ends_with("visits.sql:4:58")), (2, true), "{column}: {error:?}");
        assert!(error.message().contains("at is a time without a zone"), "{error:?}");
        assert!(format!("{error:?}").contains("time_zone = "), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_that_is_said_is_taken_and_odd_times_are_counted() {
    let (database, done) = visits("time_zone = \"Europe/Berlin\"", "v.at, v.day, v.opened").await;
    let done = done.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    assert_eq!(other(&database, "Europe/Berlin", &["at", "day", "opened"]).await, "0");
    assert_eq!(warnings(&done), expected(2, 2));
}

/// `at time zone` in the flow itself: the same, with what the flow warns of before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_of_the_flow_counts_too() {
    let columns = "v.at at time zone 'Europe/Berlin' as at,
        case when v.id > 0 then (v.opened at time zone 'America/New_York') end as opened, warnings(v.id = 51, 'old') as _warnings";
    let (database, done) = visits("", columns).await;
    let done = done.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    assert_eq!(other(&database, "Europe/Berlin", &["at"]).await, "0");
    assert_eq!(other(&database, "America/New_York", &["opened"]).await, "0");
    let with_old = [expected(2, 4), vec![("old".to_owned(), 1)]].concat();
    assert_eq!(warnings(&done), with_old);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_and_columns_may_have_zones_of_their_own() {
    let zones = "time_zone = \"UTC\"\n[source.time_zones]\nvisit = \"Europe/Berlin\"\n\"legacy.visit.opened\" = \"America/New_York\"";
    let (database, done) = visits(zones, "v.at, v.day, v.opened").await;
    let done = done.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    assert_eq!(other(&database, "Europe/Berlin", &["at", "day"]).await, "0");
    assert_eq!(other(&database, "America/New_York", &["opened"]).await, "0");
    // Through a subquery with other names, a union, a join.
    let nested =
        "x.a as at from (select w.id as i, w.opened as a from source.visit w) x join source.visit v on x.i = v.id -- ";
    let (database, done) = visits(zones, nested).await;
    done.unwrap();
    let wrong = "select count(*)::text from legacy.visit l join fresh.visits f on f.old = l.id
        where f.at is distinct from l.opened at time zone 'America/New_York'";
    assert_eq!(database.text(wrong).await, "0");
    let (_, mixed) = visits(zones, "coalesce(v.at, v.opened) as at").await;
    assert!(mixed.err().unwrap().message().contains("clocks of several zones"));
    for (name, told) in [("vist", "did you mean"), ("visit.opend", "did you mean 'visit.opened'"), ("visit.x.y", "")] {
        let zones = format!("[source.time_zones]\n\"{name}\" = \"UTC\"");
        let (_, done) = visits(&zones, "v.at at time zone 'UTC' as at").await;
        let error = done.err().unwrap();
        assert!(error.kind().exit_code() == 2 && format!("{error:?}").contains(told), "{name}: {error:?}");
    }
    let (_, done) = visits("time_zone = \"Europe/Berlim\"", "v.at").await;
    assert!(done.err().unwrap().message().contains("Europe/Berlim"));
}

/// Instants go into columns of clock times only with a zone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instant_is_no_clock_time() {
    let database = Database::with(VISITS).await;
    let flow = |columns: &str| {
        format!("{HEADER}select v.id as _key, migrate() as _outcome, v.id as old, {columns} from source.visit v")
    };
    for column in ["seen", "seen_on", "seen_at"] {
        let refused = flow(&format!("v.seen as {column}"));
        let error = migrate_with(&database, "time_zone = \"UTC\"", &[("clocks", &refused)]).await.err().unwrap();
        assert!(error.kind().exit_code() == 2 && error.message().contains("is an instant"), "{column}: {error:?}");
    }
    let said = flow(
        "v.seen at time zone 'Europe/Berlin' as seen, (v.seen at time zone 'Europe/Berlin')::date as seen_on,
        (v.seen at time zone 'Europe/Berlin')::time as seen_at",
    );
    let done = migrate_with(&database, "", &[("clocks", &said)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    database.run("set time zone 'Europe/Berlin'").await;
    let wrong = "select count(*)::text from legacy.visit l full join fresh.clocks f on f.old = l.id
        where f.id is null or (f.seen, f.seen_on, f.seen_at) is distinct from (l.seen::timestamp, l.seen::date, l.seen::time)";
    assert_eq!(database.text(wrong).await, "0");
}
