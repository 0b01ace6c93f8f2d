//! Owns the search for rows of the target that stand for rows of the source, by a unique key of the target: its server
//! compares, as the key does.
//! Must not know: what becomes of the rows that are found.

use uuid::Uuid;

use super::Loader;
use super::stage::{STAGED, Staging, equal};
use crate::error::{At, Context, Error, Result};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::server::sql::{fill, quote_ident, quote_table};

const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");
const ROLLBACK: &str = include_str!("../../sql/control/load/rollback.sql");
const MATCH_ROWS: &str = include_str!("../../sql/control/load/match_rows.sql");

/// What a row of the source meets in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// By which others refer to the row of the source, as text.
    pub key: String,
    pub found: Uuid,
    /// Another row of the source meets the same one.
    pub twice: bool,
    /// It meets more rows than that one.
    pub several: bool,
}

impl Loader {
    /// Which rows of the target the migrated rows of a flow stand for, by the columns that its header names. Rows that
    /// this run has brought itself are none of them.
    ///
    /// # Errors
    /// [`crate::error::Kind::Drift`] when these columns are no unique key of the target; what the server says.
    pub async fn matches(&self, flow: &FlowOutcomes, store: &OutcomeStore) -> Result<Vec<Match>> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let columns = &flow.row.matching;
        let predicate = table.unique_over(columns).ok_or_else(|| {
            Error::new(crate::error::Kind::Drift, format!("({}) is no unique key", columns.join(", ")))
                .at(At::Flow, &flow.flow)
                .at(At::Table, table.full_name())
                .hint("`match` names the columns of a unique index or constraint of the target")
        })?;
        let connection = &self.coordinator;
        connection.batch_execute(BEGIN).await?;
        let staging =
            Staging::open(connection, STAGED, table, columns, &flow.row, &self.quarantine, &self.cancel).await?;
        for file in flow.files_of(Outcome::Migrated) {
            self.cancel.check()?;
            staging.add(&store.read(file).await?).await?;
        }
        let values = [
            ("table", &*quote_table(&table.schema, &table.name)),
            ("id", &*quote_ident(&flow.row.id_column)),
            ("predicate", predicate),
            ("equal", &*equal(columns)),
            ("mappings", &*self.mappings.quoted()),
            ("uuid_type", self.mappings.uuid_type()),
        ];
        let rows = connection.query(&fill(MATCH_ROWS, &values), &[&self.run.run_id]).await?;
        connection.batch_execute(ROLLBACK).await?;
        let one = |row: &tokio_postgres::Row| {
            Ok(Match {
                key: row.try_get("key")?,
                found: row.try_get("found")?,
                twice: row.try_get("twice")?,
                several: row.try_get("several")?,
            })
        };
        rows.iter().map(one).collect()
    }
}
