//! Owns what is compiled in besides the code: the pipelines that come with rehome, and all the SQL that they name.
//! Must not know: what they are for. `src/shipped.rs` hands them out.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Everything that the shipped pipelines read.
const FOLDERS: [&str; 2] = ["pipelines", "sql/dispatch"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut files = Vec::new();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        below(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).to_string_lossy();
        let _ = writeln!(table, "    ({name:?}, include_str!({:?})),", file.to_string_lossy());
    }
    table.push(']');
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("shipped.rs"), table)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "sql" || extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
