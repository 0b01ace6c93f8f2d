//! Owns LIKE and ILIKE.
//! Must not know: regular expressions.

use super::super::text::ctype::lower_char;
use super::super::text::lower;
use super::Bad;

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Char(char),
    One,
    Any,
    /// An escape that nothing follows: an error, but only where matching comes to it.
    Dangling,
}

/// Patterns that a search of texts answers.
#[derive(Debug)]
enum Shape {
    Is(String),
    Starts(String),
    Ends(String),
    Holds(String),
    Steps(Vec<Step>),
}

/// A pattern of LIKE.
#[derive(Debug)]
pub struct Like {
    shape: Shape,
    ignore_case: bool,
}

impl Like {
    /// Reads a pattern, which cannot fail: a dangling escape is an error of the match. SQL's escape is the backslash unless it names one; none is `ESCAPE ''`.
    pub fn new(pattern: &str, escape: Option<char>, ignore_case: bool) -> Self {
        let mut steps = Vec::new();
        let mut chars = pattern.chars();
        let literal = |char: char| Step::Char(if ignore_case { lower_char(char) } else { char });
        while let Some(char) = chars.next() {
            steps.push(match char {
                char if Some(char) == escape => chars.next().map_or(Step::Dangling, literal),
                '%' => Step::Any,
                '_' => Step::One,
                char => literal(char),
            });
        }
        Self { shape: shape(steps), ignore_case }
    }

    /// Does a text match as a whole?
    pub fn is_match(&self, text: &str) -> Result<bool, Bad> {
        let lowered;
        let text = if self.ignore_case {
            lowered = lower(text);
            &lowered
        } else {
            text
        };
        match &self.shape {
            Shape::Is(all) => Ok(text == all),
            Shape::Starts(start) => Ok(text.starts_with(start.as_str())),
            Shape::Ends(end) => Ok(text.ends_with(end.as_str())),
            Shape::Holds(part) => Ok(text.contains(part.as_str())),
            Shape::Steps(steps) => walk(steps, text),
        }
    }
}

fn shape(steps: Vec<Step>) -> Shape {
    let word = |steps: &[Step]| -> Option<String> {
        let char = |step: &Step| if let Step::Char(char) = step { Some(*char) } else { None };
        steps.iter().map(char).collect()
    };
    let known = match steps.as_slice() {
        [Step::Any, inner @ .., Step::Any] => word(inner).map(Shape::Holds),
        [Step::Any, inner @ ..] => word(inner).map(Shape::Ends),
        [inner @ .., Step::Any] => word(inner).map(Shape::Starts),
        all => word(all).map(Shape::Is),
    };
    known.unwrap_or(Shape::Steps(steps))
}

/// Walks through a text as PostgreSQL does: a dangling escape is an error while there is text left.
fn walk(steps: &[Step], text: &str) -> Result<bool, Bad> {
    let (mut rest, mut step) = (text, 0);
    // Where the last % stood, and the text that it has not taken yet.
    let mut back: Option<(usize, &str)> = None;
    loop {
        let mut chars = rest.chars();
        let next = chars.next();
        let moved = match (steps.get(step), next) {
            (Some(Step::Any), _) => {
                step += 1;
                // A dangling escape behind it is found before any text is looked at.
                let after = steps.get(step..).unwrap_or_default();
                let wild = after.iter().take_while(|step| matches!(step, Step::Any | Step::One)).count();
                if next.is_some() && after.get(wild) == Some(&Step::Dangling) {
                    let needed = after.iter().take(wild).filter(|step| **step == Step::One).count();
                    return if rest.chars().count() < needed { Ok(false) } else { Err(Bad::Syntax) };
                }
                back = Some((step, rest));
                continue;
            }
            (None, None) => return Ok(true),
            (None, Some(_)) => false,
            // The text is over: no longer match can be found further on.
            (Some(_), None) => return Ok(false),
            (Some(Step::Dangling), Some(_)) => return Err(Bad::Syntax),
            (Some(Step::One), Some(_)) => true,
            (Some(Step::Char(char)), Some(next)) => *char == next,
        };
        if moved {
            rest = chars.as_str();
            step += 1;
            continue;
        }
        let Some((after, kept)) = back else { return Ok(false) };
        let mut chars = kept.chars();
        if chars.next().is_none() {
            return Ok(false);
        }
        back = Some((after, chars.as_str()));
        (step, rest) = (after, chars.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::{Bad, Like};

    #[test]
    fn matches_are_those_of_postgresql() {
        let cases = [
            ("abc", "a%", false, true),
            ("abc", "_b_", false, true),
            ("abc", "_b", false, false),
            ("a%c", r"a\%c", false, true),
            ("abc", r"a\%c", false, false),
            ("", "%", false, true),
            ("aXbX", "%X%X", false, true),
            ("aXbXc", "%X_X%", false, true),
            ("😀x", "_x", false, true),
            ("ÉTÉ", "été", true, true),
            ("ß", "SS", true, false),
            ("ſ", "S", true, false),
            ("K", "k", true, true),
        ];
        for (text, pattern, ignore_case, wanted) in cases {
            let like = Like::new(pattern, Some('\\'), ignore_case);
            assert_eq!(like.is_match(text), Ok(wanted), "{text} {pattern}");
        }
        assert_eq!(Like::new(r"a\%", None, false).is_match(r"a\b"), Ok(true));
        assert_eq!(Like::new("A%", Some('A'), true).is_match("%"), Ok(true));
    }

    #[test]
    fn a_dangling_escape_is_an_error_where_it_is_reached() {
        let like = Like::new(r"ab\", Some('\\'), false);
        assert_eq!(like.is_match("abc"), Err(Bad::Syntax));
        assert_eq!(like.is_match("ab"), Ok(false));
        assert_eq!(like.is_match("x"), Ok(false));
        assert_eq!(Like::new(r"%\", Some('\\'), false).is_match("x"), Err(Bad::Syntax));
        assert_eq!(Like::new(r"%\", Some('\\'), false).is_match(""), Ok(false));
    }
}
