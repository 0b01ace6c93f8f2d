//! Owns the proof that a run can be taken back: all that the target held before it is there again, to the last sequence and
//! trigger, and what others have changed since is left and listed. Must not know: how rows are put back.

use std::fmt::Write;

use rehome::run::{self, Back, RolledBack};

use crate::again::{Bench, CHANGES, DDL, NOTES, PEOPLE, ROWS, sound};
use crate::cluster::Database;

/// More of a target: triggers that change what is written, a serial column, a sequence that others use.
const MORE: &str = "
    alter table fresh.people add column number serial;
    create trigger touched before update on fresh.people for each row execute function fresh.touched();
    create trigger silent before update on fresh.notes for each row execute function fresh.touched();
    alter table fresh.notes add column remark text;
    alter table fresh.notes disable trigger silent;
    alter table fresh.people enable always trigger touched;";

/// The rows of all tables of all schemas but our own.
const TABLES: &str = "
    select string_agg('rows ' || n.nspname || '.' || c.relname || ' ' || query_to_xml(
               format('select coalesce(md5(string_agg(t::text, %L order by t::text)), %L) from %I.%I t', '|', '-',
                      n.nspname, c.relname), false, true, '')::text, E'\n' order by c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'rehome', 'legacy') and n.nspname !~ '^pg_t'";

/// Constraints, indexes, triggers, comments and sequences of all schemas but our own.
pub const OBJECTS: &str = "
    with tables as (
        select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'rehome', 'legacy')
          and n.nspname !~ '^pg_t')
    select string_agg(line, E'\n' order by line) from (
        select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated
               || coalesce(obj_description(oid, 'pg_constraint'), '') as line
        from pg_constraint where conrelid in (select oid from tables)
        union all
        select 'index ' || pg_get_indexdef(indexrelid) || indisvalid || coalesce(obj_description(indexrelid, 'pg_class'), '')
        from pg_index where indrelid in (select oid from tables)
        union all
        select 'trigger ' || pg_get_triggerdef(oid) || tgenabled::text from pg_trigger
        where not tgisinternal and tgrelid in (select oid from tables)
        union all
        select 'sequence ' || schemaname || '.' || sequencename || ' ' || coalesce(last_value::text, '-') from pg_sequences
        where schemaname <> 'rehome') lines";

async fn back(bench: &Bench, back: Back) -> RolledBack {
    run::rollback(&bench.database.address(), &back, false, &bench.home.setting()).await.unwrap()
}

/// The lines that only one of two states has.
pub fn differing(left: &str, right: &str) -> Vec<String> {
    let only = |of: &str, other: &str, sign: char| {
        of.lines().filter(|line| !other.lines().any(|own| own == *line)).map(|line| format!("{sign} {line}")).collect()
    };
    let (mut lines, more): (Vec<String>, Vec<String>) = (only(left, right, '-'), only(right, left, '+'));
    lines.extend(more);
    lines
}

async fn state(bench: &Bench) -> String {
    [bench.database.text(TABLES).await, bench.database.text(OBJECTS).await].join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_a_broken_run_further_is_taken_back_alone() {
    let bench = Bench::over(Database::with(DDL).await);
    bench.database.run(ROWS).await;
    let empty = state(&bench).await;
    let broken = NOTES.replace("n.body,", "(n.body::integer)::text as body,");
    bench.try_run(&[("people", PEOPLE), ("notes", &broken)]).await.err().unwrap();
    // What is away is no difference: the first run would bring it back at its end.
    let people = "select count(*) || ' ' || sum(hashtextextended(t::text, 0)) from fresh.people t";
    let before = bench.database.text(people).await;
    let mended =
        PEOPLE.replace("p.score", "p.score + 1 as score").replace("p.name is null", "p.name is null and p.id <> 41");
    let mended = mended.replace("p.name, p.email", "coalesce(p.name, 'nobody') as name, p.email");
    sound(&bench.run(&[("people", &mended), ("notes", NOTES)]).await);
    assert_ne!(bench.database.text(people).await, before);
    assert!(back(&bench, Back::Newest).await.failure().is_none());
    assert_eq!(bench.database.text(people).await, before);
    assert_eq!(bench.database.text("select count(*)::text from fresh.notes").await, "0");
    assert!(back(&bench, Back::Newest).await.failure().is_none());
    assert_eq!(differing(&empty, &state(&bench).await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_taken_back_one_by_one() {
    let bench = Bench::over(Database::with(DDL).await);
    bench.database.run(MORE).await;
    bench.database.run(ROWS).await;
    let flows = [("people", PEOPLE), ("notes", NOTES)];
    let mut states = vec![state(&bench).await];
    sound(&bench.run(&flows).await);
    for more in [CHANGES, "update legacy.person set score = 1 where id = 9; delete from legacy.note where id < 20;"] {
        states.push(state(&bench).await);
        bench.database.run(more).await;
        sound(&bench.run(&flows).await);
    }
    while let Some(before) = states.pop() {
        let done = back(&bench, Back::Newest).await;
        assert!(done.failure().is_none(), "{done:?}");
        let none: [String; 0] = [];
        assert_eq!(differing(&before, &state(&bench).await), none, "{} runs are left", states.len());
    }
    // What was taken back can be given again.
    sound(&bench.run(&flows).await);
    let held = bench.held().await;
    back(&bench, Back::Newest).await;
    sound(&bench.run(&flows).await);
    assert_eq!(bench.held().await, held);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_changed_since_is_left_and_listed() {
    let flows = [("people", PEOPLE), ("notes", NOTES)];
    let bench = Bench::migrated(&flows).await;
    bench.database.run(CHANGES).await;
    sound(&bench.run(&flows).await);
    bench
        .database
        .run(
            "update fresh.people set name = 'theirs' where legacy_id in (7, 405);
             insert into fresh.notes (id, legacy_id, person_id, body)
               select gen_random_uuid(), -1, id, 'theirs' from fresh.people where legacy_id = 410;
             delete from fresh.notes where legacy_id = 1550;",
        )
        .await;
    let done = back(&bench, Back::Newest).await;
    assert!(done.failure().is_some());
    let mut left: Vec<_> = done.runs[0]
        .left
        .iter()
        .map(|row| (row.flow.as_str(), row.key.as_deref().unwrap(), row.why.as_str()))
        .collect();
    left.sort_unstable();
    // Each of the new people is the boss of the next: those before 405 and 410 are referred to. 401 has the address that 10 had.
    let referenced = [401, 402, 403, 404, 406, 407, 408, 409, 410].map(|key| key.to_string());
    let mut expected: Vec<_> = referenced.iter().map(|key| ("people", key.as_str(), "referenced")).collect();
    expected.extend([("people", "405", "changed"), ("people", "7", "changed"), ("people", "10", "refused")]);
    expected.sort_unstable();
    assert_eq!(left, expected);
    let theirs =
        "select string_agg(legacy_id || name, ' ' order by legacy_id) from fresh.people where legacy_id in (7, 405)";
    assert_eq!(bench.database.text(theirs).await, "7theirs 405theirs");
    assert_eq!(bench.database.text("select count(*)::text from fresh.notes where legacy_id = -1").await, "1");
}

/// A small generator of numbers: the same seed gives the same case.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// Something happens to the source.
fn event(dice: &mut Dice) -> String {
    let mut sql = String::new();
    for _ in 0..=dice.roll(6) {
        let (a, b) = (1 + dice.roll(60), 1 + dice.roll(60));
        let statement = match dice.roll(9) {
            0 => format!("delete from legacy.person where id = {a};"),
            1 => format!("update legacy.person set name = null where id % {b} = 3;"),
            2 => format!("update legacy.person set name = 'n{b}' where id % {a} = 1;"),
            3 => format!("update legacy.person set boss = {b} where id > {a} and id % 7 = 0;"),
            4 => format!(
                "insert into legacy.person select i, 'p' || i, 'e{a}x' || i, {b}, i from generate_series({a} * 3, {a} * 3 + 9) i on conflict do nothing;"
            ),
            5 => format!("delete from legacy.note where id % {a} = 2;"),
            6 => format!("update legacy.note set person_id = {b} where person_id = {a};"),
            7 => format!(
                "update legacy.person set email = case id when {a} then 'e{b}' else 'e{a}' end where id in ({a}, {b});"
            ),
            _ => format!(
                "insert into legacy.note select i, 1 + i % 60, 'b' || i, null from generate_series({a} * 4, {a} * 4 + 15) i on conflict do nothing;"
            ),
        };
        writeln!(sql, "{statement}").unwrap();
    }
    sql
}

/// Loads, brings differences twice, takes all back; after each rollback the target must be as it was.
async fn case(seed: u64) {
    let mut dice = Dice(seed);
    let bench = Bench::over(Database::with(DDL).await);
    bench.database.run(MORE).await;
    bench
        .database
        .run(
            "insert into legacy.person select i, 'p' || i, 'e' || i, i / 2, i from generate_series(1, 60) i;
              insert into legacy.note select i, 1 + i % 60, 'n' || i, null from generate_series(1, 120) i;",
        )
        .await;
    let gone = ["\"keep\"", "\"delete\"", "\"mark\"\nmark = \"gone\""][usize::try_from(dice.roll(3)).unwrap()];
    let people = PEOPLE.replace("\"delete\"", gone);
    let (mut states, mut last) = (Vec::new(), String::new());
    for _ in 0..3 {
        let before = state(&bench).await;
        let ruled = people.replace("p.score", ["p.score", "p.score + 1 as score"][usize::from(dice.roll(5) == 0)]);
        let flows = [("people", ruled.as_str()), ("notes", NOTES)];
        let finished = bench.run(&flows).await;
        assert!(finished.report.conserved, "seed {seed}");
        // What changes nothing is the same run again.
        if last != finished.report.run {
            states.push(before);
            last.clone_from(&finished.report.run);
        }
        bench.database.run(&event(&mut dice)).await;
    }
    while let Some(before) = states.pop() {
        let done = back(&bench, Back::Newest).await;
        assert!(done.failure().is_none(), "seed {seed}: {done:?}");
        let none: [String; 0] = [];
        assert_eq!(differing(&before, &state(&bench).await), none, "seed {seed}, {} runs are left", states.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happened_can_be_taken_back() {
    let first: u64 = std::env::var("REHOME_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for seed in first..first + cases(30) {
        case(seed).await;
    }
}

fn cases(usual: u64) -> u64 {
    std::env::var("REHOME_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}
