//! Owns how names and values become part of a statement where they cannot be bound.
//! Must not know: any statement; those are files below `sql/control`.

/// A quoted identifier.
#[must_use]
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted, qualified name.
#[must_use]
pub fn quote_table(schema: &str, table: &str) -> String {
    format!("{}.{}", quote_ident(schema), quote_ident(table))
}

/// A quoted literal, right under any setting of `standard_conforming_strings`.
#[must_use]
pub fn quote_literal(value: &str) -> String {
    let quoted = value.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// Puts SQL texts where a statement says `{name}`. What is put in is not looked at again; a name not given stays.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        filled.push_str(before);
        let known = after.find('}').and_then(|close| {
            let name = &after[1..close];
            values.iter().find(|(known, _)| *known == name).map(|(_, text)| (text, close + 1))
        });
        let Some((text, length)) = known else {
            filled.push('{');
            rest = &after[1..];
            continue;
        };
        filled.push_str(text);
        rest = &after[length..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::{fill, quote_ident, quote_literal, quote_table};

    #[test]
    fn quotes_double() {
        assert_eq!(quote_ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(quote_table("public", "Order Lines"), r#""public"."Order Lines""#);
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal(r"a\'b"), r"E'a\\''b'");
    }

    #[test]
    fn what_is_put_in_is_not_a_template() {
        assert_eq!(fill("select {a} from {b} {c}", &[("a", "{b}"), ("b", "t")]), "select {b} from t {c}");
        assert_eq!(fill("'{' || {a} || '}'", &[("a", "x")]), "'{' || x || '}'");
    }
}
