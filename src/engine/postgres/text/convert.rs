//! Owns texts from numbers and bytes, and back.
//! Must not know: bytea's text forms.

use super::Bad;

/// The number of the first character; 0 if there is none.
#[must_use]
pub fn ascii(text: &str) -> i64 {
    text.chars().next().map_or(0, |char| i64::from(u32::from(char)))
}

/// The character of a number; an error for 0, and for what is no character.
pub fn chr(number: impl Into<i64>) -> Result<String, Bad> {
    match u32::try_from(number.into()).ok().and_then(char::from_u32) {
        None | Some('\0') => Err(Bad::Range),
        Some(char) => Ok(char.to_string()),
    }
}
