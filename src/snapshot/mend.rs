//! Owns how a snapshot becomes another one in which some rows have other values. The first one never changes.
//! Must not know: who mended the rows, or why.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{ArrayRef, RecordBatch, StructArray, UInt32Array};
use arrow::compute::{concat_batches, interleave_record_batch, take_record_batch};
use arrow::datatypes::{Field, Fields, SchemaRef};

use super::{File, Refused, Snapshot, Table, TableHeader, Writer};
use crate::cancel::Cancel;
use crate::error::{At, Error, Result};
use crate::key::KeyColumn;
use crate::storage::Location;

/// Rows that take the place of those with the same key.
#[derive(Debug, Clone)]
pub struct Edit {
    pub schema: String,
    pub table: String,
    /// The columns that tell rows apart.
    pub key: Vec<String>,
    /// With the columns and types of the snapshot's table.
    pub rows: Vec<RecordBatch>,
}

impl Edit {
    /// Its rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.iter().map(RecordBatch::num_rows).sum()
    }
}

/// A snapshot with other values, and how many rows they are in, by `schema.table`.
#[derive(Debug)]
pub struct Mended {
    pub snapshot: Snapshot,
    pub rows: Vec<(String, u64)>,
}

/// Keys that an error names.
const NAMED: usize = 10;

/// Makes the snapshot with these rows in it, an edit a table; where no value is another one, there is none to make. Files without
/// such a row are taken over byte by byte, so that the same edits give the same snapshot.
///
/// # Errors
/// [`crate::error::Kind::Config`] for rows of other columns; as [`Writer`]. What [`changed`] refuses must not come here.
pub async fn mend(snapshot: &Snapshot, edits: &[Edit], place: Location, cancel: &Cancel) -> Result<Option<Mended>> {
    let writer = Writer::create(place).await?;
    match written(snapshot, edits, &writer, cancel).await {
        Ok((tables, rows)) if rows.iter().any(|(_, rows)| *rows > 0) => {
            let mut origin = snapshot.manifest().source.clone();
            origin.mended = Some(snapshot.id().to_owned());
            Ok(Some(Mended { snapshot: writer.publish(origin, tables).await?, rows }))
        }
        Ok(_) => {
            writer.abandon().await;
            Ok(None)
        }
        Err(error) => {
            writer.abandon().await;
            Err(error)
        }
    }
}

async fn written(
    snapshot: &Snapshot,
    edits: &[Edit],
    writer: &Writer,
    cancel: &Cancel,
) -> Result<(Vec<Table>, Vec<(String, u64)>)> {
    let (mut tables, mut counts) = (Vec::new(), Vec::new());
    for table in &snapshot.manifest().tables {
        cancel.check()?;
        let mut made = table.clone();
        let of_table = edits.iter().find(|edit| edit.schema == table.schema && edit.table == table.name);
        made.files = match of_table {
            None => copied(snapshot, &table.files, writer).await?,
            Some(edit) => {
                let located = |error: Error| error.at(At::Table, table.qualified());
                let (files, rows) = replaced(snapshot, table, edit, writer).await.map_err(located)?;
                counts.push((table.qualified(), rows));
                files
            }
        };
        made.refused = match &table.refused {
            Some(refused) => {
                Some(Refused { files: copied(snapshot, &refused.files, writer).await?, ..refused.clone() })
            }
            None => None,
        };
        tables.push(made);
    }
    Ok((tables, counts))
}

async fn copied(snapshot: &Snapshot, files: &[File], writer: &Writer) -> Result<Vec<File>> {
    let mut made = Vec::with_capacity(files.len());
    for file in files {
        made.push(writer.take_over(snapshot, file).await?);
    }
    Ok(made)
}

/// The files of a table with the edited rows in them, and how many of these differ from what was there.
async fn replaced(snapshot: &Snapshot, table: &Table, edit: &Edit, writer: &Writer) -> Result<(Vec<File>, u64)> {
    let schema = snapshot.types_of(table).await?;
    let rows = whole(&schema, edit)?;
    let wanted = places(&rows, &edit.key)?;
    let header = TableHeader {
        schema: table.schema.clone(),
        name: table.name.clone(),
        key: table.key.clone(),
        sorted_by: table.sorted_by.clone(),
    };
    let (mut files, mut changed) = (Vec::with_capacity(table.files.len()), 0);
    for (index, file) in table.files.iter().enumerate() {
        let (mut made, mut of_file) = (Vec::new(), 0);
        for batch in snapshot.read(file).await? {
            let keys = key_texts(&batch, &edit.key)?;
            let from = |(at, key): (usize, &String)| {
                wanted.get(key).and_then(|rows| rows.first()).map_or((0, at), |row| (1, *row))
            };
            let picked: Vec<(usize, usize)> = keys.iter().enumerate().map(from).collect();
            let differs = |(at, (side, row)): &(usize, &(usize, usize))| *side == 1 && !alike(&batch, *at, &rows, *row);
            of_file += picked.iter().enumerate().filter(differs).count() as u64;
            let mixed = interleave_record_batch(&[&batch, &rows], &picked);
            made.push(mixed.map_err(|_| Error::unexpected("edited rows cannot be put in their places"))?);
        }
        files.push(if of_file == 0 {
            writer.take_over(snapshot, file).await?
        } else {
            writer.put_part(&header, index, schema.clone(), &made).await?
        });
        changed += of_file;
    }
    Ok((files, changed))
}

/// The rows of an edit that a snapshot has otherwise.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a row whose key the table does not have, or that is given twice with other values, or
/// of other columns.
pub async fn changed(snapshot: &Snapshot, edit: &Edit) -> Result<Edit> {
    let there = present(snapshot, edit).await?;
    let located = |error: Error| error.at(At::Table, format!("{}.{}", edit.schema, edit.table));
    let rows = whole(&there.schema(), edit).map_err(located)?;
    let differing: Vec<u32> = (0..rows.num_rows())
        .filter(|row| !alike(&there, *row, &rows, *row))
        .filter_map(|row| u32::try_from(row).ok())
        .collect();
    let rows = take_record_batch(&rows, &UInt32Array::from(differing));
    let rows = rows.map_err(|_| Error::unexpected("edited rows cannot be chosen"))?;
    for (key, places) in places(&rows, &edit.key).map_err(located)? {
        if places.iter().any(|row| !alike(&rows, places[0], &rows, *row)) {
            return Err(located(Error::config("a row is given twice, with different values").at(At::Key, key)));
        }
    }
    Ok(Edit { rows: vec![rows], ..edit.clone() })
}

/// The rows that a snapshot has with the keys of an edit, in the order of the edit's.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a table that it does not have, and for keys that are not in the table.
pub async fn present(snapshot: &Snapshot, edit: &Edit) -> Result<RecordBatch> {
    let located = |error: Error| error.at(At::Table, format!("{}.{}", edit.schema, edit.table));
    let table = snapshot.manifest().tables.iter().find(|t| t.schema == edit.schema && t.name == edit.table);
    let lacks = || located(Error::config("the snapshot has no such table, and rows of it are given"));
    let table = table.ok_or_else(lacks)?;
    let schema = snapshot.types_of(table).await?;
    let rows = whole(&schema, edit).map_err(located)?;
    let wanted = places(&rows, &edit.key).map_err(located)?;
    let mut found: Vec<RecordBatch> = Vec::new();
    let mut order: Vec<Option<(usize, usize)>> = vec![None; rows.num_rows()];
    for file in &table.files {
        for batch in snapshot.read(file).await? {
            let mut hits = false;
            for (at, key) in key_texts(&batch, &edit.key).map_err(located)?.iter().enumerate() {
                for row in wanted.get(key).into_iter().flatten() {
                    order[*row] = Some((found.len(), at));
                    hits = true;
                }
            }
            if hits {
                found.push(batch);
            }
        }
    }
    let is_missing = |rows: &[usize]| rows.iter().any(|row| order[*row].is_none());
    let missing: BTreeSet<&String> = wanted.iter().filter(|(_, rows)| is_missing(rows)).map(|(key, _)| key).collect();
    if !missing.is_empty() {
        let keys: Vec<&str> = missing.iter().take(NAMED).map(|key| key.as_str()).collect();
        let error = Error::config(format!("{} of the rows given are not in the snapshot", missing.len()));
        return Err(located(error.at(At::Key, keys.join(", "))).hint(
            "a row is known by its key: give it back as it was exported, with other values in its other columns",
        ));
    }
    if found.is_empty() {
        return Ok(RecordBatch::new_empty(schema));
    }
    let order: Vec<(usize, usize)> = order.into_iter().flatten().collect();
    interleave_record_batch(&found.iter().collect::<Vec<_>>(), &order)
        .map_err(|_| Error::unexpected("rows of a snapshot cannot be chosen"))
}

/// The rows of an edit in the types of the table.
fn whole(schema: &SchemaRef, edit: &Edit) -> Result<RecordBatch> {
    let unfit = || Error::config("the rows given have other columns than the snapshot's table");
    let column = |rows: &RecordBatch, field: &Field| {
        rows.column_by_name(field.name()).filter(|column| column.data_type() == field.data_type()).cloned()
    };
    let mut all = Vec::with_capacity(edit.rows.len());
    for rows in &edit.rows {
        let columns: Option<Vec<ArrayRef>> = schema.fields().iter().map(|field| column(rows, field)).collect();
        let fits = columns.filter(|columns| columns.len() == rows.num_columns()).ok_or_else(unfit)?;
        all.push(RecordBatch::try_new(schema.clone(), fits).map_err(|_| unfit())?);
    }
    concat_batches(schema, &all).map_err(|_| unfit())
}

fn alike(left: &RecordBatch, at: usize, right: &RecordBatch, row: usize) -> bool {
    left.columns().iter().zip(right.columns()).all(|(left, right)| left.slice(at, 1) == right.slice(row, 1))
}

/// Where each key of some rows stands.
fn places(rows: &RecordBatch, key: &[String]) -> Result<HashMap<String, Vec<usize>>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::with_capacity(rows.num_rows());
    for (row, text) in key_texts(rows, key)?.into_iter().enumerate() {
        places.entry(text).or_default().push(row);
    }
    Ok(places)
}

fn key_texts(rows: &RecordBatch, key: &[String]) -> Result<Vec<String>> {
    let schema = rows.schema();
    let column = |name: &String| {
        let field: Option<Field> = schema.field_with_name(name).ok().cloned();
        field.zip(rows.column_by_name(name).cloned())
    };
    let parts: Option<Vec<(Field, ArrayRef)>> = key.iter().map(column).collect();
    let parts = parts.filter(|parts| !parts.is_empty());
    let parts = parts.ok_or_else(|| Error::config(format!("the table has no key column {}", key.join(", "))))?;
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = parts.into_iter().unzip();
    let keys: ArrayRef = if let [one] = arrays.as_slice() {
        one.clone()
    } else {
        let keys = StructArray::try_new(Fields::from(fields), arrays, None);
        std::sync::Arc::new(keys.map_err(|_| Error::unexpected("a composite key cannot be read"))?)
    };
    let keys = KeyColumn::new(keys)?;
    (0..keys.len()).map(|row| keys.text(row)).collect()
}
