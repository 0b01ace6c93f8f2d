//! Owns the reports that people read: one self-contained HTML page, or Markdown, from templates beside this file.
//! Must not know: how figures were counted, or where the page goes. The same report gives the same bytes.

mod chart;
pub mod difference;
mod failures;
mod identity;
mod lineage;
mod outcomes;
mod table;
mod template;
mod verdict;

use serde::Serialize;

use super::Report;
use crate::error::Result;
pub use chart::{Chart, chart};
use table::Table;
pub use template::render as fill;

/// A report as one HTML page: no scripts, nothing from elsewhere.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for a template that does not fit.
pub fn html(report: &Report) -> Result<String> {
    template::render("page.html", &Page::new(report))
}

/// A report as Markdown, with the tables of the page.
///
/// # Errors
/// As [`html`].
pub fn markdown(report: &Report) -> Result<String> {
    template::render("page.md", &Page::new(report))
}

/// What the templates see.
#[derive(Serialize)]
struct Page<'a> {
    report: &'a Report,
    verdict: verdict::Verdict,
    totals: outcomes::Totals,
    outcomes: Vec<outcomes::Stack>,
    speeds: Vec<outcomes::Speed>,
    failures: failures::Failures,
    figures: Vec<Figure>,
    lineage: lineage::Lineage,
    identity: Vec<identity::Fact>,
    phases: Vec<identity::Part>,
}

/// What the pipeline itself reports: a table, and perhaps a chart of it.
#[derive(Serialize)]
struct Figure {
    name: String,
    title: String,
    about: Option<String>,
    chart: Option<Chart>,
    table: Table,
}

impl<'a> Page<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            report,
            verdict: verdict::verdict(report),
            totals: outcomes::totals(report),
            outcomes: outcomes::stacks(report),
            speeds: outcomes::speeds(report),
            failures: failures::failures(report),
            figures: figures(report),
            lineage: lineage::lineage(report),
            identity: identity::facts(report),
            phases: identity::parts(report),
        }
    }
}

fn figures(report: &Report) -> Vec<Figure> {
    let figure = |(name, rows): (&String, &Vec<_>)| {
        let titled = report.titles.get(name).cloned().unwrap_or_default();
        let title = titled.title.unwrap_or_else(|| table::spoken(name));
        Figure {
            name: name.clone(),
            chart: chart(titled.chart.as_deref(), &title, rows),
            title,
            about: titled.about,
            table: Table::new(rows),
        }
    };
    report.reports.iter().map(figure).collect()
}
