//! Owns the form of cases: SQL files beside the flows, each a list of cases, each the rows that go in and the rows that come out.
//! Must not know: types, or what a flow makes of the rows.
//!
//! ```sql
//! -- case: a payment without its order is refused
//! insert into source.dispatch_payment (id, instruction_id, amount) values (1, 99, 12.50);
//! insert into expected.payments (_key, _outcome) values (1, reject('missing_instruction'));
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Insert, ObjectName, ObjectNamePart, Set, SetExpr, Statement, TableObject, UnaryOperator, Value,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};
use serde::Deserialize;

use super::schema::folded;
use crate::diagnosis::{Text, closest, planning};
use crate::error::{At, Error, Result};
use crate::header::{SqlFile, shown, sql_files};
use crate::name::Name;
use crate::pipeline::Pipeline;

/// What opens a case: a comment on a line of its own.
const OPENING: &str = "case:";
const FORM: &str = "a case is: -- case: its name, then insert into source.… and insert into expected.… with values";

/// The header of a file of cases.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasesHeader {
    /// A sentence about what they are about.
    #[serde(rename = "description")]
    _description: Option<String>,
}

/// A file of cases.
#[derive(Debug)]
pub struct CaseFile {
    /// As messages show it.
    pub file: String,
    pub sql: String,
    /// Its name up to the first dot: the flow that a case is about which says no other.
    pub stem: String,
}

impl CaseFile {
    pub fn text(&self) -> Text<'_> {
        Text { file: &self.file, sql: &self.sql }
    }

    /// Points an error at a place of the file.
    pub fn at(&self, error: Error, place: Location) -> Error {
        error.at(At::File, format!("{}:{}:{}", self.file, place.line, place.column))
    }
}

/// Rows as one statement gives them.
#[derive(Debug, Clone)]
pub struct Given {
    pub columns: Vec<Ident>,
    pub rows: Vec<Vec<Expr>>,
    pub place: Location,
}

/// One case: rows in, rows out.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub file: Arc<CaseFile>,
    pub line: u64,
    /// Parameters of the pipeline, where the case sets them.
    pub params: BTreeMap<String, toml::Value>,
    /// Rows of tables of the source.
    pub source: Vec<(Name, Given)>,
    /// Rows that other flows are taken to have migrated.
    pub migrated: Vec<(String, Given)>,
    /// What the flows make of them. Each flow of which rows are expected is run.
    pub expected: Vec<(String, Given)>,
}

impl Case {
    /// The flows that it runs.
    #[must_use]
    pub fn flows(&self) -> Vec<String> {
        let mut flows: Vec<String> = self.expected.iter().map(|(flow, _)| flow.clone()).collect();
        flows.sort();
        flows.dedup();
        if flows.is_empty() {
            flows.push(self.file.stem.clone());
        }
        flows
    }
}

/// The files of cases of a pipeline; of two with the same name, that of the pipeline that extends the other.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a folder that cannot be read.
pub fn files(pipeline: &Pipeline) -> Result<Vec<PathBuf>> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in &pipeline.tests {
        for path in sql_files(folder)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !name.starts_with('_') {
                found.insert(name, path);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Reads the cases of a file.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column for what is no case.
pub fn read(path: &Path, pipeline: &Pipeline) -> Result<Vec<Case>> {
    let SqlFile { stem, sql, .. } = SqlFile::<CasesHeader>::read(path)?;
    let stem = stem.split('.').next().unwrap_or_default().to_owned();
    let file = Arc::new(CaseFile { file: shown(path), sql, stem });
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, &file.sql).tokenize_with_location().map_err(|error| {
        let error = DataFusionError::SQL(Box::new(error.into()), None);
        planning(&error, file.text(), &[], None)
    })?;
    let mut reader = Reader { pipeline, cases: Vec::new(), common: blank(&file, String::new(), 0), open: Vec::new() };
    for token in tokens {
        match &token.token {
            Token::SemiColon => reader.close()?,
            Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => {
                if let Some(name) = comment.trim().strip_prefix(OPENING) {
                    reader.case(name.trim(), token.span.start)?;
                }
            }
            Token::Whitespace(_) | Token::EOF => {}
            _ => reader.open.push(token),
        }
    }
    reader.close()?;
    if reader.cases.is_empty() {
        return Err(Error::config("the file holds no case").at(At::File, &file.file).hint(FORM));
    }
    Ok(reader.cases)
}

fn blank(file: &Arc<CaseFile>, name: String, line: u64) -> Case {
    let (file, params) = (file.clone(), BTreeMap::new());
    Case { name, file, line, params, source: Vec::new(), migrated: Vec::new(), expected: Vec::new() }
}

struct Reader<'a> {
    pipeline: &'a Pipeline,
    cases: Vec<Case>,
    /// What stands before the first case is part of each.
    common: Case,
    /// The statement that is not closed yet.
    open: Vec<TokenWithSpan>,
}

impl Reader<'_> {
    fn case(&mut self, name: &str, place: Location) -> Result<()> {
        let file = self.common.file.clone();
        if let Some(first) = self.open.first() {
            let error = Error::config("a statement does not end before the next case");
            return Err(file.at(error, first.span.start).hint("end it with ;"));
        }
        let fail = |message: String| Err(file.at(Error::config(message), place));
        if name.is_empty() {
            return fail("a case without a name".to_owned());
        }
        if self.cases.iter().any(|case| case.name == name) {
            return fail(format!("the case '{name}' is there twice"));
        }
        self.cases.push(Case { name: name.to_owned(), line: place.line, ..self.common.clone() });
        Ok(())
    }

    /// The statement ends.
    fn close(&mut self) -> Result<()> {
        let tokens = std::mem::take(&mut self.open);
        let Some(place) = tokens.first().map(|token| token.span.start) else { return Ok(()) };
        let file = self.common.file.clone();
        let mut parser = Parser::new(&PostgreSqlDialect {}).with_tokens_with_locations(tokens);
        let told = |error| planning(&DataFusionError::SQL(Box::new(error), None), file.text(), &[], None);
        let statement = parser.parse_statement().map_err(told)?;
        parser.expect_token(&Token::EOF).map_err(|error| told(error).hint("end each statement with ;"))?;
        let first = self.cases.is_empty();
        match statement {
            Statement::Insert(insert) => self.insert(insert, place, first),
            Statement::Set(Set::SingleAssignment { variable, values, .. }) => self.set(&variable, &values, place),
            _ => Err(file.at(Error::config("a case holds insert and set only"), place).hint(FORM)),
        }
    }

    fn insert(&mut self, insert: Insert, place: Location, common: bool) -> Result<()> {
        let file = self.common.file.clone();
        let refused = |message: &str| file.at(Error::config(message.to_owned()), place).hint(FORM);
        let rows = match insert.source.map(|query| *query.body) {
            Some(SetExpr::Values(values)) => values.rows.into_iter().map(|row| row.content).collect::<Vec<_>>(),
            _ => return Err(refused("rows are given as values")),
        };
        let one = |name: &ObjectName| name.0.last().and_then(ObjectNamePart::as_ident).cloned();
        let columns: Vec<Ident> = insert.columns.iter().filter_map(one).collect();
        if columns.is_empty() {
            return Err(refused("the columns are not named"));
        }
        for (at, column) in columns.iter().enumerate() {
            if columns[..at].iter().any(|other| folded(other) == folded(column)) {
                let error = Error::config(format!("the column '{}' is named twice", column.value));
                return Err(file.at(error, column.span.start));
            }
        }
        if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
            let error = Error::config(format!("a row has {} values for {} columns", row.len(), columns.len()));
            let first = row.first().map(datafusion::sql::sqlparser::ast::Spanned::span);
            let place = first.map(|span| span.start).filter(|start| start.line > 0).unwrap_or(place);
            return Err(file.at(error, place));
        }
        let TableObject::TableName(name) = &insert.table else { return Err(refused("rows go into a table")) };
        let parts: Vec<String> = name.0.iter().filter_map(ObjectNamePart::as_ident).map(folded).collect();
        let given = Given { columns, rows, place };
        let case = if common { &mut self.common } else { self.cases.last_mut().unwrap_or(&mut self.common) };
        match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["source", table] => case.source.push((Name::Plain((*table).to_owned()), given)),
            ["source", schema, table] => {
                let (schema, table) = ((*schema).to_owned(), (*table).to_owned());
                case.source.push((Name::Full { schema, table }, given));
            }
            ["migrated", flow] => case.migrated.push(((*flow).to_owned(), given)),
            ["expected", flow] if !common => case.expected.push(((*flow).to_owned(), given)),
            ["expected", _] => {
                return Err(refused("what is expected stands within a case"));
            }
            _ => {
                let error = Error::config(format!("rows cannot go into '{name}'"));
                return Err(file.at(error, place).hint("they go into source.…, migrated.<flow> or expected.<flow>"));
            }
        }
        Ok(())
    }

    /// `set name = value`: a parameter of the pipeline, for this case.
    fn set(&mut self, variable: &ObjectName, values: &[Expr], place: Location) -> Result<()> {
        let file = self.common.file.clone();
        let name = variable.to_string();
        let Some(declared) = self.pipeline.params.get(&name) else {
            let error = Error::config(format!("the pipeline has no parameter '{name}'"));
            let known: Vec<String> = self.pipeline.params.keys().cloned().collect();
            return Err(file.at(
                match closest(&name, &known) {
                    Some(close) => error.hint(format!("did you mean '{close}'?")),
                    None => error.hint("`set` gives a parameter that [params] of the pipeline declares"),
                },
                place,
            ));
        };
        let value = match values {
            [one] => literal(one, declared),
            _ => None,
        };
        let Some(value) = value else {
            let error = Error::config(format!("'{name}' takes a {} as a literal", declared.type_str()));
            return Err(file.at(error, place));
        };
        match self.cases.last_mut() {
            Some(case) => case.params.insert(name, value),
            None => self.common.params.insert(name, value),
        };
        Ok(())
    }
}

/// A literal as a value of the type that a parameter has.
fn literal(expr: &Expr, declared: &toml::Value) -> Option<toml::Value> {
    let (negative, expr) = match expr {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => ("-", expr.as_ref()),
        other => ("", other),
    };
    let Expr::Value(value) = expr else { return None };
    match (&value.value, declared) {
        (Value::Boolean(truth), toml::Value::Boolean(_)) => Some(toml::Value::Boolean(*truth)),
        (Value::Number(digits, _), toml::Value::Integer(_)) => {
            format!("{negative}{digits}").parse().ok().map(toml::Value::Integer)
        }
        (Value::Number(digits, _), toml::Value::Float(_)) => {
            format!("{negative}{digits}").parse().ok().map(toml::Value::Float)
        }
        (Value::SingleQuotedString(text), toml::Value::String(_)) => Some(toml::Value::String(text.clone())),
        (Value::SingleQuotedString(text), toml::Value::Datetime(_)) => text.parse().ok().map(toml::Value::Datetime),
        _ => None,
    }
}
