//! Owns what the source's tables look like for a test: from DDL, such as `pg_dump --schema-only` writes, or from a snapshot.
//! Must not know: cases.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::sql::sqlparser::ast::{
    AlterTableOperation, ColumnOption, CreateTable, DataType as SqlType, Expr, ObjectName, ObjectNamePart, Statement,
    TableConstraint, UserDefinedTypeRepresentation,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::error::{At, Error, Result};
use crate::extract::declared::{Sort, field, shown as type_shown};
use crate::header::{shown, sql_files};
use crate::name::Name;
use crate::pipeline::Pipeline;
use crate::snapshot::{PG_TYPE, Snapshot, TableHeader};

/// Files of this name stand among cases and hold the source's DDL.
pub const SCHEMA_FILE: &str = "_schema.sql";
/// What tells rows of a table without a key apart.
const ROW_ID: &str = "ctid";

/// A table of the source, without rows.
#[derive(Debug, Clone)]
pub struct SourceTable {
    pub header: TableHeader,
    pub fields: SchemaRef,
}

impl SourceTable {
    /// Is this a name of it?
    #[must_use]
    pub fn is(&self, name: &Name) -> bool {
        name.fits(&self.header.schema, &self.header.name)
    }
}

/// The tables of the source: of a snapshot; else of the DDL that stands among the cases, or is that of the pipeline's sample.
///
/// # Errors
/// [`crate::error::Kind::Config`] when there is neither.
pub async fn tables(pipeline: &Pipeline, snapshot: Option<&Snapshot>) -> Result<Vec<SourceTable>> {
    if let Some(snapshot) = snapshot {
        return of_snapshot(snapshot).await;
    }
    let beside: Vec<PathBuf> = pipeline.tests.iter().rev().map(|folder| folder.join(SCHEMA_FILE)).collect();
    if let Some(file) = beside.into_iter().find(|file| file.is_file()) {
        return of_ddl(&[file], pipeline);
    }
    match &pipeline.sample {
        Some(sample) if sample.source_schema.is_dir() => of_ddl(&sql_files(&sample.source_schema)?, pipeline),
        Some(sample) => of_ddl(std::slice::from_ref(&sample.source_schema), pipeline),
        None => Err(Error::config("nothing says what the source's tables look like")
            .at(At::Pipeline, &pipeline.name)
            .hint(format!("pg_dump --schema-only SOURCE > …/{SCHEMA_FILE} beside the cases; or --snapshot"))),
    }
}

async fn of_snapshot(snapshot: &Snapshot) -> Result<Vec<SourceTable>> {
    let mut tables = Vec::new();
    for table in &snapshot.manifest().tables {
        let header = TableHeader {
            schema: table.schema.clone(),
            name: table.name.clone(),
            key: table.key.clone(),
            sorted_by: Vec::new(),
        };
        tables.push(SourceTable { header, fields: snapshot.types_of(table).await? });
    }
    Ok(tables)
}

/// What DDL has said so far.
struct Ddl<'a> {
    pipeline: &'a Pipeline,
    enums: Vec<String>,
    /// What a domain is made of, and whether it refuses NULL.
    domains: BTreeMap<String, (String, bool)>,
    tables: Vec<SourceTable>,
}

fn of_ddl(files: &[PathBuf], pipeline: &Pipeline) -> Result<Vec<SourceTable>> {
    let mut ddl = Ddl { pipeline, enums: Vec::new(), domains: BTreeMap::new(), tables: Vec::new() };
    for path in files {
        let file = shown(path);
        let sql = std::fs::read_to_string(path)
            .map_err(|error| Error::config(format!("cannot read the file: {}", error.kind())).at(At::File, &file))?;
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, &sql)
            .tokenize_with_location()
            .map_err(|error| Error::config(error.to_string()).at(At::File, &file))?;
        for tokens in tokens.split(|token| token.token == Token::SemiColon) {
            ddl.take(tokens, &file)?;
        }
    }
    ddl.rows_without_a_key();
    Ok(ddl.tables)
}

impl Ddl<'_> {
    /// Takes a statement; all that says nothing of tables, columns and keys is passed over.
    fn take(&mut self, tokens: &[TokenWithSpan], file: &str) -> Result<()> {
        let words = tokens.iter().filter_map(|token| match &token.token {
            Token::Word(word) => Some(word.value.to_lowercase()),
            _ => None,
        });
        let words: Vec<String> = words.take(3).collect();
        let is = |opening: &[&str]| words.len() >= opening.len() && opening.iter().zip(&words).all(|(a, b)| a == b);
        let says = [
            &["create", "table"][..],
            &["create", "unlogged"],
            &["create", "foreign"],
            &["create", "type"],
            &["create", "domain"],
            &["alter", "table"],
        ];
        if !says.iter().any(|opening| is(opening)) {
            return Ok(());
        }
        let mut parser = Parser::new(&PostgreSqlDialect {}).with_tokens_with_locations(tokens.to_vec());
        match parser.parse_statement() {
            Ok(Statement::CreateTable(table)) => self.table(&table, file)?,
            Ok(Statement::CreateType { name, representation: Some(UserDefinedTypeRepresentation::Enum { .. }) }) => {
                self.enums.push(last(&name));
            }
            Ok(Statement::CreateDomain(domain)) => {
                let strict = domain.constraints.iter().any(|constraint| constraint.to_string() == "NOT NULL");
                self.domains.insert(last(&domain.name), (domain.data_type.to_string(), strict));
            }
            Ok(Statement::AlterTable(altered)) => {
                for operation in &altered.operations {
                    if let AlterTableOperation::AddConstraint { constraint: TableConstraint::PrimaryKey(key), .. } =
                        operation
                    {
                        let columns = key.columns.iter().map(|column| name_of(&column.column.expr)).collect();
                        self.key(&altered.name, columns);
                    }
                }
            }
            Ok(_) => {}
            // Of a table that is missed later, a flow that reads it will tell.
            Err(_) => log::warn!("a statement of {file} is passed over: {}", words.join(" ")),
        }
        Ok(())
    }

    fn table(&mut self, table: &CreateTable, file: &str) -> Result<()> {
        if table.columns.is_empty() {
            return Ok(());
        }
        let (schema, name) = self.parts(&table.name);
        let mut key: Vec<String> = table
            .constraints
            .iter()
            .filter_map(|constraint| match constraint {
                TableConstraint::PrimaryKey(key) => Some(&key.columns),
                _ => None,
            })
            .flatten()
            .map(|column| name_of(&column.column.expr))
            .collect();
        let mut fields = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            let name = folded(&column.name);
            let is = |wanted: fn(&ColumnOption) -> bool| column.options.iter().any(|option| wanted(&option.option));
            if is(|option| matches!(option, ColumnOption::PrimaryKey(_))) {
                key.push(name.clone());
            }
            let strict = is(|option| matches!(option, ColumnOption::NotNull | ColumnOption::Generated { .. }));
            let declared = column.data_type.to_string();
            let (beneath, sort, never) = self.beneath(&column.data_type);
            let strict = strict || never || declared.to_lowercase().contains("serial");
            let field = field(&name, &declared, (&beneath, sort), !strict).ok_or_else(|| {
                Error::config(format!("the type {} cannot be carried", type_shown(&declared)))
                    .at(At::Column, &name)
                    .at(At::Table, table.name.to_string())
                    .at(At::File, file)
            })?;
            fields.push(Arc::new(field));
        }
        let header = TableHeader { schema, name, key: Vec::new(), sorted_by: Vec::new() };
        self.tables.push(SourceTable { header, fields: Arc::new(ArrowSchema::new(fields)) });
        if !key.is_empty() {
            self.key(&table.name, key);
        }
        Ok(())
    }

    /// What a type is made of, of which sort that is, and whether it refuses NULL by itself.
    fn beneath(&self, kind: &SqlType) -> (String, Sort, bool) {
        let whole = kind.to_string();
        let SqlType::Custom(name, _) = element(kind) else { return (whole, Sort::Builtin, false) };
        let own = last(name);
        if self.enums.contains(&own) {
            return (whole, Sort::Enum, false);
        }
        match self.domains.get(&own) {
            Some((beneath, never)) if !matches!(kind, SqlType::Array(_)) => (beneath.clone(), Sort::Builtin, *never),
            Some(_) => (whole, Sort::Own, false),
            // A name in another schema than PostgreSQL's is one of the users' own.
            None if name.0.len() > 1 && !name.to_string().starts_with("pg_catalog.") => (whole, Sort::Own, false),
            None => (whole, Sort::Builtin, false),
        }
    }

    fn key(&mut self, table: &ObjectName, columns: Vec<String>) {
        let (schema, name) = self.parts(table);
        let found = self.tables.iter_mut().find(|table| table.header.schema == schema && table.header.name == name);
        let Some(table) = found else { return };
        let fields = table.fields.fields().iter().map(|field| {
            if columns.contains(field.name()) {
                Arc::new(field.as_ref().clone().with_nullable(false))
            } else {
                field.clone()
            }
        });
        table.fields = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        table.header.key = columns;
    }

    /// A snapshot knows rows of a table without a key by where they lie.
    fn rows_without_a_key(&mut self) {
        for table in self.tables.iter_mut().filter(|table| table.header.key.is_empty()) {
            let metadata = [(PG_TYPE.to_owned(), "tid".to_owned())].into();
            let own = Field::new(ROW_ID, DataType::Utf8, false).with_metadata(metadata);
            let fields = table.fields.fields().iter().cloned().chain([Arc::new(own)]);
            table.fields = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
            table.header.key = vec![ROW_ID.to_owned()];
        }
    }

    fn parts(&self, name: &ObjectName) -> (String, String) {
        let mut parts: Vec<String> = name.0.iter().filter_map(ObjectNamePart::as_ident).map(folded).collect();
        let table = parts.pop().unwrap_or_default();
        let first = || self.pipeline.schemas.first().cloned().unwrap_or_else(|| "public".to_owned());
        (parts.pop().unwrap_or_else(first), table)
    }
}

/// A name as PostgreSQL keeps it: in small letters, unless it is quoted.
pub(super) fn folded(name: &datafusion::sql::sqlparser::ast::Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

fn last(name: &ObjectName) -> String {
    name.0.last().and_then(ObjectNamePart::as_ident).map(folded).unwrap_or_default()
}

fn name_of(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => folded(name),
        other => other.to_string(),
    }
}

fn element(kind: &SqlType) -> &SqlType {
    use datafusion::sql::sqlparser::ast::ArrayElemTypeDef::{AngleBracket, Parenthesis, SquareBracket};
    match kind {
        SqlType::Array(AngleBracket(item) | Parenthesis(item) | SquareBracket(item, _)) => element(item),
        other => other,
    }
}
