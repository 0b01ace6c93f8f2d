//! Owns the frozen source: Parquet files and the manifest that is published last and names them all.
//! Must not know: where the rows come from (a database, a sample) or who reads them.

mod manifest;
mod writer;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use crate::columnar::{self, Footer};
use crate::error::{At, Error, Kind, Result};
use crate::processor::compute;
use crate::storage::{Location, sha256};

pub use crate::columnar::PG_TYPE;
pub use manifest::{Column, File, Manifest, Origin, REFUSED, REFUSED_KEYS, Refused, Table};
pub use writer::{Part, TableHeader, Writer};

/// The manifest's name inside a snapshot.
pub const MANIFEST: &str = "manifest.json";
/// Files that are checked at a time.
const CHECKED_AT_ONCE: usize = 4;
/// The end of a file that is read for its schema, at first.
const FOOTER: u64 = 32 * 1024;

/// A published snapshot. Its files never change.
#[derive(Debug, Clone)]
pub struct Snapshot {
    manifest: Arc<Manifest>,
    location: Location,
}

impl Snapshot {
    /// Opens a published snapshot. Only the manifest is read; [`Snapshot::check`] reads the files.
    ///
    /// # Errors
    /// [`Kind::Config`] when there is none, [`Kind::Corrupt`] when its manifest cannot be read or is not its own.
    pub async fn open(location: Location) -> Result<Self> {
        let Some(bytes) = location.get(MANIFEST).await? else {
            return Err(Error::config(format!("there is no snapshot at {location}"))
                .hint("make one with: rehome snapshot; one that was interrupted has no manifest and is void"));
        };
        let broken = |message: &str| Error::new(Kind::Corrupt, message.to_owned()).at(At::File, MANIFEST);
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|_| broken("the snapshot's manifest cannot be read"))?;
        if manifest.version != manifest::VERSION {
            return Err(Error::config(format!("the snapshot is of version {}", manifest.version))
                .hint("read it with the version of rehome that wrote it"));
        }
        if manifest.id != manifest::identity(&manifest.tables) {
            return Err(broken("the snapshot's manifest was changed: it does not match its own id"));
        }
        Ok(Self { manifest: Arc::new(manifest), location })
    }

    /// The hash of its content: the same tables and rows have the same id, whenever they were read.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// A table by its name, or by `schema.name`; by its name alone, the schema `public` goes first.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        let tables = &self.manifest.tables;
        tables
            .iter()
            .find(|table| table.schema == "public" && table.name == name)
            .or_else(|| tables.iter().find(|table| table.name == name))
            .or_else(|| tables.iter().find(|table| table.qualified() == name))
    }

    /// Reads every file and compares size and hash with the manifest.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] naming the first file that differs or is missing.
    pub async fn check(&self) -> Result<()> {
        let files = self.manifest.tables.iter().flat_map(Table::all_files);
        futures::stream::iter(files.map(Ok))
            .try_for_each_concurrent(CHECKED_AT_ONCE, |file| self.check_file(file))
            .await
    }

    async fn check_file(&self, file: &File) -> Result<()> {
        let corrupt = |message: &str| {
            Err(Error::new(Kind::Corrupt, message.to_owned())
                .at(At::File, &file.path)
                .hint("restore the snapshot from a copy, or make a new one with: rehome snapshot"))
        };
        let Some(bytes) = self.location.get(&file.path).await? else {
            return corrupt("a file of the snapshot is missing");
        };
        if bytes.len() as u64 != file.bytes {
            return corrupt("a file of the snapshot has another size than its manifest says");
        }
        let hash = compute(move || sha256(&bytes)).await?;
        if hash == file.sha256 { Ok(()) } else { corrupt("a file of the snapshot was changed: its hash differs") }
    }

    /// The Arrow schema of a table, with the PostgreSQL type of each field in its metadata, under [`PG_TYPE`].
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when the table's first file cannot be read.
    pub async fn arrow_schema(&self, table: &Table) -> Result<SchemaRef> {
        let corrupt = || {
            Error::new(Kind::Corrupt, "a table of the snapshot has no readable schema").at(At::Table, table.qualified())
        };
        let file = table.files.first().ok_or_else(corrupt)?;
        let (store, path) = (self.location.store(), self.location.path(&file.path));
        let mut length = FOOTER.min(file.bytes);
        loop {
            let end = store.get_range(&path, file.bytes - length..file.bytes).await;
            let end = end.map_err(|_| corrupt().at(At::File, &file.path))?;
            match columnar::schema(&end, file.bytes)? {
                Footer::Schema(schema) => return Ok(schema),
                Footer::Longer(needed) if needed > length && needed <= file.bytes => length = needed,
                Footer::Longer(_) => return Err(corrupt().at(At::File, &file.path)),
            }
        }
    }

    /// The batches of one file of a table, hash-checked before they are decoded.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] as [`Snapshot::check`].
    pub async fn read(&self, file: &File) -> Result<Vec<arrow::array::RecordBatch>> {
        self.check_file(file).await?;
        let bytes = self.location.get(&file.path).await?.unwrap_or_default();
        columnar::decode(bytes).map_err(|error| error.at(At::File, &file.path))
    }

    /// All batches of a table, in the order of its files. For small tables and tests: it holds everything.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub async fn read_all(&self, table: &Table) -> Result<Vec<arrow::array::RecordBatch>> {
        let batches: Vec<Vec<_>> =
            futures::stream::iter(&table.files).then(|file| self.read(file)).try_collect().await?;
        Ok(batches.into_iter().flatten().collect())
    }
}
