//! Owns masked JSON: its texts and numbers are masked, its shape, its members' names, true, false and null stay.
//! Must not know: what a document is about.

use super::secret::Secret;
use super::{Manner, number, text};

/// The text of a document, with the blanks and the order that it has.
pub(super) fn masked(secret: &Secret, manner: Manner, document: &str) -> String {
    let mut made = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let length = end_of_text(rest);
                let (token, after) = rest.split_at(length);
                if after.trim_start().starts_with(':') {
                    made.push_str(token);
                } else {
                    made.push_str(&masked_text(secret, manner, token));
                }
                length
            }
            '-' | '0'..='9' => {
                let length = rest.find(|char: char| !matches!(char, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
                let length = length.unwrap_or(rest.len());
                made.push_str(&masked_number(secret, &rest[..length]));
                length
            }
            other => {
                made.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    made
}

/// Bytes of the text that stands at the beginning, with its quotes.
fn end_of_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn masked_text(secret: &Secret, manner: Manner, token: &str) -> String {
    // A text of json, unlike one of jsonb, may escape what is no character: then its escapes are the text.
    let value = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.trim_matches('"').to_owned());
    serde_json::Value::String(text::masked(secret, manner, &value, false)).to_string()
}

/// The digits before an exponent are masked.
fn masked_number(secret: &Secret, token: &str) -> String {
    let (digits, exponent) = token.split_at(token.find(['e', 'E']).unwrap_or(token.len()));
    number::printed(secret, digits) + exponent
}

#[cfg(test)]
mod tests {
    use super::masked;
    use crate::mask::{Manner, Secret, number, text};

    #[test]
    fn shape_stays_and_values_go() {
        let secret = Secret::new(b"a salt for tests alone").unwrap();
        let document =
            r#"{"name": "Anna \"A\" Ä\u00e4", "age":[42, -1.50e3, true, null, ""], "ref" : {"id": 7}, "x:y": "a:b"}"#;
        let made = masked(&secret, Manner::Hash, document);
        let value: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(value["name"], text::token(&secret, "Anna \"A\" Ää"));
        assert_eq!(value["ref"]["id"].to_string(), number::printed(&secret, "7"));
        assert_eq!(value["age"][0].to_string(), number::printed(&secret, "42"));
        assert_eq!((&value["age"][2], &value["age"][4]), (&true.into(), &"".into()));
        assert_eq!(value["x:y"], text::token(&secret, "a:b"));
        assert!(made.contains("e3, true, null, \"\"], \"ref\" : {"));
        assert!(!made.contains("Anna") && !made.contains("42"));
        assert!(!masked(&secret, Manner::Hash, r#"["Anna\ud800"]"#).contains("Anna"));
    }
}
