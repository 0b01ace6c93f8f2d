//! Owns what a flow is: one SQL file that takes each row of one source table to one outcome.
//! Must not know: how its SQL is planned or run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::diagnosis::Text;
use crate::error::{At, Error, Result};
use crate::header::{SqlFile, shown};
use crate::name::{Name, Named};
use crate::outcome::{Conflict, Existing, Gone, ID, Id, RowIdentity};

/// The first part of a key where the source is several tables: which of them, as the header names it.
pub const SOURCE: &str = "_source";

/// The keys of a flow's header: name, default, meaning. `docs/flows.md` has them from here.
pub const HEADER_KEYS: [(&str, &str, &str); 18] = [
    (
        "source",
        "(needed)",
        "The source table, `name` or `schema.name`, or a list of tables. Each of their rows reaches exactly one outcome.",
    ),
    (
        "key",
        "`\"id\"`",
        "The column or columns that identify a row of the source; `ctid` where there is none. With a list of tables, the table's name as the list has it comes first in `_key`.",
    ),
    (
        "expand",
        "`false`",
        "One row of the source may become several: each has the row's `_key` and a number of its own in `_ordinal`.",
    ),
    (
        "entity",
        "the file's name",
        "What the rows stand for: the name in `legacy_uuid` and in the mappings. Flows may share one.",
    ),
    ("entity_key", "as `key`", "The column or columns by which others refer to a row, where that is not `key`."),
    ("target", "the file's name", "The target table, `name` or `schema.name`."),
    (
        "id",
        "by the target",
        "`derived`: a UUID that follows from entity and key. `given`: the flow gives it as `_id`, of any type. `server`: the target's own default or identity column makes it. `none`: a row is known by a unique key of the target, whose columns the flow gives.",
    ),
    ("id_column", "by the target", "The target's column that holds the id; `id` where nothing is known of the target."),
    ("identity", "the primary key", "With `id = \"none\"`: the column or columns of that unique key."),
    (
        "existing",
        "`\"reject\"`",
        "A row whose `id` is in the target though no run loaded it: `reject` (reason `existing`), `update` (the flow's columns are written over it) or `adopt` (it is left as it is).",
    ),
    (
        "match",
        "none",
        "With `existing`: the columns of a unique key of the target, such as `[\"email\"]`, by which a row that is there already is found too. Its UUID is then given to the legacy key.",
    ),
    (
        "on_gone",
        "`\"keep\"`",
        "What a later run does with a row whose source row is gone, or is migrated no longer: `keep` (it stays, and is listed), `mark` (the column that `mark` names says so) or `delete` (unless others changed it or refer to it).",
    ),
    (
        "mark",
        "none",
        "With `on_gone = \"mark\"`: the target's column that says so. A boolean becomes true, a date or time the instant of the snapshot.",
    ),
    (
        "on_conflict",
        "`\"keep\"`",
        "What a later run does where others have changed or deleted a row that it would change: `keep` (theirs stays) or `overwrite`. Either way it is listed in `rehome.conflicts`.",
    ),
    (
        "altered",
        "none",
        "The column or columns of which a trigger of the target may make something else than the flow gives as a row comes in. Of any other column, that is a row that differs: the run that loads it ends with exit code 7.",
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
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowHeader {
    source: OneOrMore,
    #[serde(default = "id_key")]
    key: OneOrMore,
    #[serde(default)]
    expand: bool,
    entity: Option<String>,
    entity_key: Option<OneOrMore>,
    id: Option<Id>,
    id_column: Option<String>,
    identity: Option<OneOrMore>,
    #[serde(default)]
    existing: Existing,
    r#match: Option<OneOrMore>,
    #[serde(default)]
    on_gone: Gone,
    mark: Option<String>,
    #[serde(default)]
    on_conflict: Conflict,
    altered: Option<OneOrMore>,
    target: Option<String>,
    accept: Option<f64>,
    description: Option<String>,
    #[serde(default)]
    remedies: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
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

/// What a header does not say of how rows are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub id: bool,
    pub id_column: bool,
}

/// One source table → one target table, each source row to one outcome.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flow {
    /// The file's stem: unique in its pipeline.
    pub name: String,
    /// The file, as messages show it.
    pub file: String,
    /// The whole file: DataFusion SQL with its header as a comment.
    pub sql: String,
    /// The source tables: `name`, or `schema.name`. Rarely more than one.
    pub sources: Vec<String>,
    /// The columns of the source that identify a row; of several tables, [`SOURCE`] is the first.
    pub key: Vec<String>,
    /// A row of the source may become several: each is known by the key and an ordinal.
    pub expand: bool,
    /// The name under which its mappings are kept.
    pub entity: String,
    /// The columns of the source table by which others refer to a row, where these are not the ones that identify it.
    pub entity_key: Option<Vec<String>>,
    /// How its rows are known in the target: as the header says, or as the target's catalog leaves no doubt.
    pub row: RowIdentity,
    /// What of `row` the header leaves to the target's catalog.
    pub open: Open,
    /// The target table.
    pub target: String,
    /// The least share, 0 to 1, of the rows not skipped that must be migrated or adopted.
    pub accept: Option<f64>,
    pub description: Option<String>,
    /// For reasons of its rejects: what it would take to recover their rows, in a sentence.
    pub remedies: BTreeMap<String, String>,
}

impl Flow {
    /// The JSON schema of a flow's header: what each key means is said once, in [`HEADER_KEYS`].
    #[must_use]
    pub fn header_schema() -> schemars::Schema {
        let mut schema = schemars::schema_for!(FlowHeader);
        let keys = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut);
        for (name, property) in keys.into_iter().flatten() {
            let known = HEADER_KEYS.iter().find(|(key, ..)| key == name);
            if let (Some((_, default, meaning)), Some(property)) = (known, property.as_object_mut()) {
                property.insert("description".to_owned(), format!("{meaning} Default: {default}.").into());
            }
        }
        schema
    }

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

    /// The source tables, as the header names them.
    pub fn named(&self) -> impl Iterator<Item = Named> {
        self.sources.iter().map(|source| Named {
            name: Name::Loose(source.clone()),
            flow: Some(self.name.clone()),
            spot: self.text().spot_in_header(source),
        })
    }

    /// The source tables, as reports show them.
    #[must_use]
    pub fn source(&self) -> String {
        self.sources.join(", ")
    }

    fn new(file: SqlFile<FlowHeader>) -> Result<Self> {
        let SqlFile { stem, path, sql, header } = file;
        let fail = |message: &str| Error::config(message).at(At::Flow, stem.clone()).at(At::File, shown(&path));
        let (mut key, entity_key) = (header.key.names(), header.entity_key.map(OneOrMore::names));
        if key.is_empty() {
            return Err(fail("`key` names no column").hint("name the column(s) that identify a row of the source"));
        }
        let sources = header.source.names();
        let is_twice = |(at, name): (usize, &String)| sources[..at].contains(name);
        if sources.is_empty() || sources.iter().enumerate().any(is_twice) {
            return Err(fail("`source` names no table, or one of them twice").hint("name each source table once"));
        }
        if sources.len() > 1 {
            key.insert(0, SOURCE.to_owned());
        }
        if header.expand && entity_key.is_some() {
            return Err(fail("rows of an `expand` flow are known by their key and ordinal, not by `entity_key`")
                .hint("leave `entity_key` out"));
        }
        let open = Open { id: header.id.is_none(), id_column: header.id_column.is_none() };
        let row = RowIdentity {
            id: header.id.unwrap_or_default(),
            id_column: header.id_column.unwrap_or_else(|| ID.to_owned()),
            identity: header.identity.map(OneOrMore::names).unwrap_or_default(),
            existing: header.existing,
            matching: header.r#match.map(OneOrMore::names).unwrap_or_default(),
            gone: header.on_gone,
            mark: header.mark,
            conflict: header.on_conflict,
            altered: header.altered.map(OneOrMore::names).unwrap_or_default(),
            ..RowIdentity::default()
        };
        if let Some((message, hint)) = contradiction(&row, open) {
            return Err(fail(message).hint(hint));
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
            sources,
            key,
            expand: header.expand,
            entity_key,
            row,
            open,
            entity: header.entity.unwrap_or_else(|| stem.clone()),
            target: header.target.unwrap_or_else(|| stem.clone()),
            accept: header.accept,
            description: header.description,
            remedies: header.remedies,
            name: stem,
        })
    }
}

/// What a header says of its rows and cannot mean, with what to write instead.
fn contradiction(row: &RowIdentity, open: Open) -> Option<(&'static str, &'static str)> {
    if row.id != Id::None && !row.identity.is_empty() {
        return Some(("`identity` is for targets without a key of their own", "say id = \"none\" too"));
    }
    if row.id == Id::None && !open.id_column {
        return Some(("`id_column` names a key, and id = \"none\" says that there is none", "leave one of them out"));
    }
    if row.id == Id::Server && row.existing != Existing::Reject {
        return Some(("a row whose id the target makes is in no target before", "leave `existing` out"));
    }
    if row.mark.is_some() != (row.gone == Gone::Mark) {
        return Some((
            "`mark` names the column of on_gone = \"mark\", and each needs the other",
            "say both, or neither",
        ));
    }
    if !row.matching.is_empty() && row.existing == Existing::Reject {
        let message = "`match` finds rows that are in the target, and nothing is to become of them";
        return Some((message, "say existing = \"update\" or existing = \"adopt\" too"));
    }
    if !row.matching.is_empty() && row.id != Id::Derived {
        let message =
            "`match` gives a legacy key the UUID of the row it finds, and this flow's rows have no UUID of ours";
        return Some((message, "leave it out: rows are found by the key that the flow gives"));
    }
    None
}
