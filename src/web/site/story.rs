//! Owns the page that tells the story of a row. Must not know: how it is found out, or HTTP.

use serde::Serialize;

use super::runs::href_of_row;
use super::{Head, Site, html};
use crate::explain::{Column, Decision, Found, InTarget, Join, Meant, Row, TargetRow, Truth};
use crate::report::page;
use crate::web::http::Answer;

#[derive(Serialize)]
struct Told {
    head: Head,
    run: String,
    stories: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    flow: String,
    key: String,
    target: String,
    table: String,
    columns: Vec<Cell>,
    rows: Vec<Fate>,
    not_looked_into: Vec<String>,
}

#[derive(Serialize)]
struct Cell {
    name: String,
    kind: String,
    /// None where no values are shown.
    value: Option<String>,
    null: bool,
}

/// What became of the row.
#[derive(Serialize)]
struct Fate {
    key: String,
    outcome: String,
    reason: Option<String>,
    remedy: Option<String>,
    because: Vec<String>,
    branches: Vec<Step>,
    joins: Vec<Step>,
    warnings: Vec<String>,
    causes: Vec<Cause>,
    id: Option<String>,
    result: Vec<Cell>,
    in_target: Vec<(&'static str, String)>,
}

/// A line of SQL, and what it was for this row.
#[derive(Serialize)]
struct Step {
    text: String,
    was: String,
    place: String,
    depth: usize,
}

#[derive(Serialize)]
struct Cause {
    flow: String,
    key: String,
    reason: String,
    href: String,
}

impl Site {
    /// The story of a row.
    pub(super) async fn story(&self, run: &str, flow: &str, key: &str) -> crate::error::Result<Answer> {
        let record = self.record(run).await?;
        let run = record.run.to_string();
        let teller = self.teller(record).await?;
        let meant = Meant::Key { flow: flow.to_owned(), key: key.to_owned() };
        let explained = Box::pin(teller.explain(&meant)).await?;
        let shown = explained.stories.into_iter().map(|story| Shown {
            rows: story.rows.iter().map(|row| fate(&run, row)).collect(),
            columns: cells(&story.source.columns),
            flow: story.flow,
            key: story.key,
            target: story.target,
            table: story.source.table,
            not_looked_into: story.not_looked_into,
        });
        let page = Told { head: self.head(&format!("{flow} {key}")), stories: shown.collect(), run: run.clone() };
        Ok(html(page::fill("story.html", &page)?))
    }
}

fn cells(columns: &[Column]) -> Vec<Cell> {
    let cell = |column: &Column| Cell {
        name: column.name.clone(),
        kind: column.kind.clone(),
        value: column.value.clone(),
        null: column.null,
    };
    columns.iter().map(cell).collect()
}

fn fate(run: &str, row: &Row) -> Fate {
    let mut joins = Vec::new();
    row.joins.iter().for_each(|join| joined(join, 0, &mut joins));
    let cause = |link: &crate::explain::Link| Cause {
        href: href_of_row(run, &link.flow, &link.key),
        flow: link.flow.clone(),
        key: link.key.clone(),
        reason: link.reason.clone(),
    };
    Fate {
        key: row.key.clone(),
        outcome: row.outcome.clone(),
        reason: row.reason.clone(),
        remedy: row.remedy.clone(),
        because: row.because.clone(),
        branches: row.decision.as_ref().map(branches).unwrap_or_default(),
        joins,
        warnings: row.warnings.iter().map(|warning| warning.code.clone()).collect(),
        // The first is the row itself.
        causes: row.causes.iter().skip(1).map(cause).collect(),
        id: row.id.clone(),
        result: cells(&row.result),
        in_target: row.in_target.as_ref().map(in_target).unwrap_or_default(),
    }
}

fn truth(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Null => "null",
    }
}

fn branches(decision: &Decision) -> Vec<Step> {
    if decision.branches.is_empty() {
        let (text, place) = (decision.by.text.clone(), decision.by.place.clone());
        return vec![Step { text, was: format!("→ {}", decision.says), place, depth: 0 }];
    }
    let step = |branch: &crate::explain::Branch| Step {
        text: branch.when.text.clone(),
        was: if branch.was == Truth::True { format!("→ {}", branch.then.text) } else { truth(branch.was).to_owned() },
        place: branch.when.place.clone(),
        depth: branch.depth,
    };
    decision.branches.iter().map(step).collect()
}

fn joined(join: &Join, depth: usize, steps: &mut Vec<Step>) {
    let looked = join.keys.iter().filter_map(|key| match (&key.value, key.null) {
        (_, true) => Some(format!("{} is NULL", key.expression)),
        (Some(value), _) => Some(format!("{} is {value}", key.expression)),
        (None, false) => None,
    });
    let looked = looked.collect::<Vec<_>>().join(", ");
    let found = match join.found {
        Found::Start => "the row",
        Found::One => "found",
        Found::None => "none",
        Found::Unknown => "not looked into",
    };
    let was = if looked.is_empty() { found.to_owned() } else { format!("{found}: {looked}") };
    steps.push(Step { text: join.clause.text.clone(), was, place: join.clause.place.clone(), depth });
    for condition in &join.kept_away_by {
        let (text, was) = (condition.text.clone(), truth(condition.was).to_owned());
        steps.push(Step { text, was, place: String::new(), depth: depth + 1 });
    }
    for lost in &join.lost {
        let (text, was) = (lost.clause.text.clone(), format!("{} left", lost.rows));
        steps.push(Step { text, was, place: lost.clause.place.clone(), depth: depth + 1 });
    }
    join.within.iter().for_each(|inner| joined(inner, depth + 1, steps));
}

fn in_target(place: &InTarget) -> Vec<(&'static str, String)> {
    let row = match place.row {
        TargetRow::NotExpected => "no row is made of it",
        TargetRow::Absent => "it is not there",
        TargetRow::AsLeft => "it is there, as it was left",
        TargetRow::Changed => "it is there, and was changed since",
    };
    let differs = if place.differs.is_empty() { String::new() } else { format!(": {}", place.differs.join(", ")) };
    let mut told = vec![("Row", format!("{row}{differs}"))];
    told.extend(place.run_state.clone().map(|state| ("Run", state)));
    told.extend(place.mapping.as_ref().map(|mapping| ("Mapping", format!("{} of {}", mapping.id, mapping.entity))));
    told.extend(place.quarantine.as_ref().map(|held| ("Quarantine", format!("{}, since {}", held.reason, held.since))));
    told.extend(place.history.iter().map(|moved| ("History", format!("{} by the run {}", moved.what, moved.run))));
    told
}
