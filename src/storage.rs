//! Owns where immutable files lie: a folder or an object store, addressed by a path or a URL.
//! Must not know: what the files hold. Nothing here overwrites a file, unless it is told to replace it.

mod remote;
pub mod seal;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::{At, Error, Kind, Result};
use remote::meaning;

/// A folder on a local disk, or a prefix of an object store. Prints as what can be typed to name it again.
#[derive(Clone)]
pub struct Location {
    store: Arc<dyn ObjectStore>,
    /// The store's own URL, under which an engine may register it.
    base: Url,
    prefix: Path,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    Remote(Url),
}

impl Location {
    /// Reads a path or a URL (`file:`, `s3:`, `memory:`). Credentials come from the environment (`AWS_…`), never from
    /// the URL.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the text names no store this build knows, or holds a secret.
    pub fn parse(text: &str) -> Result<Self> {
        match Url::parse(text) {
            Ok(url) if url.scheme() == "file" => {
                // The URL is not shown: somebody may have put a password into it.
                let bare = url.query().is_none() && url.fragment().is_none();
                let path = url.to_file_path().ok().filter(|_| bare);
                let path = path.ok_or_else(|| {
                    Error::config("not a usable file URL").hint("file:///path/to/folder, with %3F for ? and %23 for #")
                })?;
                Self::folder(&path)
            }
            Ok(url) if is_url(text) => Self::remote(url),
            Err(_) if is_url(text) => {
                Err(Error::config("not a usable URL of a place").hint("such as s3://bucket/prefix"))
            }
            _ => Self::folder(FilePath::new(text)),
        }
    }

    /// A local folder; it need not exist yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the path cannot be used: its name must be UTF-8.
    pub fn folder(path: &FilePath) -> Result<Self> {
        let unusable = || Error::config(format!("not a usable folder: {}", path.display()));
        if path.as_os_str().is_empty() {
            return Err(unusable());
        }
        let absolute = straight(std::path::absolute(path)?).ok_or_else(unusable)?;
        let prefix = Path::from_absolute_path(&absolute).map_err(|_| unusable())?;
        let store = LocalFileSystem::new().with_automatic_cleanup(false);
        Ok(Self { store: Arc::new(store), base: base("file", "")?, prefix, place: Place::Folder(absolute) })
    }

    fn remote(url: Url) -> Result<Self> {
        let (store, prefix) = remote::open(&url)?;
        let base = match url.scheme() {
            // Each is a store of its own.
            "memory" => base("memory", &uuid::Uuid::new_v4().simple().to_string())?,
            scheme => base(scheme, url.host_str().unwrap_or_default())?,
        };
        Ok(Self { store, base, prefix, place: Place::Remote(url) })
    }

    /// The place below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let place = match &self.place {
            Place::Folder(folder) => Place::Folder(folder.join(name)),
            Place::Remote(url) => {
                let mut url = url.clone();
                if let Ok(mut path) = url.path_segments_mut() {
                    path.pop_if_empty().extend(name.split('/'));
                }
                Place::Remote(url)
            }
        };
        Self { store: self.store.clone(), base: self.base.clone(), prefix: self.path(name), place }
    }

    /// The store itself, for an engine that reads many files.
    #[must_use]
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        self.store.clone()
    }

    /// The URL under which the store is one store (`file:///`, `s3://bucket`).
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The path of a file inside the store.
    #[must_use]
    pub fn path(&self, name: &str) -> Path {
        let joined = if self.prefix.as_ref().is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) };
        // What is no name of a file (`..`, a control character) is spelt otherwise: it cannot lead out of the place.
        Path::parse(joined).unwrap_or_else(|_| name.split('/').fold(self.prefix.clone(), Path::join))
    }

    /// The URL of a file, for an engine that knows the store by its [`Location::base`]: whatever the place is called.
    #[must_use]
    pub fn url(&self, name: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(self.path(name).parts().map(|part| part.as_ref().to_owned()));
        }
        url
    }

    /// The local folder, where it is one.
    #[must_use]
    pub fn local(&self) -> Option<&FilePath> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Remote(_) => None,
        }
    }

    /// Publishes a file, whole or not at all. A file that is there already is left as it is.
    /// On a local disk the bytes are synced and the file is readable by its owner alone: it may hold clinical data.
    ///
    /// # Errors
    /// [`crate::error::Kind::Resources`] when the disk is full, else what the store says.
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        self.create(name, bytes).await.map(|_| ())
    }

    /// As [`Self::put`]; gives whether the file was not there before.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn create(&self, name: &str, bytes: Bytes) -> Result<bool> {
        if let Some(folder) = self.local() {
            let target = folder.join(name);
            return tokio::task::spawn_blocking(move || publish_local(&target, &bytes))
                .await
                .map_err(|_| Error::unexpected("a write was abandoned"))?
                .map_err(|error| match error.kind() {
                    // Which disk it is, only the whole path says.
                    Kind::Resources => error.at(At::File, folder.join(name).display().to_string()),
                    _ => error.at(At::File, name),
                });
        }
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&self.path(name), bytes.into(), options).await {
            Ok(_) => Ok(true),
            Err(StoreError::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(meaning(&error).at(At::File, name)),
        }
    }

    /// Publishes a file of another place under the same name: on a local disk it is one file with two names. One that is there
    /// already is left as it is, and false then.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] when there is none there; what the store says.
    pub async fn take_over(&self, from: &Self, name: &str) -> Result<bool> {
        if let (Some(folder), Some(other)) = (self.local(), from.local()) {
            let (target, source) = (folder.join(name), other.join(name));
            let linked = tokio::task::spawn_blocking(move || link_local(&source, &target)).await;
            if let Ok(is_new) = linked.map_err(|_| Error::unexpected("a write was abandoned"))? {
                return Ok(is_new);
            }
            // Another disk, or one that knows no links.
        }
        let gone = || Error::new(Kind::Corrupt, "a file is missing").at(At::File, name);
        self.create(name, from.get(name).await?.ok_or_else(gone)?).await
    }

    /// Writes a file in place of an older one, whole or not at all. For what tells of a state, not for data.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn replace(&self, name: &str, bytes: Bytes) -> Result<()> {
        if let Some(folder) = self.local() {
            let target = folder.join(name);
            return tokio::task::spawn_blocking(move || {
                let shown = target.display().to_string();
                let partial = partial(&target, &bytes).map_err(|error| error.at(At::File, &shown))?;
                partial.persist(&target).map_err(|error| Error::from(error.error).at(At::File, shown))?;
                Ok(())
            })
            .await
            .map_err(|_| Error::unexpected("a write was abandoned"))?;
        }
        let written = self.store.put(&self.path(name), bytes.into()).await;
        written.map(|_| ()).map_err(|error| meaning(&error).at(At::File, name))
    }

    /// Reads a whole file; None when there is none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        let Some(found) = found(self.store.get(&self.path(name)).await, name)? else { return Ok(None) };
        found.bytes().await.map(Some).map_err(|error| meaning(&error).at(At::File, name))
    }

    /// Reads a part of a file, which must be there.
    ///
    /// # Errors
    /// [`crate::error::Kind::Corrupt`] when there is none; what the store says.
    pub async fn get_part(&self, name: &str, range: Range<u64>) -> Result<Bytes> {
        let part = self.store.get_range(&self.path(name), range).await;
        part.map_err(|error| meaning(&error).at(At::File, name))
    }

    /// The bytes that a file has; None when there is none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn size(&self, name: &str) -> Result<Option<u64>> {
        Ok(found(self.store.head(&self.path(name)).await, name)?.map(|meta| meta.size))
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove(&self, name: &str) -> Result<()> {
        found(self.store.delete(&self.path(name)).await, name).map(|_| ())
    }

    /// The names of all files below, relative to this place, sorted.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self) -> Result<Vec<String>> {
        Ok(self.sizes().await?.into_keys().collect())
    }

    /// All files below: name, relative to this place, and bytes.
    ///
    /// # Errors
    /// What the store says.
    pub async fn sizes(&self) -> Result<BTreeMap<String, u64>> {
        let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
        let found: Vec<_> = self.store.list(prefix).try_collect().await.map_err(|error| meaning(&error))?;
        let named = found.into_iter().filter_map(|meta| {
            let parts: Vec<_> = meta.location.prefix_match(&self.prefix)?.collect();
            Some((parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/"), meta.size))
        });
        Ok(named.collect())
    }

    /// The names of the folders right below, sorted; none where nothing is there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn folders(&self) -> Result<Vec<String>> {
        if let Some(folder) = self.local() {
            return local_folders(folder);
        }
        let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
        let found = self.store.list_with_delimiter(prefix).await.map_err(|error| meaning(&error))?;
        let name = |path: Path| path.prefix_match(&self.prefix)?.next().map(|part| part.as_ref().to_owned());
        let mut names: Vec<String> = found.common_prefixes.into_iter().filter_map(name).collect();
        names.sort();
        Ok(names)
    }

    /// Removes every file below. Only for what has not been published.
    ///
    /// # Errors
    /// What the store says.
    pub async fn clear(&self) -> Result<()> {
        for name in self.list().await? {
            self.remove(&name).await?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Folder(folder) => write!(f, "{}", folder.display()),
            Place::Remote(url) => f.write_str(url.as_str()),
        }
    }
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A store's own form shows its settings.
        write!(f, "Location({self})")
    }
}

fn local_folders(of: &FilePath) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if of.exists() {
        for entry in std::fs::read_dir(of)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

/// The SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// `scheme://…`: it is meant as a URL, also where it is none.
#[must_use]
pub fn is_url(text: &str) -> bool {
    let letter = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.');
    text.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.chars().all(letter))
}

fn base(scheme: &str, host: &str) -> Result<Url> {
    Url::parse(&format!("{scheme}://{host}/")).map_err(|_| Error::config("not a usable URL of a place"))
}

/// A path without `..`: the part of it that exists is asked where it leads.
fn straight(path: PathBuf) -> Option<PathBuf> {
    if !path.components().any(|part| part == Component::ParentDir) {
        return Some(path);
    }
    let (known, rest) = path.ancestors().find_map(|known| {
        let rest = path.strip_prefix(known).ok()?;
        Some((known.canonicalize().ok()?, rest))
    })?;
    rest.components().all(|part| part != Component::ParentDir).then(|| known.join(rest))
}

/// None for what is not there; a store that is not there is an error.
fn found<T>(result: object_store::Result<T>, name: &str) -> Result<Option<T>> {
    let missing = match result {
        Ok(found) => return Ok(Some(found)),
        Err(error @ StoreError::NotFound { .. }) => meaning(&error),
        Err(error) => return Err(meaning(&error).at(At::File, name)),
    };
    if missing.kind() == crate::error::Kind::Corrupt { Ok(None) } else { Err(missing) }
}

/// A file beside `target`, written and synced, which only its owner can read.
fn partial(target: &FilePath, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    let folder = target.parent().ok_or_else(|| Error::unexpected("a file without a folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(PARTIAL)
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    Ok(file)
}

/// How the name of a file begins that is being written to a local folder.
pub const PARTIAL: &str = ".partial-";

fn publish_local(target: &FilePath, bytes: &[u8]) -> Result<bool> {
    match partial(target, bytes)?.persist_noclobber(target) {
        Ok(_) => {
            let folder = target.parent().ok_or_else(|| Error::unexpected("a file without a folder"))?;
            std::fs::File::open(folder)?.sync_all()?;
            Ok(true)
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error.into()),
    }
}

fn link_local(source: &FilePath, target: &FilePath) -> Result<bool> {
    let folder = target.parent().ok_or_else(|| Error::unexpected("a file without a folder"))?;
    std::fs::create_dir_all(folder)?;
    match std::fs::hard_link(source, target) {
        Ok(()) => {
            std::fs::File::open(folder)?.sync_all()?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Location, is_url};
    use crate::error::Kind;

    #[test]
    fn what_holds_a_secret_is_refused_and_not_told() {
        for text in [
            "s3://key:s3cret@bucket/x",
            "s3://s3cret@bucket/x",
            "file://me:s3cret@host/x",
            "s3://me:s3cret@bu cket:99999/x",
            "postgres://me:s3cret@host/db",
            "https://bucket.s3.eu-west-1.amazonaws.com/x?X-Amz-Signature=s3cret",
        ] {
            let error = Location::parse(text).unwrap_err();
            assert_eq!(error.kind(), Kind::Config, "{text}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_place_prints_as_it_can_be_typed() {
        for name in ["a b", "ä/ö%41", "q?#[x]*", "s3:", "%2e%2e"] {
            let folder = std::path::absolute("somewhere").unwrap().join(name);
            let place = Location::folder(&folder).unwrap().child("snapshots").child("x y#?");
            let again = Location::parse(&place.to_string()).unwrap();
            assert_eq!(again.local(), place.local());
            assert_eq!(again.local(), Some(folder.join("snapshots/x y#?").as_path()));
        }
        let place = Location::parse("memory:///a%20b/%C3%A4").unwrap().child("c?d%#");
        assert_eq!(place.to_string(), "memory:///a%20b/%C3%A4/c%3Fd%25%23");
        assert!(is_url("s3://x") && !is_url("a/s3://x") && !is_url("://"));
    }

    #[test]
    fn a_path_may_go_up() {
        let place = Location::folder(std::path::Path::new("src/../not-there/yet")).unwrap();
        let here = std::env::current_dir().unwrap().canonicalize().unwrap();
        assert_eq!(place.local(), Some(here.join("not-there/yet").as_path()));
        assert!(Location::folder(std::path::Path::new("not-there/../x")).is_err());
        assert!(Location::parse("").is_err());
    }
}
