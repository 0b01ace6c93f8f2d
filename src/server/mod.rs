//! Owns how a PostgreSQL server is found, trusted, reached and understood.
//! Must not know: what is read from it or written to it.

mod address;
mod cluster;
mod connection;
mod endpoint;
mod error;
mod parameters;
mod passfile;
mod pooler;
mod programs;
mod several;
pub mod sql;
mod tls;
mod watch;

pub use address::Address;
pub use cluster::{Cluster, Options as ClusterOptions};
pub use connection::Connection;
pub use error::{LACKS_PRIVILEGE, from_postgres, is_full};
pub use pooler::Pooler;
pub use tls::Protection;
pub use watch::farewell;
