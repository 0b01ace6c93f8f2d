//! Owns the tests of targets whose key is no UUID `id` of ours: kept as it is, made by the target, under another name, or no
//! key of its own at all. PostgreSQL says what is right. Must not know: how rows are known.

use rehome::error::Kind;
use rehome::run::{self, Back};

use crate::cluster::Database;
use crate::support::{Home, migrate};

/// A legacy table of each sort of key; in each, one key's row is wrong, and one key is in the target already.
pub const KEYS: &str = "
    create schema legacy; create schema fresh;
    create table legacy.firm (id uuid primary key, name text);
    insert into legacy.firm select md5('f' || i)::uuid, 'firm ' || i from generate_series(1, 40) i;
    create table legacy.branch (id bigint primary key, firm_id uuid, code text);
    insert into legacy.branch select i, md5('f' || (1 + i % 41))::uuid, 'b' || i from generate_series(1, 400) i;
    create table legacy.visit (no integer primary key, branch_id bigint, at timestamptz);
    insert into legacy.visit select i, 1 + i % 420, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour' from generate_series(1, 2000) i;
    create table legacy.tag (slug varchar(20) primary key, label text);
    insert into legacy.tag select 't-' || i, 'tag ' || i from generate_series(1, 30) i;
    create table legacy.branch_tag (branch_id bigint, slug text, primary key (branch_id, slug));
    insert into legacy.branch_tag select i, 't-' || (1 + i % 32) from generate_series(1, 300) i;
    create table fresh.firms (id uuid primary key, name text not null check (name <> 'firm 7'));
    create table fresh.branches (branch_no bigint primary key, firm_id uuid references fresh.firms, code text);
    create table fresh.visits (id bigint generated always as identity (start with 1000 increment by 3) primary key, old integer unique,
        branch_no bigint not null references fresh.branches, at timestamptz);
    create table fresh.notes (uid uuid primary key, old integer, visit_id bigint references fresh.visits);
    create table fresh.stamps (id uuid primary key default gen_random_uuid(), old integer);
    create table fresh.tags (slug text primary key, label text);
    create table fresh.branch_tags (branch_no bigint references fresh.branches, slug text references fresh.tags, primary key (branch_no, slug));";

const FIRMS: &str = "/*---\nsource = \"firm\"\nentity = \"firm\"\nid = \"given\"\n---*/
select f.id as _key, f.id as _id, migrate() as _outcome, f.name from source.firm f";
/// The target's key has another name, which its catalog tells.
const BRANCHES: &str = "/*---\nsource = \"branch\"\nentity = \"branch\"\nid = \"given\"\n---*/
select b.id as _key, b.id as _id, migrate() as _outcome, f.id as firm_id, b.code
from source.branch b left join migrated.firms f on f._key = b.firm_id";
const VISITS: &str = "/*---\nsource = \"visit\"\nkey = \"no\"\nentity = \"visit\"\nid = \"server\"\n---*/
select v.no as _key, case when b._key is null then reject('no_branch') else migrate() end as _outcome,
       v.no as old, b.branch_no, v.at from source.visit v left join migrated.branches b on b._key = v.branch_id";
/// Derived, in a column of another name; what it refers to has ids that the target made.
const NOTES: &str = "/*---\nsource = \"visit\"\nkey = \"no\"\n---*/
select v.no as _key, migrate() as _outcome, v.no as old, m.id as visit_id
from source.visit v left join migrated.visits m on m._key = v.no";
const STAMPS: &str = "/*---\nsource = \"visit\"\nkey = \"no\"\nid = \"server\"\n---*/
select v.no as _key, migrate() as _outcome, v.no as old from source.visit v";
/// Nothing said: a natural key, and a join table.
const TAGS: &str = "/*---\nsource = \"tag\"\nkey = \"slug\"\n---*/
select t.slug as _key, migrate() as _outcome, t.slug, t.label from source.tag t";
const BRANCH_TAGS: &str = "/*---\nsource = \"branch_tag\"\nkey = [\"branch_id\", \"slug\"]\n---*/
select named_struct('b', t.branch_id, 's', t.slug) as _key,
       case when m.slug is null then reject('no_tag') else migrate() end as _outcome, t.branch_id as branch_no, t.slug
from source.branch_tag t left join migrated.tags m on m._key = t.slug";

pub const FLOWS: [(&str, &str); 7] = [
    ("firms", FIRMS),
    ("branches", BRANCHES),
    ("visits", VISITS),
    ("notes", NOTES),
    ("stamps", STAMPS),
    ("tags", TAGS),
    ("branch_tags", BRANCH_TAGS),
];

/// Each query gives 0: every row of the source is where it belongs, or in quarantine.
const RIGHT: [(&str, &str); 8] = [
    ("firms", "select count(*)::text from legacy.firm l full join fresh.firms t using (id) where (l.name = 'firm 7') = (t.id is not null) or l.id is null or t.name <> l.name"),
    ("branches", "select count(*)::text from legacy.branch l left join fresh.branches t on t.branch_no = l.id
        left join legacy.firm f on f.id = l.firm_id
        where (t.branch_no is null) <> coalesce(f.name = 'firm 7', false) or t.branch_no is not null and (t.firm_id is distinct from f.id or t.code <> l.code)"),
    ("visits", "select count(*)::text from legacy.visit l left join fresh.visits t on t.old = l.no
        left join legacy.branch s on s.id = l.branch_id left join fresh.branches b on b.branch_no = s.id
        where (t.old is null) <> (b.branch_no is null) or t.branch_no <> l.branch_id or t.at <> l.at or t.id % 3 <> 1 or t.id < 1000"),
    ("notes", "select count(*)::text from legacy.visit l left join fresh.notes n on n.old = l.no left join fresh.visits v on v.id = n.visit_id
        where v.old <> l.no or (n.old is null) <> (exists (select from legacy.branch b join legacy.firm f on f.id = b.firm_id
            where b.id = l.branch_id and f.name = 'firm 7'))"),
    ("stamps", "select abs(2000 - count(distinct id))::text from fresh.stamps join legacy.visit on no = old"),
    ("tags", "select count(*)::text from legacy.tag l full join fresh.tags t using (slug) where l.label is distinct from t.label"),
    ("branch_tags", "select count(*)::text from legacy.branch_tag l left join fresh.branch_tags t on t.branch_no = l.branch_id and t.slug = l.slug
        where (t.slug is null) <> (not exists (select from legacy.tag g where g.slug = l.slug)
                                    or not exists (select from fresh.branches b where b.branch_no = l.branch_id))"),
    ("mappings", "select count(*)::text from fresh.branches b left join public.migration_mappings m
        on m.entity_type = 'branch' and m.legacy_id = b.branch_no where m.entity_id is distinct from b.branch_no::text or m.entity_uuid is not null"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_kept_made_or_natural() {
    let database = Database::with(KEYS).await;
    let mut seen = None;
    for attempt in 0..2 {
        let done = migrate(&database, &FLOWS).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{attempt}: {:?}", done.failures);
        for (what, sql) in RIGHT {
            assert_eq!(database.text(sql).await, "0", "{attempt}: {what}");
        }
        let now = database.text("select md5(string_agg(v::text, '' order by v.id)) from fresh.visits v").await;
        assert!(seen.is_none_or(|before| before == now), "the target's ids changed");
        seen = Some(now);
    }
    // The target's sequence goes on behind what was made.
    let next = "with n as (insert into fresh.visits (branch_no) select min(branch_no) from fresh.branches returning id)
                select (n.id > (select max(id) from fresh.visits))::text from n";
    assert_eq!(database.text(next).await, "true");
    let told = "select string_agg(reason || ' ' || n, ', ' order by reason) from (select reason, count(*) n from rehome.quarantine where flow = 'firms' group by 1) q";
    assert_eq!(database.text(told).await, "check:firms_name_check 1");
}

/// A plan finds the rows again whose ids the target made: it would write nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_knows_the_ids_that_the_target_made() {
    let (database, home) = (Database::with(KEYS).await, Home::new());
    let done = home.migrate(&database, database.address(), "", &FLOWS).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let plan =
        run::plan(home.request(&database, database.address(), "", &FLOWS).unwrap(), &home.setting()).await.unwrap();
    let differing: Vec<_> = plan.flows.iter().filter(|flow| flow.counts.changed + flow.counts.gone > 0).collect();
    assert!(differing.is_empty(), "{differing:?}");
    database.run("update legacy.visit set at = at + interval '1 hour' where no = 9").await;
    let plan =
        run::plan(home.request(&database, database.address(), "", &FLOWS).unwrap(), &home.setting()).await.unwrap();
    let changed = |name: &str| plan.flows.iter().find(|flow| flow.flow == name).unwrap().counts.changed;
    assert_eq!((changed("visits"), changed("notes"), changed("stamps")), (1, 0, 0));
}

/// What differs in a second run is brought by the key that each row has, and taken back by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_every_sort_in_later_runs() {
    let (database, home) = (Database::with(KEYS).await, Home::new());
    let flows = FLOWS.map(|(name, sql)| (name, sql.replacen("source =", "on_gone = \"delete\"\nsource =", 1)));
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
    let held = "select md5(string_agg(t, '|' order by t)) from (
        select f::text as t from fresh.firms f union all select b::text from fresh.branches b
        union all select v::text from fresh.visits v union all select n::text from fresh.notes n
        union all select s::text from fresh.stamps s union all select g::text from fresh.tags g
        union all select x::text from fresh.branch_tags x
        union all select entity_type || coalesce(legacy_key, legacy_id::text) || coalesce(entity_id, entity_uuid::text)
          from public.migration_mappings) t";
    let mut states = Vec::new();
    for change in [
        "",
        "update legacy.firm set name = 'renamed' where name in ('firm 3', 'firm 4');
         update legacy.firm set name = 'firm eight' where name = 'firm 8';
         delete from legacy.firm where name = 'firm 9';
         insert into legacy.firm select md5('f' || i)::uuid, 'firm ' || i from generate_series(41, 45) i;
         update legacy.branch set code = code || '!' where id % 9 = 0;
         delete from legacy.branch where id % 50 = 1;
         insert into legacy.branch select i, md5('f' || (i % 40))::uuid, 'b' || i from generate_series(401, 410) i;
         update legacy.visit set at = at + interval '1 day' where no % 100 = 2;
         delete from legacy.visit where no % 70 = 3;
         insert into legacy.visit select i, 1 + i % 400, now() from generate_series(2001, 2030) i;
         update legacy.tag set label = 'other' where slug = 't-2';
         delete from legacy.tag where slug = 't-5';
         insert into legacy.tag values ('t-31', 'new'), ('t-32', null);
         delete from legacy.branch_tag where branch_id < 20 or branch_id % 50 = 1;
         insert into legacy.branch_tag select i, 't-31' from generate_series(350, 360) i;",
        "insert into legacy.visit select i, 1 + i % 400, now() from generate_series(3, 1000, 70) i on conflict do nothing;
         insert into legacy.tag values ('t-5', 'back');
         update legacy.firm set name = 'firm 8' where id = md5('f8')::uuid;",
    ] {
        database.run(change).await;
        let ids = database.text("select coalesce(string_agg(old || ' ' || id, ',' order by old), '') from fresh.visits").await;
        let done = home.migrate(&database, database.address(), "", &flows).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
        for (what, sql) in RIGHT.iter().filter(|(what, _)| *what != "stamps") {
            assert_eq!(database.text(sql).await, "0", "{what} after {change}");
        }
        // A branch that is gone, but that a new tag names: the target keeps it, for the tag refers to it, and it is told.
        let told = "select coalesce(string_agg(flow || ' ' || legacy_key || ' ' || what, ', '), '-') from rehome.conflicts";
        assert_eq!(database.text(told).await, if states.is_empty() { "-" } else { "branches 351 referenced" });
        let stamps = "select (select count(*) from fresh.stamps) - (select count(*) from fresh.stamps join legacy.visit on no = old)
                      || ' ' || (select count(*) from legacy.visit left join fresh.stamps on no = old where old is null)";
        assert_eq!(database.text(stamps).await, "0 0");
        let kept = format!(
            "select count(*)::text from fresh.visits v join unnest(string_to_array('{ids}', ',')) k on split_part(k, ' ', 1) = v.old::text
             where split_part(k, ' ', 2) <> v.id::text and v.old not in (select i from generate_series(3, 1000, 70) i)"
        );
        assert_eq!(database.text(&kept).await, "0", "the ids that the target made stay with their rows");
        states.push(database.text(held).await);
    }
    states.pop();
    while let Some(before) = states.pop() {
        let back = run::rollback(&database.address(), &Back::Newest, false, &home.setting()).await.unwrap();
        assert!(back.failure().is_none(), "{back:?}");
        assert_eq!(database.text(held).await, before);
    }
}

/// A run that is broken off between the flows gives the same ids when it is taken up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_the_target_made_are_the_same_after_a_failure() {
    let database = Database::with(KEYS).await;
    database
        .run(
            "create function fresh.fail() returns trigger language plpgsql as $$ begin
                if to_regclass('fresh.broken') is not null then
                    raise exception 'broken' using errcode = '58030'; end if; return new; end $$;
             create trigger fail before insert on fresh.notes for each row execute function fresh.fail();
             create table fresh.broken ();",
        )
        .await;
    assert!(migrate(&database, &FLOWS).await.is_err());
    database.run("create table legacy.seen as select id, old from fresh.visits").await;
    let made = database.text("select count(*)::text from rehome.made_ids where flow = 'visits'").await;
    assert_eq!(made, "2000");
    database.run("drop table fresh.broken").await;
    // In another workspace too: the ledger knows them, not the outcomes alone.
    let done = migrate(&database, &FLOWS).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let changed = "select count(*)::text from fresh.visits v left join legacy.seen s using (old) where s.id is distinct from v.id";
    assert_eq!(database.text(changed).await, "0");
    for (what, sql) in RIGHT {
        assert_eq!(database.text(sql).await, "0", "{what}");
    }
}

/// Rows that are there before, in tables whose keys are not ours: refused by their key, written over, or left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_there_before_are_found_by_their_key() {
    for (existing, label, counts) in
        [("reject", "old", (29, 0, 0, 1)), ("update", "tag 3", (30, 1, 0, 0)), ("adopt", "old", (29, 0, 1, 0))]
    {
        let database = Database::with(KEYS).await;
        database.run("insert into fresh.tags values ('t-3', 'old'), ('theirs', 'x'); insert into fresh.firms values (md5('f3')::uuid, 'old');").await;
        let with = |flow: &str| flow.replacen("/*---\n", &format!("/*---\nexisting = \"{existing}\"\n"), 1);
        let (tags, firms) = (with(TAGS), with(FIRMS));
        let done = migrate(&database, &[("tags", &tags), ("firms", &firms)]).await.unwrap();
        assert!(done.failures.is_empty() && done.report.verified, "{existing}: {:?}", done.failures);
        let of = |name: &str| {
            let flow = done.report.flows.iter().find(|flow| flow.flow == name).unwrap();
            (flow.migrated, flow.updated, flow.adopted, flow.rejected)
        };
        assert_eq!(of("tags"), counts, "{existing}");
        // Of the firms, one more is refused: the seventh, by the target's check.
        assert_eq!(of("firms"), (counts.0 + 9, counts.1, counts.2, counts.3 + 1), "{existing}");
        let told = database
            .text("select label || ' ' || (select count(*) from fresh.tags) from fresh.tags where slug = 't-3'")
            .await;
        assert_eq!(told, format!("{label} 31"), "{existing}");
    }
}

/// Where the catalog leaves a doubt, or the flow does not fit it, the error says what to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_known_is_told_before_a_row_moves() {
    let database = Database::with(KEYS).await;
    let visits = VISITS.replace("id = \"server\"\n", "");
    let branches = BRANCHES.replace("b.id as _id, ", "");
    let doubled = FIRMS.replace("f.name", "f.name, f.id");
    let refers = "/*---\nsource = \"branch\"\nid = \"given\"\ntarget = \"branches\"\n---*/\nselect b.id as _key, b.id as _id, migrate() as _outcome, legacy_uuid('firm', b.firm_id) as firm_id from source.branch b";
    let none = TAGS.replace("t.slug, t.label", "t.label");
    for (flows, told) in [
        (vec![("firms", FIRMS), ("branches", BRANCHES), ("visits", visits.as_str())], "\"server\""),
        (vec![("firms", FIRMS), ("branches", branches.as_str())], "no column _id"),
        (vec![("firms", doubled.as_str())], "given twice"),
        (vec![("firms", FIRMS), ("fresh_branches", refers)], "join migrated.firms"),
        (vec![("tags", none.as_str())], "the flow does not give it"),
        (
            vec![(
                "tags",
                "/*---\nsource = \"tag\"\nkey = \"slug\"\nid = \"server\"\n---*/\nselect t.slug as _key, migrate() as _outcome, t.label from source.tag t",
            )],
            "no default",
        ),
    ] {
        let Err(error) = migrate(&database, &flows).await else { panic!("{told}: it went through") };
        assert!(matches!(error.kind(), Kind::Config | Kind::Drift), "{error}");
        let text = format!("{error} {}", error.hint_text().unwrap_or_default());
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(database.text("select count(*)::text from fresh.firms").await, "0");
}
