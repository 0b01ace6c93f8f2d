//! Owns programs: languages as instructions that a machine walks through.
//! Must not know: texts.

use super::Bad;
use super::lex::At;
use super::parse::Lang;

/// The most instructions of a program.
const LARGEST: usize = 60_000;
/// The most parts that are written, also such that need no instruction.
const MOST_PARTS: usize = 500_000;
const TOO_LARGE: Bad = Bad::Unsupported("an expression of this size");
/// The most constraints of a program that look ahead or behind.
const MOST_LOOKS: usize = 6;

#[derive(Debug, Clone, Copy)]
pub enum Step {
    Set(u32, u32),
    Split(u32, u32),
    At(At, u32),
    /// A constraint by its place among those of the program.
    Look(usize, u32),
    Match,
}

pub struct Program {
    pub steps: Vec<Step>,
    pub start: u32,
    /// The constraints that it evaluates.
    pub looks: Vec<usize>,
    /// Does anything depend on words, lines or the start of the text?
    pub sees_words: bool,
    pub sees_lines: bool,
    pub sees_start: bool,
    /// Parts written so far.
    parts: usize,
}

impl Program {
    /// Writes a language.
    pub fn new(lang: &Lang) -> Result<Self, Bad> {
        let mut program = Self {
            steps: vec![Step::Match],
            start: 0,
            looks: Vec::new(),
            sees_words: false,
            sees_lines: false,
            sees_start: false,
            parts: 0,
        };
        let first = program.emit(lang, 0, false)?;
        // Nothing else leads to the start, so that a search can tell that no match has begun.
        program.start = program.push(Step::Split(first, first))?;
        Ok(program)
    }

    fn push(&mut self, step: Step) -> Result<u32, Bad> {
        if self.steps.len() >= LARGEST {
            return Err(TOO_LARGE);
        }
        let number = u32::try_from(self.steps.len()).map_err(|_| Bad::Syntax)?;
        self.steps.push(step);
        Ok(number)
    }

    /// A step by its number.
    pub fn step(&self, number: u32) -> Step {
        self.steps.get(number as usize).copied().unwrap_or(Step::Match)
    }

    /// Writes a language that goes on with a step; gives its first step.
    fn emit(&mut self, lang: &Lang, next: u32, loose: bool) -> Result<u32, Bad> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(TOO_LARGE);
        }
        match lang {
            Lang::Empty => Ok(next),
            Lang::At(_) | Lang::Look(_) if loose => Ok(next),
            Lang::Set(set) => self.push(Step::Set(u32::try_from(*set).map_err(|_| Bad::Syntax)?, next)),
            Lang::At(at) => {
                self.sees_start |= matches!(at, At::TextStart | At::LineStart);
                self.sees_lines |= matches!(at, At::LineStart | At::LineEnd);
                self.sees_words |= matches!(at, At::WordStart | At::WordEnd | At::WordEdge | At::NoWordEdge);
                self.push(Step::At(*at, next))
            }
            Lang::Look(look) => {
                let place = self.looks.iter().position(|known| known == look).unwrap_or(self.looks.len());
                if place == self.looks.len() {
                    self.looks.push(*look);
                }
                if place >= MOST_LOOKS {
                    return Err(Bad::Unsupported("this many constraints that look ahead or behind"));
                }
                self.push(Step::Look(place, next))
            }
            Lang::Cat(parts) => parts.iter().rev().try_fold(next, |next, part| self.emit(part, next, loose)),
            Lang::Or(branches) => {
                let mut branches = branches.iter().rev();
                let Some(last) = branches.next() else { return Ok(next) };
                let last = self.emit(last, next, loose)?;
                branches.try_fold(last, |other, branch| {
                    let first = self.emit(branch, next, loose)?;
                    self.push(Step::Split(first, other))
                })
            }
            Lang::Loose(lang) => self.emit(lang, next, true),
            Lang::Repeat(lang, least, most) => self.repeat(lang, *least, *most, next, loose),
        }
    }

    fn repeat(&mut self, lang: &Lang, least: u32, most: Option<u32>, next: u32, loose: bool) -> Result<u32, Bad> {
        let mut first = next;
        match most {
            None => {
                let split = self.push(Step::Split(next, next))?;
                let body = self.emit(lang, split, loose)?;
                if let Some(step) = self.steps.get_mut(split as usize) {
                    *step = Step::Split(body, next);
                }
                first = split;
            }
            Some(most) => {
                for _ in least..most {
                    let body = self.emit(lang, first, loose)?;
                    first = self.push(Step::Split(body, next))?;
                }
            }
        }
        for _ in 0..least {
            first = self.emit(lang, first, loose)?;
        }
        Ok(first)
    }
}
