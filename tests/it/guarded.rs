//! Owns loads into tables from which not everybody may remove rows: those whose changes are published to others, as Supabase's Realtime has
//! it, of which PostgreSQL changes no row while their key is away, those that only grow, and those with rules. The same tables without all that are the judge.
//! Must not know: how rows are taken out.

use std::process::Command;

use crate::cluster::Database;
use crate::program::{self, Program, told};

const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.person (id integer primary key, name text);
    create table legacy.note (id integer primary key, person_id integer, code integer, body text);
    insert into legacy.person select i, case when i % 5000 <> 0 then 'person ' || i end from generate_series(1, 25000) i;
    insert into legacy.note select i, case when i % 3000 = 0 then 90000 else 1 + i % 25000 end, i / 2 * 2 % 39990 + i % 2, 'note ' || i
        from generate_series(1, 40000) i;
    create table fresh.people (id uuid primary key, legacy_id bigint not null unique, name text not null);
    create table fresh.notes (
        id uuid primary key, legacy_id bigint not null unique, person_id uuid references fresh.people (id), code integer unique, body text);
    create index notes_body on fresh.notes (body);";

const PEOPLE: &str = "/*--- source = \"person\"
entity = \"person\"
on_gone = \"delete\" ---*/
select id as _key, migrate() as _outcome, id as legacy_id, name from source.person";

const NOTES: &str = "/*--- source = \"note\"
entity = \"note\"
on_gone = \"delete\" ---*/
select id as _key, migrate() as _outcome, id as legacy_id, legacy_uuid('person', person_id) as person_id, code, body from source.note";

const FLOWS: [(&str, &str); 2] = [("people", PEOPLE), ("notes", NOTES)];

const CHANGES: &str = "
    update legacy.note set body = 'other' where id % 1000 = 7;
    update legacy.person set name = 'other' where id % 1000 = 8;
    delete from legacy.note where id % 1000 = 9;
    insert into legacy.note select i, i - 40000, i, 'new' from generate_series(40001, 40020) i;";

const PARTITIONED: &str = "
    alter table fresh.notes rename to plain;
    create table fresh.notes (
        id uuid, legacy_id bigint not null, person_id uuid references fresh.people (id), code integer, body text,
        primary key (id, legacy_id), unique (legacy_id)) partition by range (legacy_id);
    create table fresh.notes_1 partition of fresh.notes for values from (0) to (10000);
    create table fresh.notes_2 partition of fresh.notes for values from (10000) to (1000000);
    drop table fresh.plain;";

/// Nothing tells the rows apart for who reads what is published.
const KEYLESS: &str = "alter table fresh.notes drop constraint notes_pkey, add unique (id), alter id set not null;";

const HELD: &str = "select md5(string_agg(line, ' ' order by line)) from (
    select to_jsonb(p)::text as line from fresh.people p union all select to_jsonb(n)::text from fresh.notes n
    union all select flow || ' ' || legacy_key || ' ' || reason from rehome.quarantine
    union all select entity_type || ' ' || coalesce(legacy_id::text, legacy_key) from fresh.migration_mappings) held";

/// A target, and what moves rows into it.
struct Move {
    database: Database,
    work: Program,
}

impl Move {
    async fn into(ddl: &str) -> Self {
        Self { database: Database::with(&format!("{DDL} {ddl}")).await, work: Program::over(&FLOWS) }
    }

    /// What the target holds after a run.
    async fn run(&self) -> String {
        self.works(self.work.run(&self.database.url, &self.database.url, &["--no-threshold"])).await
    }

    async fn works(&self, command: Command) -> String {
        let output = program::ends(command).await;
        assert!(output.status.success(), "{}", told(&output));
        self.database.text(HELD).await
    }

    /// After a first load, a difference, and after that was taken back.
    async fn all(&self) -> [String; 3] {
        let first = self.run().await;
        self.database.run(CHANGES).await;
        let second = self.run().await;
        let mut rollback = self.work.command("rollback");
        rollback.args(["--target", &self.database.url]);
        [first, second, self.works(rollback).await]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn published_tables_are_loaded_as_others() {
    let expected = Move::into("").await.all().await;
    assert_ne!(expected[0], expected[1]);
    assert_eq!(expected[0], expected[2]);
    for publication in ["for table fresh.people, fresh.notes", "for all tables"] {
        let published = Move::into(&format!("create publication realtime {publication};")).await;
        assert_eq!(published.all().await, expected, "{publication}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_are_partitioned_ones() {
    let expected = Move::into(PARTITIONED).await.all().await;
    for by in ["", "with (publish_via_partition_root = true)"] {
        let published =
            Move::into(&format!("{PARTITIONED} create publication realtime for table fresh.notes {by};")).await;
        assert_eq!(published.all().await, expected, "{by}");
    }
}

/// Rows of such a table cannot be removed: what it shall not hold must not come in.
#[tokio::test(flavor = "multi_thread")]
async fn a_published_table_without_a_key_is_loaded_row_by_row_where_it_must() {
    let expected = Move::into(KEYLESS).await.run().await;
    let published =
        Move::into(&format!("{KEYLESS} create publication realtime for table fresh.people, fresh.notes;")).await;
    assert_eq!(published.run().await, expected);
    // What PostgreSQL refuses to everybody is told.
    published.database.run(CHANGES).await;
    let url = &published.database.url;
    let output = program::ends(published.work.run(url, url, &["--no-threshold"])).await;
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(program::hint(&output).contains("REPLICA IDENTITY FULL"), "{}", told(&output));
    published.database.run("alter table fresh.notes replica identity full").await;
    published.run().await;
}

/// The trigger of a table that only grows, or that marks rows in place of removing them.
fn kept_by(what: &str) -> String {
    format!(
        "create function fresh.kept() returns trigger language plpgsql as $$ begin {what}; end $$;
         create trigger kept before delete or update on fresh.notes for each row execute function fresh.kept();
         alter table fresh.notes enable always trigger kept;"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_only_grow_are_loaded_as_others() {
    let expected = Move::into("").await.run().await;
    for what in ["raise exception 'rows of this table stay'", "return null"] {
        let grows = Move::into(&kept_by(what)).await;
        assert_eq!(grows.run().await, expected, "{what}");
        let enabled = grows.database.text("select tgenabled::text from pg_trigger where tgname = 'kept'").await;
        assert_eq!(enabled, "A", "{what}");
    }
    // Who stops the removal stops the run: nothing is tried past it, and the same command goes on.
    let stopped = Move::into(&kept_by("perform pg_cancel_backend(pg_backend_pid()); return old")).await;
    let url = &stopped.database.url;
    let output = program::ends(stopped.work.run(url, url, &["--no-threshold"])).await;
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    assert_eq!(stopped.database.text("select tgenabled::text from pg_trigger where tgname = 'kept'").await, "A");
    stopped.database.run("drop trigger kept on fresh.notes").await;
    assert_eq!(stopped.run().await, expected);
}

/// Rules are silent where triggers are. Where their tables shall do what they forbid, that is told.
#[tokio::test(flavor = "multi_thread")]
async fn so_are_those_with_rules() {
    let expected = Move::into("").await.all().await;
    let rules =
        "select string_agg(rulename || ev_enabled::text, ' ' order by rulename) from pg_rewrite where ev_type <> '1'
                   and ev_class = 'fresh.notes'::regclass";
    let also = Move::into(
        "create table fresh.log (what text);
         create rule one as on insert to fresh.notes do also insert into fresh.log values ('insert');
         create rule two as on update to fresh.notes do also insert into fresh.log values ('update');
         alter table fresh.notes enable always rule two;",
    )
    .await;
    assert_eq!(also.all().await, expected);
    assert_eq!(also.database.text(rules).await, "oneO twoA");
    let instead = Move::into("create rule kept as on delete to fresh.notes do instead nothing;").await;
    assert_eq!(instead.run().await, expected[0]);
    assert_eq!(instead.database.text(rules).await, "keptO");
    instead.database.run(CHANGES).await;
    let url = &instead.database.url;
    let output = program::ends(instead.work.run(url, url, &["--no-threshold"])).await;
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(program::hint(&output).contains("DISABLE RULE"), "{}", told(&output));
    instead.database.run("alter table fresh.notes disable rule kept").await;
    assert_eq!(instead.run().await, expected[1]);
}
