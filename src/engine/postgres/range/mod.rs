//! Owns ranges in their text form: `[1,5)`, `(,"2024-01-01 00:00:00"]`, `empty`.
//! Must not know: columns, or how bounds compare: the caller says it.

use std::cmp::Ordering;

/// Why a text gives no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    Syntax,
    /// The lower bound lies above the upper one.
    Order,
}

/// A range; a bound that is not there is infinite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub empty: bool,
    pub lower: Option<String>,
    pub upper: Option<String>,
    pub lower_inc: bool,
    pub upper_inc: bool,
}

/// How two bounds compare.
pub type Compare = fn(&str, &str) -> Option<Ordering>;

impl Range {
    /// The empty range.
    #[must_use]
    pub fn nothing() -> Self {
        Self { empty: true, lower: None, upper: None, lower_inc: false, upper_inc: false }
    }

    /// Reads a range's text; its bounds stay texts.
    ///
    /// # Errors
    /// For a text that is none.
    pub fn read(text: &str) -> Result<Self, Bad> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("empty") {
            return Ok(Self::nothing());
        }
        let mut chars = trimmed.chars();
        let lower_inc = match chars.next() {
            Some('[') => true,
            Some('(') => false,
            _ => return Err(Bad::Syntax),
        };
        let upper_inc = match chars.next_back() {
            Some(']') => true,
            Some(')') => false,
            _ => return Err(Bad::Syntax),
        };
        let (lower, rest) = bound(chars.as_str(), true)?;
        let (upper, rest) = bound(rest, false)?;
        if !rest.is_empty() {
            return Err(Bad::Syntax);
        }
        Ok(Self {
            empty: false,
            lower_inc: lower_inc && lower.is_some(),
            upper_inc: upper_inc && upper.is_some(),
            lower,
            upper,
        })
    }

    /// Prints the range as PostgreSQL does.
    #[must_use]
    pub fn print(&self) -> String {
        if self.empty {
            return "empty".to_owned();
        }
        let quoted = |bound: &Option<String>| match bound {
            None => String::new(),
            Some(text) if needs_quotes(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")),
            Some(text) => text.clone(),
        };
        let open = if self.lower_inc { '[' } else { '(' };
        let close = if self.upper_inc { ']' } else { ')' };
        format!("{open}{},{}{close}", quoted(&self.lower), quoted(&self.upper))
    }

    /// A range whose bounds enclose nothing is empty.
    ///
    /// # Errors
    /// When the bounds stand the wrong way round.
    pub fn checked(self, compare: Compare) -> Result<Self, Bad> {
        if let (Some(lower), Some(upper)) = (&self.lower, &self.upper) {
            match compare(lower, upper).ok_or(Bad::Syntax)? {
                Ordering::Greater => return Err(Bad::Order),
                Ordering::Equal if !(self.lower_inc && self.upper_inc) => return Ok(Self::nothing()),
                _ => {}
            }
        }
        Ok(self)
    }

    /// `@>` of an element.
    #[must_use]
    pub fn contains(&self, element: &str, compare: Compare) -> bool {
        if self.empty {
            return false;
        }
        let above = self.lower.as_deref().is_none_or(|lower| match compare(lower, element) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => self.lower_inc,
            _ => false,
        });
        let below = self.upper.as_deref().is_none_or(|upper| match compare(element, upper) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => self.upper_inc,
            _ => false,
        });
        above && below
    }

    fn lower_order(&self, other: &Self, compare: Compare) -> Ordering {
        match (&self.lower, &other.lower) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some(a), Some(b)) => compare(a, b).unwrap_or(Ordering::Equal).then(other.lower_inc.cmp(&self.lower_inc)),
        }
    }

    fn upper_order(&self, other: &Self, compare: Compare) -> Ordering {
        match (&self.upper, &other.upper) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some(a), Some(b)) => compare(a, b).unwrap_or(Ordering::Equal).then(self.upper_inc.cmp(&other.upper_inc)),
        }
    }

    /// `@>` of a range.
    #[must_use]
    pub fn contains_range(&self, other: &Self, compare: Compare) -> bool {
        other.empty
            || !self.empty && self.lower_order(other, compare).is_le() && self.upper_order(other, compare).is_ge()
    }

    /// `*`.
    #[must_use]
    pub fn intersection(&self, other: &Self, compare: Compare) -> Self {
        if self.empty || other.empty {
            return Self::nothing();
        }
        let low = if self.lower_order(other, compare).is_ge() { self } else { other };
        let high = if self.upper_order(other, compare).is_le() { self } else { other };
        let both = Self {
            empty: false,
            lower: low.lower.clone(),
            lower_inc: low.lower_inc,
            upper: high.upper.clone(),
            upper_inc: high.upper_inc,
        };
        both.checked(compare).unwrap_or_else(|_| Self::nothing())
    }

    /// `&&`.
    #[must_use]
    pub fn overlaps(&self, other: &Self, compare: Compare) -> bool {
        !self.intersection(other, compare).empty
    }

    /// `<<`: all of it lies before the other.
    #[must_use]
    pub fn is_before(&self, other: &Self, compare: Compare) -> bool {
        if self.empty || other.empty {
            return false;
        }
        match (&self.upper, &other.lower) {
            (Some(upper), Some(lower)) => match compare(upper, lower) {
                Some(Ordering::Less) => true,
                Some(Ordering::Equal) => !(self.upper_inc && other.lower_inc),
                _ => false,
            },
            _ => false,
        }
    }

    /// `-|-`, of ranges in canonical form.
    #[must_use]
    pub fn is_adjacent(&self, other: &Self, compare: Compare) -> bool {
        let meets = |one: &Self, next: &Self| match (&one.upper, &next.lower) {
            (Some(upper), Some(lower)) => {
                compare(upper, lower) == Some(Ordering::Equal) && one.upper_inc != next.lower_inc
            }
            _ => false,
        };
        !self.empty && !other.empty && (meets(self, other) || meets(other, self))
    }
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text
            .chars()
            .any(|char| matches!(char, '"' | '\\' | '(' | ')' | '[' | ']' | ',') || char.is_ascii_whitespace())
}

/// A bound, and what follows it: after the lower one a comma.
fn bound(text: &str, lower: bool) -> Result<(Option<String>, &str), Bad> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    let (mut quoted, mut any) = (false, false);
    let mut end = text.len();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
                out.push('"');
            }
            '"' => {
                quoted = !quoted;
                any = true;
            }
            '\\' => {
                out.push(chars.next().ok_or(Bad::Syntax)?.1);
                any = true;
            }
            ',' if !quoted => {
                end = at;
                break;
            }
            '(' | ')' | '[' | ']' if !quoted => return Err(Bad::Syntax),
            other => {
                out.push(other);
                any = true;
            }
        }
    }
    if quoted || lower != (end < text.len()) {
        return Err(Bad::Syntax);
    }
    let rest = text.get(end + usize::from(lower)..).unwrap_or_default();
    Ok((any.then_some(out), rest))
}
