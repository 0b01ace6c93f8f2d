//! Owns the proof that partitioned targets are loaded as PostgreSQL itself would: each row is in its partition, each bad one is
//! refused for the reason that it gives, and what the partitions have of indexes, keys and comments is as before.
//! Must not know: how rows find their partition.

use rehome::run::{self, Back, Finished};

use std::fmt::Write;

use serde_json::Value;

use crate::again::sound;
use crate::cluster::Database;
use crate::load_workers::{helper, run as running};
use crate::program::{Program, ends, told};
use crate::rollback::{OBJECTS, differing};
use crate::support::{Home, migrate, migrate_as};

const DDL: &str = include_str!("sql/partitions.sql");
/// Few rows keep their indexes while they are loaded, many do not.
const FEW: usize = 600;
const MANY: usize = 26_000;

/// The tables, with what a row gives to each.
const TABLES: [(&str, &str); 8] = [
    ("ranged", "n, at, word"),
    ("listed", "n, word"),
    ("hashed", "n, word"),
    ("deep", "n, at, word"),
    ("watched", "n, at, word"),
    ("parent", "n, kind"),
    ("child", "n, kind, word"),
    ("guest", "n, kind"),
];

/// What hangs together, beside what is the same for every table: which index is a part of which, where it was marked.
const HOLDING: &str = "
    select string_agg(line, E'\n' order by line) from (
        select 'part ' || inhrelid::regclass || ' of ' || inhparent::regclass as line from pg_inherits
        union all
        select 'marks ' || indexrelid::regclass || indisclustered || indisreplident || coalesce(c.reloptions::text, '')
        from pg_index i join pg_class c on c.oid = i.indexrelid where indrelid::regclass::text like 'fresh%'
        union all
        select 'own ' || conrelid::regclass || ' ' || conname || conislocal || coninhcount || (conparentid <> 0) || condeferrable || condeferred
        from pg_constraint where conrelid::regclass::text like 'fresh%') lines";

/// Keys that went and came back are others.
const KEYS: &str = "select concat_ws(E'\n', 'fresh.ranged_key'::regclass::oid, 'fresh.ranged_2025_pkey'::regclass::oid, 'fresh.deep_id'::regclass::oid,
    'fresh.parent_pkey'::regclass::oid, 'fresh.listed_legacy_id_word_key'::regclass::oid)";

/// Primary keys, where they stay: since version 18 they would leave more NOT NULLs in partitions than there were.
const PRIMARY: &str = "select coalesce(string_agg(indexrelid::text, E'\n'), '') from pg_index
    where indisprimary and current_setting('server_version_num')::integer >= 180000";

fn rows(count: usize) -> String {
    format!(
        "insert into legacy.t select i, nullif(i % 20000, 40), date '2023-12-28' + (i * 7 % 750), nullif('word ' || i % 9777, 'word 0'), i % 2
           from generate_series(1, {count}) i;
         update legacy.t set at = date '2025-03-03', word = 'same' where id in (11, 12, 15);
         update legacy.t set n = 13, at = '2025-05-05' where id = 21;
         update legacy.t set n = 100, at = '2024-05-05' where id in (31, 32);
         update legacy.t set n = 95000 where id = 41;
         update legacy.t set at = null where id in (51, 52);
         update legacy.t set word = null where id in (61, 62);
         update legacy.t set word = 'far too long for it' where id in (71, 72);
         update legacy.t set n = 4, word = 'twice' where id in (81, 82);
         update legacy.t set n = 1000000 where id in (91, 92) ;
         update legacy.t set at = '2031-01-01' where id in (101, 102);"
    )
}

/// A database with rows in `legacy.t`, and empty tables in `fresh` and `judge`.
async fn database(count: usize) -> Database {
    let ddl: String = ["fresh", "judge"].iter().map(|schema| DDL.replace("{s}", schema)).collect();
    Database::with(&format!(
        "create schema legacy; create schema fresh; create schema judge; create schema fresh_parts; create schema judge_parts;
         create table legacy.t (id bigint primary key, n int, at date, word text, kind int);
         {} {ddl}",
        rows(count)
    ))
    .await
}

fn flows() -> Vec<(String, String)> {
    let flow = |(table, columns): &(&str, &str)| {
        let only = if *table == "parent" {
            "case when id % 5 = 0 then skip('no parent') else migrate() end"
        } else {
            "migrate()"
        };
        let sql = format!(
            "/*---\nsource = \"t\"\ntarget = \"{table}\"\nentity = \"{table}\"\non_gone = \"delete\"\n---*/\nselect id as _key, {only} as _outcome, id as legacy_id, {columns} from source.t"
        );
        ((*table).to_owned(), sql)
    };
    TABLES.iter().map(flow).collect()
}

async fn runs(home: &Home, database: &Database) -> Finished {
    let flows = flows();
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let settings = "[mappings]\ntable = \"fresh.migration_mappings\"";
    home.migrate(database, database.address(), settings, &flows)
        .await
        .unwrap_or_else(|error| panic!("{error} ({:?})", error.hint_text()))
}

/// Has PostgreSQL insert each row by itself, in the order of keys, into the tables of `judge`.
async fn judge(database: &Database) {
    database
        .run("drop table if exists judge.refused; create table judge.refused (flow text, key text, told text)")
        .await;
    for (table, _) in TABLES.iter().rev() {
        database.run(&format!("truncate judge.{table} cascade")).await;
    }
    for (table, columns) in TABLES {
        let only = if table == "parent" { "where id % 5 <> 0" } else { "" };
        database
            .run(&format!(
                "do $$ declare r record; state text; broken text; col text; done bigint; begin
                   for r in select * from legacy.t {only} order by id loop begin
                     set constraints all immediate;
                     insert into judge.{table} (legacy_id, {columns}) select r.id, {};
                     get diagnostics done = row_count;
                     if done = 0 then insert into judge.refused values ('{table}', r.id, '02000  '); end if;
                   exception when others then
                     get stacked diagnostics state = returned_sqlstate, broken = constraint_name, col = column_name;
                     insert into judge.refused values ('{table}', r.id, state || ' ' || broken || ' ' || col);
                   end; end loop; end $$",
                columns.split(", ").map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ")
            ))
            .await;
    }
}

/// Rows with their partition, and what was refused, of one side, table by table, as far as they differ from the other. That a value must
/// not be NULL is told as that; PostgreSQL finds no partition for it first.
async fn differences(database: &Database) -> String {
    let mut wrong = Vec::new();
    for (table, columns) in TABLES {
        let seen = if table == "watched" { ", seen" } else { "" };
        let side = |schema: &str| {
            format!(
                "select replace(tableoid::regclass::text, '{schema}', '') as part, legacy_id, {columns}{seen} from {schema}.{table}"
            )
        };
        let (fresh, judge) = (side("fresh"), side("judge"));
        let sql = format!(
            "select (select count(*) from ({judge} except all {fresh}) x) || ' missing, ' || (select count(*) from ({fresh} except all {judge}) x)
                    || ' too many; ' || coalesce((select string_agg(told, '; ') from (
                 (select '+ ' || x::text as told from ({fresh} except all {judge}) x limit 5) union all
                 (select '- ' || x::text from ({judge} except all {fresh}) x limit 5) ) t), '')"
        );
        let rows = database.text(&sql).await;
        let refused = database
            .text(&format!(
                "with fresh as (select legacy_key as key, sqlstate || ' ' || coalesce(constraint_name, '') || ' '
                      || case when sqlstate = '23502' then column_name else '' end as told from rehome.quarantine where flow = '{table}'),
                  judge (key, told) as (
                      select key, case when told like '23514  %' and t.at is null and '{table}' = 'ranged' then '23502  at' else told end
                      from judge.refused r left join legacy.t t on t.id::text = r.key where flow = '{table}')
                 select coalesce(string_agg(told, '; '), '') from (
                   (select '+ ' || f::text as told from (select * from fresh except all select * from judge) f limit 8) union all
                   (select '- ' || j::text from (select * from judge except all select * from fresh) j limit 8)) t"
            ))
            .await;
        if !rows.starts_with("0 missing, 0 too many") || !refused.is_empty() {
            wrong.push(format!("{table}: {rows}\n   refused {refused}"));
        }
    }
    wrong.join("\n")
}

async fn objects(database: &Database) -> String {
    [database.text(OBJECTS).await, database.text(HOLDING).await].join("\n")
}

/// The reasons of what was refused: flow, reason, how often.
async fn reasons(database: &Database) -> String {
    database
        .text("select string_agg(told, E'\n' order by told) from (select flow || ' ' || reason || ' ' || count(*) as told from rehome.quarantine group by flow, reason) t")
        .await
}

async fn first_load(count: usize) -> (Home, Database, String) {
    let (home, database) = (Home::new(), database(count).await);
    let (before, keys) = (objects(&database).await, database.text(KEYS).await);
    sound(&runs(&home, &database).await);
    let now = database.text(KEYS).await;
    let kept = now.lines().filter(|key| keys.lines().any(|own| own == *key)).collect::<Vec<_>>();
    let primary = database.text(PRIMARY).await;
    let stays = |key: &&str| count < MANY || primary.lines().any(|own| own == *key);
    let expected: Vec<&str> = keys.lines().filter(stays).collect();
    assert_eq!(kept, expected, "the keys of few rows stay, those of many go and come back");
    judge(&database).await;
    assert_eq!(differences(&database).await, "", "{count} rows: + is ours, - is PostgreSQL's");
    let changed: Vec<String> = differing(&before, &objects(&database).await)
        .into_iter()
        .filter(|line| !line.contains("migration_mappings"))
        .collect();
    assert!(changed.is_empty(), "{count} rows: {changed:#?}");
    assert_eq!(database.text("select count(*)::text from rehome.saved_ddl").await, "0");
    (home, database, before)
}

#[tokio::test(flavor = "multi_thread")]
async fn few_rows_come_as_postgresql_says() {
    let (_, database, _) = first_load(FEW).await;
    let reasons = reasons(&database).await;
    // What a partition alone has is named by its name.
    for expected in
        ["watched trigger:fresh.raises", "ranged check:not_thirteen", "ranged unique:one_word", "deep no_partition"]
    {
        assert!(reasons.contains(expected), "{expected}: {reasons}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_come_as_postgresql_says() {
    first_load(MANY).await;
}

/// What changes moves rows from one partition to another, to none, and back.
const CHANGES: &str = "
    update legacy.t set at = at + 300 where id % 50 = 3;
    update legacy.t set at = '2031-01-01' where id % 60 = 5;
    update legacy.t set at = '2024-06-06' where id in (101, 51);
    update legacy.t set word = 'word 2' where id % 40 = 9;
    update legacy.t set word = null where id % 44 = 1;
    update legacy.t set n = n + 20001 where id % 30 = 2;
    update legacy.t set kind = 1 - kind where id % 70 = 4;
    delete from legacy.t where id % 35 = 6;";

async fn differences_and_back(count: usize) {
    let (home, database, before) = first_load(count).await;
    let first =
        database.text("select sum(hashtextextended(t::text || tableoid::regclass, 0))::text from fresh.deep t").await;
    database.run(CHANGES).await;
    sound(&runs(&home, &database).await);
    let left = "select count(*)::text from legacy.t t join fresh.ranged r on r.legacy_id = t.id
        where t.at <> r.at and not exists (select from rehome.quarantine q where q.flow = 'ranged' and q.legacy_key = t.id::text)";
    assert_eq!(database.text(left).await, "0");
    let setting = home.setting();
    run::rollback(&database.address(), &Back::Newest, false, &setting).await.unwrap();
    let again =
        database.text("select sum(hashtextextended(t::text || tableoid::regclass, 0))::text from fresh.deep t").await;
    assert_eq!(again, first);
    run::rollback(&database.address(), &Back::Newest, false, &setting).await.unwrap();
    for (table, _) in TABLES {
        assert_eq!(database.text(&format!("select count(*)::text from fresh.{table}")).await, "0", "{table}");
    }
    let changed = differing(&before, &objects(&database).await);
    assert!(changed.is_empty(), "{changed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_move_between_partitions_and_back() {
    differences_and_back(FEW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_rows_brought_is_taken_back() {
    differences_and_back(MANY).await;
}

/// Everything that is in the target, and what is left of the way there.
async fn state(database: &Database) -> String {
    let mut all = "select string_agg(line, E'\n' order by line) from (
        select 'away ' || object_name as line from rehome.saved_ddl
        union all select 'reject ' || flow || ' ' || reason || ' ' || legacy_key from rehome.quarantine"
        .to_owned();
    for (table, _) in TABLES {
        write!(
            all,
            " union all select '{table} ' || tableoid::regclass || ' ' || count(*) || ' ' || sum(hashtextextended((to_jsonb(t))::text, 0))
              from fresh.{table} t group by tableoid"
        )
        .unwrap();
    }
    let again = database.again().await;
    [again.text(&format!("{all}) lines")).await, objects(&again).await].join("\n")
}

/// The program is ended while indexes go, and while they come back, and is given again each time.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_it_the_partitions_are_whole() {
    let flows = flows();
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let mut states = Vec::new();
    for points in [
        &[][..],
        &[
            "after:take_away:2",
            "before:chunk:3",
            "before:build_index:4",
            "after:build_index:9",
            "before:attach:3",
            "after:attach:11",
        ],
    ] {
        let (database, program) = (database(MANY).await, Program::over(&flows));
        for point in points {
            let mut command = running(&program, &database, &[]);
            let output = ends({
                command.env("REHOME_FAILPOINT", point);
                command
            })
            .await;
            assert!(!output.status.success(), "nothing has ended it at {point}");
        }
        let output = ends(running(&program, &database, &[])).await;
        assert!(output.status.success(), "{}", told(&output));
        states.push(state(&database).await);
    }
    let found = differing(&states[0], &states[1]);
    assert!(found.is_empty(), "{found:#?}");
}

/// Several chunks of one partitioned table, two keys that some rows break, in the middle and in another chunk.
const SHARED: &str = "create schema legacy; create schema fresh;
    create table legacy.visit (id int primary key, at date);
    insert into legacy.visit select i, date '2024-01-01' + i % 366 from generate_series(1, 300000) i;
    update legacy.visit set at = '2031-01-01' where id % 50000 = 7;
    create table fresh.visits (id uuid not null, legacy_id int not null, at date not null, primary key (id, at)) partition by range (at);
    create table fresh.visits_1 partition of fresh.visits for values from ('2024-01-01') to ('2024-07-01');
    create table fresh.visits_2 partition of fresh.visits for values from ('2024-07-01') to ('2025-01-01');
    create unique index on fresh.visits_2 ((legacy_id / 2)) where legacy_id between 190000 and 190400;
    create index on fresh.visits (at);";

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_load_a_partitioned_table() {
    let flow = "/*--- source = \"visit\" ---*/
select v.id as _key, migrate() as _outcome, v.id as legacy_id, v.at from source.visit v";
    let held = "select string_agg(line, E'\n' order by line) from (
        select tableoid::regclass || ' ' || count(*) || ' ' || sum(hashtextextended(v::text, 0)) as line from fresh.visits v group by tableoid
        union all select legacy_key || ' ' || reason from rehome.quarantine
        union all select 'away ' || object_name from rehome.saved_ddl) lines";
    let mut states = Vec::new();
    for helpers in [0, 2] {
        let (database, program) = (Database::with(SHARED).await, Program::over(&[("visits", flow)]));
        let helpers: Vec<_> = (0..helpers).map(|_| helper(&program, &database, "60s")).collect();
        let more: &[&str] = if helpers.is_empty() { &[] } else { &["--share-load"] };
        let output = ends(running(&program, &database, more)).await;
        assert!(output.status.success(), "{}", told(&output));
        for helper in helpers {
            let output = helper.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", told(&output));
            println!("{}", serde_json::from_slice::<Value>(&output.stdout).unwrap());
        }
        let again = database.again().await;
        states.push([again.text(held).await, again.text(OBJECTS).await].join("\n"));
    }
    let found = differing(&states[0], &states[1]);
    assert!(found.is_empty(), "{found:#?}");
    for expected in ["200007 no_partition", "unique:visits_2_expr_idx", "visits_1 1", "visits_2 1"] {
        assert!(
            states[0].contains(expected),
            "{expected}: {}",
            states[0].lines().take(12).collect::<Vec<_>>().join("\n")
        );
    }
}

/// Many rows in `legacy.t`, and this beside it.
async fn beside(ddl: &str) -> Database {
    Database::with(&format!(
        "create schema legacy; create schema fresh;
         create table legacy.t (id bigint primary key, n int, kind int);
         insert into legacy.t select i, i % 50, i % 3 from generate_series(1, {MANY}) i;
         {ddl}"
    ))
    .await
}

fn some(table: &str, which: &str) -> String {
    format!(
        "/*---\nsource = \"t\"\ntarget = \"{table}\"\n---*/\nselect id as _key, case when {which} then migrate() else skip('other') end as _outcome, id as legacy_id, n, kind from source.t"
    )
}

async fn count(database: &Database, of: &str) -> String {
    database.text(&format!("select count(*)::text from {of}")).await
}

/// A partition that another server holds, and one that is loaded by its own name.
#[tokio::test(flavor = "multi_thread")]
async fn foreign_partitions_and_single_ones_are_loaded_with_their_indexes() {
    let database = beside(
        "create extension postgres_fdw;
         create table fresh.far (id uuid not null, legacy_id bigint not null, n int, kind int) partition by list (kind);
         create table fresh.far_0 partition of fresh.far for values in (0);
         create table fresh.lies_there (id uuid not null, legacy_id bigint not null, n int, kind int);
         create index on fresh.far (id);
         create table fresh.alone (id uuid not null, legacy_id bigint not null, n int, kind int, primary key (id, kind)) partition by list (kind);
         create table fresh.alone_1 partition of fresh.alone for values in (1);
         do $$ begin
           execute format('create server loop foreign data wrapper postgres_fdw options (host %L, port %L, dbname %L)',
             '127.0.0.1', current_setting('port'), current_database());
           execute 'create user mapping for public server loop options (user ''postgres'', password_required ''false'')';
         end $$;
         create foreign table fresh.far_1 partition of fresh.far for values in (1) server loop options (schema_name 'fresh', table_name 'lies_there');",
    )
    .await;
    let before = objects(&database).await;
    let (far, alone) = (some("far", "kind < 2"), some("alone_1", "n < 40"));
    let finished = migrate(&database, &[("far", far.as_str()), ("alone", alone.as_str())]).await.unwrap();
    sound(&finished);
    assert_eq!(count(&database, "fresh.far").await, count(&database, "legacy.t where kind < 2").await);
    assert_eq!(count(&database, "fresh.lies_there").await, count(&database, "legacy.t where kind = 1").await);
    assert_eq!(count(&database, "fresh.alone").await, count(&database, "legacy.t where n < 40 and kind = 1").await);
    let changed = differing(&before, &objects(&database).await);
    assert!(changed.iter().all(|line| line.contains("migration_mappings")), "{changed:#?}");
}

/// A partition of another owner: the role may write to the table, and alter it, but not that.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_of_another_owner_keeps_its_indexes() {
    let database = beside(
        "create table fresh.others (id uuid not null, legacy_id bigint not null, n int, kind int, primary key (id, kind)) partition by list (kind);
         create table fresh.others_0 partition of fresh.others for values in (0);
         create table fresh.others_1 partition of fresh.others for values in (1);
         do $$ begin
           if not exists (select from pg_roles where rolname = 'parts_owner') then create role parts_owner; end if;
           if not exists (select from pg_roles where rolname = 'parts_mover') then create role parts_mover login password 'sesame'; end if;
           execute format('grant create, temporary on database %I to parts_mover', current_database());
         end $$;
         grant create, usage on schema fresh to parts_mover; grant create, usage on schema public to parts_mover;
         grant all on all tables in schema fresh to parts_mover;
         alter table fresh.others owner to parts_mover; alter table fresh.others_0 owner to parts_mover;
         alter table fresh.others_1 owner to parts_owner;",
    )
    .await;
    let before = objects(&database).await;
    let others = some("others", "kind < 2");
    sound(&migrate_as(&database, "parts_mover", &[("others", &others)]).await.unwrap());
    assert_eq!(count(&database, "fresh.others").await, count(&database, "legacy.t where kind < 2").await);
    let changed = differing(&before, &objects(&database).await);
    assert!(changed.iter().all(|line| line.contains("migration_mappings")), "{changed:#?}");
}
