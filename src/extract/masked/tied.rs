//! Owns how foreign keys tie columns together: what refers and what is referred to are masked alike, or not at all.
//! Must not know: patterns.

use std::collections::BTreeMap;

use super::{Chosen, Place};
use crate::error::{At, Error, Result};
use crate::extract::catalog::Table;
use crate::extract::sql;
use crate::mask::{Rule, Way};
use crate::server::Connection;

/// A reference: the column that refers, and the one that it refers to.
type Tie = (Place, Place);

/// Gives columns without a rule the rule of those that they are tied to.
///
/// # Errors
/// [`crate::error::Kind::Config`] where tied columns have different rules, or one that breaks the tie; what the server says.
pub(super) async fn follow(server: &Connection, tables: &[Table], chosen: &mut BTreeMap<Place, Chosen>) -> Result<()> {
    let ties = ties(server, tables).await?;
    for (child, parent) in &ties {
        for (place, referred) in [(child, false), (parent, true)] {
            match chosen.get(place).map(|chosen| &chosen.rule) {
                Some(rule @ Rule::Fixed(_)) => return Err(broken(tables, *place, rule, (*child, *parent))),
                Some(rule @ Rule::Way(Way::Null)) if referred => {
                    return Err(broken(tables, *place, rule, (*child, *parent)));
                }
                _ => {}
            }
        }
    }
    // From each column that has a rule of its own, along all ties that are not cut by NULL.
    let own: Vec<(Place, Rule)> = chosen
        .iter()
        .filter(|(_, chosen)| !matches!(chosen.rule, Rule::Way(Way::Null)))
        .map(|(place, chosen)| (*place, chosen.rule.clone()))
        .collect();
    for (from, rule) in own {
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let near = ties.iter().filter_map(|(child, parent)| match at {
                at if at == *child => Some(*parent),
                at if at == *parent => Some(*child),
                _ => None,
            });
            for other in near {
                match chosen.get(&other) {
                    Some(known) if known.rule == rule || matches!(known.rule, Rule::Way(Way::Null)) => {}
                    Some(known) => return Err(different(tables, (at, &rule), (other, &known.rule))),
                    // A column that is kept on purpose does not keep the others.
                    None if matches!(rule, Rule::Way(Way::Keep)) => {}
                    None => {
                        chosen.insert(other, Chosen { rule: rule.clone(), follows: Some(from) });
                        open.push(other);
                    }
                }
            }
        }
    }
    Ok(())
}

async fn ties(server: &Connection, tables: &[Table]) -> Result<Vec<Tie>> {
    let oids: Vec<u32> = tables.iter().map(|table| table.listed.oid).collect();
    let place = |oid: u32, column: &str| {
        let table = tables.iter().position(|table| table.listed.oid == oid)?;
        Some((table, tables[table].columns.iter().position(|known| known.name == column)?))
    };
    let mut ties = Vec::new();
    for row in server.query(sql::REFERENCES, &[&oids]).await? {
        let child = place(row.try_get("child")?, row.try_get("referring")?);
        let parent = place(row.try_get("parent")?, row.try_get("referred")?);
        ties.extend(child.zip(parent).filter(|(child, parent)| child != parent));
    }
    Ok(ties)
}

fn named(tables: &[Table], (table, at): Place) -> String {
    format!("{}.{}", tables[table].listed.qualified(), tables[table].columns[at].name)
}

fn located(error: Error, tables: &[Table], (table, at): Place) -> Error {
    error.at(At::Column, &tables[table].columns[at].name).at(At::Table, tables[table].listed.qualified())
}

fn broken(tables: &[Table], place: Place, rule: &Rule, (child, parent): Tie) -> Error {
    let (child, parent) = (named(tables, child), named(tables, parent));
    let error = Error::config(format!("the rule \"{}\" would break the reference of {child} to {parent}", rule.name()));
    located(error, tables, place)
        .hint("use \"hash\" or \"format\", which both columns follow; \"null\" only where it refers")
}

fn different(tables: &[Table], (one, rule): (Place, &Rule), (other, another): (Place, &Rule)) -> Error {
    let (of_one, of_other) = (named(tables, one), named(tables, other));
    let error = Error::config(format!(
        "a foreign key ties {of_one} (\"{}\") to {of_other} (\"{}\"): they have to be masked alike",
        rule.name(),
        another.name()
    ));
    located(error, tables, other).hint("give the rule to one of them: the other follows it")
}
