//! Owns the tests of flows whose source is several tables, and of those that make several rows of one. PostgreSQL says what is
//! right, row by row. Must not know: how rows are counted.

use crate::cluster::Database;
use crate::support::migrate;

/// Three tables of one sort whose columns and types differ; keys collide, one table has none; and a column of keys in a text.
const SORTS: &str = "
    create schema legacy; create schema fresh;
    create table legacy.plot_long (id integer, body text, pages integer);
    create table legacy.plot_short (id bigint, body varchar(40), author text);
    create table legacy.plot_note (body text);
    insert into legacy.plot_long select i, 'long ' || i, i % 7 from generate_series(1, 300) i;
    insert into legacy.plot_short select i * 2, case when i % 50 = 0 then '' else 'short ' || i end, 'a' || i from generate_series(1, 400) i;
    insert into legacy.plot_note select case when i % 10 > 0 then 'note ' || i % 30 end from generate_series(1, 90) i;
    create table fresh.plots (id uuid primary key, sort text, old text, body text, pages integer);
    create table legacy.film (id integer primary key, genre_ids text);
    insert into legacy.film select i, case when i % 11 = 0 then null when i % 13 = 0 then '' else concat_ws(',', i % 5, i % 3, 9) end
    from generate_series(1, 500) i;
    create table fresh.film_genres (film integer, genre integer, nth integer, primary key (film, nth), check (genre <> 4));
    create table fresh.marks (id uuid primary key, film integer, genre integer);";

const PLOTS: &str = "/*---
source = [\"plot_long\", \"plot_short\", \"plot_note\"]
key    = \"ctid\"
entity = \"plot\"
---*/
with plots as (
    select 'plot_long' as sort, ctid, cast(id as text) as old, body, pages from source.plot_long
    union all
    select 'plot_short', ctid, cast(id as text), body, null from source.plot_short
    union all
    select 'plot_note', ctid, null, body, null from source.plot_note
)
select named_struct('source', p.sort, 'row', p.ctid) as _key,
       case when p.body is null then reject('no_body') when p.body = '' then skip('empty') else migrate() end as _outcome,
       p.sort, p.old, p.body, p.pages
from plots p";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_several_tables_are_all_accounted_for() {
    let database = Database::with(SORTS).await;
    for attempt in 0..2 {
        let done = migrate(&database, &[("plots", PLOTS)]).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{attempt}: {:?}", done.failures);
        let flow = &done.report.flows[0];
        assert_eq!((flow.source_rows, flow.migrated, flow.rejected, flow.skipped), (790, 773, 9, 8));
        for (what, sql) in [
            ("rows", "select count(*)::text from (
                  (select 'plot_long' s, id::text o, body b, pages p from legacy.plot_long union all
                   select 'plot_short', id::text, body, null from legacy.plot_short where body <> '' union all
                   select 'plot_note', null, body, null from legacy.plot_note where body is not null
                   except all select sort, old, body, pages from fresh.plots)
                  union all
                  (select sort, old, body, pages from fresh.plots except all
                  (select 'plot_long', id::text, body, pages from legacy.plot_long union all
                   select 'plot_short', id::text, body, null from legacy.plot_short union all
                   select 'plot_note', null, body, null from legacy.plot_note))) d"),
            ("quarantine", "select abs(count(*) - 9)::text from rehome.quarantine q join legacy.plot_note n
                  on q.legacy_key::jsonb = jsonb_build_array('plot_note', n.ctid::text) where n.body is null and q.source_row ? 'body' and not q.source_row ? 'pages'"),
            ("mappings", "select (773 - count(distinct entity_uuid))::text from public.migration_mappings where entity_type = 'plot'"),
        ] {
            assert_eq!(database.text(sql).await, "0", "{attempt}: {what}");
        }
    }
}

/// A table that the query forgets, or a name that is none of the list's, breaks conservation with keys that say which.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_forgotten_is_told() {
    let database = Database::with(SORTS).await;
    let forgotten =
        PLOTS.replace("    union all\n    select 'plot_note', ctid, null, body, null from source.plot_note\n", "");
    let misnamed = PLOTS.replace("select 'plot_note', ctid", "select 'plot_notes', ctid");
    let bare = PLOTS.replace("named_struct('source', p.sort, 'row', p.ctid)", "p.ctid");
    for (flow, told) in [
        (&forgotten, "90 rows of the source have no outcome"),
        (&misnamed, "90 rows have a key that the source does not have"),
        (&bare, "1 part(s)"),
    ] {
        let error = match migrate(&database, &[("plots", flow)]).await {
            Ok(_) => panic!("{told}: it went through"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(told), "{told}: {error}");
    }
}

const FILM_GENRES: &str = "/*---
source = \"film\"
expand = true
id     = \"none\"
---*/
with parts as (
    select f.id, unnest(string_to_array(coalesce(nullif(f.genre_ids, ''), '-'), ',')) as genre from source.film f
), numbered as (
    select p.id, p.genre, row_number() over (partition by p.id order by p.genre) as nth from parts p
)
select n.id as _key, n.nth as _ordinal,
       case when f.genre_ids is null then reject('no_genres') when n.genre = '-' then skip('none') else migrate() end as _outcome,
       n.id as film, try_cast(n.genre as int) as genre, n.nth
from numbered n join source.film f on f.id = n.id";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_row_becomes_several_and_each_has_its_fate() {
    let database = Database::with(SORTS).await;
    let marks = FILM_GENRES.replace("id     = \"none\"\n", "target = \"marks\"\n").replace(", n.nth\nfrom", "\nfrom");
    for attempt in 0..2 {
        let done = migrate(&database, &[("film_genres", FILM_GENRES), ("marks", &marks)]).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{attempt}: {:?}", done.failures);
        assert!(done.report.conserved);
        let flow = &done.report.flows[0];
        assert_eq!((flow.source_rows, flow.expanded, flow.skipped), (500, Some(flow.total()), 35), "{attempt}");
        for (what, sql) in [
            ("rows", "with wanted as (select f.id, g::int as genre, row_number() over (partition by f.id order by g) as nth
                          from legacy.film f, unnest(string_to_array(nullif(f.genre_ids, ''), ',')) g)
                      select count(*)::text from wanted w full join fresh.film_genres t on t.film = w.id and t.nth = w.nth
                      where (w.genre = 4) <> (t.film is null) or w.id is null or t.genre <> w.genre"),
            ("refused", "select (count(*) - (select count(*) from rehome.quarantine q where flow = 'film_genres' and reason = 'check:film_genres_genre_check'))::text
                      from legacy.film f, unnest(string_to_array(f.genre_ids, ',')) g where g = '4'"),
            ("rejected", "select (count(*) - (select count(*) from rehome.quarantine q where flow = 'film_genres' and reason = 'no_genres' and (q.source_row ->> 'id')::int % 11 = 0))::text
                      from legacy.film where genre_ids is null"),
            ("marks", "select abs(count(*) - (select count(*) from fresh.marks))::text from legacy.film f, unnest(string_to_array(nullif(f.genre_ids, ''), ',')) g"),
            ("mappings", "select count(*)::text from fresh.marks k left join public.migration_mappings m on m.entity_uuid = k.id
                      where (m.legacy_key::jsonb -> 0)::int is distinct from k.film"),
        ] {
            assert_eq!(database.text(sql).await, "0", "{attempt}: {what}");
        }
    }
}

const LINE_PARTS: &str = "/*---
source = \"line\"
key    = [\"order\", \"no\"]
expand = true
entity = \"line_part\"
---*/
select named_struct('order', l.\"order\", 'no', l.no) as _key, n.k as _ordinal,
       case when l.pieces is null then reject('no_pieces') else migrate() end as _outcome,
       l.\"order\" || '/' || l.no as line, n.k as nth
from source.line l cross join (select 1 as k union all select 2 union all select 3) n
where n.k <= l.pieces or n.k = 1";
const PARTS_OF_PARTS: &str = "/*---
source = \"line\"
key    = [\"order\", \"no\"]
entity = \"line\"
---*/
select named_struct('order', l.\"order\", 'no', l.no) as _key,
       case when p._key is null then reject('no_part') else migrate() end as _outcome, l.no,
       legacy_uuid('line_part', named_struct('order', l.\"order\", 'no', l.no, '_ordinal', 1)) as first_part_id
from source.line l
left join migrated.line_parts p on p._key = named_struct('order', l.\"order\", 'no', l.no, '_ordinal', 1)";

/// Rows that are known by two columns become several each; others refer to them by all three parts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_with_a_key_of_two_columns_become_several() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.line (\"order\" text, no integer, pieces integer, primary key (\"order\", no));
         insert into legacy.line select 'o' || i % 7, i, case when i % 11 > 0 then 1 + i % 3 end from generate_series(1, 90) i;
         create table fresh.line_parts (id uuid primary key, line text not null, nth bigint not null);
         create table fresh.lines (id uuid primary key, no integer, first_part_id uuid not null references fresh.line_parts);",
    )
    .await;
    for attempt in 0..2 {
        let done = migrate(&database, &[("line_parts", LINE_PARTS), ("lines", PARTS_OF_PARTS)]).await.unwrap();
        assert!(
            done.failures.is_empty() && done.report.verified && done.report.conserved,
            "{attempt}: {:?}",
            done.failures
        );
        for (what, sql) in [
            ("rows", "select count(*)::text from (select \"order\" || '/' || no as line, g from legacy.line, generate_series(1, pieces) g) w
                      full join fresh.line_parts t on t.line = w.line and t.nth = w.g where t.id is null or w.line is null"),
            ("referring", "select count(*)::text from legacy.line s full join fresh.lines l using (no)
                      left join fresh.line_parts p on p.id = l.first_part_id
                      where (s.pieces is null) <> (l.id is null) or p.line <> s.\"order\" || '/' || s.no or p.nth <> 1"),
        ] {
            assert_eq!(database.text(sql).await, "0", "{attempt}: {what}");
        }
    }
}

/// A row of the source that becomes none, and two with one number, are breaches of conservation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_expand_to_nothing_are_told() {
    let database = Database::with(SORTS).await;
    let lost = FILM_GENRES.replace("coalesce(nullif(f.genre_ids, ''), '-')", "f.genre_ids");
    let twice = FILM_GENRES.replace("n.nth as _ordinal", "1 as _ordinal");
    let unnumbered = FILM_GENRES.replace("n.nth as _ordinal,", "");
    for (flow, told) in [
        (&lost, "rows of the source have no outcome"),
        (&twice, "rows have more than one outcome"),
        (&unnumbered, "no column _ordinal"),
    ] {
        let error = match migrate(&database, &[("film_genres", flow)]).await {
            Ok(_) => panic!("{told}: it went through"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(told), "{told}: {error}");
    }
}
