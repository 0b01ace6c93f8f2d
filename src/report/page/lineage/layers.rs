//! Owns which column a flow stands in: right of all that it reads. Must not know: where in the column.

use std::collections::{BTreeMap, BTreeSet};

/// A place of a column: a flow, or the way of a line past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// By its number.
    Flow(usize),
    Way,
}

/// Flows in columns, with lines only from a column to the next.
#[derive(Debug, Clone, Default)]
pub struct Layered {
    pub spots: Vec<Spot>,
    /// The spots of each column, from above.
    pub columns: Vec<Vec<usize>>,
    /// From a spot to one of the next column. Lines from the same flow share their way as far as they can.
    pub links: BTreeSet<(usize, usize)>,
}

/// What each flow reads, without what it reads by way of another as well.
#[must_use]
pub fn reduce(reads: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let reached: Vec<Vec<bool>> = (0..reads.len()).map(|flow| reach(reads, flow)).collect();
    let direct = |flow: &Vec<usize>| {
        let needed = |read: &&usize| !flow.iter().any(|other| other != *read && reached[*other][**read]);
        flow.iter().filter(needed).copied().collect()
    };
    reads.iter().map(direct).collect()
}

/// All that a flow reads, directly or not.
fn reach(reads: &[Vec<usize>], flow: usize) -> Vec<bool> {
    let mut seen = vec![false; reads.len()];
    let mut open = reads[flow].clone();
    while let Some(next) = open.pop() {
        if !std::mem::replace(&mut seen[next], true) {
            open.extend(&reads[next]);
        }
    }
    seen
}

/// Puts flows into columns, and a spot wherever a line passes a column. Flows must not read in a circle.
#[must_use]
pub fn layers(reads: &[Vec<usize>]) -> Layered {
    let ranks = ranks(reads);
    let columns = ranks.iter().max().map_or(0, |last| last + 1);
    let mut layered = Layered { columns: vec![Vec::new(); columns], ..Layered::default() };
    for (flow, rank) in ranks.iter().enumerate() {
        layered.spots.push(Spot::Flow(flow));
        layered.columns[*rank].push(flow);
    }
    let mut ways: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (to, from) in reads.iter().enumerate().flat_map(|(to, reads)| reads.iter().map(move |from| (to, *from))) {
        let mut last = from;
        for column in ranks[from] + 1..ranks[to] {
            let way = *ways.entry((from, column)).or_insert_with(|| {
                layered.columns[column].push(layered.spots.len());
                layered.spots.push(Spot::Way);
                layered.spots.len() - 1
            });
            layered.links.insert((last, way));
            last = way;
        }
        layered.links.insert((last, to));
    }
    layered
}

/// The longest way to each flow; what reads nothing stands just left of the first that reads it.
fn ranks(reads: &[Vec<usize>]) -> Vec<usize> {
    let mut ranks = vec![0; reads.len()];
    // Without a circle, no way is longer than there are flows.
    for _ in 0..reads.len() {
        for (flow, read) in reads.iter().enumerate() {
            ranks[flow] = read.iter().map(|read| ranks[*read] + 1).max().unwrap_or(0).min(reads.len());
        }
    }
    for flow in (0..reads.len()).filter(|flow| reads[*flow].is_empty()) {
        let readers = reads.iter().enumerate().filter(|(_, reads)| reads.contains(&flow));
        ranks[flow] = readers.map(|(reader, _)| ranks[reader]).min().map_or(0, |first: usize| first.saturating_sub(1));
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_others_is_left_out() {
        let reads = vec![vec![], vec![0], vec![0, 1], vec![0, 2]];
        assert_eq!(reduce(&reads), [vec![], vec![0], vec![1], vec![2]]);
        let diamond = vec![vec![], vec![0], vec![0], vec![1, 2]];
        assert_eq!(reduce(&diamond), diamond);
    }

    #[test]
    fn every_line_goes_from_a_column_to_the_next() {
        let reads = vec![vec![], vec![0], vec![1], vec![0, 2], vec![]];
        let layered = layers(&[reads, vec![vec![4], vec![0, 2]]].concat());
        let column = |spot: usize| layered.columns.iter().position(|column| column.contains(&spot)).unwrap();
        for (from, to) in &layered.links {
            assert_eq!(column(*from) + 1, column(*to));
        }
        let ways = layered.spots.iter().filter(|spot| **spot == Spot::Way).count();
        assert_eq!(ways, 2, "the line from 0 to 3 passes two columns, and the one to 6 goes along with it");
        assert_eq!(layered.links.len(), 3 + 3 + 1 + 2, "the chain, the way to 3, 4 to 5, and both ends at 6");
    }

    #[test]
    fn no_flows_have_no_columns() {
        assert!(layers(&[]).columns.is_empty());
    }
}
