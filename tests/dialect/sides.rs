//! Owns the two sides that are compared: a real PostgreSQL with the table of edges, and the engine over its snapshot.
//! Must not know: which expressions there are.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use futures::StreamExt;
use rehome::cancel::Cancel;
use rehome::diagnosis::Text;
use rehome::engine::{Engine, Kind};
use rehome::extract;
use rehome::graph::Graph;
use rehome::pipeline::Pipeline;
use rehome::storage::Location;
use rehome::transform::Transform;

use crate::cluster::Database;
use crate::support::{engine, pipeline_of, repository, silent};

const FLOW: &str = "/*---\nsource = \"edges\"\n---*/\nselect e.id as _key, migrate() as _outcome from source.edges e";
/// How many of the rows that PostgreSQL refuses are tried in the engine.
const TRIED: usize = 2;

/// How many queries find the rows that an expression does not fail on.
const PATIENCE: usize = 80;
/// The same, of an expression that was put together.
const HASTE: usize = 3;

/// PostgreSQL's judgement: its type, and for each row whether it has a value, and which.
pub struct Judged {
    pub kind: String,
    pub rows: Vec<(i32, bool, Option<String>)>,
}

/// What the engine says.
pub enum Found {
    /// It is refused when it is planned.
    Refused(String),
    /// It fails on rows on which PostgreSQL does not; of others it has values.
    Fails(String, BTreeMap<i32, Option<String>>),
    /// The values of the rows that are valid, and the type.
    Values(Vec<Option<String>>, String),
    /// It has a value for a row that PostgreSQL refuses.
    Accepts(i32),
}

pub struct Sides {
    database: Database,
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Sides {
    pub async fn new() -> Self {
        let read = |name: &str| std::fs::read_to_string(repository(&format!("tests/dialect/{name}"))).unwrap();
        let settings = "set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres';";
        let database = Database::with(&format!("{settings} {}", read("edges.sql"))).await;
        database.run(&format!("{settings} {}", read("judge.sql"))).await;
        let folder = tempfile::tempdir().unwrap();
        let place = Location::folder(&folder.path().join("edges")).unwrap();
        let options = extract::Options { schemas: vec!["public".to_owned()], ..extract::Options::default() };
        let snapshot = extract::run(&database.address(), &options, place, silent(), Cancel::new()).await.unwrap();
        let pipeline: Pipeline = pipeline_of(folder.path(), &[("edges", FLOW)]).unwrap();
        let engine = engine(&pipeline, folder.path(), 1);
        let graph = Graph::new(&pipeline).unwrap();
        Transform::new(&pipeline, &graph, &snapshot, &engine, silent(), Cancel::new()).await.unwrap();
        Self { database, engine, _folder: folder }
    }

    /// Asks PostgreSQL.
    pub async fn judge(&self, expression: &str) -> Judged {
        let kind: Option<String> =
            self.database.session.query_one("select typed($1)", &[&expression]).await.unwrap().get(0);
        let rows = self.database.session.query("select * from judged($1) order by id", &[&expression]).await.unwrap();
        let rows = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        Judged { kind: kind.unwrap_or_default(), rows }
    }

    /// Does the engine give it a value?
    pub async fn accepts(&self, expression: &str) -> bool {
        self.plans(expression).await
            && self.run(&format!("select cast(({expression}) as text) as x from source.edges")).await.is_ok()
    }

    /// Runs a whole query in both, each row as texts; None where a side refuses it.
    pub async fn whole(&self, query: &str) -> (Option<Vec<String>>, Result<Vec<String>, String>) {
        let sql = of_source(query);
        let text = Text { file: "x", sql: &sql };
        let width = match self.engine.plan_unplaced(text, &[]).await {
            Ok(frame) => frame.schema().fields().len(),
            Err(error) => return (None, Err(format!("{error}"))),
        };
        let names: Vec<String> = (0..width).map(|at| format!("c{at}")).collect();
        let casts: Vec<String> = names.iter().map(|name| format!("cast({name} as text)")).collect();
        let judged = format!("select array[{}] from ({query}) as q ({})", casts.join(", "), names.join(", "));
        let judged = self.database.session.query(&judged, &[]).await.ok().map(|rows| {
            let mut rows: Vec<String> =
                rows.iter().map(|row| format!("{:?}", row.get::<_, Vec<Option<String>>>(0))).collect();
            rows.sort();
            rows
        });
        let found = self.rows(&format!("select {} from ({sql}) as q ({})", aliased(&casts), names.join(", "))).await;
        (judged, found)
    }

    async fn rows(&self, sql: &str) -> Result<Vec<String>, String> {
        let text = Text { file: "x", sql };
        let frame = self.engine.plan_unplaced(text, &[]).await.map_err(|error| format!("{error}"))?;
        let mut stream = self.engine.stream(frame, text, None).await.map_err(|error| format!("{error}"))?;
        let mut rows = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| format!("{error}"))?;
            for row in 0..batch.num_rows() {
                let one = |column: &arrow::array::ArrayRef| {
                    let texts = column.as_string::<i32>();
                    texts.is_valid(row).then(|| texts.value(row).to_owned())
                };
                rows.push(format!("{:?}", batch.columns().iter().map(one).collect::<Vec<_>>()));
            }
        }
        rows.sort();
        Ok(rows)
    }

    /// Does the engine plan it?
    pub async fn plans(&self, expression: &str) -> bool {
        let sql = format!("select ({expression}) as x from source.edges");
        self.engine.plan_unplaced(Text { file: "x", sql: &of_source(&sql) }, &[]).await.is_ok()
    }

    async fn run(&self, sql: &str) -> Result<Vec<Option<String>>, String> {
        let sql = of_source(sql);
        let text = Text { file: "x", sql: &sql };
        let frame = self.engine.plan_unplaced(text, &[]).await.map_err(|error| format!("{error}"))?;
        let plan = match std::env::var("REHOME_EXPLAIN") {
            Ok(_) => {
                let plan = frame.clone().create_physical_plan().await.map_err(|error| format!("{error}"))?;
                format!("\n{}", datafusion::physical_plan::displayable(plan.as_ref()).indent(false))
            }
            Err(_) => String::new(),
        };
        let mut stream = self.engine.stream(frame, text, None).await.map_err(|error| format!("{error}"))?;
        let mut values = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| format!("{error}{plan}"))?;
            let column = batch.column(batch.num_columns() - 1);
            let column = column.as_string_opt::<i32>().ok_or("the text is no text")?;
            values.extend((0..column.len()).map(|row| column.is_valid(row).then(|| column.value(row).to_owned())));
        }
        Ok(values)
    }

    /// The engine's type of an expression, or why it is refused.
    async fn kind(&self, expression: &str) -> Result<String, String> {
        let plain = of_source(&format!("select ({expression}) as x from source.edges"));
        match self.engine.plan_unplaced(Text { file: "x", sql: &plain }, &[]).await {
            Ok(frame) => Ok(Kind::of(frame.schema().field(0)).to_string()),
            Err(error) => Err(format!("{error}")),
        }
    }

    /// Asks the engine.
    pub async fn find(&self, expression: &str, judged: &Judged) -> Found {
        let kind = match self.kind(expression).await {
            Ok(kind) => kind,
            Err(error) => return Found::Refused(error),
        };
        let invalid: Vec<i32> = judged.rows.iter().filter(|(_, valid, _)| !valid).map(|(id, _, _)| *id).collect();
        let refused: Vec<String> = invalid.iter().map(ToString::to_string).collect();
        let condition =
            if refused.is_empty() { String::new() } else { format!("where id not in ({})", refused.join(", ")) };
        let shown = format!("select id, cast(({expression}) as text) as x from source.edges {condition} order by id");
        let values = if invalid.len() == judged.rows.len() { Ok(Vec::new()) } else { self.run(&shown).await };
        let values = match values {
            Ok(values) => values,
            Err(error) => {
                let valid: Vec<i32> = judged.rows.iter().filter(|(_, valid, _)| *valid).map(|(id, _, _)| *id).collect();
                return Found::Fails(error, self.spared(expression, &valid, PATIENCE).await);
            }
        };
        for id in invalid.iter().step_by((invalid.len() / TRIED).max(1)).take(TRIED) {
            let one = format!("select id, cast(({expression}) as text) as x from source.edges where id = {id}");
            if let Ok(found) = self.run(&one).await
                && !found.is_empty()
            {
                return Found::Accepts(*id);
            }
        }
        Found::Values(values, kind)
    }

    /// The values of those rows on which an expression does not fail, found by halving with so many queries at most.
    async fn spared(&self, expression: &str, ids: &[i32], queries: usize) -> BTreeMap<i32, Option<String>> {
        let mut values = BTreeMap::new();
        let mut parts = std::collections::VecDeque::from([ids]);
        for _ in 0..queries {
            let Some(part) = parts.pop_front() else { break };
            let listed = part.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let sql = format!(
                "select id, cast(({expression}) as text) as x from source.edges where id in ({listed}) order by id"
            );
            match self.run(&sql).await {
                Ok(found) => values.extend(part.iter().copied().zip(found)),
                Err(_) if part.len() == ids.len() && !self.plans(expression).await => break,
                Err(_) if part.len() > 1 => {
                    let (left, right) = part.split_at(part.len() / 2);
                    parts.extend([left, right]);
                }
                Err(_) => {}
            }
        }
        values
    }

    /// The edges' columns: name, type, and values as text by row.
    pub async fn edges(&self) -> BTreeMap<String, (String, Vec<Option<String>>)> {
        let names = "select attname::text, format_type(atttypid, atttypmod) from pg_attribute
                     where attrelid = 'edges'::regclass and attnum > 1";
        let mut out = BTreeMap::new();
        for row in self.database.session.query(names, &[]).await.unwrap() {
            let (name, kind): (String, String) = (row.get(0), row.get(1));
            let values = format!("select {name}::text from edges order by id");
            let values = self.database.session.query(&values, &[]).await.unwrap();
            out.insert(name, (kind, values.iter().map(|row| row.get(0)).collect()));
        }
        out
    }

    /// PostgreSQL's type of an expression.
    pub async fn typed(&self, expression: &str) -> String {
        let kind: Option<String> =
            self.database.session.query_one("select typed($1)", &[&expression]).await.unwrap().get(0);
        kind.unwrap_or_default()
    }

    /// Asks both about some of the rows, those whose number leaves `rest` by ten: what differs.
    pub async fn differs(&self, expression: &str, rest: i32) -> Option<String> {
        let rows = "select * from judged($1, $2) order by id";
        let rows = self.database.session.query(rows, &[&expression, &rest]).await.unwrap();
        let judged: Vec<(i32, bool, Option<String>)> =
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let valid: Vec<i32> = judged.iter().filter(|(_, valid, _)| *valid).map(|(id, _, _)| *id).collect();
        if valid.is_empty() {
            return None;
        }
        let found = self.spared(expression, &valid, HASTE).await;
        let wanted = judged.into_iter().filter(|(_, valid, _)| *valid);
        wanted
            .filter_map(|(id, _, wanted)| found.get(&id).map(|found| (id, wanted, found)))
            .find(|(_, wanted, found)| wanted != *found)
            .map(|(id, wanted, found)| format!("{expression}\n  row {id}: {found:?}, PostgreSQL says {wanted:?}"))
    }

    /// An expression without a table, in both: None where it has an error.
    pub async fn alone(&self, expression: &str) -> (Option<Option<String>>, Result<Option<String>, String>) {
        let judged = self.database.session.query_one("select * from alone($1)", &[&expression]).await.unwrap();
        let judged = judged.get::<_, bool>(0).then(|| judged.get::<_, Option<String>>(1));
        let found = self.run(&format!("select cast(({expression}) as text) as x")).await;
        (judged, found.map(|values| values.into_iter().next().flatten()))
    }
}

fn aliased(casts: &[String]) -> String {
    casts.iter().enumerate().map(|(at, cast)| format!("{cast} as x{at}")).collect::<Vec<_>>().join(", ")
}

/// The table as flows name it.
fn of_source(sql: &str) -> String {
    sql.replace(" from edges", " from source.edges")
        .replace(" join edges", " join source.edges")
        .replace(", edges", ", source.edges")
}

/// Types that are one family: numbers, floats, texts.
pub fn family_of(kind: &str) -> String {
    if let Some(item) = kind.strip_suffix("[]") {
        return format!("{}[]", family_of(item));
    }
    match kind {
        "smallint" | "integer" | "bigint" | "numeric" | "oid" => "number",
        "real" | "double precision" => "float",
        "text" | "varchar" | "character varying" | "char(n)" | "character" | "bpchar" | "\"char\"" | "name"
        | "unknown" | "NULL" | "cstring" => "text",
        "timestamptz" | "timestamp with time zone" => "timestamptz",
        "timestamp" | "timestamp without time zone" => "timestamp",
        "time" | "time without time zone" => "time",
        other => other.strip_prefix("public.").unwrap_or(other),
    }
    .to_owned()
}
