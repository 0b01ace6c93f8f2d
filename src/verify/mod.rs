//! Owns the proof that the target holds what the outcomes say: every row is read back and compared, value by value.
//! Must not know: how rows were loaded, beyond which of them the target refused.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use serde::Serialize;
use uuid::Uuid;

use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Result};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::progress::Sink;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table};
use scope::Scope;

mod actual;
mod canon;
mod compare;
mod expected;
mod hash;
mod integrity;
mod json;
mod number;
mod outcomes;
mod scope;

pub use integrity::{Duplicates, Orphans};

const STILL_THERE: &str = include_str!("../../sql/control/verify/still_there.sql");
const SESSION: &str = include_str!("../../sql/control/verify/session.sql");

/// What the comparison found, of all flows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    pub flows: Vec<FlowVerified>,
    pub orphans: Vec<Orphans>,
    pub duplicates: Vec<Duplicates>,
}

/// What the comparison found of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowVerified {
    pub flow: String,
    /// Rows that are in the target as they shall be.
    pub rows: u64,
    pub missing: u64,
    /// Rows of this run in the target that no outcome asks for.
    pub extra: u64,
    /// Rows with a value that is not as it shall be.
    pub different: u64,
    /// Up to twenty of them.
    pub examples: Vec<Example>,
}

/// A row that is not as it shall be; never its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Example {
    pub what: What,
    pub id: Uuid,
    /// The legacy key; none for an extra row.
    pub key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    Missing,
    Different,
    Extra,
}

impl Verification {
    /// Is everything as it shall be?
    #[must_use]
    pub fn clean(&self) -> bool {
        self.orphans.is_empty()
            && self.duplicates.is_empty()
            && self.flows.iter().all(|flow| flow.missing + flow.extra + flow.different == 0)
    }

    /// What was found, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let sum = |of: fn(&FlowVerified) -> u64| self.flows.iter().map(of).sum::<u64>();
        let mut line = format!("{} rows are as they shall be", sum(|flow| flow.rows));
        for (count, what) in [
            (sum(|flow| flow.missing), "missing"),
            (sum(|flow| flow.different), "different"),
            (sum(|flow| flow.extra), "too many"),
            (self.orphans.iter().map(|found| found.rows).sum(), "orphans"),
            (self.duplicates.iter().map(|found| found.keys).sum(), "keys twice"),
        ] {
            if count > 0 {
                line.extend([", ", &count.to_string(), " ", what]);
            }
        }
        line
    }
}

/// What is verified.
pub struct Subject<'a> {
    pub address: &'a Address,
    /// Where targets without a schema are.
    pub schema: &'a str,
    pub store: &'a OutcomeStore,
    pub flows: &'a [FlowOutcomes],
    pub run: Uuid,
    /// The mappings table, as the pipeline names it.
    pub mappings: &'a str,
    /// The flows of which only rows that the run moved are compared.
    pub moved_only: &'a BTreeSet<String>,
}

/// Reads the target back and compares it with the outcomes. Differences are a result, not an error.
///
/// # Errors
/// Whatever keeps rows from being read: the connection, a changed outcome file, a table that is gone.
pub async fn run(subject: &Subject<'_>, sink: &Arc<dyn Sink>, cancel: &Cancel) -> Result<Verification> {
    // Read now: what was away while rows were loaded is back.
    let catalog = Catalog::read(&connect(subject).await?, subject.schema).await?;
    let (flows, (orphans, duplicates)) =
        futures::future::try_join(rows(subject, &catalog, sink, cancel), integrity(subject, &catalog, cancel)).await?;
    Ok(Verification { flows, orphans, duplicates })
}

async fn connect(subject: &Subject<'_>) -> Result<Connection> {
    let connection = subject.address.connect("rehome verify").await?;
    connection.batch_execute(SESSION).await?;
    Ok(connection)
}

async fn integrity(
    subject: &Subject<'_>,
    catalog: &Catalog,
    cancel: &Cancel,
) -> Result<(Vec<Orphans>, Vec<Duplicates>)> {
    let connection = connect(subject).await?;
    let mut seen = HashSet::new();
    let tables: Vec<&Table> = subject
        .flows
        .iter()
        .filter_map(|flow| catalog.table(&flow.target))
        .filter(|table| seen.insert(table.oid))
        .collect();
    let orphans = integrity::orphans(&connection, &tables, cancel).await?;
    Ok((orphans, integrity::duplicates(&connection, &tables, cancel).await?))
}

async fn rows(
    subject: &Subject<'_>,
    catalog: &Catalog,
    sink: &Arc<dyn Sink>,
    cancel: &Cancel,
) -> Result<Vec<FlowVerified>> {
    let connection = connect(subject).await?;
    let mut verified = Vec::new();
    for flow in subject.flows {
        sink.start("verify", &flow.flow, Some(flow.count(Outcome::Migrated)));
        verified.push(one(subject, catalog, flow, &connection, sink, cancel).await.at(At::Flow, &flow.flow)?);
        sink.finish(&flow.flow);
    }
    Ok(verified)
}

async fn one(
    subject: &Subject<'_>,
    catalog: &Catalog,
    flow: &FlowOutcomes,
    connection: &Connection,
    sink: &Arc<dyn Sink>,
    cancel: &Cancel,
) -> Result<FlowVerified> {
    let mut found =
        FlowVerified { flow: flow.flow.clone(), rows: 0, missing: 0, extra: 0, different: 0, examples: Vec::new() };
    if flow.count(Outcome::Migrated) == 0 {
        return Ok(found);
    }
    let table = catalog.require(&flow.target)?;
    let scope = Scope::of(subject, flow, connection).await?;
    if scope.only.as_ref().is_some_and(HashSet::is_empty) && scope.deleted.is_empty() {
        return Ok(found);
    }
    let rows = flow.count(Outcome::Migrated);
    for part in compare::parts(rows) {
        let reader = outcomes::Reader { connection, table, store: subject.store, flow, part, cancel };
        let (mut expected, columns) = reader.read(&scope.aside).await?;
        expected.retain(|(id, _)| scope.wants(*id));
        let mut comparison = compare::Comparison::new(expected);
        let statement =
            columns.statement(table, part, scope.range(flow.row.is_derived().then_some(&flow.row.id_column)));
        let stream = connection.copy_out(statement.as_str()).await?;
        tokio::pin!(stream);
        let mut reader = columns.reader(part);
        let mut unsaid = 0;
        while let Some(bytes) = connection.watched(stream.next()).await {
            reader.take(&bytes?, |id, hash| {
                if scope.wants(id) {
                    comparison.see(id, hash);
                }
            })?;
            unsaid += 1;
            if unsaid == 10_000 {
                cancel.check()?;
                sink.advance(&flow.flow, unsaid);
                unsaid = 0;
            }
        }
        reader.end()?;
        sink.advance(&flow.flow, unsaid);
        comparison.end();
        let mut extra = extra(subject, catalog, flow, connection, &comparison).await?;
        extra.retain(|id| !scope.others.contains(id) && !scope.aside.contains(id));
        comparison.tell(&extra, &mut found);
    }
    found.extra += still_there(connection, table, flow, &scope).await?;
    outcomes::name_keys(subject.store, flow, &mut found.examples).await?;
    found.examples.sort();
    Ok(found)
}

/// How many rows that the run deleted are there all the same.
async fn still_there(connection: &Connection, table: &Table, flow: &FlowOutcomes, scope: &Scope) -> Result<u64> {
    if scope.deleted.is_empty() || !flow.row.is_derived() {
        return Ok(0);
    }
    let (name, id) = (quote_table(&table.schema, &table.name), quote_ident(&flow.row.id_column));
    let statement = fill(STILL_THERE, &[("table", &name), ("id", &id)]);
    Ok(connection.query(&statement, &[&scope.deleted]).await?.len() as u64)
}

/// Which of the rows that this flow does not expect did this run bring all the same? Rows of other flows of the same
/// entity and table are not among them.
async fn extra(
    subject: &Subject<'_>,
    catalog: &Catalog,
    flow: &FlowOutcomes,
    connection: &Connection,
    comparison: &compare::Comparison,
) -> Result<Vec<u128>> {
    if comparison.unknown().is_empty() || subject.moved_only.contains(&flow.flow) {
        return Ok(Vec::new());
    }
    let same = |other: &FlowOutcomes| catalog.qualify(&other.target) == catalog.qualify(&flow.target);
    let shared =
        subject.flows.iter().any(|other| other.flow != flow.flow && other.entity == flow.entity && same(other));
    // Without a UUID of ours, nothing tells a row of this run from one that was there before.
    if shared || !flow.row.is_derived() {
        return Ok(Vec::new());
    }
    let (schema, table) = catalog.qualify(subject.mappings);
    let statement = compare::mapped(&schema, &table, subject.run, &flow.entity);
    let stream = connection.copy_out(statement.as_str()).await?;
    tokio::pin!(stream);
    let mut rows = actual::Rows::new();
    let mut found = Vec::new();
    while let Some(bytes) = connection.watched(stream.next()).await {
        rows.take(&bytes?, |mut fields| {
            let id = fields.next().flatten().and_then(|id| id.try_into().ok()).map(u128::from_be_bytes);
            let id = id.ok_or_else(|| Error::unexpected("a mapping without a UUID"))?;
            if comparison.is_unknown(id) {
                found.push(id);
            }
            Ok(())
        })?;
    }
    rows.end()?;
    Ok(found)
}
