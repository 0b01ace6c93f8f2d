//! Owns where flows and lines lie in the picture. Must not know: in which order, or why.

use std::fmt::Write;

use serde::Serialize;

use super::layers::{Layered, Spot};
use crate::report::FlowReport;
use crate::report::page::chart::drawing::tenth;
use crate::report::words::{of, share};

/// The width of a letter of a name: names are set in letters of one width.
const LETTER: f64 = 7.0;
const PADDING: f64 = 10.0;
const HEIGHT: f64 = 26.0;
/// Between two flows, and between a flow and a line that passes.
const SPACE: f64 = 9.0;
const PASSING: f64 = 8.0;
/// Between two columns.
const GAP: f64 = 48.0;
const MARGIN: f64 = 4.0;
/// How often spots are drawn towards their neighbours.
const PULLS: usize = 24;

/// A drawn graph.
#[derive(Debug, Serialize)]
pub struct Picture {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Node>,
    /// Lines, as SVG writes them.
    pub lines: Vec<String>,
}

/// A drawn flow.
#[derive(Debug, Serialize)]
pub struct Node {
    pub flow: String,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// Has it reached its threshold?
    pub accepted: bool,
    pub says: String,
}

/// Draws flows in columns.
#[must_use]
pub fn draw(flows: &[&FlowReport], layered: &Layered) -> Picture {
    let heights: Vec<f64> =
        layered.spots.iter().map(|spot| if matches!(spot, Spot::Flow(_)) { HEIGHT } else { 0.0 }).collect();
    let middles = middles(layered, &heights);
    #[expect(clippy::cast_precision_loss, reason = "a short name")]
    let wide = |flow: usize| flows[flow].flow.chars().count() as f64 * LETTER + 2.0 * PADDING;
    let mut columns = Vec::with_capacity(layered.columns.len());
    let mut x = MARGIN;
    for column in &layered.columns {
        let of_flow = |spot: &usize| if let Spot::Flow(flow) = layered.spots[*spot] { wide(flow) } else { 0.0 };
        let width = column.iter().map(of_flow).fold(0.0, f64::max);
        columns.push((x, width));
        x += width + GAP;
    }
    let column_of = |spot: usize| layered.columns.iter().position(|column| column.contains(&spot)).unwrap_or_default();
    let mut nodes = Vec::new();
    for (spot, flow) in layered.spots.iter().enumerate() {
        let Spot::Flow(flow) = *flow else { continue };
        nodes.push(Node {
            flow: flows[flow].flow.clone(),
            x: tenth(columns[column_of(spot)].0),
            y: tenth(middles[spot] - HEIGHT / 2.0),
            width: tenth(wide(flow)),
            height: HEIGHT,
            accepted: flows[flow].accepted,
            says: says(flows[flow]),
        });
    }
    let ends = |spot: usize| {
        let (x, width) = columns[column_of(spot)];
        let (leaves, enters) = match layered.spots[spot] {
            Spot::Flow(flow) => (x + wide(flow), x),
            Spot::Way => (x + width, x + width),
        };
        End { leaves, enters, edge: x + width, left: x, middle: middles[spot] }
    };
    let lowest = middles.iter().zip(&heights).map(|(middle, height)| middle + height / 2.0).fold(0.0, f64::max);
    Picture {
        width: tenth(x - GAP + MARGIN),
        height: tenth(lowest + MARGIN),
        nodes,
        lines: layered.links.iter().map(|(from, to)| way(ends(*from), ends(*to))).collect(),
    }
}

fn says(flow: &FlowReport) -> String {
    let reads = if flow.reads.is_empty() { "no other flow".to_owned() } else { flow.reads.join(", ") };
    format!(
        "{} reads {reads}. {}, {} in the target.",
        flow.flow,
        of(flow.source_rows, "row", "rows"),
        share(flow.share)
    )
}

/// A spot, as a line meets it.
struct End {
    /// Where a line that goes on from it begins: its right end.
    leaves: f64,
    /// Where a line that comes to it ends: at a flow's left end; at the right one of a way, which it passes.
    enters: f64,
    /// Its column's right end, and its left.
    edge: f64,
    left: f64,
    middle: f64,
}

/// A line from a spot to one of the next column: straight within columns, bent between them.
fn way(from: End, to: End) -> String {
    let half = tenth(f64::midpoint(from.edge, to.left));
    let (a, b) = (tenth(from.middle), tenth(to.middle));
    let (start, edge, left) = (tenth(from.leaves), tenth(from.edge), tenth(to.left));
    let mut way = format!("M{start} {a}H{edge}C{half} {a} {half} {b} {left} {b}");
    if to.enters > to.left {
        let _ = write!(way, "H{}", tenth(to.enters));
    }
    way
}

/// The height of each spot's middle: near its neighbours, in its column's order, apart from the next.
fn middles(layered: &Layered, heights: &[f64]) -> Vec<f64> {
    let mut middles = vec![0.0; layered.spots.len()];
    for column in &layered.columns {
        place(column, heights, &mut middles);
    }
    for pull in 0..PULLS {
        let count = layered.columns.len();
        for turn in 0..count {
            let column = &layered.columns[if pull % 2 == 0 { turn } else { count - 1 - turn }];
            let wished: Vec<(usize, f64)> = column.iter().map(|spot| (*spot, near(layered, *spot, &middles))).collect();
            for (spot, middle) in wished {
                middles[spot] = middle;
            }
            place(column, heights, &mut middles);
        }
    }
    let top = middles.iter().zip(heights).map(|(middle, height)| middle - height / 2.0).fold(f64::MAX, f64::min);
    middles.iter().map(|middle| middle - top + MARGIN).collect()
}

/// The mean of a spot's neighbours, or where it is.
fn near(layered: &Layered, spot: usize, middles: &[f64]) -> f64 {
    let linked = layered.links.iter().filter_map(|(from, to)| match spot {
        _ if *from == spot => Some(middles[*to]),
        _ if *to == spot => Some(middles[*from]),
        _ => None,
    });
    let linked: Vec<f64> = linked.collect();
    #[expect(clippy::cast_precision_loss, reason = "a few neighbours")]
    if linked.is_empty() { middles[spot] } else { linked.iter().sum::<f64>() / linked.len() as f64 }
}

/// Keeps the spots of a column apart, with as little moving as there can be: runs of spots that press on each other
/// move together.
fn place(column: &[usize], heights: &[f64], middles: &mut [f64]) {
    // Each run: its first spot's wished height as if nothing were above it, how many spots it has.
    let mut runs: Vec<(f64, usize)> = Vec::new();
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (index, spot) in column.iter().enumerate() {
        if let Some(above) = index.checked_sub(1).map(|above| column[above]) {
            let space = if heights[above] > 0.0 && heights[*spot] > 0.0 { SPACE } else { PASSING };
            offset += f64::midpoint(heights[above], heights[*spot]) + space;
        }
        offsets.push(offset);
        runs.push((middles[*spot] - offset, 1));
        while let [.., above, below] = runs[..]
            && above.0 > below.0
        {
            let spots = above.1 + below.1;
            #[expect(clippy::cast_precision_loss, reason = "a few spots")]
            let mean = (above.0 * above.1 as f64 + below.0 * below.1 as f64) / spots as f64;
            runs.truncate(runs.len() - 2);
            runs.push((mean, spots));
        }
    }
    let starts = runs.iter().flat_map(|(start, spots)| std::iter::repeat_n(*start, *spots));
    for ((spot, offset), start) in column.iter().zip(offsets).zip(starts) {
        middles[*spot] = start + offset;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{layers, order};
    use super::*;

    #[test]
    fn no_flow_covers_another_and_none_lies_outside() {
        // Sixty flows, each reading up to three of those before it.
        let reads: Vec<Vec<usize>> = (0..60_usize)
            .map(|flow| {
                [flow / 2, flow / 3, flow * 7 % 11].into_iter().filter(|read| *read < flow && flow > 4).collect()
            })
            .collect();
        let layered = order::order(layers::layers(&layers::reduce(&reads)));
        let heights: Vec<f64> =
            layered.spots.iter().map(|spot| if *spot == Spot::Way { 0.0 } else { HEIGHT }).collect();
        let middles = middles(&layered, &heights);
        for column in &layered.columns {
            for pair in column.windows(2) {
                let apart = middles[pair[1]] - middles[pair[0]];
                assert!(apart >= f64::midpoint(heights[pair[0]], heights[pair[1]]) + PASSING - 1e-6, "{apart}");
            }
        }
        assert!(middles.iter().zip(&heights).all(|(middle, height)| middle - height / 2.0 >= MARGIN - 1e-6));
    }

    #[test]
    fn a_line_goes_straight_through_columns() {
        let flow = |left: f64| End { leaves: left + 30.0, enters: left, edge: left + 50.0, left, middle: 10.0 };
        let passing = End { leaves: 150.0, enters: 150.0, edge: 150.0, left: 100.0, middle: 20.0 };
        assert_eq!(way(flow(0.0), passing), "M30 10H50C75 10 75 20 100 20H150");
        let passing = End { leaves: 150.0, enters: 150.0, edge: 150.0, left: 100.0, middle: 20.0 };
        assert_eq!(way(passing, flow(200.0)), "M150 20H150C175 20 175 10 200 10");
    }
}
