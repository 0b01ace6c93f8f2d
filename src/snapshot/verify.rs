//! Owns the proof that a snapshot's files are those of its manifest, byte by byte.
//! Must not know: what the rows mean.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{File, MANIFEST, Snapshot, Table};
use crate::cancel::Cancel;
use crate::columnar::{self, Footer};
use crate::error::{At, Error, Kind, Result};
use crate::processor::compute;
use crate::progress::Sink;

/// Files that are checked at a time.
const AT_ONCE: usize = 4;
/// Bytes that are read at a time.
const PIECE: u64 = 8 << 20;
/// The end of a file that is read for its footer, at first.
const FOOTER: u64 = 32 * 1024;

/// What was looked at, and all that is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Verified {
    /// Files, rows and bytes that the manifest names, without itself.
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
    /// In the order of the manifest.
    pub bad: Vec<Bad>,
    /// Files that lie there and are not the snapshot's. They do no harm to rehome, but others may read them.
    pub strays: Vec<String>,
}

/// A file that is not what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Bad {
    pub file: String,
    /// `schema.table`.
    pub table: String,
    pub problem: String,
}

impl Bad {
    /// As an error, with what to do about it.
    #[must_use]
    pub fn error(&self) -> Error {
        corrupt(&self.problem, &self.file).at(At::Table, &self.table)
    }
}

fn corrupt(problem: &str, file: &str) -> Error {
    Error::new(Kind::Corrupt, problem)
        .at(At::File, file)
        .hint("restore the snapshot from a copy, or make a new one with: rehome snapshot")
}

impl Snapshot {
    /// Reads every file and compares size and hash with the manifest.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] naming a file that differs or is missing; what the store says.
    pub async fn check(&self) -> Result<()> {
        self.check_files(self.manifest.tables.iter().flat_map(Table::all_files)).await
    }

    async fn check_files<'a>(&self, files: impl Iterator<Item = &'a File>) -> Result<()> {
        futures::stream::iter(files.map(Ok)).try_for_each_concurrent(AT_ONCE, |file| self.check_file(file)).await
    }

    /// As [`Snapshot::check`], of one table, and only of files that were not checked before.
    pub(super) async fn check_table(&self, table: &Table) -> Result<()> {
        let known = |file: &&File| !self.checked.lock().is_ok_and(|checked| checked.contains(&file.path));
        let files: Vec<&File> = table.all_files().filter(known).collect();
        self.check_files(files.into_iter()).await
    }

    /// As [`Snapshot::check`], of one table.
    ///
    /// # Errors
    /// As [`Snapshot::check`].
    pub async fn check_anew(&self, table: &Table) -> Result<()> {
        self.check_files(table.all_files()).await
    }

    /// The same snapshot for somebody who knows that its files have been checked: they are not, a second time.
    #[must_use]
    pub fn believed(&self) -> Self {
        let files = self.manifest.tables.iter().flat_map(Table::all_files).map(|file| file.path.clone());
        Self { checked: Arc::new(Mutex::new(files.collect())), ..self.clone() }
    }

    /// As [`Snapshot::check`], but goes on after a file that is bad, compares the rows that the files hold with the
    /// manifest's counts, and looks for files that are not the snapshot's.
    ///
    /// # Errors
    /// [`Kind::Interrupted`]; what the store says. What is wrong with the snapshot is a result.
    pub async fn verify(&self, sink: &dyn Sink, cancel: &Cancel) -> Result<Verified> {
        let mut found = Verified::default();
        for table in &self.manifest.tables {
            let name = table.qualified();
            sink.start("verify", &name, Some(table.source_rows()));
            let mut checks = futures::stream::iter(table.all_files())
                .map(|file| async move { (file, self.verify_file(file, cancel).await) })
                .buffered(AT_ONCE);
            while let Some((file, result)) = checks.next().await {
                match result {
                    Ok(()) => {}
                    Err(error) if error.kind() == Kind::Corrupt => found.bad.push(Bad {
                        file: file.path.clone(),
                        table: name.clone(),
                        problem: error.message().to_owned(),
                    }),
                    Err(error) => return Err(error),
                }
                found.files += 1;
                found.rows += file.rows;
                found.bytes += file.bytes;
                sink.advance(&name, file.rows);
            }
            sink.finish(&name);
        }
        found.strays = self.strays().await?;
        Ok(found)
    }

    /// The files at the snapshot's place that its manifest does not name.
    pub(super) async fn strays(&self) -> Result<Vec<String>> {
        let tables = &self.manifest.tables;
        let ours: BTreeSet<&str> = tables.iter().flat_map(Table::all_files).map(|file| file.path.as_str()).collect();
        let stray = |name: &String| name != MANIFEST && !ours.contains(name.as_str());
        Ok(self.location.list().await?.into_iter().filter(stray).collect())
    }

    async fn verify_file(&self, file: &File, cancel: &Cancel) -> Result<()> {
        cancel.check()?;
        self.check_file(file).await?;
        let rows = self.footer(file).await?.metadata().file_metadata().num_rows();
        if u64::try_from(rows).is_ok_and(|rows| rows == file.rows) {
            return Ok(());
        }
        Err(corrupt("a file of the snapshot has not the rows that its manifest counts", &file.path))
    }

    /// What the end of a file tells of it.
    pub(super) async fn footer(&self, file: &File) -> Result<ArrowReaderMetadata> {
        let broken = || corrupt("a file of the snapshot is no Parquet file", &file.path);
        let mut length = FOOTER.min(file.bytes);
        loop {
            let end = self.location.get_part(&file.path, file.bytes - length..file.bytes).await?;
            match columnar::footer(&end, file.bytes).map_err(|_| broken())? {
                Footer::Read(metadata) => return Ok(metadata),
                Footer::Longer(needed) if needed > length && needed <= file.bytes => length = needed,
                Footer::Longer(_) => return Err(broken()),
            }
        }
    }

    async fn check_file(&self, file: &File) -> Result<()> {
        let Some(size) = self.location.size(&file.path).await? else {
            return Err(corrupt("a file of the snapshot is missing", &file.path));
        };
        if size != file.bytes {
            return Err(corrupt("a file of the snapshot has another size than its manifest says", &file.path));
        }
        let mut hasher = Sha256::new();
        let mut from = 0;
        while from < size {
            let piece = self.location.get_part(&file.path, from..size.min(from + PIECE)).await?;
            from += piece.len().max(1) as u64;
            hasher = compute(move || hasher.chain_update(&piece)).await?;
        }
        if hex::encode(hasher.finalize()) != file.sha256 {
            return Err(corrupt(CHANGED, &file.path));
        }
        if let Ok(mut checked) = self.checked.lock() {
            checked.insert(file.path.clone());
        }
        Ok(())
    }

    /// A whole file, as the manifest knows it.
    pub(super) async fn bytes_of(&self, file: &File) -> Result<Bytes> {
        let Some(bytes) = self.location.get(&file.path).await? else {
            return Err(corrupt("a file of the snapshot is missing", &file.path));
        };
        let hashed = bytes.clone();
        let hash = compute(move || crate::storage::sha256(&hashed)).await?;
        if hash == file.sha256 { Ok(bytes) } else { Err(corrupt(CHANGED, &file.path)) }
    }
}

const CHANGED: &str = "a file of the snapshot was changed: its hash differs";
