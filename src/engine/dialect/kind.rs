//! Owns which type of PostgreSQL an expression of a query has, and which Arrow type stands for each.
//! Must not know: functions and operators.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::super::functions::NUMERIC;
use crate::key::PG_TYPE;

/// The zone that the engine keeps instants in.
pub const UTC: &str = "UTC";

/// A type as PostgreSQL knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// NULL, of no type yet.
    Null,
    /// A quoted text that takes the type of what stands beside it.
    Unknown,
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Varchar,
    /// char(n): blanks at the end do not count.
    Padded,
    Json,
    Jsonb,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    List(Box<Kind>),
    /// A type of PostgreSQL's that travels as its text, by its name.
    Own(String),
    /// A type of the engine that PostgreSQL does not have.
    Engine(DataType),
}

/// Types that travel as text and are neither text nor labels of an enum: nothing of text may be done with them.
const OPAQUE: &[&str] = &[
    "bit",
    "bit varying",
    "box",
    "box2d",
    "box3d",
    "cidr",
    "circle",
    "citext",
    "geography",
    "geometry",
    "hstore",
    "inet",
    "line",
    "lquery",
    "lseg",
    "ltree",
    "macaddr",
    "macaddr8",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "tid",
    "time with time zone",
    "tsquery",
    "tsvector",
    "txid_snapshot",
    "vector",
    "xid",
    "xid8",
    "xml",
];
/// Of these, two values are equal just when their texts are.
const EQUAL_AS_TEXT: &[&str] = &["bit", "bit varying", "cidr", "inet", "macaddr", "macaddr8", "tid", "xid", "xid8"];

impl Kind {
    /// The type of a column.
    #[must_use]
    pub fn of(field: &Field) -> Self {
        let declared = field.metadata().get(PG_TYPE).map(String::as_str);
        match field.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool,
            DataType::Int8 | DataType::UInt8 | DataType::Int16 => Self::Int2,
            DataType::Int32 | DataType::UInt16 => Self::Int4,
            DataType::Int64 => Self::Int8,
            DataType::UInt32 => Self::Oid,
            DataType::UInt64 => Self::Int8,
            DataType::Float32 => Self::Float4,
            DataType::Float64 => Self::Float8,
            DataType::Decimal128(..) if declared == Some("money") => Self::Own("money".to_owned()),
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Self::Numeric
            }
            numeric if *numeric == NUMERIC => Self::Numeric,
            DataType::Utf8 | DataType::Utf8View => declared.map_or(Self::Text, Self::printed),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Self::Bytes,
            DataType::FixedSizeBinary(16) => Self::Uuid,
            DataType::Date32 => Self::Date,
            DataType::Time64(TimeUnit::Microsecond) => Self::Time,
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::Timestamp,
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Self::TimestampTz,
            DataType::Interval(IntervalUnit::MonthDayNano) => Self::Interval,
            DataType::List(item) => {
                let element = declared.and_then(|name| name.strip_suffix("[]"));
                let item = match element {
                    Some(name) if item.data_type() == &DataType::Utf8 => Self::printed(name),
                    _ => Self::of(item),
                };
                Self::List(Box::new(if item == Self::Null { Self::Text } else { item }))
            }
            DataType::Dictionary(_, values) => Self::of(&Field::new("", values.as_ref().clone(), true)),
            other => Self::Engine(other.clone()),
        }
    }

    /// The type of an argument: a quoted text has none of its own.
    #[must_use]
    pub fn of_argument(field: &Field, literal: Option<&ScalarValue>) -> Self {
        match (Self::of(field), literal) {
            (Self::Text, Some(ScalarValue::Utf8(Some(_)))) if !field.metadata().contains_key(PG_TYPE) => Self::Unknown,
            (_, Some(value)) if value.data_type().is_null() => Self::Null,
            (kind, _) => kind,
        }
    }

    /// What travels as text, by the name of its type.
    fn printed(name: &str) -> Self {
        let plain = name.split('(').next().unwrap_or(name).trim();
        match plain {
            "text" | "name" | "\"char\"" => Self::Text,
            "character varying" | "varchar" => Self::Varchar,
            "character" | "bpchar" => Self::Padded,
            "json" => Self::Json,
            "jsonb" => Self::Jsonb,
            "interval" => Self::Interval,
            _ => Self::Own(if name.ends_with("[]") { name.to_owned() } else { plain.to_owned() }),
        }
    }

    /// The type of an expression: literals take part as PostgreSQL types them.
    #[must_use]
    pub fn of_expr(expr: &Expr, schema: &DFSchema) -> Option<Self> {
        match expr {
            Expr::Alias(alias) => Self::of_expr(&alias.expr, schema),
            Expr::Literal(ScalarValue::Utf8(Some(_)), metadata) => match metadata {
                Some(metadata) if metadata.inner().contains_key(PG_TYPE) => {
                    expr.to_field(schema).ok().map(|(_, field)| Self::of(&field))
                }
                _ => Some(Self::Unknown),
            },
            Expr::Literal(value, _) if value.is_null() && !matches!(value, ScalarValue::Struct(_)) => {
                Some(if value.data_type().is_null() { Self::Null } else { Self::of(&field_of(&value.data_type())) })
            }
            Expr::Literal(ScalarValue::Int64(Some(value)), _) if i32::try_from(*value).is_ok() => Some(Self::Int4),
            Expr::Literal(ScalarValue::UInt64(Some(_)), _) => Some(Self::Numeric),
            Expr::Case(case) => {
                // What stands after ELSE counts first, as in PostgreSQL.
                let thens = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
                let values = case.else_expr.as_deref().into_iter().chain(thens);
                Self::common(values.map(|value| Self::of_expr(value, schema)))
            }
            Expr::ScalarFunction(call) if matches!(call.name(), "coalesce" | "greatest" | "least") => {
                Self::common(call.args.iter().map(|arg| Self::of_expr(arg, schema)))
            }
            _ => expr.to_field(schema).ok().map(|(_, field)| Self::of(&field)),
        }
    }

    /// The type that several values take together, as CASE and UNION have it. None where they do not go together.
    pub fn common(kinds: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        let mut common = Self::Null;
        for kind in kinds {
            common = common.with(&kind?)?;
        }
        Some(common)
    }

    fn with(self, other: &Self) -> Option<Self> {
        use Kind::{Null, Padded, Text, Unknown, Varchar};
        Some(match (&self, other) {
            (a, b) if a == b => self,
            (Null, b) => b.clone(),
            (_, Null) => self,
            (Unknown, b) => b.clone(),
            (_, Unknown) => self,
            (Text, Varchar) | (Varchar, Text) => Text,
            // The first one tells, since each becomes the other by itself.
            (Padded, Text | Varchar) => Padded,
            (Text | Varchar, Padded) => self,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            (a, b) => match (a.rank(), b.rank()) {
                (Some(left), Some(right)) if left < right => b.clone(),
                (Some(_), Some(_)) => self,
                _ => return None,
            },
        })
    }

    /// Where a type of numbers stands in the order in which they become each other.
    #[must_use]
    pub fn rank(&self) -> Option<u8> {
        Some(match self {
            Self::Int2 => 0,
            Self::Int4 => 1,
            Self::Int8 => 2,
            Self::Numeric => 3,
            Self::Float4 => 4,
            Self::Float8 => 5,
            _ => return None,
        })
    }

    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    #[must_use]
    pub fn is_float(&self) -> bool {
        matches!(self, Self::Float4 | Self::Float8)
    }

    /// text, varchar, char(n).
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Varchar | Self::Padded)
    }

    /// Does a type that travels as text hold labels of an enum, as far as its name tells?
    #[must_use]
    pub fn is_label(&self) -> bool {
        match self {
            Self::Own(name) => {
                let known = OPAQUE.contains(&name.as_str())
                    || name.ends_with("range")
                    || name.ends_with("[]")
                    || ["numeric", "timestamp", "time", "date", "money", "interval"]
                        .iter()
                        .any(|start| name.starts_with(start));
                !known
            }
            _ => false,
        }
    }

    /// Are two values of it equal just when their texts are?
    #[must_use]
    pub fn is_equal_as_text(&self) -> bool {
        self.is_label() || matches!(self, Self::Own(name) if EQUAL_AS_TEXT.contains(&name.as_str()))
    }

    /// The Arrow type of a result of this type.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int2 => DataType::Int16,
            Self::Int4 => DataType::Int32,
            Self::Int8 => DataType::Int64,
            Self::Oid => DataType::UInt32,
            Self::Float4 => DataType::Float32,
            Self::Float8 => DataType::Float64,
            Self::Numeric => NUMERIC,
            Self::Unknown | Self::Text | Self::Varchar | Self::Padded | Self::Json | Self::Jsonb | Self::Own(_) => {
                DataType::Utf8
            }
            Self::Bytes => DataType::Binary,
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Self::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::List(item) => DataType::List(Arc::new(Field::new_list_field(item.data_type(), true))),
            Self::Engine(kind) => kind.clone(),
        }
    }

    /// The name under which a field of this type is known, where the Arrow type does not say it.
    #[must_use]
    pub fn declared(&self) -> Option<String> {
        match self {
            // A constant that is known to be text is no quoted text of any type.
            Self::Text => Some("text".to_owned()),
            Self::Varchar => Some("character varying".to_owned()),
            Self::Padded => Some("bpchar".to_owned()),
            Self::Json | Self::Jsonb | Self::Own(_) => Some(self.to_string()),
            Self::List(item) => item.declared().map(|name| format!("{name}[]")),
            _ => None,
        }
    }

    /// A field of this type.
    #[must_use]
    pub fn field(&self, name: &str) -> FieldRef {
        let field = Field::new(name, self.data_type(), true);
        match self.declared() {
            Some(declared) => field.with_metadata(HashMap::from([(PG_TYPE.to_owned(), declared)])).into(),
            None => field.into(),
        }
    }
}

fn field_of(kind: &DataType) -> Field {
    Field::new("", kind.clone(), true)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "NULL",
            Self::Unknown => "a quoted text",
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Oid => "oid",
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Varchar => "varchar",
            Self::Padded => "char(n)",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
            Self::Bytes => "bytea",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::TimestampTz => "timestamptz",
            Self::Interval => "interval",
            Self::List(item) => return write!(f, "{item}[]"),
            Self::Own(name) => name,
            Self::Engine(kind) => return write!(f, "{kind}"),
        })
    }
}
