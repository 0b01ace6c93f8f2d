//! Owns how rows that are not as they shall be get their names: the legacy key, and the columns that differ. Only these rows are
//! looked at again. Must not know: how they were found.

use std::collections::{HashMap, HashSet};

use futures::StreamExt;

use super::compare::Part;
use super::found::{EXAMPLES, Example, What};
use super::outcomes::{Columns, Masks, Reader, each_row, from_of};
use super::scope::Scope;
use crate::error::{Error, Result};
use crate::key::KeyColumn;
use crate::outcome::{KEY, Outcome};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal};
use crate::target::Table;

const ONLY: &str = include_str!("../../sql/control/verify/only.sql");

/// Looks again at the rows of a part.
pub(super) struct Detail<'a> {
    pub reader: &'a Reader<'a>,
    pub scope: &'a Scope,
    pub columns: &'a Columns,
    pub masks: &'a Masks,
}

/// The canonical bytes of a row, column by column.
type Cells = Vec<Vec<u8>>;

#[derive(Default)]
struct Row {
    key: Option<String>,
    id: Option<String>,
    expected: Option<Cells>,
    actual: Option<Cells>,
}

impl Detail<'_> {
    /// All of these rows; the first of each sort with key and columns.
    pub async fn of(&self, wrong: Vec<(u128, What)>) -> Result<Vec<Example>> {
        let named = first_of_each(&wrong);
        let mut rows: HashMap<u128, Row> = named.iter().map(|id| (*id, Row::default())).collect();
        if !rows.is_empty() {
            self.expected(&mut rows).await?;
            let differ = wrong.iter().any(|(id, what)| *what != What::Missing && rows.contains_key(id));
            if differ {
                let id_column = self.reader.flow.row.is_derived().then_some(&*self.reader.flow.row.id_column);
                actual(self.reader.connection, self.reader.table, self.columns, self.reader.part, id_column, &mut rows)
                    .await?;
            }
        }
        let one = |(id, what)| {
            let Some(row) = rows.get(&id) else { return Example { what, key: None, id: None, columns: Vec::new() } };
            let shown = row.id.clone().or_else(|| self.columns.shows_uuid(id));
            Example { what, key: row.key.clone(), id: shown, columns: self.differing(id, row) }
        };
        Ok(wrong.into_iter().map(one).collect())
    }

    fn differing(&self, id: u128, row: &Row) -> Vec<String> {
        let (Some(expected), Some(actual)) = (&row.expected, &row.actual) else { return Vec::new() };
        let mask = self.masks.get(&id);
        let differs = |place: &usize| {
            expected.get(*place) != actual.get(*place) && !mask.is_some_and(|mask| mask.contains(place))
        };
        (0..expected.len()).filter(differs).map(|place| self.columns.name(place).to_owned()).collect()
    }

    async fn expected(&self, rows: &mut HashMap<u128, Row>) -> Result<()> {
        for file in self.reader.flow.files_of(Outcome::Migrated).filter(|file| file.rows > 0) {
            let Some((columns, batches)) = self.reader.prepared(file, self.scope).await? else { continue };
            for batch in &batches {
                let keys = keys(batch)?;
                each_row(batch, &columns, self.reader.part, |at, id, ends, bytes| {
                    if let Some(row) = rows.get_mut(&id) {
                        row.key = Some(keys.text(at)?);
                        row.expected = Some(cells(ends, bytes));
                    }
                    Ok(())
                })?;
            }
        }
        let adopted = [KEY, self.reader.flow.row.row_column()];
        for file in self.reader.flow.files_of(Outcome::Adopted).filter(|_| self.reader.flow.row.is_derived()) {
            for batch in self.reader.store.read_columns(file, &adopted).await? {
                let keys = keys(&batch)?;
                for (at, id) in crate::outcomes::row_ids(&batch, &self.reader.flow.row)?.into_iter().enumerate() {
                    if let Some(row) = rows.get_mut(&id.as_u128()) {
                        row.key = Some(keys.text(at)?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The first of each sort, as many as are named.
fn first_of_each(wrong: &[(u128, What)]) -> HashSet<u128> {
    let mut counts: HashMap<What, usize> = HashMap::new();
    let mut first = HashSet::new();
    for (id, what) in wrong {
        let count = counts.entry(*what).or_default();
        *count += 1;
        if *count <= EXAMPLES {
            first.insert(*id);
        }
    }
    first
}

fn keys(batch: &arrow::array::RecordBatch) -> Result<KeyColumn> {
    let keys = batch.column_by_name(KEY).ok_or_else(|| Error::unexpected("outcome rows without a key"))?;
    KeyColumn::new(keys.clone())
}

fn cells(ends: &[usize], bytes: &[u8]) -> Cells {
    (0..ends.len()).map(|place| bytes[from_of(ends, place)..ends[place]].to_vec()).collect()
}

/// Reads rows of the target once more.
async fn actual(
    connection: &Connection,
    table: &Table,
    columns: &Columns,
    part: Part,
    id_column: Option<&str>,
    rows: &mut HashMap<u128, Row>,
) -> Result<()> {
    let chosen = id_column.map(|column| {
        let ids: Vec<String> = rows.keys().map(|id| uuid::Uuid::from_u128(*id).to_string()).collect();
        let ids = quote_literal(&format!("{{{}}}", ids.join(",")));
        fill(ONLY, &[("id", &quote_ident(column)), ("ids", &ids)])
    });
    let showing = columns.clone().showing_identity();
    let statement = showing.statement(table, part, chosen);
    let stream = connection.copy_out(statement.as_str()).await?;
    tokio::pin!(stream);
    let mut reader = showing.reader(part);
    while let Some(bytes) = connection.watched(stream.next()).await {
        reader.look(&bytes?, |shown, id, ends, bytes| {
            if let Some(row) = rows.get_mut(&id) {
                row.id = shown.map(|text| String::from_utf8_lossy(text).into_owned());
                row.actual = Some(cells(ends, bytes));
            }
            Ok(())
        })?;
    }
    reader.end()
}

/// Rows that no outcome accounts for, the first of them with what tells them apart in the target.
pub(super) async fn too_many(
    connection: &Connection,
    table: &Table,
    columns: &Columns,
    ids: &[u128],
) -> Result<Vec<Example>> {
    let mut rows: HashMap<u128, Row> = ids.iter().take(EXAMPLES).map(|id| (*id, Row::default())).collect();
    if !rows.is_empty() && columns.shows_uuid(0).is_none() {
        actual(connection, table, columns, Part { low: 0, high: u128::MAX }, None, &mut rows).await?;
    }
    let one = |id: &u128| {
        let shown = rows.get(id).and_then(|row| row.id.clone()).or_else(|| columns.shows_uuid(*id));
        Example { what: What::Extra, key: None, id: shown, columns: Vec::new() }
    };
    Ok(ids.iter().map(one).collect())
}
