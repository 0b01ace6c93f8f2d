//! Owns the page that shows how two sets of outcomes differ: one HTML page, or Markdown. Must not know: how they were compared.
//! It names rows by key, never by what they hold. The same difference gives the same bytes.

use serde::Serialize;

use super::template;
use crate::compare::{Compared, Difference, FlowDifference, Flows};
use crate::error::Result;
use crate::outcome::Outcome;
use crate::report::words::of;

/// A difference as one HTML page: no scripts, nothing from elsewhere.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for a template that does not fit.
pub fn html(found: &Difference) -> Result<String> {
    template::render("difference.html", &Page::new(found))
}

/// A difference as Markdown, with the tables of the page.
///
/// # Errors
/// As [`html`].
pub fn markdown(found: &Difference) -> Result<String> {
    template::render("difference.md", &Page::new(found))
}

/// What the templates see.
#[derive(Serialize)]
struct Page<'a> {
    found: &'a Difference,
    headline: String,
    sentence: String,
    totals: Totals,
    flows: Vec<Flow<'a>>,
    /// Flows in which nothing differs.
    same: Vec<&'a FlowDifference>,
    sides: [Side<'a>; 2],
}

#[derive(Default, Serialize)]
struct Totals {
    flows: u64,
    /// Rows with another outcome or reason, or that only one side has.
    moved: u64,
    /// Of these, rows that reach the target only after.
    recovered: u64,
    /// Of these, rows that reached the target only before.
    lost: u64,
    /// Rows migrated on both sides with other values.
    changed: u64,
}

#[derive(Serialize)]
struct Flow<'a> {
    found: &'a FlowDifference,
    moved: u64,
    recovered: u64,
    lost: u64,
    /// `only before`, `only after`, or what it was called.
    note: Option<String>,
    /// The outcomes after, across.
    head: Vec<&'static str>,
    lines: Vec<Line>,
    /// The sums below.
    sums: Vec<u64>,
}

#[derive(Serialize)]
struct Line {
    before: &'static str,
    cells: Vec<Cell>,
    sum: u64,
}

#[derive(Serialize)]
struct Cell {
    after: &'static str,
    rows: u64,
    /// Is it the same outcome on both sides?
    same: bool,
}

#[derive(Serialize)]
struct Side<'a> {
    name: &'static str,
    side: &'a Compared,
}

impl<'a> Page<'a> {
    fn new(found: &'a Difference) -> Self {
        let (differ, same): (Vec<_>, Vec<_>) = found.flows.iter().partition(|flow| flow.differs);
        let flows: Vec<Flow<'_>> = differ.into_iter().map(Flow::new).collect();
        let sum = |part: fn(&Flow<'_>) -> u64| flows.iter().map(part).sum::<u64>();
        let totals = Totals {
            flows: flows.len() as u64,
            moved: sum(|flow| flow.moved),
            recovered: sum(|flow| flow.recovered),
            lost: sum(|flow| flow.lost),
            changed: sum(|flow| flow.found.changed_rows),
        };
        Self {
            headline: headline(found, &totals),
            sentence: sentence(found, &totals),
            sides: [Side { name: "before", side: &found.before }, Side { name: "after", side: &found.after }],
            found,
            totals,
            flows,
            same,
        }
    }
}

impl<'a> Flow<'a> {
    fn new(found: &'a FlowDifference) -> Self {
        let lines = matrix(found);
        let head: Vec<&'static str> = sides(found, false).into_iter().map(named).collect();
        let sums = (0..head.len()).map(|at| lines.iter().map(|line| line.cells[at].rows).sum()).collect();
        let (recovered, lost) = found.reached();
        Self { found, moved: found.moved(), recovered, lost, note: note(found), head, lines, sums }
    }
}

fn note(found: &FlowDifference) -> Option<String> {
    match found.sides {
        Flows::Before => Some("only before".to_owned()),
        Flows::After => Some("only after".to_owned()),
        Flows::Both => found.was.as_ref().map(|was| format!("{was} before")),
    }
}

fn named(side: Option<Outcome>) -> &'static str {
    side.map_or("no row", Outcome::name)
}

/// The outcomes that occur on a side.
fn sides(found: &FlowDifference, before: bool) -> Vec<Option<Outcome>> {
    let all = Outcome::ALL.into_iter().map(Some).chain([None]);
    all.filter(|side| found.matrix.iter().any(|cell| if before { cell.before == *side } else { cell.after == *side }))
        .collect()
}

fn matrix(found: &FlowDifference) -> Vec<Line> {
    let after = sides(found, false);
    let line = |before: Option<Outcome>| {
        let cell = |after: &Option<Outcome>| {
            let cell = found.matrix.iter().find(|cell| cell.before == before && cell.after == *after);
            Cell { after: named(*after), rows: cell.map_or(0, |cell| cell.rows), same: before == *after }
        };
        let cells: Vec<Cell> = after.iter().map(cell).collect();
        Line { before: named(before), sum: cells.iter().map(|cell| cell.rows).sum(), cells }
    };
    sides(found, true).into_iter().map(line).collect()
}

fn headline(found: &Difference, totals: &Totals) -> String {
    match totals {
        _ if !found.differs => "Nothing differs.".to_owned(),
        Totals { recovered: 0, lost: 0, moved: 0, changed: 0, .. } => "No row goes another way.".to_owned(),
        Totals { recovered: 0, lost: 0, .. } => "The same rows reach the target.".to_owned(),
        Totals { recovered, lost: 0, .. } => {
            format!("{} would reach the target.", of(*recovered, "more row", "more rows"))
        }
        Totals { recovered: 0, lost, .. } => {
            format!("{} would reach the target.", of(*lost, "fewer row", "fewer rows"))
        }
        Totals { recovered, lost, .. } => {
            format!(
                "{} would reach the target, and {} no longer.",
                of(*recovered, "more row", "more rows"),
                of(*lost, "row", "rows")
            )
        }
    }
}

fn sentence(found: &Difference, totals: &Totals) -> String {
    if found.flows.is_empty() && !found.untouched.is_empty() {
        return "No flow had to be run: neither rules nor anything that is read differ.".to_owned();
    }
    let all = of(found.flows.len() as u64, "flow was", "flows were");
    if totals.flows == 0 {
        return format!("{all} compared, row by row: each row has the same outcome, reason, values and warnings.");
    }
    format!(
        "{all} compared, row by row; {}. {} in outcome or reason or on one side only, {} migrated with other values.",
        of(totals.flows, "differs", "differ"),
        of(totals.moved, "row differs", "rows differ"),
        of(totals.changed, "row is", "rows are"),
    )
}
