//! Fetches revocation lists by HTTP. They are signed, so nobody on the way can change them: HTTPS would add nothing, and
//! a CA's list is at an `http://` URL so that asking for it needs no certificate (RFC 5280 section 8).
use std::time::Duration;

use axum::http::{Request, StatusCode, Uri, header};
use bytes::Bytes;
use cert_manager::RevocationList;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{body::Body as _, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::AbortHandle, time::timeout};

/// The whole fetch, from the name to the last byte.
const DEADLINE: Duration = Duration::from_secs(60);
/// PEM has a third more than DER.
const MAX_BYTES: usize = RevocationList::MAX_BYTES / 2 * 3;

/// Why a list did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not `http://HOST..`.
    #[error(
        "`{url}` is no http:// URL: a revocation list is signed, so it is fetched without TLS; or give it as a file"
    )]
    NotHttp {
        /// The URL.
        url: String,
    },
    /// Nobody there.
    #[error("{host} takes no connection ({error}): check the name, the port and the way to it")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// HTTP went wrong.
    #[error("{url} gave no answer that can be read ({detail}): look at that server")]
    Broken {
        /// The URL.
        url: String,
        /// What happened.
        detail: String,
    },
    /// Something else than 200.
    #[error("{url} answered {status}: give the URL of the list itself, redirections are not followed")]
    Status {
        /// The URL.
        url: String,
        /// The status.
        status: StatusCode,
    },
    /// More than a list may have.
    #[error("{url} sends more than {} MiB: give the CA's newest list alone", RevocationList::MAX_BYTES >> 20)]
    TooLong {
        /// The URL.
        url: String,
    },
    /// It took too long.
    #[error("{url} did not send the list within {} s: look at that server", DEADLINE.as_secs())]
    TooSlow {
        /// The URL.
        url: String,
    },
}

/// Gets what is at `url`, at most 48 MiB within a minute; redirections are not followed.
///
/// # Errors
/// [`FetchError`]: nothing came.
pub async fn fetch(url: &str) -> Result<Bytes, FetchError> {
    let slow = |_| FetchError::TooSlow { url: url.to_owned() };
    timeout(DEADLINE, attempt(url)).await.map_err(slow)?
}

async fn attempt(url: &str) -> Result<Bytes, FetchError> {
    let broken = |detail: String| FetchError::Broken { url: url.to_owned(), detail };
    let uri: Uri = url.parse().map_err(|_| FetchError::NotHttp { url: url.to_owned() })?;
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(FetchError::NotHttp { url: url.to_owned() });
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = authority.port_u16().unwrap_or(80);
    let unreachable = |error| FetchError::Unreachable { host: format!("{host} port {port}"), error };
    let stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(error.to_string()))?;
    let _driven = Driven(tokio::spawn(connection).abort_handle());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(header::HOST, authority.as_str())
        .header(header::ACCEPT, "application/pkix-crl, */*")
        .body(Empty::<Bytes>::new())
        .map_err(|error| broken(error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(|error| broken(error.to_string()))?;
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status { url: url.to_owned(), status: answer.status() });
    }
    if answer.body().size_hint().lower() > u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) {
        return Err(FetchError::TooLong { url: url.to_owned() });
    }
    let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLong { url: url.to_owned() }),
        Err(error) => Err(broken(error.to_string())),
    }
}

/// The connection's task, which ends with the fetch.
struct Driven(AbortHandle);

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// Answers one request with these bytes; gives the URL and what was asked.
    async fn answering(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/ca/root.crl?a=1", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        (url, asked)
    }

    #[tokio::test]
    async fn list_is_what_the_url_gives() {
        let (url, asked) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345").await;

        let bytes = fetch(&url).await.unwrap();

        assert_eq!(&bytes[..], b"12345");
        assert!(asked.await.unwrap().starts_with("GET /ca/root.crl?a=1 HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn anything_else_than_200_is_told() {
        let (url, _) = answering(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n").await;

        let error = fetch(&url).await.unwrap_err().to_string();

        assert!(
            error.ends_with(
                "answered 302 Found: give the URL of the list itself, redirections are not followed"
            )
        );
    }

    #[tokio::test]
    async fn answer_that_is_too_long_is_left() {
        let (url, _) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50331649\r\n\r\n12345").await;

        assert!(matches!(fetch(&url).await, Err(FetchError::TooLong { .. })));
    }

    #[tokio::test]
    async fn url_that_is_not_http_is_refused_with_the_reason() {
        for url in ["https://ca.example.com/root.crl", "ldap:///CN=ca", "root.crl", "http:///x"] {
            assert!(matches!(fetch(url).await, Err(FetchError::NotHttp { .. })), "{url}");
        }
    }

    #[tokio::test]
    async fn nobody_at_the_port_is_told_with_host_and_port() {
        let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();

        let error = fetch(&format!("http://127.0.0.1:{port}/")).await.unwrap_err().to_string();

        assert!(error.starts_with(&format!("127.0.0.1 port {port} takes no connection")), "{error}");
    }
}
