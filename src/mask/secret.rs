//! Owns the secret of masking, and the numbers that are drawn from it: HMAC-SHA256. Must not know: what is masked.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The fewest bytes of a salt: who can guess it can try all values.
pub const SHORTEST: usize = 16;
const BLOCK: usize = 64;

/// A key, as the two hashes that HMAC begins with. What it was made of is not kept.
#[derive(Clone)]
pub struct Secret(Arc<Begun>);

struct Begun {
    inner: Sha256,
    outer: Sha256,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// The secret that a salt stands for.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for one that is shorter than [`SHORTEST`].
    pub fn new(salt: &[u8]) -> Result<Self> {
        if salt.len() < SHORTEST {
            return Err(Error::config(format!(
                "the salt for masking has {} bytes, {SHORTEST} are the least",
                salt.len()
            ))
            .hint("make one with: openssl rand -hex 32"));
        }
        Ok(Self::keyed(salt))
    }

    fn keyed(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let with = |pad: u8| Sha256::new_with_prefix(block.map(|byte| byte ^ pad));
        Self(Arc::new(Begun { inner: with(0x36), outer: with(0x5c) }))
    }

    /// 32 bytes that stand for the parts of a message; `use_of` keeps uses apart.
    pub(super) fn of(&self, use_of: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.0.inner.clone();
        for part in std::iter::once(&use_of.as_bytes()).chain(parts) {
            // With its length: no two lists of parts are one message.
            inner.update((part.len() as u64).to_be_bytes());
            inner.update(part);
        }
        self.0.outer.clone().chain_update(inner.finalize()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::Secret;

    #[test]
    fn it_is_hmac() {
        // RFC 4231, test cases 1 and 6.
        let plain = |key: &[u8], message: &[u8]| {
            let secret = Secret::keyed(key);
            let inner = secret.0.inner.clone().chain_update(message).finalize();
            hex::encode(secret.0.outer.clone().chain_update(inner).finalize())
        };
        let first = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(plain(&[0x0b; 20], b"Hi There"), first);
        let sixth = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(plain(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"), sixth);
    }

    #[test]
    fn a_salt_is_long_and_is_not_shown() {
        assert!(Secret::new(b"short").is_err());
        let secret = Secret::new(b"a salt of enough bytes").map(|secret| format!("{secret:?}"));
        assert_eq!(secret.ok().as_deref(), Some("Secret"));
    }
}
