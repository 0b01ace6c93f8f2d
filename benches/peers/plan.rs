//! Owns what has to be moved, and what is done by hand about keys and indexes: tables, their columns, the queries that
//! make their rows, and the statements before and after. Must not know: who moves them and how.

use serde::Deserialize;

use rehome::server::sql::fill;

const DEFERRED: &str = include_str!("sql/deferred.sql");
const COLUMNS: &str = include_str!("sql/columns.sql");
const KEEP_ROWS: &str = include_str!("sql/keep_rows.sql");
const KEEP_MAPPINGS: &str = include_str!("sql/keep_mappings.sql");
const JSONB: &str = include_str!("sql/jsonb.sql");
const MAPPINGS: &str = include_str!("sql/select/mappings.sql");

/// Those that take longest go first.
const TABLES: [&str; 5] = ["system_messages", "migration_mappings", "tasks", "files", "case_messages"];

/// Table, entity, the column that holds the legacy key, and the query, in the form of the source.
const ROWS: [(&str, &str, &str, &str); 4] = [
    ("system_messages", "system_message", "legacy_id", include_str!("sql/select/system_messages.sql")),
    ("tasks", "task", "legacy_id", include_str!("sql/select/tasks.sql")),
    ("files", "file", "legacy_id", include_str!("sql/select/files.sql")),
    ("case_messages", "record_message", "legacy_record_id", include_str!("sql/select/case_messages.sql")),
];

#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// The rows of one entity in one table.
#[derive(Debug, Clone)]
pub struct Load {
    pub table: &'static str,
    pub entity: &'static str,
    /// The column of the legacy key, and that of the row's own UUID.
    pub key: &'static str,
    pub own: &'static str,
    pub columns: Vec<Column>,
    query: &'static str,
    keep: &'static str,
}

/// Where a query runs. The source has no enums, and makes json, which is a text: jsonb would be sorted only to be
/// printed, and be sorted again where it arrives.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    Source,
    Target,
}

/// What a query is filled with, in one place and in the other.
const WORDS: [(&str, [&str; 2]); 4] = [
    ("task_status", ["text", "public.task_status"]),
    ("case_message_type", ["text", "public.case_message_type"]),
    ("json", ["json", "jsonb"]),
    ("document", ["text", "jsonb"]),
];

impl Load {
    /// The query that makes its rows.
    pub fn query(&self, place: Place) -> String {
        let mut words = WORDS.map(|(word, forms)| (word, forms[place as usize])).to_vec();
        words.push(("entity", self.entity));
        fill(self.query, &words).trim_end().to_owned()
    }

    /// The values of its query as binary COPY has them: jsonb is a byte 1 and a text.
    pub fn values(&self) -> String {
        let value = |column: &Column| match column.kind.as_str() {
            "jsonb" => fill(JSONB, &[("column", &column.name)]).trim_end().to_owned(),
            _ => column.name.clone(),
        };
        self.columns.iter().map(value).collect::<Vec<_>>().join(", ")
    }

    /// A statement about it.
    pub fn fill(&self, template: &str, more: &[(&str, &str)]) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let columns = names.join(", ");
        let known = [("table", self.table), ("columns", columns.as_str()), ("entity", self.entity), ("key", self.key)];
        fill(template, &[&known, more].concat())
    }

    /// The statement that writes the rows of a filled target to a file, as COPY takes them.
    pub fn keep(&self, file: &str, odd_only: bool) -> String {
        self.fill(self.keep, &[("file", file), ("odd_only", if odd_only { "true" } else { "false" })])
    }
}

/// A table with all that is loaded into it, and the statements around that.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    pub loads: Vec<Load>,
    pub index: Vec<String>,
    pub finish: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub drop: Vec<String>,
    pub tables: Vec<Table>,
}

#[derive(Debug, Deserialize)]
struct Statement {
    stage: String,
    table: String,
    statement: String,
}

impl Plan {
    /// Reads the target's catalog, by somebody who asks it.
    pub fn read(ask: impl Fn(&str) -> String) -> Self {
        let statements: Vec<Statement> = serde_json::from_str(&ask(DEFERRED)).expect("statements");
        let of = |stage: &str, table: &str| -> Vec<String> {
            let those = statements.iter().filter(|one| one.stage == stage && (table.is_empty() || one.table == table));
            those.map(|one| one.statement.clone()).collect()
        };
        let columns = |table: &str| -> Vec<Column> {
            serde_json::from_str(&ask(&fill(COLUMNS, &[("table", table)]))).expect("columns")
        };
        let table = |name: &'static str| Table {
            name,
            loads: loads(name, &columns(name)),
            index: of("index", name),
            finish: of("finish", name),
        };
        Self { drop: of("drop", ""), tables: TABLES.map(table).to_vec() }
    }

    /// The same with keys and indexes left alone.
    pub fn in_use(mut self) -> Self {
        self.drop.clear();
        for table in &mut self.tables {
            table.index.clear();
            table.finish.clear();
        }
        self
    }

    pub fn loads(&self) -> impl Iterator<Item = &Load> {
        self.tables.iter().flat_map(|table| &table.loads)
    }
}

fn loads(table: &'static str, columns: &[Column]) -> Vec<Load> {
    let columns = columns.to_vec();
    let mappings = table == "migration_mappings";
    let those = ROWS.iter().filter(|(name, ..)| mappings || *name == table);
    let load = |(_, entity, key, query): &(&'static str, &'static str, &'static str, &'static str)| match mappings {
        true => Load {
            table,
            entity,
            key: "legacy_id",
            own: "entity_uuid",
            columns: columns.clone(),
            query: MAPPINGS,
            keep: KEEP_MAPPINGS,
        },
        false => Load { table, entity, key, own: "id", columns: columns.clone(), query, keep: KEEP_ROWS },
    };
    those.map(load).collect()
}
