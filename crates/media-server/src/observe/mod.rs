//! Events of the machines, written down once: to the log, the database and whoever follows. One place redacts.
mod log;

use std::{
    collections::HashMap,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use admin_api::EventRow;
use jiff::Timestamp;
use storage::Store;
use telephony::{Event, Redacted, Severity};
use tokio::sync::broadcast;

pub use log::start_log;

/// Events that wait for the disk; what does not fit is counted and told as one event later.
const QUEUE: usize = 4_096;
/// Equal events within this time become one with a count.
const SAME_WITHIN: Duration = Duration::from_secs(10);
/// Different events remembered for that.
const REMEMBERED: usize = 1_024;
/// Fields whose value is a person's number: shown to the administrator, shortened in the log.
const PERSONAL: &[&str] = &["caller"];

/// Where events are told. Cheap to clone; telling never waits.
#[derive(Clone)]
pub struct Observer {
    queue: SyncSender<Order>,
}

enum Order {
    Event(Event, Timestamp),
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
    ) -> std::io::Result<(Self, ObserverThread)> {
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("um-observe".into())
            .spawn(move || Writer { store, followers, recent: HashMap::new() }.run(&receiver))?;
        Ok((Self { queue: sender.clone() }, ObserverThread { queue: sender, thread }))
    }

    /// Tells an event. If the queue is full it is on the log only.
    pub fn tell(&self, event: Event) {
        if let Err(full) = self.queue.try_send(Order::Event(event, Timestamp::now())) {
            let (std::sync::mpsc::TrySendError::Full(order)
            | std::sync::mpsc::TrySendError::Disconnected(order)) = full;
            if let Order::Event(event, _) = order {
                write_log(&event, 1);
            }
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
}

struct Repeats {
    first: Instant,
    event: Event,
    more: u32,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Order>) {
        loop {
            match queue.recv_timeout(Duration::from_secs(1)) {
                Ok(Order::Event(event, at)) => self.take(event, at),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tell_repeats(Instant::now(), false);
        }
        self.tell_repeats(Instant::now(), true);
    }

    fn take(&mut self, event: Event, at: Timestamp) {
        let key = repeat_key(&event);
        if let Some(repeats) = self.recent.get_mut(&key)
            && repeats.first.elapsed() < SAME_WITHIN
        {
            repeats.more += 1;
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

/// Equal means: same kind from the same source with the same reason.
fn repeat_key(event: &Event) -> String {
    let mut key = event.kind.id.to_string();
    for (name, value) in &event.fields {
        if matches!(*name, "source" | "gateway" | "reason" | "dial_plan" | "queue" | "transport") {
            key.push('\u{1f}');
            // The port of a source changes from try to try.
            key.push_str(if *name == "source" {
                value.rsplit_once(':').map_or(value, |(ip, _)| ip)
            } else {
                value
            });
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
