//! Owns the canonical form in which a value of an outcome and a value of the target are compared.
//! Must not know: how either is read. (The encoder's forms are not used: a fault there shall be found here.)

use arrow::datatypes::DataType;

use crate::server::sql::quote_ident;
use crate::target::{Column, Type, TypeKind};

/// The canonical form of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Canon {
    /// One byte.
    Bool,
    /// The number, 16 bytes.
    Int,
    /// The same, of an unsigned type.
    Oid,
    /// The bits of a double.
    Float,
    /// The bytes; `padded`: spaces at the end do not count.
    Text {
        padded: bool,
    },
    Uuid,
    /// Days since 1970.
    Date,
    /// Microseconds since 1970.
    Timestamp,
    Time,
    /// The number of coins, of which a unit has 10^`digits`, 16 bytes.
    Money {
        digits: u32,
    },
    /// The one byte of a "char".
    Byte,
    /// The text of a numeric; `trim`: the column's type sets the scale, so zeros at the end do not count.
    Numeric {
        trim: bool,
    },
    Bytes,
    Jsonb,
    /// Number of elements, then each.
    Array(Box<Canon>),
    /// The text that the server makes of it.
    Server {
        ty: String,
    },
}

/// The form of a column that a flow gives as `source`.
pub(super) fn plan(source: &DataType, column: &Column) -> Canon {
    of(source, &column.ty, column.modifier)
}

fn of(source: &DataType, ty: &Type, modifier: i32) -> Canon {
    let base = ty.base();
    match &base.kind {
        TypeKind::Enum { .. } => return Canon::Text { padded: false },
        TypeKind::Array { of: element, .. } => {
            let inner = match source {
                DataType::List(of) | DataType::LargeList(of) => of.data_type(),
                DataType::Null => source,
                _ => return Canon::Server { ty: base.unbounded.clone() },
            };
            let modifier = if modifier < 0 { element.modifier() } else { modifier };
            return Canon::Array(Box::new(of(inner, element, modifier)));
        }
        TypeKind::Money { digits } => return Canon::Money { digits: *digits }.unless_text(source, base),
        _ => {}
    }
    match base.name.as_str() {
        "bool" => Canon::Bool,
        "int2" | "int4" | "int8" => Canon::Int,
        "oid" => Canon::Oid,
        "float4" | "float8" => Canon::Float,
        "text" | "varchar" | "name" | "citext" | "json" => Canon::Text { padded: false },
        "bpchar" => Canon::Text { padded: true },
        "uuid" => Canon::Uuid,
        "date" => Canon::Date,
        "timestamp" | "timestamptz" => Canon::Timestamp,
        "time" => Canon::Time,
        "numeric" => Canon::Numeric { trim: modifier >= 4 },
        "char" => Canon::Byte,
        "bytea" => Canon::Bytes,
        "jsonb" => Canon::Jsonb,
        _ => return Canon::Server { ty: base.unbounded.clone() },
    }
    .unless_text(source, base)
}

impl Canon {
    /// Text for a type that is no text: only the server knows what it means.
    fn unless_text(self, source: &DataType, ty: &Type) -> Self {
        let text = matches!(source, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        match self {
            Self::Bool
            | Self::Int
            | Self::Oid
            | Self::Float
            | Self::Date
            | Self::Timestamp
            | Self::Time
            | Self::Money { .. }
            | Self::Bytes
                if text =>
            {
                Self::Server { ty: ty.unbounded.clone() }
            }
            other => other,
        }
    }

    /// What is selected of the target, so that [`super::actual`] can read it.
    pub fn expression(&self, column: &str) -> String {
        let name = quote_ident(column);
        match self {
            Self::Server { .. } => format!("{name}::text"),
            Self::Array(of) if matches!(**of, Self::Server { .. }) => format!("{name}::text[]"),
            _ => name,
        }
    }
}

/// Appends a NULL to a row's canonical bytes.
pub(super) fn null(out: &mut Vec<u8>) {
    out.push(0);
}

/// Appends a value to a row's canonical bytes: its length keeps it apart from what follows.
pub(super) fn value(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(1);
    let at = out.len();
    out.extend_from_slice(&[0; 8]);
    write(out);
    let length = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&length.to_le_bytes());
}

/// What is written instead of a value that cannot be read; the other side never has it.
pub(super) fn unreadable(side: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\xff\xffunreadable on the side of the ");
    out.extend_from_slice(side.as_bytes());
}
