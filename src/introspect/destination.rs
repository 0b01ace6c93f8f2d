//! Owns what is known of the target: the tables that a flow may fill, how their rows are known, and what they demand.
//! Must not know: the source.

use std::collections::BTreeMap;

use super::columns::stem;
use super::kind::Kind;
use super::known;
use super::words::words;
use crate::error::Result;
use crate::server::Connection;
use crate::server::sql::{fill, quote_table};
use crate::target::{self, Catalog, Sort};

/// The tables of a target that a flow may fill.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The schema of names that say none.
    pub schema: String,
    pub tables: Vec<Table>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub schema: String,
    pub name: String,
    /// `name`, or `schema.name` where it is not in the target's own schema.
    pub shown: String,
    pub words: Vec<String>,
    pub columns: Vec<Column>,
    pub primary: Vec<String>,
    /// Columns of unique keys, the primary key among them.
    pub uniques: Vec<Vec<String>>,
    pub references: Vec<Reference>,
    /// Checks of the table: name and expression.
    pub checks: Vec<(String, String)>,
    /// There are rows already; None where that could not be seen.
    pub holds_rows: Option<bool>,
    pub writable: bool,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub words: Vec<String>,
    pub kind: Kind,
    /// The type as PostgreSQL writes it.
    pub shown: String,
    pub not_null: bool,
    /// The target makes a value where none is given.
    pub filled: bool,
    /// The value that the target makes, where it is always the same: as SQL.
    pub default: Option<String>,
    /// Nothing can be written to it.
    pub generated: bool,
    /// Checks of the column's domain: name and expression over VALUE.
    pub checks: Vec<(String, String)>,
}

/// A foreign key of one column.
#[derive(Debug, Clone)]
pub struct Reference {
    pub column: String,
    /// The number of the other table, in [`Destination::tables`].
    pub table: usize,
    pub to: String,
}

impl Destination {
    /// Looks at the target: its catalog, the checks of its domains, and which tables hold rows. Where source and target are
    /// one database, the tables of other schemas are none of the target's.
    ///
    /// # Errors
    /// What the server says; [`crate::error::Kind::Drift`] where there is no table.
    pub async fn read(server: &Connection, schema: &str, is_source: bool) -> Result<Self> {
        let catalog = Catalog::read(server, schema).await?;
        let fit = |table: &&target::Table| {
            !known::is_of_target_itself(&table.schema, &table.name) && (!is_source || table.schema == schema)
        };
        let listed: Vec<&target::Table> = catalog.tables().filter(fit).collect();
        let mut tables: Vec<Table> = listed.iter().map(|table| of(table, schema)).collect();
        let at: BTreeMap<(String, String), usize> =
            tables.iter().enumerate().map(|(at, table)| ((table.schema.clone(), table.name.clone()), at)).collect();
        for (table, found) in tables.iter_mut().zip(&listed) {
            let keys = found.foreign_keys().filter_map(|key| {
                let ([column], [to]) = (key.columns.as_slice(), key.referenced_columns.as_slice()) else { return None };
                let table = *at.get(key.referenced.as_ref()?)?;
                Some(Reference { column: column.clone(), table, to: to.clone() })
            });
            table.references = keys.collect();
            let sql = fill(
                include_str!("../../sql/control/introspect/holds_rows.sql"),
                &[("table", &quote_table(&table.schema, &table.name))],
            );
            // A role may be allowed to insert and not to read: then nobody knows.
            table.holds_rows = server.query_one(&sql, &[]).await.ok().and_then(|row| row.try_get("found").ok());
        }
        let parts: Vec<Vec<Reference>> = listed.iter().map(|table| of_composite(table, &tables, &at)).collect();
        for (table, parts) in tables.iter_mut().zip(parts) {
            table.references.extend(parts);
        }
        let parts: Vec<Vec<Reference>> = tables.iter().map(|table| by_name(table, &tables)).collect();
        for (table, parts) in tables.iter_mut().zip(parts) {
            table.references.extend(parts);
        }
        Ok(Self { schema: schema.to_owned(), tables })
    }
}

/// The parts of foreign keys of several columns: each refers to what the column that it points to refers to.
fn of_composite(table: &target::Table, tables: &[Table], at: &BTreeMap<(String, String), usize>) -> Vec<Reference> {
    let mut parts = Vec::new();
    for key in table.foreign_keys().filter(|key| key.columns.len() > 1) {
        let Some(other) = key.referenced.as_ref().and_then(|name| at.get(name)).map(|at| &tables[*at]) else {
            continue;
        };
        for (column, to) in key.columns.iter().zip(&key.referenced_columns) {
            let known = at.get(&(table.schema.clone(), table.name.clone())).map(|at| &tables[*at]);
            if known.is_some_and(|known| known.reference(column).is_none())
                && let Some(further) = other.reference(to)
            {
                parts.push(Reference { column: column.clone(), ..further.clone() });
            }
        }
    }
    parts
}

/// What columns refer to that no foreign key is about: a UUID that is named after a table whose key is one.
fn by_name(table: &Table, tables: &[Table]) -> Vec<Reference> {
    let open = table.columns.iter().filter(|column| {
        column.kind == Kind::Uuid && table.reference(&column.name).is_none() && !table.primary.contains(&column.name)
    });
    let found = open.filter_map(|column| {
        let stem = stem(&column.words);
        let is =
            |other: &Table| other.words == stem && other.single_primary().is_some_and(|key| key.kind == Kind::Uuid);
        let at = tables.iter().position(is)?;
        Some(Reference { column: column.name.clone(), table: at, to: tables[at].primary.first()?.clone() })
    });
    found.collect()
}

fn of(table: &target::Table, schema: &str) -> Table {
    let primary = table.constraints.iter().find(|key| key.sort == Sort::PrimaryKey);
    let indexes = table.indexes.iter().filter(|index| index.unique && index.valid);
    let mut uniques: Vec<Vec<String>> = indexes.filter_map(|index| plain_columns(table, index)).collect();
    uniques.sort();
    uniques.dedup();
    let checks = table.constraints.iter().filter(|constraint| constraint.sort == Sort::Check);
    Table {
        schema: table.schema.clone(),
        name: table.name.clone(),
        shown: if table.schema == schema { table.name.clone() } else { table.full_name() },
        words: words(&table.name),
        columns: table.columns.iter().map(of_column).collect(),
        primary: primary.map(|key| key.columns.clone()).unwrap_or_default(),
        uniques,
        references: Vec::new(),
        checks: checks.filter_map(|check| Some((check.name.clone(), expression(&check.definition)?))).collect(),
        holds_rows: None,
        writable: table.writable,
    }
}

/// The columns of a unique index that is over nothing but columns, of all rows or of some.
fn plain_columns(table: &target::Table, index: &target::Index) -> Option<Vec<String>> {
    index
        .expressions
        .iter()
        .map(|key| {
            let is =
                |column: &&target::Column| column.name == *key || crate::server::sql::quote_ident(&column.name) == *key;
            table.columns.iter().find(is).map(|column| column.name.clone())
        })
        .collect()
}

fn of_column(column: &target::Column) -> Column {
    let checks = column.ty.checks().filter_map(|(_, (name, check))| Some((name.clone(), expression(check)?)));
    Column {
        name: column.name.clone(),
        words: words(&column.name),
        kind: Kind::of_target(column),
        shown: column.formatted.clone(),
        not_null: column.not_null || column.ty.not_null(),
        filled: column.has_default || !column.identity.is_empty(),
        default: column.default.as_deref().and_then(constant),
        generated: column.generated,
        checks: checks.collect(),
    }
}

/// A default that is always the same value, without its cast: `'{}'::jsonb` is `'{}'`.
fn constant(default: &str) -> Option<String> {
    let bare = match default.strip_prefix('\'') {
        Some(rest) => {
            let end = rest.find('\'')?;
            // A quote within the text is doubled.
            let after = &rest[end + 1..];
            (after.is_empty() || after.starts_with("::")).then(|| format!("'{}'", &rest[..end]))?
        }
        None => default.to_owned(),
    };
    let plain = bare.starts_with('\'') || ["true", "false"].contains(&bare.as_str()) || bare.parse::<f64>().is_ok();
    plain.then_some(bare)
}

/// What a check demands, without the words around it.
fn expression(definition: &str) -> Option<String> {
    let open = definition.find('(')?;
    let close = definition.rfind(')')?;
    definition.starts_with("CHECK").then(|| definition[open + 1..close].to_owned())
}

impl Table {
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    #[must_use]
    pub fn reference(&self, column: &str) -> Option<&Reference> {
        self.references.iter().find(|reference| reference.column == column)
    }

    /// The one column of its primary key.
    #[must_use]
    pub fn single_primary(&self) -> Option<&Column> {
        match self.primary.as_slice() {
            [one] => self.column(one),
            _ => None,
        }
    }

    /// Is the column by itself a unique key?
    #[must_use]
    pub fn is_unique(&self, column: &str) -> bool {
        self.uniques.iter().any(|key| matches!(key.as_slice(), [one] if one == column))
    }
}
