//! Owns how a snapshot in the making is told from one that was left: a locked file in its folder. The lock ends with
//! the process, however that ends. Object stores know no locks: there, what is not published is simply not there.
//! Must not know: what is written.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::{At, Error, Kind, Result};

/// The name of the locked file.
pub(super) const NAME: &str = ".writing";

/// A folder that is ours to write a snapshot into, as long as this lives.
#[derive(Debug)]
pub(super) struct Claim {
    folder: PathBuf,
    /// Was the folder made for this?
    made: bool,
    _lock: File,
}

impl Claim {
    /// Takes a folder, which is made if need be.
    ///
    /// # Errors
    /// [`Kind::Locked`] when somebody is writing there; what the disk says.
    pub(super) fn take(folder: &Path) -> Result<Self> {
        let made = !folder.exists();
        std::fs::create_dir_all(folder)?;
        let lock = File::options().create(true).truncate(false).read(true).write(true).open(folder.join(NAME))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), made, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::new(Kind::Locked, "a snapshot is being written to this place")
                .at(At::File, folder.display().to_string())
                .hint("name another place, or wait")),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Leaves a folder that holds a snapshot now.
    pub(super) fn leave(self) {
        forget(&self.folder.join(NAME));
    }

    /// Leaves a folder to which nothing was published: what is empty goes.
    pub(super) fn give_up(self) {
        forget(&self.folder.join(NAME));
        remove_empty(&self.folder, self.made);
    }
}

fn forget(file: &Path) {
    if let Err(error) = std::fs::remove_file(file) {
        log::debug!("the mark of a snapshot in the making stays: {}", error.kind());
    }
}

/// Removes folders that hold nothing, from the innermost; with `itself`, this one too. What is not empty stays.
pub(super) fn remove_empty(folder: &Path, itself: bool) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        remove_empty(&entry.path(), true);
    }
    if itself {
        // It fails for a folder that is not empty, which is what is wanted.
        let _ = std::fs::remove_dir(folder);
    }
}

/// Is a process writing a snapshot to this folder?
pub(super) fn is_taken(folder: &Path) -> bool {
    File::open(folder.join(NAME)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
