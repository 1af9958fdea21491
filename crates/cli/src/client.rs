use std::path::PathBuf;

use admin_api::{ApiError, DAMAGED_HEADER};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use media_server::config::{Overrides, ServerConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use crate::failure::Failure;

/// Where the server is, and where a new one would be.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Place {
    /// The Unix socket of the server's management API.
    #[arg(long, global = true, env = "UM_SOCKET", value_name = "PATH", help_heading = "Where the server is")]
    pub(crate) socket: Option<PathBuf>,
    /// The server's configuration file.
    #[arg(long, global = true, env = "UM_CONFIG", value_name = "FILE", help_heading = "Where the server is")]
    pub(crate) config: Option<PathBuf>,
    /// The server's data folder.
    #[arg(
        long,
        global = true,
        env = "UM_DATA_DIR",
        value_name = "DIR",
        help_heading = "Where the server is"
    )]
    pub(crate) data_dir: Option<PathBuf>,
}

impl Place {
    /// The settings that a server of this place has.
    pub(crate) fn settings(&self) -> Result<ServerConfig, Failure> {
        let overrides = Overrides { data_dir: self.data_dir.clone(), socket: self.socket.clone() };
        ServerConfig::load(self.config.as_deref(), &overrides).map_err(|error| {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            Failure::could_not_run(format!("{error}{cause}"), error.remedy())
        })
    }

    /// A client of the server of this place. Nothing is connected yet.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Ok(Client { socket: self.settings()?.admin.socket, start: self.start_command() })
    }

    /// What to type so that a server runs here.
    fn start_command(&self) -> String {
        let word = |option: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| format!(" {option} {}", path.display())).unwrap_or_default()
        };
        format!(
            "um serve{}{}{}",
            word("--config", &self.config),
            word("--data-dir", &self.data_dir),
            word("--socket", &self.socket)
        )
    }
}

/// Speaks HTTP/1.1 and JSON with the server over its Unix socket; one connection a request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    socket: PathBuf,
    start: String,
}

/// The audio of a message.
#[derive(Clone, Debug)]
pub(crate) struct Audio {
    /// A WAV file.
    pub(crate) wav: Bytes,
    /// The stored file is damaged: the audio ends where it can no longer be read.
    pub(crate) is_damaged: bool,
}

impl Client {
    /// `GET`, and the answer as `T`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.json(Method::GET, path, None::<&()>).await
    }

    /// `POST` of `body`.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.json(Method::POST, path, Some(body)).await
    }

    /// `PATCH` with the keys that change.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.json(Method::PATCH, path, Some(body)).await
    }

    /// `PUT` of the whole.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.json(Method::PUT, path, Some(body)).await
    }

    /// `PUT` of something that is no JSON, and the answer as `T`.
    pub(crate) async fn put_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, Failure> {
        let answer = self.send(Method::PUT, path, body.into()).await?;
        serde_json::from_slice(answer.body()).map_err(|error| self.strange(&error.to_string()))
    }

    /// `DELETE`.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.json(Method::DELETE, path, None::<&()>).await
    }

    /// `GET` of a text.
    pub(crate) async fn text(&self, path: &str) -> Result<String, Failure> {
        let answer = self.send(Method::GET, path, Bytes::new()).await?;
        String::from_utf8(answer.into_body().into()).map_err(|error| self.strange(&error.to_string()))
    }

    /// `GET` of audio.
    pub(crate) async fn audio(&self, path: &str) -> Result<Audio, Failure> {
        let answer = self.send(Method::GET, path, Bytes::new()).await?;
        let is_damaged = answer.headers().contains_key(DAMAGED_HEADER);
        Ok(Audio { wav: answer.into_body(), is_damaged })
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, Failure> {
        let body = match body {
            Some(body) => serde_json::to_vec(body).map_err(|error| {
                Failure::could_not_run(format!("the request cannot be written as JSON: {error}"), "")
            })?,
            None => Vec::new(),
        };
        let answer = self.send(method, path, body.into()).await?;
        serde_json::from_slice(answer.body()).map_err(|error| self.strange(&error.to_string()))
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Bytes>, Failure> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| self.unreachable(&error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.strange(&error.to_string()))?;
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "um")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| Failure::could_not_run(format!("the request cannot be written: {error}"), ""))?;
        let response =
            sender.send_request(request).await.map_err(|error| self.strange(&error.to_string()))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| self.strange(&error.to_string()))?.to_bytes();
        drop(sender);
        driver.abort();
        match head.status.is_success() {
            true => Ok(Response::from_parts(head, body)),
            false => Err(self.refused(head.status, &body)),
        }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Failure {
        match serde_json::from_slice::<ApiError>(body) {
            Ok(error) => error.into(),
            Err(_) => self.strange(&format!("status {status}")),
        }
    }

    fn unreachable(&self, error: &std::io::Error) -> Failure {
        let socket = self.socket.display();
        match error.kind() {
            std::io::ErrorKind::PermissionDenied => Failure::could_not_run(
                format!("this user may not speak with the server at {socket}"),
                "run the command as root or as the user that the server runs as",
            ),
            _ => Failure::could_not_run(
                format!("no server answers at {socket}"),
                format!(
                    "start one with `{}`, or name the one that runs with --data-dir, --config or --socket",
                    self.start
                ),
            ),
        }
    }

    fn strange(&self, detail: &str) -> Failure {
        Failure::could_not_run(
            format!("the server at {} gave no answer that can be read ({detail})", self.socket.display()),
            "check that `um --version` and the `version` of `um status` are the same",
        )
    }
}

/// A path of the API from its parts; each part may hold any character.
pub(crate) fn path(parts: &[&str]) -> String {
    let mut path = String::from("/v1");
    for part in parts {
        path.push('/');
        path.push_str(&encoded(part));
    }
    path
}

/// A query string from the options that were given.
pub(crate) fn query(path: &str, options: &[(&str, Option<String>)]) -> String {
    let mut whole = path.to_owned();
    let mut sign = '?';
    for (name, value) in options {
        if let Some(value) = value {
            whole.push(sign);
            whole.push_str(&format!("{name}={}", encoded(value)));
            sign = '&';
        }
    }
    whole
}

/// Percent-encoding of everything that is not unreserved (RFC 3986 2.3).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_parts_are_percent_encoded() {
        assert_eq!(path(&["dial-plans", "head office/2"]), "/v1/dial-plans/head%20office%2F2");
    }

    #[test]
    fn query_holds_only_what_was_given() {
        assert_eq!(
            query("/v1/events", &[("since", None), ("limit", Some("5".into())), ("x", Some("a&b".into()))]),
            "/v1/events?limit=5&x=a%26b"
        );
    }

    #[test]
    fn start_command_repeats_what_was_typed() {
        let place = Place { data_dir: Some("/srv/um".into()), ..Place::default() };

        assert_eq!(place.start_command(), "um serve --data-dir /srv/um");
        assert_eq!(Place::default().start_command(), "um serve");
    }

    #[test]
    fn no_server_there_names_the_socket_and_the_command_that_starts_one() {
        let client = Client { socket: "/srv/um/um.sock".into(), start: "um serve --data-dir /srv/um".into() };
        let error = std::io::Error::from(std::io::ErrorKind::NotFound);

        let failure = format!("{:?}", client.unreachable(&error));

        assert!(failure.contains("no server answers at /srv/um/um.sock"), "{failure}");
        assert!(failure.contains("`um serve --data-dir /srv/um`"), "{failure}");
        assert!(failure.contains("CouldNotRun"), "{failure}");
    }
}
