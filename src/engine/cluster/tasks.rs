//! Owns what a worker is asked to do beside parts of plans: a task of whoever uses the cluster, as bytes, and what is said about it while
//! it is done. Must not know: what tasks there are.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::Service;
use tonic::metadata::MetadataMap;
use tonic::server::{NamedService, ServerStreamingService};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use url::Url;

use super::token::Token;
use super::{fault, network};
use crate::error::Result;

const SERVICE: &str = "rehome.Tasks";
const METHOD: &str = "/rehome.Tasks/Perform";
/// The longest message, in bytes.
const LONGEST: usize = 256 << 20;

/// Whoever does the tasks of a worker.
pub trait Tasks: Send + Sync + 'static {
    /// Does one; what it says is sent as it comes. It is given up when the stream is dropped: nobody listens any more.
    fn perform(self: Arc<Self>, task: Bytes) -> BoxStream<'static, Bytes>;
}

/// Tasks, as a service of a worker.
#[derive(Clone)]
pub struct Served(pub Arc<dyn Tasks>);

impl NamedService for Served {
    const NAME: &'static str = SERVICE;
}

impl Service<http::Request<Body>> for Served {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let performing = Performing(self.0.clone());
        Box::pin(async move {
            let grpc = tonic::server::Grpc::new(Plain);
            let mut grpc = grpc.apply_max_message_size_config(Some(LONGEST), Some(LONGEST));
            Ok(grpc.server_streaming(performing, request).await)
        })
    }
}

struct Performing(Arc<dyn Tasks>);

impl ServerStreamingService<Bytes> for Performing {
    type Response = Bytes;
    type ResponseStream = BoxStream<'static, Result<Bytes, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let said = network::made_here(self.0.clone().perform(request.into_inner())).map(Ok).boxed();
        Box::pin(async move { Ok(Response::new(said)) })
    }
}

/// Gives a worker a task; what it says comes as it says it.
///
/// # Errors
/// [`crate::error::Kind::Auth`] where it refuses the token, [`crate::error::Kind::Retryable`] where it is not there, or is lost on the way.
pub async fn give(
    worker: &Url,
    channel: Channel,
    token: Option<&Token>,
    task: Bytes,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let url = worker.clone();
    let told = move |status: &Status| fault::of(status, &url);
    let grpc = tonic::client::Grpc::new(channel);
    let mut grpc = grpc.max_decoding_message_size(LONGEST).max_encoding_message_size(LONGEST);
    grpc.ready().await.map_err(|_| told(&Status::unavailable("no connection")))?;
    let mut request = Request::new(task);
    if let Some(token) = token {
        let mut headers = http::HeaderMap::new();
        token.put(&mut headers);
        *request.metadata_mut() = MetadataMap::from_headers(headers);
    }
    let answer = grpc.server_streaming(request, PathAndQuery::from_static(METHOD), Plain).await;
    let said = answer.map_err(|status| told(&status))?.into_inner();
    Ok(said.map(move |said| said.map_err(|status| told(&status))).boxed())
}

/// Messages are what they are.
#[derive(Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }
}
