//! Owns the lists of expressions: one a line, `#` begins a comment.
//! Must not know: what an expression means.

use crate::support::repository;

fn read(name: &str) -> Vec<String> {
    let path = repository(&format!("tests/dialect/{name}"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn lists(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository("tests/dialect"))
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".txt")?.to_owned()))
        .filter(|name| wanted(name))
        .collect();
    names.sort();
    names
}

/// The families and their expressions.
pub fn families() -> Vec<(String, Vec<String>)> {
    let names = lists(|name| !name.starts_with("queries") && name != "wrong");
    names.into_iter().map(|name| (name.clone(), read(&format!("{name}.txt")))).collect()
}

/// Where columns stand in an expression: from, to, name. Quoted texts and names behind a point are none.
pub fn columns(expression: &str, known: impl Fn(&str) -> bool) -> Vec<(usize, usize, String)> {
    let bytes = expression.as_bytes();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1 + usize::from(bytes[at] == b'\\' && quote == b'\'' && expression[..at].contains("E'"));
                }
                at += 1;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let start = at;
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                let name = &expression[start..at];
                let behind_point = start > 0 && bytes[start - 1] == b'.';
                let called = expression[at..].trim_start().starts_with('(');
                let typed = expression[at..].trim_start().starts_with('\'');
                let cast = start > 1 && &expression[start - 2..start] == "::";
                if known(name) && !behind_point && !called && !typed && !cast {
                    found.push((start, at, name.to_owned()));
                }
            }
            byte if byte.is_ascii_digit() => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'.') {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    found
}

/// An expression with something else in place of some of its parts, which are given in their order.
pub fn replaced(expression: &str, parts: &[(usize, usize, String)]) -> String {
    let (mut out, mut copied) = (String::new(), 0);
    for (from, to, with) in parts {
        out.push_str(&expression[copied..*from]);
        out.push_str(with);
        copied = *to;
    }
    out.push_str(&expression[copied..]);
    out
}

/// What PostgreSQL refuses when it plans.
pub fn wrong() -> Vec<String> {
    read("wrong.txt")
}

/// Whole queries.
pub fn queries() -> Vec<String> {
    let names = lists(|name| name.starts_with("queries"));
    names.iter().flat_map(|name| read(&format!("{name}.txt"))).collect()
}
