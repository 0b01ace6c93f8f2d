//! Owns the comparison of a table's rows with the migrated rows of the flows that load it.
//! Must not know: mappings beyond whom they call ours, the quarantine, or how rows were loaded.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use tracing::Instrument;
use uuid::Uuid;

use super::compare::{ANY, Comparison, Part, Sight, Sum, parts};
use super::detail::Detail;
use super::found::{FlowVerified, What};
use super::outcomes::{Columns, Masks, Reader};
use super::scope::Scope;
use super::sums::Hashes;
use super::{Depth, Subject, actual};
use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Result};
use crate::ledger::{Noted, PastRun};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, row_ids};
use crate::progress::Sink;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::target::{Catalog, Table, TableName};
use crate::timed;

const STILL_THERE: &str = include_str!("../../sql/control/verify/still_there.sql");
const MAPPED: &str = include_str!("../../sql/control/verify/mapped.sql");
const COUNT: &str = include_str!("../../sql/control/load/count.sql");

/// What all flows' rows are compared with.
pub(super) struct Rows<'a> {
    pub subject: &'a Subject<'a>,
    pub catalog: &'a Catalog,
    pub connection: Connection,
    /// What the runs that build on each other have loaded.
    pub history: &'a [PastRun],
    pub noted: &'a BTreeMap<TableName, Noted>,
    /// None where the server does not hash as we do.
    pub hashes: Option<Hashes>,
    pub sink: &'a Arc<dyn Sink>,
    pub cancel: &'a Cancel,
}

/// What a table holds beside the rows that a flow expects.
struct Beside {
    flow: usize,
    table: TableName,
    /// Ids of rows that nothing is known of.
    unknown: Vec<u128>,
    /// So many of them are known, though it cannot be told which: their ids are no UUIDs of ours.
    tolerated: u64,
    /// Rows that are known of.
    known: u64,
    /// Rows that the run deleted.
    deleted: HashSet<u128>,
    columns: Columns,
    is_narrow: bool,
}

impl Rows<'_> {
    /// Compares the rows of each flow, in the order of flows.
    pub async fn all(&self) -> Result<Vec<FlowVerified>> {
        let (mut verified, mut beside) = (Vec::new(), Vec::new());
        for (place, flow) in self.subject.flows.iter().enumerate() {
            self.sink.start("verify", &flow.flow, Some(flow.count(Outcome::Migrated)));
            let (found, more) = self.one(place, flow).await.at(At::Flow, &flow.flow)?;
            verified.push(found);
            beside.extend(more);
            self.sink.finish(&flow.flow);
        }
        let mut tables: BTreeMap<TableName, Vec<Beside>> = BTreeMap::new();
        for one in beside {
            tables.entry(one.table.clone()).or_default().push(one);
        }
        for (table, flows) in tables {
            self.too_many(&table, flows, &mut verified).await.at(At::Table, format!("{}.{}", table.0, table.1))?;
        }
        for found in &mut verified {
            found.rows.examples.sort();
        }
        Ok(verified)
    }

    async fn one(&self, place: usize, flow: &FlowOutcomes) -> Result<(FlowVerified, Option<Beside>)> {
        let mut found = FlowVerified { flow: flow.flow.clone(), table: flow.target.clone(), ..FlowVerified::default() };
        let adopted = self.subject.depth == Depth::Whole && flow.count(Outcome::Adopted) > 0;
        if flow.count(Outcome::Migrated) == 0 && !adopted {
            return self.none_expected(flow, found).await;
        }
        let table = self.catalog.require(&flow.target)?;
        found.table = table.full_name();
        let scope = Arc::new(Scope::of(self.subject, flow, &self.connection).await?);
        found.superseded = scope.superseded;
        if scope.is_empty() {
            return Ok((found, None));
        }
        let name = (table.schema.clone(), table.name.clone());
        let mut beside = Beside {
            flow: place,
            table: name,
            unknown: Vec::new(),
            tolerated: if flow.row.is_derived() { 0 } else { scope.known() as u64 },
            known: 0,
            deleted: scope.deleted.iter().map(Uuid::as_u128).collect(),
            columns: Columns::default(),
            is_narrow: scope.is_narrow(),
        };
        if self.is_alone(flow, &scope, &beside)
            && let Some((columns, same)) = self.all_alike(flow, table, &scope).await?
        {
            found.rows.same = same;
            beside.columns = columns;
            return Ok((found, Some(beside)));
        }
        for part in self.parts(flow) {
            self.part(flow, table, &scope, part, &mut found, &mut beside).await?;
        }
        if scope.is_narrow() {
            found.rows.extra += self.still_there(table, flow, &scope).await?;
        }
        Ok((found, Some(beside)))
    }

    /// Should the table hold the rows of this flow and nothing else, none of them changed by others?
    fn is_alone(&self, flow: &FlowOutcomes, scope: &Scope, beside: &Beside) -> bool {
        let table = &beside.table;
        let mut loads = self.history.iter().flat_map(|run| &run.flows).filter(|other| other.table == *table);
        let adopted = self.subject.depth == Depth::Whole && flow.count(Outcome::Adopted) > 0;
        self.subject.sample.is_none()
            && !scope.is_narrow()
            && scope.altered.is_empty()
            && !scope.has_excuses()
            && !adopted
            && loads.next().is_some_and(|first| first.was_empty && first.flow == flow.flow)
            && loads.all(|other| other.flow == flow.flow)
    }

    /// Are the rows of the table, all together, exactly those that are expected? Then their columns, and how many they are. Sums of
    /// hashes are compared, in no order and without any memory: what differs, if anything does, is for [`Self::part`] to find.
    pub(super) async fn all_alike(
        &self,
        flow: &FlowOutcomes,
        table: &Table,
        scope: &Arc<Scope>,
    ) -> Result<Option<(Columns, u64)>> {
        let part = Part { low: 0, high: u128::MAX };
        let connection = &self.connection;
        let reader = Reader { connection, table, store: self.subject.store, flow, part, cancel: self.cancel };
        let Some(columns) = reader.columns().await? else { return Ok(None) };
        let rows = flow.count(Outcome::Migrated);
        if let (Some(hashes), Some(summed)) = (self.hashes, columns.summed()) {
            let done = |rows| self.sink.advance(&flow.flow, rows);
            let expected =
                reader.total(scope, hashes, done).instrument(timed!("verify.expect_rows", flow.flow, rows = rows));
            let table = quote_table(&table.schema, &table.name);
            let asked = hashes.ask(connection, &summed, &table, self.cancel);
            let asked = asked.instrument(timed!("verify.sum_rows", flow.flow, rows = rows));
            if let (Some(expected), Some(actual)) = futures::future::try_join(expected, asked).await? {
                return Ok((expected == actual).then_some((columns, expected.rows)));
            }
        }
        let statement = columns.statement(table, part, None);
        let (mut actual, masks) = (Sum::default(), Masks::new());
        let reading = self.read(flow, &columns, statement, part, &masks, |id, hash| actual.add(id, hash));
        let expected = reader.sum(scope).instrument(timed!("verify.expect_rows", flow.flow, rows = rows));
        let reading = reading.instrument(timed!("verify.read_rows", flow.flow, rows = rows));
        let (expected, ()) = futures::future::try_join(expected, reading).await?;
        Ok((expected == actual).then_some((columns, expected.rows)))
    }

    fn parts(&self, flow: &FlowOutcomes) -> Vec<Part> {
        match &self.subject.sample {
            None => parts(flow.count(Outcome::Migrated)),
            Some(sample) => vec![Part::of(sample)],
        }
    }

    async fn part(
        &self,
        flow: &FlowOutcomes,
        table: &Table,
        scope: &Arc<Scope>,
        part: Part,
        found: &mut FlowVerified,
        beside: &mut Beside,
    ) -> Result<()> {
        let connection = &self.connection;
        let reader = Reader { connection, table, store: self.subject.store, flow, part, cancel: self.cancel };
        let span = timed!("verify.expect_rows", flow.flow, rows = flow.count(Outcome::Migrated));
        let expected = reader.read(scope).instrument(span).await?;
        let columns = expected.columns;
        if columns.is_none() {
            return Ok(());
        }
        let mut rows = expected.rows;
        rows.extend(self.adopted(flow, part).await?.into_iter().map(|id| (id, ANY)));
        let mut comparison = Comparison::new(rows);
        let asked = scope.range(flow.row.is_derived().then_some(&flow.row.id_column));
        let statement = columns.statement(table, part, asked);
        let span = timed!("verify.read_rows", flow.flow, rows = flow.count(Outcome::Migrated));
        let seeing = self.see(flow, &columns, statement, part, &expected.masks, &mut comparison).instrument(span);
        let mut unknown = seeing.await?;
        if scope.is_narrow() {
            unknown.clear();
        }
        found.rows.same += comparison.same();
        let wrong: Vec<(u128, What)> = comparison.wrong().collect();
        let (known, wrong): (Vec<_>, Vec<_>) = wrong.into_iter().partition(|(id, _)| expected.excused.contains(id));
        let detail = Detail { reader: &reader, scope, columns: &columns, masks: &expected.masks };
        for (wrong, into) in [(wrong, &mut found.rows), (known, &mut found.conflicts)] {
            for example in detail.of(wrong).await? {
                into.note(example);
            }
        }
        let seen = unknown.len();
        if flow.row.is_derived() {
            unknown.retain(|id| !scope.knows(*id));
        }
        beside.known += (seen - unknown.len()) as u64;
        beside.unknown.extend(unknown);
        beside.columns = columns;
        Ok(())
    }

    /// Reads the target; gives the ids of rows that are not expected.
    async fn see(
        &self,
        flow: &FlowOutcomes,
        columns: &Columns,
        statement: String,
        part: Part,
        masks: &Masks,
        comparison: &mut Comparison,
    ) -> Result<Vec<u128>> {
        let mut unknown = Vec::new();
        let see = |id, hash| {
            if comparison.see(id, hash) == Sight::Unknown {
                unknown.push(id);
            }
        };
        self.read(flow, columns, statement, part, masks, see).await?;
        Ok(unknown)
    }

    /// Reads the target; gives the id and the hash of each row.
    async fn read(
        &self,
        flow: &FlowOutcomes,
        columns: &Columns,
        statement: String,
        part: Part,
        masks: &Masks,
        mut each: impl FnMut(u128, u128),
    ) -> Result<()> {
        let stream = self.connection.copy_out(statement.as_str()).await?;
        tokio::pin!(stream);
        let mut reader = columns.reader(part);
        let mut unsaid = 0;
        while let Some(bytes) = self.connection.watched(stream.next()).await {
            reader.take(&bytes?, masks, &mut each)?;
            unsaid += 1;
            if unsaid == 10_000 {
                self.cancel.check()?;
                self.sink.advance(&flow.flow, unsaid);
                unsaid = 0;
            }
        }
        self.sink.advance(&flow.flow, unsaid);
        reader.end()
    }

    /// The ids of rows that the target held before the run, under a UUID that is not ours. Where several tables have rows of the
    /// entity, a row may be in any of them.
    async fn adopted(&self, flow: &FlowOutcomes, part: Part) -> Result<Vec<u128>> {
        let elsewhere = |other: &FlowOutcomes| {
            other.entity == flow.entity && self.catalog.qualify(&other.target) != self.catalog.qualify(&flow.target)
        };
        if self.subject.depth != Depth::Whole || !flow.row.is_derived() || self.subject.flows.iter().any(elsewhere) {
            return Ok(Vec::new());
        }
        let mut ids = Vec::new();
        for file in flow.files_of(Outcome::Adopted) {
            for batch in self.subject.store.read_columns(file, &[&flow.row.id_column]).await? {
                ids.extend(row_ids(&batch, &flow.row)?.into_iter().map(|id| id.as_u128()));
            }
        }
        ids.retain(|id| part.holds(*id));
        Ok(ids)
    }

    /// How many rows that the run deleted are there all the same.
    async fn still_there(&self, table: &Table, flow: &FlowOutcomes, scope: &Scope) -> Result<u64> {
        if scope.deleted.is_empty() || !flow.row.is_derived() {
            return Ok(0);
        }
        let (name, id) = (quote_table(&table.schema, &table.name), quote_ident(&flow.row.id_column));
        let statement = fill(STILL_THERE, &[("table", &name), ("id", &id)]);
        Ok(self.connection.query(&statement, &[&scope.deleted]).await?.len() as u64)
    }

    /// Rows of a table that no outcome accounts for: those that mappings call ours, those that a run deleted; and where the table
    /// held nothing but our rows when the run ended, all others too.
    async fn too_many(&self, table: &TableName, mut flows: Vec<Beside>, verified: &mut [FlowVerified]) -> Result<()> {
        flows.retain(|one| !one.columns.is_none());
        if flows.is_empty() || flows.iter().any(|one| one.is_narrow) {
            return Ok(());
        }
        let alike = flows.windows(2).all(|pair| pair[0].columns.is_known_as(&pair[1].columns));
        let expected = |one: &Beside| {
            let FlowVerified { rows, conflicts, .. } = &verified[one.flow];
            rows.same + rows.wrong() + conflicts.same + conflicts.different + conflicts.doubled + one.known
        };
        let known: u64 = flows.iter().map(|one| expected(one) + one.tolerated).sum();
        let tolerated: u64 = flows.iter().map(|one| one.tolerated).sum();
        let (mut first, others) = (flows.remove(0), flows);
        let mut unknown: HashSet<u128> = first.unknown.drain(..).collect();
        for other in &others {
            let other: HashSet<u128> = other.unknown.iter().copied().collect();
            unknown.retain(|id| other.contains(id));
        }
        if unknown.is_empty() || !alike {
            return Ok(());
        }
        let flow = &self.subject.flows[first.flow];
        let mut ours: Vec<u128> = unknown.iter().filter(|id| first.deleted.contains(id)).copied().collect();
        let all = unknown.len() as u64;
        let strangers = self.strangers(table, known, &others, &first);
        if strangers.is_some_and(|strangers| all > strangers + tolerated) {
            if strangers == Some(0) && tolerated == 0 {
                ours = unknown.into_iter().collect();
            } else {
                // Which of them are the others' own, nothing tells.
                verified[first.flow].rows.extra += all - strangers.unwrap_or(0) - tolerated;
                return Ok(());
            }
        } else if flow.row.is_derived() && others.is_empty() {
            ours.extend(self.mapped(flow, &unknown).await?);
        }
        ours.sort_unstable();
        ours.dedup();
        let table = self.catalog.require(&flow.target)?;
        for example in super::detail::too_many(&self.connection, table, &first.columns, &ours).await? {
            verified[first.flow].rows.note(example);
        }
        Ok(())
    }

    /// How many rows of others a table held when the run ended, where it had held none before us; None where that is not known.
    fn strangers(&self, table: &TableName, known: u64, others: &[Beside], first: &Beside) -> Option<u64> {
        let of_table = || self.history.iter().flat_map(|run| &run.flows).filter(|flow| flow.table == *table);
        let was_empty = of_table().next().is_some_and(|flow| flow.was_empty);
        let here = |name: &str| others.iter().chain([first]).any(|one| self.subject.flows[one.flow].flow == name);
        let looked_at = self.subject.depth != Depth::Rows && self.subject.sample.is_none();
        if !looked_at || !was_empty || !of_table().all(|flow| here(&flow.flow)) {
            return None;
        }
        let noted = self.noted.get(table)?.rows?;
        Some(noted.saturating_sub(known))
    }

    /// Which of some rows do the mappings of these runs call ours?
    async fn mapped(&self, flow: &FlowOutcomes, unknown: &HashSet<u128>) -> Result<Vec<u128>> {
        let (schema, table) = self.catalog.qualify(self.subject.mappings);
        let values = [
            ("mappings", &*quote_table(&schema, &table)),
            ("run", &*quote_literal(&self.subject.run.to_string())),
            ("entity", &*quote_literal(&flow.entity)),
        ];
        let stream = self.connection.copy_out(fill(MAPPED, &values).as_str()).await?;
        tokio::pin!(stream);
        let mut rows = actual::Rows::new();
        let mut found = Vec::new();
        while let Some(bytes) = self.connection.watched(stream.next()).await {
            rows.take(&bytes?, |mut fields| {
                let id = fields.next().flatten().and_then(|id| id.try_into().ok()).map(u128::from_be_bytes);
                let id = id.ok_or_else(|| Error::unexpected("a mapping without a UUID"))?;
                if unknown.contains(&id) {
                    found.push(id);
                }
                Ok(())
            })?;
        }
        rows.end()?;
        Ok(found)
    }

    /// A flow of which no row is expected: in a table that held nothing but our rows, none may be.
    async fn none_expected(
        &self,
        flow: &FlowOutcomes,
        mut found: FlowVerified,
    ) -> Result<(FlowVerified, Option<Beside>)> {
        let Some(table) = self.catalog.table(&flow.target).filter(|_| self.subject.depth == Depth::Whole) else {
            return Ok((found, None));
        };
        found.table = table.full_name();
        let name = (table.schema.clone(), table.name.clone());
        let alone =
            self.history.iter().flat_map(|run| &run.flows).all(|other| other.table != name || other.flow == flow.flow);
        let noted = self.noted.get(&name).and_then(|noted| noted.rows);
        if let Some(noted) = noted.filter(|_| alone && self.subject.sample.is_none()) {
            let statement = fill(COUNT, &[("table", &quote_table(&name.0, &name.1))]);
            let rows: i64 = self.connection.query_one(&statement, &[]).await?.try_get("rows")?;
            found.rows.extra += u64::try_from(rows).unwrap_or(0).saturating_sub(noted);
        }
        Ok((found, None))
    }
}
