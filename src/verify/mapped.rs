//! Owns the comparison of the mappings table with the outcomes: each row of ours has one mapping, which says its key and its id.
//! Must not know: how mappings are written. What they should be is told here once more.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::RecordBatch;
use futures::StreamExt;
use tracing::Instrument;
use uuid::Uuid;

use super::compare::{Comparison, Part, Sight, Sum, parts};
use super::found::{Compared, EXAMPLES, Example, What};
use super::hashed::{self, Record};
use super::mapping::{COLUMNS, Forms, Id, Ids, Mapping, RUN, Values, known_by};
use super::sums::Total;
use super::{Context, actual};
use crate::error::{At, Context as _, Error, Result};
use crate::key::KeyColumn;
use crate::ledger::{self, Mappings};
use crate::outcome::{ENTITY_KEY, KEY, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeFile, row_ids};
use crate::server::Connection;
use crate::server::sql::{fill, quote_literal};
use crate::timed;

const READ: &str = include_str!("../../sql/control/verify/mappings.sql");
const SUMMED: &str = include_str!("../../sql/control/verify/summed_mappings.sql");

/// Rows of flows that share an entity: so many are remembered at most, to see what is given twice.
const MOST_SHARED: u64 = 1_000_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By the flow's place.
    pub flows: BTreeMap<usize, Compared>,
    /// Mappings of these runs under an entity that no flow has.
    pub stray: u64,
}

/// What is known of an entity's mappings.
#[derive(Default)]
struct Entity {
    /// The first flow that has it.
    flow: usize,
    /// Runs that have loaded a flow of it whole: they wrote mappings of any of its rows.
    whole: HashSet<Uuid>,
    /// All flows that have ever loaded it are compared: so no other mapping of it is ours.
    covered: bool,
    /// Keys of rows that stand without an outcome.
    standing: HashSet<String>,
}

struct Mapped<'a> {
    context: &'a Context<'a>,
    connection: &'a Connection,
    mappings: Mappings,
    /// The flows that are compared, by their places.
    flows: Vec<(usize, &'a FlowOutcomes)>,
    entities: HashMap<String, Entity>,
    /// Rows of which nothing is expected, by flow.
    aside: Vec<HashSet<u128>>,
    /// The runs that inserted rows one by one.
    inserted: HashMap<u128, Vec<Uuid>>,
    /// Some flow has ids of others than ours: then the run of an inserted row cannot be told by its UUID.
    any_insert: HashSet<Uuid>,
    /// The runs up to this one, and those after it.
    own: HashSet<Uuid>,
    later: HashSet<Uuid>,
}

/// Has another flow given the same mapping before?
fn is_again(given: &mut HashMap<u128, u128>, id: u128, content: u128) -> bool {
    given.insert(id, content) == Some(content)
}

/// Compares the mappings of all flows that have any.
pub(super) async fn all(context: &Context<'_>, connection: &Connection) -> Result<Found> {
    let subject = context.subject;
    let compared = |flow: &FlowOutcomes| flow.row.is_mapped() && !subject.moved_only.contains(&flow.flow);
    let flows: Vec<_> = subject.flows.iter().enumerate().filter(|(_, flow)| compared(flow)).collect();
    if flows.is_empty() {
        return Ok(Found::default());
    }
    let (schema, name) = context.catalog.qualify(subject.mappings);
    let table = context.catalog.exactly(&schema, &name).ok_or_else(|| super::gone(subject.mappings))?;
    let mapped = Mapped::of(context, connection, Mappings::of(table.clone())?, flows).await?;
    mapped.compare().await.at(At::Table, subject.mappings)
}

/// Compares the mappings of all flows as those of a first run are, which its subject is the only one of: are they alike?
pub(super) async fn alike(context: &Context<'_>, connection: &Connection, mappings: Mappings) -> Result<bool> {
    let flows: Vec<_> = context.subject.flows.iter().enumerate().filter(|(_, flow)| flow.row.is_mapped()).collect();
    let own = HashSet::from([context.subject.run]);
    let entity = |(place, flow): &(usize, &FlowOutcomes)| {
        (flow.entity.clone(), Entity { flow: *place, whole: own.clone(), covered: true, standing: HashSet::new() })
    };
    let mapped = Mapped {
        context,
        connection,
        mappings,
        entities: flows.iter().map(entity).collect(),
        aside: flows.iter().map(|_| HashSet::new()).collect(),
        flows,
        inserted: HashMap::new(),
        any_insert: HashSet::new(),
        later: HashSet::new(),
        own: own.clone(),
    };
    Ok(mapped.all_same().await?.is_some())
}

impl<'a> Mapped<'a> {
    async fn of(
        context: &'a Context<'a>,
        connection: &'a Connection,
        mappings: Mappings,
        flows: Vec<(usize, &'a FlowOutcomes)>,
    ) -> Result<Self> {
        let subject = context.subject;
        let until = subject.until(context.history);
        let own: HashSet<Uuid> = until.iter().map(|run| run.run).collect();
        let later = context.history.iter().map(|run| run.run).filter(|run| !own.contains(run)).collect();
        let names: Vec<&str> = flows.iter().map(|(_, flow)| flow.flow.as_str()).collect();
        let mut entities: HashMap<String, Entity> = HashMap::new();
        for (place, flow) in &flows {
            entities.entry(flow.entity.clone()).or_insert_with(|| Entity {
                flow: *place,
                covered: true,
                ..Entity::default()
            });
        }
        for run in context.history {
            for of_run in &run.flows {
                let Some(entity) = entities.get_mut(&of_run.entity) else { continue };
                entity.covered &= names.contains(&of_run.flow.as_str());
                if of_run.full && own.contains(&run.run) {
                    entity.whole.insert(run.run);
                }
            }
        }
        for (flow, key) in ledger::standing_keys(connection, subject.run, &names).await? {
            let of_flow = flows.iter().find(|(_, other)| other.flow == flow);
            if let Some(entity) = of_flow.and_then(|(_, flow)| entities.get_mut(&flow.entity)) {
                entity.standing.insert(key);
            }
        }
        let mut aside = Vec::new();
        for (_, flow) in &flows {
            let mut of_flow = subject.refused(connection, &flow.flow).await?;
            of_flow.extend(ledger::moved_rows(connection, subject.run, &flow.flow).await?.superseded);
            aside.push(of_flow);
        }
        let several = context.history.len() > 1;
        let inserted =
            if several { ledger::inserted_by(connection, subject.run, &names).await? } else { HashMap::new() };
        let others = flows.iter().any(|(_, flow)| !flow.row.is_derived());
        let any_insert = inserted.values().flatten().filter(|_| others).copied().collect();
        Ok(Self { context, connection, mappings, flows, entities, aside, inserted, any_insert, own, later })
    }

    async fn compare(&self) -> Result<Found> {
        let mut found =
            Found { flows: self.flows.iter().map(|(place, _)| (*place, Compared::default())).collect(), stray: 0 };
        let of_flow = |(_, flow): &(usize, &FlowOutcomes)| flow.count(Outcome::Migrated) + flow.count(Outcome::Adopted);
        if self.context.subject.sample.is_none()
            && let Some(counted) = self.all_same().await?
        {
            for ((place, _), same) in self.flows.iter().zip(counted) {
                found.flows.entry(*place).or_default().same = same;
            }
            return Ok(found);
        }
        let all = match &self.context.subject.sample {
            Some(sample) => vec![Part::of(sample)],
            None => parts(self.flows.iter().map(of_flow).sum()),
        };
        for part in all {
            self.part(part, &mut found).await?;
        }
        for flow in found.flows.values_mut() {
            flow.examples.sort();
        }
        Ok(found)
    }

    /// Are the mappings, all together, exactly those that are expected? Then how many of each flow.
    async fn all_same(&self) -> Result<Option<Vec<u64>>> {
        match self.all_summed().await? {
            None => self.all_alike().await,
            counted => Ok(counted),
        }
    }

    /// As [`Self::all_alike`], of the mappings of a first run: the server adds up hashes of what it has, and sends nothing.
    async fn all_summed(&self) -> Result<Option<Vec<u64>>> {
        let (Some(hashes), Some(run)) = (self.context.hashes, self.only_run()) else { return Ok(None) };
        let forms = Forms::of(self.mappings.table(), self.mappings.ids_are_text());
        let Some(columns) = forms.summed(self.mappings.table()) else { return Ok(None) };
        let Some(shares) = self.shares() else { return Ok(None) };
        let rows = self.filled(SUMMED, forms);
        let asked = hashes.ask(self.connection, &columns, &rows, self.context.cancel);
        let asked = asked.instrument(timed!("verify.sum_mappings"));
        let expected = async {
            let (mut counted, mut total) = (vec![0; self.flows.len()], Some(Total::default()));
            let run = hashed::hash(run.as_bytes(), hashes.seed);
            let mut given = HashMap::new();
            for (at, counted) in counted.iter_mut().enumerate() {
                let entity = Record::default().and(Some(self.flows[at].1.entity.as_bytes()), hashes.seed);
                self.each_expected(at, |_, id, mapping, is_foreign, buffer| {
                    *counted += 1;
                    if shares[at] && is_again(&mut given, id, mapping.content(is_foreign, buffer)) {
                        return;
                    }
                    let record = mapping.record(entity, run, hashes.seed).filter(|_| !is_foreign);
                    match (&mut total, record) {
                        (Some(total), Some(record)) => total.add(record),
                        _ => total = None,
                    }
                })
                .await?;
            }
            Ok((counted, total))
        };
        let expected = expected.instrument(timed!("verify.expect_mappings"));
        let (actual, (counted, expected)) = futures::future::try_join(asked, expected).await?;
        Ok((actual.is_some() && actual == expected).then_some(counted))
    }

    /// The run that wrote every mapping that is expected, where that is known: it loaded all flows whole, and the target knew nothing
    /// of them.
    fn only_run(&self) -> Option<Uuid> {
        let run = self.own.iter().next().filter(|_| self.own.len() == 1)?;
        let is_whole = self.entities.values().all(|entity| entity.whole.is_empty() || entity.whole.contains(run));
        (is_whole && self.context.subject.adopted.is_empty()).then_some(*run)
    }

    /// Which flows share their entity with others, and so may give mappings that these give too: each is there once. None where that
    /// are too many rows to be remembered.
    fn shares(&self) -> Option<Vec<bool>> {
        let mut flows: HashMap<&str, usize> = HashMap::new();
        self.flows.iter().for_each(|(_, flow)| *flows.entry(&flow.entity).or_default() += 1);
        let shares: Vec<bool> = self.flows.iter().map(|(_, flow)| flows[flow.entity.as_str()] > 1).collect();
        let shared = self.flows.iter().zip(&shares).filter(|(_, shares)| **shares);
        let rows: u64 = shared.map(|((_, flow), _)| flow.count(Outcome::Migrated)).sum();
        (rows <= MOST_SHARED).then_some(shares)
    }

    /// Reads all mappings. Sums of hashes are compared, in no order and without any memory: what differs, if anything does, is for
    /// [`Self::part`] to find.
    async fn all_alike(&self) -> Result<Option<Vec<u64>>> {
        let (mut counted, mut expected, mut actual) = (vec![0; self.flows.len()], Sum::default(), Sum::default());
        // Of those that others wrote, there may be more than rows have: each is looked for.
        let mut foreign = HashMap::new();
        let mut buffer = Vec::new();
        for (entity, key) in self.context.subject.adopted {
            foreign.insert(known_by(entity.as_bytes(), key.as_bytes(), &mut buffer), None);
        }
        let Some(shares) = self.shares() else { return Ok(None) };
        let mut given = HashMap::new();
        for (at, counted) in counted.iter_mut().enumerate() {
            self.each_expected(at, |_, id, mapping, is_foreign, buffer| {
                *counted += 1;
                let content = mapping.content(is_foreign, buffer);
                if is_foreign {
                    foreign.insert(id, Some(content));
                } else if !(shares[at] && is_again(&mut given, id, content)) {
                    expected.add(id, content);
                }
            })
            .await?;
        }
        let read = self.read(|entity, mapping, run| {
            let id = known_by(entity, mapping.key(), &mut buffer);
            match foreign.get_mut(&id) {
                Some(wanted) if wanted.is_none_or(|wanted| wanted == mapping.content(true, &mut buffer)) => {
                    *wanted = None;
                }
                _ => {
                    let content = mapping.content(false, &mut buffer);
                    actual.add(id, if self.allows(entity, &mapping, run) { content } else { !content });
                }
            }
        });
        read.instrument(timed!("verify.read_mappings")).await?;
        let missing = foreign.values().any(Option::is_some);
        Ok((expected == actual && !missing).then_some(counted))
    }

    async fn part(&self, part: Part, found: &mut Found) -> Result<()> {
        let mut rows = Vec::new();
        // Keys whose mappings others wrote: only the id is compared.
        let mut foreign = HashSet::new();
        let mut counted = HashMap::new();
        for at in 0..self.flows.len() {
            self.each_expected(at, |_, id, mapping, is_foreign, buffer| {
                if part.holds(id) {
                    rows.push((id, mapping.content(is_foreign, buffer)));
                    *counted.entry(at).or_insert(0_u64) += 1;
                    if is_foreign {
                        foreign.insert(id);
                    }
                }
            })
            .await?;
        }
        let mut comparison = Comparison::new(rows);
        let seen = self.see(part, &foreign, &mut comparison, found).await?;
        let wrong: HashMap<u128, What> = comparison.wrong().collect();
        let mut left = wrong.clone();
        for (at, (place, _)) in self.flows.iter().enumerate() {
            let of_flow = found.flows.entry(*place).or_default();
            let counted = counted.get(&at).copied().unwrap_or(0);
            if wrong.is_empty() {
                of_flow.same += counted;
                continue;
            }
            let mut bad = 0;
            self.each_expected(at, |key, id, mapping, _, _| {
                if wrong.contains_key(&id) {
                    bad += 1;
                }
                let Some(what) = left.remove(&id) else { return };
                let values = mapping.values();
                let columns = seen.get(&id).map(|(other, run)| differing(&values, other, *run)).unwrap_or_default();
                let [_, _, uuid, other] = values;
                of_flow.note(Example { what, key: Some(key.to_owned()), id: uuid.or(other), columns });
            })
            .await?;
            of_flow.same += counted - bad;
        }
        Ok(())
    }

    /// Gives the key, its hash and the values of each mapping that a flow expects; and whether others wrote it.
    async fn each_expected(
        &self,
        at: usize,
        mut each: impl FnMut(&str, u128, Mapping<'_>, bool, &mut Vec<u8>),
    ) -> Result<()> {
        let flow = self.flows[at].1;
        let columns = [KEY, ENTITY_KEY, &flow.row.id_column, flow.row.row_column()];
        let files: Vec<(&OutcomeFile, bool)> = flow
            .files_of(Outcome::Migrated)
            .map(|file| (file, false))
            .chain(flow.files_of(Outcome::Adopted).map(|file| (file, true)))
            .filter(|(file, _)| file.rows > 0)
            .collect();
        for (file, adopted) in files {
            self.context.cancel.check()?;
            for batch in self.context.subject.store.read_columns(file, &columns).await? {
                self.of_batch(at, &batch, adopted, &mut each)?;
            }
        }
        Ok(())
    }

    fn of_batch(
        &self,
        at: usize,
        batch: &RecordBatch,
        adopted: bool,
        each: &mut impl FnMut(&str, u128, Mapping<'_>, bool, &mut Vec<u8>),
    ) -> Result<()> {
        let flow = self.flows[at].1;
        let lacks = || Error::unexpected("migrated rows without a key or an id");
        let keys = batch.column_by_name(ENTITY_KEY).or_else(|| batch.column_by_name(KEY)).ok_or_else(lacks)?;
        let keys = KeyColumn::new(keys.clone())?;
        let ids = batch.column_by_name(&flow.row.id_column).ok_or_else(lacks)?;
        let ids = Ids::of(ids)?;
        let rows = if self.aside[at].is_empty() { Vec::new() } else { row_ids(batch, &flow.row)? };
        let known = &self.context.subject.adopted;
        let (mut key, mut buffer) = (String::new(), Vec::new());
        for row in 0..batch.num_rows() {
            if rows.get(row).is_some_and(|id| self.aside[at].contains(&id.as_u128())) {
                continue;
            }
            key.clear();
            keys.write_text(row, &mut key)?;
            let (uuid, other) = ids.at(row);
            let (legacy_id, legacy_key) = match (keys.is_int(), self.mappings.ids_are_text()) {
                (true, _) => (Some(key.as_bytes()), None),
                (false, false) => (None, Some(key.as_bytes())),
                (false, true) => (Some(key.as_bytes()), Some(key.as_bytes())),
            };
            let foreign = adopted || !known.is_empty() && known.contains(&(flow.entity.clone(), key.clone()));
            let id = known_by(flow.entity.as_bytes(), key.as_bytes(), &mut buffer);
            each(&key, id, Mapping { legacy_id, legacy_key, uuid, other }, foreign, &mut buffer);
        }
        Ok(())
    }

    /// Reads the mappings; gives those that are expected and have other values, and whether their runs are right.
    async fn see(
        &self,
        part: Part,
        foreign: &HashSet<u128>,
        comparison: &mut Comparison,
        found: &mut Found,
    ) -> Result<HashMap<u128, (Values, bool)>> {
        let mut other = HashMap::new();
        let mut buffer = Vec::new();
        let read = self.read(|entity, mapping, run| {
            let known = known_by(entity, mapping.key(), &mut buffer);
            if !part.holds(known) {
                return;
            }
            let is_foreign = foreign.contains(&known);
            let allowed = is_foreign || self.allows(entity, &mapping, run);
            let content = mapping.content(is_foreign, &mut buffer);
            match comparison.see(known, if allowed { content } else { !content }) {
                Sight::Unknown => self.unexpected(entity, &mapping, run, found),
                Sight::Wrong if other.len() < EXAMPLES * 50 => {
                    other.entry(known).or_insert_with(|| (mapping.values(), allowed));
                }
                Sight::Same | Sight::Wrong => {}
            }
        });
        read.await?;
        Ok(other)
    }

    /// Gives each mapping of the target: its entity, its values and its run.
    async fn read(&self, mut see: impl FnMut(&[u8], Mapping<'_>, Option<Uuid>)) -> Result<()> {
        let forms = Forms::of(self.mappings.table(), self.mappings.ids_are_text());
        let stream = self.connection.copy_out(self.filled(READ, forms).as_str()).await?;
        tokio::pin!(stream);
        let (mut reader, mut rows) = (actual::Rows::new(), 0_u64);
        while let Some(bytes) = self.connection.watched(stream.next()).await {
            reader.take(&bytes?, |fields| forms.read(fields, &mut see))?;
            rows += 1;
            if rows.is_multiple_of(10_000) {
                self.context.cancel.check()?;
            }
        }
        reader.end()
    }

    fn filled(&self, template: &str, forms: Forms) -> String {
        let table = self.mappings.table();
        let entities: Vec<String> = self.entities.keys().map(|entity| quote_literal(entity)).collect();
        let runs: Vec<String> = self.own.iter().map(|run| quote_literal(&run.to_string())).collect();
        let of_runs = match table.column(RUN) {
            Some(_) if !runs.is_empty() => format!("m.run_id::text in ({})", runs.join(", ")),
            _ => "false".to_owned(),
        };
        let values = [
            ("mappings", &*self.mappings.quoted()),
            ("legacy_id", &*forms.selected(COLUMNS[0], table)),
            ("legacy_key", &*forms.selected(COLUMNS[1], table)),
            ("entity_uuid", &*forms.selected(COLUMNS[2], table)),
            ("entity_id", &*forms.selected(COLUMNS[3], table)),
            ("run_id", &*forms.selected(RUN, table)),
            ("entities", &*format!("array[{}]::text[]", entities.join(", "))),
            ("of_runs", &*of_runs),
        ];
        fill(template, &values)
    }

    /// May this run have written the mapping of this row?
    fn allows(&self, entity: &[u8], mapping: &Mapping<'_>, run: Option<Uuid>) -> bool {
        let Some(run) = run.filter(|run| self.own.contains(run)) else { return false };
        let entity = std::str::from_utf8(entity).ok().and_then(|entity| self.entities.get(entity));
        let Some(entity) = entity else { return false };
        if entity.whole.is_empty() || entity.whole.contains(&run) || self.any_insert.contains(&run) {
            return true;
        }
        let row = mapping.uuid.and_then(Id::uuid);
        row.and_then(|row| self.inserted.get(&row.as_u128())).is_some_and(|runs| runs.contains(&run))
    }

    fn unexpected(&self, entity: &[u8], mapping: &Mapping<'_>, run: Option<Uuid>, found: &mut Found) {
        // Those of later runs are no business of this one, nor are those of others.
        let Some(run) = run.filter(|run| self.own.contains(run)) else { return };
        debug_assert!(!self.later.contains(&run));
        let (entity, key) = (String::from_utf8_lossy(entity), String::from_utf8_lossy(mapping.key()));
        let Some(known) = self.entities.get(&*entity) else {
            let has = |flow: &ledger::FlowOfRun| flow.entity == *entity;
            if !self.context.history.iter().flat_map(|run| &run.flows).any(has) {
                found.stray += 1;
            }
            return;
        };
        if !known.covered || known.standing.contains(&*key) || self.is_superseded(mapping) {
            return;
        }
        let [_, _, uuid, other] = mapping.values();
        let key = Some(key.into_owned());
        let example = Example { what: What::Extra, key, id: uuid.or(other), columns: Vec::new() };
        found.flows.entry(known.flow).or_default().note(example);
    }

    /// Is it of a row that later runs have moved?
    fn is_superseded(&self, mapping: &Mapping<'_>) -> bool {
        let row = mapping.uuid.and_then(Id::uuid).map(|row| row.as_u128());
        !self.later.is_empty() && row.is_some_and(|row| self.aside.iter().any(|aside| aside.contains(&row)))
    }
}

fn differing(expected: &Values, actual: &Values, right_run: bool) -> Vec<String> {
    let values = (0..COLUMNS.len()).filter(|at| expected[*at] != actual[*at]).map(|at| COLUMNS[at]);
    values.chain((!right_run).then_some(RUN)).map(str::to_owned).collect()
}
