//! Owns the branches of a query: the arms of its CASEs, where each stands, and the query that tells which arms its rows take.
//! Must not know: flows, cases, or how the query is run.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    self, CaseWhen, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Query, Select,
    SelectItem, SetExpr, Spanned, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer, Whitespace};

/// How many characters of an arm are shown.
const SHOWN: usize = 90;

/// One arm of a CASE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    pub place: Location,
    /// `when … then …`, in one line.
    pub text: String,
    /// What it gives.
    pub result: Option<Expr>,
}

/// What a comment at the end of a branch's line says where no row can reach it, and why: `-- never: the column is NOT NULL`.
const NEVER: &str = "never:";

/// The lines of a text whose branches and codes are said never to occur.
#[must_use]
pub fn never(sql: &str) -> BTreeSet<u64> {
    let mut tokens = Vec::new();
    let _ = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location_into_buf(&mut tokens);
    let says = |token: &Token| matches!(token, Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) if comment.trim().starts_with(NEVER));
    tokens.iter().filter(|token| says(&token.token)).map(|token| token.span.start.line).collect()
}

/// The CASEs of one SELECT: a query gives, for each of its rows and each CASE, the number of the arm that it took.
#[derive(Debug, Clone)]
pub struct Probe {
    pub query: Statement,
    /// For each column of the query, the arms of its CASE.
    pub cases: Vec<Vec<Arm>>,
}

impl Arm {
    /// Does it give this reason, by `reject('…')`, `skip('…')` or `elsewhere('…')`?
    #[must_use]
    pub fn states(&self, reason: &str) -> bool {
        let Some(Expr::Function(function)) = &self.result else { return false };
        let FunctionArguments::List(list) = &function.args else { return false };
        matches!(list.args.first(), Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(first))))
            if matches!(&first.value, Value::SingleQuotedString(text) if text == reason))
    }
}

/// The probes of a query, those of its CTEs before its own. CASEs in subqueries are left out, and those of a SELECT that is
/// grouped by the numbers of its columns.
#[must_use]
pub fn probes(sql: &str) -> Vec<Probe> {
    let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql).ok().and_then(|mut parsed| parsed.pop());
    let Some(ast::Statement::Query(query)) = parsed else { return Vec::new() };
    let mut selects = Vec::new();
    for cte in query.with.iter().flat_map(|with| &with.cte_tables).filter(|cte| cte.query.with.is_none()) {
        selects_of(&cte.query.body, &mut selects);
    }
    selects_of(&query.body, &mut selects);
    selects.into_iter().filter_map(|select| probe(&query, select)).collect()
}

fn selects_of<'a>(body: &'a SetExpr, found: &mut Vec<&'a Select>) {
    match body {
        SetExpr::Select(select) => found.push(select),
        SetExpr::SetOperation { left, right, .. } => {
            selects_of(left, found);
            selects_of(right, found);
        }
        SetExpr::Query(query) if query.with.is_none() => selects_of(&query.body, found),
        _ => {}
    }
}

fn probe(query: &Query, select: &Select) -> Option<Probe> {
    if let GroupByExpr::Expressions(by, _) = &select.group_by
        && by.iter().any(|expr| matches!(expr, Expr::Value(_)))
    {
        return None;
    }
    let mut found = Found::default();
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
            found.within(expr, &[]);
        }
    }
    if found.cases.is_empty() {
        return None;
    }
    let column = |(at, expr)| SelectItem::ExprWithAlias { expr, alias: Ident::new(format!("case_{at}")) };
    let projection = found.columns.into_iter().enumerate().map(column).collect();
    let select = Select { projection, distinct: None, ..select.clone() };
    let body = Box::new(SetExpr::Select(Box::new(select)));
    let query = Query { body, order_by: None, limit_clause: None, fetch: None, ..query.clone() };
    let query = Statement::Statement(Box::new(ast::Statement::Query(Box::new(query))));
    Some(Probe { query, cases: found.cases })
}

/// The way to an expression: the CASEs around it, each with the arm that it stands in.
type Way<'a> = [(&'a Expr, usize)];

#[derive(Default)]
struct Found {
    columns: Vec<Expr>,
    cases: Vec<Vec<Arm>>,
}

impl Found {
    /// Takes the CASEs of an expression, and those within their arms.
    fn within(&mut self, expr: &Expr, way: &Way<'_>) {
        let mut outermost = Outermost::default();
        let _ = expr.visit(&mut outermost);
        for case in &outermost.cases {
            let Expr::Case { conditions, else_result, end_token, .. } = case else { continue };
            let mut arms: Vec<Arm> = conditions.iter().map(arm).collect();
            arms.push(match else_result {
                Some(result) => Arm {
                    place: start(result, end_token.0.span.start),
                    text: short(&format!("else {result}")),
                    result: Some(result.as_ref().clone()),
                },
                None => Arm {
                    place: end_token.0.span.start,
                    text: "else NULL, which is not written".to_owned(),
                    result: None,
                },
            });
            let numbered = with_results(case, number);
            self.columns.push(way.iter().rev().fold(numbered, |inner, (around, within)| {
                with_results(around, |at| if at == *within { inner.clone() } else { null() })
            }));
            self.cases.push(arms);
            for (at, when) in conditions.iter().enumerate() {
                self.within(&when.condition, way);
                self.within(&when.result, &[way, &[(case, at)]].concat());
            }
            if let Some(result) = else_result {
                self.within(result, &[way, &[(case, conditions.len())]].concat());
            }
        }
    }
}

/// The CASEs of an expression that stand in no other one, and in no subquery.
#[derive(Default)]
struct Outermost {
    cases: Vec<Expr>,
    depth: usize,
}

impl Visitor for Outermost {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Case { .. }) {
            if self.depth == 0 {
                self.cases.push(expr.clone());
            }
            self.depth += 1;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.depth -= usize::from(matches!(expr, Expr::Case { .. }));
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

/// A CASE with other results: the conditions' by their place, and the one of ELSE after them.
fn with_results(case: &Expr, result: impl Fn(usize) -> Expr) -> Expr {
    let Expr::Case { case_token, end_token, operand, conditions, .. } = case else { return null() };
    let of = |(at, when): (usize, &CaseWhen)| CaseWhen { condition: when.condition.clone(), result: result(at) };
    Expr::Case {
        case_token: case_token.clone(),
        end_token: end_token.clone(),
        operand: operand.clone(),
        conditions: conditions.iter().enumerate().map(of).collect(),
        else_result: Some(Box::new(result(conditions.len()))),
    }
}

fn arm(when: &CaseWhen) -> Arm {
    let text = short(&format!("when {} then {}", when.condition, when.result));
    Arm { place: start(&when.condition, when.result.span().start), text, result: Some(when.result.clone()) }
}

fn start(expr: &Expr, otherwise: Location) -> Location {
    let start = expr.span().start;
    if start.line > 0 { start } else { otherwise }
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let mut cut: String = line.chars().take(SHOWN - 1).collect();
    cut.push('…');
    cut
}

fn number(at: usize) -> Expr {
    Expr::Value(Value::Number(at.to_string(), false).into())
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

#[cfg(test)]
mod tests {
    use super::{never, probes};

    #[test]
    fn comments_say_what_never_occurs() {
        assert_eq!(never("select 1,\n  2 -- never: why\n, '-- never: no'").into_iter().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn arms_are_found_in_ctes_and_within_arms() {
        let sql = "with a as (select case x when 1 then 'one' end as y from t)\nselect case when p then 1\n  else f(case when q then 2 else 3 end) end from a";
        let found = probes(sql);
        let texts: Vec<Vec<&str>> = found
            .iter()
            .flat_map(|probe| &probe.cases)
            .map(|arms| arms.iter().map(|arm| arm.text.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [
                vec!["when 1 then 'one'", "else NULL, which is not written"],
                vec!["when p then 1", "else f(CASE WHEN q THEN 2 ELSE 3 END)"],
                vec!["when q then 2", "else 3"],
            ]
        );
        assert_eq!(found[1].cases[1][0].place.line, 3);
        // The inner one is asked only where its arm is taken.
        assert!(found[1].query.to_string().contains("CASE WHEN p THEN NULL ELSE CASE WHEN q THEN 0 ELSE 1 END END"));
    }
}
