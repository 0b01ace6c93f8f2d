//! Owns how the name of a type is read: `varchar(3)`, `numeric(10, 2)`, `timestamp(3) with time zone`, `int[]`.
//! Must not know: values.

use std::collections::HashMap;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_err};

use super::super::kind::Kind;
use crate::key::PG_TYPE;

/// The most digits of a number that Arrow's decimals of 128 bits hold.
const DECIMAL_DIGITS: u32 = 38;
/// The most digits of a number that a type may ask for.
const MOST_DIGITS: u32 = 1_000;

/// A type that is cast to, with what stands in its parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub kind: Kind,
    /// Of varchar, char: the length. Of times: the digits of a second. Of numeric: precision and scale.
    pub modifier: Option<(u32, i32)>,
}

/// The names that PostgreSQL knows its types by.
const NAMES: &[(&str, Kind)] = &[
    ("bool", Kind::Bool),
    ("boolean", Kind::Bool),
    ("smallint", Kind::Int2),
    ("int2", Kind::Int2),
    ("int", Kind::Int4),
    ("int4", Kind::Int4),
    ("integer", Kind::Int4),
    ("bigint", Kind::Int8),
    ("int8", Kind::Int8),
    ("oid", Kind::Oid),
    ("real", Kind::Float4),
    ("float4", Kind::Float4),
    ("float8", Kind::Float8),
    ("double precision", Kind::Float8),
    ("double", Kind::Float8),
    ("numeric", Kind::Numeric),
    ("decimal", Kind::Numeric),
    ("dec", Kind::Numeric),
    ("text", Kind::Text),
    ("varchar", Kind::Varchar),
    ("character varying", Kind::Varchar),
    ("char varying", Kind::Varchar),
    ("char", Kind::Padded),
    ("character", Kind::Padded),
    ("bpchar", Kind::Padded),
    ("json", Kind::Json),
    ("jsonb", Kind::Jsonb),
    ("bytea", Kind::Bytes),
    ("uuid", Kind::Uuid),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("time without time zone", Kind::Time),
    ("timestamp", Kind::Timestamp),
    ("timestamp without time zone", Kind::Timestamp),
    ("timestamptz", Kind::TimestampTz),
    ("timestamp with time zone", Kind::TimestampTz),
    ("interval", Kind::Interval),
];
/// Types that travel as their text, which is read and printed here.
const OWN: &[&str] = &["int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"];

impl Target {
    /// Reads a type's name as SQL writes it.
    ///
    /// # Errors
    /// A plan error for a type that cannot be cast to here.
    pub fn read(name: &str) -> Result<Self> {
        let lower = name.trim().to_lowercase();
        if let Some(element) = lower.strip_suffix("[]") {
            let element = Self::read(element)?;
            return Ok(Self { kind: Kind::List(Box::new(element.kind)), modifier: element.modifier });
        }
        let (bare, inside) = split(&lower);
        let numbers: Option<Vec<i32>> =
            inside.map(|inside| inside.split(',').map(|part| part.trim().parse().unwrap_or(-1)).collect());
        if bare == "float" {
            let single = numbers.as_ref().is_some_and(|digits| digits.first().is_some_and(|digits| *digits <= 24));
            return Ok(Self { kind: if single { Kind::Float4 } else { Kind::Float8 }, modifier: None });
        }
        let kind = match NAMES.iter().find(|(known, _)| *known == bare) {
            Some((_, kind)) => kind.clone(),
            None if OWN.contains(&bare.as_str()) => Kind::Own(bare.clone()),
            None => {
                return plan_err!("a cast to {name} is not there: cast to text, and let the target's column read it");
            }
        };
        let modifier = Self::modifier(&kind, numbers.as_deref(), &bare)?;
        Ok(Self { kind, modifier })
    }

    fn modifier(kind: &Kind, numbers: Option<&[i32]>, bare: &str) -> Result<Option<(u32, i32)>> {
        let positive = |value: i32| u32::try_from(value).ok();
        let modifier = match (kind, numbers) {
            // char alone is char(1).
            (Kind::Padded, None) if bare != "bpchar" => Some((1, 0)),
            (_, None) => None,
            (Kind::Numeric, Some([precision])) => positive(*precision).map(|precision| (precision, 0)),
            (Kind::Numeric, Some([precision, scale])) => positive(*precision).map(|precision| (precision, *scale)),
            (Kind::Varchar | Kind::Padded, Some([length])) => positive(*length).map(|length| (length, 0)),
            (Kind::Time | Kind::Timestamp | Kind::TimestampTz | Kind::Interval, Some([digits])) => {
                positive(*digits).map(|digits| (digits.min(6), 0))
            }
            _ => return plan_err!("{bare} takes no such length"),
        };
        match (kind, modifier) {
            (Kind::Numeric, Some((precision, scale)))
                if precision == 0 || precision > MOST_DIGITS || scale < 0 || scale.cast_unsigned() > precision =>
            {
                plan_err!(
                    "numeric({precision}, {scale}) is not there: a precision of 1 to 1000 digits and a scale within it"
                )
            }
            (Kind::Varchar | Kind::Padded, Some((0, _))) => plan_err!("a length of at least 1"),
            (_, None) if numbers.is_some() => plan_err!("{bare} takes no such length"),
            (_, modifier) => Ok(modifier),
        }
    }

    /// Does the type change values that are of it already?
    #[must_use]
    pub fn cuts(&self) -> bool {
        self.modifier.is_some()
    }

    /// The Arrow type of the result.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match (&self.kind, self.modifier) {
            (Kind::Numeric, Some((precision, scale))) => decimal(precision, scale).unwrap_or(Kind::Numeric.data_type()),
            (Kind::List(item), Some((precision, scale))) if **item == Kind::Numeric => {
                let item = decimal(precision, scale).unwrap_or(Kind::Numeric.data_type());
                DataType::List(Field::new_list_field(item, true).into())
            }
            (kind, _) => kind.data_type(),
        }
    }

    /// What values are held as before they become the result.
    #[must_use]
    pub fn held(&self) -> Kind {
        self.kind.clone()
    }

    /// The field of the result.
    #[must_use]
    pub fn field(&self, name: &str) -> FieldRef {
        let field = self.kind.field(name);
        if *field.data_type() != self.data_type() {
            return Field::new(name, self.data_type(), true).into();
        }
        match (&self.kind, self.modifier) {
            (Kind::Varchar, Some((length, _))) => with(&field, format!("character varying({length})")),
            (Kind::Padded, Some((length, _))) => with(&field, format!("character({length})")),
            _ => field,
        }
    }
}

fn with(field: &Field, declared: String) -> FieldRef {
    field.clone().with_metadata(HashMap::from([(PG_TYPE.to_owned(), declared)])).into()
}

fn decimal(precision: u32, scale: i32) -> Option<DataType> {
    let (precision, scale) = (u8::try_from(precision).ok()?, i8::try_from(scale).ok()?);
    (u32::from(precision) <= DECIMAL_DIGITS).then_some(DataType::Decimal128(precision, scale))
}

/// A name without its parentheses, and what stands in them: `timestamp(3) with time zone`.
fn split(name: &str) -> (String, Option<&str>) {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match name
        .split_once('(')
        .and_then(|(before, rest)| rest.split_once(')').map(|(inside, after)| (before, inside, after)))
    {
        Some((before, inside, after)) => (squeezed(&format!("{before} {after}")), Some(inside)),
        None => (squeezed(name), None),
    }
}
