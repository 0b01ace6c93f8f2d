//! Owns the proof that whole queries over numbers without a precision give what PostgreSQL gives: subqueries, unions, windows,
//! joins, and flows that read each other's results. Must not know: how it is done.

use std::fmt::Write;

use crate::cluster::Database;
use crate::support::migrate;

const GIVEN: &str = include_str!("sql/numeric/given.sql");

/// Expressions of one row, as both dialects write them.
const EXPRESSIONS: &[&str] = &[
    "a",
    "b",
    "a + b",
    "a - b",
    "a * b",
    "a + i",
    "i + a",
    "a - 1",
    "2 - a",
    "a * d",
    "d * a",
    "a * 1.50",
    "a + 0.125",
    "a / nullif(b, 0)",
    "a / 3",
    "a / 7.00",
    "1 / nullif(a, 0)",
    "a % nullif(b, 0)",
    "a % 2",
    "-a",
    "-(a + b)",
    "abs(a)",
    "round(a)",
    "round(a, 1)",
    "round(a, 3)",
    "round(a, -1)",
    "trunc(a)",
    "trunc(a, 1)",
    "ceil(a)",
    "floor(a)",
    "coalesce(a, b)",
    "coalesce(a, 0)",
    "coalesce(a, i)",
    "coalesce(a, d)",
    "nullif(a, b)",
    "nullif(a, 1.5)",
    "nullif(a, 0)",
    "greatest(a, b)",
    "least(a, b)",
    "greatest(a, 0)",
    "least(a, i, 2.5)",
    "greatest(a, d)",
    "case when a > 0 then a else b end",
    "case when a > 0 then 0 else a end",
    "case when a > b then i else b end",
    "case a when 1.5 then b when 0 then a else 7 end",
    "cast(a as text)",
    "cast(a as varchar) || 'x'",
    "a || 'x'",
    "(a + b) * 2 - a",
    "a + b + i + d",
];
const CONDITIONS: &[&str] = &[
    "a = b",
    "a <> b",
    "a < b",
    "a <= b",
    "a > b",
    "a >= b",
    "a is distinct from b",
    "a is not distinct from b",
    "a > 0",
    "0 < a",
    "a = i",
    "a >= d",
    "a = 1.5",
    "a > '12.5'",
    "'NaN' = a",
    "a < 'Infinity'",
    "a between -1 and 2.5",
    "a not between b and 3",
    "a in (0, 1.5, 7)",
    "a not in (1.50, b)",
    "a in (b, 'NaN')",
    "a is null",
    "a > f",
    "a = f",
    "a + b > 0",
    "coalesce(a, 0) = 0",
    "a > b and not b > 0",
];
/// Those that PostgreSQL refuses on some rows are asked of the others: the condition stands before.
const GUARDED: &[(&str, &str)] = &[
    ("abs(a) < 30000", "cast(a as smallint)"),
    ("abs(a) < 30000", "cast(a as integer)"),
    ("abs(a) < 30000", "cast(a as bigint)"),
    ("abs(a) < 30000", "cast(a as numeric(12, 2))"),
    ("abs(a) < 30000", "cast(a as numeric(20, 0))"),
];

fn column(at: usize) -> String {
    format!("c{at:02}")
}

/// What a query over `pair` gives, in both: the columns that differ.
async fn differing(database: &Database, columns: &[String]) -> Vec<String> {
    let mut tables = "drop table if exists fresh.pairs; drop table if exists fresh.judged;".to_owned();
    let of = |table: &str| -> String {
        let all = columns.iter().enumerate();
        let all: Vec<String> =
            all.map(|(at, sql)| format!("{} as {}", sql.replace(" T ", &format!(" {table} ")), column(at))).collect();
        all.join(",\n")
    };
    let texts: Vec<String> = (0..columns.len()).map(|at| format!("{} text", column(at))).collect();
    write!(tables, "create table fresh.pairs (id uuid primary key, old int, {});", texts.join(", ")).unwrap();
    write!(tables, "create table fresh.judged as select id as old, {} from legacy.pair p;", of("legacy.pair")).unwrap();
    database.session.batch_execute(&tables).await.unwrap();
    let flow = format!(
        "/*---\nsource = \"pair\"\n---*/\nselect p.id as _key, migrate() as _outcome, p.id as old, {} from source.pair p",
        of("source.pair")
    );
    let done = migrate(database, &[("pairs", &flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let mut wrong = Vec::new();
    for (at, sql) in columns.iter().enumerate() {
        let name = column(at);
        let found = database
            .text(&format!(
                "select coalesce(string_agg(p.a || ' ' || p.b || ': ' || coalesce(f.{name}, 'null') || ' not ' || coalesce(j.{name}::text, 'null'), '; '), '')
                 from (select f.old, f.{name} from fresh.pairs f) f join fresh.judged j using (old) join legacy.pair p on p.id = old
                 where f.{name} is distinct from j.{name}::text"
            ))
            .await;
        if !found.is_empty() {
            wrong.push(format!("{sql}: {}", found.chars().take(300).collect::<String>()));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expressions_have_the_value_and_the_digits_of_postgresql() {
    let database = Database::with(GIVEN).await;
    let mut columns: Vec<String> = EXPRESSIONS.iter().map(|sql| format!("cast({sql} as text)")).collect();
    columns.extend(CONDITIONS.iter().map(|sql| format!("case when {sql} then 'yes' when not ({sql}) then 'no' end")));
    columns.extend(GUARDED.iter().map(|(when, sql)| format!("cast(case when {when} then {sql} end as text)")));
    let wrong = differing(&database, &columns).await;
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), columns.len(), wrong.join("\n"));
}

/// Queries of one row each, cross joined to one row of the source.
const QUERIES: &[&str] = &[
    "select sum(a) as x from T",
    "select sum(a) as x from T where a < 1e20 and a > -5",
    "select avg(a) as x from T where abs(a) < 1e20",
    "select avg(a) as x from T",
    "select count(a) as x from T",
    "select count(distinct a) as x from T",
    "select sum(a) filter (where a > 0 and a < 10) as x from T",
    "select sum(a) as x from T where a > 'NaN'",
    "select min(a) as x from T where a > 2",
    "select max(a) as x from T where a < 3 and a <> 1.5",
    "select max(a) as x from T",
    "select count(*) as x from (select distinct a from T) q",
    "select count(*) as x from (select a from T group by a) q",
    "select sum(n) as x from (select a, count(*) as n from T where a > 1 group by a having a < 3) q",
    "select count(*) as x from T p join T q on p.a = q.b and p.i = q.i",
    "select count(*) as x from T p join T q on p.a = q.i",
    "select count(*) as x from T p left join T q on p.a > q.b and q.id < 9 where q.id is null",
    "select sum(x) as x from (select coalesce(a, 0) + 1 as x from T where a < 100 and a > -100) q",
    "select sum(x) as x from (select case when a > 1 then 0 else a end as x from T where abs(a) < 100) q",
    "select count(*) as x from (select a from T union select b from T union select 2) q",
    "select sum(a) as x from (select a from T where a < 9 and a > 0 union all select i from T) q",
    "select count(*) as x from (select a from T intersect select b + 1 from T) q",
    "select count(*) as x from (select a from T except select 1.50) q",
    "select string_agg(t, '') as x from T where a > 7",
    "select sum(r * id) as x from (select id, rank() over (order by a) as r from T) q",
    "select sum(r * id) as x from (select id, row_number() over (partition by a order by b desc, id) as r from T) q",
    "select avg(s) as x from (select sum(a) over (partition by b) as s from T where abs(a) < 100) q",
    "select sum(id) as x from (select id, a from T order by a desc, id limit 40) q",
    "with w as (select a as m, id from T), v as (select m * 2 as m, id from w) select sum(id) as x from v where m >= 3",
    "select count(*) as x from T where a in (select b from T where b > 1)",
    "select count(*) as x from T where a > (select min(a) from T where a > 2)",
    "select sum(s) as x from (select lag(a, 1, 0) over (order by id) as s from T where abs(a) < 100) q",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_have_the_result_of_postgresql() {
    let database = Database::with(GIVEN).await;
    let mut wrong = Vec::new();
    for (at, query) in QUERIES.iter().enumerate() {
        let of = |table: &str| query.replace(" T ", &format!(" {table} ")).replace(" T)", &format!(" {table})"));
        let of = |table: &str| match of(table) {
            query if query.ends_with(" T") => query.replace(" T", &format!(" {table}")),
            query => query,
        };
        let reset = "drop table if exists fresh.pairs; create table fresh.pairs (id uuid primary key, x text)";
        database.session.batch_execute(reset).await.unwrap();
        let judged = database.text(&format!("select coalesce(x::text, 'null') from ({}) q", of("legacy.pair"))).await;
        let flow = format!(
            "/*---\nsource = \"pair\"\nentity = \"pair{at}\"\n---*/\nwith answer as ({})
             select p.id as _key, case when p.id = 1 then migrate() else skip('not asked') end as _outcome,
                    cast(q.x as text) as x from source.pair p cross join answer q",
            of("source.pair")
        );
        let found = match migrate(&database, &[("pairs", &flow)]).await {
            Ok(_) => database.text("select coalesce((select coalesce(x, 'null') from fresh.pairs), 'none')").await,
            Err(error) => format!("{error}"),
        };
        if found != judged {
            wrong.push(format!("{query}: {found}, PostgreSQL says {judged}"));
        }
        database
            .session
            .batch_execute("drop schema if exists rehome cascade; drop table if exists public.migration_mappings")
            .await
            .unwrap();
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), QUERIES.len(), wrong.join("\n"));
}

/// Columns that are only handed on keep their digits; rules over them need no cast; keys and causes go on working.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_hands_numbers_on_and_rules_over_them() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.title (id numeric primary key, budget numeric, wide numeric(50,10));
         insert into legacy.title values (1, 1.50, 3.5), (2, 0.00, 1), (3, null, 2), (4, 'NaN', 4), (5.5, 1e40, 'NaN'), (6, -3, 0);
         create table fresh.titles (id uuid primary key, old numeric, budget numeric, double numeric, wide numeric, shown text);
         create table fresh.copies (id uuid primary key, title uuid references fresh.titles, budget text);",
    )
    .await;
    let titles = "/*---\nsource = \"title\"\n---*/\nselect t.id as _key,
        case when t.budget > 0 then migrate() else reject('no_budget') end as _outcome,
        t.id as old, t.budget, t.budget * 2 as double, t.wide, t.budget as shown from source.title t";
    let copies = "/*---\nsource = \"title\"\nentity = \"copy\"\n---*/\nselect t.id as _key,
        case when m.old is null then reject('no_title', 'titles', t.id) else migrate() end as _outcome,
        legacy_uuid('titles', t.id) as title, m.double + 1 as budget
        from source.title t left join migrated.titles m on m.old = t.id";
    let done = migrate(&database, &[("titles", titles), ("copies", copies)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let rows =
        "select string_agg(concat_ws(' ', old, budget, double, wide, shown), ', ' order by old) from fresh.titles";
    let wanted = "1 1.50 3.00 3.5000000000 1.50, 4 NaN NaN 4.0000000000 NaN, 5.5 10000000000000000000000000000000000000000 20000000000000000000000000000000000000000 NaN 10000000000000000000000000000000000000000";
    assert_eq!(database.text(rows).await, wanted);
    let copied =
        "select string_agg(c.budget, ', ' order by t.old) from fresh.copies c join fresh.titles t on t.id = c.title";
    assert_eq!(database.text(copied).await, "4.00, NaN, 20000000000000000000000000000000000000001");
    let refused =
        "select string_agg(legacy_key || ' ' || reason, ', ' order by reason, legacy_key) from rehome.quarantine";
    assert_eq!(
        database.text(refused).await,
        "2 no_budget, 3 no_budget, 6 no_budget, 2 no_title, 3 no_title, 6 no_title"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_to_be_had_is_refused_before_a_row_moves() {
    let database = Database::with(GIVEN).await;
    database.session.batch_execute("create table fresh.pairs (id uuid primary key, x text)").await.unwrap();
    for (sql, words) in [
        ("p.a > p.t", "Cannot compare"),
        ("p.a in (p.t)", "Cannot compare"),
        ("p.a > 'abc'", "no numeric"),
        ("sum(p.a) over (order by p.id rows 2 preceding)", "window that moves"),
    ] {
        let flow = format!(
            "/*---\nsource = \"pair\"\n---*/\nselect p.id as _key, migrate() as _outcome, {sql} as x from source.pair p"
        );
        let Err(error) = migrate(&database, &[("pairs", &flow)]).await else { panic!("accepted: {sql}") };
        let told = format!("{error} {}", error.hint_text().unwrap_or_default());
        assert_eq!(error.kind(), rehome::error::Kind::Config, "{sql}: {told}");
        assert!(told.contains(words), "{sql}: {told}");
    }
}
