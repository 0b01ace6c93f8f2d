//! Owns the operators and functions that make a jsonb of another. Must not know: how a jsonb is read or printed.

use super::operators::{index, place};
use super::{Bad, Json};

/// What is done where a path ends.
#[derive(Clone, Copy)]
enum Change<'a> {
    /// Replaces what is there; adds it where nothing is, if so told.
    Set {
        new: &'a Json,
        create: bool,
    },
    Delete,
}

const SCALAR_PATH: Bad = Bad::Kind("cannot set path in scalar");
const SCALAR_DELETE: Bad = Bad::Kind("cannot delete from scalar");

impl Json {
    /// `||`.
    #[must_use]
    pub fn concat(self, other: Self) -> Self {
        match (self, other) {
            (Self::Object(mut members), Self::Object(others)) => {
                members.extend(others);
                Self::object(members)
            }
            (left, right) => {
                let mut items = left.into_items();
                items.extend(right.into_items());
                Self::Array(items)
            }
        }
    }

    fn into_items(self) -> Vec<Self> {
        match self {
            Self::Array(items) => items,
            single => vec![single],
        }
    }

    /// `- 'key'`.
    ///
    /// # Errors
    /// `Kind` for a scalar.
    pub fn delete_key(self, key: &str) -> Result<Self, Bad> {
        self.delete_keys(&[key])
    }

    /// `- '{key,other}'`; a NULL among the keys does not count and is not given.
    ///
    /// # Errors
    /// `Kind` for a scalar.
    pub fn delete_keys(self, keys: &[&str]) -> Result<Self, Bad> {
        match self {
            Self::Object(mut members) => {
                members.retain(|(name, _)| !keys.contains(&name.as_str()));
                Ok(Self::Object(members))
            }
            Self::Array(mut items) => {
                items.retain(|item| !matches!(item, Self::Text(text) if keys.contains(&text.as_str())));
                Ok(Self::Array(items))
            }
            _ => Err(SCALAR_DELETE),
        }
    }

    /// `- 0`: from the end where it is negative.
    ///
    /// # Errors
    /// `Kind` for anything else than an array.
    pub fn delete_at(self, index: i64) -> Result<Self, Bad> {
        match self {
            Self::Array(mut items) => {
                if let Some(at) = place(index, items.len()) {
                    items.remove(at);
                }
                Ok(Self::Array(items))
            }
            Self::Object(_) => Err(Bad::Kind("cannot delete from object using integer index")),
            _ => Err(SCALAR_DELETE),
        }
    }

    /// `#- '{key,0}'`.
    ///
    /// # Errors
    /// `Kind` for a scalar, and for a step into an array that is no number.
    pub fn delete_path(mut self, path: &[&str]) -> Result<Self, Bad> {
        if self.is_scalar() {
            return Err(Bad::Kind("cannot delete path in scalar"));
        }
        if !self.is_empty() {
            self.change(path, Change::Delete)?;
        }
        Ok(self)
    }

    /// `jsonb_set`.
    ///
    /// # Errors
    /// `Kind` for a scalar, and for a step into an array that is no number.
    pub fn set(mut self, path: &[&str], new: &Self, create: bool) -> Result<Self, Bad> {
        if self.is_scalar() {
            return Err(SCALAR_PATH);
        }
        if create || !self.is_empty() {
            self.change(path, Change::Set { new, create })?;
        }
        Ok(self)
    }

    /// `jsonb_strip_nulls`: members that are null go, items stay.
    #[must_use]
    pub fn strip_nulls(self) -> Self {
        match self {
            Self::Object(members) => {
                let kept = members.into_iter().filter(|(_, value)| *value != Self::Null);
                Self::Object(kept.map(|(name, value)| (name, value.strip_nulls())).collect())
            }
            Self::Array(items) => Self::Array(items.into_iter().map(Self::strip_nulls).collect()),
            scalar => scalar,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Array(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            _ => false,
        }
    }

    /// Goes along the path; a path that leads nowhere changes nothing.
    fn change(&mut self, path: &[&str], change: Change<'_>) -> Result<(), Bad> {
        let Some((step, rest)) = path.split_first() else { return Ok(()) };
        match self {
            Self::Object(members) => change_member(members, step, rest, change),
            Self::Array(items) => change_item(items, step, rest, change),
            _ => Ok(()),
        }
    }
}

fn change_member(members: &mut Vec<(String, Json)>, step: &str, rest: &[&str], change: Change<'_>) -> Result<(), Bad> {
    match members.binary_search_by(|(name, _)| super::order::names(name, step)) {
        Ok(at) if rest.is_empty() => match change {
            Change::Delete => {
                members.remove(at);
            }
            Change::Set { new, .. } => {
                if let Some((_, value)) = members.get_mut(at) {
                    *value = new.clone();
                }
            }
        },
        Ok(at) => {
            if let Some((_, value)) = members.get_mut(at) {
                value.change(rest, change)?;
            }
        }
        Err(at) => {
            if let (true, Change::Set { new, create: true }) = (rest.is_empty(), change) {
                members.insert(at, (step.to_owned(), new.clone()));
            }
        }
    }
    Ok(())
}

fn change_item(items: &mut Vec<Json>, step: &str, rest: &[&str], change: Change<'_>) -> Result<(), Bad> {
    let index = index(step).ok_or(Bad::Kind("a step of the path into an array is not an integer"))?;
    match place(index, items.len()) {
        Some(at) if rest.is_empty() => match change {
            Change::Delete => {
                items.remove(at);
            }
            Change::Set { new, .. } => {
                if let Some(item) = items.get_mut(at) {
                    *item = new.clone();
                }
            }
        },
        Some(at) => {
            if let Some(item) = items.get_mut(at) {
                item.change(rest, change)?;
            }
        }
        // Beyond an end, what is new goes to that end.
        None => {
            if let (true, Change::Set { new, create: true }) = (rest.is_empty(), change) {
                let at = if index < 0 { 0 } else { items.len() };
                items.insert(at, new.clone());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Bad, Json};

    fn read(text: &str) -> Json {
        Json::read(text).unwrap()
    }

    #[test]
    fn concatenated_as_postgresql_does() {
        for (left, right, expected) in [
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 3}"#, r#"{"a": 3, "b": 2}"#),
            (r#"{"a": 1}"#, "1", r#"[{"a": 1}, 1]"#),
            ("1", "2", "[1, 2]"),
            ("[]", "{}", "[{}]"),
            ("{}", "[]", "[{}]"),
            ("[1]", "[2]", "[1, 2]"),
        ] {
            assert_eq!(read(left).concat(read(right)).print(), expected, "{left} || {right}");
        }
    }

    #[test]
    fn set_where_the_path_ends() {
        for (value, path, create, expected) in [
            ("[1, 2]", &["5"][..], true, Ok("[1, 2, 9]")),
            ("[1, 2]", &["-5"], true, Ok("[9, 1, 2]")),
            ("[1, 2]", &["-1"], false, Ok("[1, 9]")),
            ("[]", &["5", "1"], true, Ok("[]")),
            (r#"{"a": 1}"#, &["b"], true, Ok(r#"{"a": 1, "b": 9}"#)),
            (r#"{"a": 1}"#, &["b"], false, Ok(r#"{"a": 1}"#)),
            (r#"{"a": 1}"#, &["a", "b"], true, Ok(r#"{"a": 1}"#)),
            ("[1]", &["x"], true, Err(Bad::Kind("a step of the path into an array is not an integer"))),
            ("1", &[], true, Err(Bad::Kind("cannot set path in scalar"))),
        ] {
            let set = read(value).set(path, &read("9"), create).map(|value| value.print());
            assert_eq!(set.as_deref().map_err(|bad| *bad), expected, "{value} {path:?}");
        }
    }
}
