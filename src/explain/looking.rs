//! Owns what is asked of the flow's query about one row: which branch fired, what each join found, what it looked for.
//! Must not know: how a story is told, or what is stored.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Ident, visit_expressions};

use super::scope::{JoinKind, Relation, Scope, normal, reference};
use super::statement::{Case, Probes, is_there, state};

/// What is asked about a relation, by the names of the outputs that answer.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub path: Vec<usize>,
    pub at: usize,
    /// Whether a row of it was found.
    pub marker: Option<String>,
    pub keys: Vec<Key>,
    /// Parts of its condition that are not about it, and their outputs.
    pub conditions: Vec<(Expr, String)>,
    pub within: Vec<Asked>,
}

/// A comparison of a join: a column of the relation with what is looked for in it.
#[derive(Debug, Clone)]
pub struct Key {
    pub column: Expr,
    pub expression: Expr,
    /// The output with the value that is looked for.
    pub output: String,
}

/// Asks of each join of a query, and of the queries that it joins, what it finds.
pub fn joins(scope: &Scope, path: &[usize], probes: &mut Probes) -> Vec<Asked> {
    if !scope.plain {
        return Vec::new();
    }
    let ask = |(at, relation): (usize, &Relation)| {
        let mut asked = relation_asked(relation, path, at, probes);
        if let Some(inner) = &relation.inner {
            let below: Vec<usize> = path.iter().copied().chain([at]).collect();
            asked.within = joins(inner, &below, probes);
        }
        asked
    };
    scope.relations.iter().enumerate().map(ask).collect()
}

fn relation_asked(relation: &Relation, path: &[usize], at: usize, probes: &mut Probes) -> Asked {
    let mut asked = Asked { path: path.to_vec(), at, ..Asked::default() };
    if !matches!(relation.kind, JoinKind::Inner | JoinKind::Left) {
        return asked;
    }
    let (Some(alias), Some(condition)) = (&relation.alias, &relation.condition) else { return asked };
    let own = normal(alias);
    for part in parts(condition) {
        if let Some((column, expression)) = comparison(part, &own) {
            let output = probes.add(path, expression.clone());
            // Only a mere column is NULL wherever no row was found.
            if asked.marker.is_none() && reference(column).is_some() {
                asked.marker = Some(probes.add(path, is_there(column.clone())));
            }
            asked.keys.push(Key { column: column.clone(), expression: expression.clone(), output });
        } else if mentioned(part).is_some_and(|names| !names.contains(&own)) {
            asked.conditions.push((part.clone(), probes.add(path, state(part.clone()))));
        }
    }
    asked
}

/// The parts of a condition that all must hold.
fn parts(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::Nested(inner) => parts(inner),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => [parts(left), parts(right)].concat(),
        other => vec![other],
    }
}

/// A column of the relation, and what it is compared with for equality. Equal, neither of them is NULL.
fn comparison<'a>(part: &'a Expr, own: &str) -> Option<(&'a Expr, &'a Expr)> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = part else { return None };
    let of_it = |expr: &Expr| mentioned(expr).is_some_and(|names| names.len() == 1 && names.contains(own));
    let not_of_it = |expr: &Expr| mentioned(expr).is_some_and(|names| !names.contains(own));
    match (left.as_ref(), right.as_ref()) {
        (column, expression) | (expression, column) if of_it(column) && not_of_it(expression) => {
            Some((column, expression))
        }
        _ => None,
    }
}

/// The relations that an expression mentions; None where that cannot be told.
fn mentioned(expr: &Expr) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let told = visit_expressions(expr, |expr| match expr {
        Expr::Identifier(_) | Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            ControlFlow::Break(())
        }
        Expr::CompoundIdentifier(parts) => {
            names.extend(parts.first().map(normal));
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Continue(()),
    });
    told.is_continue().then_some(names)
}

/// The column of the query behind a relation that a join compares, where it is one.
pub fn compared(key: &Key) -> Option<&Ident> {
    reference(&key.column).map(|(_, name)| name)
}

/// A CASE, and the branch of it that fired.
pub type Fired = (Case, usize);

/// Asks which branch of a CASE fires, given that those around it do; gives the names of the outputs, branch by branch.
pub fn branches(case: &Case, around: &[Fired], path: &[usize], probes: &mut Probes) -> Vec<String> {
    let ask = |branch| {
        let own = case.state_of(branch);
        let whole = around.iter().rev().fold(own, |inner, (outer, fired)| outer.within(*fired, inner));
        probes.add(path, whole)
    };
    (0..case.conditions.len()).map(ask).collect()
}
