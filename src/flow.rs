//! Owns what a flow is: one SQL file that takes each row of one source table to one outcome.
//! Must not know: how its SQL is planned or run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::diagnosis::Text;
use crate::error::{At, Error, Result};
use crate::header::{SqlFile, shown};
use crate::name::{Name, Named};
use crate::outcome::{Existing, Id};

/// The keys of a flow's header: name, default, meaning. `docs/flows.md` has them from here.
pub const HEADER_KEYS: [(&str, &str, &str); 11] = [
    ("source", "(needed)", "The source table, `name` or `schema.name`. Each of its rows reaches exactly one outcome."),
    ("key", "`\"id\"`", "The column or columns that identify a row of the source; `ctid` where there is none."),
    (
        "entity",
        "the file's name",
        "What the rows stand for: the name in `legacy_uuid` and in the mappings. Flows may share one.",
    ),
    ("entity_key", "as `key`", "The column or columns by which others refer to a row, where that is not `key`."),
    ("target", "the file's name", "The target table, `name` or `schema.name`."),
    (
        "id",
        "`\"derived\"`",
        "`derived`: the target's column `id` is a UUID that follows from entity and key. `none`: a row is known by a unique key of the target, whose columns the flow gives.",
    ),
    ("identity", "the primary key", "With `id = \"none\"`: the column or columns of that unique key."),
    (
        "existing",
        "`\"reject\"`",
        "A row whose `id` is in the target though no run loaded it: `reject` (reason `existing`), `update` (the flow's columns are written over it) or `adopt` (it is left as it is).",
    ),
    (
        "accept",
        "the pipeline's",
        "The least share, 0 to 1, of the rows in scope that must be migrated or adopted; below it, exit code 3.",
    ),
    ("description", "none", "A sentence for the report."),
    ("remedies", "none", "For reasons of rejects: what it would take to recover their rows. The report repeats it."),
];

/// The header of a flow's file. Unknown keys are errors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowHeader {
    source: String,
    #[serde(default = "id_key")]
    key: OneOrMore,
    entity: Option<String>,
    entity_key: Option<OneOrMore>,
    #[serde(default)]
    id: Id,
    identity: Option<OneOrMore>,
    #[serde(default)]
    existing: Existing,
    target: Option<String>,
    accept: Option<f64>,
    description: Option<String>,
    #[serde(default)]
    remedies: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn names(self) -> Vec<String> {
        match self {
            Self::One(column) => vec![column],
            Self::More(columns) => columns,
        }
    }
}

fn id_key() -> OneOrMore {
    OneOrMore::One("id".to_owned())
}

/// One source table → one target table, each source row to one outcome.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The file's stem: unique in its pipeline.
    pub name: String,
    /// The file, as messages show it.
    pub file: String,
    /// The whole file: DataFusion SQL with its header as a comment.
    pub sql: String,
    /// The source table: `name`, or `schema.name`.
    pub source: String,
    /// The columns of the source table that identify a row.
    pub key: Vec<String>,
    /// The name under which its mappings are kept.
    pub entity: String,
    /// The columns of the source table by which others refer to a row, where these are not the ones that identify it.
    pub entity_key: Option<Vec<String>>,
    /// How a row of the target is known.
    pub id: Id,
    /// The columns of the target that tell its rows apart, where it is not known by `id`; empty: its primary key.
    pub identity: Vec<String>,
    /// What becomes of a row that is in the target already.
    pub existing: Existing,
    /// The target table.
    pub target: String,
    /// The least share, 0 to 1, of the rows not skipped that must be migrated or adopted.
    pub accept: Option<f64>,
    pub description: Option<String>,
    /// For reasons of its rejects: what it would take to recover their rows, in a sentence.
    pub remedies: BTreeMap<String, String>,
}

impl Flow {
    /// Reads all flows of a folder, in the order of their names.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the file's place.
    pub fn read_folder(folder: &Path) -> Result<Vec<Self>> {
        let flows = SqlFile::read_folder(folder)?.into_iter().map(Self::new).collect::<Result<Vec<_>>>()?;
        for (index, flow) in flows.iter().enumerate() {
            // SQL takes names without quotes for lower case: `migrated.orders` would mean both.
            if let Some(other) =
                flows[..index].iter().find(|other| other.name.to_lowercase() == flow.name.to_lowercase())
            {
                return Err(Error::config(format!("the flow name '{}' is there twice", flow.name))
                    .at(At::File, &flow.file)
                    .hint(format!(
                        "{} has it already; names of flows differ in more than upper and lower case",
                        other.file
                    )));
            }
        }
        Ok(flows)
    }

    /// The SQL with its file, for errors that point into it.
    #[must_use]
    pub fn text(&self) -> Text<'_> {
        Text { file: &self.file, sql: &self.sql }
    }

    /// The source table, as the header names it.
    #[must_use]
    pub fn named(&self) -> Named {
        Named {
            name: Name::Loose(self.source.clone()),
            flow: Some(self.name.clone()),
            spot: self.text().spot_in_header(&self.source),
        }
    }

    fn new(file: SqlFile<FlowHeader>) -> Result<Self> {
        let SqlFile { stem, path, sql, header } = file;
        let fail = |message: &str| Error::config(message).at(At::Flow, stem.clone()).at(At::File, shown(&path));
        let (key, entity_key) = (header.key.names(), header.entity_key.map(OneOrMore::names));
        if key.is_empty() {
            return Err(fail("`key` names no column").hint("name the column(s) that identify a row of the source"));
        }
        let identity = header.identity.map(OneOrMore::names).unwrap_or_default();
        if header.id == Id::Derived && !identity.is_empty() {
            return Err(fail("`identity` is for targets without a UUID key of ours").hint("say id = \"none\" too"));
        }
        if header.id == Id::None && header.existing != Existing::Reject {
            return Err(fail("`existing` goes by the UUID of a row, and this flow's rows have none")
                .hint("leave it out: a row whose unique key is in the target already is refused"));
        }
        if entity_key.as_ref().is_some_and(Vec::is_empty) {
            return Err(fail("`entity_key` names no column").hint("name the column(s) by which others refer to a row"));
        }
        if header.accept.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(fail("`accept` must lie between 0 and 1"));
        }
        Ok(Self {
            file: shown(&path),
            sql,
            source: header.source,
            key,
            entity_key,
            id: header.id,
            identity,
            existing: header.existing,
            entity: header.entity.unwrap_or_else(|| stem.clone()),
            target: header.target.unwrap_or_else(|| stem.clone()),
            accept: header.accept,
            description: header.description,
            remedies: header.remedies,
            name: stem,
        })
    }
}
