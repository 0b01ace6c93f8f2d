//! Owns the tests of queries that are computed piece by piece, so that they keep to their memory: PostgreSQL runs the same over
//! as many rows and is the judge, row by row. Must not know: where a piece ends.

use crate::cluster::Database;
use crate::support::migrate;

/// Partitions of one row, of a few, of tens of thousands, of no key, of -0 and 0, of texts that print alike but for blanks.
const ROWS: &str = "
    create schema legacy; create schema fresh;
    create table legacy.reading (id integer primary key, k integer, f double precision, t text, c char(4), n numeric, v integer);
    insert into legacy.reading
    select i,
        case when i % 11 = 0 then null when i between 30000 and 52000 then 7 else 100 + i / 3 end,
        case i % 5 when 0 then 0.0 when 1 then '-0'::float8 when 2 then 'NaN' when 3 then null else i / 9000 end,
        case when i % 4 = 0 then null else repeat('x', i % 3) || (i / 20)::text end,
        case i % 3 when 0 then 'a' when 1 then 'a ' else (i / 30000)::text end,
        case i % 3 when 0 then 1.50 when 1 then 1.5 else (i / 100) end,
        (i::bigint * 7919 % 10007)::integer
    from generate_series(1, 60000) i;";

/// What looks at whole partitions, by each sort of key.
const WINDOWS: &str = "
    count(*) over (partition by k) as c1, sum(v) over (partition by k) as c2,
    last_value(v) over (partition by k order by id rows between unbounded preceding and unbounded following) as c3,
    max(v) over (partition by f) as c4, count(v) over (partition by f, c) as c5, min(t) over (partition by t) as c6,
    count(*) over (partition by c) as c7, max(id) over (partition by n) as c8, ntile(3) over (partition by k order by id) as c9,
    first_value(v) over (partition by t, k order by v desc, id rows between current row and unbounded following) as c10,
    count(*) over () as c11, sum(v) over (partition by k order by id rows between 1 preceding and unbounded following) as c12";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_over_whole_partitions() {
    let database = Database::with(ROWS).await;
    let rows = format!("select id as old, {WINDOWS} from S.reading");
    compare(&database, &rows).await;
}

/// Parts of a union, with and without an order of their own, that are joined, grouped, sorted and counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_union() {
    let database = Database::with(ROWS).await;
    let part = |part| format!("select id, v, t from S.reading where id % 12 = {part}");
    let parts = (0..12).map(part).collect::<Vec<_>>().join(" union all ");
    let rows = format!(
        "with part as ({parts} union all select k, v, c from S.reading where k > 20000),
              more as (select id, count(*) as n, sum(v) as total, max(t) as last from part group by id),
              placed as (select id, v, row_number() over (order by v, id, t) as nth from part where id % 97 = 0)
         select r.id as old, m.n as c1, m.total as c2, m.last as c3, (select count(*) from part p) as c4,
             (select max(nth) from placed q) as c5, o.id is not null as c6
         from S.reading r left join more m on m.id = r.id left join (select distinct id from part where v < 100) o on o.id = r.id"
    );
    compare(&database, &rows).await;
}

/// Lets the flow and PostgreSQL compute the rows and compares them.
async fn compare(database: &Database, rows: &str) {
    let wanted = rows.replace("S.", "legacy.");
    database
        .run(&format!(
            "create table fresh.wanted as {wanted}; create table fresh.reading (id uuid primary key, like fresh.wanted)"
        ))
        .await;
    let flow = format!(
        "/*---\nsource = \"reading\"\n---*/\nselect w.old as _key, migrate() as _outcome, w.* from ({}) w",
        rows.replace("S.", "source.")
    );
    let done = migrate(database, &[("reading", &flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    for (one, other) in [("wanted", "reading"), ("reading", "wanted")] {
        let columns = "(select string_agg(format('%I::text', attname), ', ') from pg_attribute
                        where attrelid = 'fresh.wanted'::regclass and attnum > 0)";
        let columns = database.text(&format!("select {columns}")).await;
        let only = format!(
            "select count(*)::text from (select {columns} from fresh.{one} except all select {columns} from fresh.{other}) x"
        );
        assert_eq!(database.text(&only).await, "0", "{one} has rows that {other} has not");
    }
}
