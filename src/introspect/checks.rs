//! Owns the target's checks as conditions over what a flow gives: each column's name becomes the SQL of its value.
//! Must not know: whether the engine takes the result.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Ident, visit_expressions_mut};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

/// The check over these values, each by the name that stands for it; None where it cannot be read, or is over something else.
#[must_use]
pub fn over(check: &str, values: &BTreeMap<String, String>) -> Option<String> {
    let mut expr = simplified(parsed(check)?);
    let mut missing = false;
    let failed = visit_expressions_mut(&mut expr, |part: &mut Expr| {
        let name = match part {
            Expr::Identifier(name) => name_of(name),
            Expr::CompoundIdentifier(names) => match names.last() {
                Some(name) => name_of(name),
                None => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        match values.get(&name).map(|value| parsed(value)) {
            // Visited from the leaves up: what is put in is not looked at again.
            Some(Some(value @ (Expr::CompoundIdentifier(_) | Expr::Function(_) | Expr::Cast { .. }))) => *part = value,
            Some(Some(value)) => *part = Expr::Nested(Box::new(value)),
            Some(None) => return ControlFlow::Break(()),
            None => missing = true,
        }
        ControlFlow::Continue(())
    });
    if failed.is_break() || missing {
        return None;
    }
    Some(lower(&expr.to_string()))
}

/// Words of SQL in lower case, as the rest of a flow has them; what stands in quotes stays.
fn lower(sql: &str) -> String {
    let words = [
        "AND", "OR", "NOT", "IS", "NULL", "IN", "BETWEEN", "LIKE", "TRUE", "FALSE", "CASE", "WHEN", "THEN", "ELSE",
        "END",
    ];
    let mut text = String::with_capacity(sql.len());
    let mut word = String::new();
    let mut quote = None;
    for sign in sql.chars().chain(std::iter::once('\0')) {
        if quote.is_none() && sign.is_ascii_alphabetic() {
            word.push(sign);
            continue;
        }
        text.push_str(&if words.contains(&word.as_str()) { word.to_lowercase() } else { word.clone() });
        word.clear();
        quote = match quote {
            None if sign == '\'' || sign == '"' => Some(sign),
            Some(open) if open == sign => None,
            other => other,
        };
        if sign != '\0' {
            text.push(sign);
        }
    }
    text
}

/// The column and its words, where a check says that a column holds one of some words.
#[must_use]
pub fn words(check: &str) -> Option<(String, Vec<String>)> {
    let Expr::InList { expr, list, negated: false } = simplified(parsed(check)?) else { return None };
    let name = match bare(*expr) {
        Expr::Identifier(name) => name_of(&name),
        _ => return None,
    };
    let text = |word: Expr| match word {
        Expr::Value(value) => value.into_string(),
        _ => None,
    };
    let words = list.into_iter().map(|word| text(bare(word))).collect::<Option<Vec<String>>>()?;
    Some((name, words))
}

/// What a check says of one column by whether another is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// `null is not null or flag`, `flag = (null is null)`.
    TrueWhereNull { flag: String, null: String },
    /// `(number = 0) = (null is null)`.
    ZeroWhereNull { number: String, null: String },
}

/// The demand of a check that is about two columns of which one may be NULL.
#[must_use]
pub fn demand(check: &str) -> Option<Demand> {
    let column = |expr: &Expr| match bare(expr.clone()) {
        Expr::Identifier(name) => Some(name_of(&name)),
        _ => None,
    };
    let Expr::BinaryOp { left, op, right } = simplified(parsed(check)?) else { return None };
    let sides = [(bare(*left.clone()), bare(*right.clone())), (bare(*right), bare(*left))];
    sides.into_iter().find_map(|(one, other)| match (&op, one, other) {
        (BinaryOperator::Or, Expr::IsNotNull(null), flag)
        | (BinaryOperator::Eq, Expr::IsNull(null), flag @ Expr::Identifier(_)) => {
            Some(Demand::TrueWhereNull { flag: column(&flag)?, null: column(&null)? })
        }
        (BinaryOperator::Eq, Expr::IsNull(null), Expr::BinaryOp { left, op: BinaryOperator::Eq, right }) => {
            let zero = matches!(bare(*right), Expr::Value(value) if value.to_string() == "0");
            zero.then_some(Demand::ZeroWhereNull { number: column(&left)?, null: column(&null)? })
        }
        _ => None,
    })
}

/// The same as people write it: `x in (…)` for `x = ANY (ARRAY[…])`, and no casts of texts to text.
fn simplified(expr: Expr) -> Expr {
    let mut expr = outermost(expr);
    let _ = visit_expressions_mut(&mut expr, |part: &mut Expr| {
        if let Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } = part
            && let Expr::Array(array) = bare((**right).clone())
        {
            let list = array.elem.into_iter().map(bare).collect();
            *part = Expr::InList { expr: Box::new(bare((**left).clone())), list, negated: false };
        } else if let Expr::Cast { expr, .. } = part
            && matches!(**expr, Expr::Value(_))
        {
            *part = bare(part.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    expr
}

fn outermost(expr: Expr) -> Expr {
    match expr {
        Expr::Nested(inner) => outermost(*inner),
        other => other,
    }
}

/// An expression without brackets and casts to text around it.
fn bare(expr: Expr) -> Expr {
    match expr {
        Expr::Nested(inner) => bare(*inner),
        Expr::Cast { expr, data_type, .. }
            if ["text", "character varying", "varchar", "text[]", "character varying[]"]
                .contains(&data_type.to_string().to_lowercase().as_str()) =>
        {
            bare(*expr)
        }
        other => other,
    }
}

fn parsed(sql: &str) -> Option<Expr> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?;
    let expr = parser.parse_expr().ok()?;
    let rest = parser.peek_token().token;
    matches!(rest, datafusion::sql::sqlparser::tokenizer::Token::EOF).then_some(expr)
}

fn name_of(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::{Demand, demand, over, words};

    #[test]
    fn checks_are_over_values() {
        let values = [("rating".to_owned(), "f.stars".to_owned()), ("a b".to_owned(), "coalesce(f.x, 0)".to_owned())];
        let values = values.into_iter().collect();
        let said = |check| over(check, &values);
        assert_eq!(said("((rating >= 1) AND (rating <= 5))").as_deref(), Some("(f.stars >= 1) and (f.stars <= 5)"));
        assert_eq!(said("(rating ~ 'A AND B'::text)").as_deref(), Some("f.stars ~ 'A AND B'"));
        assert_eq!(said("(\"a b\" > 0)").as_deref(), Some("coalesce(f.x, 0) > 0"));
        assert_eq!(said("(other > 0)"), None);
    }

    #[test]
    fn lists_of_words() {
        let check = "((status)::text = ANY ((ARRAY['new'::character varying, 'it''s'::character varying])::text[]))";
        assert_eq!(words(check), Some(("status".to_owned(), vec!["new".to_owned(), "it's".to_owned()])));
        assert_eq!(words("(size > 0)"), None);
    }

    #[test]
    fn demands_where_another_column_is_null() {
        let flag = |flag: &str, null: &str| Some(Demand::TrueWhereNull { flag: flag.into(), null: null.into() });
        let zero = |number: &str, null: &str| Some(Demand::ZeroWhereNull { number: number.into(), null: null.into() });
        assert_eq!(demand("((actor_id IS NOT NULL) OR is_system)"), flag("is_system", "actor_id"));
        assert_eq!(demand("(is_system OR (actor_id IS NOT NULL))"), flag("is_system", "actor_id"));
        assert_eq!(demand("(is_root = (parent_id IS NULL))"), flag("is_root", "parent_id"));
        assert_eq!(demand("((revision = 0) = (parent_id IS NULL))"), zero("revision", "parent_id"));
        assert_eq!(demand("((revision = 1) = (parent_id IS NULL))"), None);
        assert_eq!(demand("((a IS NOT NULL) OR (b IS NOT NULL))"), None);
    }
}
