//! Owns the pipelines that come with the program, compiled in: they are unpacked where a pipeline is read from files.
//! Must not know: what is in them.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{At, Context, Error, Result};

/// Paths and contents, in the order of paths.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));
const PIPELINES: &str = "pipelines/";
const ENDING: &str = ".toml";
/// Digits of the hash that names the folder.
const DIGITS: usize = 16;

/// The names of the pipelines.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_prefix(PIPELINES)?.strip_suffix(ENDING))
}

/// The file of the pipeline of this name, with all that it names, below `workspace`; None where none is called so.
/// What is there as it should be is left alone; what others have changed there is put right.
///
/// # Errors
/// What the disk says, with the file.
pub fn unpack(name: &str, workspace: &Path) -> Result<Option<PathBuf>> {
    if !names().any(|known| known == name) {
        return Ok(None);
    }
    let folder = workspace.join("shipped").join(version());
    for (path, content) in FILES {
        let file = folder.join(path);
        put(&file, content).at(At::File, file.display().to_string())?;
    }
    Ok(Some(folder.join(PIPELINES).join(name).with_extension("toml")))
}

/// Each content has a folder of its own: what an earlier program has unpacked stays what its runs were made of.
fn version() -> String {
    let mut hash = Sha256::new();
    for (path, content) in FILES {
        hash.update(path.as_bytes());
        hash.update([0]);
        hash.update(content.as_bytes());
        hash.update([0]);
    }
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(DIGITS);
    digits
}

/// A file is whole or not there, whoever unpacks at the same time.
fn put(file: &Path, content: &str) -> Result<()> {
    match std::fs::read(file) {
        Ok(found) if found == content.as_bytes() => return Ok(()),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(content.as_bytes())?;
    temporary.persist(file).map_err(|error| Error::from(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{names, unpack};

    #[test]
    fn what_is_unpacked_is_what_the_sources_hold_and_is_put_right() {
        let workspace = tempfile::tempdir().unwrap();
        assert!(names().any(|name| name == "dispatch-2025-08"), "{:?}", names().collect::<Vec<_>>());
        let file = unpack("dispatch", workspace.path()).unwrap().unwrap();
        assert!(file.starts_with(workspace.path().join("shipped")));
        let folder = file.parent().unwrap().parent().unwrap().to_owned();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in ["pipelines/dispatch.toml", "sql/dispatch/flows/orders.sql", "sql/dispatch/sample/_figures.sql"] {
            let shipped = std::fs::read(folder.join(path)).unwrap();
            assert_eq!(shipped, std::fs::read(root.join(path)).unwrap(), "{path}");
        }
        std::fs::write(&file, "name = 'another'").unwrap();
        assert_eq!(unpack("dispatch", workspace.path()).unwrap().as_ref(), Some(&file));
        assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(root.join("pipelines/dispatch.toml")).unwrap());
        assert_eq!(unpack("nothing", workspace.path()).unwrap(), None);
    }
}
