//! Owns the way of stored outcomes into the target: chunks over several connections, each exactly once.
//! Must not know: how outcomes were computed. Nothing is decided here about a row but whether the target takes it.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tracing::Instrument;
use uuid::Uuid;

use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Result};
use crate::failpoint::durable;
use crate::ledger::{
    self, Adopted, Begun, Conflicting, Fate, LoadedFlow, Mappings, Noted, OriginOf, Refusal, RunIdentity,
};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeFile, OutcomeStore};
use crate::progress::Sink;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table, TableName, structure};
use crate::timed;

mod attempt;
mod bring;
mod causes;
pub mod check;
mod chunk;
mod constraints;
mod copy;
mod difference;
mod each;
pub mod encode;
mod existing;
mod foresee;
pub mod help;
mod isolate;
mod made;
mod matching;
mod partitions;
mod planner;
mod reason;
mod remove;
mod restore;
mod rivals;
pub mod rollback;
mod scratch;
mod sessions;
mod stage;
mod trial;
mod triggers;
mod unmapped;
mod whole;

pub use bring::Base;
use bring::Task;
use chunk::Done;
use constraints::{Mode, WORTH_REBUILDING};
pub use foresee::{Foreseen, Foresight, Standing};
pub use made::typed;
pub use matching::Match;
pub use scratch::{SESSION as TRIAL_SESSION, Scratch, drop_schema, end_sessions};
pub use trial::{Load, Together, Trial};
pub use whole::Whole;

const IS_EMPTY: &str = include_str!("../../sql/control/load/is_empty.sql");
const COUNT: &str = include_str!("../../sql/control/load/count.sql");
const ENTITY_KNOWN: &str = include_str!("../../sql/control/load/entity_known.sql");
const ENTITY_SHARED: &str = include_str!("../../sql/control/load/entity_shared.sql");
const ENTITIES_OF_OTHERS: &str = include_str!("../../sql/control/load/entities_of_others.sql");
const ANALYZE: &str = include_str!("../../sql/control/load/analyze.sql");
const SET_SEQUENCE: &str = include_str!("../../sql/control/load/set_sequence.sql");

/// The SQLSTATE of a row that a foreign key refuses.
const FOREIGN_KEY: &str = "23503";
/// SQLSTATEs of rows that the target refuses for the sake of other rows.
const OF_OTHERS: [&str; 3] = [FOREIGN_KEY, "23505", "23P01"];

/// Pauses before a chunk is tried again on a new connection.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(15)];
/// The mappings table is loaded bare when a flow brings this many times the rows it has.
const MAPPINGS_GROWTH: u64 = 4;

/// The one loader of a target database.
pub struct Loader {
    address: Address,
    /// Holds the lock; does what is not done chunk by chunk.
    coordinator: Connection,
    /// As it was when the run began to load.
    catalog: Catalog,
    quarantine: Table,
    mappings: Mappings,
    run: RunIdentity,
    begun: Begun,
    /// The flows loaded so far, in their order.
    loaded: Vec<FlowOutcomes>,
    /// Those of them that came as differences.
    brought: BTreeSet<String>,
    /// All flows of the run: name, entity, target.
    entities: Vec<(String, String, String)>,
    /// Rows that this process has written.
    written: AtomicU64,
    /// The entities that have mappings of others, where it is known.
    of_others: Option<BTreeSet<String>>,
    /// The mappings that the run will write at most, where nothing is known of earlier ones.
    expected: u64,
    /// Sessions at a time: fewer than were asked for, once the server has let in fewer.
    jobs: AtomicUsize,
    /// Other processes may load chunks of its flows.
    shares: bool,
    sink: Arc<dyn Sink>,
    cancel: Cancel,
    modes: BTreeMap<(String, String), Mode>,
    /// Sessions of flows that are loaded, for the next: a session costs a server more than a small flow does.
    spare: Mutex<Vec<Connection>>,
}

/// What a flow brought into the target.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Loaded {
    pub flow: String,
    /// Rows in the target, by this and by earlier processes of the run.
    pub rows: u64,
    /// Rows that the target refused; more may follow at the end, when constraints come back.
    pub refused: Vec<Refusal>,
    pub seconds: f64,
}

/// How the load ended.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Finished {
    /// All rows of the run that the target refused, of all flows.
    pub refused: Vec<Refusal>,
    /// Rows that were in the target already: flow → updated and adopted.
    pub existing: BTreeMap<String, (u64, u64)>,
    /// What was done to rows beside first loads: flow → what → rows, see [`ledger::changes`].
    pub moved: BTreeMap<String, BTreeMap<String, u64>>,
    /// Of how many rows triggers have made something else than was written: flow → column → rows.
    pub altered: BTreeMap<String, BTreeMap<String, u64>>,
    /// Rows that others had changed, deleted or referred to, by flow.
    pub conflicts: BTreeMap<String, Vec<Conflicting>>,
    /// Rows that this process has written, quarantine included.
    pub written: u64,
    /// Constraints and indexes that were away and are back.
    pub restored: usize,
    pub seconds: f64,
}

impl Loader {
    /// Takes the lock, makes the ledger and the mappings table where they are missing, and begins the run; the same run
    /// id again takes up the same run.
    ///
    /// # Errors
    /// [`crate::error::Kind::Locked`] when another run has the target; [`crate::error::Kind::Config`] when the run was begun with other rules;
    /// [`crate::error::Kind::Privilege`]; [`crate::error::Kind::Drift`] when the mappings table cannot be used.
    #[allow(clippy::too_many_arguments)]
    pub async fn open(
        address: &Address,
        catalog: Catalog,
        run: RunIdentity,
        jobs: usize,
        sink: Arc<dyn Sink>,
        cancel: Cancel,
    ) -> Result<Self> {
        let coordinator = address.connect("rehome loader").await?;
        ledger::lock(&coordinator).await?;
        ledger::ensure(&coordinator).await?;
        // Noted before it is made: a run that is killed in between has made it all the same.
        let begun = ledger::begin(&coordinator, &run, catalog.table(&run.mappings).is_none()).await?;
        let mappings = Mappings::ensure(&coordinator, &run.mappings, catalog.schema()).await?;
        let quarantine = Catalog::read(&coordinator, "rehome").await?.require("quarantine")?.clone();
        let mut modes = BTreeMap::new();
        for away in ledger::saved_ddl(&coordinator).await? {
            // An earlier process has begun to load these tables: go on as it did.
            let indexed = away.sort == ledger::SavedSort::ForeignKey;
            let mode = modes.entry((away.schema, away.table)).or_insert(Mode::Indexed);
            if !indexed {
                *mode = Mode::Bare;
            }
        }
        let jobs = AtomicUsize::new(jobs.max(1));
        let address = address.clone();
        Ok(Self {
            address,
            coordinator,
            catalog,
            quarantine,
            mappings,
            run,
            begun,
            loaded: Vec::new(),
            brought: BTreeSet::new(),
            entities: Vec::new(),
            written: AtomicU64::new(0),
            of_others: None,
            expected: 0,
            jobs,
            shares: false,
            sink,
            cancel,
            modes,
            spare: Mutex::default(),
        })
    }

    /// Lets other processes load chunks of the flows that come whole.
    pub fn share(&mut self) {
        self.shares = true;
    }

    /// Says how many mappings the run may write: so many pay for their indexes to be built afterwards.
    pub fn expect_mappings(&mut self, rows: u64) {
        self.expected = rows;
    }

    /// What an earlier run was made of.
    ///
    /// # Errors
    /// What the server says.
    pub async fn origin(&self, run: Uuid) -> Result<OriginOf> {
        ledger::origin(&self.coordinator, run).await
    }

    /// The UUIDs that earlier runs gave to the rows of an entity, by legacy key as text.
    ///
    /// # Errors
    /// What the server says.
    pub async fn own(&self, entity: &str) -> Result<Vec<(String, String)>> {
        self.mappings.own(&self.coordinator, entity, self.run.namespace, self.run.run_id).await
    }

    /// The mappings of these entities that no run of ours wrote: their UUIDs are kept.
    ///
    /// # Errors
    /// As [`Mappings::adopted`].
    pub async fn adopted(&self, entities: &[String]) -> Result<Vec<Adopted>> {
        self.mappings.adopted(&self.coordinator, entities).await
    }

    /// Sees that no run of another namespace has loaded what these flows will load; with `alone`, no other run at all.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] that names the other run.
    pub async fn check_unclaimed(&mut self, shapes: &[FlowShape], alone: bool) -> Result<()> {
        for shape in shapes {
            self.entities.push((shape.flow.clone(), shape.entity.clone(), shape.target.clone()));
            let note = self.note(&shape.flow, &shape.entity, &shape.target)?;
            let run = alone.then_some(self.run.run_id);
            let other = ledger::other_run(&self.coordinator, self.run.namespace, run, &note).await?;
            let Some((run, flow)) = other else { continue };
            let (message, hint) = if alone {
                (
                    format!("the target holds what run {run} loaded, and --full asks for an empty one"),
                    "leave --full out: the run then brings what differs; or load into an empty target",
                )
            } else {
                (
                    format!("the target holds what run {run} loaded under another namespace, and so under other UUIDs"),
                    "runs of one namespace follow each other: `namespace` of the pipeline says it, or else the pipeline's name",
                )
            };
            return Err(Error::config(message).at(At::Flow, flow).at(At::Table, shape.target.clone()).hint(hint));
        }
        Ok(())
    }

    fn note(&self, flow: &str, entity: &str, target: &str) -> Result<LoadedFlow> {
        Ok(LoadedFlow::of(flow, entity, self.catalog.require(target).at(At::Flow, flow)?))
    }

    /// Brings a flow's migrated rows into its target and its rejected rows into the quarantine. What the target refused
    /// to an earlier process of this run, which did not end it, is tried again.
    ///
    /// # Errors
    /// Whatever is no fault of a row; what has been committed stays, and the same call goes on from there.
    pub async fn load_flow(&mut self, flow: &FlowOutcomes, store: &OutcomeStore) -> Result<Loaded> {
        Ok(self.bring(flow, store, Base::None, "").await?.0)
    }

    async fn load_whole(&mut self, flow: &FlowOutcomes, table: &Table, store: &OutcomeStore) -> Result<()> {
        let migrated = flow.count(Outcome::Migrated);
        if migrated > 0 {
            self.prepare(table, migrated, flow.row.is_derived()).await?;
            if flow.row.is_mapped() {
                self.prepare_mappings(flow, store, migrated).await?;
            }
        }
        let mut again = HashSet::new();
        if self.begun.taken_up {
            let refused = ledger::refused(&self.coordinator, self.run.run_id, Some(&flow.flow)).await?;
            again.extend(refused.into_iter().filter_map(|row| row.id));
        }
        let files: VecDeque<OutcomeFile> = flow.chunks().cloned().collect();
        self.sink.start("load", &flow.flow, Some(files.iter().map(|file| file.rows).sum()));
        self.load_files(flow, table, files, store, &again).await.at(At::Flow, &flow.flow)
    }

    /// Loads files over several connections; of those that are in already, the rows of `again`.
    async fn load_files(
        &self,
        flow: &FlowOutcomes,
        table: &Table,
        files: VecDeque<OutcomeFile>,
        store: &OutcomeStore,
        again: &HashSet<Uuid>,
    ) -> Result<()> {
        // Rows that are tried again stand in the list of this process alone; of one chunk nobody needs to be told.
        let shares = self.shares && again.is_empty() && files.len() > 1;
        let shared = chunk::Flow { shared: shares, ..self.shared(flow, table, again).await? };
        if shares {
            ledger::open_flow(&self.coordinator, &help::open(&shared)?).await?;
        }
        let sessions = self.sessions(files.len()).await;
        let queue = Mutex::new(files);
        let workers = sessions.into_iter().map(|session| self.work(&shared, session, &queue, store));
        futures::future::try_join_all(workers).await?;
        if shares {
            ledger::close_flow(&self.coordinator, self.run.run_id, &flow.flow).await?;
        }
        Ok(())
    }

    /// What all chunks of a flow have in common.
    async fn shared<'a>(
        &'a self,
        flow: &'a FlowOutcomes,
        table: &'a Table,
        again: &'a HashSet<Uuid>,
    ) -> Result<chunk::Flow<'a>> {
        Ok(chunk::Flow {
            run: self.run.run_id,
            epoch: self.begun.epoch,
            flow: &flow.flow,
            entity: &flow.entity,
            table,
            mappings: &self.mappings,
            quarantined: &self.quarantine,
            row: &flow.row,
            own_entity_key: flow.entity_key.is_some(),
            namespace: self.run.namespace,
            occupied: !self.is_empty(table).await?,
            merge_mappings: self.entity_known(flow).await?,
            mappings_keyed: !self.is_bare(self.mappings.table()),
            shared: false,
            again,
            cancel: &self.cancel,
        })
    }

    /// Where a foreign key could not be away for the load, rows came before their parents: they are tried again, as
    /// long as that brings any of them in.
    async fn retry(&self, store: &OutcomeStore) -> Result<()> {
        let mut before = usize::MAX;
        for round in 0.. {
            let mut waiting: BTreeMap<String, HashSet<Uuid>> = BTreeMap::new();
            for row in ledger::refused(&self.coordinator, self.run.run_id, None).await? {
                // What stood in the way of a row that came as a difference may be gone by now.
                let by_others = self.brought.contains(&row.flow) && OF_OTHERS.contains(&row.sqlstate.as_str());
                if (row.sqlstate == FOREIGN_KEY || by_others) && !row.taken_out {
                    waiting.entry(row.flow).or_default().extend(row.id);
                }
            }
            let rows: usize = waiting.values().map(HashSet::len).sum();
            if rows == 0 || rows >= before {
                return Ok(());
            }
            before = rows;
            for flow in &self.loaded {
                let Some(again) = waiting.get(&flow.flow) else { continue };
                if self.brought.contains(&flow.flow) {
                    self.bring_again(flow, store, again, round).await.at(At::Flow, &flow.flow)?;
                    continue;
                }
                let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
                let files = flow.files_of(Outcome::Migrated).cloned().collect();
                self.load_files(flow, table, files, store, again).await.at(At::Flow, &flow.flow)?;
            }
        }
        Ok(())
    }

    /// Notes how the tables stand now, so that it can be told later what has gone. Where a table held nothing before us, its rows
    /// are counted: what is more then is not ours.
    async fn note_tables(&self, flows: &[LoadedFlow]) -> Result<()> {
        let run = self.run.run_id;
        let history = ledger::history(&self.coordinator, run).await?;
        let mut was_empty: BTreeMap<&TableName, bool> = BTreeMap::new();
        for flow in history.iter().flat_map(|run| &run.flows) {
            was_empty.entry(&flow.table).or_insert(flow.was_empty);
        }
        let mut tables: Vec<TableName> = flows.iter().map(|flow| (flow.schema.clone(), flow.table.clone())).collect();
        tables.push((self.mappings.table().schema.clone(), self.mappings.table().name.clone()));
        let mut noted = Vec::new();
        for (table, structure) in structure(&self.coordinator, &tables).await? {
            let mut rows = None;
            if was_empty.get(&table).copied().unwrap_or_default() {
                let statement = fill(COUNT, &[("table", &quote_table(&table.0, &table.1))]);
                let count: i64 = self.coordinator.query_one(&statement, &[]).await?.try_get("rows")?;
                rows = u64::try_from(count).ok();
            }
            noted.push((table, Noted { rows, structure }));
        }
        ledger::note_tables(&self.coordinator, run, &noted).await
    }

    /// Has the server look at the tables that were loaded bare, several at a time: the largest first.
    async fn analyze(&self) -> Result<()> {
        let bare = self.modes.iter().filter(|(_, mode)| **mode == Mode::Bare).map(|(name, _)| name);
        let mappings = self.mappings.table();
        let rows = |name: &TableName| {
            if (&name.0, &name.1) == (&mappings.schema, &mappings.name) {
                return u64::MAX;
            }
            let of_table = |flow: &&FlowOutcomes| self.catalog.qualify(&flow.target) == *name;
            self.loaded.iter().filter(of_table).map(|flow| flow.count(Outcome::Migrated)).sum::<u64>()
        };
        let mut tables: Vec<&TableName> = bare.collect();
        tables.sort_by_key(|name| rows(name));
        let sessions = self.address.several("rehome analyze", self.jobs().min(tables.len())).await?;
        let queue = Mutex::new(tables);
        let one = async |connection: Connection| {
            while let Some((schema, table)) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                self.cancel.check()?;
                let span = timed!("load.analyze", table);
                let statement = fill(ANALYZE, &[("table", &quote_table(schema, table))]);
                connection.batch_execute(&statement).instrument(span).await?;
            }
            Ok::<_, Error>(())
        };
        futures::future::try_join_all(sessions.into_iter().map(one)).await?;
        Ok(())
    }

    /// Constraints and indexes that are away while rows are loaded.
    ///
    /// # Errors
    /// What the server says.
    pub async fn away(&self) -> Result<usize> {
        Ok(ledger::saved_ddl(&self.coordinator).await?.len())
    }

    /// Decides what became of rows whose parents came later, brings constraints and indexes back, takes out the rows
    /// they refuse, sets sequences, ends the run and gives the lock back: the last call to a loader. Only now is the
    /// fate of a row decided by the rows of others, for only now are all of them there.
    ///
    /// # Errors
    /// [`crate::error::Kind::Verification`] when rows of others break a constraint; it is then left as the message says.
    pub async fn finish(&mut self, store: &OutcomeStore) -> Result<Finished> {
        let begun = Instant::now();
        self.sink.start("load", "constraints", None);
        self.retry(store).await?;
        self.settle_gone().await?;
        if !self.brought.is_empty() {
            self.retry(store).await?;
        }
        if let Ok(spare) = self.spare.get_mut() {
            spare.clear();
        }
        let restored = self.restore(store).await?;
        self.name_causes(store).await?;
        let flows = ledger::flows(&self.coordinator, self.run.run_id).await?;
        self.set_sequences(&flows).await?;
        self.analyze().await?;
        self.note_tables(&flows).instrument(timed!("load.count_tables")).await?;
        ledger::end(&self.coordinator, self.run.run_id).await?;
        let refused = ledger::refused(&self.coordinator, self.run.run_id, None).await?;
        let mut existing: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for fate in [Fate::Updated, Fate::Adopted] {
            for (flow, _) in ledger::existing(&self.coordinator, self.run.run_id, fate, None).await? {
                let (updated, adopted) = existing.entry(flow).or_default();
                *(if fate == Fate::Updated { updated } else { adopted }) += 1;
            }
        }
        let moved = ledger::changes(&self.coordinator, self.run.run_id).await?;
        let altered = ledger::altered(&self.coordinator, self.run.run_id).await?;
        let conflicts = ledger::conflicts(&self.coordinator, self.run.run_id).await?;
        ledger::unlock(&self.coordinator).await?;
        self.modes.clear();
        self.sink.finish("constraints");
        let written = self.written.load(Ordering::Relaxed);
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Finished { refused, existing, moved, altered, conflicts, written, restored, seconds })
    }

    /// Brings constraints and indexes back, and takes out the rows that they refuse.
    async fn restore(&self, store: &OutcomeStore) -> Result<usize> {
        let flows = ledger::flows(&self.coordinator, self.run.run_id).await?;
        let removal = remove::Removal {
            run: self.run.run_id,
            mappings: &self.mappings,
            flows: &flows,
            loaded: &self.loaded,
            catalog: &self.catalog,
            quarantine: &self.quarantine,
            store,
            cancel: &self.cancel,
        };
        let restore = restore::Restore {
            address: &self.address,
            coordinator: &self.coordinator,
            jobs: self.jobs(),
            removal: &removal,
            cancel: &self.cancel,
        };
        restore.all().await
    }

    /// Takes away from a table what slows the load down, once a run. The keys of rows without a UUID of ours stay: of two
    /// that share one, nobody could tell afterwards which is which.
    async fn prepare(&mut self, table: &Table, rows: u64, derived: bool) -> Result<()> {
        let name = (table.schema.clone(), table.name.clone());
        if self.modes.contains_key(&name) {
            return Ok(());
        }
        let bare = derived && rows >= WORTH_REBUILDING && self.is_empty(table).await?;
        let mode = constraints::take_away(&self.coordinator, self.run.run_id, &self.catalog, table, bare).await?;
        self.modes.insert(name, mode);
        Ok(())
    }

    /// Are the indexes and keys of a table away?
    fn is_bare(&self, table: &Table) -> bool {
        self.modes.get(&(table.schema.clone(), table.name.clone())) == Some(&Mode::Bare)
    }

    async fn is_empty(&self, table: &Table) -> Result<bool> {
        let statement = fill(IS_EMPTY, &[("table", &quote_table(&table.schema, &table.name))]);
        Ok(self.coordinator.query_one(&statement, &[]).await?.try_get("empty")?)
    }

    async fn prepare_mappings(&mut self, flow: &FlowOutcomes, store: &OutcomeStore, rows: u64) -> Result<()> {
        let first = flow.files_of(Outcome::Migrated).find(|file| file.rows > 0);
        if let Some(file) = first.filter(|_| !flow.row.is_derived() || !self.mappings.takes_text_keys()) {
            self.mappings.fit(&self.coordinator, &store.read(file).await?, &flow.row.id_column).await?;
        }
        let table = self.mappings.table();
        let name = (table.schema.clone(), table.name.clone());
        // All flows of a first load write into it: what they bring counts together, not flow by flow.
        let rows = rows.max(self.expected);
        if self.is_bare(self.mappings.table()) {
            return self.note_others().await;
        }
        if rows < WORTH_REBUILDING {
            return Ok(());
        }
        let statement = fill(COUNT, &[("table", &self.mappings.quoted())]);
        let known: i64 = self.coordinator.query_one(&statement, &[]).await?.try_get("rows")?;
        if rows >= MAPPINGS_GROWTH * u64::try_from(known).unwrap_or(0) {
            let run = self.run.run_id;
            let mode = constraints::take_away(&self.coordinator, run, &self.catalog, table, true).await?;
            self.modes.insert(name, mode);
            self.note_others().await?;
        }
        Ok(())
    }

    /// Notes whose mappings there are beside ours, once: without its indexes, the table is read whole to answer that.
    async fn note_others(&mut self) -> Result<()> {
        if self.of_others.is_none() {
            let statement = fill(ENTITIES_OF_OTHERS, &[("table", &self.mappings.quoted())]);
            let rows = self.coordinator.query(&statement, &[&self.run.run_id]).await?;
            self.of_others = Some(rows.iter().map(|row| row.try_get("entity")).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// Have others than this flow written mappings of its entity?
    async fn entity_known(&self, flow: &FlowOutcomes) -> Result<bool> {
        if let Some(others) = &self.of_others {
            let row = self.coordinator.query_one(ENTITY_SHARED, &[&self.run.run_id, &flow.entity, &flow.flow]).await?;
            return Ok(others.contains(&flow.entity) || row.try_get("known")?);
        }
        let (table, entity) = (self.mappings.quoted(), quote_literal(&flow.entity));
        let statement = fill(ENTITY_KNOWN, &[("table", &table), ("entity", &entity)]);
        let row = self.coordinator.query_one(&statement, &[&self.run.run_id, &flow.entity, &flow.flow]).await?;
        Ok(row.try_get("known")?)
    }

    /// Takes chunks from the queue until it is empty.
    async fn work(
        &self,
        flow: &chunk::Flow<'_>,
        mut connection: Option<Connection>,
        queue: &Mutex<VecDeque<OutcomeFile>>,
        store: &OutcomeStore,
    ) -> Result<()> {
        let mut elsewhere = Vec::new();
        while let Some(file) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) {
            match self.persistently(&mut connection, &Task::Load(flow, &file, store)).await? {
                Some(Done::Elsewhere) => elsewhere.push(file),
                done => self.advance(flow.flow, done.unwrap_or(Done::Before), file.rows),
            }
        }
        // Whoever has these under way is waited for; should it not come to its end, they are loaded here.
        let patient = chunk::Flow { shared: false, ..flow.clone() };
        for file in elsewhere {
            let done = self.persistently(&mut connection, &Task::Load(&patient, &file, store)).await?;
            self.advance(flow.flow, done.unwrap_or(Done::Before), file.rows);
        }
        self.keep(connection);
        Ok(())
    }

    /// Sequences behind loaded columns go on after the last value.
    async fn set_sequences(&self, flows: &[LoadedFlow]) -> Result<()> {
        for flow in flows {
            let Some(table) = self.catalog.exactly(&flow.schema, &flow.table) else { continue };
            for column in &table.columns {
                let Some(sequence) = &column.sequence else { continue };
                if !["int2", "int4", "int8", "numeric"].contains(&column.ty.base().name.as_str()) {
                    ledger::sequence_moved(&self.coordinator, self.run.run_id, sequence).await?;
                    continue;
                }
                let values =
                    [("table", &*quote_table(&flow.schema, &flow.table)), ("column", &*quote_ident(&column.name))];
                durable("set_sequence", self.coordinator.execute(&fill(SET_SEQUENCE, &values), &[sequence])).await?;
                ledger::sequence_moved(&self.coordinator, self.run.run_id, sequence).await?;
            }
        }
        Ok(())
    }
}

/// Copies rows into a table as they are, outside of any run: no ledger, no mappings. Gives the rows written.
///
/// # Errors
/// [`crate::error::Kind::Drift`] when the columns do not fit; [`crate::error::Kind::Unexpected`] when the table refuses a row, and then none is in.
pub async fn copy_into(connection: &Connection, table: &Table, batches: Vec<arrow::array::RecordBatch>) -> Result<u64> {
    let rows = copy::Rows::new(batches, table)?;
    let none = std::collections::BTreeSet::new();
    let (why, column) = match rows.copy(connection, 0..rows.len(), &none, &Cancel::new()).await? {
        copy::Copied::Done { rows, unwritable } => match unwritable.into_iter().next() {
            None => return Ok(rows),
            Some((_, first)) => (first.fault.sqlstate().to_owned(), Some(first.column)),
        },
        copy::Copied::Refused { why, .. } => (why.sqlstate, why.constraint.or(why.column)),
    };
    let error = Error::unexpected("the table refuses a row").at(At::Table, table.full_name()).at(At::SqlState, why);
    Err(match column {
        Some(column) => error.at(At::Column, column),
        None => error,
    })
}
