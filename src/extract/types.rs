//! Owns how each PostgreSQL type travels: as which Arrow type, and by which form of its value.
//! Must not know: tables or connections. A type that has no form to be read back from is refused by the caller.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

use crate::mask::Kind;

/// A column's type as the catalog gives it, beneath its domains.
#[derive(Debug, Clone, Default)]
pub(super) struct PgType {
    /// `pg_type.typname`.
    pub name: String,
    /// `pg_type.typtype`: base, enum, composite, range, multirange.
    pub kind: String,
    pub builtin: bool,
    pub typmod: i32,
    /// Of an array: its elements' type.
    pub element: Option<Box<PgType>>,
    /// Of an array's element: is it an array itself (through a domain)?
    pub nested: bool,
    /// How many of money's digits stand after the point in this database.
    pub money_digits: u8,
}

/// How a column travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Carry {
    Int16,
    Int32,
    Int64,
    Oid,
    Float32,
    Float64,
    Bool,
    Text(Print),
    /// One byte; as text, what PostgreSQL 16 prints.
    Char,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp {
        zoned: bool,
    },
    Decimal(u8, i8),
    Money {
        digits: u8,
    },
    /// Of one dimension, counted from one.
    List(Box<Carry>),
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Print {
    /// The type is a text itself; `padded`: with spaces up to its length.
    Own { padded: bool },
    /// The value cast to text.
    Cast,
    /// What the type's output function prints.
    Output,
}

/// How rows can be sorted by a column so that Arrow agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As PostgreSQL sorts them.
    Plain,
    /// By the bytes of their text.
    Bytewise,
    None,
}

/// Types of which no value can be read back from its text: PostgreSQL makes them, nobody writes them.
const WITHOUT_INPUT: &[&str] = &[
    "gtsvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
];
/// Types whose cast to text says more than their output function (`10.0.0.1` would become `10.0.0.1/32`).
const CAST_IS_NOT_OUTPUT: &[&str] = &["cidr", "inet"];

const OWN_TEXT: Carry = Carry::Text(Print::Own { padded: false });

impl Carry {
    /// How a type travels; None for a type that cannot.
    pub(super) fn of(found: &PgType) -> Option<Self> {
        if let Some(element) = &found.element {
            return of_array(found, element);
        }
        match found.kind.as_str() {
            "e" => Some(OWN_TEXT),
            "b" if found.builtin => of_base(found),
            "r" | "m" if found.builtin => Some(Self::Text(Print::Cast)),
            // As pg_dump: whatever the type is, its output is what its input takes.
            "b" | "c" | "r" | "m" => Some(Self::Text(Print::Output)),
            _ => None,
        }
    }

    /// The Arrow type it has in the snapshot.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Oid => DataType::UInt32,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Bool => DataType::Boolean,
            Self::Text(_) | Self::Char => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp { zoned } => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Money { digits } => DataType::Decimal128(19, digits.cast_signed()),
            Self::List(element) => DataType::List(Arc::new(Field::new_list_field(element.data_type(), true))),
        }
    }

    /// The name of the piece of SQL that selects it.
    pub(super) fn projection(&self) -> &'static str {
        match self {
            Self::Text(Print::Cast) => "text",
            Self::Text(Print::Output) => "output",
            Self::List(element) if matches!(**element, Self::Text(Print::Cast | Print::Output)) => "texts",
            _ => "plain",
        }
    }

    pub(super) fn order(&self) -> Order {
        match self {
            Self::Float32
            | Self::Float64
            | Self::Text(Print::Own { padded: true } | Print::Output)
            | Self::Char
            | Self::List(_) => Order::None,
            Self::Text(_) => Order::Bytewise,
            _ => Order::Plain,
        }
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(self, Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// How the column travels when it holds values that its exact type cannot: as text.
    pub(super) fn widened() -> Self {
        Self::Text(Print::Cast)
    }
}

fn of_base(found: &PgType) -> Option<Carry> {
    Some(match found.name.as_str() {
        "int2" => Carry::Int16,
        "int4" => Carry::Int32,
        "int8" => Carry::Int64,
        "oid" => Carry::Oid,
        "float4" => Carry::Float32,
        "float8" => Carry::Float64,
        "bool" => Carry::Bool,
        "text" | "varchar" | "name" | "json" => OWN_TEXT,
        "bpchar" => Carry::Text(Print::Own { padded: true }),
        "char" => Carry::Char,
        "bytea" => Carry::Bytes,
        "uuid" => Carry::Uuid,
        "date" => Carry::Date,
        "time" => Carry::Time,
        "timestamp" => Carry::Timestamp { zoned: false },
        "timestamptz" => Carry::Timestamp { zoned: true },
        "numeric" => decimal(found.typmod).unwrap_or(Carry::Text(Print::Cast)),
        "money" => Carry::Money { digits: found.money_digits },
        other if WITHOUT_INPUT.contains(&other) => return None,
        other if CAST_IS_NOT_OUTPUT.contains(&other) => Carry::Text(Print::Output),
        _ => Carry::Text(Print::Cast),
    })
}

/// `numeric(precision, scale)` where 38 digits are enough and the scale is an ordinary one.
fn decimal(typmod: i32) -> Option<Carry> {
    let packed = typmod.checked_sub(4).filter(|packed| *packed >= 0)?;
    let precision = u8::try_from((packed >> 16) & 0xffff).ok()?;
    // Eleven bits with a sign.
    let scale = ((packed & 0x7ff) ^ 1024) - 1024;
    let scale = i8::try_from(scale).ok().filter(|scale| *scale >= 0)?;
    (precision <= 38 && scale.unsigned_abs() <= precision).then_some(Carry::Decimal(precision, scale))
}

fn of_array(array: &PgType, element: &PgType) -> Option<Carry> {
    // Vectors of the catalog look like arrays, but count from zero; arrays of arrays are no lists of ours.
    if array.builtin && ["int2vector", "oidvector"].contains(&array.name.as_str()) {
        return Some(Carry::Text(Print::Cast));
    }
    if element.nested {
        return Carry::of(&PgType { element: None, ..element.clone() }).map(|_| Carry::Text(Print::Output));
    }
    match Carry::of(element)? {
        // A user's own type may have a cast to text that says something else.
        Carry::Text(Print::Output) if !element.builtin => Some(Carry::Text(Print::Output)),
        carry => Some(Carry::List(Box::new(carry))),
    }
}

/// What sort of values a type has, as far as masking goes; `carry` is how it travels.
pub(super) fn kind(found: &PgType, carry: &Carry) -> Kind {
    if let Some(element) = &found.element {
        return match carry {
            Carry::List(carry) => Kind::List(Box::new(kind(element, carry))),
            _ => Kind::Other,
        };
    }
    if found.kind != "b" {
        return Kind::Other;
    }
    // A type modifier of texts has four bytes more than characters.
    let text = |length| Kind::Text { length, folded: false };
    let length = u32::try_from(found.typmod - 4).ok().filter(|_| found.typmod >= 4);
    match (found.name.as_str(), found.builtin) {
        ("int2" | "int4" | "int8" | "oid", true) => Kind::Integer,
        ("numeric" | "money", true) => Kind::Numeric,
        ("text", true) => text(None),
        ("varchar" | "bpchar", true) => text(length),
        ("name", true) => text(Some(63)),
        ("char", true) => text(Some(1)),
        ("citext", false) => Kind::Text { length: None, folded: true },
        ("json" | "jsonb", true) => Kind::Json,
        ("uuid", true) => Kind::Uuid,
        ("bytea", true) => Kind::Bytes,
        ("date", true) => Kind::Date,
        ("time", true) => Kind::Time,
        ("timestamp" | "timestamptz", true) => Kind::Timestamp,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Carry, PgType, Print, decimal};

    fn base(name: &str, builtin: bool) -> PgType {
        PgType { name: name.into(), kind: "b".into(), builtin, typmod: -1, ..PgType::default() }
    }

    #[test]
    fn numeric_modifiers() {
        let typmod = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(decimal(typmod(10, 2)), Some(Carry::Decimal(10, 2)));
        assert_eq!(decimal(typmod(38, 38)), Some(Carry::Decimal(38, 38)));
        assert_eq!(decimal(typmod(39, 0)), None);
        assert_eq!(decimal(typmod(5, -2)), None);
        assert_eq!(decimal(typmod(3, 5)), None);
        assert_eq!(decimal(-1), None);
    }

    #[test]
    fn what_nobody_can_write_is_refused() {
        assert_eq!(Carry::of(&base("pg_node_tree", true)), None);
        let list = PgType { element: Some(Box::new(base("pg_ndistinct", true))), ..base("_pg_ndistinct", true) };
        assert_eq!(Carry::of(&list), None);
        assert_eq!(Carry::of(&PgType { kind: "p".into(), ..base("record", true) }), None);
    }

    #[test]
    fn a_type_of_the_users_own_is_what_it_prints() {
        // It only shares a name with ours.
        assert_eq!(Carry::of(&base("uuid", false)), Some(Carry::Text(Print::Output)));
        assert_eq!(Carry::of(&base("jsonb", true)), Some(Carry::Text(Print::Cast)));
        assert_eq!(Carry::of(&base("tomorrows_type", true)), Some(Carry::Text(Print::Cast)));
    }
}
