//! Owns how a column of a plan is computed from the rows of one table, where it is computed from nothing else.
//! Must not know: which table that is, or what its rows hold.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DataFusionError};
use datafusion::logical_expr::{Case, Expr, LogicalPlan, Operator, lit};

use super::Table;

/// A CASE that chooses by one value among texts.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The value, over the table's columns.
    pub subject: Expr,
    /// Is one of the WHENs true? Over the table's columns.
    pub named: Expr,
    /// How many texts the WHENs name.
    pub texts: usize,
    /// What is chosen where none is true: is there an ELSE?
    pub has_else: bool,
}

/// Looks at a plan's columns as expressions over the rows of one table.
pub struct Own<'a> {
    plan: &'a LogicalPlan,
    is_own: &'a dyn Fn(&Table) -> bool,
}

/// An expression, and the node whose columns it is over.
type Over<'a> = (&'a Expr, &'a LogicalPlan);

impl<'a> Own<'a> {
    /// `is_own` tells the table.
    pub fn new(plan: &'a LogicalPlan, is_own: &'a dyn Fn(&Table) -> bool) -> Self {
        Self { plan, is_own }
    }

    /// A column's value, over the table's columns; None where more than that goes into it.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<Expr> {
        self.column(self.plan, self.position(column)?)
    }

    /// The CASEs of a column that choose among texts by a value of the table.
    #[must_use]
    pub fn choices(&self, column: &str) -> Vec<Choice> {
        let Some((expr, input)) = self.position(column).and_then(|at| definition(self.plan, at)) else {
            return Vec::new();
        };
        let mut cases = Vec::new();
        // Never fails: expressions are only looked at.
        let _ = expr.apply(|expr| {
            if let Expr::Case(case) = expr {
                cases.push(case);
            }
            Ok(TreeNodeRecursion::Continue)
        });
        cases.into_iter().filter_map(|case| self.choice(case, input)).collect()
    }

    /// What the WHENs of a column's CASE ask before the first whose THEN is `wanted`, of those that ask the table alone;
    /// only WHENs whose THEN is a call.
    #[must_use]
    pub fn before(&self, column: &str, wanted: &str) -> Vec<Expr> {
        let found = self.position(column).and_then(|at| definition(self.plan, at));
        let Some((Expr::Case(case), input)) = found else { return Vec::new() };
        let name = |then: &Expr| match then {
            Expr::ScalarFunction(call) => call.name().to_owned(),
            _ => wanted.to_owned(),
        };
        let operand = case.expr.as_deref();
        let before = case.when_then_expr.iter().take_while(|(_, then)| name(then) != wanted);
        before.filter_map(|(when, _)| self.over(&asked(operand, when), input)).collect()
    }

    fn position(&self, column: &str) -> Option<usize> {
        self.plan.schema().fields().iter().position(|field| field.name() == column)
    }

    fn choice(&self, case: &Case, input: &LogicalPlan) -> Option<Choice> {
        let operand = case.expr.as_deref();
        let mut subject: Option<&Expr> = operand;
        let mut texts = 0;
        let mut named: Option<Expr> = None;
        for (when, _) in &case.when_then_expr {
            match operand {
                Some(_) => texts += usize::from(is_text(when)),
                None => texts += compared(when, &mut subject)?,
            }
            let when = self.over(&asked(operand, when), input)?;
            named = Some(match named {
                None => when,
                Some(before) => before.or(when),
            });
        }
        let subject = self.over(subject?, input)?;
        Some(Choice { subject, named: named?, texts, has_else: case.else_expr.is_some() })
    }

    /// An expression over the table's columns.
    fn over(&self, expr: &Expr, input: &LogicalPlan) -> Option<Expr> {
        let foreign = || DataFusionError::Plan(String::new());
        let over = expr.clone().transform(|expr| match &expr {
            Expr::Column(column) => {
                let at = input.schema().maybe_index_of_column(column).ok_or_else(foreign)?;
                let own = self.column(input, at).ok_or_else(foreign)?;
                Ok(Transformed::new(own, true, TreeNodeRecursion::Jump))
            }
            Expr::ScalarSubquery(_)
            | Expr::Exists(_)
            | Expr::InSubquery(_)
            | Expr::SetComparison(_)
            | Expr::OuterReferenceColumn(..)
            | Expr::AggregateFunction(_)
            | Expr::WindowFunction(_) => Err(foreign()),
            _ => Ok(Transformed::no(expr)),
        });
        over.ok().map(|over| over.data)
    }

    fn column(&self, plan: &LogicalPlan, index: usize) -> Option<Expr> {
        match plan {
            LogicalPlan::SubqueryAlias(node) => match Table::of(&node.alias) {
                Some(table) if (self.is_own)(&table) => {
                    let field = node.schema.fields().get(index)?;
                    Some(Expr::Column(Column::from_name(field.name())))
                }
                Some(_) => None,
                None => self.column(&node.input, index),
            },
            LogicalPlan::Projection(node) => self.over(&node.expr.get(index)?.clone().unalias(), &node.input),
            _ => {
                let (input, index) = through(plan, index)?;
                self.column(input, index)
            }
        }
    }
}

/// The expression that gives a column its value: through everything that leaves values as they are.
fn definition(plan: &LogicalPlan, index: usize) -> Option<Over<'_>> {
    match plan {
        LogicalPlan::Projection(node) => {
            let mut expr = node.expr.get(index)?;
            while let Expr::Alias(alias) = expr {
                expr = &alias.expr;
            }
            match expr {
                Expr::Column(column) => {
                    let at = node.input.schema().maybe_index_of_column(column)?;
                    definition(&node.input, at).or(Some((expr, &node.input)))
                }
                _ => Some((expr, &node.input)),
            }
        }
        LogicalPlan::SubqueryAlias(node) if Table::of(&node.alias).is_some() => None,
        LogicalPlan::SubqueryAlias(node) => definition(&node.input, index),
        _ => {
            let (input, index) = through(plan, index)?;
            definition(input, index)
        }
    }
}

/// The column below of nodes that leave a column's values as they are.
fn through(plan: &LogicalPlan, index: usize) -> Option<(&LogicalPlan, usize)> {
    match plan {
        LogicalPlan::Filter(node) => Some((&node.input, index)),
        LogicalPlan::Sort(node) => Some((&node.input, index)),
        LogicalPlan::Window(node) => (index < node.input.schema().fields().len()).then_some((&node.input, index)),
        LogicalPlan::Join(node) => {
            let left = node.left.schema().fields().len();
            Some(if index < left { (&node.left, index) } else { (&node.right, index - left) })
        }
        _ => None,
    }
}

/// What a WHEN asks.
fn asked(operand: Option<&Expr>, when: &Expr) -> Expr {
    operand.map_or_else(|| when.clone(), |operand| operand.clone().eq(when.clone()))
}

fn is_text(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().is_some(),
        Expr::Cast(cast) => is_text(&cast.expr),
        _ => false,
    }
}

/// How many texts a condition compares a value with, which must be `subject` if there is one already.
fn compared<'a>(when: &'a Expr, subject: &mut Option<&'a Expr>) -> Option<usize> {
    let mut is_it = |found: &'a Expr| *subject.get_or_insert(found) == found;
    match when {
        Expr::BinaryExpr(binary) => match binary.op {
            Operator::Eq if is_text(&binary.right) => is_it(&binary.left).then_some(1),
            Operator::Eq if is_text(&binary.left) => is_it(&binary.right).then_some(1),
            Operator::Or => Some(compared(&binary.left, subject)? + compared(&binary.right, subject)?),
            _ => None,
        },
        Expr::InList(list) if !list.negated && list.list.iter().all(is_text) => {
            is_it(&list.expr).then_some(list.list.len())
        }
        _ => None,
    }
}

/// Is there none of these, of a condition that may be NULL?
#[must_use]
pub fn is_not_true(condition: Expr) -> Expr {
    Expr::IsNotTrue(Box::new(condition))
}

/// Is a text none of these?
#[must_use]
pub fn is_none_of(text: Expr, known: &[String]) -> Expr {
    text.in_list(known.iter().map(lit).collect(), true)
}
