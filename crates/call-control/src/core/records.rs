//! The record of a call: told once, when the call is over or was refused.
use dial_plan::{IpGateway, RouteRefusal};
use jiff::Timestamp;
use mailbox::{CALL_TEXT_LONGEST, CallMedia, CallRecord, CallResult};
use sip_signaling::{StatusCode, Transport};
use srtp_media::MediaTotals;
use telephony::{
    Event, kind,
    quality::{Concealment, Reception},
};

use super::{SignalingCore, calls::LiveCall};
use crate::{
    admission::Admitted,
    call::{CallEnd, Outcome},
    call_facts::FactSheet,
    moment::Moment,
    refusal::Refusal,
    vocabulary::{Flow, Output, PeerIdentity},
};

impl SignalingCore {
    /// The record of a call that is over; none of one over the test line.
    pub(super) fn record(&self, live: &LiveCall, date: Timestamp) -> Option<Output> {
        let call = &live.call;
        if call.test_line().is_some() {
            return None;
        }
        let (snapshot, media, answered) = (call.snapshot(), call.media_seen(), call.answered_at());
        let end = call.outcome().map_or(CallEnd::Fault, Outcome::end);
        let refusal = call.outcome().and_then(Outcome::refusal);
        let record = CallRecord {
            call_id: short(&snapshot.call_id),
            answered,
            ended: call.outcome().map_or(date, |outcome| outcome.at),
            gateway: Some(snapshot.gateway.clone()),
            dial_plan: Some(snapshot.dial_plan.clone()),
            mode: Some(call.mode().word().to_owned()),
            caller: snapshot.caller.as_deref().map(short),
            called: live.called.as_deref().map(short),
            extension: snapshot.extension.clone(),
            suite: media.suite.map(|suite| suite.name().to_owned()),
            codec: media.codec.map(|codec| codec.encoding_name().to_owned()),
            media: media.totals.as_ref().map(counted),
            digits: call.keys_heard(),
            status: match (refusal, answered, end) {
                (Some(refusal), _, _) => refusal.status().code(),
                (None, Some(_), _) => StatusCode::OK.code(),
                (None, None, CallEnd::Cancelled) => StatusCode::REQUEST_TERMINATED.code(),
                (None, None, _) => StatusCode::SERVER_INTERNAL_ERROR.code(),
            },
            result: result(end),
            refusal: refusal.map(|refusal| refusal.word().to_owned()),
            reason: match refusal {
                Some(refusal) => short(&refusal.to_string()),
                None => end.words().to_owned(),
            },
            message: call.message(),
            ..blank(&live.flow, live.started)
        };
        Some(Output::CallRecord(Box::new(record)))
    }

    /// The record of a call that rules 7 to 10 have refused; `admitted` if it came past rule 9.
    pub(super) fn record_refused(
        &mut self,
        refusal: &Refusal,
        facts: &FactSheet,
        admitted: Option<&Admitted>,
        (flow, at): (&Flow, Moment),
    ) {
        let origin = self.origin_of(flow, at.now);
        if self.is_test_source(flow, at.now) {
            return;
        }
        let named = match refusal {
            Refusal::GatewayTakesNoCalls { gateway, .. } => Some(gateway.as_str()),
            Refusal::NoHuntGroup(RouteRefusal::NoHuntGroup { gateway, .. }) => Some(gateway.as_str()),
            _ => admitted.map(|admitted| admitted.route.gateway.as_str()),
        };
        let gateway: Option<&IpGateway> =
            named.or(origin.peers.first().map(|name| &**name)).and_then(|name| self.site.gateway(name));
        let (plan, mode) = match (refusal, admitted) {
            (Refusal::TransportMismatch { dial_plan, mode, .. }, _) => (Some(dial_plan.clone()), Some(*mode)),
            (_, Some(admitted)) => {
                (Some(admitted.plan().name.to_string()), Some(admitted.plan().voip_security))
            }
            (_, None) => (None, None),
        };
        let caller = gateway.and_then(|gateway| facts.caller(gateway.caller_id));
        let record = CallRecord {
            call_id: short(facts.call_id()),
            gateway: gateway.map(|gateway| gateway.name.to_string()),
            dial_plan: plan,
            mode: mode.map(|mode| mode.word().to_owned()),
            caller: caller.map(|caller| short(&caller.number)),
            called: facts.called().map(short),
            status: refusal.status().code(),
            refusal: Some(refusal.word().to_owned()),
            reason: short(&refusal.to_string()),
            ..blank(flow, at.date)
        };
        self.outputs.push_back(Output::CallRecord(Box::new(record)));
    }

    /// The record of a call that the endpoint has refused by itself (rules 4 and 5), from the event that tells of it.
    pub(super) fn record_unheard(&mut self, event: &Event, flow: &Flow, at: Moment) -> Option<Output> {
        if event.kind.id != kind::CALL_REJECTED.id || self.is_test_source(flow, at.now) {
            return None;
        }
        let field = |wanted: &str| {
            event.fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| short(value))
        };
        // Without both it is no call that could be told from another.
        let (call_id, status) = (field("call_id")?, field("status")?);
        // A second INVITE of a call that is up leaves no record of its own, nor does one that is repeated.
        let is_up = self.calls.values().any(|live| live.call.snapshot().call_id == call_id);
        if is_up || self.unheard.contains(&call_id) {
            return None;
        }
        self.unheard.push_back(call_id.clone());
        if self.unheard.len() > UNHEARD {
            self.unheard.pop_front();
        }
        let status: u16 = status.parse().unwrap_or_default();
        let is_full = status == StatusCode::SERVICE_UNAVAILABLE.code();
        let record = CallRecord {
            call_id,
            gateway: self.origin_of(flow, at.now).peers.first().map(ToString::to_string),
            status,
            refusal: Some(if is_full { "too-many-calls" } else { "bad-request" }.to_owned()),
            reason: field("reason").unwrap_or_default(),
            ..blank(flow, at.date)
        };
        Some(Output::CallRecord(Box::new(record)))
    }
}

/// Call-IDs of refused calls that are remembered: a repetition comes within seconds.
const UNHEARD: usize = 256;

/// A refused call of which nothing but its way is known.
fn blank(flow: &Flow, started: Timestamp) -> CallRecord {
    let subject = match &flow.peer {
        PeerIdentity::Certificate(certified) => Some(short(&certified.subject)),
        PeerIdentity::Address => None,
    };
    let transport = match flow.transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
    };
    CallRecord {
        call_id: String::new(),
        started,
        answered: None,
        ended: started,
        gateway: None,
        source: Some(flow.remote.to_string()),
        dial_plan: None,
        mode: None,
        transport: transport.to_owned(),
        tls_version: flow.tls.map(|tls| tls.version.to_owned()),
        tls_cipher: flow.tls.map(|tls| tls.cipher.to_owned()),
        peer_subject: subject,
        caller: None,
        called: None,
        extension: None,
        suite: None,
        codec: None,
        media: None,
        digits: 0,
        status: 0,
        result: CallResult::Refused,
        refusal: None,
        reason: String::new(),
        message: None,
    }
}

fn result(end: CallEnd) -> CallResult {
    match end {
        CallEnd::Completed
        | CallEnd::Transferred
        | CallEnd::PeerHungUp
        | CallEnd::Administrator
        | CallEnd::ServerStopping
        | CallEnd::LongestCall
        | CallEnd::HeldTooLong => CallResult::Answered,
        CallEnd::Cancelled => CallResult::Abandoned,
        CallEnd::Refused => CallResult::Refused,
        CallEnd::NoMedia
        | CallEnd::NeverAcknowledged
        | CallEnd::SessionExpired
        | CallEnd::AnswerUnfit
        | CallEnd::Fault => CallResult::Failed,
    }
}

/// What a session has counted, as it is kept. What came too late was not heard.
fn counted(totals: &MediaTotals) -> CallMedia {
    // Timestamp units of 1/8000 s.
    let jitter_ms = f64::from(totals.jitter) / 8.0;
    let reception = Reception {
        packets: totals.packets_received.saturating_sub(totals.late),
        lost: totals.lost.saturating_add(totals.late),
        jitter: std::time::Duration::from_micros(u64::from(totals.jitter).saturating_mul(125)),
    };
    CallMedia {
        packets_received: totals.packets_received,
        packets_sent: totals.packets_sent,
        packets_lost: totals.lost,
        packets_late: totals.late,
        packets_unauthentic: totals.failed_authentication,
        packets_replayed: totals.replayed,
        loss_percent: hundredths(reception.loss() * 100.0),
        jitter_ms: hundredths(jitter_ms),
        mos: reception.rating(Concealment::Waveform).map(|rating| hundredths(rating.mos())),
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A peer may write as much as a message holds; a record does not keep it all.
fn short(text: &str) -> String {
    text.chars().take(CALL_TEXT_LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_is_kept_with_loss_jitter_and_estimate_and_what_came_late_counts_as_lost() {
        let totals = MediaTotals {
            packets_received: 96,
            packets_sent: 120,
            lost: 4,
            late: 1,
            failed_authentication: 2,
            replayed: 3,
            jitter: 20,
            ..MediaTotals::default()
        };

        let expected = CallMedia {
            packets_received: 96,
            packets_sent: 120,
            packets_lost: 4,
            packets_late: 1,
            packets_unauthentic: 2,
            packets_replayed: 3,
            loss_percent: 5.0,
            jitter_ms: 2.5,
            mos: Some(3.92),
        };
        assert_eq!(counted(&totals), expected);
        assert_eq!(counted(&MediaTotals::default()).mos, None);
    }

    #[test]
    fn text_of_a_peer_is_kept_up_to_256_characters() {
        assert_eq!(short(&"\u{e9}".repeat(300)).chars().count(), 256);
        assert_eq!(short("4001"), "4001");
    }
}
