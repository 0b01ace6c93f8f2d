//! Owns the folders that queries spill to: one for each process, so that what a process has left behind when it ended can be
//! told from what another one needs. Must not know: what spills.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{At, Error, Result};

/// What the name of the lock beside a folder ends with. It is held for as long as its process lives.
const LOCK: &str = "lock";

struct Held {
    workspace: PathBuf,
    folder: PathBuf,
    _lock: File,
}

static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

/// The folder of this process, made where it is missing; what processes left that are gone is removed first.
///
/// # Errors
/// What making a folder meets.
pub(super) fn folder(workspace: &Path) -> Result<PathBuf> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = held.iter().find(|held| held.workspace == workspace && held.folder.is_dir()) {
        return Ok(known.folder.clone());
    }
    let all = workspace.join("spill");
    let at_place = |error: std::io::Error| Error::from(error).at(At::File, all.display().to_string());
    std::fs::create_dir_all(&all).map_err(at_place)?;
    clear(&all);
    let folder = all.join(uuid::Uuid::new_v4().simple().to_string());
    let lock = File::create(folder.with_extension(LOCK)).map_err(at_place)?;
    lock.lock().map_err(at_place)?;
    std::fs::create_dir_all(&folder).map_err(at_place)?;
    held.push(Held { workspace: workspace.to_owned(), folder: folder.clone(), _lock: lock });
    Ok(folder)
}

/// Removes what this process has spilled: the last thing that a program does.
pub fn forget() {
    for held in HELD.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        remove(&held.folder);
    }
}

/// Removes the folders of processes that are gone, and what stands there without a lock.
fn clear(all: &Path) {
    for path in std::fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let is_lock = path.extension().is_some_and(|extension| extension == LOCK);
        let alone = !is_lock && !path.with_extension(LOCK).exists();
        let left =
            is_lock && File::open(&path).is_ok_and(|lock| !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        if left || alone {
            remove(&path.with_extension(""));
        }
    }
}

fn remove(folder: &Path) {
    let gone = std::fs::remove_dir_all(folder);
    if gone.is_err() && folder.exists() {
        log::debug!("what was spilled stays in {}", folder.display());
        return;
    }
    let _ = std::fs::remove_file(folder.with_extension(LOCK));
}
