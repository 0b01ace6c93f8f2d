//! Owns which columns a column of a plan comes from: those that its value is made of, and those that merely decide it.
//! Must not know: flows, snapshots, or who asks.

mod own;
mod walk;

use std::collections::BTreeMap;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::TableReference;
use datafusion::logical_expr::LogicalPlan;

use crate::engine::Schema;
use crate::name::Name;
pub use own::{Choice, Own, is_none_of, is_not_true};
use walk::Walk;

/// A table that a plan reads, as its SQL names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `source.name` or `source.schema.name`.
    Source(Name),
    /// The source of the flow of this name, read by the engine itself.
    Own(String),
    /// `migrated.flow`.
    Migrated(String),
}

impl Table {
    /// The table that a reference means, if it is one of these.
    pub(crate) fn of(table: &TableReference) -> Option<Self> {
        let (schema, name) = (table.schema()?, table.table().to_owned());
        let is = |known: Schema| schema == known.name();
        match table.catalog() {
            Some(catalog) if catalog == Schema::Source.name() => {
                Some(Self::Source(Name::Full { schema: schema.to_owned(), table: name }))
            }
            _ if is(Schema::Source) => Some(Self::Source(Name::Plain(name))),
            _ if is(Schema::Own) => Some(Self::Own(name)),
            _ if is(Schema::Migrated) => Some(Self::Migrated(name)),
            _ => None,
        }
    }
}

/// A column of a table that a plan reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    pub table: Table,
    pub name: String,
}

/// What a column has to do with another one that comes of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Roles {
    /// The value is made of it.
    pub value: bool,
    /// It decides which value that is: a key of a join, a filter, a condition of a CASE, an order or a group.
    pub decides: bool,
    /// It is carried along in the whole row as JSON (`row_json(t._row)`).
    pub whole: bool,
}

impl Roles {
    /// As one more column stands between: what decides that one decides this one, and so on.
    #[must_use]
    pub fn through(self, below: Self) -> Self {
        let decides = self.decides && (below.value || below.decides || below.whole);
        Self {
            value: self.value && below.value,
            decides: decides || ((self.value || self.whole) && below.decides),
            whole: (self.value && below.whole) || (self.whole && (below.value || below.whole)),
        }
    }

    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.value |= other.value;
        self.decides |= other.decides;
        self.whole |= other.whole;
    }
}

/// The columns that something comes from, with what they have to do with it.
pub type Sources = BTreeMap<Column, Roles>;

/// The columns that a column of a plan's result comes from; none for a name that it does not have.
#[must_use]
pub fn of_column(plan: &LogicalPlan, column: &str) -> Sources {
    let at = plan.schema().fields().iter().position(|field| field.name() == column);
    let mut walk = Walk::new(plan);
    if let Some(at) = at {
        walk.column(plan, at);
    }
    walk.finish().into_iter().map(|(column, (roles, _))| (column, roles)).collect()
}

/// The columns that decide which rows a plan gives.
#[must_use]
pub fn of_rows(plan: &LogicalPlan) -> Sources {
    let mut walk = Walk::new(plan);
    walk.rows(plan);
    walk.finish().into_iter().map(|(column, (roles, _))| (column, roles)).collect()
}

/// The columns that the value of a plan's column is made of, with their types.
#[must_use]
pub fn made_of(plan: &LogicalPlan, column: &str) -> Vec<(Column, DataType)> {
    let at = plan.schema().fields().iter().position(|field| field.name() == column);
    let mut walk = Walk::new(plan);
    if let Some(at) = at {
        walk.column(plan, at);
    }
    let found = walk.finish().into_iter().filter(|(_, (roles, _))| roles.value);
    found.filter_map(|(column, (_, kind))| Some((column, kind?))).collect()
}
