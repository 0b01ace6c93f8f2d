//! Owns the comparison of two sets of rows by id and hash, in bounded memory.
//! Must not know: where either comes from.

use uuid::Uuid;

use super::{Example, FlowVerified, What};
use crate::server::sql::{fill, quote_literal, quote_table};

/// Rows compared at once: 33 bytes each are kept. A larger flow is compared part by part, by the first bits of its ids.
const PART_ROWS: u64 = 8_000_000;
const EXAMPLES: usize = 20;
/// The table of places in the sorted rows has an entry for each value of this many first bits of an id.
const PLACE_BITS: u32 = 16;

/// A range of ids, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub low: u128,
    pub high: u128,
}

impl Part {
    pub fn is_all(self) -> bool {
        self.low == 0 && self.high == u128::MAX
    }

    pub fn holds(self, id: u128) -> bool {
        self.low <= id && id <= self.high
    }
}

/// The parts in which this many rows are compared: a power of two of equal ranges.
pub(super) fn parts(rows: u64) -> Vec<Part> {
    let bits = rows.div_ceil(PART_ROWS).next_power_of_two().trailing_zeros();
    if bits == 0 {
        return vec![Part { low: 0, high: u128::MAX }];
    }
    let shift = 128 - bits;
    (0..1_u128 << bits).map(|part| Part { low: part << shift, high: (part << shift) | (u128::MAX >> bits) }).collect()
}

/// The statement that lists the ids a run gave to an entity.
pub(super) fn mapped(schema: &str, table: &str, run: Uuid, entity: &str) -> String {
    fill(
        include_str!("../../sql/control/verify/mapped.sql"),
        &[
            ("mappings", &quote_table(schema, table)),
            ("run", &quote_literal(&run.to_string())),
            ("entity", &quote_literal(entity)),
        ],
    )
}

/// Expected rows, and what has been seen of them.
pub(super) struct Comparison {
    /// Sorted by id.
    expected: Vec<(u128, u128)>,
    /// Where ids with these first bits begin.
    places: Vec<u32>,
    seen: Vec<Seen>,
    unknown: Vec<u128>,
    sorted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    Same,
    Different,
}

impl Comparison {
    pub fn new(mut expected: Vec<(u128, u128)>) -> Self {
        expected.sort_unstable_by_key(|(id, _)| *id);
        let mut places = vec![0_u32; (1 << PLACE_BITS) + 1];
        for (id, _) in &expected {
            places[first_bits(*id) + 1] += 1;
        }
        for at in 1..places.len() {
            places[at] += places[at - 1];
        }
        let seen = vec![Seen::Not; expected.len()];
        Self { expected, places, seen, unknown: Vec::new(), sorted: true }
    }

    /// A row of the target.
    pub fn see(&mut self, id: u128, hash: u128) {
        match self.find(id) {
            // Seen twice, once wrong: it stays wrong.
            Some(at) if self.expected[at].1 != hash => self.seen[at] = Seen::Different,
            Some(at) if self.seen[at] == Seen::Not => self.seen[at] = Seen::Same,
            Some(_) => {}
            None => {
                self.unknown.push(id);
                self.sorted = false;
            }
        }
    }

    fn find(&self, id: u128) -> Option<usize> {
        let bits = first_bits(id);
        let (from, to) = (self.places[bits] as usize, self.places[bits + 1] as usize);
        self.expected[from..to].binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| from + at)
    }

    /// Ids of the target that are not expected.
    pub fn unknown(&self) -> &[u128] {
        &self.unknown
    }

    pub fn is_unknown(&self, id: u128) -> bool {
        if self.sorted { self.unknown.binary_search(&id).is_ok() } else { self.unknown.contains(&id) }
    }

    /// All rows have been seen.
    pub fn end(&mut self) {
        self.unknown.sort_unstable();
        self.sorted = true;
    }

    /// Adds what was found to the flow's account.
    pub fn tell(&self, extra: &[u128], found: &mut FlowVerified) {
        let mut note = |what, id: u128| {
            if found.examples.len() < EXAMPLES {
                found.examples.push(Example { what, id: Uuid::from_u128(id), key: None });
            }
        };
        for ((id, _), seen) in self.expected.iter().zip(&self.seen) {
            match seen {
                Seen::Same => found.rows += 1,
                Seen::Not => {
                    found.missing += 1;
                    note(What::Missing, *id);
                }
                Seen::Different => {
                    found.different += 1;
                    note(What::Different, *id);
                }
            }
        }
        for id in extra {
            found.extra += 1;
            note(What::Extra, *id);
        }
    }
}

fn first_bits(id: u128) -> usize {
    // Sixteen bits fit.
    usize::try_from(id >> (128 - PLACE_BITS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_ids_once() {
        for rows in [0, 1, PART_ROWS, PART_ROWS + 1, 5 * PART_ROWS] {
            let parts = parts(rows);
            assert_eq!(parts[0].low, 0);
            assert_eq!(parts[parts.len() - 1].high, u128::MAX);
            assert!(parts.windows(2).all(|pair| pair[0].high + 1 == pair[1].low));
            assert_eq!(parts.len() == 1, parts[0].is_all());
        }
    }

    #[test]
    fn differences_are_counted_and_named() {
        let mut comparison = Comparison::new(vec![(3, 30), (1 << 127, 1), (5, 50)]);
        comparison.see(3, 30);
        comparison.see(5, 51);
        comparison.see(9, 9);
        comparison.end();
        assert!(comparison.is_unknown(9));
        let mut found =
            FlowVerified { flow: "f".into(), rows: 0, missing: 0, extra: 0, different: 0, examples: Vec::new() };
        comparison.tell(&[9], &mut found);
        assert_eq!((found.rows, found.missing, found.different, found.extra), (1, 1, 1, 1));
        assert_eq!(found.examples.len(), 3);
    }
}
