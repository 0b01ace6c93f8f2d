//! Owns functions that take texts apart, and put parts in the place of others.
//! Must not know: patterns, what a part is used for.

use super::{Bad, chars, count};

/// The first characters, or all but the last ones.
#[must_use]
pub fn left(text: &str, number: impl Into<i64>) -> String {
    let number = number.into();
    let keep = if number < 0 { chars(text) + number } else { number };
    text.chars().take(count(keep)).collect()
}

/// The last characters, or all but the first ones.
#[must_use]
pub fn right(text: &str, number: impl Into<i64>) -> String {
    let number = number.into();
    // The least integer has no opposite: PostgreSQL leaves out nothing then.
    let skip = match number {
        number if number == i64::from(i32::MIN) => 0,
        number if number < 0 => -number,
        number => chars(text) - number,
    };
    text.chars().skip(count(skip)).collect()
}

/// `substr(text, start, length)`, counted from 1; an error for a negative length.
pub fn substr(text: &str, start: impl Into<i64>, length: Option<i64>) -> Result<String, Bad> {
    let start = start.into();
    let skip = count(start - 1);
    match length {
        None => Ok(text.chars().skip(skip).collect()),
        Some(length) if length < 0 => Err(Bad::Range),
        Some(length) => Ok(text.chars().take(count(start.saturating_add(length) - 1)).skip(skip).collect()),
    }
}

/// `overlay(text placing new from start for length)`; SQL's length is that of the new text unless it names one.
pub fn overlay(text: &str, new: &str, start: impl Into<i64>, length: impl Into<i64>) -> Result<String, Bad> {
    let start = start.into();
    let rest = start.saturating_add(length.into());
    // PostgreSQL reckons with integers, and the end must be one.
    if start <= 0 || i32::try_from(rest).is_err() {
        return Err(Bad::Range);
    }
    let before = substr(text, 1, Some(start - 1))?;
    Ok(before + new + &substr(text, rest, None)?)
}

/// Where a text stands in another, counted from 1; 0 if it does not.
#[must_use]
pub fn position(text: &str, part: &str) -> i64 {
    let before = text.find(part).and_then(|byte| text.get(..byte));
    before.map_or(0, |before| chars(before) + 1)
}

/// `split_part`: from the end where the number is negative; an error for 0.
pub fn split_part(text: &str, between: &str, number: impl Into<i64>) -> Result<String, Bad> {
    let number = number.into();
    if number == 0 {
        return Err(Bad::Range);
    }
    if between.is_empty() {
        return Ok(if matches!(number, 1 | -1) { text.to_owned() } else { String::new() });
    }
    // Separators are found from the start, also where parts are counted from the end.
    let mut parts = text.split(between);
    let part = if number > 0 {
        parts.nth(count(number - 1))
    } else {
        let parts: Vec<&str> = parts.collect();
        parts.iter().rev().nth(count(-number - 1)).copied()
    };
    Ok(part.unwrap_or_default().to_owned())
}

/// Each character of `from` becomes the one of `to`, or nothing.
#[must_use]
pub fn translate(text: &str, from: &str, to: &str) -> String {
    let one = |char: char| match from.chars().position(|known| known == char) {
        None => Some(char),
        Some(at) => to.chars().nth(at),
    };
    text.chars().filter_map(one).collect()
}

/// `replace(text, from, to)`.
#[must_use]
pub fn replace(text: &str, from: &str, to: &str) -> String {
    if from.is_empty() { text.to_owned() } else { text.replace(from, to) }
}

/// Without these characters at its start, its end, or both.
#[must_use]
pub fn trim<'a>(text: &'a str, set: &str, start: bool, end: bool) -> &'a str {
    let is_in = |char: char| set.contains(char);
    let text = if start { text.trim_start_matches(is_in) } else { text };
    if end { text.trim_end_matches(is_in) } else { text }
}

/// `string_to_array`: NULL between splits into characters; what equals `null` is NULL.
#[must_use]
pub fn string_to_array(text: &str, between: Option<&str>, null: Option<&str>) -> Vec<Option<String>> {
    if text.is_empty() {
        return Vec::new();
    }
    let parts: Vec<String> = match between {
        None => text.chars().map(String::from).collect(),
        Some("") => vec![text.to_owned()],
        Some(between) => text.split(between).map(str::to_owned).collect(),
    };
    parts.into_iter().map(|part| (Some(part.as_str()) != null).then_some(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::{left, overlay, position, right, split_part, substr, translate};

    #[test]
    fn parts_are_those_of_postgresql() {
        assert_eq!((left("abcde", -2), right("abcde", -2)), ("abc".to_owned(), "cde".to_owned()));
        assert_eq!(right("abc", i32::MIN), "abc");
        assert_eq!(substr("abcde", -1, Some(4)).as_deref(), Ok("ab"));
        assert_eq!(substr("abcde", 2, None).as_deref(), Ok("bcde"));
        assert!(substr("abcde", 2, Some(-1)).is_err());
        assert_eq!(overlay("Txxxxas", "hom", 2, 4).as_deref(), Ok("Thomas"));
        assert_eq!(split_part("a,b,c", ",", -2).as_deref(), Ok("b"));
        assert_eq!(split_part("aaa", "aa", -1).as_deref(), Ok("a"));
        assert_eq!(translate("12345", "143", "ax"), "a2x5");
        assert_eq!(position("caféé", "é"), 4);
    }
}
