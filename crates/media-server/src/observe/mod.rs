//! Events of the machines, written down once: to the log, the database and whoever follows. One place redacts.
mod alarm;
pub mod handshake_log;
mod log;
pub mod metrics;
mod panic_log;
pub mod trace;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use admin_api::EventRow;
use cert_manager::Verdict;
use jiff::Timestamp;
use storage::Store;
use telephony::{Event, Redacted, Severity, kind};
use tokio::{
    sync::{broadcast, oneshot},
    time::timeout,
};

pub use alarm::{Alarm, Faults, Watched, alarm};
pub use log::start_log;
pub use panic_log::{finish_backtraces, write_panics};

use crate::trust::TEST_PEER;

use handshake_log::{Direction, FailedHandshake, HandshakeLog};
use metrics::{ExpiryKind, Metrics};
use trace::Trace;

/// Events that wait for the disk; what does not fit is counted and told as one event later.
const QUEUE: usize = 4_096;
/// Equal events within this time become one with a count.
const SAME_WITHIN: Duration = Duration::from_secs(10);
/// Different events remembered for that.
const REMEMBERED: usize = 1_024;
/// A reader gets what the database has after this time, whatever still waits for the disk.
const CATCHING_UP: Duration = Duration::from_secs(2);
/// Fields whose value is a person's number: shown to the administrator, shortened in the log.
const PERSONAL: &[&str] = &["caller"];

/// Where events are told. Cheap to clone; telling never waits.
#[derive(Clone)]
pub struct Observer {
    queue: SyncSender<Order>,
    unkept: Arc<AtomicU32>,
    observed: Observed,
    followers: broadcast::Sender<EventRow>,
}

/// Events as they are kept, for whoever reads them. Cheap to clone.
#[derive(Clone)]
pub struct EventFeed {
    queue: SyncSender<Order>,
    followers: broadcast::Sender<EventRow>,
}

/// What is kept in memory alone, for whoever asks. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Handshakes that failed.
    pub handshakes: Arc<HandshakeLog>,
    /// SIP messages.
    pub trace: Arc<Trace>,
    /// Counters and gauges.
    pub metrics: Arc<Metrics>,
}

enum Order {
    Event(Event, Timestamp),
    /// Say when all before it is written.
    Answer(oneshot::Sender<()>),
    Stop,
}

/// Ends the writing thread once everything told before is written.
pub struct ObserverThread {
    queue: SyncSender<Order>,
    thread: JoinHandle<()>,
}

impl Observer {
    /// Starts the thread that writes events down.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        store: Store,
        followers: broadcast::Sender<EventRow>,
        alarm: &Alarm,
    ) -> std::io::Result<(Self, ObserverThread)> {
        let (sender, receiver) = sync_channel(QUEUE);
        let unkept = Arc::new(AtomicU32::new(0));
        let writer = Writer::new(store, followers.clone(), Arc::clone(&unkept));
        let watched = alarm.watch("event writer");
        let thread = std::thread::Builder::new().name("um-observe".into()).spawn(move || {
            let _watched = watched;
            writer.run(&receiver);
        })?;
        let observed = Observed::default();
        Ok((
            Self { queue: sender.clone(), unkept, observed, followers },
            ObserverThread { queue: sender, thread },
        ))
    }

    /// What is told here, for readers.
    pub fn feed(&self) -> EventFeed {
        EventFeed { queue: self.queue.clone(), followers: self.followers.clone() }
    }

    /// What is kept in memory.
    pub fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Tells of a handshake that failed, or that completed with a certificate that names nobody: one event, one row,
    /// one count.
    pub fn tell_handshake(&self, failed: &FailedHandshake) {
        self.keep_handshake(failed);
        self.tell(failed.event(Timestamp::now()));
    }

    /// The same without the event: what ended the handshake has one of its own.
    pub fn keep_handshake(&self, failed: &FailedHandshake) {
        self.observed.metrics.count_handshake(failed.direction, failed.failure.class);
        self.observed.handshakes.keep(failed, Timestamp::now());
    }

    /// Counts a handshake that is done, and keeps when the certificate expires with which a handshake has proved who the gateway is.
    pub fn note_certificate(&self, verdict: &Verdict, direction: Direction, now: Timestamp) {
        if let Verdict::Known { peers, facts, .. } = verdict {
            self.observed.metrics.count_handshake_done(direction);
            let seconds = facts.not_after.duration_since(now).as_secs();
            let gauges = &self.observed.metrics.expiry;
            let gateways = peers.iter().filter(|peer| ***peer != *TEST_PEER);
            gateways.for_each(|peer| gauges.set(ExpiryKind::Gateway, peer, seconds));
        }
    }

    /// Tells an event. If the queue is full it is on the log only, and counted.
    pub fn tell(&self, event: Event) {
        self.observed.metrics.count_event(&event);
        if let Err(full) = self.queue.try_send(Order::Event(event, Timestamp::now())) {
            let (std::sync::mpsc::TrySendError::Full(order)
            | std::sync::mpsc::TrySendError::Disconnected(order)) = full;
            if let Order::Event(event, _) = order {
                write_log(&event, 1);
                self.unkept.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl EventFeed {
    /// Every event from now on, once it is kept.
    pub fn follow(&self) -> broadcast::Receiver<EventRow> {
        self.followers.subscribe()
    }

    /// Waits until everything told before is in the database: who has just been refused finds it in `um events`.
    /// Not longer than two seconds; a disk that stalls is no reason to show nothing.
    pub async fn catch_up(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.try_send(Order::Answer(done)).is_ok() {
            // Late, or the writer has stopped: then everything is written.
            let _ = timeout(CATCHING_UP, written).await;
        }
    }
}

impl ObserverThread {
    /// Waits until everything told is written.
    pub fn stop(self) {
        if self.queue.send(Order::Stop).is_ok() {
            // A panicked writer has lost its events already; the stop goes on.
            let _ = self.thread.join();
        }
    }
}

struct Writer {
    store: Store,
    followers: broadcast::Sender<EventRow>,
    recent: HashMap<String, Repeats>,
    /// Events that the queue had no room for, not told yet.
    unkept: Arc<AtomicU32>,
    unkept_told: Option<Instant>,
}

struct Repeats {
    first: Instant,
    event: Event,
    more: u32,
}

impl Writer {
    fn new(store: Store, followers: broadcast::Sender<EventRow>, unkept: Arc<AtomicU32>) -> Self {
        Self { store, followers, recent: HashMap::new(), unkept, unkept_told: None }
    }

    fn run(mut self, queue: &Receiver<Order>) {
        loop {
            match queue.recv_timeout(Duration::from_secs(1)) {
                Ok(Order::Event(event, at)) => self.take(event, at),
                // Nobody waits any more: nothing is owed.
                Ok(Order::Answer(done)) => drop(done.send(())),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tell_repeats(Instant::now(), false);
            self.tell_unkept(Instant::now(), false);
        }
        self.tell_repeats(Instant::now(), true);
        self.tell_unkept(Instant::now(), true);
    }

    fn take(&mut self, event: Event, at: Timestamp) {
        let key = repeat_key(&event);
        if let Some(repeats) = self.recent.get_mut(&key)
            && repeats.first.elapsed() < SAME_WITHIN
        {
            repeats.more = repeats.more.saturating_add(1);
            return;
        }
        if event.kind.severity > Severity::Information && self.recent.len() < REMEMBERED {
            self.recent.insert(key, Repeats { first: Instant::now(), event: event.clone(), more: 0 });
        }
        self.write(&event, 1, at);
    }

    fn tell_repeats(&mut self, now: Instant, all: bool) {
        if self.recent.is_empty() {
            return;
        }
        let mut due = Vec::new();
        self.recent.retain(|_, repeats| {
            let over = all || now.duration_since(repeats.first) >= SAME_WITHIN;
            if over && repeats.more > 0 {
                due.push((repeats.event.clone(), repeats.more));
            }
            !over
        });
        for (event, more) in due {
            self.write(&event, more, Timestamp::now());
        }
    }

    /// One event for all that are on the log alone, at most one in [`SAME_WITHIN`].
    fn tell_unkept(&mut self, now: Instant, all: bool) {
        let lately = self.unkept_told.is_some_and(|told| now.duration_since(told) < SAME_WITHIN);
        if lately && !all {
            return;
        }
        let count = self.unkept.swap(0, Ordering::Relaxed);
        if count > 0 {
            self.unkept_told = Some(now);
            self.write(&Event::new(&kind::QUEUE_FULL).with("queue", "events"), count, Timestamp::now());
        }
    }

    fn write(&self, event: &Event, count: u32, at: Timestamp) {
        write_log(event, count);
        match self.store.append_event(at, event, count) {
            Ok(row) => {
                // Nobody follows: that is the usual case.
                let _ = self.followers.send(EventRow::new(row.id, at, event, u64::from(count)));
            }
            Err(error) => tracing::error!(%error, "an event could not be kept in the database"),
        }
    }
}

/// What says whom or what an event is about: who floods us repeats it.
const TOLD_BY: &[&str] = &["source", "gateway", "reason", "dial_plan", "queue", "transport"];
/// What else says of which thing of ours it is.
const TOLD_OF: &[&str] = &["what", "demand", "owner", "file", "name", "fqdn"];
/// The same where no peer wrote it: a peer might show another certificate each time.
const TOLD_OF_CERTIFICATES: &[&str] = &["subject", "serial", "sha256", "not_after"];

/// Equal means: same kind from the same source with the same reason; of the same thing, where it is one of ours.
fn repeat_key(event: &Event) -> String {
    let mut key = event.kind.id.to_string();
    let is_of_a_peer = event.fields.iter().any(|(name, _)| ["source", "address"].contains(name));
    for (name, value) in &event.fields {
        let counts = TOLD_BY.contains(name)
            || TOLD_OF.contains(name)
            || (!is_of_a_peer && TOLD_OF_CERTIFICATES.contains(name));
        if counts {
            key.push('\u{1f}');
            // The port of a source changes from try to try.
            match value.parse::<SocketAddr>() {
                Ok(address) if *name == "source" => key.push_str(&address.ip().to_string()),
                Ok(_) | Err(_) => key.push_str(value),
            }
        }
    }
    key
}

fn write_log(event: &Event, count: u32) {
    let mut facts = String::new();
    for (name, value) in &event.fields {
        use std::fmt::Write as _;
        let shown = if PERSONAL.contains(name) { Redacted(value.as_str()).masked() } else { value.clone() };
        // Writing to a String does not fail.
        let _ = write!(facts, " {name}={shown:?}");
    }
    if count > 1 {
        facts.push_str(&format!(" count={count}"));
    }
    let (id, name, remedy) = (event.kind.id, event.kind.name, event.remedy_words());
    match event.kind.severity {
        Severity::Information => tracing::info!(target: "um::event", id, "{name}{facts}"),
        Severity::Warning => tracing::warn!(target: "um::event", id, remedy, "{name}{facts}"),
        Severity::Error => tracing::error!(target: "um::event", id, remedy, "{name}{facts}"),
    }
}

#[cfg(test)]
mod tests {
    use storage::StoreOptions;

    use super::*;

    fn refused(source: &str) -> Event {
        Event::new(&kind::STRANGER_REFUSED).with("source", source)
    }

    #[test]
    fn what_the_queue_has_no_room_for_is_told_as_one_event_with_its_count() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), StoreOptions::new([0; 32])).unwrap();
        let (queue, receiver) = sync_channel(1);
        let unkept = Arc::new(AtomicU32::new(0));
        let observer = Observer {
            queue,
            unkept: Arc::clone(&unkept),
            observed: Observed::default(),
            followers: broadcast::channel(1).0,
        };

        for source in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
            observer.tell(refused(source));
        }
        drop(observer);
        Writer::new(store.clone(), broadcast::channel(1).0, unkept).run(&receiver);

        let rows = store.list_events(None, 10).unwrap();
        let told: Vec<(&str, u32)> = rows.iter().map(|row| (row.name.as_str(), row.count)).collect();
        assert_eq!(told, [("stranger-refused", 1), ("queue-full", 2)]);
        assert_eq!(rows[1].fields, [("queue".to_owned(), "events".to_owned())]);
    }

    #[tokio::test]
    async fn what_was_told_is_in_the_database_once_a_reader_has_caught_up() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), StoreOptions::new([0; 32])).unwrap();
        let (observer, thread) = Observer::start(store.clone(), broadcast::channel(1).0, &alarm().0).unwrap();
        let feed = observer.feed();

        for source in 1..=100 {
            observer.tell(refused(&format!("192.0.2.{source}")));
        }
        feed.catch_up().await;

        assert_eq!(store.list_events(None, 200).unwrap().len(), 100);
        thread.stop();
        feed.catch_up().await;
    }

    #[test]
    fn sources_are_equal_by_their_address_whatever_the_port() {
        assert_eq!(repeat_key(&refused("[2001:db8::1]:5060")), repeat_key(&refused("2001:db8::1")));
        assert_eq!(repeat_key(&refused("192.0.2.1:5060")), repeat_key(&refused("192.0.2.1:49152")));
        assert_ne!(repeat_key(&refused("2001:db8::1")), repeat_key(&refused("2001:db8::2")));
    }

    #[test]
    fn what_is_told_of_two_certificates_owners_or_demands_at_once_is_two_events() {
        let expires = |subject: &str| {
            Event::new(&kind::EXPIRES_SOON).with("what", "our certificate").with("subject", subject)
        };
        let waived = |demand: &str| {
            let event = Event::new(&kind::DEMAND_WAIVED).with("gateway", "gw1").with("demand", demand);
            event.with("sha256", "aa").with("source", "192.0.2.1")
        };
        let missing = |owner: &str| {
            Event::new(&kind::CERTIFICATE_MISSING).with("owner", owner).with("reason", "nothing to show")
        };
        let revoked = |serial: &str| {
            Event::new(&kind::LEAF_REVOKED).with("fqdn", "gw1.example.com").with("serial", serial)
        };

        assert_ne!(repeat_key(&expires("CN=a")), repeat_key(&expires("CN=b")));
        assert_ne!(repeat_key(&waived("client-auth")), repeat_key(&waived("revocation-list")));
        assert_ne!(repeat_key(&missing("partner")), repeat_key(&missing("branch")));
        assert_ne!(repeat_key(&revoked("0a")), repeat_key(&revoked("0b")));
        assert_eq!(repeat_key(&expires("CN=a")), repeat_key(&expires("CN=a")));
    }

    #[test]
    fn peer_that_shows_another_certificate_each_time_repeats_itself_all_the_same() {
        let failed = |sha256: &str| {
            let event = Event::new(&kind::TLS_FAILED).with("reason", "untrusted").with("sha256", sha256);
            event.with("source", "192.0.2.1:49152")
        };

        assert_eq!(repeat_key(&failed("aa")), repeat_key(&failed("bb")));
    }
}
