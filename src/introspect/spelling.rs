//! Owns how names are written in the SQL and in the header of a flow.
//! Must not know: what they name.

use crate::server::sql::{quote_ident, quote_literal};

/// Words that SQL does not take for a name without quotes, or takes for something else.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "between",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "primary",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
];

/// A name as SQL takes it: in quotes only where it needs them.
#[must_use]
pub fn ident(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|sign: char| sign.is_ascii_digit())
        && name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_')
        && !RESERVED.contains(&name);
    if plain { name.to_owned() } else { quote_ident(name) }
}

/// `alias.column`.
#[must_use]
pub fn of(alias: &str, column: &str) -> String {
    format!("{}.{}", ident(alias), ident(column))
}

/// A text as SQL writes it.
#[must_use]
pub fn literal(text: &str) -> String {
    quote_literal(text)
}

/// A text in TOML.
#[must_use]
pub fn toml(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Some texts in TOML: one alone, or a list.
#[must_use]
pub fn toml_names(names: &[String]) -> String {
    match names {
        [one] => toml(one),
        several => format!("[{}]", several.iter().map(|name| toml(name)).collect::<Vec<_>>().join(", ")),
    }
}

/// A word for a reason, a file or an alias: lower case, with nothing in it but letters, digits and `_`.
#[must_use]
pub fn plain(name: &str) -> String {
    let mut word = String::new();
    for (at, sign) in name.chars().enumerate() {
        let hump = sign.is_uppercase() && at > 0 && name.chars().nth(at - 1).is_some_and(char::is_lowercase);
        if hump && !word.ends_with('_') {
            word.push('_');
        }
        match sign {
            sign if sign.is_alphanumeric() => word.extend(sign.to_lowercase()),
            _ if !word.ends_with('_') => word.push('_'),
            _ => {}
        }
    }
    let word = word.trim_matches('_').to_owned();
    if word.is_empty() { "unnamed".to_owned() } else { word }
}

/// A name for a row that is joined, and is no word of SQL.
#[must_use]
pub fn alias(name: &str) -> String {
    let word = plain(name);
    let odd = RESERVED.contains(&word.as_str()) || word.chars().count() < 2 || !word.is_ascii();
    let odd = odd || word.starts_with(|sign: char| sign.is_ascii_digit());
    if odd { format!("the_{}", word.replace(|sign: char| !sign.is_ascii(), "x")) } else { word }
}

#[cfg(test)]
mod tests {
    use super::{alias, ident, plain};

    #[test]
    fn names_get_quotes_where_they_need_them() {
        assert_eq!(
            ["id", "on", "Order", "a b", "2nd", "größe"].map(ident).join(" "),
            r#"id "on" "Order" "a b" "2nd" "größe""#
        );
        assert_eq!(["OrderLine", "a--b", "Größe", "***"].map(plain).join(" "), "order_line a_b größe unnamed");
        assert_eq!(
            ["user", "größe", "owner", "a"].map(alias).join(" "),
            "the_user the_grxße owner the_a".replace('ß', "x")
        );
    }
}
