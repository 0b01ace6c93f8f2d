//! Owns how a flow comes into a target that holds it already, as far as earlier runs have brought it: only what differs moves.
//! Must not know: how outcomes were computed, or which run was before. It is told.

use std::collections::HashSet;
use std::time::Instant;

use tracing::{Instrument, Span};
use uuid::Uuid;

use super::chunk::{self, Done};
use super::difference::{Difference, Going, Image};
use super::{Loaded, Loader};
use crate::cancel::Cancel;
use crate::compare::{Comparison, Counts, Piece, Side};
use crate::error::{At, Context, Error, Kind, Result};
use crate::ledger::{self, BaseOf, LoadedHow, Mappings};
use crate::outcome::{Gone, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore, chosen_of};
use crate::server::sql::{quote_ident, quote_table};
use crate::server::{Address, Connection};
use crate::target::Table;
use crate::timed;

/// What the target holds of a flow, as earlier runs have left it.
#[allow(clippy::large_enum_variant)]
pub enum Base {
    /// Nothing: all of it comes.
    None,
    /// The outcomes of a run, as far as they are in.
    Outcomes {
        run: Uuid,
        store: OutcomeStore,
        flow: Box<FlowOutcomes>,
        /// All of them are in.
        whole: bool,
    },
    /// Rows that runs of ours have left, though nothing tells what these were.
    Target { run: Uuid },
}

impl Base {
    /// Are rows that are new noted one by one? Of a first load, and of what is left of it, the outcomes tell them.
    #[must_use]
    pub fn is_noted(&self) -> bool {
        matches!(self, Self::Target { .. } | Self::Outcomes { whole: true, .. })
    }

    /// The run it is of.
    #[must_use]
    pub fn run(&self) -> Option<Uuid> {
        match self {
            Self::None => None,
            Self::Outcomes { run, .. } | Self::Target { run } => Some(*run),
        }
    }
}

impl Loader {
    /// What earlier runs have loaded of a flow, the latest first.
    ///
    /// # Errors
    /// What the server says.
    pub async fn bases(&self, flow: &str, entity: &str, target: &str) -> Result<Vec<BaseOf>> {
        let note = self.note(flow, entity, target)?;
        ledger::bases(&self.coordinator, self.run.run_id, self.run.namespace, &note).await
    }

    /// Brings a flow into a target that holds it as `base` says. `rules` is the hash of its rules.
    ///
    /// # Errors
    /// As [`Self::load_flow`].
    pub async fn bring(
        &mut self,
        flow: &FlowOutcomes,
        store: &OutcomeStore,
        base: Base,
        rules: &str,
    ) -> Result<(Loaded, Option<Counts>)> {
        let begun = Instant::now();
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?.clone();
        let note = self.note(&flow.flow, &flow.entity, &flow.target)?;
        // A flow that gives all its rows to others need not fit its table.
        let image = Image::new(&table, &flow.row).ok();
        let how = LoadedHow {
            base: base.run(),
            difference: base.is_noted(),
            rules: rules.to_owned(),
            columns: image.as_ref().map(|image| image.columns.clone()).unwrap_or_default(),
            identity: image.as_ref().map(Image::identity_columns).unwrap_or_default(),
            was_empty: self.is_empty(&table).await?,
        };
        ledger::begin_flow(&self.coordinator, self.run.run_id, &note, &how).await?;
        for sequence in table.columns.iter().filter_map(|column| column.sequence.as_deref()) {
            ledger::note_sequence(&self.coordinator, self.run.run_id, sequence).await?;
        }
        let counts = match base {
            Base::None => {
                self.load_whole(flow, &table, store).await?;
                None
            }
            Base::Outcomes { run, store: of_base, flow: before, whole } => {
                let absent = ledger::absent(&self.coordinator, run, &flow.flow).await?;
                let before = Side { store: &of_base, flow: &before, absent };
                let after = Side { store, flow, absent: HashSet::new() };
                match Comparison::open(before, after).await? {
                    Some(comparison) => Some(self.bring_pieces(flow, &table, store, comparison, whole).await?),
                    None => Some(self.align(flow, &table, store).await?),
                }
            }
            Base::Target { .. } => Some(self.align(flow, &table, store).await?),
        };
        ledger::end_flow(&self.coordinator, self.run.run_id, &flow.flow).await?;
        self.loaded.push(flow.clone());
        if counts.is_some() {
            self.brought.insert(flow.flow.clone());
        }
        self.sink.finish(&flow.flow);
        let loaded = Loaded {
            flow: flow.flow.clone(),
            rows: ledger::loaded(&self.coordinator, self.run.run_id, &flow.flow).await?,
            refused: ledger::refused(&self.coordinator, self.run.run_id, Some(&flow.flow)).await?,
            seconds: begun.elapsed().as_secs_f64(),
        };
        Ok((loaded, counts))
    }

    async fn bring_pieces(
        &mut self,
        flow: &FlowOutcomes,
        table: &Table,
        store: &OutcomeStore,
        comparison: Comparison,
        noted: bool,
    ) -> Result<Counts> {
        self.prepare_mappings(flow, store, flow.count(Outcome::Migrated)).await?;
        let again = HashSet::new();
        let shared = self.shared(flow, table, &again).await?;
        let difference = self.difference(&shared, noted).await?;
        self.sink.start("load", &flow.flow, None);
        let pieces = tokio::sync::Mutex::new((0, comparison));
        let one = async |mut connection: Option<Connection>| {
            loop {
                let (name, piece) = {
                    let mut pieces = pieces.lock().await;
                    let Some(piece) = pieces.1.next().await? else { break };
                    pieces.0 += 1;
                    (format!("piece:{:06}", pieces.0), piece)
                };
                self.bring_piece(&difference, &name, &piece, &mut connection).await?;
            }
            self.keep(connection);
            Ok::<_, Error>(())
        };
        let sessions = self.sessions(flow.files_of(Outcome::Migrated).count().max(1)).await;
        futures::future::try_join_all(sessions.into_iter().map(one)).await.at(At::Flow, &flow.flow)?;
        let (_, comparison) = pieces.into_inner();
        Ok(comparison.counts().clone())
    }

    async fn difference<'a>(&self, shared: &'a chunk::Flow<'a>, noted: bool) -> Result<Difference<'a>> {
        let image = Image::new(shared.table, shared.row)?;
        let kept = ledger::kept_rows(&self.coordinator, self.run.namespace, shared.flow).await?;
        Ok(Difference { flow: shared, image, kept, noted })
    }

    async fn bring_piece(
        &self,
        difference: &Difference<'_>,
        name: &str,
        piece: &Piece,
        connection: &mut Option<Connection>,
    ) -> Result<()> {
        let done = self.persistently(connection, &Task::Bring(difference, name, piece)).await?;
        self.advance(difference.flow.flow, done.unwrap_or(Done::Before), piece.total() as u64);
        Ok(())
    }

    pub(super) fn advance(&self, flow: &str, done: Done, rows: u64) {
        let rows = match done {
            Done::Now { rows } => {
                self.written.fetch_add(rows, std::sync::atomic::Ordering::Relaxed);
                rows
            }
            Done::Before | Done::Elsewhere => rows,
        };
        self.sink.advance(flow, rows);
    }

    /// Brings the target's rows of a flow in line with its outcomes, where nothing tells what they were: each row is looked at.
    async fn align(&mut self, flow: &FlowOutcomes, table: &Table, store: &OutcomeStore) -> Result<Counts> {
        self.prepare_mappings(flow, store, flow.count(Outcome::Migrated)).await?;
        let again = HashSet::new();
        let shared = self.shared(flow, table, &again).await?;
        let difference = self.difference(&shared, true).await?;
        self.sink.start("load", &flow.flow, Some(flow.count(Outcome::Migrated)));
        let mut connection = None;
        self.persistently(&mut connection, &Task::ResolveAll(&difference)).await?;
        for file in flow.files.iter().filter(|file| file.rows > 0) {
            let task = match file.outcome {
                Outcome::Migrated => Task::Align(&difference, file, store),
                Outcome::Rejected => Task::Load(&shared, file, store),
                _ => continue,
            };
            let done = self.persistently(&mut connection, &task).await.at(At::Flow, &flow.flow)?;
            self.advance(&flow.flow, done.unwrap_or(Done::Before), file.rows);
        }
        if flow.row.is_mapped() && !self.others_of_table(flow) {
            let task = Task::Orphaned(&difference, &self.mappings, flow, store);
            self.persistently(&mut connection, &task).await.at(At::Flow, &flow.flow)?;
        }
        difference.aligned(&self.coordinator).await
    }

    /// Do other flows of the run bring rows of the same entity to the same table?
    fn others_of_table(&self, flow: &FlowOutcomes) -> bool {
        self.entities.iter().any(|(name, entity, target)| {
            *name != flow.flow
                && *entity == flow.entity
                && self.catalog.qualify(target) == self.catalog.qualify(&flow.target)
        })
    }

    /// Tries rows again that the target refused for the sake of others, which may be in, or away, by now.
    pub(super) async fn bring_again(
        &self,
        flow: &FlowOutcomes,
        store: &OutcomeStore,
        wanted: &HashSet<Uuid>,
        round: usize,
    ) -> Result<()> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let again = HashSet::new();
        let shared = self.shared(flow, table, &again).await?;
        let difference = self.difference(&shared, true).await?;
        let mut connection = None;
        for file in flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0) {
            self.cancel.check()?;
            let rows = chosen_of(&store.read(file).await?, &flow.row, |id| wanted.contains(&id))?;
            if rows.is_empty() {
                continue;
            }
            let name = format!("again:{}:{round}:{}", self.begun.epoch.number(), file.path);
            self.bring_piece(&difference, &name, &Piece::new_rows(rows), &mut connection).await?;
        }
        Ok(())
    }

    /// Does with rows whose source rows are gone what their flows say: children before parents.
    pub(super) async fn settle_gone(&self) -> Result<()> {
        let mut connection = None;
        for flow in self.loaded.iter().rev().filter(|flow| flow.row.gone != Gone::Keep) {
            let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
            let same_entity = |other: &&FlowOutcomes| {
                other.entity == flow.entity && other.row.is_derived() && other.flow != flow.flow
            };
            let shared_with = self.loaded.iter().filter(same_entity).filter_map(|other| {
                let other_table = self.catalog.table(&other.target).filter(|other| other.oid != table.oid)?;
                Some((quote_table(&other_table.schema, &other_table.name), quote_ident(&other.row.id_column)))
            });
            let going = Going {
                run: self.run.run_id,
                epoch: self.begun.epoch,
                namespace: self.run.namespace,
                flow: &flow.flow,
                entity: &flow.entity,
                row: &flow.row,
                table,
                mappings: &self.mappings,
                shared_with: shared_with.collect(),
                as_of: &self.run.as_of,
            };
            self.persistently(&mut connection, &Task::Settle(&going)).await.at(At::Flow, &flow.flow)?;
        }
        Ok(())
    }

    /// Does a task over a connection; where that is lost, once more over a new one.
    pub(super) async fn persistently(
        &self,
        connection: &mut Option<Connection>,
        task: &Task<'_>,
    ) -> Result<Option<Done>> {
        task.persistently(connection, &self.address, &self.cancel).await
    }
}

impl Task<'_> {
    /// Does it over a connection; where that is lost, once more over a new one.
    pub(super) async fn persistently(
        &self,
        connection: &mut Option<Connection>,
        address: &Address,
        cancel: &Cancel,
    ) -> Result<Option<Done>> {
        let mut pauses = super::PAUSES.iter();
        loop {
            cancel.check()?;
            let opened = match connection.take() {
                Some(connection) => Ok(connection),
                None => address.connect("rehome load").await,
            };
            let error = match opened {
                Ok(opened) => match self.run(&opened).await {
                    Ok(done) => {
                        *connection = Some(opened);
                        return Ok(done);
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.kind() == Kind::Retryable => {
                    log::warn!("a chunk is loaded again: {error}");
                    tokio::time::sleep(*pause).await;
                }
                _ => return Err(error),
            }
        }
    }
}

/// One transaction, which may be given twice: the second time it does nothing.
pub(super) enum Task<'a> {
    /// A file, whole.
    Load(&'a chunk::Flow<'a>, &'a OutcomeFile, &'a OutcomeStore),
    Bring(&'a Difference<'a>, &'a str, &'a Piece),
    ResolveAll(&'a Difference<'a>),
    Align(&'a Difference<'a>, &'a OutcomeFile, &'a OutcomeStore),
    Orphaned(&'a Difference<'a>, &'a Mappings, &'a FlowOutcomes, &'a OutcomeStore),
    Settle(&'a Going<'a>),
}

/// Work on a chunk, in its span: the rows that came in by it are told there.
async fn counted(span: Span, work: impl Future<Output = Result<Done>> + Unpin) -> Result<Done> {
    let done = work.instrument(span.clone()).await?;
    if let Done::Now { rows } = done {
        span.record("rows", rows);
    }
    Ok(done)
}

impl Task<'_> {
    async fn run(&self, connection: &Connection) -> Result<Option<Done>> {
        Ok(match self {
            Self::Load(flow, file, store) => {
                let reading = store.read(file).instrument(timed!("load.read", flow.flow, rows = file.rows));
                let (name, rows) = (file.chunk(), reading.await?);
                Some(match file.outcome {
                    Outcome::Rejected => {
                        counted(timed!("load.quarantine", flow.flow), Box::pin(flow.rejected(connection, &name, rows)))
                            .await?
                    }
                    _ => {
                        counted(timed!("load.chunk", flow.flow), Box::pin(flow.migrated(connection, &name, rows)))
                            .await?
                    }
                })
            }
            Self::Bring(difference, name, piece) => {
                let span = timed!("load.difference", difference.flow.flow);
                Some(counted(span, Box::pin(difference.bring(connection, name, piece))).await?)
            }
            Self::Align(difference, file, store) => {
                Some(difference.align(connection, &file.chunk(), &store.read(file).await?).await?)
            }
            Self::ResolveAll(difference) => {
                difference.resolve_all(connection).await?;
                None
            }
            Self::Orphaned(difference, mappings, flow, store) => {
                difference.orphaned(connection, mappings, flow, store).await?;
                None
            }
            Self::Settle(going) => {
                going.settle(connection).await?;
                None
            }
        })
    }
}
