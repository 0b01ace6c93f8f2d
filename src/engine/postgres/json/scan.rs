//! Owns the grammar of JSON as PostgreSQL has it, and the reading of jsonb. Must not know: operators.

use std::borrow::Cow;

use super::{Bad, Json, number};

/// How deep a text may be nested. PostgreSQL goes on until its stack is used up, at some thousands.
const DEPTH: usize = 500;
/// The longest text in a jsonb, in bytes.
const LONGEST: usize = 0x0FFF_FFFF;

/// Does PostgreSQL accept this text as json? No also for one that is nested deeper than [`Json::read`] goes.
#[must_use]
pub fn is_valid_json(text: &str) -> bool {
    let mut scan = Scan::new(text, false);
    scan.pass(0).is_ok() && scan.end().is_ok()
}

/// Reads a jsonb.
///
/// # Errors
/// As [`Json::read`].
pub fn jsonb(text: &str) -> Result<Json, Bad> {
    let mut scan = Scan::new(text, true);
    let value = scan.jsonb(0)?;
    scan.end()?;
    Ok(value)
}

/// Where a text is being read.
pub struct Scan<'a> {
    pub text: &'a str,
    pub at: usize,
    /// Are escapes resolved? Only then `\u0000` and half a surrogate pair are mistakes.
    pub resolve: bool,
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str, resolve: bool) -> Self {
        Self { text, at: 0, resolve }
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte, if it is this one.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> Result<u8, Bad> {
        let byte = self.peek().ok_or(Bad::Syntax)?;
        self.at += 1;
        Ok(byte)
    }

    /// Nothing but blanks follows.
    pub fn end(&mut self) -> Result<(), Bad> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(Bad::Syntax) }
    }

    /// What has been read since then.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// One value with all in it, only looked at.
    fn pass(&mut self, depth: usize) -> Result<(), Bad> {
        self.space();
        match self.peek().ok_or(Bad::Syntax)? {
            b'{' => self.members(depth, |scan, _| scan.pass(depth + 1)),
            b'[' => self.items(depth, |scan| scan.pass(depth + 1)),
            b'"' => self.string().map(|_| ()),
            b'-' | b'0'..=b'9' => self.number().map(|_| ()),
            _ => self.word().map(|_| ()),
        }
    }

    fn jsonb(&mut self, depth: usize) -> Result<Json, Bad> {
        self.space();
        Ok(match self.peek().ok_or(Bad::Syntax)? {
            b'{' => {
                let mut members = Vec::new();
                self.members(depth, |scan, name| {
                    members.push((name.into_owned(), scan.jsonb(depth + 1)?));
                    Ok(())
                })?;
                Json::object(members)
            }
            b'[' => {
                let mut items = Vec::new();
                self.items(depth, |scan| {
                    items.push(scan.jsonb(depth + 1)?);
                    Ok(())
                })?;
                Json::Array(items)
            }
            b'"' => Json::Text(self.string()?.into_owned()),
            b'-' | b'0'..=b'9' => Json::Number(number::canonical(self.number()?)?),
            _ => match self.word()? {
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                _ => Json::Null,
            },
        })
    }

    /// An object: `value` is called with each name, where its value begins.
    pub fn members(
        &mut self,
        depth: usize,
        mut value: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.series(b'{', b'}', depth, |scan| {
            let name = scan.string()?;
            scan.space();
            if !scan.take(b':') {
                return Err(Bad::Syntax);
            }
            scan.space();
            value(scan, name)
        })
    }

    /// An array: `value` is called where each item begins.
    pub fn items(&mut self, depth: usize, value: impl FnMut(&mut Self) -> Result<(), Bad>) -> Result<(), Bad> {
        self.series(b'[', b']', depth, value)
    }

    fn series(
        &mut self,
        open: u8,
        close: u8,
        depth: usize,
        mut part: impl FnMut(&mut Self) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        if depth >= DEPTH {
            return Err(Bad::Unsupported);
        }
        if !self.take(open) {
            return Err(Bad::Syntax);
        }
        self.space();
        if self.take(close) {
            return Ok(());
        }
        loop {
            self.space();
            part(self)?;
            self.space();
            if self.take(close) {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(Bad::Syntax);
            }
        }
    }

    pub fn word(&mut self) -> Result<&'static str, Bad> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)).ok_or(Bad::Syntax)?;
        self.at += word.len();
        self.token_ends()?;
        Ok(word)
    }

    /// PostgreSQL takes a run of letters, digits and underscores as one token.
    fn token_ends(&self) -> Result<(), Bad> {
        match self.peek() {
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => Err(Bad::Syntax),
            _ => Ok(()),
        }
    }

    /// A text, which begins here with its quote.
    pub fn string(&mut self) -> Result<Cow<'a, str>, Bad> {
        if !self.take(b'"') {
            return Err(Bad::Syntax);
        }
        let mut out = String::new();
        let mut start = self.at;
        loop {
            let at = self.at;
            match self.next()? {
                b'"' => {
                    let rest = self.text.get(start..at).unwrap_or_default();
                    if out.len() + rest.len() > LONGEST && self.resolve {
                        return Err(Bad::Range);
                    }
                    return Ok(if out.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(out + rest) });
                }
                b'\\' => {
                    out.push_str(self.text.get(start..at).unwrap_or_default());
                    let escaped = self.escape()?;
                    out.extend(escaped);
                    start = self.at;
                }
                0..=0x1F => return Err(Bad::Syntax),
                _ => {}
            }
        }
    }

    /// What a backslash and all that belongs to it stand for; None if that is not looked at.
    fn escape(&mut self) -> Result<Option<char>, Bad> {
        let char = match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code(),
            _ => return Err(Bad::Syntax),
        };
        Ok(Some(char))
    }

    fn code(&mut self) -> Result<Option<char>, Bad> {
        let first = self.hex()?;
        if !self.resolve {
            return Ok(None);
        }
        let code = match first {
            0 => return Err(Bad::Syntax),
            0xD800..=0xDBFF => {
                if !(self.take(b'\\') && self.take(b'u')) {
                    return Err(Bad::Syntax);
                }
                match self.hex()? {
                    second @ 0xDC00..=0xDFFF => 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                    _ => return Err(Bad::Syntax),
                }
            }
            code => code,
        };
        char::from_u32(code).map(Some).ok_or(Bad::Syntax)
    }

    fn hex(&mut self) -> Result<u32, Bad> {
        (0..4).try_fold(0, |code, _| Ok(code * 16 + char::from(self.next()?).to_digit(16).ok_or(Bad::Syntax)?))
    }

    fn digits(&mut self) -> Result<(), Bad> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Bad::Syntax) }
    }

    /// A number, as it is written.
    pub fn number(&mut self) -> Result<&'a str, Bad> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.token_ends()?;
        Ok(self.since(start))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bad, Json, is_valid_json};

    #[test]
    fn read_and_printed_as_postgresql_does() {
        for (text, expected) in [
            (r#" {"b":1,"aa":2,"a":[1.50,-0,1e2],"b":3} "#, r#"{"a": [1.50, 0, 100], "b": 3, "aa": 2}"#),
            (r#""\u00e9\ud83d\ude00\/\u0001\u007f""#, "\"\u{e9}\u{1F600}/\\u0001\u{7f}\""),
            ("[]", "[]"),
            ("null", "null"),
        ] {
            assert_eq!(Json::read(text).map(|value| value.print()).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(Json::read("[[]]").map(|value| value.pretty()).as_deref(), Ok("[\n    [\n    ]\n]"));
    }

    #[test]
    fn refused_as_postgresql_does() {
        for text in
            ["", "{", "[1,]", "01", "1.", "+1", "NaN", "truex", "\"a\tb\"", "{} x", "\u{feff}{}", "{'a':1}", "[1 2]"]
        {
            assert!(Json::read(text).is_err() && !is_valid_json(text), "{text}");
        }
        for text in [r#""\u0000""#, r#""\ud83d""#, r#""\ude00""#] {
            assert!(Json::read(text) == Err(Bad::Syntax) && is_valid_json(text), "{text}");
        }
        assert_eq!(Json::read(&"[".repeat(9_999)), Err(Bad::Unsupported));
        assert!(Json::read(&format!("{}{}", "[".repeat(500), "]".repeat(500))).is_ok());
    }
}
