//! Owns the frozen source: Parquet files and the manifest that is published last and names them all.
//! Must not know: where the rows come from (a database, a sample) or who reads them.

mod claim;
mod leftover;
mod manifest;
mod mend;
mod verify;
mod writer;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use arrow::datatypes::SchemaRef;
use futures::{StreamExt, TryStreamExt};

use crate::columnar;
use crate::error::{At, Error, Kind, Result};
use crate::name::{Name, Named};
use crate::processor::compute;
use crate::storage::Location;

pub use crate::columnar::PG_TYPE;
pub use leftover::{State, remove, state};
pub use manifest::{Column, File, Manifest, Masked, MaskedColumn, Origin, REFUSED, REFUSED_KEYS, Refused, Table};
pub use mend::{Edit, Mended, changed, mend, present};
pub use verify::{Bad, Verified};
pub use writer::{Encoded, Part, TableHeader, Writer};

/// The manifest's name inside a snapshot.
pub const MANIFEST: &str = "manifest.json";

/// A published snapshot. Its files never change.
#[derive(Debug, Clone)]
pub struct Snapshot {
    manifest: Arc<Manifest>,
    location: Location,
    /// The files that were found to be those of the manifest.
    checked: Arc<Mutex<HashSet<String>>>,
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
        let manifest = Manifest::read(&bytes).map_err(|error| {
            error
                .at(At::File, MANIFEST)
                .hint("restore the snapshot from a copy, or make a new one with: rehome snapshot")
        })?;
        Ok(Self { manifest: Arc::new(manifest), location, checked: Arc::default() })
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

    /// The one table of this name, or of this `schema.name`; None where there is none, or more than one.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        let name = Name::Loose(name.to_owned());
        let mut fitting = self.manifest.tables.iter().filter(|table| name.fits(&table.schema, &table.name));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// The table that a pipeline names; where the name fits several, the one of the pipeline's `schemas`.
    ///
    /// # Errors
    /// As [`Named::among`].
    pub fn named(&self, named: &Named, schemas: &[String]) -> Result<&Table> {
        named.among(&self.manifest.tables, schemas, |table| (&table.schema, &table.name))
    }

    /// Is there any table that is named so?
    #[must_use]
    pub fn has(&self, named: &Named) -> bool {
        self.manifest.tables.iter().any(|table| named.name.fits(&table.schema, &table.name))
    }

    /// The Arrow schema of a table, with the PostgreSQL type of each field in its metadata, under [`PG_TYPE`].
    /// Who asks for it is about to read the table, by an engine that knows no hashes: so its files are checked first.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when one of the table's files is missing, was changed or cannot be read.
    pub async fn arrow_schema(&self, table: &Table) -> Result<SchemaRef> {
        self.check_table(table).await.map_err(|error| error.at(At::Table, table.qualified()))?;
        self.types_of(table).await
    }

    /// The same for a look at its types alone: no file is checked.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when its first file is missing or cannot be read.
    pub async fn types_of(&self, table: &Table) -> Result<SchemaRef> {
        let corrupt = || {
            Error::new(Kind::Corrupt, "a table of the snapshot has no readable schema").at(At::Table, table.qualified())
        };
        let file = table.files.first().ok_or_else(corrupt)?;
        Ok(self.footer(file).await?.schema().clone())
    }

    /// The batches of one file of a table, hash-checked before they are decoded.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] as [`Snapshot::check`].
    pub async fn read(&self, file: &File) -> Result<Vec<arrow::array::RecordBatch>> {
        let bytes = self.bytes_of(file).await?;
        compute(move || columnar::decode(bytes)).await?.map_err(|error| error.at(At::File, &file.path))
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
