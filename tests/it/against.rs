//! Owns the proof of what `rehome what-if --against` promises: PostgreSQL, given the stored outcomes of both sides, joins them by key and
//! says what differs. Must not know: how rehome compares.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use expect_test::expect;
use rehome::outcome::Outcome;
use rehome::outcomes::{FlowOutcomes, OutcomeStore};
use rehome::storage::Location;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cluster::Database;
use crate::spoken::said_with;
use crate::support::{people, pipeline_of, rehome, repository, snapshot_of};

/// Each row of both sides as PostgreSQL sees it.
const TABLES: &str = "
    create table outcome (side text, flow text, key text, outcome text, reason text, warnings text[], columns jsonb);
    create table difference (flow text, key text, before_outcome text, after_outcome text, before_reason text, after_reason text,
        before_warnings text[], after_warnings text[], changed text[], before jsonb, after jsonb);";

/// Both sides by key. A flow's id is what follows from its key, and no column.
const JOINED: &str = "
    create table joined as
    select flow, key, b.outcome bo, a.outcome ao, b.reason br, a.reason ar,
           coalesce(b.warnings, '{}') bw, coalesce(a.warnings, '{}') aw, b.columns bc, a.columns ac
    from (select * from outcome where side = 'before') b full join (select * from outcome where side = 'after') a using (flow, key);
    create table changed as
    select flow, key, name from joined, jsonb_object_keys(bc) name
    where bo = 'migrated' and ao = 'migrated' and ac ? name and name <> 'id' and bc -> name is distinct from ac -> name;
    create index on joined (flow, key); create index on changed (flow, key); create index on outcome (flow, outcome, reason); analyze";

/// What is to be told of each flow, as JSON.
const JUDGE: &str = "
    select coalesce(jsonb_object_agg(flow, told), '{}')::text from (
    select flow, jsonb_build_object(
        'matrix', (select jsonb_object_agg(coalesce(bo, '-') || ' ' || coalesce(ao, '-'), n) from
            (select bo, ao, count(*) n from joined j where j.flow = f.flow group by 1, 2) m),
        'transitions', (select coalesce(jsonb_object_agg(coalesce(bo || ':' || coalesce(br, ''), '-') || ' ' || coalesce(ao || ':' || coalesce(ar, ''), '-'), n), '{}') from
            (select bo, br, ao, ar, count(*) n from joined j where j.flow = f.flow and (bo, br) is distinct from (ao, ar) group by 1, 2, 3, 4) t),
        'reasons', (select coalesce(jsonb_object_agg(outcome || ':' || reason, jsonb_build_array(before, after)), '{}') from
            (select outcome, reason, count(*) filter (where side = 'before') before, count(*) filter (where side = 'after') after
             from outcome o where o.flow = f.flow and reason is not null and (outcome, reason) in (
                select unnest(array[bo, ao]), unnest(array[br, ar]) from joined j where j.flow = f.flow and (bo, br) is distinct from (ao, ar)) group by 1, 2) r),
        'changed', (select count(distinct key) from changed c where c.flow = f.flow),
        'columns', (select coalesce(jsonb_object_agg(name, n), '{}') from
            (select name, count(*) n from changed c where c.flow = f.flow group by 1) c),
        'warnings', (select coalesce(jsonb_object_agg(code, jsonb_build_array(before, after, gained, lost)), '{}') from (
            select code, count(*) filter (where code = any(bw)) before, count(*) filter (where code = any(aw)) after,
                   count(*) filter (where not code = any(bw)) gained, count(*) filter (where not code = any(aw)) lost
            from joined j, lateral (select distinct unnest(bw || aw)) w(code) where j.flow = f.flow group by 1) w where gained + lost > 0)
    ) told from (select distinct flow from outcome) f) all_flows";

/// The rows that differ, but are not those of the files, or the other way round.
const ROWS: &str = "
    with judged as (
        select j.flow, j.key, bo, ao, br, ar, coalesce((select array_agg(name order by name) from changed c where (c.flow, c.key) = (j.flow, j.key)), '{}') changed
        from joined j where (bo, br) is distinct from (ao, ar) or bw <> aw or exists (select from changed c where (c.flow, c.key) = (j.flow, j.key))),
    written as (select flow, key, before_outcome, after_outcome, before_reason, after_reason, array(select unnest(changed) order by 1) from difference)
    select (select count(*) from (table judged except table written) d) || ' ' || (select count(*) from (table written except table judged) d) || ' '
        || (select count(*) - count(distinct (flow, key)) from difference) || ' '
        || (select count(*) from difference d join joined j using (flow, key)
            where (bo = 'migrated') <> (before is not null) or (ao = 'migrated') <> (after is not null)
               or before - 'id' is distinct from bc - 'id' and before is not null or after - 'id' is distinct from ac - 'id' and after is not null)";

/// The values of a column as texts.
fn texts(column: &ArrayRef) -> Vec<Option<String>> {
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(column.as_ref(), &options).unwrap();
    (0..column.len()).map(|row| column.is_valid(row).then(|| shown.value(row).to_string())).collect()
}

/// A key's text: of a composite one a list of its parts.
fn keys(column: &ArrayRef) -> Vec<String> {
    if let Some(parts) = column.as_struct_opt() {
        let parts: Vec<(bool, Vec<Option<String>>)> =
            parts.columns().iter().map(|part| (part.data_type().is_integer(), texts(part))).collect();
        let part = |(number, texts): &(bool, Vec<Option<String>>), row: usize| match (&texts[row], number) {
            (Some(text), true) => text.parse::<i64>().unwrap().into(),
            (text, _) => json!(text),
        };
        let key = |row| Value::Array(parts.iter().map(|own| part(own, row)).collect()).to_string();
        return (0..column.len()).map(key).collect();
    }
    texts(column).into_iter().map(Option::unwrap).collect()
}

/// The columns of a batch or struct that the target has, as one JSON object a row.
fn values(names: &[String], columns: &[ArrayRef], row: usize, shown: &[Vec<Option<String>>]) -> Value {
    let own = names.iter().zip(columns).zip(shown).filter(|((name, _), _)| !name.starts_with('_'));
    Value::Object(own.map(|((name, _), texts)| (name.clone(), json!(texts[row]))).collect())
}

fn list(column: Option<&ArrayRef>, row: usize) -> Vec<String> {
    let Some(lists) = column.and_then(|column| column.as_list_opt::<i32>()).filter(|lists| lists.is_valid(row)) else {
        return Vec::new();
    };
    texts(&lists.value(row)).into_iter().flatten().collect()
}

/// Puts the outcomes of one side before PostgreSQL.
async fn tell(database: &Database, side: &str, dir: &Path, run: &str) -> Vec<FlowOutcomes> {
    let store = OutcomeStore::open(&Location::folder(dir).unwrap(), run);
    let insert = "insert into outcome select $1, $2, key, $3, reason, (select array_agg(w) from jsonb_array_elements_text(warnings) w), columns
        from jsonb_to_recordset($4::text::jsonb) r(key text, reason text, warnings jsonb, columns jsonb)";
    let mut all = Vec::new();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(dir.join("runs").join(run)).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for name in
        folders.iter().filter(|folder| folder.is_dir()).map(|folder| folder.file_name().unwrap().to_str().unwrap())
    {
        let flow = store.flow(name).await.unwrap().unwrap();
        for file in &flow.files {
            let migrated = matches!(file.outcome, Outcome::Migrated | Outcome::Adopted);
            for batch in store.read(file).await.unwrap() {
                let key = keys(batch.column_by_name("_key").unwrap());
                let reasons = batch.column_by_name("_reason").map(texts);
                let names: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
                let shown: Vec<_> = if migrated { batch.columns().iter().map(texts).collect() } else { Vec::new() };
                let row = |row: usize| {
                    let columns = migrated.then(|| values(&names, batch.columns(), row, &shown));
                    let warnings = if migrated { list(batch.column_by_name("_warnings"), row) } else { Vec::new() };
                    json!({"key": key[row], "reason": reasons.as_ref().map(|all| all[row].clone()), "warnings": warnings, "columns": columns})
                };
                let rows = Value::Array((0..batch.num_rows()).map(row).collect()).to_string();
                database.session.execute(insert, &[&side, &name, &file.outcome.name(), &rows]).await.unwrap();
            }
        }
        all.push(flow);
    }
    all
}

/// Puts the files of rows that differ before PostgreSQL.
async fn tell_rows(database: &Database, difference: &Value) {
    let insert = "insert into difference select * from jsonb_populate_recordset(null::difference, $1::text::jsonb)";
    let Some(folder) = difference["rows"].as_str() else { return };
    for flow in difference["flows"].as_array().unwrap() {
        for file in flow["files"].as_array().unwrap() {
            let bytes = std::fs::read(Path::new(folder).join(file.as_str().unwrap())).unwrap();
            for batch in rehome::columnar::decode(bytes.into()).unwrap() {
                let text = |name: &str| texts(batch.column_by_name(name).unwrap());
                let names = ["flow", "key", "before_outcome", "after_outcome", "before_reason", "after_reason"]
                    .map(|name| (name, text(name)));
                let structs = ["before", "after"].map(|name| {
                    let values: Option<&StructArray> = batch.column_by_name(name).map(AsArray::as_struct);
                    let shown: Option<Vec<_>> = values.map(|values| values.columns().iter().map(texts).collect());
                    (name, values, shown)
                });
                let row = |row: usize| {
                    let mut object = serde_json::Map::new();
                    object.extend(names.iter().map(|(name, texts)| ((*name).to_owned(), json!(texts[row]))));
                    for name in ["before_warnings", "after_warnings", "changed"] {
                        object.insert(name.to_owned(), json!(list(batch.column_by_name(name), row)));
                    }
                    for (name, all, shown) in &structs {
                        let Some((all, shown)) = all.zip(shown.as_ref()).filter(|(all, _)| all.is_valid(row)) else {
                            continue;
                        };
                        let names: Vec<String> = all.column_names().iter().map(ToString::to_string).collect();
                        object.insert((*name).to_owned(), values(&names, all.columns(), row, shown));
                    }
                    Value::Object(object)
                };
                let rows = Value::Array((0..batch.num_rows()).map(row).collect()).to_string();
                database.session.execute(insert, &[&rows]).await.unwrap();
            }
        }
    }
}

fn fate(fate: &Value) -> String {
    match fate["outcome"].as_str() {
        None => "-".to_owned(),
        Some(outcome) => format!("{outcome}:{}", fate["reason"].as_str().unwrap_or_default()),
    }
}

/// What rehome tells, in the form of the judge.
fn told(difference: &Value) -> Value {
    let mut all = serde_json::Map::new();
    for flow in difference["flows"].as_array().unwrap() {
        let each = |name: &str, of: &dyn Fn(&Value) -> (String, Value)| {
            Value::Object(flow[name].as_array().unwrap().iter().map(of).collect())
        };
        let side = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let found = json!({
            "matrix": each("matrix", &|cell| (format!("{} {}", side(&cell["before"]), side(&cell["after"])), cell["rows"].clone())),
            "transitions": each("transitions", &|way| (format!("{} {}", fate(&way["before"]), fate(&way["after"])), way["rows"].clone())),
            "reasons": each("reasons", &|reason| (fate(reason), json!([reason["before"], reason["after"]]))),
            "changed": flow["changed_rows"],
            "columns": each("columns", &|column| (column["column"].as_str().unwrap().to_owned(), column["rows"].clone())),
            "warnings": each("warnings", &|found| (found["warning"].as_str().unwrap().to_owned(),
                json!([found["before"], found["after"], found["gained"], found["lost"]]))),
        });
        all.insert(flow["flow"].as_str().unwrap().to_owned(), found);
    }
    Value::Object(all)
}

/// PostgreSQL says the same of both sides, flow by flow and row by row.
async fn judged(difference: &Value, dir: &Path, before: &str, after: &str) {
    let database = Database::with(TABLES).await;
    let old = tell(&database, "before", dir, before).await;
    let new = tell(&database, "after", dir, after).await;
    tell_rows(&database, difference).await;
    database.run(JOINED).await;
    let judge: Value = serde_json::from_str(&database.text(JUDGE).await).unwrap();
    let told = told(difference);
    let names: BTreeSet<&String> = judge.as_object().unwrap().keys().chain(told.as_object().unwrap().keys()).collect();
    let untouched: Vec<&str> =
        difference["untouched"].as_array().unwrap().iter().map(|flow| flow.as_str().unwrap()).collect();
    for name in names {
        if !untouched.contains(&name.as_str()) {
            assert_eq!(told[name], judge[name], "{name}");
            continue;
        }
        // That nothing can differ there was known without a look at its rows: it is looked at here.
        assert!(told.get(name).is_none(), "{name}");
        for part in ["transitions", "reasons", "columns", "warnings"] {
            assert_eq!(judge[name][part], json!({}), "{name} {part}");
        }
        assert_eq!(judge[name]["changed"], 0, "{name}");
    }
    assert_eq!(database.text(ROWS).await, "0 0 0 0", "rows not written, too many, doubled, with other values");
    // Row sums are the counts of before, column sums those of after.
    for (all, side) in [(old, "before"), (new, "after")] {
        for flow in all.into_iter().filter(|flow| !untouched.contains(&flow.flow.as_str())) {
            let told =
                difference["flows"].as_array().unwrap().iter().find(|told| told["flow"] == flow.flow.as_str()).unwrap();
            let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
            for cell in told["matrix"].as_array().unwrap() {
                if let Some(outcome) = cell[side].as_str() {
                    *sums.entry(outcome).or_default() += cell["rows"].as_u64().unwrap();
                }
            }
            let counts: BTreeMap<&str, u64> = flow
                .counts
                .iter()
                .filter(|(_, rows)| **rows > 0)
                .map(|(outcome, rows)| (outcome.name(), *rows))
                .collect();
            assert_eq!(sums, counts, "{} {side}", flow.flow);
        }
    }
}

/// What rules make of a snapshot, by themselves; gives the folder of their outcomes.
fn alone(dir: &Path, pipeline: &str, snapshot: &str) -> String {
    let report = rehome(dir, &["what-if", "--pipeline", pipeline, "--snapshot", snapshot]);
    report["run"].as_str().unwrap().to_owned()
}

fn shipped(name: &str) -> String {
    repository(&format!("pipelines/{name}.toml")).display().to_string()
}

/// The rules of August against those of now at epoch A: comments on plans that are no roots become messages, and orders whose patient's
/// office has a doctor find one. Over all flows, PostgreSQL says the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn august_against_now_shows_which_comments_are_recovered_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let (home, source) = (dir.path(), dir.path().join("a").display().to_string());
    rehome(home, &["sample", "--scale", "0.01", "--epoch", "A", "--out", &source]);
    let (now, august) = (shipped("dispatch"), shipped("dispatch-2025-08"));
    let page = home.join("page.html");
    let asked = ["what-if", "--pipeline", &now, "--snapshot", &source, "--against", &august];
    let first = rehome(home, &[&asked[..], &["--report", &page.display().to_string()]].concat());
    let comments =
        first["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == "case_messages_comments").unwrap();
    let reason = |name: &str| {
        let found = comments["reasons"].as_array().unwrap().iter().find(|reason| reason["reason"] == name);
        found.unwrap_or_else(|| panic!("{name} in {comments:#}")).clone()
    };
    let revisions = reason("plan_is_revision");
    assert_eq!(revisions["after"], 0);
    let recovered =
        revisions["went"].as_array().unwrap().iter().find(|way| way["fate"]["outcome"] == "migrated").unwrap();
    let (before, recovered) = (revisions["before"].as_u64().unwrap(), recovered["rows"].as_u64().unwrap());
    assert!(before > 50 && recovered > before * 9 / 10, "{recovered} of {before}");
    // What is stored is taken over, and all is said again in the same bytes.
    let again = rehome(home, &[&asked[..], &["--report", &home.join("again.html").display().to_string()]].concat());
    assert_eq!(again, first);
    assert_eq!(std::fs::read(&page).unwrap(), std::fs::read(home.join("again.html")).unwrap());
    // Each side by itself, with all flows, is what PostgreSQL is given.
    let (old, new) = (alone(home, &august, &source), alone(home, &now, &source));
    judged(&first, home, &old, &new).await;
    tokio::task::spawn_blocking(move || {
        looks_right(&page, &first);
        drop(dir);
    })
    .await
    .unwrap();
}

/// The page fits, asks for nothing, and its figures are those of the JSON.
fn looks_right(page: &Path, difference: &Value) {
    let text = std::fs::read_to_string(page).unwrap();
    for word in ["http:", "https:", "<script", "src=", "@import"] {
        assert!(!text.contains(word), "{word}");
    }
    let mut browser = Browser::start();
    browser.open(page);
    for width in [390, 1440] {
        for scheme in ["light", "dark"] {
            browser.look(width, scheme, "screen");
            assert_eq!(browser.evaluate(include_str!("page/look.js")), json!([]), "{width} {scheme}");
        }
    }
    for method in ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"] {
        assert_eq!(browser.told(method).count(), 0, "{method}");
    }
    let found = browser.evaluate(
        "[...document.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e.dataset.value, e.textContent.trim()])",
    );
    let mut figures: BTreeMap<String, String> = BTreeMap::new();
    for figure in found.as_array().unwrap() {
        let [name, held, read] = [0, 1, 2].map(|at| figure[at].as_str().unwrap().to_owned());
        assert_eq!(read.replace(',', ""), held, "{name}");
        assert!(figures.insert(name.clone(), held).is_none(), "{name} is there twice");
    }
    let mut expected = 0;
    for flow in difference["flows"].as_array().unwrap().iter().filter(|flow| flow["differs"] == true) {
        let name = flow["flow"].as_str().unwrap();
        let mut is = |figure: String, value: &Value| {
            assert_eq!(figures.get(&figure), Some(&value.to_string()), "{figure}");
            expected += 1;
        };
        is(format!("flow.{name}.before_rows"), &flow["before_rows"]);
        is(format!("flow.{name}.changed_rows"), &flow["changed_rows"]);
        for cell in flow["matrix"].as_array().unwrap() {
            let side = |side: &str| cell[side].as_str().unwrap_or("no row").to_owned();
            is(format!("matrix.{name}.{}.{}", side("before"), side("after")), &cell["rows"]);
        }
        for reason in flow["reasons"].as_array().unwrap() {
            for side in ["before", "after"] {
                let code = format!("{}.{}", reason["outcome"].as_str().unwrap(), reason["reason"].as_str().unwrap());
                is(format!("reason.{name}.{code}.{side}"), &reason[side]);
            }
        }
        for column in flow["columns"].as_array().unwrap() {
            is(format!("column.{name}.{}", column["column"].as_str().unwrap()), &column["rows"]);
        }
        for warning in flow["warnings"].as_array().unwrap() {
            for what in ["before", "after", "gained", "lost"] {
                is(format!("warning.{name}.{}.{what}", warning["warning"].as_str().unwrap()), &warning[what]);
            }
        }
    }
    assert!(expected > 30, "{expected}");
}

/// Without the name of the folder of a comparison.
fn without_place(told: &str) -> String {
    regex::Regex::new("differences/[0-9a-f]{12}").unwrap().replace_all(told, "differences/ID").into_owned()
}

/// A folder for two pipelines and their snapshots.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn dir(&self) -> PathBuf {
        self.0.path().join("work")
    }

    /// Writes a pipeline of these flows under a name of this home.
    fn pipeline(&self, name: &str, flows: &[(&str, &str)]) -> String {
        self.pipeline_with(name, "", flows)
    }

    fn pipeline_with(&self, name: &str, settings: &str, flows: &[(&str, &str)]) -> String {
        let folder = self.0.path().join(name);
        std::fs::create_dir_all(folder.join("pipeline/flows")).unwrap();
        std::fs::write(
            folder.join("pipeline/pipeline.toml"),
            format!("name = \"small\"\nflows = \"flows\"\n{settings}\n"),
        )
        .unwrap();
        pipeline_of(&folder, flows).unwrap();
        folder.join("pipeline/pipeline.toml").display().to_string()
    }

    async fn snapshot(&self, name: &str, tables: &[(&str, RecordBatch)]) -> String {
        let folder = self.0.path().join(name);
        snapshot_of(&folder, tables).await;
        folder.join("snapshot").display().to_string()
    }

    /// The JSON, whatever the exit code.
    fn json(&self, args: &[&str]) -> Value {
        rehome(&self.dir(), args)
    }

    fn said(&self, args: &[&str]) -> String {
        let root = self.0.path().display().to_string();
        let told = without_place(&said_with(&self.dir(), args, &[(&root, "HOME")]));
        regex::Regex::new("snapshot [0-9a-f]{12}").unwrap().replace_all(&told, "snapshot ID").into_owned()
    }
}

const OLD_PEOPLE: &str = "/*--- source = \"people\"
entity = \"person\" ---*/
select id as _key, case when name is null then reject('no_name') when id = 7 then skip('test') else migrate() end as _outcome,
       warnings(boss is null, 'no_boss') as _warnings, name, legacy_uuid('person', boss) as boss_id, id % 3 as third
from source.people";
const NEW_PEOPLE: &str = "/*--- source = \"people\"
entity = \"person\" ---*/
select id as _key, case when id > 18 then reject('too_late') when id = 7 then elsewhere('labels') when id = 10 then reject('no_name') else migrate() end as _outcome,
       warnings(id in (1, 3), 'odd') as _warnings, coalesce(name, '?') as name, legacy_uuid('person', boss) as boss_id,
       case when id % 4 = 0 then 9 else id % 3 end as third, true as known
from source.people";
const NAMES: &str = "/*--- source = \"people\"
entity = \"name\"
target = \"names\" ---*/
select id as _key, migrate() as _outcome, name from source.people";
const GONE: &str = "/*--- source = \"people\" ---*/
select id as _key, case when id < 4 then skip('few') else migrate() end as _outcome, boss from source.people";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_is_told_flow_by_flow() {
    let home = Home::new();
    let old = home.pipeline("old", &[("people", OLD_PEOPLE), ("names", NAMES), ("gone", GONE)]);
    let new = home.pipeline("new", &[("people", NEW_PEOPLE), ("labels", NAMES), ("came", GONE)]);
    let source = home.snapshot("source", &[("people", people(20))]).await;
    let asked = ["what-if", "--pipeline", &new, "--snapshot", &source, "--against", &old];
    expect![[r#"
        before  small (HOME/old/pipeline/pipeline.toml), snapshot ID
        after   small (HOME/new/pipeline/pipeline.toml), snapshot ID

        came → came (only after)
         before ↓ after →  migrated  skipped  all
         (no row)                17        3   20
         all                     17        3
                  reason  before  after  rows went (→) and came (←)
         skipped  few          0      3  3 ← (no row)

        labels → names (before: names)
         before ↓ after →  migrated  all
         migrated                20   20
         all                     20

        people → people
         before ↓ after →  migrated  rejected  elsewhere  all
         migrated                14         1              15
         rejected                 2         2               4
         skipped                                       1    1
         all                     16         3          1
                    reason    before  after  rows went (→) and came (←)
         rejected   no_name        4      1  2 → migrated, 1 → rejected too_late
         rejected   too_late       0      2  1 ← migrated, 1 ← rejected no_name
         skipped    test           1      0  1 → elsewhere labels
         elsewhere  labels         0      1  1 ← skipped test
        columns only after: known
        4 rows migrated before and after with other values
         changed column  rows  for example
         third              4  4, 8, 12, 16
         warning  before  after  gained  lost
         no_boss       1      0       0     1
         odd           0      2       2     0

        gone → gone (only before)
         before ↓ after →  (no row)  all
         migrated                17   17
         skipped                  3    3
         all                     20
                  reason  before  after  rows went (→) and came (←)
         skipped  few          3      0  3 → (no row)

        45 rows differ in outcome or reason, or on one side only: 19 in the target only after, 18 only before. 4 rows are migrated with other values.
        rows      DIR/differences/ID
        --- exit 2
    "#]].assert_eq(&home.said(&[&asked[..], &["--exit-code"]].concat()));
    let found = home.json(&asked);
    assert_eq!(found["differs"], true);
    // The names of flows that are others are not those of the stores.
    let mut told = found.clone();
    told["flows"].as_array_mut().unwrap().retain(|flow| flow["was"].is_null());
    let (before, after) = (alone(&home.dir(), &old, &source), alone(&home.dir(), &new, &source));
    for (run, renamed) in [(&before, "names"), (&after, "labels")] {
        std::fs::remove_dir_all(home.dir().join("runs").join(run).join(renamed)).unwrap();
    }
    judged(&told, &home.dir(), &before, &after).await;
    // A row's values are in no output but the Parquet.
    let page = home.dir().join("page.html");
    let told = home.said(&[&asked[..], &["--report", &page.display().to_string()]].concat());
    for text in [told, found.to_string(), std::fs::read_to_string(page).unwrap()] {
        assert!(!text.contains("person "), "{text}");
    }
}

/// Rules against themselves: nothing differs, nothing is written, and the exit code says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_against_themselves_differ_in_nothing() {
    let home = Home::new();
    let pipeline = home.pipeline("old", &[("people", OLD_PEOPLE), ("names", NAMES)]);
    let same = home.pipeline("same", &[("people", &OLD_PEOPLE.replace("select id", "SELECT  id")), ("names", NAMES)]);
    let source = home.snapshot("source", &[("people", people(20))]).await;
    let said = |against: &str| {
        home.said(&["what-if", "--pipeline", &pipeline, "--snapshot", &source, "--against", against, "--exit-code"])
    };
    expect![[r#"
        before  small, snapshot ID
        after   small, snapshot ID

        2 flows were not run, since neither their rules nor what they read differ: names, people
        nothing differs
        --- exit 0
    "#]]
    .assert_eq(&said(&pipeline));
    assert_eq!(said(&same).lines().last(), Some("--- exit 0"));
    assert!(
        !home.dir().join("differences").exists()
            || std::fs::read_dir(home.dir().join("differences")).unwrap().next().is_none()
    );
    let found = home.json(&["what-if", "--pipeline", &pipeline, "--snapshot", &source, "--against", &same]);
    assert_eq!((&found["differs"], &found["rows"]), (&json!(false), &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_wrongly_is_told() {
    let home = Home::new();
    let pipeline = home.pipeline("old", &[("people", OLD_PEOPLE)]);
    let source = home.snapshot("source", &[("people", people(20))]).await;
    std::fs::create_dir_all(home.dir().join("full")).unwrap();
    std::fs::write(home.dir().join("full/mine.txt"), "kept").unwrap();
    let full = home.dir().join("full").display().to_string();
    let base = ["what-if", "--pipeline", &pipeline];
    let mut told = String::new();
    for more in [
        &["--snapshot", &source, "--exit-code"][..],
        &["--snapshot", &source, "--against", "nothing"],
        &["--against", &pipeline],
        &["--snapshot", &source, "--against", &pipeline, "--only", "persons"],
        &["--snapshot", &source, "--against", &pipeline, "--out", &full],
        &["--snapshot", &source, "--against", &pipeline, "--report", "difference.txt"],
    ] {
        told += &home.said(&[&base[..], more].concat());
    }
    expect![[r#"
        --- stderr
        error: --exit-code is about a comparison, and there is nothing to compare with
           hint: name a pipeline or a run with --against, or a snapshot with --against-snapshot
        --- exit 2
        --- stderr
        error: 'nothing' is neither a pipeline nor a finished run: there is no finished run 'nothing' in DIR
           hint: name a pipeline file, one of `pipelines`, the beginning of a run's id, or latest
        --- exit 2
        --- stderr
        error: there is no snapshot to apply the rules to
           hint: name one with --snapshot, such as latest; only with --against RUN there is one: the run's
        --- exit 2
        --- stderr
        error: there is no flow 'persons'
           pipeline: small
           hint: the flows are people
        --- exit 2
        --- stderr
        error: the folder for the rows that differ is not empty
          --> DIR/full
           hint: name a new folder with --out, or remove what is there
        --- exit 2
        --- stderr
        error: the name does not say in which form the report is to be written
          --> difference.txt
           hint: end it with .html, .md or .json
        --- exit 2
    "#]]
    .assert_eq(&told);
    assert_eq!(std::fs::read_to_string(home.dir().join("full/mine.txt")).unwrap(), "kept");
}

/// One pipeline over two states of a source: rows come, go and change; PostgreSQL joins them too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_pipeline_over_two_epochs() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["A", "B"].map(|epoch| {
        let place = dir.path().join(epoch).display().to_string();
        rehome(dir.path(), &["sample", "--scale", "0.01", "--epoch", epoch, "--out", &place]);
        place
    });
    let now = shipped("dispatch");
    let only = ["what-if", "--pipeline", &now, "--only", "case_messages_comments,scans"];
    let found = rehome(dir.path(), &[&only[..], &["--snapshot", &b, "--against-snapshot", &a]].concat());
    let run = |snapshot: &str| {
        let report = rehome(dir.path(), &[&only[..], &["--snapshot", snapshot]].concat());
        report["run"].as_str().unwrap().to_owned()
    };
    judged(&found, dir.path(), &run(&a), &run(&b)).await;
    let orders = found["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == "orders").unwrap();
    let came = orders["matrix"]
        .as_array()
        .unwrap()
        .iter()
        .find(|cell| cell["before"].is_null() && cell["after"] == "migrated");
    assert!(came.is_some_and(|cell| cell["rows"].as_u64() > Some(10)), "{orders:#}");
}

fn things(keys: &[(&str, ArrayRef)], notes: impl IntoIterator<Item = String>) -> RecordBatch {
    let notes: ArrayRef = Arc::new(StringArray::from_iter_values(notes));
    let columns = keys.iter().map(|(name, key)| (*name, key.clone(), false)).chain([("note", notes, true)]);
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn numbers() -> impl Iterator<Item = i32> {
    1..=2500
}

/// Keys of 1 to 2,500 in the order in which their type puts them.
fn keys_of(kind: &str) -> (ArrayRef, Vec<i32>) {
    let mut order: Vec<i32> = numbers().collect();
    if kind == "text" {
        order.sort_by_key(ToString::to_string);
    }
    let key: ArrayRef = match kind {
        "integer" => Arc::new(Int32Array::from(order.clone())),
        "bigint" => Arc::new(Int64Array::from_iter_values(order.iter().map(|key| i64::from(*key)))),
        "numeric" => {
            let digits = order.iter().map(|key| i128::from(*key) * 100);
            Arc::new(Decimal128Array::from_iter_values(digits).with_precision_and_scale(12, 2).unwrap())
        }
        _ => Arc::new(order.iter().map(|key| Some(key.to_string())).collect::<StringArray>()),
    };
    (key, order)
}

/// Rows belong together whatever the types of their keys: those of one side in another order, or written in another way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_every_pair_of_types_find_each_other() {
    let flow = "/*--- source = \"thing\" ---*/
select id as _key, case when note like '%7' then reject('seven') else migrate() end as _outcome, note from source.thing";
    let home = Home::new();
    let pipeline = home.pipeline("things", &[("things", flow)]);
    let mut snapshots = BTreeMap::new();
    for kind in ["integer", "bigint", "numeric", "text"] {
        for (when, moved) in [("before", 0), ("after", 1)] {
            let (key, order) = keys_of(kind);
            let notes = order.iter().map(|key| format!("note {}", if key % 100 == 16 { key + moved } else { *key }));
            let rows = things(&[("id", key)], notes.collect::<Vec<_>>());
            let rows = if moved == 0 { rows.slice(0, 2400) } else { rows };
            let place = home.snapshot(&format!("{kind}-{when}"), &[("thing", rows)]).await;
            snapshots.insert((kind, when), (place, order));
        }
    }
    for before in ["integer", "bigint", "numeric", "text"] {
        for after in ["integer", "bigint", "numeric", "text"] {
            let ((old, held), (new, has)) = (&snapshots[&(before, "before")], &snapshots[&(after, "after")]);
            let asked = ["what-if", "--pipeline", &pipeline, "--snapshot", new, "--against-snapshot", old];
            let found = told(&home.json(&asked));
            // By hand: those with 16 before the last two digits' end become 17, and so are rejected.
            let (held, has): (BTreeSet<i32>, BTreeSet<i32>) =
                (held[..2400].iter().copied().collect(), has.iter().copied().collect());
            let mut matrix: BTreeMap<String, u64> = BTreeMap::new();
            for key in held.union(&has) {
                let outcome = |held: bool, note: i32| match held {
                    false => "-",
                    true if note % 10 == 7 => "rejected",
                    true => "migrated",
                };
                let is = if key % 100 == 16 { key + 1 } else { *key };
                let cell = format!("{} {}", outcome(held.contains(key), *key), outcome(has.contains(key), is));
                *matrix.entry(cell).or_default() += 1;
            }
            assert_eq!(found["things"]["matrix"], json!(matrix), "{before} → {after}");
            assert_eq!(found["things"]["changed"], 0, "{before} → {after}");
        }
    }
}

/// Keys of two columns, of which one is in another type; rows that become several; PostgreSQL joins them by what they print.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn composite_keys_and_ordinals_find_each_other() {
    let flow = |least: i32| {
        format!("/*--- source = \"thing\"
key = [\"area\", \"no\"] ---*/
select named_struct('area', area, 'no', no) as _key, case when no < {least} then skip('small') else migrate() end as _outcome, note
from source.thing")
    };
    let several = |most: i32| {
        format!("/*--- source = \"people\"
expand = true
entity = \"part\" ---*/
select p.id as _key, n.n as _ordinal, case when n.n = 1 and p.id % 5 = 0 then reject('first') else migrate() end as _outcome, p.name
from source.people p cross join (select 1 as n union all select 2 union all select 3) n
where n.n <= {most} or (n.n = 3 and p.id % 2 = 0)")
    };
    let home = Home::new();
    let old = home.pipeline("old", &[("things", &flow(3)), ("parts", &several(2))]);
    let new = home.pipeline("new", &[("things", &flow(5)), ("parts", &several(1))]);
    let rows = |as_text: bool| {
        let pairs: Vec<(String, i32)> =
            ["a", "B c", "ä"].iter().flat_map(|area| (1..=12).map(move |no| ((*area).to_owned(), no))).collect();
        let mut pairs = pairs;
        pairs.sort_by_key(|(area, no)| (area.clone(), if as_text { no.to_string() } else { format!("{no:05}") }));
        let areas: ArrayRef = Arc::new(StringArray::from_iter_values(pairs.iter().map(|(area, _)| area)));
        let nos: ArrayRef = match as_text {
            true => Arc::new(StringArray::from_iter_values(pairs.iter().map(|(_, no)| no.to_string()))),
            false => Arc::new(Int32Array::from_iter_values(pairs.iter().map(|(_, no)| *no))),
        };
        things(&[("area", areas), ("no", nos)], pairs.iter().map(|(area, no)| format!("{area} {no}")))
    };
    let number = home.snapshot("number", &[("thing", rows(false)), ("people", people(20))]).await;
    let text = home.snapshot("text", &[("thing", rows(true)), ("people", people(20))]).await;
    let found = home.json(&["what-if", "--pipeline", &new, "--snapshot", &number, "--against", &old]);
    judged(&found, &home.dir(), &alone(&home.dir(), &old, &number), &alone(&home.dir(), &new, &number)).await;
    // The same rules with a cast, over the snapshot in which a part of the key is text.
    let cast = flow(5).replace("when no <", "when cast(no as integer) <");
    let casted = home.pipeline("cast", &[("things", &cast), ("parts", &several(1))]);
    let other = home.json(&[
        "what-if",
        "--pipeline",
        &casted,
        "--snapshot",
        &text,
        "--against",
        &old,
        "--against-snapshot",
        &number,
    ]);
    assert_eq!(told(&other), told(&found));
}

/// Ids that the target makes stay those of the same row, and the rows of other ids are told apart; so are rows without any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_that_the_target_makes_do_not_drown_what_differs() {
    let visits = |least: i32| {
        format!(
            "/*--- source = \"people\"
id = \"server\"
entity = \"visit\" ---*/
select id as _key, case when id < {least} then reject('early') else migrate() end as _outcome, name from source.people"
        )
    };
    let notes = "/*--- source = \"people\"
entity = \"note\" ---*/
select p.id as _key, case when v._key is null then reject('no_visit', 'visits', p.id) else migrate() end as _outcome, v.id as visit, p.name
from source.people p left join migrated.visits v on v._key = p.id";
    let tags = |least: i32| {
        format!(
            "/*--- source = \"people\"
id = \"none\"
identity = \"slug\" ---*/
select id as _key, migrate() as _outcome, 't' || cast(id as text) as slug, id < {least} as early from source.people"
        )
    };
    let home = Home::new();
    let old = home.pipeline("old", &[("visits", &visits(3)), ("notes", notes), ("tags", &tags(3))]);
    let new = home.pipeline("new", &[("visits", &visits(1)), ("notes", notes), ("tags", &tags(5))]);
    let source = home.snapshot("source", &[("people", people(20))]).await;
    let asked = ["what-if", "--pipeline", &new, "--snapshot", &source, "--against", &old];
    expect![[r#"
        before  small (HOME/old/pipeline/pipeline.toml), snapshot ID
        after   small (HOME/new/pipeline/pipeline.toml), snapshot ID

        tags → tags
         before ↓ after →  migrated  all
         migrated                20   20
         all                     20
        2 rows migrated before and after with other values
         changed column  rows  for example
         early              2  3, 4

        visits → visits
         before ↓ after →  migrated  all
         migrated                18   18
         rejected                 2    2
         all                     20
                   reason  before  after  rows went (→) and came (←)
         rejected  early        2      0  2 → migrated

        notes → notes
         before ↓ after →  migrated  all
         migrated                18   18
         rejected                 2    2
         all                     20
                   reason    before  after  rows went (→) and came (←)
         rejected  no_visit       2      0  2 → migrated

        4 rows differ in outcome or reason, or on one side only: 4 in the target only after, 0 only before. 2 rows are migrated with other values.
        rows      DIR/differences/ID
        --- exit 0
    "#]].assert_eq(&home.said(&asked));
}

/// Another namespace makes all ids others. That is told once; what else differs is found as if it were the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_namespace_is_told_once() {
    let home = Home::new();
    let old = home.pipeline("old", &[("people", OLD_PEOPLE)]);
    let setting = "namespace = \"98ca70b6-9e35-497a-afc1-173f97c46038\"";
    let same = home.pipeline_with("same", setting, &[("people", OLD_PEOPLE)]);
    let new = home.pipeline_with("new", setting, &[("people", &OLD_PEOPLE.replace("id = 7", "id = 8"))]);
    let source = home.snapshot("source", &[("people", people(20))]).await;
    let asked = |pipeline: &str| {
        home.said(&["what-if", "--pipeline", pipeline, "--snapshot", &source, "--against", &old, "--exit-code"])
    };
    expect![[r#"
        before  small (HOME/old/pipeline/pipeline.toml), snapshot ID
        after   small (HOME/same/pipeline/pipeline.toml), snapshot ID
        all ids differ: the namespaces are others. Compared as if both had that of before

        1 flow was not run, since neither its rules nor what it reads differ: people
        --- exit 2
    "#]]
    .assert_eq(&asked(&same));
    expect![[r#"
        before  small (HOME/old/pipeline/pipeline.toml), snapshot ID
        after   small (HOME/new/pipeline/pipeline.toml), snapshot ID
        all ids differ: the namespaces are others. Compared as if both had that of before

        people → people
         before ↓ after →  migrated  rejected  skipped  all
         migrated                14                  1   15
         rejected                           4             4
         skipped                  1                       1
         all                     15         4        1
                  reason  before  after  rows went (→) and came (←)
         skipped  test         1      1  1 → migrated, 1 ← migrated

        2 rows differ in outcome or reason, or on one side only: 1 in the target only after, 1 only before. 0 rows are migrated with other values.
        rows      DIR/differences/ID
        --- exit 2
    "#]].assert_eq(&asked(&new));
}

/// A finished run against rules that have changed since: what it was told by its target, ids and refusals, is no difference.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_compared_with_the_rules_of_now() {
    let database = Database::with("
        create schema legacy; create schema fresh;
        create table legacy.people (id integer primary key, name text, boss integer);
        insert into legacy.people select i, case when i % 5 > 0 then 'person ' || i end, nullif(i / 2, 0) from generate_series(1, 20) i;
        create table fresh.people (id uuid primary key, name text check (name <> 'person 9'), boss_id uuid, third integer);
        create table fresh.visits (id bigint generated by default as identity (start with 500) primary key, name text, at timestamptz);").await;
    let visits = |from: i32| {
        format!("/*--- source = \"people\"
id = \"server\"
entity = \"visit\" ---*/
select id as _key, case when id < {from} then skip('early') else migrate() end as _outcome, name, timestamp '2025-01-01 10:00' as at
from source.people")
    };
    let settings = "time_zone = \"Europe/Berlin\"";
    let home = crate::support::Home::new();
    let done = home
        .migrate(&database, database.address(), settings, &[("people", OLD_PEOPLE), ("visits", &visits(4))])
        .await
        .unwrap();
    let work = home.folder.path().join("workspace");
    let file = home.folder.path().join("pipeline/pipeline.toml").display().to_string();
    let asked = ["what-if", "--pipeline", &file, "--against", &done.report.run[..8], "--exit-code"];
    let root = home.folder.path().display().to_string();
    let said = |args: &[&str]| {
        let told = without_place(&said_with(&work, args, &[(&root, "HOME")]));
        regex::Regex::new("snapshot [0-9a-f]{12}")
            .unwrap()
            .replace_all(&told, "snapshot ID")
            .replace(&done.report.run[..8], "RUN")
    };
    expect![[r#"
        before  run UUID of fresh, snapshot ID
        after   fresh, snapshot ID
        not counted as rejected: 1 row that the target refused in that run. Its rules had migrated them

        2 flows are the same: people, visits
        nothing differs
        --- exit 0
    "#]]
    .assert_eq(&said(&asked));
    crate::support::legacy_to_fresh(
        home.folder.path(),
        settings,
        &[("people", NEW_PEOPLE_OF_RUN), ("visits", &visits(2))],
    )
    .unwrap();
    expect![[r#"
        before  run UUID of fresh, snapshot ID
        after   fresh, snapshot ID
        not counted as rejected: 1 row that the target refused in that run. Its rules had migrated them

        people → people
         before ↓ after →  migrated  skipped  all
         migrated                15            15
         rejected                 4             4
         skipped                           1    1
         all                     19        1
                   reason   before  after  rows went (→) and came (←)
         rejected  no_name       4      0  4 → migrated

        visits → visits
         before ↓ after →  migrated  skipped  all
         migrated                17            17
         skipped                  2        1    3
         all                     19        1
                  reason  before  after  rows went (→) and came (←)
         skipped  early        3      1  2 → migrated

        6 rows differ in outcome or reason, or on one side only: 6 in the target only after, 0 only before. 0 rows are migrated with other values.
        rows      DIR/differences/ID
        --- exit 2
    "#]].assert_eq(&said(&asked));
}

const NEW_PEOPLE_OF_RUN: &str = "/*--- source = \"people\"
entity = \"person\" ---*/
select id as _key, case when id = 7 then skip('test') else migrate() end as _outcome,
       warnings(boss is null, 'no_boss') as _warnings, coalesce(name, '?') as name, legacy_uuid('person', boss) as boss_id, id % 3 as third
from source.people";

/// A parameter that only one flow mentions makes only that one, and those that read it, run again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flows_that_nothing_touches_run_once() {
    let people = "/*--- source = \"people\"
entity = \"person\" ---*/
select id as _key, case when name is null and not $lenient then reject('no_name') else migrate() end as _outcome, name from source.people";
    let bosses = "/*--- source = \"people\"
entity = \"boss\" ---*/
select s.id as _key, case when p._key is null then reject('no_person', 'people', s.id) else migrate() end as _outcome, s.boss
from source.people s left join migrated.people p on p._key = s.id";
    // The same on both sides, and read by what differs.
    let kinds = "/*--- source = \"people\"
entity = \"kind\" ---*/
select id as _key, migrate() as _outcome, name from source.people";
    let bosses = &bosses
        .replace("s.boss\n", "k.name as kind, s.boss\n")
        .replace("p._key = s.id", "p._key = s.id left join migrated.kinds k on k._key = s.id");
    let flows = [("people", people), ("bosses", bosses.as_str()), ("kinds", kinds), ("names", NAMES)];
    let home = Home::new();
    let old = home.pipeline_with("old", "[params]\nlenient = false", &flows);
    let new = home.pipeline_with("new", "[params]\nlenient = true", &flows);
    let source = home.snapshot("source", &[("people", crate::support::people(20))]).await;
    let found = home.json(&["what-if", "--pipeline", &new, "--snapshot", &source, "--against", &old]);
    let differ: BTreeSet<&str> = found["flows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|flow| flow["differs"] == true)
        .map(|flow| flow["flow"].as_str().unwrap())
        .collect();
    assert_eq!(differ, BTreeSet::from(["people", "bosses"]));
    let runs: Vec<PathBuf> =
        std::fs::read_dir(home.dir().join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let ran = |flow: &str| runs.iter().filter(|run| run.join(flow).join("outcome.json").exists()).count();
    assert_eq!([ran("people"), ran("bosses"), ran("kinds"), ran("names")], [2, 2, 1, 0]);
    assert_eq!(found["untouched"], json!(["names"]));
    let (before, after) = (alone(&home.dir(), &old, &source), alone(&home.dir(), &new, &source));
    judged(&found, &home.dir(), &before, &after).await;
}

/// Rows that could not be read stand behind all others in what is stored, and find each other all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_could_not_be_read_find_each_other() {
    let home = Home::new();
    std::fs::create_dir_all(home.dir()).unwrap();
    let flow = "/*--- source = \"person\" ---*/
select id as _key, case when name like '%9' then reject('nine') else migrate() end as _outcome, name from source.person";
    let pipeline = home.pipeline("pipeline", &[("person", flow)]);
    let server = Database::fresh().await;
    server
        .run("create database bytes_against template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'")
        .await;
    let (address, _) = server.url.rsplit_once('/').unwrap();
    let address = format!("{address}/bytes_against");
    let session = rehome::server::Address::parse(&address).unwrap().connect("rehome tests").await.unwrap();
    let run = async |sql: &str| session.batch_execute(sql).await.unwrap();
    run("create table person (id integer primary key, name text); insert into person select i, 'person ' || i from generate_series(1, 50) i;
         update person set name = E'\\xff' where id in (5, 6, 40)").await;
    let take = |name: &str| {
        let place = home.dir().join(name).display().to_string();
        rehome(&home.dir(), &["snapshot", "--source", &address, "--out", &place]);
        place
    };
    let old = take("old");
    run("update person set name = E'\\xff' where id in (9, 20, 30); update person set name = 'mended' where id = 5")
        .await;
    let new = take("new");
    let found = home.json(&["what-if", "--pipeline", &pipeline, "--snapshot", &new, "--against-snapshot", &old]);
    assert_eq!(
        told(&found)["person"]["transitions"],
        json!({
            "migrated: rejected:unreadable": 2, "rejected:nine rejected:unreadable": 1, "rejected:unreadable migrated:": 1
        })
    );
    assert_eq!(
        told(&found)["person"]["matrix"],
        json!({"migrated migrated": 40, "migrated rejected": 2, "rejected migrated": 1, "rejected rejected": 7})
    );
}
