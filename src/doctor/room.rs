//! Owns how much room there is where snapshots and outcomes will lie. Must not know: what is written there.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::findings::{Findings, size};
use super::look::Look;
use crate::error::Kind;

/// What is left of a file system for who is no administrator, in bytes; None where nobody can tell.
pub(super) fn free(folder: &Path) -> Option<i64> {
    // The folder may still be to come.
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let path = CString::new(there.as_os_str().as_bytes()).ok()?;
    let mut stats = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte, and stats is large enough; it is read only where the call says that it filled it.
    let stats = unsafe {
        if libc::statvfs(path.as_ptr(), stats.as_mut_ptr()) != 0 {
            return None;
        }
        stats.assume_init()
    };
    #[allow(clippy::useless_conversion)] // Their types differ from system to system.
    let (blocks, block) = (i64::try_from(stats.f_bavail).ok()?, i64::try_from(stats.f_frsize).ok()?);
    blocks.checked_mul(block)
}

/// A snapshot and its outcomes take less than the source does, for Parquet is compressed and has no indexes.
pub(super) fn examine(workspace: &Path, source: Option<&Look>, found: &mut Findings) {
    let Some(free) = free(workspace) else {
        return found.note("disk", "how much room there is for snapshots cannot be told", Vec::new());
    };
    let room = format!("{} are free for snapshots and outcomes", size(free));
    let Some(source) = source else { return found.ok("disk", room) };
    let told = format!("{room}; the source is {}", size(source.server.size));
    let fix = || vec!["--dir FOLDER on a larger disk".to_owned()];
    match source.server.size {
        whole if free >= whole => found.ok("disk", told),
        whole if free >= whole / 8 => found.warn("disk", format!("{told}: it may not be enough"), fix()),
        _ => found.fail(Kind::Resources, "disk", format!("{told}: it is not enough"), fix()),
    }
}
