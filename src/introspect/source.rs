//! Owns what is known of the source: the tables of a snapshot, and what only its catalog tells of them.
//! Must not know: the target, or what becomes of any table.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::spelling::{ident, toml};
use super::words::words;
use crate::error::Result;
use crate::server::Connection;
use crate::snapshot::Snapshot;

/// The tables of a source.
#[derive(Debug, Clone)]
pub struct Source {
    pub schemas: Vec<String>,
    pub tables: Vec<Table>,
    /// First words that several tables share, such as an application's label: no part of what a table is.
    pub prefixes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub rows: u64,
    /// The columns of its key; `ctid` where it has none.
    pub key: Vec<String>,
    pub columns: Vec<Column>,
    /// By column number, the table that the column refers to.
    pub references: Vec<Reference>,
    pub comment: Option<String>,
    /// Is there another table of that name in another schema?
    pub ambiguous: bool,
    /// The words of its name.
    pub words: Vec<String>,
    /// The same without a prefix that several tables share.
    pub model: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// The type as PostgreSQL writes it.
    pub shown: String,
    pub nullable: bool,
    pub words: Vec<String>,
}

/// A column that holds keys of another table.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The columns of this table.
    pub columns: Vec<String>,
    /// The number of the other table, in [`Source::tables`].
    pub table: usize,
    /// Its columns.
    pub to: Vec<String>,
    /// The source says so; else it is a guess.
    pub declared: bool,
    /// Values, and how many of them are there in the other table, where that was counted.
    pub resolved: Option<(u64, u64)>,
}

/// What the source's catalog tells beside what a snapshot has.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Schema and name of a table, its columns, schema and name of the other table, its columns.
    foreign_keys: Vec<ForeignKey>,
    enums: BTreeMap<(String, String), Vec<String>>,
    comments: BTreeMap<(String, String), String>,
}

#[derive(Debug, Clone)]
struct ForeignKey {
    table: (String, String),
    columns: Vec<String>,
    to: (String, String),
    to_columns: Vec<String>,
}

impl Declared {
    /// Reads foreign keys, enums and comments of a source.
    ///
    /// # Errors
    /// What the server says.
    pub async fn read(server: &Connection) -> Result<Self> {
        let mut declared = Self::default();
        for row in server.query(include_str!("../../sql/control/introspect/foreign_keys.sql"), &[]).await? {
            declared.foreign_keys.push(ForeignKey {
                table: (row.try_get("schema")?, row.try_get("name")?),
                columns: row.try_get("columns")?,
                to: (row.try_get("to_schema")?, row.try_get("to_name")?),
                to_columns: row.try_get("to_columns")?,
            });
        }
        for row in server.query(include_str!("../../sql/control/introspect/enums.sql"), &[]).await? {
            declared.enums.insert((row.try_get("schema")?, row.try_get("name")?), row.try_get("labels")?);
        }
        for row in server.query(include_str!("../../sql/control/introspect/comments.sql"), &[]).await? {
            declared.comments.insert((row.try_get("schema")?, row.try_get("name")?), row.try_get("comment")?);
        }
        Ok(declared)
    }

    fn labels(&self, shown: &str) -> Option<&Vec<String>> {
        let bare = shown.replace('"', "");
        let (schema, name) = bare.split_once('.').unwrap_or(("public", &bare));
        self.enums.get(&(schema.to_owned(), name.to_owned())).or_else(|| {
            let mut fitting = self.enums.iter().filter(|((_, known), _)| known == name);
            fitting.next().map(|(_, labels)| labels)
        })
    }
}

impl Source {
    /// The tables of a snapshot, with what the source's catalog tells of them, where that is at hand.
    #[must_use]
    pub fn new(snapshot: &Snapshot, schemas: &[String], declared: Option<&Declared>) -> Self {
        let manifest = snapshot.manifest();
        let wanted = |schema: &String| schemas.is_empty() || schemas.contains(schema);
        let listed: Vec<_> = manifest.tables.iter().filter(|table| wanted(&table.schema)).collect();
        let mut tables: Vec<Table> = Vec::with_capacity(listed.len());
        for table in &listed {
            let own = |column: &&crate::snapshot::Column| column.name != CTID;
            let columns = table.columns.iter().filter(own).map(|column| {
                let labels = declared.and_then(|declared| declared.labels(&column.pg_type));
                Column {
                    name: column.name.clone(),
                    kind: labels
                        .map_or_else(|| Kind::of_formatted(&column.pg_type), |labels| Kind::Enum(labels.clone())),
                    shown: column.pg_type.clone(),
                    nullable: column.nullable,
                    words: words(&column.name),
                }
            });
            tables.push(Table {
                schema: table.schema.clone(),
                name: table.name.clone(),
                rows: table.source_rows(),
                key: if table.key.is_empty() { vec![CTID.to_owned()] } else { table.key.clone() },
                columns: columns.collect(),
                references: Vec::new(),
                comment: declared
                    .and_then(|declared| declared.comments.get(&(table.schema.clone(), table.name.clone())).cloned()),
                ambiguous: manifest.tables.iter().filter(|other| other.name == table.name).count() > 1,
                words: words(&table.name),
                model: Vec::new(),
            });
        }
        let mut schemas: Vec<String> = tables.iter().map(|table| table.schema.clone()).collect();
        schemas.sort();
        schemas.dedup();
        let mut source = Self { schemas, prefixes: prefixes(&tables), tables };
        for table in &mut source.tables {
            let bare =
                table.words.first().is_some_and(|first| source.prefixes.contains(first)) && table.words.len() > 1;
            table.model = table.words[usize::from(bare)..].to_vec();
        }
        if let Some(declared) = declared {
            source.take(declared);
        }
        source
    }

    fn take(&mut self, declared: &Declared) {
        let at: BTreeMap<(String, String), usize> = self
            .tables
            .iter()
            .enumerate()
            .map(|(at, table)| ((table.schema.clone(), table.name.clone()), at))
            .collect();
        for key in &declared.foreign_keys {
            if let (Some(from), Some(to)) = (at.get(&key.table), at.get(&key.to)) {
                self.tables[*from].references.push(Reference {
                    columns: key.columns.clone(),
                    table: *to,
                    to: key.to_columns.clone(),
                    declared: true,
                    resolved: None,
                });
            }
        }
    }

    /// The prefixes of table names as they are written, for `strip_prefix`.
    #[must_use]
    pub fn written_prefixes(&self) -> Vec<String> {
        let mut written: Vec<String> = Vec::new();
        for table in self.tables.iter().filter(|table| table.model.len() < table.words.len()) {
            if let Some((prefix, _)) = table.name.split_once('_') {
                let prefix = format!("{prefix}_");
                if !written.contains(&prefix) {
                    written.push(prefix);
                }
            }
        }
        written
    }
}

/// Where a row lies: what tells rows apart in a table without a key.
pub const CTID: &str = "ctid";

/// Labels of applications that come with a framework, where even one table has one.
const KNOWN_PREFIXES: [&str; 2] = ["auth", "django"];
/// A word that this many tables begin with, or all where there are fewer, and that is no table of its own, is a prefix.
const SHARED_BY: usize = 3;

fn prefixes(tables: &[Table]) -> Vec<String> {
    let mut counted: BTreeMap<&String, usize> = BTreeMap::new();
    for table in tables.iter().filter(|table| table.words.len() > 1 && table.name.contains('_')) {
        *counted.entry(&table.words[0]).or_default() += 1;
    }
    let is_table = |word: &String| tables.iter().any(|table| table.words.as_slice() == std::slice::from_ref(word));
    let enough = SHARED_BY.min(tables.len().max(2));
    let shared = counted
        .into_iter()
        .filter(|(word, times)| KNOWN_PREFIXES.contains(&word.as_str()) || *times >= enough && !is_table(word));
    shared.map(|(word, _)| word.clone()).collect()
}

impl Table {
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// As SQL of a flow names it.
    #[must_use]
    pub fn in_sql(&self) -> String {
        if self.ambiguous {
            format!("source.{}.{}", ident(&self.schema), ident(&self.name))
        } else {
            format!("source.{}", ident(&self.name))
        }
    }

    /// As the header of a flow names it, in TOML.
    #[must_use]
    pub fn in_header(&self) -> String {
        let odd = self.name.contains('.') || self.schema.contains('.');
        match (odd, self.ambiguous) {
            (true, _) => toml(&format!("{}.{}", in_quotes(&self.schema), in_quotes(&self.name))),
            (false, true) => toml(&format!("{}.{}", self.schema, self.name)),
            (false, false) => toml(&self.name),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.ambiguous { format!("{}.{}", self.schema, self.name) } else { self.name.clone() }
    }

    /// The one column of its key, where it has one that others can refer to.
    #[must_use]
    pub fn single_key(&self) -> Option<&Column> {
        match self.key.as_slice() {
            [one] => self.column(one),
            _ => None,
        }
    }

    /// What the column refers to, by itself.
    #[must_use]
    pub fn reference(&self, column: &str) -> Option<&Reference> {
        let of_it = |reference: &&Reference| matches!(reference.columns.as_slice(), [one] if one == column);
        self.references.iter().find(of_it)
    }
}

fn in_quotes(name: &str) -> String {
    crate::server::sql::quote_ident(name)
}
