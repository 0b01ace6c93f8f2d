//! Owns how an object store is reached: its URL, its settings from the environment, and what its errors mean.
//! Must not know: what is stored. No text of an answer is ever shown: it may tell a key.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, Error as StoreError, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use crate::error::{At, Error, Kind, Result};

/// One request with its body; `AWS_TIMEOUT` sets another (for example `10 minutes`, for large files on slow lines).
const REQUEST: Duration = Duration::from_mins(2);
const CONNECT: Duration = Duration::from_secs(5);
/// How long a store that fails is tried again: longer than a hiccup, and an end is in sight.
const RETRY: Duration = Duration::from_secs(40);
const RETRIES: usize = 8;
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
const SETTINGS: &str = "AWS_";

/// The store of a URL, and the path in it.
///
/// # Errors
/// [`Kind::Config`] for a store this build does not know, for settings that do not fit, and for a URL with a secret.
pub(super) fn open(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path)> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("an object store's URL must not hold credentials")
            .hint("put them into the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::config("an object store's URL has no ? and no #")
            .hint("in the name of a folder write %3F and %23; settings come from the environment (AWS_…)"));
    }
    let unknown = || {
        Error::config(format!("no object store is known for {}://", url.scheme()))
            .hint("this build knows folders, file:///… and s3://bucket/prefix")
    };
    let (scheme, path) = ObjectStoreScheme::parse(url).map_err(|_| match url.scheme() {
        "s3" | "s3a" | "memory" => Error::config("the bucket or the path of the object store's URL cannot be used")
            .hint("such as s3://bucket/prefix, without empty parts"),
        _ => unknown(),
    })?;
    match scheme {
        ObjectStoreScheme::Memory => Ok((Arc::new(InMemory::new()), path)),
        ObjectStoreScheme::AmazonS3 => Ok((Arc::new(s3(url)?), path)),
        _ => Err(unknown()),
    }
}

fn s3(url: &Url) -> Result<object_store::aws::AmazonS3> {
    let backoff = BackoffConfig { max_backoff: LONGEST_PAUSE, ..BackoffConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_url(url.as_str())
        .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY })
        .with_client_options(ClientOptions::new().with_timeout(REQUEST).with_connect_timeout(CONNECT));
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        // Without the prefix a TOKEN or a BUCKET of somebody else's would count too.
        if let (true, Ok(key)) = (name.starts_with(SETTINGS), name.to_ascii_lowercase().parse()) {
            builder = builder.with_config(key, value);
        }
    }
    builder.build().map_err(|_| {
        Error::config("the settings of the object store do not fit")
            .hint("look at the AWS_… variables of the environment")
    })
}

/// What an error of a store means. Its text is looked at, and not told.
pub(super) fn meaning(error: &StoreError) -> Error {
    let chain = || std::iter::successors(Some(error as &dyn std::error::Error), |inner| inner.source());
    for io in chain().filter_map(|inner| inner.downcast_ref::<std::io::Error>()) {
        match io.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                return Error::from(std::io::Error::from(io.kind()));
            }
            std::io::ErrorKind::PermissionDenied => return Error::new(Kind::Privilege, "the file may not be used"),
            _ => {}
        }
    }
    let text = chain().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["NoSuchBucket"]) {
        return Error::config("there is no such bucket");
    }
    if says(&REFUSED) {
        return credentials("the store does not accept the credentials");
    }
    if says(&["latest/meta-data", "latest/api/token"]) {
        return credentials("there are no credentials for the store");
    }
    if says(&["PermanentRedirect", "AuthorizationHeaderMalformed", "incorrectly configured region"]) {
        return Error::config("the bucket is in another region").hint("name it in AWS_REGION");
    }
    if says(&["scheme is not allowed"]) {
        return Error::config("the store's endpoint is not encrypted")
            .hint("use https, or set AWS_ALLOW_HTTP=true where nobody listens");
    }
    if says(&["invalid peer certificate"]) {
        return Error::new(Kind::Auth, "the store's certificate cannot be trusted");
    }
    match error {
        StoreError::PermissionDenied { .. } => Error::new(Kind::Privilege, "the store denies access"),
        StoreError::Unauthenticated { .. } => credentials("the store does not accept the credentials"),
        StoreError::NotFound { path, .. } => Error::new(Kind::Corrupt, "a file is missing").at(At::File, path.clone()),
        _ => Error::new(Kind::Retryable, "the store does not answer as it should")
            .hint("is the endpoint reachable (AWS_ENDPOINT, AWS_REGION)? The same command may succeed later"),
    }
}

/// Codes of S3 that mean: not with these credentials.
const REFUSED: [&str; 7] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "InvalidClientTokenId",
    "RequestTimeTooSkewed",
];

fn credentials(message: &str) -> Error {
    Error::new(Kind::Auth, message)
        .hint("they come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the machine's role")
}
