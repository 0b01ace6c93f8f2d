//! Owns how rows that a foreign key refused while they were loaded learn which row is the cause: the parent that fell out.
//! Must not know: why the parent did.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray};
use uuid::Uuid;

use super::planner;
use super::{FOREIGN_KEY, Loader};
use crate::error::{At, Context, Result};
use crate::ledger;
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::target::{Constraint, Table};

impl Loader {
    /// Names the causes of rows that a foreign key of one UUID column refused, and of those that another row kept out.
    ///
    /// # Errors
    /// What reading the outcomes meets; what the server says.
    pub(super) async fn name_causes(&self, store: &OutcomeStore) -> Result<()> {
        let mut refused: BTreeMap<String, HashMap<Uuid, String>> = BTreeMap::new();
        for row in ledger::refused(&self.coordinator, self.run.run_id, None).await? {
            if row.sqlstate == FOREIGN_KEY
                && !row.taken_out
                && let (Some(id), Some(constraint)) = (row.id, row.constraint)
            {
                refused.entry(row.flow).or_default().insert(id, constraint);
            }
        }
        self.coordinator.batch_execute(planner::FOR_MANY).await?;
        for flow in &self.loaded {
            let Some(rows) = refused.get(&flow.flow) else { continue };
            let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
            let mut wants: BTreeMap<&str, (Vec<Uuid>, Vec<Uuid>)> = BTreeMap::new();
            for file in flow.files_of(Outcome::Migrated) {
                self.cancel.check()?;
                for batch in store.read(file).await? {
                    for (key, id, parent) in wanted(&batch, flow, table, rows) {
                        let (own, parents) = wants.entry(&key.name).or_default();
                        own.push(id);
                        parents.push(parent);
                    }
                }
            }
            for (name, (own, parents)) in wants {
                let key = table.foreign_keys().find(|key| key.name == name);
                let loaders =
                    key.and_then(|key| key.referenced.as_ref()).map(|to| self.loaders(to)).unwrap_or_default();
                ledger::name_causes(&self.coordinator, self.run.run_id, &flow.flow, &own, &parents, &loaders).await?;
            }
        }
        self.name_rivals(store).await?;
        Ok(self.coordinator.batch_execute(planner::AS_EVER).await?)
    }

    /// The flows that load a table.
    fn loaders(&self, (schema, name): &(String, String)) -> Vec<String> {
        let loads = |flow: &&FlowOutcomes| self.catalog.qualify(&flow.target) == (schema.clone(), name.clone());
        self.loaded.iter().filter(loads).map(|flow| flow.flow.clone()).collect()
    }
}

/// Of the refused rows in a batch: the foreign keys, their UUIDs, and those of the parents that they want.
fn wanted<'a>(
    batch: &arrow::array::RecordBatch,
    flow: &FlowOutcomes,
    table: &'a Table,
    refused: &HashMap<Uuid, String>,
) -> Vec<(&'a Constraint, Uuid, Uuid)> {
    let uuids = |name: &str| batch.column_by_name(name).and_then(|column| column.as_fixed_size_binary_opt());
    let Some(ids) = uuids(flow.row.row_column()) else { return Vec::new() };
    let mut found = Vec::new();
    for row in 0..ids.len() {
        let Ok(id) = Uuid::from_slice(ids.value(row)) else { continue };
        let key = refused.get(&id).and_then(|name| table.foreign_keys().find(|key| key.name == *name));
        let Some(key) = key else { continue };
        let [column] = key.columns.as_slice() else { continue };
        let parent = uuids(column).filter(|parents| parents.is_valid(row)).map(|parents| parents.value(row));
        found.extend(parent.and_then(|parent| Uuid::from_slice(parent).ok()).map(|parent| (key, id, parent)));
    }
    found
}
