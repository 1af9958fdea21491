use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use admin_api::{ApiError, code};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::AdminState;
use super::answer::Refusal;
use super::router::{Desk, router};

/// Only the server's own user may open the socket; root may anyway.
const SOCKET_MODE: u32 = 0o600;
/// How long requests that are being answered may take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Why the management socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Somebody answers there.
    #[error("another server answers at {}: stop it, or name another socket with --socket", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// A file that is no socket stands there; it is not touched.
    #[error("{} exists and is no socket: move it away, or name another socket with --socket", path.display())]
    NotASocket {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error(
        "the management socket {} cannot be opened: check that its folder exists, that this user may write there, and \
         that the path has at most 107 characters",
        path.display()
    )]
    Refused {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The running management API.
pub struct AdminServer {
    path: PathBuf,
    stopping: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Who is at the other end of a connection, by the kernel's word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    uid: Option<u32>,
    pid: Option<i32>,
}

/// Opens the socket (mode 0600, a stale one is removed) and answers requests until [`AdminServer::stop`].
///
/// # Errors
/// [`AdminError`]: another server answers there, or the socket cannot be made.
pub async fn start(state: AdminState, socket: &Path) -> Result<AdminServer, AdminError> {
    remove_stale(socket)?;
    let refused = |source| AdminError::Refused { path: socket.to_owned(), source };
    let listener = UnixListener::bind(socket).map_err(refused)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(SOCKET_MODE)).map_err(refused)?;
    let (stopping, stopped) = watch::channel(false);
    let mut until = stopped.clone();
    let desk = Arc::new(Desk { state, stopping: stopped });
    let service = router(desk)
        .layer(axum::middleware::from_fn(only_own_user_and_root))
        .into_make_service_with_connect_info::<Peer>();
    let task = tokio::spawn(async move {
        let server = axum::serve(listener, service).with_graceful_shutdown(async move {
            // An error means that the handle is gone, which is a stop too.
            let _ = until.wait_for(|stop| *stop).await;
        });
        // axum's serve retries what accept refuses and ends only when told to.
        let _ = server.await;
    });
    Ok(AdminServer { path: socket.to_owned(), stopping, task })
}

impl AdminServer {
    /// Takes no more requests, lets the last ones be answered, removes the socket.
    pub async fn stop(self) {
        // Nobody listens if the task has ended already.
        let _ = self.stopping.send(true);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(LAST_ANSWERS, self.task).await.is_err() {
            abort.abort();
        }
        // A socket that somebody removed is as gone as it should be.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the socket of a server that is gone. A file that is no socket is never removed.
fn remove_stale(path: &Path) -> Result<(), AdminError> {
    let refused = |source| AdminError::Refused { path: path.to_owned(), source };
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
    };
    if !found.file_type().is_socket() {
        return Err(AdminError::NotASocket { path: path.to_owned() });
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(AdminError::InUse { path: path.to_owned() }),
        Err(_) => fs::remove_file(path).map_err(refused),
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        match stream.io().peer_cred() {
            Ok(credentials) => Self { uid: Some(credentials.uid()), pid: credentials.pid() },
            Err(_) => Self { uid: None, pid: None },
        }
    }
}

impl Peer {
    /// The server's own user, and root.
    fn is_allowed(self) -> bool {
        self.uid.is_some_and(|uid| uid == 0 || uid == rustix::process::geteuid().as_raw())
    }

    /// Who, for the record of revisions.
    pub(super) fn words(self) -> String {
        let number = |number: Option<String>| number.unwrap_or_else(|| "unknown".to_owned());
        format!(
            "uid {} pid {}",
            number(self.uid.map(|uid| uid.to_string())),
            number(self.pid.map(|pid| pid.to_string()))
        )
    }
}

async fn only_own_user_and_root(
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if peer.is_allowed() {
        return next.run(request).await;
    }
    let error = ApiError::new(
        code::NOT_ALLOWED,
        "",
        "this user may not manage the server",
        "run the command as root or as the user that the server runs as",
    );
    Refusal(error).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_own_user_are_allowed_and_nobody_else() {
        let own = rustix::process::geteuid().as_raw();
        let peer = |uid| Peer { uid, pid: None };

        assert!(peer(Some(0)).is_allowed());
        assert!(peer(Some(own)).is_allowed());
        assert!(!peer(Some(own + 4_711)).is_allowed());
        assert!(!peer(None).is_allowed());
    }

    #[test]
    fn file_that_is_no_socket_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("um.sock");
        fs::write(&path, "precious").unwrap();

        assert!(matches!(remove_stale(&path), Err(AdminError::NotASocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn stale_socket_is_removed_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("um.sock");

        let living = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(matches!(remove_stale(&path), Err(AdminError::InUse { .. })));
        drop(living);

        assert!(remove_stale(&path).is_ok());
        assert!(!path.exists());
    }
}
