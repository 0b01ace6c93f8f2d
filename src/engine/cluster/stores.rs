//! Owns which stores a worker reads from: those that plans name, opened when they are first asked for, with the credentials of its own
//! environment. Must not know: what lies there.

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use object_store::ObjectStore;
use url::Url;

use crate::storage::Location;

/// Folders of this machine, and stores as [`Location::parse`] opens them.
#[derive(Debug, Default)]
pub struct Stores(DefaultObjectStoreRegistry);

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.0.register_store(url, store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if let Ok(known) = self.0.get_store(url) {
            return Ok(known);
        }
        let place = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
        let location = Location::parse(&place).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let store = location.store();
        self.0.register_store(location.base(), store.clone());
        Ok(store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.0.deregister_store(url)
    }
}
