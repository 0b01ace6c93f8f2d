//! Owns where rows that differ are written to: a folder for each flow, in Parquet files of bounded size.
//! Must not know: how they differ.

use arrow::array::RecordBatch;
use uuid::Uuid;

use crate::columnar::encode;
use crate::error::{At, Error, Result};
use crate::processor::compute;
use crate::run::Setting;
use crate::storage::Location;

/// The most rows and bytes of a file.
const FILE_ROWS: usize = 100_000;
const FILE_BYTES: usize = 192 << 20;
/// Where they are below the workspace.
const FOLDER: &str = "differences";

/// The folder for all flows.
pub struct Rows {
    place: Location,
}

impl Rows {
    /// In a folder that holds nothing else.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for one that does.
    pub async fn in_folder(place: Location) -> Result<Self> {
        if place.list().await?.is_empty() {
            return Ok(Self { place });
        }
        Err(Error::config("the folder for the rows that differ is not empty")
            .at(At::File, place.to_string())
            .hint("name a new folder with --out, or remove what is there"))
    }

    /// Below the workspace, in place of what the same comparison wrote before. `sides`: what says which comparison it is.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn in_workspace(sides: &str, setting: &Setting) -> Result<Self> {
        let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("rehome:difference:{sides}").as_bytes());
        let place = setting.place()?.child(FOLDER).child(&name.simple().to_string()[..12]);
        place.clear().await?;
        Ok(Self { place })
    }

    /// The folder, as it is shown.
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// A writer for the rows of one flow.
    pub fn of_flow(&mut self, flow: &str) -> Writer<'_> {
        Writer { place: &self.place, flow: flow.to_owned(), waiting: Vec::new(), rows: 0, bytes: 0, files: Vec::new() }
    }
}

/// Writes the rows of one flow: the same rows give the same bytes.
pub struct Writer<'a> {
    place: &'a Location,
    flow: String,
    waiting: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    files: Vec<String>,
}

impl Writer<'_> {
    /// Appends rows.
    ///
    /// # Errors
    /// What the place says.
    pub async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        self.bytes += batch.get_array_memory_size();
        self.waiting.push(batch);
        if self.rows >= FILE_ROWS || self.bytes >= FILE_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<()> {
        let batches = std::mem::take(&mut self.waiting);
        (self.rows, self.bytes) = (0, 0);
        let Some(schema) = batches.first().map(RecordBatch::schema) else { return Ok(()) };
        let bytes = compute(move || encode(&schema, &batches)).await??;
        let path = format!("{}/{:05}.parquet", self.flow, self.files.len());
        self.place.replace(&path, bytes).await?;
        self.files.push(path);
        Ok(())
    }

    /// Writes what is left and gives the files, in order.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub async fn finish(mut self) -> Result<Vec<String>> {
        self.flush().await?;
        Ok(self.files)
    }
}
