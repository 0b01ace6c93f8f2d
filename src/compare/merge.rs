//! Owns the merge of two sets of outcomes by key: which rows have the same key, and which only one side has.
//! Must not know: what a difference is.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use arrow::datatypes::{DataType, Field};
use arrow::row::RowConverter;

use super::Side;
use super::cursor::{Reader, Skip, converter};
use crate::engine::Engine;
use crate::error::Result;
use crate::key::{KeyType, PG_TYPE};
use crate::outcome::{Outcome, UNREADABLE};

/// Two sides that are read together.
pub(super) struct Merge {
    pub before: Reader,
    pub after: Reader,
    types: Vec<DataType>,
    converter: RowConverter,
}

/// The cursors of both sides that hold a key; None where a side does not have it.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// Rows of files that both sides have, which need not be read: each is what it was.
pub(super) type Unread = BTreeMap<Outcome, u64>;

impl Merge {
    /// Begins; None where the keys of both sides are of types that are not ordered alike.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] for stored outcomes that do not read.
    pub async fn open(before: Side<'_>, after: Side<'_>) -> Result<Option<(Self, Unread)>> {
        let (skip, unread) = known(&before, &after);
        let mut old = Reader::new(before.store, before.flow, before.absent, &skip);
        let mut new = Reader::new(after.store, after.flow, after.absent, &skip);
        let types = match (old.key().await?, new.key().await?) {
            (Some(old), Some(new)) => {
                let (old, new) = (types(&old), types(&new));
                if !ordered_alike(&old, &new) {
                    return Ok(None);
                }
                new
            }
            (Some(key), None) | (None, Some(key)) => types(&key),
            (None, None) => vec![DataType::Int64],
        };
        let converter = converter(&types)?;
        Ok(Some((Self { before: old, after: new, types, converter }, unread)))
    }

    /// Begins, whatever the types of keys are: where they are not ordered alike, or equal keys can be written in two ways, the
    /// rows of both sides are sorted anew, by what their keys print.
    ///
    /// # Errors
    /// As [`Self::open`]; what a sort meets.
    pub async fn of_any_keys(before: Side<'_>, after: Side<'_>, engine: &Engine) -> Result<(Self, Unread)> {
        let (skip, unread) = known(&before, &after);
        let mut old = Reader::new(before.store, before.flow, before.absent.clone(), &skip);
        let mut new = Reader::new(after.store, after.flow, after.absent.clone(), &skip);
        let fields = (old.key().await?, new.key().await?);
        // Rows that could not be read stand behind all others.
        let unreadable = |side: &Side<'_>| {
            let rejects = side.flow.reasons.get(&Outcome::Rejected);
            rejects.and_then(|reasons| reasons.get(UNREADABLE)).is_some_and(|rows| *rows > 0)
        };
        let as_stored = match &fields {
            _ if unreadable(&before) || unreadable(&after) => false,
            (Some(old), Some(new)) => old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new)),
            _ => true,
        };
        let types = match fields {
            _ if !as_stored => {
                old = Reader::sorted(engine, before.store, before.flow, before.absent, &skip).await?;
                new = Reader::sorted(engine, after.store, after.flow, after.absent, &skip).await?;
                vec![DataType::Utf8]
            }
            (_, Some(key)) | (Some(key), None) => types(&key),
            (None, None) => vec![DataType::Int64],
        };
        let converter = converter(&types)?;
        Ok((Self { before: old, after: new, types, converter }, unread))
    }

    /// Sees to it that each outcome of both sides has a batch at hand, or is at its end.
    pub async fn fill(&mut self) -> Result<()> {
        self.before.fill(&self.converter, &self.types).await?;
        self.after.fill(&self.converter, &self.types).await
    }

    /// Which rows have the least key; None at the end of both sides.
    pub fn pair(&self) -> Option<Pair> {
        match (self.before.least(), self.after.least()) {
            (None, None) => None,
            (Some(old), Some(new)) => Some(match self.before.key_at(old).cmp(&self.after.key_at(new)) {
                Ordering::Less => (Some(old), None),
                Ordering::Greater => (None, Some(new)),
                Ordering::Equal => (Some(old), Some(new)),
            }),
            one => Some(one),
        }
    }

    /// Goes on to the next rows; gives the cursors whose batches are at their end, which must be left then.
    pub fn advance(&mut self, (old, new): Pair) -> Pair {
        (old.filter(|old| self.before.advance(*old)), new.filter(|new| self.after.advance(*new)))
    }
}

/// A file that both sides have for the same outcome holds the same rows: none of them differs. Those that count as rejected do.
fn known(before: &Side<'_>, after: &Side<'_>) -> (Skip, Unread) {
    if !before.absent.is_empty() || !after.absent.is_empty() {
        return (Skip::new(), Unread::new());
    }
    let files = |side: &Side<'_>| -> HashSet<_> {
        side.flow.files.iter().map(|file| (file.outcome, file.sha256.clone())).collect()
    };
    let known: Skip = files(before).intersection(&files(after)).cloned().collect();
    let mut unread = Unread::new();
    for file in after.flow.files.iter().filter(|file| known.contains(&(file.outcome, file.sha256.clone()))) {
        *unread.entry(file.outcome).or_default() += file.rows;
    }
    (known, unread)
}

fn types(key: &[Field]) -> Vec<DataType> {
    key.iter().map(|part| part.data_type().clone()).collect()
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Are keys of both types in one order, so that they can be merged?
fn ordered_alike(before: &[DataType], after: &[DataType]) -> bool {
    let alike = |(left, right): (&DataType, &DataType)| {
        left == right || left.is_integer() && right.is_integer() || is_text(left) && is_text(right)
    };
    before.len() == after.len() && before.iter().zip(after).all(alike)
}

/// Are keys of both columns in one order, and equal ones written alike? Numbers of any size, as text, are not: 5 is 5.0 there.
fn same(before: &Field, after: &Field) -> bool {
    let (left, right) = (before.data_type(), after.data_type());
    let is_plain = |field: &Field| KeyType::of(field).is_ok_and(|kind| kind == KeyType::Text);
    match is_text(left) && is_text(right) {
        true => is_plain(before) && is_plain(after),
        false if left.is_integer() && right.is_integer() => true,
        false => left == right && before.metadata().get(PG_TYPE) == after.metadata().get(PG_TYPE),
    }
}
