//! Owns the reading of UUIDs that a source holds as text, such as the generic keys of many frameworks.
//! Must not know: how UUIDs are made.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, FixedSizeBinaryArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};
use uuid::Uuid;

use super::{Function, arity};

/// The name of the function that ends a query for a text that is no UUID.
pub const STRICT: &str = "to_uuid";

/// `to_uuid(text)`, and `try_uuid(text)`, which is NULL for what is none.
pub fn functions() -> Vec<ScalarUDF> {
    vec![of_text(STRICT, true), lenient()]
}

/// `try_uuid(text)`.
pub fn lenient() -> ScalarUDF {
    of_text("try_uuid", false)
}

fn of_text(name: &'static str, strict: bool) -> ScalarUDF {
    Function::udf(
        name,
        move |args| {
            arity(args, 1, name)?;
            let kind = args.arg_fields[0].data_type();
            if !kind.is_string() && !kind.is_null() {
                return plan_err!("{name} reads a text, not {kind}");
            }
            Ok(Field::new(name, DataType::FixedSizeBinary(16), true).into())
        },
        move |args| {
            let texts = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8)?;
            let read = |text: Option<&str>| match (text, text.and_then(read)) {
                (Some(_), None) if strict => {
                    let error = ArrowError::CastError("a text is no UUID".to_owned());
                    Err(DataFusionError::ArrowError(Box::new(error), None))
                }
                (_, uuid) => Ok(uuid.map(Uuid::into_bytes)),
            };
            let uuids = texts.as_string::<i32>().iter().map(read).collect::<Result<Vec<_>>>()?;
            let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16)?;
            Ok(ColumnarValue::Array(Arc::new(array)))
        },
    )
}

/// The forms that PostgreSQL reads: capitals, braces, and without hyphens.
fn read(text: &str) -> Option<Uuid> {
    if text.starts_with("urn") { None } else { Uuid::parse_str(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn uuids_are_read_as_postgresql_reads_them() {
        let plain = "6f1d3c52-7c0a-4f3e-9d5e-0b1c2d3e4f50";
        let forms = [plain.to_uppercase(), format!("{{{plain}}}"), plain.replace('-', "")];
        assert!(forms.iter().all(|form| read(form) == read(plain)) && read(plain).is_some());
        assert!(["", "7", &format!("urn:uuid:{plain}"), &plain[1..]].iter().all(|text| read(text).is_none()));
    }
}
