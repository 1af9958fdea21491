use tokio::signal::unix::{Signal, SignalKind, signal};

use super::ServeError;

/// SIGTERM and SIGINT: the first asks the server to stop, the second not to wait for anybody.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    /// Kept, so that SIGHUP does not end a process whose certificates nobody watches yet: they are about to be read.
    _hang_up: Signal,
}

/// SIGHUP: the certificates are to be read anew.
///
/// # Errors
/// The system refuses.
pub(super) fn hang_ups() -> Result<Signal, ServeError> {
    signal(SignalKind::hangup()).map_err(|source| ServeError::System { what: "listen for signals", source })
}

impl StopSignals {
    /// From here on these signals and SIGHUP do not end the process by themselves.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn listen() -> Result<Self, ServeError> {
        let failed = |source| ServeError::System { what: "listen for signals", source };
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            _hang_up: hang_ups()?,
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

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn hang_up_before_anybody_watches_the_certificates_does_not_end_the_process() {
        let mut signals = StopSignals::listen().unwrap();

        // A hang-up that nobody caught would end this test's process here.
        kill_process(getpid(), Signal::HUP).unwrap();

        assert!(signals._hang_up.recv().await.is_some());
    }
}
