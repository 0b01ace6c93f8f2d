//! Owns a query taken apart: its SELECTs, what each reads, and the CTEs and shared views behind the names, as a tree.
//! Must not know: what is asked of it.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Cte, Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, Spanned, TableFactor, With,
    visit_expressions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use crate::diagnosis::{Clause, Text};
use crate::engine::Engine;
use crate::header::shown;
use crate::pipeline::Pipeline;

/// How deep queries within queries are followed.
const DEEPEST: usize = 12;

/// A SELECT, and what it reads.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The query whose body it is; of an arm of a UNION ALL, as if it stood alone.
    pub query: Query,
    pub select: Select,
    /// The CTEs of the file that it stands in.
    pub with: Option<With>,
    /// That file, and its text.
    pub file: (String, String),
    /// What it reads, in the order of the joins.
    pub relations: Vec<Relation>,
    /// Does it give a row for each row of what it reads, but for those that a WHERE or a join takes away?
    pub plain: bool,
}

/// What stands on the right of a join, or what a query begins with.
#[derive(Debug, Clone)]
pub struct Relation {
    /// The name under which the query knows it.
    pub alias: Option<Ident>,
    pub clause: Clause,
    pub kind: JoinKind,
    pub condition: Option<Expr>,
    /// The query behind it, where that can be looked into.
    pub inner: Option<Box<Scope>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Start,
    Inner,
    Left,
    /// Another sort, of which no row can be followed.
    Other,
}

/// What names mean where a query stands.
struct Names<'a> {
    engine: &'a Engine,
    pipeline: &'a Pipeline,
    ctes: Vec<Cte>,
    with: Option<With>,
    file: (String, String),
    depth: usize,
}

/// The arms of a query: itself, or those of a UNION ALL. Why not, for one that is put together otherwise.
pub fn arms(query: &Query, text: Text<'_>, engine: &Engine, pipeline: &Pipeline) -> Result<Vec<Scope>, String> {
    let mut bodies = Vec::new();
    flatten(&query.body, &mut bodies)?;
    name_as_first(&mut bodies)?;
    if bodies.len() > 1 && (query.limit_clause.is_some() || query.fetch.is_some()) {
        return Err("the query limits the rows of a UNION".to_owned());
    }
    let file = (text.file.to_owned(), text.sql.to_owned());
    let ctes = query.with.iter().flat_map(|with| with.cte_tables.clone()).collect();
    let names = Names { engine, pipeline, ctes, with: query.with.clone(), file, depth: 0 };
    let scope = |select: Select| {
        let mut own = query.clone();
        own.body = Box::new(SetExpr::Select(Box::new(select.clone())));
        if bodies.len() > 1 {
            own.order_by = None;
        }
        names.scope(own, select)
    };
    Ok(bodies.iter().cloned().map(scope).collect())
}

fn flatten(body: &SetExpr, found: &mut Vec<Select>) -> Result<(), String> {
    match body {
        SetExpr::Select(select) => found.push(select.as_ref().clone()),
        SetExpr::Query(query) if query.with.is_none() => flatten(&query.body, found)?,
        SetExpr::SetOperation { op: SetOperator::Union, set_quantifier: SetQuantifier::All, left, right } => {
            flatten(left, found)?;
            flatten(right, found)?;
        }
        _ => return Err("the query is put together by something else than UNION ALL".to_owned()),
    }
    Ok(())
}

/// Gives the outputs of each arm the names that they have by the first.
fn name_as_first(bodies: &mut [Select]) -> Result<(), String> {
    let Some((first, others)) = bodies.split_first_mut() else { return Ok(()) };
    for other in others {
        let names: Option<Vec<&Ident>> = first.projection.iter().map(named_output).collect();
        let names = names.filter(|names| names.len() == other.projection.len());
        let named = names.and_then(|names| {
            let named = |(item, name): (&SelectItem, &Ident)| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    Some(SelectItem::ExprWithAlias { expr: expr.clone(), alias: name.clone() })
                }
                _ => None,
            };
            other.projection.iter().zip(names).map(named).collect::<Option<Vec<_>>>()
        });
        other.projection = named.ok_or("an arm of a UNION has outputs that are not named one by one")?;
    }
    Ok(())
}

fn named_output(item: &SelectItem) -> Option<&Ident> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias),
        SelectItem::UnnamedExpr(expr) => reference(expr).map(|(_, name)| name),
        _ => None,
    }
}

impl Names<'_> {
    fn text(&self) -> Text<'_> {
        Text { file: &self.file.0, sql: &self.file.1 }
    }

    fn scope(&self, query: Query, select: Select) -> Scope {
        let mut relations = Vec::new();
        let plain = self.is_plain(&select);
        if let [from] = select.from.as_slice() {
            relations.push(self.relation(&from.relation, None));
            relations.extend(from.joins.iter().map(|join| self.relation(&join.relation, Some(join))));
        }
        Scope { query, select, with: self.with.clone(), file: self.file.clone(), relations, plain }
    }

    fn relation(&self, factor: &TableFactor, join: Option<&Join>) -> Relation {
        let (kind, condition) = join.map_or((JoinKind::Start, None), |join| match &join.join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => (JoinKind::Inner, condition(on)),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (JoinKind::Left, condition(on)),
            _ => (JoinKind::Other, None),
        });
        let alias = match factor {
            TableFactor::Table { name, alias, .. } => {
                alias.as_ref().map(|alias| alias.name.clone()).or_else(|| name.0.last()?.as_ident().cloned())
            }
            TableFactor::Derived { alias, .. } => alias.as_ref().map(|alias| alias.name.clone()),
            _ => None,
        };
        let clause = self.text().join(factor.span().start);
        let inner = if self.depth < DEEPEST { self.inner(factor) } else { None };
        Relation { alias, clause, kind, condition, inner }
    }

    /// The query behind a relation, where a row of it can be followed.
    fn inner(&self, factor: &TableFactor) -> Option<Box<Scope>> {
        match factor {
            TableFactor::Derived { lateral: false, subquery, alias, .. } => {
                let plain = subquery.with.is_none() && alias.as_ref().is_some_and(|alias| alias.columns.is_empty());
                self.within(subquery, self.ctes.clone(), self.with.clone(), self.file.clone()).filter(|_| plain)
            }
            TableFactor::Table { name, alias, args: None, .. } => {
                if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
                    return None;
                }
                match named(name)?.as_slice() {
                    [one] => {
                        let at = self.ctes.iter().rposition(|cte| normal(&cte.alias.name) == *one)?;
                        let cte = &self.ctes[at];
                        if !cte.alias.columns.is_empty() || cte.query.with.is_some() {
                            return None;
                        }
                        self.within(&cte.query, self.ctes[..at].to_vec(), self.with.clone(), self.file.clone())
                    }
                    [schema, view] if schema == "shared" => {
                        let view = self.pipeline.shared.iter().find(|known| known.stem == *view)?;
                        let file = shown(&view.path);
                        let query = super::statement::query(self.engine, view.text(&file)).ok()?;
                        let ctes = query.with.iter().flat_map(|with| with.cte_tables.clone()).collect();
                        self.within(&query, ctes, query.with.clone(), (file, view.sql.clone()))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn within(&self, query: &Query, ctes: Vec<Cte>, with: Option<With>, file: (String, String)) -> Option<Box<Scope>> {
        let SetExpr::Select(select) = query.body.as_ref() else { return None };
        let names = Names { engine: self.engine, pipeline: self.pipeline, ctes, with, file, depth: self.depth + 1 };
        let scope = names.scope(query.clone(), select.as_ref().clone());
        scope.plain.then(|| Box::new(scope))
    }

    fn is_plain(&self, select: &Select) -> bool {
        let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(groups, _) if groups.is_empty());
        ungrouped
            && select.distinct.is_none()
            && select.having.is_none()
            && select.from.len() == 1
            && !select.projection.iter().any(|item| self.aggregates(item))
    }

    fn aggregates(&self, item: &SelectItem) -> bool {
        let found = visit_expressions(item, |expr| match expr {
            Expr::Function(call) if call.over.is_none() && self.engine.is_aggregate(&call.name.to_string()) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        found.is_break()
    }
}

fn condition(constraint: &JoinConstraint) -> Option<Expr> {
    match constraint {
        JoinConstraint::On(expr) => Some(expr.clone()),
        _ => None,
    }
}

/// The parts of a name, as the engine reads them.
fn named(name: &ObjectName) -> Option<Vec<String>> {
    name.0.iter().map(|part| part.as_ident().map(normal)).collect()
}

/// A name as the engine reads it: in lower case, unless it is quoted.
pub fn normal(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

impl Scope {
    pub fn text(&self) -> Text<'_> {
        Text { file: &self.file.0, sql: &self.file.1 }
    }

    /// The query below a path of relations.
    pub fn at(&self, path: &[usize]) -> Option<&Scope> {
        match path {
            [] => Some(self),
            [first, rest @ ..] => self.relations.get(*first)?.inner.as_ref()?.at(rest),
        }
    }

    /// The item that gives an output column: where it is written, through queries that merely hand it on.
    pub fn output(&self, column: &str) -> Option<(Vec<usize>, Expr)> {
        let named = self.select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if normal(alias) == column => Some(expr),
            SelectItem::UnnamedExpr(expr) if reference(expr).is_some_and(|(_, name)| normal(name) == column) => {
                Some(expr)
            }
            _ => None,
        });
        if let Some(expr) = named {
            let Some((relation, name)) = reference(expr) else { return Some((Vec::new(), expr.clone())) };
            let handed = self.handed(relation.map(normal).as_deref(), &normal(name));
            return Some(handed.unwrap_or_else(|| (Vec::new(), expr.clone())));
        }
        self.select.projection.iter().find_map(|item| match item {
            SelectItem::Wildcard(_) => self.handed(None, column),
            SelectItem::QualifiedWildcard(kind, _) => self.handed(Some(&wild(kind)?), column),
            _ => None,
        })
    }

    fn handed(&self, relation: Option<&str>, column: &str) -> Option<(Vec<usize>, Expr)> {
        let is_meant = |alias: &Option<Ident>| {
            relation.is_none_or(|wanted| alias.as_ref().is_some_and(|alias| normal(alias) == wanted))
        };
        let meant = self.relations.iter().enumerate().filter(|(_, of)| is_meant(&of.alias));
        let mut found = meant.filter_map(|(at, of)| {
            let (mut path, expr) = of.inner.as_ref()?.output(column)?;
            path.insert(0, at);
            Some((path, expr))
        });
        found.next()
    }

    /// The expression, over what it reads, that gives a column of it.
    pub fn gives(&self, column: &str) -> Option<Expr> {
        let item = self.select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if normal(alias) == column => Some(expr.clone()),
            SelectItem::UnnamedExpr(expr) if reference(expr).is_some_and(|(_, name)| normal(name) == column) => {
                Some(expr.clone())
            }
            _ => None,
        });
        item.or_else(|| {
            self.select.projection.iter().find_map(|item| match item {
                SelectItem::Wildcard(_) => Some(super::statement::column(None, column)),
                SelectItem::QualifiedWildcard(kind, _) => {
                    let alias = self.relations.iter().filter_map(|of| of.alias.as_ref());
                    let alias = alias.into_iter().find(|alias| Some(normal(alias)) == wild(kind))?;
                    Some(super::statement::column(Some(alias), column))
                }
                _ => None,
            })
        })
    }

    /// Its WHERE.
    pub fn filter(&self) -> Option<Clause> {
        let condition = self.select.selection.as_ref()?;
        let mut clause = self.text().expression(condition);
        clause.text = format!("where {}", clause.text);
        Some(clause)
    }

    /// Does it hand on all columns of a relation?
    pub fn hands_on_all(&self, relation: usize) -> bool {
        let alias = self.relations.get(relation).and_then(|of| of.alias.as_ref()).map(normal);
        self.select.projection.iter().any(|item| match item {
            SelectItem::Wildcard(_) => true,
            SelectItem::QualifiedWildcard(kind, _) => wild(kind) == alias,
            _ => false,
        })
    }
}

fn wild(kind: &SelectItemQualifiedWildcardKind) -> Option<String> {
    match kind {
        SelectItemQualifiedWildcardKind::ObjectName(name) => match name.0.as_slice() {
            [ObjectNamePart::Identifier(one)] => Some(normal(one)),
            _ => None,
        },
        SelectItemQualifiedWildcardKind::Expr(_) => None,
    }
}

/// A mere column: perhaps its relation, and its name.
pub fn reference(expr: &Expr) -> Option<(Option<&Ident>, &Ident)> {
    match expr {
        Expr::Identifier(name) => Some((None, name)),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [relation, name] => Some((Some(relation), name)),
            _ => None,
        },
        Expr::Nested(inner) => reference(inner),
        _ => None,
    }
}

/// Where an expression begins.
pub fn start(expr: &Expr) -> Location {
    expr.span().start
}
