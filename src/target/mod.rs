//! Owns what the target database looks like: tables, columns, types, constraints and indexes, read from its catalog.
//! Must not know: flows, outcomes, or how anything is loaded or verified.

use std::collections::{BTreeMap, HashMap};

use arrow::datatypes::Schema;

use crate::diagnosis::distance;
use serde::{Deserialize, Serialize};

use crate::error::{At, Error, Kind, Result};
use crate::name::in_quotes;
use crate::server::Connection;
use crate::server::sql::{quote_ident, quote_literal};

mod labels;
mod partitions;
pub mod pointing;
mod rows;
mod structure;
mod types;

pub use labels::Labels;
pub use structure::{Object, TableName, structure};
pub use types::{Type, TypeKind};

/// The predicate of an index that holds for all rows.
pub const EVERY_ROW: &str = "true";

/// The tables of a target database, of all schemas but the system's.
#[derive(Debug, Clone)]
pub struct Catalog {
    schema: String,
    tables: BTreeMap<(String, String), Table>,
}

/// One table. The flags say what this session's role may do with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    /// Partitioned, or part of an inheritance tree.
    pub inherits: bool,
    /// Partitioned itself: its rows lie in its partitions.
    pub partitioned: bool,
    /// Schema and name of the table that it is a partition of.
    pub partition_of: Option<TableName>,
    /// Some of its partitions, at any depth, are foreign tables.
    pub has_foreign_partitions: bool,
    /// The role owns it, and so may alter it.
    pub owned: bool,
    /// The role may make indexes in its schema, if the table is its own.
    pub indexable: bool,
    /// Its changes, or those of a partition, are published, and nothing tells its rows apart: PostgreSQL takes new rows, and neither changes nor removes any.
    pub frozen: bool,
    pub writable: bool,
    /// The planner's estimate; negative when the table was never analysed.
    pub estimated_rows: f64,
    /// A trigger, of it or of a partition, may fill columns before their rules are tested.
    pub row_trigger_before_insert: bool,
    pub columns: Vec<Column>,
    /// Primary key, unique, check, exclusion and foreign key constraints of the table itself.
    pub constraints: Vec<Constraint>,
    /// Foreign keys of this and other tables that point to it.
    pub referenced_by: Vec<Constraint>,
    pub indexes: Vec<Index>,
    /// Those that fire when rows are inserted, those that only partitions of it have among them.
    pub triggers: Vec<Trigger>,
}

/// A trigger that fires when rows are inserted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trigger {
    /// Schema and name of the table that has it.
    pub of: TableName,
    pub name: String,
    /// It fires for each row, and not for a statement as a whole.
    pub each_row: bool,
    /// `schema.name`
    pub function: String,
    /// The tables that the function's source text says it writes to, as it names them.
    pub writes: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    /// The type modifier: the length of a varchar, precision and scale of a numeric; -1 for none.
    pub modifier: i32,
    /// The type with its modifier, as PostgreSQL writes it.
    pub formatted: String,
    pub not_null: bool,
    pub has_default: bool,
    /// The default, as SQL.
    pub default: Option<String>,
    pub generated: bool,
    /// `a`(lways), `d`(efault) or empty.
    pub identity: String,
    /// The sequence behind a serial or identity column.
    pub sequence: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    Exclusion,
    Other,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Constraint {
    /// Schema and name of the table that has it.
    pub table: (String, String),
    pub name: String,
    pub sort: Sort,
    pub validated: bool,
    /// The server looks at each row that is written: none of its triggers is off.
    pub enforced: bool,
    pub deferrable: bool,
    pub deferred: bool,
    /// Declared on this very table, not inherited.
    pub own: bool,
    /// The role may make a foreign key to the table that this one points to.
    pub referable: bool,
    pub definition: String,
    /// The index behind it; 0 for none.
    pub index: u32,
    /// Schema and name of the table a foreign key points to.
    pub referenced: Option<(String, String)>,
    pub columns: Vec<String>,
    pub referenced_columns: Vec<String>,
    pub comment: Option<String>,
}

impl Constraint {
    /// A condition over the row `t` of its table: what it points to is not in `referenced`, a quoted table.
    #[must_use]
    pub fn absent(&self, referenced: &str) -> String {
        let quoted = |names: &[String]| names.iter().map(|name| quote_ident(name)).collect::<Vec<_>>();
        pointing::absent(&self.definition, &quoted(&self.columns), referenced, &quoted(&self.referenced_columns))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Index {
    pub oid: u32,
    pub name: String,
    pub definition: String,
    pub unique: bool,
    pub valid: bool,
    pub clustered: bool,
    pub replica_identity: bool,
    /// It has what its definition does not tell: a tablespace of its own, statistics of its own, or an extension that it goes with.
    pub untold: bool,
    /// Of a partitioned table: it holds those of the partitions together.
    pub partitioned: bool,
    /// Its definition would not bring everything back: it has storage parameters, or is a primary key of a partitioned table and would
    /// change its partitions.
    pub fixed: bool,
    /// The index of a partitioned table that it is a part of; 0 for none.
    pub part_of: u32,
    /// NULLs count as equal (NULLS NOT DISTINCT).
    pub nulls_equal: bool,
    /// Columns or expressions of the key, as SQL.
    pub expressions: Vec<String>,
    pub predicate: Option<String>,
    pub comment: Option<String>,
}

impl Catalog {
    /// Reads the catalog; `schema` is where names without a schema are looked for.
    ///
    /// # Errors
    /// What the server says; [`Kind::Drift`] when the schema holds no table.
    pub async fn read(connection: &Connection, schema: &str) -> Result<Self> {
        let types = types::read(connection).await?;
        let found = connection.query(include_str!("../../sql/control/target/tables.sql"), &[]).await?;
        let mut tables = found.iter().map(rows::table).collect::<Result<Vec<_>>>()?;
        let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
        let names: HashMap<u32, (String, String)> =
            tables.iter().map(|table| (table.oid, (table.schema.clone(), table.name.clone()))).collect();
        let at: HashMap<u32, usize> = oids.iter().enumerate().map(|(index, oid)| (*oid, index)).collect();

        for row in connection.query(include_str!("../../sql/control/target/columns.sql"), &[&oids]).await? {
            if let Some(index) = at.get(&row.try_get("relation")?) {
                tables[*index].columns.push(rows::column(&row, &types)?);
            }
        }
        for row in connection.query(include_str!("../../sql/control/target/constraints.sql"), &[&oids]).await? {
            let Some(constraint) = rows::constraint(&row, &names)? else { continue };
            if let Some(index) = at.get(&row.try_get("referenced")?) {
                tables[*index].referenced_by.push(constraint.clone());
            }
            if let Some(index) = at.get(&row.try_get("relation")?) {
                tables[*index].constraints.push(constraint);
            }
        }
        let mut published = Vec::new();
        for (row, oid) in found.iter().zip(&oids) {
            if row.try_get("published")? {
                published.push(*oid);
            }
        }
        for row in connection.query(include_str!("../../sql/control/target/indexes.sql"), &[&oids, &published]).await? {
            if let Some(index) = at.get(&row.try_get("relation")?) {
                tables[*index].indexes.push(rows::index(&row)?);
            }
        }
        for row in connection.query(include_str!("../../sql/control/target/triggers.sql"), &[&oids]).await? {
            if let Some(index) = at.get(&row.try_get("relation")?) {
                let of = (tables[*index].schema.clone(), tables[*index].name.clone());
                tables[*index].triggers.push(rows::trigger(&row, of)?);
            }
        }
        let mut tables: BTreeMap<_, _> =
            tables.into_iter().map(|table| ((table.schema.clone(), table.name.clone()), table)).collect();
        partitions::tell_parents(&mut tables);
        if !tables.keys().any(|(found, _)| found == schema) {
            return Err(Error::new(Kind::Drift, format!("the target's schema {schema} holds no table")).hint(
                "the target's tables must be there first: rehome moves rows, it does not invent the target's schema",
            ));
        }
        Ok(Self { schema: schema.to_owned(), tables })
    }

    /// The schema of names that say none.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// A table by `name` or `schema.name`.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(&self.qualify(name))
    }

    /// The table of exactly this schema and name.
    #[must_use]
    pub fn exactly(&self, schema: &str, name: &str) -> Option<&Table> {
        self.tables.get(&(schema.to_owned(), name.to_owned()))
    }

    /// As [`Self::table`].
    ///
    /// # Errors
    /// [`Kind::Config`] with all tables that the name fits, [`Kind::Drift`] with the nearest name where it fits none.
    pub fn require(&self, name: &str) -> Result<&Table> {
        let fitting: Vec<_> = self.meanings(name).filter(|meaning| self.tables.contains_key(meaning)).collect();
        if fitting.len() > 1 {
            let shown: Vec<String> =
                fitting.iter().map(|(schema, table)| format!("\"{schema}\".\"{table}\"")).collect();
            let message = format!("'{name}' is the name of {} tables of the target", shown.len());
            let hint = format!("say which one is meant, in quotes: {}", shown.join(", "));
            return Err(Error::config(message).at(At::Table, name).hint(hint));
        }
        self.table(name).ok_or_else(|| {
            let error = Error::new(Kind::Drift, "the target has no such table").at(At::Table, name);
            let known = self.tables.keys().map(|(schema, table)| self.shown(schema, table));
            match nearest(name, known) {
                Some(found) => error.hint(format!("did you mean {found}?")),
                None => error.hint("make that table, or name another with `target = \"…\"` in the flow's header"),
            }
        })
    }

    /// All tables, by schema and name.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// Schema and table of a name, which may say its schema.
    #[must_use]
    pub fn qualify(&self, name: &str) -> (String, String) {
        let known = self.meanings(name).find(|meaning| self.tables.contains_key(meaning));
        let said = || in_quotes(name).map(|(schema, table)| (schema.unwrap_or_else(|| self.schema.clone()), table));
        let split = || name.split_once('.').map(|(schema, table)| (schema.to_owned(), table.to_owned()));
        known.or_else(said).or_else(split).unwrap_or_else(|| (self.schema.clone(), name.to_owned()))
    }

    /// What a name can mean: a table of the target's schema, or schema and table, of which either may have dots of its
    /// own; quotes, as in SQL, say where one ends.
    fn meanings<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
        let plain = (self.schema.clone(), name.to_owned());
        let splits = name.match_indices('.').map(|(at, _)| (name[..at].to_owned(), name[at + 1..].to_owned()));
        let said = in_quotes(name).map(|(schema, table)| (schema.unwrap_or_else(|| self.schema.clone()), table));
        [plain].into_iter().chain(splits).chain(said)
    }

    fn shown(&self, schema: &str, table: &str) -> String {
        if schema == self.schema { table.to_owned() } else { format!("{schema}.{table}") }
    }
}

impl Column {
    /// The SQL expression by which the target makes a value for the column: its default, or its identity's sequence.
    #[must_use]
    pub fn made_by(&self) -> Option<String> {
        match (&self.default, &self.sequence) {
            (Some(default), _) => Some(default.clone()),
            (None, Some(sequence)) if !self.identity.is_empty() => {
                Some(format!("pg_catalog.nextval({})", quote_literal(sequence)))
            }
            _ => None,
        }
    }
}

impl Table {
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of an outcome that the table has, and takes: the engine's own and those that it generates are none.
    #[must_use]
    pub fn takes(&self, schema: &Schema) -> Vec<String> {
        let own = schema.fields().iter().map(|field| field.name()).filter(|name| !name.starts_with('_'));
        own.filter(|name| self.column(name).is_some_and(|column| !column.generated)).cloned().collect()
    }

    #[must_use]
    pub fn index(&self, oid: u32) -> Option<&Index> {
        self.indexes.iter().find(|index| index.oid == oid)
    }

    /// The foreign keys the table itself has.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &Constraint> {
        self.constraints.iter().filter(|constraint| constraint.sort == Sort::ForeignKey)
    }

    /// The columns that tell its rows apart: those named, else its primary key, where a unique index holds them to it.
    #[must_use]
    pub fn identity(&self, named: &[String]) -> Option<Vec<String>> {
        let is_unique = |columns: &[String]| {
            let same = |key: &&Constraint| {
                key.columns.len() == columns.len() && columns.iter().all(|column| key.columns.contains(column))
            };
            let whole = columns.iter().all(|name| self.column(name).is_some_and(|column| column.not_null));
            let by_index = self.unique_over(columns) == Some(EVERY_ROW);
            whole
                && (by_index
                    || self
                        .constraints
                        .iter()
                        .filter(|key| matches!(key.sort, Sort::PrimaryKey | Sort::Unique))
                        .any(|key| same(&key)))
        };
        if !named.is_empty() {
            return is_unique(named).then(|| named.to_vec());
        }
        self.constraints.iter().find(|key| key.sort == Sort::PrimaryKey).map(|key| key.columns.clone())
    }

    /// A unique key over exactly these columns: the predicate of its rows, `true` where it holds for all of them.
    #[must_use]
    pub fn unique_over(&self, columns: &[String]) -> Option<&str> {
        let over = |index: &&Index| {
            // PostgreSQL quotes a name only where it must.
            let is_key =
                |column: &String| index.expressions.iter().any(|key| key == column || *key == quote_ident(column));
            index.unique && index.valid && index.expressions.len() == columns.len() && columns.iter().all(is_key)
        };
        let predicates = self.indexes.iter().filter(over).map(|index| index.predicate.as_deref().unwrap_or(EVERY_ROW));
        predicates.max_by_key(|predicate| *predicate == EVERY_ROW)
    }

    /// Can this foreign key of the table be away while rows are loaded, and come back?
    #[must_use]
    pub fn can_drop(&self, key: &Constraint) -> bool {
        self.owned && !self.frozen && key.own && key.referable
    }

    /// `schema.name`, as people read it.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// The known name that looks most like `name`, if any is near enough to be a slip of the pen.
pub fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|candidate| (distance(name, &candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + name.len().max(candidate.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let known = || ["recipient_id", "channel", "metadata"].map(str::to_owned).into_iter();
        assert_eq!(nearest("recipent_id", known()), Some("recipient_id".to_owned()));
        assert_eq!(nearest("colour_scheme", known()), None);
    }
}
