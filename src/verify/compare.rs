//! Owns the comparison of two sets of rows by id and hash, in bounded memory.
//! Must not know: where either comes from.

use super::found::{Sampled, What};
use super::hash;

/// Rows compared at once: 33 bytes each are kept. A larger flow is compared part by part, by the first bits of its ids.
const PART_ROWS: u64 = 4_000_000;
/// The table of places in the sorted rows has an entry for each value of this many first bits of an id.
const PLACE_BITS: u32 = 16;

/// A range of ids, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub low: u128,
    pub high: u128,
}

impl Part {
    /// The window of ids that a sample takes.
    pub fn of(sample: &Sampled) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a share of 2^64"
        )]
        let width = (sample.share.clamp(0.0, 1.0) * (u64::MAX as f64)) as u64;
        if width == u64::MAX {
            return Self { low: 0, high: u128::MAX };
        }
        let seeded = hash::hash(&sample.seed.to_le_bytes()) % (u128::from(u64::MAX - width) + 1);
        let low = seeded << 64;
        Self { low, high: low + (u128::from(width) << 64) }
    }

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

/// A sum over rows, in any order: two are equal if they are of the same rows, each as often. It takes no memory, and tells nothing
/// about what differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub rows: u64,
    pub hashes: u128,
}

impl Sum {
    pub fn add(&mut self, id: u128, content: u128) {
        let mut both = [0; 32];
        both[..16].copy_from_slice(&id.to_le_bytes());
        both[16..].copy_from_slice(&content.to_le_bytes());
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(hash::hash(&both));
    }

    pub fn with(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, hashes: self.hashes.wrapping_add(other.hashes) }
    }
}

/// Stands for the hash of what may have any values.
pub(super) const ANY: u128 = 0;

/// Expected rows, and what has been seen of them.
pub(super) struct Comparison {
    /// Sorted by id, each once.
    expected: Vec<(u128, u128)>,
    /// Where ids with these first bits begin.
    places: Vec<u32>,
    seen: Vec<Seen>,
}

/// What a row of the target is to those that are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    Unknown,
    Same,
    Wrong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    Same,
    Different,
    Twice,
}

impl Comparison {
    pub fn new(mut expected: Vec<(u128, u128)>) -> Self {
        expected.sort_unstable();
        expected.dedup();
        let mut places = vec![0_u32; (1 << PLACE_BITS) + 1];
        for (id, _) in &expected {
            places[first_bits(*id) + 1] += 1;
        }
        for at in 1..places.len() {
            places[at] += places[at - 1];
        }
        let seen = vec![Seen::Not; expected.len()];
        Self { expected, places, seen }
    }

    /// A row of the target.
    pub fn see(&mut self, id: u128, hash: u128) -> Sight {
        let Some(at) = self.find(id) else { return Sight::Unknown };
        let wanted = self.expected[at].1;
        self.seen[at] = match self.seen[at] {
            Seen::Not if wanted == hash || wanted == ANY => Seen::Same,
            Seen::Not => Seen::Different,
            _ => Seen::Twice,
        };
        if self.seen[at] == Seen::Same { Sight::Same } else { Sight::Wrong }
    }

    fn find(&self, id: u128) -> Option<usize> {
        let bits = first_bits(id);
        let (from, to) = (self.places[bits] as usize, self.places[bits + 1] as usize);
        self.expected[from..to].binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| from + at)
    }

    /// How many rows are as they shall be.
    pub fn same(&self) -> u64 {
        self.seen.iter().filter(|seen| **seen == Seen::Same).count() as u64
    }

    /// The ids of all others that are expected, and what is wrong with each.
    pub fn wrong(&self) -> impl Iterator<Item = (u128, What)> {
        self.expected.iter().zip(&self.seen).filter_map(|((id, _), seen)| {
            let what = match seen {
                Seen::Same => return None,
                Seen::Not => What::Missing,
                Seen::Different => What::Different,
                Seen::Twice => What::Doubled,
            };
            Some((*id, what))
        })
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
    fn differences_are_told_apart() {
        let mut comparison = Comparison::new(vec![(3, 30), (1 << 127, 1), (5, 50), (7, ANY), (8, 80), (3, 30)]);
        for (id, hash) in [(3, 30), (5, 51), (9, 9), (7, 1234), (8, 80), (8, 80)] {
            comparison.see(id, hash);
        }
        assert_eq!(comparison.same(), 2);
        let wrong: Vec<_> = comparison.wrong().collect();
        assert_eq!(wrong, [(5, What::Different), (8, What::Doubled), (1 << 127, What::Missing)]);
        assert_eq!(comparison.see(9, 9), Sight::Unknown);
    }
}
