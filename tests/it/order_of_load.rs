//! Owns the proof that no row's fate depends on an order: not on the names of flows, the sort of a table, its size, or who
//! owns it; nor on whether the run was broken off in between. PostgreSQL says which rows have all their ancestors.
//! Must not know: how the order is found.

use std::fmt::Write;

use futures::StreamExt;
use rehome::error::Kind;

use crate::cluster::Database;
use crate::passes::number;
use crate::support::{migrate, migrate_as};

/// Child, column, parent: a reference to itself, a chain, a diamond, and a circle that hangs on it.
const KEYS: [(&str, &str, &str); 8] = [
    ("a", "boss", "a"),
    ("b", "up", "a"),
    ("c", "up", "a"),
    ("d", "l", "b"),
    ("d", "r", "c"),
    ("e", "f", "f"),
    ("f", "e", "e"),
    ("f", "d", "d"),
];
const TABLES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn columns(table: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().filter(move |(child, ..)| *child == table).map(|(_, column, parent)| (*column, *parent))
}

/// Legacy tables in which some parents are missing, a target with all its foreign keys, and the survivors by the rule
/// itself: a row whose parent is gone goes too, until none is left to go.
fn ddl(rows: usize, partitioned: bool, circles: bool) -> String {
    let mut sql = "create schema legacy; create schema fresh; create schema judge;".to_owned();
    for (at, table) in TABLES.iter().enumerate() {
        let parents: Vec<_> = columns(table).map(|(column, _)| column).collect();
        let declared: Vec<String> = parents.iter().map(|column| format!(", {column} integer")).collect();
        let values: Vec<String> = (1..=parents.len())
            .map(|seed| format!(", case when (i + {at}) % 7 = {seed} then null when (i * {seed}) % 193 = 5 then -i else 1 + (i * {}) % {rows} end", seed + at))
            .collect();
        let less = match *table {
            "a" if !circles => "update legacy.a set boss = case when id % 193 = 5 then -id else nullif(id / 2, 0) end;",
            "f" if !circles => "update legacy.f set e = null;",
            _ => "",
        };
        write!(
            sql,
            "create table legacy.{table} (id integer primary key{});
             insert into legacy.{table} select i{} from generate_series(1, {rows}) i;
             {less}
             create table judge.{table} as table legacy.{table}; create unique index on judge.{table} (id);",
            declared.concat(),
            values.concat()
        )
        .unwrap();
        let uuids: Vec<String> = parents.iter().map(|column| format!(", {column} uuid")).collect();
        let (by, parts) = if partitioned {
            let part = |n| {
                format!(
                    "create table fresh.{table}_{n} partition of fresh.{table} for values with (modulus 2, remainder {n});"
                )
            };
            (" partition by hash (id)", part(0) + &part(1))
        } else {
            ("", String::new())
        };
        write!(sql, "create table fresh.{table} (id uuid primary key, old integer{}){by}; {parts}", uuids.concat())
            .unwrap();
    }
    for (child, column, parent) in KEYS {
        write!(sql, "alter table fresh.{child} add foreign key ({column}) references fresh.{parent};").unwrap();
    }
    sql.push_str("do $$ declare n bigint; gone bigint; begin loop n := 0;");
    for (child, column, parent) in KEYS {
        write!(
            sql,
            "delete from judge.{child} c where {column} is not null
               and not exists (select from judge.{parent} p where p.id = c.{column});
             get diagnostics gone = row_count; n := n + gone;"
        )
        .unwrap();
    }
    sql.push_str("exit when n = 0; end loop; end $$;");
    sql
}

/// The flows, named so that their names come in this order.
fn flows(order: [usize; 6]) -> Vec<(String, String)> {
    let flow = |(place, index): (usize, usize)| {
        let table = TABLES[index];
        let uuids: Vec<String> = columns(table)
            .map(|(column, parent)| format!(", legacy_uuid('{parent}', t.{column}) as {column}"))
            .collect();
        let sql = format!(
            "/*---\nsource = \"{table}\"\nentity = \"{table}\"\ntarget = \"{table}\"\n---*/\n
             select t.id as _key, migrate() as _outcome, t.id as old{} from source.{table} t",
            uuids.concat()
        );
        (format!("n{place}_{table}"), sql)
    };
    order.into_iter().enumerate().map(flow).collect()
}

fn lent(flows: &[(String, String)]) -> Vec<(&str, &str)> {
    flows.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect()
}

/// Rows of the target that the judge did not leave, and the other way round; refused rows that are not exactly the rest.
async fn differences(database: &Database) -> String {
    let mut parts = Vec::new();
    for table in TABLES {
        parts.push(format!(
            "select '{table}' as what from (select old from fresh.{table}) t full join judge.{table} j on j.id = t.old
             where t.old is null or j.id is null
             union all
             select '{table} refused' from (select legacy_key::int as id from rehome.quarantine where flow like '%\\_{table}') q
             full join (select id from legacy.{table} except select id from judge.{table}) g on g.id = q.id
             where q.id is null or g.id is null"
        ));
    }
    let all = parts.join(" union all ");
    database.text(&format!("select coalesce(string_agg(what || ' ' || n, ', '), '') from (select what, count(*) n from ({all}) x group by 1) y")).await
}

async fn constraints(database: &Database) -> String {
    database
        .text(
            "select string_agg(concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated), ', ' order by conrelid::regclass::text, conname)
             from pg_constraint where connamespace = 'fresh'::regnamespace",
        )
        .await
}

const ORDERS: [[usize; 6]; 3] = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [4, 0, 3, 5, 2, 1]];

async fn loads(rows: usize, partitioned: bool, order: [usize; 6]) {
    let database = Database::with(&ddl(rows, partitioned, true)).await;
    let before = constraints(&database).await;
    let flows = flows(order);
    let done = migrate(&database, &lent(&flows)).await.unwrap();
    let what = format!("{rows} rows, partitioned {partitioned}, {order:?}");
    assert!(done.failures.is_empty() && done.report.verified, "{what}: {:?}", done.failures);
    assert_eq!(differences(&database).await, "", "{what}");
    assert_eq!(constraints(&database).await, before, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_tables_are_loaded_the_same_in_any_order() {
    for partitioned in [false, true] {
        for order in ORDERS {
            loads(10, partitioned, order).await;
            loads(400, partitioned, order).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_tables_are_loaded_the_same_in_any_order() {
    // More than from where indexes and constraints are away meanwhile.
    let rows = usize::try_from(number("REHOME_LOAD_ROWS", 30_000)).unwrap();
    loads(rows, false, ORDERS[1]).await;
    loads(rows, true, ORDERS[2]).await;
}

/// The role may insert and no more: no foreign key can be away, so that no row of a circle could ever be the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_another_owner_are_loaded_in_any_order() {
    for partitioned in [false, true] {
        for order in ORDERS {
            let database = Database::with(&ddl(300, partitioned, false)).await;
            let role = format!("carrier_{}", database.text("select current_database()").await);
            database
                .run(&format!(
                    "create role {role} login password 'sesame';
                     grant usage on schema legacy, fresh to {role}; grant select on all tables in schema legacy to {role};
                     grant select, insert on all tables in schema fresh to {role}; grant create on schema public to {role};
                     do $$ begin execute format('grant create on database %I to {role}', current_database()); end $$;"
                ))
                .await;
            let flows = flows(order);
            let done = migrate_as(&database, &role, &lent(&flows)).await.unwrap();
            assert!(done.failures.is_empty() && done.report.verified, "{order:?}: {:?}", done.failures);
            assert_eq!(differences(&database).await, "", "{partitioned} {order:?}");
        }
    }
}

/// A table of several chunks that refers to itself, of another owner: what has no parent is tried again, chunk after chunk, and stays refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orphans_of_several_chunks_are_refused_each() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.node (id int primary key, parent_id int);
         insert into legacy.node
           select i, case when i % 1000 = 0 then 999999 when i % 1000 = 1 then null
                          when i % 20000 = 3002 and i < 100000 then i + 99999 else i - 1 end
           from generate_series(1, 210000) i;
         create index on legacy.node (parent_id);
         analyze legacy.node;
         create table fresh.nodes (id uuid primary key, legacy_id int, parent_id uuid references fresh.nodes)",
    )
    .await;
    let role = format!("planter_{}", database.text("select current_database()").await);
    database
        .run(&format!(
            "create role {role} login password 'sesame';
             grant usage on schema legacy, fresh to {role}; grant select, insert on fresh.nodes to {role};
             grant create on schema public to {role};
             do $$ begin execute format('grant create on database %I to {role}', current_database()); end $$;"
        ))
        .await;
    let flow = "/*--- source = \"node\" ---*/
select n.id as _key, migrate() as _outcome, n.id as legacy_id, legacy_uuid('nodes', n.parent_id) as parent_id from source.node n";
    let done = migrate_as(&database, &role, &[("nodes", flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    // Who is in is whoever goes back, parent by parent, to one without: PostgreSQL says who that is.
    let differing = "with recursive sound as (
            select n.id from legacy.node n where n.parent_id is null
            union all select c.id from legacy.node c join sound s on s.id = c.parent_id),
        wanted as (select n.id, case when s.id is null then 'refused' else 'in' end as fate from legacy.node n left join sound s using (id)),
        found as (select legacy_id as id, 'in' as fate from fresh.nodes
                  union all select legacy_key::int, 'refused' from rehome.quarantine where sqlstate = '23503')
        select count(*) filter (where w.fate is distinct from f.fate) || ' differ, ' || count(*) filter (where w.fate = 'refused') || ' refused'
        from wanted w full join found f on f.id = w.id";
    assert_eq!(database.text(differing).await, "0 differ, 210 refused");
}

/// What breaks a run off, once, while a table is loaded. Rows of another table are refused besides, as long as that lasts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_broken_off_by_any_error_loses_nothing_when_taken_up() {
    let codes = ["53400", "53100", "57014", "XX000", "42501"];
    let cases = (0..TABLES.len()).flat_map(|at| codes.map(|code| (at, code)));
    // What may pass is waited for: several at a time.
    futures::stream::iter(cases).for_each_concurrent(6, |(at, code)| broken_off(at, code)).await;
}

async fn broken_off(at: usize, code: &str) {
    let table = TABLES[at];
    let database = Database::with(&ddl(300, at % 2 == 1, true)).await;
    let before = constraints(&database).await;
    database
        .run(&format!(
            "create function fresh.break() returns trigger language plpgsql as
               $$ begin raise exception using errcode = '{code}', message = 'broken off'; end $$;
             create trigger break before insert on fresh.{table} for each statement execute function fresh.break();
             create function fresh.refuse() returns trigger language plpgsql as
               $$ begin if new.old % 3 = 0 then raise exception 'not yet'; end if; return new; end $$;
             create trigger refuse before insert on fresh.b for each row execute function fresh.refuse();"
        ))
        .await;
    let flows = flows(ORDERS[at % 3]);
    let Err(error) = migrate(&database, &lent(&flows)).await else { panic!("{table} {code} broke nothing") };
    assert_ne!(error.kind(), Kind::Verification, "{error}");
    let away: i64 = database.text("select count(*)::text from rehome.saved_ddl").await.parse().unwrap();
    assert_eq!(away > 0, error.hint_text().is_some_and(|hint| hint.contains("rehome.saved_ddl")), "{error}");
    assert_eq!(
        database.text("select count(*)::text from rehome.quarantine where reason like 'foreign_key%'").await,
        "0"
    );
    database.run(&format!("drop trigger break on fresh.{table}; drop trigger refuse on fresh.b")).await;
    let done = migrate(&database, &lent(&flows)).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{table} {code}: {:?}", done.failures);
    assert_eq!(differences(&database).await, "", "{table} {code}");
    assert_eq!(constraints(&database).await, before, "{table} {code}");
    assert_eq!(database.text("select count(*)::text from rehome.saved_ddl").await, "0");
}

/// A child whose parent was rejected, or refused, names it in the quarantine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_names_the_parent_that_fell_out() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.top (id integer primary key); insert into legacy.top select generate_series(1, 9);
         create table legacy.mid (id integer primary key, top integer); insert into legacy.mid select i, i from generate_series(1, 9) i;
         create table legacy.leaf (id integer primary key, mid integer); insert into legacy.leaf select i, i from generate_series(1, 11) i;
         create table fresh.top (id uuid primary key, old integer check (old <> 4));
         create table fresh.mid (id uuid primary key, top uuid references fresh.top);
         create table fresh.leaf (id uuid primary key, mid uuid references fresh.mid);",
    )
    .await;
    let flows = [
        (
            "top",
            "/*---\nsource = \"top\"\n---*/\nselect t.id as _key, case when t.id = 2 then reject('unwanted') else migrate() end as _outcome, t.id as old from source.top t",
        ),
        (
            "mid",
            "/*---\nsource = \"mid\"\n---*/\nselect m.id as _key, migrate() as _outcome, legacy_uuid('top', m.top) as top from source.mid m",
        ),
        (
            "leaf",
            "/*---\nsource = \"leaf\"\n---*/\nselect l.id as _key, migrate() as _outcome, legacy_uuid('mid', l.mid) as mid from source.leaf l",
        ),
    ];
    let done = migrate(&database, &flows).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let roots: Vec<_> = done.report.root_causes.causes.iter().filter(|cause| cause.flow == "leaf").collect();
    let roots =
        roots.iter().map(|cause| (cause.root_flow.as_str(), cause.rows)).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(roots, [("leaf", 2), ("top", 1)].into());
    let told = "select string_agg(concat_ws(' ', flow, legacy_key, reason, cause_flow, cause_key), ', ' order by flow, legacy_key::int) from rehome.quarantine";
    assert_eq!(
        database.text(told).await,
        "leaf 2 foreign_key:leaf_mid_fkey mid 2, leaf 4 foreign_key:leaf_mid_fkey mid 4, \
         leaf 10 foreign_key:leaf_mid_fkey, leaf 11 foreign_key:leaf_mid_fkey, \
         mid 2 foreign_key:mid_top_fkey top 2, mid 4 foreign_key:mid_top_fkey top 4, \
         top 2 unwanted, top 4 check:top_old_check"
    );
}

/// Where one key is broken, those that no row breaks come back as well, and nothing is noted as away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_keys_come_back_beside_broken_ones() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.p (id integer primary key); insert into legacy.p values (1), (2);
         create table legacy.q (id integer primary key, p integer); insert into legacy.q values (1, 1), (2, 2);
         create table legacy.r (id integer primary key, p integer); insert into legacy.r values (1, 1), (2, 99);
         create table fresh.p (id uuid primary key); create table fresh.q (id uuid primary key, p uuid references fresh.p);
         create table fresh.r (id uuid primary key, p uuid references fresh.p, q uuid references fresh.q);",
    )
    .await;
    let before = constraints(&database).await;
    let flow = |name: &str, more: &str| {
        format!(
            "/*--- source = \"{name}\" ---*/\nselect t.id as _key, migrate() as _outcome{more} from source.{name} t"
        )
    };
    let refers = ", legacy_uuid('p', t.p) as p";
    let flows = [
        ("p", flow("p", "")),
        ("q", flow("q", refers)),
        ("r", flow("r", &format!("{refers}, legacy_uuid('q', t.id) as q"))),
    ];
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
    let done = migrate(&database, &flows).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    assert_eq!(constraints(&database).await, before);
    assert_eq!(database.text("select count(*)::text from rehome.saved_ddl").await, "0");
    let refused = "select string_agg(flow || legacy_key || reason, ' ') from rehome.quarantine";
    assert_eq!(database.text(refused).await, "r2foreign_key:r_p_fkey");
}
