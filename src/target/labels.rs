//! Owns which texts a column takes, where its type or a CHECK lists them.
//! Must not know: what is written there.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::{Column, Sort, Table, TypeKind};

/// The only texts that a column takes, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// As people read it: `the type mood`, `the constraint users_mood_check`.
    pub by: String,
    pub texts: Vec<String>,
}

impl Table {
    /// The texts that a column takes, by its enum and by each CHECK, of its table or of its domain, that lists them.
    #[must_use]
    pub fn labels(&self, column: &Column) -> Vec<Labels> {
        let mut found = Vec::new();
        if let TypeKind::Enum { labels } = &column.ty.base().kind {
            found.push(Labels { by: format!("the type {}", column.formatted), texts: labels.clone() });
        }
        let checks = self
            .constraints
            .iter()
            .filter(|check| check.sort == Sort::Check && check.columns == [column.name.as_str()]);
        found.extend(checks.filter_map(|check| {
            let texts = listed(&check.definition)?;
            Some(Labels { by: format!("the constraint {}", check.name), texts })
        }));
        found.extend(column.ty.checks().filter_map(|(domain, (name, check))| {
            Some(Labels { by: format!("the constraint {name} of {}", domain.formatted), texts: listed(check)? })
        }));
        found
    }
}

/// The texts that a CHECK of one column lists, if it does nothing else.
fn listed(definition: &str) -> Option<Vec<String>> {
    let text = definition.strip_prefix("CHECK ")?;
    let text = text.strip_suffix(" NOT VALID").unwrap_or(text);
    let expr = Parser::new(&PostgreSqlDialect {}).try_with_sql(text).and_then(|mut parser| parser.parse_expr()).ok()?;
    let mut texts = BTreeSet::new();
    of_expr(&expr, &mut texts)?;
    (!texts.is_empty()).then(|| texts.into_iter().collect())
}

/// Adds the texts of `column = 'x'`, `column = ANY (ARRAY['x', …])`, `column IN ('x', …)`, and of several of them with OR.
/// NULL passes a CHECK in any case.
fn of_expr(expr: &Expr, texts: &mut BTreeSet<String>) -> Option<()> {
    match expr {
        Expr::Nested(inner) => of_expr(inner, texts),
        Expr::IsNull(inner) => is_column(inner).then_some(()),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            of_expr(left, texts)?;
            of_expr(right, texts)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if is_column(left) => {
            texts.insert(literal(right)?);
            Some(())
        }
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } if is_column(left) => of_array(right, texts),
        Expr::InList { expr, list, negated: false } if is_column(expr) => {
            texts.extend(list.iter().map(literal).collect::<Option<Vec<_>>>()?);
            Some(())
        }
        _ => None,
    }
}

fn of_array(expr: &Expr, texts: &mut BTreeSet<String>) -> Option<()> {
    match expr {
        Expr::Nested(inner) => of_array(inner, texts),
        Expr::Cast { expr, .. } => of_array(expr, texts),
        Expr::Array(array) => {
            texts.extend(array.elem.iter().map(literal).collect::<Option<Vec<_>>>()?);
            Some(())
        }
        _ => None,
    }
}

/// The column itself, perhaps as text. A CHECK of one column has no other.
fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_column(inner),
        Expr::Cast { expr, .. } => is_column(expr),
        Expr::Identifier(_) => true,
        _ => false,
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::Cast { expr, .. } => literal(expr),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_as_postgresql_prints_them() {
        let both = Some(vec!["a".to_owned(), "b's".to_owned()]);
        for definition in [
            "CHECK ((state = ANY (ARRAY['a'::text, 'b''s'::text])))",
            "CHECK (((state)::text = ANY ((ARRAY['a'::character varying, 'b''s'::character varying])::text[])))",
            "CHECK (((state)::text = ANY (ARRAY[('a'::character varying)::text, ('b''s'::character varying)::text])))",
            "CHECK (((state = 'a'::text) OR (state = 'b''s'::text)))",
            "CHECK (((state IS NULL) OR (state = ANY (ARRAY['a'::text, 'b''s'::text])))) NOT VALID",
        ] {
            assert_eq!(listed(definition), both, "{definition}");
        }
        for other in
            ["CHECK ((state <> 'a'::text))", "CHECK ((n > 3))", "CHECK ((lower(state) = 'a'::text))", "CHECK (true)"]
        {
            assert_eq!(listed(other), None, "{other}");
        }
    }
}
