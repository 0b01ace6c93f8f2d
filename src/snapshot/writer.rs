//! Owns how a snapshot comes to be: parts in any order and from anywhere, then the manifest. Until then there is none.
//! Must not know: where the batches come from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::claim::Claim;
use super::leftover::is_partial;
use super::manifest::{self, Column, File, Manifest, Origin, Table, is_ours};
use super::{MANIFEST, Snapshot};
use crate::columnar::{Encoder, PG_TYPE};
use crate::error::{At, Error, Kind, Result};
use crate::failpoint::durable;
use crate::processor::compute;
use crate::storage::{Location, sha256};

/// Digits of the content's hash in a file's name.
const HASH_IN_NAME: usize = 16;

/// What a table is called, and how its rows are told apart and ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableHeader {
    pub schema: String,
    pub name: String,
    /// As [`Table::key`].
    pub key: Vec<String>,
    /// As [`Table::sorted_by`]: only what is true across all parts, in the order of their indexes.
    pub sorted_by: Vec<String>,
}

impl TableHeader {
    /// The manifest's entry of a table with these columns and files (in the order of their indexes).
    #[must_use]
    pub fn table(&self, schema: &Schema, files: Vec<File>) -> Table {
        let columns = schema.fields().iter().map(|field| Column {
            name: field.name().clone(),
            pg_type: field.metadata().get(PG_TYPE).cloned().unwrap_or_default(),
            nullable: field.is_nullable(),
            arrow: format!("{:?}", field.data_type()),
        });
        Table {
            schema: self.schema.clone(),
            name: self.name.clone(),
            rows: files.iter().map(|file| file.rows).sum(),
            key: self.key.clone(),
            sorted_by: self.sorted_by.clone(),
            columns: columns.collect(),
            files,
            refused: None,
        }
    }

    /// A folder's name. Names with anything unusual in them are told apart by a hash.
    fn folder(&self) -> String {
        let name = format!("{}.{}", self.schema, self.name);
        let usual = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-');
        if name.chars().all(usual) && !name.starts_with('.') && name.matches('.').count() == 1 {
            return name;
        }
        let plain: String = name.chars().map(|char| if usual(char) { char } else { '_' }).collect();
        let mut hash = sha256(format!("{:?}.{:?}", self.schema, self.name).as_bytes());
        hash.truncate(HASH_IN_NAME);
        format!("{}-{hash}", plain.trim_start_matches('.'))
    }
}

/// Writes a snapshot. Clones write the same one; parts may be written from several threads and tasks at once.
#[derive(Debug, Clone)]
pub struct Writer {
    location: Location,
    /// The files that were not there before.
    written: Arc<Mutex<Vec<String>>>,
    /// Of a local folder: nobody else writes there.
    claim: Arc<Mutex<Option<Claim>>>,
}

/// One file of a table in the making. Encoding is work for a processor: not for long on an asynchronous task.
pub struct Part {
    writer: Writer,
    encoder: Encoder,
    folder: String,
    label: String,
    rows: u64,
}

impl Writer {
    /// Begins a snapshot at a place that holds none.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the place holds a snapshot already, [`crate::error::Kind::Locked`] when one
    /// is being written to this folder.
    pub async fn create(location: Location) -> Result<Self> {
        let refused = || Err(occupied(&location));
        // Looked at before, so that a snapshot's folder is not touched, and after, when nobody else can publish there.
        if location.get(MANIFEST).await?.is_some() {
            return refused();
        }
        let claim = location.local().map(Claim::take).transpose()?;
        if claim.is_some() && location.get(MANIFEST).await?.is_some() {
            claim.into_iter().for_each(Claim::leave);
            return refused();
        }
        Ok(Self { location, written: Arc::default(), claim: Arc::new(Mutex::new(claim)) })
    }

    /// Begins a file of a table, whose name begins with `label`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for an Arrow type that Parquet has no form for.
    pub fn part(&self, table: &TableHeader, label: &str, schema: &SchemaRef) -> Result<Part> {
        let encoder = Encoder::new(schema, &table.sorted_by)?;
        Ok(Part { writer: self.clone(), encoder, folder: table.folder(), label: label.to_owned(), rows: 0 })
    }

    /// Writes the file number `index` of a table whole, encoding it away from the asynchronous tasks.
    ///
    /// # Errors
    /// As [`Writer::part`], [`Part::write`] and [`Encoded::publish`].
    pub async fn put_part(
        &self,
        table: &TableHeader,
        index: usize,
        schema: SchemaRef,
        batches: &[RecordBatch],
    ) -> Result<File> {
        let (writer, table, batches) = (self.clone(), table.clone(), batches.to_vec());
        let encoded = compute(move || {
            let mut part = writer.part(&table, &format!("{index:05}"), &schema)?;
            batches.iter().try_for_each(|batch| part.write(batch))?;
            part.finish()
        });
        encoded.await??.publish().await
    }

    /// Takes over a file of another snapshot as it is.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] for a file that has changed; what the store says.
    pub async fn take_over(&self, from: &Snapshot, file: &File) -> Result<File> {
        let bytes = from.bytes_of(file).await?;
        self.put(file.clone(), bytes).await
    }

    /// Takes back files that will not be part of the snapshot. Best effort: no manifest names them.
    pub async fn discard(&self, files: &[File]) {
        for file in files {
            self.take_back(&file.path).await;
        }
    }

    async fn put(&self, file: File, bytes: bytes::Bytes) -> Result<File> {
        // Noted before: what is given up half-way may be there all the same.
        self.noted().push(file.path.clone());
        if !durable("snapshot_file", self.location.create(&file.path, bytes)).await? {
            // Left by an earlier attempt, or another writer's: not ours to take back.
            self.noted().retain(|written| *written != file.path);
        }
        Ok(file)
    }

    fn noted(&self) -> MutexGuard<'_, Vec<String>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the manifest: from here on the snapshot is there, and never changes. Of two writers at one place the
    /// first one publishes. What other attempts left at the place goes, so that its files are those of the snapshot.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when somebody else has published there, [`crate::error::Kind::Retryable`] when
    /// files have vanished meanwhile; what the store says. Nothing is published then.
    pub async fn publish(self, source: Origin, tables: Vec<Table>) -> Result<Snapshot> {
        if let Err(error) = self.seal(source, tables).await {
            self.abandon().await;
            return Err(error);
        }
        if let Some(claim) = self.claim.lock().unwrap_or_else(PoisonError::into_inner).take() {
            claim.leave();
        }
        let snapshot = Snapshot::open(self.location.clone()).await?;
        for name in snapshot.strays().await?.into_iter().filter(|name| is_ours(name) || is_partial(name)) {
            self.take_back(&name).await;
        }
        Ok(snapshot)
    }

    async fn seal(&self, source: Origin, mut tables: Vec<Table>) -> Result<()> {
        tables.sort_by(|left, right| (&left.schema, &left.name).cmp(&(&right.schema, &right.name)));
        let there = self.location.sizes().await?;
        if tables.iter().flat_map(Table::all_files).any(|file| there.get(&file.path) != Some(&file.bytes)) {
            return Err(Error::new(Kind::Retryable, "files of the snapshot vanished or changed while it was taken")
                .hint("does somebody else write to this place, or clean it?"));
        }
        let manifest = Manifest {
            version: manifest::VERSION,
            id: manifest::identity(&tables),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: chrono::Utc::now(),
            source,
            tables,
            checksum: String::new(),
        };
        let bytes = bytes::Bytes::from(manifest.seal()?);
        let ours = durable("snapshot", self.location.create(MANIFEST, bytes.clone())).await?
            // A store may have taken it, and told so in an answer that was lost.
            || self.location.get(MANIFEST).await?.is_some_and(|there| there == bytes);
        if ours { Ok(()) } else { Err(occupied(&self.location)) }
    }

    /// Takes back what was written: for a snapshot that will not be published. Best effort, nothing depends on it.
    pub async fn abandon(self) {
        let written = std::mem::take(&mut *self.noted());
        // Somebody else may have published there, with files that are the same.
        let published = Snapshot::open(self.location.clone()).await.ok();
        let named = |name: &String| {
            let tables = published.iter().flat_map(|snapshot| &snapshot.manifest().tables);
            tables.flat_map(Table::all_files).any(|file| file.path == *name)
        };
        for name in written.iter().filter(|name| !named(name)) {
            self.take_back(name).await;
        }
        if let Some(claim) = self.claim.lock().unwrap_or_else(PoisonError::into_inner).take() {
            claim.give_up();
        }
    }

    async fn take_back(&self, name: &str) {
        if self.location.remove(name).await.is_err() {
            log::debug!("a file that is not the snapshot's stays: {name}");
        }
    }
}

fn occupied(location: &Location) -> Error {
    Error::config(format!("there is a snapshot already at {location}"))
        .hint("snapshots are never overwritten: name another place")
}

impl Part {
    /// Adds rows; they must fit the schema, and the order that the table's header declares.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] for a batch of another schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.encoder.write(batch)
    }

    /// Rows added so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn finish(self) -> Result<Encoded> {
        let bytes = self.encoder.finish()?;
        let sha256 = sha256(&bytes);
        let path = format!("data/{}/{}-{}.parquet", self.folder, self.label, &sha256[..HASH_IN_NAME]);
        let file = File { path, rows: self.rows, bytes: bytes.len() as u64, sha256 };
        Ok(Encoded { writer: self.writer, file, bytes })
    }
}

/// A file that is whole, in memory.
pub struct Encoded {
    writer: Writer,
    file: File,
    bytes: bytes::Bytes,
}

impl Encoded {
    /// Its bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.file.bytes
    }

    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.file.rows
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// [`crate::error::Kind::Resources`] when the disk is full, else what the store says.
    pub async fn publish(self) -> Result<File> {
        let path = self.file.path.clone();
        self.writer.put(self.file, self.bytes).await.map_err(|error| error.at(At::File, path))
    }
}

#[cfg(test)]
mod tests {
    use super::TableHeader;

    fn folder(schema: &str, name: &str) -> String {
        TableHeader { schema: schema.into(), name: name.into(), key: Vec::new(), sorted_by: Vec::new() }.folder()
    }

    #[test]
    fn folders_are_plain_and_apart() {
        assert_eq!(folder("public", "dispatch_plan"), "public.dispatch_plan");
        assert_ne!(folder("a.b", "c"), folder("a", "b.c"));
        for odd in ["../../etc", "a/b", "näme", "a b", "%2e"] {
            let folder = folder("public", odd);
            assert!(folder.starts_with("public.") && !folder.contains(['/', ' ', '%']), "{folder}");
        }
        assert!(!folder("..", "x").starts_with('.'));
    }
}
