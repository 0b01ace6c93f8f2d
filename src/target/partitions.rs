//! Owns which tables are partitions of which, and what a partitioned table has to know of its partitions.
//! Must not know: how rows find their partition. PostgreSQL sees to that.

use std::collections::BTreeMap;

use super::{Catalog, Table, TableName, Trigger};

impl Catalog {
    /// The partitioned table at the top of the tree that a table is in; of any other table, itself.
    #[must_use]
    pub fn root<'a>(&'a self, table: &'a Table) -> &'a Table {
        let mut root = table;
        while let Some((schema, name)) = &root.partition_of {
            let Some(parent) = self.exactly(schema, name) else { break };
            root = parent;
        }
        root
    }

    /// The partitions of a table, at any depth, each with how deep it lies; a table before its own partitions.
    #[must_use]
    pub fn partitions<'a>(&'a self, table: &'a Table) -> Vec<(usize, &'a Table)> {
        let mut found = vec![(0, table)];
        let mut next = 0;
        while let Some((depth, parent)) = found.get(next).copied() {
            next += 1;
            if parent.partitioned {
                let name = (parent.schema.clone(), parent.name.clone());
                let below = self.tables().filter(|own| own.partition_of.as_ref() == Some(&name));
                found.extend(below.map(|own| (depth + 1, own)));
            }
        }
        found.remove(0);
        found
    }
}

/// Tells partitioned tables what fires in their partitions alone, and whether rows of one can be neither changed nor removed. The triggers of a table that its partitions have got from it are
/// known there already.
pub(super) fn tell_parents(tables: &mut BTreeMap<TableName, Table>) {
    let mut told: Vec<(TableName, Vec<Trigger>, [bool; 2])> = Vec::new();
    for table in tables.values().filter(|table| table.partition_of.is_some()) {
        let mut above = table.partition_of.as_ref();
        while let Some(parent) = above {
            told.push((parent.clone(), table.triggers.clone(), [table.row_trigger_before_insert, table.frozen]));
            above = tables.get(parent).and_then(|parent| parent.partition_of.as_ref());
        }
    }
    for (name, triggers, [before_insert, frozen]) in told {
        let Some(parent) = tables.get_mut(&name) else { continue };
        parent.row_trigger_before_insert |= before_insert;
        parent.frozen |= frozen;
        // What fires for whole statements fires for the table that a statement names.
        for trigger in triggers.into_iter().filter(|trigger| trigger.each_row) {
            let is_known = |own: &Trigger| own.name == trigger.name && own.function == trigger.function;
            if !parent.triggers.iter().any(is_known) {
                parent.triggers.push(trigger);
            }
        }
    }
}
