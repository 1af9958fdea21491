//! Starts everything in order, waits for a signal, stops everything in order.
mod audio;
mod certificates;
mod core_settings;
mod disk_watch;
mod entrance;
mod foundation;
mod housekeeping;
mod recovery;
mod serving;
mod signals;
mod starting;
mod stopping;
mod trusting;

use std::{net::SocketAddr, path::PathBuf};

use storage::StoreError;

use crate::{
    admin,
    config::ServerConfig,
    listen::ListenError,
    observe::{finish_backtraces, start_log, write_panics},
    trust::OwnCertificateError,
};

use self::{signals::StopSignals, starting::start};

/// What is told once calls are taken.
#[derive(Clone, Debug)]
pub struct ReadyFacts {
    /// Where clear SIP is listened for.
    pub clear: Vec<SocketAddr>,
    /// Where SIP over mutual TLS is listened for.
    pub tls: Vec<SocketAddr>,
    /// The management socket.
    pub socket: PathBuf,
    /// The data folder.
    pub data_dir: PathBuf,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder or the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The management socket.
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    /// Something that the system refused.
    #[error("cannot {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The certificate that peers are shown.
    #[error(transparent)]
    Certificate(#[from] OwnCertificateError),
    /// A part failed while the server ran. What was recorded is on disk.
    #[error(
        "a fault in the program ended the server (in its {part}): start it again, and report the log above"
    )]
    Fault {
        /// Which part.
        part: &'static str,
    },
}

/// Runs the server until SIGTERM or SIGINT; everything is flushed when it returns.
///
/// `ready` is called once, when calls are taken. Must run inside a multi-thread tokio runtime.
///
/// # Errors
/// [`ServeError`] if it could not start (nothing is left half-configured), or [`ServeError::Fault`].
pub async fn serve(config: ServerConfig, ready: impl FnOnce(ReadyFacts)) -> Result<(), ServeError> {
    start_log(&config.log);
    write_panics();
    let signals = StopSignals::listen()?;
    let running = start(&config).await?;
    ready(running.facts(&config));
    // Not under systemd: nobody to notify.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let ended = running.run(signals, config.shutdown.drain).await;
    finish_backtraces();
    ended
}
