//! Starts everything in order, waits for a signal, stops everything in order.
mod starting;
mod stopping;

use std::{net::SocketAddr, path::PathBuf};

use storage::StoreError;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    admin, config::ServerConfig, listen::ListenError, observe::start_log, trust::OwnCertificateError,
};

use starting::start;

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
}

/// Runs the server until SIGTERM or SIGINT; everything is flushed when it returns.
///
/// `ready` is called once, when calls are taken. Must run inside a multi-thread tokio runtime.
///
/// # Errors
/// [`ServeError`] if it could not start; nothing is left half-configured.
pub async fn serve(config: ServerConfig, ready: impl FnOnce(ReadyFacts)) -> Result<(), ServeError> {
    start_log(&config.log);
    let running = start(&config).await?;
    ready(running.facts(&config));
    // Not under systemd: nobody to notify.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    wait_for_signal().await?;
    running.stop(config.shutdown.drain).await;
    Ok(())
}

async fn wait_for_signal() -> Result<(), ServeError> {
    let failed = |source| ServeError::System { what: "listen for signals", source };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
