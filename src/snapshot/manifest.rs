//! Owns what a snapshot says of itself: `manifest.json`, its identity and its seal.
//! Must not know: how files are written or read. Its form is documented in docs/snapshot.md.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::error::{At, Error, Kind, Result};
use crate::storage::{seal, sha256};

/// The version of the layout that is written here.
pub(super) const VERSION: u32 = 2;
/// The last version without a seal.
const UNSEALED: u32 = 1;
/// Hexadecimal digits of a snapshot's id.
const ID_LENGTH: usize = 32;
/// The column of refused rows that lists the columns which could not be read.
pub const REFUSED: &str = "_refused";
/// How many keys of refused rows a manifest names.
pub const REFUSED_KEYS: usize = 100;

/// Everything there is in a snapshot. Written last: without it there is no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Manifest {
    pub version: u32,
    /// A hash over the content: names, columns and file hashes, but no times.
    pub id: String,
    pub tool_version: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
    pub source: Origin,
    /// Sorted by schema and name.
    pub tables: Vec<Table>,
    /// The SHA-256 of the manifest's own bytes, taken while zeros stand in these 64 places.
    pub checksum: String,
}

/// What was read, without any secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Origin {
    /// `postgresql` or `sample`.
    pub kind: String,
    pub database: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The identity that PostgreSQL gave the cluster when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_identifier: Option<String>,
    /// Where the write-ahead log was when the snapshot was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_lsn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// By which the database sorts its texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The id of the snapshot that this one is but for rows that were mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mended: Option<String>,
    /// Which values are not those of the source. None where all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<Masked>,
}

/// What was masked when a snapshot was taken. The salt is not part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Masked {
    /// Sorted by table and place.
    pub columns: Vec<MaskedColumn>,
    /// Unique indexes of the source that rows of the snapshot may contradict: `schema.table: index`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_unique: Vec<String>,
}

/// A column whose values are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MaskedColumn {
    /// `schema.table`.
    pub table: String,
    pub column: String,
    /// `hash`, `format`, `null` or `fixed`.
    pub rule: String,
    /// The column (`schema.table.column`) whose rule it follows, being tied to it by foreign keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
}

/// One table: its columns, and its rows in files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub rows: u64,
    /// The columns of its primary key, or of another unique key that is never null; empty where it has none.
    pub key: Vec<String>,
    /// The columns by which the rows are sorted (ascending, text by its bytes), across all files in their order.
    pub sorted_by: Vec<String>,
    pub columns: Vec<Column>,
    /// At least one: a table without rows has a file without rows.
    pub files: Vec<File>,
    /// Rows of the source that are not in `files`, since they could not be read exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

/// Rows that could not be read exactly: they hold bytes that are no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Refused {
    pub rows: u64,
    /// The keys of the first of them, at most [`REFUSED_KEYS`], as text; bytes that are no text are escaped (`\\xe4`).
    pub keys: Vec<String>,
    /// What could be read of them: the table's columns, each NULL where it could not be read, and [`REFUSED`].
    pub files: Vec<File>,
}

impl Table {
    /// All its files.
    pub fn all_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().chain(self.refused.iter().flat_map(|refused| &refused.files))
    }

    /// The rows that the source has.
    #[must_use]
    pub fn source_rows(&self) -> u64 {
        self.rows + self.refused.as_ref().map_or(0, |refused| refused.rows)
    }

    /// `schema.name`.
    #[must_use]
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Column {
    pub name: String,
    /// The type as PostgreSQL writes it, for example `character varying(40)`.
    pub pg_type: String,
    pub nullable: bool,
    /// The Arrow type of the files.
    pub arrow: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct File {
    /// Below the snapshot's place.
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// Reads a manifest, whose seal, version, identity and sums must hold.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] for a manifest of which any byte was changed, [`Kind::Config`] for one of another version.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let broken = || Error::new(Kind::Corrupt, "the snapshot's manifest was changed, or is not whole");
        let version = serde_json::from_slice(bytes).map(|Version { version }| version).map_err(|_| broken())?;
        match seal::holds(bytes) {
            Some(true) => {}
            None if version <= UNSEALED => return Err(other(version)),
            _ => return Err(broken()),
        }
        if version != VERSION {
            return Err(other(version));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| broken())?;
        let rows = |files: &[File]| files.iter().map(|file| file.rows).sum::<u64>();
        let sound = |table: &Table| {
            table.rows == rows(&table.files)
                && table.refused.as_ref().is_none_or(|refused| refused.rows == rows(&refused.files))
                && table.all_files().all(|file| is_ours(&file.path))
        };
        if manifest.id != identity(&manifest.tables) || !manifest.tables.iter().all(sound) {
            return Err(Error::new(Kind::Corrupt, "the snapshot's manifest contradicts itself"));
        }
        Ok(manifest)
    }

    /// The bytes to publish, and what they say: sealed.
    pub(super) fn seal(mut self) -> Result<Vec<u8>> {
        self.checksum = seal::unsealed();
        let mut bytes =
            serde_json::to_vec_pretty(&self).map_err(|_| Error::unexpected("the manifest cannot be written"))?;
        bytes.push(b'\n');
        seal::fill_seal(bytes).ok_or_else(|| Error::unexpected("the manifest has no place for its seal"))
    }
}

fn other(version: u32) -> Error {
    Error::config(format!("the snapshot is of version {version}, this program reads version {VERSION}"))
        .at(At::File, super::MANIFEST)
        .hint("read it with the version of rehome that wrote it, or take a new one")
}

/// Can this be the name of a file that a snapshot holds beside its manifest?
pub(super) fn is_ours(path: &str) -> bool {
    let mut parts = path.split('/');
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
    parts.next() == Some("data")
        && parts.clone().count() > 0
        && parts.all(plain)
        && path.rsplit_once('.').is_some_and(|(_, extension)| extension == "parquet")
}

/// The id of a snapshot with these tables: of what was read, and not of when or from where.
pub(super) fn identity(tables: &[Table]) -> String {
    let mut text = format!("rehome snapshot {VERSION}\n");
    for table in tables {
        // Debug quotes and escapes: no two different contents give one text.
        let _ = writeln!(text, "{:?} {:?} {:?} {:?}", table.schema, table.name, table.key, table.sorted_by);
        for column in &table.columns {
            let _ = writeln!(text, " {:?} {:?} {} {:?}", column.name, column.pg_type, column.nullable, column.arrow);
        }
        for file in table.all_files() {
            let _ = writeln!(text, " {:?} {} {} {}", file.path, file.rows, file.bytes, file.sha256);
        }
        if let Some(refused) = &table.refused {
            let _ = writeln!(text, " {} {:?}", refused.rows, refused.keys);
        }
    }
    let mut id = sha256(text.as_bytes());
    id.truncate(ID_LENGTH);
    id
}
