//! Owns the server: a listener, and each question answered by one function. Must not know: what is asked.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::cancel::Cancel;
use crate::error::{Error, Result};

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket that is listened on, and its address.
pub struct Listener {
    socket: TcpListener,
    pub address: SocketAddr,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Without what follows a question mark.
    pub path: String,
    /// What follows it, by name.
    pub query: BTreeMap<String, String>,
    pub cookies: BTreeMap<String, String>,
    pub bearer: Option<String>,
    /// The name by which the server was called.
    pub host: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Bytes,
    /// The name of the file that it is to become.
    pub file: Option<String>,
    /// Where to look instead.
    pub location: Option<String>,
    /// A cookie that the browser is to keep.
    pub cookie: Option<String>,
}

impl Answer {
    #[must_use]
    pub fn text(status: u16, content_type: &str, body: String) -> Self {
        Self { status, content_type: content_type.to_owned(), body: Bytes::from(body), ..Self::default() }
    }
}

/// Listens on an address, such as `127.0.0.1:9469` or `:9469`.
///
/// # Errors
/// [`crate::error::Kind::Config`] for an address that cannot be listened on.
pub async fn bind(address: &str) -> Result<Listener> {
    let whole = if address.starts_with(':') { format!("127.0.0.1{address}") } else { address.to_owned() };
    let refused = |why: std::io::Error| {
        Error::config(format!("cannot listen on {whole}: {}", why.kind()))
            .hint("an address is HOST:PORT, such as 127.0.0.1:9469; port 0 takes a free one")
    };
    let socket = TcpListener::bind(&whole).await.map_err(refused)?;
    let address = socket.local_addr().map_err(refused)?;
    Ok(Listener { socket, address })
}

/// Answers until `stop` is raised. Only GET and HEAD are answered: nothing can be changed.
pub async fn serve<F>(listener: Listener, stop: Cancel, answer: F)
where
    F: Fn(Asked) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
{
    let answer = Arc::new(answer);
    loop {
        let stream = tokio::select! {
            accepted = listener.socket.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    log::debug!("a connection could not be accepted: {}", error.kind());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = stop.cancelled() => return,
        };
        let (answer, stop) = (answer.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| one(answer.clone(), request));
            let mut server = hyper::server::conn::http1::Builder::new();
            let connection = server
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                ended = connection => if ended.is_err() { log::debug!("a client went away") },
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn one<F>(answer: Arc<F>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible>
where
    F: Fn(Asked) -> BoxFuture<'static, Answer>,
{
    let answered = if matches!(*request.method(), Method::GET | Method::HEAD) {
        answer(asked(&request)).await
    } else {
        Answer::text(405, "text/plain; charset=utf-8", "only GET is answered\n".to_owned())
    };
    Ok(response(answered))
}

fn asked(request: &Request<Incoming>) -> Asked {
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let cookies = header(COOKIE).unwrap_or_default().split(';').filter_map(|cookie| cookie.trim().split_once('='));
    Asked {
        path: request.uri().path().to_owned(),
        query: query.into_owned().collect(),
        cookies: cookies.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        bearer: header(hyper::header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
        host: header(hyper::header::HOST).map(str::to_owned),
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    if let Ok(status) = answer.status.try_into() {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    // No script, nothing of elsewhere, and no frame around it.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (CONTENT_TYPE, Some(answer.content_type)),
        (CACHE_CONTROL, Some("no-store".to_owned())),
        (CONTENT_SECURITY_POLICY, Some(policy.to_owned())),
        (hyper::header::X_CONTENT_TYPE_OPTIONS, Some("nosniff".to_owned())),
        (hyper::header::REFERRER_POLICY, Some("no-referrer".to_owned())),
        (CONTENT_DISPOSITION, answer.file.map(|name| format!("attachment; filename=\"{name}\""))),
        (LOCATION, answer.location),
        (hyper::header::SET_COOKIE, answer.cookie),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}
