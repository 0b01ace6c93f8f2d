//! Owns how each PostgreSQL type travels: the white list of what the reader takes exactly, and what goes as text.
//! Must not know: tables or connections. A type that is on neither list is refused by the caller.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

/// A column's type as the catalog gives it, beneath its domains.
#[derive(Debug, Clone, Default)]
pub(super) struct PgType {
    /// `pg_type.typname`.
    pub name: String,
    /// `pg_type.typtype`: base, enum, composite, range, multirange.
    pub kind: String,
    pub builtin: bool,
    pub typmod: i32,
    /// Of an array: its elements' `(typname, typtype, builtin)`.
    pub element: Option<(String, String, bool)>,
}

/// How a column travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Carry {
    /// The reader's own type, cast back to what the column is.
    Number(DataType),
    Bool,
    /// Text that the reader takes as it is; `char(n)` keeps its padding only so.
    Plain {
        padded: bool,
    },
    /// The type's text form.
    Text,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp {
        zoned: bool,
    },
    Decimal(u8, i8),
    /// A list of the reader's own elements.
    List(DataType),
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

/// Types whose text form is exact and depends on no setting but those that the readers set.
const AS_TEXT: &[&str] = &[
    "bit", "box", "char", "cidr", "circle", "inet", "interval", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr",
    "macaddr8", "path", "pg_lsn", "point", "polygon", "timetz", "tsquery", "tsvector", "varbit", "xml",
];
/// The same, of types that come with well-known extensions.
const AS_TEXT_EXTENSIONS: &[&str] = &["citext", "hstore", "ltree"];

impl Carry {
    /// How a type travels; None for a type nobody has looked at.
    pub(super) fn of(found: &PgType) -> Option<Self> {
        if let Some((element, kind, builtin)) = &found.element {
            return of_array(element, kind, *builtin);
        }
        match found.kind.as_str() {
            "e" => Some(Self::Text),
            "r" | "m" if found.builtin => Some(Self::Text),
            "b" if found.builtin => of_base(&found.name, found.typmod),
            "b" => AS_TEXT_EXTENSIONS.contains(&found.name.as_str()).then_some(Self::Text),
            _ => None,
        }
    }

    /// The Arrow type it has in the snapshot.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Number(number) => number.clone(),
            Self::Bool => DataType::Boolean,
            Self::Plain { .. } | Self::Text => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp { zoned } => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::List(element) => DataType::List(Arc::new(Field::new_list_field(element.clone(), true))),
        }
    }

    /// The piece of SQL that selects it; `exact` asks for the slower form that also carries infinities.
    pub(super) fn projection(&self, exact: bool) -> &'static str {
        match self {
            Self::Text | Self::Decimal(..) => "text",
            Self::Uuid => "uuid",
            Self::Time => "time",
            Self::Date if exact => "date",
            Self::Timestamp { zoned: false } if exact => "timestamp",
            Self::Timestamp { zoned: true } if exact => "timestamptz",
            _ => "plain",
        }
    }

    /// The piece of SQL that looks for values of the column which this type cannot carry; with any, it goes as text.
    pub(super) fn doubt(&self) -> Option<&'static str> {
        match self {
            Self::Decimal(..) => Some("not_a_number"),
            Self::Time => Some("end_of_day"),
            Self::List(_) => Some("not_a_list"),
            _ => None,
        }
    }

    pub(super) fn order(&self) -> Order {
        match self {
            Self::Number(DataType::Float32 | DataType::Float64) | Self::Plain { padded: true } | Self::List(_) => {
                Order::None
            }
            Self::Plain { padded: false } | Self::Text => Order::Bytewise,
            _ => Order::Plain,
        }
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(self, Self::Number(DataType::Int16 | DataType::Int32 | DataType::Int64))
    }
}

fn of_base(name: &str, typmod: i32) -> Option<Carry> {
    Some(match name {
        "int2" => Carry::Number(DataType::Int16),
        "int4" => Carry::Number(DataType::Int32),
        "int8" => Carry::Number(DataType::Int64),
        "oid" => Carry::Number(DataType::UInt32),
        "float4" => Carry::Number(DataType::Float32),
        "float8" => Carry::Number(DataType::Float64),
        "bool" => Carry::Bool,
        "text" | "varchar" | "name" => Carry::Plain { padded: false },
        "bpchar" => Carry::Plain { padded: true },
        "bytea" => Carry::Bytes,
        "uuid" => Carry::Uuid,
        "date" => Carry::Date,
        "time" => Carry::Time,
        "timestamp" => Carry::Timestamp { zoned: false },
        "timestamptz" => Carry::Timestamp { zoned: true },
        "numeric" => decimal(typmod).unwrap_or(Carry::Text),
        other if AS_TEXT.contains(&other) => Carry::Text,
        _ => return None,
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

fn of_array(element: &str, kind: &str, builtin: bool) -> Option<Carry> {
    let list = match element {
        _ if kind == "e" => return Some(Carry::Text),
        _ if kind != "b" => return None,
        _ if !builtin => return AS_TEXT_EXTENSIONS.contains(&element).then_some(Carry::Text),
        "text" | "varchar" => DataType::Utf8,
        "int2" => DataType::Int16,
        "int4" => DataType::Int32,
        "int8" => DataType::Int64,
        "float4" => DataType::Float32,
        "float8" => DataType::Float64,
        "bool" => DataType::Boolean,
        other => return of_base(other, -1).map(|_| Carry::Text),
    };
    Some(Carry::List(list))
}

#[cfg(test)]
mod tests {
    use super::{Carry, PgType, decimal};

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
    fn what_nobody_has_looked_at_is_refused() {
        let base = |name: &str, builtin| PgType { name: name.into(), kind: "b".into(), builtin, ..PgType::default() };
        for name in ["money", "regclass", "xid", "aclitem", "tomorrows_type"] {
            assert_eq!(Carry::of(&base(name, true)), None, "{name}");
        }
        // A type of the user's own that only shares a name.
        assert_eq!(Carry::of(&base("uuid", false)), None);
        assert_eq!(Carry::of(&base("jsonb", true)), Some(Carry::Text));
    }
}
