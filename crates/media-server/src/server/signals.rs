use tokio::signal::unix::{Signal, SignalKind, signal};

use super::ServeError;

/// SIGTERM and SIGINT: the first asks the server to stop, the second not to wait for anybody.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

/// SIGHUP: the certificates are to be read anew.
///
/// # Errors
/// The system refuses.
pub(super) fn hang_ups() -> Result<Signal, ServeError> {
    signal(SignalKind::hangup()).map_err(|source| ServeError::System { what: "listen for signals", source })
}

impl StopSignals {
    /// From here on these signals do not end the process by themselves.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn listen() -> Result<Self, ServeError> {
        let failed = |source| ServeError::System { what: "listen for signals", source };
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    /// The next of them.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
