//! Owns what a snapshot says of itself: `manifest.json`. Must not know: how files are written or read.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::storage::sha256;

/// The version of the layout that is written here.
pub(super) const VERSION: u32 = 1;
/// Hexadecimal digits of a snapshot's id.
const ID_LENGTH: usize = 32;
/// The column of refused rows that lists the columns which could not be read.
pub const REFUSED: &str = "_refused";
/// How many keys of refused rows a manifest names.
pub const REFUSED_KEYS: usize = 100;

/// Everything there is in a snapshot. Written last: without it there is no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// A hash over the content: names, columns and file hashes, but no times.
    pub id: String,
    pub tool_version: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
    pub source: Origin,
    /// Sorted by schema and name.
    pub tables: Vec<Table>,
}

/// What was read, without any secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// `postgresql` or `sample`.
    pub kind: String,
    pub database: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The identity that PostgreSQL gave the cluster when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_identifier: Option<String>,
    /// Where the write-ahead log was when the snapshot was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_lsn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// One table: its columns, and its rows in files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The type as PostgreSQL writes it, for example `character varying(40)`.
    pub pg_type: String,
    pub nullable: bool,
    /// The Arrow type of the files.
    pub arrow: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Below the snapshot's place.
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// The id of a snapshot with these tables.
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
