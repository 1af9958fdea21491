//! Counters and gauges, printed in the text format of Prometheus: `/metrics` of the health listener, `GET /v1/metrics`.
mod calls;
mod catalogue;
mod expiry;
mod histogram;
mod page;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use admin_api::CallCounts;
use cert_manager::FailureReason;
use mailbox::{CallRecord, DiskState};
use storage::{DiskSpace, StoreTotals};
use telephony::{CATALOGUE, Event, kind};

pub use catalogue::{METRICS, MetricForm, MetricKind, MetricPart};
pub use expiry::{ExpiryGauges, ExpiryKind};

use super::handshake_log::Direction;
use calls::{CallTallies, MAX_SERIES};
use catalogue as metric;
use page::Page;

/// What the server counts.
#[derive(Debug)]
pub struct Metrics {
    /// In the order of [`Direction::ALL`].
    handshakes_done: [AtomicU64; Direction::ALL.len()],
    /// In the order of [`Direction::ALL`] and [`FailureReason::ALL`].
    handshakes_failed: [[AtomicU64; FailureReason::ALL.len()]; Direction::ALL.len()],
    calls: Mutex<CallTallies>,
    /// Requests of devices, by outcome.
    provisioning: Mutex<BTreeMap<String, u64>>,
    /// In the order of [`CATALOGUE`].
    events: Vec<AtomicU64>,
    /// Seconds to expiry.
    pub expiry: ExpiryGauges,
}

/// What is asked of the other parts for a page.
#[derive(Clone, Debug)]
pub struct Readings {
    /// Version and commit.
    pub program: (String, String),
    /// Seconds since 1970; 0 before the server was ready.
    pub started: i64,
    /// Calls in numbers.
    pub calls: CallCounts,
    /// Calls that may be up at once.
    pub call_limit: u64,
    /// The checks of `/readyz`, and whether each passes.
    pub checks: Vec<(&'static str, bool)>,
    /// Open connections by transport and who made them.
    pub connections: BTreeMap<(&'static str, &'static str), u64>,
    /// What the database holds; `None` if it did not answer.
    pub totals: Option<StoreTotals>,
    /// How long it took.
    pub store_took: Duration,
    /// The disk under the data folder, if it says.
    pub disk: Option<DiskSpace>,
    /// Which mark it is at.
    pub disk_state: DiskState,
    /// Gateways by name and class of transport, and whether they answered the last probe.
    pub gateways: Vec<(String, &'static str, bool)>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            handshakes_done: Default::default(),
            handshakes_failed: Default::default(),
            calls: Mutex::default(),
            provisioning: Mutex::default(),
            events: CATALOGUE.iter().map(|_| AtomicU64::new(0)).collect(),
            expiry: ExpiryGauges::default(),
        }
    }
}

impl Metrics {
    /// Counts a handshake that completed with a peer that we trust.
    pub fn count_handshake_done(&self, direction: Direction) {
        let counters = Direction::ALL.iter().zip(&self.handshakes_done);
        for (_, counter) in counters.filter(|(known, _)| **known == direction) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a handshake that failed.
    pub fn count_handshake(&self, direction: Direction, class: FailureReason) {
        let rows = Direction::ALL.iter().zip(&self.handshakes_failed);
        for (_, row) in rows.filter(|(known, _)| **known == direction) {
            let counters = FailureReason::ALL.iter().zip(row);
            for (_, counter) in counters.filter(|(known, _)| **known == class) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Counts a call that is over.
    pub fn count_call(&self, call: &CallRecord) {
        locked(&self.calls).count(call);
    }

    /// Counts an event; also a device's request, by its outcome.
    pub fn count_event(&self, event: &Event) {
        let counters = CATALOGUE.iter().zip(&self.events);
        for (_, counter) in counters.filter(|(known, _)| known.id == event.kind.id) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if event.kind.id == kind::PROFILE_GIVEN.id || event.kind.id == kind::PROFILE_REFUSED.id {
            let outcome = event.fields.iter().find(|(name, _)| *name == "outcome");
            let outcome = outcome.map_or("given", |(_, outcome)| outcome);
            let mut provisioning = locked(&self.provisioning);
            // The outcomes are our own words, some twenty.
            if provisioning.len() < MAX_SERIES {
                *provisioning.entry(outcome.to_owned()).or_default() += 1;
            }
        }
    }

    /// The page: every metric of [`METRICS`], in its order.
    pub fn page(&self, readings: &Readings, now: Instant) -> String {
        let mut page = Page::default();
        readings.print_server(&mut page);
        readings.print_calls(&mut page);
        let calls = locked(&self.calls).clone();
        calls.print_calls(&mut page);
        readings.print_connections(&mut page);
        self.print_handshakes(&mut page);
        calls.print_tls(&mut page);
        calls.print_media(&mut page);
        readings.print_store(&mut page);
        readings.print_gateways(&mut page);
        let mut answers = page.metric(&metric::PROVISIONING);
        for (outcome, count) in locked(&self.provisioning).iter() {
            answers.add(&[outcome], count);
        }
        self.expiry.print(&mut page, now);
        let mut events = page.metric(&metric::EVENTS);
        for (kind, counter) in CATALOGUE.iter().zip(&self.events) {
            let labels = [&*kind.id.to_string(), kind.name, kind.severity.word()];
            events.add(&labels, counter.load(Ordering::Relaxed));
        }
        page.into_text()
    }

    fn print_handshakes(&self, page: &mut Page) {
        let mut done = page.metric(&metric::HANDSHAKES_DONE);
        for (direction, counter) in Direction::ALL.iter().zip(&self.handshakes_done) {
            done.add(&[direction.word()], counter.load(Ordering::Relaxed));
        }
        let mut failed = page.metric(&metric::HANDSHAKES_FAILED);
        for (direction, row) in Direction::ALL.iter().zip(&self.handshakes_failed) {
            for (class, counter) in FailureReason::ALL.iter().zip(row) {
                failed.add(&[direction.word(), class.word()], counter.load(Ordering::Relaxed));
            }
        }
    }
}

impl Readings {
    fn print_server(&self, page: &mut Page) {
        let (version, commit) = &self.program;
        page.metric(&metric::BUILD).add(&[version, commit], 1);
        page.single(&metric::START_TIME, self.started);
        page.single(&metric::READY, u8::from(self.checks.iter().all(|(_, passes)| *passes)));
        let mut checks = page.metric(&metric::READY_CHECK);
        for (check, passes) in &self.checks {
            checks.add(&[check], u8::from(*passes));
        }
    }

    fn print_calls(&self, page: &mut Page) {
        page.single(&metric::CALLS_LIVE, self.calls.live);
        page.single(&metric::CALLS_LIMIT, self.call_limit);
        page.single(&metric::CALLS_TAKEN, self.calls.taken);
    }

    fn print_connections(&self, page: &mut Page) {
        let mut connections = page.metric(&metric::CONNECTIONS);
        for ((transport, opened_by), count) in &self.connections {
            connections.add(&[transport, opened_by], count);
        }
    }

    fn print_store(&self, page: &mut Page) {
        let mut mailboxes = page.metric(&metric::MAILBOXES);
        for (plan, count) in self.totals.iter().flat_map(|totals| &totals.mailboxes) {
            mailboxes.add(&[plan], count);
        }
        let mut messages = page.metric(&metric::MESSAGES);
        if let Some(totals) = &self.totals {
            messages.add(&[], totals.messages);
        }
        page.single(&metric::MESSAGES_STORED, self.calls.messages_stored);
        page.single(&metric::STORE_UP, u8::from(self.totals.is_some()));
        page.single(&metric::STORE_SECONDS, self.store_took.as_secs_f64());
        let mut free = page.metric(&metric::DISK_FREE);
        if let Some(disk) = self.disk {
            free.add(&[], disk.free);
        }
        let mut total = page.metric(&metric::DISK_TOTAL);
        if let Some(disk) = self.disk {
            total.add(&[], disk.total);
        }
        let state = match self.disk_state {
            DiskState::Ample => 0,
            DiskState::Low => 1,
            DiskState::Full => 2,
        };
        page.single(&metric::DISK_STATE, state);
    }

    fn print_gateways(&self, page: &mut Page) {
        let mut up = page.metric(&metric::GATEWAY_UP);
        for (gateway, class, is_up) in &self.gateways {
            up.add(&[gateway, class], u8::from(*is_up));
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
