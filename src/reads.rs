//! Owns what a query of a pipeline reads: the tables it names, and those behind the views it shares with others.
//! Must not know: how queries are planned or run.

use std::collections::BTreeSet;

use datafusion::common::TableReference;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::dialect::GenericDialect;

use crate::diagnosis::{Text, closest, planning};
use crate::error::{At, Error, Result};
use crate::header::{SqlFile, shown};
use crate::pipeline::{Pipeline, SharedHeader};

/// The schema under which the views of `shared` are known.
const SHARED: &str = "shared";

/// The tables that a query reads, as (schema, table); a name without a schema has an empty one.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column when the text is no single query.
pub fn tables_of(text: Text<'_>) -> Result<BTreeSet<(String, String)>> {
    let dialect = GenericDialect {};
    let mut statements = DFParserBuilder::new(text.sql)
        .with_dialect(&dialect)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| planning(&error, text, &[], None))?;
    let (Some(statement), true) = (statements.pop_front(), statements.is_empty()) else {
        return Err(text.at_start(Error::config("the file must hold exactly one query")));
    };
    if !matches!(&statement, Statement::Statement(inner) if is_query(inner)) {
        return Err(text.at_start(Error::config("only a query (SELECT or WITH … SELECT) is allowed")));
    }
    let (tables, _) = resolve_table_references(&statement, true).map_err(|error| planning(&error, text, &[], None))?;
    Ok(tables.into_iter().map(parts).collect())
}

fn is_query(statement: &datafusion::sql::sqlparser::ast::Statement) -> bool {
    matches!(statement, datafusion::sql::sqlparser::ast::Statement::Query(_))
}

fn parts(table: TableReference) -> (String, String) {
    (table.schema().unwrap_or_default().to_owned(), table.table().to_owned())
}

/// What a query reads, with the shared views in its way taken apart.
#[derive(Debug, Default)]
pub struct Reads<'a> {
    /// Tables as (schema, table): its own and those of the views, but not the views themselves.
    pub tables: BTreeSet<(String, String)>,
    /// The views, each after those it reads.
    pub shared: Vec<&'a SqlFile<SharedHeader>>,
}

/// Finds what a query of the pipeline reads.
///
/// # Errors
/// [`crate::error::Kind::Config`]: SQL that does not parse, a shared view that is unknown, views in a circle.
pub fn reads<'a>(pipeline: &'a Pipeline, text: Text<'_>) -> Result<Reads<'a>> {
    let mut reads = Reads::default();
    follow(pipeline, text, &mut Vec::new(), &mut reads)?;
    Ok(reads)
}

fn follow<'a>(pipeline: &'a Pipeline, text: Text<'_>, path: &mut Vec<&'a str>, reads: &mut Reads<'a>) -> Result<()> {
    for (schema, table) in tables_of(text)? {
        if schema != SHARED {
            reads.tables.insert((schema, table));
            continue;
        }
        let view =
            pipeline.shared.iter().find(|view| view.stem == table).ok_or_else(|| unknown(pipeline, text, &table))?;
        if path.contains(&view.stem.as_str()) {
            path.push(&view.stem);
            return Err(Error::config(format!("shared views read each other in a circle: {}", path.join(" → ")))
                .at(At::File, shown(&view.path)));
        }
        path.push(&view.stem);
        follow(pipeline, view.text(&shown(&view.path)), path, reads)?;
        path.pop();
        if !reads.shared.iter().any(|known| known.stem == view.stem) {
            reads.shared.push(view);
        }
    }
    Ok(())
}

fn unknown(pipeline: &Pipeline, text: Text<'_>, table: &str) -> Error {
    let names: Vec<String> = pipeline.shared.iter().map(|view| view.stem.clone()).collect();
    let error = text.at_name(Error::config(format!("there is no shared view '{table}'")), &format!("{SHARED}.{table}"));
    match closest(table, &names) {
        Some(name) => error.hint(format!("did you mean '{SHARED}.{name}'?")),
        None => error.hint("`shared` of the pipeline file names the folder of shared views"),
    }
}
