//! Owns what the values of a snapshot say, by queries over it: how many are NULL, which words there are, what resolves.
//! Must not know: what the figures are used for.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;

use super::source::Source;
use super::spelling::of;
use crate::cancel::Cancel;
use crate::diagnosis::Text;
use crate::engine::{Engine, Schema};
use crate::error::{Error, Result};
use crate::server::sql::fill;
use crate::snapshot::Snapshot;
use crate::views;

const PROFILE: &str = include_str!("../../sql/control/introspect/profile.sql");
const VOCABULARY: &str = include_str!("../../sql/control/introspect/vocabulary.sql");
const RESOLVES: &str = include_str!("../../sql/control/introspect/resolves.sql");
const DUPLICATES: &str = include_str!("../../sql/control/introspect/duplicates.sql");
/// Of more words than these, a column is no vocabulary.
const WORDS: usize = 60;

/// A snapshot that can be asked.
pub struct Statistics<'a> {
    engine: &'a Engine,
    cancel: &'a Cancel,
}

/// The distinct values of a column, the most frequent first, each with its count.
pub type Vocabulary = Vec<(String, u64)>;

impl<'a> Statistics<'a> {
    /// Makes the tables of the source known to the engine.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] for a file that was changed.
    pub async fn new(engine: &'a Engine, snapshot: &Snapshot, source: &Source, cancel: &'a Cancel) -> Result<Self> {
        for table in &source.tables {
            let is = |known: &&crate::snapshot::Table| known.schema == table.schema && known.name == table.name;
            let Some(stored) = snapshot.manifest().tables.iter().find(is) else { continue };
            let rows = views::bare(engine, snapshot, stored).await?;
            engine.register_source(&table.schema, &table.name, rows.clone())?;
            if !table.ambiguous {
                engine.register(Schema::Source, &table.name, rows)?;
            }
        }
        Ok(Self { engine, cancel })
    }

    /// How many rows of a table, under an alias, fulfil each of these conditions; None for one that the engine does not take.
    ///
    /// # Errors
    /// What running the query meets.
    pub async fn counts(&self, table: (&str, &str), conditions: &[String]) -> Result<Vec<Option<u64>>> {
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let together = self.count_all(table, conditions).await;
        if let Ok(counts) = together {
            return Ok(counts.into_iter().map(Some).collect());
        }
        let mut counts = Vec::with_capacity(conditions.len());
        for condition in conditions {
            counts.push(match self.count_all(table, std::slice::from_ref(condition)).await {
                Ok(one) => one.first().copied(),
                Err(error) if self.cancel.is_cancelled() => return Err(error),
                Err(_) => None,
            });
        }
        Ok(counts)
    }

    async fn count_all(&self, (table, alias): (&str, &str), conditions: &[String]) -> Result<Vec<u64>> {
        use std::fmt::Write;
        let mut figures = String::new();
        for (at, condition) in conditions.iter().enumerate() {
            let _ = write!(figures, ",\n    count(case when {condition} then 1 end) as c{at}");
        }
        let batches = self.query(&fill(PROFILE, &[("figures", &figures), ("table", table), ("alias", alias)])).await?;
        let batch = batches.first().ok_or_else(|| Error::unexpected("a count gave no row"))?;
        (1..=conditions.len()).map(|at| number(batch, at)).collect()
    }

    /// Is this a condition, or a value, that the engine takes over a table under an alias?
    pub async fn plans(&self, (table, alias): (&str, &str), value: &str) -> bool {
        let figures = format!(",\n    count({value}) as c0");
        let sql = fill(PROFILE, &[("figures", &figures), ("table", table), ("alias", alias)]);
        self.engine.plan_unplaced(Text { file: "statistics", sql: &sql }, &[]).await.is_ok()
    }

    /// The words of a column, if they are few.
    ///
    /// # Errors
    /// What running the query meets.
    pub async fn vocabulary(&self, table: &str, column: &str) -> Result<Option<Vocabulary>> {
        let limit = (WORDS + 1).to_string();
        let sql = fill(VOCABULARY, &[("value", &of("t", column)), ("table", table), ("limit", &limit)]);
        let mut words = Vocabulary::new();
        for batch in self.query(&sql).await? {
            let texts = cast(batch.column(0), &DataType::Utf8).map_err(|_| Error::unexpected("a word is no text"))?;
            for (row, word) in texts.as_string::<i32>().iter().enumerate() {
                let times = batch.column(1).as_primitive::<Int64Type>().value(row);
                words.extend(word.map(|word| (word.to_owned(), times.unsigned_abs())));
            }
        }
        Ok((words.len() <= WORDS).then_some(words))
    }

    /// How many values a column has, and how many of them are values of another table's column.
    ///
    /// # Errors
    /// What running the query meets.
    pub async fn resolves(&self, (table, column): (&str, &str), (other, key): (&str, &str)) -> Result<(u64, u64)> {
        let names = [("table", table), ("value", &of("t", column)), ("other", other), ("key", &of("o", key))];
        let batches = self.query(&fill(RESOLVES, &names)).await?;
        let batch = batches.first().ok_or_else(|| Error::unexpected("a count gave no row"))?;
        Ok((number(batch, 0)?, number(batch, 1)?))
    }

    /// How many values of a column are there again, beyond the first of each; and how many are empty texts.
    ///
    /// # Errors
    /// What running the query meets.
    pub async fn duplicates(&self, table: &str, column: &str) -> Result<(u64, u64)> {
        let batches = self.query(&fill(DUPLICATES, &[("table", table), ("value", &of("t", column))])).await?;
        let batch = batches.first().ok_or_else(|| Error::unexpected("a count gave no row"))?;
        Ok((number(batch, 0)?, number(batch, 1)?))
    }

    async fn query(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        self.cancel.check()?;
        let text = Text { file: "statistics", sql };
        let frame = self.engine.plan_unplaced(text, &[]).await?;
        let stream = self.engine.stream(frame, text, None).await?;
        let batches: Vec<RecordBatch> =
            stream.try_collect().await.map_err(|error| crate::diagnosis::running(&error, "statistics"))?;
        Ok(batches.into_iter().filter(|batch| batch.num_rows() > 0).collect())
    }
}

fn number(batch: &RecordBatch, at: usize) -> Result<u64> {
    let column = batch.column(at);
    let whole = column.as_primitive_opt::<Int64Type>().filter(|column| column.len() == 1);
    whole.map(|column| column.value(0).unsigned_abs()).ok_or_else(|| Error::unexpected("a count is no number"))
}
