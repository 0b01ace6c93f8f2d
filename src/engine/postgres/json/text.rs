//! Owns the operators and functions of json, which keeps a text as it was written: blanks, digits, order, and members
//! of equal names. Must not know: jsonb.

use std::borrow::Cow;

use super::Bad;
use super::operators::{index, place};

use super::scan::Scan;

/// A value where it stands in its text, with its parts.
struct Node<'a> {
    text: &'a str,
    parts: Parts<'a>,
}

enum Parts<'a> {
    Scalar,
    /// With the text that it stands for.
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Reads a whole text; `resolve` where PostgreSQL looks into its escapes, and refuses some.
fn read(text: &str, resolve: bool) -> Result<Node<'_>, Bad> {
    let mut scan = Scan::new(text, resolve);
    let node = node(&mut scan, 0)?;
    scan.end()?;
    Ok(node)
}

fn node<'a>(scan: &mut Scan<'a>, depth: usize) -> Result<Node<'a>, Bad> {
    scan.space();
    let start = scan.at;
    let parts = match scan.peek().ok_or(Bad::Syntax)? {
        b'{' => {
            let mut members = Vec::new();
            scan.members(depth, |scan, name| {
                members.push((name, node(scan, depth + 1)?));
                Ok(())
            })?;
            Parts::Object(members)
        }
        b'[' => {
            let mut items = Vec::new();
            scan.items(depth, |scan| {
                items.push(node(scan, depth + 1)?);
                Ok(())
            })?;
            Parts::Array(items)
        }
        b'"' => Parts::Text(scan.string()?),
        b'-' | b'0'..=b'9' => scan.number().map(|_| Parts::Scalar)?,
        _ => scan.word().map(|_| Parts::Scalar)?,
    };
    Ok(Node { text: scan.since(start), parts })
}

impl Node<'_> {
    /// What `->>` gives of it.
    fn as_text(&self) -> Option<String> {
        match &self.parts {
            Parts::Text(text) => Some(text.clone().into_owned()),
            _ if self.text == "null" => None,
            _ => Some(self.text.to_owned()),
        }
    }
}

/// `-> 'key'`, as it is written: of equal names the last one.
///
/// # Errors
/// `Syntax` for a text that is no json, or has escapes that are no text; `Unsupported` for one nested very deep.
pub fn json_get<'a>(text: &'a str, key: &str) -> Result<Option<&'a str>, Bad> {
    Ok(match read(text, true)?.parts {
        Parts::Object(members) => members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.text),
        _ => None,
    })
}

/// `-> 0`, as it is written: from the end where it is negative.
///
/// # Errors
/// As [`json_get`].
pub fn json_at(text: &str, index: i64) -> Result<Option<&str>, Bad> {
    Ok(match read(text, true)?.parts {
        Parts::Array(items) => place(index, items.len()).and_then(|at| items.get(at)).map(|item| item.text),
        _ => None,
    })
}

/// `#> '{key,0}'`, as it is written; a path with a NULL in it gives NULL, which is for the caller to see.
///
/// # Errors
/// As [`json_get`].
pub fn json_path<'a>(text: &'a str, path: &[&str]) -> Result<Option<&'a str>, Bad> {
    let root = read(text, true)?;
    if path.is_empty() {
        // Of a scalar PostgreSQL keeps the blanks before it.
        let kept = text.trim_end_matches([' ', '\t', '\n', '\r']);
        let is_scalar = matches!(root.parts, Parts::Scalar | Parts::Text(_));
        return Ok(Some(if is_scalar { kept } else { root.text }));
    }
    let indexes = path.iter().map(|step| index(step)).collect();
    let mut walk = Walk { path, indexes, found: None };
    walk.visit(&root, 0, true);
    Ok(walk.found)
}

/// A walk through all of a document, as PostgreSQL's: among members of equal names each path is tried, and the last
/// that leads to its end counts. An index from the end is turned into one from the start at the first array of its
/// level, even one beside the path, and stays so.
struct Walk<'p, 'a> {
    path: &'p [&'p str],
    indexes: Vec<Option<i64>>,
    found: Option<&'a str>,
}

impl<'a> Walk<'_, 'a> {
    fn visit(&mut self, node: &Node<'a>, level: usize, on_path: bool) {
        let Some(step) = self.path.get(level) else { return };
        match &node.parts {
            Parts::Object(members) => {
                for (name, value) in members {
                    self.reach(value, level, on_path && name == step);
                }
            }
            Parts::Array(items) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                if let Some(Some(index)) = self.indexes.get_mut(level)
                    && *index < 0
                    && *index + length >= 0
                    && *index != i64::from(i32::MIN)
                {
                    *index += length;
                }
                // Looked at again for each item: what stands in an item does not change the index of this level.
                for (at, item) in (0_i64..).zip(items) {
                    let is_step = self.indexes.get(level).copied().flatten() == Some(at);
                    self.reach(item, level, on_path && is_step);
                }
            }
            Parts::Scalar | Parts::Text(_) => {}
        }
    }

    fn reach(&mut self, node: &Node<'a>, level: usize, on_path: bool) {
        if on_path && level + 1 == self.path.len() {
            self.found = Some(node.text);
        }
        self.visit(node, level + 1, on_path);
    }
}

/// What `->>` and `#>>` give of a value that `->` or `#>` found: a text without its quotes, nothing for null.
///
/// # Errors
/// As [`json_get`].
pub fn json_text(text: &str) -> Result<Option<String>, Bad> {
    let root = read(text, true)?;
    // Blanks before a scalar that is a whole document are kept, as [`json_path`] says.
    Ok(match root.as_text() {
        Some(_) if matches!(root.parts, Parts::Scalar) => {
            Some(text.trim_end_matches([' ', '\t', '\n', '\r']).to_owned())
        }
        other => other,
    })
}

/// `json_typeof`.
///
/// # Errors
/// `Syntax` for a text that is no json.
pub fn json_typeof(text: &str) -> Result<&'static str, Bad> {
    match text.trim_start_matches([' ', '\t', '\n', '\r']).bytes().next() {
        Some(b'{') => Ok("object"),
        Some(b'[') => Ok("array"),
        Some(b'"') => Ok("string"),
        Some(b't' | b'f') => Ok("boolean"),
        Some(b'n') => Ok("null"),
        Some(b'-' | b'0'..=b'9') => Ok("number"),
        _ => Err(Bad::Syntax),
    }
}

fn items(text: &str, resolve: bool) -> Result<Vec<Node<'_>>, Bad> {
    match read(text, resolve)?.parts {
        Parts::Array(items) => Ok(items),
        Parts::Object(_) => Err(Bad::Kind("cannot call json_array_elements on a non-array")),
        _ => Err(Bad::Kind("cannot call json_array_elements on a scalar")),
    }
}

/// `json_array_elements`, as they are written.
///
/// # Errors
/// As [`json_get`]; `Kind` for anything else than an array.
pub fn json_elements(text: &str) -> Result<Vec<&str>, Bad> {
    Ok(items(text, false)?.into_iter().map(|item| item.text).collect())
}
