//! Owns how the rows of a first load go: those that are still as its outcomes say, and that nobody refers to.
//! Must not know: rows that were in the target before; images tell of those.

use std::collections::HashSet;

use super::super::difference::{Image, present, same_as_staged, unreferenced};
use super::super::stage::Staging;
use super::super::triggers;
use super::Rollback;
use crate::error::{At, Context, Result};
use crate::ledger::{self, Fate};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore, chosen_of};
use crate::server::sql::{fill, quote_table};

const DELETE_STAGED: &str = include_str!("../../../sql/control/rollback/delete_staged.sql");
const LEAVE_STAGED: &str = include_str!("../../../sql/control/rollback/leave_staged.sql");
const STAGED: &str = "rehome_before";

/// A first load, with its outcomes.
pub struct Whole {
    pub outcomes: FlowOutcomes,
    pub store: OutcomeStore,
    /// The target holds exactly these rows of it, as they were loaded.
    pub clean: bool,
    /// How many of its rows are in the target.
    pub rows: u64,
    /// Rows that an unfinished run before it had loaded: they stay.
    pub before: HashSet<u128>,
}

impl Rollback {
    /// Deletes the rows of a first load; with `last`, lists those that stay. Gives how many are gone.
    pub(super) async fn take_back_whole(&self, whole: &Whole, last: bool) -> Result<u64> {
        let flow = &whole.outcomes;
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.flow)?;
        let empty = fill(super::IS_EMPTY, &[("table", &quote_table(&table.schema, &table.name))]);
        if self.connection.query_one(&empty, &[]).await?.try_get("empty")? {
            return Ok(0);
        }
        let quarantine = self.catalog.require("quarantine")?;
        let image = Image::new(table, &flow.row)?;
        let mut others = self.others(&flow.flow).await?;
        others.extend(&whole.before);
        let statement = image.fill(DELETE_STAGED, &[("unreferenced", &unreferenced(table))]);
        let mut gone = 0;
        let mut files: Vec<_> = flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0).collect();
        // What came last refers to what came first.
        files.reverse();
        for file in files {
            let rows = whole.store.read(file).await?;
            let rows = chosen_of(&rows, &flow.row, |id| !others.contains(&id.as_u128()))?;
            let Some(first) = rows.first() else { continue };
            let columns = table.takes(&first.schema());
            self.in_transaction().await?;
            let staging =
                Staging::open(&self.connection, STAGED, table, &columns, &flow.row, quarantine, &self.cancel).await?;
            staging.add(&rows).await?;
            let same = same_as_staged(&image, &columns, &flow.flow);
            present(&self.connection, &image, STAGED, &same).await?;
            if last {
                let leave = image.fill(LEAVE_STAGED, &[]);
                self.connection.execute(&leave, &[&self.run.run, &flow.flow]).await?;
            } else {
                let silent = triggers::silence(&self.connection, table).await?;
                loop {
                    let rows = self.connection.execute(&statement, &[]).await?;
                    gone += rows;
                    if rows == 0 {
                        break;
                    }
                }
                triggers::speak_again(&self.connection, &silent).await?;
            }
            self.connection.commit("rollback_staged").await?;
        }
        Ok(gone)
    }

    /// Rows of a flow that are not the run's: refused, or in the target before.
    async fn others(&self, flow: &str) -> Result<HashSet<u128>> {
        let refused = ledger::refused(&self.connection, self.run.run, Some(flow)).await?;
        let mut others: HashSet<u128> = refused.into_iter().filter_map(|row| row.id).map(|id| id.as_u128()).collect();
        for fate in [Fate::Adopted, Fate::Updated, Fate::Refused] {
            let there = ledger::existing(&self.connection, self.run.run, fate, Some(flow)).await?;
            others.extend(there.into_iter().map(|(_, id)| id.as_u128()));
        }
        Ok(others)
    }
}
