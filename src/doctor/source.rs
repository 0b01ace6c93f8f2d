//! Owns what matters of a source: may all of it be read, by what are its rows known, and what holds it.
//! Must not know: how rows are read.

use std::collections::BTreeSet;

use super::findings::{Findings, counted, size, some_of};
use super::known;
use super::look::{Look, Tables, lists};
use crate::error::{Kind, Result};
use crate::graph::Graph;
use crate::pipeline::Pipeline;

const TABLES: &str = include_str!("../../sql/control/extract/tables.sql");
const SIZES: &str = include_str!("../../sql/control/doctor/sizes.sql");
const TEXTS: &str = include_str!("../../sql/control/doctor/texts.sql");
const LOCKS: &str = include_str!("../../sql/control/doctor/locks.sql");
const DOUBTFUL: &str = include_str!("../../sql/control/doctor/doubtful.sql");
/// The mode that keeps readers out.
const KEEPS_READERS_OUT: [&str; 1] = ["AccessExclusiveLock"];

/// A table of the source, and whether this role can read it.
struct Listed {
    schema: String,
    name: String,
    kind: String,
    lacking: Vec<String>,
    filtered: Option<String>,
}

pub(super) async fn examine(look: &Look, pipeline: Option<&Pipeline>, graph: Option<&Graph>, found: &mut Findings) {
    let listed = list(look).await;
    let Some(listed) = found.seen("tables", listed) else { return };
    let chosen = match (pipeline, graph) {
        (Some(pipeline), Some(graph)) => named(&listed, pipeline, graph, found),
        _ => listed.iter().filter(|table| matches!(table.kind.as_str(), "r" | "p")).collect(),
    };
    if chosen.is_empty() {
        found.fail(
            Kind::Config,
            "tables",
            "there is no table to read",
            vec!["check the database's name in --source, and the schemas of the pipeline".to_owned()],
        );
        return;
    }
    readable(look, &chosen, pipeline.is_some(), found);
    let tables: Tables = chosen.iter().map(|table| (table.schema.clone(), table.name.clone())).collect();
    let sizes = sizes(look, &tables).await;
    if let Some(sizes) = found.seen("tables", sizes) {
        shapes(&sizes, found);
    }
    let texts = texts(look, &tables).await;
    if let Some(texts) = found.seen("types", texts)
        && !texts.is_empty()
    {
        let told =
            format!("{} travel as text, exactly as printed: {}", counted(texts.len(), "column"), some_of(&texts));
        found.note("types", told, Vec::new());
    }
    locks(look, &tables, &KEEPS_READERS_OUT, found).await;
    let doubtful = doubtful(look, &tables).await;
    if let Some(doubtful) = found.seen("constraints", doubtful) {
        let names = |sort: &str| -> Vec<String> {
            doubtful.iter().filter(|(of, ..)| of == sort).map(|(_, name, _)| name.clone()).collect()
        };
        let (indexes, constraints) = (names("index"), names("constraint"));
        if !indexes.is_empty() {
            found.note(
                "indexes",
                format!("not valid, so that they hold nobody to anything: {}", some_of(&indexes)),
                Vec::new(),
            );
        }
        if !constraints.is_empty() {
            let told = format!("never validated, so that rows may break them: {}", some_of(&constraints));
            found.note("constraints", told, Vec::new());
        }
    }
    known::django(look, &tables, found).await;
}

async fn list(look: &Look) -> Result<Vec<Listed>> {
    let rows = look.ask(TABLES, &[]).await?;
    let listed = |row: &tokio_postgres::Row| {
        Ok(Listed {
            schema: row.try_get("schema")?,
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            lacking: row.try_get::<_, Option<_>>("lacking")?.unwrap_or_default(),
            filtered: row.try_get("filtered")?,
        })
    };
    rows.iter().map(listed).collect()
}

/// The tables that the pipeline reads, as far as they are there.
fn named<'a>(listed: &'a [Listed], pipeline: &Pipeline, graph: &Graph, found: &mut Findings) -> Vec<&'a Listed> {
    let mut chosen: Vec<&Listed> = Vec::new();
    let mut told = BTreeSet::new();
    let within: Vec<&Listed> = listed.iter().filter(|table| pipeline.schemas.contains(&table.schema)).collect();
    for name in graph.source_tables() {
        match name.among(within.iter().copied(), &pipeline.schemas, |table| (&table.schema, &table.name)) {
            Ok(table) if chosen.iter().any(|known| std::ptr::eq(*known, table)) => {}
            Ok(table) => chosen.push(table),
            // A table that is missing is told once, however many read it.
            Err(error) if told.insert(name.name.shown()) => {
                let flow = name.flow.map(|flow| format!(" (the flow {flow} reads it)")).unwrap_or_default();
                let fix = error.hint_text().map(str::to_owned).into_iter().collect();
                found.fail(error.kind(), "tables", format!("{}{flow}", error.message()), fix);
            }
            Err(_) => {}
        }
    }
    chosen
}

fn readable(look: &Look, tables: &[&Listed], all_needed: bool, found: &mut Findings) {
    let role = &look.server.role;
    let names = |which: fn(&Listed) -> bool| -> Vec<String> {
        tables.iter().filter(|table| which(table)).map(|table| format!("{}.{}", table.schema, table.name)).collect()
    };
    let closed = names(|table| !table.lacking.is_empty());
    let hidden = names(|table| table.lacking.is_empty() && table.filtered.is_some());
    let mut grants: Vec<String> = tables.iter().flat_map(|table| table.lacking.clone()).collect();
    grants.sort_unstable_by_key(|statement| (!statement.contains(" on schema "), statement.clone()));
    grants.dedup();
    if !closed.is_empty() {
        let told = format!("{role} may not read {}", some_of(&closed));
        if all_needed || closed.len() == tables.len() {
            found.fail(Kind::Privilege, "privileges", told, grants);
        } else {
            found.warn("privileges", format!("{told}; a pipeline may not need all of it"), grants);
        }
    }
    if !hidden.is_empty() {
        let fix = tables.iter().find_map(|table| table.filtered.clone()).into_iter().collect();
        let told = format!("row-level security would hide rows of {} from {role}", some_of(&hidden));
        found.fail(Kind::Privilege, "row security", told, fix);
    }
    if closed.is_empty() && hidden.is_empty() {
        found.ok("privileges", format!("{role} may read all rows of {}", counted(tables.len(), "table")));
    }
    let away = names(|table| table.kind == "f");
    if !away.is_empty() {
        found.warn(
            "foreign tables",
            format!("read from other servers, at a moment of their own: {}", some_of(&away)),
            Vec::new(),
        );
    }
}

/// What is to be read of a table. Sizes are in bytes.
struct Size {
    name: String,
    kind: String,
    whole: i64,
    rows: i64,
    has_key: bool,
    has_children: bool,
}

async fn sizes(look: &Look, tables: &Tables) -> Result<Vec<Size>> {
    let (schemas, names) = lists(tables);
    let rows = look.ask(SIZES, &[&schemas, &names]).await?;
    let size = |row: &tokio_postgres::Row| {
        let (schema, name): (String, String) = (row.try_get("schema")?, row.try_get("name")?);
        Ok(Size {
            name: format!("{schema}.{name}"),
            kind: row.try_get("kind")?,
            whole: row.try_get("whole")?,
            rows: row.try_get("rows")?,
            has_key: row.try_get("has_key")?,
            has_children: row.try_get("has_children")?,
        })
    };
    rows.iter().map(size).collect()
}

fn shapes(sizes: &[Size], found: &mut Findings) {
    const LARGE: i64 = 1 << 30;
    let whole: i64 = sizes.iter().map(|table| table.whole).sum();
    let largest = sizes.first().filter(|table| table.whole >= LARGE);
    let largest = largest
        .map(|table| format!("; the largest is {} ({}, some {} rows)", table.name, size(table.whole), table.rows))
        .unwrap_or_default();
    found.ok("tables", format!("{}, {} with their indexes{largest}", counted(sizes.len(), "table"), size(whole)));
    let names = |which: fn(&Size) -> bool| -> Vec<String> {
        sizes.iter().filter(|table| which(table)).map(|table| table.name.clone()).collect()
    };
    let keyless = names(|table| !table.has_key && matches!(table.kind.as_str(), "r" | "p"));
    if !keyless.is_empty() {
        let told = format!(
            "without a primary key: {}; a flow needs columns that tell their rows apart, or names ctid as the key, by which \
             no row is known again in a later snapshot",
            some_of(&keyless)
        );
        found.note("keys", told, Vec::new());
    }
    let partitioned = names(|table| table.kind == "p");
    if !partitioned.is_empty() {
        found.note("partitions", format!("read through their roots: {}", some_of(&partitioned)), Vec::new());
    }
    let parents = names(|table| table.has_children);
    if !parents.is_empty() {
        let told = format!("inherited from: {}; each table of the tree is read by itself", some_of(&parents));
        found.note("inheritance", told, Vec::new());
    }
}

async fn texts(look: &Look, tables: &Tables) -> Result<Vec<String>> {
    let (schemas, names) = lists(tables);
    let rows = look.ask(TEXTS, &[&schemas, &names]).await?;
    let shown = |row: &tokio_postgres::Row| {
        let (name, ty): (String, String) = (row.try_get("name")?, row.try_get("type")?);
        Ok(format!("{name} ({ty})"))
    };
    rows.iter().map(shown).collect()
}

/// Who holds tables in modes that keep us out.
pub(super) async fn locks(look: &Look, tables: &Tables, modes: &[&str], found: &mut Findings) {
    let (schemas, names) = lists(tables);
    let asked = look.ask(LOCKS, &[&schemas, &names, &modes]).await;
    let Some(rows) = found.seen("locks", asked) else { return };
    let held = rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("holder")?)));
    let held: Result<Vec<(String, String)>> = held.collect();
    let Some(held) = found.seen("locks", held) else { return };
    if held.is_empty() {
        return found.ok("locks", "nobody holds a table for itself");
    }
    for (name, holder) in held {
        let told = format!("{holder} holds {name}: a run would give up after a while");
        found.fail(
            Kind::Retryable,
            "locks",
            told,
            vec!["wait until it is done, or end it with pg_terminate_backend".to_owned()],
        );
    }
}

/// Indexes and constraints that are not held to: sort, name, and the statement that mends it.
pub(super) async fn doubtful(look: &Look, tables: &Tables) -> Result<Vec<(String, String, String)>> {
    let (schemas, names) = lists(tables);
    let rows = look.ask(DOUBTFUL, &[&schemas, &names]).await?;
    rows.iter().map(|row| Ok((row.try_get("sort")?, row.try_get("name")?, row.try_get("statement")?))).collect()
}
