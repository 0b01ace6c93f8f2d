//! Owns which jsonb comes first, and which are equal. Must not know: collations: a caller says how texts compare.

use std::cmp::Ordering;

use super::{Json, number};

/// The order of an object's members: shorter names first, then by bytes.
pub fn names(left: &str, right: &str) -> Ordering {
    (left.len(), left).cmp(&(right.len(), right))
}

impl Json {
    /// Equal as jsonb: numbers by their value.
    #[must_use]
    pub fn equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => number::compare(a, b).is_eq(),
            (Self::Array(a), Self::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equal(b)),
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.equal(&b.1))
            }
            (a, b) => a == b,
        }
    }
}
