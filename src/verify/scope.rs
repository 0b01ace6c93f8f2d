//! Owns which rows of a flow are compared: all, or after a run that brought differences, those that it moved; and which are
//! left aside, since others made them what they are. Must not know: how rows are compared.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Depth, Subject};
use crate::error::Result;
use crate::ledger::{self, Fate};
use crate::outcomes::FlowOutcomes;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal};

const ONLY: &str = include_str!("../../sql/control/verify/only.sql");
/// So many rows are asked for by their ids; of more, the whole table is read.
const ASKED_FOR: usize = 50_000;

/// The rows of a flow, as the ledger tells them apart, by the UUIDs of the outcomes.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Nothing is expected of them: the target refused them, has them otherwise for a reason that is told, or later runs have
    /// moved them.
    aside: HashSet<u128>,
    /// Of these, the ones that are in the target all the same.
    there: HashSet<u128>,
    /// Rows in the target that no outcome asks for, which is known.
    standing: HashSet<u128>,
    /// Compared, but it is known that others have made something else of them.
    excused: HashSet<u128>,
    /// Columns in which triggers have made something else of what was written.
    pub altered: HashMap<u128, Vec<String>>,
    /// Only these rows are compared.
    only: Option<HashSet<u128>>,
    /// Rows that the run has deleted.
    pub deleted: Vec<Uuid>,
    pub superseded: u64,
}

impl Scope {
    pub async fn of(subject: &Subject<'_>, flow: &FlowOutcomes, connection: &Connection) -> Result<Self> {
        let (run, name) = (subject.run, flow.flow.as_str());
        let existing = async |fate| {
            let rows = ledger::existing(connection, run, fate, Some(name)).await?;
            Ok::<_, crate::error::Error>(rows.into_iter().map(|(_, id)| id.as_u128()).collect::<HashSet<u128>>())
        };
        // What others made is left as it is: nothing is expected of it.
        let mut there = existing(Fate::Adopted).await?;
        let mut aside = subject.refused(connection, name).await?;
        aside.extend(&there);
        there.extend(existing(Fate::Refused).await?);
        let moved = ledger::moved_rows(connection, run, name).await?;
        let superseded = moved.superseded.len() as u64;
        there.extend(&moved.superseded);
        aside.extend(&moved.superseded);
        let mut altered = moved.altered;
        // What nobody has said to be meant is told, as a difference.
        for (row, columns) in moved.altered_at_first {
            let meant: Vec<String> = columns.into_iter().filter(|column| flow.row.altered.contains(column)).collect();
            if !meant.is_empty() {
                altered.entry(row).or_default().extend(meant);
            }
        }
        let narrow = subject.moved_only.contains(name);
        let mut excused = moved.conflicts;
        if subject.depth != Depth::Whole {
            aside.extend(&excused);
            there.extend(&excused);
            excused = HashSet::new();
        }
        Ok(Self {
            aside,
            there,
            standing: moved.standing.into_iter().collect(),
            excused,
            altered,
            only: narrow.then(|| moved.written.iter().copied().collect()),
            deleted: moved.deleted,
            superseded,
        })
    }

    /// Are only some rows compared?
    pub fn is_narrow(&self) -> bool {
        self.only.is_some()
    }

    /// There is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.only.as_ref().is_some_and(HashSet::is_empty) && self.deleted.is_empty()
    }

    /// Are all rows of the outcomes compared?
    pub fn is_all(&self) -> bool {
        self.only.is_none() && self.aside.is_empty()
    }

    /// Is the row compared?
    pub fn wants(&self, row: u128) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&row)) && !self.aside.contains(&row)
    }

    /// Is it known that others have made something else of the row?
    pub fn excuses(&self, row: u128) -> bool {
        self.excused.contains(&row)
    }

    pub fn has_excuses(&self) -> bool {
        !self.excused.is_empty()
    }

    /// May the row be in the target, though nothing is expected of it?
    pub fn knows(&self, row: u128) -> bool {
        self.there.contains(&row) || self.standing.contains(&row) || self.aside.contains(&row)
    }

    /// How many rows may be in the target of which nothing is expected.
    pub fn known(&self) -> usize {
        self.there.union(&self.standing).count()
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
