//! Counters and gauges, printed in the text format of Prometheus (version 0.0.4): `GET /v1/metrics`.
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use admin_api::CallCounts;
use cert_manager::FailureReason;
use telephony::{Event, kind};

use super::handshake_log::Direction;

/// Certificates and lists that are watched; what comes behind is not shown.
const MAX_EXPIRIES: usize = 4_096;
/// Different statuses of refusals that are counted: there are some ten.
const MAX_STATUSES: usize = 64;

/// What the server counts.
#[derive(Debug, Default)]
pub struct Metrics {
    /// In the order of [`Direction::ALL`] and [`FailureReason::ALL`].
    handshakes_failed: [[AtomicU64; FailureReason::ALL.len()]; Direction::ALL.len()],
    calls_refused: Mutex<BTreeMap<String, u64>>,
    /// Requests of devices, by outcome.
    provisioning: Mutex<BTreeMap<String, u64>>,
    /// Seconds to expiry.
    pub expiry: ExpiryGauges,
}

/// What expires.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ExpiryKind {
    /// A certificate of this server; named by its SHA-256.
    Own,
    /// A root, an intermediate or a pin that is trusted; named by its SHA-256.
    Trusted,
    /// A revocation list; named by the SHA-256 of its root.
    RevocationList,
    /// The certificate that a gateway presented last; named by the gateway.
    Gateway,
}

/// Seconds to expiry, by kind and name. Who watches certificates sets them; they run on by themselves.
#[derive(Debug, Default)]
pub struct ExpiryGauges {
    by_name: Mutex<BTreeMap<(ExpiryKind, String), Expiry>>,
}

#[derive(Clone, Copy, Debug)]
struct Expiry {
    seconds: i64,
    told: Instant,
}

impl Metrics {
    /// Counts a handshake that failed.
    pub fn count_handshake(&self, direction: Direction, class: FailureReason) {
        let place = |all: &[FailureReason]| all.iter().position(|known| *known == class);
        let row = match direction {
            Direction::Inbound => self.handshakes_failed.first(),
            Direction::Outbound => self.handshakes_failed.last(),
        };
        if let Some(counter) = place(&FailureReason::ALL).and_then(|place| row.and_then(|row| row.get(place)))
        {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts what an event tells: a call that was refused, by its status; a device's request, by its outcome.
    pub fn count_event(&self, event: &Event) {
        if event.kind.id == kind::PROFILE_GIVEN.id || event.kind.id == kind::PROFILE_REFUSED.id {
            let outcome = event.fields.iter().find(|(name, _)| *name == "outcome");
            let outcome = outcome.map_or("given", |(_, outcome)| outcome);
            // The outcomes are our own words, some twenty.
            *locked(&self.provisioning).entry(outcome.to_owned()).or_default() += 1;
        }
        if event.kind.id != kind::CALL_REJECTED.id && event.kind.id != kind::BAD_NUMBER.id {
            return;
        }
        let Some((_, status)) = event.fields.iter().find(|(name, _)| *name == "status") else { return };
        let mut refused = locked(&self.calls_refused);
        if let Some(count) = refused.get_mut(status) {
            *count += 1;
        } else if refused.len() < MAX_STATUSES {
            refused.insert(status.clone(), 1);
        }
    }

    /// The page.
    pub fn page(&self, calls: &CallCounts, now: Instant) -> String {
        let mut page = Page::default();
        page.metric("um_calls_live", "gauge", "Calls that are up.");
        page.sample("um_calls_live", &[], calls.live);
        page.metric("um_calls_taken_total", "counter", "Calls taken since the start.");
        page.sample("um_calls_taken_total", &[], calls.taken);
        page.metric(
            "um_calls_refused_total",
            "counter",
            "Calls refused since the start, by the status of the answer.",
        );
        for (status, count) in locked(&self.calls_refused).iter() {
            page.sample("um_calls_refused_total", &[("status", status)], count);
        }
        page.metric("um_messages_stored_total", "counter", "Voice messages stored since the start.");
        page.sample("um_messages_stored_total", &[], calls.messages_stored);
        page.metric(
            "um_provisioning_answers_total",
            "counter",
            "Requests of devices for their profiles since the start, by outcome.",
        );
        for (outcome, count) in locked(&self.provisioning).iter() {
            page.sample("um_provisioning_answers_total", &[("outcome", outcome)], count);
        }
        self.print_handshakes(&mut page);
        self.expiry.print(&mut page, now);
        page.text
    }

    fn print_handshakes(&self, page: &mut Page) {
        const NAME: &str = "um_tls_handshakes_failed_total";
        page.metric(NAME, "counter", "TLS handshakes that failed since the start, by direction and reason.");
        for (direction, row) in Direction::ALL.iter().zip(&self.handshakes_failed) {
            for (class, counter) in FailureReason::ALL.iter().zip(row) {
                let labels = [("direction", direction.word()), ("reason", class.word())];
                page.sample(NAME, &labels, counter.load(Ordering::Relaxed));
            }
        }
    }
}

impl ExpiryGauges {
    /// Says how many seconds it is to the expiry of `name`, negative behind it; replaces what was said before.
    pub fn set(&self, kind: ExpiryKind, name: &str, seconds: i64) {
        let mut by_name = locked(&self.by_name);
        let key = (kind, name.to_owned());
        if by_name.len() < MAX_EXPIRIES || by_name.contains_key(&key) {
            by_name.insert(key, Expiry { seconds, told: Instant::now() });
        }
    }

    /// Says it of all of a kind: what is not named here is there no more.
    pub fn replace(&self, kind: ExpiryKind, all: impl IntoIterator<Item = (String, i64)>) {
        locked(&self.by_name).retain(|(known, _), _| *known != kind);
        all.into_iter().for_each(|(name, seconds)| self.set(kind, &name, seconds));
    }

    fn print(&self, page: &mut Page, now: Instant) {
        const NAME: &str = "um_expiry_seconds";
        page.metric(
            NAME,
            "gauge",
            "Seconds until a certificate or a revocation list expires; negative behind it.",
        );
        for ((kind, name), expiry) in locked(&self.by_name).iter() {
            let passed =
                i64::try_from(now.saturating_duration_since(expiry.told).as_secs()).unwrap_or(i64::MAX);
            let labels = [("kind", kind.word()), ("name", name.as_str())];
            page.sample(NAME, &labels, expiry.seconds.saturating_sub(passed));
        }
    }
}

impl ExpiryKind {
    /// The word in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Trusted => "trusted",
            Self::RevocationList => "revocation-list",
            Self::Gateway => "gateway",
        }
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl fmt::Display) {
        self.text.push_str(name);
        let mut sign = '{';
        for (label, content) in labels {
            let content = content.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{sign}{label}=\"{content}\"");
            sign = ',';
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn refused(kind: &'static telephony::EventKind, status: u16) -> Event {
        Event::new(kind).with("status", status)
    }

    #[test]
    fn page_has_help_and_type_of_each_metric_and_every_reason_in_both_directions() {
        let metrics = Metrics::default();
        metrics.count_handshake(Direction::Inbound, FailureReason::Expired);
        metrics.count_handshake(Direction::Outbound, FailureReason::NoCertificate);
        metrics.count_handshake(Direction::Outbound, FailureReason::NoCertificate);
        for event in [
            refused(&kind::CALL_REJECTED, 403),
            refused(&kind::BAD_NUMBER, 404),
            refused(&kind::STARTED, 500),
        ] {
            metrics.count_event(&event);
        }
        let calls = CallCounts { live: 2, taken: 9, refused: 1, messages_stored: 7 };

        let page = metrics.page(&calls, Instant::now());

        let start = "# HELP um_calls_live Calls that are up.\n# TYPE um_calls_live gauge\num_calls_live 2\n\
                     # HELP um_calls_taken_total Calls taken since the start.\n# TYPE um_calls_taken_total counter\n\
                     um_calls_taken_total 9\n\
                     # HELP um_calls_refused_total Calls refused since the start, by the status of the answer.\n\
                     # TYPE um_calls_refused_total counter\num_calls_refused_total{status=\"403\"} 1\n\
                     um_calls_refused_total{status=\"404\"} 1\n";
        assert!(page.starts_with(start), "{page}");
        assert!(page.contains("\num_messages_stored_total 7\n"), "{page}");
        let failed = |direction: &str, reason: &str, count: u32| {
            let line = format!(
                "um_tls_handshakes_failed_total{{direction=\"{direction}\",reason=\"{reason}\"}} {count}\n"
            );
            page.contains(&line)
        };
        assert!(failed("inbound", "expired", 1) && failed("outbound", "no-certificate", 2), "{page}");
        assert!(failed("outbound", "expired", 0) && failed("inbound", "negotiation-failed", 0), "{page}");
        assert_eq!(page.matches("um_tls_handshakes_failed_total{").count(), 20);
    }

    #[test]
    fn seconds_to_expiry_run_on_and_a_kind_is_replaced_whole() {
        let gauges = ExpiryGauges::default();
        gauges.set(ExpiryKind::Gateway, "gw \"1\"\\", 90);
        gauges.replace(ExpiryKind::Own, [("aa".to_owned(), 5), ("bb".to_owned(), -5)]);
        gauges.replace(ExpiryKind::Own, [("bb".to_owned(), 30)]);

        let mut page = Page::default();
        gauges.print(&mut page, Instant::now() + Duration::from_secs(60));

        let samples: Vec<&str> = page.text.lines().skip(2).collect();
        // A second may pass while the test runs.
        let own = "um_expiry_seconds{kind=\"own\",name=\"bb\"} -";
        let gateway = r#"um_expiry_seconds{kind="gateway",name="gw \"1\"\\"} "#;
        let value = |line: &str, start: &str| line.strip_prefix(start).unwrap().parse::<i64>().unwrap();
        assert_eq!(samples.len(), 2, "{samples:?}");
        assert!((30..=31).contains(&value(samples[0], own)), "{samples:?}");
        assert!((29..=30).contains(&value(samples[1], gateway)), "{samples:?}");
    }

    #[test]
    fn gauges_and_statuses_are_bounded() {
        let metrics = Metrics::default();
        for number in 0..5_000 {
            metrics.expiry.set(ExpiryKind::Trusted, &number.to_string(), 1);
            metrics.count_event(&Event::new(&kind::CALL_REJECTED).with("status", number));
        }

        assert_eq!(locked(&metrics.expiry.by_name).len(), 4_096);
        assert_eq!(locked(&metrics.calls_refused).len(), 64);
    }
}
