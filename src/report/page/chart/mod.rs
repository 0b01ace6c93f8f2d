//! Owns the charts of a report: what a pipeline's report says of its chart, and its rows, become a drawing.
//! Must not know: where a drawing stands. All of it is arithmetic: the same rows give the same drawing.

mod bars;
mod columns;
pub mod drawing;
mod frame;
mod line;
mod scale;
mod series;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::report::words::count;
use drawing::Drawing;
use series::Series;

/// A drawing, and what its colours mean.
#[derive(Debug, Serialize)]
pub struct Chart {
    pub drawing: Drawing,
    /// The name of each series, in the order of their colours; empty where there is but one.
    pub legend: Vec<String>,
    /// What is not drawn, if anything.
    pub note: Option<String>,
}

/// Draws a report. None where its header asks for nothing (`none`), or where there is nothing to draw.
#[must_use]
pub fn chart(kind: Option<&str>, title: &str, rows: &[Map<String, Value>]) -> Option<Chart> {
    let mut series = Series::new(rows)?;
    let upright = series.ordered && series.labels.len() <= columns::MOST;
    let mut note = None;
    let drawing = match kind? {
        "line" if series.labels.len() > 1 => line::draw(&series, title),
        "bar" | "line" if upright => columns::draw(&series, title),
        "bar" | "line" => {
            let left = series.keep(bars::most(series.columns.len()));
            note = (left > 0).then(|| format!("{} more in the table", count(left as u64)));
            bars::draw(&series, title)
        }
        _ => return None,
    };
    let names: Vec<String> = series.columns.into_iter().map(|(name, _)| name).collect();
    Some(Chart { drawing, legend: if names.len() > 1 { names } else { Vec::new() }, note })
}
