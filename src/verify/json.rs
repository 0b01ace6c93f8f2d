//! Owns the one text of a JSON document, as PostgreSQL's jsonb prints it. Must not know: rows or columns.

use super::number;

/// Deeper documents are left as they are: the stack is finite.
const DEEPEST: usize = 2_000;

/// Can jsonb hold this text? It is JSON, and has no sign of the code 0.
pub(super) fn holdable(text: &str) -> bool {
    let zero = text.match_indices("\\u0000").any(|(at, _)| {
        let before = text.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before % 2 == 0
    });
    !zero && Canonical::default().write(text, &mut Vec::new())
}

/// Rewrites JSON texts; its buffers are reused.
#[derive(Default)]
pub(super) struct Canonical {
    /// Unescaped keys of the objects that are open.
    keys: Vec<u8>,
    members: Vec<Member>,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Member {
    key: (usize, usize),
    /// Where `"key": value` stands in the output.
    at: (usize, usize),
}

impl Canonical {
    /// Writes `text` as jsonb prints it: members by length and bytes of their keys, the last of equal keys, PostgreSQL's
    /// spaces and escapes, numbers as numeric prints them. False (and nothing written) when it is no JSON.
    pub fn write(&mut self, text: &str, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        self.keys.clear();
        self.members.clear();
        let mut reader = Reader { text: text.as_bytes(), at: 0 };
        let done = self.value(&mut reader, out, 0).is_some() && {
            reader.space();
            reader.at == reader.text.len()
        };
        if !done {
            out.truncate(start);
        }
        done
    }

    fn value(&mut self, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match reader.peek()? {
            b'{' => self.object(reader, out, depth),
            b'[' => self.array(reader, out, depth),
            b'"' => reader.string(out, None),
            b't' => reader.literal(b"true", out),
            b'f' => reader.literal(b"false", out),
            b'n' => reader.literal(b"null", out),
            _ => reader.number(out),
        }
    }

    fn array(&mut self, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        reader.at += 1;
        out.push(b'[');
        if reader.peek()? == b']' {
            reader.at += 1;
            out.push(b']');
            return Some(());
        }
        loop {
            self.value(reader, out, depth + 1)?;
            match reader.next()? {
                b',' => out.extend_from_slice(b", "),
                b']' => break,
                _ => return None,
            }
        }
        out.push(b']');
        Some(())
    }

    fn object(&mut self, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        reader.at += 1;
        out.push(b'{');
        if reader.peek()? == b'}' {
            reader.at += 1;
            out.push(b'}');
            return Some(());
        }
        let (first_member, first_key, first_byte) = (self.members.len(), self.keys.len(), out.len());
        let mut sorted = true;
        loop {
            if reader.peek()? != b'"' {
                return None;
            }
            let (from, key_from) = (out.len(), self.keys.len());
            reader.string(out, Some(&mut self.keys))?;
            let key = (key_from, self.keys.len());
            if reader.next()? != b':' {
                return None;
            }
            out.extend_from_slice(b": ");
            self.value(reader, out, depth + 1)?;
            let member = Member { key, at: (from, out.len()) };
            if let Some(last) = self.members[first_member..].last() {
                sorted &= order(&self.keys, last.key) < order(&self.keys, key);
            }
            self.members.push(member);
            match reader.next()? {
                b',' => out.extend_from_slice(b", "),
                b'}' => break,
                _ => return None,
            }
        }
        if !sorted {
            self.sort(first_member, first_byte, out);
        }
        out.push(b'}');
        self.members.truncate(first_member);
        self.keys.truncate(first_key);
        Some(())
    }

    /// Puts the members from `first` on, whose texts begin at `start`, in order; the last of equal keys stays.
    fn sort(&mut self, first: usize, start: usize, out: &mut Vec<u8>) {
        let keys = &self.keys;
        let members = &mut self.members[first..];
        members.sort_by(|a, b| order(keys, a.key).cmp(&order(keys, b.key)));
        self.scratch.clear();
        for (index, member) in members.iter().enumerate() {
            let again = members.get(index + 1).is_some_and(|next| order(keys, next.key) == order(keys, member.key));
            if again {
                continue;
            }
            if !self.scratch.is_empty() {
                self.scratch.extend_from_slice(b", ");
            }
            self.scratch.extend_from_slice(&out[member.at.0..member.at.1]);
        }
        out.truncate(start);
        out.extend_from_slice(&self.scratch);
    }
}

/// jsonb orders keys by length, then by bytes.
fn order(keys: &[u8], (from, to): (usize, usize)) -> (usize, &[u8]) {
    (to - from, &keys[from..to])
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    #[inline]
    fn space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The next byte that is no space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.text.get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn literal(&mut self, word: &[u8], out: &mut Vec<u8>) -> Option<()> {
        if !self.text[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        out.extend_from_slice(word);
        Some(())
    }

    fn number(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let length = self.text[self.at..]
            .iter()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        let text = &self.text[self.at..self.at + length];
        self.at += length;
        if length > 0 && text.iter().all(u8::is_ascii_digit) {
            out.extend_from_slice(text);
            return Some(());
        }
        number::numeric(std::str::from_utf8(text).ok()?, false, out).then_some(())
    }

    /// Writes a string as PostgreSQL escapes it, and its unescaped bytes to `plain`.
    fn string(&mut self, out: &mut Vec<u8>, mut plain: Option<&mut Vec<u8>>) -> Option<()> {
        self.at += 1;
        out.push(b'"');
        loop {
            let rest = &self.text[self.at..];
            let run = plain_run(rest)?;
            out.extend_from_slice(&rest[..run]);
            if let Some(plain) = plain.as_deref_mut() {
                plain.extend_from_slice(&rest[..run]);
            }
            self.at += run + 1;
            if rest[run] == b'"' {
                out.push(b'"');
                return Some(());
            }
            let sign = self.escape()?;
            let mut bytes = [0; 4];
            let utf8 = sign.encode_utf8(&mut bytes).as_bytes();
            if let Some(plain) = plain.as_deref_mut() {
                plain.extend_from_slice(utf8);
            }
            escaped(sign, utf8, out);
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Option<char> {
        let sign = *self.text.get(self.at)?;
        self.at += 1;
        Some(match sign {
            b'"' | b'\\' | b'/' => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                if !(0xD800..0xDC00).contains(&first) {
                    return char::from_u32(first);
                }
                if self.text.get(self.at..self.at + 2)? != b"\\u" {
                    return None;
                }
                self.at += 2;
                let second = self.hex()?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                return char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + second);
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = std::str::from_utf8(self.text.get(self.at..self.at + 4)?).ok()?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// The bytes before the next quote or backslash, looked for eight at a time: most of a document is text.
#[inline]
fn plain_run(text: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut words = text.chunks_exact(8);
    let mut at = 0;
    for word in &mut words {
        let word = word.try_into().map(u64::from_le_bytes).ok()?;
        let found = has_zero(word ^ (ONES * u64::from(b'"'))) | has_zero(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    words.remainder().iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found)
}

fn escaped(sign: char, utf8: &[u8], out: &mut Vec<u8>) {
    match sign {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        control if control < ' ' => out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes()),
        _ => out.extend_from_slice(utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::Canonical;

    fn canonical(text: &str) -> String {
        let mut out = Vec::new();
        assert!(Canonical::default().write(text, &mut out), "{text}");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn documents_have_the_text_of_jsonb() {
        for (given, expected) in [
            (r#"{"bb":1,"a":[1,2.50,{}],"b":null}"#, r#"{"a": [1, 2.50, {}], "b": null, "bb": 1}"#),
            (r#"{"a":1,"b":2,"a":{"z":1,"y":[]}}"#, r#"{"a": {"y": [], "z": 1}, "b": 2}"#),
            (r#" "\u00e9\/\u0001\ud83d\ude00\"" "#, "\"é/\\u0001😀\\\"\""),
            (r#"{"\u0061":1,"a":2}"#, r#"{"a": 2}"#),
            ("[1e2, -0, -0.0, 1E-3, 12345678901234567890123.40]", "[100, 0, 0.0, 0.001, 12345678901234567890123.40]"),
        ] {
            assert_eq!(canonical(given), expected);
        }
        assert!(!Canonical::default().write("{\"a\":1", &mut Vec::new()));
    }
}
