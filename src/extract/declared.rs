//! Owns how a column travels of which only the type's name is known, as DDL writes it.
//! Must not know: where the DDL is from, or any database.

use std::collections::HashMap;

use arrow::datatypes::Field;

use super::types::{Carry, PgType};
use crate::snapshot::PG_TYPE;

/// What sort of type a name of DDL stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Builtin,
    Enum,
    /// Any other type that is not PostgreSQL's own.
    Own,
}

/// Digits of money after the point, where nobody asks a server.
const MONEY_DIGITS: u8 = 2;

/// Names that DDL has for a type, PostgreSQL's own name for it, and the one of its catalog.
const NAMES: &[(&[&str], &str, &str)] = &[
    (&["smallint", "int2", "smallserial", "serial2"], "smallint", "int2"),
    (&["integer", "int", "int4", "serial", "serial4"], "integer", "int4"),
    (&["bigint", "int8", "bigserial", "serial8"], "bigint", "int8"),
    (&["boolean", "bool"], "boolean", "bool"),
    (&["real", "float4"], "real", "float4"),
    (&["double precision", "float8", "float"], "double precision", "float8"),
    (&["numeric", "decimal", "dec"], "numeric", "numeric"),
    (&["character varying", "char varying", "varchar"], "character varying", "varchar"),
    (&["character", "char", "bpchar"], "character", "bpchar"),
    (&["\"char\""], "\"char\"", "char"),
    (&["timestamp with time zone", "timestamptz"], "timestamp with time zone", "timestamptz"),
    (&["timestamp without time zone", "timestamp"], "timestamp without time zone", "timestamp"),
    (&["time with time zone", "timetz"], "time with time zone", "timetz"),
    (&["time without time zone", "time"], "time without time zone", "time"),
    (&["bit varying", "varbit"], "bit varying", "varbit"),
];

/// A type's name, taken apart: what it is called, its modifier, and whether it is an array.
struct Parts {
    shown: String,
    catalog: String,
    modifier: Option<String>,
    array: bool,
}

fn parts(written: &str) -> Parts {
    let text = written.trim().to_lowercase();
    let array = text.ends_with(']');
    let element = text.split('[').next().unwrap_or_default().trim();
    let (name, modifier) = match (element.find('('), element.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let name = format!("{}{}", element[..open].trim(), &element[close + 1..]);
            (name, Some(element[open + 1..close].replace(' ', "")))
        }
        _ => (element.to_owned(), None),
    };
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name).to_owned();
    let known = NAMES.iter().find(|(names, _, _)| names.contains(&name.as_str()));
    let (shown, catalog) = known.map_or((name.as_str(), name.as_str()), |(_, shown, catalog)| (*shown, *catalog));
    let (shown, catalog) = (shown.to_owned(), catalog.to_owned());
    // `char` alone is one letter.
    let one = (catalog == "bpchar" && name != "bpchar" && modifier.is_none()).then(|| "1".to_owned());
    Parts { shown, catalog, modifier: modifier.or(one), array }
}

/// PostgreSQL's own way to write a type: `int4` is `integer`, `varchar(3)[]` is `character varying(3)[]`.
#[must_use]
pub fn shown(written: &str) -> String {
    let Parts { shown, modifier, array, .. } = parts(written);
    let modifier = modifier.map(|modifier| format!("({modifier})")).unwrap_or_default();
    // The modifier of a time stands before its zone.
    let shown = match shown.split_once(' ') {
        Some((word @ ("time" | "timestamp"), zone)) => format!("{word}{modifier} {zone}"),
        _ => format!("{shown}{modifier}"),
    };
    if array { format!("{shown}[]") } else { shown }
}

/// A column as a snapshot has it: `declared` is its type, and `beneath` what that is made of (of a domain, its type). None for
/// a type that cannot be carried.
#[must_use]
pub fn field(name: &str, declared: &str, (beneath, sort): (&str, Sort), nullable: bool) -> Option<Field> {
    let Parts { catalog, modifier, array, .. } = parts(beneath);
    let kind = match sort {
        Sort::Enum => "e",
        _ => "b",
    };
    let own = PgType {
        name: catalog,
        kind: kind.to_owned(),
        builtin: sort == Sort::Builtin,
        typmod: modifier.as_deref().and_then(typmod).unwrap_or(-1),
        element: None,
        nested: false,
        money_digits: MONEY_DIGITS,
    };
    let kind = if array { PgType { element: Some(Box::new(own.clone())), ..own } } else { own };
    let carry = Carry::of(&kind)?;
    let metadata = HashMap::from([(PG_TYPE.to_owned(), shown(declared))]);
    Some(Field::new(name, carry.data_type(), nullable).with_metadata(metadata))
}

/// `precision,scale` as the catalog packs it.
fn typmod(modifier: &str) -> Option<i32> {
    let mut digits = modifier.split(',').map(|part| part.trim().parse::<i32>().ok());
    let (precision, scale) = (digits.next()??, digits.next().unwrap_or(Some(0))?);
    Some(((precision << 16) | (scale & 0x7ff)) + 4)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, TimeUnit};

    use super::{Sort, field, shown};

    #[test]
    fn types_have_postgresqls_names() {
        for (written, name) in [
            ("INT", "integer"),
            ("bigserial", "bigint"),
            ("VARCHAR(150)", "character varying(150)"),
            ("char", "character(1)"),
            ("numeric(10, 2)[]", "numeric(10,2)[]"),
            ("TIMESTAMP(3) WITH TIME ZONE", "timestamp(3) with time zone"),
            ("timestamptz", "timestamp with time zone"),
            ("pg_catalog.int4", "integer"),
            ("public.mood", "public.mood"),
        ] {
            assert_eq!(shown(written), name);
        }
    }

    #[test]
    fn columns_travel_as_a_snapshot_has_them() {
        let of = |written: &str| field("x", written, (written, Sort::Builtin), true).unwrap().data_type().clone();
        assert_eq!(of("numeric(10,2)"), DataType::Decimal128(10, 2));
        assert_eq!(of("numeric"), DataType::Utf8);
        assert_eq!(of("timestamptz"), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        assert!(matches!(of("int[]"), DataType::List(item) if item.data_type() == &DataType::Int32));
        assert_eq!(field("x", "posint", ("integer", Sort::Builtin), true).unwrap().data_type(), &DataType::Int32);
    }
}
