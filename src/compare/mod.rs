//! Owns the comparison of two sets of outcomes of one flow: merged by key, as both stream by in ascending order.
//! Must not know: which of them is in a target, or what is done about a difference.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{ArrayRef, DynComparator, RecordBatch, make_comparator};
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::DataType;
use arrow::row::RowConverter;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::outcome::{KEY, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeStore};

mod cursor;

use cursor::{Reader, converter};

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    before: Reader,
    after: Reader,
    types: Vec<DataType>,
    converter: RowConverter,
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
        // A file that both sides have holds the same rows: none of them differs. Those that count as rejected do.
        let hashes = |side: &Side<'_>| side.flow.files.iter().map(|file| file.sha256.clone()).collect::<HashSet<_>>();
        let alike = before.absent.is_empty() && after.absent.is_empty();
        let known: HashSet<String> =
            if alike { hashes(&before).intersection(&hashes(&after)).cloned().collect() } else { HashSet::new() };
        let same = after.flow.files_of(Outcome::Migrated).filter(|file| known.contains(&file.sha256));
        let counts = Counts { unchanged: same.map(|file| file.rows).sum(), ..Counts::default() };
        let mut old = Reader::new(before.store, before.flow, before.absent, &known);
        let mut new = Reader::new(after.store, after.flow, after.absent, &known);
        let types = match (old.key_types().await?, new.key_types().await?) {
            (Some(old), Some(new)) if !ordered_alike(&old, &new) => return Ok(None),
            (_, Some(types)) | (Some(types), None) => types,
            (None, None) => vec![DataType::Int64],
        };
        let converter = converter(&types)?;
        Ok(Some(Self { before: old, after: new, types, converter, columns: None, piece: Piece::default(), counts }))
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
            self.before.fill(&self.converter, &self.types).await?;
            self.after.fill(&self.converter, &self.types).await?;
            if !self.merge()? {
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
        let (before, after) = (self.before.picked()?, self.after.picked()?);
        self.piece.add(before);
        self.piece.add(after);
        Ok(std::mem::take(&mut self.piece))
    }

    /// Merges until a batch of either side is at its end, or the piece is full; false when both sides are.
    fn merge(&mut self) -> Result<bool> {
        loop {
            let (before, after) = (self.before.least(), self.after.least());
            let (old, new) = match (before, after) {
                (None, None) => return Ok(false),
                (Some(old), None) => (Some(old), None),
                (None, Some(new)) => (None, Some(new)),
                (Some(old), Some(new)) => match self.before.key(old).cmp(&self.after.key(new)) {
                    Ordering::Less => (Some(old), None),
                    Ordering::Greater => (None, Some(new)),
                    Ordering::Equal => (Some(old), Some(new)),
                },
            };
            self.judge(old, new)?;
            let mut ended = false;
            if let Some(old) = old.filter(|old| self.before.advance(*old)) {
                let picked = self.before.cursor(old).picked()?;
                self.piece.add(picked);
                self.before.leave(old);
                ended = true;
            }
            if let Some(new) = new.filter(|new| self.after.advance(*new)) {
                let picked = self.after.cursor(new).picked()?;
                self.piece.add(picked);
                self.after.leave(new);
                ended = true;
            }
            if ended {
                self.columns = None;
            }
            if ended || self.piece.picked >= PIECE_ROWS {
                return Ok(true);
            }
        }
    }

    /// Says of one key what it was and what it is.
    fn judge(&mut self, old: Option<usize>, new: Option<usize>) -> Result<()> {
        let was = old.map(|old| self.before.outcome(old));
        let is = new.map(|new| self.after.outcome(new));
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
                if self.before.at(left).id() != self.after.at(right).id() {
                    self.counts.gone += 1;
                    self.counts.new += 1;
                    pick(&mut self.before, old, Use::Gone);
                    pick(&mut self.after, new, Use::New);
                } else if self.differ(left, right)? {
                    self.counts.changed += 1;
                    pick(&mut self.before, old, Use::Before);
                    pick(&mut self.after, new, Use::After);
                } else {
                    self.counts.unchanged += 1;
                }
            }
            // Its mapping belongs to others by now, and so does its row.
            (Some(Outcome::Migrated), Some(Outcome::Adopted)) => {}
            (Some(Outcome::Migrated), Some(now)) => {
                self.counts.fallen_out += 1;
                pick(&mut self.before, old, Use::FallenOut);
                pick(&mut self.after, new.filter(|_| now == Outcome::Rejected), Use::Rejected);
            }
            (Some(Outcome::Migrated), None) => {
                self.counts.gone += 1;
                pick(&mut self.before, old, Use::Gone);
            }
            (was, Some(Outcome::Migrated)) => {
                *(if was.is_some() { &mut self.counts.came_in } else { &mut self.counts.new }) += 1;
                pick(&mut self.after, new, Use::New);
                pick(&mut self.before, old.filter(|_| was == Some(Outcome::Rejected)), Use::Resolved);
            }
            (Some(Outcome::Rejected), Some(Outcome::Rejected))
                if !self.differ(old.unwrap_or_default(), new.unwrap_or_default())? => {}
            (Some(Outcome::Rejected), Some(Outcome::Rejected)) => {
                pick(&mut self.before, old, Use::Resolved);
                pick(&mut self.after, new, Use::Rejected);
            }
            (Some(Outcome::Rejected), _) => pick(&mut self.before, old, Use::Resolved),
            (_, Some(Outcome::Rejected)) => pick(&mut self.after, new, Use::Rejected),
            _ => {}
        }
        self.piece.picked += picked;
        Ok(())
    }

    /// Do the rows at hand differ? Of migrated ones, the columns are noted.
    fn differ(&mut self, old: usize, new: usize) -> Result<bool> {
        let known = self.columns.as_ref().is_some_and(|columns| columns.of == (old, new));
        if !known {
            let (left, right) = (&self.before.at(old).batch, &self.after.at(new).batch);
            let (Some(left), Some(right)) = (left, right) else { return Ok(false) };
            let migrated = self.after.at(new).outcome == Outcome::Migrated;
            self.columns = Some(Columns::new((old, new), left, right, migrated)?);
        }
        let (left, right) = (self.before.at(old).at, self.after.at(new).at);
        let Some(columns) = &self.columns else { return Ok(false) };
        let mut differ = false;
        for (name, compare) in &columns.all {
            if compare(left, right) != Ordering::Equal {
                differ = true;
                if columns.migrated {
                    *self.counts.columns.entry(name.clone()).or_default() += 1;
                    self.piece.columns.insert(name.clone());
                }
            }
        }
        Ok(differ)
    }
}

/// How the columns of two batches are compared.
struct Columns {
    of: (usize, usize),
    migrated: bool,
    all: Vec<(String, DynComparator)>,
}

impl Columns {
    fn new(of: (usize, usize), before: &RecordBatch, after: &RecordBatch, migrated: bool) -> Result<Self> {
        // What stands beside a migrated row is no column of the target; of a rejected row, all counts but its key.
        let schema = after.schema();
        let names = schema.fields().iter().map(|field| field.name());
        let names = names.filter(|name| if migrated { !name.starts_with('_') } else { *name != KEY });
        let one = |name: &String| {
            let after = after.column_by_name(name).ok_or_else(unfit)?;
            let compare: DynComparator = match before.column_by_name(name) {
                Some(before) => comparator(before, after)?,
                // The flow did not give it before.
                None => Box::new(|_, _| Ordering::Less),
            };
            Ok((name.clone(), compare))
        };
        Ok(Self { of, migrated, all: names.map(one).collect::<Result<_>>()? })
    }
}

fn comparator(before: &ArrayRef, after: &ArrayRef) -> Result<DynComparator> {
    let both = if before.data_type() == after.data_type() {
        (before.clone(), after.clone())
    } else {
        match cast(before, after.data_type()) {
            Ok(same) if same.null_count() == before.null_count() => (same, after.clone()),
            _ => (
                cast(before, &DataType::Utf8).map_err(|_| unfit())?,
                cast(after, &DataType::Utf8).map_err(|_| unfit())?,
            ),
        }
    };
    make_comparator(&both.0, &both.1, SortOptions::default()).map_err(|_| unfit())
}

fn unfit() -> Error {
    Error::unexpected("columns of outcomes cannot be compared")
}

/// Are keys of both types in one order, so that they can be merged?
fn ordered_alike(before: &[DataType], after: &[DataType]) -> bool {
    let alike = |(left, right): (&DataType, &DataType)| {
        let text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        left == right || left.is_integer() && right.is_integer() || text(left) && text(right)
    };
    before.len() == after.len() && before.iter().zip(after).all(alike)
}
