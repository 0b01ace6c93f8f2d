//! Owns what there is to read: tables, their columns and keys, from the source's catalog.
//! Must not know: how rows travel beyond the type of each column.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use tokio_postgres::Row;

use super::sampled::Cut;
use super::sql;
use super::types::{Carry, PgType, Print, kind};
use crate::error::{At, Error, Result};
use crate::mask::{Kind, Mask};
use crate::server::Connection;
use crate::snapshot::PG_TYPE;

/// The column that says where a row lies, as PostgreSQL calls it: no table can have another one of that name.
const ROW_ID: &str = "ctid";

/// A table as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub sort: Sort,
    /// What would have to be granted for this role to read it, as statements.
    pub lacking: Vec<String>,
    /// Where row-level security would hide rows from this role: the statement that changes it.
    pub filtered: Option<String>,
    /// Rows, as the planner believes.
    pub estimate: i64,
    /// May values be larger than a block?
    pub long_values: bool,
    /// Were its rows replaced since the moment that the transaction sees?
    pub rewritten: bool,
}

/// What sort of relation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// An ordinary table, without its inheritance children.
    Table,
    /// Read through its root, partitions included.
    Partitioned,
    View,
    MaterializedView,
    ForeignTable,
}

impl Sort {
    fn of(kind: &str) -> Self {
        match kind {
            "p" => Self::Partitioned,
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "f" => Self::ForeignTable,
            _ => Self::Table,
        }
    }

    /// Is it read without being asked for by its name?
    pub(super) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned)
    }

    /// Does LOCK TABLE take it?
    pub(super) fn is_lockable(self) -> bool {
        !matches!(self, Self::MaterializedView | Self::ForeignTable)
    }
}

impl Listed {
    /// `schema.name`.
    pub(super) fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// As a statement reads it.
    pub(super) fn relation(&self) -> Result<String> {
        sql::relation(&self.schema, &self.name, self.sort == Sort::Table)
    }
}

/// A column, and how it travels.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub name: String,
    /// The type as PostgreSQL writes it.
    pub shown: String,
    pub nullable: bool,
    pub carry: Carry,
    /// The name of the piece of SQL that selects it, where the type does not say.
    pub piece: Option<&'static str>,
    /// What sort of values it has.
    pub kind: Kind,
    /// What is done to them before they are kept.
    pub mask: Option<Mask>,
}

impl Column {
    /// Where a row lies: what tells rows apart in a table without a key.
    fn row_id(piece: &'static str) -> Self {
        let carry = Carry::Text(Print::Cast);
        Self {
            name: ROW_ID.to_owned(),
            shown: "tid".to_owned(),
            nullable: false,
            carry,
            piece: Some(piece),
            kind: Kind::Other,
            mask: None,
        }
    }

    /// As a statement selects it.
    pub(super) fn selected(&self) -> Result<String> {
        sql::of_column(self.piece.unwrap_or(self.carry.projection()), &self.name)
    }
}

/// A table with its columns and its key.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub listed: Listed,
    pub columns: Vec<Column>,
    /// Empty where there is none that sorts.
    pub key: Vec<String>,
    /// Only some of its rows are read.
    pub cut: Option<Cut>,
}

impl Table {
    /// The Arrow schema of its files.
    pub(super) fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| {
            let metadata = HashMap::from([(PG_TYPE.to_owned(), column.shown.clone())]);
            Field::new(&column.name, column.carry.data_type(), column.nullable).with_metadata(metadata)
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns that tell its rows apart: its key, else where each row lies, where that is known.
    pub(super) fn identity(&self) -> Vec<String> {
        let row_id = self.columns.iter().find(|column| column.piece.is_some());
        match row_id {
            Some(column) if self.key.is_empty() => vec![column.name.clone()],
            _ => self.key.clone(),
        }
    }
}

/// All tables that can be read, sorted by schema and name.
pub(super) async fn list(server: &Connection) -> Result<Vec<Listed>> {
    let listed = |row: &Row| -> Result<Listed, tokio_postgres::Error> {
        Ok(Listed {
            oid: row.try_get("oid")?,
            schema: row.try_get("schema")?,
            name: row.try_get("name")?,
            sort: Sort::of(row.try_get("kind")?),
            lacking: row.try_get::<_, Option<_>>("lacking")?.unwrap_or_default(),
            filtered: row.try_get("filtered")?,
            estimate: row.try_get("estimate")?,
            long_values: row.try_get::<_, Option<bool>>("long_values")?.unwrap_or(true),
            rewritten: row.try_get::<_, Option<bool>>("rewritten")?.unwrap_or(false),
        })
    };
    Ok(server.query(sql::TABLES, &[]).await?.iter().map(listed).collect::<Result<_, _>>()?)
}

/// Columns and keys of some tables.
///
/// # Errors
/// [`crate::error::Kind::Config`] naming every column whose type cannot be carried.
pub(super) async fn describe(server: &Connection, tables: Vec<Listed>, money_digits: u8) -> Result<Vec<Table>> {
    let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let rows = server.query(sql::COLUMNS, &[&oids]).await?;
    let mut keys: HashMap<u32, Vec<String>> = HashMap::new();
    for row in server.query(sql::KEYS, &[&oids]).await? {
        keys.insert(row.try_get("table_oid")?, row.try_get("columns")?);
    }
    let names: HashMap<u32, String> = tables.iter().map(|table| (table.oid, table.qualified())).collect();
    let mut columns: HashMap<u32, Vec<Column>> = HashMap::new();
    let mut refused: Vec<(String, String, String)> = Vec::new();
    for row in &rows {
        let oid: u32 = row.try_get("table_oid")?;
        let (name, shown): (String, String) = (row.try_get("name")?, row.try_get("shown")?);
        let found = pg_type(row, money_digits)?;
        match Carry::of(&found) {
            Some(carry) => {
                let nullable = !row.try_get::<_, bool>("not_null")?;
                let kind = kind(&found, &carry);
                columns.entry(oid).or_default().push(Column {
                    name,
                    shown,
                    nullable,
                    carry,
                    piece: None,
                    kind,
                    mask: None,
                });
            }
            None => refused.push((names.get(&oid).cloned().unwrap_or_default(), name, shown)),
        }
    }
    if !refused.is_empty() {
        return Err(unknown_types(&refused));
    }
    tables
        .into_iter()
        .map(|listed| {
            let key = keys.remove(&listed.oid).unwrap_or_default();
            let mut columns = columns.remove(&listed.oid).unwrap_or_default();
            if key.is_empty() {
                columns.extend(row_id(listed.sort).map(Column::row_id));
            }
            if columns.is_empty() {
                let error = Error::config("a view without columns cannot be kept");
                return Err(error.at(At::Table, listed.qualified()).hint(EXCLUDE));
            }
            Ok(Table { listed, columns, key, cut: None })
        })
        .collect()
}

/// The piece of SQL that says where a row lies.
fn row_id(sort: Sort) -> Option<&'static str> {
    match sort {
        Sort::Table | Sort::MaterializedView => Some("row_id"),
        Sort::Partitioned => Some("row_id_of_partition"),
        Sort::View | Sort::ForeignTable => None,
    }
}

const EXCLUDE: &str = "leave the table out with --exclude, if no flow reads it";

fn pg_type(row: &Row, money_digits: u8) -> Result<PgType> {
    let element = match row.try_get::<_, Option<String>>("element_name")? {
        Some(name) => Some(Box::new(PgType {
            name,
            kind: row.try_get("element_kind")?,
            builtin: row.try_get("element_builtin")?,
            typmod: row.try_get("element_typmod")?,
            element: None,
            nested: row.try_get("nested")?,
            money_digits,
        })),
        None => None,
    };
    Ok(PgType {
        name: row.try_get("type_name")?,
        kind: row.try_get("type_kind")?,
        builtin: row.try_get("builtin")?,
        typmod: row.try_get("typmod")?,
        element,
        nested: false,
        money_digits,
    })
}

fn unknown_types(refused: &[(String, String, String)]) -> Error {
    let mut by_table: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (table, column, shown) in refused {
        by_table.entry(table).or_default().push(format!("{column} ({shown})"));
    }
    let listed: Vec<String> =
        by_table.iter().map(|(table, columns)| format!("{table}: {}", columns.join(", "))).collect();
    let error = Error::config(format!("columns of types that cannot be carried exactly: {}", listed.join("; ")));
    match refused {
        [(table, column, _)] => error.at(At::Column, column).at(At::Table, table),
        _ => error,
    }
    .hint(EXCLUDE)
}
