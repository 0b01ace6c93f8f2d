//! Owns connections that are encrypted, in the form in which those that speak over them want them.
//! Must not know: who is trusted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt};
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;
use tonic::codegen::Service;
use tonic::transport::server::Connected;

use super::trust::Tls;

/// Connections whose sides are not known to each other yet, at most so many at a time.
const UNKNOWN: usize = 64;

/// Connects with certificates.
#[derive(Clone)]
pub struct Encrypted(pub Arc<Tls>);

impl Service<Uri> for Encrypted {
    type Response = TokioIo<SslStream<TcpStream>>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let tls = self.0.clone();
        Box::pin(async move {
            let host = address.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let connection = TcpStream::connect((host.as_str(), address.port_u16().unwrap_or_default())).await?;
            connection.set_nodelay(true)?;
            tls.connect(&host, connection).await.map(TokioIo::new)
        })
    }
}

/// A connection that a worker has taken.
pub enum Taken {
    Plain(TcpStream),
    Encrypted(SslStream<TcpStream>),
}

/// The connections of a listener; with certificates, those alone whose other side is trusted. One that is slow to show its own keeps
/// none of the others waiting.
pub fn taken(listener: TcpListener, tls: Option<Arc<Tls>>) -> impl Stream<Item = io::Result<Taken>> {
    let arriving = stream::unfold(listener, |listener| async move {
        let taken = listener.accept().await.map(|(connection, _)| connection);
        Some((taken, listener))
    });
    let known = arriving.map(move |connection| {
        let tls = tls.clone();
        async move {
            match (connection, tls) {
                (Err(error), _) => Some(Err(error)),
                (Ok(connection), None) => Some(Ok(Taken::Plain(connection))),
                (Ok(connection), Some(tls)) => tls.accept(connection).await.map(|known| Ok(Taken::Encrypted(known))),
            }
        }
    });
    known.buffer_unordered(UNKNOWN).filter_map(std::future::ready)
}

impl Connected for Taken {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Taken {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(connection) => Pin::new(connection).poll_read(context, buffer),
            Self::Encrypted(connection) => Pin::new(connection).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Taken {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(connection) => Pin::new(connection).poll_write(context, bytes),
            Self::Encrypted(connection) => Pin::new(connection).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(connection) => Pin::new(connection).poll_flush(context),
            Self::Encrypted(connection) => Pin::new(connection).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(connection) => Pin::new(connection).poll_shutdown(context),
            Self::Encrypted(connection) => Pin::new(connection).poll_shutdown(context),
        }
    }
}
