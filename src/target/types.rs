//! Owns what a column's type is made of: domains over bases, arrays of elements, enums with their labels.
//! Must not know: how values of a type are written or read.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::server::Connection;

/// A type of the target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Type {
    pub oid: u32,
    /// The name in `pg_type`: `int4`, `timestamptz`, `_uuid`; with its schema where the type is not the system's.
    pub name: String,
    /// As PostgreSQL writes it: `integer`, `timestamp with time zone`, `uuid[]`.
    pub formatted: String,
    /// The same, to cast to without a modifier: PostgreSQL takes `character` and `bit` for one character and one bit.
    pub unbounded: String,
    pub kind: TypeKind,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TypeKind {
    Base,
    Enum {
        labels: Vec<String>,
    },
    Domain {
        over: Box<Type>,
        modifier: i32,
        not_null: bool,
        /// Name and definition: `CHECK (VALUE …)`.
        checks: Vec<(String, String)>,
    },
    Array {
        of: Box<Type>,
        /// Stands between the elements in the array's text.
        separator: char,
    },
    /// An integer of the target's smallest coin, of which a unit has 10^`digits`.
    Money {
        digits: u32,
    },
    /// Not in the catalog that was read (a composite made since, for example).
    Unknown,
}

impl Type {
    /// The type below all domains.
    #[must_use]
    pub fn base(&self) -> &Self {
        match &self.kind {
            TypeKind::Domain { over, .. } => over.base(),
            _ => self,
        }
    }

    /// The type modifier that a domain brings along; -1 for none.
    #[must_use]
    pub fn modifier(&self) -> i32 {
        match &self.kind {
            TypeKind::Domain { modifier, .. } if *modifier >= 0 => *modifier,
            TypeKind::Domain { over, .. } => over.modifier(),
            _ => -1,
        }
    }

    /// Does a domain forbid NULL?
    #[must_use]
    pub fn not_null(&self) -> bool {
        match &self.kind {
            TypeKind::Domain { over, not_null, .. } => *not_null || over.not_null(),
            _ => false,
        }
    }

    /// The checks of its domains: each domain, with the check's name and definition.
    pub fn checks(&self) -> impl Iterator<Item = (&Self, &(String, String))> {
        self.chain().flat_map(|ty| {
            let checks: &[_] = if let TypeKind::Domain { checks, .. } = &ty.kind { checks } else { &[] };
            checks.iter().map(move |check| (ty, check))
        })
    }

    /// The type itself, the one its domain is over, and so on down to the base.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |ty| match &ty.kind {
            TypeKind::Domain { over, .. } => Some(&**over),
            _ => None,
        })
    }
}

/// All types of the target, by oid.
pub(super) struct Types(HashMap<u32, Raw>);

struct Raw {
    name: String,
    formatted: String,
    unbounded: String,
    sort: String,
    base: u32,
    base_modifier: i32,
    element: u32,
    separator: String,
    not_null: bool,
    money_digits: Option<i32>,
    labels: Vec<String>,
    checks: Vec<(String, String)>,
}

pub(super) async fn read(connection: &Connection) -> Result<Types> {
    let mut types = HashMap::new();
    for row in connection.query(include_str!("../../sql/control/target/types.sql"), &[]).await? {
        let (names, checks): (Vec<String>, Vec<String>) = (row.try_get("check_names")?, row.try_get("checks")?);
        let raw = Raw {
            name: row.try_get("name")?,
            formatted: row.try_get("formatted")?,
            unbounded: row.try_get("unbounded")?,
            sort: row.try_get("sort")?,
            base: row.try_get("base")?,
            base_modifier: row.try_get("base_modifier")?,
            element: row.try_get("element")?,
            separator: row.try_get("separator")?,
            not_null: row.try_get("not_null")?,
            money_digits: row.try_get("money_digits")?,
            labels: row.try_get("labels")?,
            checks: names.into_iter().zip(checks).collect(),
        };
        types.insert(row.try_get("oid")?, raw);
    }
    Ok(Types(types))
}

impl Types {
    pub(super) fn resolve(&self, oid: u32) -> Type {
        let Some(raw) = self.0.get(&oid) else {
            let name = format!("type {oid}");
            return Type { oid, name: name.clone(), formatted: name.clone(), unbounded: name, kind: TypeKind::Unknown };
        };
        let kind = match raw.sort.as_str() {
            "d" => TypeKind::Domain {
                over: Box::new(self.resolve(raw.base)),
                modifier: raw.base_modifier,
                not_null: raw.not_null,
                checks: raw.checks.clone(),
            },
            "e" => TypeKind::Enum { labels: raw.labels.clone() },
            _ if raw.element != 0 => TypeKind::Array {
                of: Box::new(self.resolve(raw.element)),
                separator: raw.separator.chars().next().unwrap_or(','),
            },
            _ => match raw.money_digits {
                Some(digits) => TypeKind::Money { digits: u32::try_from(digits).unwrap_or(0) },
                None => TypeKind::Base,
            },
        };
        let (name, formatted) = (raw.name.clone(), raw.formatted.clone());
        Type { oid, name, formatted, unbounded: raw.unbounded.clone(), kind }
    }
}
