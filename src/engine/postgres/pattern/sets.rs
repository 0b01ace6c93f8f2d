//! Owns sets of characters of an expression: cases, brackets, and the kinds that sets tell apart.
//! Must not know: how sets are combined to an expression.

use super::super::text::ctype::{Class, Ranges, cased, complement, lower_code, ordered, upper_code};
use super::Bad;
use super::lex::{Lexer, Token};

/// One character. Where case does not count it is its two cases, which need not be itself: PostgreSQL has it so.
pub fn one(code: u32, ignore_case: bool) -> Ranges {
    if ignore_case {
        ordered([lower_code(code), upper_code(code)].map(|code| (code, code)).to_vec())
    } else {
        vec![(code, code)]
    }
}

/// Characters from one to another.
fn range(first: u32, last: u32, ignore_case: bool) -> Result<Ranges, Bad> {
    if first > last {
        return Err(Bad::Syntax);
    }
    let mut set = vec![(first, last)];
    if ignore_case {
        set.extend(cased(first, last).map(|code| (code, code)));
    }
    Ok(set)
}

/// A class; upper and lower case are all letters where case does not count.
pub fn class(class: Class, ignore_case: bool) -> Ranges {
    let class = if ignore_case && matches!(class, Class::Lower | Class::Upper) { Class::Alpha } else { class };
    class.ranges().to_vec()
}

/// An end of a range, or something that is none.
enum Part {
    Char(u32),
    Dash,
    Set(Ranges),
    End,
}

/// Reads a bracket after its start.
pub fn bracket(lexer: &mut Lexer<'_>, negated: bool, ignore_case: bool, without_newline: bool) -> Result<Ranges, Bad> {
    let mut set = Vec::new();
    let mut first = true;
    loop {
        match part(lexer, first, ignore_case)? {
            Part::End => break,
            Part::Dash => return Err(Bad::Syntax),
            Part::Set(part) => set.extend(part),
            Part::Char(low) => {
                if ranges_on(lexer) {
                    lexer.take();
                    let high = match part(lexer, false, ignore_case)? {
                        Part::Char(high) => high,
                        Part::Dash => u32::from('-'),
                        Part::Set(_) | Part::End => return Err(Bad::Syntax),
                    };
                    set.extend(range(low, high, ignore_case)?);
                } else {
                    set.extend(one(low, ignore_case));
                }
            }
        }
        first = false;
    }
    if negated {
        if without_newline {
            set.push((10, 10));
        }
        return Ok(complement(&ordered(set)));
    }
    Ok(ordered(set))
}

/// Is there a dash that makes a range? One before the end of the bracket is a character.
fn ranges_on(lexer: &Lexer<'_>) -> bool {
    lexer.peek() == Some('-') && lexer.after(1) != Some(']')
}

fn part(lexer: &mut Lexer<'_>, first: bool, ignore_case: bool) -> Result<Part, Bad> {
    Ok(match lexer.take().ok_or(Bad::Syntax)? {
        ']' if !first => Part::End,
        '-' if !first && lexer.peek() != Some(']') => Part::Dash,
        '\\' => match lexer.escape(0)? {
            Token::Char(code) => Part::Char(code),
            Token::Class(known) => Part::Set(class(known, ignore_case)),
            Token::NotClass(known) => Part::Set(complement(&class(known, ignore_case))),
            _ => return Err(Bad::Syntax),
        },
        '[' if lexer.eat(":") => {
            let known = Class::named(lexer.until(":]").ok_or(Bad::Syntax)?).ok_or(Bad::Syntax)?;
            Part::Set(class(known, ignore_case))
        }
        '[' if lexer.eat("=") => Part::Set(one(element(lexer.until("=]"))?, ignore_case)),
        '[' if lexer.eat(".") => Part::Char(element(lexer.until(".]"))?),
        char => Part::Char(u32::from(char)),
    })
}

/// The character of a collating element.
fn element(name: Option<&str>) -> Result<u32, Bad> {
    let mut chars = name.ok_or(Bad::Syntax)?.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok(u32::from(char)),
        (None, _) => Err(Bad::Syntax),
        _ => Err(Bad::Unsupported("characters by their names ([.name.])")),
    }
}

/// The kinds of characters that sets tell apart: a machine sees kinds, not characters.
pub struct Kinds {
    ascii: Vec<u16>,
    /// Where the next run of characters starts, and its kind.
    starts: Vec<u32>,
    of: Vec<u16>,
    pub count: usize,
    /// Of each set: does it hold a kind?
    holds: Vec<Vec<bool>>,
    word: Vec<bool>,
    newline: Option<u16>,
}

impl Kinds {
    /// The kinds of sets; letters of words and newlines are told apart where constraints ask for them.
    pub fn new(sets: &[Ranges], words: bool, lines: bool) -> Self {
        let word = if words { Class::Word.ranges() } else { &[] };
        let newline: &[(u32, u32)] = if lines { &[(10, 10)] } else { &[] };
        let mut all: Vec<&[(u32, u32)]> = sets.iter().map(Vec::as_slice).collect();
        all.extend([word, newline]);
        let mut starts = vec![0];
        for (first, last) in all.iter().copied().flatten() {
            starts.extend([*first, last.saturating_add(1)]);
        }
        starts.sort_unstable();
        starts.dedup();
        let (mut of, mut count) = (vec![0_u16; starts.len()], 1);
        for set in &all {
            count = split(set, &starts, &mut of, count);
        }
        let of_code = |code: u32| of.get(starts.partition_point(|start| *start <= code) - 1).copied().unwrap_or(0);
        let kinds_in = |set: &[(u32, u32)]| {
            let mut holds = vec![false; count];
            for (first, last) in set {
                let (from, to) =
                    (starts.partition_point(|start| start < first), starts.partition_point(|start| start <= last));
                for kind in of.get(from..to).unwrap_or_default() {
                    if let Some(holds) = holds.get_mut(usize::from(*kind)) {
                        *holds = true;
                    }
                }
            }
            holds
        };
        let holds = sets.iter().map(|set| kinds_in(set)).collect();
        let word = kinds_in(word);
        let ascii = (0..128).map(of_code).collect();
        let newline = lines.then(|| of_code(10));
        Self { ascii, starts, of, count, holds, word, newline }
    }

    /// The kind of a character.
    pub fn of(&self, char: char) -> usize {
        let code = u32::from(char);
        if let Some(kind) = self.ascii.get(code as usize) {
            return usize::from(*kind);
        }
        let at = self.starts.partition_point(|start| *start <= code);
        self.of.get(at.saturating_sub(1)).copied().map_or(0, usize::from)
    }

    pub fn of_ascii(&self, byte: u8) -> usize {
        self.ascii.get(usize::from(byte)).copied().map_or(0, usize::from)
    }

    pub fn is_in(&self, kind: usize, set: usize) -> bool {
        self.holds.get(set).and_then(|holds| holds.get(kind)).copied().unwrap_or(false)
    }

    pub fn is_word(&self, kind: usize) -> bool {
        self.word.get(kind).copied().unwrap_or(false)
    }

    pub fn is_newline(&self, kind: usize) -> bool {
        self.newline.is_some_and(|newline| usize::from(newline) == kind)
    }
}

/// Tells apart what is in a set and what is not, among so many kinds; gives how many there are then.
fn split(set: &[(u32, u32)], starts: &[u32], of: &mut [u16], count: usize) -> usize {
    let mut known: Vec<Option<u16>> = vec![None; count * 2];
    let mut next = 0;
    let mut ranges = set.iter().peekable();
    for (start, kind) in starts.iter().zip(of.iter_mut()) {
        while ranges.next_if(|(_, last)| last < start).is_some() {}
        let inside = ranges.peek().is_some_and(|(first, _)| first <= start);
        let Some(renamed) = known.get_mut(usize::from(*kind) * 2 + usize::from(inside)) else { continue };
        *kind = *renamed.get_or_insert_with(|| {
            next += 1;
            next - 1
        });
    }
    usize::from(next)
}
