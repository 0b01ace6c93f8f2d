//! Owns the comparison of two sets of outcomes of one flow: merged by key, as both stream by in ascending order.
//! Must not know: which of them is in a target, or what is done about a difference.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeStore};

mod columns;
mod cursor;
mod difference;
mod merge;
mod rows;
mod transitions;

use columns::Columns;
use cursor::Reader;
pub use difference::{
    Cell, ColumnChange, Compared, Difference, Fate, FlowDifference, Flows, ReasonChange, Transition, WarningChange, Way,
};
use merge::Merge;
pub use transitions::Transitions;

/// Rows of differences that are given at once, and the bytes after which no more are added.
const PIECE_ROWS: usize = 50_000;
const PIECE_BYTES: usize = 64 << 20;

/// The outcomes of a flow before or after.
pub struct Side<'a> {
    pub store: &'a OutcomeStore,
    pub flow: &'a FlowOutcomes,
    /// The UUIDs of migrated rows that count as rejected, since no target has them.
    pub absent: HashSet<u128>,
}

impl<'a> Side<'a> {
    /// All that the flow has made, as it has made it.
    #[must_use]
    pub fn new(store: &'a OutcomeStore, flow: &'a FlowOutcomes) -> Self {
        Self { store, flow, absent: HashSet::new() }
    }
}

/// What a row of a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Migrated, and was not before.
    New,
    /// Migrated before and after, as it was, and as it is: both have the same rows in the same order.
    Before,
    After,
    /// Was migrated, and is not in the source any more.
    Gone,
    /// Was migrated, and now has another outcome.
    FallenOut,
    /// Rejected, and was not before, or for another reason.
    Rejected,
    /// Was rejected, and is not now, or for another reason.
    Resolved,
}

/// Some of the differences, in the order of keys.
#[derive(Debug, Default, Clone)]
pub struct Piece {
    rows: BTreeMap<Use, Vec<RecordBatch>>,
    /// The columns that differ between [`Use::Before`] and [`Use::After`].
    pub columns: BTreeSet<String>,
    picked: usize,
    bytes: usize,
}

impl Piece {
    /// The rows of one sort.
    #[must_use]
    pub fn of(&self, what: Use) -> &[RecordBatch] {
        self.rows.get(&what).map_or(&[], Vec::as_slice)
    }

    /// Rows that are all new.
    #[must_use]
    pub fn new_rows(rows: Vec<RecordBatch>) -> Self {
        Self { rows: BTreeMap::from([(Use::New, rows)]), ..Self::default() }
    }

    /// How many rows of one sort.
    #[must_use]
    pub fn count(&self, what: Use) -> usize {
        self.of(what).iter().map(RecordBatch::num_rows).sum()
    }

    /// All its rows.
    #[must_use]
    pub fn total(&self) -> usize {
        self.rows.keys().map(|what| self.count(*what)).sum()
    }

    /// The size of its rows as Arrow holds them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let batches = self
            .rows
            .iter()
            .filter(|(what, _)| !matches!(what, Use::Before | Use::Resolved))
            .flat_map(|(_, rows)| rows);
        batches.map(|batch| batch.get_array_memory_size() as u64).sum()
    }

    fn add(&mut self, picked: Vec<(Use, RecordBatch)>) {
        for (what, rows) in picked {
            self.bytes += rows.columns().iter().map(|column| column.get_array_memory_size()).sum::<usize>();
            self.rows.entry(what).or_default().push(rows);
        }
    }
}

/// How two sets of outcomes differ, in rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Counts {
    pub unchanged: u64,
    /// Migrated, and not in the source before.
    pub new: u64,
    /// Migrated, and had another outcome before.
    pub came_in: u64,
    pub changed: u64,
    /// How often each column changed.
    pub columns: BTreeMap<String, u64>,
    /// Was migrated, and is not in the source any more.
    pub gone: u64,
    /// Was migrated, and now has another outcome.
    pub fallen_out: u64,
}

impl Counts {
    /// Rows of the target that differ.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.new + self.came_in + self.changed + self.gone + self.fallen_out
    }
}

/// A comparison under way.
pub struct Comparison {
    merge: Merge,
    columns: Option<Columns>,
    piece: Piece,
    counts: Counts,
}

impl Comparison {
    /// Begins; None where the keys of both sides are of types that are not ordered alike.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] for stored outcomes that do not read.
    pub async fn open(before: Side<'_>, after: Side<'_>) -> Result<Option<Self>> {
        let Some((merge, unread)) = Merge::open(before, after).await? else { return Ok(None) };
        let unchanged = unread.get(&Outcome::Migrated).copied().unwrap_or_default();
        let counts = Counts { unchanged, ..Counts::default() };
        Ok(Some(Self { merge, columns: None, piece: Piece::default(), counts }))
    }

    /// What has been counted so far; all, when [`Self::next`] has given None.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The next differences; the same pieces for the same outcomes.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn next(&mut self) -> Result<Option<Piece>> {
        loop {
            self.merge.fill().await?;
            if !self.judge_batches()? {
                break;
            }
            if self.piece.picked >= PIECE_ROWS || self.piece.bytes >= PIECE_BYTES {
                return Ok(Some(self.cut()?));
            }
        }
        let last = self.cut()?;
        Ok((last.total() > 0).then_some(last))
    }

    fn cut(&mut self) -> Result<Piece> {
        let (before, after) = (self.merge.before.picked()?, self.merge.after.picked()?);
        self.piece.add(before);
        self.piece.add(after);
        Ok(std::mem::take(&mut self.piece))
    }

    /// Merges until a batch of either side is at its end, or the piece is full; false when both sides are.
    fn judge_batches(&mut self) -> Result<bool> {
        loop {
            let Some((old, new)) = self.merge.pair() else { return Ok(false) };
            self.judge(old, new)?;
            let ended = self.merge.advance((old, new));
            if let Some(old) = ended.0 {
                let picked = self.merge.before.cursor(old).picked()?;
                self.piece.add(picked);
                self.merge.before.leave(old);
            }
            if let Some(new) = ended.1 {
                let picked = self.merge.after.cursor(new).picked()?;
                self.piece.add(picked);
                self.merge.after.leave(new);
            }
            if ended != (None, None) {
                self.columns = None;
                return Ok(true);
            }
            if self.piece.picked >= PIECE_ROWS {
                return Ok(true);
            }
        }
    }

    /// Says of one key what it was and what it is.
    fn judge(&mut self, old: Option<usize>, new: Option<usize>) -> Result<()> {
        let was = old.map(|old| self.merge.before.outcome(old));
        let is = new.map(|new| self.merge.after.outcome(new));
        let mut picked = 0;
        let mut pick = |reader: &mut Reader, at: Option<usize>, what: Use| {
            if let Some(at) = at {
                reader.cursor(at).pick(what);
                picked += 1;
            }
        };
        match (was, is) {
            (Some(Outcome::Migrated), Some(Outcome::Migrated)) => {
                let (left, right) = (old.unwrap_or_default(), new.unwrap_or_default());
                if self.merge.before.at(left).id() != self.merge.after.at(right).id() {
                    self.counts.gone += 1;
                    self.counts.new += 1;
                    pick(&mut self.merge.before, old, Use::Gone);
                    pick(&mut self.merge.after, new, Use::New);
                } else if self.differ(left, right)? {
                    self.counts.changed += 1;
                    pick(&mut self.merge.before, old, Use::Before);
                    pick(&mut self.merge.after, new, Use::After);
                } else {
                    self.counts.unchanged += 1;
                }
            }
            // Its mapping belongs to others by now, and so does its row.
            (Some(Outcome::Migrated), Some(Outcome::Adopted)) => {}
            (Some(Outcome::Migrated), Some(now)) => {
                self.counts.fallen_out += 1;
                pick(&mut self.merge.before, old, Use::FallenOut);
                pick(&mut self.merge.after, new.filter(|_| now == Outcome::Rejected), Use::Rejected);
            }
            (Some(Outcome::Migrated), None) => {
                self.counts.gone += 1;
                pick(&mut self.merge.before, old, Use::Gone);
            }
            (was, Some(Outcome::Migrated)) => {
                *(if was.is_some() { &mut self.counts.came_in } else { &mut self.counts.new }) += 1;
                pick(&mut self.merge.after, new, Use::New);
                pick(&mut self.merge.before, old.filter(|_| was == Some(Outcome::Rejected)), Use::Resolved);
            }
            (Some(Outcome::Rejected), Some(Outcome::Rejected))
                if !self.differ(old.unwrap_or_default(), new.unwrap_or_default())? => {}
            (Some(Outcome::Rejected), Some(Outcome::Rejected)) => {
                pick(&mut self.merge.before, old, Use::Resolved);
                pick(&mut self.merge.after, new, Use::Rejected);
            }
            (Some(Outcome::Rejected), _) => pick(&mut self.merge.before, old, Use::Resolved),
            (_, Some(Outcome::Rejected)) => pick(&mut self.merge.after, new, Use::Rejected),
            _ => {}
        }
        self.piece.picked += picked;
        Ok(())
    }

    /// Do the rows at hand differ? Of migrated ones, the columns are noted.
    fn differ(&mut self, old: usize, new: usize) -> Result<bool> {
        let known = self.columns.as_ref().is_some_and(|columns| columns.of == (old, new));
        if !known {
            let (left, right) = (&self.merge.before.at(old).batch, &self.merge.after.at(new).batch);
            let (Some(left), Some(right)) = (left, right) else { return Ok(false) };
            let migrated = self.merge.after.at(new).outcome == Outcome::Migrated;
            self.columns = Some(Columns::new((old, new), left, right, migrated)?);
        }
        let (left, right) = (self.merge.before.at(old).at, self.merge.after.at(new).at);
        let Some(columns) = &self.columns else { return Ok(false) };
        let mut differ = false;
        for (_, name) in columns.differing(left, right) {
            differ = true;
            if columns.migrated {
                *self.counts.columns.entry(name.clone()).or_default() += 1;
                self.piece.columns.insert(name.clone());
            }
        }
        Ok(differ)
    }
}
