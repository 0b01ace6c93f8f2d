//! Owns how a run is taken back: its rows go, what they were comes back, and the ledger forgets all but that it ran. Every step
//! may be broken off, and is taken up by the same command. Must not know: which runs are to be taken back, or why.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use uuid::Uuid;

use super::planner;
use super::remove::Removal;
use super::restore::Restore;
use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Kind, Result};
use crate::failpoint::durable;
use crate::ledger::{self, Epoch, Mappings};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table};

mod images;
mod whole;

pub use whole::Whole;

const RUNS: &str = include_str!("../../../sql/control/rollback/runs.sql");
const BEGIN_ROLLBACK: &str = include_str!("../../../sql/control/rollback/begin.sql");
const FLOWS: &str = include_str!("../../../sql/control/rollback/flows.sql");
const DRY_RUN: &str = include_str!("../../../sql/control/rollback/dry_run.sql");
const LEFT_ROWS: &str = include_str!("../../../sql/control/rollback/left_rows.sql");
const FORGET_LEFT: &str = include_str!("../../../sql/control/rollback/forget_left.sql");
const GIVE_UP_MAPPINGS: &str = include_str!("../../../sql/control/rollback/give_up_mappings.sql");
const REMOVE_MAPPINGS: &str = include_str!("../../../sql/control/rollback/remove_mappings.sql");
const RESTORE_MAPPINGS: &str = include_str!("../../../sql/control/rollback/restore_mappings.sql");
const DROP_MAPPINGS: &str = include_str!("../../../sql/control/rollback/drop_mappings.sql");
const RESTORE_SEQUENCES: &str = include_str!("../../../sql/control/rollback/restore_sequences.sql");
const FORGET_SEQUENCES: &str = include_str!("../../../sql/control/rollback/forget_sequences.sql");
const FORGET: &str = include_str!("../../../sql/control/rollback/forget.sql");
const IS_EMPTY: &str = include_str!("../../../sql/control/load/is_empty.sql");
const BEGIN: &str = include_str!("../../../sql/control/load/begin.sql");

/// A run that is in a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InTarget {
    pub run: Uuid,
    /// Runs of one namespace follow each other.
    pub namespace: Uuid,
    pub pipeline: String,
    pub snapshot: String,
    /// The mappings table, where the run told it.
    pub mappings: Option<String>,
    /// The run has made that table.
    pub made_mappings: bool,
    /// The run that it followed.
    pub parent: Option<Uuid>,
}

/// What a run has loaded, as far as taking it back needs it.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub flow: String,
    pub entity: String,
    pub schema: String,
    pub table: String,
    /// What differed was brought, row by row.
    pub difference: bool,
    /// The run whose rows it took further.
    pub base: Option<Uuid>,
    columns: Vec<String>,
    identity: Vec<String>,
    was_empty: bool,
}

/// A row that stays as it is, though the run that brought or changed it is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Left {
    pub flow: String,
    pub key: Option<String>,
    /// `changed` or `deleted` by others, `referenced` by rows of others, or `refused` by the target.
    pub why: String,
}

/// The runs that are in a target, or those that were taken back, the latest first; none where it has no ledger.
///
/// # Errors
/// What the server says.
pub async fn runs(connection: &Connection, there: bool) -> Result<Vec<InTarget>> {
    let rows = connection.query(RUNS, &[&there]).await?;
    let one = |row: &tokio_postgres::Row| {
        Ok(InTarget {
            run: row.try_get("run_id")?,
            namespace: row.try_get("namespace")?,
            pipeline: row.try_get("pipeline")?,
            snapshot: row.try_get("snapshot_id")?,
            mappings: row.try_get("mappings")?,
            made_mappings: row.try_get("made_mappings")?,
            parent: row.try_get("parent")?,
        })
    };
    rows.iter().map(one).collect()
}

/// What taking a run back would move, in rows: flow, sort of move, rows.
///
/// # Errors
/// What the server says.
pub async fn planned(connection: &Connection, run: Uuid) -> Result<Vec<(String, String, u64)>> {
    let rows = connection.query(DRY_RUN, &[&run]).await?;
    let count = |row: &tokio_postgres::Row| Ok::<_, Error>(u64::try_from(row.try_get::<_, i64>("rows")?).unwrap_or(0));
    rows.iter().map(|row| Ok((row.try_get("flow")?, row.try_get("what")?, count(row)?))).collect()
}

/// The rows that stayed when a run was taken back.
///
/// # Errors
/// What the server says.
pub async fn left(connection: &Connection, run: Uuid) -> Result<Vec<Left>> {
    let rows = connection.query(LEFT_ROWS, &[&run]).await?;
    let one = |row: &tokio_postgres::Row| {
        Ok(Left { flow: row.try_get("flow")?, key: row.try_get("legacy_key")?, why: row.try_get("why")? })
    };
    rows.iter().map(one).collect()
}

/// A target that is held while a run is taken back.
pub struct Rollback {
    address: Address,
    connection: Connection,
    catalog: Catalog,
    mappings: Option<Mappings>,
    run: InTarget,
    epoch: Epoch,
    jobs: usize,
    cancel: Cancel,
}

impl Rollback {
    /// Takes the target, and keeps all other writers out.
    ///
    /// # Errors
    /// [`Kind::Locked`] when a run has it; what the server says.
    pub async fn open(address: &Address, run: InTarget, jobs: usize, cancel: Cancel) -> Result<Self> {
        let connection = address.connect("rehome rollback").await?;
        ledger::lock(&connection).await?;
        ledger::ensure(&connection).await?;
        let epoch = ledger::take_epoch(&connection, run.run).await?;
        durable("note_rollback", connection.execute(BEGIN_ROLLBACK, &[&run.run])).await?;
        let catalog = Catalog::read(&connection, "rehome").await?;
        let mappings = run.mappings.as_deref().and_then(|name| catalog.table(name)).cloned();
        let mappings = mappings.map(Mappings::of).transpose()?;
        Ok(Self { address: address.clone(), connection, catalog, mappings, run, epoch, jobs, cancel })
    }

    /// What the run has loaded, the last first.
    ///
    /// # Errors
    /// What the server says.
    pub async fn flows(&self) -> Result<Vec<Loaded>> {
        let rows = self.connection.query(FLOWS, &[&self.run.run]).await?;
        let one = |row: &tokio_postgres::Row| {
            Ok(Loaded {
                flow: row.try_get("flow")?,
                entity: row.try_get("entity")?,
                schema: row.try_get("table_schema")?,
                table: row.try_get("table_name")?,
                difference: row.try_get::<_, String>("mode")? == "difference",
                base: row.try_get("base")?,
                columns: row.try_get::<_, Option<_>>("columns")?.unwrap_or_default(),
                identity: row.try_get::<_, Option<_>>("identity")?.unwrap_or_default(),
                was_empty: row.try_get("was_empty")?,
            })
        };
        rows.iter().map(one).collect()
    }

    /// Takes the run back; `whole` are its first loads, with their outcomes. Gives the rows that stay.
    ///
    /// # Errors
    /// Whatever is no fault of a row. The same call goes on from there.
    pub async fn run(self, flows: &[Loaded], whole: &[Whole]) -> Result<Vec<Left>> {
        self.connection.execute(FORGET_LEFT, &[&self.run.run]).await?;
        self.empty(flows, whole).await?;
        loop {
            let mut rows = 0;
            for flow in flows.iter().rev() {
                rows += self.put_back_deleted(flow).await.at(At::Flow, &flow.flow)?;
            }
            for flow in flows {
                rows += self.put_back_changed(flow).await.at(At::Flow, &flow.flow)?;
            }
            for flow in flows {
                rows += self.take_back_inserted(flow).await.at(At::Flow, &flow.flow)?;
                for whole in whole.iter().filter(|whole| whole.outcomes.flow == flow.flow) {
                    rows += self.take_back_whole(whole, false).await.at(At::Flow, &flow.flow)?;
                }
            }
            if rows == 0 {
                break;
            }
        }
        for flow in flows {
            self.leave(flow).await.at(At::Flow, &flow.flow)?;
        }
        for whole in whole {
            self.take_back_whole(whole, true).await.at(At::Flow, &whole.outcomes.flow)?;
        }
        self.restore().await?;
        self.forget().await?;
        let left = left(&self.connection, self.run.run).await?;
        ledger::unlock(&self.connection).await?;
        Ok(left)
    }

    /// Has the run loaded rows of this flow?
    ///
    /// # Errors
    /// What the server says.
    pub async fn has_loaded(&self, flow: &str) -> Result<bool> {
        Ok(ledger::loaded(&self.connection, self.run.run, flow).await? > 0)
    }

    /// The outcomes of a flow of a run, as far as they are in the target.
    ///
    /// # Errors
    /// What the server says.
    pub async fn loaded_of(&self, run: Uuid, mut outcomes: FlowOutcomes) -> Result<FlowOutcomes> {
        let chunks: HashSet<String> = ledger::chunks(&self.connection, run, &outcomes.flow).await?;
        // What was left of an unfinished first load came in pieces: all of it may be there.
        if !chunks.iter().any(|chunk| chunk.starts_with("piece:")) {
            outcomes.files.retain(|file| chunks.contains(&file.chunk()));
        }
        Ok(outcomes)
    }

    /// Brings back what an unfinished run has left away.
    async fn restore(&self) -> Result<()> {
        let quarantine = self.catalog.require("quarantine")?;
        let Some(mappings) = &self.mappings else { return Ok(()) };
        // The run's rows are gone: what a constraint refuses now is of others, and no row is taken out.
        let store = OutcomeStore::open(&crate::storage::Location::folder(std::path::Path::new("."))?, "none");
        let removal = Removal {
            run: self.run.run,
            mappings,
            flows: &[],
            loaded: &[],
            catalog: &self.catalog,
            quarantine,
            store: &store,
            cancel: &self.cancel,
        };
        let restore = Restore {
            address: &self.address,
            coordinator: &self.connection,
            jobs: self.jobs,
            removal: &removal,
            cancel: &self.cancel,
        };
        restore.all().await.map(|_| ())
    }

    /// The ledger forgets the run, in one transaction: mappings, quarantine, sequences.
    async fn forget(&self) -> Result<()> {
        let (connection, run) = (&self.connection, &self.run.run);
        connection.batch_execute(BEGIN).await?;
        ledger::still_mine(connection, self.epoch).await?;
        if let Some(mappings) = &self.mappings {
            let quoted = mappings.quoted();
            let own = mappings.table().columns.iter().filter(|column| !column.generated);
            let columns: Vec<String> = own.map(|column| quote_ident(&column.name)).collect();
            let values: Vec<String> = columns.iter().map(|column| format!("m.{column}")).collect();
            let values = [("mappings", &*quoted), ("columns", &*columns.join(", ")), ("values", &*values.join(", "))];
            connection.batch_execute(planner::FOR_MANY).await?;
            for statement in [GIVE_UP_MAPPINGS, REMOVE_MAPPINGS, RESTORE_MAPPINGS] {
                connection.execute(&fill(statement, &values), &[run]).await?;
            }
            connection.batch_execute(planner::AS_EVER).await?;
            let empty = connection.query_one(&fill(IS_EMPTY, &[("table", &quoted)]), &[]).await?;
            if self.run.made_mappings && self.run.parent.is_none() && empty.try_get("empty")? {
                connection.batch_execute(&fill(DROP_MAPPINGS, &values)).await?;
            }
        }
        connection.query(RESTORE_SEQUENCES, &[run]).await?;
        connection.execute(FORGET_SEQUENCES, &[run]).await?;
        let literal = format!("{}::uuid", quote_literal(&run.to_string()));
        connection.batch_execute(&fill(FORGET, &[("run", &literal)])).await?;
        connection.commit("rollback_forget").await
    }

    fn table(&self, flow: &Loaded) -> Result<&Table> {
        self.catalog.exactly(&flow.schema, &flow.table).ok_or_else(|| {
            Error::new(Kind::Drift, "the target has no such table any more")
                .at(At::Table, format!("{}.{}", flow.schema, flow.table))
                .hint("bring the table back, or remove the run's rows by hand: the ledger has them in rehome.before_images")
        })
    }

    /// Empties tables that hold nothing but what the run brought, all at once.
    async fn empty(&self, flows: &[Loaded], whole: &[Whole]) -> Result<()> {
        let ours = |table: &Table| {
            let of_table = |flow: &&Loaded| flow.schema == table.schema && flow.table == table.name;
            let mut here = flows.iter().filter(of_table).peekable();
            here.peek().is_some()
                && here.all(|flow| {
                    flow.was_empty && whole.iter().any(|whole| whole.outcomes.flow == flow.flow && whole.clean)
                })
        };
        let mut chosen: BTreeSet<(String, String)> = BTreeSet::new();
        for table in self.catalog.tables().filter(|table| ours(table)) {
            let expected: u64 = whole
                .iter()
                .filter(|whole| {
                    self.catalog.qualify(&whole.outcomes.target) == (table.schema.clone(), table.name.clone())
                })
                .map(|whole| whole.rows)
                .sum();
            if self.count(table).await? == expected && self.may_be_emptied(table) {
                chosen.insert((table.schema.clone(), table.name.clone()));
            }
        }
        // A table that another one refers to, which stays, cannot be emptied so.
        loop {
            let referred = chosen.iter().find(|(schema, name)| {
                let table = self.catalog.exactly(schema, name);
                table
                    .is_some_and(|table| table.referenced_by.iter().any(|key| !chosen.contains(&self.root(&key.table))))
            });
            let Some(referred) = referred.cloned() else { break };
            chosen.remove(&referred);
        }
        if chosen.is_empty() {
            return Ok(());
        }
        let named = |(schema, name): &(String, String)| {
            let whole = self.catalog.exactly(schema, name).is_some_and(|table| table.partitioned);
            let table = quote_table(schema, name);
            if whole { table } else { format!("only {table}") }
        };
        let tables: Vec<String> = chosen.iter().map(named).collect();
        self.in_transaction().await?;
        let truncate = include_str!("../../../sql/control/rollback/truncate.sql");
        self.connection.batch_execute(&fill(truncate, &[("tables", &tables.join(", "))])).await?;
        self.connection.commit("rollback_empty").await
    }

    /// Is a table ours to empty, with its partitions, if it has any? Nobody may refer to one of these by itself.
    fn may_be_emptied(&self, table: &Table) -> bool {
        let partitions = self.catalog.partitions(table);
        table.owned
            && !table.has_foreign_partitions
            && partitions.iter().all(|(_, part)| part.owned && part.referenced_by.is_empty())
    }

    /// The table at the top of the tree of partitions that one is in.
    fn root(&self, (schema, name): &(String, String)) -> (String, String) {
        let root = self.catalog.exactly(schema, name).map(|table| self.catalog.root(table));
        root.map_or_else(|| (schema.clone(), name.clone()), |root| (root.schema.clone(), root.name.clone()))
    }

    async fn count(&self, table: &Table) -> Result<u64> {
        let statement = fill(super::COUNT, &[("table", &quote_table(&table.schema, &table.name))]);
        let rows: i64 = self.connection.query_one(&statement, &[]).await?.try_get("rows")?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    async fn in_transaction(&self) -> Result<()> {
        self.cancel.check()?;
        self.connection.batch_execute(BEGIN).await?;
        ledger::still_mine(&self.connection, self.epoch).await
    }
}
