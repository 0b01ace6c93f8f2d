//! Owns what stands beside an export of rejected rows: what it is of, and the types by which it is read back.
//! Must not know: how rows are written or read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use crate::error::{At, Error, Result};
use crate::key::PG_TYPE;
use crate::snapshot::Column;

/// The version of the layout that is written here.
pub const VERSION: u32 = 1;

/// What an export is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Manifest {
    pub version: u32,
    pub tool_version: String,
    /// The run whose rejects they are.
    pub run: String,
    /// The pipeline's file, and the hash of its rules.
    pub pipeline: String,
    pub pipeline_hash: String,
    pub snapshot: String,
    pub snapshot_id: String,
    pub flow: String,
    pub source: Source,
    /// The rows as they were exported.
    pub rows: u64,
    /// Columns that say why a row is there, and are not of the source table: flow, key, reason, warnings, the flow and the key
    /// of the cause.
    pub about: Vec<String>,
    /// The columns of the source table.
    pub columns: Vec<Column>,
}

/// The source table of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Source {
    pub schema: String,
    pub table: String,
    /// By which the flow knows its rows: columns of the table.
    pub key: Vec<String>,
}

impl Manifest {
    /// Where the manifest of a file stands: beside it.
    #[must_use]
    pub fn beside(file: &Path) -> PathBuf {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".manifest.json");
        file.with_file_name(name)
    }

    /// The columns of a table of the snapshot, of which `types` are the stored ones.
    #[must_use]
    pub fn columns_of(types: &Schema) -> Vec<Column> {
        let column = |field: &Arc<Field>| Column {
            name: field.name().clone(),
            pg_type: field.metadata().get(PG_TYPE).cloned().unwrap_or_default(),
            nullable: field.is_nullable(),
            arrow: field.data_type().to_string(),
        };
        types.fields().iter().map(column).collect()
    }

    /// The source table's Arrow schema.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a type that was edited.
    pub fn schema(&self) -> Result<SchemaRef> {
        let field = |column: &Column| {
            let kind = DataType::from_str(&column.arrow).map_err(|_| {
                Error::config("the manifest has a type that is none").at(At::Column, column.name.clone())
            })?;
            let metadata = match column.pg_type.as_str() {
                "" => HashMap::new(),
                declared => HashMap::from([(PG_TYPE.to_owned(), declared.to_owned())]),
            };
            Ok(Field::new(&column.name, kind, column.nullable).with_metadata(metadata))
        };
        Ok(Arc::new(Schema::new(self.columns.iter().map(field).collect::<Result<Vec<_>>>()?)))
    }

    /// Reads the manifest that stands beside a file.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] where there is none, or it does not read.
    pub fn read(file: &Path) -> Result<Self> {
        let beside = Self::beside(file);
        let told = |error: Error| error.at(At::File, beside.display().to_string());
        let text = std::fs::read(&beside).map_err(|_| {
            told(Error::config("an export is read with its manifest, which is not there"))
                .hint("`rehome quarantine export` writes it beside the rows: keep the two together")
        })?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|_| told(Error::config("the manifest of an export does not read")))?;
        if manifest.version == VERSION {
            return Ok(manifest);
        }
        Err(told(Error::config(format!("the export is of version {}, this program reads {VERSION}", manifest.version))))
    }
}
