//! Owns queries made of a flow's own: with more outputs, fewer joins, or parts of its CASEs. They are made as syntax, never as text.
//! Must not know: what is looked for with them.

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    self, BinaryOperator, CaseWhen, Expr, Ident, Query, SelectItem, SetExpr, TableAlias, TableFactor, UnaryOperator,
    Value,
};

use super::scope::{Scope, normal, reference};
use crate::diagnosis::Text;
use crate::engine::Engine;
use crate::error::{At, Error, Result};
use crate::outcome::{KEY, ORDINAL, OUTCOME, WARNINGS};

/// How the outputs are named that a query gets beside its own.
const PROBE: &str = "__rehome_";
/// What a condition is, as a number: see [`state`].
pub const FALSE: i64 = 0;
pub const TRUE: i64 = 1;

/// One more output of a query, or of one that it reads.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Which of the queries: the relations on the way to it.
    pub path: Vec<usize>,
    pub name: String,
    pub expr: Expr,
}

/// Outputs to be added.
#[derive(Debug, Clone, Default)]
pub struct Probes(Vec<Probe>);

impl Probes {
    /// Adds one; gives its name.
    pub fn add(&mut self, path: &[usize], expr: Expr) -> String {
        let name = format!("{PROBE}{}", self.0.len());
        self.0.push(Probe { path: path.to_vec(), name: name.clone(), expr });
        name
    }
}

/// The one query of a file.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a text that is none.
pub fn query(engine: &Engine, text: Text<'_>) -> Result<Query> {
    let none = || Error::config("the file must hold exactly one query").at(At::File, text.file);
    let Statement::Statement(statement) = engine.parsed(text)? else { return Err(none()) };
    match *statement {
        ast::Statement::Query(query) => Ok(*query),
        _ => Err(none()),
    }
}

/// A query as the engine takes it.
pub fn statement(query: Query) -> Statement {
    Statement::Statement(Box::new(ast::Statement::Query(Box::new(query))))
}

/// A flow's query with more outputs, and without those that nobody asks for.
pub fn probed(scope: &Scope, probes: &Probes) -> Query {
    let mut own = scope.clone();
    let wanted = |name: &Ident| [KEY, ORDINAL, OUTCOME, WARNINGS].contains(&normal(name).as_str());
    let is_wanted = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => wanted(alias),
        SelectItem::UnnamedExpr(expr) => reference(expr).is_some_and(|(_, name)| wanted(name)),
        _ => false,
    };
    let named = own.select.projection.iter().filter(|item| is_wanted(item)).count();
    let whole = own
        .select
        .projection
        .iter()
        .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    if named >= 2 && !whole && own.query.limit_clause.is_none() && own.query.fetch.is_none() {
        own.select.projection.retain(is_wanted);
        own.query.order_by = None;
    }
    with_probes(&own, &[], &probes.0).0
}

fn with_probes(scope: &Scope, path: &[usize], probes: &[Probe]) -> (Query, Vec<String>) {
    let mut select = scope.select.clone();
    let mut names = Vec::new();
    for (at, relation) in scope.relations.iter().enumerate() {
        let below: Vec<usize> = path.iter().copied().chain([at]).collect();
        let (Some(inner), Some(alias)) = (&relation.inner, &relation.alias) else { continue };
        if !probes.iter().any(|probe| probe.path.starts_with(&below)) {
            continue;
        }
        let (query, handed) = with_probes(inner, &below, probes);
        let alias_of = TableAlias { explicit: false, name: alias.clone(), columns: Vec::new(), at: None };
        let derived =
            TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias_of), sample: None };
        let Some(from) = select.from.first_mut() else { continue };
        match at.checked_sub(1) {
            None => from.relation = derived,
            Some(join) => {
                if let Some(join) = from.joins.get_mut(join) {
                    join.relation = derived;
                }
            }
        }
        if !scope.hands_on_all(at) {
            let item = |name: &String| SelectItem::UnnamedExpr(column(Some(alias), name));
            select.projection.extend(handed.iter().map(item));
        }
        names.extend(handed);
    }
    for probe in probes.iter().filter(|probe| probe.path == path) {
        select.projection.push(SelectItem::ExprWithAlias { expr: probe.expr.clone(), alias: quoted(&probe.name) });
        names.push(probe.name.clone());
    }
    let mut query = scope.query.clone();
    query.body = Box::new(SetExpr::Select(Box::new(select)));
    (query, names)
}

/// The first joins of a query alone, with one output; with its WHERE where `filtered`.
pub fn prefix(scope: &Scope, joins: usize, filtered: bool, output: Expr) -> (Query, String) {
    let name = format!("{PROBE}key");
    let mut select = scope.select.clone();
    select.projection = vec![SelectItem::ExprWithAlias { expr: output, alias: quoted(&name) }];
    if !filtered {
        select.selection = None;
    }
    if let Some(from) = select.from.first_mut() {
        from.joins.truncate(joins);
    }
    let mut query = scope.query.clone();
    query.with.clone_from(&scope.with);
    query.order_by = None;
    query.body = Box::new(SetExpr::Select(Box::new(select)));
    (query, name)
}

/// A column, of a relation or of any.
pub fn column(relation: Option<&Ident>, name: &str) -> Expr {
    match relation {
        Some(relation) => Expr::CompoundIdentifier(vec![relation.clone(), quoted(name)]),
        None => Expr::Identifier(quoted(name)),
    }
}

fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

fn number(value: i64) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).into())
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

fn case(operand: Option<Box<Expr>>, conditions: Vec<CaseWhen>, otherwise: Expr) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand,
        conditions,
        else_result: Some(Box::new(otherwise)),
    }
}

/// Whether a condition is true, false or neither, as 1, 0 or 2.
pub fn state(condition: Expr) -> Expr {
    let condition = Expr::Nested(Box::new(condition));
    let not = Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(condition.clone()) };
    let whens = vec![CaseWhen { condition, result: number(TRUE) }, CaseWhen { condition: not, result: number(FALSE) }];
    case(None, whens, number(2))
}

/// Is an expression not NULL?
pub fn is_there(expr: Expr) -> Expr {
    Expr::IsNotNull(Box::new(Expr::Nested(Box::new(expr))))
}

/// A CASE, taken apart.
#[derive(Debug, Clone)]
pub struct Case {
    operand: Option<Box<Expr>>,
    pub conditions: Vec<CaseWhen>,
    pub otherwise: Option<Expr>,
}

impl Case {
    pub fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Nested(inner) => Self::of(inner),
            Expr::Case { operand, conditions, else_result, .. } => Some(Self {
                operand: operand.clone(),
                conditions: conditions.clone(),
                otherwise: else_result.as_deref().cloned(),
            }),
            _ => None,
        }
    }

    /// The state of the condition of a branch; NULL where an earlier branch fires. As the CASE itself, it computes no
    /// condition after the one that is true.
    pub fn state_of(&self, branch: usize) -> Expr {
        let own = self.conditions[branch].condition.clone();
        let own = match &self.operand {
            None => own,
            Some(operand) => Expr::BinaryOp {
                left: Box::new(Expr::Nested(operand.clone())),
                op: BinaryOperator::Eq,
                right: Box::new(Expr::Nested(Box::new(own))),
            },
        };
        self.after(branch, state(own))
    }

    /// An expression where no branch before this one fires; NULL else.
    fn after(&self, branch: usize, expr: Expr) -> Expr {
        if branch == 0 {
            return expr;
        }
        let none = |when: &CaseWhen| CaseWhen { condition: when.condition.clone(), result: null() };
        case(self.operand.clone(), self.conditions[..branch].iter().map(none).collect(), expr)
    }

    /// An expression where this branch fires (the one after the last is ELSE); NULL else.
    pub fn within(&self, branch: usize, expr: Expr) -> Expr {
        match self.conditions.get(branch) {
            None => self.after(branch, expr),
            Some(when) => {
                let own = CaseWhen { condition: when.condition.clone(), result: expr };
                let fires = case(self.operand.clone(), vec![own], null());
                self.after(branch, fires)
            }
        }
    }

    /// What a branch gives.
    pub fn result(&self, branch: usize) -> Option<&Expr> {
        self.conditions.get(branch).map(|when| &when.result).or(self.otherwise.as_ref())
    }
}
