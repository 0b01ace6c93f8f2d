//! Owns the proof of what `rehome test` promises.

use std::path::Path;

use expect_test::expect;
use regex::Regex;
use rehome::cases::{self, Tested};
use rehome::pipeline::Pipeline;

use crate::spoken::said;
use crate::support::{Home, people, pipeline, snapshot_of};

async fn tested(pipeline: &Pipeline, wanted: &[&str], coverage: bool) -> rehome::error::Result<Tested> {
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    cases::test(pipeline, &wanted, None, coverage, &Home::new().setting()).await
}

/// Every branch, reason and warning of every flow that we ship has its case, and all cases pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cases_of_dispatch_pass_and_reach_all() {
    for (name, wanted, flows) in [
        ("dispatch", vec![], 52),
        ("dispatch-2025-08", vec!["orders", "case_messages_comments"], 2),
        (
            "dispatch-archive-notes",
            vec!["case_messages_comments", "case_messages_records", "doctor_notes_comments", "doctor_notes_records"],
            4,
        ),
        ("dispatch-default-case", vec!["cases"], 1),
        ("dispatch-general-case", vec!["case_messages_comments"], 1),
    ] {
        let tested = tested(&pipeline(name), &wanted, true).await.unwrap();
        let failed: Vec<_> = tested.cases.iter().filter(|case| !case.passed).collect();
        assert!(failed.is_empty(), "{name}: {failed:?}");
        assert_eq!(tested.flows, flows, "{name}");
        let missed: Vec<_> = tested.coverage.iter().flat_map(|all| &all.files).flat_map(|file| &file.missed).collect();
        assert!(missed.is_empty(), "{name}: {missed:?}");
    }
}

/// Changes of a flow's rules that its cases must find: another reason, two results of a CASE in each other's place, a column
/// that became NULL.
fn mutants(sql: &str) -> Vec<(String, String)> {
    let body = sql.find("---*/").unwrap();
    let (header, sql) = sql.split_at(body);
    let mut found = Vec::new();
    let mut add = |what: String, changed: String| {
        if changed != sql {
            found.push((what, format!("{header}{changed}")));
        }
    };
    for reason in Regex::new(r"(?:reject|skip)\('\w+").unwrap().find_iter(sql) {
        add(
            format!("{}_changed", reason.as_str()),
            format!("{}_changed{}", &sql[..reason.end()], &sql[reason.end()..]),
        );
    }
    let lines: Vec<&str> = sql.lines().collect();
    let when = Regex::new(r"^(\s+when .*? then )(.*)$").unwrap();
    for (at, pair) in lines.windows(2).enumerate() {
        if let (Some(one), Some(other)) = (when.captures(pair[0]), when.captures(pair[1]))
            && one[2] != other[2]
        {
            let swapped = [format!("{}{}", &one[1], &other[2]), format!("{}{}", &other[1], &one[2])];
            let all: Vec<&str> = lines[..at]
                .iter()
                .copied()
                .chain(swapped.iter().map(String::as_str))
                .chain(lines[at + 2..].iter().copied())
                .collect();
            add(format!("swapped: {}", pair[0].trim()), all.join("\n"));
        }
    }
    let last = lines.iter().rposition(|line| *line == "select").unwrap();
    let column = Regex::new(r"^    (\S.*?)\s+as ([a-z]\w*)(,?)$").unwrap();
    for (at, line) in lines.iter().enumerate().skip(last) {
        let Some(parts) = column.captures(line) else { continue };
        if parts[1].matches('(').count() != parts[1].matches(')').count() {
            continue;
        }
        let changed = format!("    case when false then {} end as {}{}", &parts[1], &parts[2], &parts[3]);
        let all: Vec<&str> =
            lines[..at].iter().copied().chain([changed.as_str()]).chain(lines[at + 1..].iter().copied()).collect();
        add(format!("without {}", &parts[2]), all.join("\n"));
    }
    found
}

/// Mutants that are no other rules: nothing could tell them apart.
const SAME: [&str; 1] = ["role_permissions: without created_at"];

/// A change of a rule fails a case: one of each flow, in turn of each sort; with `REHOME_MUTANTS=all`, all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_rule_fails_a_case() {
    let all = std::env::var("REHOME_MUTANTS").is_ok_and(|which| which == "all");
    let mut open = Vec::new();
    for name in ["dispatch", "dispatch-2025-08", "dispatch-archive-notes"] {
        let pipeline = pipeline(name);
        let base = rehome::header::sql_files(&crate::support::repository(&format!("sql/dispatch/flows{}", &name[8..])))
            .unwrap();
        for (turn, file) in base.iter().enumerate() {
            let flow = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let at = pipeline.flows.iter().position(|other| other.name == flow).unwrap();
            let mutants = mutants(&pipeline.flows[at].sql);
            assert!(!mutants.is_empty(), "{flow}");
            let chosen = turn * 7 % mutants.len();
            for (index, (what, sql)) in mutants.into_iter().enumerate().filter(|(index, _)| all || *index == chosen) {
                let mut changed = pipeline.clone();
                changed.flows[at].sql = sql;
                // A remedy of a reason that is gone would end it before.
                changed.flows[at].remedies.clear();
                changed.reroute.clear();
                open.push((format!("{flow}: {what}"), index, changed, flow.clone()));
            }
        }
    }
    let total = open.len();
    let mut survivors = Vec::new();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let mine: Vec<_> = if tasks.is_empty() { open.split_off(open.len() / 2) } else { std::mem::take(&mut open) };
        tasks.spawn(async move {
            let mut alive = Vec::new();
            for (what, _, changed, flow) in mine {
                // A change that does not even plan is found, too.
                if tested(&changed, &[&flow], false).await.is_ok_and(|tested| tested.failed == 0) {
                    alive.push(what);
                }
            }
            alive
        });
    }
    while let Some(alive) = tasks.join_next().await {
        survivors.extend(alive.unwrap());
    }
    survivors.sort();
    survivors.retain(|what| !SAME.contains(&what.as_str()));
    println!("{} of {total} mutants are found", total - survivors.len());
    assert!(survivors.is_empty(), "{} of {total} live: {survivors:#?}", survivors.len());
}

/// A pipeline with its cases, and the source's DDL beside them.
fn write(folder: &Path, settings: &str, schema: &str, flows: &[(&str, &str)], cases: &[(&str, &str)]) -> String {
    std::fs::create_dir_all(folder.join("flows")).unwrap();
    std::fs::create_dir_all(folder.join("tests")).unwrap();
    let head =
        "name = \"shop\"\nflows = \"flows\"\ntests = \"tests\"\nnamespace = \"6ba7b811-9dad-11d1-80b4-00c04fd430c8\"";
    std::fs::write(folder.join("shop.toml"), format!("{head}\n{settings}\n")).unwrap();
    std::fs::write(folder.join("tests/_schema.sql"), schema).unwrap();
    for (name, sql) in flows {
        std::fs::write(folder.join(format!("flows/{name}.sql")), sql).unwrap();
    }
    for (name, sql) in cases {
        std::fs::write(folder.join(format!("tests/{name}.sql")), sql).unwrap();
    }
    folder.join("shop.toml").display().to_string()
}

/// What `pg_dump --schema-only` writes of a shop that is not ours.
const SHOP: &str = r#"
\restrict abc
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA crm;
CREATE TYPE public.mood AS ENUM ('happy', 'so-so');
CREATE DOMAIN public.positive AS integer NOT NULL CONSTRAINT positive_check CHECK ((VALUE > 0));
CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ begin return null; end; $$;
CREATE TABLE crm."Customer List" (
    "Code" character varying(12) NOT NULL,
    "naïve Name" text,
    mood public.mood,
    tags text[] DEFAULT '{}'::text[],
    extra jsonb,
    since timestamp without time zone,
    seen timestamp with time zone NOT NULL,
    credit numeric,
    took interval,
    flat character(4) NOT NULL
);
ALTER TABLE ONLY crm."Customer List" ADD CONSTRAINT "Customer List_pkey" PRIMARY KEY ("Code");
CREATE TABLE public.line (
    order_no integer NOT NULL,
    pos smallint NOT NULL,
    customer character varying(12),
    amount numeric(10,2),
    count public.positive,
    raw bytea,
    token uuid,
    PRIMARY KEY (order_no, pos)
);
CREATE TABLE public.heap (word text, parts text);
CREATE TABLE public.line_old (order_no integer NOT NULL, pos smallint NOT NULL, customer text, PRIMARY KEY (order_no, pos));
"#;

const CUSTOMERS: &str = r#"/*---
source = "crm.Customer List"
key = "Code"
entity = "customer"
---*/
select c."Code" as _key,
    case when c."naïve Name" is null then reject('nameless') when c.mood = 'so-so' then skip('moody') else migrate() end as _outcome,
    c."naïve Name" as "Full Name", c.mood, c.tags, c.extra, c.since at time zone 'Asia/Tokyo' as since_at, c.seen, c.credit, c.took, c.flat
from source.crm."Customer List" c"#;

const LINES: &str = r#"/*---
source = ["line", "line_old"]
key = ["order_no", "pos"]
entity = "line"
---*/
select named_struct('source', 'line', 'order_no', l.order_no, 'pos', l.pos) as _key,
    case when c._key is null and l.customer is not null then reject('no_customer', 'customers', l.customer) else migrate() end as _outcome,
    warnings(l.amount > $most, 'dear', p.pieces is null, 'no_pieces') as _warnings,
    legacy_uuid('customer', c._key) as customer_id, l.amount, l.count, l.raw, l.token, p.pieces
from source.line l
left join migrated.customers c on c._key = l.customer
left join shared.pieces p on p.order_no = l.order_no
union all
select named_struct('source', 'line_old', 'order_no', o.order_no, 'pos', o.pos), skip('old'), warnings(false, 'dear', false, 'no_pieces'),
    null, null, null, null, null, null
from source.line_old o"#;

const PIECES: &str = "select w.number as order_no, count(*) as pieces from migrated.words w group by w.number";

const WORDS: &str = r#"/*---
source = "heap"
key = "ctid"
expand = true
entity = "word"
id = "server"
---*/
with piece as (select h.ctid as place, h.word, unnest(string_to_array(h.parts, ' ')) as part from source.heap h),
numbered as (select p.*, row_number() over (partition by p.place order by p.part) as nth from piece p)
select h.ctid as _key, cast(coalesce(n.nth, 1) as bigint) as _ordinal, case when n.part is null then reject('no_parts') else migrate() end as _outcome,
    h.word, try_cast(n.part as integer) as number
from source.heap h left join numbered n on n.place = h.ctid"#;

/// Rows whose ids the flow gives, and rows that have none.
const FLATS: &str = r#"/*---
source = "crm.Customer List"
key = "Code"
entity = "flat"
id = "given"
---*/
select c."Code" as _key, migrate() as _outcome, 'flat ' || c.flat as _id, c.credit from source.crm."Customer List" c"#;

const SEEN: &str = r#"/*---
source = "crm.Customer List"
key = "Code"
entity = "seen"
id = "none"
identity = "code"
---*/
select c."Code" as _key, case when f._key is null then skip('no_flat') else migrate() end as _outcome, c."Code" as code, f.id as flat
from source.crm."Customer List" c left join migrated.flats f on f._key = c."Code""#;

const SHOP_CASES: &[(&str, &str)] = &[
    (
        "customers",
        r#"/*--- description = "Customers of another system" ---*/
-- case: every type is read as PostgreSQL reads it
insert into source.crm."Customer List" ("Code", "naïve Name", mood, tags, extra, since, seen, credit, took, flat) values
    ('Ä-1', repeat('長', 5000), 'happy', '{a,"b c",NULL}', '{"b": [1.50, {"c": null}], "a": 1}', '2025-07-01 09:30',
     '2025-07-01 02:00+02', 12345678901234567890.000000000001, '26:00', 'ab');
insert into expected.customers (_key, "Full Name", mood, tags, extra, since_at, seen, credit, took, flat) values
    ('Ä-1', repeat('長', 5000), 'happy', array['a', 'b c', null], '{"b": [1.5, {"c": null}]}', '2025-07-01 00:30+00',
     '2025-07-01 00:00+00', '12345678901234567890.000000000001', interval '20 hours' + interval '6 hours', 'ab');

-- case: what is left out is NULL, or the zero of its type
insert into source.crm."Customer List" ("Code", "naïve Name") values ('a', 'x');
insert into expected.customers (_key, mood, tags, extra, since_at, seen, credit, flat) values
    ('a', null, null, null, null, '2000-01-01 00:00+00', null, '    ');

-- case: reasons
insert into source.crm."Customer List" ("Code", "naïve Name", mood) values ('a', null, 'so-so'), ('b', '', 'so-so');
insert into expected.customers (_key, _outcome) values ('a', reject('nameless')), ('b', skip('moody'));
"#,
    ),
    (
        "flats",
        r#"-- case: ids that the flow gives
insert into source.crm."Customer List" ("Code", flat, credit) values ('a', 'A  1', 1.50);
insert into expected.flats (_key, id, credit) values ('a', 'flat A  1', 1.50);

-- case: rows that have no id, of those whose id was given
insert into source.crm."Customer List" ("Code") values ('a'), ('b');
insert into migrated.flats (_key, id) values ('a', 'here');
insert into expected.seen (_key, _outcome, code, flat) values ('a', migrate(), 'a', 'here'), ('b', skip('no_flat'), null, null);
"#,
    ),
    (
        "lines",
        r"-- Of two tables, with a key of two columns; it reads what two other flows have migrated, one through a shared view.

insert into migrated.customers (_key) values ('C 1');
insert into migrated.words (_key, number) values (('(0,1)', 1), 7), (('(0,1)', 2), 7);

-- case: a line is of a customer who is there
set most = 5;
insert into source.line (order_no, pos, customer, amount, count, raw, token) values
    (7, 1, 'C 1', 5, 2, '\x00ff', '6BA7B811-9DAD-11D1-80B4-00C04FD430C8'), (7, 2, 'C 2', 5.01, 1, null, null),
    (8, 1, null, 5.01, 1, null, null);
insert into source.public.line_old (order_no, pos) values (7, 1);
insert into expected.lines (_key, _warnings, customer_id, amount, count, raw, token, pieces) values
    (('line', 7, 1), '{}', legacy_uuid('customer', 'C 1'), 5.00, 2, '\x00ff',
     '6ba7b811-9dad-11d1-80b4-00c04fd430c8', 2),
    (('line', 8, 1), array['no_pieces', 'dear'], null, 5.01, 1, null, null, null);
insert into expected.lines (_key, _outcome) values
    (('line', 7, 2), reject('no_customer', 'customers', 'C 2')),
    (row('line_old', 7, 1), skip('old'));
",
    ),
    (
        "words",
        r"-- case: a row becomes several, and rows without a key are known by where they lie
insert into source.heap (word, parts) values ('seven', '7 8'), ('none', null);
insert into expected.words (_key, _outcome, word, number) values
    (('(0,1)', 1), migrate(), 'seven', 7), (('(0,1)', 2), migrate(), 'seven', 8), (('(0,2)', 1), reject('no_parts'), null, null);

-- case: the flows run together
insert into source.heap (word, parts) values ('seven', '7');
insert into source.line (order_no, pos) values (7, 1);
insert into expected.words (_key) values (('(0,1)', 1));
insert into expected.lines (_key, _warnings, pieces) values (('line', 7, 1), '{}', 1);

-- case: nothing comes of nothing
",
    ),
];

fn shop(folder: &Path) -> String {
    let settings = "shared = \"shared\"\n[source]\nschemas = [\"public\", \"crm\"]\n[params]\nmost = 100";
    std::fs::create_dir_all(folder.join("shared")).unwrap();
    std::fs::write(folder.join("shared/pieces.sql"), PIECES).unwrap();
    let flows = [("customers", CUSTOMERS), ("flats", FLATS), ("lines", LINES), ("seen", SEEN), ("words", WORDS)];
    write(folder, settings, SHOP, &flows, SHOP_CASES)
}

#[test]
fn somebody_elses_pipeline() {
    let dir = tempfile::tempdir().unwrap();
    let file = shop(dir.path());
    expect![[r"
        customers: 3 of 5 reached; not reached:
          DIR/flows/customers.sql:6:1  warning local_time_ambiguous
          DIR/flows/customers.sql:6:1  warning local_time_skipped

        coverage 85.7 %: 12 of 14 branches, reasons and warnings
        5 flows, 9 cases, 9 passed (TIME)
        --- exit 0
    "]]
    .assert_eq(&seconds(&said(dir.path(), &["test", "--pipeline", &file, "--coverage"])));
}

/// Without the time that a run took.
fn seconds(told: &str) -> String {
    Regex::new(r"\([0-9.]+ s\)|\(TIME\)|.seconds.:[0-9.e-]+").unwrap().replace_all(told, "(TIME)").into_owned()
}

const PEOPLE: &str =
    "create table people (id integer primary key, name varchar(20), boss integer, born date not null, note jsonb);";
const PERSONS: &str = r#"/*--- source = "people" ---*/
select p.id as _key,
    case
        when p.name is null then reject('nameless')
        when p.boss = p.id then skip('own_boss')
        else migrate()
    end as _outcome,
    warnings(b.id is null and p.boss is not null, 'boss_unknown') as _warnings,
    upper(p.name) as name,
    case when p.born < '1990-01-01' then 'old' when p.born < '2005-01-01' then 'young' end as age,
    p.note
from source.people p
left join source.people b on b.id = p.boss"#;

fn persons(folder: &Path, cases: &str) -> String {
    write(folder, "", PEOPLE, &[("persons", PERSONS)], &[("persons", cases)])
}

#[test]
fn differences_are_told_row_by_row() {
    let dir = tempfile::tempdir().unwrap();
    let file = persons(
        dir.path(),
        "-- case: all is well\ninsert into source.people (id, name) values (1, 'a');\ninsert into expected.persons (_key, name) values (1, 'A');\n
-- case: nothing is\ninsert into source.people (id, name, boss, note) values (1, 'a', 9, '{\"a\": 1, \"b\": {\"c\": 2, \"d\": 3}}'), (2, null, null, null), (3, 'c', 3, null);
insert into expected.persons (_key, _outcome, _warnings, name, age, note) values
    (1, null, '{}', 'a', 'young', '{\"a\": 2, \"b\": {\"c\": 2}}'), (2, reject('namless'), null, null, null, null), (4, skip('own_boss'), null, null, null, null);\n",
    );
    expect![[r#"
        FAILED  nothing is
                DIR/tests/persons.sql:5
                persons 1
                  _warnings  expected  {}
                                  got  {boss_unknown}
                  name       expected  a
                                  got  A
                  note       expected  {"a": 2, "b": {"c": 2}}
                                  got  {"a":1,"b":{"c":2}}
                persons 2
                  _outcome  expected  reject('namless')
                                 got  reject('nameless')
                persons 4: is missing, skip('own_boss') is expected
                persons 3: is not expected, and is skip('own_boss')

        1 flow, 2 cases, 1 passed, 1 failed (TIME)
        --- exit 7
    "#]]
    .assert_eq(&seconds(&said(dir.path(), &["test", "--pipeline", &file])));
    expect![[r#"
        {"pipeline":"shop","flows":1,"passed":1,"failed":0,"cases":[{"name":"all is well","flows":["persons"],"file":"DIR/tests/persons.sql","line":1,"passed":true,"error":null,"rows":[]}],"coverage":null,(TIME)}
        --- exit 0
    "#]].assert_eq(&seconds(&said(dir.path(), &["--format", "json", "test", "--pipeline", &file, "all is"])));
    expect![[r"
        --- stderr
        error: there is no case of 'person'
           pipeline: shop
           hint: did you mean 'persons'?
        --- exit 2
    "]]
    .assert_eq(&said(dir.path(), &["test", "--pipeline", &file, "person"]));
}

#[test]
fn coverage_tells_what_no_case_reaches() {
    let dir = tempfile::tempdir().unwrap();
    let file = persons(
        dir.path(),
        "-- case: a person\ninsert into source.people (id, name, born) values (1, 'a', '1980-05-05');\ninsert into expected.persons (_key) values (1);\n",
    );
    expect![[r"
        persons: 2 of 7 reached; not reached:
          DIR/flows/persons.sql:4:14  when p.name IS NULL then reject('nameless')
          DIR/flows/persons.sql:5:14  when p.boss = p.id then skip('own_boss')
          DIR/flows/persons.sql:10:53  when p.born < '2005-01-01' then 'young'
          DIR/flows/persons.sql:10:88  else NULL, which is not written
          DIR/flows/persons.sql:8:51  warning boss_unknown

        coverage 28.6 %: 2 of 7 branches, reasons and warnings
        1 flow, 1 case, 1 passed (TIME)
        --- stderr
        error: the cases reach 28.6 %, 80 % are demanded
        --- exit 3
    "]]
    .assert_eq(&seconds(&said(dir.path(), &["test", "--pipeline", &file, "--coverage", "--require", "80"])));
}

/// What is no case is refused before any runs, with its place and what to do.
#[test]
fn malformed_cases() {
    let dir = tempfile::tempdir().unwrap();
    let mut told = String::new();
    let fine = "insert into source.people (id, name) values (1, 'a');";
    for case in [
        "select 1;",
        "-- nothing",
        "-- case: one\ninsert into source.peple (id) values (1);",
        "-- case: one\ninsert into source.people (id, nme) values (1, 'a');",
        "-- case: one\ninsert into source.people (id, born) values (1, '2025-13-01');",
        "-- case: one\ninsert into source.people (id, born) values (1, null);",
        "-- case: one\ninsert into source.people (id, name) values (1, 'a'), (2);",
        "-- case: one\ninsert into source.people (id, name) values (1, 'abcdefghijklmnopqrstuvwxyz');",
        "-- case: one\ninsert into source.people (id) values (1), (1);",
        "-- case: one\ninsert into source.people select 1;",
        "-- case: one\ninsert into source.people (id, id) values (1, 1);",
        "-- case: one\nupdate source.people set id = 1;",
        "-- case: one\nset most = 1;",
        "-- case: one\ninsert into people (id) values (1);",
        "-- case: one\ninsert into expected.person (_key) values (1);",
        "-- case: one\ninsert into expected.persons (name) values ('a');",
        "-- case: one\ninsert into expected.persons (_key, _outcome) values (1, 'rejected');",
        "-- case: one\ninsert into expected.persons (_key) values (1), (1);",
        "-- case: one\ninsert into migrated.persons (_key) values (1);\ninsert into expected.persons (_key) values (1);",
        "-- case: one\ninsert into source.people (id) values (1)\n-- case: two\n;",
        "-- case: one\n-- case: one\n",
        "-- case:\n",
        "-- case: one\ninsert into source.people (id) values (1",
        "insert into expected.persons (_key) values (1);\n-- case: one\n",
        "/*--- flow = 'x' ---*/\n-- case: one\n",
    ] {
        let file = persons(dir.path(), case);
        told.push_str(&said(dir.path(), &["test", "--pipeline", &file]));
    }
    let file = write(
        dir.path(),
        "",
        "create table other (id int primary key);",
        &[("persons", PERSONS)],
        &[("persons", &format!("-- case: one\n{fine}"))],
    );
    told.push_str(&said(dir.path(), &["test", "--pipeline", &file]));
    std::fs::remove_file(dir.path().join("tests/_schema.sql")).unwrap();
    told.push_str(&said(dir.path(), &["test", "--pipeline", &file]));
    std::fs::write(dir.path().join("shop.toml"), "name = \"shop\"\nflows = \"flows\"\n").unwrap();
    told.push_str(&said(dir.path(), &["test", "--pipeline", &file]));
    expect![[r#"
        --- stderr
        error: a case holds insert and set only
          --> DIR/tests/persons.sql:1:1
           hint: a case is: -- case: its name, then insert into source.… and insert into expected.… with values
        --- exit 2
        --- stderr
        error: the file holds no case
          --> DIR/tests/persons.sql
           hint: a case is: -- case: its name, then insert into source.… and insert into expected.… with values
        --- exit 2
        --- stderr
        error: the source has no table 'peple'
          --> DIR/tests/persons.sql:2:1
           hint: did you mean 'source.people'?
        --- exit 2
        --- stderr
        error: 'source.people' has no column 'nme'
          --> DIR/tests/persons.sql:2:32
           column: nme
           hint: did you mean 'name'?
        --- exit 2
        --- stderr
        error: the quoted text '2025-13-01' as date: a date or time is out of range
          --> DIR/tests/persons.sql:2:49
           sql: '2025-13-01'
        --- exit 2
        --- stderr
        error: the column 'born' is NOT NULL, and a row has NULL in it
          --> DIR/tests/persons.sql:2:32
           table: source.people
           column: born
        --- exit 2
        --- stderr
        error: a row has 1 values for 2 columns
          --> DIR/tests/persons.sql:2:56
        --- exit 2
        --- stderr
        error: the column 'name' holds 20 characters, and a row has more in it
          --> DIR/tests/persons.sql:2:32
           table: source.people
           column: name
        --- exit 2
        --- stderr
        error: two rows of source.people have the key 1
          --> DIR/tests/persons.sql:2:1
           table: source.people
        --- exit 2
        --- stderr
        error: rows are given as values
          --> DIR/tests/persons.sql:2:1
           hint: a case is: -- case: its name, then insert into source.… and insert into expected.… with values
        --- exit 2
        --- stderr
        error: the column 'id' is named twice
          --> DIR/tests/persons.sql:2:32
        --- exit 2
        --- stderr
        error: a case holds insert and set only
          --> DIR/tests/persons.sql:2:1
           hint: a case is: -- case: its name, then insert into source.… and insert into expected.… with values
        --- exit 2
        --- stderr
        error: the pipeline has no parameter 'most'
          --> DIR/tests/persons.sql:2:1
           hint: `set` gives a parameter that [params] of the pipeline declares
        --- exit 2
        --- stderr
        error: rows cannot go into 'people'
          --> DIR/tests/persons.sql:2:1
           hint: they go into source.…, migrated.<flow> or expected.<flow>
        --- exit 2
        --- stderr
        error: there is no flow 'person'
          --> DIR/tests/persons.sql:2:1
           hint: did you mean 'persons'?
        --- exit 2
        --- stderr
        error: an expected row needs its _key
          --> DIR/tests/persons.sql:2:1
        --- exit 2
        --- stderr
        error: _outcome is migrate(), reject(…), skip(…) or elsewhere(…), as in a flow
          --> DIR/tests/persons.sql:2:1
        --- exit 2
        --- stderr
        error: the key 1 is expected twice of persons
          --> DIR/tests/persons.sql:2:1
        --- exit 2
        --- stderr
        error: the flow persons is run, and its rows are given
          --> DIR/tests/persons.sql:2:1
        --- exit 2
        --- stderr
        error: a statement does not end before the next case
          --> DIR/tests/persons.sql:2:1
           hint: end it with ;
        --- exit 2
        --- stderr
        error: the case 'one' is there twice
          --> DIR/tests/persons.sql:2:1
        --- exit 2
        --- stderr
        error: a case without a name
          --> DIR/tests/persons.sql:1:1
        --- exit 2
        --- stderr
        error: Expected: ), found: EOF
          --> DIR/tests/persons.sql:2:40
           sql: 1
        --- exit 2
        --- stderr
        error: what is expected stands within a case
          --> DIR/tests/persons.sql:1:1
           hint: a case is: -- case: its name, then insert into source.… and insert into expected.… with values
        --- exit 2
        --- stderr
        error: unknown field `flow`, expected `description`
          --> DIR/tests/persons.sql:1:2
        --- exit 2
        --- stderr
        error: the source has no table 'people'
          --> DIR/flows/persons.sql:1:17
           flow: persons
           sql: people" ---*/
           table: people
           hint: the tables of a test are those of the DDL beside the cases, of the sample's, or of --snapshot
        --- exit 2
        --- stderr
        error: nothing says what the source's tables look like
           pipeline: shop
           hint: pg_dump --schema-only SOURCE > …/_schema.sql beside the cases; or --snapshot
        --- exit 2
        --- stderr
        error: the pipeline has no cases
          --> DIR/shop.toml
           hint: `tests` names the folder of cases, relative to the pipeline file
        --- exit 2
    "#]]
    .assert_eq(&told);
}

/// A value that a flow cannot take fails its case, and not the others.
#[test]
fn a_flow_that_breaks_fails_its_case() {
    let dir = tempfile::tempdir().unwrap();
    let flow = "/*--- source = \"people\" ---*/\nselect p.id as _key, migrate() as _outcome, 10 / p.boss as share from source.people p join source.people b on b.id = p.id or p.boss = 7";
    let cases = "-- case: divided\ninsert into source.people (id, boss) values (1, 5);\ninsert into expected.persons (_key, share) values (1, 2);\n
-- case: by nothing\ninsert into source.people (id, boss) values (1, 0);\ninsert into expected.persons (_key) values (1);\n
-- case: doubled\ninsert into source.people (id, boss) values (1, 7), (2, 5);\ninsert into expected.persons (_key) values (1), (2);\n";
    let file = write(dir.path(), "", PEOPLE, &[("persons", flow)], &[("persons", cases)]);
    expect![[r"
        FAILED  by nothing
                DIR/tests/persons.sql:5
                a value does not fit: a division by zero [file DIR/flows/persons.sql] [flow persons] [pipeline shop] (use try_cast, or reject the rows whose values do not fit)

        FAILED  doubled
                DIR/tests/persons.sql:9
                conservation is broken: 1 rows have more than one outcome (keys 1) [file DIR/flows/persons.sql] [flow persons] [pipeline shop] (a join fans out: its right side must have one row a key (aggregate it, or take row_number() = 1); where a row shall become several, say expand = true)

        1 flow, 3 cases, 1 passed, 2 failed (TIME)
        --- exit 7
    "]].assert_eq(&seconds(&said(dir.path(), &["test", "--pipeline", &file])));
}

/// The source's types come from a snapshot, too; and cases are no rules.
#[tokio::test]
async fn types_of_a_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = snapshot_of(dir.path(), &[("people", people(3))]).await;
    let flow =
        "/*--- source = \"people\" ---*/\nselect p.id as _key, migrate() as _outcome, p.name from source.people p";
    let cases = "-- case: one\ninsert into source.people (id, name) values (5, 'x');\ninsert into expected.persons (_key, name) values (5, 'x');\n";
    let file = write(dir.path(), "", "", &[("persons", flow)], &[("persons", cases)]);
    let with = Pipeline::read(Path::new(&file)).unwrap();
    let tested = cases::test(&with, &[], Some(&snapshot), false, &Home::new().setting()).await.unwrap();
    assert_eq!((tested.passed, tested.failed), (1, 0));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("tests = \"tests\"\n", "")).unwrap();
    assert_eq!(Pipeline::read(Path::new(&file)).unwrap().hash, with.hash);
}
