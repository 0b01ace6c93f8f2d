//! Owns the states of a machine, which are found while it walks: sets of places in a program, and where they lead.
//! Must not know: texts, groups.

use std::collections::HashMap;

use super::lex::At;
use super::program::{Program, Step};
use super::sets::Kinds;

/// States that are kept; beyond, they are found anew.
const MOST_STATES: usize = 4000;
/// Places that all states hold together.
const MOST_PLACES: usize = 1 << 20;
/// Cells of a table; few states are kept where there are many kinds of characters.
const MOST_CELLS: usize = 1 << 20;
const UNKNOWN: u32 = u32::MAX;
/// The state that nothing leads out of.
pub const DEAD: u32 = 0;

/// What stands before a place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Before {
    Start,
    Word,
    Newline,
    Other,
}

/// What stands after it.
#[derive(Debug, Clone, Copy)]
pub struct After {
    /// None is the end of the text.
    pub kind: Option<usize>,
    /// The constraints that hold here, a bit for each of the program.
    pub looks: u32,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    places: Box<[u32]>,
    before: Before,
}

pub struct Table {
    states: Vec<State>,
    known: HashMap<State, u32>,
    /// Of each state and sign: the next state, times two, plus one if a match ends before the sign.
    next: Vec<u32>,
    /// Of each state: the constraints that matter, and whether no match has begun yet.
    looks: Vec<u32>,
    idle: Vec<bool>,
    /// The state at the start of a walk, by what stands before it.
    starts: [u32; 4],
    signs: usize,
    /// Places that all states hold together.
    places: usize,
    /// Is it a search, and can a match begin after the start of the text?
    begins_later: bool,
    /// Scratch: steps seen in a walk over steps that take no character.
    seen: Vec<u32>,
    round: u32,
    stack: Vec<u32>,
}

impl Table {
    pub fn new(program: &Program, kinds: &Kinds, search: bool) -> Self {
        let mut table = Self {
            states: Vec::new(),
            known: HashMap::new(),
            next: Vec::new(),
            looks: Vec::new(),
            idle: Vec::new(),
            starts: [UNKNOWN; 4],
            signs: (kinds.count + 1) << program.looks.len(),
            places: 0,
            begins_later: false,
            seen: vec![0; program.steps.len()],
            round: 0,
            stack: Vec::new(),
        };
        table.clear();
        table.begins_later = search && table.begins_later(program);
        table
    }

    fn clear(&mut self) {
        self.states.clear();
        self.known.clear();
        self.next.clear();
        self.looks.clear();
        self.idle.clear();
        self.places = 0;
        self.starts = [UNKNOWN; 4];
        let dead = State { places: Box::default(), before: Before::Other };
        self.insert(dead, 0, false);
    }

    fn insert(&mut self, state: State, looks: u32, idle: bool) -> u32 {
        let number = u32::try_from(self.states.len()).unwrap_or(DEAD);
        self.places += state.places.len();
        self.known.insert(state.clone(), number);
        self.states.push(state);
        self.looks.push(looks);
        self.idle.push(idle);
        self.next.resize(self.next.len() + self.signs, UNKNOWN);
        number
    }

    /// The state at the start of a walk.
    pub fn start(&mut self, program: &Program, before: Before) -> u32 {
        let known = self.starts.get(before as usize).copied().unwrap_or(UNKNOWN);
        if known != UNKNOWN {
            return known;
        }
        let state = self.state(program, vec![program.start], narrowed(program, before));
        if let Some(known) = self.starts.get_mut(before as usize) {
            *known = state;
        }
        state
    }

    /// The constraints that matter in a state, a bit for each.
    pub fn looks(&self, state: u32) -> u32 {
        self.looks.get(state as usize).copied().unwrap_or(0)
    }

    /// Has no match begun yet?
    pub fn is_idle(&self, state: u32) -> bool {
        self.idle.get(state as usize).copied().unwrap_or(false)
    }

    /// Where a state leads, and whether a match ends here.
    #[inline]
    pub fn step(&mut self, program: &Program, kinds: &Kinds, state: u32, after: After) -> (u32, bool) {
        let sign = (after.kind.unwrap_or(kinds.count) << program.looks.len()) | after.looks as usize;
        let cell = state as usize * self.signs + sign;
        let mut next = self.next.get(cell).copied().unwrap_or(UNKNOWN);
        if next == UNKNOWN {
            next = self.find(program, kinds, state, after, cell);
        }
        (next >> 1, next & 1 == 1)
    }

    fn find(&mut self, program: &Program, kinds: &Kinds, state: u32, after: After, cell: usize) -> u32 {
        let Some(from) = self.states.get(state as usize).cloned() else { return DEAD };
        let (mut places, mut ends) = (Vec::new(), false);
        self.walk(
            program,
            &from.places,
            |step| match step {
                Step::Match => ends = true,
                Step::Set(set, next) => {
                    if after.kind.is_some_and(|kind| kinds.is_in(kind, set as usize)) {
                        places.push(next);
                    }
                }
                Step::At(..) | Step::Look(..) | Step::Split(..) => {}
            },
            |step| match step {
                Step::At(at, _) => holds(at, from.before, after.kind, kinds),
                Step::Look(place, _) => after.looks >> place & 1 == 1,
                _ => true,
            },
        );
        let next = match after.kind {
            None => DEAD,
            Some(kind) => {
                let before = narrowed(program, before_of(kind, kinds));
                if self.begins_later {
                    places.push(program.start);
                }
                if self.is_full() {
                    self.clear();
                }
                self.state(program, places, before)
            }
        };
        let value = next << 1 | u32::from(ends);
        // After a clearing, the state that the cell belonged to is gone.
        if self.states.get(state as usize) == Some(&from)
            && let Some(known) = self.next.get_mut(cell)
        {
            *known = value;
        }
        value
    }

    fn is_full(&self) -> bool {
        self.states.len() >= MOST_STATES || self.next.len() >= MOST_CELLS || self.places >= MOST_PLACES
    }

    fn state(&mut self, program: &Program, mut places: Vec<u32>, before: Before) -> u32 {
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            return DEAD;
        }
        let state = State { places: places.into(), before };
        if let Some(number) = self.known.get(&state) {
            return *number;
        }
        let mut looks = 0;
        self.walk(
            program,
            &state.places,
            |step| {
                if let Step::Look(place, _) = step {
                    looks |= 1 << place;
                }
            },
            |step| may_hold(step, before),
        );
        let idle = *state.places == [program.start];
        self.insert(state, looks, idle)
    }

    fn begins_later(&mut self, program: &Program) -> bool {
        let mut begins = false;
        let first = [program.start];
        self.walk(
            program,
            &first,
            |step| {
                begins |= matches!(step, Step::Match | Step::Set(..));
            },
            |step| !matches!(step, Step::At(At::TextStart, _)),
        );
        begins
    }

    /// Visits all steps that are reached without taking a character.
    fn walk(&mut self, program: &Program, places: &[u32], mut visit: impl FnMut(Step), passes: impl Fn(Step) -> bool) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.seen.fill(0);
            self.round = 1;
        }
        self.stack.clear();
        self.stack.extend(places);
        while let Some(place) = self.stack.pop() {
            match self.seen.get_mut(place as usize) {
                Some(seen) if *seen != self.round => *seen = self.round,
                _ => continue,
            }
            let step = program.step(place);
            visit(step);
            match step {
                Step::Split(one, other) => self.stack.extend([other, one]),
                Step::At(_, next) | Step::Look(_, next) if passes(step) => self.stack.push(next),
                _ => {}
            }
        }
    }
}

/// What stands before a place, as far as a program can tell.
fn narrowed(program: &Program, before: Before) -> Before {
    match before {
        Before::Start if program.sees_start => before,
        Before::Word if program.sees_words => before,
        Before::Newline if program.sees_lines => before,
        _ => Before::Other,
    }
}

/// What a character is to the place after it.
pub fn before_of(kind: usize, kinds: &Kinds) -> Before {
    if kinds.is_word(kind) {
        Before::Word
    } else if kinds.is_newline(kind) {
        Before::Newline
    } else {
        Before::Other
    }
}

fn holds(at: At, before: Before, after: Option<usize>, kinds: &Kinds) -> bool {
    let word = before == Before::Word;
    let next_word = after.is_some_and(|kind| kinds.is_word(kind));
    match at {
        At::TextStart => before == Before::Start,
        At::TextEnd => after.is_none(),
        At::LineStart => matches!(before, Before::Start | Before::Newline),
        At::LineEnd => after.is_none_or(|kind| kinds.is_newline(kind)),
        At::WordStart => !word && next_word,
        At::WordEnd => word && !next_word,
        At::WordEdge => word != next_word,
        At::NoWordEdge => word == next_word,
    }
}

/// May a constraint hold, whatever comes after?
fn may_hold(step: Step, before: Before) -> bool {
    match step {
        Step::At(At::TextStart, _) => before == Before::Start,
        Step::At(At::LineStart, _) => matches!(before, Before::Start | Before::Newline),
        Step::At(At::WordStart, _) => before != Before::Word,
        Step::At(At::WordEnd, _) => before == Before::Word,
        _ => true,
    }
}
