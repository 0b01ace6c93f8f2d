//! Owns masked arrays as PostgreSQL prints them (of several dimensions, or counted from elsewhere than one).
//! Must not know: what their elements are.

/// The text of an array with each element that is not NULL replaced by what `mask` makes of it.
pub(super) fn masked(text: &str, mask: impl Fn(&str) -> String) -> String {
    let (bounds, body) = match text.split_once('=') {
        Some((bounds, body)) if bounds.starts_with('[') => (&text[..=bounds.len()], body),
        _ => ("", text),
    };
    let mut made = bounds.to_owned();
    let mut chars = body.chars().peekable();
    while let Some(&next) = chars.peek() {
        match next {
            '{' | '}' | ',' => {
                made.push(next);
                chars.next();
            }
            '"' => {
                chars.next();
                let mut element = String::new();
                while let Some(char) = chars.next().filter(|char| *char != '"') {
                    element.push(if char == '\\' { chars.next().unwrap_or(char) } else { char });
                }
                made.push_str(&quoted(&mask(&element)));
            }
            _ => {
                let mut element = String::new();
                while let Some(char) = chars.next_if(|char| !matches!(char, '{' | '}' | ',')) {
                    element.push(char);
                }
                let null = element.eq_ignore_ascii_case("null");
                made.push_str(&if null { element } else { quoted(&mask(&element)) });
            }
        }
    }
    made
}

/// An element as PostgreSQL prints it.
fn quoted(element: &str) -> String {
    let special =
        |char: char| matches!(char, '{' | '}' | ',' | '"' | '\\') || char.is_ascii_whitespace() || char == '\u{b}';
    if !element.is_empty() && !element.contains(special) && !element.eq_ignore_ascii_case("null") {
        return element.to_owned();
    }
    format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn arrays_keep_their_shape() {
        let shout = |text: &str| text.to_uppercase();
        assert_eq!(masked("{a,b}", shout), "{A,B}");
        assert_eq!(masked("[0:1]={a,NULL}", shout), "[0:1]={A,NULL}");
        assert_eq!(masked("{{a,\"b c\"},{\"d\\\"e\",\"\"}}", shout), "{{A,\"B C\"},{\"D\\\"E\",\"\"}}");
        assert_eq!(masked("{}", shout), "{}");
        assert_eq!(masked("{\"null\",\"[=]\"}", shout), "{\"NULL\",[=]}");
    }
}
