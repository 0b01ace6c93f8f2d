//! Owns what a column's type is made of: domains over bases, arrays of elements, enums with their labels.
//! Must not know: how values of a type are written or read.

use std::collections::HashMap;

use crate::error::Result;
use crate::server::Connection;

/// A type of the target.
#[derive(Debug, Clone)]
pub struct Type {
    pub oid: u32,
    /// The name in `pg_type`: `int4`, `timestamptz`, `_uuid`.
    pub name: String,
    /// As PostgreSQL writes it: `integer`, `timestamp with time zone`, `uuid[]`.
    pub formatted: String,
    pub kind: TypeKind,
}

#[derive(Debug, Clone)]
pub enum TypeKind {
    Base,
    Enum {
        labels: Vec<String>,
    },
    Domain {
        over: Box<Type>,
        modifier: i32,
        not_null: bool,
    },
    Array {
        of: Box<Type>,
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
}

/// All types of the target, by oid.
pub(super) struct Types(HashMap<u32, Raw>);

struct Raw {
    name: String,
    formatted: String,
    sort: String,
    base: u32,
    base_modifier: i32,
    element: u32,
    not_null: bool,
    labels: Vec<String>,
}

pub(super) async fn read(connection: &Connection) -> Result<Types> {
    let mut types = HashMap::new();
    for row in connection.query(include_str!("../../sql/control/target/types.sql"), &[]).await? {
        let raw = Raw {
            name: row.try_get("name")?,
            formatted: row.try_get("formatted")?,
            sort: row.try_get("sort")?,
            base: row.try_get("base")?,
            base_modifier: row.try_get("base_modifier")?,
            element: row.try_get("element")?,
            not_null: row.try_get("not_null")?,
            labels: row.try_get("labels")?,
        };
        types.insert(row.try_get("oid")?, raw);
    }
    Ok(Types(types))
}

impl Types {
    pub(super) fn resolve(&self, oid: u32) -> Type {
        let Some(raw) = self.0.get(&oid) else {
            let name = format!("type {oid}");
            return Type { oid, name: name.clone(), formatted: name, kind: TypeKind::Unknown };
        };
        let kind = match raw.sort.as_str() {
            "d" => TypeKind::Domain {
                over: Box::new(self.resolve(raw.base)),
                modifier: raw.base_modifier,
                not_null: raw.not_null,
            },
            "e" => TypeKind::Enum { labels: raw.labels.clone() },
            _ if raw.element != 0 => TypeKind::Array { of: Box::new(self.resolve(raw.element)) },
            _ => TypeKind::Base,
        };
        Type { oid, name: raw.name.clone(), formatted: raw.formatted.clone(), kind }
    }
}
