//! Owns small databases of other natures than the reference case: a catalogue without any key, and a Supabase project whose
//! triggers make rows. PostgreSQL says what is right, row by row. Must not know: how it is done.

use crate::cluster::Database;
use crate::support::{migrate, migrate_as};

/// No primary key anywhere: ids that are NULL or repeat, orphans, rows that are their own parents, three tables into one,
/// an exclusive arc, a join table with repeats, a natural key.
const CATALOGUE: &str = "
    create schema legacy; create schema fresh; create schema judge;
    create table legacy.work (id bigint, name text, parent_id bigint);
    insert into legacy.work select case when i % 50 = 7 then null when i % 37 = 5 then i - 1 else i end,
        case when i % 41 = 3 then '  ' when i % 43 = 2 then null else 'work ' || i end,
        case when i % 19 = 1 then i when i % 23 = 1 then -i when i % 3 = 0 then 1 + (i * 7) % 3000 end
    from generate_series(1, 3000) i order by (i * 7919) % 3001;
    create table legacy.plot_long (work_id bigint, body text);
    create table legacy.plot_short (work_id bigint, body text);
    create table legacy.plot_note (work_id bigint, body text);
    insert into legacy.plot_long select i, 'long ' || i from generate_series(1, 700) i;
    insert into legacy.plot_short select i * 2, 'short ' || i from generate_series(1, 1600) i;
    insert into legacy.plot_note select case when i % 9 = 0 then null else i end, 'note' from generate_series(1, 90) i;
    create table legacy.work_country (work_id bigint, country varchar(5));
    insert into legacy.work_country select 1 + i % 3100, (array['de', 'fr', 'us'])[1 + i % 3] from generate_series(1, 4000) i;
    create table legacy.person (id bigint, name text);
    insert into legacy.person select i, 'p' || i from generate_series(1, 20) i;
    create table legacy.credit (work_id bigint, person_id bigint, company text);
    insert into legacy.credit select 1 + i % 60, case when i % 3 > 0 then 1 + i % 22 end, case when i % 4 > 1 then 'c' || i end
    from generate_series(1, 200) i;
    create table legacy.language (code char(4), name text);
    insert into legacy.language values ('de', 'German'), ('fr', 'French'), ('x-y ', 'other'), ('de', 'again'), (null, 'none');

    create table fresh.works (id uuid primary key, old bigint not null unique, name text not null check (btrim(name) <> ''),
        parent_id uuid references fresh.works, check (parent_id <> id));
    create table fresh.plots (id uuid primary key, work_id uuid not null references fresh.works, sort text, body text);
    create table fresh.work_countries (work_id uuid not null references fresh.works, country char(2) not null,
        primary key (work_id, country));
    create table fresh.people (id uuid primary key, name text);
    create table fresh.credits (id uuid primary key, work_id uuid not null references fresh.works,
        person_id uuid references fresh.people, company text, check (num_nonnulls(person_id, company) = 1));
    create table fresh.languages (code varchar(4) primary key, name text);
    create table fresh.copies (id bigint primary key, name text);

    create table judge.work as select ctid::text as row, id, case when id is null then 'null_key'
        when row_number() over (partition by id order by ctid) > 1 then 'duplicate_key'
        when btrim(coalesce(name, '')) = '' then 'no_name' when parent_id = id then 'own_parent'
        when parent_id is not null and not exists (select from legacy.work p where p.id = w.parent_id) then 'no_parent' end as reason
    from legacy.work w;
    -- A parent that fell out takes its children along, to the end.
    do $$ declare n bigint; begin loop
        update judge.work j set reason = 'foreign_key:works_parent_id_fkey'
        from legacy.work w where w.ctid::text = j.row and j.reason is null and w.parent_id is not null
          and not exists (select from judge.work p where p.id = w.parent_id and p.reason is null);
        get diagnostics n = row_count; exit when n = 0; end loop; end $$;
    create table judge.here as select id from judge.work where reason is null;";

const WORKS: &str = "/*---
source = \"work\"
key = \"ctid\"
entity = \"work\"
entity_key = \"id\"
---*/
with numbered as (select t.*, row_number() over (partition by t.id order by t.ctid) as n from source.work t)
select t.ctid as _key,
       case when t.id is null then reject('null_key') when t.n > 1 then reject('duplicate_key')
            when trim(coalesce(t.name, '')) = '' then reject('no_name') when t.parent_id = t.id then reject('own_parent')
            when t.parent_id is not null and p.id is null then reject('no_parent') else migrate() end as _outcome,
       t.id as old, t.name, legacy_uuid('work', t.parent_id) as parent_id
from numbered t left join (select distinct id from source.work) p on p.id = t.parent_id";

fn plot(table: &str) -> String {
    format!(
        "/*---\nsource = \"{table}\"\nkey = \"ctid\"\ntarget = \"plots\"\n---*/\n
         select p.ctid as _key, case when w._key is null then reject('no_work') else migrate() end as _outcome,
                legacy_uuid('work', p.work_id) as work_id, '{table}' as sort, p.body
         from source.{table} p left join migrated.works w on w._key = p.work_id"
    )
}

const COUNTRIES: &str = "/*---
source = \"work_country\"
key = \"ctid\"
id = \"none\"
---*/
with numbered as (select c.*, row_number() over (partition by c.work_id, c.country order by c.ctid) as n from source.work_country c)
select c.ctid as _key, case when w._key is null then reject('no_work') when c.n > 1 then skip('duplicate') else migrate() end as _outcome,
       legacy_uuid('work', c.work_id) as work_id, c.country as country
from numbered c left join migrated.works w on w._key = c.work_id";

const CREDITS: &str = "/*---
source = \"credit\"
key = \"ctid\"
---*/
select c.ctid as _key, case when w._key is null then reject('no_work') when (c.person_id is null) = (c.company is null) then reject('arc')
            when c.person_id is not null and p._key is null then reject('no_person') else migrate() end as _outcome,
       legacy_uuid('work', c.work_id) as work_id, legacy_uuid('person', c.person_id) as person_id, c.company
from source.credit c left join migrated.works w on w._key = c.work_id left join migrated.people p on p._key = c.person_id";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_without_any_key() {
    let database = Database::with(CATALOGUE).await;
    let plots = ["plot_long", "plot_short", "plot_note"].map(plot);
    let flows = [
        ("works", WORKS),
        ("plot_long", plots[0].as_str()),
        ("plot_short", &plots[1]),
        ("plot_note", &plots[2]),
        ("work_countries", COUNTRIES),
        (
            "people",
            "/*---\nsource = \"person\"\nkey = \"ctid\"\nentity = \"person\"\nentity_key = \"id\"\n---*/\nselect p.ctid as _key, migrate() as _outcome, p.name from source.person p",
        ),
        ("credits", CREDITS),
        (
            "languages",
            "/*---\nsource = \"language\"\nkey = \"ctid\"\nid = \"none\"\n---*/\nselect l.ctid as _key, case when l.code is null then reject('no_code') else migrate() end as _outcome, trim(l.code) as code, l.name from source.language l",
        ),
        (
            "copies",
            "/*---\nsource = \"person\"\nkey = \"ctid\"\nid = \"none\"\n---*/\nselect p.ctid as _key, migrate() as _outcome, p.id, p.name from source.person p",
        ),
    ];
    let done = migrate(&database, &flows).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    for (what, sql) in [
        ("works", "select count(*)::text from judge.work j
            left join fresh.works w on w.old = j.id and j.reason is null
            full join (select legacy_key, reason from rehome.quarantine where flow = 'works') q
              on q.legacy_key in (j.row, case when q.reason like 'foreign%' then j.id::text end) and q.reason = j.reason
            where j.row is null or (j.reason is null) <> (w.id is not null) or (j.reason is null) <> (q.reason is null)"),
        ("parents", "select count(*)::text from fresh.works w join legacy.work l on l.id = w.old and l.name = w.name
            left join fresh.works p on p.id = w.parent_id where p.old is distinct from l.parent_id"),
        ("plots", "select count(*)::text from (
              select 'plot_long' as sort, work_id, body from legacy.plot_long union all
              select 'plot_short', work_id, body from legacy.plot_short union all
              select 'plot_note', work_id, body from legacy.plot_note) l
            left join judge.here h on h.id = l.work_id
            left join (select p.*, w.old from fresh.plots p join fresh.works w on w.id = p.work_id) p
              on p.old = l.work_id and p.sort = l.sort and p.body = l.body
            where (h.id is null) <> (p.id is null)"),
        ("countries", "select count(*)::text from (select distinct work_id, country from legacy.work_country join judge.here on id = work_id) l
            full join (select w.old, c.country from fresh.work_countries c join fresh.works w on w.id = c.work_id) c
              on c.old = l.work_id and c.country = l.country where c.old is null or l.work_id is null"),
        ("credits", "select abs((select count(*) from fresh.credits) - (select count(*) from legacy.credit c
              where num_nonnulls(person_id, company) = 1 and (person_id is null or person_id <= 20)
                and work_id in (select id from judge.here)))::text"),
        ("languages", "select abs(count(*) - 3)::text from fresh.languages where name <> 'again'"),
        ("copies", "select count(*)::text from fresh.copies c full join legacy.person p using (id) where c.name is distinct from p.name"),
    ] {
        assert_eq!(database.text(sql).await, "0", "{what}");
    }
}

/// Two migrated rows of one entity key are no row's fault, but the rules'.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_migrated_rows_of_one_entity_are_named() {
    let database = Database::with(CATALOGUE).await;
    let careless = WORKS.replace("when t.n > 1 then reject('duplicate_key')", "");
    let Err(error) = migrate(&database, &[("works", &careless)]).await else { panic!("it went through") };
    assert!(error.message().contains("more than one migrated row"), "{error}");
    let nulls = WORKS.replace("when t.id is null then reject('null_key')", "");
    let Err(error) = migrate(&database, &[("works", &nulls)]).await else { panic!("it went through") };
    assert!(error.hint_text().is_some_and(|hint| hint.contains("null_key")), "{error}");
}

/// As on Supabase: nobody is a superuser, users belong to another role, a trigger makes the profile, profiles have RLS.
fn project(role: &str) -> String {
    format!(
        "create schema legacy; create schema fresh; create schema auth;
         create table legacy.app_user (id serial primary key, email text, nickname text);
         insert into legacy.app_user (email, nickname) select 'u' || i || '@example.org', nullif('n' || i, 'n7') from generate_series(1, 60) i;
         create role {role} login password 'sesame' nosuperuser bypassrls; create role {role}_auth nologin;
         create table auth.users (id uuid primary key, email text, token text not null default '');
         create unique index users_email_partial_key on auth.users (email) where token = '';
         create table auth.identities (id uuid primary key, user_id uuid not null references auth.users on delete cascade,
             provider text not null, provider_id text not null, unique (provider, provider_id));
         create table fresh.profiles (id uuid primary key references auth.users on delete cascade, old integer unique,
             email text, nickname text check (nickname <> 'n13'), created_at timestamptz not null default now());
         alter table fresh.profiles enable row level security;
         create table fresh.audit (n serial primary key, what text);
         create function auth.on_signup() returns trigger language plpgsql security definer as
           $$ begin insert into fresh.profiles (id, email) values (new.id, new.email); return new; end $$;
         create trigger on_auth_user_created after insert on auth.users for each row execute function auth.on_signup();
         create function fresh.on_change() returns trigger language plpgsql security definer as
           $$ begin insert into fresh.audit (what) values (tg_op); return new; end $$;
         create trigger audited after insert or update on fresh.profiles for each row execute function fresh.on_change();
         alter table auth.users owner to {role}_auth; alter table auth.identities owner to {role}_auth;
         alter table fresh.profiles owner to {role}; alter schema fresh owner to {role};
         grant usage on schema auth, fresh to {role}, {role}_auth; grant select, insert, references, trigger on all tables in schema auth to {role};
         grant create on schema public to {role};
         do $$ begin execute format('grant create on database %I to {role}', current_database()); end $$;"
    )
}

const USERS: &str = "/*---\nsource = \"app_user\"\nentity = \"user\"\ntarget = \"auth.users\"\n---*/
select u.id as _key, migrate() as _outcome, u.email from source.app_user u";
const IDENTITIES: &str = "/*---\nsource = \"app_user\"\nentity = \"identity\"\ntarget = \"auth.identities\"\n---*/
select u.id as _key, migrate() as _outcome, legacy_uuid('user', u.id) as user_id, 'email' as provider, u.email as provider_id from source.app_user u";

fn profiles(existing: &str) -> String {
    format!(
        "/*---\nsource = \"app_user\"\nentity = \"user\"\nexisting = \"{existing}\"\n---*/\n
         select u.id as _key, case when a._key is null then reject('no_user') else migrate() end as _outcome,
                u.id as old, u.email, u.nickname from source.app_user u left join migrated.auth_users a on a._key = u.id"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_a_sign_up_trigger_made() {
    for (existing, right) in [
        ("update", "60 60 58 59 1 13 check:profiles_nickname_check"),
        ("adopt", "60 60 0 0 0"),
        ("reject", "60 60 0 0 60 1 existing"),
    ] {
        let database = Database::fresh().await;
        let role = format!("office_{}", database.text("select current_database()").await);
        database.run(&project(&role)).await;
        let flow = profiles(existing);
        let flows = [("auth_users", USERS), ("identities", IDENTITIES), ("profiles", flow.as_str())];
        for attempt in 0..2 {
            let done = migrate_as(&database, &role, &flows).await.unwrap();
            assert!(done.failures.is_empty() && done.report.verified, "{existing} {attempt}: {:?}", done.failures);
            let told = database
                .text(
                    "select concat_ws(' ', count(*), (select count(*) from auth.identities i join auth.users u on u.id = i.user_id),
                         count(nickname), count(old), (select count(*) from rehome.quarantine where flow = 'profiles'),
                         (select legacy_key || ' ' || reason from rehome.quarantine where flow = 'profiles' order by legacy_key limit 1))
                     from fresh.profiles",
                )
                .await;
            assert_eq!(told, right, "{existing} {attempt}");
            let flow = done.report.flows.iter().find(|flow| flow.flow == "profiles").unwrap();
            let told = (flow.migrated, flow.updated, flow.adopted, flow.rejected);
            let wanted = match existing {
                "update" => (59, 59, 0, 1),
                "adopt" => (0, 0, 60, 0),
                _ => (0, 0, 0, 60),
            };
            assert_eq!(told, wanted, "{existing} {attempt}");
        }
    }
}

/// A trigger that drops rows without a word: they are refused, and nothing is said to be there that is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_a_trigger_drops_are_told() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.item (id integer primary key); insert into legacy.item select generate_series(1, 500);
         create table fresh.items (id uuid primary key, old integer);
         create function fresh.drop_some() returns trigger language plpgsql as
           $$ begin if new.old % 97 = 0 then return null; end if; return new; end $$;
         create trigger drop_some before insert on fresh.items for each row execute function fresh.drop_some();",
    )
    .await;
    let flow =
        "/*---\nsource = \"item\"\n---*/\nselect i.id as _key, migrate() as _outcome, i.id as old from source.item i";
    let done = migrate(&database, &[("items", flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let told = "select (select count(*) from fresh.items) || ' ' || string_agg(legacy_key || ' ' || reason, ', ' order by legacy_key::int) from rehome.quarantine";
    assert_eq!(
        database.text(told).await,
        "495 97 dropped_by_trigger, 194 dropped_by_trigger, 291 dropped_by_trigger, 388 dropped_by_trigger, 485 dropped_by_trigger"
    );
}

/// Who starts a run learns that a trigger will write to a table that another flow loads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn triggers_that_write_to_loaded_tables_are_listed() {
    let database = Database::fresh().await;
    let role = format!("reader_{}", database.text("select current_database()").await);
    database.run(&project(&role)).await;
    let catalog = rehome::target::Catalog::read(&database.session, "fresh").await.unwrap();
    let shape = |target: &str| rehome::outcomes::FlowShape {
        flow: target.into(),
        file: target.into(),
        target: target.into(),
        entity: "user".into(),
        row: rehome::outcome::RowIdentity::default(),
        migrates: true,
        schema: std::sync::Arc::new(arrow::datatypes::Schema::empty()),
        labels: std::collections::BTreeMap::new(),
        orders_texts: false,
    };
    let found = rehome::load::check::triggers(&catalog, &[shape("auth.users"), shape("profiles")]);
    let told: Vec<_> =
        found.iter().map(|fires| (fires.table.as_str(), fires.trigger.as_str(), fires.writes.join(" "))).collect();
    let wanted = [
        ("auth.users", "on_auth_user_created", "fresh.profiles".to_owned()),
        ("fresh.profiles", "audited", String::new()),
    ];
    assert_eq!(told, wanted);
}
