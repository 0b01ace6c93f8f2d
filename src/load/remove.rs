//! Owns how rows that a constraint refuses after the load are taken out of the target, all at once and with a reason.
//! Must not know: how constraints come back.

use uuid::Uuid;

use super::planner;
use super::reason::Why;
use super::triggers;
use crate::cancel::Cancel;
use crate::error::{At, Error, Kind, Result};
use crate::ledger::{LoadedFlow, Mappings, SavedDdl};
use crate::outcome::ID;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::target::{Catalog, Table, pointing};

const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");
const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");
const RELEASE: &str = include_str!("../../sql/control/load/release.sql");
const TAKE_OUT: &str = include_str!("../../sql/control/load/take_out.sql");
const NOT_IN: &str = include_str!("../../sql/control/load/not_in.sql");
const ORPHANS: &str = include_str!("../../sql/control/load/orphans.sql");
const PROBE_WIDE: &str = include_str!("../../sql/control/load/probe_wide.sql");
const COUNT_WIDE: &str = include_str!("../../sql/control/load/count_wide.sql");
const WIDE: &str = include_str!("../../sql/control/load/wide.sql");
const DUPLICATES_NULLS: &str = include_str!("../../sql/control/load/duplicates_nulls.sql");
const DUPLICATES: &str = include_str!("../../sql/control/load/duplicates.sql");

/// The SQLSTATE of a row that is too large for the table or for an index.
pub(super) const TOO_WIDE: &str = "54000";

/// Takes out rows of one run.
pub(super) struct Removal<'a> {
    pub run: Uuid,
    pub mappings: &'a Mappings,
    /// Of this run.
    pub flows: &'a [LoadedFlow],
    /// The same flows as they were loaded.
    pub loaded: &'a [FlowOutcomes],
    pub catalog: &'a Catalog,
    pub quarantine: &'a Table,
    pub store: &'a OutcomeStore,
    pub cancel: &'a Cancel,
}

impl Removal<'_> {
    /// Takes out the rows that a unique index refuses.
    pub async fn duplicates(&self, connection: &Connection, object: &SavedDdl, why: &Why) -> Result<u64> {
        let (schema, table) = self.loaded_through(object);
        let of_table = |flow: &&LoadedFlow| flow.schema == schema && flow.table == table;
        let id = self.flows.iter().filter(of_table).find_map(|flow| self.id_column(flow));
        let keys = |one: &dyn Fn(usize) -> String, between: &str| {
            (0..object.columns.len()).map(one).collect::<Vec<_>>().join(between)
        };
        let bad = fill(
            if object.nulls_equal { DUPLICATES_NULLS } else { DUPLICATES },
            &[
                ("table", &quote_table(&object.schema, &object.table)),
                ("id", &id.unwrap_or_else(|| quote_ident(ID))),
                ("expressions", &object.columns.join(", ")),
                ("named", &keys(&|place| format!("{} as rehome_{place}", object.columns[place]), ", ")),
                ("keys", &keys(&|place| format!("rehome_{place}"), ", ")),
                ("keys_of_row", &keys(&|place| format!("keyed.rehome_{place}"), ", ")),
                ("same", &keys(&|place| format!("keyed.rehome_{place} = shared.rehome_{place}"), " and ")),
                ("predicate", object.predicate.as_deref().unwrap_or("true")),
                ("present", &not_null("", &object.columns)),
                ("mappings", &self.mappings.quoted()),
                ("uuid_type", self.mappings.uuid_type()),
                ("run", &format!("{}::uuid", quote_literal(&self.run.to_string()))),
            ],
        );
        let reason = self.reason(object, why);
        self.take_out_many(connection, object, &bad, &reason, why).await
    }

    /// The table through which the rows came that an object looks at: of a partition, the one at the top.
    fn loaded_through<'o>(&'o self, object: &'o SavedDdl) -> (&'o str, &'o str) {
        match self.catalog.exactly(&object.schema, &object.table).map(|table| self.catalog.root(table)) {
            Some(root) => (&root.schema, &root.name),
            None => (&object.schema, &object.table),
        }
    }

    /// The reason of rows of its table that an object refuses for this.
    fn reason(&self, object: &SavedDdl, why: &Why) -> String {
        let table = self.catalog.exactly(&object.schema, &object.table);
        table.map(|table| why.reason(table)).unwrap_or_default()
    }

    /// Takes out the rows whose entry in an index is too large for it. Gives how many there are, of whomever.
    pub async fn too_wide(&self, connection: &Connection, object: &SavedDdl) -> Result<u64> {
        let method = object.definition.split_once(" USING ").map(|(_, rest)| format!("using {rest}"));
        let Some(method) = method else { return Ok(0) };
        let table = quote_table(&object.schema, &object.table);
        connection.batch_execute(&fill(PROBE_WIDE, &[("table", &table), ("method", &method)])).await?;
        let why = Why::state(TOO_WIDE);
        let reason = self.reason(object, &why);
        self.take_out_many(connection, object, WIDE, &reason, &why).await?;
        let found: i64 = connection.query_one(COUNT_WIDE, &[]).await?.try_get("rows")?;
        Ok(u64::try_from(found).unwrap_or(0))
    }

    /// Takes out the rows whose foreign key points to nothing, and again, until no row does: a row taken out may be
    /// another's parent.
    pub async fn orphans(&self, connection: &Connection, keys: &[SavedDdl]) -> Result<u64> {
        let mut total = 0;
        connection.batch_execute(planner::FOR_MANY).await?;
        loop {
            let mut taken = 0;
            for key in keys {
                let Some((referenced, others)) = key.referenced.as_deref().and_then(<[String]>::split_first) else {
                    continue;
                };
                if !pointing::is_enforced(&key.definition) {
                    continue;
                }
                let parent = match key.columns.as_slice() {
                    [one] => format!("t.{one}::text"),
                    _ => "null::text".to_owned(),
                };
                let bad = fill(
                    ORPHANS,
                    &[
                        ("table", &quote_table(&key.schema, &key.table)),
                        ("present", &not_null("t.", &key.columns)),
                        ("parent", &parent),
                        ("absent", &pointing::absent(&key.definition, &key.columns, referenced, others)),
                    ],
                );
                let why = Why::constraint("23503", &key.name);
                let reason = format!("foreign_key:{}", key.name);
                let loads = |flow: &&LoadedFlow| quote_table(&flow.schema, &flow.table) == *referenced;
                let parents: Vec<String> = self.flows.iter().filter(loads).map(|flow| flow.flow.clone()).collect();
                let table = (key.schema.as_str(), key.table.as_str());
                taken += self.take_out(connection, table, table, &bad, &reason, &why, &parents).await?;
            }
            total += taken;
            if taken == 0 {
                connection.batch_execute(planner::AS_EVER).await?;
                return Ok(total);
            }
        }
    }

    async fn take_out_many(
        &self,
        connection: &Connection,
        object: &SavedDdl,
        bad: &str,
        reason: &str,
        why: &Why,
    ) -> Result<u64> {
        connection.batch_execute(planner::FOR_MANY).await?;
        let (through, part) = (self.loaded_through(object), (object.schema.as_str(), object.table.as_str()));
        let taken = self.take_out(connection, through, part, bad, reason, why, &[]).await?;
        connection.batch_execute(planner::AS_EVER).await?;
        Ok(taken)
    }

    /// `part`: where the rows lie, which is the table or a partition of it. `parents`: the flows whose rows are the cause, where rows
    /// are orphans.
    #[allow(clippy::too_many_arguments)]
    async fn take_out(
        &self,
        connection: &Connection,
        (schema, table): (&str, &str),
        part: (&str, &str),
        bad: &str,
        reason: &str,
        why: &Why,
        parents: &[String],
    ) -> Result<u64> {
        let mut taken = 0;
        for flow in self.loaded.iter().filter(|flow| !flow.row.is_derived()) {
            let own = self.catalog.require(&flow.target)?;
            if own.schema == schema && own.name == table {
                taken += self.take_out_unmapped(connection, flow, own, bad, reason, why, parents).await?;
            }
        }
        let derived = |flow: &&LoadedFlow| self.id_column(flow).is_some();
        let here = self.flows.iter().filter(|flow| flow.schema == schema && flow.table == table);
        let here: Vec<_> = here.filter(derived).collect();
        let Some(id) = here.first().and_then(|flow| self.id_column(flow)) else { return Ok(taken) };
        let mut others: Vec<String> = self
            .flows
            .iter()
            .filter(|flow| here.iter().any(|mine| mine.entity == flow.entity))
            .filter(|flow| flow.schema != schema || flow.table != table)
            .filter_map(|flow| {
                let values = [("table", &*quote_table(&flow.schema, &flow.table)), ("id", &*self.id_column(flow)?)];
                Some(fill(NOT_IN, &values))
            })
            .collect();
        others.push("true".to_owned());
        let statement = fill(
            TAKE_OUT,
            &[
                ("bad", bad),
                ("table", &quote_table(part.0, part.1)),
                ("id", &id),
                ("mappings", &self.mappings.quoted()),
                ("uuid_type", self.mappings.uuid_type()),
                ("unshared", &others.join("\n      and ")),
            ],
        );
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&self.run, &schema, &table, &reason, &why.sqlstate, &why.constraint, &parents];
        connection.batch_execute(BEGIN).await?;
        taken += removed(connection, self.catalog.exactly(part.0, part.1), &statement, &values).await?;
        connection.commit("take_out").await?;
        Ok(taken)
    }
}

impl Removal<'_> {
    /// The quoted column of the UUIDs of a flow's rows, where they are ours.
    fn id_column(&self, flow: &LoadedFlow) -> Option<String> {
        let loaded = self.loaded.iter().find(|loaded| loaded.flow == flow.flow);
        match loaded {
            Some(loaded) => loaded.row.is_derived().then(|| quote_ident(&loaded.row.id_column)),
            None => Some(quote_ident(ID)),
        }
    }
}

/// Takes rows out, within a transaction, and tells how many. Where triggers or rules keep them, as those of a table that only grows, these are
/// silent for it: no row that a constraint refuses was ever to stay. Who stopped the program, or a server that is busy or full, is
/// no such trigger.
///
/// # Errors
/// [`Kind::Config`] where they stay for all that; what else the server says.
pub(super) async fn removed(
    connection: &Connection,
    table: Option<&Table>,
    statement: &str,
    values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<u64> {
    let counted =
        |row: &tokio_postgres::Row| -> Result<(i64, i64)> { Ok((row.try_get("taken")?, row.try_get("gone")?)) };
    connection.batch_execute(SAVEPOINT).await?;
    let refused = match connection.query_one(statement, values).await {
        Ok(row) => match counted(&row)? {
            (taken, gone) if taken == gone => {
                connection.batch_execute(RELEASE).await?;
                return Ok(u64::try_from(taken).unwrap_or(0));
            }
            _ => None,
        },
        Err(error) => match Error::from(error) {
            error if matches!(error.kind(), Kind::Interrupted | Kind::Retryable | Kind::Resources) => {
                return Err(error);
            }
            error => Some(error),
        },
    };
    connection.batch_execute(UNDO).await?;
    let silent = match table {
        Some(table) => triggers::silence(connection, table).await?,
        None => Vec::new(),
    };
    if let Some(error) = refused.filter(|_| silent.is_empty()) {
        return Err(error);
    }
    let (taken, gone) = counted(&connection.query_one(statement, values).await?)?;
    triggers::speak_again(connection, &silent).await?;
    if taken == gone {
        return Ok(u64::try_from(taken).unwrap_or(0));
    }
    let told = "rows that a constraint refuses cannot be removed: a rule or a trigger of the table keeps them";
    let place = table.map(Table::full_name).unwrap_or_default();
    Err(Error::config(told).at(At::Table, place).hint("disable it for the run, and give the same command again"))
}

/// The prefix only stands before plain columns, never before expressions.
fn not_null(prefix: &str, columns: &[String]) -> String {
    let parts: Vec<_> = columns
        .iter()
        .map(|column| {
            if prefix.is_empty() { format!("({column}) is not null") } else { format!("{prefix}{column} is not null") }
        })
        .collect();
    parts.join(" and ")
}
