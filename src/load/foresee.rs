//! Owns what a run would meet in the target, found out without writing anything there: conflicts, rows that are not as they shall
//! be, and what would be taken away while tables are loaded. Must not know: how it is told.

use std::collections::HashSet;
use std::fmt::Write;

use arrow::array::RecordBatch;
use serde::Serialize;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::constraints::{self, WORTH_REBUILDING};
use super::difference::{Image, same_as_staged};
use super::encode::{Texts, texts};
use super::stage::{equal, listed};
use crate::compare::{Piece, Use};
use crate::error::{At, Context, Error, Kind, Result};
use crate::id::Namespace;
use crate::key::KeyColumn;
use crate::ledger::{self, Adopted, BaseOf, Latest, LoadedFlow, Mappings, OriginOf};
use crate::outcome::{Gone, KEY, Outcome};
use crate::outcomes::{FlowOutcomes, row_ids};
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table};

const BEGIN: &str = include_str!("../../sql/control/plan/begin.sql");
const HAS_LEDGER: &str = include_str!("../../sql/control/plan/has_ledger.sql");
const STAGED: &str = include_str!("../../sql/control/plan/staged.sql");
const CONFLICTS: &str = include_str!("../../sql/control/plan/conflicts.sql");
const IN_LINE: &str = include_str!("../../sql/control/plan/in_line.sql");
const RETURNED: &str = include_str!("../../sql/control/plan/returned.sql");
const DIFFERS: &str = include_str!("../../sql/control/difference/differs.sql");
const ROW: &str = include_str!("../../sql/control/explain/row.sql");

/// A row that a run would change, and others have changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Foreseen {
    pub key: String,
    /// `changed` or `deleted`.
    pub what: &'static str,
    pub columns: Vec<String>,
}

/// A row as the target has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its columns that are not generated: name, type, and the text of the value.
    pub columns: Vec<(String, String, Option<String>)>,
    /// Those that are not as the outcome says.
    pub differs: Vec<String>,
}

/// A target at one moment, which is only looked at.
pub struct Foresight {
    connection: Connection,
    catalog: Catalog,
    /// Runs have been here.
    ledger: bool,
    mappings: Option<Mappings>,
}

impl Foresight {
    /// Opens a transaction that can only read.
    ///
    /// # Errors
    /// [`Kind::Config`] for a ledger that another version made; what the server says.
    pub async fn open(address: &Address, schema: &str, mappings: &str) -> Result<Self> {
        let connection = address.connect("rehome plan").await?;
        connection.batch_execute(BEGIN).await?;
        let catalog = Catalog::read(&connection, schema).await?;
        let ledger: bool = connection.query_one(HAS_LEDGER, &[]).await?.try_get("found")?;
        if ledger && !ledger::exists(&connection).await? {
            return Err(Error::config("the target's ledger is of an older version, and a plan may not change it")
                .hint("`rehome run` brings it up to date"));
        }
        let mappings = catalog.table(mappings).cloned().map(Mappings::of).transpose()?;
        let ready = mappings.as_ref().is_none_or(|mappings| {
            mappings.table().column("run_id").is_some() && mappings.table().column("legacy_key").is_some()
        });
        Ok(Self { connection, catalog, ledger: ledger && ready, mappings })
    }

    /// The target's catalog.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What is asked there, all of it of one moment.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The mappings, where there are any.
    #[must_use]
    pub fn mappings(&self) -> Option<&Mappings> {
        self.mappings.as_ref()
    }

    /// The row of the target that an outcome of one row is to be; None where it is not there.
    ///
    /// # Errors
    /// [`Kind::Drift`] for a table that is gone, or has lost its key; what the server says.
    pub async fn standing(&self, row: &RecordBatch, flow: &FlowOutcomes) -> Result<Option<Standing>> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let image = Image::new(table, &flow.row)?;
        let staged = Staged::of(row, table, flow)?;
        let text = |name: &String| {
            staged.columns.iter().position(|own| own == name).and_then(|at| staged.texts[at].first()?.clone())
        };
        let Some(identity) = image.identity_columns().iter().map(text).collect::<Option<Vec<String>>>() else {
            return Ok(None);
        };
        let statement = image.fill(ROW, &[("is", &image.is("t", "$1::text[]"))]);
        let Some(found) = self.connection.query_opt(&statement, &[&identity]).await? else { return Ok(None) };
        let texts: Vec<Option<String>> = found.try_get("image")?;
        let kind = |name: &String| table.column(name).map(|column| column.formatted.clone()).unwrap_or_default();
        let columns = image.columns.iter().zip(texts).map(|(name, text)| (name.clone(), kind(name), text)).collect();
        let changed = self.changed_since(row, table, &image, flow).await?;
        let differs = changed.into_iter().flat_map(|row| row.columns).collect();
        Ok(Some(Standing { columns, differs }))
    }

    /// Has any run been here?
    #[must_use]
    pub fn has_ledger(&self) -> bool {
        self.ledger
    }

    /// The latest run of a namespace, and which target this is.
    ///
    /// # Errors
    /// What the server says.
    pub async fn latest(&self, namespace: Namespace) -> Result<(Option<Latest>, Uuid)> {
        if !self.ledger {
            return Ok((None, Uuid::nil()));
        }
        let latest = ledger::latest(&self.connection, namespace).await?;
        Ok((latest, ledger::target_id(&self.connection).await?))
    }

    /// The mappings that no run of ours wrote.
    ///
    /// # Errors
    /// As [`Mappings::adopted`].
    pub async fn adopted(&self, entities: &[String]) -> Result<Vec<Adopted>> {
        match &self.mappings {
            Some(mappings) if self.ledger => mappings.adopted(&self.connection, entities).await,
            Some(mappings) => mappings.all(&self.connection, entities).await,
            None => Ok(Vec::new()),
        }
    }

    /// The ids that runs of a namespace gave to an entity's rows, by legacy key.
    ///
    /// # Errors
    /// What the server says.
    pub async fn own(&self, entity: &str, namespace: Namespace) -> Result<Vec<(String, String)>> {
        match &self.mappings {
            Some(mappings) if self.ledger => mappings.own(&self.connection, entity, namespace, Uuid::nil()).await,
            _ => Ok(Vec::new()),
        }
    }

    /// What an earlier run was made of.
    ///
    /// # Errors
    /// What the server says.
    pub async fn origin(&self, run: Uuid) -> Result<OriginOf> {
        ledger::origin(&self.connection, run).await
    }

    /// What earlier runs than `run` have loaded of a flow.
    ///
    /// # Errors
    /// What the server says.
    pub async fn bases(&self, run: Uuid, namespace: Namespace, flow: &FlowOutcomes) -> Result<Vec<BaseOf>> {
        if !self.ledger {
            return Ok(Vec::new());
        }
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let note = LoadedFlow::of(&flow.flow, &flow.entity, table);
        ledger::bases(&self.connection, run, namespace, &note).await
    }

    /// Rows of a flow that a run has migrated, and that it has not in the target.
    ///
    /// # Errors
    /// What the server says.
    pub async fn absent(&self, run: Uuid, flow: &str) -> Result<HashSet<u128>> {
        ledger::absent(&self.connection, run, flow).await
    }

    /// Of the rows that a piece would change, mark or delete, those that others have changed or deleted since.
    ///
    /// # Errors
    /// What the server says.
    pub async fn conflicts(&self, piece: &Piece, flow: &FlowOutcomes, namespace: Namespace) -> Result<Vec<Foreseen>> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let image = Image::new(table, &flow.row)?;
        let mut found = Vec::new();
        let mut uses = vec![Use::Before];
        if flow.row.gone != Gone::Keep {
            uses.extend([Use::Gone, Use::FallenOut]);
        }
        for what in uses {
            for batch in piece.of(what) {
                let of_batch = self.changed_since(batch, table, &image, flow).await?;
                // Who is gone from both sides stands in nobody's way.
                found.extend(of_batch.into_iter().filter(|row| what == Use::Before || row.what != "deleted"));
            }
        }
        if !piece.of(Use::New).is_empty() {
            found.extend(self.returned(piece, flow, &image, namespace).await?);
        }
        found.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(found)
    }

    async fn changed_since(
        &self,
        batch: &RecordBatch,
        table: &Table,
        image: &Image,
        flow: &FlowOutcomes,
    ) -> Result<Vec<Foreseen>> {
        let staged = Staged::of(batch, table, flow)?;
        let (differing, same) =
            (Image::differing("t", &staged.columns), same_as_staged(image, &staged.columns, &flow.flow));
        let identity = equal(&image.identity_columns());
        let values = [("staged", &*staged.sql), ("differing", &*differing), ("same", &*same), ("equal", &*identity)];
        let rows = self.connection.query(&image.fill(CONFLICTS, &values), &staged.values()).await?;
        rows.iter().map(foreseen).collect()
    }

    /// Of new rows that were left standing, those that are not as they were left.
    async fn returned(
        &self,
        piece: &Piece,
        flow: &FlowOutcomes,
        image: &Image,
        namespace: Namespace,
    ) -> Result<Vec<Foreseen>> {
        let kept = ledger::kept_rows(&self.connection, namespace, &flow.flow).await?;
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let mut back = Vec::new();
        for batch in piece.of(Use::New) {
            back.extend(row_ids(batch, &flow.row)?.into_iter().filter(|id| kept.contains(&id.as_u128())));
        }
        let is = image.is("t", "k.identity");
        let rows = self.connection.query(&image.fill(RETURNED, &[("is", &is)]), &[&flow.flow, &back]).await?;
        rows.iter().map(foreseen).collect()
    }

    /// How many of these rows the target lacks, and how many it has otherwise.
    ///
    /// # Errors
    /// What the server says.
    pub async fn in_line(&self, batch: &RecordBatch, flow: &FlowOutcomes) -> Result<(u64, u64)> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let image = Image::new(table, &flow.row)?;
        let staged = Staged::of(batch, table, flow)?;
        let (of_table, of_stage) = (listed("t", &staged.columns), listed("s", &staged.columns));
        let differs = image.fill(DIFFERS, &[("of_table", &of_table), ("of_stage", &of_stage)]);
        let identity = equal(&image.identity_columns());
        let values = [("staged", &*staged.sql), ("differs", &*differs), ("equal", &*identity)];
        let row = self.connection.query_one(&image.fill(IN_LINE, &values), &staged.values()).await?;
        let count = |name: &str| Ok::<_, Error>(u64::try_from(row.try_get::<_, i64>(name)?).unwrap_or(0));
        Ok((count("missing")?, count("different")?))
    }

    /// What would be taken away of a table while a flow of so many rows is loaded into it, and brought back after.
    ///
    /// # Errors
    /// What the server says.
    pub async fn taken_away(&self, flow: &FlowOutcomes) -> Result<Vec<String>> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let rows = flow.count(Outcome::Migrated);
        if rows == 0 {
            return Ok(Vec::new());
        }
        let statement = fill(super::IS_EMPTY, &[("table", &quote_table(&table.schema, &table.name))]);
        let empty = self.connection.query_one(&statement, &[]).await?.try_get("empty")?;
        let bare = flow.row.is_derived() && rows >= WORTH_REBUILDING && empty;
        Ok(constraints::would_take(&self.catalog, table, bare))
    }
}

fn foreseen(row: &tokio_postgres::Row) -> Result<Foreseen> {
    let what = if row.try_get("deleted")? { "deleted" } else { "changed" };
    Ok(Foreseen { key: row.try_get("key")?, what, columns: row.try_get("columns")? })
}

/// Rows of an outcome as parameters of a statement.
struct Staged {
    columns: Vec<String>,
    sql: String,
    rows: Texts,
    keys: Vec<String>,
    texts: Vec<Texts>,
}

impl Staged {
    fn of(batch: &RecordBatch, table: &Table, flow: &FlowOutcomes) -> Result<Self> {
        let columns = table.takes(&batch.schema());
        let rows = row_ids(batch, &flow.row)?.into_iter().map(|id| Some(id.to_string())).collect();
        let lacks = || Error::new(Kind::Unexpected, "an outcome file lacks a column");
        let keys = KeyColumn::new(batch.column_by_name(KEY).cloned().ok_or_else(lacks)?)?;
        let keys = (0..keys.len()).map(|row| keys.text(row)).collect::<Result<_>>()?;
        let mut sql = [String::new(), String::new(), String::new()];
        for (at, column) in columns.iter().enumerate() {
            let ty = table.column(column).map_or("text", |column| column.formatted.as_str());
            let _ = write!(sql[0], ", u.c{at}::{ty} as {}", quote_ident(column));
            let _ = write!(sql[1], ", ${}::text[]", at + 3);
            let _ = write!(sql[2], ", c{at}");
        }
        let sql = fill(STAGED, &[("columns", &sql[0]), ("parameters", &sql[1]), ("names", &sql[2])]);
        Ok(Self { texts: texts(batch, table, &columns)?, columns, sql, rows, keys })
    }

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&self.rows, &self.keys];
        values.extend(self.texts.iter().map(|texts| texts as &(dyn ToSql + Sync)));
        values
    }
}
