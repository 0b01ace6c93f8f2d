//! Owns the proof that lineage is true: one column of a source is changed, all flows run again, and whatever has changed in
//! what they give must be said to come of that column.

// As expect_test writes them.
#![allow(clippy::needless_raw_string_hashes)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use expect_test::expect;
use rehome::columnar::decode;
use rehome::command::check::{Asked, ColumnLineage, check};
use rehome::outcome::Outcome;
use rehome::pipeline::Pipeline;
use rehome::snapshot::{Origin, Snapshot, TableHeader, Writer};
use rehome::storage::Location;

use crate::support::{Home, pipeline, pipeline_of, sample, transform};

/// The tables of a source, in memory.
type Tables = Vec<(TableHeader, RecordBatch)>;
/// Of each flow: each key with its fate, and the columns of those that are migrated.
type Made = BTreeMap<String, BTreeMap<String, (String, BTreeMap<String, String>)>>;

async fn stored(tables: &Tables, folder: &Path) -> Snapshot {
    let writer = Writer::create(Location::folder(folder).unwrap()).await.unwrap();
    let mut entries = Vec::new();
    for (header, rows) in tables {
        let file = writer.put_part(header, 0, rows.schema(), std::slice::from_ref(rows)).await.unwrap();
        entries.push(header.table(&rows.schema(), vec![file]));
    }
    writer.publish(Origin { kind: "test".into(), ..Origin::default() }, entries).await.unwrap()
}

/// What all flows make of a source; None where they refuse it.
async fn made(pipeline: &Pipeline, tables: &Tables) -> Option<Made> {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = stored(tables, &folder.path().join("snapshot")).await;
    let (store, _, outcomes) = transform(pipeline, &snapshot, folder.path(), "run", 2).await.ok()?;
    let mut made = Made::new();
    for flow in outcomes {
        let rows = made.entry(flow.flow.clone()).or_default();
        for file in &flow.files {
            for batch in store.read(file).await.unwrap() {
                let text = |name: &str, row: usize| {
                    batch.column_by_name(name).map(|column| array_value_to_string(column, row).unwrap())
                };
                for row in 0..batch.num_rows() {
                    let fate = format!("{} {}", file.outcome, text("_reason", row).unwrap_or_default());
                    let columns = if file.outcome == Outcome::Migrated {
                        let names = batch.schema();
                        let names = names.fields().iter().filter(|field| !field.name().starts_with('_'));
                        names.map(|field| (field.name().clone(), text(field.name(), row).unwrap())).collect()
                    } else {
                        BTreeMap::new()
                    };
                    rows.insert(text("_key", row).unwrap(), (fate, columns));
                }
            }
        }
    }
    Some(made)
}

/// The columns of flows in which two results differ, of rows that both sources have.
fn differing(before: &Made, after: &Made, of: impl Fn(&str) -> bool) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (flow, rows) in before.iter().filter(|(flow, _)| of(flow)) {
        for (key, (fate, columns)) in rows {
            let Some((other, changed)) = after.get(flow).and_then(|rows| rows.get(key)) else { continue };
            if fate == other {
                let differing = columns.iter().filter(|(name, value)| changed.get(*name) != Some(value));
                found.extend(differing.map(|(name, _)| (flow.clone(), name.clone())));
            } else {
                found.insert((flow.clone(), "_outcome".to_owned()));
            }
        }
    }
    found
}

/// A column changed in several ways: its values one row further, one of them gone, one of them another one.
fn changed(column: &ArrayRef) -> Vec<ArrayRef> {
    let rows = column.len();
    let order =
        |at: &dyn Fn(usize) -> Option<u32>| take(column, &(0..rows).map(at).collect::<UInt32Array>(), None).unwrap();
    let this = |row: usize| u32::try_from(row).unwrap();
    let mut ways =
        vec![order(&|row| Some(this((row + 1) % rows))), order(&|row| (row != rows / 2).then_some(this(row)))];
    ways.extend(fresh(column));
    ways
}

/// With a value in the middle that nobody has.
fn fresh(column: &ArrayRef) -> Option<ArrayRef> {
    let middle = column.len() / 2;
    Some(match column.data_type() {
        DataType::Int32 => {
            let old = column.as_any().downcast_ref::<Int32Array>()?;
            Arc::new(
                old.iter()
                    .enumerate()
                    .map(|(at, v)| if at == middle { Some(77_777) } else { v })
                    .collect::<Int32Array>(),
            )
        }
        DataType::Int64 => {
            let old = column.as_any().downcast_ref::<Int64Array>()?;
            Arc::new(
                old.iter()
                    .enumerate()
                    .map(|(at, v)| if at == middle { Some(77_777) } else { v })
                    .collect::<Int64Array>(),
            )
        }
        DataType::Utf8 => {
            let old = column.as_any().downcast_ref::<StringArray>()?;
            Arc::new(
                old.iter()
                    .enumerate()
                    .map(|(at, v)| if at == middle { Some("new") } else { v })
                    .collect::<StringArray>(),
            )
        }
        _ => return None,
    })
}

fn with(tables: &Tables, table: usize, column: usize, values: ArrayRef) -> Option<Tables> {
    let mut tables = tables.clone();
    let (header, rows) = &mut tables[table];
    header.sorted_by.clear();
    let mut columns = rows.columns().to_vec();
    columns[column] = values;
    // NULLs may not go where the table has none.
    *rows = RecordBatch::try_new(rows.schema(), columns).ok()?;
    Some(tables)
}

async fn lineage(pipeline: &Pipeline, tables: &Tables) -> Vec<ColumnLineage> {
    let home = Home::new();
    let snapshot = stored(tables, &home.folder.path().join("snapshot")).await;
    let asked = Asked { snapshot: Some(snapshot), ..Asked::default() };
    let checked = check(pipeline, &asked, &home.setting()).await.unwrap();
    assert!(
        checked.findings.iter().all(|finding| format!("{:?}", finding.severity) != "Error"),
        "{:#?}",
        checked.findings
    );
    checked.lineage.unwrap()
}

/// Changes columns, and asks of each change that is seen whether lineage says so. Gives how many were seen.
async fn observed(pipeline: &Pipeline, tables: &Tables, only: &[(&str, &str)], ways: usize) -> usize {
    let said = lineage(pipeline, tables).await;
    let before = made(pipeline, tables).await.expect("the flows run");
    let mut seen: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut untold = BTreeSet::new();
    for (table, (header, rows)) in tables.iter().enumerate() {
        for (column, field) in rows.schema().fields().iter().enumerate() {
            if !only.is_empty() && !only.contains(&(header.name.as_str(), field.name().as_str())) {
                continue;
            }
            for values in changed(rows.column(column)).into_iter().take(ways) {
                let Some(source) = with(tables, table, column, values) else { continue };
                let Some(after) = made(pipeline, &source).await else { continue };
                // Another key is another row.
                let of = |flow: &str| {
                    let flow = pipeline.flows.iter().find(|known| known.name == flow).unwrap();
                    !(flow.sources == [header.name.clone()] && flow.key.contains(field.name()))
                };
                let name = format!("{}.{}.{}", header.schema, header.name, field.name());
                for (flow, target) in differing(&before, &after, of) {
                    let told = said.iter().any(|known| {
                        known.flow == flow
                            && known.column == target
                            && known.from.iter().any(|from| format!("{}.{}", from.table, from.column) == name)
                    });
                    if !told {
                        untold.insert(format!("{name} changes {flow}.{target}"));
                    }
                    seen.insert((name.clone(), flow, target));
                }
            }
        }
    }
    assert!(untold.is_empty(), "not in the lineage: {untold:#?}");
    seen.len()
}

fn numbers(values: impl IntoIterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int32Array>())
}

fn words(values: impl IntoIterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn table(name: &str, columns: Vec<(&str, ArrayRef, bool)>) -> (TableHeader, RecordBatch) {
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let key = vec![rows.schema().field(0).name().clone()];
    (TableHeader { schema: "public".into(), name: name.into(), key, sorted_by: Vec::new() }, rows)
}

/// Teams, persons with a boss each, and what they log.
fn company() -> Tables {
    let persons = 24;
    let logs = 60;
    vec![
        table(
            "log",
            vec![
                ("id", numbers((1..=logs).map(Some)), false),
                ("person_id", numbers((1..=logs).map(|id| Some(id * 7 % 20 + 1))), true),
                ("moment", numbers((1..=logs).map(|id| Some(id * 13 % 61))), true),
                ("text", words((1..=logs).map(|id| Some(format!("entry {id}")))), true),
                ("level", numbers((1..=logs).map(|id| Some(id % 5))), true),
            ],
        ),
        table(
            "person",
            vec![
                ("id", numbers((1..=persons).map(Some)), false),
                ("name", words((1..=persons).map(|id| (id % 7 != 0).then(|| format!("person {id}")))), true),
                ("boss", numbers((1..=persons).map(|id| (id > 3).then_some(id / 2))), true),
                ("team_id", numbers((1..=persons).map(|id| Some(id % 5 + 1))), true),
                (
                    "kind",
                    words((1..=persons).map(|id| Some(["a", "b", "c"][usize::try_from(id).unwrap() % 3].into()))),
                    true,
                ),
                ("score", numbers((1..=persons).map(|id| Some(id * 5 % 11))), true),
                ("unused", numbers((1..=persons).map(Some)), true),
            ],
        ),
        table(
            "team",
            vec![
                ("id", numbers((1..=6).map(Some)), false),
                ("name", words((1..=6).map(|id| (id != 4).then(|| format!("team {id}")))), true),
                ("city", words((1..=6).map(|id| Some(format!("city {}", id % 2)))), true),
            ],
        ),
    ]
}

const TEAM: &str = "/*---\nsource = \"team\"\n---*/
select t.id as _key, case when t.name is null then reject('no_name') else migrate() end as _outcome,
    upper(t.name) as title, t.city
from source.team t";

const PERSON: &str = "/*---\nsource = \"person\"\n---*/
with recursive chain as (
    select p.id, p.id as top, p.boss as next, 0 as steps from source.person p
    union all
    select c.id, q.id, q.boss, c.steps + 1 from chain c join source.person q on q.id = c.next where c.steps < 8
),
tops as (select c.id, min(c.top) as top from chain c group by c.id),
latest as (
    select * from (
        select l.person_id, l.text, row_number() over (partition by l.person_id order by l.moment desc, l.id) as place
        from source.log l
    ) x where x.place = 1
),
counts as (
    select l.person_id, count(*) as n, max(l.level) as worst, sum(l.level) filter (where l.moment > 30) as late
    from source.log l group by l.person_id having count(*) > 1
),
role as (
    select p.id, 'leader' as role from source.person p where p.score > 5
    union all
    select p.id, coalesce(p.kind, 'none') from source.person p where p.score <= 5 or p.score is null
),
loud as (select q.id from source.person q where exists (select 1 from source.log l where l.person_id = q.id and l.level > 3)),
quiet as (select q.id from source.person q where not exists (select 1 from source.log l where l.person_id = q.id)),
kinds as (select distinct q.kind, q.team_id from source.person q),
by_team as (select k.team_id, count(*) as kinds from kinds k group by k.team_id)
select p.id as _key,
    case when p.name is null then reject('no_name')
         when t._key is null then reject('no_team', 'team', p.team_id)
         else migrate() end as _outcome,
    warnings(p.score > 8, 'high') as _warnings,
    p.name,
    t.title as team,
    legacy_uuid('team', p.team_id) as team_id,
    latest.text as last_text,
    counts.n as logs, counts.worst, counts.late,
    tops.top as top,
    role.role,
    case p.kind when 'a' then 'first' when 'b' then 'second' else 'other' end as kind,
    (select max(l.level) from source.log l where l.person_id = p.id) as level,
    case when loud.id is not null then 'loud' when quiet.id is not null then 'quiet' else 'so so' end as mood,
    rank() over (partition by p.team_id order by p.score desc, p.id) as place,
    sum(p.score) over (partition by p.team_id) as team_score,
    by_team.kinds,
    json_merge(row_json(p._row), json_object('city', t.city)) as metadata
from source.person p
left join migrated.team t on t._key = p.team_id
left join latest on latest.person_id = p.id
left join counts on counts.person_id = p.id
left join tops on tops.id = p.id
left join role on role.id = p.id
left join loud on loud.id = p.id
left join quiet on quiet.id = p.id
left join by_team on by_team.team_id = p.team_id";

/// One row of `log` for each person that is migrated with it, read from both flows.
const ENTRY: &str = "/*---\nsource = \"log\"\n---*/
select l.id as _key,
    case when p._key is null then reject('no_person', 'person', l.person_id) when l.level = 0 then skip('trivial')
         else migrate() end as _outcome,
    l.text as body, p.team as team, p.metadata as about, b.name as boss
from source.log l
left join migrated.person p on p._key = l.person_id
left join source.person o on o.id = l.person_id
left join migrated.person b on b._key = o.boss";

#[tokio::test]
async fn whatever_changes_a_column_is_in_its_lineage() {
    let folder = tempfile::tempdir().unwrap();
    let flows = [("entry", ENTRY), ("person", PERSON), ("team", TEAM)];
    let pipeline = pipeline_of(folder.path(), &flows).unwrap();
    let seen = observed(&pipeline, &company(), &[], 3).await;
    assert!(seen > 60, "{seen} influences were seen");
}

/// Queries of a rarer sort, each a column of its own.
const RARE: &str = "/*---\nsource = \"person\"\nentity = \"rare\"\n---*/
with recursive under as (
    select p.id as top, p.id from source.person p where p.boss is null
    union all
    select u.top, q.id from under u join source.person q on q.boss = u.id where q.kind <> 'c'
),
below as (select u.top, count(*) as n from under u group by u.top),
reached as (select u.id, min(u.top) as top from under u group by u.id),
newest as (select distinct on (l.person_id) l.person_id, l.text from source.log l order by l.person_id, l.moment desc, l.id),
busiest as (select l.person_id, l.text from source.log l where l.person_id is not null order by l.level desc, l.moment, l.id limit 7),
named as (select b.person_id, min(b.text) as text from busiest b group by b.person_id),
rolled as (
    select q.team_id, q.kind, sum(q.score) as score from source.person q group by grouping sets ((q.team_id, q.kind), (q.team_id))
),
of_team as (select r.team_id, min(r.score) as least, count(*) as sets from rolled r group by r.team_id),
split as (select q.id, unnest(string_to_array(q.name, ' ')) as word from source.person q),
words as (select s.id, max(s.word) as word from split s group by s.id),
everybody as (
    select coalesce(q.id, l.person_id) as id, max(l.text) as text, max(q.name) as name
    from source.person q full join source.log l on l.person_id = q.id and l.level > 2 group by coalesce(q.id, l.person_id)
),
turned as (select q.id, count(l.id) as n, max(l.level) as level from source.log l right join source.person q on q.id = l.person_id group by q.id),
once as (select q.team_id, q.kind from source.person q union select t.id, t.city from source.team t),
pairs as (select o.team_id, count(*) as n from once o group by o.team_id),
left_out as (select q.id from source.person q except select l.person_id from source.log l where l.level = 1),
first_city as (select q.id from source.person q where q.team_id in (select t.id from source.team t where t.city = 'city 1')),
both_in as (select q.id from source.person q intersect select l.person_id from source.log l where l.moment > 50)
select p.id as _key, migrate() as _outcome,
    below.n as below, reached.top as reached, newest.text as newest, named.text as busiest,
    of_team.least, of_team.sets, words.word, everybody.text as anybody, everybody.name as who, turned.n as turned, turned.level,
    pairs.n as pairs, left_out.id is null as present, both_in.id is not null as in_both,
    first_city.id is not null as is_first_city,
    last_value(p.score) over (partition by p.kind order by p.id rows between 1 preceding and 1 following) as next_score,
    ntile(3) over (order by p.score, p.id) as third
from source.person p
left join below on below.top = p.id
left join first_city on first_city.id = p.id
left join reached on reached.id = p.id
left join newest on newest.person_id = p.id
left join named on named.person_id = p.id
left join of_team on of_team.team_id = p.team_id
left join words on words.id = p.id
left join everybody on everybody.id = p.id
left join turned on turned.id = p.id
left join pairs on pairs.team_id = p.team_id
left join left_out on left_out.id = p.id
left join both_in on both_in.id = p.id";

#[tokio::test]
async fn rare_queries_have_their_lineage() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline_of(folder.path(), &[("rare", RARE)]).unwrap();
    let seen = observed(&pipeline, &company(), &[], 3).await;
    assert!(seen >= 30, "{seen} influences were seen");
}

/// And lineage does not say everything of everything.
#[tokio::test]
async fn lineage_is_as_narrow_as_the_plan_allows() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline_of(folder.path(), &[("entry", ENTRY), ("person", PERSON), ("team", TEAM)]).unwrap();
    let lines = lineage(&pipeline, &company()).await.into_iter().map(|column| {
        let of = |wanted: fn(&rehome::command::check::From) -> bool| {
            let names = column.from.iter().filter(|from| wanted(from));
            names
                .map(|from| format!("{}.{}", from.table.trim_start_matches("public."), from.column))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let (made, whole) = (of(|from| from.value), of(|from| from.whole_row && !from.value));
        let whole = if whole.is_empty() { whole } else { format!(" whole[{whole}]") };
        format!(
            "{}.{}: {made}{whole} | {}\n",
            column.flow,
            column.column,
            of(|from| from.decides && !from.value && !from.whole_row)
        )
    });
    expect![[r#"
        team._outcome:  | team.name
        team.id: team.id | 
        team.title: team.name | 
        team.city: team.city | 
        person._outcome: person.team_id | log.id log.level log.moment log.person_id person.boss person.id person.kind person.name person.score team.id team.name
        person.id: person.id | 
        person.name: person.name | 
        person.team: team.name | person.team_id team.id
        person.team_id: person.team_id | 
        person.last_text: log.text | log.id log.moment log.person_id person.id
        person.logs:  | log.person_id person.id
        person.worst: log.level | log.person_id person.id
        person.late: log.level | log.moment log.person_id person.id
        person.top: person.id | person.boss
        person.role: person.kind | person.id person.score
        person.kind:  | person.kind
        person.level: log.level | log.person_id person.id
        person.mood:  | log.level log.person_id person.id
        person.place:  | log.id log.level log.moment log.person_id person.boss person.id person.kind person.score person.team_id team.id team.name
        person.team_score: person.score | log.id log.level log.moment log.person_id person.boss person.id person.kind person.team_id team.id team.name
        person.kinds:  | person.kind person.team_id
        person.metadata: team.city whole[person.boss person.id person.kind person.name person.score person.team_id person.unused] | team.id team.name
        entry._outcome: log.person_id | log.id log.level log.moment person.boss person.id person.kind person.name person.score person.team_id team.id team.name
        entry.id: log.id | 
        entry.body: log.text | 
        entry.team: team.name | log.id log.level log.moment log.person_id person.boss person.id person.kind person.name person.score person.team_id team.id
        entry.about: team.city whole[person.boss person.id person.kind person.name person.score person.team_id person.unused] | log.id log.level log.moment log.person_id team.id team.name
        entry.boss: person.name | log.id log.level log.moment log.person_id person.boss person.id person.kind person.score person.team_id team.id team.name
    "#]].assert_eq(&lines.collect::<String>());
}

async fn read(snapshot: &Snapshot) -> Tables {
    let mut tables = Tables::new();
    for table in &snapshot.manifest().tables {
        let schema = snapshot.arrow_schema(table).await.unwrap();
        let mut batches = Vec::new();
        for file in &table.files {
            batches.extend(decode(snapshot.location().get(&file.path).await.unwrap().unwrap()).unwrap());
        }
        let header = TableHeader {
            schema: table.schema.clone(),
            name: table.name.clone(),
            key: table.key.clone(),
            sorted_by: table.sorted_by.clone(),
        };
        let rows = concat_batches(&batches.first().map_or(schema, RecordBatch::schema), &batches).unwrap();
        tables.push((header, rows));
    }
    tables
}

/// Over the reference pipeline: comments, and all that they stand on.
#[tokio::test]
async fn whatever_changes_a_comment_is_in_its_lineage() {
    let folder = tempfile::tempdir().unwrap();
    let mut pipeline = pipeline("dispatch");
    let graph = rehome::graph::Graph::new(&pipeline).unwrap();
    let mut wanted = BTreeSet::from(["case_messages_comments".to_owned(), "workflows".to_owned()]);
    while let Some(more) =
        wanted.iter().flat_map(|flow| &graph.needs[flow]).find(|need| !wanted.contains(*need)).cloned()
    {
        wanted.insert(more);
    }
    pipeline.flows.retain(|flow| wanted.contains(&flow.name));
    (pipeline.checks, pipeline.reports) = (Vec::new(), Vec::new());
    // Of some of its flows, coverage says nothing.
    pipeline.coverage = None;
    let tables = read(&sample(&pipeline, folder.path(), 0.001, "a").await).await;
    let only = [
        ("dispatch_comment", "text"),
        ("dispatch_comment", "plan_id"),
        ("dispatch_plan", "parent_id"),
        ("dispatch_instruction", "patient_id"),
        ("dispatch_patient", "is_deleted"),
        ("auth_user", "email"),
        ("dispatch_instance", "created_at"),
    ];
    let seen = observed(&pipeline, &tables, &only, 1).await;
    assert!(seen > 20, "{seen} influences were seen");
}
