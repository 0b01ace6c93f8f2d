//! Owns the comparison of the columns of two rows. Must not know: which rows belong together.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DynComparator, RecordBatch, StringArray, make_comparator};
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::error::{Error, Result};
use crate::outcome::KEY;

/// How the columns of two batches are compared.
pub(super) struct Columns {
    /// The cursors whose batches they are.
    pub of: (usize, usize),
    /// Are they the rows of migrated outcomes?
    pub migrated: bool,
    all: Vec<(String, DynComparator)>,
}

impl Columns {
    /// All columns of the batch after; one that the batch before has not differs in each row.
    pub fn new(of: (usize, usize), before: &RecordBatch, after: &RecordBatch, migrated: bool) -> Result<Self> {
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

    /// These columns, of migrated rows.
    pub fn of_both(of: (usize, usize), before: &RecordBatch, after: &RecordBatch, names: &[String]) -> Result<Self> {
        let one = |name: &String| {
            let (before, after) = (before.column_by_name(name), after.column_by_name(name));
            Ok((name.clone(), comparator(before.ok_or_else(unfit)?, after.ok_or_else(unfit)?)?))
        };
        Ok(Self { of, migrated: true, all: names.iter().map(one).collect::<Result<_>>()? })
    }

    /// The places and names of the columns in which two rows differ.
    pub fn differing(&self, left: usize, right: usize) -> impl Iterator<Item = (usize, &String)> {
        let all = self.all.iter().enumerate();
        let differ = move |(_, (_, compare)): &(usize, &(String, DynComparator))| compare(left, right).is_ne();
        all.filter(differ).map(|(place, (name, _))| (place, name))
    }
}

/// Values of two types are compared in that of the later one where no value is lost on the way, else by what they print.
fn comparator(before: &ArrayRef, after: &ArrayRef) -> Result<DynComparator> {
    let (left, right) = if before.data_type() == after.data_type() {
        (before.clone(), after.clone())
    } else {
        match converted(before, after.data_type()) {
            Some(same) => (same, after.clone()),
            None => (texts(before)?, texts(after)?),
        }
    };
    make_comparator(&left, &right, SortOptions::default()).map_err(|_| unfit())
}

/// The values in another type; None where one of them would be lost or changed.
fn converted(values: &ArrayRef, kind: &DataType) -> Option<ArrayRef> {
    let converted = cast(values, kind).ok()?;
    let back = cast(&converted, values.data_type()).ok()?;
    let same = make_comparator(&back, values, SortOptions::default()).ok()?;
    (0..values.len()).all(|row| same(row, row).is_eq()).then_some(converted)
}

fn texts(values: &ArrayRef) -> Result<ArrayRef> {
    if let Ok(texts) = cast(values, &DataType::Utf8) {
        return Ok(texts);
    }
    if let Some(uuids) = values.as_fixed_size_binary_opt().filter(|uuids| uuids.value_length() == 16) {
        let one =
            |uuid: Option<&[u8]>| uuid.and_then(|uuid| uuid::Uuid::from_slice(uuid).ok()).map(|uuid| uuid.to_string());
        return Ok(Arc::new(uuids.iter().map(one).collect::<StringArray>()));
    }
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(values.as_ref(), &options).map_err(|_| unfit())?;
    let one = |row: usize| values.is_valid(row).then(|| shown.value(row).to_string());
    Ok(Arc::new((0..values.len()).map(one).collect::<StringArray>()))
}

fn unfit() -> Error {
    Error::unexpected("columns of outcomes cannot be compared")
}
