//! Hands out the test line: what the core, the listeners and the trust in certificates are told of it, and its end.

use std::sync::Arc;
use std::time::Instant;

use call_control::{LineTaken, TestLine, TestLines, TestSource};
use cert_manager::Pin;
use sip_signaling::PeerName;
use telephony::{Event, kind};
use tokio::sync::Mutex;

use crate::core::Inbox;
use crate::trust::PeerTrust;

/// The one test line of the server.
pub struct TestLineDesk {
    /// Held over a whole change, so that nobody sees half of one.
    lines: Mutex<TestLines>,
    inbox: Inbox,
    trust: Arc<PeerTrust>,
    tell: Box<dyn Fn(Event) + Send + Sync>,
}

impl TestLineDesk {
    /// A desk whose line belongs to nobody.
    pub fn new(inbox: Inbox, trust: Arc<PeerTrust>, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { lines: Mutex::default(), inbox, trust, tell: Box::new(tell) }
    }

    /// Leases the line; it ends by itself. Over TLS `pin` is the certificate of `source`.
    ///
    /// # Errors
    /// [`LineTaken`].
    pub async fn open(
        self: &Arc<Self>,
        gateway: PeerName,
        source: TestSource,
        pin: Option<Pin>,
    ) -> Result<Arc<TestLine>, LineTaken> {
        let mut lines = self.lines.lock().await;
        let line = lines.lease(gateway, source, Instant::now())?;
        self.trust.use_test_pin(pin);
        // A core that is gone takes no call.
        let _ = self.inbox.put_test_line(Some(Arc::clone(&line))).await;
        (self.tell)(opened(&line));
        let (desk, id, until) = (Arc::downgrade(self), line.id, line.until);
        tokio::spawn(async move {
            tokio::time::sleep_until(until.into()).await;
            if let Some(desk) = desk.upgrade() {
                desk.close(id).await;
            }
        });
        Ok(line)
    }

    /// Ends this lease, if it has not ended.
    pub async fn close(&self, id: u64) {
        let mut lines = self.lines.lock().await;
        if lines.release(id) {
            let _ = self.inbox.put_test_line(None).await;
            self.trust.use_test_pin(None);
        }
    }
}

fn opened(line: &TestLine) -> Event {
    let event =
        Event::new(&kind::TEST_LINE_OPENED).with("gateway", &line.gateway).with("source", line.remote());
    match &line.source {
        TestSource::Address(_) => event,
        TestSource::Certificate { sha256, .. } => event.with("sha256", sha256),
    }
}
