//! Owns the text form of PostgreSQL's arrays of one dimension: `{1,NULL,"a b"}`. Must not know: the types of items.

pub use super::json::Bad;

/// What stands between items, for all types but box.
pub const DELIMITER: char = ',';

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// Prints an array: its items as their types print them, NULL for none, and quotes where they are needed. `delimiter`: what
/// stands between items of their type, a comma for all but box.
#[must_use]
pub fn print(items: &[Option<String>], delimiter: char) -> String {
    let mut out = String::from("{");
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        match item {
            None => out.push_str("NULL"),
            Some(text) if needs_quotes(text, delimiter) => quote(text, &mut out),
            Some(text) => out.push_str(text),
        }
    }
    out.push('}');
    out
}

fn needs_quotes(text: &str, delimiter: char) -> bool {
    let special = |char| matches!(char, '{' | '}' | '"' | '\\') || char == delimiter || is_space(char);
    text.is_empty() || text.eq_ignore_ascii_case("null") || text.contains(special)
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        if matches!(char, '"' | '\\') {
            out.push('\\');
        }
        out.push(char);
    }
    out.push('"');
}

/// Reads an array into the texts of its items. `delimiter`: as [`print`] has it.
///
/// # Errors
/// `Syntax` for a text that is none; `Unsupported` for one of several dimensions, or with bounds of its own.
pub fn read(text: &str, delimiter: char) -> Result<Vec<Option<String>>, Bad> {
    let rest = text.trim_start_matches(is_space);
    if rest.starts_with('[') {
        return Err(Bad::Unsupported);
    }
    let mut rest = rest.strip_prefix('{').ok_or(Bad::Syntax)?.trim_start_matches(is_space);
    let mut items = Vec::new();
    if !rest.starts_with('}') {
        loop {
            let (item, after) = read_item(rest.trim_start_matches(is_space), delimiter)?;
            items.push(item);
            let Some(next) = after.strip_prefix(delimiter) else {
                rest = after;
                break;
            };
            rest = next;
        }
    }
    let behind = rest.strip_prefix('}').ok_or(Bad::Syntax)?;
    if behind.trim_start_matches(is_space).is_empty() { Ok(items) } else { Err(Bad::Syntax) }
}

/// The item that begins here, and what follows it: a delimiter or the closing brace.
fn read_item(text: &str, delimiter: char) -> Result<(Option<String>, &str), Bad> {
    match text.chars().next() {
        Some('"') => quoted(text.get(1..).unwrap_or_default()),
        Some('{') => Err(Bad::Unsupported),
        _ => bare(text, delimiter),
    }
}

fn quoted(text: &str) -> Result<(Option<String>, &str), Bad> {
    let mut out = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next().ok_or(Bad::Syntax)? {
            '"' => return Ok((Some(out), chars.as_str().trim_start_matches(is_space))),
            '\\' => out.push(chars.next().ok_or(Bad::Syntax)?),
            char => out.push(char),
        }
    }
}

/// An item without quotes: blanks within it count, those behind it do not, unless a backslash stands before them.
fn bare(text: &str, delimiter: char) -> Result<(Option<String>, &str), Bad> {
    let mut out = String::new();
    let (mut kept, mut escaped) = (0, false);
    let mut chars = text.chars();
    loop {
        let rest = chars.as_str();
        match chars.next().ok_or(Bad::Syntax)? {
            char if char == delimiter || char == '}' => {
                out.truncate(kept);
                if out.is_empty() {
                    return Err(Bad::Syntax);
                }
                let is_null = !escaped && out.eq_ignore_ascii_case("null");
                return Ok(((!is_null).then_some(out), rest));
            }
            '\\' => {
                out.push(chars.next().ok_or(Bad::Syntax)?);
                escaped = true;
                kept = out.len();
            }
            '"' | '{' => return Err(Bad::Syntax),
            char => {
                out.push(char);
                if !is_space(char) {
                    kept = out.len();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bad, DELIMITER, print, read};

    #[test]
    fn read_and_printed_as_postgresql_does() {
        for (text, expected) in [
            ("{}", "{}"),
            (" { a b , \"c\" , null } ", "{\"a b\",c,NULL}"),
            ("{\"null\",nul\\l,\\ a,a\\ }", "{\"null\",\"null\",\" a\",\"a \"}"),
            ("{\"\",\"a\\\"b\",\\}}", "{\"\",\"a\\\"b\",\"}\"}"),
        ] {
            assert_eq!(read(text, DELIMITER).map(|items| print(&items, DELIMITER)).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "{", "{a,}", "{,a}", "{a\"b\"}", "{\"a\"b}", "{}x", "{a}}", "{a{b}", "{a\\"] {
            assert_eq!(read(text, DELIMITER), Err(Bad::Syntax), "{text}");
        }
        assert_eq!(
            (read("{{a}}", DELIMITER), read("[0:1]={a,b}", DELIMITER)),
            (Err(Bad::Unsupported), Err(Bad::Unsupported))
        );
    }
}
