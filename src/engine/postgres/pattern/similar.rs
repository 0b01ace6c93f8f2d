//! Owns the patterns of SIMILAR TO, as regular expressions.
//! Must not know: how an expression is matched.

use super::Bad;

/// The regular expression of a pattern of SIMILAR TO; no escape is `ESCAPE ''`.
pub fn similar_to_regex(pattern: &str, escape: Option<char>) -> Result<String, Bad> {
    let mut out = String::from("^(?:");
    let mut chars = pattern.chars();
    let (mut bracket, mut quotes) = (Bracket::default(), 0);
    while let Some(char) = chars.next() {
        // Where the escape is beyond ASCII, PostgreSQL takes such characters on another way, past all brackets.
        let wide = escape.is_some_and(|escape| !escape.is_ascii()) && !char.is_ascii();
        if Some(char) == escape {
            match chars.next() {
                Some('"') if bracket.depth == 0 => {
                    // What stands before is as short as can be, what stands between as long.
                    out.push_str(match quotes {
                        0 => "){1,1}?(",
                        1 => "){1,1}(?:",
                        _ => return Err(Bad::Syntax),
                    });
                    quotes += 1;
                }
                Some(next) => {
                    out.extend(['\\', next]);
                    if !wide || next.is_ascii() {
                        bracket.place = INSIDE;
                    }
                }
                None => {}
            }
        } else if wide {
            out.push(char);
        } else if bracket.depth > 0 {
            if char == '\\' {
                out.push('\\');
            }
            out.push(char);
            bracket.take(char);
        } else {
            match char {
                '[' => {
                    bracket = Bracket { depth: 1, place: 1 };
                    out.push('[');
                }
                '%' => out.push_str(".*"),
                '_' => out.push('.'),
                '(' => out.push_str("(?:"),
                '\\' | '.' | '^' | '$' => out.extend(['\\', char]),
                char => out.push(char),
            }
        }
    }
    out.push_str(")$");
    Ok(out)
}

/// A place in a bracket where its end may stand.
const INSIDE: u32 = 3;

/// How far a bracket is read: its end may not stand right after its start, nor after its `^`.
#[derive(Default)]
struct Bracket {
    depth: u32,
    place: u32,
}

impl Bracket {
    fn take(&mut self, char: char) {
        match char {
            ']' if self.place >= INSIDE => self.depth -= 1,
            '[' => {
                self.depth += 1;
                self.place = INSIDE;
            }
            '^' => self.place += 1,
            _ => self.place = INSIDE,
        }
    }
}
