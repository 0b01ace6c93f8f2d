//! Owns the functions of regular expressions, as PostgreSQL walks through a text.
//! Must not know: how a match is found.

use super::{Bad, Groups, Regex, Search, Span};

/// What a group of a match holds, as a text.
type Part = Option<String>;

/// Which matches count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    All,
    /// All but empty ones at the end, or right after another.
    Splitting,
}

fn own(text: &str, span: Option<Span>) -> Part {
    let (start, end) = span?;
    text.get(start..end).map(str::to_owned)
}

/// The byte of a character that is counted from 1; none where it is beyond the end.
fn byte(text: &str, start: i32) -> Result<Option<usize>, Bad> {
    let skip = usize::try_from(start).ok().and_then(|start| start.checked_sub(1)).ok_or(Bad::Syntax)?;
    Ok(text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(skip))
}

impl Search<'_> {
    /// The matches from a byte on.
    fn matches(&mut self, from: Option<usize>, which: Which, groups: bool) -> Vec<Groups> {
        let mut out = Vec::new();
        let (mut next, mut previous) = (from, 0);
        while let Some(from) = next {
            let Some(found) = self.find(from, groups) else { break };
            let Some((start, end)) = found.first().copied().flatten() else { break };
            if which != Which::Splitting || start < self.walker.text.len() && end > previous {
                out.push(found);
            }
            if which == Which::First {
                break;
            }
            previous = end;
            next = if start == end { self.walker.after(end) } else { Some(end) };
        }
        out
    }
}

/// `regexp_replace` with an expression: the first match, or all.
pub fn replace(regex: &Regex, text: &str, with: &str, all: bool) -> Result<String, Bad> {
    replace_from(regex, text, with, 1, i32::from(!all))
}

/// The same for the match of a number, counted from 1, or for all where it is 0.
///
/// The search begins at a character, counted from 1.
pub fn replace_from(regex: &Regex, text: &str, with: &str, start: i32, number: i32) -> Result<String, Bad> {
    let number = usize::try_from(number).map_err(|_| Bad::Syntax)?;
    let mut next = byte(text, start)?;
    let groups = names_groups(with);
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut count) = (0, 0);
    regex.over(text, |search| {
        while let Some(from) = next {
            let Some(found) = search.find(from, groups) else { break };
            let Some((start, end)) = found.first().copied().flatten() else { break };
            count += 1;
            next = if start == end { search.walker.after(end) } else { Some(end) };
            if number > 0 && count != number {
                continue;
            }
            out.push_str(text.get(copied..start).unwrap_or_default());
            append(text, with, &found, &mut out);
            copied = end;
            if number > 0 {
                break;
            }
        }
    });
    out.push_str(text.get(copied..).unwrap_or_default());
    Ok(out)
}

/// `substring(text from pattern)` with an expression: what the first group holds, or the whole match.
pub fn substring(regex: &Regex, text: &str) -> Result<Option<String>, Bad> {
    let group = usize::from(regex.group_count() > 0);
    let found = regex.over(text, |search| search.find(0, group > 0));
    Ok(own(text, found.and_then(|found| found.get(group).copied().flatten())))
}

/// `regexp_match` with an expression: what the groups hold, or the whole match.
pub fn first_match(regex: &Regex, text: &str) -> Result<Option<Vec<Part>>, Bad> {
    Ok(parts(regex, text, Which::First).pop())
}

fn parts(regex: &Regex, text: &str, which: Which) -> Vec<Vec<Part>> {
    let skip = usize::from(regex.group_count() > 0);
    let found = regex.over(text, |search| search.matches(Some(0), which, true));
    found.into_iter().map(|found| found.into_iter().skip(skip).map(|span| own(text, span)).collect()).collect()
}

/// `regexp_split_to_array` with an expression.
pub fn split(regex: &Regex, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut copied = 0;
    for found in regex.over(text, |search| search.matches(Some(0), Which::Splitting, false)) {
        let Some((start, end)) = found.first().copied().flatten() else { continue };
        out.push(text.get(copied..start).unwrap_or_default().to_owned());
        copied = end;
    }
    out.push(text.get(copied..).unwrap_or_default().to_owned());
    out
}

/// `regexp_count` with an expression.
pub fn count(regex: &Regex, text: &str) -> usize {
    regex.over(text, |search| search.matches(Some(0), Which::All, false)).len()
}

fn names_groups(with: &str) -> bool {
    let mut chars = with.chars();
    while let Some(char) = chars.next() {
        if char == '\\' && chars.next().is_some_and(|next| next != '\\') {
            return true;
        }
    }
    false
}

/// A replacement, with what its escapes name.
fn append(text: &str, with: &str, found: &[Option<Span>], out: &mut String) {
    let mut chars = with.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        let group = match chars.next() {
            Some(digit @ '1'..='9') => digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()),
            Some('&') => Some(0),
            Some('\\') | None => {
                out.push('\\');
                continue;
            }
            Some(other) => {
                out.extend(['\\', other]);
                continue;
            }
        };
        let span = group.and_then(|group| found.get(group)).copied().flatten();
        out.push_str(&own(text, span).unwrap_or_default());
    }
}
