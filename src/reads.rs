//! Owns what a query of a pipeline reads: the tables it names, and those behind the views it shares with others.
//! Must not know: how queries are planned or run.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::TableReference;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value, visit_expressions,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;

use crate::diagnosis::{Text, closest, planning};
use crate::error::{At, Error, Result};
use crate::header::{SqlFile, shown};
use crate::name::{Name, Named, quoted};
use crate::pipeline::{Pipeline, SharedHeader};

/// The schema under which the views of `shared` are known.
const SHARED: &str = "shared";
/// The schema under which source tables are known by their names, and the catalog under which they are by schema and name.
const SOURCE: &str = "source";
/// The catalog of what has no other one; SQL need not name it.
const CATALOG: &str = "rehome";

/// The tables that a query reads, as (schema, table); a name without a schema has an empty one.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column when the text is no single query.
pub fn tables_of(text: Text<'_>) -> Result<BTreeSet<(String, String)>> {
    Ok(references_in(&statement(text)?, text)?.into_iter().map(parts).collect())
}

fn references_in(statement: &Statement, text: Text<'_>) -> Result<Vec<TableReference>> {
    let (tables, _) = resolve_table_references(statement, true).map_err(|error| planning(&error, text, &[], None))?;
    Ok(tables)
}

fn statement(text: Text<'_>) -> Result<Statement> {
    let dialect = PostgreSqlDialect {};
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
    Ok(statement)
}

/// The entities whose keys a query takes to UUIDs: the first argument of each `legacy_uuid`.
fn entities_in(statement: &Statement) -> BTreeSet<String> {
    let mut entities = BTreeSet::new();
    let Statement::Statement(statement) = statement else { return entities };
    let _ = visit_expressions(statement.as_ref(), |expr| {
        if let Expr::Function(function) = expr
            && function.name.to_string().eq_ignore_ascii_case("legacy_uuid")
            && let FunctionArguments::List(list) = &function.args
            && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))) = list.args.first()
            && let Value::SingleQuotedString(entity) = &value.value
        {
            entities.insert(entity.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    entities
}

fn is_query(statement: &datafusion::sql::sqlparser::ast::Statement) -> bool {
    matches!(statement, datafusion::sql::sqlparser::ast::Statement::Query(_))
}

fn parts(table: TableReference) -> (String, String) {
    let schema = table.schema().unwrap_or_default();
    let schema = match table.catalog() {
        None | Some(CATALOG) => schema.to_owned(),
        Some(catalog) => format!("{catalog}.{schema}"),
    };
    (schema, table.table().to_owned())
}

/// The source table that a reference means, if it means one.
fn source_of(table: &TableReference, text: Text<'_>) -> Option<Named> {
    let (schema, name) = (table.schema()?, table.table().to_owned());
    let name = match table.catalog() {
        None | Some(CATALOG) if schema == SOURCE => Name::Plain(name),
        Some(SOURCE) => Name::Full { schema: schema.to_owned(), table: name },
        _ => return None,
    };
    let (alone, bare) = match &name {
        Name::Full { schema, table } => {
            (format!("{}.{}", quoted(schema), quoted(table)), format!("\"{schema}\".\"{table}\""))
        }
        Name::Plain(table) | Name::Loose(table) => (quoted(table), format!("\"{table}\"")),
    };
    let mut ways = vec![format!("{SOURCE}.{alone}"), format!("{SOURCE}.{bare}"), alone, bare];
    ways.push(table.table().to_owned());
    Some(Named { name, flow: None, spot: text.spot(&ways) })
}

/// What a query reads, with the shared views in its way taken apart.
#[derive(Debug, Default)]
pub struct Reads<'a> {
    /// Tables as (schema, table): its own and those of the views, but not the views themselves, nor the source's.
    pub tables: BTreeSet<(String, String)>,
    /// The entities in `legacy_uuid`, its own and those of the views.
    pub entities: BTreeSet<String>,
    /// The tables of the source, as they are named.
    pub sources: BTreeSet<Named>,
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
    let statement = statement(text)?;
    reads.entities.extend(entities_in(&statement));
    for reference in references_in(&statement, text)? {
        if let Some(source) = source_of(&reference, text) {
            reads.sources.insert(source);
            continue;
        }
        let (schema, table) = parts(reference);
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
