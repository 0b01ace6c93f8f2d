//! Owns the proof that of rows planted bad among good ones exactly these are refused, each with its own reason, its cause and
//! its whole source row. PostgreSQL is the judge: it refuses the same rows one by one.
//! Must not know: how bad rows are found.

use std::fmt::Write as _;

use crate::cluster::Database;
use crate::support::migrate;

/// A sort of bad row: what makes it bad, and what is told of it.
struct Kind {
    /// Of the source and of the target.
    table: &'static str,
    /// What is changed in a good row of the source.
    change: &'static str,
    sqlstate: &'static str,
    /// The constraint, else the column.
    name: &'static str,
    reason: &'static str,
    /// Flow and key of the row that is the cause, as SQL over the bad row's `id`.
    cause: &'static str,
}

const fn kind(
    table: &'static str,
    change: &'static str,
    sqlstate: &'static str,
    name: &'static str,
    reason: &'static str,
) -> Kind {
    Kind { table, change, sqlstate, name, reason, cause: "null" }
}

const fn caused(kind: Kind, cause: &'static str) -> Kind {
    Kind { cause, ..kind }
}

const KINDS: &[Kind] = &[
    kind("plain", "must = null", "23502", "must", "null:must"),
    kind("plain", "word = 'forbidden'", "23514", "plain_word", "check:plain_word"),
    kind("plain", "low = high", "23514", "plain_order", "check:plain_order"),
    caused(
        kind("plain", "email = 'user' || id - 5", "23505", "plain_email_key", "unique:plain_email_key"),
        "'plain ' || id - 5",
    ),
    caused(
        kind("plain", "nick = upper('nick' || id - 5)", "23505", "plain_nick", "unique:plain_nick"),
        "'plain ' || id - 5",
    ),
    caused(kind("plain", "turn = id - 5", "23505", "plain_turn_key", "unique:plain_turn_key"), "'plain ' || id - 5"),
    caused(kind("plain", "lone = null", "23505", "plain_lone_key", "unique:plain_lone_key"), "'plain 1'"),
    caused(
        kind("plain", "lane = id - 5", "23P01", "plain_lane_excl", "exclusion:plain_lane_excl"),
        "'plain ' || id - 5",
    ),
    kind("plain", "mood = 'angry'", "22P02", "mood", "enum:mood"),
    kind("plain", "code = 'abcde'", "22001", "code", "too_long:code"),
    kind("plain", "fixed = 'abcd'", "22001", "fixed", "too_long:fixed"),
    kind("plain", "code = 'ab   '", "22001", "code", "would_cut:code"),
    kind("plain", "label = repeat('x', 70)", "22001", "label", "would_cut:label"),
    kind("plain", "small = 40000", "22003", "small", "out_of_range:small"),
    kind("plain", "share = 123456.5", "22003", "share", "out_of_range:share"),
    kind("plain", "share = 1.005", "22003", "share", "would_round:share"),
    kind("plain", "seen = '2020-01-01 12:00:00.5'", "22008", "seen", "would_round:seen"),
    kind("plain", r#"doc = '{"a": "\u0000"}'"#, "22P05", "doc", "invalid:doc"),
    kind("plain", "doc = '{'", "22P02", "doc", "invalid:doc"),
    kind("plain", "raw = '{'", "22P02", "raw", "invalid:raw"),
    kind("plain", "token = 'no uuid'", "22P02", "token", "invalid:token"),
    kind("plain", "few = 7", "23514", "few_check", "check:few_check"),
    kind("plain", "never = null", "23502", "never", "null:never"),
    kind("plain", "divisor = 0", "22012", "", "invalid"),
    kind("plain", "tricky = 'raise'", "P0001", "", "trigger:fresh.guard"),
    kind("plain", "tricky = 'own'", "ZZ123", "", "trigger:fresh.guard"),
    kind("plain", "tricky = 'check'", "23514", "", "trigger:fresh.guard"),
    kind("plain", "tricky = 'drop'", "02000", "", "dropped_by_trigger"),
    kind("plain", "parent = 999999", "23503", "plain_parent_fkey", "foreign_key:plain_parent_fkey"),
    kind("plain", "boss = 999999", "23503", "plain_boss_fkey", "foreign_key:plain_boss_fkey"),
    // The row with this key is the first of the first kind.
    caused(kind("plain", "boss = 7", "23503", "plain_boss_fkey", "foreign_key:plain_boss_fkey"), "'plain 7'"),
    caused(kind("plain", "twin = id", "23503", "plain_twin_fkey", "foreign_key:plain_twin_fkey"), "'twins ' || id"),
    kind("texts", "span = '[2023-02-30,2023-03-01)'", "22008", "span", "invalid:span"),
    kind("texts", "ip = '300.1.1.1'", "22P02", "ip", "invalid:ip"),
    kind("texts", "gap = 'soon'", "22007", "gap", "invalid:gap"),
    kind("texts", "bits = '10'", "22026", "bits", "invalid:bits"),
    kind("texts", "rel = 'fresh.nowhere'", "42P01", "rel", "missing_name:rel"),
    kind("texts", "pair = '(1,words)'", "22001", "pair", "too_long:pair"),
    kind("texts", r#"doc = '{"a": "\u0000"}'"#, "22P05", "doc", "invalid:doc"),
    kind("texts", "few = 7", "23514", "few_check", "check:few_check"),
    kind("texts", "never = null", "23502", "never", "null:never"),
    kind("texts", "listed = 7", "23514", "few_check", "check:few_check"),
    caused(
        kind(
            "texts",
            "area = '[' || id - 5 || ',' || id - 5 || ']'",
            "23P01",
            "texts_area_excl",
            "exclusion:texts_area_excl",
        ),
        "'texts ' || id - 5",
    ),
    kind("parts", "n = -1", "23514", "", "no_partition"),
    caused(
        kind("parts", "(n, code) = (1, 'code 1')", "23505", "parts_low_code_n_key", "unique:parts_low_code_n_key"),
        "'parts 1'",
    ),
    caused(
        kind("natural_keys", "code = 'code ' || id - 5", "23505", "natural_keys_pkey", "unique:natural_keys_pkey"),
        "'natural_keys ' || id - 5",
    ),
    kind("known", "id = id", "23505", "known_legacy_id_key", "unique:known_legacy_id_key"),
    kind("twins", "fit = false", "23514", "twins_fit", "check:twins_fit"),
    kind(
        "broad",
        "wide = (select string_agg(md5(id * 1000 + i || ''), '') from generate_series(1, 300) i)",
        "54000",
        "",
        "too_wide",
    ),
];

const FLOWS: &[(&str, &str)] = &[
    ("parents", "p.id as legacy_id"),
    ("twins", "p.id as legacy_id, legacy_uuid('plain', p.plain) as plain, p.fit"),
    (
        "plain",
        "p.id as legacy_id, p.must, p.email, p.nick, p.turn, p.lone, p.lane, p.word, p.low, p.high, p.mood, p.code, p.fixed,
         p.label, p.small, p.share, p.seen, p.doc, p.raw, p.token, p.few, p.never, p.divisor, p.tricky,
         legacy_uuid('parents', p.parent) as parent, legacy_uuid('plain', p.boss) as boss, legacy_uuid('twins', p.twin) as twin",
    ),
    (
        "texts",
        "p.id as legacy_id, p.span, p.ip, p.gap, p.bits, p.rel, p.pair, p.area, p.doc, p.few, p.never,
         make_array(p.listed) as listed",
    ),
    ("parts", "p.id as legacy_id, p.n, p.code"),
    ("natural_keys", "p.code, p.id as n"),
    ("known", "p.id as legacy_id"),
    ("broad", "p.id as legacy_id, p.wide"),
];

/// Each bad row, put into the target alone and in plain SQL: by its table, the columns and what they are made of.
const JUDGED: &[(&str, &str, &str)] = &[
    (
        "plain",
        "id, legacy_id, must, email, nick, turn, lone, lane, word, low, high, mood, code, fixed, label, small, share, seen,
         doc, raw, token, few, never, divisor, tricky, parent, boss, twin",
        "gen_random_uuid(), l.id, must, email, nick, turn, lone, lane, word, low, high, mood::fresh.mood, code, fixed, label,
         small, share, seen, doc::jsonb, raw::json, token::uuid, few, never, divisor, tricky,
         judge_id('parents', parent), judge_id('plain', boss), judge_id('twins', twin)",
    ),
    (
        "texts",
        "id, legacy_id, span, ip, gap, bits, rel, pair, area, doc, few, never, listed",
        "gen_random_uuid(), l.id, span::daterange, ip::inet, gap::interval, bits::varbit, rel::regclass, pair::fresh.pair,
         area::int4range, doc::jsonb, few, never, array[listed]",
    ),
    ("parts", "id, legacy_id, n, code", "gen_random_uuid(), l.id, n, code"),
    ("natural_keys", "code, n", "code, l.id"),
    ("known", "id, legacy_id", "gen_random_uuid(), l.id"),
    ("twins", "id, legacy_id, plain, fit", "gen_random_uuid(), l.id, null, fit"),
    ("broad", "id, legacy_id, wide", "gen_random_uuid(), l.id, wide"),
];

/// The bad rows of the nth kind.
fn keys_of(nth: usize) -> [usize; 2] {
    [nth * 50 + 7, nth * 50 + 8]
}

async fn planted(rows: usize, kinds: &[&Kind]) -> Database {
    let database = Database::with(&include_str!("sql/isolation.sql").replace("{rows}", &rows.to_string())).await;
    for (nth, kind) in kinds.iter().enumerate() {
        for key in keys_of(nth) {
            if kind.table == "twins" {
                database.run(&format!("insert into legacy.twins values ({key}, null, true)")).await;
            }
            if kind.table == "known" {
                database.run(&format!("insert into fresh.known values (gen_random_uuid(), {key})")).await;
            }
            if kind.change == "twin = id" {
                database.run(&format!("insert into legacy.twins values ({key}, {key}, false)")).await;
            }
            let (table, change) = (kind.table, kind.change);
            database.run(&format!("update legacy.{table} set {change} where id = {key}")).await;
        }
    }
    database
}

fn flows() -> Vec<(String, String)> {
    let flow = |(name, columns): &(&str, &str)| {
        let id = if *name == "natural_keys" { "id = \"none\"\n" } else { "" };
        let sql = format!(
            "/*---\nsource = \"{name}\"\n{id}---*/\nselect p.id as _key, migrate() as _outcome, {columns} from source.{name} p"
        );
        ((*name).to_owned(), sql)
    };
    FLOWS.iter().map(flow).collect()
}

/// What the quarantine shall hold, line by line.
async fn expected(database: &Database, kinds: &[&Kind]) -> Vec<String> {
    let mut lines = Vec::new();
    for (nth, kind) in kinds.iter().enumerate() {
        for key in keys_of(nth) {
            let cause = database.text(&format!("select ({})::text from (values ({key})) b (id)", kind.cause)).await;
            lines.push(format!("{} {key} {} {} {} {cause}", kind.table, kind.sqlstate, kind.name, kind.reason));
            // Its other half, which is refused for itself.
            if kind.change == "twin = id" {
                lines.push(format!("twins {key} 23514 twins_fit check:twins_fit "));
            }
        }
    }
    lines.sort();
    lines
}

async fn found(database: &Database) -> Vec<String> {
    let lines = database
        .text(
            "select string_agg(concat(flow, ' ', legacy_key, ' ', sqlstate, ' ', coalesce(constraint_name, column_name), ' ',
                                      reason, ' ', cause_flow || ' ' || cause_key), E'\\n')
             from rehome.quarantine",
        )
        .await;
    let mut lines: Vec<_> = lines.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Every refused row has its chunk, and its source row as PostgreSQL has it.
async fn whole(database: &Database) {
    for (name, _) in FLOWS {
        let sql = format!(
            "select string_agg(q.legacy_key, ', ') from rehome.quarantine q left join legacy.{name} l on l.id::text = q.legacy_key
             where q.flow = '{name}' and (q.source_row is distinct from to_jsonb(l)
                   or not exists (select from rehome.chunks c where (c.run_id, c.flow, c.chunk) = (q.run_id, q.flow, q.chunk)))"
        );
        assert_eq!(database.text(&sql).await, "", "{name}");
    }
}

/// All rows but these are in the target.
async fn others_are_in(database: &Database, rows: usize, kinds: &[&Kind]) {
    for table in ["plain", "texts", "parts", "natural_keys", "known", "broad"] {
        let bad = 2 * kinds.iter().filter(|kind| kind.table == table).count();
        let own = if table == "known" { bad } else { 0 };
        let sql = format!("select count(*)::text from fresh.{table}");
        assert_eq!(database.text(&sql).await, (rows - bad + own).to_string(), "{table}");
    }
}

/// What PostgreSQL says of each bad row alone: its SQLSTATE, or none where it would bend the value or drop the row.
async fn judged(database: &Database, kinds: &[&Kind]) -> Vec<String> {
    let mut wrong = Vec::new();
    database
        .run(
            "create function judge_id(entity text, key int) returns uuid language sql as $$
                 select case when key is not null then coalesce(
                     (select entity_uuid from public.migration_mappings where entity_type = entity and legacy_id = key),
                     gen_random_uuid()) end $$;
             create table public.judgement (sqlstate text);",
        )
        .await;
    for (nth, kind) in kinds.iter().enumerate() {
        let (_, columns, made) = JUDGED.iter().find(|(table, ..)| *table == kind.table).unwrap();
        let mut sql = String::from("truncate public.judgement;");
        write!(
            sql,
            "do $$ begin
                 set constraints all immediate;
                 insert into fresh.{0} ({columns}) select {made} from legacy.{0} l where l.id = {1};
                 raise exception 'in' using errcode = '00001';
             exception when others then insert into public.judgement values (sqlstate); end $$",
            kind.table,
            keys_of(nth)[0]
        )
        .unwrap();
        database.run(&sql).await;
        let said = database.text("select sqlstate from public.judgement").await;
        let bent = kind.reason.starts_with("would_") || kind.reason == "dropped_by_trigger";
        let right = if bent { "00001" } else { kind.sqlstate };
        if said != right {
            wrong.push(format!("{} {}: PostgreSQL says {said}", kind.table, kind.change));
        }
    }
    wrong
}

async fn holds(rows: usize, kinds: &[&Kind]) {
    let database = planted(rows, kinds).await;
    let flows = flows();
    let flows: Vec<_> = flows.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    for attempt in 0..2 {
        let done = migrate(&database, &flows).await.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint_text()));
        assert!(done.failures.is_empty() && done.report.verified, "{attempt}: {:?}", done.failures);
        let (found, expected) = (found(&database).await, expected(&database, kinds).await);
        let missing: Vec<_> = expected.iter().filter(|line| !found.contains(line)).collect();
        let extra: Vec<_> = found.iter().filter(|line| !expected.contains(line)).collect();
        assert!(found == expected, "{attempt}: wanted {missing:#?}, found {extra:#?}");
        whole(&database).await;
        others_are_in(&database, rows, kinds).await;
        // A run that was broken off before it had fetched the source rows fetches them when it is given again.
        database.run("update rehome.quarantine set source_row = null where legacy_key::int % 2 = 0").await;
    }
    assert_eq!(judged(&database, kinds).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_bad_row_among_good_ones_has_its_own_reason() {
    assert!(KINDS.len() > 40);
    holds(3_000, &KINDS.iter().collect::<Vec<_>>()).await;
}

/// Enough rows for constraints to be away while they are loaded, and to refuse when they come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_bad_row_has_the_same_reason_where_constraints_come_back() {
    holds(25_000, &KINDS.iter().collect::<Vec<_>>()).await;
}

/// What makes a row of `legacy.thing` bad, by the measure that follows.
const BAD: &[(&str, &str)] = &[
    ("check", "body = 'bad'"),
    ("domain", "n = -1"),
    ("null", "body = null"),
    ("jsonb", r#"extra = '{"a": "\u0000"}'"#),
    ("unique", "email = 'user' || id - 1"),
    ("exclusion", "lane = id - 1"),
    ("trigger", "body = 'raise'"),
    ("dropped", "body = 'drop'"),
    (
        "mixed",
        "body = case id / 10 % 3 when 0 then 'bad' when 1 then null else body end,
               extra = case id / 10 % 6 when 2 then '{\"a\": \"\\u0000\"}' else extra end,
               email = case id / 10 % 6 when 5 then 'user' || id - 1 else email end",
    ),
];

/// Seconds to transform and load 200,000 rows of which every nth is bad (none for 0).
async fn seconds(change: &str, every: usize) -> f64 {
    let bad = match every {
        0 => String::new(),
        every => format!("update legacy.thing set {change} where id % {every} = 0;"),
    };
    let database = Database::with(&format!(
        "create schema legacy; create schema fresh;
         create table legacy.thing (id int primary key, n int, lane int, email text, body text, extra text, amount numeric(12,2), at timestamptz);
         insert into legacy.thing select i, i, i, 'user' || i, 'text of the row ' || i, '{{\"a\": ' || i || '}}', i / 100.0, timestamptz '2020-01-01' + i * interval '1 minute'
         from generate_series(1, 200000) i;
         {bad}
         create domain fresh.small as int check (value >= 0);
         create table fresh.things (id uuid primary key, legacy_id int unique, n fresh.small, lane int, exclude using btree (lane with =),
             email text not null unique, body text not null check (body <> 'bad'), extra jsonb, amount numeric(12,2), at timestamptz);
         create function fresh.guard() returns trigger language plpgsql as
             $$ begin if new.body = 'raise' then raise exception 'no'; elsif new.body = 'drop' then return null; end if; return new; end $$;
         create trigger guard before insert on fresh.things for each row execute function fresh.guard();"
    ))
    .await;
    let flow = "/*---\nsource = \"thing\"\n---*/\nselect t.id as _key, migrate() as _outcome, t.id as legacy_id, t.n, t.lane, t.email, t.body, t.extra, t.amount, t.at from source.thing t";
    let done = migrate(&database, &[("things", flow)]).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{change}: {:?}", done.failures);
    let bad = 200_000_usize.checked_div(every).unwrap_or(0);
    assert_eq!(database.text("select count(*)::text from rehome.quarantine").await, bad.to_string(), "{change}");
    done.report.facts.phases.iter().find(|phase| phase.phase == "transform and load").unwrap().seconds
}

/// The price of bad rows: at most twice the time of a clean load at one in a thousand, and four times at one in ten.
/// To be measured on a machine that does nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn the_price_of_bad_rows() {
    let mut dear = Vec::new();
    for (name, change) in BAD {
        // Side by side, twice: what else the machine does meets all three.
        let (mut clean, mut few, mut many) = (f64::MAX, f64::MAX, f64::MAX);
        for _ in 0..2 {
            clean = clean.min(seconds("", 0).await);
            few = few.min(seconds(change, 1_000).await);
            many = many.min(seconds(change, 10).await);
        }
        let (of_few, of_many) = (few / clean, many / clean);
        eprintln!(
            "{name}: clean {clean:.2} s, 0.1 % {few:.2} s ({of_few:.2} times), 10 % {many:.2} s ({of_many:.2} times)"
        );
        if of_few > 2.0 || of_many > 4.0 {
            dear.push(*name);
        }
    }
    assert!(dear.is_empty(), "{dear:?}");
}
