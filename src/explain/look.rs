//! Owns the looking into a flow's query for one row: what is asked of it, and what the answers say of joins and branches.
//! Must not know: what is stored of the row.

use datafusion::sql::sqlparser::ast::Expr;

use super::evidence::{Answers, Witness};
use super::looking::{self, Asked, Fired, Key, branches};
use super::scope::{JoinKind, Relation, Scope, normal, reference, start};
use super::statement::{Case, Probes, column, prefix, probed};
use super::story::{Branch, Condition, Decision, Found, Join, LookedFor, Lost, Story, Truth};
use crate::diagnosis::{BranchText, Clause, Text};
use crate::error::{Kind, Result};
use crate::outcome::{Cause, OUTCOME};

/// How deep CASEs within CASEs are followed.
const DEEPEST: usize = 8;

/// What the query says of one row.
pub struct Said {
    pub answers: Answers,
    pub decision: Option<Decision>,
    pub joins: Vec<Join>,
}

/// Looks into a query for a row.
pub struct Looker<'a> {
    pub witness: &'a Witness<'a>,
    pub values: bool,
}

/// The CASE that decides, and where it stands.
struct Deciding<'a> {
    scope: &'a Scope,
    path: Vec<usize>,
    expr: Expr,
}

impl Looker<'_> {
    /// Asks a query about the row, as far as it can be asked.
    ///
    /// # Errors
    /// What running it meets, but for a query that cannot be asked so: that is told.
    pub async fn look(&self, scope: &Scope, story: &mut Story) -> Result<Vec<Said>> {
        let (path, expr) = scope.output(OUTCOME).unwrap_or_else(|| (Vec::new(), column(None, OUTCOME)));
        let own = scope.at(&path).unwrap_or(scope);
        let deciding = Deciding { scope: own, path, expr };
        let case = Case::of(&deciding.expr);
        let untold = &mut story.not_looked_into;
        if case.is_none() && reference(&deciding.expr).is_some() {
            untold.push(format!("branches: {} comes from a query that is more than a SELECT of rows", deciding.expr));
        }
        if !scope.plain {
            untold.push("joins: the query groups or combines its rows".to_owned());
        }
        for with_joins in [true, false] {
            let mut probes = Probes::default();
            let outputs = case.as_ref().map(|case| branches(case, &[], &deciding.path, &mut probes));
            let outputs = outputs.unwrap_or_default();
            let asked = if with_joins { looking::joins(scope, &[], &mut probes) } else { Vec::new() };
            match self.witness.rows(probed(scope, &probes)).await {
                Ok(rows) => return self.told(scope, &deciding, case.as_ref(), (&outputs, &asked), rows).await,
                // An expression that stands alone may fail where it does not within the query.
                Err(error) if error.kind() == Kind::Config => {
                    let what = if with_joins { "joins" } else { "branches" };
                    untold.push(format!("{what}: the query cannot be asked about them as it is written"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }

    async fn told(
        &self,
        scope: &Scope,
        deciding: &Deciding<'_>,
        case: Option<&Case>,
        (outputs, asked): (&[String], &[Asked]),
        rows: Vec<Answers>,
    ) -> Result<Vec<Said>> {
        let mut all = Vec::new();
        for answers in rows {
            let decision = self.decision(scope, deciding, case, outputs, &answers).await?;
            let mut joins = Vec::new();
            for one in asked {
                joins.push(self.join(scope, one, &answers).await?);
            }
            all.push(Said { answers, decision, joins });
        }
        Ok(all)
    }

    /// How `_outcome` was decided for a row.
    async fn decision(
        &self,
        scope: &Scope,
        deciding: &Deciding<'_>,
        case: Option<&Case>,
        outputs: &[String],
        answers: &Answers,
    ) -> Result<Option<Decision>> {
        let Some(says) = answers.outcome().map(|text| Cause::split(&text).0.to_owned()) else { return Ok(None) };
        let text = deciding.scope.text();
        let Some(case) = case else {
            return Ok(Some(Decision {
                says,
                by: text.expression(&deciding.expr),
                branches: Vec::new(),
                not_reached: 0,
            }));
        };
        let (mut told, mut around): (Vec<Branch>, Vec<Fired>) = (Vec::new(), Vec::new());
        let (mut case, mut outputs, mut answers) = (case.clone(), outputs.to_vec(), answers.clone());
        let mut at = start(&deciding.expr);
        loop {
            let states: Vec<Option<Truth>> = outputs.iter().map(|output| answers.truth(output)).collect();
            let fired = states.iter().position(|state| *state == Some(Truth::True)).unwrap_or(states.len());
            let not_reached = case.conditions.len().saturating_sub(fired + 1)
                + usize::from(fired < states.len() && case.otherwise.is_some());
            let Some(texts) = text.branches(at) else { return Ok(None) };
            for (branch, BranchText { when, then }) in texts.into_iter().take(fired + 1).enumerate() {
                let was = states.get(branch).map_or(Truth::True, |state| state.unwrap_or(Truth::Null));
                told.push(Branch { when, then, was, depth: around.len() });
            }
            let inner = case.result(fired).and_then(|result| Some((start(result), Case::of(result)?)));
            around.push((case, fired));
            let Some((inside, inner)) = inner.filter(|_| around.len() < DEEPEST) else {
                let by = told.last().map(|branch| branch.when.clone()).unwrap_or_default();
                return Ok(Some(Decision { says, by, branches: told, not_reached }));
            };
            let mut probes = Probes::default();
            outputs = branches(&inner, &around, &deciding.path, &mut probes);
            let wanted = answers.ordinal();
            let rows = self.witness.rows(probed(scope, &probes)).await?;
            let Some(own) = rows.into_iter().find(|row| row.ordinal() == wanted) else { return Ok(None) };
            (answers, case, at) = (own, inner, inside);
        }
    }

    /// What a join found.
    async fn join(&self, scope: &Scope, asked: &Asked, answers: &Answers) -> Result<Join> {
        let unknown = || Join {
            clause: Clause::default(),
            found: Found::Unknown,
            keys: Vec::new(),
            kept_away_by: Vec::new(),
            lost: Vec::new(),
            within: Vec::new(),
        };
        let Some(relation) = scope.at(&asked.path).and_then(|own| own.relations.get(asked.at)) else {
            return Ok(unknown());
        };
        let found = match (&asked.marker, relation.kind) {
            (_, JoinKind::Start) => Found::Start,
            (Some(marker), _) => {
                if answers.flag(marker) == Some(true) {
                    Found::One
                } else {
                    Found::None
                }
            }
            (None, _) => Found::Unknown,
        };
        let text = scope.at(&asked.path).unwrap_or(scope).text();
        let keys = asked.keys.iter().map(|key| self.looked_for(key, text, answers)).collect();
        let state = |(part, output): &(Expr, String)| {
            Some(Condition { text: text.expression(part).text, was: answers.truth(output)? })
        };
        let kept_away_by: Vec<Condition> = if found == Found::None {
            asked.conditions.iter().filter_map(state).filter(|condition| condition.was != Truth::True).collect()
        } else {
            Vec::new()
        };
        let mut within = Vec::new();
        if matches!(found, Found::One | Found::Start) {
            for inner in &asked.within {
                within.push(Box::pin(self.join(scope, inner, answers)).await?);
            }
        }
        let lost = if found == Found::None && kept_away_by.is_empty() {
            self.lost(relation, asked, answers).await
        } else {
            Vec::new()
        };
        Ok(Join { clause: relation.clause.clone(), found, keys, kept_away_by, lost, within })
    }

    fn looked_for(&self, key: &Key, text: Text<'_>, answers: &Answers) -> LookedFor {
        LookedFor {
            column: text.expression(&key.column).text,
            expression: text.expression(&key.expression).text,
            null: answers.value(&key.output).is_none_or(|value| value.is_null()),
            value: answers.text(&key.output).filter(|_| self.values),
        }
    }

    /// Where, in the query behind a relation, the row was lost that a join looked for; empty where that cannot be told.
    async fn lost(&self, relation: &Relation, asked: &Asked, answers: &Answers) -> Vec<Lost> {
        let (Some(inner), [key]) = (&relation.inner, asked.keys.as_slice()) else { return Vec::new() };
        let (Some(name), Some(value)) = (looking::compared(key), answers.value(&key.output)) else { return Vec::new() };
        if value.is_null() {
            return Vec::new();
        }
        let (mut scope, mut name) = (inner.as_ref(), normal(name));
        let mut steps = Vec::new();
        loop {
            let Some(output) = scope.gives(&name) else { return Vec::new() };
            let last = scope.relations.len();
            for step in 0..=last {
                let filtered = step == last;
                if filtered && scope.select.selection.is_none() {
                    break;
                }
                let (query, column) = prefix(scope, step, filtered, output.clone());
                let Ok(rows) = self.witness.count(query, &column, &value).await else { continue };
                let clause =
                    if filtered { scope.filter() } else { scope.relations.get(step).map(|of| of.clause.clone()) };
                steps.push(Lost { clause: clause.unwrap_or_default(), rows });
                if rows == 0 {
                    break;
                }
            }
            // Nothing in what the query begins with: perhaps that is a query too.
            let first = scope.relations.first().and_then(|first| Some((first.inner.as_ref()?, first.alias.as_ref()?)));
            match (steps.last(), first, reference(&output)) {
                (Some(Lost { rows: 0, .. }), Some((below, alias)), Some((of, column)))
                    if steps.len() == 1 && of.is_none_or(|of| normal(of) == normal(alias)) =>
                {
                    name = normal(column);
                    scope = below.as_ref();
                    steps.clear();
                }
                _ => return steps,
            }
        }
    }
}
