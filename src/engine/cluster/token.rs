//! Owns the secret that coordinator and workers share: whoever does not know it is not served.
//! Must not know: what is asked with it.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderValue};
use sha2::{Digest, Sha256};
use tonic::metadata::MetadataMap;

use crate::error::{Error, Result};

/// Letters that a token has at least.
const SHORTEST: usize = 16;

/// A shared secret. Never shown.
#[derive(Clone)]
pub struct Token(Arc<HeaderValue>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// # Errors
    /// [`crate::error::Kind::Config`] for a text that is short, or that no header can hold.
    pub fn new(text: &str) -> Result<Self> {
        let unusable = || Error::config(format!("a token has {SHORTEST} or more letters and digits, and no blanks"));
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable());
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| unusable())?;
        value.set_sensitive(true);
        Ok(Self(Arc::new(value)))
    }

    /// Puts it among the headers of a request.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.0.as_ref().clone());
    }

    /// Does a request carry it? Hashes are compared, in a time that tells nothing of where texts differ.
    pub(super) fn is_in(&self, headers: &MetadataMap) -> bool {
        let Some(given) = headers.get(AUTHORIZATION.as_str()) else { return false };
        let hash = |bytes: &[u8]| Sha256::digest(bytes);
        openssl::memcmp::eq(&hash(given.as_encoded_bytes()), &hash(self.0.as_bytes()))
    }
}
