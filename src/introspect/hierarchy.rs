//! Owns columns of the target that follow from others by its own rules: where a row stands in its tree (the root, the depth),
//! and flags that a check demands where another column is NULL.
//! Must not know: how a flow is written.

use super::checks::{self, Demand};
use super::columns::{Origin, Origins, Paired};
use super::destination;
use super::kind::Kind;
use super::source::{self, Source};

/// Names of the row on top of a tree, and of how far below it a row is.
const TOP: [&str; 3] = ["root", "top", "topmost"];
const DEPTH: [&str; 2] = ["depth", "level"];

/// The column by which rows of a table refer to rows of the same table, if there is one.
#[must_use]
pub fn parent_column(all: &Source, from: &source::Table) -> Option<(usize, usize)> {
    from.single_key()?;
    let mut own = from.references.iter().filter(|reference| {
        std::ptr::eq(&raw const all.tables[reference.table], from)
            && reference.to == from.key
            && reference.columns.len() == 1
    });
    let only = own.next().filter(|_| own.next().is_none())?;
    let at = from.columns.iter().position(|column| only.columns.first() == Some(&column.name))?;
    Some((at, only.table))
}

/// What follows from a tree, before columns are matched by name: `root_id`, and a number that a check ties to the parent.
pub fn of_tree(all: &Source, from: &source::Table, to: &destination::Table, paired: &Paired, origins: &mut Origins) {
    let Some((parent, table)) = parent_column(all, from) else { return };
    let demands: Vec<Demand> = to.checks.iter().filter_map(|(_, check)| checks::demand(check)).collect();
    for (at, column) in to.columns.iter().enumerate().filter(|(_, column)| !column.generated) {
        let of_same = to.reference(&column.name).is_some_and(|there| paired(table, there.table));
        if origins[at].is_none() && of_same && column.words.iter().any(|word| TOP.contains(&word.as_str())) {
            origins[at] = Some(Origin::Root { parent });
        }
        let tied = demands.iter().any(|demand| match demand {
            Demand::ZeroWhereNull { number, null } => {
                *number == column.name && to.reference(null).is_some_and(|there| paired(table, there.table))
            }
            Demand::TrueWhereNull { .. } => false,
        });
        let open = !from.columns.iter().any(|own| own.words == column.words);
        if origins[at].is_none() && matches!(column.kind, Kind::Int(_)) && tied && open {
            origins[at] = Some(Origin::Depth { parent });
        }
    }
}

/// What is still open after columns were matched: a depth by its name, and flags by a check.
pub fn left_over(all: &Source, from: &source::Table, to: &destination::Table, origins: &mut Origins) {
    let parent = parent_column(all, from).map(|(parent, _)| parent);
    for (at, column) in to.columns.iter().enumerate() {
        if origins[at].is_some() || column.generated || column.filled {
            continue;
        }
        let says = column.words.last().is_some_and(|last| DEPTH.contains(&last.as_str()));
        if let (Some(parent), Kind::Int(_), true) = (parent, &column.kind, says) {
            origins[at] = Some(Origin::Depth { parent });
        }
        if column.kind == Kind::Bool && column.not_null {
            origins[at] = to.checks.iter().find_map(|(_, check)| match checks::demand(check)? {
                Demand::TrueWhereNull { flag, null } if flag == column.name => {
                    let other = to.columns.iter().position(|column| column.name == null)?;
                    origins[other].is_some().then_some(Origin::Absent { column: other })
                }
                _ => None,
            });
        }
    }
}
