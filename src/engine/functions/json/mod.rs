//! Owns the JSON functions: row_json(), json_object(), json_merge(), is_jsonb(), has_members().
//! Must not know: which table a row comes from. Values are rendered as PostgreSQL's to_jsonb renders them.

mod grammar;
mod members;
mod write;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, StringArray, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};

use super::{Function, arity, literal};
use crate::diagnosis::OURS;
use write::{Cell, json_field};

/// The functions of this theme.
pub fn functions() -> Vec<ScalarUDF> {
    vec![row_json(), json_object(), json_merge(), is_jsonb(), members::has_members()]
}

/// Every value of a column as JSON text.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a type that has no JSON form.
pub fn json_text(field: &FieldRef, array: &ArrayRef) -> crate::error::Result<Vec<String>> {
    let cell = Cell::new(field, array).map_err(|error| crate::error::Error::config(error.strip_backtrace()))?;
    let mut buffer = Vec::new();
    (0..array.len())
        .map(|row| {
            buffer.clear();
            cell.write(row, &mut buffer);
            String::from_utf8(buffer.clone()).map_err(|_| crate::error::Error::unexpected("JSON that is no UTF-8"))
        })
        .collect()
}

fn text_field(name: &str, args: &ReturnFieldArgs<'_>, function: &str) -> Result<()> {
    for (index, field) in args.arg_fields.iter().enumerate() {
        if !matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null) {
            return Err(DataFusionError::Plan(format!(
                "{function} takes text as its argument {}, not {} ({name})",
                index + 1,
                field.data_type()
            )));
        }
    }
    Ok(())
}

/// `row_json(row)`: a struct as a JSON object; a NULL struct is NULL.
fn row_json() -> ScalarUDF {
    Function::udf(
        "row_json",
        |args| {
            arity(args, 1, "row_json")?;
            let field = &args.arg_fields[0];
            if !matches!(field.data_type(), DataType::Struct(_) | DataType::Null) {
                return Err(DataFusionError::Plan(format!("row_json takes a row (x._row), not {}", field.data_type())));
            }
            Ok(json_field("row_json", field.is_nullable()).into())
        },
        |args| {
            let rows = args.args[0].to_array(args.number_rows)?;
            let cell = Cell::new(&args.arg_fields[0], &rows)?;
            let mut out = StringBuilder::with_capacity(rows.len(), rows.len() * 128);
            let mut buffer = Vec::with_capacity(512);
            for row in 0..rows.len() {
                if rows.is_null(row) {
                    out.append_null();
                    continue;
                }
                buffer.clear();
                cell.write(row, &mut buffer);
                out.append_value(utf8(&buffer)?);
            }
            Ok(ColumnarValue::Array(Arc::new(out.finish())))
        },
    )
}

/// `json_object('name', value, …)`: an object with these members, in this order.
fn json_object() -> ScalarUDF {
    Function::udf(
        "json_object",
        |args| {
            if !args.arg_fields.len().is_multiple_of(2) {
                return Err(DataFusionError::Plan("json_object takes pairs of a name and a value".into()));
            }
            for pair in 0..args.arg_fields.len() / 2 {
                literal(args, pair * 2, "json_object")?;
            }
            Ok(json_field("json_object", false).into())
        },
        |args| {
            let mut members = Vec::with_capacity(args.args.len() / 2);
            for (pair, fields) in args.args.chunks_exact(2).zip(args.arg_fields.chunks_exact(2)) {
                let ColumnarValue::Scalar(name) = &pair[0] else {
                    return Err(DataFusionError::Plan("json_object takes literal names".into()));
                };
                let mut prefix = Vec::new();
                write::text(name.try_as_str().flatten().unwrap_or_default(), &mut prefix);
                prefix.push(b':');
                members.push((prefix, Cell::new(&fields[1], &pair[1].to_array(args.number_rows)?)?));
            }
            objects(&members, args.number_rows)
        },
    )
}

fn objects(members: &[(Vec<u8>, Cell)], rows: usize) -> Result<ColumnarValue> {
    let mut out = StringBuilder::with_capacity(rows, rows * 64);
    let mut buffer = Vec::with_capacity(256);
    for row in 0..rows {
        buffer.clear();
        buffer.push(b'{');
        for (index, (prefix, cell)) in members.iter().enumerate() {
            if index > 0 {
                buffer.push(b',');
            }
            buffer.extend_from_slice(prefix);
            cell.write(row, &mut buffer);
        }
        buffer.push(b'}');
        out.append_value(utf8(&buffer)?);
    }
    Ok(ColumnarValue::Array(Arc::new(out.finish())))
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| DataFusionError::Execution(format!("{OURS} JSON that is no UTF-8")))
}

/// `json_merge(a, b, …)`: the members of all objects; of two with the same name the later wins. NULL is an empty object.
fn json_merge() -> ScalarUDF {
    Function::udf(
        "json_merge",
        |args| {
            text_field("an object", args, "json_merge")?;
            Ok(json_field("json_merge", false).into())
        },
        |args| {
            let objects = texts(&args)?;
            let mut out = StringBuilder::with_capacity(args.number_rows, args.number_rows * 192);
            let mut buffer = String::with_capacity(512);
            for row in 0..args.number_rows {
                buffer.clear();
                merge(&objects, row, &mut buffer)?;
                out.append_value(&buffer);
            }
            Ok(ColumnarValue::Array(Arc::new(out.finish())))
        },
    )
}

/// Members are spliced as text: no value is parsed and printed again, so none can change.
fn merge(objects: &[StringArray], row: usize, out: &mut String) -> Result<()> {
    out.push('{');
    let mut named: Vec<(&str, usize)> = Vec::new();
    let mut members: Vec<&str> = Vec::new();
    for object in objects.iter().filter(|object| object.is_valid(row)) {
        let found = grammar::members(object.value(row)).ok_or_else(|| {
            DataFusionError::Execution(format!("{OURS} json_merge met a text that is no JSON object"))
        })?;
        for (name, member) in found {
            if let Some((_, at)) = named.iter().find(|(known, _)| *known == name) {
                members[*at] = member;
            } else {
                named.push((name, members.len()));
                members.push(member);
            }
        }
    }
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(member);
    }
    out.push('}');
    Ok(())
}

fn texts(args: &ScalarFunctionArgs) -> Result<Vec<StringArray>> {
    args.args
        .iter()
        .map(|arg| {
            let array: ArrayRef = cast(&arg.to_array(args.number_rows)?, &DataType::Utf8)?;
            Ok(datafusion::arrow::array::AsArray::as_string::<i32>(&array).clone())
        })
        .collect()
}

/// `is_jsonb(text)`: does PostgreSQL's jsonb accept it?
fn is_jsonb() -> ScalarUDF {
    Function::udf(
        "is_jsonb",
        |args| {
            arity(args, 1, "is_jsonb")?;
            text_field("JSON", args, "is_jsonb")?;
            Ok(Field::new("is_jsonb", DataType::Boolean, args.arg_fields[0].is_nullable()).into())
        },
        |args| {
            let texts = texts(&args)?;
            let answers: BooleanArray = texts[0].iter().map(|text| text.map(grammar::is_jsonb)).collect();
            Ok(ColumnarValue::Array(Arc::new(answers)))
        },
    )
}
