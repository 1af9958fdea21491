//! What the records of calls add up to.
use std::collections::BTreeMap;

use mailbox::{CallMedia, CallRecord, CallResult};

use super::{
    catalogue::{
        CALL_DIGITS, CALL_JITTER, CALL_MOS, CALL_SECONDS, CALLS_BELOW_MODE, CALLS_CODEC, CALLS_ENDED,
        CALLS_REFUSED, CALLS_SRTP, CALLS_TLS, MetricKind, PACKETS, PACKETS_LATE, PACKETS_LOST, REPLAYED,
        UNAUTHENTIC,
    },
    histogram::Histogram,
    page::Page,
};

/// Different labels of one metric that are counted: plans, transports and reasons are some hundred at most.
pub(super) const MAX_SERIES: usize = 4_096;
/// A message is seldom longer than ten minutes.
const DURATIONS: &[f64] = &[5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];
/// The steps of ITU-T G.107 table B.1, and two below.
const OPINIONS: &[f64] = &[2.0, 2.58, 3.1, 3.6, 4.03, 4.34, 4.5];
/// From a local network to one that a jitter buffer gives up on.
const JITTERS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];

/// Counters of calls that are over.
#[derive(Clone, Debug)]
pub(super) struct CallTallies {
    ended: Series<3>,
    pub(super) refused: Series<2>,
    over_tls: Series<2>,
    srtp: Series<2>,
    codecs: Series<1>,
    below_mode: u64,
    digits: u64,
    received: u64,
    sent: u64,
    lost: u64,
    late: u64,
    unauthentic: u64,
    replayed: u64,
    seconds: Histogram,
    opinions: Histogram,
    jitters: Histogram,
}

/// A counter for each combination of labels.
#[derive(Clone, Debug)]
pub(super) struct Series<const N: usize>(pub(super) BTreeMap<[String; N], u64>);

impl Default for CallTallies {
    fn default() -> Self {
        Self {
            ended: Series(BTreeMap::new()),
            refused: Series(BTreeMap::new()),
            over_tls: Series(BTreeMap::new()),
            srtp: Series(BTreeMap::new()),
            codecs: Series(BTreeMap::new()),
            below_mode: 0,
            digits: 0,
            received: 0,
            sent: 0,
            lost: 0,
            late: 0,
            unauthentic: 0,
            replayed: 0,
            seconds: Histogram::new(DURATIONS),
            opinions: Histogram::new(OPINIONS),
            jitters: Histogram::new(JITTERS),
        }
    }
}

impl CallTallies {
    pub(super) fn count(&mut self, call: &CallRecord) {
        let plan = call.dial_plan.as_deref().unwrap_or_default();
        self.ended.count([plan, &call.transport, call.result.word()]);
        if call.result == CallResult::Refused {
            let reason = call.refusal.as_deref().unwrap_or_default();
            self.refused.count([&call.status.to_string(), reason]);
        }
        if let (Some(version), Some(cipher)) = (&call.tls_version, &call.tls_cipher) {
            self.over_tls.count([version, cipher]);
        }
        if let Some(codec) = &call.codec {
            let mode = call.mode.as_deref().unwrap_or_default();
            self.srtp.count([mode, call.suite.as_deref().unwrap_or("none")]);
            self.codecs.count([codec]);
        }
        add(&mut self.below_mode, u64::from(call.is_below_its_mode()));
        add(&mut self.digits, u64::from(call.digits));
        if call.answered.is_some() {
            self.seconds.count(call.talked().as_secs_f64());
        }
        if let Some(media) = &call.media {
            self.count_media(media);
        }
    }

    fn count_media(&mut self, media: &CallMedia) {
        add(&mut self.received, media.packets_received);
        add(&mut self.sent, media.packets_sent);
        add(&mut self.lost, media.packets_lost);
        add(&mut self.late, media.packets_late);
        add(&mut self.unauthentic, media.packets_unauthentic);
        add(&mut self.replayed, media.packets_replayed);
        if let Some(mos) = media.mos {
            self.opinions.count(mos);
            self.jitters.count(media.jitter_ms / 1000.0);
        }
    }

    pub(super) fn print_calls(&self, page: &mut Page) {
        self.ended.print(page, &CALLS_ENDED);
        self.refused.print(page, &CALLS_REFUSED);
        page.single(&CALLS_BELOW_MODE, self.below_mode);
        self.seconds.print(page, &CALL_SECONDS);
        page.single(&CALL_DIGITS, self.digits);
    }

    pub(super) fn print_tls(&self, page: &mut Page) {
        self.over_tls.print(page, &CALLS_TLS);
    }

    pub(super) fn print_media(&self, page: &mut Page) {
        self.srtp.print(page, &CALLS_SRTP);
        page.single(&UNAUTHENTIC, self.unauthentic);
        page.single(&REPLAYED, self.replayed);
        let mut packets = page.metric(&PACKETS);
        packets.add(&["received"], self.received);
        packets.add(&["sent"], self.sent);
        page.single(&PACKETS_LOST, self.lost);
        page.single(&PACKETS_LATE, self.late);
        self.codecs.print(page, &CALLS_CODEC);
        self.opinions.print(page, &CALL_MOS);
        self.jitters.print(page, &CALL_JITTER);
    }
}

impl<const N: usize> Series<N> {
    fn count(&mut self, labels: [&str; N]) {
        let labels = labels.map(str::to_owned);
        if let Some(count) = self.0.get_mut(&labels) {
            add(count, 1);
        } else if self.0.len() < MAX_SERIES {
            self.0.insert(labels, 1);
        }
    }

    fn print(&self, page: &mut Page, kind: &'static MetricKind) {
        let mut samples = page.metric(kind);
        for (labels, count) in &self.0 {
            samples.add(&labels.each_ref().map(String::as_str), count);
        }
    }
}

fn add(counter: &mut u64, more: u64) {
    *counter = counter.saturating_add(more);
}
