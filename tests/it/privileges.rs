//! Owns the proof that a run needs no more than it must, and names what it lacks as the statement that grants it: a source that
//! may only be read, a target's role as Supabase gives it. PostgreSQL is the judge. Must not know: which statement needs what.

use std::process::Command;
use std::time::Duration;

use crate::cluster::Database;
use crate::program::{self, Program, hint, told};

const DDL: &str = "
    create schema legacy; create schema auth;
    create table legacy.person (id integer primary key, name text, boss integer);
    create table legacy.note (id integer primary key, person_id integer, body text);
    create table legacy.tag (id integer primary key, label text);
    alter table legacy.person enable row level security;
    insert into legacy.person select i, 'person ' || i, case when i > 1 then i / 2 end from generate_series(1, 60) i;
    insert into legacy.note select i, 1 + i % 60, 'note ' || i from generate_series(1, 200) i;
    insert into legacy.tag select i, 'tag ' || i from generate_series(1, 5) i;
    create table auth.users (id uuid primary key, email text not null unique);
    create function auth.seen() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger seen before insert on auth.users for each row execute function auth.seen();";

const TABLES: &str = "
    create table fresh.people (
        id uuid primary key references auth.users (id), legacy_id bigint not null unique, name text not null, boss_id uuid references fresh.people (id));
    create table fresh.notes (
        id uuid primary key, legacy_id bigint not null unique, person_id uuid references fresh.people (id), body text,
        gone boolean not null default false);
    create table fresh.tags (id bigserial primary key, label text not null unique);
    alter table fresh.people enable row level security;
    alter table fresh.notes enable row level security;";

const USERS: &str = "/*--- source = \"person\"
target = \"auth.users\"
entity = \"person\"
on_gone = \"delete\" ---*/
select id as _key, migrate() as _outcome, id || '@test.invalid' as email from source.person";

const PEOPLE: &str = "/*--- source = \"person\"
entity = \"person\"
on_gone = \"delete\" ---*/
select id as _key, case when name is null then reject('no_name') else migrate() end as _outcome, id as legacy_id, name,
       legacy_uuid('person', boss) as boss_id
from source.person";

const NOTES: &str = "/*--- source = \"note\"
entity = \"note\"
on_gone = \"mark\"
mark = \"gone\" ---*/
select id as _key, migrate() as _outcome, id as legacy_id, legacy_uuid('person', person_id) as person_id, body from source.note";

const TAGS: &str = "/*--- source = \"tag\"
entity = \"tag\"
id = \"server\" ---*/
select id as _key, migrate() as _outcome, label from source.tag";

const FLOWS: [(&str, &str); 4] = [("users", USERS), ("people", PEOPLE), ("notes", NOTES), ("tags", TAGS)];

const CHANGES: &str = "
    update legacy.person set name = 'changed' where id in (3, 5);
    update legacy.person set name = null where id = 60;
    delete from legacy.note where person_id in (58, 59);
    delete from legacy.person where id = 59;
    update legacy.note set body = 'other' where id = 7;
    insert into legacy.person values (61, 'new', 2);
    insert into legacy.tag values (6, 'tag 6');";

const HELD: &str = "select md5(string_agg(line, ' ' order by line)) from (
    select (to_jsonb(t))::text as line from fresh.people t union all select (to_jsonb(t))::text from fresh.notes t
    union all select label from fresh.tags union all select email from auth.users) held";

/// A database with a role that reads the schema legacy, and one that moves rows into the schemas fresh and auth.
struct Roles {
    database: Database,
    reader: String,
    mover: String,
    source: String,
    target: String,
}

impl Roles {
    async fn new() -> Self {
        let database = Database::with(DDL).await;
        let name = database.text("select current_database()::text").await;
        let (reader, mover) = (format!("reader_{name}"), format!("mover_{name}"));
        let url = |role: &str| database.url.replace("//postgres@", &format!("//{role}@"));
        let (source, target) = (url(&reader), url(&mover));
        let roles = Self { database, reader, mover, source, target };
        roles
            .run(
                "create role {reader} login bypassrls; create role {mover} login nosuperuser createrole bypassrls;
                 revoke all on database {database} from public; grant connect, temporary on database {database} to {reader};
                 grant connect, temporary, create on database {database} to {mover};
                 grant usage on schema legacy to {reader}; grant select on all tables in schema legacy to {reader};
                 grant usage on schema auth to {mover}; grant all on auth.users to {mover};",
            )
            .await;
        roles
    }

    fn fill(&self, sql: &str) -> String {
        let name = self.database.url.rsplit('/').next().unwrap();
        sql.replace("{reader}", &self.reader).replace("{mover}", &self.mover).replace("{database}", name)
    }

    async fn run(&self, sql: &str) {
        self.database.run(&self.fill(sql)).await;
    }

    async fn works(&self, command: Command) {
        let asked = format!("{command:?}");
        let output = program::ends(command).await;
        assert!(output.status.success(), "{asked}: {}", told(&output));
    }

    /// Without this privilege the command ends with 5 and names the statement that grants it; with it, it gets further.
    async fn wants(&self, revoke: &str, grant: &str, command: impl Fn() -> Command) {
        self.run(revoke).await;
        let output = program::ends(command()).await;
        assert_eq!(output.status.code(), Some(5), "after {revoke}: {}", told(&output));
        let hint = hint(&output);
        let statements = hint.split_once("run: ").map_or("", |(_, statements)| statements);
        let statements = statements.split_once(" (").map_or(statements, |(statements, _)| statements);
        assert_eq!(statements, self.fill(grant), "after {revoke}: {}", told(&output));
        self.run(statements).await;
        self.works(command()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_as_supabase_gives_it_does_everything() {
    let roles = Roles::new().await;
    roles.run(&format!("create schema fresh authorization {{mover}}; set role {{mover}}; {TABLES}; reset role")).await;
    let work = Program::over(&FLOWS);
    let run = || work.run(&roles.source, &roles.target, &[]);
    let plan = || {
        let mut command = work.command("plan");
        command.args(["--source", &roles.source, "--target", &roles.target]);
        command
    };
    roles.works(plan()).await;
    roles.works(run()).await;
    let first = roles.database.text(HELD).await;
    roles.run(CHANGES).await;
    roles.works(plan()).await;
    roles.works(run()).await;
    assert_ne!(roles.database.text(HELD).await, first);
    let mut rollback = work.command("rollback");
    rollback.args(["--target", &roles.target]);
    roles.works(rollback).await;
    assert_eq!(roles.database.text(HELD).await, first);
    // Again and again, until it is told to stop.
    let mut command = work.command("run");
    command.args(["--every", "1h", "--source", &roles.source, "--target", &roles.target]);
    let child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    for _ in 0..300 {
        if roles.database.text("select count(*)::text from rehome.runs where state = 'done'").await == "2" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // SAFETY: a signal to a process of our own that nobody has waited for yet.
    assert_eq!(unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), libc::SIGTERM) }, 0);
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert_ne!(roles.database.text(HELD).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_lacks_is_named_as_the_statement_that_grants_it() {
    let roles = Roles::new().await;
    roles
        .run(&format!(
            "create schema fresh; {TABLES};
             create table fresh.migration_mappings (
                 entity_type text not null, legacy_id bigint, legacy_key text, entity_uuid uuid, entity_id text, run_id uuid);
             grant usage on schema fresh to {{mover}}; grant all on all tables in schema fresh to {{mover}};
             grant all on all sequences in schema fresh to {{mover}}"
        ))
        .await;
    let work = Program::over(&FLOWS);
    let run = || work.run(&roles.source, &roles.target, &["--retry-for", "0s"]);
    let plan = || {
        let mut command = work.command("plan");
        command.args(["--source", &roles.source, "--target", &roles.target]);
        command
    };
    let rollback = || {
        let mut command = work.command("rollback");
        command.args(["--target", &roles.target]);
        command
    };
    // Of the source.
    let [legacy, person] = ["grant usage on schema legacy to {reader}", "grant select on legacy.person to {reader}"];
    roles.wants("revoke usage on schema legacy from {reader}", legacy, plan).await;
    roles.wants("revoke select on legacy.person from {reader}", person, plan).await;
    roles.wants("alter role {reader} nobypassrls", "alter role {reader} bypassrls", plan).await;
    // Of the target, for a plan and for a first load.
    roles
        .wants(
            "revoke connect on database {database} from {mover}",
            "grant connect on database \"{database}\" to \"{mover}\"",
            plan,
        )
        .await;
    roles
        .wants(
            "revoke select on fresh.migration_mappings from {mover}",
            "grant select on fresh.migration_mappings to {mover}",
            plan,
        )
        .await;
    for (revoke, grant) in [
        ("revoke create on database {database} from {mover}", "grant create on database {database} to {mover}"),
        ("revoke usage on schema fresh from {mover}", "grant usage on schema fresh to {mover}"),
        ("revoke insert on fresh.people from {mover}", "grant insert on fresh.people to {mover}"),
        ("revoke select on fresh.people from {mover}", "grant select on fresh.people to {mover}"),
        (
            "revoke insert on fresh.migration_mappings from {mover}",
            "grant insert on fresh.migration_mappings to {mover}",
        ),
        (
            "revoke all on sequence fresh.tags_id_seq from {mover}",
            "grant usage, select, update on sequence fresh.tags_id_seq to {mover}",
        ),
        ("alter role {mover} nobypassrls", "alter role {mover} bypassrls"),
    ] {
        if !roles.database.text("select coalesce(to_regclass('rehome.runs')::text, '')").await.is_empty() {
            roles.works(rollback()).await;
            if revoke.contains("on database") {
                roles.run("drop schema rehome cascade").await;
            }
        }
        roles.wants(revoke, grant, run).await;
    }
    // For differences, and for taking them back.
    roles.run(CHANGES).await;
    roles.wants("revoke update on fresh.people from {mover}", "grant update on fresh.people to {mover}", run).await;
    roles
        .wants("revoke delete on fresh.people from {mover}", "grant delete on fresh.people to {mover}", rollback)
        .await;
    roles.wants("revoke delete on fresh.people from {mover}", "grant delete on fresh.people to {mover}", run).await;
    roles
        .wants("revoke update on fresh.people from {mover}", "grant update on fresh.people to {mover}", rollback)
        .await;
}

/// Who owns a table may drop its indexes; who may make some in its schema is another question, since PostgreSQL 15 also in `public`.
#[tokio::test(flavor = "multi_thread")]
async fn indexes_that_a_role_may_drop_but_not_make_stay() {
    let roles = Roles::new().await;
    roles
        .run(
            "insert into legacy.tag select i, 'tag ' || i from generate_series(6, 25000) i;
             create schema fresh; create schema cold;
             create table fresh.things (id uuid primary key, legacy_id bigint not null unique, label text not null);
             create index things_label on fresh.things (label);
             create table fresh.migration_mappings (
                 entity_type text not null, legacy_id bigint, entity_uuid uuid, primary key (entity_type, legacy_id));
             create table fresh.parts (id uuid not null, legacy_id bigint not null, label text, unique (legacy_id)) partition by range (legacy_id);
             create table fresh.few partition of fresh.parts for values from (0) to (1000);
             create table cold.many partition of fresh.parts for values from (1000) to (100000);
             create index parts_label on fresh.parts (label);
             alter table fresh.things owner to {mover}; alter table fresh.migration_mappings owner to {mover};
             alter table fresh.parts owner to {mover}; alter table fresh.few owner to {mover}; alter table cold.many owner to {mover};
             grant usage on schema fresh, cold to {mover}",
        )
        .await;
    let flow = |target: &str| {
        format!(
            "/*--- source = \"tag\"\ntarget = \"{target}\"\nentity = \"{target}\" ---*/
             select id as _key, migrate() as _outcome, id as legacy_id, label from source.tag"
        )
    };
    let (things, parts) = (flow("things"), flow("parts"));
    let work = Program::over(&[("things", &things), ("parts", &parts)]);
    let indexes = "select string_agg(indexrelid || ' ' || pg_get_indexdef(indexrelid), E'\\n' order by indexrelid)
                   from pg_index where indrelid::regclass::text ~ '^(fresh|cold)[.]'";
    let before = roles.database.text(indexes).await;
    roles.works(work.run(&roles.source, &roles.target, &[])).await;
    assert_eq!(roles.database.text(indexes).await, before);
    let mut doctor = work.command("doctor");
    doctor.args(["--target", &roles.target]);
    let found = program::ends(doctor).await;
    let found = String::from_utf8_lossy(&found.stdout).replace('\\', "");
    let grant = roles.fill("grant create on schema \"cold\", \"fresh\" to \"{mover}\"");
    assert!(found.contains(&grant), "{grant}: {found}");
    let mut rollback = work.command("rollback");
    rollback.args(["--target", &roles.target]);
    roles.works(rollback).await;
    // With the schema of the table, but not of each partition.
    roles.run("grant create on schema fresh to {mover}").await;
    roles.works(work.run(&roles.source, &roles.target, &[])).await;
    let after = roles.database.text(indexes).await;
    let of_parts = |text: &str| {
        text.lines()
            .filter(|line| line.contains("parts") || line.contains("many"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(of_parts(&after), of_parts(&before));
    assert_ne!(after, before, "the others were away");
    // One that is made of what the role may not use.
    let mut rollback = work.command("rollback");
    rollback.args(["--target", &roles.target]);
    roles.works(rollback).await;
    roles
        .run(
            "create schema hidden;
             create operator class hidden.plain for type text using btree as
                 operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 bttextcmp(text, text);
             create index things_plain on fresh.things (label hidden.plain)",
        )
        .await;
    let before = roles.database.text(indexes).await;
    roles.works(work.run(&roles.source, &roles.target, &[])).await;
    let of_things =
        |text: &str| text.lines().filter(|line| line.contains("things")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of_things(&roles.database.text(indexes).await), of_things(&before));
}
