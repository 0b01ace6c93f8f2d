//! Owns how a legacy key becomes a UUID. Must not know: mappings, tables or databases.

use uuid::Uuid;

use crate::error::Result;
use crate::key::KeyColumn;

/// The UUID namespace of a pipeline: the same keys under the same namespace give the same UUIDs, anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        Ok(Uuid::new_v5(&self.0, buffer.as_bytes()))
    }
}
