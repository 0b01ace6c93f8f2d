//! Owns what a local folder is: a snapshot, one in the making, what is left of one, or nothing of ours; and how it goes.
//! Must not know: which snapshots somebody needs.

use std::path::{Path, PathBuf};

use super::claim::{self, Claim, remove_empty};
use super::manifest::is_ours;
use super::{MANIFEST, Snapshot};
use crate::error::{At, Error, Kind, Result};
use crate::storage::{Location, PARTIAL};

/// What a folder is.
#[derive(Debug, Clone)]
pub enum State {
    /// A published snapshot. Its files are not looked at.
    Complete(Box<Snapshot>),
    /// Its manifest cannot be used, because of this.
    Broken(Error),
    /// A process writes a snapshot there now.
    Writing,
    /// What is left of one that was never published.
    Void,
    /// Not a snapshot of ours.
    Foreign,
}

/// Looks what a local folder is.
///
/// # Errors
/// What the disk says.
pub async fn state(folder: &Path) -> Result<State> {
    let kind = std::fs::symlink_metadata(folder).map(|meta| meta.file_type());
    if !kind.is_ok_and(|kind| kind.is_dir()) {
        return Ok(State::Foreign);
    }
    if folder.join(MANIFEST).exists() {
        return match Snapshot::open(Location::folder(folder)?).await {
            Ok(snapshot) => Ok(State::Complete(Box::new(snapshot))),
            Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::Config) => Ok(State::Broken(error)),
            Err(error) => Err(error),
        };
    }
    if claim::is_taken(folder) {
        return Ok(State::Writing);
    }
    // Of an empty folder with somebody else's name nothing can be told.
    let contents = contents(folder)?;
    let named = folder.file_name().is_some_and(|name| is_named(&name.to_string_lossy()));
    let marked = folder.join(claim::NAME).exists();
    Ok(if contents.foreign.is_none() && (named || marked) { State::Void } else { State::Foreign })
}

/// `20261120T101112123Z-0a1b`: the name of a place that the program chose itself.
fn is_named(name: &str) -> bool {
    let form = "00000000T000000000Z-xxxx";
    name.len() == form.len()
        && name.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            other => byte == other,
        })
}

/// The name of a file that was being written when its process ended?
pub(super) fn is_partial(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|file| file.starts_with(PARTIAL))
}

/// What lies in a folder.
#[derive(Default)]
struct Contents {
    /// Files that a snapshot can hold.
    files: Vec<PathBuf>,
    bytes: u64,
    /// Something that it cannot.
    foreign: Option<PathBuf>,
}

fn contents(folder: &Path) -> Result<Contents> {
    let mut found = Contents::default();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at)? {
            let entry = entry?;
            let (path, meta) = (entry.path(), entry.metadata()?);
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            if meta.is_dir() {
                open.push(path);
            } else if meta.is_file()
                && (is_ours(&name) || is_partial(&name) || [MANIFEST, claim::NAME].contains(&&*name))
            {
                found.files.push(path);
                found.bytes += meta.len();
            } else {
                found.foreign = Some(path);
            }
        }
    }
    Ok(found)
}

/// Removes a snapshot, or what is left of one, from the local disk; gives its bytes. With `dry`, only looks.
/// The manifest goes first: a removal that is interrupted leaves what is void, and no snapshot that lacks files.
///
/// # Errors
/// [`Kind::Locked`] for one in the making; [`Kind::Config`] for a folder that holds anything that is not ours, of which
/// nothing is removed; what the disk says.
pub async fn remove(folder: &Path, dry: bool) -> Result<u64> {
    let shown = folder.display().to_string();
    let foreign = |path: &Path| {
        Err(Error::config("this is not a snapshot, or not only one: it is left as it is")
            .at(At::File, path.display().to_string())
            .hint("remove by hand what you do not need"))
    };
    match state(folder).await? {
        State::Writing => return Err(Error::new(Kind::Locked, "a snapshot is being written there").at(At::File, shown)),
        State::Foreign => return foreign(folder),
        State::Complete(_) | State::Broken(_) | State::Void => {}
    }
    let contents = contents(folder)?;
    if let Some(path) = contents.foreign {
        return foreign(&path);
    }
    if dry {
        return Ok(contents.bytes);
    }
    let claim = Claim::take(folder)?;
    let manifest = folder.join(MANIFEST);
    let rest = contents.files.iter().filter(|file| **file != manifest && !file.ends_with(claim::NAME));
    for file in contents.files.iter().filter(|file| **file == manifest).chain(rest) {
        std::fs::remove_file(file)?;
    }
    claim.give_up();
    remove_empty(folder, true);
    Ok(contents.bytes)
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn names_of_ours() {
        assert!(is_named("20261120T101112123Z-0a1b"));
        for name in ["", "snapshots", "20261120T101112123Z-0a1", "20261120T101112123Z-0a1g", "2026112xT101112123Z-0a1b"]
        {
            assert!(!is_named(name), "{name}");
        }
    }
}
