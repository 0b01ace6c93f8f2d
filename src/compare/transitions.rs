//! Owns the whole comparison of two sets of outcomes of a flow: from which outcome and reason each row went to which, which columns
//! and warnings of it changed. Must not know: where the outcomes are from, or what is done about a difference.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{AsArray, ListArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};

use super::Side;
use super::columns::Columns;
use super::cursor::Reader;
use super::difference::{
    Cell, ColumnChange, Fate, FlowDifference, Flows, ReasonChange, Transition, WarningChange, Way,
};
use super::merge::{Merge, Pair, Unread};
use super::rows::{Form, Row, texts_of, texts_type};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{KEY, Outcome, REASON, WARNINGS};
use crate::outcomes::{FlowOutcomes, OutcomeStore};

/// Keys that are named for each sort of difference.
const EXAMPLES: usize = 5;
/// The place of migrated rows among the outcomes, and that of rows that a side has not.
const MIGRATED: usize = 0;
const NOWHERE: usize = Outcome::ALL.len();

/// What stands beside the batch of a cursor that is at hand.
struct Notes {
    keys: KeyColumn,
    /// By the row, or for all rows.
    fates: Vec<u32>,
    all: Option<u32>,
}

/// One side's notes.
#[derive(Default)]
struct Noted {
    notes: [Option<Notes>; NOWHERE],
    warnings: [Option<ListArray>; NOWHERE],
}

/// Rows, and a few keys of them.
#[derive(Default)]
struct Tally {
    rows: u64,
    keys: Vec<String>,
}

/// Rows that were compared.
pub struct Step {
    pub compared: u64,
    /// Those that differ, as they are stored.
    pub differ: Option<RecordBatch>,
}

/// A comparison under way.
pub struct Transitions {
    merge: Merge,
    unread: Unread,
    form: Form,
    /// The columns that only one side writes, as far as both have migrated any row.
    alone: (Vec<String>, Vec<String>),
    /// The columns that are compared, and in how many rows they differ.
    compared: Vec<String>,
    columns: Option<Columns>,
    changes: Vec<Tally>,
    changed_rows: u64,
    other_ids: u64,
    fates: Vec<Fate>,
    known: HashMap<Fate, u32>,
    /// Rows by the places of their outcomes before and after.
    cells: [[u64; NOWHERE + 1]; NOWHERE + 1],
    moves: HashMap<(Option<u32>, Option<u32>), Tally>,
    before: Noted,
    after: Noted,
    /// By the warning: rows that gained it, and that lost it.
    warnings: BTreeMap<String, (u64, u64)>,
    /// Are UUIDs derived on both sides? Then they are no values, but what follows from the key.
    derived: bool,
    rows: Vec<Row>,
}

impl Transitions {
    /// Begins, whatever the types of keys are. The engine sorts rows where that must be.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] for stored outcomes that do not read; what a sort meets.
    pub async fn open(before: Side<'_>, after: Side<'_>, engine: &Engine) -> Result<Self> {
        let (old, new) = (columns(before.store, before.flow).await?, columns(after.store, after.flow).await?);
        let both = old.is_some() && new.is_some();
        let form = Form::new(&after.flow.flow, old.as_deref(), new.as_deref());
        let derived = before.flow.row.is_derived() && after.flow.row.is_derived();
        let is_id =
            |name: &String| derived && (*name == before.flow.row.id_column || *name == after.flow.row.id_column);
        let compared: Vec<String> = form.common().filter(|name| !is_id(name)).cloned().collect();
        let (merge, unread) = Merge::of_any_keys(before, after, engine).await?;
        Ok(Self {
            merge,
            unread,
            alone: if both { form.alone() } else { Default::default() },
            form,
            changes: compared.iter().map(|_| Tally::default()).collect(),
            compared,
            columns: None,
            changed_rows: 0,
            other_ids: 0,
            fates: Vec::new(),
            known: HashMap::new(),
            cells: Default::default(),
            moves: HashMap::new(),
            before: Noted::default(),
            after: Noted::default(),
            warnings: BTreeMap::new(),
            derived,
            rows: Vec::new(),
        })
    }

    /// Compares the next rows, in the order of keys; None at the end.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn next(&mut self) -> Result<Option<Step>> {
        self.merge.fill().await?;
        self.take_notes()?;
        let mut compared = 0;
        while let Some(pair) = self.merge.pair() {
            compared += 1;
            self.judge(pair)?;
            let ended = self.merge.advance(pair);
            if ended != (None, None) {
                let differ = self.cut()?;
                self.leave(ended);
                return Ok(Some(Step { compared, differ }));
            }
        }
        Ok(None)
    }

    /// What was found, when [`Self::next`] has given None.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] where rows do not add up to what either side says of itself.
    pub fn finish(self, before: &FlowOutcomes, after: &FlowOutcomes) -> Result<FlowDifference> {
        let matrix = self.matrix();
        for (flow, side) in [(before, 0), (after, 1)] {
            for outcome in Outcome::ALL {
                let of = |cell: &&Cell| [cell.before, cell.after][side] == Some(outcome);
                let rows: u64 = matrix.iter().filter(of).map(|cell| cell.rows).sum();
                if rows != flow.count(outcome) {
                    return Err(Error::new(crate::error::Kind::Corrupt, "the stored outcomes of a flow do not add up")
                        .at(crate::error::At::Flow, &flow.flow));
                }
            }
        }
        let transitions = self.transitions();
        let (columns_only_before, columns_only_after) = self.alone;
        let changes = self.compared.into_iter().zip(self.changes).filter(|(_, tally)| tally.rows > 0);
        let mut columns: Vec<ColumnChange> =
            changes.map(|(column, tally)| ColumnChange { column, rows: tally.rows, keys: tally.keys }).collect();
        columns.sort_by(|left, right| right.rows.cmp(&left.rows).then_with(|| left.column.cmp(&right.column)));
        let count = |flow: &FlowOutcomes, warning: &str| flow.warnings.get(warning).copied().unwrap_or_default();
        let warnings = self.warnings.into_iter().map(|(warning, (gained, lost))| WarningChange {
            before: count(before, &warning),
            after: count(after, &warning),
            warning,
            gained,
            lost,
        });
        let mut found = FlowDifference {
            flow: after.flow.clone(),
            was: (before.flow != after.flow).then(|| before.flow.clone()),
            sides: Flows::Both,
            target: after.target.clone(),
            differs: false,
            before_rows: before.counts.values().sum(),
            after_rows: after.counts.values().sum(),
            matrix,
            reasons: reasons(&transitions, before, after),
            transitions,
            changed_rows: self.changed_rows,
            columns,
            columns_only_before,
            columns_only_after,
            warnings: warnings.collect(),
            other_ids: self.other_ids,
            files: Vec::new(),
        };
        found.differs = found.was.is_some() || found.tells_anything();
        Ok(found)
    }

    fn fate(&mut self, outcome: Outcome, reason: Option<&str>) -> u32 {
        let fate = Fate { outcome, reason: reason.map(str::to_owned) };
        if let Some(known) = self.known.get(&fate) {
            return *known;
        }
        let id = u32::try_from(self.fates.len()).unwrap_or(u32::MAX);
        self.fates.push(fate.clone());
        self.known.insert(fate, id);
        id
    }

    /// Looks at each batch that is new at hand.
    fn take_notes(&mut self) -> Result<()> {
        for at in 0..Outcome::ALL.len() {
            for after in [false, true] {
                let noted = if after { &self.after } else { &self.before };
                let reader = if after { &self.merge.after } else { &self.merge.before };
                let (None, Some(batch)) = (&noted.notes[at], reader.at(at).batch.clone()) else { continue };
                let outcome = reader.at(at).outcome;
                let (notes, warnings) = self.notes(outcome, &batch)?;
                let noted = if after { &mut self.after } else { &mut self.before };
                (noted.notes[at], noted.warnings[at]) = (Some(notes), warnings);
            }
        }
        Ok(())
    }

    fn notes(&mut self, outcome: Outcome, batch: &RecordBatch) -> Result<(Notes, Option<ListArray>)> {
        let schema = batch.schema();
        let key = schema.field_with_name(KEY).map_err(|_| unfit())?;
        let keys = KeyColumn::of(batch.column_by_name(KEY).ok_or_else(unfit)?.clone(), key)?;
        let (mut fates, mut all) = (Vec::new(), None);
        match batch.column_by_name(REASON).filter(|_| has_reason(outcome)) {
            Some(reasons) => {
                let reasons = cast(reasons, &DataType::Utf8).map_err(|_| unfit())?;
                let reasons = reasons.as_string::<i32>();
                fates.extend(reasons.iter().map(|reason| self.fate(outcome, reason)));
            }
            None => all = Some(self.fate(outcome, None)),
        }
        let warnings = batch.column_by_name(WARNINGS).map(|warnings| cast(warnings, &texts_type()));
        let warnings = warnings.transpose().map_err(|_| unfit())?;
        Ok((Notes { keys, fates, all }, warnings.and_then(|lists| lists.as_list_opt::<i32>().cloned())))
    }

    /// Says of one key what it was and what it is.
    fn judge(&mut self, (old, new): Pair) -> Result<()> {
        let before = old.map(|at| (at, self.merge.before.at(at).at));
        let after = new.map(|at| (at, self.merge.after.at(at).at));
        let place = |at: Option<usize>| at.unwrap_or(NOWHERE);
        self.cells[place(old)][place(new)] += 1;
        let (was, is) = (self.before.fate(before), self.after.fate(after));
        let changed = match (before, after) {
            (Some(before), Some(after)) if (before.0, after.0) == (MIGRATED, MIGRATED) => {
                self.changed(before, after)?
            }
            _ => Vec::new(),
        };
        let warned = self.warned(before, after);
        if was == is && changed.is_empty() && !warned {
            return Ok(());
        }
        let key = self.key(before, after)?;
        if was != is {
            self.moves.entry((was, is)).or_default().add(&key);
        }
        self.changed_rows += u64::from(!changed.is_empty());
        for place in &changed {
            self.changes[*place].add(&key);
        }
        let changed = changed.into_iter().map(|place| self.compared[place].clone()).collect();
        let (was, is) = (self.fate_of(was), self.fate_of(is));
        self.rows.push(Row { key, before, after, was, is, changed });
        Ok(())
    }

    /// The places of the columns in which two migrated rows differ.
    fn changed(&mut self, before: (usize, usize), after: (usize, usize)) -> Result<Vec<usize>> {
        let (left, right) = (self.merge.before.at(before.0), self.merge.after.at(after.0));
        if self.derived && left.id() != right.id() {
            self.other_ids += 1;
        }
        if self.columns.is_none() {
            let (Some(left), Some(right)) = (&left.batch, &right.batch) else { return Ok(Vec::new()) };
            self.columns = Some(Columns::of_both((before.0, after.0), left, right, &self.compared)?);
        }
        let columns = self.columns.as_ref();
        let differing = columns.into_iter().flat_map(|columns| columns.differing(before.1, after.1));
        Ok(differing.map(|(place, _)| place).collect())
    }

    /// Counts the warnings that a row gained and lost; false where there are none.
    fn warned(&mut self, before: Option<(usize, usize)>, after: Option<(usize, usize)>) -> bool {
        let (had, has) = (self.before.warnings(before), self.after.warnings(after));
        if had == has {
            return false;
        }
        let mut any = false;
        for gained in has.iter().filter(|warning| !had.contains(warning)) {
            self.warnings.entry(gained.clone()).or_default().0 += 1;
            any = true;
        }
        for lost in had.iter().filter(|warning| !has.contains(warning)) {
            self.warnings.entry(lost.clone()).or_default().1 += 1;
            any = true;
        }
        any
    }

    fn key(&self, before: Option<(usize, usize)>, after: Option<(usize, usize)>) -> Result<String> {
        let of = |noted: &Noted, place: Option<(usize, usize)>| {
            place.and_then(|(at, row)| Some(noted.notes[at].as_ref()?.keys.text(row)))
        };
        of(&self.after, after).or_else(|| of(&self.before, before)).unwrap_or_else(|| Err(unfit()))
    }

    fn fate_of(&self, id: Option<u32>) -> Option<Fate> {
        id.and_then(|id| self.fates.get(id as usize)).cloned()
    }

    /// The rows noted so far, whose batches are at hand.
    fn cut(&mut self) -> Result<Option<RecordBatch>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let rows = std::mem::take(&mut self.rows);
        let sides = (&self.merge.before, &self.merge.after);
        self.form.batch(&rows, sides, (&self.before.warnings, &self.after.warnings)).map(Some)
    }

    fn leave(&mut self, (old, new): Pair) {
        let leave = |reader: &mut Reader, noted: &mut Noted, at: Option<usize>| {
            if let Some(at) = at {
                reader.leave(at);
                (noted.notes[at], noted.warnings[at]) = (None, None);
            }
        };
        leave(&mut self.merge.before, &mut self.before, old);
        leave(&mut self.merge.after, &mut self.after, new);
        self.columns = None;
    }

    fn matrix(&self) -> Vec<Cell> {
        let sides = || Outcome::ALL.into_iter().map(Some).chain([None]).enumerate();
        let mut matrix = Vec::new();
        for (row, before) in sides() {
            for (column, after) in sides() {
                let unread = before.filter(|_| before == after).and_then(|outcome| self.unread.get(&outcome));
                let rows = self.cells[row][column] + unread.copied().unwrap_or_default();
                if rows > 0 {
                    matrix.push(Cell { before, after, rows });
                }
            }
        }
        matrix
    }

    fn transitions(&self) -> Vec<Transition> {
        let one = |((was, is), tally): (&(Option<u32>, Option<u32>), &Tally)| Transition {
            before: self.fate_of(*was),
            after: self.fate_of(*is),
            rows: tally.rows,
            keys: tally.keys.clone(),
        };
        let mut all: Vec<Transition> = self.moves.iter().map(one).collect();
        all.sort_by(|left, right| {
            right.rows.cmp(&left.rows).then_with(|| (&left.before, &left.after).cmp(&(&right.before, &right.after)))
        });
        all
    }
}

impl Tally {
    fn add(&mut self, key: &str) {
        self.rows += 1;
        if self.keys.len() < EXAMPLES {
            self.keys.push(key.to_owned());
        }
    }
}

impl Noted {
    fn fate(&self, place: Option<(usize, usize)>) -> Option<u32> {
        let (at, row) = place?;
        let notes = self.notes[at].as_ref()?;
        notes.all.or_else(|| notes.fates.get(row).copied())
    }

    /// The warnings of a row that is migrated or adopted.
    fn warnings(&self, place: Option<(usize, usize)>) -> Vec<String> {
        let held = place.filter(|(at, _)| !has_reason(Outcome::ALL[*at]));
        let lists = held.and_then(|(at, row)| Some((self.warnings[at].as_ref()?, row)));
        lists.map(|(lists, row)| texts_of(lists, row)).unwrap_or_default()
    }
}

fn has_reason(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Rejected | Outcome::Skipped | Outcome::Elsewhere)
}

/// The columns of a flow's migrated rows; None where it has none.
async fn columns(store: &OutcomeStore, flow: &FlowOutcomes) -> Result<Option<SchemaRef>> {
    match flow.files.iter().find(|file| !has_reason(file.outcome)) {
        Some(file) => store.schema(file).await.map(Some),
        None => Ok(None),
    }
}

/// The reasons that rows left or came to.
fn reasons(transitions: &[Transition], before: &FlowOutcomes, after: &FlowOutcomes) -> Vec<ReasonChange> {
    let mut all: BTreeMap<Fate, ReasonChange> = BTreeMap::new();
    let count = |flow: &FlowOutcomes, outcome: Outcome, reason: &str| {
        flow.reasons.get(&outcome).and_then(|reasons| reasons.get(reason)).copied().unwrap_or_default()
    };
    let mut add = |fate: &Option<Fate>, left: bool, other: &Option<Fate>, rows: u64| {
        let Some(Fate { outcome, reason: Some(reason) }) = fate.clone() else { return };
        let change = all.entry(Fate { outcome, reason: Some(reason.clone()) }).or_insert_with(|| ReasonChange {
            outcome,
            before: count(before, outcome, &reason),
            after: count(after, outcome, &reason),
            reason,
            went: Vec::new(),
            came: Vec::new(),
        });
        let ways = if left { &mut change.went } else { &mut change.came };
        ways.push(Way { fate: other.clone(), rows });
    };
    for transition in transitions {
        add(&transition.before, true, &transition.after, transition.rows);
        add(&transition.after, false, &transition.before, transition.rows);
    }
    all.into_values().collect()
}

fn unfit() -> Error {
    Error::unexpected("stored outcomes are not of the expected form")
}
