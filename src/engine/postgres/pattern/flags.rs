//! Owns the options of a regular expression: its flags, and what stands before the expression itself.
//! Must not know: how an expression is read or matched.

use super::Bad;

/// How an expression is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    pub ignore_case: bool,
    /// `.` and `[^…]` do not match a newline.
    pub dot_stops: bool,
    /// `^` and `$` match at lines.
    pub lines: bool,
    pub literal: bool,
    pub expanded: bool,
    /// All matches, not the first one only.
    pub global: bool,
}

const OTHER_KINDS: Bad = Bad::Unsupported("basic and extended regular expressions (the flags b and e)");

impl Flags {
    /// Reads flags as functions take them.
    pub fn read(letters: &str) -> Result<Self, Bad> {
        let mut flags = Self::default();
        for letter in letters.chars() {
            if letter == 'g' {
                flags.global = true;
            } else {
                flags.add(letter)?;
            }
        }
        // A literal cannot be expanded, nor know of lines.
        if flags.literal && (flags.expanded || flags.dot_stops || flags.lines) {
            return Err(Bad::Syntax);
        }
        Ok(flags)
    }

    fn add(&mut self, letter: char) -> Result<(), Bad> {
        match letter {
            'i' => self.ignore_case = true,
            'c' => self.ignore_case = false,
            's' => (self.dot_stops, self.lines) = (false, false),
            'n' | 'm' => (self.dot_stops, self.lines) = (true, true),
            'p' => (self.dot_stops, self.lines) = (true, false),
            'w' => (self.dot_stops, self.lines) = (false, true),
            'x' => self.expanded = true,
            't' => self.expanded = false,
            'q' => self.literal = true,
            'b' | 'e' => return Err(OTHER_KINDS),
            _ => return Err(Bad::Syntax),
        }
        Ok(())
    }

    fn make_literal(&mut self) {
        (self.literal, self.expanded, self.dot_stops, self.lines) = (true, false, false, false);
    }

    /// Takes the directors and options from the start of an expression; gives the expression.
    pub fn embedded<'a>(&mut self, pattern: &'a str) -> Result<&'a str, Bad> {
        if self.literal {
            return Ok(pattern);
        }
        let mut rest = pattern;
        if let Some(literal) = rest.strip_prefix("***=") {
            self.make_literal();
            return Ok(literal);
        }
        if let Some(advanced) = rest.strip_prefix("***:") {
            rest = advanced;
        }
        let Some(options) = rest.strip_prefix("(?") else { return Ok(rest) };
        let end = options.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(options.len());
        if end == 0 {
            return Ok(rest);
        }
        let (letters, after) = options.split_at(end);
        for letter in letters.chars() {
            self.add(letter)?;
        }
        if self.literal {
            self.make_literal();
        }
        after.strip_prefix(')').ok_or(Bad::Syntax)
    }
}
