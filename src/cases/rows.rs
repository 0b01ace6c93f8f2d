//! Owns how the values of a case become rows: each literal is read as its column's type, as PostgreSQL's INSERT reads it.
//! Must not know: what the rows are for.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::{cast, concat, concat_batches};
use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    self, CastKind, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Parens, SetExpr, Values,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use futures::StreamExt;

use super::file::{CaseFile, Given};
use super::schema::folded;
use crate::diagnosis::{closest, running};
use crate::engine::{Engine, NUMERIC};
use crate::error::{At, Error, Result};
use crate::snapshot::PG_TYPE;

/// The days from 1970 to PostgreSQL's own epoch, which stands for a time that a case does not give.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// A column, and what makes its value of what a statement gives of a row.
pub type Made<'a> = (&'a str, &'a (dyn Fn(&Given, &[Expr]) -> Option<Expr> + Sync));

/// Rows of one table of which only some columns are given.
pub struct Table<'a> {
    pub engine: &'a Engine,
    pub file: &'a CaseFile,
    /// As the case names it.
    pub name: &'a str,
    pub fields: &'a SchemaRef,
    /// Columns that follow from others where they are not given: a name, and its value from those of the row.
    pub made: Option<Made<'a>>,
}

impl Table<'_> {
    /// The rows of all statements; what is not given is NULL, or the zero of its type in a column that refuses NULL.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the place of a column that is not there, or a value that does not fit.
    pub async fn batch(&self, given: &[&Given]) -> Result<RecordBatch> {
        let mut batches = Vec::with_capacity(given.len());
        let mut before = 0;
        for given in given {
            let (columns, arrays) = self.read(given).await?;
            let mut whole = Vec::with_capacity(self.fields.fields().len());
            for field in self.fields.fields() {
                whole.push(match columns.iter().position(|column| column == field.name()) {
                    Some(at) => arrays[at].clone(),
                    None => left_out(field, given.rows.len(), before)?,
                });
            }
            before += given.rows.len();
            batches.push(RecordBatch::try_new(self.fields.clone(), whole).map_err(|_| misfit())?);
        }
        concat_batches(self.fields, &batches).map_err(|_| misfit())
    }

    /// The columns that a statement gives, and their values.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub async fn read(&self, given: &Given) -> Result<(Vec<String>, Vec<ArrayRef>)> {
        let mut names: Vec<String> = given.columns.iter().map(folded).collect();
        let mut fields = Vec::with_capacity(names.len());
        for (column, name) in given.columns.iter().zip(&names) {
            match self.fields.field_with_name(name) {
                Ok(field) => fields.push(Arc::new(field.clone())),
                Err(_) => return Err(self.unknown(name, column)),
            }
        }
        let mut rows = given.rows.clone();
        if let Some((name, make)) = self.made.filter(|(name, _)| !names.iter().any(|known| known == name))
            && let Ok(field) = self.fields.field_with_name(name)
            && let Some(made) = given.rows.iter().map(|row| make(given, row)).collect::<Option<Vec<_>>>()
        {
            rows.iter_mut().zip(made).for_each(|(row, value)| row.push(value));
            names.push(name.to_owned());
            fields.push(Arc::new(field.clone()));
        }
        for row in &mut rows {
            for (cell, field) in row.iter_mut().zip(&fields) {
                let value = std::mem::replace(cell, null());
                *cell = typed(value, field).map_err(|error| self.file.at(error, given.place))?;
            }
        }
        let arrays = evaluate(self.engine, self.file, rows).await?;
        let arrays = arrays.into_iter().zip(&fields).map(|(array, field)| stored(array, field));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        for ((array, field), name) in arrays.iter().zip(&fields).zip(&names) {
            self.fits(given, array, field, name)?;
        }
        Ok((names, arrays))
    }

    /// Can the column hold these values?
    fn fits(&self, given: &Given, array: &ArrayRef, field: &Field, name: &str) -> Result<()> {
        let place = given.columns.iter().find(|column| folded(column) == name);
        let place = place.map_or(given.place, |column| column.span.start);
        let fail = |message: String| {
            Err(self.file.at(Error::config(message).at(At::Table, self.name).at(At::Column, name), place))
        };
        if !field.is_nullable() && array.null_count() > 0 {
            return fail(format!("the column '{name}' is NOT NULL, and a row has NULL in it"));
        }
        let length = field.metadata().get(PG_TYPE).and_then(|kind| length_of(kind));
        let longer = |texts: &StringArray, length| texts.iter().flatten().any(|text| text.chars().count() > length);
        if let (Some(length), Some(texts)) = (length, array.as_string_opt::<i32>())
            && longer(texts, length)
        {
            return fail(format!("the column '{name}' holds {length} characters, and a row has more in it"));
        }
        Ok(())
    }

    fn unknown(&self, name: &str, column: &ast::Ident) -> Error {
        let names: Vec<String> = self.fields.fields().iter().map(|field| field.name().clone()).collect();
        let error = Error::config(format!("'{}' has no column '{name}'", self.name)).at(At::Column, name);
        let error = self.file.at(error, column.span.start);
        match closest(name, &names) {
            Some(close) => error.hint(format!("did you mean '{close}'?")),
            None => error.hint(format!("its columns are {}", names.join(", "))),
        }
    }
}

/// A value, to be read as a column's type.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a key of another number of parts.
pub fn typed(value: Expr, field: &Field) -> Result<Expr> {
    let DataType::Struct(members) = field.data_type() else { return read_as(value, &types_of(field)) };
    let values = match value {
        Expr::Tuple(values) => values,
        Expr::Nested(one) => vec![*one],
        Expr::Function(function) => arguments(&function),
        other => vec![other],
    };
    if values.len() != members.len() {
        let names: Vec<&str> = members.iter().map(|member| member.name().as_str()).collect();
        return Err(Error::config(format!("'{}' is ({})", field.name(), names.join(", ")))
            .hint("a key of several columns is given as (1, 'a')"));
    }
    let mut args = Vec::with_capacity(values.len() * 2);
    for (value, member) in values.into_iter().zip(members) {
        args.push(text(member.name()));
        args.push(typed(value, member)?);
    }
    call("named_struct", args)
}

/// The types, one after the other, through which a literal becomes a value of a column.
fn types_of(field: &Field) -> Vec<String> {
    let declared = field.metadata().get(PG_TYPE).map(String::as_str).unwrap_or_default();
    let plain = declared.split('(').next().unwrap_or_default().trim().to_owned();
    let one = match field.data_type() {
        DataType::Boolean => "boolean",
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => "smallint",
        DataType::Int32 | DataType::UInt16 => "integer",
        DataType::Int64 | DataType::UInt64 => "bigint",
        DataType::UInt32 => "oid",
        DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Decimal128(precision, scale) => return vec![format!("numeric({precision},{scale})")],
        DataType::Date32 => "date",
        DataType::Time64(_) => "time",
        DataType::Timestamp(_, None) => "timestamp",
        DataType::Timestamp(_, Some(_)) => "timestamptz",
        DataType::Binary | DataType::LargeBinary => "bytea",
        DataType::FixedSizeBinary(16) => "uuid",
        kind if *kind == NUMERIC => "numeric",
        DataType::List(item) => {
            let metadata = declared.strip_suffix("[]").map(|name| (PG_TYPE.to_owned(), name.to_owned()));
            let item = item.as_ref().clone().with_metadata(metadata.into_iter().collect());
            return types_of(&item).last().map(|name| format!("{name}[]")).into_iter().collect();
        }
        _ => match plain.as_str() {
            "json" => "json",
            "jsonb" => "jsonb",
            "numeric" => "numeric",
            // As it is printed.
            "interval" => return vec!["interval".to_owned(), "text".to_owned()],
            _ => "text",
        },
    };
    vec![one.to_owned()]
}

fn read_as(value: Expr, types: &[String]) -> Result<Expr> {
    let mut value = value;
    for name in types {
        let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(name).map_err(|_| misfit())?;
        let data_type = parser.parse_data_type().map_err(|_| misfit())?;
        value = Expr::Cast { kind: CastKind::Cast, expr: Box::new(value), data_type, array: false, format: None };
    }
    Ok(value)
}

fn null() -> Expr {
    Expr::Value(ast::Value::Null.into())
}

/// A literal text.
pub fn text(of: &str) -> Expr {
    Expr::Value(ast::Value::SingleQuotedString(of.to_owned()).into())
}

/// A call of a function.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`]: a defect of this program.
pub fn call(name: &str, args: Vec<Expr>) -> Result<Expr> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(&format!("{name}(0)")).map_err(|_| misfit())?;
    let Ok(Expr::Function(mut function)) = parser.parse_expr() else { return Err(misfit()) };
    if let FunctionArguments::List(list) = &mut function.args {
        list.args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    }
    Ok(Expr::Function(function))
}

/// What stands in `row(…)`, or every second argument of `named_struct('a', …)`.
fn arguments(function: &ast::Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let values = list.args.iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value.clone()),
        _ => None,
    });
    if function.name.to_string().eq_ignore_ascii_case("row") {
        return values.collect();
    }
    values.skip(1).step_by(2).collect()
}

/// Rows of expressions as a query.
fn values(rows: Vec<Vec<Expr>>) -> Result<Statement> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql("values (0)").map_err(|_| misfit())?;
    let mut query = parser.parse_query().map_err(|_| misfit())?;
    let rows = rows.into_iter().map(Parens::with_empty_span).collect();
    *query.body = SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows });
    Ok(Statement::Statement(Box::new(ast::Statement::Query(query))))
}

/// Computes rows of expressions, one array a column.
async fn evaluate(engine: &Engine, file: &CaseFile, rows: Vec<Vec<Expr>>) -> Result<Vec<ArrayRef>> {
    let frame = engine.plan_parsed(values(rows)?, file.text(), &[]).await?;
    let columns = frame.schema().fields().len();
    let mut stream = engine.stream(frame, file.text(), None).await?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        batches.push(batch.map_err(|error| running(&error, &file.file))?);
    }
    let column = |at: usize| {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(at).as_ref()).collect();
        concat(&parts).map_err(|_| misfit())
    };
    (0..columns).map(column).collect()
}

/// A computed column in the Arrow type of a field.
fn stored(array: ArrayRef, field: &Field) -> Result<ArrayRef> {
    let array = if array.data_type() == field.data_type() {
        array
    } else {
        cast(&array, field.data_type()).map_err(|_| misfit())?
    };
    let kind = field.metadata().get(PG_TYPE).map(String::as_str).unwrap_or_default();
    match (length_of(kind), array.as_string_opt::<i32>()) {
        (Some(length), Some(texts)) if kind.starts_with("character(") => {
            let padded = |text: &str| format!("{text:<length$}");
            Ok(Arc::new(texts.iter().map(|text| text.map(padded)).collect::<StringArray>()))
        }
        _ => Ok(array),
    }
}

/// The length of a `character varying(n)` or `character(n)`.
fn length_of(kind: &str) -> Option<usize> {
    let inside = kind.strip_prefix("character varying(").or_else(|| kind.strip_prefix("character("))?;
    inside.strip_suffix(')')?.parse().ok()
}

/// What stands in a column that a statement leaves out.
fn left_out(field: &Field, rows: usize, before: usize) -> Result<ArrayRef> {
    if field.is_nullable() {
        return Ok(new_null_array(field.data_type(), rows));
    }
    let kind = field.metadata().get(PG_TYPE).map(String::as_str).unwrap_or_default();
    if kind == "tid" {
        let places = (before + 1..=before + rows).map(|place| Some(format!("(0,{place})")));
        return Ok(Arc::new(places.collect::<StringArray>()));
    }
    let zero = match field.data_type() {
        DataType::Date32 => ScalarValue::Date32(Some(EPOCH_DAYS)),
        DataType::Timestamp(_, zone) => ScalarValue::TimestampMicrosecond(Some(EPOCH_MICROS), zone.clone()),
        DataType::FixedSizeBinary(size) => ScalarValue::FixedSizeBinary(*size, Some(vec![0; 16])),
        DataType::Binary => ScalarValue::Binary(Some(Vec::new())),
        DataType::List(item) => ScalarValue::List(ScalarValue::new_list_nullable(&[], item.data_type())),
        DataType::Utf8 => ScalarValue::Utf8(Some(match (kind, length_of(kind)) {
            ("json" | "jsonb", _) => "{}".to_owned(),
            ("interval", _) => "00:00:00".to_owned(),
            (kind, _) if kind.starts_with("numeric") => "0".to_owned(),
            (kind, Some(length)) if kind.starts_with("character(") => " ".repeat(length),
            _ => String::new(),
        })),
        kind => ScalarValue::new_zero(kind).or_else(|_| ScalarValue::new_default(kind)).map_err(|_| misfit())?,
    };
    zero.to_array_of_size(rows).map_err(|_| misfit())
}

fn misfit() -> Error {
    Error::unexpected("the rows of a case do not have their planned form")
}
