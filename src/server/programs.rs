//! Owns where PostgreSQL's own programs are on this machine. Must not know: what they are started for.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{At, Error, Result};

/// A folder that holds everything a server needs.
#[derive(Debug, Clone)]
pub(super) struct Programs(PathBuf);

impl Programs {
    /// Those of this folder, where one is given; else looks in PATH, asks `pg_config`, then looks where packages put them, newest
    /// first.
    pub(super) fn find(given: Option<&Path>) -> Result<Self> {
        if let Some(folder) = given {
            return match is_complete(folder) {
                true => Ok(Self(folder.to_owned())),
                false => {
                    Err(Error::config("the folder does not hold PostgreSQL's programs (initdb, pg_ctl, postgres)")
                        .at(At::File, folder.display().to_string()))
                }
            };
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let in_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        in_path
            .into_iter()
            .chain(told_by_pg_config())
            .chain(packaged())
            .find(|folder| is_complete(folder))
            .map(Self)
            .ok_or_else(|| {
                Error::config("no PostgreSQL server is installed here (initdb, pg_ctl, postgres)")
                    .hint("install one, on Debian: apt-get install postgresql; or put its bin folder into PATH")
            })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
}

fn told_by_pg_config() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(said.stdout).ok()?.trim()))
}

/// `/usr/lib/postgresql/17/bin` (Debian) and `/usr/pgsql-17/bin` (Red Hat), the highest version first.
fn packaged() -> Vec<PathBuf> {
    let below = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let red_hat = below("/usr").filter(|path| path.to_string_lossy().contains("/pgsql-"));
    let mut found: Vec<(u32, PathBuf)> = below("/usr/lib/postgresql")
        .chain(red_hat)
        .filter_map(|path| {
            let version = path.file_name()?.to_str()?.trim_start_matches("pgsql-").split('.').next()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, path)| path).collect()
}
