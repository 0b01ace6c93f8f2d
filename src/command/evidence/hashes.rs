//! Owns the hashes of what is stored of a run. Must not know: what becomes of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{At, Error, Kind, Result};
use crate::outcomes::OutcomeStore;
use crate::processor::compute;
use crate::run::{Record, Setting};
use crate::storage::sha256;

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stored {
    pub bytes: u64,
    pub sha256: String,
}

/// All files of a run's outcomes, as they are now.
///
/// # Errors
/// [`Kind::Corrupt`] where one vanishes; what the store says.
pub async fn of_run(record: &Record, setting: &Setting) -> Result<BTreeMap<String, Stored>> {
    of(&OutcomeStore::open(&setting.place()?, &record.run.to_string()), setting).await
}

/// The same of a store; nothing where there is none.
///
/// # Errors
/// As [`of_run`].
pub async fn of(store: &OutcomeStore, setting: &Setting) -> Result<BTreeMap<String, Stored>> {
    let mut files = BTreeMap::new();
    for name in store.location().list().await? {
        setting.cancel.check()?;
        let gone = || Error::new(Kind::Corrupt, "a stored file has vanished").at(At::File, &name);
        let bytes = store.location().get(&name).await?.ok_or_else(gone)?;
        let length = bytes.len() as u64;
        files.insert(name, Stored { bytes: length, sha256: compute(move || sha256(&bytes)).await? });
    }
    Ok(files)
}
