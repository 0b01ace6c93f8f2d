//! Owns what the program says, word for word: a command's stdout, stderr and exit code as one text, which tests keep inline
//! (`expect_test`; `UPDATE_EXPECT=1 cargo test …` writes it anew). What differs from run to run is replaced by a name.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;

/// Runs the program in a working folder and gives all that it says.
pub fn said(dir: &Path, args: &[&str]) -> String {
    said_with(dir, args, &[])
}

/// The same, with words that are replaced by names: passwords, ports, addresses.
pub fn said_with(dir: &Path, args: &[&str], names: &[(&str, &str)]) -> String {
    told(dir, args, names, "")
}

/// The same with a text on stdin.
pub fn said_to(dir: &Path, args: &[&str], stdin: &str) -> String {
    told(dir, args, &[], stdin)
}

fn told(dir: &Path, args: &[&str], names: &[(&str, &str)], stdin: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .arg("--dir")
        .arg(dir)
        .args(args)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read all.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let code = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
    let mut told = out;
    if !err.is_empty() {
        told.push_str("--- stderr\n");
        told.push_str(&err);
    }
    told.extend(["--- exit ", code.as_str(), "\n"]);
    named(&told, dir, names)
}

fn named(told: &str, dir: &Path, names: &[(&str, &str)]) -> String {
    let mut told = told.replace(&dir.display().to_string(), "DIR").replace(env!("CARGO_MANIFEST_DIR"), "REPO");
    for (word, name) in names {
        told = told.replace(word, name);
    }
    for (pattern, name) in [
        (r"(?m)[ \t]+$", ""),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"[0-9]{8}T[0-9]{6,9}Z-[0-9a-f]{4}", "SNAPSHOT"),
        (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(Z| UTC)", "INSTANT"),
        (r"\b[0-9a-f]{64}\b", "SHA256"),
        (r"\b[0-9a-f]{32}\b", "ID"),
        (r"(?m)^(server|cluster|wal) ( +).*$", "$1 ${2}…"),
        (r"\b[0-9]+\.[0-9]+ s\b", "TIME"),
        (r"TIME \| [0-9,]+ \|", "TIME | RATE |"),
        (r"TIME \([0-9.]+ %\)", "TIME (SHARE)"),
        (r"(?m)( %(?: !)?) +[0-9,]+$", "$1 RATE"),
        (r"\b[0-9]+ MiB \|", "MEMORY |"),
        (r"\btest_[0-9]+\b", "DATABASE"),
    ] {
        told = Regex::new(pattern).unwrap().replace_all(&told, name).into_owned();
    }
    told
}
