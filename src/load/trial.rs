//! Owns what a load costs, tried out: tables like the target's, in a schema of their own that is dropped again, are loaded by the
//! loader's own COPY, then indexed and joined as the target's would be. Must not know: what follows from the times.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use arrow::array::RecordBatch;
use uuid::Uuid;

use super::chunk::{self, Kept};
use super::constraints::{WORTH_REBUILDING, dropping, everything, may_be_bare};
use super::scratch::{SESSION, Scratch};
use super::{ANALYZE, IS_EMPTY, restore};
use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Result};
use crate::id::Namespace;
use crate::ledger::{Epoch, Mappings, SavedDdl};
use crate::outcome::Outcome;
use crate::outcomes::{CHUNK_ROWS, FlowOutcomes, OutcomeStore};
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Constraint, Table, TableName};

const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");
const BEGIN_DDL: &str = include_str!("../../sql/control/load/begin_ddl.sql");
const ROLLBACK: &str = include_str!("../../sql/control/load/rollback.sql");
const ORPHANS: &str = include_str!("../../sql/control/verify/orphans.sql");
const TRUNCATE: &str = include_str!("../../sql/control/bench/truncate.sql");
const NOTE: &str = include_str!("../../sql/control/bench/note.sql");
const NOTE_ROWS: &str = include_str!("../../sql/control/bench/note_rows.sql");

/// What the loader asks of the ledger for each flow, and what it notes there, each with a commit.
const QUESTIONS: usize = 8;
const NOTES: usize = 3;

/// A flow that is to be loaded.
pub struct Load<'a> {
    pub outcomes: &'a FlowOutcomes,
    pub store: &'a OutcomeStore,
    /// The rows that the whole of it would migrate.
    pub whole: u64,
}

/// What was done for tables, by several sessions at a time, in seconds.
#[derive(Debug, Clone, Default)]
pub struct Together {
    /// Tables of the target, as they are named there; the mappings by the name of what stands for them.
    pub each: Vec<(TableName, f64)>,
    /// From the first to the last.
    pub seconds: f64,
}

/// What stands for a table of the target.
struct StandIn {
    table: Table,
    /// Loaded without its indexes, as the target's would be; what is taken away first.
    bare: Option<Vec<SavedDdl>>,
    /// The target's foreign keys that would be away.
    keys: Vec<Constraint>,
}

/// Tables that stand for a target's.
pub struct Trial {
    address: Address,
    scratch: Scratch,
    tables: BTreeMap<TableName, StandIn>,
    mappings: Mappings,
    of_mappings: Option<Vec<SavedDdl>>,
    quarantine: Table,
    notes: String,
    prepared: Mutex<HashSet<TableName>>,
    run: Uuid,
    namespace: Namespace,
    jobs: usize,
    cancel: Cancel,
}

impl Trial {
    /// Makes tables like those that the flows load.
    ///
    /// # Errors
    /// What the server says; [`crate::error::Kind::Privilege`] where the role may make no schema.
    pub async fn open(
        address: &Address,
        scratch: Scratch,
        (catalog, mappings): (&Catalog, &str),
        loads: &[Load<'_>],
        namespace: Namespace,
        (jobs, cancel): (usize, &Cancel),
    ) -> Result<Self> {
        let mut rows: BTreeMap<TableName, (u64, bool)> = BTreeMap::new();
        for load in loads {
            let name = catalog.qualify(&load.outcomes.target);
            if catalog.exactly(&name.0, &name.1).is_some() {
                // As the loader: the first flow of a table that brings rows decides how it is loaded.
                let known = rows.entry(name).or_insert((load.whole, load.outcomes.row.is_derived()));
                if known.0 == 0 {
                    *known = (load.whole, load.outcomes.row.is_derived());
                }
            }
        }
        let real: Vec<&Table> = rows.keys().filter_map(|name| catalog.exactly(&name.0, &name.1)).collect();
        let copies = scratch.tables(&real, cancel).await?;
        let (mut mappings, quarantine, notes) = scratch.own_tables(catalog, mappings).await?;
        for load in loads.iter().filter(|load| load.outcomes.row.is_mapped()) {
            let first = load.outcomes.files_of(Outcome::Migrated).find(|file| file.rows > 0);
            let own = load.outcomes.row.is_derived();
            if let Some(file) = first.filter(|_| !own || !mappings.takes_text_keys()) {
                mappings.fit(scratch.connection(), &load.store.read(file).await?, &load.outcomes.row.id_column).await?;
            }
        }
        let own = scratch.catalog().await?;
        let mut tables = BTreeMap::new();
        for (real, copy) in real.iter().zip(copies) {
            let table = own.require(&copy)?.clone();
            let name = (real.schema.clone(), real.name.clone());
            let statement = fill(IS_EMPTY, &[("table", &quote_table(&real.schema, &real.name))]);
            let empty: bool = scratch.connection().query_one(&statement, &[]).await?.try_get("empty")?;
            let (of_flow, derived) = rows.get(&name).copied().unwrap_or_default();
            let bare = empty && derived && may_be_bare(real) && of_flow >= WORTH_REBUILDING;
            let bare = if bare { everything(&own, &table) } else { None };
            let keys = real.foreign_keys().filter(|key| real.can_drop(key)).cloned().collect();
            tables.insert(name, StandIn { table, bare, keys });
        }
        let all: u64 = loads.iter().filter(|load| load.outcomes.row.is_mapped()).map(|load| load.whole).sum();
        let of_mappings = if all >= WORTH_REBUILDING { everything(&own, mappings.table()) } else { None };
        Ok(Self {
            address: address.clone(),
            tables,
            of_mappings,
            quarantine: own.require(&quarantine)?.clone(),
            mappings,
            notes,
            scratch,
            prepared: Mutex::default(),
            run: Uuid::new_v4(),
            namespace,
            jobs: jobs.max(1),
            cancel: cancel.clone(),
        })
    }

    /// What stands for a table of the target.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name).map(|stand_in| &stand_in.table)
    }

    /// What stands for the mappings.
    #[must_use]
    pub fn mappings(&self) -> &Mappings {
        &self.mappings
    }

    /// The run that its mappings are of.
    #[must_use]
    pub fn run(&self) -> Uuid {
        self.run
    }

    /// Loads a flow as the loader would. Gives the seconds.
    ///
    /// # Errors
    /// Whatever is no fault of a row.
    pub async fn load(&self, load: &Load<'_>, name: &TableName) -> Result<f64> {
        let begun = Instant::now();
        let Some(stand_in) = self.tables.get(name) else { return Ok(0.0) };
        let flow = load.outcomes;
        let coordinator = self.scratch.connection();
        let known = fill(IS_EMPTY, &[("table", &quote_table(&stand_in.table.schema, &stand_in.table.name))]);
        for _ in 0..QUESTIONS {
            coordinator.query_one(&known, &[]).await?;
        }
        for note in 0..NOTES {
            self.note(coordinator, &format!("{}:{note}", flow.flow)).await?;
        }
        let migrated = flow.count(Outcome::Migrated);
        if migrated > 0 {
            self.prepare(name, stand_in.bare.as_deref(), stand_in.keys.len()).await?;
            if let Some(objects) = self.of_mappings.as_deref().filter(|_| flow.row.is_mapped()) {
                self.prepare(&self.mappings_name(), Some(objects), 0).await?;
            }
        }
        let (pieces, reading) = self.pieces(load).await?;
        let queue = Mutex::new(pieces);
        let again = HashSet::new();
        let shared = chunk::Flow {
            shared: false,
            run: self.run,
            epoch: Epoch::default(),
            flow: &flow.flow,
            entity: &flow.entity,
            table: &stand_in.table,
            mappings: &self.mappings,
            quarantined: &self.quarantine,
            row: &flow.row,
            own_entity_key: flow.entity_key.is_some(),
            namespace: self.namespace,
            occupied: false,
            merge_mappings: false,
            mappings_keyed: true,
            again: &again,
            cancel: &self.cancel,
        };
        let workers = self.jobs.min(queue.lock().map_or(0, |queue| queue.len()));
        let done = futures::future::try_join_all((0..workers).map(|_| self.work(&shared, &queue))).await;
        done.at(At::Flow, &flow.flow)?;
        // The loader's sessions read their files beside each other.
        #[expect(clippy::cast_precision_loss, reason = "a handful of sessions")]
        let beside = reading * (1.0 - 1.0 / workers.max(1) as f64);
        Ok(begun.elapsed().as_secs_f64() - beside)
    }

    /// The rows of a flow in as many pieces as the whole of it would have sessions at work; and the seconds that reading took.
    async fn pieces(&self, load: &Load<'_>) -> Result<(VecDeque<(Outcome, Vec<RecordBatch>)>, f64)> {
        let begun = Instant::now();
        let whole = usize::try_from(load.whole).unwrap_or(usize::MAX).div_ceil(CHUNK_ROWS);
        let mut pieces = VecDeque::new();
        for outcome in [Outcome::Migrated, Outcome::Rejected] {
            let mut batches = Vec::new();
            for file in load.outcomes.files_of(outcome).filter(|file| file.rows > 0) {
                batches.extend(load.store.read(file).await?);
            }
            let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
            let size = rows.div_ceil(whole.clamp(1, self.jobs)).min(CHUNK_ROWS);
            let mut from = 0;
            while from < rows {
                pieces.push_back((outcome, sliced(&batches, from, size)));
                from += size;
            }
        }
        Ok((pieces, begun.elapsed().as_secs_f64()))
    }

    async fn work(&self, flow: &chunk::Flow<'_>, queue: &Mutex<VecDeque<(Outcome, Vec<RecordBatch>)>>) -> Result<()> {
        let connection = self.scratch.session(&self.address).await?;
        while let Some((outcome, batches)) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) {
            self.cancel.check()?;
            let chunk = Uuid::new_v4().to_string();
            connection.batch_execute(BEGIN).await?;
            self.note(&connection, &chunk).await?;
            let kept = Kept::of(&batches, flow.row)?;
            let rows = i64::try_from(kept.rows()).unwrap_or(i64::MAX);
            match outcome {
                Outcome::Rejected => {
                    flow.quarantine(&connection, &chunk, batches).await?;
                }
                _ => {
                    flow.insert(&connection, &chunk, &kept, batches, BTreeSet::new()).await?;
                }
            }
            let counted = fill(NOTE_ROWS, &[("table", &self.notes)]);
            connection.execute(&counted, &[&self.run, &chunk, &rows]).await?;
            connection.commit("trial").await?;
        }
        self.scratch.spare(connection);
        Ok(())
    }

    async fn note(&self, connection: &Connection, what: &str) -> Result<()> {
        connection.execute(&fill(NOTE, &[("table", &self.notes)]), &[&self.run, &what]).await?;
        Ok(())
    }

    /// Takes away from a table what the loader would, once.
    async fn prepare(&self, name: &TableName, objects: Option<&[SavedDdl]>, keys: usize) -> Result<()> {
        if !self.prepared.lock().is_ok_and(|mut prepared| prepared.insert(name.clone())) {
            return Ok(());
        }
        let connection = self.scratch.connection();
        connection.batch_execute(BEGIN_DDL).await?;
        for key in 0..keys {
            self.note(connection, &format!("{}.{} key {key}", name.0, name.1)).await?;
        }
        for object in objects.unwrap_or_default() {
            self.note(connection, &format!("{}.{}", object.table, object.name)).await?;
            connection.batch_execute(&dropping(object)).await?;
        }
        connection.commit("trial").await
    }

    /// Empties all tables: what was loaded may be loaded again.
    ///
    /// # Errors
    /// What the server says.
    pub async fn empty(&self) -> Result<()> {
        let own = [self.mappings.table(), &self.quarantine];
        let tables = self.tables.values().map(|stand_in| &stand_in.table).chain(own);
        let tables: Vec<String> = tables.map(|table| quote_table(&table.schema, &table.name)).collect();
        let statement = fill(TRUNCATE, &[("tables", &tables.join(", "))]);
        Ok(self.scratch.connection().batch_execute(&statement).await?)
    }

    /// Builds the indexes that were away. One that rows of the sample break is left out.
    ///
    /// # Errors
    /// What the server says.
    pub async fn indexes(&self) -> Result<Together> {
        let own = self.mappings_name();
        let of_tables = self.tables.iter().map(|(name, stand_in)| (name, stand_in.bare.as_deref()));
        let of_all = of_tables.chain([(&own, self.of_mappings.as_deref())]);
        let objects: Vec<(&TableName, &SavedDdl)> = of_all
            .flat_map(|(name, objects)| objects.unwrap_or_default().iter().map(move |object| (name, object)))
            .collect();
        let workers = if objects.len() < self.jobs.max(2) { "2" } else { "0" };
        self.side_by_side(&objects, async |connection: &Connection, (name, object): &(&TableName, &SavedDdl)| {
            restore::begin(connection, workers).await?;
            if connection.batch_execute(&object.definition).await.is_err() {
                connection.batch_execute(ROLLBACK).await?;
                return Ok(*name);
            }
            connection.commit("trial").await?;
            for step in ["made", "attached"] {
                self.note(connection, &format!("{step} {}.{}", object.table, object.name)).await?;
            }
            Ok(*name)
        })
        .await
    }

    /// Looks for rows without a parent, as the server does where a foreign key is validated. No key is made: rows whose parents
    /// are not in the sample would end it early.
    ///
    /// # Errors
    /// What the server says.
    pub async fn foreign_keys(&self) -> Result<Together> {
        let keys: Vec<(&TableName, &Table, &Constraint)> = self
            .tables
            .iter()
            .flat_map(|(name, stand_in)| stand_in.keys.iter().map(move |key| (name, &stand_in.table, key)))
            .collect();
        self.side_by_side(
            &keys,
            async |connection: &Connection, (name, table, key): &(&TableName, &Table, &Constraint)| {
                self.note(connection, &format!("added {}", key.name)).await?;
                restore::begin(connection, "2").await?;
                connection.query_one(&self.orphans(table, key)?, &[]).await?;
                self.note(connection, &format!("validated {}", key.name)).await?;
                connection.commit("trial").await?;
                Ok(*name)
            },
        )
        .await
    }

    fn orphans(&self, table: &Table, key: &Constraint) -> Result<String> {
        let gone = || Error::unexpected("a foreign key to no table");
        let (schema, name) = key.referenced.as_ref().ok_or_else(gone)?;
        let other = match self.tables.get(&(schema.clone(), name.clone())) {
            Some(stand_in) => quote_table(&stand_in.table.schema, &stand_in.table.name),
            None => quote_table(schema, name),
        };
        let present = key.columns.iter().map(|column| format!("t.{} is not null", quote_ident(column)));
        let values = [
            ("table", &*quote_table(&table.schema, &table.name)),
            ("present", &present.collect::<Vec<_>>().join(" and ")),
            ("absent", &key.absent(&other)),
        ];
        Ok(fill(ORPHANS, &values))
    }

    /// Has the server look at what was loaded bare.
    ///
    /// # Errors
    /// What the server says.
    pub async fn analyze(&self) -> Result<Together> {
        let own = self.mappings_name();
        let bare = self.tables.iter().filter(|(_, stand_in)| stand_in.bare.is_some());
        let tables: Vec<(&TableName, &Table)> =
            bare.map(|(name, stand_in)| (name, &stand_in.table)).chain([(&own, self.mappings.table())]).collect();
        self.side_by_side(&tables, async |connection: &Connection, (name, table): &(&TableName, &Table)| {
            let statement = fill(ANALYZE, &[("table", &quote_table(&table.schema, &table.name))]);
            connection.batch_execute(&statement).await?;
            Ok(*name)
        })
        .await
    }

    fn mappings_name(&self) -> TableName {
        (self.mappings.table().schema.clone(), self.mappings.table().name.clone())
    }

    /// Does something with each, in as many sessions as there are jobs; it gives the table that it was for.
    async fn side_by_side<'t, T>(
        &self,
        items: &[T],
        work: impl AsyncFn(&Connection, &T) -> Result<&'t TableName>,
    ) -> Result<Together> {
        let (begun, queue) = (Instant::now(), Mutex::new(items.iter().collect::<VecDeque<&T>>()));
        let one = async || {
            let connection = self.address.connect(SESSION).await?;
            let mut done = Vec::new();
            while let Some(item) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) {
                self.cancel.check()?;
                let begun = Instant::now();
                done.push((work(&connection, item).await?.clone(), begun.elapsed().as_secs_f64()));
            }
            Ok::<_, Error>(done)
        };
        let sessions = (0..self.jobs.min(items.len())).map(|_| one());
        let each = futures::future::try_join_all(sessions).await?.into_iter().flatten().collect();
        Ok(Together { each, seconds: begun.elapsed().as_secs_f64() })
    }
}

/// Some of the rows of these batches.
fn sliced(batches: &[RecordBatch], from: usize, rows: usize) -> Vec<RecordBatch> {
    let (mut start, mut taken) = (0, Vec::new());
    for batch in batches {
        let end = start + batch.num_rows();
        let (low, high) = (from.max(start), (from + rows).min(end));
        if low < high {
            taken.push(batch.slice(low - start, high - low));
        }
        start = end;
    }
    taken
}
