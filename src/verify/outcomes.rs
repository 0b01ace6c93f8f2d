//! Owns how the stored outcomes of a flow become expected ids and hashes, and how the target is asked for the same.
//! Must not know: what is found in the comparison.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::{StreamExt, TryStreamExt};

use super::canon::Canon;
use super::compare::Part;
use super::{Example, actual, canon, expected, hash};
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{KEY, Outcome, RowIdentity};
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore, chosen};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::target::Table;

const READ: &str = include_str!("../../sql/control/verify/read.sql");
const RANGE: &str = include_str!("../../sql/control/verify/range.sql");
const NORMALISE: &str = include_str!("../../sql/control/verify/normalise.sql");
const NORMALISE_REGCLASS: &str = include_str!("../../sql/control/verify/normalise_regclass.sql");

/// Files hashed at a time.
const AT_A_TIME: usize = 2;
/// Bytes of text that the server is asked about at once.
const ASKED_AT_ONCE: usize = 16 << 20;

/// The columns compared, in the order of the outcome.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    all: Vec<(String, Canon)>,
    /// The target's column of our UUIDs, by which a row is known.
    id_column: String,
    /// Which of the columns tell rows apart, where there is no such UUID: a row is known by their hash.
    identity: Option<Vec<usize>>,
}

impl Columns {
    fn of(batch: &RecordBatch, table: &Table, flow: &FlowOutcomes) -> Result<Self> {
        let schema = batch.schema();
        let id_column = flow.row.id_column.clone();
        let is_id = |name: &str| flow.row.is_derived() && name == id_column;
        let fields = schema.fields().iter().filter(|field| !field.name().starts_with('_') && !is_id(field.name()));
        let columns = fields.map(|field| {
            let column = table.column(field.name()).ok_or_else(|| {
                Error::new(crate::error::Kind::Drift, format!("the target's column {} is gone", field.name()))
            })?;
            Ok((field.name().clone(), canon::plan(field.data_type(), column)))
        });
        let all: Vec<(String, Canon)> = columns.collect::<Result<_>>()?;
        if flow.row.is_derived() {
            return Ok(Self { all, id_column, identity: None });
        }
        let identity = table.identity(flow.row.named()).unwrap_or_default();
        let place = |name: &String| all.iter().position(|(own, _)| own == name);
        let identity: Option<Vec<usize>> = identity.iter().map(place).collect();
        let gone = || Error::new(crate::error::Kind::Drift, "the target's unique key has other columns by now");
        Ok(Self { identity: Some(identity.filter(|places| !places.is_empty()).ok_or_else(gone)?), id_column, all })
    }

    /// The COPY that reads a part of the target, or the rows that `chosen` says.
    pub fn statement(&self, table: &Table, part: Part, chosen: Option<String>) -> String {
        let id = quote_ident(&self.id_column);
        let own = self.identity.is_none().then(|| id.clone());
        let columns: Vec<_> =
            own.into_iter().chain(self.all.iter().map(|(name, canon)| canon.expression(name))).collect();
        let uuid = |id| quote_literal(&uuid::Uuid::from_u128(id).to_string());
        // What a hash is, the server does not know: it gives all rows, and the reader chooses.
        let range = if let Some(chosen) = chosen {
            chosen
        } else if part.is_all() || self.identity.is_some() {
            "true".to_owned()
        } else {
            fill(RANGE, &[("id", &id), ("low", &uuid(part.low)), ("high", &uuid(part.high))])
        };
        let table = quote_table(&table.schema, &table.name);
        fill(READ, &[("columns", &columns.join(", ")), ("table", &table), ("range", &range)])
    }

    /// Reads what the statement gives.
    pub fn reader(&self, part: Part) -> TargetReader {
        TargetReader { rows: actual::Rows::new(), columns: self.clone(), part, buffer: Vec::new() }
    }

    /// The hash of the columns that tell rows apart: their bytes begin at `ends[place - 1]`.
    fn known_by(places: &[usize], ends: &[usize], bytes: &[u8]) -> u128 {
        let mut own = Vec::with_capacity(32);
        for place in places {
            let from = place.checked_sub(1).map_or(0, |before| ends[before]);
            own.extend_from_slice(&bytes[from..ends[*place]]);
        }
        hash::hash(&own)
    }
}

/// Rows of the target, as ids and hashes.
pub(super) struct TargetReader {
    rows: actual::Rows,
    columns: Columns,
    part: Part,
    buffer: Vec<u8>,
}

impl TargetReader {
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(u128, u128)) -> Result<()> {
        let Self { rows, columns, part, buffer } = self;
        let mut ends = Vec::with_capacity(columns.all.len());
        rows.take(bytes, |mut fields| {
            buffer.clear();
            ends.clear();
            let id = match columns.identity {
                Some(_) => None,
                None => Some(uuid_of(fields.next().flatten())?),
            };
            for ((_, canon), field) in columns.all.iter().zip(fields) {
                actual::field(canon, field, buffer);
                ends.push(buffer.len());
            }
            let id = match (&columns.identity, id) {
                (Some(places), _) => Columns::known_by(places, &ends, buffer),
                (None, id) => id.unwrap_or_default(),
            };
            if part.holds(id) {
                each(id, hash::hash(buffer));
            }
            Ok(())
        })
    }

    pub fn end(self) -> Result<()> {
        self.rows.end()
    }
}

fn uuid_of(field: Option<&[u8]>) -> Result<u128> {
    let id = field.and_then(|id| id.try_into().ok()).map(u128::from_be_bytes);
    id.ok_or_else(|| Error::unexpected("a row of the target without a UUID"))
}

/// Reads the migrated rows of a flow.
pub(super) struct Reader<'a> {
    pub connection: &'a Connection,
    pub table: &'a Table,
    pub store: &'a OutcomeStore,
    pub flow: &'a FlowOutcomes,
    pub part: Part,
    pub cancel: &'a Cancel,
}

impl Reader<'_> {
    /// Ids and hashes of the rows expected in the part: all but those refused.
    pub async fn read(&self, refused: &HashSet<u128>) -> Result<(Vec<(u128, u128)>, Columns)> {
        let files: Vec<&OutcomeFile> = self.flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0).collect();
        let done: Vec<_> =
            futures::stream::iter(files).map(|file| self.file(file, refused)).buffered(AT_A_TIME).try_collect().await?;
        let mut columns = Columns::default();
        let mut all = Vec::new();
        for (rows, of_file) in done {
            columns = of_file;
            all.extend(rows);
        }
        Ok((all, columns))
    }

    async fn file(&self, file: &OutcomeFile, refused: &HashSet<u128>) -> Result<(Vec<(u128, u128)>, Columns)> {
        self.cancel.check()?;
        let mut batches = self.store.read(file).await?;
        let Some(first) = batches.first() else { return Ok(Default::default()) };
        let columns = Columns::of(first, self.table, self.flow)?;
        for batch in &mut batches {
            // The server cannot say what it makes of a value that it refuses.
            *batch = self.normalise(&taken(batch, &self.flow.row, refused)?, &columns).await?;
        }
        let (part, planned) = (self.part, columns.clone());
        let hashed = tokio::task::spawn_blocking(move || hashes(&batches, &planned, part)).await;
        Ok((hashed.map_err(|_| Error::unexpected("hashing was abandoned"))??, columns))
    }

    /// Lets the server say what it makes of the texts whose type only it understands.
    async fn normalise(&self, batch: &RecordBatch, columns: &Columns) -> Result<RecordBatch> {
        let mut batch = batch.clone();
        for (name, canon) in &columns.all {
            let (ty, inner) = match canon {
                Canon::Server { ty } => (ty, false),
                Canon::Array(of) => match &**of {
                    Canon::Server { ty } => (ty, true),
                    _ => continue,
                },
                _ => continue,
            };
            let (index, _) = batch
                .schema()
                .column_with_name(name)
                .map(|(at, field)| (at, field.clone()))
                .ok_or_else(|| Error::unexpected(format!("an outcome file lacks the column {name}")))?;
            let made = self.made(batch.column(index), ty, inner).await?;
            let schema = batch.schema();
            let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
            fields[index] = Arc::new(arrow::datatypes::Field::new(name, made.data_type().clone(), true));
            let mut arrays = batch.columns().to_vec();
            arrays[index] = made;
            batch = RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), arrays)
                .map_err(|_| Error::unexpected("a column changed its length"))?;
        }
        Ok(batch)
    }

    async fn made(&self, array: &ArrayRef, ty: &str, inner: bool) -> Result<ArrayRef> {
        if array.data_type().is_null() {
            return Ok(array.clone());
        }
        if inner {
            let lists = match array.data_type() {
                DataType::List(_) => array.as_list::<i32>().clone(),
                other => return Err(Error::unexpected(format!("a column of {other} cannot be compared as an array"))),
            };
            let (_, offsets, values, nulls) = lists.into_parts();
            let values = self.server_texts(&values, ty).await?;
            let field = Arc::new(arrow::datatypes::Field::new("item", DataType::Utf8, true));
            let lists = arrow::array::ListArray::try_new(field, offsets, values, nulls);
            return lists
                .map(|lists| Arc::new(lists) as ArrayRef)
                .map_err(|_| Error::unexpected("a list lost its shape"));
        }
        self.server_texts(array, ty).await
    }

    async fn server_texts(&self, array: &ArrayRef, ty: &str) -> Result<ArrayRef> {
        let texts = cast(array, &DataType::Utf8)
            .map_err(|_| Error::unexpected(format!("a column of {} has no text", array.data_type())))?;
        let given: Vec<Option<&str>> = texts.as_string::<i32>().iter().collect();
        let template = if ty == "regclass" { NORMALISE_REGCLASS } else { NORMALISE };
        let (statement, mut all) = (fill(template, &[("type", ty)]), Vec::with_capacity(given.len()));
        let mut rest = &given[..];
        while !rest.is_empty() {
            self.cancel.check()?;
            // An array of PostgreSQL holds a gigabyte at most, and what it makes of a text may be longer.
            let mut bytes = 0;
            let fitting = rest.iter().take_while(|text| {
                bytes += text.map_or(0, str::len);
                bytes <= ASKED_AT_ONCE
            });
            let (asked, left) = rest.split_at(fitting.count().max(1));
            let made: Option<Vec<Option<String>>> =
                self.connection.query_one(&statement, &[&asked]).await?.try_get("made")?;
            all.extend(made.unwrap_or_default());
            rest = left;
        }
        Ok(Arc::new(StringArray::from(all)))
    }
}

/// The rows of a batch that the target has taken.
fn taken(batch: &RecordBatch, row: &RowIdentity, refused: &HashSet<u128>) -> Result<RecordBatch> {
    if refused.is_empty() {
        return Ok(batch.clone());
    }
    chosen(batch, row, |id| !refused.contains(&id.as_u128()))
}

fn no_uuid() -> Error {
    Error::unexpected("an id that is no UUID")
}

fn hashes(batches: &[RecordBatch], columns: &Columns, part: Part) -> Result<Vec<(u128, u128)>> {
    let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    let mut buffer = Vec::new();
    for batch in batches {
        let column = |name: &str| {
            batch
                .column_by_name(name)
                .ok_or_else(|| Error::unexpected(format!("an outcome file lacks the column {name}")))
        };
        let ids = match columns.identity {
            Some(_) => None,
            None => Some(column(&columns.id_column)?.as_fixed_size_binary_opt().ok_or_else(no_uuid)?),
        };
        let writers = columns
            .all
            .iter()
            .map(|(name, canon)| expected::writer(column(name)?, canon))
            .collect::<Result<Vec<_>>>()?;
        let mut ends = Vec::with_capacity(writers.len());
        for row in 0..batch.num_rows() {
            let id = ids.map(|ids| ids.value(row).try_into().map(u128::from_be_bytes).map_err(|_| no_uuid()));
            let id = id.transpose()?;
            if id.is_some_and(|id| !part.holds(id)) {
                continue;
            }
            buffer.clear();
            ends.clear();
            for writer in &writers {
                writer(row, &mut buffer);
                ends.push(buffer.len());
            }
            let id = match (&columns.identity, id) {
                (Some(places), _) => Columns::known_by(places, &ends, &buffer),
                (None, id) => id.unwrap_or_default(),
            };
            if part.holds(id) {
                rows.push((id, hash::hash(&buffer)));
            }
        }
    }
    Ok(rows)
}

/// Finds the legacy keys of the examples, which the comparison does not keep.
pub(super) async fn name_keys(store: &OutcomeStore, flow: &FlowOutcomes, examples: &mut [Example]) -> Result<()> {
    let mut wanted: HashMap<[u8; 16], &mut Example> =
        examples.iter_mut().map(|example| (*example.id.as_bytes(), example)).collect();
    for file in flow.files_of(Outcome::Migrated) {
        if wanted.values().all(|example| example.key.is_some()) {
            break;
        }
        for batch in store.read(file).await? {
            let (Some(ids), Some(keys)) = (batch.column_by_name(&flow.row.id_column), batch.column_by_name(KEY)) else {
                continue;
            };
            let (Some(ids), keys) = (ids.as_fixed_size_binary_opt(), KeyColumn::new(keys.clone())?) else { continue };
            for row in 0..ids.len() {
                let id: Option<[u8; 16]> = ids.value(row).try_into().ok();
                if let Some(example) = id.and_then(|id| wanted.get_mut(&id)) {
                    example.key = Some(keys.text(row)?);
                }
            }
        }
    }
    Ok(())
}
