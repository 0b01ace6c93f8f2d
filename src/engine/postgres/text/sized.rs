//! Owns how long texts are, and texts that are made to have a length.
//! Must not know: what a text says.

use super::{Bad, count};

/// The most bytes of a value, as PostgreSQL allocates it.
const LONGEST: usize = 0x3fff_ffff;
/// The bytes that come before a text in memory.
const HEADER: usize = 4;

/// `repeat(text, count)`; an error when it becomes too long.
pub fn repeat(text: &str, times: impl Into<i64>) -> Result<String, Bad> {
    let times = count(times.into());
    if text.len().saturating_mul(times) > LONGEST - HEADER { Err(Bad::Range) } else { Ok(text.repeat(times)) }
}

/// `lpad` and `rpad`: fills up a text to a length, or cuts it.
pub fn pad(text: &str, length: impl Into<i64>, fill: &str, before: bool) -> Result<String, Bad> {
    let length = count(length.into());
    let kept: String = text.chars().take(length).collect();
    if fill.is_empty() {
        return Ok(kept);
    }
    // PostgreSQL reckons with the longest characters.
    if length.saturating_mul(4) > LONGEST - HEADER {
        return Err(Bad::Range);
    }
    let missing = length - kept.chars().count();
    let fill: String = fill.chars().cycle().take(missing).collect();
    Ok(if before { fill + &kept } else { kept + &fill })
}

/// A text of so many characters at most: what is beyond is cut, as an explicit cast does it.
#[must_use]
pub fn varchar(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

/// A text of just so many characters, as an explicit cast makes it.
#[must_use]
pub fn bpchar(text: &str, length: usize) -> String {
    let mut out = varchar(text, length);
    let own = out.chars().count();
    out.extend(std::iter::repeat_n(' ', length.saturating_sub(own)));
    out
}
