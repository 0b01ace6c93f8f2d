//! Owns the tests of columns of numeric without a precision in a flow's SQL: PostgreSQL runs the same expressions and is the
//! judge, digit by digit. Must not know: how numbers are compared or computed.

use crate::cluster::Database;
use crate::support::migrate;

const NUMBERS: &str = "
    create schema legacy; create schema fresh;
    create table legacy.v (n integer, v numeric);
    insert into legacy.v select row_number() over (), v::numeric from unnest(array['0', '0.00', '1', '1.5', '1.50', '-0.5', '2.5', '-2.5', '0.1',
        '99.995', '-1000', '12345678901234567890.123', '1e30', '1e-20', '-7.0000001', '3.333333333333333333333333333333333333333333',
        '170141183460469231731687303715884105727.5', 'NaN', 'Infinity', '-Infinity', null]) v;
    create table legacy.pairs (id integer primary key, a numeric, b numeric, i integer, t text);
    insert into legacy.pairs select row_number() over (order by x.n, y.n), x.v, y.v, (x.n + y.n) % 5, x.v::text from legacy.v x, legacy.v y;
    create table legacy.sums (id integer primary key, k integer, a numeric);
    insert into legacy.sums select i, i % 8, case when i % 8 = 0 then null when i = 9 then 'NaN' when i = 10 then 'Infinity'
        when i in (11, 19) then case when i = 11 then '-Infinity' else 'Infinity' end else ((i * 7919) % 1000)::text || '.' || repeat('1', i % 5) || '0' end::numeric
    from generate_series(1, 400) i;";

/// Run by both: PostgreSQL's text of each is the flow's.
const EXPRESSIONS: [&str; 54] = [
    "a",
    "a + b",
    "a - b",
    "a * b",
    "a / nullif(b, 0)",
    "a % nullif(b, 0)",
    "-a",
    "a + i",
    "i * a",
    "a / 3",
    "1 / nullif(a, 0)",
    "2.5 * a",
    "a - '1.50'",
    "a * a - a / 7",
    "abs(a)",
    "round(a)",
    "round(a, 2)",
    "round(a, -1)",
    "trunc(a)",
    "trunc(a, 1)",
    "ceil(a)",
    "floor(a)",
    "a = b",
    "a <> b",
    "a < b",
    "a <= b",
    "a >= 1.5",
    "a > 0",
    "i < a",
    "a = '1.500'",
    "a = 'NaN'",
    "a between 0 and 2.5",
    "a not between b and 10",
    "a in (1.5, 2, '-0.50')",
    "a not in (1.5, 0)",
    "a is distinct from b",
    "a is not distinct from b",
    "case when a > b then a else 0 end",
    "case when i = 1 then 1 else a end + 1",
    "case when i = 1 then 2.50 else b end > a",
    "case a when 1.50 then 'one' when b then 'same' else 'other' end",
    "coalesce(a, 0)",
    "coalesce(a, b, -1) * 2",
    "nullif(a, 1.500)",
    "nullif(a, b)",
    "greatest(a, b)",
    "least(a, b, 1)",
    "greatest(a, 1.25)",
    "case when a between -1000 and 1000 then cast(a as bigint) end",
    "case when a between -1000 and 1000 then cast(a as numeric(20, 3)) end",
    "case when a between -1000 and 1000 then cast(a as double precision) end",
    "cast(a as text)",
    "a || ' in all'",
    "not (a < b or a > b)",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_any_size_are_computed_and_compared_as_postgresql_does() {
    let database = Database::with(NUMBERS).await;
    let named = |(at, sql): (usize, &&str)| format!("{sql} as c{at}");
    let columns: Vec<String> = EXPRESSIONS.iter().enumerate().map(named).collect();
    let columns = columns.join(", ");
    database
        .run(&format!(
            "create table fresh.wanted as select id as old, {columns} from legacy.pairs;
             create table fresh.pairs (id uuid primary key, like fresh.wanted)"
        ))
        .await;
    let flow = format!(
        "/*---\nsource = \"pairs\"\n---*/\nselect id as _key, migrate() as _outcome, id as old, {columns} from source.pairs"
    );
    let done = migrate(&database, &[("pairs", &flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    for (at, sql) in EXPRESSIONS.iter().enumerate() {
        let differ = format!(
            "select coalesce(string_agg(w.old || ': ' || coalesce(w.c{at}::text, 'null') || ' not ' || coalesce(f.c{at}::text, 'null'), ', ' order by w.old), '')
             from fresh.wanted w left join fresh.pairs f using (old) where f.id is null or w.c{at}::text is distinct from f.c{at}::text"
        );
        assert_eq!(database.text(&differ).await, "", "{sql}");
    }
}

/// Groups, DISTINCT, joins, orders, windows and aggregates go by value: 1.5 and 1.50 are one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_any_size_are_grouped_joined_and_summed_by_value() {
    let database = Database::with(NUMBERS).await;
    let of_sums = "s.k, sum(s.a) as total, avg(s.a) as mean, min(s.a) as least, max(s.a) as most, count(s.a) as n, count(distinct s.a) as kinds,
                   sum(s.a) filter (where s.a > 500) as large";
    let wanted = "with sums as (select K from S s group by s.k having count(*) > 3 and (sum(s.a) > -1 or sum(s.a) is null or sum(s.a) = 'NaN')),
        groups as (select a, count(*) as n from S group by a), kinds as (select distinct a from S),
        placed as (select id, rank() over (order by a) as place, row_number() over (partition by a order by id) as nth,
                          min(a) over (partition by k) as low, lag(a) over (order by a desc, id) as before from S)
        select x.id, x.a as handed, t.total, t.mean, t.least, t.most, t.n, t.kinds, t.large, g.n as alike, d.a is not null as known,
               p.place, p.nth, p.low, p.before, v.n is not null as met
        from S x left join sums t on t.k = x.k left join groups g on g.a = x.a left join kinds d on d.a = x.a
        left join placed p on p.id = x.id left join (select min(n) as n, v from V group by v) v on v.v = x.a";
    let with = |sums: &str, values: &str| {
        wanted
            .replace("select K", &format!("select {of_sums}"))
            .replace(" S ", &format!(" {sums} "))
            .replace(" S)", &format!(" {sums})"))
            .replace(" V ", &format!(" {values} "))
    };
    database
        .run(&format!(
            "insert into legacy.sums select 400 + n, 9, v from legacy.v;
             create table fresh.wanted as {};
             create table fresh.sums (uid uuid primary key, like fresh.wanted)",
            with("legacy.sums", "legacy.v")
        ))
        .await;
    let flow = format!(
        "/*---\nsource = \"sums\"\n---*/\nwith whole as ({})\nselect w.id as _key, case when w.handed > 1e29 then reject('large') else migrate() end as _outcome, w.* from whole w",
        with("source.sums", "source.v")
    );
    let done = migrate(&database, &[("sums", &flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let large = "select (count(*) filter (where w.handed > 1e29) - (select count(*) from rehome.quarantine where reason = 'large'))::text from fresh.wanted w";
    assert_eq!(database.text(large).await, "0");
    // Of equal numbers in a group, any may be shown: these columns are compared by value, the others by their digits.
    for column in [
        "handed", "total", "mean", "least", "most", "n", "kinds", "large", "alike", "known", "place", "nth", "low",
        "before", "met",
    ] {
        let shown = if matches!(column, "least" | "most" | "low") {
            format!("trim_scale(X.{column})")
        } else {
            format!("X.{column}")
        };
        let (wanted, found) = (shown.replace('X', "w"), shown.replace('X', "f"));
        let differ = format!(
            "select coalesce(string_agg(w.id || ': ' || coalesce({wanted}::text, 'null') || ' not ' || coalesce({found}::text, 'null'), ', ' order by w.id), '')
             from fresh.wanted w left join fresh.sums f using (id) where (w.handed <= 1e29 or w.handed is null) and (f.uid is null or {wanted}::text is distinct from {found}::text)"
        );
        assert_eq!(database.text(&differ).await, "", "{column}");
    }
}

/// What would be compared as text is refused, with its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_comparison_of_numbers_is_told() {
    let database = Database::with(NUMBERS).await;
    database.run("create table fresh.pairs (id uuid primary key, x text)").await;
    for (expression, told) in [
        ("a = t", "Cannot compare"),
        ("a > 'many'", "no numeric"),
        ("median(a) over (partition by i)", "median"),
        ("a + date '2024-01-01'", "Cannot apply"),
    ] {
        let flow = format!(
            "/*---\nsource = \"pairs\"\n---*/\nselect id as _key, migrate() as _outcome,\n  cast({expression} as text) as x\nfrom source.pairs"
        );
        let Err(error) = migrate(&database, &[("pairs", &flow)]).await else { panic!("{expression} went through") };
        let text = format!("{error} {}", error.hint_text().unwrap_or_default());
        assert!(text.contains(told) && text.contains("pairs.sql:5:"), "{expression}: {text}");
    }
}
