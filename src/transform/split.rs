//! Owns how a batch of a flow's rows is divided by outcome, and counted.
//! Must not know: where rows are stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, AsArray, BooleanArray, FixedSizeBinaryArray, ListArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Field};
use uuid::Uuid;

use crate::error::{At, Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{BAD_KEY, BAD_KEY_REASON, Cause, KEY, OUTCOME, Outcome, UNREADABLE, Verdict, WARNINGS};

/// The counts of a flow as its rows stream by.
#[derive(Debug)]
pub struct Tally {
    pub counts: BTreeMap<Outcome, u64>,
    pub reasons: BTreeMap<Outcome, BTreeMap<String, u64>>,
    pub warnings: BTreeMap<String, u64>,
    /// What each declared verdict means, by its text.
    declared: HashMap<String, Verdict>,
}

impl Tally {
    #[must_use]
    pub fn new(verdicts: &BTreeMap<Verdict, Verdict>, warnings: &BTreeSet<String>) -> Self {
        let mut reasons: BTreeMap<Outcome, BTreeMap<String, u64>> = BTreeMap::new();
        for verdict in verdicts.values() {
            if let (outcome, Some(reason)) = outcome_of(verdict) {
                reasons.entry(outcome).or_default().insert(reason.to_owned(), 0);
            }
        }
        Self {
            counts: Outcome::ALL.iter().map(|outcome| (*outcome, 0)).collect(),
            reasons,
            warnings: warnings.iter().map(|code| (code.clone(), 0)).collect(),
            declared: verdicts.iter().map(|(stated, meant)| (stated.encode(), meant.clone())).collect(),
        }
    }

    /// Divides a batch: for each outcome met, its rows and their reasons. Counts them.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for an outcome that no function of the contract gave, and for NULL keys.
    pub fn split(&mut self, batch: &RecordBatch, entity_key: &Field, foreign: &Foreign<'_>) -> Result<Vec<Part>> {
        let told = column(batch, OUTCOME)?;
        let told: StringArray = cast(told, &DataType::Utf8).map_err(|_| defect())?.as_string::<i32>().clone();
        let keys = KeyColumn::new(column(batch, KEY)?.clone())?;
        let entity_keys = KeyColumn::of(column(batch, entity_key.name())?.clone(), entity_key)?;
        let (bad_key, bad_keys) = (BAD_KEY_REASON.to_owned(), bad_keys(batch));
        let mut form = String::new();
        let mut rows: BTreeMap<Outcome, Chosen> = BTreeMap::new();
        let mut last: Option<(&str, Outcome, Option<&String>)> = None;
        for row in 0..batch.num_rows() {
            if keys.is_null(row) {
                return Err(Error::config("a row's _key is NULL").hint("every row of the source needs a key"));
            }
            let (text, cause) = Cause::split(told.value(row));
            let (mut outcome, mut reason) = match last {
                Some((same, outcome, reason)) if same == text => (outcome, reason),
                _ => {
                    let verdict = self.declared.get(text).ok_or_else(|| undeclared(&keys, row))?;
                    outcome_of(verdict)
                }
            };
            last = Some((text, outcome, reason));
            if outcome == Outcome::Migrated && bad_keys.iter().any(|column| column.value(row) == BAD_KEY) {
                (outcome, reason) = (Outcome::Rejected, Some(&bad_key));
            }
            if outcome == Outcome::Migrated && entity_keys.is_null(row) {
                return Err(Error::config("a migrated row has no key that others could refer to: it is NULL")
                    .at(At::Column, entity_key.name())
                    .at(At::Key, keys.text(row)?)
                    .hint("write reject('null_key') for rows whose `entity_key` is NULL"));
            }
            if outcome == Outcome::Migrated && foreign.any() {
                form.clear();
                entity_keys.write_canonical(row, &mut form)?;
                if foreign.adopted.is_some_and(|adopted| adopted.contains_key(&form)) {
                    outcome = Outcome::Adopted;
                } else if let Some(why) = foreign.unmatched.and_then(|unmatched| unmatched.get(&form)) {
                    (outcome, reason) = (Outcome::Rejected, Some(why));
                }
            }
            let part = rows.entry(outcome).or_insert_with(|| Chosen::none_of(batch.num_rows()));
            part.rows[row] = true;
            if let Some(reason) = reason {
                part.reasons.push(reason.clone());
                part.causes.push(cause.map(|cause| (cause.flow.to_owned(), cause.key.to_owned())));
            }
        }
        rows.into_iter().map(|(outcome, chosen)| self.part(batch, outcome, chosen)).collect()
    }

    fn part(&mut self, batch: &RecordBatch, outcome: Outcome, chosen: Chosen) -> Result<Part> {
        let Chosen { rows: chosen, reasons, causes } = chosen;
        let all = chosen.iter().all(|chosen| *chosen);
        let rows = if all {
            batch.clone()
        } else {
            filter_record_batch(batch, &BooleanArray::from(chosen)).map_err(|_| defect())?
        };
        *self.counts.entry(outcome).or_default() += rows.num_rows() as u64;
        for reason in &reasons {
            *self.reasons.entry(outcome).or_default().entry(reason.clone()).or_default() += 1;
        }
        if matches!(outcome, Outcome::Migrated | Outcome::Adopted)
            && let Some(warnings) = rows.column_by_name(WARNINGS)
        {
            self.warned(warnings.as_list::<i32>());
        }
        Ok(Part { outcome, rows, reasons, causes })
    }

    /// Counts rejects that came to no flow.
    pub fn unreadable(&mut self, rows: u64) {
        *self.counts.entry(Outcome::Rejected).or_default() += rows;
        *self.reasons.entry(Outcome::Rejected).or_default().entry(UNREADABLE.to_owned()).or_default() += rows;
    }

    fn warned(&mut self, warnings: &ListArray) {
        let codes = warnings.values().as_string::<i32>();
        let offsets = warnings.value_offsets();
        for row in (0..warnings.len()).filter(|row| warnings.is_valid(*row)) {
            for at in offsets[row]..offsets[row + 1] {
                let code = codes.value(usize::try_from(at).unwrap_or_default());
                match self.warnings.get_mut(code) {
                    Some(rows) => *rows += 1,
                    None => {
                        self.warnings.insert(code.to_owned(), 1);
                    }
                }
            }
        }
    }
}

/// What the target has to do with the rows of a flow, by the canonical form of their entity keys.
#[derive(Debug, Clone, Copy)]
pub struct Foreign<'a> {
    /// Its mappings had a UUID for them.
    pub adopted: Option<&'a HashMap<String, Uuid>>,
    /// They cannot be matched with a row of it, and why.
    pub unmatched: Option<&'a HashMap<String, String>>,
}

impl Foreign<'_> {
    fn any(self) -> bool {
        self.adopted.is_some() || self.unmatched.is_some()
    }
}

/// The rows of a batch that share an outcome.
pub struct Part {
    pub outcome: Outcome,
    pub rows: RecordBatch,
    /// A reason a row, for outcomes that have one.
    pub reasons: Vec<String>,
    /// Beside each reason: the flow and the key of the row that is the cause, where one is named.
    pub causes: Vec<Option<(String, String)>>,
}

/// The rows of a batch that share an outcome, in the making.
struct Chosen {
    rows: Vec<bool>,
    reasons: Vec<String>,
    causes: Vec<Option<(String, String)>>,
}

impl Chosen {
    fn none_of(rows: usize) -> Self {
        Self { rows: vec![false; rows], reasons: Vec::new(), causes: Vec::new() }
    }
}

/// The columns of a batch in which some row has no UUID for its key did not cast.
fn bad_keys(batch: &RecordBatch) -> Vec<&FixedSizeBinaryArray> {
    let uuids = batch.columns().iter().filter_map(|column| column.as_fixed_size_binary_opt());
    let is_bad = |column: &&FixedSizeBinaryArray| column.iter().flatten().any(|uuid| uuid == BAD_KEY);
    uuids.filter(|column| column.value_length() == 16).filter(is_bad).collect()
}

fn outcome_of(verdict: &Verdict) -> (Outcome, Option<&String>) {
    match verdict {
        Verdict::Migrate => (Outcome::Migrated, None),
        Verdict::Reject(reason) => (Outcome::Rejected, Some(reason)),
        Verdict::Skip(reason) => (Outcome::Skipped, Some(reason)),
        Verdict::Elsewhere(flow) => (Outcome::Elsewhere, Some(flow)),
    }
}

fn undeclared(keys: &KeyColumn, row: usize) -> Error {
    Error::config("an _outcome is none that migrate(), reject(), skip() or elsewhere() of this flow gives")
        .at(At::Key, keys.text(row).unwrap_or_default())
        .hint("do not build outcomes as text, and do not take them from data")
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a arrow::array::ArrayRef> {
    batch.column_by_name(name).ok_or_else(defect)
}

fn defect() -> Error {
    Error::unexpected("a batch of a flow is not of the planned form")
}
