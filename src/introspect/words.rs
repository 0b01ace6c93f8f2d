//! Owns what names say: their words, in the singular, and how alike two names are.
//! Must not know: tables, columns or databases.

use std::collections::BTreeSet;

/// Words that mean the same in the names of tables and columns, group by group. Only what holds for databases of any kind.
const SYNONYMS: [&[&str]; 22] = [
    &["user", "account", "profile", "member", "person", "people"],
    &["photo", "image", "picture"],
    &["body", "content", "text", "message"],
    &["comment", "note", "remark"],
    &["comment", "content", "text"],
    &["title", "name", "label"],
    &["description", "desc", "details"],
    &["email", "mail"],
    &["phone", "telephone", "tel"],
    &["quantity", "qty"],
    &["amount", "total", "sum"],
    &["organisation", "organization", "org", "company"],
    &["address", "addr"],
    &["number", "no", "num", "nr"],
    &["type", "kind", "sort", "category"],
    &["status", "state"],
    &["created", "inserted", "creation", "added"],
    &["updated", "modified", "changed", "edited"],
    &["start", "starts", "since", "from"],
    &["end", "ends", "until", "to"],
    &["audit", "admin"],
    &["value", "val", "setting"],
];

/// Words of columns that are each other's opposite.
const OPPOSITES: [(&str, &str); 7] = [
    ("deleted", "active"),
    ("disabled", "enabled"),
    ("disabled", "active"),
    ("inactive", "active"),
    ("archived", "active"),
    ("hidden", "visible"),
    ("private", "public"),
];

/// The words of a name, in lower case and in the singular: `OrderLines` and `order_line` are `order`, `line`.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let signs: Vec<char> = name.chars().collect();
    for (at, sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| signs.get(at));
        let after = signs.get(at + 1);
        let hump = sign.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if hump || !sign.is_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if sign.is_alphanumeric() {
            word.extend(sign.to_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    let mut words: Vec<String> = words.into_iter().map(|word| singular(&word)).collect();
    if let Some(at) = words.windows(2).position(|pair| ["sign", "log"].contains(&pair[0].as_str()) && pair[1] == "in") {
        words.splice(at..at + 2, ["login".to_owned()]);
    }
    words
}

/// A word in the singular, as far as English spelling tells.
#[must_use]
pub fn singular(word: &str) -> String {
    let keeps = ["ss", "us", "is", "as", "news", "series"];
    if word.len() < 4 || !word.ends_with('s') || keeps.iter().any(|end| word.ends_with(end)) {
        return if word == "people" { "person".to_owned() } else { word.to_owned() };
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches", "shes", "zes", "uses"] {
        if word.ends_with(end) {
            return word[..word.len() - 2].to_owned();
        }
    }
    word[..word.len() - 1].to_owned()
}

/// Do two words mean the same?
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    left == right || SYNONYMS.iter().any(|group| group.contains(&left) && group.contains(&right))
}

/// How alike two lists of words are, from 0 to 1. What a name ends with says what the thing is, so that must be shared.
#[must_use]
pub fn likeness(left: &[String], right: &[String]) -> f64 {
    if left == right {
        return if left.is_empty() { 0.0 } else { 1.0 };
    }
    if left.concat() == right.concat() {
        return 0.95;
    }
    let exact: BTreeSet<&String> = left.iter().filter(|word| right.contains(word)).collect();
    let alike = left.iter().filter(|word| !right.contains(word) && right.iter().any(|other| same(word, other))).count();
    let most = left.len().max(right.len());
    if most == 0 {
        return 0.0;
    }
    let share = (count(exact.len()) + 0.75 * count(alike)) / count(most);
    let ends = match (left.last(), right.last()) {
        (Some(left), Some(right)) if left == right => 1.0,
        (Some(left), Some(right)) if same(left, right) => 0.9,
        _ => 0.6,
    };
    share * ends
}

/// Is one of two columns true where the other is false, as far as their names tell?
#[must_use]
pub fn opposite(left: &[String], right: &[String]) -> bool {
    let bare = |words: &[String]| -> Vec<String> {
        words.iter().filter(|word| !["is", "has", "was"].contains(&word.as_str())).cloned().collect()
    };
    let (left, right) = (bare(left), bare(right));
    match (left.as_slice(), right.as_slice()) {
        ([left], [right]) => {
            OPPOSITES.iter().any(|(one, other)| (left == one && right == other) || (left == other && right == one))
        }
        _ => false,
    }
}

/// A number with the word for what it counts, in the plural where it is not one: `3 rows`.
#[must_use]
pub fn counted(number: u64, word: &str) -> String {
    if number == 1 { format!("one {word}") } else { format!("{number} {word}s") }
}

/// A number of things, to compute shares with.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share is shown with two digits")]
pub fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::{likeness, opposite, words};

    #[test]
    fn names_are_taken_apart() {
        for (name, expected) in [
            ("order_lines", "order line"),
            ("OrderLines", "order line"),
            ("customerID", "customer id"),
            ("HTTPHeaders2", "http headers2"),
            ("categories", "category"),
            ("boxes", "box"),
            ("status", "status"),
            ("addresses", "address"),
            ("created-at", "created at"),
            ("straße", "straße"),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn names_are_compared() {
        assert!(likeness(&words("order_line"), &words("OrderLines")) > 0.99);
        assert!(likeness(&words("photo"), &words("images")) > 0.6);
        assert!(likeness(&words("patient_doctor"), &words("doctors")) < 0.6);
        assert!(likeness(&words("invoice"), &words("payments")) < 0.1);
        assert!(opposite(&words("is_deleted"), &words("is_active")));
        assert!(!opposite(&words("deleted_at"), &words("is_active")));
    }
}
