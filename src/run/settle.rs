//! Owns what the target's catalog says of how rows are known, where a flow's header does not say it.
//! Must not know: what is loaded, or how.

use std::collections::BTreeMap;

use crate::flow::Open;
use crate::outcome::{Id, Made, RowIdentity};
use crate::pipeline::{Clock, Pipeline};
use crate::target::{Catalog, Sort, Table};

/// Settles for all flows how their rows are known: by the header, else by the target's catalog where it leaves no doubt.
/// Where it leaves one, nothing is changed, and the comparison with the target tells it.
pub fn settle(pipeline: &mut Pipeline, catalog: &Catalog) {
    let settled = pipeline.entities.values().flatten().filter_map(|from| {
        let table = catalog.table(&from.target)?;
        Some((from.flow.clone(), settled(from.row.clone(), from.open, table)))
    });
    let settled: BTreeMap<String, RowIdentity> = settled.collect();
    pipeline.settle(|flow| settled.get(flow).cloned());
    let clocks = pipeline.flows.iter().filter_map(|flow| {
        let table = catalog.table(&flow.target)?;
        let of = |name: &str| match name {
            "timestamptz" => Some(Clock::Instant),
            "timestamp" | "date" | "time" => Some(Clock::Local),
            _ => None,
        };
        let columns =
            table.columns.iter().filter_map(|column| Some((column.name.clone(), of(&column.ty.base().name)?)));
        Some((flow.name.clone(), columns.collect()))
    });
    pipeline.clocks = clocks.collect();
}

fn settled(mut row: RowIdentity, open: Open, table: &Table) -> RowIdentity {
    let is_uuid = |name: &str| table.column(name).is_some_and(|column| column.ty.base().name == "uuid");
    let key = table.constraints.iter().find(|key| key.sort == Sort::PrimaryKey);
    let key = key.map(|key| key.columns.as_slice()).unwrap_or_default();
    let mut id = row.id;
    if open.id && !is_uuid(&row.id_column) {
        let makes = |name: &String| table.column(name).is_some_and(|column| column.made_by().is_some());
        let none = |columns: &[String]| !columns.is_empty() && !columns.iter().any(makes);
        match key {
            [one] if open.id_column && is_uuid(one) => {}
            // A key of other types that the target does not make itself: the flow gives it.
            columns if open.id_column && none(columns) => id = Id::None,
            _ => {}
        }
    }
    if open.id_column
        && id != Id::None
        && let [one] = key
        && (id != Id::Derived || is_uuid(one) && !is_uuid(&row.id_column))
    {
        row.id_column.clone_from(one);
    }
    row.id = id;
    if id == Id::Server
        && let Some(column) = table.column(&row.id_column)
    {
        row.made = match column.ty.base().name.as_str() {
            "int2" | "int4" | "int8" => Made::Integer,
            "uuid" => Made::Uuid,
            _ => Made::Text,
        };
    }
    row
}
