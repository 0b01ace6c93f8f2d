//! Owns what the columns of a result are called where a query does not say: as PostgreSQL calls them.
//! Must not know: how queries are planned.

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Ident, SelectItem, SetExpr, Statement as Sql};

/// What PostgreSQL calls a column that has no other name.
const NAMELESS: &str = "?column?";

/// Stands between the name of a column and what makes it the only one of that name.
const APART: char = '\u{1}';

/// Names the columns of a query that have no name, each by PostgreSQL's name and a number: the engine would make one of the
/// whole expression, and have no two that are the same.
pub fn alias(statement: &mut Statement) {
    let Statement::Statement(statement) = statement else { return };
    let Sql::Query(query) = statement.as_mut() else { return };
    let mut body = query.body.as_mut();
    let select = loop {
        body = match body {
            SetExpr::Select(select) => break select,
            SetExpr::SetOperation { left, .. } => left.as_mut(),
            SetExpr::Query(query) => query.body.as_mut(),
            _ => return,
        };
    };
    // What is sorted by must be among what is distinct, and is told by its own name.
    if select.distinct.is_some() {
        return;
    }
    for (at, item) in select.projection.iter_mut().enumerate() {
        if let SelectItem::UnnamedExpr(expr) = item
            && let Some(name) = name_of(expr)
        {
            let alias = Ident::with_quote('"', format!("{name}{APART}{at}"));
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}

/// The name of a column as it is shown.
#[must_use]
pub fn shown(name: &str) -> &str {
    name.split(APART).next().unwrap_or(name)
}

/// The name of an expression; None for a column, which has its own.
fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => None,
        other => Some(told(other).unwrap_or_else(|| NAMELESS.to_owned())),
    }
}

/// The name that an expression tells, as PostgreSQL's FigureColname finds it.
fn told(expr: &Expr) -> Option<String> {
    Some(match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts.last()?.value.clone(),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => return told(inner),
        Expr::Function(function) => function.name.0.last()?.as_ident()?.value.to_lowercase(),
        Expr::Cast { expr, data_type, .. } => told(expr).unwrap_or_else(|| type_told(&data_type.to_string())),
        Expr::Case { else_result, .. } => else_result.as_deref().and_then(told).unwrap_or_else(|| "case".to_owned()),
        Expr::Extract { .. } => "extract".to_owned(),
        Expr::Substring { .. } => "substring".to_owned(),
        Expr::Position { .. } => "position".to_owned(),
        Expr::Overlay { .. } => "overlay".to_owned(),
        Expr::Trim { .. } => "btrim".to_owned(),
        Expr::Ceil { .. } => "ceil".to_owned(),
        Expr::Floor { .. } => "floor".to_owned(),
        Expr::AtTimeZone { .. } => "timezone".to_owned(),
        Expr::Exists { .. } => "exists".to_owned(),
        Expr::Array(_) => "array".to_owned(),
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.first()? {
                SelectItem::UnnamedExpr(expr) => return told(expr),
                SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    })
}

/// A type as PostgreSQL's catalog calls it.
fn type_told(written: &str) -> String {
    let plain = written.to_lowercase();
    let plain = plain.split('(').next().unwrap_or(&plain).trim();
    match plain {
        "smallint" => "int2",
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "real" => "float4",
        "double precision" | "float" => "float8",
        "boolean" => "bool",
        "decimal" => "numeric",
        "character varying" => "varchar",
        "character" | "char" => "bpchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        other => other,
    }
    .to_owned()
}
