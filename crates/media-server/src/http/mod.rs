//! HTTP for strangers: one request a connection, and a bound on everything.
mod places;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use telephony::{Event, kind};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    listen::{canonical, prepare},
    observe::Observer,
};

use self::places::{LONGEST_HEAD, MOST_HEADERS, Places};

pub use self::places::{HANDSHAKE_DEADLINE, REQUEST_DEADLINE};

/// After a failure of the system the next connection is accepted this much later.
const PAUSE: Duration = Duration::from_millis(50);

/// What an answer is made of.
pub type Answer = Response<Full<Bytes>>;

/// Accepts connections until it is dropped; each is carried in a task of its own, those beyond the bounds are closed.
/// `transport` is its word in events.
pub async fn accept<F>(
    listener: TcpListener,
    transport: &'static str,
    observer: Observer,
    carry: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Places::default());
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, remote) = match listener.accept().await {
            Ok((stream, remote)) => (stream, canonical(remote)),
            Err(error) => {
                if error.kind() != io::ErrorKind::ConnectionAborted {
                    tracing::warn!(%error, transport, "accept failed");
                    sleep(PAUSE).await;
                }
                continue;
            }
        };
        match places.take(remote.ip()) {
            Ok(place) => {
                prepare(&stream);
                let carried = carry(stream, remote);
                connections.spawn(async move {
                    carried.await;
                    drop(place);
                });
            }
            Err(limit) => observer.tell(
                Event::new(&kind::CONNECTION_SHED)
                    .with("source", remote)
                    .with("transport", transport)
                    .with("limit", limit),
            ),
        }
    }
}

/// Reads one request, answers it, closes. Only GET and HEAD come to `answer`; all others get `405`.
///
/// # Errors
/// What is wrong with the request, in words; who has gone without one is no error.
pub async fn answer_one<S, F>(stream: S, answer: impl Fn(Request<Incoming>) -> F) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Answer>,
{
    let other_method = AtomicBool::new(false);
    let (answer, refused) = (&answer, &other_method);
    let service = service_fn(move |request: Request<Incoming>| async move {
        let answered = if matches!(*request.method(), Method::GET | Method::HEAD) {
            answer(request).await
        } else {
            refused.store(true, Ordering::Relaxed);
            not_allowed()
        };
        Ok::<_, std::convert::Infallible>(answered)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_DEADLINE)
        .keep_alive(false)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(REQUEST_DEADLINE, serving).await {
        Ok(Ok(())) if other_method.into_inner() => Err("the method is neither GET nor HEAD".to_owned()),
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.is_parse() => Err(error.to_string()),
        Ok(Err(error)) if error.is_timeout() => Err(too_slow()),
        // It has gone in the middle.
        Ok(Err(_)) => Ok(()),
        Err(_) => Err(too_slow()),
    }
}

/// One line of text.
pub fn line(status: StatusCode, line: &str) -> Answer {
    body(status, "text/plain; charset=utf-8", format!("{line}\n").into())
}

/// A body that nobody is to keep.
pub fn body(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn not_allowed() -> Answer {
    let mut response = line(StatusCode::METHOD_NOT_ALLOWED, "there is nothing here but GET and HEAD");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn too_slow() -> String {
    format!("no request, or nobody to take the answer, in {} s", REQUEST_DEADLINE.as_secs())
}

#[cfg(test)]
mod tests;
