//! Owns `rehome cluster worker`, and who is meant by the names of workers. Must not know: how it was typed, or what a worker does.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use url::Url;

use crate::engine::cluster::{Cluster, Node, Trust, serve};
use crate::engine::{Identity, Settings};
use crate::error::{At, Error, Result};
use crate::run::far::head::Head;
use crate::run::{Machines, Setting};

/// The workers that these `host:port` name.
///
/// # Errors
/// [`crate::error::Kind::Config`] for one that names none.
pub fn workers(named: &[String], trust: Trust) -> Result<Cluster> {
    let one = |name: &String| {
        let url = Url::parse(&format!("http://{name}")).ok();
        let whole = url.filter(|url| url.port().is_some() && url.path() == "/" && url.username().is_empty());
        whole.ok_or_else(|| Error::config("not the address of a worker").hint("--engine host:port,host:port"))
    };
    let workers = named.iter().map(one).collect::<Result<_>>()?;
    Cluster::new(workers, trust)
}

/// A worker that listens.
pub struct Worker {
    listener: TcpListener,
    address: SocketAddr,
    node: Node,
    setting: Setting,
}

impl Worker {
    /// Takes the address.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for an address that is taken or not ours, and one that others reach, where nothing is asked of them.
    pub async fn bind(address: SocketAddr, trust: Trust, setting: &Setting) -> Result<Self> {
        let taken = |error: std::io::Error| {
            Error::config(format!("cannot listen: {}", error.kind())).at(At::Server, address.to_string())
        };
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let address = listener.local_addr()?;
        if trust.is_blind() && !address.ip().is_loopback() {
            return Err(Error::config("without a token or certificates, a worker serves its own machine alone")
                .at(At::Server, address.to_string())
                .hint("REHOME_CLUSTER_TOKEN, or --token-file, the same for all machines; or --cluster-cert and what belongs to it"));
        }
        let spill = setting.spill_folder()?;
        let settings = Settings {
            memory: setting.memory,
            partitions: setting.threads(),
            spill,
            identity: Arc::new(Identity::default()),
        };
        Ok(Self { listener, address, node: Node::new(&settings, trust)?, setting: setting.clone() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Works until it is told to end, and then ends at once: what it had under way is given to another worker.
    ///
    /// # Errors
    /// [`crate::error::Kind::Retryable`] when no connection can be taken any more.
    pub async fn serve(self) -> Result<()> {
        let setting = Setting { machines: Machines::This, store: None, ..self.setting.clone() };
        let head = Arc::new(Head::new(self.node.clone(), setting));
        tokio::select! {
            ended = serve(self.listener, &self.node, Some(head), std::future::pending()) => ended,
            () = self.setting.cancel.cancelled() => Ok(()),
        }
    }
}
