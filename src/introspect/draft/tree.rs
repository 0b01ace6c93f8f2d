//! Owns what a flow says of a row's place in its tree, and of flags that follow from what is NULL.
//! Must not know: how such columns are recognised.

use super::super::convert::converted;
use super::super::destination;
use super::super::plan::Identity;
use super::super::spelling::{ident, literal, plain};
use super::Drafter;
use crate::server::sql::fill;

/// What the walk over a tree is called in a flow: `sql/control/introspect/tree.sql`.
const TREE: &str = "tree";

impl Drafter<'_> {
    /// The root of a row's tree, or how far below it the row is.
    pub(super) fn of_tree(&mut self, parent: usize, wants_root: bool, column: &destination::Column) {
        let from = self.from();
        let Some(key) = from.single_key() else { return self.missing(column) };
        let parent = &from.columns[parent].name;
        if self.flow.with.is_empty() {
            let parts = [
                ("table", from.in_sql()),
                ("alias", self.flow.alias.clone()),
                ("key", ident(&key.name)),
                ("parent", ident(parent)),
            ];
            let parts: Vec<(&str, &str)> = parts.iter().map(|(name, value)| (*name, value.as_str())).collect();
            self.flow.with = fill(include_str!("../../../sql/control/introspect/tree.sql"), &parts) + "\n";
            self.flow.notes.push(format!(
                "A row whose {parent} leads to no row is the root of its tree; rows that refer to each other in a circle have no root."
            ));
        } else if !self.flow.joins.iter().any(|join| join.relation == TREE) {
            return self.missing(column);
        }
        let name = self.join(TREE.to_owned(), TREE, |alias| (format!("{alias}.id"), String::new()));
        if column.not_null {
            let x = self.own(parent);
            let reason = format!("{}_goes_round_in_a_circle", plain(parent));
            let condition = format!("{name}.id is null");
            if !self.flow.branches.iter().any(|(known, _)| *known == condition) {
                let outcome = format!("reject({}, {}, {x})", literal(&reason), literal(&self.planned().name));
                self.flow.branches.push((condition, outcome));
            }
        }
        if !wants_root {
            return self.put(&column.name, format!("{name}.depth"), None);
        }
        let sql = match &self.planned().identity {
            Identity::Derived { .. } => format!("legacy_uuid({}, {name}.root)", literal(&self.planned().entity)),
            _ => converted(&format!("{name}.root"), &key.kind, &column.kind).sql,
        };
        self.put(&column.name, sql, None);
    }

    /// True where another column has no value, as a check of the target demands.
    pub(super) fn absent(&mut self, other: &str, column: &destination::Column) {
        let Some(value) = self.flow.columns.iter().find(|put| put.name == other).map(|put| put.sql.clone()) else {
            return self.missing(column);
        };
        let note =
            format!("TODO: a check of the target wants it true where {other} is NULL; is it false everywhere else?");
        self.put(&column.name, format!("{value} is null"), Some(note));
    }
}
