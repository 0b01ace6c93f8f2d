//! Owns the proof that the tables rehome keeps in a target may be there in whatever shape: mappings made by the business,
//! by us, or by nobody; a ledger that is missing in part, or empty. Must not know: how rows get into the target.

use crate::cluster::Database;
use crate::support::{migrate, migrate_as};

pub const DDL: &str = "
    create schema legacy;
    create table legacy.person (id integer primary key, email text);
    insert into legacy.person select i, 'p' || i from generate_series(1, 50) i;
    create schema fresh;
    create table fresh.logins (id uuid primary key, email text);
    create table fresh.people (id uuid primary key references fresh.logins, legacy_id integer unique, email text);";

/// Two flows of one entity: the second finds the mappings of the first.
pub const FLOWS: [(&str, &str); 2] = [
    (
        "logins",
        "/*---\nsource = \"person\"\nentity = \"person\"\n---*/\n
         select p.id as _key, migrate() as _outcome, p.email from source.person p",
    ),
    (
        "people",
        "/*---\nsource = \"person\"\nentity = \"person\"\n---*/\n
         select p.id as _key, migrate() as _outcome, p.id as legacy_id, p.email
         from source.person p left join migrated.logins l on l._key = p.id",
    ),
];

async fn migrates(before: &str) {
    let database = Database::with(&format!("{DDL}{before}")).await;
    let done = migrate(&database, &FLOWS).await.unwrap_or_else(|error| panic!("{error} after {before}"));
    assert!(done.failures.is_empty() && done.report.verified, "{:?} after {before}", done.failures);
    let found = database
        .text(
            "select count(*) || ' ' || count(distinct m.entity_uuid::text) || ' ' || (select count(*) from rehome.quarantine)
             from fresh.people p join public.migration_mappings m on m.entity_uuid::text = p.id::text
                                                                 and m.legacy_id::text = p.legacy_id::text",
        )
        .await;
    assert_eq!(found, "50 50 0", "after {before}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mappings_of_any_shape_take_two_flows_of_one_entity() {
    for mappings in [
        "",
        "create table public.migration_mappings (entity_type text not null, legacy_id bigint not null,
           entity_uuid uuid not null, primary key (entity_type, legacy_id))",
        "create table public.migration_mappings (number bigint generated always as identity primary key,
           entity_type text not null, legacy_id bigint not null, entity_uuid uuid not null,
           made_at timestamptz not null default now(), twice bigint generated always as (legacy_id * 2) stored not null,
           unique (entity_type, legacy_id))",
        "create table public.migration_mappings (entity_type text not null, legacy_id text not null,
           entity_uuid text not null, unique (entity_type, legacy_id))",
        "create type public.sort as enum ('other', 'person');
         create table public.migration_mappings (entity_type public.sort not null, legacy_id numeric not null,
           entity_uuid uuid not null, primary key (entity_type, legacy_id))",
        "create domain public.word as varchar(100) check (value <> '');
         create table public.migration_mappings (entity_type public.word not null, legacy_id integer not null,
           entity_uuid uuid not null, legacy_key varchar(80), primary key (entity_type, legacy_id));
         alter table public.migration_mappings enable row level security",
    ] {
        migrates(mappings).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_lacks_a_part_is_made_whole() {
    for less in [
        "truncate rehome.epoch",
        "drop table rehome.saved_ddl",
        "drop table rehome.epoch, rehome.flows",
        "drop table rehome.existing",
        "alter table rehome.epoch drop column target_id",
        "alter table rehome.quarantine drop column cause_flow, drop column cause_key",
    ] {
        let database = Database::with(DDL).await;
        migrate(&database, &FLOWS).await.unwrap_or_else(|error| panic!("{error}"));
        let empty = "truncate fresh.people, fresh.logins, public.migration_mappings, rehome.runs cascade";
        database.run(&format!("{empty}; truncate rehome.quarantine; {less}")).await;
        let done = migrate(&database, &FLOWS).await.unwrap_or_else(|error| panic!("{error} after {less}"));
        assert!(done.failures.is_empty() && done.report.verified, "{:?} after {less}", done.failures);
        assert_eq!(database.text("select count(*)::text from fresh.people").await, "50", "after {less}");
    }
}

/// A role that may use the mappings table, and owns nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mappings_of_another_owner_under_row_level_security() {
    for (columns, works) in [(", legacy_key text, run_id uuid", true), ("", false)] {
        let database = Database::with(DDL).await;
        let role = format!("porter_{}", database.text("select current_database()").await);
        database
            .run(&format!(
                "create role {role} login password 'sesame' bypassrls; create role {role}_owner;
                 create table public.migration_mappings (entity_type text not null, legacy_id bigint not null,
                   entity_uuid uuid not null{columns}, primary key (entity_type, legacy_id));
                 alter table public.migration_mappings enable row level security;
                 alter table public.migration_mappings owner to {role}_owner;
                 grant select, insert, delete on public.migration_mappings to {role};
                 grant usage on schema fresh to {role}; grant select, insert on all tables in schema fresh to {role};
                 do $$ begin execute format('grant create on database %I to {role}', current_database()); end $$;"
            ))
            .await;
        match (migrate_as(&database, &role, &FLOWS).await, works) {
            (Ok(done), true) => assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures),
            (Err(error), false) => {
                assert!(error.hint_text().is_some_and(|hint| hint.contains("run_id uuid and legacy_key")), "{error}");
            }
            (Ok(_), false) => panic!("columns were added to another's table"),
            (Err(error), true) => panic!("{error}"),
        }
    }
}
