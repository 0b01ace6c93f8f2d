//! Owns the grammar of JSON as PostgreSQL's jsonb has it: strict JSON without \u0000 and lone surrogates, with numbers
//! that numeric can hold, nested as deep as its parser goes. Must not know: arrays, columns or SQL.

/// PostgreSQL's parser stops when its stack (2 MB unless configured) is used up, at about this depth.
const DEPTH: usize = 6_000;
/// The longest string jsonb can hold, in bytes (`JENTRY_OFFLENMASK`).
const LONGEST: usize = 0x0FFF_FFFF;
/// The most digits a numeric has before and after its point.
const DIGITS_BEFORE: i64 = 131_072;
const DIGITS_AFTER: i64 = 16_383;
/// From here on `numeric_in` refuses an exponent whatever the digits are (`INT_MAX / 2`).
const EXPONENT: i64 = 1_073_741_823;

/// Does PostgreSQL accept this text as jsonb?
pub fn is_jsonb(text: &str) -> bool {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.document().is_some() && scan.at == scan.bytes.len()
}

/// The members of a JSON object, each as its raw name and its raw text `"name":value`; None for anything else.
pub fn members(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    let mut found = Vec::with_capacity(16);
    scan.space();
    scan.eat(b'{')?;
    scan.space();
    if scan.peek() == Some(b'}') {
        scan.at += 1;
    } else {
        loop {
            scan.space();
            let start = scan.at;
            scan.string()?;
            let name = &text[start..scan.at];
            scan.space();
            scan.eat(b':')?;
            scan.value()?;
            found.push((name, &text[start..scan.at]));
            scan.space();
            match scan.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
    }
    scan.space();
    (scan.at == scan.bytes.len()).then_some(found)
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn document(&mut self) -> Option<()> {
        self.value()?;
        self.space();
        Some(())
    }

    /// One value with everything in it. Containers are kept on a list, not on the stack.
    fn value(&mut self) -> Option<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                opening @ (b'{' | b'[') => {
                    self.at += 1;
                    self.space();
                    let closing = opening + 2;
                    if self.peek() == Some(closing) {
                        self.at += 1;
                    } else {
                        open.push(closing);
                        if open.len() > DEPTH {
                            return None;
                        }
                        self.name(closing)?;
                        continue;
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.word()?,
            }
            if !self.after(&mut open)? {
                return Some(());
            }
        }
    }

    /// What follows a value: the ends of containers, then a comma; false when no container is open any more.
    fn after(&mut self, open: &mut Vec<u8>) -> Option<bool> {
        while let Some(closing) = open.last().copied() {
            self.space();
            match self.next()? {
                b',' => {
                    self.space();
                    self.name(closing)?;
                    return Some(true);
                }
                byte if byte == closing => {
                    open.pop();
                }
                _ => return None,
            }
        }
        Some(false)
    }

    /// The name of a member, where the open container is an object.
    fn name(&mut self, closing: u8) -> Option<()> {
        if closing == b'}' {
            self.string()?;
            self.space();
            self.eat(b':')?;
        }
        Some(())
    }

    fn word(&mut self) -> Option<()> {
        let rest = &self.bytes[self.at..];
        let word = [&b"true"[..], b"false", b"null"].into_iter().find(|word| rest.starts_with(word))?;
        self.at += word.len();
        // PostgreSQL's lexer takes a run of letters, digits and underscores as one token.
        match self.peek() {
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => None,
            _ => Some(()),
        }
    }

    fn string(&mut self) -> Option<()> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            match self.next()? {
                b'"' => return (self.at - start <= LONGEST).then_some(()),
                b'\\' => self.escape()?,
                0..=0x1F => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => match self.hex()? {
                0 | 0xDC00..=0xDFFF => None,
                0xD800..=0xDBFF => {
                    self.eat(b'\\')?;
                    self.eat(b'u')?;
                    matches!(self.hex()?, 0xDC00..=0xDFFF).then_some(())
                }
                _ => Some(()),
            },
            _ => None,
        }
    }

    fn hex(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |code, _| Some(code * 16 + char::from(self.next()?).to_digit(16)?))
    }

    fn digits(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some((start, self.at))
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if self.bytes[whole.0] == b'0' && whole.1 - whole.0 > 1 {
            return None;
        }
        let mut fraction = (self.at, self.at);
        if self.peek() == Some(b'.') {
            self.at += 1;
            fraction = self.digits()?;
        }
        let mut exponent = 0;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let negative = self.peek() == Some(b'-');
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            let (start, end) = self.digits()?;
            let size = self.bytes[start..end]
                .iter()
                .fold(0_i64, |size, digit| size.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
            exponent = if negative { size.checked_neg()? } else { size };
        }
        if matches!(self.peek(), Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80) {
            return None;
        }
        self.fits(whole, fraction, exponent).then_some(())
    }

    /// Can numeric hold the number?
    fn fits(&self, whole: (usize, usize), fraction: (usize, usize), exponent: i64) -> bool {
        if exponent.abs() >= EXPONENT {
            return false;
        }
        let length = |(start, end): (usize, usize)| i64::try_from(end - start).unwrap_or(i64::MAX);
        if length(fraction) - exponent > DIGITS_AFTER {
            return false;
        }
        let digits = self.bytes[whole.0..whole.1].iter().chain(&self.bytes[fraction.0..fraction.1]);
        match digits.enumerate().find(|(_, digit)| **digit != b'0') {
            None => true,
            Some((index, _)) => length(whole) - i64::try_from(index).unwrap_or(0) + exponent <= DIGITS_BEFORE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgresql_decides_what_jsonb_is() {
        for good in [
            "{}",
            " [1, 2.50, -0, 1e5 ] ",
            "null",
            r#"{"a":{"b":[true,false,"\u00e9\ud83d\ude00"]}}"#,
            "1e131071",
            "0e999999",
        ] {
            assert!(is_jsonb(good), "{good}");
        }
        for bad in [
            "",
            "{",
            "{'a':1}",
            r#""\u0000""#,
            r#""\ud800""#,
            r#""\udc00""#,
            "01",
            "1.",
            ".5",
            "+1",
            "NaN",
            "1e131072",
            "1e-16384",
            "[1,]",
            r#"{"a":1,}"#,
            "{} x",
            "\"a\tb\"",
            "truex",
            r#"{"a" 1}"#,
            "[1 2]",
            "\u{feff}{}",
        ] {
            assert!(!is_jsonb(bad), "{bad}");
        }
    }

    #[test]
    fn members_are_spliced_not_parsed() {
        assert_eq!(
            members(r#" {"a": 1.10, "b":{"c":[1]}} "#),
            Some(vec![("\"a\"", "\"a\": 1.10"), ("\"b\"", "\"b\":{\"c\":[1]}")])
        );
        assert_eq!(members("[]"), None);
        assert_eq!(members("{}"), Some(vec![]));
    }
}
