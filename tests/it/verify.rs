//! Owns the proof that reading a target back finds what is not as it shall be, and nothing else: single changes over all types of
//! columns, in rows, mappings, quarantine, ledger and structure, each found and named; and no false alarm.
//! Must not know: how anything is compared.

mod changes;
mod scene;
mod stored;
mod summed;
mod told;

use rehome::run::{self, Back};
use rehome::server::Address;

use crate::again::{self, Bench, CHANGES, NOTES, PEOPLE, sound};
use crate::cluster::Database;
use crate::support::Home;
use crate::target_keys::{FLOWS, KEYS};

/// A chain of runs: each is verified after the next, as far as that allows, and each again when what came after it is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn no_false_alarm_along_a_chain_of_runs() {
    let flows = [("people", PEOPLE), ("notes", NOTES)];
    let bench = Bench::migrated(&flows).await;
    let first = bench.home.verify(bench.database.address()).await.unwrap();
    assert!(first.clean, "{:#?}", first.found);
    bench.database.run(CHANGES).await;
    sound(&bench.run(&flows).await);
    let second = bench.home.verify(bench.database.address()).await.unwrap();
    assert!(second.clean && second.run != first.run, "{:#?}", second.found);
    let before = bench.home.verify_run(bench.database.address(), &first.run.to_string()).await.unwrap();
    assert!(before.clean, "{:#?}", before.found);
    assert_eq!(before.superseded_by, [second.run]);
    assert!(before.found.flows.iter().all(|flow| flow.superseded > 0), "{:#?}", before.found);
    // What others changed, and a later run wanted to: left to them, told, and no failure; what they change besides is one.
    bench.database.run("update fresh.people set email = 'theirs' where legacy_id = 20").await;
    bench.database.run("update legacy.person set email = 'ours' where id = 20").await;
    sound(&bench.run(&flows).await);
    let third = bench.home.verify(bench.database.address()).await.unwrap();
    let people = third.found.flows.iter().find(|flow| flow.flow == "people").unwrap();
    assert!(third.clean && people.conflicts.different == 1, "{:#?}", third.found);
    assert_eq!(people.conflicts.examples[0].key.as_deref(), Some("20"));
    bench.database.run("update fresh.people set score = 1 where legacy_id = 21").await;
    let told = bench.home.verify(bench.database.address()).await.unwrap();
    let people = told.found.flows.iter().find(|flow| flow.flow == "people").unwrap();
    assert!(!told.clean && people.rows.examples[0].columns == ["score"], "{:#?}", told.found);
    bench.database.run("update fresh.people set score = 21 * 1.25 where legacy_id = 21").await;
    for _ in 0..2 {
        run::rollback(&bench.database.address(), &Back::Newest, false, &bench.home.setting()).await.unwrap();
    }
    let error = bench.home.verify(bench.database.address()).await.unwrap_err();
    assert!(error.message().contains("was taken back"), "{error}");
    let back = bench.home.verify_run(bench.database.address(), &first.run.to_string()).await.unwrap();
    let people = back.found.flows.iter().find(|flow| flow.flow == "people").unwrap();
    assert_eq!((people.rows.different, people.rows.wrong()), (1, 1), "{:#?}", back.found);
    assert_eq!(people.rows.examples[0].key.as_deref(), Some("20"));
}

/// Keys of every sort, in a first load and in a later run; as a role that may only read; over an epoch that nobody used.
#[tokio::test(flavor = "multi_thread")]
async fn no_false_alarm_over_keys_of_every_sort() {
    let (database, home) = (Database::with(KEYS).await, Home::new());
    let role = format!("reader_{}", database.text("select current_database()").await);
    for change in [
        "",
        "update legacy.visit set at = at + interval '1 day' where no % 100 = 2;
         delete from legacy.visit where no % 70 = 3; delete from legacy.tag where slug = 't-5';
         update legacy.firm set name = 'firm eight' where name = 'firm 8'; update rehome.epoch set epoch = epoch + 1",
    ] {
        database.run(change).await;
        let done = home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
        let found = home.verify(database.address()).await.unwrap();
        assert!(found.clean, "{:#?}", found.found);
    }
    database
        .run(&format!(
            "create role {role} login password 'sesame';
             grant usage on schema fresh, rehome to {role};
             grant select on all tables in schema fresh, rehome, public to {role}"
        ))
        .await;
    let (scheme, rest) = database.url.split_once("://").unwrap();
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    let reader = Address::parse(&format!("{scheme}://{role}:sesame@{place}")).unwrap();
    let found = home.verify(reader.clone()).await.unwrap();
    assert!(found.clean, "{:#?}", found.found);
    assert!(found.found.unknown.iter().all(|what| what.contains("sequence")), "{:?}", found.found.unknown);
    database.run(&format!("revoke select on rehome.quarantine from {role}")).await;
    let error = home.verify(reader).await.unwrap_err();
    assert_eq!(error.kind(), rehome::error::Kind::Privilege, "{error}");
    assert!(error.hint_text().unwrap().contains("grant usage"), "{error:?}");
}

/// A mapping that is moved or gone is found in every form that the mappings table may have.
#[tokio::test(flavor = "multi_thread")]
async fn mappings_of_any_shape() {
    for (mappings, key) in [
        ("", "legacy_id = 7"),
        (
            "create table public.migration_mappings (number bigint generated always as identity primary key,
               entity_type text not null, legacy_id bigint not null, entity_uuid uuid not null,
               made_at timestamptz not null default now(), unique (entity_type, legacy_id))",
            "legacy_id = 7",
        ),
        (
            "create table public.migration_mappings (entity_type text not null, legacy_id text not null, entity_uuid text not null)",
            "legacy_id = '7'",
        ),
        (
            "create type public.sort as enum ('other', 'person');
             create table public.migration_mappings (entity_type public.sort not null, legacy_id numeric(12,2) not null,
               entity_uuid uuid not null, primary key (entity_type, legacy_id))",
            "legacy_id = 7",
        ),
    ] {
        let database = Database::with(&format!("{}{mappings}", crate::own_tables::DDL)).await;
        let home = Home::new();
        home.migrate(&database, database.address(), "", &crate::own_tables::FLOWS).await.unwrap();
        let check = async |sql: &str| {
            database.run(sql).await;
            let found = home.verify(database.address()).await.unwrap().found;
            let flow =
                found.flows.iter().find(|flow| flow.mappings.as_ref().is_some_and(|part| part.wrong() > 0)).cloned();
            flow.map(|flow| flow.mappings.unwrap())
        };
        assert_eq!(check("").await, None, "{mappings}");
        let uuid = "'00000000-0000-4000-8000-000000000007'";
        let moved = format!("update public.migration_mappings set entity_uuid = {uuid} where {key}");
        let found = check(&moved).await.unwrap();
        assert_eq!((found.different, found.wrong()), (1, 1), "{mappings}");
        let example = &found.examples[0];
        assert_eq!((example.key.as_deref(), &example.columns), (Some("7"), &vec!["entity_uuid".to_owned()]));
        let found = check(&format!("delete from public.migration_mappings where {key}")).await.unwrap();
        assert_eq!((found.missing, found.wrong(), found.examples[0].key.as_deref()), (1, 1, Some("7")), "{mappings}");
        if mappings.contains("legacy_id text") {
            let doubled =
                "insert into public.migration_mappings select * from public.migration_mappings where legacy_id = '8'";
            let found = check(doubled).await.unwrap();
            assert_eq!((found.doubled, found.missing, found.wrong()), (1, 1, 2));
        }
    }
}

/// Rows that were there before, and are known by their mappings, are asked for too; a table that held others' rows is theirs too.
#[tokio::test(flavor = "multi_thread")]
async fn adopted_rows_and_rows_of_others() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.person (id integer primary key, name text);
         insert into legacy.person select i, 'p' || i from generate_series(1, 30) i;
         create table fresh.people (id uuid primary key, name text);
         create table fresh.migration_mappings (entity_type text not null, legacy_id bigint not null, entity_uuid uuid not null,
           primary key (entity_type, legacy_id));
         insert into fresh.people select md5('own' || i)::uuid, 'own ' || i from generate_series(1, 5) i;
         insert into fresh.migration_mappings select 'person', i, md5('own' || i)::uuid from generate_series(1, 3) i;",
    )
    .await;
    let flow = "/*---\nsource = \"person\"\nentity = \"person\"\n---*/
        select p.id as _key, migrate() as _outcome, p.name from source.person p";
    let (home, settings) = (Home::new(), "[mappings]\ntable = \"fresh.migration_mappings\"");
    let done = home.migrate(&database, database.address(), settings, &[("people", flow)]).await.unwrap();
    assert_eq!((done.report.flows[0].adopted, done.report.flows[0].migrated), (3, 27));
    let rows = async |sql: &str| {
        database.run(sql).await;
        home.verify(database.address()).await.unwrap().found.flows[0].clone()
    };
    let found = rows("").await;
    assert!(found.clean(), "{found:#?}");
    assert_eq!((found.rows.same, found.mappings.as_ref().unwrap().same), (30, 30));
    let found = rows("insert into fresh.people values (gen_random_uuid(), 'of the new application')").await;
    assert!(found.clean(), "{found:#?}");
    let found = rows("delete from fresh.people where name = 'own 2'").await;
    assert_eq!((found.rows.missing, found.rows.wrong()), (1, 1), "{found:#?}");
    assert_eq!(found.rows.examples[0].key.as_deref(), Some("2"));
    let found = rows("update fresh.migration_mappings set entity_uuid = md5('x')::uuid where legacy_id = 3").await;
    assert_eq!(found.mappings.as_ref().unwrap().examples[0].columns, ["entity_uuid"], "{found:#?}");
}

/// A share of the rows: the same seed finds the same, and all shares together find everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_a_share_of_the_rows() {
    let bench = Bench::migrated(&[("people", PEOPLE), ("notes", NOTES)]).await;
    let sampled = async |share: f64, seed: u64, flows: &[&str]| {
        let sample = run::Sample { rows: run::SampledRows::Share(share), seed };
        let asked = run::VerifyAsked {
            run: "latest".to_owned(),
            target: bench.database.address(),
            flows: flows.iter().map(ToString::to_string).collect(),
            sample: Some(sample),
        };
        run::verify(&asked, &bench.home.setting()).await.unwrap().found
    };
    let all: u64 =
        bench.home.verify(bench.database.address()).await.unwrap().found.flows.iter().map(|flow| flow.rows.same).sum();
    let tenth = sampled(0.1, 1, &[]).await;
    assert_eq!(tenth, sampled(0.1, 1, &[]).await);
    let rows: u64 = tenth.flows.iter().map(|flow| flow.rows.same).sum();
    assert!(rows > all / 20 && rows < all / 5, "{rows} of {all}");
    bench.database.run("update fresh.notes set body = 'other' where legacy_id % 7 = 0").await;
    let (tenth, whole) = (sampled(0.1, 2, &["notes"]).await, sampled(1.0, 2, &["notes"]).await);
    let different = |found: &rehome::verify::Verification| found.flows[0].rows.different;
    assert!(different(&tenth) > 5 && different(&tenth) < different(&whole) / 4, "{tenth:#?}");
    assert_eq!((whole.flows.len(), whole.sample.unwrap().share), (1, 1.0));
    let _ = again::DDL;
}
