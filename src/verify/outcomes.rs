//! Owns how the stored outcomes of a flow become expected ids and hashes, and how the target is asked for the same.
//! Must not know: what is found in the comparison.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::canon::Canon;
use super::compare::{Part, Sum};
use super::scope::Scope;
use super::sums::{Hashes, Total};
use super::{actual, canon, expected, hash, sums};
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::outcome::{Outcome, RowIdentity};
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore, chosen, row_ids};
use crate::processor::compute;
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
    /// The text of what tells a row apart is selected before all else.
    shows_identity: bool,
}

/// Of rows, by their ids: the columns that are not compared, by their places.
pub(super) type Masks = HashMap<u128, Vec<usize>>;

/// The hash of a row without the columns of `mask`.
fn hash_of(bytes: &[u8], ends: &[usize], mask: Option<&Vec<usize>>) -> u128 {
    let Some(mask) = mask else { return hash::hash(bytes) };
    let mut left = Vec::with_capacity(bytes.len());
    for place in (0..ends.len()).filter(|place| !mask.contains(place)) {
        left.extend_from_slice(&bytes[from_of(ends, place)..ends[place]]);
    }
    hash::hash(&left)
}

/// Where the bytes of a column begin.
pub(super) fn from_of(ends: &[usize], place: usize) -> usize {
    place.checked_sub(1).map_or(0, |before| ends[before])
}

impl Columns {
    pub fn of(batch: &RecordBatch, table: &Table, flow: &FlowOutcomes) -> Result<Self> {
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
            return Ok(Self { all, id_column, identity: None, shows_identity: false });
        }
        let identity = table.identity(flow.row.named()).unwrap_or_default();
        let place = |name: &String| all.iter().position(|(own, _)| own == name);
        let identity: Option<Vec<usize>> = identity.iter().map(place).collect();
        let gone = || Error::new(crate::error::Kind::Drift, "the target's unique key has other columns by now");
        let identity = Some(identity.filter(|places| !places.is_empty()).ok_or_else(gone)?);
        Ok(Self { identity, id_column, all, shows_identity: false })
    }

    /// The same, with the text of what tells rows apart.
    pub fn showing_identity(self) -> Self {
        Self { shows_identity: true, ..self }
    }

    /// The name of a column.
    pub fn name(&self, place: usize) -> &str {
        self.all.get(place).map_or("", |(name, _)| name.as_str())
    }

    /// The id of a row as text, where it is a UUID of ours.
    pub fn shows_uuid(&self, id: u128) -> Option<String> {
        self.identity.is_none().then(|| Uuid::from_u128(id).to_string())
    }

    /// Nothing is known of columns: there was no file of rows.
    pub fn is_none(&self) -> bool {
        self.all.is_empty() && self.id_column.is_empty()
    }

    /// Are rows known by the same columns?
    pub fn is_known_as(&self, other: &Self) -> bool {
        let by = |columns: &Self| {
            let places = columns.identity.as_ref()?;
            Some(places.iter().map(|place| columns.name(*place).to_owned()).collect::<Vec<_>>())
        };
        by(self) == by(other) && (self.identity.is_some() || self.id_column == other.id_column)
    }

    /// The COPY that reads a part of the target, or the rows that `chosen` says.
    pub fn statement(&self, table: &Table, part: Part, chosen: Option<String>) -> String {
        let id = quote_ident(&self.id_column);
        let own = self.identity.is_none().then(|| id.clone());
        let shown = self.shows_identity.then(|| match &self.identity {
            None => format!("{id}::text"),
            Some(places) => {
                let texts = places.iter().map(|place| format!("{}::text", quote_ident(self.name(*place))));
                format!("concat_ws(', ', {})", texts.collect::<Vec<_>>().join(", "))
            }
        });
        let columns: Vec<_> =
            shown.into_iter().chain(own).chain(self.all.iter().map(|(name, canon)| canon.expression(name))).collect();
        let uuid = |id| quote_literal(&Uuid::from_u128(id).to_string());
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

    /// What the server adds up of each row, so that the sum can be compared with [`Reader::total`]; None where that cannot be.
    pub fn summed(&self) -> Option<Vec<String>> {
        let id = self.id().map(|name| (name, &Canon::Uuid));
        let columns = self.all.iter().map(|(name, canon)| (name.as_str(), canon));
        id.into_iter().chain(columns).map(|(name, canon)| sums::selected(canon, name)).collect()
    }

    /// The column of our UUIDs, where rows are known by them.
    fn id(&self) -> Option<&str> {
        self.identity.is_none().then_some(self.id_column.as_str())
    }

    /// Reads what the statement gives.
    pub fn reader(&self, part: Part) -> TargetReader {
        TargetReader { rows: actual::Rows::new(), columns: self.clone(), part, buffer: Vec::new() }
    }

    /// The hash of the columns that tell rows apart: their bytes begin at `ends[place - 1]`.
    fn known_by(places: &[usize], ends: &[usize], bytes: &[u8]) -> u128 {
        let mut own = Vec::with_capacity(32);
        for place in places {
            own.extend_from_slice(&bytes[from_of(ends, *place)..ends[*place]]);
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
    /// Gives each row's id and hash, without the columns that `masks` says of it.
    pub fn take(&mut self, bytes: &[u8], masks: &Masks, mut each: impl FnMut(u128, u128)) -> Result<()> {
        let mut row = |id: u128, ends: &[usize], buffer: &[u8]| {
            each(id, hash_of(buffer, ends, masks.get(&id)));
            Ok(())
        };
        self.look(bytes, |_, id, ends, buffer| row(id, ends, buffer))
    }

    /// Gives each row whole: the text by which it can be found, its id, and where its columns' canonical bytes end.
    pub fn look(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Option<&[u8]>, u128, &[usize], &[u8]) -> Result<()>,
    ) -> Result<()> {
        let Self { rows, columns, part, buffer } = self;
        let mut ends = Vec::with_capacity(columns.all.len());
        rows.take(bytes, |mut fields| {
            buffer.clear();
            ends.clear();
            let shown = if columns.shows_identity { fields.next().flatten() } else { None };
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
            if part.holds(id) { each(shown, id, &ends, buffer) } else { Ok(()) }
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

/// The rows of a flow that are expected in a part.
#[derive(Default)]
pub(super) struct Expected {
    /// Ids and hashes.
    pub rows: Vec<(u128, u128)>,
    pub columns: Columns,
    pub masks: Masks,
    /// The ids of rows of which it is known that others have changed them.
    pub excused: HashSet<u128>,
}

impl Reader<'_> {
    /// The rows expected in the part.
    pub async fn read(&self, scope: &Arc<Scope>) -> Result<Expected> {
        let files: Vec<&OutcomeFile> = self.flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0).collect();
        let done: Vec<Expected> =
            futures::stream::iter(files).map(|file| self.file(file, scope)).buffered(AT_A_TIME).try_collect().await?;
        let mut all = Expected::default();
        for of_file in done {
            if !of_file.columns.is_none() {
                all.columns = of_file.columns;
            }
            all.rows.extend(of_file.rows);
            all.masks.extend(of_file.masks);
            all.excused.extend(of_file.excused);
        }
        Ok(all)
    }

    /// The columns that are compared; None where no file tells them.
    pub async fn columns(&self) -> Result<Option<Columns>> {
        let Some(file) = self.flow.files_of(Outcome::Migrated).find(|file| file.rows > 0) else { return Ok(None) };
        let schema = self.store.schema(file).await?;
        Columns::of(&RecordBatch::new_empty(schema), self.table, self.flow).map(Some)
    }

    /// The sum of all rows that are expected.
    pub async fn sum(&self, scope: &Arc<Scope>) -> Result<Sum> {
        let files: Vec<&OutcomeFile> = self.flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0).collect();
        let of_file = async |file: &OutcomeFile| {
            let Some((columns, batches)) = self.prepared(file, scope).await? else { return Ok(Sum::default()) };
            let part = self.part;
            let sum = compute(move || sum_of_part(&batches, &columns, part));
            sum.await?
        };
        let sums = futures::stream::iter(files).map(of_file).buffered(AT_A_TIME);
        sums.try_fold(Sum::default(), async |all, one| Ok(all.with(one))).await
    }

    /// As [`Self::sum`], by the server's hashes; None where some value cannot be hashed so. `done` hears of rows.
    pub async fn total(&self, scope: &Arc<Scope>, hashes: Hashes, done: impl Fn(u64)) -> Result<Option<Total>> {
        let files: Vec<&OutcomeFile> = self.flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0).collect();
        let of_file = async |file: &OutcomeFile| {
            let Some((columns, batches)) = self.prepared(file, scope).await? else { return Ok(Some(Total::default())) };
            let total = compute(move || {
                let of_batch = |batch: &RecordBatch| hashes.total(batch, columns.id(), &columns.all);
                let all: Result<Option<Vec<Total>>> = batches.iter().map(of_batch).collect();
                all.map(|totals| totals.map(|totals| totals.into_iter().fold(Total::default(), Total::with)))
            });
            let total = total.await?;
            done(file.rows);
            total
        };
        let totals = futures::stream::iter(files).map(of_file).buffered(AT_A_TIME);
        let and = |one: Total, other: Option<Total>| other.map(|other| one.with(other));
        totals.try_fold(Some(Total::default()), async |all, one| Ok(all.and_then(|all| and(all, one)))).await
    }

    async fn file(&self, file: &OutcomeFile, scope: &Arc<Scope>) -> Result<Expected> {
        let Some((columns, batches)) = self.prepared(file, scope).await? else { return Ok(Expected::default()) };
        let (part, scope) = (self.part, scope.clone());
        let row = self.flow.row.clone();
        let hashed = tokio::task::spawn_blocking(move || expect(&batches, columns, part, &scope, &row)).await;
        hashed.map_err(|_| Error::unexpected("hashing was abandoned"))?
    }

    /// The rows of a file that are compared, as the server would have them.
    pub async fn prepared(&self, file: &OutcomeFile, scope: &Scope) -> Result<Option<(Columns, Vec<RecordBatch>)>> {
        self.cancel.check()?;
        let mut batches = self.store.read(file).await?;
        let Some(first) = batches.first() else { return Ok(None) };
        let columns = Columns::of(first, self.table, self.flow)?;
        for batch in &mut batches {
            // The server cannot say what it makes of a value that it refuses.
            if !scope.is_all() {
                *batch = chosen(batch, &self.flow.row, |id| scope.wants(id.as_u128()))?;
            }
            *batch = self.normalise(batch, &columns).await?;
        }
        Ok(Some((columns, batches)))
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

fn sum_of_part(batches: &[RecordBatch], columns: &Columns, part: Part) -> Result<Sum> {
    let mut sum = Sum::default();
    let mut add = |_: usize, id: u128, _: &[usize], bytes: &[u8]| {
        sum.add(id, hash::hash(bytes));
        Ok(())
    };
    batches.iter().try_for_each(|batch| each_row(batch, columns, part, &mut add))?;
    Ok(sum)
}

/// The number of some migrated rows and the sum of their hashes, as a table's rows are compared with it. Where only the server
/// understands a column's texts, it has been asked before.
///
/// # Errors
/// As a verification's: a column that the target has not, or that cannot be compared.
pub fn sum_of(batches: &[RecordBatch], table: &Table, flow: &FlowOutcomes) -> Result<(u64, u128)> {
    let Some(first) = batches.first() else { return Ok((0, 0)) };
    let columns = Columns::of(first, table, flow)?;
    let sum = sum_of_part(batches, &columns, Part { low: 0, high: u128::MAX })?;
    Ok((sum.rows, sum.hashes))
}

fn no_uuid() -> Error {
    Error::unexpected("an id that is no UUID")
}

fn expect(batches: &[RecordBatch], columns: Columns, part: Part, scope: &Scope, row: &RowIdentity) -> Result<Expected> {
    let mut expected = Expected::default();
    expected.rows.reserve(batches.iter().map(RecordBatch::num_rows).sum());
    let special = !scope.altered.is_empty() || scope.has_excuses();
    for batch in batches {
        let rows = if special { row_ids(batch, row)? } else { Vec::new() };
        each_row(batch, &columns, part, |at, id, ends, bytes| {
            let mut mask = None;
            if let Some(row) = rows.get(at).map(Uuid::as_u128) {
                if let Some(altered) = scope.altered.get(&row) {
                    let places =
                        (0..columns.all.len()).filter(|place| altered.iter().any(|name| name == columns.name(*place)));
                    mask = Some(places.collect::<Vec<_>>());
                }
                if scope.excuses(row) {
                    expected.excused.insert(id);
                }
            }
            expected.rows.push((id, hash_of(bytes, ends, mask.as_ref())));
            expected.masks.extend(mask.map(|mask| (id, mask)));
            Ok(())
        })?;
    }
    expected.columns = columns;
    Ok(expected)
}

/// Gives each row of a batch that is in the part: its place, its id, and where its columns' canonical bytes end.
pub(super) fn each_row(
    batch: &RecordBatch,
    columns: &Columns,
    part: Part,
    mut each: impl FnMut(usize, u128, &[usize], &[u8]) -> Result<()>,
) -> Result<()> {
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| Error::unexpected(format!("an outcome file lacks the column {name}")))
    };
    let ids = match columns.identity {
        Some(_) => None,
        None => Some(column(&columns.id_column)?.as_fixed_size_binary_opt().ok_or_else(no_uuid)?),
    };
    let writers =
        columns.all.iter().map(|(name, canon)| expected::writer(column(name)?, canon)).collect::<Result<Vec<_>>>()?;
    let (mut ends, mut buffer) = (Vec::with_capacity(writers.len()), Vec::new());
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
            each(row, id, &ends, &buffer)?;
        }
    }
    Ok(())
}
