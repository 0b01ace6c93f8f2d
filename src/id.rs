//! Owns how a legacy key becomes a UUID. Must not know: mappings, tables or databases.

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};

use crate::error::Result;
use crate::key::{KeyColumn, KeyType};

/// The UUID namespace of a pipeline: the same keys under the same namespace give the same UUIDs, anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace(Uuid);

impl Namespace {
    #[must_use]
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The namespace of a pipeline that names none: derived from its name.
    #[must_use]
    pub fn of_pipeline(name: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("rehome:pipeline:{name}").as_bytes()))
    }

    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// The `UUIDv5` of one row of `keys`: over `{entity}:{canonical typed key}`. `buffer` is reused between rows.
    ///
    /// # Errors
    /// As [`KeyColumn::write_canonical`].
    pub fn legacy_uuid(self, entity: &str, keys: &KeyColumn, row: usize, buffer: &mut String) -> Result<Uuid> {
        buffer.clear();
        buffer.push_str(entity);
        buffer.push(':');
        keys.write_canonical(row, buffer)?;
        Ok(self.v5(buffer.as_bytes()))
    }

    /// The same for a key that is known by its text alone, as mappings hold it, and by its type, if that is known.
    #[must_use]
    pub fn uuid_of_text(self, entity: &str, key: &str, ty: Option<&KeyType>) -> Uuid {
        let guessed = if key.parse::<i64>().is_ok() { KeyType::Number } else { KeyType::Text };
        let form = ty.unwrap_or(&guessed).canonical(key).unwrap_or_else(|| format!("text:{key}"));
        self.v5(format!("{entity}:{form}").as_bytes())
    }

    /// [`Uuid::new_v5`], by a hash that uses the processor's instructions for it: every id and every reference is one.
    fn v5(self, name: &[u8]) -> Uuid {
        let digest = Sha1::new_with_prefix(self.0.as_bytes()).chain_update(name).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_sha1_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_version_5() {
        let namespace = Namespace::of_pipeline("any");
        // Shorter and longer than one block of the hash.
        for length in [0, 1, 38, 39, 40, 47, 48, 103, 5_000] {
            let name = "x".repeat(length);
            assert_eq!(namespace.v5(name.as_bytes()), Uuid::new_v5(&namespace.0, name.as_bytes()), "{length}");
        }
    }
}
