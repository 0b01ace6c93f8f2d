//! Owns what becomes of rows whose source rows are gone, once everything else is in: they are marked, or deleted where nobody
//! refers to them. Must not know: how they were found to be gone.

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::super::planner;
use super::Image;
use crate::error::{At, Error, Result};
use crate::id::Namespace;
use crate::ledger::{Epoch, Mappings, still_mine};
use crate::outcome::{Conflict, Gone, RowIdentity};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::target::{Table, pointing};

const BEGIN: &str = include_str!("../../../sql/control/load/begin.sql");
const GOING: &str = include_str!("../../../sql/control/difference/going.sql");
const ANY_GOING: &str = include_str!("../../../sql/control/difference/any_going.sql");
const DELETE_FREE: &str = include_str!("../../../sql/control/difference/delete_free.sql");
const UNREFERENCED: &str = include_str!("../../../sql/control/difference/unreferenced.sql");
const SETTLE_DELETED: &str = include_str!("../../../sql/control/difference/settle_deleted.sql");
const FORGET_MAPPINGS: &str = include_str!("../../../sql/control/difference/forget_mappings.sql");
const WENT: &str = include_str!("../../../sql/control/difference/went.sql");
const MARK: &str = include_str!("../../../sql/control/difference/mark.sql");
const MARKED: &str = include_str!("../../../sql/control/difference/marked.sql");
const SETTLE_MARKED: &str = include_str!("../../../sql/control/difference/settle_marked.sql");

/// The rows of one flow that wait for what the flow says of rows that are gone.
pub(in crate::load) struct Going<'a> {
    pub run: Uuid,
    pub epoch: Epoch,
    pub namespace: Namespace,
    pub flow: &'a str,
    pub entity: &'a str,
    pub row: &'a RowIdentity,
    pub table: &'a Table,
    pub mappings: &'a Mappings,
    /// Other tables that hold rows under the UUIDs of this entity, each with its quoted id column.
    pub shared_with: Vec<(String, String)>,
    /// The instant of the snapshot, as text: what a mark of a date or time says.
    pub as_of: &'a str,
}

impl Going<'_> {
    /// Marks or deletes them, in a transaction of its own. Once more, it does nothing.
    ///
    /// # Errors
    /// What the server says; [`crate::error::Kind::Locked`] when a newer run has taken over.
    pub async fn settle(&self, connection: &Connection) -> Result<()> {
        if self.row.gone == Gone::Keep {
            return Ok(());
        }
        let image = Image::new(self.table, self.row)?;
        connection.batch_execute(BEGIN).await?;
        still_mine(connection, self.epoch).await?;
        let (flow, namespace) = (quote_literal(self.flow), quote_literal(&self.namespace.uuid().to_string()));
        let equal = image.is("t", "w.identity");
        let values = [("flow", &*flow), ("namespace", &*namespace), ("equal", &*equal)];
        connection.batch_execute(&image.fill(GOING, &values)).await?;
        // A table that takes new rows alone refuses a statement that would remove none, too.
        if connection.query_one(ANY_GOING, &[]).await?.try_get("any")? {
            match self.row.gone {
                Gone::Mark => self.mark(connection, &image).await?,
                _ => self.delete(connection, &image).await?,
            }
        }
        connection.commit("settle_gone").await
    }

    fn overwrite(&self) -> bool {
        self.row.conflict == Conflict::Overwrite
    }

    async fn mark(&self, connection: &Connection, image: &Image) -> Result<()> {
        let name = self.row.mark.as_deref().unwrap_or_default();
        let column = self.table.column(name).ok_or_else(|| {
            Error::new(crate::error::Kind::Drift, format!("{name} is named by `mark`, and is not there"))
                .at(At::Table, self.table.full_name())
        })?;
        let value = match column.ty.base().name.as_str() {
            "bool" => "true".to_owned(),
            _ => format!("{}::{}", quote_literal(self.as_of), column.formatted),
        };
        let values = [("mark", &*quote_ident(name)), ("value", &*value)];
        let (run, flow, overwrite) = (&self.run, &self.flow, self.overwrite());
        connection.execute(&image.fill(MARK, &values), &[run, flow, &overwrite]).await?;
        let equal = image.is("t", "g.identity");
        let marked = image.fill(MARKED, &[("equal", &equal), ("overwrite", &overwrite.to_string())]);
        connection.batch_execute(&marked).await?;
        self.note(connection, SETTLE_MARKED).await
    }

    async fn delete(&self, connection: &Connection, image: &Image) -> Result<()> {
        let (run, flow, overwrite) = (&self.run, &self.flow, self.overwrite());
        let unreferenced = unreferenced(self.table);
        let statement = image.fill(DELETE_FREE, &[("unreferenced", &unreferenced)]);
        // Rows that refer to each other within the table go one after the other.
        while connection.query_one(&statement, &[run, flow, &overwrite]).await?.try_get::<_, i64>("gone")? > 0 {}
        let values = [("run", &*format!("{}::uuid", quote_literal(&run.to_string()))), ("flow", &quote_literal(flow))];
        connection.batch_execute(&fill(WENT, &values)).await?;
        if self.row.is_mapped() {
            let known = if self.row.is_derived() {
                format!("m.entity_uuid = g.row_id::{}", self.mappings.uuid_type())
            } else {
                "coalesce(m.legacy_key, m.legacy_id::text) = g.entity_key".to_owned()
            };
            let mut unshared = vec!["true".to_owned()];
            unshared.extend(
                self.shared_with
                    .iter()
                    .map(|(table, id)| format!("not exists (select from {table} o where o.{id} = g.row_id)")),
            );
            let values = [
                ("mappings", &*self.mappings.quoted()),
                ("entity", &*quote_literal(self.entity)),
                ("known", &*known),
                ("unshared", &*unshared.join(" and ")),
            ];
            connection.execute(&fill(FORGET_MAPPINGS, &values), &[run, flow]).await?;
        }
        self.note(connection, SETTLE_DELETED).await
    }

    /// Notes in the ledger what became of them.
    async fn note(&self, connection: &Connection, statement: &str) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 4] = [&self.run, &self.flow, &self.namespace.uuid(), &self.overwrite()];
        connection.batch_execute(planner::FOR_MANY).await?;
        connection.execute(statement, &values).await?;
        connection.batch_execute(planner::AS_EVER).await?;
        Ok(())
    }
}

/// SQL that tells whether no row of any table refers to the row `t`.
pub(in crate::load) fn unreferenced(table: &Table) -> String {
    let by = table.referenced_by.iter().map(|key| {
        let pairs = key.columns.iter().zip(&key.referenced_columns);
        let quoted: Vec<String> = key.columns.iter().map(|column| quote_ident(column)).collect();
        let period = pointing::has_period(&key.definition, &quoted).then(|| key.columns.len() - 1);
        let equal = pairs.enumerate().map(|(place, (own, other))| {
            let same = if period == Some(place) { "&&" } else { "=" };
            format!("c.{} {same} t.{}", quote_ident(own), quote_ident(other))
        });
        let equal = equal.collect::<Vec<_>>().join(" and ");
        // A row that refers to itself stands in nobody's way.
        let own = key.table == (table.schema.clone(), table.name.clone());
        let equal = if own { format!("{equal} and (c.tableoid, c.ctid) <> (t.tableoid, t.ctid)") } else { equal };
        fill(UNREFERENCED, &[("child", &quote_table(&key.table.0, &key.table.1)), ("equal", &equal)])
    });
    let all: Vec<String> = by.collect();
    if all.is_empty() { "true".to_owned() } else { all.join(" and ") }
}
