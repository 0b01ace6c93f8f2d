//! Owns the operators and functions that look into a jsonb. Must not know: how a jsonb is changed or printed.

use super::{Bad, Json, order};

impl Json {
    /// `-> 'key'`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let at = members.binary_search_by(|(name, _)| order::names(name, key)).ok()?;
        members.get(at).map(|(_, value)| value)
    }

    /// `-> 0`: from the end where it is negative. PostgreSQL keeps a document that is a scalar as an array of one, and
    /// here lets it be seen.
    #[must_use]
    pub fn at(&self, index: i64) -> Option<&Self> {
        if self.is_scalar() { matches!(index, 0 | -1).then_some(self) } else { self.item(index) }
    }

    fn item(&self, index: i64) -> Option<&Self> {
        let Self::Array(items) = self else { return None };
        items.get(place(index, items.len())?)
    }

    /// `#> '{key,0}'`; a path with a NULL in it gives NULL, which is for the caller to see.
    #[must_use]
    pub fn path(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, step| match value {
            Self::Object(_) => value.get(step),
            Self::Array(_) => value.item(index(step)?),
            _ => None,
        })
    }

    /// `@>`.
    #[must_use]
    pub fn contains(&self, part: &Self) -> bool {
        match (self, part) {
            // An array contains a scalar, though only as a whole document.
            (Self::Array(items), part) if part.is_scalar() => items.iter().any(|item| item.equal(part)),
            _ => self.includes(part),
        }
    }

    fn includes(&self, part: &Self) -> bool {
        match (self, part) {
            (Self::Object(_), Self::Object(parts)) => {
                parts.iter().all(|(name, part)| self.get(name).is_some_and(|value| value.includes(part)))
            }
            (Self::Array(items), Self::Array(parts)) => {
                parts.iter().all(|part| items.iter().any(|item| item.includes(part)))
            }
            _ => self.is_scalar() && self.equal(part),
        }
    }

    /// `?`: a member's name, a text in an array, or the text that a document is.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        let is_key = |value: &Self| matches!(value, Self::Text(text) if text == key);
        match self {
            Self::Object(_) => self.get(key).is_some(),
            Self::Array(items) => items.iter().any(is_key),
            scalar => is_key(scalar),
        }
    }

    /// `jsonb_array_length`.
    ///
    /// # Errors
    /// `Kind` for anything else than an array.
    pub fn array_length(&self) -> Result<usize, Bad> {
        match self {
            Self::Array(items) => Ok(items.len()),
            Self::Object(_) => Err(Bad::Kind("cannot get array length of a non-array")),
            _ => Err(Bad::Kind("cannot get array length of a scalar")),
        }
    }
}

/// The place in an array of that length; negative ones count from the end.
pub fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index < 0 { index.checked_add(length)? } else { index };
    usize::try_from(at).ok().filter(|_| at < length)
}

/// A step of a path as an index, as C reads a number: blanks and a sign may stand before it.
pub fn index(step: &str) -> Option<i64> {
    let digits = step.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    digits.parse::<i32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::Json;

    fn read(text: &str) -> Json {
        Json::read(text).unwrap()
    }

    #[test]
    fn what_contains_what() {
        for (value, part, expected) in [
            ("[1, 2]", "1.0", true),
            ("1", "[1]", false),
            ("1", "[]", false),
            ("1", "1.0", true),
            ("[[1, 2]]", "[[2]]", true),
            ("[[1]]", "[1]", false),
            ("[[1]]", "1", false),
            ("[1, 2]", "[2, 2, 1]", true),
            (r#"{"a": {"b": 1, "c": 2}}"#, r#"{"a": {"c": 2}}"#, true),
            (r#"{"a": [1]}"#, r#"{"a": 1}"#, false),
            (r#"{"a": 1}"#, "{}", true),
            ("[]", "{}", false),
        ] {
            assert_eq!(read(value).contains(&read(part)), expected, "{value} @> {part}");
        }
    }

    #[test]
    fn paths_are_steps_of_c() {
        let value = read(r#"{"a": [1, {"b": 2}]}"#);
        let at = |path: &[&str]| value.path(path).map(Json::print);
        assert_eq!(at(&["a", "-1", "b"]).as_deref(), Some("2"));
        assert_eq!(at(&["a", " +1", "b"]).as_deref(), Some("2"));
        assert_eq!((at(&["a", "1 "]), at(&["a", "-3"]), at(&["a", "99999999999"])), (None, None, None));
        assert_eq!(at(&[]), Some(value.print()));
        assert_eq!((read("1").at(0).map(Json::print), read("1").at(1)), (Some("1".to_owned()), None));
    }
}
