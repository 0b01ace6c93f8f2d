//! Owns how the answers of the catalog queries become tables, columns, constraints and indexes.
//! Must not know: which queries gave them, or what they are used for.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::types::Types;
use super::{Column, Constraint, Index, Sort, Table, TableName, Trigger};
use crate::error::Result;

pub(super) fn table(row: &Row) -> Result<Table> {
    Ok(Table {
        oid: row.try_get("oid")?,
        schema: row.try_get("schema")?,
        name: row.try_get("name")?,
        inherits: row.try_get("inherits")?,
        partitioned: row.try_get("partitioned")?,
        partition_of: row.try_get::<_, Option<String>>("parent_schema")?.zip(row.try_get("parent_name")?),
        has_foreign_partitions: row.try_get("has_foreign_partitions")?,
        owned: row.try_get("owned")?,
        indexable: row.try_get("indexable")?,
        frozen: row.try_get("frozen")?,
        writable: row.try_get("writable")?,
        estimated_rows: row.try_get("estimated_rows")?,
        row_trigger_before_insert: row.try_get("row_trigger_before_insert")?,
        columns: Vec::new(),
        constraints: Vec::new(),
        referenced_by: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
    })
}

pub(super) fn column(row: &Row, types: &Types) -> Result<Column> {
    let ty = types.resolve(row.try_get("type")?);
    let modifier: i32 = row.try_get("modifier")?;
    Ok(Column {
        name: row.try_get("name")?,
        modifier: if modifier < 0 { ty.modifier() } else { modifier },
        formatted: row.try_get("formatted")?,
        not_null: row.try_get::<_, bool>("not_null")? || ty.not_null(),
        ty,
        has_default: row.try_get("has_default")?,
        default: row.try_get("default_value")?,
        generated: row.try_get("generated")?,
        identity: row.try_get("identity")?,
        sequence: row.try_get("sequence")?,
    })
}

/// None for a constraint of a table that is not among `names`.
pub(super) fn constraint(row: &Row, names: &HashMap<u32, (String, String)>) -> Result<Option<Constraint>> {
    let Some(table) = names.get(&row.try_get::<_, u32>("relation")?) else { return Ok(None) };
    let sort: String = row.try_get("sort")?;
    Ok(Some(Constraint {
        table: table.clone(),
        name: row.try_get("name")?,
        sort: match sort.as_str() {
            "p" => Sort::PrimaryKey,
            "u" => Sort::Unique,
            "f" => Sort::ForeignKey,
            "c" => Sort::Check,
            "x" => Sort::Exclusion,
            _ => Sort::Other,
        },
        validated: row.try_get("validated")?,
        enforced: row.try_get("enforced")?,
        deferrable: row.try_get("deferrable")?,
        deferred: row.try_get("deferred")?,
        own: row.try_get("own")?,
        referable: row.try_get("referable")?,
        definition: row.try_get("definition")?,
        index: row.try_get("index")?,
        referenced: names.get(&row.try_get::<_, u32>("referenced")?).cloned(),
        columns: row.try_get("columns")?,
        referenced_columns: row.try_get("referenced_columns")?,
        comment: row.try_get("comment")?,
    }))
}

pub(super) fn trigger(row: &Row, of: TableName) -> Result<Trigger> {
    Ok(Trigger {
        of,
        name: row.try_get("name")?,
        each_row: row.try_get("each_row")?,
        function: row.try_get("function")?,
        writes: row.try_get("writes")?,
    })
}

pub(super) fn index(row: &Row) -> Result<Index> {
    Ok(Index {
        oid: row.try_get("oid")?,
        name: row.try_get("name")?,
        definition: row.try_get("definition")?,
        unique: row.try_get("unique")?,
        valid: row.try_get("valid")?,
        clustered: row.try_get("clustered")?,
        replica_identity: row.try_get("replica_identity")?,
        untold: row.try_get("untold")?,
        partitioned: row.try_get("partitioned")?,
        fixed: row.try_get("fixed")?,
        part_of: row.try_get("part_of")?,
        nulls_equal: row.try_get("nulls_equal")?,
        expressions: row.try_get("expressions")?,
        predicate: row.try_get("predicate")?,
        comment: row.try_get("comment")?,
    })
}
