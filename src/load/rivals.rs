//! Owns how rows that a unique key or an exclusion refused learn which row stands in their way, where it is ours.
//! Must not know: how they were refused.

use std::collections::{BTreeMap, HashSet};

use arrow::array::RecordBatch;
use uuid::Uuid;

use super::Loader;
use super::stage::{STAGED, Staging};
use crate::error::{At, Context, Kind, Result};
use crate::ledger;
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore, chosen_of};
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::Table;

const RIVAL_KEY: &str = include_str!("../../sql/control/load/rival_key.sql");
const NAME_RIVALS: &str = include_str!("../../sql/control/load/name_rivals.sql");
const NAME_RIVALS_UNMAPPED: &str = include_str!("../../sql/control/load/name_rivals_unmapped.sql");
const ANALYZE_STAGED: &str = include_str!("../../sql/control/load/analyze_staged.sql");
const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");
const ROLLBACK: &str = include_str!("../../sql/control/load/rollback.sql");

/// Those that one row refuses for the sake of another.
const BY_ANOTHER: [&str; 2] = ["23505", "23P01"];

/// The rows of a flow that one constraint refused.
#[derive(Default)]
struct Refused {
    rows: HashSet<Uuid>,
    /// Their chunks; none where one is not known.
    chunks: Option<HashSet<String>>,
}

/// What a constraint compares, as SQL.
struct Compared {
    columns: Vec<String>,
    expressions: String,
    matches: String,
    predicate: String,
}

impl Loader {
    /// Names the row that stands in the way of each row that a unique key or an exclusion refused.
    ///
    /// # Errors
    /// What reading the outcomes meets; what the server says.
    pub(super) async fn name_rivals(&self, store: &OutcomeStore) -> Result<()> {
        let mut refused: BTreeMap<(String, String), Refused> = BTreeMap::new();
        for row in ledger::refused(&self.coordinator, self.run.run_id, None).await? {
            let by_another = BY_ANOTHER.contains(&row.sqlstate.as_str()) && row.cause.is_none();
            if let (true, Some(id), Some(constraint)) = (by_another, row.id, row.constraint) {
                let group = refused
                    .entry((row.flow, constraint))
                    .or_insert_with(|| Refused { rows: HashSet::new(), chunks: Some(HashSet::new()) });
                group.rows.insert(id);
                group.chunks = group.chunks.take().zip(row.chunk).map(|(mut chunks, chunk)| {
                    chunks.insert(chunk);
                    chunks
                });
            }
        }
        for ((name, constraint), group) in refused {
            let Some(flow) = self.loaded.iter().find(|flow| flow.flow == name) else { continue };
            let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
            if let Some(compared) = self.compared(table, &constraint).await? {
                let named = self.name_rivals_of(flow, table, &constraint, &compared, &group, store).await;
                self.or_without(named).await.at(At::Flow, &name)?;
            }
        }
        Ok(())
    }

    /// A comparison that the server cannot make leaves the rows without a cause: no reason to end the run.
    async fn or_without(&self, named: Result<()>) -> Result<()> {
        let Err(error) = named else { return Ok(()) };
        let by_server = error.places().iter().any(|(at, _)| *at == At::SqlState);
        if !by_server || self.coordinator.is_closed() || error.kind() == Kind::Interrupted {
            return Err(error);
        }
        log::info!("rows that others kept out do not name them: {error}");
        Ok(self.coordinator.batch_execute(ROLLBACK).await?)
    }

    async fn compared(&self, table: &Table, constraint: &str) -> Result<Option<Compared>> {
        let name = quote_table(&table.schema, &table.name);
        let Some(key) = self.coordinator.query_opt(RIVAL_KEY, &[&name, &constraint]).await? else { return Ok(None) };
        let expressions: Vec<String> = key.try_get("expressions")?;
        let operators: Vec<String> = key.try_get("operators")?;
        if expressions.len() != operators.len() {
            return Ok(None);
        }
        let nulls_equal: bool = key.try_get("nulls_equal")?;
        let matches = operators.iter().enumerate().map(|(place, operator)| {
            let (wanted, held) = (format!("wanted.rehome_{place}"), format!("held.rehome_{place}"));
            if nulls_equal {
                format!("({wanted} {operator} {held} or {wanted} is null and {held} is null)")
            } else {
                format!("{wanted} {operator} {held}")
            }
        });
        let named = expressions.iter().enumerate().map(|(place, expression)| format!("{expression} as rehome_{place}"));
        Ok(Some(Compared {
            columns: key.try_get("columns")?,
            expressions: named.collect::<Vec<_>>().join(", "),
            matches: matches.collect::<Vec<_>>().join(" and "),
            predicate: key.try_get("predicate")?,
        }))
    }

    async fn name_rivals_of(
        &self,
        flow: &FlowOutcomes,
        table: &Table,
        constraint: &str,
        compared: &Compared,
        refused: &Refused,
        store: &OutcomeStore,
    ) -> Result<()> {
        let (connection, derived) = (&self.coordinator, flow.row.is_derived());
        connection.batch_execute(BEGIN).await?;
        let staging =
            Staging::open(connection, STAGED, table, &compared.columns, &flow.row, &self.quarantine, &self.cancel)
                .await?;
        // Where the target knows rows by our UUIDs it is asked; else all rows of the flow are compared with each other.
        let with_refused = |file: &&OutcomeFile| {
            let name = file.chunk();
            !derived
                || refused.chunks.as_ref().is_none_or(|chunks| {
                    // What came as a difference lies in no file of its own.
                    chunks.contains(&name) || chunks.iter().any(|chunk| !chunk.starts_with("migrated:"))
                })
        };
        for file in flow.files_of(Outcome::Migrated).filter(with_refused) {
            self.cancel.check()?;
            let batches = store.read(file).await?;
            if !batches.first().is_none_or(|batch| gives(batch, &compared.columns)) {
                // A column that the target fills by itself is compared: who was there first, nobody can tell.
                return connection.commit("rivals").await;
            }
            let batches =
                if derived { chosen_of(&batches, &flow.row, |id| refused.rows.contains(&id))? } else { batches };
            staging.add(&batches).await?;
        }
        connection.batch_execute(ANALYZE_STAGED).await?;
        let values = [
            ("expressions", compared.expressions.as_str()),
            ("predicate", &compared.predicate),
            ("match", &compared.matches),
            ("id", &quote_ident(&flow.row.id_column)),
            ("table", &quote_table(&table.schema, &table.name)),
            ("mappings", &self.mappings.quoted()),
            ("uuid_type", self.mappings.uuid_type()),
        ];
        let run = &self.run.run_id;
        if derived {
            let statement = fill(NAME_RIVALS, &values);
            connection.execute(&statement, &[run, &flow.flow, &table.schema, &table.name, &constraint]).await?;
        } else {
            let statement = fill(NAME_RIVALS_UNMAPPED, &values);
            connection.execute(&statement, &[run, &flow.flow, &constraint]).await?;
        }
        connection.commit("rivals").await
    }
}

fn gives(batch: &RecordBatch, columns: &[String]) -> bool {
    columns.iter().all(|column| batch.column_by_name(column).is_some())
}
