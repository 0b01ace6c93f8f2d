//! Owns bytea: its text forms, `encode` and `decode`, and trimming.
//! Must not know: columns.

use std::fmt::Write;

use super::Bad;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Bytes in a line of base64, whose 76 characters a newline follows.
const LINE: usize = 57;

/// Reads bytea from `\x…` or the escape form.
pub fn read_bytea(text: &str) -> Result<Vec<u8>, Bad> {
    match text.strip_prefix("\\x") {
        Some(digits) => from_hex(digits),
        None => from_escape(text),
    }
}

/// `encode(bytes, format)`.
pub fn encode(bytes: &[u8], format: &str) -> Result<String, Bad> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => Ok(hex(bytes)),
        "base64" => Ok(base64(bytes)),
        "escape" => Ok(escape(bytes)),
        _ => Err(Bad::Syntax),
    }
}

/// `decode(text, format)`.
pub fn decode(text: &str, format: &str) -> Result<Vec<u8>, Bad> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => from_hex(text),
        "base64" => from_base64(text),
        "escape" => from_escape(text),
        _ => Err(Bad::Syntax),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for half in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        out.extend(char::from_digit(u32::from(half), 16));
    }
    out
}

/// Blanks may stand between two bytes, not within one.
fn from_hex(text: &str) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if matches!(char, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let digit = |char: Option<char>| char.and_then(|char| char.to_digit(16)).ok_or(Bad::Syntax);
        let byte = digit(Some(char))? << 4 | digit(chars.next())?;
        out.push(u8::try_from(byte).map_err(|_| Bad::Syntax)?);
    }
    Ok(out)
}

fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            0 | 0x80.. => {
                // Writing to a text does not fail.
                let _ = write!(out, "\\{byte:03o}");
            }
            plain => out.push(char::from(*plain)),
        }
    }
    out
}

fn from_escape(text: &str) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(out),
            [b'\\', b'\\', after @ ..] => {
                out.push(b'\\');
                after
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                after
            }
            [b'\\', ..] => return Err(Bad::Syntax),
            [plain, after @ ..] => {
                out.push(*plain);
                after
            }
        };
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3 / 2);
    for line in bytes.chunks(LINE) {
        for chunk in line.chunks(3) {
            let mut word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
            word <<= 8 * (3 - chunk.len());
            for at in 0..4 {
                let six = usize::try_from(word >> (18 - 6 * at) & 63).unwrap_or(0);
                let char = BASE64.get(six).filter(|_| at <= chunk.len());
                out.push(char.map_or('=', |char| char::from(*char)));
            }
        }
        if line.len() == LINE {
            out.push('\n');
        }
    }
    out
}

fn from_base64(text: &str) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut count) = (0_u32, 0);
    // Once a group was padded, PostgreSQL takes as few bytes from those that follow.
    let mut bytes_of_four = None;
    for byte in text.bytes() {
        let six = match byte {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'=' => {
                if bytes_of_four.is_none() {
                    bytes_of_four = Some(match count {
                        2 => 1,
                        3 => 2,
                        _ => return Err(Bad::Syntax),
                    });
                }
                0
            }
            other => BASE64.iter().position(|known| *known == other).ok_or(Bad::Syntax)?,
        };
        word = word << 6 | u32::try_from(six).unwrap_or(0);
        count += 1;
        if count == 4 {
            let [_, three @ ..] = word.to_be_bytes();
            out.extend(three.iter().take(bytes_of_four.unwrap_or(3)));
            (word, count) = (0, 0);
        }
    }
    if count == 0 { Ok(out) } else { Err(Bad::Syntax) }
}

#[cfg(test)]
mod tests {
    use super::{Bad, decode, encode, read_bytea};

    #[test]
    fn forms_are_those_of_postgresql() {
        assert_eq!(encode(&[b'a'; 57], "base64").as_deref(), Ok(&*format!("{}\n", "YWFh".repeat(19))));
        assert_eq!(encode(&[b'a'; 56], "base64").as_deref(), Ok(&*format!("{}YWE=", "YWFh".repeat(18))));
        assert_eq!(encode(b"\x00\xff\\A", "escape").as_deref(), Ok(r"\000\377\\A"));
        assert_eq!(decode("YQ==YWJj", "base64").as_deref(), Ok(&b"aa"[..]));
        assert_eq!(decode(" 0a 0B", "hex").as_deref(), Ok(&[10, 11][..]));
        assert_eq!(decode("0 a", "hex"), Err(Bad::Syntax));
        assert_eq!(read_bytea(r"\\\101a").as_deref(), Ok(&b"\\Aa"[..]));
        assert_eq!(read_bytea(r"\x 01 ff").as_deref(), Ok(&[1, 255][..]));
        assert_eq!(read_bytea(r"\400"), Err(Bad::Syntax));
    }
}
