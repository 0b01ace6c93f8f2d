//! Owns how a template of dates and times is taken apart.
//! Must not know: what the parts stand for.

/// Patterns, the longer ones of a start first.
const PATTERNS: &[&str] = &[
    "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "Day", "Dy", "D", "FF1", "FF2", "FF3",
    "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM",
    "MONTH", "MON", "MS", "Month", "Mon", "OF", "P.M.", "PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ",
    "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y", "a.d.", "a.m.", "ad", "am", "b.c.", "bc", "cc", "day", "ddd",
    "dd", "dy", "d", "ff1", "ff2", "ff3", "ff4", "ff5", "ff6", "fx", "hh24", "hh12", "hh", "iddd", "id", "iw", "iyyy",
    "iyy", "iy", "i", "j", "mi", "mm", "month", "mon", "ms", "of", "p.m.", "pm", "q", "rm", "sssss", "ssss", "ss",
    "tzh", "tzm", "tz", "us", "ww", "w", "y,yyy", "yyyy", "yyy", "yy", "y",
];

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Pattern {
        name: &'static str,
        /// Without blanks and zeros.
        fill: bool,
        /// `TH`, `th`.
        ordinal: Option<&'static str>,
    },
    /// A blank or a sign.
    Separator(char),
    Char(char),
}

impl Node {
    /// Is it a pattern of digits?
    #[must_use]
    pub fn is_number(&self) -> bool {
        match self {
            Self::Pattern { name, .. } => !matches!(
                name.to_ascii_uppercase().as_str(),
                "A.D."
                    | "A.M."
                    | "AD"
                    | "AM"
                    | "B.C."
                    | "BC"
                    | "DAY"
                    | "DY"
                    | "FX"
                    | "MONTH"
                    | "MON"
                    | "OF"
                    | "P.M."
                    | "PM"
                    | "RM"
                    | "TZ"
                    | "TZH"
            ),
            Self::Separator(_) => false,
            Self::Char(char) => char.is_ascii_digit(),
        }
    }
}

/// Takes a template apart.
#[must_use]
pub fn nodes(template: &str) -> Vec<Node> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(char) = rest.chars().next() {
        let mut fill = true;
        let mut at = rest;
        // FM before a pattern; TM means the C locale's names, which are used anyway.
        while let Some(after) = ["FM", "fm", "TM", "tm"].iter().find_map(|mark| Some((*mark, at.strip_prefix(mark)?))) {
            // FM and TM both mean: without blanks.
            fill = false;
            at = after.1;
        }
        if let Some(name) = PATTERNS.iter().find(|name| at.starts_with(**name)) {
            at = &at[name.len()..];
            let ordinal = ["TH", "th"].into_iter().find(|mark| at.starts_with(mark));
            at = &at[ordinal.map_or(0, str::len)..];
            out.push(Node::Pattern { name, fill, ordinal });
            rest = at;
            continue;
        }
        if !std::ptr::eq(at.as_ptr(), rest.as_ptr()) {
            // A mark before no pattern is passed over.
            rest = at;
            continue;
        }
        rest = &rest[char.len_utf8()..];
        match char {
            '"' => {
                let mut chars = rest.char_indices();
                let mut end = rest.len();
                while let Some((byte, inner)) = chars.next() {
                    match inner {
                        '"' => {
                            end = byte + 1;
                            break;
                        }
                        '\\' => {
                            if let Some((_, next)) = chars.next() {
                                out.push(Node::Char(next));
                            }
                        }
                        inner => out.push(Node::Char(inner)),
                    }
                }
                rest = &rest[end..];
            }
            '\\' if rest.starts_with('"') => {
                out.push(Node::Char('"'));
                rest = &rest[1..];
            }
            separator if is_separator(separator) => out.push(Node::Separator(separator)),
            other => out.push(Node::Char(other)),
        }
    }
    out
}

/// Blanks and ASCII's signs.
#[must_use]
pub fn is_separator(char: char) -> bool {
    char.is_ascii_whitespace() || char.is_ascii_punctuation()
}
