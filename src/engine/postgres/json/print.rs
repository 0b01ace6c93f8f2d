//! Owns how jsonb is printed. Must not know: how it is read, or what its operators do.

use super::Json;

/// A text as a JSON text, in quotes: json and jsonb write it alike.
#[must_use]
pub fn to_json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(text, &mut out);
    out
}

fn quote(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control @ '\0'..='\u{1f}' => {
                out.push_str(if control < '\u{10}' { "\\u000" } else { "\\u001" });
                out.extend(HEX.get(control as usize & 15));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

impl Json {
    /// The text form of jsonb: `{"a": 1, "b": [1, 2]}`.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// `jsonb_pretty`.
    #[must_use]
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    /// Texts as they are, anything else as it is printed, nothing for null: `->>` and its like.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            other => Some(other.print()),
        }
    }

    /// Writes the value; with a level of indentation each part stands on a line of its own.
    fn write(&self, out: &mut String, level: Option<usize>) {
        let inner = level.map(|level| level + 1);
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => quote(text, out),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    separate(at, inner, out);
                    item.write(out, inner);
                }
                line(level, out);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    separate(at, inner, out);
                    quote(name, out);
                    out.push_str(": ");
                    value.write(out, inner);
                }
                line(level, out);
                out.push('}');
            }
        }
    }
}

fn separate(at: usize, level: Option<usize>, out: &mut String) {
    match (at, level) {
        (0, _) => {}
        (_, None) => out.push_str(", "),
        (_, Some(_)) => out.push(','),
    }
    line(level, out);
}

fn line(level: Option<usize>, out: &mut String) {
    if let Some(level) = level {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", level));
    }
}
