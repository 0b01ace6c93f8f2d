//! Owns the comparison of the quarantine with the outcomes: each reject is there once, whole, and so is each row that the target
//! refused. Must not know: why rows are rejected, or how they are put there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field};
use futures::StreamExt;
use uuid::Uuid;

use super::canon::{self, Canon, value};
use super::compare::{Comparison, Part, Sight, parts};
use super::found::{Compared, EXAMPLES, Example, What};
use super::json::holdable;
use super::{Context, actual, expected, hash};
use crate::error::{At, Context as _, Error, Result};
use crate::key::KeyColumn;
use crate::ledger::{self, Chunks, Refusal};
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, KEY, Outcome, REASON, SOURCE_ROW, WARNINGS};
use crate::outcomes::{FlowOutcomes, row_ids};
use crate::server::Connection;
use crate::server::sql::{fill, quote_literal};

const READ: &str = include_str!("../../sql/control/verify/quarantine.sql");
/// The columns that are compared; the source row is the last.
const COLUMNS: [&str; 10] = [
    "reason",
    "sqlstate",
    "constraint_name",
    "column_name",
    "entity_uuid",
    "warnings",
    "cause_flow",
    "cause_key",
    "taken_out",
    "source_row",
];
const RUN: &str = "run_id";
const CHUNK: &str = "chunk";

/// What is compared of a record: its columns' canonical bytes, and the run and the chunk it is of, where these are known exactly.
struct Record {
    cells: Vec<Vec<u8>>,
    of: Option<(String, String)>,
}

struct Quarantined<'a> {
    context: &'a Context<'a>,
    connection: &'a Connection,
    flows: Vec<(usize, &'a FlowOutcomes)>,
    canons: Vec<Canon>,
    /// Flows that only this run has loaded, and whole: run and chunk of each record are known.
    exact: Vec<bool>,
    own: HashSet<Uuid>,
    later: HashSet<Uuid>,
    /// Flow and key of records that later runs have resolved or made.
    superseded: HashSet<(String, String)>,
    chunks: Chunks,
}

/// Compares the quarantine of all flows; by their places.
pub(super) async fn all(context: &Context<'_>, connection: &Connection) -> Result<BTreeMap<usize, Compared>> {
    let subject = context.subject;
    let compared = |flow: &FlowOutcomes| !subject.moved_only.contains(&flow.flow);
    let flows: Vec<_> = subject.flows.iter().enumerate().filter(|(_, flow)| compared(flow)).collect();
    if flows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let table = context.catalog.exactly("rehome", "quarantine").ok_or_else(|| super::gone("rehome.quarantine"))?;
    let plan = |name: &&str| {
        let column = table.column(name).ok_or_else(|| super::gone("rehome.quarantine").at(At::Column, *name))?;
        Ok(canon::plan(&kind(name), column))
    };
    let canons = COLUMNS.iter().map(plan).collect::<Result<Vec<_>>>()?;
    let until = subject.until(context.history);
    let own: HashSet<Uuid> = until.iter().map(|run| run.run).collect();
    let exact = |(_, flow): &(usize, &FlowOutcomes)| {
        let mut loaded = until.iter().flat_map(|run| run.flows.iter().map(|of_run| (run.run, of_run)));
        loaded.all(|(run, of_run)| of_run.flow != flow.flow || run == subject.run && of_run.full)
    };
    let quarantined = Quarantined {
        context,
        connection,
        exact: flows.iter().map(exact).collect(),
        flows,
        canons,
        later: context.history.iter().map(|run| run.run).filter(|run| !own.contains(run)).collect(),
        own,
        superseded: ledger::resolved_later(connection, subject.run).await?.into_iter().collect(),
        chunks: ledger::claimed(connection, subject.run).await?,
    };
    quarantined.compare().await.at(At::Table, "rehome.quarantine")
}

/// The Arrow type in which a column is expected.
fn kind(name: &str) -> DataType {
    match name {
        "entity_uuid" => DataType::FixedSizeBinary(16),
        "taken_out" => DataType::Boolean,
        "warnings" => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
        _ => DataType::Utf8,
    }
}

impl Quarantined<'_> {
    async fn compare(&self) -> Result<BTreeMap<usize, Compared>> {
        let mut found: BTreeMap<usize, Compared> =
            self.flows.iter().map(|(place, _)| (*place, Compared::default())).collect();
        let all = match &self.context.subject.sample {
            Some(sample) => vec![Part::of(sample)],
            None => parts(self.flows.iter().map(|(_, flow)| flow.count(Outcome::Rejected)).sum()),
        };
        for part in all {
            self.part(part, &mut found).await?;
        }
        for flow in found.values_mut() {
            flow.examples.sort();
        }
        Ok(found)
    }

    async fn part(&self, part: Part, found: &mut BTreeMap<usize, Compared>) -> Result<()> {
        let (mut rows, mut counted) = (Vec::new(), vec![0_u64; self.flows.len()]);
        let mut sourceless = HashSet::new();
        for (at, counted) in counted.iter_mut().enumerate() {
            self.each_expected(at, |_, id, record, has_source| {
                if part.holds(id) {
                    rows.push((id, content(&record.cells, record.of.as_ref(), has_source)));
                    *counted += 1;
                    if !has_source {
                        sourceless.insert(id);
                    }
                }
            })
            .await?;
        }
        let mut comparison = Comparison::new(rows);
        let seen = self.see(part, &sourceless, &mut comparison, found).await?;
        let wrong: HashMap<u128, What> = comparison.wrong().collect();
        for (at, (place, _)) in self.flows.iter().enumerate() {
            let of_flow = found.entry(*place).or_default();
            if wrong.is_empty() {
                of_flow.same += counted[at];
                continue;
            }
            let mut bad = 0;
            self.each_expected(at, |key, id, record, has_source| {
                let Some(what) = wrong.get(&id) else { return };
                bad += 1;
                let columns = seen.get(&id).map(|other| differing(&record, other, has_source)).unwrap_or_default();
                of_flow.note(Example { what: *what, key: Some(key), id: None, columns });
            })
            .await?;
            of_flow.same += counted[at].saturating_sub(bad);
        }
        Ok(())
    }

    /// Gives the key, its hash, and what is expected of each record of a flow; and whether its source row is known.
    async fn each_expected(&self, at: usize, mut each: impl FnMut(String, u128, Record, bool)) -> Result<()> {
        let (flow, subject) = (self.flows[at].1, self.context.subject);
        let mut give = |key: String, record: Record, has_source: bool| {
            if self.superseded.is_empty() || !self.superseded.contains(&(flow.flow.clone(), key.clone())) {
                let id = known_by(flow.flow.as_bytes(), key.as_bytes());
                each(key, id, record, has_source);
            }
        };
        for file in flow.files_of(Outcome::Rejected).filter(|file| file.rows > 0) {
            self.context.cancel.check()?;
            for batch in subject.store.read(file).await? {
                let (keys, columns) = self.rejects(flow, &batch)?;
                let of = self.exact[at].then(|| (subject.run.to_string(), file.chunk()));
                self.records(&columns, keys.len(), |row, cells| {
                    give(keys.text(row)?, Record { cells, of: of.clone() }, true);
                    Ok(())
                })?;
            }
        }
        let Some(said) = subject.said else { return Ok(()) };
        let refused: Vec<&Refusal> = said.refused.iter().filter(|row| row.flow == flow.flow).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let columns = self.refusals(flow, &refused).await?;
        let has_source = said.sources.is_some();
        self.records(&columns, refused.len(), |row, cells| {
            let chunk = refused[row].chunk.clone().filter(|_| self.exact[at]);
            let of = chunk.map(|chunk| (subject.run.to_string(), chunk));
            give(refused[row].key.clone(), Record { cells, of }, has_source);
            Ok(())
        })
    }

    /// The canonical bytes of some records, column by column.
    fn records(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        mut each: impl FnMut(usize, Vec<Vec<u8>>) -> Result<()>,
    ) -> Result<()> {
        let writers = columns.iter().zip(&self.canons).map(|(column, canon)| expected::writer(column, canon));
        let writers = writers.collect::<Result<Vec<_>>>()?;
        for row in 0..rows {
            let cell = |writer: &expected::Writer| {
                let mut cell = Vec::new();
                writer(row, &mut cell);
                cell
            };
            each(row, writers.iter().map(cell).collect())?;
        }
        Ok(())
    }

    /// The columns of rejected rows, as they are to stand.
    fn rejects(&self, flow: &FlowOutcomes, batch: &RecordBatch) -> Result<(KeyColumn, Vec<ArrayRef>)> {
        let rows = batch.num_rows();
        let lacks = || Error::unexpected("rejected rows without a key");
        let schema = batch.schema();
        let field = schema.field_with_name(KEY).map_err(|_| lacks())?;
        let keys = KeyColumn::of(batch.column_by_name(KEY).ok_or_else(lacks)?.clone(), field)?;
        let of = |name: &str, kind: &DataType| match batch.column_by_name(name) {
            Some(column) => cast(column, kind).map_err(|_| Error::unexpected("rejected rows of another shape")),
            None => Ok(new_null_array(kind, rows)),
        };
        let column = |name: &&str| {
            let kind = kind(name);
            match *name {
                "reason" => of(REASON, &kind),
                "warnings" => of(WARNINGS, &kind),
                "cause_flow" => of(CAUSE_FLOW, &kind),
                "cause_key" => of(CAUSE_KEY, &kind),
                "taken_out" => Ok(Arc::new(BooleanArray::from(vec![false; rows])) as ArrayRef),
                "source_row" => Ok(sources(of(SOURCE_ROW, &kind)?.as_string::<i32>().iter())),
                // The UUIDs that the rows would have had: where others refer to them by their own keys.
                "entity_uuid" if flow.row.is_derived() && flow.entity_key.is_none() => {
                    let (namespace, mut buffer) = (self.context.subject.namespace, String::new());
                    let uuid = |row| Ok(*namespace.legacy_uuid(&flow.entity, &keys, row, &mut buffer)?.as_bytes());
                    let uuids = (0..rows).map(uuid).collect::<Result<Vec<_>>>()?;
                    let uuids = FixedSizeBinaryArray::try_from_iter(uuids.iter()).map_err(|_| lacks())?;
                    Ok(Arc::new(uuids) as ArrayRef)
                }
                _ => Ok(new_null_array(&kind, rows)),
            }
        };
        let columns = COLUMNS.iter().map(column).collect::<Result<Vec<_>>>()?;
        Ok((keys, columns))
    }

    /// The columns of rows that the target refused, as they are to stand.
    async fn refusals(&self, flow: &FlowOutcomes, refused: &[&Refusal]) -> Result<Vec<ArrayRef>> {
        let rows = refused.len();
        let texts = |get: &dyn Fn(&Refusal) -> Option<String>| -> ArrayRef {
            Arc::new(refused.iter().map(|row| get(row)).collect::<StringArray>())
        };
        let sources_of = self.context.subject.said.and_then(|said| said.sources.as_ref()?.get(&flow.flow));
        let mut columns = Vec::with_capacity(COLUMNS.len());
        for name in COLUMNS {
            columns.push(match name {
                "reason" => texts(&|row| Some(row.reason.clone())),
                "sqlstate" => texts(&|row| Some(row.sqlstate.clone())),
                "constraint_name" => texts(&|row| row.constraint.clone()),
                "column_name" => texts(&|row| row.column.clone()),
                "cause_flow" => texts(&|row| Some(row.cause.as_ref()?.0.clone())),
                "cause_key" => texts(&|row| Some(row.cause.as_ref()?.1.clone())),
                "taken_out" => Arc::new(refused.iter().map(|row| Some(row.taken_out)).collect::<BooleanArray>()),
                "entity_uuid" => {
                    let ids = refused.iter().map(|row| row.id.map(Uuid::into_bytes));
                    let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16);
                    Arc::new(ids.map_err(|_| Error::unexpected("refused rows without ids"))?)
                }
                "warnings" => self.warnings(flow, refused).await?,
                "source_row" => sources(refused.iter().map(|row| Some(sources_of?.get(&row.key)?.as_str()))),
                other => new_null_array(&kind(other), rows),
            });
        }
        Ok(columns)
    }

    /// The warnings of rows that the target refused: they stand beside the migrated rows. Rows that were taken out have lost them.
    async fn warnings(&self, flow: &FlowOutcomes, refused: &[&Refusal]) -> Result<ArrayRef> {
        let none = new_null_array(&kind("warnings"), 1);
        let mut of: HashMap<Uuid, ArrayRef> = HashMap::new();
        let wanted: HashSet<Uuid> = refused.iter().filter(|row| !row.taken_out).filter_map(|row| row.id).collect();
        for file in flow.files_of(Outcome::Migrated).filter(|_| !wanted.is_empty()) {
            for batch in self.context.subject.store.read_columns(file, &[flow.row.row_column(), WARNINGS]).await? {
                let Some(warnings) = batch.column_by_name(WARNINGS) else { continue };
                for (row, id) in row_ids(&batch, &flow.row)?.into_iter().enumerate() {
                    if wanted.contains(&id) {
                        let one = cast(&warnings.slice(row, 1), &kind("warnings"));
                        of.insert(id, one.map_err(|_| Error::unexpected("warnings of another shape"))?);
                    }
                }
            }
        }
        let all: Vec<&dyn Array> = refused
            .iter()
            .map(|row| row.id.filter(|_| !row.taken_out).and_then(|id| of.get(&id)).unwrap_or(&none).as_ref())
            .collect();
        concat(&all).map_err(|_| Error::unexpected("warnings cannot be put together"))
    }

    /// Reads the quarantine; gives those records that are expected and have other values.
    async fn see(
        &self,
        part: Part,
        sourceless: &HashSet<u128>,
        comparison: &mut Comparison,
        found: &mut BTreeMap<usize, Compared>,
    ) -> Result<HashMap<u128, Record>> {
        let columns: Vec<String> =
            COLUMNS.iter().zip(&self.canons).map(|(name, canon)| canon.expression(name)).collect();
        let flows: Vec<String> = self.flows.iter().map(|(_, flow)| quote_literal(&flow.flow)).collect();
        let values = [
            ("columns", &*columns.join(", ")),
            ("run", &*quote_literal(&self.context.subject.run.to_string())),
            ("flows", &*format!("array[{}]::text[]", flows.join(", "))),
        ];
        let stream = self.connection.copy_out(fill(READ, &values).as_str()).await?;
        tokio::pin!(stream);
        let (mut reader, mut other) = (actual::Rows::new(), HashMap::new());
        while let Some(bytes) = self.connection.watched(stream.next()).await {
            reader.take(&bytes?, |mut fields| {
                let mut text = || String::from_utf8_lossy(fields.next().flatten().unwrap_or_default()).into_owned();
                let (flow, key, run, chunk) = (text(), text(), text(), text());
                let id = known_by(flow.as_bytes(), key.as_bytes());
                let Some(at) = self.flows.iter().position(|(_, other)| other.flow == flow) else { return Ok(()) };
                let run = Uuid::parse_str(&run).unwrap_or_default();
                if !part.holds(id) || self.later.contains(&run) {
                    return Ok(());
                }
                let cells: Vec<Vec<u8>> =
                    self.canons.iter().zip(fields).map(|(canon, field)| cell(canon, field)).collect();
                let refused = cells.get(1).is_some_and(|sqlstate| sqlstate.first() == Some(&1));
                let record = Record { cells, of: Some((run.to_string(), chunk)) };
                let right = self.is_right(at, &flow, run, &record);
                let exact = record.of.as_ref().filter(|_| self.exact[at]);
                let hash = content(&record.cells, exact, !sourceless.contains(&id));
                match comparison.see(id, if right { hash } else { !hash }) {
                    Sight::Same => {}
                    // What is known of refusals is in the quarantine alone.
                    Sight::Unknown if refused && self.context.subject.said.is_none() => {}
                    Sight::Unknown => {
                        let example = Example { what: What::Extra, key: Some(key), id: None, columns: Vec::new() };
                        found.entry(self.flows[at].0).or_default().note(example);
                    }
                    Sight::Wrong if other.len() < EXAMPLES * 50 => {
                        // Which of run and chunk is wrong is told by the names below.
                        other.entry(id).or_insert(record);
                    }
                    Sight::Wrong => {}
                }
                Ok(())
            })?;
            self.context.cancel.check()?;
        }
        reader.end()?;
        Ok(other)
    }

    /// Has a run, where several may have put a record there, claimed the chunk that it is of?
    fn is_right(&self, at: usize, flow: &str, run: Uuid, record: &Record) -> bool {
        let Some((_, chunk)) = record.of.as_ref().filter(|_| !self.exact[at]) else { return true };
        let claimed = self.chunks.get(&(run, flow.to_owned()));
        self.own.contains(&run) && claimed.is_some_and(|claimed| claimed.contains_key(chunk))
    }
}

fn cell(canon: &Canon, field: Option<&[u8]>) -> Vec<u8> {
    let mut cell = Vec::new();
    actual::field(canon, field, &mut cell);
    cell
}

/// Source rows as jsonb holds them; none where it cannot.
fn sources<'s>(texts: impl Iterator<Item = Option<&'s str>>) -> ArrayRef {
    Arc::new(texts.map(|text| text.filter(|text| holdable(text))).collect::<StringArray>())
}

fn known_by(flow: &[u8], key: &[u8]) -> u128 {
    hash::hash(&[flow, b"\0", key].concat())
}

fn content(cells: &[Vec<u8>], of: Option<&(String, String)>, has_source: bool) -> u128 {
    let compared = if has_source { cells.len() } else { cells.len() - 1 };
    let mut bytes = cells[..compared].concat();
    for text in of.into_iter().flat_map(|(run, chunk)| [run, chunk]) {
        value(&mut bytes, |out| out.extend_from_slice(text.as_bytes()));
    }
    hash::hash(&bytes)
}

fn differing(expected: &Record, actual: &Record, has_source: bool) -> Vec<String> {
    let differs = |at: &usize| expected.cells.get(*at) != actual.cells.get(*at);
    let compared = if has_source { COLUMNS.len() } else { COLUMNS.len() - 1 };
    let mut names: Vec<&str> = (0..compared).filter(differs).map(|at| COLUMNS[at]).collect();
    match (&expected.of, &actual.of) {
        (Some((run, chunk)), Some((other_run, other_chunk))) => {
            names.extend((run != other_run).then_some(RUN));
            names.extend((chunk != other_chunk).then_some(CHUNK));
        }
        // Nothing else differs: so the pair of both is not one that a run has claimed.
        _ if names.is_empty() => names.extend([RUN, CHUNK]),
        _ => {}
    }
    names.into_iter().map(str::to_owned).collect()
}
