//! Owns the values of a snapshot that have no place: those that a CASE over texts does not name, and those that a column of
//! the target does not take. They are counted, never shown.
//! Must not know: how they are shown.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::DataFusionError;
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::ident;
use futures::StreamExt;

use super::finding::{About, Finding, Severity};
use super::plans::{FlowPlan, Plans};
use crate::diagnosis::Text;
use crate::engine::{Engine, Schema, as_text};
use crate::error::{Error, Kind, Result};
use crate::flow::Flow;
use crate::lineage::{Own, Table, is_none_of, is_not_true};
use crate::name::Named;
use crate::outcome::OUTCOME;
use crate::snapshot::Snapshot;
use crate::target::Catalog;

/// The fewest texts of a CASE that are a vocabulary: one alone is a question.
const VOCABULARY: usize = 2;

/// Counts the values of a snapshot that have no place in a flow or in its target.
///
/// # Errors
/// What reading the snapshot meets. A value that an expression cannot take is told when it is migrated.
pub async fn values(plans: &Plans, snapshot: &Snapshot, catalog: Option<&Catalog>) -> Result<Vec<Finding>> {
    let Some(engine) = &plans.engine else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    for plan in &plans.flows {
        let Some(flow) = plans.pipeline.flows.iter().find(|flow| flow.name == plan.shape.flow) else { continue };
        // Of rows of several tables nobody knows here which one a value comes from.
        let [_] = flow.sources.as_slice() else { continue };
        let Some(source) = flow.named().next().and_then(|named| snapshot.named(&named, &plans.pipeline.schemas).ok())
        else {
            continue;
        };
        let is_own = |table: &Table| match table {
            Table::Source(name) => {
                let named = Named { name: name.clone(), flow: None, spot: crate::diagnosis::Spot::default() };
                snapshot
                    .named(&named, &plans.pipeline.schemas)
                    .is_ok_and(|found| found.qualified() == source.qualified())
            }
            Table::Own(name) => *name == flow.name,
            Table::Migrated(_) => false,
        };
        let seen =
            Seen { engine, plans, plan, flow, own: Own::new(&plan.written, &is_own), source: source.qualified() };
        findings.extend(seen.of_cases().await?);
        if let Some(catalog) = catalog {
            findings.extend(seen.of_target(catalog).await?);
        }
    }
    Ok(findings)
}

/// A flow's rows, looked at one column at a time.
struct Seen<'a> {
    engine: &'a Engine,
    plans: &'a Plans,
    plan: &'a FlowPlan,
    flow: &'a Flow,
    own: Own<'a>,
    /// `schema.name` of the source table.
    source: String,
}

/// Rows and different values without a place.
struct Counted {
    rows: i64,
    values: i64,
}

impl Counted {
    /// `3 rows hold 2 values`.
    fn told(&self, table: &str) -> String {
        let rows = if self.rows == 1 {
            format!("one row of {table} holds")
        } else {
            format!("{} rows of {table} hold", self.rows)
        };
        let values = if self.values == 1 { "a value".to_owned() } else { format!("{} values", self.values) };
        format!("{rows} {values}")
    }
}

impl Seen<'_> {
    /// What the CASEs of the target's columns do not name.
    async fn of_cases(&self) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let columns: Vec<String> = self.plan.shape.columns().map(|field| field.name().clone()).collect();
        for column in columns {
            for choice in self.own.choices(&column).into_iter().filter(|choice| choice.texts >= VOCABULARY) {
                let condition = choice.subject.clone().is_not_null().and(is_not_true(choice.named));
                let Some(counted) = self.count(choice.subject.clone(), condition).await? else { continue };
                let (severity, then) = match (choice.has_else, counted.rows) {
                    (true, 1) => (Severity::Note, "it takes the ELSE"),
                    (true, _) => (Severity::Note, "they take the ELSE"),
                    (false, 1) => (Severity::Warning, "it becomes NULL"),
                    (false, _) => (Severity::Warning, "they become NULL"),
                };
                let message = format!("{column}: {} that no WHEN names: {then}", counted.told(&self.source));
                let finding = Finding::new(severity, About::Values, message);
                findings.push(self.placed(finding, &column, &choice.subject));
            }
        }
        Ok(findings)
    }

    /// What the target's columns do not take.
    async fn of_target(&self, catalog: &Catalog) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let Some(table) = catalog.table(&self.flow.target) else { return Ok(findings) };
        for field in self.plan.shape.columns() {
            let Some(column) = table.column(field.name()) else { continue };
            for labels in table.labels(column) {
                findings.extend(self.of_literals(field.name(), &labels));
                let Some(value) = self.own.value(field.name()).filter(|value| !value.column_refs().is_empty()) else {
                    continue;
                };
                let condition = value.clone().is_not_null().and(is_none_of(as_text(value.clone()), &labels.texts));
                let Some(counted) = self.count(value.clone(), condition).await? else { continue };
                let message = format!(
                    "{}.{}: {} that {} does not take",
                    self.flow.target,
                    field.name(),
                    counted.told(&self.source),
                    labels.by
                );
                findings.push(self.placed(Finding::warning(About::Values, message), field.name(), &value));
            }
        }
        Ok(findings)
    }

    /// Texts that the flow itself writes, and a CHECK of the target refuses; those of enums are compared elsewhere.
    fn of_literals(&self, column: &str, labels: &crate::target::Labels) -> Option<Finding> {
        let given = self.plan.shape.labels.get(column)?;
        let refused: Vec<String> =
            given.iter().filter(|text| !labels.texts.contains(text)).map(|text| format!("'{text}'")).collect();
        if refused.is_empty() || !labels.by.starts_with("the constraint") {
            return None;
        }
        let message = format!(
            "{}.{column}: the flow writes {}, which {} refuses",
            self.flow.target,
            refused.join(", "),
            labels.by
        );
        let finding =
            Finding::warning(About::Values, message).in_flow(&self.plans.pipeline, &self.flow.name, Some(column));
        let known = labels.texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ");
        Some(finding.at_table(&self.flow.target).at_column(column).hint(format!("it takes {known}")))
    }

    fn placed(&self, finding: Finding, column: &str, subject: &Expr) -> Finding {
        let finding = finding.in_flow(&self.plans.pipeline, &self.flow.name, Some(column));
        let finding = finding.at_table(&self.flow.target).at_column(column);
        let mut columns: Vec<&str> = subject.column_refs().into_iter().map(|column| column.name.as_str()).collect();
        columns.sort_unstable();
        finding.hint(format!(
            "look at the values of {} in {}, and say what becomes of them",
            columns.join(", "),
            self.source
        ))
    }

    /// Of the rows that no branch of the outcome turns away for what the table itself holds: how many are so, and with how
    /// many different values? None where none is.
    async fn count(&self, subject: Expr, condition: Expr) -> Result<Option<Counted>> {
        let away = self.own.before(OUTCOME, "migrate").into_iter().map(is_not_true);
        let condition = away.fold(condition, Expr::and);
        let planned = async {
            let rows = self
                .engine
                .table(Schema::Own, &self.flow.name)
                .await
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            rows.filter(condition)?
                .aggregate(vec![subject.alias("value")], vec![count(lit(1)).alias("times")])?
                .aggregate(Vec::new(), vec![count(lit(1)).alias("values"), sum(ident("times")).alias("rows")])
        };
        // An expression that means nothing outside of its query is no finding.
        let Ok(frame) = planned.await else { return Ok(None) };
        let text = Text { file: &self.flow.file, sql: &self.flow.sql };
        let mut stream = match self.engine.stream(frame, text, None).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == Kind::Config => return Ok(None),
            Err(error) => return Err(error),
        };
        while let Some(batch) = stream.next().await {
            let Ok(batch) = batch else { return Ok(None) };
            let of = |name: &str| {
                let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>())?;
                column.iter().flatten().next()
            };
            if batch.num_rows() > 0 {
                let values = of("values").ok_or_else(|| Error::unexpected("values cannot be counted"))?;
                return Ok((values > 0).then(|| Counted { rows: of("rows").unwrap_or_default(), values }));
            }
        }
        Ok(None)
    }
}
