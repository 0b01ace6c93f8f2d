//! Owns upper and lower case of texts: one character becomes one, as the C library has it for C.UTF-8.
//! Must not know: languages.

use super::ctype::{Class, lower_char, upper_char};

/// `upper(text)`.
#[must_use]
pub fn upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(upper_char).collect() }
}

/// `lower(text)`.
#[must_use]
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(lower_char).collect() }
}

/// The first letter of each word in upper case, the rest in lower; words are letters and digits.
#[must_use]
pub fn initcap(text: &str) -> String {
    let mut within = false;
    let one = |char: char| {
        let shown = if within { lower_char(char) } else { upper_char(char) };
        within = Class::Alnum.holds(shown);
        shown
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{initcap, lower, upper};

    #[test]
    fn cases_are_those_of_postgresql() {
        assert_eq!(initcap("hi THOMAS, élan d'été o2o"), "Hi Thomas, Élan D'Été O2o");
        assert_eq!(upper("straße ǆ ﬁ İı"), "STRAßE Ǆ ﬁ İI");
        assert_eq!(lower("STRASSE Ǆ İI Σ"), "strasse ǆ ii σ");
        assert_eq!(upper("ÿµ\u{1fbe}"), "ŸΜΙ");
    }
}
