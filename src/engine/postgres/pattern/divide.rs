//! Owns the division of a match among the parts of an expression: what its groups hold.
//! Must not know: how a language is matched.

use super::super::text::ctype::lower_char;
use super::parse::{Kind, Node};
use super::walk::Walker;

/// From one byte to another.
pub type Span = (usize, usize);

pub struct Divider<'w, 'a> {
    pub walker: &'w mut Walker<'a>,
    pub ignore_case: bool,
    /// What each group holds, the first at 1.
    pub groups: Vec<Option<Span>>,
}

impl Divider<'_, '_> {
    /// Divides what a node is known to match. Only back references can fail.
    pub fn divide(&mut self, node: &Node, from: usize, to: usize) -> bool {
        let fits = match &node.kind {
            Kind::Leaf => true,
            Kind::Back { group, least, most } => self.back(*group, *least, *most, from, to),
            Kind::Cat(pair) => self.cat(&pair.0, &pair.1, from, to),
            Kind::Or(branches) => branches
                .iter()
                .any(|branch| self.walker.spans(branch.machine, from, to) && self.divide(branch, from, to)),
            Kind::Iter(child, least, most) => self.iterate(child, *least, *most, from, to),
            Kind::Wrap(child) => self.divide(child, from, to),
        };
        if fits
            && node.group > 0
            && let Some(group) = self.groups.get_mut(node.group)
        {
            *group = Some((from, to));
        }
        fits
    }

    fn forget(&mut self, node: &Node) {
        if let Some(group) = self.groups.get_mut(node.group) {
            *group = None;
        }
        match &node.kind {
            Kind::Leaf | Kind::Back { .. } => {}
            Kind::Cat(pair) => {
                self.forget(&pair.0);
                self.forget(&pair.1);
            }
            Kind::Or(branches) => branches.iter().for_each(|branch| self.forget(branch)),
            Kind::Iter(child, ..) | Kind::Wrap(child) => self.forget(child),
        }
    }

    /// Two parts: the first takes as much as it can, or as little where it prefers less.
    fn cat(&mut self, one: &Node, other: &Node, from: usize, to: usize) -> bool {
        let mut middles = self.walker.ends(one.machine, from, to);
        if !one.is_shy() {
            middles.reverse();
        }
        for middle in middles {
            if !self.walker.spans(other.machine, middle, to) {
                continue;
            }
            if self.divide(one, from, middle) && self.divide(other, middle, to) {
                return true;
            }
            self.forget(one);
            self.forget(other);
        }
        false
    }

    /// The text of a group again, so many times.
    fn back(&mut self, group: usize, least: u32, most: Option<u32>, from: usize, to: usize) -> bool {
        let Some((start, end)) = self.groups.get(group).copied().flatten() else { return false };
        let text = self.walker.text;
        let (Some(part), Some(all)) = (text.get(start..end), text.get(from..to)) else { return false };
        if part.is_empty() {
            return all.is_empty();
        }
        if all.is_empty() {
            return least == 0;
        }
        let part: Vec<char> = part.chars().collect();
        let all: Vec<char> = all.chars().collect();
        let count = all.len() / part.len();
        if !all.len().is_multiple_of(part.len())
            || count < least as usize
            || most.is_some_and(|most| count > most as usize)
        {
            return false;
        }
        let same =
            |one: &char, other: &char| one == other || self.ignore_case && lower_char(*one) == lower_char(*other);
        all.chunks(part.len()).all(|chunk| chunk.iter().zip(&part).all(|(one, other)| same(one, other)))
    }

    /// Repetitions, each as long as it can be, or as short where it prefers less.
    fn iterate(&mut self, child: &Node, least: u32, most: Option<u32>, from: usize, to: usize) -> bool {
        let none_will_do = least == 0 && from == to;
        if none_will_do && child.is_shy() {
            return true;
        }
        let length = self.walker.text.get(from..to).map_or(0, |text| text.chars().count());
        let least = (least as usize).max(1);
        let most = most.map_or(length, |most| length.min(most as usize)).max(least);
        let mut rounds = Rounds { child, least, most, from, to, ends: vec![from], verified: 0 };
        let fits = if child.is_shy() { self.shy_rounds(&mut rounds) } else { self.greedy_rounds(&mut rounds) };
        // Greedy ones prefer an empty repetition to none.
        if !fits && none_will_do {
            self.forget(child);
        }
        fits || none_will_do
    }

    fn left(&self, from: usize, to: usize) -> usize {
        self.walker.text.get(from..to).map_or(0, |text| text.chars().count())
    }

    fn greedy_rounds(&mut self, rounds: &mut Rounds<'_>) -> bool {
        let (least, to) = (rounds.least, rounds.to);
        let mut limit = to;
        loop {
            let round = rounds.ends.len();
            let start = rounds.last();
            let found = self.walker.longest(rounds.child.machine, start, limit);
            if let Some(end) = found {
                rounds.ends.push(end);
                rounds.verified = rounds.verified.min(round - 1);
                let too_many = end != to && round >= rounds.most;
                if too_many {
                    rounds.ends.pop();
                } else if end != to {
                    let needless = end == start && (round >= least || least - round < self.left(end, to));
                    if !needless {
                        limit = to;
                        continue;
                    }
                } else if round >= least && self.verify(rounds) {
                    return true;
                }
            }
            // Shorter ends of the last round, or else of the one before; an empty one only if it is needed.
            loop {
                let round = rounds.ends.len() - 1;
                if round == 0 {
                    return false;
                }
                let end = rounds.last();
                rounds.ends.pop();
                let start = rounds.last();
                if end > start {
                    limit = self
                        .walker
                        .text
                        .get(..end)
                        .map_or(0, |text| text.char_indices().next_back().map_or(0, |last| last.0));
                    if limit > start || round < least && least - round >= self.left(start, to) {
                        break;
                    }
                }
            }
        }
    }

    fn shy_rounds(&mut self, rounds: &mut Rounds<'_>) -> bool {
        let (least, to) = (rounds.least, rounds.to);
        let mut limit = rounds.from;
        loop {
            let round = rounds.ends.len();
            let start = rounds.last();
            if limit == start && limit != to && (round >= least || least - round < self.left(limit, to)) {
                limit = self.walker.after(limit).unwrap_or(to);
            }
            if round >= rounds.most {
                limit = to;
            }
            let found = self.walker.shortest(rounds.child.machine, start, limit, to);
            if let Some(end) = found {
                rounds.ends.push(end);
                rounds.verified = rounds.verified.min(round - 1);
                if end != to && round >= rounds.most {
                    rounds.ends.pop();
                } else if end != to {
                    limit = end;
                    continue;
                } else if round >= least && self.verify(rounds) {
                    return true;
                }
            }
            // Longer ends of the last round, or else of the one before.
            loop {
                if rounds.ends.len() == 1 {
                    return false;
                }
                let end = rounds.last();
                rounds.ends.pop();
                if end < to {
                    limit = self.walker.after(end).unwrap_or(to);
                    break;
                }
            }
        }
    }

    /// Divides each round that was not divided yet.
    fn verify(&mut self, rounds: &mut Rounds<'_>) -> bool {
        for round in rounds.verified + 1..rounds.ends.len() {
            let (Some(start), Some(end)) = (rounds.ends.get(round - 1), rounds.ends.get(round)) else { return false };
            self.forget(rounds.child);
            if !self.divide(rounds.child, *start, *end) {
                // Whatever comes after this round, it does not fit: only another end of it may.
                rounds.ends.truncate(round + 1);
                return false;
            }
            rounds.verified = round;
        }
        true
    }
}

/// The repetitions of a part that are tried.
struct Rounds<'n> {
    child: &'n Node,
    least: usize,
    most: usize,
    from: usize,
    to: usize,
    /// Where the first round starts, and where each ends.
    ends: Vec<usize>,
    /// Rounds whose parts are divided.
    verified: usize,
}

impl Rounds<'_> {
    fn last(&self) -> usize {
        self.ends.last().copied().unwrap_or(self.from)
    }
}
