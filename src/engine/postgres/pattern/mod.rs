//! Owns PostgreSQL's patterns: regular expressions, LIKE, SIMILAR TO, in a database whose locale is C.UTF-8.
//! Must not know: columns.
//!
//! A regular expression matches in two steps, as it does in PostgreSQL: the leftmost match that is as long as can be
//! (or as short, where the expression prefers that) is found by machines that know languages only; then it is divided
//! among the groups.

mod divide;
mod flags;
mod functions;
mod lex;
mod like;
mod parse;
mod program;
mod sets;
mod similar;
mod table;
mod walk;

use std::sync::{Arc, Mutex, PoisonError};

use divide::Divider;
use flags::Flags;
use parse::Node;
use program::Program;
use sets::Kinds;
use walk::{Machines, Tables, Walker};

pub use functions::{count, first_match, replace, split, substring};
pub use like::Like;
pub use similar::similar_to_regex;

/// Why there is no pattern, or no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// PostgreSQL refuses it too.
    Syntax,
    /// PostgreSQL knows it: what it is, in words.
    Unsupported(&'static str),
}

/// From one byte of a text to another.
pub type Span = (usize, usize);
/// What each group of a match holds; the first is the match itself.
pub type Groups = Vec<Option<Span>>;

/// The most instructions of all programs of an expression.
const MOST_STEPS: usize = 200_000;
/// Tables that are kept for the next texts.
const SPARE: usize = 64;

/// A regular expression.
pub struct Regex {
    root: Node,
    bare: Option<Node>,
    groups: usize,
    flags: Flags,
    /// Is the flag `g` set?
    pub global: bool,
    machines: Machines,
    spare: Mutex<Vec<Tables>>,
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Regex").field("groups", &self.groups).field("flags", &self.flags).finish_non_exhaustive()
    }
}

impl Regex {
    /// Reads a pattern with its flags, `g` among them.
    pub fn new(pattern: &str, flags: &str) -> Result<Self, Bad> {
        // No text holds a NUL, nor can a pattern.
        let mut flags = Flags::read(flags)?;
        let pattern = flags.embedded(pattern)?;
        let parse::Parsed { mut root, mut bare, groups, sets, looks } = parse::parse(pattern, flags)?;
        let mut langs = Vec::new();
        root.number(&mut langs);
        if let Some(bare) = &mut bare {
            bare.number(&mut langs);
        }
        let first_look = langs.len();
        langs.extend(looks.iter().map(|look| Arc::clone(&look.lang)));
        let programs = langs.iter().map(|lang| Program::new(lang)).collect::<Result<Vec<_>, _>>()?;
        if programs.iter().map(|program| program.steps.len()).sum::<usize>() > MOST_STEPS {
            return Err(Bad::Unsupported("an expression of this size"));
        }
        let words = programs.iter().any(|program| program.sees_words);
        let lines = programs.iter().any(|program| program.sees_lines);
        let machines = Machines { programs, kinds: Kinds::new(&sets, words, lines), looks, first_look };
        Ok(Self { root, bare, groups, flags, global: flags.global, machines, spare: Mutex::default() })
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// Does a text match?
    pub fn is_match(&self, text: &str) -> bool {
        self.over(text, |search| search.is_match(0))
    }

    /// The first match that begins at a byte or later.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Span> {
        self.over(text, |search| search.find(from, false)).and_then(|groups| groups.first().copied().flatten())
    }

    /// Searches a text.
    fn over<T>(&self, text: &str, search: impl FnOnce(&mut Search<'_>) -> T) -> T {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = spare().pop().unwrap_or_default();
        let mut own = Search { regex: self, walker: Walker::new(&self.machines, text, tables) };
        let out = search(&mut own);
        let mut spare = spare();
        if spare.len() < SPARE {
            spare.push(own.walker.tables);
        }
        out
    }
}

/// A search through one text.
struct Search<'a> {
    regex: &'a Regex,
    walker: Walker<'a>,
}

impl Search<'_> {
    /// Does anything match that begins at a byte or later?
    fn is_match(&mut self, from: usize) -> bool {
        if self.regex.bare.is_some() {
            return self.find(from, false).is_some();
        }
        self.walker.search(self.regex.root.machine, from).is_some()
    }

    /// The first match that begins at a byte or later, with its groups if they are asked for.
    fn find(&mut self, from: usize, groups: bool) -> Option<Groups> {
        if let Some(bare) = &self.regex.bare {
            return self.find_back(if groups { &self.regex.root } else { bare }, from);
        }
        let root = &self.regex.root;
        let (mut start, _) = self.walker.search(root.machine, from)?;
        loop {
            let text = self.walker.text.len();
            let end = if root.is_shy() {
                self.walker.shortest(root.machine, start, start, text)
            } else {
                self.walker.longest(root.machine, start, text)
            };
            if let Some(end) = end {
                return if groups { self.divided(root, start, end) } else { Some(vec![Some((start, end))]) };
            }
            start = self.walker.after(start)?;
        }
    }

    /// The same where back references decide which match it is.
    fn find_back(&mut self, root: &Node, from: usize) -> Option<Groups> {
        let text = self.walker.text.len();
        let mut from = from;
        loop {
            let (mut start, last) = self.walker.search(root.machine, from)?;
            while start <= last {
                let mut ends = self.walker.ends(root.machine, start, text);
                if !root.is_shy() {
                    ends.reverse();
                }
                let found = ends.into_iter().find_map(|end| self.divided(root, start, end));
                if found.is_some() {
                    return found;
                }
                start = self.walker.after(start).unwrap_or(usize::MAX);
            }
            // PostgreSQL does not try the end of the text once it has failed just before.
            from = self.walker.after(last).filter(|next| *next < text)?;
        }
    }

    fn divided(&mut self, root: &Node, start: usize, end: usize) -> Option<Groups> {
        let mut divider = Divider {
            walker: &mut self.walker,
            ignore_case: self.regex.flags.ignore_case,
            groups: vec![None; self.regex.groups + 1],
        };
        let fits = divider.divide(root, start, end);
        let mut groups = divider.groups;
        if let Some(whole) = groups.first_mut() {
            *whole = Some((start, end));
        }
        fits.then_some(groups)
    }
}
