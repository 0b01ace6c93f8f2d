//! Owns the seal of a JSON document: the SHA-256 of its own bytes, as its last member, taken while zeros stand in its place.
//! Must not know: what the document says.

use super::sha256;

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What stands before the seal. A name within a string cannot look like it: its quotes would be escaped.
const BEFORE_SEAL: &[u8] = b"\"checksum\": \"";

/// Seals the pretty form of an object that has a member `checksum` of zeros ([`unsealed`]). None where there is no such member.
#[must_use]
pub fn fill_seal(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let at = seal_in(&bytes)?;
    let seal = sha256(&bytes);
    bytes.splice(at..at + ZEROS.len(), seal.into_bytes());
    Some(bytes)
}

/// What stands for the seal until it is known.
#[must_use]
pub fn unsealed() -> String {
    ZEROS.to_owned()
}

/// Adds a seal to the pretty form of any object; what is no object, or an empty one, stays as it is.
#[must_use]
pub fn seal(text: Vec<u8>) -> Vec<u8> {
    let Some(body) = text.strip_suffix(b"\n}") else { return text };
    let mut sealed = body.to_vec();
    sealed.extend_from_slice(format!(",\n  \"checksum\": \"{ZEROS}\"\n}}").as_bytes());
    fill_seal(sealed).unwrap_or(text)
}

/// Does the seal hold? None for a text that has none.
#[must_use]
pub fn holds(bytes: &[u8]) -> Option<bool> {
    let Some(at) = seal_in(bytes) else {
        // A seal whose name was changed is no missing one: its digits still end the text.
        let tail = &bytes[bytes.len().saturating_sub(ZEROS.len() + 8)..];
        let digits = tail.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
        return (digits >= ZEROS.len() - 1).then_some(false);
    };
    let mut blank = bytes.to_vec();
    let seal: Vec<u8> = blank.splice(at..at + ZEROS.len(), ZEROS.bytes()).collect();
    Some(seal == sha256(&blank).into_bytes())
}

fn seal_in(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(BEFORE_SEAL.len()).rposition(|window| window == BEFORE_SEAL)? + BEFORE_SEAL.len();
    (bytes.len() >= at + ZEROS.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::{holds, seal};

    #[test]
    fn any_changed_byte_breaks_a_seal() {
        let text =
            serde_json::to_vec_pretty(&serde_json::json!({ "a": [1, 2], "b": { "c": "\"checksum\": \"x" } })).unwrap();
        assert_eq!(holds(&text), None);
        let sealed = seal(text);
        assert_eq!(holds(&sealed), Some(true));
        for at in 0..sealed.len() {
            let mut other = sealed.clone();
            other[at] ^= 1;
            assert_eq!(holds(&other), Some(false), "{at}");
        }
        assert_eq!(seal(b"[]".to_vec()), b"[]");
    }
}
