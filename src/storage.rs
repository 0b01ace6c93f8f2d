//! Owns where immutable files lie: a folder or an object store, addressed by a path or a URL.
//! Must not know: what the files hold. Nothing here overwrites a file.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::{At, Error, Kind, Result};

/// A folder on a local disk, or a prefix of an object store.
#[derive(Clone, Debug)]
pub struct Location {
    store: Arc<dyn ObjectStore>,
    /// The store's own URL, under which an engine may register it.
    base: Url,
    prefix: Path,
    local: Option<PathBuf>,
}

impl Location {
    /// Reads a path or a URL (`file:`, `s3:`, `memory:`, …). Credentials come from the environment (`AWS_…`).
    ///
    /// # Errors
    /// [`Kind::Config`] when the text names no store this build knows.
    pub fn parse(text: &str) -> Result<Self> {
        match Url::parse(text) {
            Ok(url) if url.scheme() != "file" && text.contains("://") => Self::remote(&url),
            Ok(url) if url.scheme() == "file" => {
                let path = url.to_file_path().map_err(|()| Error::config(format!("not a usable file URL: {url}")))?;
                Self::folder(&path)
            }
            _ => Self::folder(FilePath::new(text)),
        }
    }

    /// A local folder; it need not exist yet.
    ///
    /// # Errors
    /// [`Kind::Config`] when the path cannot be made absolute.
    pub fn folder(path: &FilePath) -> Result<Self> {
        let absolute = std::path::absolute(path)?;
        let prefix = Path::from_absolute_path(&absolute)
            .map_err(|_| Error::config(format!("not a usable folder: {}", absolute.display())))?;
        let base = Url::parse("file:///").map_err(|_| Error::unexpected("the file URL"))?;
        let store = LocalFileSystem::new().with_automatic_cleanup(false);
        Ok(Self { store: Arc::new(store), base, prefix, local: Some(absolute) })
    }

    fn remote(url: &Url) -> Result<Self> {
        let environment = std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
        let (store, prefix) = object_store::parse_url_opts(url, environment)
            .map_err(|_| Error::config(format!("no object store is known for {}://", url.scheme())))?;
        let base = Url::parse(&format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()))
            .map_err(|_| Error::config("not a usable object store URL"))?;
        Ok(Self { store: Arc::from(store), base, prefix, local: None })
    }

    /// The place below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut child = self.clone();
        for part in name.split('/') {
            child.prefix = child.prefix.clone().join(part);
            child.local = child.local.map(|folder| folder.join(part));
        }
        child
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
        name.split('/').fold(self.prefix.clone(), object_store::path::Path::join)
    }

    /// The local folder, where it is one.
    #[must_use]
    pub fn local(&self) -> Option<&FilePath> {
        self.local.as_deref()
    }

    /// Publishes a file, whole or not at all. A file that is there already is left as it is.
    /// On a local disk the bytes are synced and the file is readable by its owner alone: it may hold clinical data.
    ///
    /// # Errors
    /// [`Kind::Resources`] when the disk is full, else what the store says.
    pub async fn put(&self, name: &str, bytes: Bytes) -> Result<()> {
        if let Some(folder) = &self.local {
            let target = folder.join(name);
            return tokio::task::spawn_blocking(move || publish_local(&target, &bytes))
                .await
                .map_err(|_| Error::unexpected("a write was abandoned"))?
                .map_err(|error| error.at(At::File, name));
        }
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&self.path(name), bytes.into(), options).await {
            Ok(_) | Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(store_error(&error).at(At::File, name)),
        }
    }

    /// Writes a file in place of an older one, whole or not at all. For what tells of a state, not for data.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn replace(&self, name: &str, bytes: Bytes) -> Result<()> {
        if let Some(folder) = &self.local {
            let target = folder.join(name);
            return tokio::task::spawn_blocking(move || {
                let partial = partial(&target, &bytes)?;
                partial.persist(&target).map_err(|error| Error::from(error.error))?;
                Ok(())
            })
            .await
            .map_err(|_| Error::unexpected("a write was abandoned"))?;
        }
        let written = self.store.put(&self.path(name), bytes.into()).await;
        written.map(|_| ()).map_err(|error| store_error(&error).at(At::File, name))
    }

    /// Reads a whole file; None when there is none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        let found = match self.store.get(&self.path(name)).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(store_error(&error).at(At::File, name)),
        };
        found.bytes().await.map(Some).map_err(|error| store_error(&error).at(At::File, name))
    }

    /// The names of all files below, relative to this place, sorted.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self) -> Result<Vec<String>> {
        let found: Vec<_> =
            self.store.list(Some(&self.prefix)).try_collect().await.map_err(|error| store_error(&error))?;
        let mut names: Vec<String> = found
            .into_iter()
            .filter_map(|meta| {
                let parts: Vec<_> = meta.location.prefix_match(&self.prefix)?.collect();
                Some(parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/"))
            })
            .collect();
        names.sort();
        Ok(names)
    }

    /// Removes every file below. Only for what has not been published.
    ///
    /// # Errors
    /// What the store says.
    pub async fn clear(&self) -> Result<()> {
        for name in self.list().await? {
            match self.store.delete(&self.path(&name)).await {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(store_error(&error)),
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.local {
            Some(folder) => write!(f, "{}", folder.display()),
            None => write!(f, "{}/{}", self.base.as_str().trim_end_matches('/'), self.prefix),
        }
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A file beside `target`, written and synced, which only its owner can read.
fn partial(target: &FilePath, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    let folder = target.parent().ok_or_else(|| Error::unexpected("a file without a folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".partial-")
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_data()?;
    Ok(file)
}

fn publish_local(target: &FilePath, bytes: &[u8]) -> Result<()> {
    match partial(target, bytes)?.persist_noclobber(target) {
        Ok(_) => {
            let folder = target.parent().ok_or_else(|| Error::unexpected("a file without a folder"))?;
            std::fs::File::open(folder)?.sync_all().map_err(Into::into)
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error.into()),
    }
}

fn store_error(error: &StoreError) -> Error {
    let full = std::iter::successors(Some(error as &dyn std::error::Error), |inner| inner.source())
        .filter_map(|inner| inner.downcast_ref::<std::io::Error>())
        .any(|inner| inner.kind() == std::io::ErrorKind::StorageFull);
    match error {
        _ if full => Error::from(std::io::Error::from(std::io::ErrorKind::StorageFull)),
        StoreError::PermissionDenied { .. } => Error::new(Kind::Privilege, "the store denies access"),
        StoreError::Unauthenticated { .. } => Error::new(Kind::Auth, "the store does not accept the credentials"),
        StoreError::NotFound { path, .. } => Error::new(Kind::Corrupt, "a file is missing").at(At::File, path.clone()),
        _ => Error::new(Kind::Retryable, "the store did not answer as it should"),
    }
}
