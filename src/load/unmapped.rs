//! Owns how rows without a UUID of ours are taken out of the target: the stored outcomes tell the server their keys.
//! Must not know: why they are taken out.

use super::reason::Why;
use super::remove::{Removal, removed};
use super::stage::{STAGED, Staging, equal};
use crate::error::{At, Error, Result};
use crate::outcome::Outcome;
use crate::outcomes::FlowOutcomes;
use crate::server::Connection;
use crate::server::sql::{fill, quote_table};
use crate::target::Table;

const ANY_BAD: &str = include_str!("../../sql/control/load/any_bad.sql");
const TAKE_OUT_UNMAPPED: &str = include_str!("../../sql/control/load/take_out_unmapped.sql");
const BEGIN: &str = include_str!("../../sql/control/load/begin.sql");

impl Removal<'_> {
    /// Takes the `bad` rows of a flow out of its table, and their mappings where it has any.
    #[allow(clippy::too_many_arguments)]
    pub(super) async fn take_out_unmapped(
        &self,
        connection: &Connection,
        flow: &FlowOutcomes,
        table: &Table,
        bad: &str,
        reason: &str,
        why: &Why,
        parents: &[String],
    ) -> Result<u64> {
        let any = fill(ANY_BAD, &[("bad", bad)]);
        if !connection.query_one(&any, &[]).await?.try_get::<_, bool>("any_bad")? {
            return Ok(0);
        }
        let identity = table.identity(flow.row.named()).ok_or_else(|| {
            Error::unexpected("a table has lost the key by which its rows are known").at(At::Table, table.full_name())
        })?;
        connection.batch_execute(BEGIN).await?;
        let staging =
            Staging::open(connection, STAGED, table, &identity, &flow.row, self.quarantine, self.cancel).await?;
        for file in flow.files_of(Outcome::Migrated) {
            self.cancel.check()?;
            staging.add(&self.store.read(file).await?).await?;
        }
        let statement = fill(
            TAKE_OUT_UNMAPPED,
            &[
                ("bad", bad),
                ("table", &quote_table(&table.schema, &table.name)),
                ("mappings", &self.mappings.quoted()),
                ("equal", &equal(&identity)),
            ],
        );
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&self.run, &flow.flow, &reason, &why.sqlstate, &why.constraint, &flow.entity, &parents];
        let taken = removed(connection, Some(table), &statement, &values).await?;
        connection.commit("take_out_unmapped").await?;
        Ok(taken)
    }
}
