//! Owns how one query of a file is planned, and how its error finds its place in the text.
//! Must not know: which stage asks, or how the query runs.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::prelude::DataFrame;
use datafusion::sql::parser::Statement;

use super::narrow::Expressions;
use super::{Engine, dialect, functions};
use crate::diagnosis::{Text, distance, is_of_literal, is_of_two_sides, is_placed, planning};
use crate::error::{At, Error, Result};

type Params = [(String, ScalarValue)];

/// Why a query does not plan.
enum Failure {
    Engine(DataFusionError),
    /// A rule of ours, and the name in the query that breaks it.
    Ours(Error, String),
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}

impl Failure {
    /// What tells one failure from another; it is compared, never shown.
    fn text(&self) -> String {
        match self {
            Self::Engine(error) => error.strip_backtrace(),
            Self::Ours(error, name) => format!("{error} {name}"),
        }
    }
}

impl Engine {
    /// Plans one query of a file: queries only, of immutable functions, without nanoseconds. It is optimised on trial,
    /// which finds what planning alone does not: literals that do not fit their type.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with file:line:column, the piece of SQL that is meant, and a hint.
    pub async fn plan(&self, text: Text<'_>, params: &Params) -> Result<DataFrame> {
        Ok(self.plan_and_optimise(text, params).await?.0)
    }

    /// The same, with the optimised plan beside it.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn plan_and_optimise(&self, text: Text<'_>, params: &Params) -> Result<(DataFrame, LogicalPlan)> {
        if let Some(moment) = &self.moment {
            moment.begin();
        }
        let statement = self.parsed(text)?;
        self.attempt_placed(statement, text, params).await
    }

    /// The same for a query that was put together of pieces of a text.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn plan_parsed(&self, statement: Statement, text: Text<'_>, params: &Params) -> Result<DataFrame> {
        Ok(self.attempt_placed(statement, text, params).await?.0)
    }

    /// Plans and optimises; of a mistake, the place is sought.
    async fn attempt_placed(
        &self,
        statement: Statement,
        text: Text<'_>,
        params: &Params,
    ) -> Result<(DataFrame, LogicalPlan)> {
        match self.attempt(statement.clone(), params).await {
            Ok(planned) => Ok(planned),
            Err(failure) => Err(self.located(&failure, statement, text, params).await),
        }
    }

    /// The same without seeking the place of a mistake: for many queries, of which many are refused.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the file alone, or what of its place the engine tells.
    pub async fn plan_unplaced(&self, text: Text<'_>, params: &Params) -> Result<DataFrame> {
        let told = |error: &DataFusionError| planning(error, text, &self.table_names(), None);
        let statement = self.parsed(text)?;
        self.attempt(statement, params).await.map(|(frame, _)| frame).map_err(|failure| match *failure {
            Failure::Engine(error) => told(&error),
            Failure::Ours(error, _) => error,
        })
    }

    /// Plans a query that was made of one of a file's, under the same rules.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the file alone: the query stands in none as it is.
    pub async fn plan_made(&self, statement: Statement, text: Text<'_>, params: &Params) -> Result<DataFrame> {
        let told = |error: &DataFusionError| planning(error, Text { sql: "", ..text }, &[], None);
        self.attempt(statement, params).await.map(|(frame, _)| frame).map_err(|failure| match *failure {
            Failure::Engine(error) => told(&error),
            Failure::Ours(error, _) => error,
        })
    }

    /// One query of a file as syntax.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with file:line:column.
    pub fn parsed(&self, text: Text<'_>) -> Result<Statement> {
        if let Some(refused) = dialect::interval_with_precision(text.sql) {
            return Err(text.at_name(Error::config(refused.0), "interval"));
        }
        let state = self.ctx.state();
        let dialect = state.config().options().sql_parser.dialect;
        let told = |error| planning(&error, text, &self.table_names(), None);
        state.sql_to_statement(text.sql, &dialect).map_err(told)
    }

    async fn attempt(
        &self,
        mut statement: Statement,
        params: &Params,
    ) -> Result<(DataFrame, LogicalPlan), Box<Failure>> {
        let failed = |error| Box::new(Failure::Engine(error));
        let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        if let Some(missing) = dialect::undeclared(&statement, params) {
            let error = Error::config(format!("the parameter {missing} is not declared"))
                .hint("declare it under [params] of the pipeline");
            return Err(Box::new(Failure::Ours(error, missing)));
        }
        let refused = |refused: dialect::Refused| failed(DataFusionError::Plan(refused.0));
        if self.moment.is_some() {
            super::named::alias(&mut statement);
        }
        dialect::rewrite(&mut statement, params).map_err(refused)?;
        let plan = self.ctx.state().statement_to_plan(statement).await.map_err(failed)?;
        options.verify_plan(&plan).map_err(failed)?;
        if self.moment.is_none() {
            refuse_unstable(&plan)?;
        }
        let plan = functions::checked_casts(plan)
            .and_then(functions::ordered_by_place)
            .and_then(dialect::settled)
            .map_err(failed)?;
        let frame = self.ctx.execute_logical_plan(plan).await.map_err(failed)?;
        refuse_nanoseconds(frame.logical_plan())?;
        refuse_columns(frame.logical_plan())?;
        let state = self.ctx.state();
        let analysed = state
            .analyzer()
            .execute_and_check(frame.logical_plan().clone(), state.config_options(), |_, _| {})
            .map_err(failed)?;
        dialect::vetted(&analysed).map_err(failed)?;
        let optimised = state.optimizer().optimize(analysed, &state, |_, _| {}).map_err(failed)?;
        refuse_uncomputable(&optimised)?;
        Ok((frame, optimised))
    }

    /// The error of a failure, with its place.
    async fn located(&self, failure: &Failure, statement: Statement, text: Text<'_>, params: &Params) -> Error {
        let mut expressions = Expressions::of(statement);
        let found = match failure {
            Failure::Engine(error) if is_placed(error, text) => None,
            _ => self.narrowest(failure, &mut expressions, params).await,
        };
        let suspect = found.map(|index| expressions.get(index));
        match (failure, suspect) {
            (Failure::Engine(error), suspect) => {
                let told = planning(error, text, &self.table_names(), suspect);
                match self.hint_for(told.message()) {
                    Some(hint) => told.better_hint(hint),
                    None => told,
                }
            }
            (Failure::Ours(error, _), Some((expr, nth))) => text.at_expr(error.clone(), expr, nth),
            (Failure::Ours(error, name), None) => text.at_name(error.clone(), name),
        }
    }

    /// What to write in place of a function that is not there: as PostgreSQL's is told, or the names most like it.
    fn hint_for(&self, message: &str) -> Option<String> {
        let name = message.strip_prefix("Invalid function '")?.split('\'').next()?;
        if let Some(hint) = dialect::hint_for_function(name) {
            return Some(hint);
        }
        let state = self.ctx.state();
        let known = state.scalar_functions().keys().chain(state.aggregate_functions().keys());
        let internal = |known: &String| known.starts_with("op_") || known.ends_with("_key") || known.ends_with("_of");
        let mut near: Vec<(usize, &String)> =
            known.filter(|known| !internal(known)).map(|known| (distance(name, known), known)).collect();
        near.sort();
        near.dedup();
        let near: Vec<String> =
            near.into_iter().filter(|(steps, _)| *steps <= 3).take(3).map(|(_, name)| format!("'{name}'")).collect();
        (!near.is_empty()).then(|| format!("did you mean {}? `rehome help sql` lists all functions", near.join(" or ")))
    }

    /// The narrowest expression without which the query plans, or at least fails of something else.
    async fn narrowest(&self, failure: &Failure, expressions: &mut Expressions, params: &Params) -> Option<usize> {
        let of_literal = matches!(failure, Failure::Engine(error) if is_of_literal(error));
        let of_two = matches!(failure, Failure::Engine(error) if is_of_two_sides(error));
        let told = failure.text();
        let mut strict = true;
        let mut place = None;
        let mut candidates = expressions.outermost();
        loop {
            let (mut cures, mut changes) = (Vec::new(), Vec::new());
            for index in candidates {
                let Some(without) = expressions.without(index) else { return place };
                match self.attempt(without, params).await {
                    Ok(_) => cures.push(index),
                    Err(other) if other.text() != told => changes.push(index),
                    Err(_) => {}
                }
            }
            // With a second mistake in the query, nothing cures it: then what changes the error has to do.
            strict &= place.is_some() || !cures.is_empty();
            let found = if strict { cures } else { changes };
            let next = match found.as_slice() {
                [] => return place,
                [one] => *one,
                // Of several that do not go together, none alone is to blame, unless it is a literal.
                several => match several.iter().find(|index| of_literal && expressions.is_literal(**index)) {
                    Some(literal) => *literal,
                    None if place.is_some() => return place,
                    None => several[0],
                },
            };
            if of_two && place.is_some() && expressions.is_plain(next) {
                return place;
            }
            place = Some(next);
            candidates = expressions.within(next);
        }
    }
}

fn refuse_unstable(plan: &LogicalPlan) -> Result<(), Box<Failure>> {
    let mut unstable: Option<String> = None;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                if let Expr::ScalarFunction(function) = expr {
                    let name = function.name();
                    let clock = matches!(name, "now" | "current_date" | "current_time" | "current_timestamp" | "today");
                    if clock || function.func.signature().volatility == Volatility::Volatile {
                        unstable = Some(name.to_owned());
                    }
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })
    .map_err(Failure::from)?;
    let Some(name) = unstable else { return Ok(()) };
    let error = Error::config(format!("{name}() gives another result each time"))
        .hint("rules must be reproducible: declare the value under [params] and write $name");
    Err(Box::new(Failure::Ours(error, name)))
}

/// Queries within expressions become joins; what is still there has no way to be computed.
fn refuse_uncomputable(plan: &LogicalPlan) -> Result<(), Box<Failure>> {
    let mut left = None;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                let what = match expr {
                    Expr::InSubquery(_) => "IN (SELECT …)",
                    Expr::Exists(_) => "EXISTS (SELECT …)",
                    Expr::SetComparison(_) => "a comparison with ANY or ALL of a SELECT",
                    _ => return Ok(TreeNodeRecursion::Continue),
                };
                left = Some(what);
                Ok(TreeNodeRecursion::Stop)
            })
        })
    })
    .map_err(Failure::from)?;
    let Some(what) = left else { return Ok(()) };
    let error = Error::config(format!("{what} cannot be computed here"))
        .hint("as a condition of WHERE it can; for a value, LEFT JOIN what it looks for and ask whether it was found: x.id is not null");
    Err(Box::new(Failure::Ours(error, String::new())))
}

fn refuse_nanoseconds(plan: &LogicalPlan) -> Result<(), Box<Failure>> {
    let mut found: Option<String> = None;
    plan.apply_with_subqueries(|node| {
        for field in node.schema().fields() {
            if matches!(field.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _)) {
                found.get_or_insert_with(|| field.name().clone());
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(Failure::from)?;
    let Some(column) = found else { return Ok(()) };
    let error = Error::config("a timestamp of nanoseconds: PostgreSQL's have microseconds")
        .at(At::Column, column.clone())
        .hint("write timestamp '…' or timestamptz '…'");
    Err(Box::new(Failure::Ours(error, column)))
}

/// No column of a result may have a type that nothing can be stored as.
fn refuse_columns(plan: &LogicalPlan) -> Result<(), Box<Failure>> {
    match dialect::refuse_outputs(plan.schema().as_arrow()) {
        Ok(()) => Ok(()),
        Err((column, what)) => {
            let error = Error::config(format!("a column cannot be {what}")).at(At::Column, column.clone());
            Err(Box::new(Failure::Ours(error, column)))
        }
    }
}
