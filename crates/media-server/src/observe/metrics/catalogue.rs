//! Every metric: what the page prints, docs/metrics.md explains, and the dashboard and the alert rules are held against.

/// A metric and what it means.
#[derive(Debug, Eq, PartialEq)]
pub struct MetricKind {
    /// Its name, as Prometheus asks for it.
    pub name: &'static str,
    /// What its numbers do.
    pub form: MetricForm,
    /// The part of the server that it is about.
    pub part: MetricPart,
    /// What it counts, one sentence.
    pub help: &'static str,
    /// Its labels, each with its meaning.
    pub labels: &'static [(&'static str, &'static str)],
}

/// What the numbers of a metric do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MetricForm {
    /// Only grows, from zero at the start of the server.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size: `_bucket`, `_sum` and `_count`.
    Histogram,
}

/// The parts of docs/metrics.md, in their order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MetricPart {
    /// The process, and whether it may be sent calls.
    Server,
    /// Calls and refusals.
    Calls,
    /// Connections and handshakes.
    Tls,
    /// Protected media.
    Srtp,
    /// Packets and what was heard.
    Media,
    /// Mailboxes and messages.
    Mailboxes,
    /// Database and disk.
    Store,
    /// Gateways and devices.
    Gateways,
    /// What ends one day.
    Certificates,
    /// Everything that was told.
    Events,
}

impl MetricForm {
    /// The word of Prometheus.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl MetricPart {
    /// Each of them, in the order of the page.
    pub const ALL: [Self; 10] = [
        Self::Server,
        Self::Calls,
        Self::Tls,
        Self::Srtp,
        Self::Media,
        Self::Mailboxes,
        Self::Store,
        Self::Gateways,
        Self::Certificates,
        Self::Events,
    ];

    /// The heading in docs/metrics.md.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Calls => "Calls",
            Self::Tls => "TLS",
            Self::Srtp => "SRTP",
            Self::Media => "Media",
            Self::Mailboxes => "Mailboxes",
            Self::Store => "Store",
            Self::Gateways => "Gateways and devices",
            Self::Certificates => "Certificates",
            Self::Events => "Events",
        }
    }
}

macro_rules! metrics {
    ($($constant:ident = $name:literal $form:ident $part:ident $help:literal [$($label:literal: $meaning:literal),*];)*) => {
        $(
            #[doc = $help]
            pub static $constant: MetricKind = MetricKind {
                name: $name,
                form: MetricForm::$form,
                part: MetricPart::$part,
                help: $help,
                labels: &[$(($label, $meaning)),*],
            };
        )*

        /// Every metric, in the order of the page.
        pub static METRICS: &[&MetricKind] = &[$(&$constant),*];
    };
}

metrics! {
    BUILD = "um_build_info" Gauge Server "Always 1; which program runs."
        ["version": "of the program", "commit": "it was built from"];
    START_TIME = "um_start_time_seconds" Gauge Server "When the server became ready, in seconds since 1970; 0 before." [];
    READY = "um_ready" Gauge Server "1 if each check of /readyz passes, else 0." [];
    READY_CHECK = "um_ready_check" Gauge Server "1 if this check of /readyz passes, else 0."
        ["check": "`state`, `listeners`, `store`, `disk` or `certificate`"];

    CALLS_LIVE = "um_calls_live" Gauge Calls "Calls that are up." [];
    CALLS_LIMIT = "um_calls_limit" Gauge Calls "Calls that may be up at once: `[server] max_calls`." [];
    CALLS_TAKEN = "um_calls_taken_total" Counter Calls
        "Calls that came past the rules about gateway, pilot, mode and load." [];
    CALLS_ENDED = "um_calls_ended_total" Counter Calls "Calls that are over, those included that were refused."
        ["dial_plan": "empty if none was found", "transport": "`udp`, `tcp` or `tls`",
         "result": "`answered`, `abandoned` (the caller gave up before the answer), `refused` or `failed`"];
    CALLS_REFUSED = "um_calls_refused_total" Counter Calls "Calls that were refused."
        ["status": "of the answer, `403`", "reason": "one word, such as `wrong-mode`, `unknown-pilot`, `no-mailbox`, `no-crypto` or `draining`"];
    CALLS_BELOW_MODE = "um_calls_below_mode_total" Counter Calls
        "Answered calls that were less protected than the mode of their plan promises. Anything but 0 is a fault." [];
    CALL_SECONDS = "um_call_duration_seconds" Histogram Calls "How long answered calls were up." [];
    CALL_DIGITS = "um_call_digits_total" Counter Calls "Keys that callers pressed and that were understood." [];

    CONNECTIONS = "um_connections" Gauge Tls "Open connections of SIP."
        ["transport": "`tcp` or `tls`", "opened_by": "`us` or `peer`"];
    HANDSHAKES_DONE = "um_tls_handshakes_total" Counter Tls
        "TLS handshakes that completed with a certificate that we trust." ["direction": "`inbound` or `outbound`"];
    HANDSHAKES_FAILED = "um_tls_handshakes_failed_total" Counter Tls "TLS handshakes that failed."
        ["direction": "`inbound` or `outbound`", "reason": "the class that `um tls failures` shows"];
    CALLS_TLS = "um_calls_tls_total" Counter Tls "Calls that came over TLS, by what was agreed on."
        ["version": "`TLS 1.2` or `TLS 1.3`", "cipher": "by its name in the registry"];

    CALLS_SRTP = "um_calls_srtp_total" Counter Srtp "Calls with media that are over, by what protected it."
        ["mode": "of the dial plan", "suite": "of SRTP; `none` for clear media"];
    UNAUTHENTIC = "um_srtp_packets_unauthentic_total" Counter Srtp
        "SRTP and SRTCP packets that did not authenticate, of calls that are over." [];
    REPLAYED = "um_srtp_packets_replayed_total" Counter Srtp
        "SRTP and SRTCP packets that came a second time, of calls that are over." [];

    PACKETS = "um_media_packets_total" Counter Media "RTP packets of calls that are over."
        ["direction": "`received` or `sent`"];
    PACKETS_LOST = "um_media_packets_lost_total" Counter Media
        "RTP packets of callers that never came, of calls that are over." [];
    PACKETS_LATE = "um_media_packets_late_total" Counter Media
        "RTP packets of callers that came too late to be heard, of calls that are over." [];
    CALLS_CODEC = "um_calls_codec_total" Counter Media "Calls with media that are over, by codec."
        ["codec": "`PCMU` or `PCMA`"];
    CALL_MOS = "um_call_mos" Histogram Media
        "What a listener would say of callers' voices, 1.0 to 4.5, estimated (ITU-T G.107) at the end of each call." [];
    CALL_JITTER = "um_call_jitter_seconds" Histogram Media "Interarrival jitter at the end of each call with media." [];

    MAILBOXES = "um_mailboxes" Gauge Mailboxes "Enabled mailboxes." ["dial_plan": "their plan"];
    MESSAGES = "um_messages" Gauge Mailboxes "Voice messages that are stored now." [];
    MESSAGES_STORED = "um_messages_stored_total" Counter Mailboxes "Voice messages that callers left." [];

    STORE_UP = "um_store_up" Gauge Store "1 if the database answered when it was asked for this page, else 0." [];
    STORE_SECONDS = "um_store_answer_seconds" Gauge Store "How long the database took to answer for this page." [];
    DISK_FREE = "um_store_free_bytes" Gauge Store "Free space of the disk under the data folder." [];
    DISK_TOTAL = "um_store_total_bytes" Gauge Store "Size of the disk under the data folder." [];
    DISK_STATE = "um_store_disk_state" Gauge Store
        "0: room enough; 1: below `disk_soft`, no messages are taken; 2: below `disk_floor`, no calls are taken." [];

    GATEWAY_UP = "um_gateway_up" Gauge Gateways "1 if the gateway answered the last OPTIONS over this class of transport, else 0."
        ["gateway": "its name", "class": "`clear` or `tls`"];
    PROVISIONING = "um_provisioning_answers_total" Counter Gateways "Requests of devices for their profiles."
        ["outcome": "`given`, or why not"];

    EXPIRY = "um_expiry_seconds" Gauge Certificates
        "Seconds until a certificate or a revocation list expires; negative behind it."
        ["kind": "`own`, `trusted`, `revocation-list` or `gateway`", "name": "SHA-256 of the certificate or of the list's root; of `gateway` its name"];

    EVENTS = "um_events_total" Counter Events "Events that were told; docs/events.md explains each."
        ["id": "of its kind", "name": "of its kind", "severity": "`information`, `warning` or `error`"];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_those_of_prometheus_and_each_is_there_once() {
        let names: BTreeSet<&str> = METRICS.iter().map(|kind| kind.name).collect();

        assert_eq!(names.len(), METRICS.len());
        for kind in METRICS {
            let is_word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!(kind.name.starts_with("um_") && is_word(kind.name), "{}", kind.name);
            assert_eq!(kind.name.ends_with("_total"), kind.form == MetricForm::Counter, "{}", kind.name);
            assert!(kind.help.ends_with(['.', '`']) && !kind.help.contains('\n'), "{}", kind.name);
            for (label, meaning) in kind.labels {
                assert!(is_word(label) && !meaning.is_empty(), "{} {label}", kind.name);
            }
        }
    }

    #[test]
    fn parts_stand_in_their_order() {
        let mut parts: Vec<MetricPart> = METRICS.iter().map(|kind| kind.part).collect();
        parts.dedup();

        assert_eq!(parts, MetricPart::ALL);
    }
}
