//! Owns what holds between rows of the target: foreign keys point to rows, unique keys stand once. Asked of the rows
//! themselves, where the server has not just now asked them itself. Must not know: outcomes.

use serde::Serialize;

use crate::cancel::Cancel;
use crate::error::Result;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::Table;

const ORPHANS: &str = include_str!("../../sql/control/verify/orphans.sql");
const DUPLICATES: &str = include_str!("../../sql/control/verify/duplicates.sql");

/// Rows of a table whose foreign key points to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Orphans {
    pub table: String,
    pub constraint: String,
    pub rows: u64,
}

/// Keys that stand more than once under a unique index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Duplicates {
    pub table: String,
    pub index: String,
    pub keys: u64,
}

/// What a valid constraint or index of the server says of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promises {
    /// It has validated or built it over these rows in this very run, or has looked at each row as it came.
    Kept,
    /// Time has passed, in which triggers may have been off, or a disk may have lost something.
    Doubted,
}

impl Promises {
    /// Are rows to be asked themselves, where the server promises something that it does, or does not, keep up?
    fn are_doubtful(self, kept_up: bool) -> bool {
        self == Self::Doubted || !kept_up
    }
}

/// Orphans of all foreign keys of these tables; only those with any.
pub(super) async fn orphans(
    connection: &Connection,
    tables: &[&Table],
    promises: Promises,
    cancel: &Cancel,
) -> Result<Vec<Orphans>> {
    let mut found = Vec::new();
    for table in tables {
        for key in table.foreign_keys().filter(|key| key.validated && promises.are_doubtful(key.enforced)) {
            let Some((schema, name)) = &key.referenced else { continue };
            cancel.check()?;
            let present: Vec<_> =
                key.columns.iter().map(|column| format!("t.{} is not null", quote_ident(column))).collect();
            let statement = fill(
                ORPHANS,
                &[
                    ("table", &quote_table(&table.schema, &table.name)),
                    ("present", &present.join(" and ")),
                    ("absent", &key.absent(&quote_table(schema, name))),
                ],
            );
            let rows: i64 = connection.query_one(&statement, &[]).await?.try_get("rows")?;
            if rows > 0 {
                let rows = u64::try_from(rows).unwrap_or(0);
                found.push(Orphans { table: table.full_name(), constraint: key.name.clone(), rows });
            }
        }
    }
    Ok(found)
}

/// Keys that stand more than once under any unique index of these tables.
pub(super) async fn duplicates(
    connection: &Connection,
    tables: &[&Table],
    promises: Promises,
    cancel: &Cancel,
) -> Result<Vec<Duplicates>> {
    let mut found = Vec::new();
    for table in tables {
        for index in table.indexes.iter().filter(|index| index.unique && promises.are_doubtful(index.valid)) {
            cancel.check()?;
            let present = if index.nulls_equal {
                "true".to_owned()
            } else {
                let parts: Vec<_> = index.expressions.iter().map(|key| format!("({key}) is not null")).collect();
                parts.join(" and ")
            };
            let statement = fill(
                DUPLICATES,
                &[
                    ("table", &quote_table(&table.schema, &table.name)),
                    ("predicate", index.predicate.as_deref().unwrap_or("true")),
                    ("present", &present),
                    ("expressions", &index.expressions.join(", ")),
                ],
            );
            let keys: i64 = connection.query_one(&statement, &[]).await?.try_get("keys")?;
            if keys > 0 {
                let keys = u64::try_from(keys).unwrap_or(0);
                found.push(Duplicates { table: table.full_name(), index: index.name.clone(), keys });
            }
        }
    }
    Ok(found)
}
