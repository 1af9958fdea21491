//! The revocation list of our own CA over HTTP, for whoever trusts the CA (RFC 5280 section 4.2.1.13).
use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use axum::http::StatusCode;
use bytes::Bytes;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    http::{Answer, accept, answer_one, body, line},
    listen::{ListenError, Listeners, bind},
    observe::Observer,
};

/// What is given to everybody: the list and the root, as they are now. Cloned freely.
#[derive(Clone, Default)]
pub struct Published(Arc<RwLock<Option<Files>>>);

#[derive(Clone)]
struct Files {
    list: Bytes,
    root: Bytes,
}

impl Published {
    /// From now on this list (DER) and this root (PEM).
    pub fn publish(&self, list: Vec<u8>, root: String) {
        let files = Files { list: list.into(), root: root.into() };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(files);
    }

    fn answer(&self, path: &str) -> Answer {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        match (path, files) {
            ("/ca.crl", Some(files)) => body(StatusCode::OK, "application/pkix-crl", files.list),
            ("/ca.pem", Some(files)) => body(StatusCode::OK, "application/x-pem-file", files.root),
            ("/ca.crl" | "/ca.pem", None) => line(StatusCode::NOT_FOUND, "this server has no CA"),
            _ => line(StatusCode::NOT_FOUND, "there is nothing here but /ca.crl and /ca.pem"),
        }
    }
}

/// Serves both files at `address` as long as the tasks live: where it listens.
///
/// # Errors
/// [`ListenError`].
pub fn serve_list(
    address: SocketAddr,
    published: &Published,
    observer: &Observer,
    tasks: &mut JoinSet<()>,
) -> Result<Vec<SocketAddr>, ListenError> {
    let bound = bind(&[address.ip()], address.port(), Listeners::Tcp)?;
    let addresses = bound.stream.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    for listener in bound.stream {
        tasks.spawn(serve(listener, published.clone(), observer.clone()));
    }
    Ok(addresses)
}

async fn serve(listener: TcpListener, published: Published, observer: Observer) {
    let carry = move |stream, _| {
        let published = published.clone();
        async move {
            let answer = |request: axum::http::Request<_>| {
                let answer = published.answer(request.uri().path());
                async { answer }
            };
            // A request that nobody can read is nobody's concern: the list is for everybody.
            let _ = answer_one(stream, answer).await;
        }
    };
    accept(listener, "http", observer, carry).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_are_there_and_nothing_else() {
        let published = Published::default();
        let status = |path| published.answer(path).status();
        assert_eq!((status("/ca.crl"), status("/ca.pem")), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));

        published.publish(vec![0x30, 0], "-----BEGIN CERTIFICATE-----".to_owned());

        let list = published.answer("/ca.crl");
        assert_eq!(list.headers()["content-type"], "application/pkix-crl");
        assert_eq!(status("/ca.pem"), StatusCode::OK);
        for path in ["/", "/ca.key", "/ca.crl/", "/../ca.key", "/authority/ca.key", "//ca.crl"] {
            assert_eq!(status(path), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
