//! Owns what sort of values a column holds, in the source and in the target alike, as far as a cast needs to know.
//! Must not know: names, or what a value means.

use crate::target::{self, TypeKind};

/// What sort of values a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Bool,
    /// Bytes: 2, 4 or 8.
    Int(u8),
    /// Precision and scale, where they are said.
    Numeric(Option<(u32, u32)>),
    /// Bytes: 4 or 8.
    Float(u8),
    /// The longest text, in characters, where that is said.
    Text(Option<u32>),
    Uuid,
    Date,
    /// What a clock shows.
    Timestamp,
    /// An instant.
    Timestamptz,
    Time,
    Json,
    Jsonb,
    Enum(Vec<String>),
    Array(Box<Kind>),
    /// By its name.
    Other(String),
}

impl Kind {
    /// By a type as PostgreSQL writes it, with its modifier: `character varying(40)`.
    #[must_use]
    pub fn of_formatted(formatted: &str) -> Self {
        if let Some(element) = formatted.strip_suffix("[]") {
            return Self::Array(Box::new(Self::of_formatted(element)));
        }
        let (name, modifier) = match (formatted.find('('), formatted.find(')')) {
            (Some(open), Some(close)) if open < close && !formatted.contains('"') => {
                let name = format!("{}{}", &formatted[..open], &formatted[close + 1..]);
                let numbers = formatted[open + 1..close].split(',').map(|number| number.trim().parse().ok());
                (name, numbers.collect::<Option<Vec<u32>>>().unwrap_or_default())
            }
            _ => (formatted.to_owned(), Vec::new()),
        };
        match (name.as_str(), modifier.as_slice()) {
            ("boolean", _) => Self::Bool,
            ("smallint", _) => Self::Int(2),
            ("integer", _) => Self::Int(4),
            ("bigint" | "oid", _) => Self::Int(8),
            ("numeric", [precision]) => Self::Numeric(Some((*precision, 0))),
            ("numeric", [precision, scale]) => Self::Numeric(Some((*precision, *scale))),
            ("numeric", _) => Self::Numeric(None),
            ("real", _) => Self::Float(4),
            ("double precision", _) => Self::Float(8),
            ("character varying" | "character", [longest]) => Self::Text(Some(*longest)),
            ("character", _) => Self::Text(Some(1)),
            ("text" | "character varying" | "citext" | "name", _) => Self::Text(None),
            ("uuid", _) => Self::Uuid,
            ("date", _) => Self::Date,
            ("timestamp without time zone", _) => Self::Timestamp,
            ("timestamp with time zone", _) => Self::Timestamptz,
            ("time without time zone", _) => Self::Time,
            ("json", _) => Self::Json,
            ("jsonb", _) => Self::Jsonb,
            _ => Self::Other(name.rsplit('.').next().unwrap_or(&name).to_owned()),
        }
    }

    /// By a column of the target; of a domain, by what it is over.
    #[must_use]
    pub fn of_target(column: &target::Column) -> Self {
        let modifier = if column.modifier >= 0 { column.modifier } else { column.ty.modifier() };
        Self::of_type(&column.ty, modifier)
    }

    fn of_type(ty: &target::Type, modifier: i32) -> Self {
        let base = ty.base();
        match &base.kind {
            TypeKind::Enum { labels } => Self::Enum(labels.clone()),
            TypeKind::Array { of, .. } => Self::Array(Box::new(Self::of_type(of, modifier))),
            _ => match (base.name.as_str(), u32::try_from(modifier - 4)) {
                ("varchar" | "bpchar", Ok(longest)) => Self::Text(Some(longest)),
                ("bpchar", Err(_)) => Self::Text(None),
                ("numeric", Ok(packed)) => Self::Numeric(Some((packed >> 16 & 0xFFFF, packed & 0x7FF))),
                _ => Self::of_formatted(&base.formatted),
            },
        }
    }

    /// The type to cast to, as SQL.
    #[must_use]
    pub fn sql(&self) -> &str {
        match self {
            Self::Bool => "boolean",
            Self::Int(2) => "smallint",
            Self::Int(4) => "integer",
            Self::Int(_) => "bigint",
            Self::Numeric(_) => "numeric",
            Self::Float(4) => "real",
            Self::Float(_) => "double precision",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Timestamptz => "timestamptz",
            Self::Time => "time",
            Self::Jsonb => "jsonb",
            Self::Text(_) | Self::Json | Self::Enum(_) | Self::Array(_) | Self::Other(_) => "text",
        }
    }

    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Numeric(_) | Self::Float(_))
    }

    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::Timestamptz)
    }

    /// Can it be the key of another row?
    #[must_use]
    pub fn can_be_key(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Numeric(_) | Self::Uuid | Self::Text(_))
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn types_as_postgresql_writes_them() {
        for (formatted, kind) in [
            ("character varying(40)", Kind::Text(Some(40))),
            ("numeric(12,2)", Kind::Numeric(Some((12, 2)))),
            ("timestamp(3) with time zone", Kind::Timestamptz),
            ("integer[]", Kind::Array(Box::new(Kind::Int(4)))),
            ("shop.mood", Kind::Other("mood".into())),
            ("inet", Kind::Other("inet".into())),
        ] {
            assert_eq!(Kind::of_formatted(formatted), kind, "{formatted}");
        }
    }
}
