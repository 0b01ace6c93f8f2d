//! Owns which rows of a flow are compared: all, or after a run that brought differences, those that it moved; and which are
//! left aside, since others made them what they are. Must not know: how rows are compared.

use std::collections::HashSet;

use uuid::Uuid;

use super::Subject;
use crate::error::Result;
use crate::ledger::{self, Fate};
use crate::outcomes::FlowOutcomes;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal};

const ONLY: &str = include_str!("../../sql/control/verify/only.sql");
/// So many rows are asked for by their ids; of more, the whole table is read.
const ASKED_FOR: usize = 50_000;

/// The rows of a flow, as the ledger tells them apart.
pub(super) struct Scope {
    /// Rows of which nothing is expected: the target refused them, or has them otherwise for a reason that is told.
    pub aside: HashSet<u128>,
    /// Rows in the target that are no news though no outcome asks for them.
    pub others: HashSet<u128>,
    /// Only these rows are compared.
    pub only: Option<HashSet<u128>>,
    /// Rows that the run has deleted.
    pub deleted: Vec<Uuid>,
}

impl Scope {
    pub async fn of(subject: &Subject<'_>, flow: &FlowOutcomes, connection: &Connection) -> Result<Self> {
        let (run, name) = (subject.run, flow.flow.as_str());
        let adopted = ledger::existing(connection, run, Fate::Adopted, Some(name)).await?;
        let mut others: HashSet<u128> = adopted.iter().map(|(_, id)| id.as_u128()).collect();
        // What others made is left as it is: nothing is expected of it.
        let mut aside = ledger::absent(connection, run, name).await?;
        let there = ledger::existing(connection, run, Fate::Refused, Some(name)).await?;
        others.extend(there.iter().map(|(_, id)| id.as_u128()));
        let moved = ledger::moved_rows(connection, run, name).await?;
        aside.extend(&moved.aside);
        others.extend(&moved.standing);
        let narrow = subject.moved_only.contains(name);
        let only = narrow.then(|| moved.written.iter().copied().collect());
        Ok(Self { aside, others, only, deleted: moved.deleted })
    }

    /// Is the row compared?
    pub fn wants(&self, id: u128) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&id))
    }

    /// SQL that chooses the rows, where they can be asked for.
    pub fn range(&self, id_column: Option<&str>) -> Option<String> {
        let (only, id) = (self.only.as_ref()?, id_column?);
        if only.len() > ASKED_FOR {
            return None;
        }
        let ids: Vec<String> = only.iter().map(|id| Uuid::from_u128(*id).to_string()).collect();
        let ids = quote_literal(&format!("{{{}}}", ids.join(",")));
        Some(fill(ONLY, &[("id", &quote_ident(id)), ("ids", &ids)]))
    }
}
