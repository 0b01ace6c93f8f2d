//! Owns walks through a text: where the language of an expression, or of a part of it, begins and ends.
//! Must not know: groups.

use super::parse::Look;
use super::program::Program;
use super::sets::Kinds;
use super::table::{After, Before, Table, before_of};

/// What all walks of an expression share.
pub struct Machines {
    pub programs: Vec<Program>,
    pub kinds: Kinds,
    pub looks: Vec<Look>,
    /// The machine of the first constraint.
    pub first_look: usize,
}

/// The tables of all machines, kept between texts.
#[derive(Default)]
pub struct Tables(Vec<Option<Box<Table>>>);

pub struct Walker<'a> {
    pub machines: &'a Machines,
    pub text: &'a str,
    pub tables: Tables,
    /// Of each constraint that looks behind: the places where it holds.
    behind: Vec<Option<Vec<bool>>>,
}

impl<'a> Walker<'a> {
    pub fn new(machines: &'a Machines, text: &'a str, tables: Tables) -> Self {
        Self { machines, text, tables, behind: Vec::new() }
    }

    /// The place after the character at a place; none at the end.
    pub fn after(&self, at: usize) -> Option<usize> {
        self.text.get(at..).and_then(|rest| rest.chars().next()).map(|char| at + char.len_utf8())
    }

    fn kind(&self, at: usize) -> Option<(usize, usize)> {
        let byte = *self.text.as_bytes().get(at)?;
        if byte.is_ascii() {
            return Some((self.machines.kinds.of_ascii(byte), 1));
        }
        let char = self.text.get(at..)?.chars().next()?;
        Some((self.machines.kinds.of(char), char.len_utf8()))
    }

    fn before(&self, at: usize) -> Before {
        match self.text.get(..at).and_then(|text| text.chars().next_back()) {
            None => Before::Start,
            Some(char) => before_of(self.machines.kinds.of(char), &self.machines.kinds),
        }
    }

    /// Walks from a place up to another. `ends` is told each place where a match ends, and says whether to go on.
    /// Gives the last place where no match had begun.
    fn walk(
        &mut self,
        machine: usize,
        search: bool,
        from: usize,
        to: usize,
        mut ends: impl FnMut(usize) -> bool,
    ) -> usize {
        let machines = self.machines;
        let Some(program) = machines.programs.get(machine) else { return from };
        let slot = machine * 2 + usize::from(search);
        if self.tables.0.len() <= slot {
            self.tables.0.resize_with(slot + 1, || None);
        }
        let taken = self.tables.0.get_mut(slot).and_then(Option::take);
        let kinds = &machines.kinds;
        let mut table = taken.unwrap_or_else(|| Box::new(Table::new(program, kinds, search)));
        let (mut at, mut idle) = (from, from);
        let mut state = table.start(program, self.before(from));
        while state != super::table::DEAD {
            let next = self.kind(at);
            let wanted = if program.looks.is_empty() { 0 } else { table.looks(state) };
            let looks = if wanted == 0 { 0 } else { self.looks(program, wanted, at) };
            let (following, is_end) = table.step(program, kinds, state, After { kind: next.map(|next| next.0), looks });
            if is_end && !ends(at) || at >= to {
                break;
            }
            let Some((_, length)) = next else { break };
            at += length;
            state = following;
            if search && table.is_idle(state) {
                idle = at;
            }
        }
        if let Some(place) = self.tables.0.get_mut(slot) {
            *place = Some(table);
        }
        idle
    }

    /// Which of the wanted constraints hold at a place.
    fn looks(&mut self, program: &Program, wanted: u32, at: usize) -> u32 {
        let mut out = 0;
        for (place, look) in program.looks.iter().enumerate() {
            if wanted >> place & 1 == 1 && self.look(*look, at) {
                out |= 1 << place;
            }
        }
        out
    }

    fn look(&mut self, number: usize, at: usize) -> bool {
        let machines = self.machines;
        let Some(look) = machines.looks.get(number) else { return false };
        let machine = machines.first_look + number;
        if look.ahead {
            return self.any_end(machine, at).is_some() != look.negated;
        }
        if self.behind.len() <= number {
            self.behind.resize_with(number + 1, || None);
        }
        if self.behind.get(number).is_none_or(Option::is_none) {
            let mut places = vec![false; self.text.len() + 1];
            self.walk(machine, true, 0, self.text.len(), |end| {
                if let Some(place) = places.get_mut(end) {
                    *place = true;
                }
                true
            });
            if let Some(known) = self.behind.get_mut(number) {
                *known = Some(places);
            }
        }
        let known = self.behind.get(number).and_then(Option::as_ref).and_then(|places| places.get(at));
        known.copied().unwrap_or(false) != look.negated
    }

    fn any_end(&mut self, machine: usize, from: usize) -> Option<usize> {
        self.shortest(machine, from, from, self.text.len())
    }

    /// The last place before any match had begun, and where the first one ends that begins at a place or later.
    pub fn search(&mut self, machine: usize, from: usize) -> Option<(usize, usize)> {
        let mut found = None;
        let idle = self.walk(machine, true, from, self.text.len(), |end| {
            found = Some(end);
            false
        });
        found.map(|end| (idle, end))
    }

    /// The longest match from a place on.
    pub fn longest(&mut self, machine: usize, from: usize, to: usize) -> Option<usize> {
        let mut last = None;
        self.walk(machine, false, from, to, |end| {
            last = Some(end);
            true
        });
        last
    }

    /// The shortest match that ends at a place or later.
    pub fn shortest(&mut self, machine: usize, from: usize, least: usize, to: usize) -> Option<usize> {
        let mut first = None;
        self.walk(machine, false, from, to, |end| {
            if end >= least {
                first = Some(end);
            }
            end < least
        });
        first
    }

    /// All places where a match from a place on ends.
    pub fn ends(&mut self, machine: usize, from: usize, to: usize) -> Vec<usize> {
        let mut out = Vec::new();
        self.walk(machine, false, from, to, |end| {
            out.push(end);
            true
        });
        out
    }

    /// Does a part match just from a place to another?
    pub fn spans(&mut self, machine: usize, from: usize, to: usize) -> bool {
        self.longest(machine, from, to) == Some(to)
    }
}
