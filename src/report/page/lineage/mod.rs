//! Owns the picture of which flow reads which: columns of flows from left to right, each right of what it reads.
//! Must not know: what flows do. The same flows give the same picture.

mod draw;
mod layers;
mod order;

use serde::Serialize;

use crate::report::{FlowReport, Report};

pub use draw::Picture;

/// Which flow reads which, drawn and in words.
#[derive(Debug, Serialize)]
pub struct Lineage {
    pub picture: Option<Picture>,
    /// Flows that neither read another nor are read.
    pub alone: Vec<String>,
    /// What is drawn: a flow, and one that reads it. What follows from others is left out.
    pub edges: Vec<(String, String)>,
    /// Everything that flows read: a flow, and what it reads.
    pub reads: Vec<(String, Vec<String>)>,
}

/// Draws the flows of a report.
#[must_use]
pub fn lineage(report: &Report) -> Lineage {
    let names: Vec<&str> = report.flows.iter().map(|flow| flow.flow.as_str()).collect();
    let place = |name: &String| names.iter().position(|known| known == name);
    let reads: Vec<Vec<usize>> =
        report.flows.iter().map(|flow| flow.reads.iter().filter_map(place).collect()).collect();
    let reduced = layers::reduce(&reads);
    let read = |flow: usize| reduced.iter().any(|reads| reads.contains(&flow));
    let joined: Vec<usize> = (0..names.len()).filter(|flow| !reduced[*flow].is_empty() || read(*flow)).collect();
    let alone = (0..names.len()).filter(|flow| !joined.contains(flow)).map(|flow| names[flow].to_owned()).collect();
    let edges = reduced.iter().enumerate().flat_map(|(to, from)| from.iter().map(move |from| (*from, to)));
    let reads = report.flows.iter().filter(|flow| !flow.reads.is_empty());
    Lineage {
        picture: (!joined.is_empty()).then(|| picture(&report.flows, &joined, &reduced)),
        alone,
        edges: edges.map(|(from, to)| (names[from].to_owned(), names[to].to_owned())).collect(),
        reads: reads.map(|flow: &FlowReport| (flow.flow.clone(), flow.reads.clone())).collect(),
    }
}

fn picture(flows: &[FlowReport], joined: &[usize], reads: &[Vec<usize>]) -> Picture {
    let within = |flow: &usize| joined.iter().position(|known| known == flow);
    let reads: Vec<Vec<usize>> = joined.iter().map(|flow| reads[*flow].iter().filter_map(within).collect()).collect();
    let layered = layers::layers(&reads);
    let layered = order::order(layered);
    let drawn: Vec<&FlowReport> = joined.iter().map(|flow| &flows[*flow]).collect();
    draw::draw(&drawn, &layered)
}
