//! Owns the rules of the house that a program can check: sizes, openings, layers, what may stand where.

use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 700;
const LONGEST_FUNCTION: usize = 70;
const LONGEST_MAIN: usize = 40;

/// The layers, top to bottom. A module may use those of its own group and of any group below.
/// Stages do not use each other: each is alone in its group's row.
const LAYERS: &[&[&str]] = &[
    &["cli", "web"],
    &["command"],
    &["run", "cases", "explain"],
    &["extract", "transform", "load", "verify", "report", "sample", "introspect", "doctor"],
    &["views", "compare"],
    &["snapshot", "outcomes", "ledger", "target", "server"],
    &["engine", "columnar", "delimited", "graph", "reads", "lineage"],
    &["pipeline", "secrets", "shipped", "rules", "flow", "header", "diagnosis", "name", "mask"],
    &[
        "outcome",
        "id",
        "key",
        "kept",
        "storage",
        "processor",
        "timing",
        "calendar",
        "progress",
        "cancel",
        "failpoint",
        "error",
    ],
];
const STAGES: usize = 3;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    files(&root().join("src"), "rs")
        .into_iter()
        .map(|path| (path.strip_prefix(root()).unwrap().display().to_string(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The part of a file that ships: without its unit tests.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn files_open_with_what_they_own() {
    let mut found = Vec::new();
    for path in
        [files(&root().join("src"), "rs"), files(&root().join("tests"), "rs"), files(&root().join("benches"), "rs")]
            .concat()
    {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//! ") {
            found.push(format!("{}: does not open with //!", path.display()));
        }
    }
    none(&found);
}

#[test]
fn files_and_functions_are_short() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        let lines = text.lines().count();
        let limit = if name == "src/main.rs" { LONGEST_MAIN } else { LONGEST_FILE };
        if lines > limit {
            found.push(format!("{name}: {lines} lines, {limit} are allowed"));
        }
        let mut start: Option<(usize, usize, String)> = None;
        for (index, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let trimmed = line.trim_start();
            let is_function = [
                "fn ",
                "pub fn ",
                "pub async fn ",
                "async fn ",
                "pub(crate) fn ",
                "pub(super) fn ",
                "pub(super) async fn ",
                "const fn ",
            ]
            .iter()
            .any(|opening| trimmed.starts_with(opening));
            match &start {
                None if is_function && !trimmed.ends_with(';') => start = Some((index, indent, trimmed.to_owned())),
                Some((from, at, signature)) if indent == *at && trimmed.starts_with('}') => {
                    if index - from + 1 > LONGEST_FUNCTION {
                        found.push(format!("{name}:{}: {} lines: {signature}", from + 1, index - from + 1));
                    }
                    start = None;
                }
                Some((_, at, _))
                    if indent == *at && (trimmed.ends_with(';') || is_function && trimmed.ends_with('}')) =>
                {
                    start = None;
                }
                _ => {}
            }
        }
    }
    none(&found);
}

#[test]
fn imports_point_down() {
    let layer = |module: &str| LAYERS.iter().position(|group| group.contains(&module));
    let mut found = Vec::new();
    for (name, text) in sources() {
        let module = name.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        let Some(own) = layer(&module) else {
            if !matches!(module.as_str(), "main" | "lib") {
                found.push(format!("{name}: the module {module} has no layer"));
            }
            continue;
        };
        for (index, line) in shipped(&text).lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(other) = layer(&used) else { continue };
                if other < own || (other == own && own == STAGES && used != module) {
                    found.push(format!("{name}:{}: {module} may not use {used}", index + 1));
                }
            }
        }
    }
    none(&found);
}

#[test]
fn only_the_command_line_prints_and_knows_clap() {
    let mut found = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !name.starts_with("src/cli/")) {
        for (index, line) in shipped(text).lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for word in ["println!", "eprintln!", "print!(", "dbg!(", "clap::", "todo!(", "unimplemented!("] {
                if line.contains(word) {
                    found.push(format!("{name}:{}: {word}", index + 1));
                }
            }
        }
    }
    none(&found);
}

#[test]
fn nothing_panics_on_what_others_cause() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (index, line) in shipped(&text).lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for word in [".unwrap()", ".expect(", "panic!("] {
                if line.contains(word) {
                    found.push(format!("{name}:{}: {word}", index + 1));
                }
            }
        }
    }
    none(&found);
}

#[test]
fn sql_lives_in_sql_files() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (index, line) in shipped(&text).lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let lower = line.to_lowercase();
            for opening in [
                "\"select ",
                "\"insert ",
                "\"update ",
                "\"delete ",
                "\"create ",
                "\"alter ",
                "\"drop ",
                "\"copy ",
                "\"begin",
                "\"commit",
                "\"set ",
            ] {
                if lower.contains(opening) {
                    found.push(format!("{name}:{}: {}", index + 1, line.trim()));
                }
            }
        }
    }
    none(&found);
}

#[test]
fn no_module_is_a_drawer() {
    let drawers = ["utils", "util", "helpers", "helper", "common", "misc"];
    let found: Vec<String> = sources()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| drawers.iter().any(|drawer| name.split(['/', '.']).any(|part| part == *drawer)))
        .collect();
    none(&found);
}
