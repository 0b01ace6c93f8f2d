//! Owns the tokens of an advanced regular expression.
//! Must not know: what tokens mean together.

use super::super::text::ctype::Class;
use super::Bad;
use super::flags::Flags;

/// The most that an escape may number a character.
const LAST_CODE: u32 = 0x7fff_fffe;
/// The most repetitions that a bound may name.
const MOST_REPEATS: u32 = 255;

/// Where a constraint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordStart,
    WordEnd,
    WordEdge,
    NoWordEdge,
}

/// A quantifier: at least, at most, and whether it prefers more or less, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub least: u32,
    pub most: Option<u32>,
    pub greedy: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    End,
    /// A character, by its number: escapes can name numbers that are no characters, and match nothing.
    Char(u32),
    Any,
    Class(Class),
    NotClass(Class),
    Bracket {
        negated: bool,
    },
    Back(usize),
    At(At),
    Open {
        holds: bool,
    },
    Look {
        ahead: bool,
        negated: bool,
    },
    Close,
    Or,
    Repeat(Bounds),
}

pub struct Lexer<'a> {
    rest: &'a str,
    flags: Flags,
}

impl<'a> Lexer<'a> {
    pub fn new(rest: &'a str, flags: Flags) -> Self {
        Self { rest, flags }
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub fn take(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.rest = self.rest.get(char.len_utf8()..).unwrap_or_default();
        Some(char)
    }

    pub fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The character so many after the next one.
    pub fn after(&self, count: usize) -> Option<char> {
        self.rest.chars().nth(count)
    }

    /// What stands before an end, which is taken too.
    pub fn until(&mut self, end: &str) -> Option<&'a str> {
        let (inside, rest) = self.rest.split_once(end)?;
        self.rest = rest;
        Some(inside)
    }

    /// Leaves out blanks and comments, where the expression is expanded.
    fn skip(&mut self) {
        if !self.flags.expanded {
            return;
        }
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
            if !self.rest.starts_with('#') {
                return;
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = self.rest.get(end..).unwrap_or_default();
        }
    }

    /// The next token; `groups` says how many groups were opened before.
    pub fn next(&mut self, groups: usize) -> Result<Token, Bad> {
        if self.flags.literal {
            return Ok(self.take().map_or(Token::End, |char| Token::Char(u32::from(char))));
        }
        loop {
            self.skip();
            if !self.eat("(?#") {
                break;
            }
            let end = self.rest.find(')').map_or(self.rest.len(), |at| at + 1);
            self.rest = self.rest.get(end..).unwrap_or_default();
        }
        let Some(char) = self.take() else { return Ok(Token::End) };
        Ok(match char {
            '|' => Token::Or,
            '*' => self.repeat(0, None),
            '+' => self.repeat(1, None),
            '?' => self.repeat(0, Some(1)),
            '{' => {
                self.skip();
                if !self.peek().is_some_and(|char| char.is_ascii_digit()) {
                    return Ok(Token::Char(u32::from('{')));
                }
                return self.bounds();
            }
            '(' => return self.open(),
            ')' => Token::Close,
            '[' if self.eat("[:<:]]") => Token::At(At::WordStart),
            '[' if self.eat("[:>:]]") => Token::At(At::WordEnd),
            '[' => Token::Bracket { negated: self.eat("^") },
            '.' => Token::Any,
            '^' if self.flags.lines => Token::At(At::LineStart),
            '^' => Token::At(At::TextStart),
            '$' if self.flags.lines => Token::At(At::LineEnd),
            '$' => Token::At(At::TextEnd),
            '\\' => return self.escape(groups),
            char => Token::Char(u32::from(char)),
        })
    }

    fn repeat(&mut self, least: u32, most: Option<u32>) -> Token {
        Token::Repeat(Bounds { least, most, greedy: Some(!self.eat("?")) })
    }

    fn open(&mut self) -> Result<Token, Bad> {
        if !self.eat("?") {
            return Ok(Token::Open { holds: true });
        }
        for (mark, token) in [
            (":", Token::Open { holds: false }),
            ("=", Token::Look { ahead: true, negated: false }),
            ("!", Token::Look { ahead: true, negated: true }),
            ("<=", Token::Look { ahead: false, negated: false }),
            ("<!", Token::Look { ahead: false, negated: true }),
        ] {
            if self.eat(mark) {
                return Ok(token);
            }
        }
        Err(Bad::Syntax)
    }

    fn number(&mut self) -> Result<Option<u32>, Bad> {
        let mut number = None;
        loop {
            self.skip();
            let Some(digit) = self.peek().and_then(|char| char.to_digit(10)) else { return Ok(number) };
            self.take();
            let next = number.unwrap_or(0) * 10 + digit;
            if next > MOST_REPEATS {
                return Err(Bad::Syntax);
            }
            number = Some(next);
        }
    }

    /// `{2}`, `{2,}`, `{2,3}`, after the brace.
    fn bounds(&mut self) -> Result<Token, Bad> {
        let least = self.number()?.ok_or(Bad::Syntax)?;
        let (mut most, mut free) = (Some(least), false);
        if self.eat(",") {
            free = true;
            most = self.number()?;
            if most.is_some_and(|most| most < least) {
                return Err(Bad::Syntax);
            }
        }
        if !self.eat("}") {
            return Err(Bad::Syntax);
        }
        let greedy = !self.eat("?");
        // A fixed number has no preference.
        Ok(Token::Repeat(Bounds { least, most, greedy: free.then_some(greedy) }))
    }

    /// What an escape is, after the backslash.
    pub fn escape(&mut self, groups: usize) -> Result<Token, Bad> {
        let before = self.rest;
        let char = self.take().ok_or(Bad::Syntax)?;
        if !char.is_ascii_alphanumeric() {
            return Ok(Token::Char(u32::from(char)));
        }
        Ok(match char {
            'd' => Token::Class(Class::Digit),
            'D' => Token::NotClass(Class::Digit),
            's' => Token::Class(Class::Space),
            'S' => Token::NotClass(Class::Space),
            'w' => Token::Class(Class::Word),
            'W' => Token::NotClass(Class::Word),
            'A' => Token::At(At::TextStart),
            'Z' => Token::At(At::TextEnd),
            'm' => Token::At(At::WordStart),
            'M' => Token::At(At::WordEnd),
            'y' => Token::At(At::WordEdge),
            'Y' => Token::At(At::NoWordEdge),
            'a' => Token::Char(7),
            'b' => Token::Char(8),
            'B' => Token::Char(u32::from('\\')),
            'c' => Token::Char(u32::from(self.take().ok_or(Bad::Syntax)?) & 0o37),
            'e' => Token::Char(0x1b),
            'f' => Token::Char(0x0c),
            'n' => Token::Char(0x0a),
            'r' => Token::Char(0x0d),
            't' => Token::Char(0x09),
            'v' => Token::Char(0x0b),
            'u' => Token::Char(self.code(4, 4)?),
            'U' => Token::Char(self.code(8, 8)?),
            'x' => Token::Char(self.code(1, 255)?),
            '0'..='9' => return self.back_or_octal(before, groups),
            _ => return Err(Bad::Syntax),
        })
    }

    /// A back reference, or else an octal number; `digits` is the text from the first digit on.
    fn back_or_octal(&mut self, digits: &'a str, groups: usize) -> Result<Token, Bad> {
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if !digits.starts_with('0') {
            let number = digits.get(..count).and_then(|digits| digits.parse::<usize>().ok());
            if count == 1 || number.is_some_and(|number| number > 0 && number <= groups) {
                self.rest = digits.get(count..).unwrap_or_default();
                return Ok(Token::Back(number.unwrap_or(usize::MAX)));
            }
        }
        self.rest = digits;
        let mut code = 0;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|char| char.to_digit(8)) else { break };
            // Beyond a byte, the last digit is a character of its own.
            if code * 8 + digit > 0xff {
                break;
            }
            code = code * 8 + digit;
            self.take();
        }
        if self.rest.len() == digits.len() { Err(Bad::Syntax) } else { Ok(Token::Char(code)) }
    }

    /// A number in hexadecimal digits; as in PostgreSQL, more than 32 bits wrap around.
    fn code(&mut self, least: usize, most: usize) -> Result<u32, Bad> {
        let (mut code, mut count) = (0_u32, 0);
        while count < most {
            let Some(digit) = self.peek().and_then(|char| char.to_digit(16)) else { break };
            code = code.wrapping_mul(16).wrapping_add(digit);
            count += 1;
            self.take();
        }
        if count < least || code > LAST_CODE { Err(Bad::Syntax) } else { Ok(code) }
    }
}
