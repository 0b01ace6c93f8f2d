//! Owns which tables are read: what was asked for against what there is. Must not know: how they are read.

use std::collections::HashSet;

use super::catalog::Listed;
use crate::diagnosis::distance;
use crate::error::{Error, Kind, Result};
use crate::name::Named;

/// What was asked for. Tables are `name` or `schema.name`; `*` stands for any characters.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// Empty: every schema that is not the system's.
    pub schemas: &'a [String],
    /// Empty: every table.
    /// Views and foreign tables are read only when they are named here in full.
    pub tables: &'a [String],
    /// Tables that a pipeline reads, each of which is exactly one; empty: what `tables` says.
    pub named: &'a [Named],
    pub exclude: &'a [String],
}

/// The tables to read, in the order they are listed.
///
/// # Errors
/// [`Kind::Config`] for a name that fits no table, for one of a pipeline that fits several, and when nothing is left; [`Kind::Privilege`] when the role may not
/// read all rows of what is left.
pub(super) fn select(all: &[Listed], asked: &Asked<'_>) -> Result<Vec<Listed>> {
    let in_schemas: Vec<Listed> =
        all.iter().filter(|table| asked.schemas.is_empty() || asked.schemas.contains(&table.schema)).cloned().collect();
    for schema in asked.schemas {
        if !all.iter().any(|table| table.schema == *schema) {
            return Err(unknown("schema", schema, all.iter().map(|table| table.schema.clone())));
        }
    }
    for pattern in asked.tables.iter().chain(asked.exclude) {
        if !in_schemas.iter().any(|table| fits(pattern, table)) {
            let names = in_schemas.iter().flat_map(|table| [table.name.clone(), table.qualified()]);
            return Err(unknown("table", pattern, names));
        }
    }
    let excluded = |table: &Listed| asked.exclude.iter().any(|pattern| fits(pattern, table));
    let selected = if asked.named.is_empty() {
        let everything = |table: &Listed| asked.tables.is_empty() && table.sort.is_table();
        let fitting = |table: &Listed| asked.tables.iter().any(|pattern| fits(pattern, table));
        in_schemas.into_iter().filter(|table| (everything(table) || fitting(table)) && !excluded(table)).collect()
    } else {
        let (out, left): (Vec<Listed>, Vec<Listed>) = in_schemas.into_iter().partition(excluded);
        named(out, left, asked)?
    };
    if selected.is_empty() {
        return Err(Error::config("there is no table to read in the source database")
            .hint("check the database's name in the source's URL, and --tables and --exclude"));
    }
    readable(&selected)?;
    Ok(selected)
}

/// The tables that a pipeline names, without those that are left out.
fn named(out: Vec<Listed>, left: Vec<Listed>, asked: &Asked<'_>) -> Result<Vec<Listed>> {
    let fit = |tables: &[Listed], named: &Named| tables.iter().any(|table| named.name.fits(&table.schema, &table.name));
    let mut chosen = HashSet::new();
    for named in asked.named.iter().filter(|named| fit(&left, named) || !fit(&out, named)) {
        chosen.insert(named.among(&left, asked.schemas, |table| (&table.schema, &table.name))?.oid);
    }
    Ok(left.into_iter().filter(|table| chosen.contains(&table.oid)).collect())
}

/// May this role read all rows of these tables?
///
/// # Errors
/// [`Kind::Privilege`] with the statements that would let it.
pub(super) fn readable(tables: &[Listed]) -> Result<()> {
    let listed = |which: fn(&Listed) -> bool| -> Vec<String> {
        tables.iter().filter(|table| which(table)).map(Listed::qualified).collect()
    };
    let closed = listed(|table| !table.lacking.is_empty());
    if !closed.is_empty() {
        let mut grants: Vec<&str> = tables.iter().flat_map(|table| &table.lacking).map(String::as_str).collect();
        grants.sort_unstable_by_key(|statement| (!statement.contains(" on schema "), *statement));
        grants.dedup();
        return Err(Error::new(Kind::Privilege, format!("the role may not read {}", closed.join(", "))).hint(format!(
            "let the owner, or a superuser, run: {} (or leave tables out with --exclude)",
            grants.join("; ")
        )));
    }
    let filtered = listed(|table| table.filtered.is_some());
    if !filtered.is_empty() {
        let message = format!("row-level security would hide rows of {}", filtered.join(", "));
        let statement = tables.iter().find_map(|table| table.filtered.as_deref()).unwrap_or_default();
        return Err(Error::new(Kind::Privilege, message)
            .hint(format!("use a role with BYPASSRLS, or let a superuser run: {statement}")));
    }
    Ok(())
}

fn fits(pattern: &str, table: &Listed) -> bool {
    (table.sort.is_table() || !pattern.contains('*')) && fits_name(pattern, table)
}

pub(super) fn fits_name(pattern: &str, table: &Listed) -> bool {
    matches(pattern, &table.name) || matches(pattern, &table.qualified())
}

/// `*` fits any characters, everything else itself.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| matches(rest, &tail[at..]))
        }),
    }
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = String>) -> Error {
    let error = Error::config(format!("the source database has no {what} \"{name}\""));
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean \"{near}\"?")),
        None => {
            error.hint("views and foreign tables are read when they are named in full; the system's tables are not")
        }
    }
}

/// The known name that differs least, if it differs little.
pub(super) fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|known| (distance(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(away, _)| *away <= limit)
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{Asked, distance, matches, select};
    use crate::error::Kind;
    use crate::extract::catalog::{Listed, Sort};

    fn listed(schema: &str, name: &str) -> Listed {
        let (schema, name) = (schema.to_owned(), name.to_owned());
        Listed {
            oid: 1,
            schema,
            name,
            sort: Sort::Table,
            lacking: Vec::new(),
            filtered: None,
            estimate: 0,
            long_values: false,
            rewritten: false,
        }
    }

    #[test]
    fn patterns() {
        assert!(matches("dispatch_*", "dispatch_plan") && matches("*", "") && matches("a*c*e", "abcde"));
        assert!(!matches("dispatch_*", "auth_user") && !matches("a*c", "ab"));
    }

    #[test]
    fn distances() {
        assert_eq!(distance("plan", "plan"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_missing_table_is_named_with_its_neighbour() {
        let tables = vec!["dispatch_plam".to_owned()];
        let asked = &Asked { schemas: &[], tables: &tables, named: &[], exclude: &[] };
        let error = select(&[listed("public", "dispatch_plan")], asked).err();
        let error = error.filter(|error| error.kind() == Kind::Config);
        assert_eq!(
            error.and_then(|error| error.hint_text().map(str::to_owned)).as_deref(),
            Some("did you mean \"dispatch_plan\"?")
        );
    }

    #[test]
    fn tables_are_chosen_and_left_out() {
        let all = vec![listed("public", "a1"), listed("public", "a2"), listed("other", "a1")];
        let (tables, exclude) = (vec!["a*".to_owned()], vec!["other.a1".to_owned()]);
        let chosen = select(&all, &Asked { schemas: &[], tables: &tables, named: &[], exclude: &exclude });
        assert_eq!(chosen.map(|chosen| chosen.len()).ok(), Some(2));
    }
}
