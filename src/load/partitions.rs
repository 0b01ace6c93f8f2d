//! Owns which indexes of a partitioned table can be away while it is loaded: those of its partitions, each by its own name and
//! definition, and what holds them together. Must not know: how they are dropped, or come back.

use std::collections::{BTreeMap, BTreeSet};

use super::constraints::{constraint_of, saved};
use crate::ledger::{SavedDdl, SavedSort};
use crate::server::sql::quote_table;
use crate::target::{Catalog, Index, Table};

/// An index with its table, and how deep that lies below the root.
type Place<'a> = (usize, &'a Table, &'a Index);

/// The indexes of a partitioned table and of its partitions, as far as they can be away: those of partitions first, then what holds
/// them together, the deepest first. An index stays where any of its parts has to. None where the partitions are not all ours to
/// alter and index, lie elsewhere, or are referred to by themselves.
pub(super) fn indexes(catalog: &Catalog, root: &Table) -> Option<Vec<SavedDdl>> {
    let partitions = catalog.partitions(root);
    let is_held = |(_, table): &(usize, &Table)| !table.owned || !table.indexable || !table.referenced_by.is_empty();
    let is_hollow = |table: &Table| table.partitioned && catalog.partitions(table).is_empty();
    if root.has_foreign_partitions
        || is_hollow(root)
        || partitions.iter().any(is_held)
        || partitions.iter().any(|(_, table)| is_hollow(table))
    {
        return None;
    }
    let tables = std::iter::once((0, root)).chain(partitions);
    let places: BTreeMap<u32, Place<'_>> = tables
        .flat_map(|(depth, table)| table.indexes.iter().map(move |index| (index.oid, (depth, table, index))))
        .collect();
    let stay: BTreeSet<u32> =
        places.values().filter(|place| whole(place).is_none()).map(|place| top(&places, place.2)).collect();
    let mut going: Vec<&Place<'_>> = places.values().filter(|place| !stay.contains(&top(&places, place.2))).collect();
    going.sort_by_key(|(depth, _, index)| (index.partitioned, std::cmp::Reverse(*depth)));
    going.into_iter().map(|place| Some(SavedDdl { holds: held_by(&places, place.2), ..whole(place)? })).collect()
}

/// The quoted names of what others hold.
pub(super) fn held<'a>(objects: impl Iterator<Item = &'a SavedDdl>) -> BTreeSet<String> {
    objects.filter_map(|object| object.holds.as_ref()).flatten().cloned().collect()
}

/// All that brings an index back. None for one that stays; a key of the root alone must be its own.
fn whole((_, table, index): &Place<'_>) -> Option<SavedDdl> {
    let constraint = constraint_of(table, index);
    let inherited = constraint.is_some_and(|constraint| !constraint.own);
    let mut saved = saved(table, index, constraint)?;
    if inherited && index.part_of == 0 || !inherited && constraint.is_some() && index.part_of != 0 {
        return None;
    }
    if index.partitioned && saved.sort != SavedSort::Index {
        if index.fixed {
            return None;
        }
        saved.definition.clone_from(&constraint?.definition);
    }
    Some(saved)
}

/// The index that holds an index, or holds what holds it, and is itself held by none.
fn top(places: &BTreeMap<u32, Place<'_>>, index: &Index) -> u32 {
    let mut top = index;
    while let Some((_, _, above)) = places.get(&top.part_of) {
        top = above;
    }
    top.oid
}

fn held_by(places: &BTreeMap<u32, Place<'_>>, index: &Index) -> Option<Vec<String>> {
    let parts = places.values().filter(|(_, _, part)| part.part_of == index.oid);
    index.partitioned.then(|| parts.map(|(_, table, part)| quote_table(&table.schema, &part.name)).collect())
}
