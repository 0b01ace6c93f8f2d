//! Owns the picture of all figures: time by rows, memory by rows, time by flows. Must not know: how anything was measured.

use minijinja::AutoEscape;
use serde::Serialize;
use serde_json::json;

use super::axis::{Axis, Mark};
use super::figures::{Figures, OfScale, Run};
use super::template::fill;

const TEMPLATE: &str = include_str!("templates/chart.svg");
/// A panel's own place: its plot is within these, in the SVG's unit.
const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 48.0;

/// One plot, drawn from its own corner.
#[derive(Serialize)]
struct Panel {
    at: f64,
    title: &'static str,
    across: &'static str,
    columns: Vec<Mark>,
    rows: Vec<Mark>,
    series: Vec<Series>,
    /// Where time would be if it grew in proportion from the largest run down.
    proportional: Option<[f64; 4]>,
}

#[derive(Serialize)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    line: String,
}

/// What a series is called, and its points.
type Values = (String, Vec<(f64, f64)>);

/// As SVG, for light and dark.
pub fn chart(figures: &Figures) -> String {
    let mut panels = Vec::new();
    if !figures.by_rows.is_empty() {
        panels.push(panel("Time by rows, s", "source rows", &by_jobs(&figures.by_rows, |run| run.seconds), true));
        panels.push(panel("Memory by rows, MiB", "source rows", &by_jobs(&figures.by_rows, |run| run.peak_mib), false));
    }
    if let Some(first) = figures.by_flows.first() {
        #[expect(clippy::cast_precision_loss, reason = "a number of flows")]
        let points = figures.by_flows.iter().map(|one| (one.flows as f64, one.run.seconds)).collect();
        let series = [(format!("{} jobs", first.jobs), points)];
        panels.push(panel("Time by flows of 100 rows, s", "flows", &series, true));
    }
    let mut width = 0.0;
    for panel in &mut panels {
        (panel.at, width) = (width, width + WIDTH);
    }
    let plot = json!({ "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM });
    let values = json!({ "panels": panels, "plot": plot, "width": width, "height": HEIGHT });
    fill(TEMPLATE, AutoEscape::Html, &values)
}

#[expect(clippy::cast_precision_loss, reason = "rows of a benchmark")]
fn by_jobs(all: &[OfScale], value: impl Fn(&Run) -> f64) -> Vec<Values> {
    let mut jobs: Vec<usize> = all.iter().map(|one| one.jobs).collect();
    jobs.sort_unstable();
    jobs.dedup();
    let of = |jobs: usize| {
        let own = all.iter().filter(|one| one.jobs == jobs);
        let name = if jobs == 1 { "1 job".to_owned() } else { format!("{jobs} jobs") };
        (name, own.map(|one| (one.run.source_rows as f64, value(&one.run))).collect())
    };
    jobs.into_iter().map(of).collect()
}

fn panel(title: &'static str, across: &'static str, series: &[Values], is_time: bool) -> Panel {
    let all = || series.iter().flat_map(|(_, points)| points);
    let (xs, ys): (Vec<f64>, Vec<f64>) = all().copied().unzip();
    let x = Axis::logarithmic(&xs, LEFT, WIDTH - RIGHT);
    let y = if is_time { Axis::logarithmic } else { Axis::from_zero }(&ys, HEIGHT - BOTTOM, TOP);
    let largest = series.last().and_then(|(_, points)| points.last()).copied();
    let drawn = |(name, points): &Values| {
        let points: Vec<(f64, f64)> = points.iter().map(|(across, up)| (x.place(*across), y.place(*up))).collect();
        let line = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
        Series { name: name.clone(), points, line }
    };
    Panel {
        at: 0.0,
        title,
        across,
        columns: x.marks(),
        rows: y.marks(),
        series: series.iter().map(drawn).collect(),
        proportional: largest.filter(|_| is_time).map(|largest| proportional(&x, &y, largest)),
    }
}

/// The part of the line through the origin and a point that lies within the plot.
fn proportional(x: &Axis, y: &Axis, (across, up): (f64, f64)) -> [f64; 4] {
    let each = up / across;
    let (least, most) = (x.range().0.max(y.range().0 / each), x.range().1.min(y.range().1 / each));
    [x.place(least), y.place(least * each), x.place(most), y.place(most * each)]
}
