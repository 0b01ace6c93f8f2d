//! Owns the proof of conservation: the keys of a flow's rows are exactly the keys of its source, each once.
//! Must not know: outcomes. It sees two ascending streams of keys, and remembers a handful of them.

use arrow::array::{ArrayRef, RecordBatch, StructArray};
use arrow::compute::SortOptions;
use arrow::datatypes::DataType;
use arrow::row::{Row, RowConverter, Rows, SortField};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use crate::diagnosis::running;
use crate::error::{At, Error, Kind, Result};
use crate::key::{KeyColumn, parts};

/// How many keys an error names of each sort.
const EXAMPLES: usize = 10;

/// What is wrong with the keys so far.
#[derive(Debug, Default)]
struct Breach {
    rows: u64,
    keys: Vec<String>,
}

impl Breach {
    fn add(&mut self, key: impl FnOnce() -> Result<String>) -> Result<()> {
        self.rows += 1;
        if self.keys.len() < EXAMPLES {
            self.keys.push(key()?);
        }
        Ok(())
    }

    fn told(&self, what: &str) -> String {
        format!("{} {what} (keys {})", self.rows, self.keys.join(", "))
    }
}

/// The key that came last: one buffer for all of a stream.
#[derive(Debug, Default)]
struct Last(Vec<u8>);

impl Last {
    /// Is it the same as the one before? It is the last one from now on.
    fn repeats(&mut self, row: Row<'_>) -> bool {
        // Each row has a byte that tells whether it is NULL: only before the first one, nothing is here.
        if self.0 == row.data() {
            return true;
        }
        self.0.clear();
        self.0.extend_from_slice(row.data());
        false
    }
}

/// Compares the keys of a flow with the keys of its source, as both stream by in ascending order.
pub struct Conservation {
    file: String,
    source: SendableRecordBatchStream,
    converter: RowConverter,
    /// For whole keys, where several rows of a flow may share a row of the source.
    whole: Option<RowConverter>,
    /// The parts of a key that the source has.
    parts: usize,
    /// The source's batch at hand, and the next row in it.
    batch: Option<(Rows, ArrayRef)>,
    next: usize,
    last_of_source: Last,
    last_of_flow: Last,
    last_of_whole: Last,
    source_rows: u64,
    lost: Breach,
    doubled: Breach,
    invented: Breach,
    /// Keys that the source itself holds more than once.
    ambiguous: Breach,
}

impl Conservation {
    /// `source` gives the keys of the source as columns, ascending; `kinds` are the types of the key's parts, of which the
    /// source has the first `parts`.
    ///
    /// # Errors
    /// [`Kind::Config`] for a type that cannot be compared.
    pub fn new(file: &str, source: SendableRecordBatchStream, kinds: &[DataType], parts: usize) -> Result<Self> {
        let order = SortOptions { descending: false, nulls_first: false };
        let converter = |kinds: &[DataType]| {
            let fields = kinds.iter().map(|kind| SortField::new_with_options(kind.clone(), order)).collect();
            RowConverter::new(fields)
                .map_err(|_| Error::config("keys of this type cannot be compared").at(At::File, file))
        };
        let whole = if parts < kinds.len() { Some(converter(kinds)?) } else { None };
        let converter = converter(&kinds[..parts.min(kinds.len())])?;
        Ok(Self {
            file: file.to_owned(),
            source,
            converter,
            whole,
            parts,
            batch: None,
            next: 0,
            last_of_source: Last::default(),
            last_of_flow: Last::default(),
            last_of_whole: Last::default(),
            source_rows: 0,
            lost: Breach::default(),
            doubled: Breach::default(),
            invented: Breach::default(),
            ambiguous: Breach::default(),
        })
    }

    /// Takes the keys of the flow's next rows. False as long as something is broken: such rows are not stored.
    ///
    /// # Errors
    /// What reading the source meets.
    pub async fn take(&mut self, keys: &ArrayRef) -> Result<bool> {
        let own = parts(keys);
        let rows = self.rows(&own[..self.parts.min(own.len())])?;
        let broken = |_| Error::unexpected("keys of a flow cannot be compared");
        let whole = self.whole.as_ref().map(|whole| whole.convert_columns(&own)).transpose().map_err(broken)?;
        let texts = KeyColumn::new(keys.clone())?;
        for index in 0..rows.num_rows() {
            let key = rows.row(index);
            let same = self.last_of_flow.repeats(key);
            if let Some(whole) = &whole {
                if self.last_of_whole.repeats(whole.row(index)) {
                    self.doubled.add(|| texts.text(index))?;
                }
            } else if same {
                self.doubled.add(|| texts.text(index))?;
            }
            if same {
                continue;
            }
            loop {
                if !self.fill().await? {
                    self.invented.add(|| texts.text(index))?;
                    break;
                }
                let Some((source, _)) = &self.batch else { break };
                match source.row(self.next).cmp(&key) {
                    std::cmp::Ordering::Less => self.pass(true)?,
                    std::cmp::Ordering::Equal => {
                        self.pass(false)?;
                        break;
                    }
                    std::cmp::Ordering::Greater => {
                        self.invented.add(|| texts.text(index))?;
                        break;
                    }
                }
            }
        }
        Ok(self.intact())
    }

    fn intact(&self) -> bool {
        [&self.lost, &self.doubled, &self.invented, &self.ambiguous].iter().all(|breach| breach.rows == 0)
    }

    /// Goes to the source's next row; `lost` says that the flow had none for this one.
    fn pass(&mut self, lost: bool) -> Result<()> {
        let Some((rows, keys)) = &self.batch else { return Ok(()) };
        let (repeats, index) = (self.last_of_source.repeats(rows.row(self.next)), self.next);
        self.source_rows += 1;
        self.next += 1;
        if repeats {
            let keys = KeyColumn::new(keys.clone())?;
            return self.ambiguous.add(|| keys.text(index));
        }
        if lost {
            let keys = KeyColumn::new(keys.clone())?;
            self.lost.add(|| keys.text(index))?;
        }
        Ok(())
    }

    /// Sees to it that a row of the source is at hand; false at its end.
    async fn fill(&mut self) -> Result<bool> {
        while self.batch.as_ref().is_none_or(|(rows, _)| self.next >= rows.num_rows()) {
            let Some(batch) = self.source.next().await else { return Ok(false) };
            let batch = batch.map_err(|error| running(&error, &self.file))?;
            let rows = self.rows(batch.columns())?;
            self.batch = Some((rows, whole(&batch)));
            self.next = 0;
        }
        Ok(true)
    }

    fn rows(&self, columns: &[ArrayRef]) -> Result<Rows> {
        let broken =
            |_| Error::unexpected("keys of the flow and of the source have different types").at(At::File, &self.file);
        self.converter.convert_columns(columns).map_err(broken)
    }

    /// Ends the proof: every row of the source was met once. Gives the rows of the source.
    ///
    /// # Errors
    /// [`Kind::Verification`] with counts, up to ten keys of each sort, and what usually causes it.
    pub async fn finish(mut self) -> Result<u64> {
        while self.fill().await? {
            self.pass(true)?;
        }
        if self.intact() {
            return Ok(self.source_rows);
        }
        let mut told = Vec::new();
        let mut hints = Vec::new();
        if self.ambiguous.rows > 0 {
            told.push(self.ambiguous.told("rows of the source repeat a key"));
            hints.push("the header's `key` must identify a row: name all its columns");
        }
        if self.lost.rows > 0 {
            told.push(self.lost.told("rows of the source have no outcome"));
            hints.push("an inner join or a WHERE loses rows: use left joins, and reject or skip instead of filtering");
        }
        if self.doubled.rows > 0 {
            told.push(self.doubled.told("rows have more than one outcome"));
            hints.push(match self.whole {
                Some(_) => "rows of one key need different numbers in _ordinal",
                None => "a join fans out: its right side must have one row a key (aggregate it, or take row_number() = 1); where a row shall become several, say expand = true",
            });
        }
        if self.invented.rows > 0 {
            told.push(self.invented.told("rows have a key that the source does not have"));
            hints.push("_key must be the source's own key");
        }
        let message = format!("conservation is broken: {}", told.join("; "));
        Err(Error::new(Kind::Verification, message).at(At::File, &self.file).hint(hints.join("; ")))
    }
}

fn whole(batch: &RecordBatch) -> ArrayRef {
    match batch.columns() {
        [one] => one.clone(),
        _ => std::sync::Arc::new(StructArray::from(batch.clone())),
    }
}
