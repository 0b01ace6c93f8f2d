//! Owns which Arrow type may go to which PostgreSQL type, and in which form.
//! Must not know: how a value is written.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, TimeUnit};

use crate::error::{Error, Result};
use crate::target::{Column, Type, TypeKind};

/// The two forms of a COPY stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The fast one, for the types whose binary form we know exactly.
    Binary,
    /// Any type of PostgreSQL can be read from text.
    Text,
}

/// The place a value goes to.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub name: String,
    pub ty: Type,
    pub modifier: i32,
}

impl Place {
    pub fn of(column: &Column) -> Self {
        Self { name: column.name.clone(), ty: column.ty.clone(), modifier: column.modifier }
    }

    /// The element's place of an array's.
    pub fn element(&self) -> Option<Self> {
        match &self.ty.base().kind {
            TypeKind::Array { of, .. } => {
                let modifier = if self.modifier < 0 { of.modifier() } else { self.modifier };
                Some(Self { name: self.name.clone(), ty: (**of).clone(), modifier })
            }
            _ => None,
        }
    }
}

/// The one type that stands for all that are written alike.
pub(super) fn normal(ty: &DataType) -> DataType {
    use DataType as D;
    match ty {
        D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 | D::UInt32 => D::Int64,
        D::Float16 => D::Float32,
        D::LargeUtf8 | D::Utf8View | D::Decimal256(..) => D::Utf8,
        D::LargeBinary | D::BinaryView => D::Binary,
        D::FixedSizeBinary(length) if *length != 16 => D::Binary,
        D::Dictionary(_, values) => normal(values),
        D::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, zone) => {
            D::Timestamp(TimeUnit::Microsecond, zone.clone())
        }
        D::Time32(_) => D::Time64(TimeUnit::Microsecond),
        D::Decimal32(precision, scale) | D::Decimal64(precision, scale) => D::Decimal128(*precision, *scale),
        D::List(of) | D::LargeList(of) => {
            D::List(Arc::new(Field::new(of.name(), normal(of.data_type()), of.is_nullable())))
        }
        other => other.clone(),
    }
}

/// The array in its normal type.
pub(super) fn normalise(array: &ArrayRef) -> Result<ArrayRef> {
    let wanted = normal(array.data_type());
    if *array.data_type() == wanted {
        return Ok(array.clone());
    }
    cast_with_options(array, &wanted, &CastOptions { safe: false, ..CastOptions::default() })
        .map_err(|_| Error::unexpected(format!("a column of {} cannot be read as {wanted}", array.data_type())))
}

/// The form in which `field` can go to `column`; else why it cannot.
pub(super) fn fit(field: &Field, column: &Column) -> Result<Form, String> {
    let declared = field.metadata().get("pg_type").map(String::as_str);
    pair(&normal(field.data_type()), &column.ty, declared).ok_or_else(|| {
        let hint = match (field.data_type(), column.ty.base().name.as_str()) {
            (DataType::Timestamp(TimeUnit::Nanosecond, _), _) => {
                "; nanoseconds do not fit, cast it with arrow_cast(…, 'Timestamp(Microsecond, Some(\"UTC\"))')"
            }
            (DataType::Struct(_) | DataType::Map(..), _) => "; make it JSON text with json_object(…)",
            (_, "text" | "varchar" | "bpchar") => "; cast it: cast(… as varchar)",
            _ => "; cast it in the flow's SQL",
        };
        format!("is {} and cannot become {}{hint}", shown(field.data_type()), column.formatted)
    })
}

/// A type of Arrow as an author of SQL knows it.
fn shown(ty: &DataType) -> String {
    match normal(ty) {
        DataType::Utf8 => "text".to_owned(),
        DataType::Int64 | DataType::UInt64 => "an integer".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Float32 | DataType::Float64 => "a float".to_owned(),
        DataType::FixedSizeBinary(16) => "a uuid".to_owned(),
        DataType::Binary => "binary".to_owned(),
        other => format!("{other}"),
    }
}

fn pair(source: &DataType, target: &Type, declared: Option<&str>) -> Option<Form> {
    let base = target.base();
    match (source, &base.kind) {
        (DataType::Null, _) => Some(Form::Binary),
        (DataType::List(of), TypeKind::Array { of: element, .. }) => match of.data_type() {
            DataType::List(_) => None,
            inner => pair(inner, element, declared.map(|declared| declared.strip_suffix("[]").unwrap_or(declared))),
        },
        (DataType::Utf8, TypeKind::Enum { .. }) => Some(Form::Binary),
        (DataType::Utf8, TypeKind::Base | TypeKind::Money { .. }) => text_to(target, declared),
        (DataType::Utf8, _) => Some(Form::Text),
        (DataType::Decimal128(..), TypeKind::Money { .. }) => Some(Form::Binary),
        (_, TypeKind::Base) => known(source, &base.name).then_some(Form::Binary),
        _ => None,
    }
}

/// Is there an exact binary form of this pair?
fn known(source: &DataType, target: &str) -> bool {
    match source {
        DataType::Boolean => target == "bool",
        DataType::Int64 | DataType::UInt64 => {
            ["int2", "int4", "int8", "oid", "numeric", "float4", "float8"].contains(&target)
        }
        DataType::Float32 | DataType::Float64 => ["float4", "float8"].contains(&target),
        DataType::Decimal128(..) => target == "numeric",
        DataType::FixedSizeBinary(_) => ["uuid", "bytea"].contains(&target),
        DataType::Binary => target == "bytea",
        DataType::Date32 => target == "date",
        DataType::Timestamp(TimeUnit::Microsecond, _) => ["timestamptz", "timestamp"].contains(&target),
        DataType::Time64(TimeUnit::Microsecond) => target == "time",
        _ => false,
    }
}

fn text_to(target: &Type, declared: Option<&str>) -> Option<Form> {
    match target.base().name.as_str() {
        "text" | "varchar" | "bpchar" | "name" | "citext" | "json" | "jsonb" | "uuid" | "numeric" | "char" => {
            Some(Form::Binary)
        }
        // Text that is known to be such a value (PostgreSQL wrote it) may go back to it; other text is a slip.
        "bool" | "int2" | "int4" | "int8" | "oid" | "float4" | "float8" | "money" | "date" | "time" | "timestamp"
        | "timestamptz" | "bytea" => {
            let declared = family(declared?);
            target.chain().any(|ty| family(&ty.formatted) == declared).then_some(Form::Text)
        }
        _ => Some(Form::Text),
    }
}

/// A type as PostgreSQL writes it, without its schema and its modifier: `timestamp(3) with time zone` is
/// `timestamp with time zone`.
fn family(formatted: &str) -> String {
    let mut kept = String::with_capacity(formatted.len());
    let (mut quoted, mut modifier) = (false, false);
    for sign in formatted.chars() {
        match sign {
            '"' => quoted = !quoted,
            '.' if !quoted => kept.clear(),
            '(' if !quoted => modifier = true,
            ')' if !quoted => modifier = false,
            sign if !modifier => kept.push(sign),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn families_of_types() {
        for (formatted, expected) in [
            ("integer", "integer"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
            ("legacy.\"my.(odd) type\"(3)", "my.(odd) type"),
            ("\"char\"", "char"),
            ("numeric(10,2)[]", "numeric[]"),
        ] {
            assert_eq!(family(formatted), expected);
        }
    }
}
