//! Owns whom machines of a cluster trust: those that know the same token, those whose certificate the same authority has signed, or
//! who is both. With certificates, all that travels is encrypted.
//! Must not know: what is asked, or where secrets lie.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    AlpnError, Ssl, SslAcceptor, SslConnector, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::token::Token;
use crate::error::{Error, Result};

/// What is spoken over a connection, as both say beforehand.
const HTTP_2: &[u8] = b"\x02h2";
/// How long both may take until they know each other.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long the other side may take to hear that it is not accepted.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a machine shows of itself, and asks of others. By default nothing: then only the same machine is trusted.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub(super) token: Option<Token>,
    pub(super) tls: Option<Arc<Tls>>,
}

impl Trust {
    #[must_use]
    pub fn new(token: Option<Token>, tls: Option<Tls>) -> Self {
        Self { token, tls: tls.map(Arc::new) }
    }

    /// Is nothing asked of others?
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.token.is_none() && self.tls.is_none()
    }
}

/// A certificate with its key, and the authority that has signed those of all machines. Never shown.
pub struct Tls {
    worker: SslAcceptor,
    asker: SslConnector,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// `certificate`: with those between it and the authority, `key`: without a passphrase, `authority`: one or several. Each as PEM.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for what is none, and for a key that is not the certificate's.
    pub fn new(certificate: &[u8], key: &[u8], authority: &[u8]) -> Result<Self> {
        let unusable = |what: &str| Error::config(format!("{what} cannot be used")).hint("PEM, as openssl writes it");
        let chain = X509::stack_from_pem(certificate).map_err(|_| unusable("the certificate of this machine"))?;
        let own = chain.first().ok_or_else(|| unusable("the certificate of this machine"))?;
        // Nobody is asked for a passphrase: a worker starts by itself.
        let key = PKey::private_key_from_pem_callback(key, |_| Ok(0)).map_err(|_| {
            unusable("the key of this machine's certificate")
                .better_hint("PEM, as openssl writes it, without a passphrase")
        })?;
        if !own.public_key().is_ok_and(|public| key.public_eq(&public)) {
            return Err(Error::config("the key is not that of the certificate"));
        }
        let authorities = X509::stack_from_pem(authority).ok().filter(|authorities| !authorities.is_empty());
        let authorities = authorities.ok_or_else(|| unusable("the certificate of the authority"))?;
        let defect = |_: ErrorStack| Error::unexpected("a connection with certificates cannot be prepared");
        let worker = || {
            let mut worker = SslAcceptor::mozilla_modern_v5(SslMethod::tls_server())?;
            prepare(&mut worker, &chain, &key, &authorities)?;
            worker.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
            worker.set_alpn_select_callback(|_, asked| {
                openssl::ssl::select_next_proto(HTTP_2, asked).ok_or(AlpnError::ALERT_FATAL)
            });
            Ok(worker.build())
        };
        let asker = || {
            let mut asker = SslConnector::builder(SslMethod::tls_client())?;
            prepare(&mut asker, &chain, &key, &authorities)?;
            asker.set_verify(SslVerifyMode::PEER);
            asker.set_alpn_protos(HTTP_2)?;
            Ok(asker.build())
        };
        Ok(Self { worker: worker().map_err(defect)?, asker: asker().map_err(defect)? })
    }

    /// As one that is asked: others show a certificate, or are not served.
    pub(super) async fn accept(&self, connection: TcpStream) -> Option<SslStream<TcpStream>> {
        let mut stream = SslStream::new(Ssl::new(self.worker.context()).ok()?, connection).ok()?;
        let known = tokio::time::timeout(HANDSHAKE, Pin::new(&mut stream).accept()).await;
        if matches!(known, Ok(Ok(()))) {
            return Some(stream);
        }
        log::warn!("whoever asked showed no certificate that is accepted, or did not accept ours");
        // A connection that is closed with something unread is reset, and the other side would not hear why.
        let connection = stream.get_mut();
        let ending = async {
            connection.shutdown().await?;
            tokio::io::copy(connection, &mut tokio::io::sink()).await
        };
        let _ = tokio::time::timeout(FAREWELL, ending).await;
        None
    }

    /// As one that asks: the certificate of the other one has to name the host of its address.
    pub(super) async fn connect(&self, host: &str, connection: TcpStream) -> std::io::Result<SslStream<TcpStream>> {
        let ssl = self.asker.configure().and_then(|asked| asked.into_ssl(host)).map_err(std::io::Error::other)?;
        let mut stream = SslStream::new(ssl, connection).map_err(std::io::Error::other)?;
        let known = tokio::time::timeout(HANDSHAKE, Pin::new(&mut stream).connect()).await;
        known.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?.map_err(std::io::Error::other)?;
        Ok(stream)
    }
}

/// What both sides have in common. No authority that the system knows is trusted.
fn prepare(
    side: &mut SslContextBuilder,
    chain: &[X509],
    key: &PKey<Private>,
    authorities: &[X509],
) -> std::result::Result<(), ErrorStack> {
    side.set_min_proto_version(Some(SslVersion::TLS1_3))?;
    for (at, certificate) in chain.iter().enumerate() {
        if at == 0 {
            side.set_certificate(certificate)?;
        } else {
            side.add_extra_chain_cert(certificate.clone())?;
        }
    }
    side.set_private_key(key)?;
    let mut store = X509StoreBuilder::new()?;
    authorities.iter().try_for_each(|authority| store.add_cert(authority.clone()))?;
    side.set_cert_store(store.build());
    Ok(())
}
