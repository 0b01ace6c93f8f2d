//! Owns what is taken away from a table before it is loaded, and how that is remembered.
//! Must not know: rows, chunks, or how it comes back.

use uuid::Uuid;

use super::{IS_EMPTY, partitions};
use crate::error::{Kind, Result};
use crate::ledger::{self, SavedDdl, SavedSort};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::{Catalog, Constraint, Index, Sort, Table};

const BEGIN: &str = include_str!("../../sql/control/load/begin_ddl.sql");
const ROLLBACK: &str = include_str!("../../sql/control/load/rollback.sql");
const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");
const DROP_CONSTRAINT: &str = include_str!("../../sql/control/load/drop_constraint.sql");
const DROP_INDEX: &str = include_str!("../../sql/control/load/drop_index.sql");

/// From this many rows on, loading first and indexing after pays for the DDL around it: below, the index work of a load
/// is a second at most, and dropping and making five objects costs a few hundred milliseconds on a slow disk.
pub(super) const WORTH_REBUILDING: u64 = 20_000;

/// How a table is being loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Its indexes and keys are away, too.
    Bare,
    /// Only its foreign keys are away.
    Indexed,
    /// Nothing is away: the role may not, others use the table, or rows that it should not have taken could not be removed.
    Untouched,
}

/// Takes away what may be taken: with `bare` indexes and keys, and the foreign keys that need them; else the table's
/// foreign keys. Tried from the most to the least: a table that others use, or own, is left as it is.
pub(super) async fn take_away(
    connection: &Connection,
    run: Uuid,
    catalog: &Catalog,
    table: &Table,
    bare: bool,
) -> Result<Mode> {
    if !table.owned || table.frozen {
        return Ok(Mode::Untouched);
    }
    let foreign: Vec<SavedDdl> = table.foreign_keys().filter(|key| table.can_drop(key)).map(foreign_key).collect();
    if bare && may_be_bare(table) {
        let empty = fill(IS_EMPTY, &[("table", &quote_table(&table.schema, &table.name))]);
        let empty = connection.query_one(&empty, &[]).await?.try_get("empty")?;
        let objects: Option<Vec<_>> = everything(catalog, table);
        if let Some(objects) = objects
            && attempt(connection, run, &objects, empty).await?
        {
            return Ok(Mode::Bare);
        }
    }
    if attempt(connection, run, &foreign, false).await? { Ok(Mode::Indexed) } else { Ok(Mode::Untouched) }
}

/// What [`take_away`] would try to take away first, by name.
pub(super) fn would_take(catalog: &Catalog, table: &Table, bare: bool) -> Vec<String> {
    if !table.owned || table.frozen {
        return Vec::new();
    }
    let foreign = || table.foreign_keys().filter(|key| table.can_drop(key)).map(foreign_key).collect();
    let bare = if bare && may_be_bare(table) { everything(catalog, table) } else { None };
    let objects: Vec<SavedDdl> = bare.unwrap_or_else(foreign);
    objects.iter().map(|object| format!("{}.{}: {}", object.schema, object.table, object.name)).collect()
}

/// May the indexes and keys of a table be away while it is loaded, and can they come back?
pub(super) fn may_be_bare(table: &Table) -> bool {
    table.owned && table.indexable && !table.frozen && stands_alone(table)
}

/// Are its constraints its own alone? Those of a partition are held by what it is a part of, and a table that others inherit from is
/// more than itself.
fn stands_alone(table: &Table) -> bool {
    !table.inherits || table.partitioned && table.partition_of.is_none()
}

/// All that can be taken from a table that is to be loaded bare: foreign keys in and out, then indexes and keys.
/// None when something forbids it (a foreign key of a partition, for example).
pub(super) fn everything(catalog: &Catalog, table: &Table) -> Option<Vec<SavedDdl>> {
    let outgoing = table.foreign_keys();
    let incoming = table.referenced_by.iter().filter(|key| key.table != (table.schema.clone(), table.name.clone()));
    let mut objects = Vec::new();
    for key in outgoing.chain(incoming) {
        let holder = catalog.exactly(&key.table.0, &key.table.1)?;
        if holder.partition_of.is_some() && !key.own {
            // It comes and goes with the key of the table that this is a partition of.
            continue;
        }
        if !holder.can_drop(key) || !stands_alone(holder) {
            return None;
        }
        objects.push(foreign_key(key));
    }
    if table.partitioned {
        objects.extend(partitions::indexes(catalog, table)?);
    } else {
        objects.extend(table.indexes.iter().filter_map(|index| index_of(table, index)));
    }
    Some(objects)
}

fn foreign_key(key: &Constraint) -> SavedDdl {
    SavedDdl {
        id: 0,
        schema: key.table.0.clone(),
        table: key.table.1.clone(),
        name: key.name.clone(),
        sort: SavedSort::ForeignKey,
        definition: key.definition.clone(),
        comment: key.comment.clone(),
        index_comment: None,
        deferrable: key.deferrable,
        deferred: key.deferred,
        clustered: false,
        validated: key.validated,
        index_made: false,
        columns: key.columns.iter().map(|column| quote_ident(column)).collect(),
        referenced: key.referenced.as_ref().map(|(schema, table)| {
            let columns = key.referenced_columns.iter().map(|column| quote_ident(column));
            std::iter::once(quote_table(schema, table)).chain(columns).collect()
        }),
        predicate: None,
        nulls_equal: false,
        holds: None,
    }
}

/// None for an index that stays: one of a constraint of others, broken, the replica identity, with more than its definition tells, or behind an exclusion, which a key
/// WITHOUT OVERLAPS is.
fn index_of(table: &Table, index: &Index) -> Option<SavedDdl> {
    let constraint = constraint_of(table, index);
    if constraint.is_some_and(|constraint| !constraint.own) { None } else { saved(table, index, constraint) }
}

/// The constraint that an index stands behind.
pub(super) fn constraint_of<'t>(table: &'t Table, index: &Index) -> Option<&'t Constraint> {
    table.constraints.iter().find(|constraint| constraint.index == index.oid && constraint.sort != Sort::ForeignKey)
}

/// All that brings an index and its constraint back, whoever's that is. None for one that stays, as [`index_of`] says.
pub(super) fn saved(table: &Table, index: &Index, constraint: Option<&Constraint>) -> Option<SavedDdl> {
    let is_key = constraint.is_some_and(|constraint| constraint.sort == Sort::PrimaryKey);
    // By its key a row is looked at again that a trigger may have made something else of.
    if !index.valid || index.replica_identity || index.untold || is_key && table.row_trigger_before_insert {
        return None;
    }
    let sort = match constraint.map(|constraint| constraint.sort) {
        None => SavedSort::Index,
        Some(_) if constraint.is_some_and(|key| key.definition.contains(" WITHOUT OVERLAPS)")) => return None,
        Some(Sort::PrimaryKey) => SavedSort::PrimaryKey,
        Some(Sort::Unique) => SavedSort::Unique,
        Some(_) => return None,
    };
    Some(SavedDdl {
        id: 0,
        schema: table.schema.clone(),
        table: table.name.clone(),
        name: index.name.clone(),
        sort,
        definition: index.definition.clone(),
        comment: constraint.map_or(index.comment.clone(), |constraint| constraint.comment.clone()),
        index_comment: constraint.and(index.comment.clone()),
        deferrable: constraint.is_some_and(|constraint| constraint.deferrable),
        deferred: constraint.is_some_and(|constraint| constraint.deferred),
        clustered: index.clustered,
        validated: true,
        index_made: false,
        columns: index.expressions.clone(),
        referenced: None,
        predicate: index.predicate.clone(),
        nulls_equal: index.nulls_equal,
        holds: None,
    })
}

/// Saves and drops all of them that are not away already, in one transaction; false when the target does not let us, or, as far as is
/// tried where the table is empty, would not let us make them again.
async fn attempt(connection: &Connection, run: Uuid, objects: &[SavedDdl], empty: bool) -> Result<bool> {
    let away = ledger::saved_ddl(connection).await?;
    let is_away = |object: &SavedDdl| {
        away.iter().any(|known| {
            (&known.schema, &known.table, &known.name, known.sort)
                == (&object.schema, &object.table, &object.name, object.sort)
        })
    };
    let objects: Vec<&SavedDdl> = objects.iter().filter(|object| !is_away(object)).collect();
    if objects.is_empty() {
        return Ok(true);
    }
    match save_and_drop(connection, run, &objects, empty).await {
        Ok(()) => Ok(true),
        Err(error) if connection.is_closed() || error.kind() == Kind::Interrupted => Err(error),
        Err(error) => {
            log::info!("a table keeps its constraints while it is loaded: {error}");
            connection.batch_execute(ROLLBACK).await?;
            Ok(false)
        }
    }
}

async fn save_and_drop(connection: &Connection, run: Uuid, objects: &[&SavedDdl], empty: bool) -> Result<()> {
    connection.batch_execute(BEGIN).await?;
    for object in objects {
        ledger::save_ddl(connection, run, object).await?;
    }
    // What another one holds goes with it.
    let held = partitions::held(objects.iter().copied());
    for object in objects.iter().filter(|object| !held.contains(&quote_table(&object.schema, &object.name))) {
        connection.batch_execute(&dropping(object)).await?;
    }
    if empty {
        rehearse(connection, objects).await?;
    }
    connection.commit("take_away").await
}

/// Makes the indexes of an empty table again and undoes that: whoever may drop one need not be allowed all that it is made of. Of many
/// partitions, those of the first tell.
async fn rehearse(connection: &Connection, objects: &[&SavedDdl]) -> Result<()> {
    let made_by_statement = |object: &&&SavedDdl| object.sort != SavedSort::ForeignKey && object.holds.is_none();
    let mut indexes = objects.iter().filter(made_by_statement).peekable();
    let first = indexes.peek().map(|object| (&object.schema, &object.table));
    connection.batch_execute(SAVEPOINT).await?;
    for object in indexes.filter(|object| Some((&object.schema, &object.table)) == first) {
        connection.batch_execute(&object.definition).await?;
    }
    Ok(connection.batch_execute(UNDO).await?)
}

/// The statement that takes an object away.
pub(super) fn dropping(object: &SavedDdl) -> String {
    if object.sort == SavedSort::Index {
        return fill(DROP_INDEX, &[("index", &quote_table(&object.schema, &object.name))]);
    }
    let table = quote_table(&object.schema, &object.table);
    fill(DROP_CONSTRAINT, &[("table", &table), ("name", &quote_ident(&object.name))])
}
