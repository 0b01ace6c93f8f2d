//! Owns the search for the expression that a planning error is about, where the engine does not say it: the narrowest
//! one without which the query plans.
//! Must not know: kinds of errors.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Value, VisitMut, VisitorMut};

/// The most plans that are made to find a place: beyond it, the place found so far has to do.
const MOST_PLANS: usize = 400;

/// The expressions of a query, each before those within it.
pub(super) struct Expressions {
    statement: Statement,
    /// How deep each lies, and what it is.
    found: Vec<(usize, Expr)>,
    plans: usize,
}

impl Expressions {
    pub fn of(statement: Statement) -> Self {
        let mut all = All::default();
        let mut copy = statement.clone();
        if let Statement::Statement(inner) = &mut copy {
            let _ = inner.visit(&mut all);
        }
        Self { statement, found: all.found, plans: 0 }
    }

    /// The expressions to try at first.
    pub fn outermost(&self) -> Vec<usize> {
        (0..self.found.len()).filter(|index| self.found[*index].0 == 0).collect()
    }

    /// The expressions right within one.
    pub fn within(&self, index: usize) -> Vec<usize> {
        let depth = self.found[index].0;
        let inner = (index + 1..self.found.len()).take_while(|inner| self.found[*inner].0 > depth);
        inner.filter(|inner| self.found[*inner].0 == depth + 1).collect()
    }

    /// The query with NULL in place of an expression, and of all that read the same; None when enough was tried.
    pub fn without(&mut self, index: usize) -> Option<Statement> {
        self.plans += 1;
        if self.plans > MOST_PLANS {
            return None;
        }
        let expr = &self.found[index].1;
        // A name or a literal stands in many places, of which the others are innocent.
        let text = (!self.is_plain(index)).then(|| expr.to_string());
        let mut statement = self.statement.clone();
        let Statement::Statement(inner) = &mut statement else { return None };
        let _ = inner.visit(&mut Replace { index, text, seen: 0 });
        Some(statement)
    }

    /// An expression, and how many that read the same stand before it.
    pub fn get(&self, index: usize) -> (&Expr, usize) {
        let expr = &self.found[index].1;
        let text = expr.to_string();
        (expr, self.found[..index].iter().filter(|(_, other)| other.to_string() == text).count())
    }

    /// Is it a mere name or literal?
    pub fn is_plain(&self, index: usize) -> bool {
        matches!(self.found[index].1, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_))
    }

    pub fn is_literal(&self, index: usize) -> bool {
        matches!(self.found[index].1, Expr::Value(_) | Expr::TypedString(_))
    }
}

#[derive(Default)]
struct All {
    depth: usize,
    found: Vec<(usize, Expr)>,
}

impl VisitorMut for All {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        self.found.push((self.depth, expr.clone()));
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &mut Expr) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

struct Replace {
    index: usize,
    text: Option<String>,
    seen: usize,
}

impl VisitorMut for Replace {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let wanted = match &self.text {
            Some(text) => expr.to_string() == *text,
            None => self.seen == self.index,
        };
        self.seen += 1;
        if wanted {
            *expr = Expr::Value(Value::Null.into());
        }
        ControlFlow::Continue(())
    }
}
