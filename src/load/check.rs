//! Owns the comparison of what the flows give with what the target takes, before anything runs.
//! Must not know: outcomes or rows.

use serde::Serialize;

use super::encode::Encoder;
use crate::error::{Error, Kind, Result};
use crate::outcome::Id;
use crate::outcomes::FlowShape;
use crate::target::{Catalog, Column, Table, Trigger, TypeKind};

/// Compares the columns of every flow with those of its target.
///
/// # Errors
/// One [`Kind::Drift`] with all mismatches: unknown tables and columns, columns that must be filled, types that do not
/// fit, labels an enum does not have. [`Kind::Privilege`] for a table that this role may not write.
pub fn columns(catalog: &Catalog, shapes: &[FlowShape]) -> Result<()> {
    let migrating = || shapes.iter().filter(|shape| shape.migrates);
    let closed = |shape: &&FlowShape| catalog.require(&shape.target).is_ok_and(|table| !table.writable);
    if let Some(shape) = migrating().find(closed) {
        return Err(Error::new(Kind::Privilege, format!("this role may not insert into {}", shape.target))
            .hint("grant it INSERT on the table, and USAGE on its schema; nothing has been written"));
    }
    let wrong: Vec<String> =
        migrating().flat_map(|shape| mismatches(catalog, shape)).map(|mismatch| mismatch.to_string()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let count = if wrong.len() == 1 { "one mismatch".to_owned() } else { format!("{} mismatches", wrong.len()) };
    Err(Error::new(Kind::Drift, format!("the flows do not fit the target: {count}\n  {}", wrong.join("\n  ")))
        .hint("change the flow's SQL or the target's table; nothing has been written"))
}

/// One thing in which a flow does not fit its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub flow: String,
    /// The flow's file, as messages show it.
    pub file: String,
    /// The target table, as the flow names it.
    pub target: String,
    /// The target's column, where it is about one.
    pub column: Option<String>,
    pub what: String,
    /// Where what is there is nearly what was meant.
    pub hint: Option<String>,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.what)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

/// A trigger that will fire while rows are loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Fires {
    pub table: String,
    pub trigger: String,
    pub function: String,
    /// Tables that the flows load too, to which the trigger's function writes, as far as its source text tells.
    pub writes: Vec<String>,
}

/// The triggers that will fire on the tables of the flows.
#[must_use]
pub fn triggers(catalog: &Catalog, shapes: &[FlowShape]) -> Vec<Fires> {
    let mut loaded: Vec<&Table> = Vec::new();
    for table in shapes.iter().filter_map(|shape| catalog.table(&shape.target)) {
        if !loaded.iter().any(|known| known.oid == table.oid) {
            loaded.push(table);
        }
    }
    let named = |name: &str| {
        let name = name.replace('"', "");
        let is =
            |table: &&&Table| name.eq_ignore_ascii_case(&table.name) || name.eq_ignore_ascii_case(&table.full_name());
        loaded.iter().find(is).map(|table| table.full_name())
    };
    let fires = |trigger: &Trigger| Fires {
        table: format!("{}.{}", trigger.of.0, trigger.of.1),
        trigger: trigger.name.clone(),
        function: trigger.function.clone(),
        writes: trigger.writes.iter().filter_map(|name| named(name)).collect(),
    };
    loaded.iter().flat_map(|table| table.triggers.iter().map(fires)).collect()
}

impl std::fmt::Display for Fires {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the trigger {} of {} fires for rows that are loaded", self.trigger, self.table)?;
        if !self.writes.is_empty() {
            write!(f, ", and writes to {}: see `existing` in the flow's header", self.writes.join(", "))?;
        }
        Ok(())
    }
}

/// All in which a flow does not fit its target; see [`columns`].
#[must_use]
pub fn mismatches(catalog: &Catalog, shape: &FlowShape) -> Vec<Mismatch> {
    let mismatch = |column: Option<&str>, what: String, hint: Option<String>| Mismatch {
        flow: shape.flow.clone(),
        file: shape.file.clone(),
        target: shape.target.clone(),
        column: column.map(str::to_owned),
        what,
        hint,
    };
    let table = match catalog.require(&shape.target) {
        Ok(table) => table,
        Err(error) => {
            let what = match error.kind() {
                Kind::Config => error.message().to_owned(),
                _ => format!("the target has no table {}", shape.target),
            };
            return vec![mismatch(None, what, error.hint_text().map(str::to_owned))];
        }
    };
    let mut wrong = Vec::new();
    let mut note = |column: Option<&str>, what: String, hint: Option<String>| {
        wrong.push(mismatch(column, format!("{}.{what}", shape.target), hint));
    };
    if let Err(found) = Encoder::new(&shape.schema, table) {
        for mismatch in found {
            note(Some(&mismatch.column), format!("{} {}", mismatch.column, mismatch.what), None);
        }
    }
    for Column { name, formatted, .. } in unfilled(shape, table) {
        let what = format!("{name} ({formatted}) must not be NULL, has no default, and the flow gives no such column");
        note(Some(name), what, None);
    }
    for (name, labels) in &shape.labels {
        let Some(column) = table.column(name) else { continue };
        let TypeKind::Enum { labels: known } = &column.ty.base().kind else { continue };
        for label in labels.iter().filter(|label| !known.contains(label)) {
            let near = crate::target::nearest(label, known.iter().cloned());
            let near = near.map(|near| format!("did you mean '{near}'?"));
            note(Some(name), format!("{name} has no label '{label}' in its type {}", column.formatted), near);
        }
    }
    for what in [unknown_rows(shape, table), unmatchable(shape, table)].into_iter().flatten() {
        note(None, what, None);
    }
    wrong
}

/// Why the rows of the target could not be known again, if they could not.
fn unknown_rows(shape: &FlowShape, table: &Table) -> Option<String> {
    let id = &shape.row.id_column;
    let column = table.column(id);
    match (shape.row.id, column) {
        (Id::None, _) => unknown_by_key(shape, table),
        (Id::Derived, None) => Some(format!(
            "{id} is missing: name another column with `id_column`, or say id = \"none\" where another unique key tells \
             the rows apart"
        )),
        (Id::Derived, Some(column)) if column.ty.base().name != "uuid" => Some(format!(
            "{id} is {}, not uuid: say in the header how the id comes about: id = \"given\" (the flow gives it as _id), \
             \"server\" (the target makes it) or \"none\" (nothing refers to it)",
            column.formatted
        )),
        (Id::Derived, Some(_)) => None,
        (_, None) => Some(format!("{id} is missing: name the column that holds the id with `id_column`")),
        (Id::Server, Some(column)) if !column.has_default && column.identity.is_empty() => {
            Some(format!("{id} has no default, so the target makes no value for it: say id = \"given\""))
        }
        (_, Some(_)) if table.identity(shape.row.named()).is_none() => {
            Some(format!("{id} is no unique key, or may be NULL, so that its rows could not be told apart"))
        }
        (_, Some(_)) => None,
    }
}

fn unknown_by_key(shape: &FlowShape, table: &Table) -> Option<String> {
    match table.identity(&shape.row.identity) {
        None if shape.row.identity.is_empty() => {
            Some("(no column) there is no primary key: name the columns of a unique key with `identity`".to_owned())
        }
        None => Some(format!("({}) is no unique key of columns that are never NULL", shape.row.identity.join(", "))),
        Some(columns) => {
            let missing = columns.iter().find(|name| shape.schema.field_with_name(name).is_err())?;
            Some(format!("{missing} tells its rows apart, and the flow does not give it"))
        }
    }
}

/// Why no row of the target could be found by the columns of `match`, if none could.
fn unmatchable(shape: &FlowShape, table: &Table) -> Option<String> {
    let columns = &shape.row.matching;
    if columns.is_empty() {
        return None;
    }
    if let Some(missing) = columns.iter().find(|name| shape.schema.field_with_name(name).is_err()) {
        return Some(format!("{missing} is named by `match`, and the flow does not give it"));
    }
    table.unique_over(columns).is_none().then(|| {
        format!("({}) is named by `match`, and is no unique key of the target's plain columns", columns.join(", "))
    })
}

fn unfilled<'a>(shape: &'a FlowShape, table: &'a Table) -> impl Iterator<Item = &'a Column> {
    table.columns.iter().filter(|column| {
        column.not_null
            && !column.has_default
            && !column.generated
            && column.identity.is_empty()
            && !table.row_trigger_before_insert
            && shape.schema.field_with_name(&column.name).is_err()
    })
}
