//! Owns what belongs to a table beside its rows, as it can be noted and compared later: each object with its definition.
//! Must not know: where it is noted, or what has changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::server::Connection;

/// Schema and name.
pub type TableName = (String, String);

/// A column, constraint, index, trigger, policy or sequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// `column`, `constraint`, `index`, `trigger`, `policy`, `row security` or `sequence`.
    pub sort: String,
    pub name: String,
    /// As SQL.
    pub definition: String,
    /// Empty where it is at work as it should be; else `disabled`, `not valid`, or a letter of the catalog's.
    pub state: String,
}

/// The objects of some tables; those of tables that are not there are left out.
///
/// # Errors
/// What the server says.
pub async fn structure(connection: &Connection, tables: &[TableName]) -> Result<BTreeMap<TableName, Vec<Object>>> {
    let (schemas, names): (Vec<&str>, Vec<&str>) = tables.iter().map(|(schema, name)| (&**schema, &**name)).unzip();
    let mut found: BTreeMap<TableName, Vec<Object>> = BTreeMap::new();
    let statement = include_str!("../../sql/control/target/structure.sql");
    for row in connection.query(statement, &[&schemas, &names]).await? {
        found.entry((row.try_get("schema")?, row.try_get("table")?)).or_default().push(Object {
            sort: row.try_get("sort")?,
            name: row.try_get("name")?,
            definition: row.try_get("definition")?,
            state: row.try_get("state")?,
        });
    }
    Ok(found)
}
