//! Owns the proof of what `rehome explain` promises.
// expect_test writes its texts with them.
#![allow(clippy::needless_raw_string_hashes)]

use std::collections::BTreeMap;
use std::process::Stdio;

use arrow::array::{Array, AsArray};
use expect_test::expect;
use rehome::explain::{Basis, Explained, Found, Join, Meant, Story, Teller, Truth};
use rehome::key::KeyColumn;
use rehome::outcome::Outcome;
use rehome::outcomes::{FlowOutcomes, OutcomeStore};
use rehome::pipeline::Pipeline;
use rehome::run::{Setting, what_if};

use crate::cluster::Database;
use crate::program::{Program, ends, told};
use crate::spoken::said_with;
use crate::support::{legacy_to_fresh, people, pipeline, pipeline_of, repository, silent, snapshot_of, take};

/// A key of each reason and of each warning that a flow gave: outcome, reason or code, key.
async fn one_of_each(store: &OutcomeStore, flow: &FlowOutcomes) -> Vec<(Outcome, String, String)> {
    let mut found = BTreeMap::new();
    for file in &flow.files {
        for batch in store.read(file).await.unwrap() {
            let keys = KeyColumn::new(batch.column_by_name("_key").unwrap().clone()).unwrap();
            for row in 0..batch.num_rows() {
                let mut seen = |what: String| {
                    found.entry((file.outcome, what)).or_insert_with(|| keys.text(row).unwrap());
                };
                match batch.column_by_name("_reason") {
                    Some(reasons) => seen(reasons.as_string::<i32>().value(row).to_owned()),
                    None => seen(String::new()),
                }
                if let Some(lists) = batch.column_by_name("_warnings").map(AsArray::as_list::<i32>)
                    && lists.is_valid(row)
                {
                    let codes = lists.value(row);
                    codes.as_string::<i32>().iter().flatten().for_each(|code| seen(format!("!{code}")));
                }
            }
        }
    }
    found.into_iter().map(|((outcome, what), key)| (outcome, what, key)).collect()
}

/// The line of a `file:line:column`, from that column on.
fn line_at(place: &str) -> String {
    let mut parts = place.rsplitn(3, ':');
    let column: usize = parts.next().unwrap().parse().unwrap();
    let line: usize = parts.next().unwrap().parse().unwrap();
    let text = std::fs::read_to_string(repository(parts.next().unwrap())).unwrap();
    text.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect()
}

fn only(explained: Explained) -> Story {
    let [story] = <[Story; 1]>::try_from(explained.stories).unwrap();
    story
}

fn setting(folder: &std::path::Path) -> Setting {
    Setting::new(folder.join("workspace"), (2, 1 << 30), silent(), rehome::cancel::Cancel::new())
}

/// For every reason and every warning that the flows of dispatch have, over the sample and over rows with each defect: the
/// branch that fired is that of the reason, the warning's condition is told, and causes end where the report says.
#[tokio::test]
async fn every_reason_and_warning_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (pipeline, setting) = (pipeline("dispatch"), setting(folder.path()));
    let legacy = Database::fresh().await;
    crate::support::rehome(
        folder.path(),
        &["sample", "--pipeline", "dispatch", "--scale", "0.01", "--into", &legacy.url],
    );
    legacy.run("create table golden (flow text, key bigint, outcome text, reason text, warning text)").await;
    for file in rehome::header::sql_files(&repository("tests/golden/dispatch")).unwrap() {
        legacy.run(&std::fs::read_to_string(file).unwrap()).await;
    }
    let snapshot = take(&legacy, &pipeline, &setting).await;
    let (report, place) = what_if(&pipeline, &snapshot, &[], &setting).await.unwrap();
    let store = OutcomeStore::open(&setting.place().unwrap(), place.to_string().rsplit('/').next().unwrap());
    let teller = Teller::open(Basis::Tried(pipeline.clone(), Box::new(snapshot)), None, false, &setting).await.unwrap();
    let (mut reasons, mut warnings) = (0, 0);
    for flow in &pipeline.flows {
        let outcomes = store.flow(&flow.name).await.unwrap().unwrap();
        for (outcome, what, key) in one_of_each(&store, &outcomes).await {
            let meant = Meant::Key { flow: flow.name.clone(), key: key.clone() };
            let story = only(teller.explain(&meant).await.unwrap());
            let told = format!("{} {key} {outcome} {what}: {story:#?}", flow.name);
            assert!(story.not_looked_into.is_empty(), "{told}");
            let [row] = &story.rows[..] else { panic!("{told}") };
            assert_eq!((row.outcome.as_str(), row.because.len()), (outcome.name(), 0), "{told}");
            let decision = row.decision.as_ref().unwrap();
            if let Some(code) = what.strip_prefix('!') {
                let warning = row.warnings.iter().find(|warning| warning.code == code).unwrap();
                let clause = warning.clause.as_ref().unwrap_or_else(|| panic!("{told}"));
                assert!(line_at(&clause.place).contains(clause.text.split(' ').next().unwrap()), "{told}");
                warnings += 1;
                continue;
            }
            reasons += 1;
            let said = match outcome {
                Outcome::Migrated => "migrate()".to_owned(),
                Outcome::Rejected => format!("reject('{what}'"),
                Outcome::Skipped => format!("skip('{what}'"),
                _ => format!("elsewhere('{what}'"),
            };
            let fired = decision.branches.last();
            let clause = fired.map_or(&decision.by, |branch| &branch.then);
            assert!(clause.text.starts_with(&said), "{told}");
            assert!(line_at(&clause.place).starts_with(&said), "{told}");
            assert!(fired.is_none_or(|branch| branch.was == Truth::True), "{told}");
            let before = decision.branches.iter().rev().skip(1);
            assert!(before.clone().all(|branch| branch.was != Truth::True || branch.depth == 0), "{told}");
            if outcome == Outcome::Rejected {
                assert_eq!(row.reason.as_deref(), Some(what.as_str()));
                let root =
                    row.causes.last().map_or((flow.name.as_str(), what.as_str()), |link| (&link.flow, &link.reason));
                let lines =
                    report.root_causes.causes.iter().filter(|line| line.flow == flow.name && line.reason == what);
                let mut roots = lines.map(|line| (line.root_flow.as_str(), line.root_reason.as_str()));
                assert!(roots.any(|told| told == root), "{root:?} {told}");
            }
        }
    }
    assert!(reasons > 150 && warnings > 40, "{reasons} {warnings}");
}

/// Items of parents, some of which are gone, hidden, of no group or without a code; some items name none.
const ITEMS: &str = "
    create schema legacy; create schema fresh;
    create table legacy.grp (id integer primary key, name text);
    create table legacy.parent (id integer primary key, code text, grp integer, hidden boolean);
    create table legacy.extra (code text primary key, note text);
    create table legacy.item (id integer primary key, parent_id integer, kind text, size integer);
    insert into legacy.grp select i, 'group ' || i from generate_series(1, 4) i;
    insert into legacy.parent select i, case when i % 4 > 0 then 'c' || i end, i % 6, i % 7 = 0 from generate_series(1, 30) i;
    insert into legacy.extra select 'c' || i, 'note' from generate_series(1, 30, 3) i;
    insert into legacy.item select i, nullif(i * 7 % 37, 5), case when i % 5 > 0 then 'k' || i % 3 end, i % 11 from generate_series(1, 120) i;";

const PARENTS: &str = "/*---
source = \"parent\"
---*/
select p.id as _key, case when p.code is null then reject('no_code') else migrate() end as _outcome, p.code from source.parent p";

const ITEM_FLOW: &str = "/*---
source = \"item\"
---*/
with counted as (
    select parent_id, count(*) as items from source.item group by parent_id
),

enriched as (
    select p.id, p.code, g.name, e.note
    from source.parent p
    join source.grp g on g.id = p.grp
    left join source.extra e on e.code = p.code
    where not p.hidden
)

select
    i.id as _key,
    case
        when e.id is null then reject('no_parent', 'parents', i.parent_id)
        when i.kind is null then
            case when i.size > 5 then skip('large') -- of no kind
                 when i.size is null then reject('no_size')
                 else reject('no_kind') end
        when m._key is null then reject('parent_lost', 'parents', e.id)
        else migrate()
    end as _outcome,
    warnings(c.items > 3, 'crowded') as _warnings,
    i.kind
from source.item i
left join enriched e on e.id = i.parent_id
left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'
left join migrated.parents m on m._key = e.id";

/// What PostgreSQL says of the same joins: found or not, and which branch is taken.
const ITEM_ORACLE: &str = "
    with enriched as (
        select p.id, p.code, e.code as extra
        from legacy.parent p join legacy.grp g on g.id = p.grp left join legacy.extra e on e.code = p.code
        where not p.hidden
    )
    select concat_ws(' ', i.id, e.id is not null, c.parent_id is not null, m.id is not null, e.id is not null and e.extra is not null,
        case when e.id is null then 1 when i.kind is null then case when i.size > 5 then 21 when i.size is null then 22 else 23 end
             when m.id is null then 3 else 4 end,
        case when i.parent_id is null then 'null' when e.id is not null then 'found' when p.id is null then 'parent'
             when g.id is null then 'group' else 'hidden' end)
    from legacy.item i
    left join enriched e on e.id = i.parent_id
    left join (select distinct parent_id from legacy.item) c on c.parent_id = i.parent_id and i.kind = 'k1'
    left join legacy.parent m on m.id = e.id and m.code is not null
    left join legacy.parent p on p.id = i.parent_id
    left join legacy.grp g on g.id = p.grp
    order by i.id";

async fn over(database: &Database, folder: &std::path::Path, flows: &[(&str, &str)]) -> (Pipeline, Teller) {
    let pipeline = legacy_to_fresh(folder, "", flows).unwrap();
    let setting = setting(folder);
    let snapshot = take(database, &pipeline, &setting).await;
    let basis = Basis::Tried(pipeline.clone(), Box::new(snapshot));
    (pipeline, Teller::open(basis, None, false, &setting).await.unwrap())
}

async fn told_of(teller: &Teller, flow: &str, key: &str) -> Story {
    only(teller.explain(&Meant::Key { flow: flow.into(), key: key.into() }).await.unwrap())
}

/// What each join found, where a row was lost, and which branch was taken: as PostgreSQL says, of each of 120 rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_find_what_postgresql_finds() {
    let database = Database::with(ITEMS).await;
    let folder = tempfile::tempdir().unwrap();
    let (_, teller) = over(&database, folder.path(), &[("parents", PARENTS), ("items", ITEM_FLOW)]).await;
    let is_found = |join: &Join| join.found == Found::One;
    let mut seen = std::collections::BTreeSet::new();
    for row in database.session.query(ITEM_ORACLE, &[]).await.unwrap() {
        let expected: String = row.get(0);
        let key = expected.split(' ').next().unwrap();
        let story = told_of(&teller, "items", key).await;
        let row = &story.rows[0];
        let [start, enriched, counted, migrated] = &row.joins[..] else { panic!("{story:#?}") };
        assert_eq!(start.found, Found::Start);
        let decision = row.decision.as_ref().unwrap();
        let fired = |depth| decision.branches.iter().filter(|branch| branch.depth == depth).count();
        let branch = if fired(1) > 0 { fired(0) * 10 + fired(1) } else { fired(0) };
        let lost = match enriched.lost.last() {
            _ if enriched.keys[0].null => "null",
            None => "found",
            Some(step) if step.clause.text.starts_with("where") => "hidden",
            Some(step) if step.clause.text.starts_with("join") => "group",
            Some(_) => "parent",
        };
        let extra = enriched.within.get(2).is_some_and(is_found);
        let bit = |flag: bool| if flag { 't' } else { 'f' };
        let said = format!(
            "{key} {} {} {} {} {branch} {lost}",
            bit(is_found(enriched)),
            bit(is_found(counted)),
            bit(is_found(migrated)),
            bit(extra)
        );
        assert_eq!(said, expected, "{story:#?}");
        assert!(enriched.lost.last().is_none_or(|step| step.rows == 0));
        seen.insert((branch, lost.to_owned()));
    }
    assert!(seen.len() > 7, "{seen:?}");
}

/// Keys of every sort, in each way in which they may be written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_every_sort_are_found() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.of_text (id text primary key, \"_odd\" text);
         insert into legacy.of_text values ('a,b', 'x'), ('[\"a\"]', 'y'), (' ä ', null), ('', null);
         create table legacy.of_uuid (id uuid primary key);
         insert into legacy.of_uuid values ('6f1d3c52-7c0a-4f3e-9d5e-0b1c2d3e4f50');
         create table legacy.of_numeric (id numeric primary key);
         insert into legacy.of_numeric values (5), (5.50), (123456789012345678901234567890);
         create table legacy.of_date (id date primary key);
         insert into legacy.of_date values ('2025-01-31');
         create table legacy.\"Of Pair\" (a integer, b text, primary key (a, b));
         insert into legacy.\"Of Pair\" values (7, 'abc'), (7, 'a,b'), (8, '');
         create table legacy.of_none (body text);
         insert into legacy.of_none values ('x'), ('y');
         create table legacy.left_one (id integer primary key, l text);
         create table legacy.right_one (id integer primary key, r text);
         insert into legacy.left_one values (1, 'l'); insert into legacy.right_one values (1, 'r'), (2, null);
         create table legacy.many (id integer primary key, parts integer);
         insert into legacy.many values (1, 3), (2, 1);",
    )
    .await;
    let simple = |table: &str| {
        format!(
            "/*---\nsource = \"{table}\"\n---*/\nselect t.id as _key, case when false then reject('no') else migrate() end as _outcome from source.{table} t"
        )
    };
    let (text, uuid, numeric, date) = (simple("of_text"), simple("of_uuid"), simple("of_numeric"), simple("of_date"));
    let flows = [
        ("of_text", text.as_str()),
        ("of_uuid", &uuid),
        ("of_numeric", &numeric),
        ("of_date", &date),
        ("of_pair", "/*---\nsource = \"Of Pair\"\nkey = [\"a\", \"b\"]\n---*/
            select named_struct('a', t.a, 'b', t.b) as _key, migrate() as _outcome from source.\"Of Pair\" t"),
        ("of_none", "/*---\nsource = \"of_none\"\nkey = \"ctid\"\n---*/
            select t.ctid as _key, case when t.body = 'y' then skip('y') else migrate() end as _outcome from source.of_none t"),
        ("both", "/*---\nsource = [\"left_one\", \"right_one\"]\n---*/
            select named_struct('source', 'left_one', 'id', l.id) as _key, migrate() as _outcome, l.l as word from source.left_one l
            union all
            select named_struct('source', 'right_one', 'id', r.id), case when r.r is null then reject('none') else migrate() end, r.r from source.right_one r"),
        ("several", "/*---\nsource = \"many\"\nexpand = true\nid = \"none\"\n---*/
            select m.id as _key, n.n as _ordinal, case when n.n = 2 then reject('second') else migrate() end as _outcome, n.n
            from source.many m join (values (1), (2), (3)) as n (n) on n.n <= m.parts"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (_, teller) = over(&database, folder.path(), &flows).await;
    for (flow, typed, key, outcome) in [
        ("of_text", "a,b", "a,b", "migrated"),
        ("of_text", "[\"a\"]", "[\"a\"]", "migrated"),
        ("of_text", " ä ", " ä ", "migrated"),
        ("of_text", "", "", "migrated"),
        ("of_uuid", "6F1D3C527c0a4f3e9d5e0b1c2d3e4f50", "6f1d3c52-7c0a-4f3e-9d5e-0b1c2d3e4f50", "migrated"),
        ("of_numeric", "5.0", "5", "migrated"),
        ("of_numeric", "5.5", "5.50", "migrated"),
        ("of_numeric", "123456789012345678901234567890", "123456789012345678901234567890", "migrated"),
        ("of_date", "2025-01-31", "2025-01-31", "migrated"),
        ("of_pair", "7,abc", "[7,\"abc\"]", "migrated"),
        ("of_pair", "7,\"a,b\"", "[7,\"a,b\"]", "migrated"),
        ("of_pair", "[7,\"a,b\"]", "[7,\"a,b\"]", "migrated"),
        ("of_pair", "8,", "[8,\"\"]", "migrated"),
        ("of_none", "(0,2)", "(0,2)", "skipped"),
        ("both", "right_one,2", "[\"right_one\",2]", "rejected"),
        ("both", "[\"left_one\", 1]", "[\"left_one\",1]", "migrated"),
    ] {
        let story = told_of(&teller, flow, typed).await;
        let [row] = &story.rows[..] else { panic!("{story:#?}") };
        assert_eq!((story.key.as_str(), row.outcome.as_str()), (key, outcome), "{flow} {typed}");
        assert!(story.not_looked_into.is_empty() && row.decision.is_some(), "{story:#?}");
    }
    // A column whose name begins as ours do, and the table that a row is of.
    assert_eq!(told_of(&teller, "of_text", "a,b").await.source.columns[1].name, "_odd");
    let right = told_of(&teller, "both", "right_one,2").await;
    assert_eq!(right.source.table, "legacy.right_one");
    assert_eq!(right.source.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "r"]);
    assert!(right.rows[0].decision.as_ref().unwrap().by.place.ends_with("both.sql:6:74"), "{right:#?}");
    // One row that became several: all of them, or the one that is named.
    let all = told_of(&teller, "several", "1").await;
    let outcomes: Vec<_> = all.rows.iter().map(|row| (row.key.as_str(), row.outcome.as_str())).collect();
    assert_eq!(outcomes, [("[1,1]", "migrated"), ("[1,2]", "rejected"), ("[1,3]", "migrated")]);
    assert!(all.rows.iter().all(|row| row.decision.is_some()), "{all:#?}");
    let second = told_of(&teller, "several", "1,2").await;
    assert_eq!((second.rows.len(), second.rows[0].reason.as_deref()), (1, Some("second")));
    for (flow, typed) in [("of_uuid", "x"), ("of_numeric", "6"), ("of_pair", "7"), ("several", "1,9"), ("of_text", "a")]
    {
        let error = teller.explain(&Meant::Key { flow: flow.into(), key: typed.into() }).await.unwrap_err();
        assert_eq!(error.kind().exit_code(), 2, "{flow} {typed} {error}");
    }
}

/// A row that no flow has seen is explained too, and what it says of itself is not told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_row_is_explained() {
    let database = crate::odd_source::encoded(
        "SQL_ASCII",
        "create schema legacy; create table legacy.pairs (a int, b text, c text, primary key (a, b));
         insert into legacy.pairs values (1, 'x', 'y'), (2, 'x', E'\\xff\\xfe');",
    )
    .await;
    let flow = "/*---\nsource = \"pairs\"\nkey = [\"a\", \"b\"]\n---*/
        select named_struct('a', t.a, 'b', t.b) as _key, migrate() as _outcome, t.c from source.pairs t";
    let folder = tempfile::tempdir().unwrap();
    let (_, teller) = over(&database, folder.path(), &[("pairs", flow)]).await;
    let story = told_of(&teller, "pairs", "2,x").await;
    assert_eq!((story.rows.len(), story.rows[0].reason.as_deref()), (1, Some("unreadable")));
    assert_eq!((story.source.table.as_str(), &story.source.unreadable[..]), ("legacy.pairs", &["c".to_owned()][..]));
    assert_eq!(story.source.columns.iter().map(|column| column.null).collect::<Vec<_>>(), [false, false, true]);
}

fn program(flows: &[(&str, &str)]) -> Program {
    Program::over(flows)
}

fn spoken(program: &Program, args: &[&str]) -> String {
    let home = program.folder.path().display().to_string();
    let words = said_with(&program.workspace(), &[&["explain"], args].concat(), &[(&home, "HOME")]);
    let time = regex::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*\+\d\d").unwrap();
    let file = regex::Regex::new(r"\d{5}-[0-9a-f]{16}").unwrap();
    let words = file.replace_all(&time.replace_all(&words, "NOW"), "FILE").into_owned();
    regex::Regex::new(r"snapshot [0-9a-f]{32}").unwrap().replace_all(&words, "snapshot ID").into_owned()
}

const TARGET: &str = "
    create table fresh.parents (id uuid primary key, code text unique);
    create table fresh.items (id uuid primary key, kind text check (kind <> 'k2'));";

/// Whole stories, as they are read; and where rows are in the target, whatever became of them there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stories_read_well() {
    let database = Database::with(&format!("{ITEMS}{TARGET}")).await;
    let program = program(&[("parents", PARENTS), ("items", ITEM_FLOW)]);
    let done = ends(program.run(&database.url, &database.url, &["--no-threshold"])).await;
    assert!(done.status.success(), "{}", told(&done));
    let url = database.url.as_str();
    let id = database.text("select id::text from fresh.items order by id limit 1").await;
    // One that the target refused; one whose parent is hidden, without values and with them; a CASE within the CASE; one that
    // was migrated; one whose parent is not there.
    expect![[r#"
        items 8: rejected, check:items_kind_check
        run UUID, snapshot ID

        source  legacy.item
          id integer, parent_id integer, kind text, size integer

        outcome rejected, check:items_kind_check
          the target refused the row that was made of it

        branches
          when e.id is null    false        HOME/pipeline/flows/items.sql:19:9
          when i.kind is null  false        HOME/pipeline/flows/items.sql:20:9
          when m._key is null  false        HOME/pipeline/flows/items.sql:24:9
          else                 → migrate()  HOME/pipeline/flows/items.sql:25:14

        joins
          source.item i                                                       the row  HOME/pipeline/flows/items.sql:29:6
          left join enriched e on e.id = i.parent_id                          found    HOME/pipeline/flows/items.sql:30:1
            source.parent p                                                   the row  HOME/pipeline/flows/items.sql:10:10
            join source.grp g on g.id = p.grp                                 found    HOME/pipeline/flows/items.sql:11:5
            left join source.extra e on e.code = p.code                       found    HOME/pipeline/flows/items.sql:12:5
          left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'  none     HOME/pipeline/flows/items.sql:31:1
            i.kind = 'k1'                                                     false
          left join migrated.parents m on m._key = e.id                       found    HOME/pipeline/flows/items.sql:32:1

        result  items (items)  UUID
          id uuid, kind text

        stored  items/migrated/FILE.parquet

        target
          the row is not there
          run         done; the chunk is in since NOW
          quarantine  check:items_kind_check, SQLSTATE 23514, constraint items_kind_check, since NOW by the run UUID
        --- exit 0
    "#]].assert_eq(&spoken(&program, &["items", "8", "--target", url]));
    expect![[r#"
        items 3: rejected, no_parent
        run UUID, snapshot ID

        source  legacy.item
          id integer, parent_id integer, kind text, size integer

        outcome rejected, no_parent

        branches
          when e.id is null  → reject('no_parent', 'parents', i.parent_id)  HOME/pipeline/flows/items.sql:19:32
          3 more not looked at

        joins
          source.item i                                                       the row             HOME/pipeline/flows/items.sql:29:6
          left join enriched e on e.id = i.parent_id                          none                HOME/pipeline/flows/items.sql:30:1
            source.parent p                                                   1 left              HOME/pipeline/flows/items.sql:10:10
            join source.grp g on g.id = p.grp                                 1 left              HOME/pipeline/flows/items.sql:11:5
            left join source.extra e on e.code = p.code                       1 left              HOME/pipeline/flows/items.sql:12:5
            where not p.hidden                                                0 left              HOME/pipeline/flows/items.sql:13:11
          left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'  none                HOME/pipeline/flows/items.sql:31:1
            i.kind = 'k1'                                                     false
          left join migrated.parents m on m._key = e.id                       none: e.id is NULL  HOME/pipeline/flows/items.sql:32:1

        causes
          items 3                no_parent
          because of parents 21  migrated all the same

        stored  items/rejected/FILE.parquet

        target
          no row is made of it
          run         done; the chunk is in since NOW
          quarantine  no_parent, since NOW by the run UUID
        --- exit 0
    "#]].assert_eq(&spoken(&program, &["items", "3", "--target", url]));
    expect![[r#"
        items 1: rejected, no_parent
        run UUID, snapshot ID

        source  legacy.item
          id         integer  1
          parent_id  integer  7
          kind       text     k1
          size       integer  1

        outcome rejected, no_parent

        branches
          when e.id is null  → reject('no_parent', 'parents', i.parent_id)  HOME/pipeline/flows/items.sql:19:32
          3 more not looked at

        joins
          source.item i                                                       the row                  HOME/pipeline/flows/items.sql:29:6
          left join enriched e on e.id = i.parent_id                          none: i.parent_id is 7   HOME/pipeline/flows/items.sql:30:1
            source.parent p                                                   1 left                   HOME/pipeline/flows/items.sql:10:10
            join source.grp g on g.id = p.grp                                 1 left                   HOME/pipeline/flows/items.sql:11:5
            left join source.extra e on e.code = p.code                       1 left                   HOME/pipeline/flows/items.sql:12:5
            where not p.hidden                                                0 left                   HOME/pipeline/flows/items.sql:13:11
          left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'  found: i.parent_id is 7  HOME/pipeline/flows/items.sql:31:1
          left join migrated.parents m on m._key = e.id                       none: e.id is NULL       HOME/pipeline/flows/items.sql:32:1

        warnings
          crowded  c.items > 3  HOME/pipeline/flows/items.sql:27:14

        causes
          items 1               no_parent
          because of parents 7  migrated all the same

        stored  items/rejected/FILE.parquet

        target
          no row is made of it
          run         done; the chunk is in since NOW
          quarantine  no_parent, since NOW by the run UUID
        --- exit 0
    "#]].assert_eq(&spoken(&program, &["items", "1", "--values", "--target", url]));
    expect![[r#"
        items 25: rejected, no_kind
        run UUID, snapshot ID

        source  legacy.item
          id integer, parent_id integer, kind text NULL, size integer

        outcome rejected, no_kind

        branches
          when e.id is null      false                HOME/pipeline/flows/items.sql:19:9
          when i.kind is null    true                 HOME/pipeline/flows/items.sql:20:9
            when i.size > 5      false                HOME/pipeline/flows/items.sql:21:18
            when i.size is null  false                HOME/pipeline/flows/items.sql:22:18
            else                 → reject('no_kind')  HOME/pipeline/flows/items.sql:23:23

        joins
          source.item i                                                       the row  HOME/pipeline/flows/items.sql:29:6
          left join enriched e on e.id = i.parent_id                          found    HOME/pipeline/flows/items.sql:30:1
            source.parent p                                                   the row  HOME/pipeline/flows/items.sql:10:10
            join source.grp g on g.id = p.grp                                 found    HOME/pipeline/flows/items.sql:11:5
            left join source.extra e on e.code = p.code                       none     HOME/pipeline/flows/items.sql:12:5
          left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'  none     HOME/pipeline/flows/items.sql:31:1
            i.kind = 'k1'                                                     null
          left join migrated.parents m on m._key = e.id                       found    HOME/pipeline/flows/items.sql:32:1

        stored  items/rejected/FILE.parquet
        --- exit 0
    "#]].assert_eq(&spoken(&program, &["items", "25"]));
    expect![[r#"
        items 9: migrated
        run UUID, snapshot ID

        source  legacy.item
          id         integer  9
          parent_id  integer  26
          kind       text     k0
          size       integer  9

        outcome migrated

        branches
          when e.id is null    false        HOME/pipeline/flows/items.sql:19:9
          when i.kind is null  false        HOME/pipeline/flows/items.sql:20:9
          when m._key is null  false        HOME/pipeline/flows/items.sql:24:9
          else                 → migrate()  HOME/pipeline/flows/items.sql:25:14

        joins
          source.item i                                                       the row                   HOME/pipeline/flows/items.sql:29:6
          left join enriched e on e.id = i.parent_id                          found: i.parent_id is 26  HOME/pipeline/flows/items.sql:30:1
            source.parent p                                                   the row                   HOME/pipeline/flows/items.sql:10:10
            join source.grp g on g.id = p.grp                                 found: p.grp is 2         HOME/pipeline/flows/items.sql:11:5
            left join source.extra e on e.code = p.code                       none: p.code is c26       HOME/pipeline/flows/items.sql:12:5
          left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'  none: i.parent_id is 26   HOME/pipeline/flows/items.sql:31:1
            i.kind = 'k1'                                                     false
          left join migrated.parents m on m._key = e.id                       found: e.id is 26         HOME/pipeline/flows/items.sql:32:1

        result  items (items)  UUID
          id    uuid  UUID
          kind  text  k0

        stored  items/migrated/FILE.parquet

        target
          the row is there, as it was left
          run      done; the chunk is in since NOW
          mapping  UUID of items, by the run UUID
          id    uuid  UUID
          kind  text  k0
        --- exit 0
    "#]].assert_eq(&spoken(&program, &["items", "9", "--values", "--target", url]));
    expect![[r#"
        items 10: rejected, no_parent
        run UUID, snapshot ID

        source  legacy.item
          id integer, parent_id integer, kind text NULL, size integer

        outcome rejected, no_parent

        branches
          when e.id is null  → reject('no_parent', 'parents', i.parent_id)  HOME/pipeline/flows/items.sql:19:32
          3 more not looked at

        joins
          source.item i                                                       the row             HOME/pipeline/flows/items.sql:29:6
          left join enriched e on e.id = i.parent_id                          none                HOME/pipeline/flows/items.sql:30:1
            source.parent p                                                   0 left              HOME/pipeline/flows/items.sql:10:10
          left join counted c on c.parent_id = i.parent_id and i.kind = 'k1'  none                HOME/pipeline/flows/items.sql:31:1
            i.kind = 'k1'                                                     null
          left join migrated.parents m on m._key = e.id                       none: e.id is NULL  HOME/pipeline/flows/items.sql:32:1

        causes
          items 10               no_parent
          because of parents 33  not in the source

        stored  items/rejected/FILE.parquet
        --- exit 0
    "#]].assert_eq(&spoken(&program, &["items", "10"]));
    expect![[r#"
        --- stderr
        error: there is no flow 'itmes'
           pipeline: fresh
           hint: did you mean 'items'?
        --- exit 2
    "#]]
    .assert_eq(&spoken(&program, &["itmes", "10"]));
    expect![[r#"
        --- stderr
        error: the source of the flow items has no row with the key '1000'
           flow: items
           hint: looked at legacy.item (120 rows) of the snapshot ID, by id integer
        --- exit 2
    "#]]
    .assert_eq(&spoken(&program, &["items", "1000"]));
    expect![[r#"
        --- stderr
        error: a row is named by its flow and its key, or by its UUID alone
           hint: rehome explain items KEY
        --- exit 2
    "#]]
    .assert_eq(&spoken(&program, &["items"]));
    expect![[r#"
        --- stderr
        error: no row that was migrated has the UUID UUID
           hint: looked at the outcomes of 2 flows, of UUID; --target looks at mappings too
        --- exit 2
    "#]]
    .assert_eq(&spoken(&program, &["00000000-0000-0000-0000-000000000000"]));
    let by_id = spoken(&program, &[&id, "--format", "json"]);
    assert!(by_id.contains("\"flow\":\"items\"") && by_id.contains("\"outcome\":\"migrated\""), "{by_id}");
}

/// Changed by others, deleted, brought again, refused, mended: the target and the ledger tell it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_target_is_told_of() {
    let database = Database::with(&format!("{ITEMS}{TARGET}")).await;
    let program = program(&[("parents", PARENTS), ("items", ITEM_FLOW)]);
    let run = || program.run(&database.url, &database.url, &["--no-threshold", "--no-verify"]);
    let without_verify = |mut command: std::process::Command| {
        let args: Vec<_> =
            command.get_args().filter(|arg| *arg != "--verify" && *arg != "full").map(ToOwned::to_owned).collect();
        command = std::process::Command::new(env!("CARGO_BIN_EXE_rehome"));
        command.args(args).stdin(Stdio::null());
        command
    };
    let done = ends(without_verify(run())).await;
    assert!(done.status.success(), "{}", told(&done));
    let story = |key: &'static str| {
        let mut command = program.command("explain");
        command.args(["items", key, "--target", &database.url]);
        async move {
            let output = ends(command).await;
            assert!(output.status.success(), "{}", told(&output));
            let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            all["stories"][0]["rows"][0].clone()
        }
    };
    let made = "select i.id::text from legacy.item i join public.keys k on k.key = i.id";
    database.run("create view public.keys as select legacy_id as key, entity_uuid as id from fresh.migration_mappings where entity_type = 'items'").await;
    let kept: Vec<String> = database
        .session
        .query(&format!("{made} order by i.id"), &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let [changed, deleted, updated, ..] = &kept[..] else { panic!("{kept:?}") };
    let (changed, deleted, updated): (&'static str, &'static str, &'static str) =
        (changed.clone().leak(), deleted.clone().leak(), updated.clone().leak());

    let before = story(changed).await;
    assert_eq!(
        (&before["in_target"]["row"], &before["in_target"]["run_state"]),
        (&"as_left".into(), &"done".into()),
        "{before}"
    );
    assert!(
        before["in_target"]["claimed_at"].is_string() && before["in_target"]["mapping"]["id"] == before["id"],
        "{before}"
    );
    database
        .run(&format!(
            "update fresh.items t set kind = 'theirs' from public.keys k where k.id = t.id and k.key = {changed};
        delete from fresh.items t using public.keys k where k.id = t.id and k.key = {deleted}"
        ))
        .await;
    let after = story(changed).await;
    assert_eq!(
        (&after["in_target"]["row"], &after["in_target"]["differs"]),
        (&"changed".into(), &serde_json::json!(["kind"]))
    );
    assert_eq!(story(deleted).await["in_target"]["row"], "absent");

    // A row of the target's refusal; then the source changes, and a run brings what differs.
    let refused = database.text("select min(legacy_key) from rehome.quarantine where sqlstate is not null").await;
    let refused: &'static str = refused.leak();
    let held = story(refused).await;
    assert_eq!(
        (&held["outcome"], &held["in_target"]["quarantine"]["sqlstate"]),
        (&"rejected".into(), &"23514".into()),
        "{held}"
    );
    assert_eq!(
        (&held["in_target"]["row"], &held["reason"]),
        (&"absent".into(), &held["in_target"]["quarantine"]["reason"])
    );
    database.run(&format!("update legacy.item set kind = 'k7' where id in ({changed}, {updated}, {refused})")).await;
    let done = ends(without_verify(run())).await;
    assert!(done.status.success(), "{}", told(&done));
    let whats = |row: &serde_json::Value| {
        let history = row["in_target"]["history"].as_array().unwrap().clone();
        history.iter().map(|moved| moved["what"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let now = story(updated).await;
    assert_eq!((&now["in_target"]["by_difference"], whats(&now)), (&true.into(), vec!["updated".to_owned()]), "{now}");
    assert_eq!(now["in_target"]["row"], "as_left", "{now}");
    let theirs = story(changed).await;
    assert_eq!(theirs["in_target"]["row"], "changed", "{theirs}");
    assert!(whats(&theirs).iter().any(|what| what == "changed by others, kept"), "{theirs}");
    let mended = story(refused).await;
    assert_eq!((&mended["outcome"], &mended["in_target"]["row"]), (&"migrated".into(), &"as_left".into()), "{mended}");
    assert!(whats(&mended).iter().any(|what| what.starts_with("resolved")), "{mended}");

    // A row that is migrated no longer stays in the target: its mapping still tells whose it is.
    let id = now["id"].as_str().unwrap();
    database.run(&format!("update legacy.item set parent_id = 999 where id = {updated}")).await;
    let done = ends(without_verify(run())).await;
    assert!(done.status.success(), "{}", told(&done));
    let unknown = spoken(&program, &[id]);
    assert!(unknown.contains("exit 2") && unknown.contains("--target looks at mappings too"), "{unknown}");
    let fallen = story(updated).await;
    assert_eq!(
        (&fallen["reason"], &fallen["in_target"]["mapping"]["id"]),
        (&"no_parent".into(), &id.into()),
        "{fallen}"
    );
    let by_mapping = spoken(&program, &[id, "--target", &database.url]);
    assert!(by_mapping.starts_with(&format!("items {updated}: rejected, no_parent")), "{by_mapping}");
}

/// Without --values, no value of a cell is told but keys; with it, they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_are_told_only_where_they_are_asked_for() {
    const CELL: &str = "cell-canary-77a1";
    let database = Database::with(&format!(
        "create schema legacy; create schema fresh;
         create table legacy.word (id integer primary key, word text, other text);
         insert into legacy.word values (1, '{CELL}', '{CELL} b'), (2, '{CELL} c', null), (3, null, '{CELL}');
         create table fresh.words (id uuid primary key, word text);"
    ))
    .await;
    let flow = "/*---\nsource = \"word\"\n---*/
        select w.id as _key, case when w.word is null then reject('none') when o.id is null then reject('alone') else migrate() end as _outcome,
               warnings(w.word like '%a1', 'plain') as _warnings, w.word
        from source.word w left join (select v.id, v.other from source.word v) o on o.other = w.word";
    let program = program(&[("words", flow)]);
    let done = ends(program.run(&database.url, &database.url, &["--no-threshold"])).await;
    assert!(done.status.success(), "{}", told(&done));
    for key in ["1", "2", "3"] {
        for format in ["text", "json"] {
            let told = spoken(&program, &["words", key, "--target", &database.url, "--format", format]);
            assert!(!told.contains(CELL) && told.contains("exit 0"), "{told}");
            let told = spoken(&program, &["words", key, "--target", &database.url, "--format", format, "--values"]);
            assert!(told.contains(CELL) && told.contains("exit 0"), "{told}");
        }
    }
}

/// Queries that are more than a SELECT of rows: what can be said is said, and what not is told as that.
#[tokio::test]
async fn what_is_not_looked_into_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = snapshot_of(folder.path(), &[("people", people(20))]).await;
    let header = "/*---\nsource = \"people\"\n---*/\n";
    let grouped = format!(
        "{header}select p.id as _key, case when count(b.id) > 1 then skip('boss') else migrate() end as _outcome
        from source.people p left join source.people b on b.boss = p.id group by p.id"
    );
    let opaque = format!("{header}with d as (select distinct id, case when id > 3 then skip('late') else migrate() end as fate from source.people)
        select d.id as _key, d.fate as _outcome from d");
    let union = format!("{header}select p.id as _key, skip('no_name') as _outcome from source.people p where p.name is null
        union all select q.id, case when q.id = 7 then reject('seven') else migrate() end from source.people q where q.name is not null");
    let starred = format!(
        "{header}select * from (select id as _key, case id when 7 then reject('seven') when 8 then skip('eight') else migrate() end as _outcome from source.people) x"
    );
    let flows = [("grouped", grouped.as_str()), ("opaque", &opaque), ("unions", &union), ("starred", &starred)];
    let pipeline = pipeline_of(folder.path(), &flows).unwrap();
    let setting = setting(folder.path());
    let teller = Teller::open(Basis::Tried(pipeline, Box::new(snapshot)), None, false, &setting).await.unwrap();

    let story = told_of(&teller, "grouped", "2").await;
    let decision = story.rows[0].decision.as_ref().unwrap();
    assert_eq!((decision.says.as_str(), decision.branches.len()), ("skip:boss", 1));
    assert!(story.not_looked_into[0].starts_with("joins"), "{story:#?}");
    let story = told_of(&teller, "opaque", "2").await;
    assert_eq!(story.rows[0].decision.as_ref().unwrap().says, "migrate");
    assert!(story.not_looked_into[0].starts_with("branches"), "{story:#?}");
    let story = told_of(&teller, "unions", "7").await;
    assert_eq!(story.rows[0].decision.as_ref().unwrap().says, "reject:seven");
    assert!(story.not_looked_into.is_empty(), "{story:#?}");
    assert_eq!(told_of(&teller, "unions", "5").await.rows[0].reason.as_deref(), Some("no_name"));
    let story = told_of(&teller, "starred", "8").await;
    let decision = story.rows[0].decision.as_ref().unwrap();
    assert_eq!((decision.says.as_str(), decision.branches.len(), decision.not_reached), ("skip:eight", 2, 1));
    assert_eq!(story.rows[0].joins[0].within.len(), 1, "{story:#?}");
}
