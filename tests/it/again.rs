//! Owns the proof of what a run does to a target that earlier runs have filled: only what differs moves, the target is then
//! that of a run alone, and what others have done to it is neither lost nor overlooked. PostgreSQL compares the targets.
//! Must not know: how differences are found.

use std::collections::BTreeMap;

use rehome::report::{Because, Changes, KnownBy};
use rehome::run::{self, Finished, Plan, Request, Verify};

use crate::cluster::Database;
use crate::program::{Program, ends};
use crate::support::Home;

pub const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.person (id integer primary key, name text, email text, boss integer, score numeric(8,2));
    create table legacy.note (id integer primary key, person_id integer, body text, at timestamp);
    create table fresh.people (
        id uuid primary key, legacy_id bigint not null unique, name text not null, email varchar(20) unique,
        boss_id uuid references fresh.people (id), score numeric(8,2), gone boolean not null default false,
        remark text default 'none');
    create table fresh.notes (
        id uuid primary key, legacy_id bigint not null unique, person_id uuid references fresh.people (id) on delete cascade,
        body text not null check (body <> 'forbidden'), meta jsonb);
    create index on fresh.notes (person_id);
    create function fresh.touched() returns trigger language plpgsql as $$ begin new.remark := 'touched'; return new; end $$;";

pub const ROWS: &str = "
    insert into legacy.person select i, 'person ' || i, 'p' || i || '@x', case when i > 1 then i / 2 end, i * 1.25
      from generate_series(1, 400) i;
    update legacy.person set name = null where id % 41 = 0;
    insert into legacy.note select i, 1 + i % 400, 'note ' || i, '2025-01-01'::timestamp + i * interval '1 hour'
      from generate_series(1, 1500) i;";

/// Everything that can become of a row: changed, new, gone, fallen out, come in, moved to another parent.
pub const CHANGES: &str = "
    update legacy.person set name = 'changed', score = null where id in (7, 9, 200);
    update legacy.person set email = 'swap@x' where id = 10;
    insert into legacy.person select i, 'new ' || i, case when i = 401 then 'p10@x' else 'p' || i || '@x' end, i - 1, 0
      from generate_series(401, 420) i;
    delete from legacy.note where id % 100 = 3;
    update legacy.note set person_id = 1 where person_id = 390;
    delete from legacy.person where id = 390;
    update legacy.person set name = null where id = 380;
    update legacy.note set person_id = 2 where person_id = 380;
    update legacy.person set name = 'found' where id = 41;
    update legacy.note set body = body || '!' where id % 70 = 1;
    insert into legacy.note select i, 1 + i % 420, 'note ' || i, null from generate_series(1501, 1600) i;";

pub const PEOPLE: &str = "/*--- source = \"person\"
entity = \"person\"
on_gone = \"delete\" ---*/
select p.id as _key, case when p.name is null then reject('no_name') else migrate() end as _outcome,
       p.id as legacy_id, p.name, p.email, case when b.id is not null and b.name is not null then legacy_uuid('person', p.boss) end as boss_id,
       p.score
from source.person p left join source.person b on b.id = p.boss";

pub const NOTES: &str = "/*--- source = \"note\"
entity = \"note\"
on_gone = \"delete\" ---*/
select n.id as _key, case when p._key is null then reject('no_person', 'people', n.person_id) else migrate() end as _outcome,
       n.id as legacy_id, legacy_uuid('person', n.person_id) as person_id, n.body, row_json(n._row) as meta
from source.note n left join migrated.people p on p._key = n.person_id";

const FLOWS: [(&str, &str); 2] = [("people", PEOPLE), ("notes", NOTES)];

/// What a target holds, its mappings and its standing rejects included: what is another's, and what is of the time, aside.
const HELD: &str = "
    select string_agg(line, E'\n' order by line) from (
        select 'people ' || (to_jsonb(t))::text as line from fresh.people t
        union all select 'notes ' || (to_jsonb(t))::text from fresh.notes t
        union all select 'mapping ' || entity_type || ' ' || coalesce(legacy_key, legacy_id::text) || ' ' || entity_uuid
          from fresh.migration_mappings
        union all select 'reject ' || flow || ' ' || legacy_key || ' ' || reason || ' ' || coalesce(sqlstate, '-') || ' '
                         || coalesce(cause_flow || cause_key, '-') || coalesce(source_row::text, '')
          from rehome.quarantine) held";

fn changes<'f>(finished: &'f Finished, flow: &str) -> &'f Changes {
    let flow = finished.report.flows.iter().find(|own| own.flow == flow).unwrap();
    flow.changes.as_ref().unwrap_or_else(|| panic!("{} came whole", flow.flow))
}

fn moved(finished: &Finished, flow: &str) -> BTreeMap<String, u64> {
    changes(finished, flow).moved.clone()
}

pub fn sound(finished: &Finished) {
    assert!(finished.failures.is_empty(), "{:?}", finished.failures);
    assert!(finished.report.conserved && finished.report.verified);
}

/// A source, its target in the same database, and the folder of their runs.
pub struct Bench {
    pub home: Home,
    pub database: Database,
    verify: Verify,
}

impl Bench {
    /// A source that was migrated once.
    pub async fn migrated(flows: &[(&str, &str)]) -> Self {
        let bench = Self::over(Database::with(DDL).await);
        bench.database.run(ROWS).await;
        sound(&bench.run(flows).await);
        bench
    }

    pub fn over(database: Database) -> Self {
        Self { home: Home::new(), database, verify: Verify::Everything }
    }

    pub async fn run(&self, flows: &[(&str, &str)]) -> Finished {
        self.try_run(flows).await.unwrap()
    }

    pub async fn try_run(&self, flows: &[(&str, &str)]) -> rehome::error::Result<Finished> {
        let settings = "[mappings]\ntable = \"fresh.migration_mappings\"";
        let request = self.home.request(&self.database, self.database.address(), settings, flows)?;
        run::run(Request { verify: self.verify, ..request }, &self.home.setting()).await
    }

    /// What a run of these flows would do.
    pub async fn plan(&self, flows: &[(&str, &str)]) -> Plan {
        let settings = "[mappings]\ntable = \"fresh.migration_mappings\"";
        let request = self.home.request(&self.database, self.database.address(), settings, flows).unwrap();
        run::plan(request, &self.home.setting()).await.unwrap()
    }

    pub async fn held(&self) -> String {
        self.database.text(HELD).await
    }

    /// What a run alone, on an empty target, makes of the source as it is.
    async fn alone(&self, flows: &[(&str, &str)]) -> String {
        let copy = Database::with(DDL).await;
        for table in ["person", "note"] {
            let rows =
                self.database.text(&format!("select coalesce(jsonb_agg(t), '[]')::text from legacy.{table} t")).await;
            let rows = rows.replace('\'', "\'\'");
            copy.run(&format!(
                "insert into legacy.{table} select * from jsonb_populate_recordset(null::legacy.{table}, '{rows}')"
            ))
            .await;
        }
        let alone = Self::over(copy);
        sound(&alone.run(flows).await);
        alone.held().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_moves_and_the_target_is_that_of_a_run_alone() {
    let bench = Bench::migrated(&FLOWS).await;
    let first = bench.held().await;
    assert_eq!(first, bench.alone(&FLOWS).await);
    bench.database.run(CHANGES).await;
    let second = bench.run(&FLOWS).await;
    sound(&second);
    assert_eq!(bench.held().await, bench.alone(&FLOWS).await);
    let people = changes(&second, "people");
    assert_eq!((people.because, people.known_by), (Because::Data, KnownBy::Outcomes));
    let counts = &people.counts;
    assert_eq!((counts.new, counts.came_in, counts.gone, counts.fallen_out), (20, 1, 1, 1), "{people:?}");
    assert_eq!(people.conflicts, []);
    assert_eq!(moved(&second, "people")["deleted"], 2);
    // Nothing has changed since: the same run, and not a row is written.
    let again = bench.run(&FLOWS).await;
    sound(&again);
    assert_eq!((again.report.facts.written, &again.report.run), (Some(0), &second.report.run));
    assert_eq!(bench.held().await, bench.alone(&FLOWS).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_changed_is_neither_lost_nor_overlooked() {
    let overwrite = PEOPLE.replace("on_gone", "on_conflict = \"overwrite\"\non_gone");
    for (people, decided) in [(PEOPLE, "kept"), (overwrite.as_str(), "overwritten")] {
        let flows = [("people", people), ("notes", NOTES)];
        let bench = Bench { verify: Verify::Moved, ..Bench::migrated(&flows).await };
        bench
            .database
            .run(
                "update fresh.people set name = 'theirs', score = 1 where legacy_id in (7, 8);
                 update fresh.people set remark = 'theirs' where legacy_id = 200;
                 update fresh.people set name = 'theirs' where legacy_id = 390;
                 insert into fresh.people (id, legacy_id, name) values (gen_random_uuid(), -1, 'theirs');
                 update fresh.people set boss_id = null where boss_id = (select id from fresh.people where legacy_id = 9);
                 delete from fresh.people where legacy_id = 9;",
            )
            .await;
        let theirs =
            "select string_agg(t::text, ' ' order by legacy_id) from fresh.people t where legacy_id in (-1, 8)";
        let before = bench.database.text(theirs).await;
        bench.database.run(CHANGES).await;
        let second = bench.run(&flows).await;
        sound(&second);
        assert_eq!(bench.database.text(theirs).await, before, "nothing of the source has changed there");
        let people = changes(&second, "people");
        let told: Vec<_> = people
            .conflicts
            .iter()
            .map(|found| (found.key.as_str(), found.what.as_str(), found.columns.join(","), found.decided.as_str()))
            .collect();
        let expected = [
            ("390", "changed", "name".to_owned(), decided),
            ("7", "changed", "name,score".to_owned(), decided),
            ("9", "deleted", String::new(), decided),
        ];
        assert_eq!(told[..], expected, "200 was changed where no flow writes");
        let now = "select coalesce(string_agg(legacy_id || ' ' || name || ' ' || coalesce(score::text, '-'), ', ' order by legacy_id), '')
                   from fresh.people where legacy_id in (7, 9, 200, 390)";
        let now = bench.database.text(now).await;
        let expected = if decided == "kept" {
            "7 theirs 1.00, 200 changed -, 390 theirs 487.50"
        } else {
            "7 changed -, 9 changed -, 200 changed -"
        };
        assert_eq!(now, expected);
        let listed = "select count(*)::text from rehome.conflicts where flow = 'people'";
        assert_eq!(bench.database.text(listed).await, "3");
        // Given again, the same conflicts are not found anew.
        let again = bench.run(&flows).await;
        sound(&again);
        assert_eq!(again.report.facts.written, Some(0));
        assert_eq!(bench.database.text(listed).await, "3");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_gone_are_kept_marked_or_deleted_and_may_come_back() {
    for (rule, left, marked) in [("\"keep\"", 2, 0), ("\"mark\"\nmark = \"gone\"", 2, 2), ("\"delete\"", 0, 0)] {
        let people = PEOPLE.replace("\"delete\"", rule);
        let flows = [("people", people.as_str())];
        let bench = Bench::migrated(&flows).await;
        let first = bench.held().await;
        bench.database.run("create table aside as select * from legacy.person where id in (399, 380)").await;
        bench
            .database
            .run("delete from legacy.person where id = 399; update legacy.person set name = null where id = 380")
            .await;
        let second = bench.run(&flows).await;
        sound(&second);
        let count = |what: &str| {
            format!("select count(*) filter (where {what})::text from fresh.people where legacy_id in (399, 380)")
        };
        assert_eq!(bench.database.text(&count("true")).await, left.to_string(), "{rule}");
        assert_eq!(bench.database.text(&count("gone")).await, marked.to_string(), "{rule}");
        let standing = moved(&second, "people").get("standing").copied().unwrap_or_default();
        assert_eq!(standing, left, "those that stay are listed");
        // They come back, one of them changed: the target is what it was, but for that.
        bench
            .database
            .run(
                "delete from legacy.person where id = 380; insert into legacy.person select * from aside;
                            update legacy.person set score = 5 where id = 399",
            )
            .await;
        let third = bench.run(&flows).await;
        sound(&third);
        assert_eq!(changes(&third, "people").conflicts, []);
        bench
            .database
            .run("update fresh.people set score = 498.75 where legacy_id = 399; update fresh.people set gone = false")
            .await;
        assert_eq!(bench.held().await, first, "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_mended_go_on_in_the_same_target() {
    let bench = Bench::over(Database::with(DDL).await);
    bench.database.run(ROWS).await;
    let broken = NOTES.replace("n.body,", "(n.body::integer)::text as body,");
    bench.try_run(&[("people", PEOPLE), ("notes", &broken)]).await.err().unwrap();
    let rows = "select string_agg(legacy_id || ':' || xmin, ' ' order by legacy_id) from fresh.people";
    let before = bench.database.text(rows).await;
    assert!(before.len() > 3_000, "people were loaded before the notes failed");
    let finished = bench.run(&FLOWS).await;
    sound(&finished);
    assert_eq!(bench.database.text(rows).await, before, "what is right stays");
    assert_eq!(bench.held().await, bench.alone(&FLOWS).await);
    // A comment, blanks and the case of words change nothing: it is the same run.
    let people = PEOPLE.replace("select p.id", "-- as it is\nSELECT   P.id").replace("from source", "FROM source");
    let again = bench.run(&[("people", &people), ("notes", NOTES)]).await;
    sound(&again);
    assert_eq!((again.report.facts.written, &again.report.run), (Some(0), &finished.report.run));
    // Rules change what is rejected and what is written: told apart from what the source changed.
    let people = PEOPLE
        .replace("then reject('no_name') else", "and p.id <> 82 then reject('no_name') else")
        .replace("p.name, p.email", "coalesce(p.name, 'nobody') as name, upper(p.email) as email");
    let flows = [("people", people.as_str()), ("notes", NOTES)];
    let ruled = bench.run(&flows).await;
    sound(&ruled);
    let (people, notes) = (changes(&ruled, "people"), changes(&ruled, "notes"));
    assert_eq!((people.because, notes.because), (Because::Rules, Because::Rules));
    assert_eq!((people.counts.came_in, people.counts.changed), (1, 391));
    assert_eq!(people.counts.columns, [("email".to_owned(), 391)].into());
    assert_eq!(bench.held().await, bench.alone(&flows).await);
    // Both change: what the rules alone make differ is told apart, in the plan as in the report.
    bench
        .database
        .run("update legacy.person set score = 0 where id in (7, 9, 11); delete from legacy.note where id < 4")
        .await;
    let both = flows[0]
        .1
        .replace("p.id <> 82", "p.id not in (82, 123, 164)")
        .replace("p.score", "case when p.id = 7 then p.score + 1 else p.score end as score");
    let flows = [("people", both.as_str()), ("notes", NOTES)];
    let plan = bench.plan(&flows).await;
    let done = bench.run(&flows).await;
    sound(&done);
    let (people, notes) = (changes(&done, "people"), changes(&done, "notes"));
    assert_eq!((people.because, notes.because), (Because::Both, Because::Both));
    assert_eq!((people.counts.came_in, people.counts.changed), (2, 3));
    let rules = people.by_rules.as_ref().unwrap();
    assert_eq!((rules.came_in, rules.changed, rules.total()), (2, 1, 3));
    let rules = notes.by_rules.as_ref().unwrap();
    assert_eq!((notes.counts.gone, rules.gone, rules.came_in), (3, 0, notes.counts.came_in));
    for flow in &plan.flows {
        assert_eq!(flow.by_rules, changes(&done, &flow.flow).by_rules, "{}", flow.flow);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_added_later_finds_what_it_refers_to() {
    let bench = Bench::migrated(&[("people", PEOPLE)]).await;
    let rows = "select string_agg(legacy_id || ':' || xmin, ' ' order by legacy_id) from fresh.people";
    let before = bench.database.text(rows).await;
    let second = bench.run(&FLOWS).await;
    sound(&second);
    assert_eq!(bench.database.text(rows).await, before);
    assert_eq!(bench.held().await, bench.alone(&FLOWS).await);
    assert_eq!(changes(&second, "people").counts.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_outcomes_are_lost_they_are_made_again() {
    for changed in [FLOWS, [("people", &*PEOPLE.replace("p.email,", "lower(p.email) as email,")), ("notes", NOTES)]] {
        let bench = Bench::migrated(&FLOWS).await;
        bench.database.run(CHANGES).await;
        std::fs::remove_dir_all(bench.home.setting().workspace.join("runs")).unwrap();
        let second = bench.run(&changed).await;
        sound(&second);
        assert_eq!(changes(&second, "people").known_by, KnownBy::Outcomes);
        assert_eq!((changes(&second, "people").counts.gone, changes(&second, "people").conflicts.len()), (1, 0));
        assert_eq!(bench.held().await, bench.alone(&changed).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_snapshot_and_rules_are_lost_too_the_target_is_looked_at() {
    let bench = Bench::migrated(&FLOWS).await;
    bench.database.run(CHANGES).await;
    std::fs::remove_dir_all(bench.home.setting().workspace).unwrap();
    let second = bench.run(&FLOWS).await;
    sound(&second);
    assert_eq!(changes(&second, "people").known_by, KnownBy::Target);
    assert_eq!(bench.held().await, bench.alone(&FLOWS).await);
    let listed = changes(&second, "people").conflicts.iter().filter(|found| found.what == "unknown").count();
    assert_eq!(listed as u64, moved(&second, "people")["updated"]);
}

/// UUIDs that the source brings, or the target makes, stand in the mappings as ours do, and no row has another sort of id: what is
/// gone is found by them where all that was stored is lost.
#[tokio::test(flavor = "multi_thread")]
async fn rows_with_uuids_of_others_are_found_to_be_gone_too() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.doc (id uuid primary key, title text);
         create table legacy.tag (slug text primary key, label text);
         insert into legacy.doc select gen_random_uuid(), 'd' || i from generate_series(1, 40) i;
         insert into legacy.tag select 't' || i, 'tag' from generate_series(1, 40) i;
         create table fresh.docs (id uuid primary key, title text);
         create table fresh.tags (id uuid primary key default gen_random_uuid(), slug text unique, label text)",
    )
    .await;
    let docs = "/*--- source = \"doc\"
id = \"given\"
on_gone = \"delete\" ---*/
select d.id as _key, migrate() as _outcome, d.id as _id, d.title from source.doc d";
    let tags = "/*--- source = \"tag\"
key = \"slug\"
id = \"server\"
on_gone = \"delete\" ---*/
select t.slug as _key, migrate() as _outcome, t.slug, t.label from source.tag t";
    let program = Program::over(&[("docs", docs), ("tags", tags)]);
    let run = || program.run(&database.url, &database.url, &[]);
    let first = ends(run()).await;
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    database.run("delete from legacy.doc where title like '%1'; delete from legacy.tag where slug like '%1'").await;
    std::fs::remove_dir_all(program.workspace()).unwrap();
    let second = ends(run()).await;
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    for (what, sql) in [
        (
            "docs",
            "select count(*)::text from legacy.doc s full join fresh.docs t using (id) where s.title is distinct from t.title",
        ),
        (
            "tags",
            "select count(*)::text from legacy.tag s full join fresh.tags t using (slug) where s.label is distinct from t.label",
        ),
        ("mappings", "select (count(*) - 72)::text from fresh.migration_mappings"),
    ] {
        assert_eq!(database.text(sql).await, "0", "{what}");
    }
}

/// Everything that a database holds and that a plan could have written, our own schema included: rows and relations.
const WRITTEN: &str = "
    select string_agg(n.nspname || '.' || c.relname || ' ' || c.oid || ' ' || case when c.relkind = 'r' then query_to_xml(
               format('select coalesce(md5(string_agg(t::text, %L order by t::text)), %L) from %I.%I t', '|', '-',
                      n.nspname, c.relname), false, true, '')::text else '' end, E'\\n' order by c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'i', 'S') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_t'";

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_writes_nothing_and_a_run_does_what_it_says() {
    let bench = Bench { verify: Verify::Moved, ..Bench::over(Database::with(DDL).await) };
    bench.database.run(ROWS).await;
    let ruled = PEOPLE.replace("upper(p.email)", "p.email").replace("p.score", "p.score + 0.01 as score");
    let ruled = [("people", ruled.as_str()), ("notes", NOTES)];
    let theirs = "update fresh.people set name = 'theirs' where legacy_id in (7, 390); delete from fresh.notes where legacy_id in (1, 103)";
    for (event, flows) in [("", &FLOWS), (CHANGES, &FLOWS), (theirs, &ruled), ("", &ruled)] {
        bench.database.run(event).await;
        let written = bench.database.text(WRITTEN).await;
        let plan = bench.plan(flows).await;
        assert_eq!(bench.database.text(WRITTEN).await, written);
        let finished = bench.run(flows).await;
        assert!(plan.run.is_none_or(|run| run.to_string() == finished.report.run));
        if finished.report.facts.written == Some(0) {
            // The run has been here, and its report says again what it did then.
            assert!(plan.is_empty() && event.is_empty());
            continue;
        }
        assert!(!plan.is_empty());
        for flow in &plan.flows {
            let done = finished.report.flows.iter().find(|done| done.flow == flow.flow).unwrap();
            let Some(changes) = &done.changes else {
                assert!(flow.whole && flow.counts.new == done.migrated, "{flow:?}");
                continue;
            };
            assert_eq!((&flow.counts, flow.because.unwrap()), (&changes.counts, changes.because), "{}", flow.flow);
            let foreseen: Vec<_> = flow.conflicts.iter().map(|row| (&*row.key, row.what, &row.columns)).collect();
            let met: Vec<_> = changes.conflicts.iter().map(|row| (&*row.key, &*row.what, &row.columns)).collect();
            assert_eq!(foreseen, met, "{}", flow.flow);
        }
    }
}
